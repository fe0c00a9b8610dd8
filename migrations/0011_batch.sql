-- 0011: many calls at once, in few statements. Replaces the function of 0008.
-- Why: with 64 callers a flight's fixed cost (each statement's start, each constraint's) was a third of the whole; long arrays of text were read
-- from their beginning for every item; lines of costs were rows of their own.
-- Locks: balance exclusively for a moment; the function of old workers goes, so they must be started anew.   Undo: the function of 0008.
--
-- Plain is a call's first attempt, taken step by step by the run that made it: a reserve of a call that nobody has seen, a dispatch of what
-- that reserved, a settle of what that sent. Everything else (repeats, later asks and attempts, other runs, unknown or stale scopes, late answers)
-- is left alone and marked, and the caller asks the functions of 0006 and 0007, which decide every case. So this function may be simple: what it does
-- not recognise, it does not touch.
--
-- `p_careful`: a plain INSERT is cheaper than ON CONFLICT, and almost no batch holds a repeat. So the caller first asks without; a repeat
-- raises unique_violation, nothing has happened, and the caller asks again with care. SQLSTATE PU002: a period ended under us; ask again.
--
-- Each item has a position (`…_at`), and answers name the items that were plain by it, in any order; an item that is not named is for the careful
-- functions. `stale_at` names reserves whose scope is to be resolved first (`purser.resolve`), and then asked again. `refusals` has the refused
-- reserves by position, `frees` what each touched budget period has left. Linked sets are answered by their numbers: they never change, so the
-- caller knows them. `s_answers` are JSON texts with the character 30 between them; a settle's lines are `l_…` from `s_from` to `s_to`.

drop function purser.apply;

-- Fewer checks, the same ones: each constraint costs every batch its start.
alter table purser.balance
  drop constraint balance_cap_not_negative, drop constraint balance_reserved_not_negative, drop constraint balance_spent_not_negative,
  drop constraint balance_cap_in_range,
  add constraint balance_in_range check (reserved >= 0 and spent >= 0 and (cap between 0 and 1000000000000000000
    -- A hard cap ends where it could be taken for a soft one's (soft_room): a billion EUR, and four billion more.
    or cap between 4000000000000000000 and 5000000000000000000));

create function purser.apply(
  r_at int[], r_ids uuid[], r_calls uuid[], r_installations uuid[], r_workflows text[], r_call_ids text[], r_runs text[], r_scopes int[], r_hashes text[],
  r_amounts bigint[], r_margins bigint[], r_flags text[], r_rates int[], r_valid_until timestamptz[], r_hold_ms int[],
  r_tokens uuid[], r_timeouts int[], r_maxes int[],
  d_at int[], d_calls uuid[], d_from uuid[], d_to uuid[], d_runs text[], d_accounts text[], d_hashes text[], d_tokens uuid[], d_timeouts int[], d_maxes int[],
  s_at int[], s_ids uuid[], s_tokens uuid[], s_costs bigint[], s_picos bigint[], s_scopes int[], s_answers text, s_units text[], s_from int[], s_to int[],
  s_rates int[], s_micros bigint[],
  l_quantities bigint[], l_prices int[], l_pico_pers bigint[], l_pers bigint[], l_picos bigint[], l_nanos bigint[],
  p_careful boolean,
  out instant timestamptz,
  out stale_at int[], out reserve_at int[], out reserve_sets int[], out reserve_plans text[], out refusals jsonb,
  out dispatch_at int[], out dispatch_ids uuid[], out dispatch_amounts bigint[], out dispatch_scopes int[], out dispatch_sets int[], out dispatch_rates int[],
  out rates int[], out rate_micros bigint[],
  out settle_at int[], out settle_amounts bigint[],
  out periods int[], out frees bigint[]
) language plpgsql security definer
  set search_path = purser, pg_temp
  -- A batch is nested loops over small arrays into primary keys; a plan made while a table was empty must never scan it later. And nested
  -- loops visit, and so lock, the rows of balance in the order of their ids.
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set enable_material = off set jit = off
  set plan_cache_mode = force_generic_plan
  -- Rows are dear, so that a small table is not read whole, and then found grown by the plan that was kept.
  set cpu_tuple_cost = 1 set cpu_index_tuple_cost = 0.5 set random_page_cost = 1
as $$
declare
  v_generation bigint;
  -- Reserves that are plain; until when their scopes' periods last.
  f_at int[];  f_ids uuid[];  f_sets int[];  f_amounts bigint[];  f_plans text[];  f_accounts text[];  f_valid timestamptz;
  -- Settles that are.
  e_at int[];  e_ids uuid[];  e_sets int[];  e_amounts bigint[];  e_costs bigint[];  e_is_pinned boolean;
  -- Per budget period: the version made, what was asked and is now reserved and spent more, what was free for those who asked.
  versions bigint[];  asked bigint[];  reserved_changes bigint[];  spent_changes bigint[];  touched int;
  short_periods int[];  short_free bigint[];  hinted int[];  hinted_overruns bigint[];
  item record;  refuser int;  pos int;  period int;  said jsonb;
  refused int[] := '{}';  refusers int[] := '{}';
begin
  perform share_generation();
  select generation into v_generation from ledger_state;
  instant := clock_timestamp();

  -- 1. The rows of single calls: they decide what is plain, before any counter moves.
  if s_ids <> '{}' then
    with done as materialized (
      update reservation r set state = 'settled', cost = s.cost, cost_source = 'answer', ended_at = instant, answers = true
        from (select unnest(s_at) as o, unnest(s_ids) as id, unnest(s_tokens) as token, unnest(s_costs) as cost, unnest(s_picos) as pico,
                unnest(s_scopes) as scope, unnest(string_to_array(s_answers, chr(30))) as answer, unnest(s_units) as units, unnest(s_from) as lo, unnest(s_to) as hi,
                unnest(s_rates) as rate, unnest(s_micros) as micros) s
       where r.id = s.id and r.token = s.token and r.state = 'dispatched' and r.attempt = 1
      returning s.*, r.linked_set, r.amount, r.rate_id),
    kept as (
      insert into receipt (reservation_id, token, at, cost, pico_usd, answer, scope, units, quantities, price_ids, pico_usd_pers, pers, pico_usds, nano_eurs,
          rate_id, usd_micros_per_eur)
        select id, token, instant, cost, pico, answer::json, scope, string_to_array(units, ','), l_quantities[lo:hi], l_prices[lo:hi], l_pico_pers[lo:hi],
               l_pers[lo:hi], l_picos[lo:hi], l_nanos[lo:hi], rate, micros from done)
    select array_agg(o), array_agg(id), array_agg(linked_set), array_agg(amount), array_agg(cost), bool_and(rate = rate_id)
      into e_at, e_ids, e_sets, e_amounts, e_costs, e_is_pinned from done;
    -- Said for the whole batch: the caller then finds the one that lies, and it goes to `unbooked`.
    if not e_is_pinned then
      perform fail('conflict', 'a line has another rate than the one that its reservation pinned');
    end if;
    settle_at := e_at;
    settle_amounts := e_amounts;
  end if;

  if d_calls <> '{}' then
    with sent as (
      update reservation r set state = 'dispatched', token = d.token, dispatched_at = instant, request_timeout_ms = d.timeout, provider_max_ms = d.max
        from (select unnest(d_at) as o, unnest(d_calls) as call, unnest(d_from) as lo, unnest(d_to) as hi, unnest(d_runs) as run,
                unnest(d_accounts) as account, unnest(d_hashes) as hash, unnest(d_tokens) as token, unnest(d_timeouts) as timeout, unnest(d_maxes) as max) d
       where r.id >= d.lo and r.id <= d.hi and r.call = d.call and r.attempt = 1 and r.ask = 1 and r.state = 'reserved' and r.run = d.run
         and r.request_hash = d.hash and r.hold_until >= instant
         -- A subquery, not a join: the attempt is found by its id, and by nothing else.
         and (select c.generation = v_generation and c.stopped is null and c.account = d.account from scope c where c.id = r.scope)
      returning d.o, r.id, r.amount, r.scope, r.linked_set, r.rate_id)
    select array_agg(o), array_agg(id), array_agg(amount), array_agg(scope), array_agg(linked_set), array_agg(rate_id)
      into dispatch_at, dispatch_ids, dispatch_amounts, dispatch_scopes, dispatch_sets, dispatch_rates from sent;
    select array_agg(id), array_agg(usd_micros_per_eur) into rates, rate_micros from rate where id = any (dispatch_rates);
  end if;

  if r_calls <> '{}' then
    if p_careful then
      -- Of two items with one call the first is taken; of a call that is known, none.
      with come as materialized (
        select distinct on (x.call) x.*, c.linked_set, c.plan, c.account, c.valid_until as scope_until
          from (select unnest(r_at) as o, unnest(r_ids) as id, unnest(r_calls) as call, unnest(r_scopes) as scope, unnest(r_amounts) as amount) x
          join scope c on c.id = x.scope
         where c.generation = v_generation and c.valid_until > instant and c.stopped is null and c.linked_set is not null and x.amount > 0
         order by x.call, x.o),
      fresh as (
        insert into call (id, installation, workflow_id, call_id, account, run_ids)
          select call, r_installations[o], r_workflows[o], r_call_ids[o], account, array[r_runs[o]] from come
          on conflict do nothing returning id)
      select array_agg(o), array_agg(id), array_agg(linked_set), array_agg(amount), array_agg(plan), array_agg(account), min(scope_until)
        into f_at, f_ids, f_sets, f_amounts, f_plans, f_accounts, f_valid
        from come where call in (select id from fresh);
      insert into reservation (id, call, ask, attempt, run, scope, linked_set, state, amount, margin, rate_id, at, hold_until, bound_valid_until,
          request_hash, bound_flags, token, request_timeout_ms, provider_max_ms, dispatched_at)
        select r_ids[o], r_calls[o], 1, 1, r_runs[o], r_scopes[o], set, case when r_tokens[o] is null then 'reserved' else 'dispatched' end,
            r_amounts[o], r_margins[o], r_rates[o], instant, least(instant + r_hold_ms[o] * interval '1 millisecond', r_valid_until[o]), r_valid_until[o],
            r_hashes[o], string_to_array(nullif(r_flags[o], ''), ','), r_tokens[o], r_timeouts[o], r_maxes[o], case when r_tokens[o] is not null then instant end
          from (select unnest(f_at) as o, unnest(f_sets) as set) x;
    else
      with come as materialized (
        select x.*, c.linked_set, c.plan, c.account, c.valid_until as scope_until
          from (select unnest(r_at) as o, unnest(r_ids) as id, unnest(r_calls) as call, unnest(r_installations) as installation, unnest(r_workflows) as workflow_id,
                  unnest(r_call_ids) as call_id, unnest(r_runs) as run, unnest(r_scopes) as scope, unnest(r_hashes) as hash, unnest(r_amounts) as amount,
                  unnest(r_margins) as margin, unnest(r_flags) as flags, unnest(r_rates) as rate, unnest(r_valid_until) as valid_until,
                  unnest(r_hold_ms) as hold_ms, unnest(r_tokens) as token, unnest(r_timeouts) as timeout, unnest(r_maxes) as max) x
          join scope c on c.id = x.scope
         where c.generation = v_generation and c.valid_until > instant and c.stopped is null and c.linked_set is not null and x.amount > 0),
      calls as (
        insert into call (id, installation, workflow_id, call_id, account, run_ids)
          select call, installation, workflow_id, call_id, account, array[run] from come),
      attempts as (
        insert into reservation (id, call, ask, attempt, run, scope, linked_set, state, amount, margin, rate_id, at, hold_until, bound_valid_until,
            request_hash, bound_flags, token, request_timeout_ms, provider_max_ms, dispatched_at)
          select id, call, 1, 1, run, scope, linked_set, case when token is null then 'reserved' else 'dispatched' end,
              amount, margin, rate, instant, least(instant + hold_ms * interval '1 millisecond', valid_until), valid_until,
              hash, string_to_array(nullif(flags, ''), ','), token, timeout, max, case when token is not null then instant end
            from come)
      select array_agg(o), array_agg(id), array_agg(linked_set), array_agg(amount), array_agg(plan), array_agg(account), min(scope_until)
        into f_at, f_ids, f_sets, f_amounts, f_plans, f_accounts, f_valid from come;
    end if;
    if cardinality(f_at) is distinct from cardinality(r_at) then
      stale_at := array(select x.o from (select unnest(r_scopes) as scope, unnest(r_at) as o) x join scope c on c.id = x.scope
        where c.generation <> v_generation or c.valid_until <= instant);
    end if;
  end if;

  -- 2. The hot rows, last: one update, in the order of their ids. Cost is always booked; what is asked is added only where all of it fits.
  if f_at is not null or e_at is not null then
    with due as materialized (
      select p, total(n) as n, total(f) as f, total(c) as c
        from (select unnest(l.period_ids) as p, x.n, x.f, x.c
                from (select unnest(f_sets) as s, unnest(f_amounts) as n, 0::bigint as f, 0::bigint as c
                      union all select unnest(e_sets), 0, unnest(e_amounts), unnest(e_costs)) x
                join linked_set l on l.id = x.s) y
       group by p order by p),
    booked as (
      update balance b
         set reserved = b.reserved - d.f + case when d.n > 0 and b.is_open and b.cap - (b.reserved - d.f) - (b.spent + d.c) >= d.n then d.n else 0 end,
             spent    = b.spent + d.c,
             -- Without what is newly reserved: an admission past the cap then breaks balance_never_past_its_cap.
             overrun  = greatest(0, b.reserved - d.f + b.spent + d.c - b.cap),
             version  = b.version + 1
        from due d where b.budget_period_id = d.p
      returning b.budget_period_id as id, new.version, new.reserved - old.reserved as reserved_change, d.c as spent_change,
        new.cap - new.reserved - new.spent as left_now, d.n,
        case when new.is_open then new.cap - (old.reserved - d.f) - new.spent else -1 end as free,
        new.spent >= new.alert_at or new.overrun > old.overrun or (new.wanted > 0 and new.cap - new.reserved - new.spent >= new.wanted) as is_hinted,
        old.overrun as overrun_before)
    select array_agg(id), array_agg(version), array_agg(n), array_agg(reserved_change), array_agg(spent_change), array_agg(left_now),
           array_agg(id) filter (where n > 0 and free < n), array_agg(free) filter (where n > 0 and free < n),
           array_agg(id) filter (where is_hinted), array_agg(overrun_before) filter (where is_hinted), (select count(*) from due)
      into periods, versions, asked, reserved_changes, spent_changes, frees, short_periods, short_free, hinted, hinted_overruns, touched from booked;
    if cardinality(periods) is distinct from touched then
      raise exception 'broken promise: a linked set names a budget period that is not there';
    end if;
    -- The instant decides the period, and we may have waited for locks.
    if f_at is not null and clock_timestamp() >= f_valid then
      raise exception 'a budget period ended meanwhile' using errcode = 'PU002';
    end if;

    -- 3. Rare: a budget cannot pay for all. First come, first served among the calls that need it; all rows are locked by now.
    if short_periods is not null then
      for item in
        select x.o, x.amount, l.period_ids from (select unnest(f_sets) as s, unnest(f_amounts) as amount, unnest(f_at) as came, generate_subscripts(f_at, 1) as o) x
          join linked_set l on l.id = x.s where l.period_ids && short_periods order by x.came
      loop
        refuser := null;
        foreach period in array item.period_ids loop
          pos := array_position(short_periods, period);
          if short_free[pos] < item.amount then refuser := period; exit; end if;
        end loop;
        if refuser is not null then
          refused := refused || item.o;
          refusers := refusers || refuser;
        else
          foreach period in array item.period_ids loop
            pos := array_position(short_periods, period);
            if pos is not null then short_free[pos] := short_free[pos] - item.amount; end if;
          end loop;
        end if;
      end loop;
      delete from reservation r using (select unnest(refused) as o) x where r.id = f_ids[x.o];
      -- Short periods got nothing above: they get what was admitted. The others got all: they give the refused part back.
      for item in
        with admitted as (
          select p, total(amount) as amount from (
            select unnest(l.period_ids) as p, x.amount from (select unnest(f_sets) as s, unnest(f_amounts) as amount, generate_subscripts(f_at, 1) as o) x
              join linked_set l on l.id = x.s where x.o <> all (refused)) y group by p),
        due as materialized (
          select x.p, x.o, coalesce((select a.amount from admitted a where a.p = x.p), 0) - case when x.p = any (short_periods) then 0 else x.n end as change
            from (select unnest(periods) as p, unnest(asked) as n, generate_subscripts(periods, 1) as o) x)
        update balance b set reserved = b.reserved + d.change from due d where b.budget_period_id = d.p and d.change <> 0
        returning d.o, d.change, new.cap - new.reserved - new.spent as left_now
      loop
        reserved_changes[item.o] := reserved_changes[item.o] + item.change;
        frees[item.o] := item.left_now;
      end loop;
      refusals := '{}';
      for i in 1..cardinality(refused) loop
        pos := f_at[refused[i]];
        -- A closed period is not a refusal: the careful function finds the next one.
        if exists (select from balance where budget_period_id = refusers[i] and not is_open) then
          delete from call where id = r_calls[pos];
        else
          said := refusal_json(f_sets[refused[i]], f_amounts[refused[i]], f_plans[refused[i]]);
          refusals := refusals || jsonb_build_object(pos::text, said - 'periodId');
          insert into refusal (call, ask, scope, request_hash, refusal) values (r_calls[pos], 1, r_scopes[pos], r_hashes[pos], said - 'periodId');
          perform tell_refused((said ->> 'periodId')::int, f_accounts[refused[i]], f_amounts[refused[i]]);
        end if;
      end loop;
      select array_agg(at), array_agg(id), array_agg(set), array_agg(plan) into f_at, f_ids, f_sets, f_plans
        from (select unnest(f_at) as at, unnest(f_ids) as id, unnest(f_sets) as set, unnest(f_plans) as plan, generate_subscripts(f_at, 1) as o) x
       where o <> all (refused);
    end if;

    insert into entry (kind, at, reserved_ids, settled_ids, settled_costs, period_ids, versions, reserved_changes, spent_changes)
      values ('calls', instant, f_ids, e_ids, e_costs, periods, versions, reserved_changes, spent_changes);
    if hinted is not null then
      for item in select unnest(hinted) as p, unnest(hinted_overruns) as before loop
        perform tell(item.p, item.before);
      end loop;
    end if;
  end if;

  reserve_at := f_at;
  reserve_sets := f_sets;
  reserve_plans := f_plans;
end $$;

revoke execute on all functions in schema purser from public;
grant execute on function purser.apply, purser.make_partitions to purser_app;
