-- 0021: recovering. A ledger that may have lost what it had committed starts nothing until somebody has looked.
-- Why: a restored backup and a standby that was promoted do not know of what was billed since; they would grant its money again.
-- Locks: ledger_state for a moment; functions are replaced, none. Workers of the version before go on, but cannot end a recovery.
-- Undo: take the edits below out of apply, reserve, dispatch and sweep, and drop what is new here.
--
-- Whoever starts anything asks one question of the row that he reads anyway: is this the server on which the ledger was last found whole? After
-- every start of a server, and in a restored dump, somebody compares first (`check_epoch`): a counter, raised every minute and copied into the blob store, which a restored
-- backup is behind; and the timeline, which a promotion changes. Then either all goes on, a moment later, or nothing starts until `purser recover` has run.
-- Settles are always taken.

alter table purser.ledger_state
  -- Names its copy in the blob store. A backup has the same.
  add column ledger_id uuid not null default gen_random_uuid(),
  add column epoch bigint not null default 0,
  add column timeline text,
  -- When the server started on which it was last found whole, and which table this was (a dump makes a new one). Null: nobody has ever looked.
  add column whole_since timestamptz,
  add column whole_table oid,
  add column recovering_since timestamptz,
  add column recovering_why text;

-- Recoveries that are over: why, when, and what was found.
create table purser.recovery (
  id       int generated always as identity primary key,
  since    timestamptz not null,
  why      text not null,
  ended_at timestamptz not null default clock_timestamp(),
  epoch    bigint not null,
  found    jsonb not null
);
grant select on purser.recovery to purser_app;

create function purser.is_whole(s purser.ledger_state, p_table oid) returns boolean language sql stable as $$
  select s.recovering_since is null and (s.whole_since is null or (s.whole_since = pg_postmaster_start_time() and s.whole_table = p_table))
$$;

create function purser.require_whole() returns void language plpgsql as $$
declare
  v_why text;
  v_is_whole boolean;
begin
  select s.recovering_why, purser.is_whole(s, s.tableoid) into strict v_why, v_is_whole from purser.ledger_state s;
  if v_why is not null then
    perform purser.fail('recovering', format('the ledger is recovering (%s): nothing starts until `purser recover` has run', v_why));
  elsif not v_is_whole then
    perform purser.fail('recovering', 'the ledger''s server was started anew: nothing starts until a worker has compared it with the blob store');
  end if;
end $$;

-- The timeline that this server writes to. Where it does not tell, only the epoch is compared.
create function purser.timeline() returns text language plpgsql stable as $$
begin
  return left(pg_walfile_name(pg_current_wal_lsn()), 8);
exception when feature_not_supported or insufficient_privilege or object_not_in_prerequisite_state then
  return null;
end $$;

-- Is this the ledger that the blob store has seen last? `p_copy` is the epoch there (null: none). If so it is whole, and its epoch rises; else it is
-- recovering from now on. `p_look`: only says so.
create function purser.check_epoch(p_copy bigint, p_look boolean default false) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v purser.ledger_state;
  v_timeline constant text := purser.timeline();
  v_why text;
begin
  if p_look then select * into strict v from purser.ledger_state; else select * into strict v from purser.ledger_state for update; end if;
  v_why := coalesce(v.recovering_why,
    case when v.timeline <> v_timeline then format('its server''s timeline was %s and is %s: a standby was promoted, or a backup was restored', v.timeline, v_timeline)
         when p_copy is null and v.epoch > 0 and not (select purser.is_whole(s, s.tableoid) from purser.ledger_state s)
           then 'its server was started anew, and the blob store has no copy of its epoch: nobody can tell whether it is the same'
         when p_copy > v.epoch then format('it is at epoch %s, and the blob store has seen %s: a backup was restored', v.epoch, p_copy) end);
  if v_why is not null then
    if not p_look and v.recovering_since is null then
      update purser.ledger_state set recovering_since = clock_timestamp(), recovering_why = v_why returning * into v;
    end if;
    return jsonb_build_object('kind', 'recovering', 'ledgerId', v.ledger_id, 'epoch', v.epoch::text, 'since', coalesce(v.recovering_since, clock_timestamp()), 'why', v_why);
  end if;
  if not p_look then
    update purser.ledger_state set epoch = epoch + 1, timeline = v_timeline, whole_since = pg_postmaster_start_time(), whole_table = tableoid returning * into v;
  end if;
  return jsonb_build_object('kind', 'whole', 'ledgerId', v.ledger_id, 'epoch', v.epoch::text);
end $$;

-- Everything that could be found is booked, and the audit is clean: from this commit on all goes on. Again: no effect.
create function purser.end_recovery(p_copy bigint, p_found jsonb) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v purser.ledger_state;
begin
  select * into strict v from purser.ledger_state for update;
  if v.recovering_since is null then return jsonb_build_object('ended', false, 'epoch', v.epoch::text); end if;
  update purser.ledger_state set epoch = greatest(v.epoch, coalesce(p_copy, 0)) + 1, timeline = purser.timeline(), whole_since = pg_postmaster_start_time(),
      whole_table = tableoid, recovering_since = null, recovering_why = null
    returning epoch into v.epoch;
  insert into purser.recovery (since, why, epoch, found) values (v.recovering_since, v.recovering_why, v.epoch, p_found);
  return jsonb_build_object('ended', true, 'epoch', v.epoch::text);
end $$;

-- One line in each of four long functions, so they are edited where they stand; one that is not there any more fails.
do $$
declare
  v_edit record;
  v_text text;
begin
  for v_edit in select * from (values
    -- A generation that no scope has: so nothing of a batch is plain but its settles, and the careful functions say why.
    ('apply', 'select generation into v_generation from ledger_state;',
      'select case when is_whole(s, s.tableoid) then generation else -1 end into v_generation from ledger_state s;'),
    ('reserve', 'perform purser.share_generation();', 'perform purser.share_generation(), purser.require_whole();'),
    ('dispatch', 'perform purser.share_generation();', 'perform purser.share_generation(), purser.require_whole();'),
    -- What a backup calls in doubt may have been answered since: nothing is released or presumed meanwhile.
    ('sweep', 'perform purser.make_partitions(v_now), ', 'if not (select purser.is_whole(s, s.tableoid) from purser.ledger_state s) then
    return jsonb_build_object(''released'', 0, ''inDoubt'', 0, ''presumed'', 0, ''more'', false);
  end if;
  perform purser.make_partitions(v_now), ')) as e (name, was, is_now)
  loop
    select pg_get_functiondef(oid) into strict v_text from pg_proc where pronamespace = 'purser'::regnamespace and proname = v_edit.name;
    if length(v_text) - length(replace(v_text, v_edit.was, '')) <> length(v_edit.was) then
      raise exception 'purser.% does not hold the line "%" once', v_edit.name, v_edit.was;
    end if;
    execute replace(v_text, v_edit.was, v_edit.is_now);
  end loop;
end $$;

revoke execute on all functions in schema purser from public;
grant execute on function purser.check_epoch, purser.end_recovery to purser_app;
