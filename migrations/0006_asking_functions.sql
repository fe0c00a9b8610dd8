-- 0006: functions over calls, one at a time: asking and sending. reserve, dispatch, close.
-- Why: what decides about money runs inside the database, under its locks and by its clock; a program only asks. Every case is decided here and
-- in 0007, one call at a time; 0008 does the plain ones for many calls at once, and leaves the rest to these.
-- Locks: new functions, none.   Undo: drop the functions named here.

-- The call's row, locked; made if it is not there. Its account is fixed by the first who names one.
create function purser.lock_call(p_call uuid, p_installation uuid, p_workflow_id text, p_call_id text, p_account text) returns purser.call
language plpgsql as $$
declare
  v_call purser.call;
begin
  if purser.started_at(p_call) < (select low_water from purser.ledger_state) then
    perform purser.fail('too_old', format('job "%s" started %s, and calls of that time have been dropped: start a new job', p_workflow_id,
      to_char(purser.started_at(p_call) at time zone 'UTC', 'YYYY-MM-DD')));
  elsif purser.started_at(p_call) > clock_timestamp() + interval '1 day' then
    perform purser.fail('bad_input', format('job "%s" cannot have started at %s', p_workflow_id, purser.started_at(p_call)));
  end if;
  if to_regclass('purser.' || to_char(purser.started_at(p_call) at time zone 'UTC', '"call_"YYYY_MM')) is null then
    perform purser.make_partitions(purser.started_at(p_call));
  end if;
  insert into purser.call (id, installation, workflow_id, call_id, account)
    values (p_call, p_installation, p_workflow_id, p_call_id, p_account) on conflict do nothing;
  select * into strict v_call from purser.call where id = p_call for update;
  if (v_call.installation, v_call.workflow_id, v_call.call_id) <> (p_installation, p_workflow_id, p_call_id) then
    perform purser.fail('conflict', format('call "%s" of job "%s" has the id of another call', p_call_id, p_workflow_id));
  elsif v_call.account is null and p_account is not null then
    update purser.call set account = p_account where id = v_call.id returning * into v_call;
  elsif v_call.account <> p_account then
    perform purser.fail('conflict', format('call "%s" of job "%s" belongs to account "%s", not "%s"',
      p_call_id, p_workflow_id, v_call.account, p_account));
  end if;
  return v_call;
end $$;

create function purser.attempts_of(p_call uuid) returns setof purser.reservation language sql stable as $$
  select * from purser.reservation where id between purser.attempts_from(p_call) and purser.attempts_to(p_call) and call = p_call
$$;

-- An attempt as it stands, with its call and all the call's attempts locked; nulls when there is none.
create function purser.lock_attempt(p_reservation uuid) returns purser.reservation language plpgsql as $$
declare
  v_call uuid := (select call from purser.reservation where id = p_reservation);
  r purser.reservation;
begin
  perform from purser.call where id = v_call for update;
  perform from purser.reservation where id between purser.attempts_from(v_call) and purser.attempts_to(v_call) and call = v_call order by id for update;
  select * into r from purser.reservation where id = p_reservation;
  return r;
end $$;

-- Notes a run; false when it is closed or not the newest. Runs are in the order in which the ledger first saw them, unless their ids tell
-- more: Temporal's newer servers give UUIDs of version 7, which begin with the time. Then a run that started earlier stays older, also when
-- its first request comes late, and cannot take the call from its successor. A newer run takes over what is reserved: the older may not send it.
create function purser.run_may_ask(p_call uuid, p_run text) returns boolean language plpgsql as $$
declare
  v_runs text[];
  v_closed text[];
  v_newest text;
  v_time_ordered constant text := '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-';
begin
  select run_ids, closed_runs into v_runs, v_closed from purser.call where id = p_call;
  v_newest := v_runs[cardinality(v_runs)];
  if not p_run = any (v_runs) then
    if p_run ~ v_time_ordered and v_newest ~ v_time_ordered and left(p_run, 13) < left(v_newest, 13) then
      update purser.call set run_ids = p_run || run_ids where id = p_call;
      return false;
    end if;
    update purser.call set run_ids = run_ids || p_run where id = p_call;
    update purser.reservation set run = p_run
     where id between purser.attempts_from(p_call) and purser.attempts_to(p_call) and call = p_call and state = 'reserved';
    return true;
  end if;
  return v_newest = p_run and not p_run = any (v_closed);
end $$;

create function purser.reserved_json(r purser.reservation) returns jsonb language sql stable as $$
  select jsonb_build_object('kind', 'reserved', 'callRef', r.call, 'reservationId', r.id, 'attempt', r.attempt, 'amount', r.amount::text,
    'left', purser.left_of(r.linked_set)::text, 'plan', coalesce((select plan from purser.scope where id = r.scope), ''), 'scope', r.scope,
    'heldUntil', r.hold_until)
$$;

-- Our own time-out plus five seconds, by this clock: from then on an attempt without an answer is in doubt.
create function purser.in_doubt_from(r purser.reservation) returns timestamptz language sql immutable as $$
  select r.dispatched_at + make_interval(secs => r.request_timeout_ms / 1000.0 + 5)
$$;

-- The provider's own maximum plus five minutes: from then on an attempt in doubt is spent at its full amount.
create function purser.presumed_from(r purser.reservation) returns timestamptz language sql immutable as $$
  select r.dispatched_at + make_interval(secs => r.provider_max_ms / 1000.0 + 300)
$$;

create function purser.answer_json(r purser.reservation) returns jsonb language sql stable as $$
  select jsonb_build_object('kind', 'answered', 'reservationId', r.id, 'attempt', r.attempt, 'amount', r.amount::text, 'cost', r.cost::text,
    'left', purser.left_of(r.linked_set)::text, 'usage', p.answer -> 'usage', 'blob', p.answer -> 'blob', 'response', p.answer -> 'response',
    'flags', p.answer -> 'flags')
    from purser.receipt p where p.reservation_id = r.id and p.token = r.token
$$;

-- The call's first booked answer, which every repeat hears for ever; null when there is none.
create function purser.first_answer(p_call uuid) returns jsonb language sql stable as $$
  select purser.answer_json(r) from purser.attempts_of(p_call) r where r.answers
$$;

-- What a repeated ask or a second dispatch hears: the state of the ask's newest attempt.
create function purser.attempt_json(r purser.reservation) returns jsonb language sql stable as $$
  select case r.state
    when 'reserved' then purser.reserved_json(r)
    when 'dispatched' then jsonb_build_object('kind', 'in_flight', 'reservationId', r.id, 'until', purser.in_doubt_from(r))
    when 'settled' then purser.answer_json(r)
    when 'released' then jsonb_build_object('kind', 'lapsed')
    when 'rejected' then jsonb_build_object('kind', 'rejected', 'reservationId', r.id, 'reason', coalesce(r.ended_why, ''))
    else jsonb_build_object('kind', 'in_doubt', 'reservationId', r.id, 'held', r.amount::text, 'reason', r.ended_why)
  end
$$;

-- The permission to send, with what a settle will need.
create function purser.go_json(r purser.reservation) returns jsonb language sql stable as $$
  select jsonb_build_object('kind', 'go', 'reservationId', r.id, 'attempt', r.attempt, 'amount', r.amount::text, 'scope', r.scope,
    'dispatchedAt', r.dispatched_at, 'budgetPeriods', to_jsonb(purser.periods_of(r.linked_set)),
    'rate', (select jsonb_build_object('id', id, 'usdMicrosPerEur', usd_micros_per_eur::text) from purser.rate where id = r.rate_id))
$$;

create function purser.release(r purser.reservation, p_why text) returns void language plpgsql as $$
begin
  update purser.reservation set state = 'released', ended_at = clock_timestamp(), ended_why = p_why where id = r.id;
  perform purser.book('release', (select account from purser.scope where id = r.scope), r.id, purser.periods_of(r.linked_set), -r.amount, 0, null, p_why);
end $$;

-- The earliest moment at which money is known to come back to a budget period: the end of a hold, if what is held would do, else the next
-- period. Holds are looked up where that is cheap, among the calls of one account; a wide budget's end after fifteen minutes at the latest.
create function purser.frees_at(p_period int, p_amount bigint) returns timestamptz language sql stable as $$
  select case when v.cap - v.spent < p_amount then p.ends_at
    else least(p.ends_at, coalesce(
      (select min(r.hold_until) from purser.scope s join purser.reservation r on r.scope = s.id
        where s.account = b.account and r.at > clock_timestamp() - interval '1 hour' and r.state = 'reserved' and r.hold_until > clock_timestamp()),
      clock_timestamp() + interval '15 minutes')) end
    from purser.balance v join purser.budget_period p on p.id = v.budget_period_id join purser.budget b on b.id = p.budget_id
   where v.budget_period_id = p_period
$$;

-- The tightest budget that cannot pay, or null.
create function purser.refusal_json(p_set int, p_amount bigint, p_plan text) returns jsonb language sql stable as $$
  select jsonb_build_object('kind', 'refused', 'code', 'budget_exceeded', 'plan', p_plan,
      'budget', jsonb_build_object('id', b.id, 'name', b.name, 'period', p.period),
      'cap', v.cap::text, 'spent', v.spent::text, 'reserved', v.reserved::text, 'needed', p_amount::text,
      'remaining', (v.cap - v.reserved - v.spent)::text, 'missing', (p_amount - (v.cap - v.reserved - v.spent))::text,
      'freesAt', purser.frees_at(p.id, p_amount),
      'periodId', p.id)
    from purser.balance v join purser.budget_period p on p.id = v.budget_period_id join purser.budget b on b.id = p.budget_id
   where v.budget_period_id = any (purser.periods_of(p_set)) and v.cap - v.reserved - v.spent < p_amount
   order by v.cap - v.reserved - v.spent limit 1
$$;

-- The scope's row as it holds at an instant after its budgets' rows are locked: resolved again if something changed, or a period ended,
-- while we waited. The instant decides the period, so it is taken after the locks.
create type purser.locked as (scope purser.scope, instant timestamptz);
create function purser.lock_budgets(p_terms jsonb) returns purser.locked language plpgsql as $$
declare
  v purser.scope := purser.intern_scope(p_terms);
  v_instant timestamptz;
begin
  for i in 1..10 loop
    v_instant := clock_timestamp();
    if v.generation <> (select generation from purser.ledger_state) or v.valid_until <= v_instant then
      v := purser.resolve_scope(v, v_instant);
    end if;
    if v.stopped is not null then return row(v, v_instant); end if;
    if v.linked_set is null then
      perform purser.fail('no_budget', format('no budget covers this call of account "%s", so nothing can pay for it', v.account));
    end if;
    perform from purser.balance where budget_period_id = any (purser.periods_of(v.linked_set)) order by budget_period_id for no key update;
    v_instant := clock_timestamp();
    if v_instant < v.valid_until
       and not exists (select from purser.balance where budget_period_id = any (purser.periods_of(v.linked_set)) and not is_open) then
      return row(v, v_instant);
    end if;
    v.valid_until := '-infinity';
  end loop;
  perform purser.fail('no_budget', 'a budget period that covers this moment is closed: open the next one');
end $$;

-- Sets money aside for one attempt, on every budget that covers the call: all of them or none. Safe to repeat. With a token it counts as
-- dispatched at once: for callers that send by themselves.
create function purser.reserve(
  p_call uuid, p_installation uuid, p_workflow_id text, p_call_id text, p_run text, p_ask int, p_terms jsonb, p_request_hash text,
  p_amount bigint, p_margin bigint, p_bound_flags text[], p_rate_id int, p_bound_valid_until timestamptz, p_hold_ms int,
  p_token uuid default null, p_request_timeout_ms int default null, p_provider_max_ms int default null
) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_call purser.call;
  v_may_ask boolean;
  v_locked purser.locked;
  v_scope purser.scope;
  v_refused purser.refusal;
  v_newest purser.reservation;
  v_instant timestamptz;
  v_answer jsonb;
  v_refusal jsonb;
begin
  if p_amount <= 0 then
    perform purser.fail('bad_input', format('a call cannot reserve %s nano-EUR: its bound is above zero', p_amount));
  end if;
  perform purser.share_generation();
  v_call := purser.lock_call(p_call, p_installation, p_workflow_id, p_call_id, p_terms ->> 'account');
  v_may_ask := purser.run_may_ask(v_call.id, p_run);

  select * into v_newest from purser.attempts_of(p_call) where ask = p_ask order by attempt desc limit 1;
  select * into v_refused from purser.refusal where call = p_call and ask = p_ask;
  if coalesce(v_newest.scope, v_refused.scope) is not null and (coalesce(v_newest.scope, v_refused.scope), coalesce(v_newest.request_hash, v_refused.request_hash))
      is distinct from ((select id from purser.scope where md5(terms::text) = md5(p_terms::text)), p_request_hash) then
    perform purser.fail('conflict', format('ask %s of call "%s" of job "%s" was made with other terms', p_ask, p_call_id, p_workflow_id));
  end if;
  v_answer := purser.first_answer(p_call);
  if v_answer is not null then return v_answer; end if;
  if not v_may_ask then return jsonb_build_object('kind', 'closed'); end if;
  if v_refused.call is not null then return v_refused.refusal; end if;
  if v_newest.id is not null then
    -- The same caller that sends by itself, asking again because it lost our answer.
    if v_newest.state = 'dispatched' and v_newest.token = p_token then return purser.go_json(v_newest); end if;
    return purser.attempt_json(v_newest);
  end if;
  if p_ask < greatest((select max(ask) from purser.attempts_of(p_call)), (select max(ask) from purser.refusal where call = p_call)) then
    perform purser.fail('conflict', format('call "%s" of job "%s" is past ask %s', p_call_id, p_workflow_id, p_ask));
  end if;
  select * into v_newest from purser.attempts_of(p_call) where state in ('reserved', 'dispatched');
  if found then
    return jsonb_build_object('kind', 'in_flight', 'reservationId', v_newest.id,
      'until', case v_newest.state when 'reserved' then v_newest.hold_until else purser.in_doubt_from(v_newest) end);
  end if;

  v_locked := purser.lock_budgets(p_terms);
  v_scope := v_locked.scope;
  v_instant := v_locked.instant;
  if v_scope.stopped is not null then return jsonb_build_object('kind', 'closed', 'reason', v_scope.stopped); end if;
  v_refusal := purser.refusal_json(v_scope.linked_set, p_amount, v_scope.plan);
  if v_refusal is not null then
    perform purser.tell_refused((v_refusal ->> 'periodId')::int, v_scope.account, p_amount);
    insert into purser.refusal (call, ask, scope, request_hash, refusal)
      values (p_call, p_ask, v_scope.id, p_request_hash, v_refusal - 'periodId') returning refusal into v_refusal;
    return v_refusal;
  end if;
  insert into purser.reservation (id, call, ask, attempt, run, scope, linked_set, state, amount, margin, rate_id, at, hold_until, bound_valid_until,
      request_hash, bound_flags, token, request_timeout_ms, provider_max_ms, dispatched_at)
    values (purser.new_attempt_id(p_call), p_call, p_ask, 1 + coalesce((select max(attempt) from purser.attempts_of(p_call)), 0), p_run, v_scope.id,
      v_scope.linked_set, case when p_token is null then 'reserved' else 'dispatched' end, p_amount, p_margin, p_rate_id, v_instant,
      least(v_instant + make_interval(secs => p_hold_ms / 1000.0), p_bound_valid_until), p_bound_valid_until, p_request_hash, p_bound_flags,
      p_token, p_request_timeout_ms, p_provider_max_ms, case when p_token is not null then v_instant end)
    returning * into v_newest;
  perform purser.book('reserve', v_scope.account, v_newest.id, purser.periods_of(v_scope.linked_set), p_amount, 0);
  return case when p_token is null then purser.reserved_json(v_newest) else purser.go_json(v_newest) end;
end $$;

create function purser.new_attempt_id(p_call uuid) returns uuid language sql volatile as $$
  select (left(p_call::text, 28) || right(gen_random_uuid()::text, 8))::uuid
$$;

-- "This request goes out now": the commit that must come before the first byte. Only the token that moved the row may send.
create function purser.dispatch(
  p_call uuid, p_installation uuid, p_workflow_id text, p_call_id text, p_run text, p_ask int, p_account text, p_request_hash text, p_token uuid,
  p_request_timeout_ms int, p_provider_max_ms int
) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_call purser.call;
  v_may_ask boolean;
  v_refused purser.refusal;
  v_scope purser.scope;
  v_answer jsonb;
  r purser.reservation;
  v_now timestamptz;
begin
  perform purser.share_generation();
  v_call := purser.lock_call(p_call, p_installation, p_workflow_id, p_call_id, p_account);
  v_may_ask := purser.run_may_ask(v_call.id, p_run);
  select * into r from purser.attempts_of(p_call) where ask = p_ask order by attempt desc limit 1;
  select * into v_refused from purser.refusal where call = p_call and ask = p_ask;
  if coalesce(r.request_hash, v_refused.request_hash) <> p_request_hash then
    perform purser.fail('conflict', format('ask %s of call "%s" of job "%s" was made with other terms', p_ask, p_call_id, p_workflow_id));
  end if;
  v_answer := purser.first_answer(p_call);
  if v_answer is not null then return v_answer; end if;
  if not v_may_ask then return jsonb_build_object('kind', 'closed'); end if;
  if v_refused.call is not null then return v_refused.refusal; end if;
  if r.id is null then
    perform purser.fail('conflict', format('call "%s" of job "%s" has no ask %s: reserve comes first', p_call_id, p_workflow_id, p_ask));
  end if;
  select * into strict r from purser.reservation where id = r.id for update;
  select * into strict v_scope from purser.scope where id = r.scope;
  v_now := clock_timestamp();
  if v_scope.generation <> (select generation from purser.ledger_state) then v_scope := purser.resolve_scope(v_scope, v_now); end if;

  if r.state = 'dispatched' and r.token = p_token then
    -- The same execution asks again because it lost our answer. It may still send while the dispatch is young.
    if v_now >= r.dispatched_at + interval '5 seconds' then
      return jsonb_build_object('kind', 'too_late', 'reservationId', r.id);
    end if;
  elsif r.state <> 'reserved' or exists (select from purser.attempts_of(p_call) where token = p_token) then
    -- A token sends once: one that has had its attempt cannot take the next, when its own dispatch arrives a second time, late.
    return purser.attempt_json(r);
  elsif v_now > r.hold_until or v_scope.stopped is not null then
    perform purser.release(r, coalesce(v_scope.stopped, 'held too long'));
    return jsonb_build_object('kind', 'lapsed');
  else
    update purser.reservation
       set state = 'dispatched', run = p_run, token = p_token, dispatched_at = v_now, request_timeout_ms = p_request_timeout_ms, provider_max_ms = p_provider_max_ms
     where id = r.id returning * into r;
  end if;
  return purser.go_json(r);
end $$;

-- The run is over without a booked answer: what was not dispatched is released, and a late reserve of this run gets nothing.
create function purser.close(p_call uuid, p_installation uuid, p_workflow_id text, p_call_id text, p_run text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_call purser.call;
  r purser.reservation;
  v_released bigint := 0;
begin
  v_call := purser.lock_call(p_call, p_installation, p_workflow_id, p_call_id, null);
  perform purser.run_may_ask(v_call.id, p_run);
  update purser.call set closed_runs = closed_runs || p_run where id = v_call.id and not p_run = any (closed_runs);
  select * into strict v_call from purser.call where id = v_call.id;
  if v_call.run_ids[cardinality(v_call.run_ids)] = p_run then
    -- Locked first: a dispatch that is under way decides by the row, and what it took is not released.
    for r in select * from purser.reservation where id between purser.attempts_from(p_call) and purser.attempts_to(p_call) and call = p_call
        and state = 'reserved' for update loop
      perform purser.release(r, 'closed');
      v_released := v_released + r.amount;
    end loop;
  end if;
  return jsonb_build_object('kind', 'closed', 'released', v_released::text);
end $$;
