-- 0008: many calls at once. Plain settles, dispatches and reserves of many callers in one round trip, one commit, one update a budget.
-- Why: a hot row that is updated once per transaction is as slow as the disk's flush; updated once per batch it is not.
-- Locks: new function, none.   Undo: drop function purser.apply.
--
-- Plain is a call's first attempt, taken step by step by the run that made it: a reserve of a call that nobody has seen, a dispatch of what
-- that reserved, a settle of what that sent. Everything else (repeats, later asks and attempts, other runs, unknown or stale scopes, late answers)
-- is left alone and marked, and the caller asks the functions of 0006 and 0007, which decide every case. So this function may be simple: what it does
-- not recognise, it does not touch.
--
-- `p_careful`: a plain INSERT is cheaper than ON CONFLICT, and almost no batch holds a repeat. So the caller first asks without; a repeat
-- raises unique_violation, nothing has happened, and the caller asks again with care. SQLSTATE PU002: a period ended under us; ask again.
--
-- Answers name the items that were plain by their position (`…_at`, from 1), in any order; an item that is not named is for the careful
-- functions. `stale_at` names reserves whose scope is to be resolved first (`purser.resolve`), and then asked again. `refusals` has the refused reserves by position, `frees` what each touched budget period has left.

create function purser.apply(
  r_calls uuid[], r_installations uuid[], r_workflows text[], r_call_ids text[], r_runs text[], r_scopes int[], r_hashes text[],
  r_amounts bigint[], r_margins bigint[], r_flags text[], r_rates int[], r_valid_until timestamptz[], r_hold_ms int[],
  r_tokens uuid[], r_timeouts int[], r_maxes int[],
  d_calls uuid[], d_from uuid[], d_to uuid[], d_runs text[], d_accounts text[], d_hashes text[], d_tokens uuid[], d_timeouts int[], d_maxes int[],
  s_ids uuid[], s_tokens uuid[], s_costs bigint[], s_picos bigint[], s_scopes int[], s_answers jsonb,
  l_at int[], l_numbers int[], l_units text[], l_quantities bigint[], l_prices int[], l_pico_pers bigint[], l_pers bigint[], l_picos bigint[],
  l_rates int[], l_micros bigint[], l_nanos bigint[],
  p_careful boolean,
  out instant timestamptz,
  out stale_at int[], out reserve_at int[], out reserve_ids uuid[], out reserve_plans text[], out reserve_periods text[], out refusals jsonb,
  out dispatch_at int[], out dispatch_ids uuid[], out dispatch_amounts bigint[], out dispatch_rates int[], out dispatch_micros bigint[],
  out dispatch_scopes int[], out dispatch_periods text[],
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
  -- Positions. (Not generate_subscripts in the queries: the planner takes it for a thousand rows, and then reads whole indexes.)
  r_at constant int[] := array(select generate_subscripts(r_calls, 1));
  d_at constant int[] := array(select generate_subscripts(d_calls, 1));
  s_at constant int[] := array(select generate_subscripts(s_ids, 1));
  -- Reserves that are plain.
  f_at int[];  f_calls uuid[];  f_ids uuid[];  f_sets int[];  f_amounts bigint[];  f_plans text[];  f_accounts text[];  f_periods text[];  f_valid timestamptz;
  -- Settles that are; and what they reserved and pinned, by position.
  e_at int[];  e_ids uuid[];  e_sets int[];  e_amounts bigint[];  e_costs bigint[];  e_rates int[];
  reserved_at bigint[];  pinned_at int[];
  -- Per budget period, ascending: what is asked, what comes free, what is spent; then the versions made.
  need bigint[];  freed bigint[];  cost bigint[];  versions bigint[];
  short_periods int[];  short_free bigint[];  hinted int[];  hinted_overruns bigint[];
  item record;  refuser int;  pos int;  period int;  one int;  said jsonb;
  refused int[] := '{}';  refusers int[] := '{}';
begin
  perform share_generation();
  select generation into v_generation from ledger_state;
  instant := clock_timestamp();

  -- 1. The rows of single calls: they decide what is plain, before any counter moves.
  if s_ids <> '{}' then
    with done as (
      update reservation r set state = 'settled', cost = s.cost, cost_source = 'answer', ended_at = instant, answers = true
        from (select unnest(s_ids) as id, unnest(s_tokens) as token, unnest(s_costs) as cost, unnest(s_at) as o) s
       where r.id = s.id and r.token = s.token and r.state = 'dispatched' and r.attempt = 1
      returning s.o, r.id, r.linked_set, r.amount, r.cost, r.rate_id)
    select array_agg(o), array_agg(id), array_agg(linked_set), array_agg(amount), array_agg(done.cost), array_agg(rate_id)
      into e_at, e_ids, e_sets, e_amounts, e_costs, e_rates from done;
    if e_at is not null then
      for i in 1..cardinality(e_at) loop
        reserved_at[e_at[i]] := e_amounts[i];
        pinned_at[e_at[i]] := e_rates[i];
      end loop;
      settle_at := e_at;
      settle_amounts := e_amounts;
      insert into receipt (reservation_id, token, at, cost, pico_usd, answer, scope)
        select x.id, s_tokens[x.o], instant, s_costs[x.o], s_picos[x.o], s_answers -> (x.o - 1), s_scopes[x.o]
          from (select unnest(e_ids) as id, unnest(e_at) as o) x;
      insert into cost_line (reservation_id, token, line, unit, quantity, price_id, pico_usd_per, per, pico_usd, rate_id, usd_micros_per_eur, nano_eur)
        select s_ids[l.o], s_tokens[l.o], l.line, l.unit, l.quantity, l.price, l.pico_per, l.per, l.pico, l.rate, l.micros, l.nano
          from (select unnest(l_at) as o, unnest(l_numbers) as line, unnest(l_units) as unit, unnest(l_quantities) as quantity, unnest(l_prices) as price,
                  unnest(l_pico_pers) as pico_per, unnest(l_pers) as per, unnest(l_picos) as pico, unnest(l_rates) as rate, unnest(l_micros) as micros,
                  unnest(l_nanos) as nano) l
         where reserved_at[l.o] is not null;
      -- Said for the whole batch: the caller then finds the one that lies, and it goes to `unbooked`.
      if cardinality(e_at) is distinct from (
          select count(*)::int from (
            select o from (select unnest(l_at) as o, unnest(l_nanos) as nano, unnest(l_picos) as pico, unnest(l_rates) as rate) l where reserved_at[o] is not null
             group by o having total(nano) = s_costs[o] and total(pico) = s_picos[o] and min(rate) = pinned_at[o] and max(rate) = pinned_at[o]) y)
        or exists (select from (select distinct unnest(l_prices) as id) l where not exists (select from price k where k.id = l.id)) then
        perform fail('conflict', 'a cost is not the sum of its lines at the pinned rate, or names a price that is not there');
      end if;
    end if;
  end if;

  if d_calls <> '{}' then
    with sent as (
      update reservation r set state = 'dispatched', token = d.token, dispatched_at = instant, request_timeout_ms = d.timeout, provider_max_ms = d.max
        from (select unnest(d_calls) as call, unnest(d_from) as lo, unnest(d_to) as hi, unnest(d_runs) as run, unnest(d_accounts) as account, unnest(d_hashes) as hash,
                unnest(d_tokens) as token, unnest(d_timeouts) as timeout, unnest(d_maxes) as max, unnest(d_at) as o) d
       where r.id >= d.lo and r.id <= d.hi and r.call = d.call and r.attempt = 1 and r.ask = 1 and r.state = 'reserved' and r.run = d.run
         and r.request_hash = d.hash and r.hold_until >= instant
         -- A subquery, not a join: the attempt is found by its id, and by nothing else.
         and (select c.generation = v_generation and c.stopped is null and c.account = d.account from scope c where c.id = r.scope)
      returning d.o, r.id, r.amount, r.rate_id, r.scope, r.linked_set)
    select array_agg(o), array_agg(id), array_agg(amount), array_agg(rate_id), array_agg((select t.usd_micros_per_eur from rate t where t.id = rate_id)),
           array_agg(scope), array_agg((select array_to_string(l.period_ids, '/') from linked_set l where l.id = linked_set))
      into dispatch_at, dispatch_ids, dispatch_amounts, dispatch_rates, dispatch_micros, dispatch_scopes, dispatch_periods from sent;
  end if;

  if r_calls <> '{}' then
    select array_agg(x.o), array_agg(x.call), array_agg(c.linked_set), array_agg(x.amount), array_agg(c.plan), array_agg(c.account), min(c.valid_until),
           array_agg(new_attempt_id(x.call)), array_agg(array_to_string(l.period_ids, '/'))
      into f_at, f_calls, f_sets, f_amounts, f_plans, f_accounts, f_valid, f_ids, f_periods
      from (select unnest(r_calls) as call, unnest(r_scopes) as scope, unnest(r_amounts) as amount, unnest(r_at) as o) x
      join scope c on c.id = x.scope join linked_set l on l.id = c.linked_set
     where c.generation = v_generation and c.valid_until > instant and c.stopped is null and x.amount > 0;
    if cardinality(f_at) is distinct from cardinality(r_at) then
      stale_at := array(select x.o from (select unnest(r_scopes) as scope, unnest(r_at) as o) x join scope c on c.id = x.scope
        where c.generation <> v_generation or c.valid_until <= instant);
    end if;
    if f_at is not null and not p_careful then
      insert into call (id, installation, workflow_id, call_id, account, run_ids)
        select x.call, r_installations[x.o], r_workflows[x.o], r_call_ids[x.o], x.account, array[r_runs[x.o]]
          from (select unnest(f_calls) as call, unnest(f_accounts) as account, unnest(f_at) as o) x;
    elsif f_at is not null then
      with fresh as (
        insert into call (id, installation, workflow_id, call_id, account, run_ids)
          select distinct on (x.call) x.call, r_installations[x.o], r_workflows[x.o], r_call_ids[x.o], x.account, array[r_runs[x.o]]
            from (select unnest(f_calls) as call, unnest(f_accounts) as account, unnest(f_at) as o) x order by x.call, x.o
          on conflict do nothing returning id)
      select array_agg(x.o), array_agg(x.call), array_agg(x.set), array_agg(x.amount), array_agg(x.plan), array_agg(x.account), array_agg(x.id), array_agg(x.periods)
        into f_at, f_calls, f_sets, f_amounts, f_plans, f_accounts, f_ids, f_periods
        from (select distinct on (y.call) * from (select unnest(f_at) as o, unnest(f_calls) as call, unnest(f_sets) as set, unnest(f_amounts) as amount,
                unnest(f_plans) as plan, unnest(f_accounts) as account, unnest(f_ids) as id, unnest(f_periods) as periods) y order by y.call, y.o) x
       where x.call in (select id from fresh);
    end if;
    if f_at is not null then
      insert into reservation (id, call, ask, attempt, run, scope, linked_set, state, amount, margin, rate_id, at, hold_until, bound_valid_until,
          request_hash, bound_flags, token, request_timeout_ms, provider_max_ms, dispatched_at)
        select x.id, x.call, 1, 1, r_runs[x.o], r_scopes[x.o], x.set, case when r_tokens[x.o] is null then 'reserved' else 'dispatched' end,
            x.amount, r_margins[x.o], r_rates[x.o], instant,
            least(instant + r_hold_ms[x.o] * interval '1 millisecond', r_valid_until[x.o]), r_valid_until[x.o],
            r_hashes[x.o], case when r_flags[x.o] <> '' then string_to_array(r_flags[x.o], ',') end,
            r_tokens[x.o], r_timeouts[x.o], r_maxes[x.o], case when r_tokens[x.o] is not null then instant end
          from (select unnest(f_ids) as id, unnest(f_calls) as call, unnest(f_sets) as set, unnest(f_amounts) as amount, unnest(f_at) as o) x;
    end if;
  end if;

  -- 2. The hot rows, last: one update, in the order of their ids. Cost is always booked; what is asked is added only where all of it fits.
  if f_at is not null or e_at is not null then
    select array_agg(p), array_agg(n), array_agg(f), array_agg(c) into periods, need, freed, cost
      from (select p, total(n) as n, total(f) as f, total(c) as c
              from (select unnest(l.period_ids) as p, x.n, x.f, x.c
                      from (select unnest(f_sets) as s, unnest(f_amounts) as n, 0::bigint as f, 0::bigint as c
                            union all select unnest(e_sets), 0, unnest(e_amounts), unnest(e_costs)) x
                      join linked_set l on l.id = x.s) y
             group by p order by p) z;
    with booked as (
      update balance b
         set reserved = b.reserved - d.f + case when d.n > 0 and b.is_open and b.cap - (b.reserved - d.f) - (b.spent + d.c) >= d.n then d.n else 0 end,
             spent    = b.spent + d.c,
             -- Without what is newly reserved: an admission past the cap then breaks balance_never_past_its_cap.
             overrun  = greatest(0, b.reserved - d.f + b.spent + d.c - b.cap),
             version  = b.version + 1
        from (select unnest(periods) as p, unnest(need) as n, unnest(freed) as f, unnest(cost) as c) d
       where b.budget_period_id = d.p
      returning b.budget_period_id as id, new.version, new.cap - new.reserved - new.spent as left_now, d.n,
        case when new.is_open then new.cap - (old.reserved - d.f) - new.spent else -1 end as free,
        new.spent >= new.alert_at or new.overrun > old.overrun or (new.wanted > 0 and new.cap - new.reserved - new.spent >= new.wanted) as is_hinted,
        old.overrun as overrun_before)
    -- In the order of `periods`, whatever the plan: entry and answer pair them by position.
    select array_agg(version order by id), array_agg(left_now order by id), array_agg(id) filter (where n > 0 and free < n), array_agg(free) filter (where n > 0 and free < n),
           array_agg(id) filter (where is_hinted), array_agg(overrun_before) filter (where is_hinted)
      into versions, frees, short_periods, short_free, hinted, hinted_overruns from booked;
    if cardinality(versions) is distinct from cardinality(periods) then
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
      select array_agg(d.n - coalesce(x.amount, 0) order by d.p) into need
        from (select unnest(periods) as p, unnest(need) as n) d
        left join (select unnest(l.period_ids) as p, total(f_amounts[y.o]) as amount from (select unnest(refused) as o) y join linked_set l on l.id = f_sets[y.o] group by 1) x
          on x.p = d.p;
      update balance b set reserved = b.reserved + d.fix
        from (select u.p, case when u.p = any (short_periods) then u.n else -coalesce(x.amount, 0) end as fix
                from (select unnest(periods) as p, unnest(need) as n) u
                left join (select unnest(l.period_ids) as p, total(f_amounts[y.o]) as amount from (select unnest(refused) as o) y join linked_set l on l.id = f_sets[y.o] group by 1) x
                  on x.p = u.p) d
       where b.budget_period_id = d.p and d.fix <> 0;
      select array_agg(b.cap - b.reserved - b.spent order by b.budget_period_id) into frees from balance b where b.budget_period_id = any (periods);
      refusals := '{}';
      for i in 1..cardinality(refused) loop
        one := refused[i];
        period := refusers[i];
        pos := f_at[one];
        -- A closed period is not a refusal: the careful function finds the next one.
        if exists (select from balance where budget_period_id = period and not is_open) then
          delete from call where id = f_calls[one];
        else
          said := refusal_json(f_sets[one], f_amounts[one], f_plans[one]);
          refusals := refusals || jsonb_build_object(pos::text, said - 'periodId');
          insert into refusal (call, ask, scope, request_hash, refusal) values (f_calls[one], 1, r_scopes[pos], r_hashes[pos], said - 'periodId');
          perform tell_refused((said ->> 'periodId')::int, f_accounts[one], f_amounts[one]);
        end if;
        f_ids[one] := null;
      end loop;
    end if;

    insert into entry (kind, at, reserved_ids, settled_ids, settled_costs, period_ids, versions, reserved_changes, spent_changes)
      select 'calls', instant, array_remove(f_ids, null), e_ids, e_costs, periods, versions, array_agg(n - f), cost
        from (select unnest(need) as n, unnest(freed) as f) x;
    if hinted is not null then
      for item in select unnest(hinted) as p, unnest(hinted_overruns) as before loop
        perform tell(item.p, item.before);
      end loop;
    end if;
  end if;

  if f_at is not null and refused <> '{}' then
    select array_agg(o), array_agg(id), array_agg(plan), array_agg(x.periods) into f_at, f_ids, f_plans, f_periods
      from (select unnest(f_at) as o, unnest(f_ids) as id, unnest(f_plans) as plan, unnest(f_periods) as periods) x where id is not null;
  end if;
  reserve_at := f_at;
  reserve_ids := f_ids;
  reserve_plans := f_plans;
  reserve_periods := f_periods;
end $$;

-- The app reads what it likes and writes only through these functions.
grant usage on schema purser to purser_app;
grant select on all tables in schema purser to purser_app;
revoke execute on all functions in schema purser from public;
grant execute on function
  purser.ensure_account, purser.account_json, purser.open_periods, purser.resolve, purser.ensure_installation, purser.make_partitions, purser.reserve, purser.dispatch,
  purser.settle, purser.reject, purser.mark_in_doubt, purser.close, purser.apply, purser.total(bigint),
  -- Arithmetic over what may be read anyway: audit and reports ask in these words.
  purser.attempts_from, purser.attempts_to, purser.in_doubt_from
  to purser_app;
