-- 0057: the sums of a day that is over, packed into one row, as a question hands them over.
-- Why: a month by model is fifteen hundred sums; to find and pack them was most of the ledger's time for the answer. A page is written in the commit that changes a sum
--   of its day, so it is what the sums are, in every snapshot. Where there is none, the sums are read.
-- Locks: access exclusive on rollup_set and rollup_state, for a moment. The keeper packs the days that are there, some at a time.
-- Undo: the functions add_to_rollups and build_block of 0033, parts of 0054; drop what is new here.

-- Of few values, by which a day is asked for often.
alter table purser.rollup_set add column has_pages boolean not null default false;
update purser.rollup_set set has_pages = true where id between 3 and 11;
-- Days before it have a page for each set that has some, but where there are no sums, or too many.
alter table purser.rollup_state add column paged_to timestamptz not null default '-infinity';

-- Of a day of UTC. `a` and `b`: the values, as JSON; figures: the eight bytes of each value's sum, in this order. They stay in the row while they find room in it.
create table purser.rollup_page (
  set           smallint    not null,
  since         timestamptz not null,
  lines         int         not null,
  a             text        not null,
  b             text        not null,
  calls         bytea       not null,
  cost          bytea       not null,
  tokens        bytea       not null,
  input_tokens  bytea       not null,
  output_tokens bytea       not null,
  failed        bytea       not null,
  input_cost    bytea       not null,
  output_cost   bytea       not null,
  constraint rollup_page_once primary key (set, since)
) with (toast_tuple_target = 8160);

-- What the pages are.
create view purser.packed_day as
  select set, since, count(*)::int as lines, json_agg(a order by a collate "C", b collate "C")::text as a, json_agg(b order by a collate "C", b collate "C")::text as b,
         string_agg(int8send(coalesce(calls, 0)), '' order by a collate "C", b collate "C") as calls,
         string_agg(int8send(coalesce(cost, 0)), '' order by a collate "C", b collate "C") as cost,
         string_agg(int8send(coalesce(input_tokens, 0) + coalesce(output_tokens, 0)), '' order by a collate "C", b collate "C") as tokens,
         string_agg(int8send(coalesce(input_tokens, 0)), '' order by a collate "C", b collate "C") as input_tokens,
         string_agg(int8send(coalesce(output_tokens, 0)), '' order by a collate "C", b collate "C") as output_tokens,
         string_agg(int8send(coalesce(failed, 0)), '' order by a collate "C", b collate "C") as failed,
         string_agg(int8send(coalesce(input_cost, 0)), '' order by a collate "C", b collate "C") as input_cost,
         string_agg(int8send(coalesce(output_cost, 0)), '' order by a collate "C", b collate "C") as output_cost
    from purser.rollup where level = 1 group by set, since;

-- The pages of these days, as their sums are now. More lines than a thousand are as quick to read as sums, and long to write again.
create function purser.write_pages(p_days timestamptz[]) returns void language plpgsql
  set search_path = purser, pg_temp set jit = off set enable_seqscan = off as $$
declare
  v_set smallint;
begin
  if p_days = '{}' then return; end if;
  for v_set in select id from rollup_set where has_pages order by id loop
    delete from rollup_page where set = v_set and since = any (p_days);
    insert into rollup_page select * from packed_day d where d.set = v_set and d.since = any (p_days) and d.lines <= 1000;
  end loop;
end $$;

-- (`24 hours`: a day of UTC, whatever the session's time zone.)
select purser.edit_function('add_to_rollups', $t$
        value = nullif(coalesce(r.value, 0) + coalesce(excluded.value, 0), 0);$t$, $t$
        value = nullif(coalesce(r.value, 0) + coalesce(excluded.value, 0), 0);
  perform write_pages(array(select distinct block_of(1, f.at) from unnest(p_changes) f where f.at < (select paged_to from rollup_state)));$t$);
select purser.edit_function('build_block', $t$
  end loop;
  return false;$t$, $t$
  end loop;
  v_since := greatest(v.paged_to, block_of(1, v.first_at));
  if v_since < block_of(1, clock_timestamp()) then
    perform write_pages(array(select d from generate_series(v_since, least(v_since + interval '168 hours', block_of(1, clock_timestamp()) - interval '24 hours'), interval '24 hours') d));
    update rollup_state set paged_to = least(v_since + interval '192 hours', block_of(1, clock_timestamp()));
    return true;
  end if;
  return false;$t$);

-- Whole days of UTC need nothing else of what the keeper has noted, and no look at where an hour begins.
select purser.edit_function('parts', $t$
begin
$t$, $t$
begin
  if p_unit = 'day' and p_time_zone = 'UTC' and p_has_days then
    select greatest(p_from, date_bin(interval '1 day', s.first_at, timestamptz '1970-01-01T00:00:00Z')),
           least(p_to, date_bin(interval '1 day', clock_timestamp() + interval '48 hours', timestamptz '1970-01-01T00:00:00Z')) into v_lo, v_until from rollup_state s where s.first_at is not null;
    if v_lo = date_bin(interval '1 day', v_lo, timestamptz '1970-01-01T00:00:00Z') and v_until = date_bin(interval '1 day', v_until, timestamptz '1970-01-01T00:00:00Z') then
      level := 1;
      while v_lo < v_until loop
        bucket := v_lo; since := v_lo; v_lo := v_lo + interval '24 hours'; till := v_lo; return next;
      end loop;
      return;
    end if;
  end if;
$t$);

revoke execute on function purser.write_pages from public;
grant select on purser.rollup_page, purser.packed_day to purser_app;
