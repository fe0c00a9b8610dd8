-- 0044: where an hour, day, week or month begins and ends, as expressions that Postgres puts in place of the call, and parts of a question that end with a whole day.
-- Why: Postgres puts a function in place only if it has no `from` and, being immutable, calls nothing that is less: a moment minus an interval depends on the session's time
--   zone, so it is done in UTC. And a question about whole days of UTC now never has a part that is read from facts, so that it need not ask for one.
-- Locks: none beyond the functions'.
-- Undo: the functions as they were in 0033.

create or replace function purser.first_instant(p_local timestamp, p_time_zone text) returns timestamptz language sql immutable as $$
  select case when (((p_local at time zone p_time_zone) at time zone 'UTC' - interval '1 hour') at time zone 'UTC') at time zone p_time_zone = p_local
              then ((p_local at time zone p_time_zone) at time zone 'UTC' - interval '1 hour') at time zone 'UTC' else p_local at time zone p_time_zone end
$$;

create or replace function purser.since(p_unit text, p_at timestamptz, p_time_zone text) returns timestamptz language sql immutable as $$
  select case when p_unit = 'hour' then (p_at at time zone 'UTC' - ((p_at at time zone p_time_zone) - date_trunc('hour', p_at at time zone p_time_zone))) at time zone 'UTC'
              when p_unit is not null then purser.first_instant(date_trunc(p_unit, p_at at time zone p_time_zone), p_time_zone) end
$$;

create or replace function purser.until(p_unit text, p_since timestamptz, p_time_zone text) returns timestamptz language sql immutable as $$
  select case when p_unit = 'hour' then (p_since at time zone 'UTC' + interval '1 hour') at time zone 'UTC'
              else purser.first_instant(date_trunc(p_unit, p_since at time zone p_time_zone)
                + case p_unit when 'day' then interval '1 day' when 'week' then interval '7 days' when 'month' then interval '1 month' end, p_time_zone) end
$$;

-- Edits a function where it stands: what a migration changes in one place or two need not be written down once more. The text must stand in it exactly once, so a
-- function that is not as the migration knows it fails. For the owner, in migrations.
create function purser.edit_function(p_name text, p_was text, p_is_now text) returns void language plpgsql set search_path = purser, pg_temp as $$
declare
  v_text text;
begin
  select pg_get_functiondef(oid) into strict v_text from pg_proc where pronamespace = 'purser'::regnamespace and proname = p_name;
  if length(v_text) - length(replace(v_text, p_was, '')) <> length(p_was) then raise exception 'purser.% does not hold "%" once', p_name, p_was; end if;
  execute replace(v_text, p_was, p_is_now);
end $$;
revoke execute on function purser.edit_function from public;

select purser.edit_function('parts', 'v_until := least(p_to, clock_timestamp() + interval ''1 day'')',
  'v_until := least(p_to, date_bin(interval ''1 day'', clock_timestamp() + interval ''2 days'', timestamptz ''1970-01-01T00:00:00Z''))');
