-- 0006: functions over calls. reserve, dispatch, settle, reject, mark in doubt, close: the life of an attempt.
-- Why: what decides about money runs inside the database, under its locks and by its clock; a program only asks.
-- Locks: new functions, none.   Undo: drop the functions named here.
--
-- One lock order everywhere: account (shared), call, reservation, balances by ascending id.

-- The call's row, locked; made if it is not there. Its account is fixed by the first who names one.
create function purser.lock_call(p_installation uuid, p_workflow_id text, p_call_id text, p_account text) returns purser.call
language plpgsql as $$
declare
  v_call purser.call;
begin
  insert into purser.call (installation, workflow_id, call_id, account)
    values (p_installation, p_workflow_id, p_call_id, p_account) on conflict do nothing;
  select * into strict v_call from purser.call
   where installation = p_installation and workflow_id = p_workflow_id and call_id = p_call_id for update;
  if v_call.account is null and p_account is not null then
    update purser.call set account = p_account where id = v_call.id returning * into v_call;
  elsif v_call.account <> p_account then
    perform purser.fail('conflict', format('call "%s" of job "%s" belongs to account "%s", not "%s"',
      p_call_id, p_workflow_id, v_call.account, p_account));
  end if;
  return v_call;
end $$;

-- Notes a run; false when it is closed or not the newest. Runs are in the order in which the ledger first saw them, unless their ids tell
-- more: Temporal's newer servers give UUIDs of version 7, which begin with the time. Then a run that started earlier stays older, also when
-- its first request comes late, and cannot take the call from its successor.
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
    return true;
  end if;
  return v_runs[cardinality(v_runs)] = p_run and not p_run = any (v_closed);
end $$;

create function purser.lock_account(p_account text) returns purser.account language plpgsql as $$
declare
  v_account purser.account;
begin
  select * into v_account from purser.account where id = p_account for share;
  if not found then
    perform purser.fail('unknown_account', format('there is no account "%s": make it with `purser account create %s --plan free`', p_account, p_account));
  end if;
  return v_account;
end $$;

create function purser.reserved_json(r purser.reservation) returns jsonb language sql stable as $$
  select jsonb_build_object('kind', 'reserved', 'callRef', r.call, 'reservationId', r.id, 'attempt', r.attempt, 'amount', r.amount::text,
    'left', purser.left_of(r.budget_period_ids)::text, 'plan', (select plan from purser.account where id = r.account), 'heldUntil', r.hold_until)
$$;

-- Our own time-out plus five seconds, by this clock: from then on an attempt without an answer is in doubt.
create function purser.in_doubt_from(r purser.reservation) returns timestamptz language sql immutable as $$
  select r.dispatched_at + make_interval(secs => r.request_timeout_ms / 1000.0 + 5)
$$;

create function purser.answer_json(p_reservation uuid) returns jsonb language sql stable as $$
  select jsonb_build_object('kind', 'answered', 'reservationId', r.id, 'attempt', r.attempt, 'amount', r.amount::text, 'cost', r.cost::text,
    'left', purser.left_of(r.budget_period_ids)::text, 'usage', c.usage, 'blob', c.blob, 'response', c.response, 'flags', to_jsonb(c.flags))
    from purser.reservation r join purser.receipt c on c.reservation_id = r.id and c.token = r.token where r.id = p_reservation
$$;

-- What a repeated ask or a second dispatch hears: the state of the ask's newest attempt.
create function purser.attempt_json(r purser.reservation) returns jsonb language sql stable as $$
  select case r.state
    when 'reserved' then purser.reserved_json(r)
    when 'dispatched' then jsonb_build_object('kind', 'in_flight', 'reservationId', r.id, 'until', purser.in_doubt_from(r))
    when 'settled' then purser.answer_json(r.id)
    when 'released' then jsonb_build_object('kind', 'lapsed')
    when 'rejected' then jsonb_build_object('kind', 'rejected', 'reservationId', r.id, 'reason', coalesce(r.ended_why, ''))
    else jsonb_build_object('kind', 'in_doubt', 'reservationId', r.id, 'held', r.amount::text, 'reason', r.ended_why)
  end
$$;

create function purser.release(r purser.reservation, p_why text) returns void language plpgsql as $$
begin
  update purser.reservation set state = 'released', ended_at = clock_timestamp(), ended_why = p_why where id = r.id;
  perform purser.book('release', r.account, r.id, r.budget_period_ids, -r.amount, 0, null, p_why);
end $$;

-- Gives back what waited longer than its hold on these budget periods (a terminated job closes nothing); safe, because dispatch is a
-- compare-and-set. Called with the periods' balances locked, so it waits for nothing: what others hold is left for the next time.
create function purser.release_lapsed(p_periods int[]) returns void language plpgsql as $$
declare
  r purser.reservation;
begin
  for r in
    select * from purser.reservation where state = 'reserved' and hold_until < clock_timestamp() and budget_period_ids && p_periods
     order by hold_until limit 100 for update skip locked
  loop
    if cardinality(r.budget_period_ids) = (select count(*) from (select from purser.balance
        where budget_period_id = any (r.budget_period_ids) for no key update skip locked) locked) then
      perform purser.release(r, 'held too long');
    end if;
  end loop;
end $$;

-- The first budget that cannot pay, or null. Money that is only held comes free at the end of the holds; money spent, with the next period.
create function purser.refusal_json(p_periods int[], p_amount bigint) returns jsonb language sql stable as $$
  select jsonb_build_object('kind', 'refused', 'code', 'budget_exceeded',
      'budget', jsonb_build_object('id', b.id, 'name', b.name, 'period', p.period),
      'cap', v.cap::text, 'spent', v.spent::text, 'reserved', v.reserved::text, 'needed', p_amount::text,
      'remaining', (v.cap - v.reserved - v.spent)::text, 'missing', (p_amount - (v.cap - v.reserved - v.spent))::text,
      'freesAt', case when v.cap - v.spent >= p_amount then
        least(p.ends_at, (select min(case when r.state = 'reserved' then r.hold_until else purser.in_doubt_from(r) end)
          from purser.reservation r where r.state in ('reserved', 'dispatched') and v.budget_period_id = any (r.budget_period_ids)))
        else p.ends_at end)
    from purser.balance v join purser.budget_period p on p.id = v.budget_period_id join purser.budget b on b.id = p.budget_id
   where v.budget_period_id = any (p_periods) and v.cap - v.reserved - v.spent < p_amount
   order by v.cap - v.reserved - v.spent limit 1
$$;

-- Sets money aside for one attempt, on every budget that covers the call: all of them or none. Safe to repeat.
create function purser.reserve(
  p_installation uuid, p_workflow_id text, p_call_id text, p_run text, p_ask int, p_account text, p_scope jsonb,
  p_provider text, p_model text, p_endpoint text, p_request_hash text,
  p_amount bigint, p_bound jsonb, p_rate_id int, p_bound_valid_until timestamptz, p_hold_ms int
) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_account purser.account := purser.lock_account(p_account);
  v_call purser.call := purser.lock_call(p_installation, p_workflow_id, p_call_id, p_account);
  v_may_ask boolean := purser.run_may_ask(v_call.id, p_run);
  -- Who pays, and for what, stands in columns: a scope that says otherwise counts for nothing.
  v_covered jsonb := p_scope || jsonb_build_object('account', p_account, 'model', p_model, 'provider', p_provider, 'endpoint', p_endpoint);
  v_ask purser.ask;
  v_newest purser.reservation;
  v_instant timestamptz;
  v_periods int[];
  v_refusal jsonb;
begin
  if p_amount <= 0 then
    perform purser.fail('bad_input', format('a call cannot reserve %s nano-EUR: its bound is above zero', p_amount));
  end if;
  if v_call.answered_by is not null then return purser.answer_json(v_call.answered_by); end if;
  if not v_may_ask or v_account.status <> 'active' then return jsonb_build_object('kind', 'closed'); end if;

  select * into v_ask from purser.ask where call = v_call.id and number = p_ask;
  if found then
    if (v_ask.scope, v_ask.provider, v_ask.model, v_ask.endpoint, v_ask.request_hash)
       is distinct from (p_scope, p_provider, p_model, p_endpoint, p_request_hash) then
      perform purser.fail('conflict', format('ask %s of call "%s" of job "%s" was made with other terms', p_ask, p_call_id, p_workflow_id));
    end if;
    if v_ask.refusal is not null then return v_ask.refusal; end if;
    select * into strict v_newest from purser.reservation where call = v_call.id and ask = p_ask order by attempt desc limit 1;
    return purser.attempt_json(v_newest);
  end if;
  if p_ask < (select max(number) from purser.ask where call = v_call.id) then
    perform purser.fail('conflict', format('call "%s" of job "%s" is past ask %s', p_call_id, p_workflow_id, p_ask));
  end if;
  select * into v_newest from purser.reservation where call = v_call.id and state in ('reserved', 'dispatched');
  if found then
    return jsonb_build_object('kind', 'in_flight', 'reservationId', v_newest.id,
      'until', case v_newest.state when 'reserved' then v_newest.hold_until else purser.in_doubt_from(v_newest) end);
  end if;

  -- The instant decides the period, so it is taken after the locks; if a period ended or closed meanwhile, it is taken again.
  for i in 1..10 loop
    v_instant := clock_timestamp();
    v_periods := purser.periods_covering(p_account, v_covered, v_instant);
    if cardinality(v_periods) = 0 then
      perform purser.fail('no_budget', format('no budget covers this call of account "%s", so nothing can pay for it', p_account));
    end if;
    perform from purser.balance where budget_period_id = any (v_periods) order by budget_period_id for no key update;
    exit when not exists (select from purser.budget_period
      where id = any (v_periods) and (closed_at is not null or ends_at <= clock_timestamp()));
    v_periods := null;
  end loop;
  if v_periods is null then
    perform purser.fail('no_budget', 'a budget period that covers this moment is closed: open the next one');
  end if;

  v_refusal := purser.refusal_json(v_periods, p_amount);
  if v_refusal is not null then
    perform purser.release_lapsed(v_periods);
    v_refusal := purser.refusal_json(v_periods, p_amount);
  end if;
  insert into purser.ask (call, number, scope, provider, model, endpoint, request_hash, refusal)
    values (v_call.id, p_ask, p_scope, p_provider, p_model, p_endpoint, p_request_hash, v_refusal);
  if v_refusal is not null then return v_refusal; end if;
  insert into purser.reservation (call, ask, attempt, account, state, amount, bound, rate_id, budget_period_ids, at, hold_until, bound_valid_until)
    values (v_call.id, p_ask, 1 + coalesce((select max(attempt) from purser.reservation where call = v_call.id), 0), p_account, 'reserved',
      p_amount, p_bound, p_rate_id, v_periods, v_instant,
      least(v_instant + make_interval(secs => p_hold_ms / 1000.0), p_bound_valid_until), p_bound_valid_until)
    returning * into v_newest;
  perform purser.book('reserve', p_account, v_newest.id, v_periods, p_amount, 0);
  return purser.reserved_json(v_newest);
end $$;

-- "This request goes out now": the commit that must come before the first byte. Only the token that moved the row may send.
create function purser.dispatch(
  p_installation uuid, p_workflow_id text, p_call_id text, p_run text, p_ask int, p_account text, p_token uuid,
  p_request_timeout_ms int, p_provider_max_ms int
) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_account purser.account := purser.lock_account(p_account);
  v_call purser.call := purser.lock_call(p_installation, p_workflow_id, p_call_id, p_account);
  v_may_ask boolean := purser.run_may_ask(v_call.id, p_run);
  v_ask purser.ask;
  r purser.reservation;
  v_now timestamptz;
begin
  if v_call.answered_by is not null then return purser.answer_json(v_call.answered_by); end if;
  if not v_may_ask then return jsonb_build_object('kind', 'closed'); end if;
  select * into v_ask from purser.ask where call = v_call.id and number = p_ask;
  if not found then
    perform purser.fail('conflict', format('call "%s" of job "%s" has no ask %s: reserve comes first', p_call_id, p_workflow_id, p_ask));
  end if;
  if v_ask.refusal is not null then return v_ask.refusal; end if;
  select * into strict r from purser.reservation where call = v_call.id and ask = p_ask order by attempt desc limit 1 for update;
  v_now := clock_timestamp();

  if r.state = 'dispatched' and r.token = p_token then
    -- The same execution asks again because it lost our answer. It may still send while the dispatch is young.
    if v_now >= r.dispatched_at + interval '5 seconds' then
      return jsonb_build_object('kind', 'too_late', 'reservationId', r.id);
    end if;
  elsif r.state <> 'reserved' or exists (select from purser.reservation where call = v_call.id and token = p_token) then
    -- A token sends once: one that has had its attempt cannot take the next, when its own dispatch arrives a second time, late.
    return purser.attempt_json(r);
  elsif v_now > r.hold_until or v_account.status <> 'active' then
    perform purser.release(r, case when v_account.status = 'active' then 'held too long' else 'account ' || v_account.status end);
    return jsonb_build_object('kind', 'lapsed');
  else
    update purser.reservation
       set state = 'dispatched', token = p_token, dispatched_at = v_now, request_timeout_ms = p_request_timeout_ms, provider_max_ms = p_provider_max_ms
     where id = r.id returning * into r;
  end if;
  return jsonb_build_object('kind', 'go', 'reservationId', r.id, 'attempt', r.attempt, 'amount', r.amount::text,
    'dispatchedAt', r.dispatched_at, 'budgetPeriods', to_jsonb(r.budget_period_ids), 'rate', (select jsonb_build_object('id', id, 'day', day,
      'usdMicrosPerEur', usd_micros_per_eur::text, 'source', source) from purser.rate where id = r.rate_id));
end $$;

-- One row per physical request: its id is the reservation's, or the token's for a request that the ledger knows nothing of.
create function purser.log_call(p_reservation uuid, p_log jsonb, p_request uuid default null) returns void language sql as $$
  insert into purser.call_log (request_id, at, provider, model, endpoint, account, user_id, team, project, feature, environment,
      input_tokens, output_tokens, input_cost, output_cost, duration_ms, success, error, prompt_hash)
    select coalesce(p_request, p_reservation), coalesce((select dispatched_at from purser.reservation where id = p_reservation), clock_timestamp()),
      l.provider, l.model, l.endpoint, l.account, l."user", l.team, l.project, l.feature, l.environment,
      coalesce(l."inputTokens", 0), coalesce(l."outputTokens", 0), coalesce(l."inputCost", 0), coalesce(l."outputCost", 0),
      l."durationMs", l.success, l.error, l."promptHash"
    from jsonb_to_record(p_log) as l (provider text, model text, endpoint text, account text, "user" text, team text, project text, feature text,
      environment text, "inputTokens" bigint, "outputTokens" bigint, "inputCost" bigint, "outputCost" bigint, "durationMs" int, success boolean,
      error text, "promptHash" text)
  on conflict (request_id) do update set input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens,
    input_cost = excluded.input_cost, output_cost = excluded.output_cost, duration_ms = excluded.duration_ms,
    success = excluded.success, error = excluded.error
$$;

-- Receipt and cost in one commit, from any state. `p_receipt` holds account, budgetPeriods, cost, picoUsd, source, usage, response, blob,
-- flags and lines; `p_log` is the call log's row.
create function purser.settle_or_fail(p_reservation uuid, p_token uuid, p_receipt jsonb, p_log jsonb) returns jsonb
language plpgsql set search_path = purser, pg_temp as $$
declare
  v_cost bigint := (p_receipt ->> 'cost')::bigint;
  v_account text := p_receipt ->> 'account';
  v_source text := coalesce(p_receipt ->> 'source', 'answer');
  r purser.reservation;
  v_other purser.reservation;
  v_known bigint;
  v_receipt uuid;
  v_covered boolean;
begin
  perform from purser.account where id = coalesce((select account from purser.reservation where id = p_reservation), v_account) for share;
  perform from purser.call c join purser.reservation x on x.call = c.id where x.id = p_reservation for update of c;
  select * into r from purser.reservation where id = p_reservation for update;
  v_covered := r.id is not null and r.token is not distinct from p_token;

  insert into purser.receipt (reservation_id, token, account, cost, pico_usd, usage, response, blob, flags, budget_period_ids)
    values (p_reservation, p_token, v_account, v_cost, (p_receipt ->> 'picoUsd')::bigint, p_receipt -> 'usage', p_receipt -> 'response',
      nullif(p_receipt -> 'blob', 'null'), array(select jsonb_array_elements_text(p_receipt -> 'flags')),
      array(select jsonb_array_elements_text(p_receipt -> 'budgetPeriods')::int))
    on conflict on constraint receipt_once do nothing returning id into v_receipt;
  if v_receipt is null then
    select cost into strict v_known from purser.receipt where reservation_id = p_reservation and token = p_token;
    if v_known <> v_cost then
      perform purser.fail('conflict', format('this answer was booked at %s nano-EUR, not %s', v_known, v_cost));
    end if;
    if not v_covered then return jsonb_build_object('kind', 'uncovered'); end if;
    return jsonb_build_object('kind', 'settled', 'overBound', v_cost > r.amount, 'answer',
      (select purser.answer_json(c.answered_by) from purser.call c where c.id = r.call));
  end if;
  insert into purser.cost_line (receipt, line, unit, quantity, price_id, pico_usd_per, per, pico_usd, rate_id, usd_micros_per_eur, nano_eur)
    select v_receipt, o, l.unit, l.quantity, l."priceId", l."picoUsdPer", l.per, l."picoUsd", l."rateId", l."usdMicrosPerEur", l."nanoEur"
      from jsonb_array_elements(p_receipt -> 'lines') with ordinality as x (line, o),
           jsonb_to_record(x.line) as l (unit text, quantity bigint, "priceId" int, "picoUsdPer" bigint, per bigint, "picoUsd" bigint,
             "rateId" int, "usdMicrosPerEur" bigint, "nanoEur" bigint);
  if v_source = 'answer' and (select purser.total(nano_eur) <> v_cost or purser.total(pico_usd) <> (p_receipt ->> 'picoUsd')::bigint
      from purser.cost_line where receipt = v_receipt) then
    perform purser.fail('conflict', 'the cost is not the sum of its lines');
  end if;
  perform purser.log_call(p_reservation, p_log, case when not v_covered then p_token end);

  if not v_covered then
    -- A zombie, or a reservation that a restored backup forgot: spent without cover, on the budgets named. Those that a restored backup
    -- does not know, or knows as another account's, are left out; if none is left, it goes to `unbooked`.
    perform purser.book('uncovered', v_account, null, array(select p.id from purser.budget_period p join purser.budget b on b.id = p.budget_id
      where p.id in (select jsonb_array_elements_text(p_receipt -> 'budgetPeriods')::int) and (b.account is null or b.account = v_account)),
      0, v_cost, format('%s %s', p_reservation, p_token), 'an answer to an attempt that the ledger does not know');
    return jsonb_build_object('kind', 'uncovered');
  end if;

  -- The attempt that this answer makes needless may stand on other budgets: all rows are locked first, ascending, as everywhere.
  perform from purser.balance where budget_period_id in (select unnest(budget_period_ids) from purser.reservation
    where call = r.call and (id = r.id or state = 'reserved')) order by budget_period_id for no key update;
  case
    when r.state in ('dispatched', 'in_doubt') then
      perform purser.book('settle', r.account, r.id, r.budget_period_ids, -r.amount, v_cost);
    when r.state in ('released', 'rejected') then
      perform purser.book('settle', r.account, r.id, r.budget_period_ids, 0, v_cost, null, 'late answer to a ' || r.state || ' attempt');
    else -- presumed, or settled by a lower source: the answer names the new total
      perform purser.book('settle', r.account, r.id, r.budget_period_ids, 0, v_cost - r.cost, null, 'answer after ' || r.state);
  end case;
  update purser.reservation set state = 'settled', cost = v_cost, cost_source = v_source, ended_at = clock_timestamp() where id = r.id;

  update purser.call set answered_by = r.id where id = r.call and answered_by is null;
  if found then
    for v_other in select * from purser.reservation where call = r.call and state = 'reserved' for update loop
      perform purser.release(v_other, 'the call is answered');
    end loop;
  end if;
  -- What the caller hears is the call's first answer, for ever; a later one is booked, never returned.
  return jsonb_build_object('kind', 'settled', 'overBound', v_cost > r.amount, 'answer',
    (select purser.answer_json(c.answered_by) from purser.call c where c.id = r.call));
end $$;

-- Settles are never refused: what cannot be booked is kept in `unbooked`, for people. Only faults that may pass are raised.
create function purser.settle(p_reservation uuid, p_token uuid, p_receipt jsonb, p_log jsonb) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
begin
  return purser.settle_or_fail(p_reservation, p_token, p_receipt, p_log);
exception when sqlstate 'PU001' or data_exception or integrity_constraint_violation then
  insert into purser.unbooked (operation, reservation_id, token, request, reason)
    values ('settle', p_reservation, p_token, jsonb_build_object('receipt', p_receipt, 'log', p_log), sqlerrm)
    on conflict do nothing;
  return jsonb_build_object('kind', 'unbooked', 'reason', sqlerrm);
end $$;

-- The provider refused and did not bill, or nothing was sent: proof in hand, money back. After a retryable refusal the amount is handed
-- on to a new attempt of the same ask in the same transaction, so that the retry cannot be refused for want of money.
create function purser.reject(
  p_reservation uuid, p_token uuid, p_proof text, p_why text, p_retry_after_ms int, p_log jsonb
) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  r purser.reservation;
  n purser.reservation;
  v_call purser.call;
  v_hold_until timestamptz := clock_timestamp() + make_interval(secs => coalesce(p_retry_after_ms, 0) / 1000.0) + interval '2 minutes';
begin
  if p_proof not in ('provider_refused', 'connect_failed', 'never_sent') then
    perform purser.fail('bad_input', format('"%s" is no proof that nothing was billed', p_proof));
  end if;
  perform from purser.account where id = (select account from purser.reservation where id = p_reservation) for share;
  select c.* into v_call from purser.call c join purser.reservation x on x.call = c.id where x.id = p_reservation for update of c;
  select * into r from purser.reservation where id = p_reservation for update;
  if r.id is null or r.token is distinct from p_token then
    perform purser.fail('conflict', format('attempt %s was not dispatched by this worker', p_reservation));
  end if;
  if r.state = 'rejected' then
    select * into n from purser.reservation where handed_on_from = r.id;
    return jsonb_build_object('kind', 'rejected', 'handedOn', n.id is not null, 'reservationId', r.id);
  elsif r.state not in ('dispatched', 'in_doubt', 'presumed') then
    return purser.attempt_json(r);
  end if;
  if p_log is not null then perform purser.log_call(r.id, p_log); end if;
  update purser.reservation set state = 'rejected', ended_at = clock_timestamp(), ended_why = p_proof || ': ' || p_why, cost = null, cost_source = null
   where id = r.id;

  if p_retry_after_ms is not null and r.state = 'dispatched' and v_call.answered_by is null and v_hold_until <= r.bound_valid_until
     and not v_call.run_ids[cardinality(v_call.run_ids)] = any (v_call.closed_runs) then
    insert into purser.reservation (call, ask, attempt, account, state, amount, bound, rate_id, budget_period_ids, at, hold_until, bound_valid_until, handed_on_from)
      select r.call, r.ask, 1 + max(attempt), r.account, 'reserved', r.amount, r.bound, r.rate_id, r.budget_period_ids, r.at, v_hold_until, r.bound_valid_until, r.id
        from purser.reservation where call = r.call
      returning * into n;
    -- No counter moves: the amount stays reserved, now for the next attempt.
    insert into purser.entry (kind, account, reservation, reason) values ('hand_on', r.account, n.id, format('from %s', r.id));
  elsif r.state = 'presumed' then
    perform purser.book('reject', r.account, r.id, r.budget_period_ids, 0, -r.cost, null, p_why);
  else
    perform purser.book('reject', r.account, r.id, r.budget_period_ids, -r.amount, 0, null, p_why);
  end if;
  return jsonb_build_object('kind', 'rejected', 'handedOn', n.id is not null, 'reservationId', r.id);
end $$;

-- Dispatched, and no answer: by the sender at once when its own request failed (it has the token), by anybody after the deadline.
-- No money moves: it stays reserved.
create function purser.mark_in_doubt(p_reservation uuid, p_token uuid, p_why text, p_log jsonb) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  r purser.reservation;
begin
  perform from purser.call c join purser.reservation x on x.call = c.id where x.id = p_reservation for update of c;
  select * into r from purser.reservation where id = p_reservation for update;
  if r.id is null then
    perform purser.fail('not_found', format('there is no attempt %s', p_reservation));
  end if;
  if r.state = 'dispatched' and (r.token = p_token or clock_timestamp() > purser.in_doubt_from(r)) then
    update purser.reservation set state = 'in_doubt', ended_why = p_why where id = r.id returning * into r;
    if p_log is not null then perform purser.log_call(r.id, p_log); end if;
  end if;
  return purser.attempt_json(r);
end $$;

-- The run is over without a booked answer: what was not dispatched is released, and a late reserve of this run gets nothing.
create function purser.close(p_installation uuid, p_workflow_id text, p_call_id text, p_run text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_call purser.call;
  r purser.reservation;
  v_released bigint := 0;
begin
  perform from purser.account where id = (select account from purser.call
    where installation = p_installation and workflow_id = p_workflow_id and call_id = p_call_id) for share;
  v_call := purser.lock_call(p_installation, p_workflow_id, p_call_id, null);
  perform purser.run_may_ask(v_call.id, p_run);
  update purser.call set closed_runs = closed_runs || p_run where id = v_call.id and not p_run = any (closed_runs);
  select * into strict v_call from purser.call where id = v_call.id;
  if v_call.run_ids[cardinality(v_call.run_ids)] = p_run then
    for r in select * from purser.reservation where call = v_call.id and state = 'reserved' for update loop
      perform purser.release(r, 'closed');
      v_released := v_released + r.amount;
    end loop;
  end if;
  return jsonb_build_object('kind', 'closed', 'released', v_released::text);
end $$;

-- The app reads what it likes and writes only through these functions.
grant usage on schema purser to purser_app;
grant select on all tables in schema purser to purser_app;
revoke execute on all functions in schema purser from public;
grant execute on function
  purser.ensure_account, purser.account_json, purser.open_periods, purser.ensure_installation, purser.reserve, purser.dispatch,
  purser.settle, purser.reject, purser.mark_in_doubt, purser.close, purser.total(bigint)
  to purser_app;
