-- 0007: functions over calls, one at a time: booking. settle, reject, mark in doubt: how an attempt that was sent ends.
-- Why: what was billed must be booked from any state, once; what was not may come back only with proof.
-- Locks: new functions, none.   Undo: drop the functions named here.

-- Sources of a cost in the order of their rank: a lower one never overrides a higher one; at equal rank the later booking wins.
create function purser.rank_of(p_source text) returns int language sql immutable as $$
  select array_position(array['presumption', 'person', 'answer', 'bill'], p_source)
$$;

-- The receipt and its lines; false when it is there already. Throws when the cost is not the sum of the lines, or is another one than before.
create function purser.put_receipt(p_reservation uuid, p_token uuid, p_receipt jsonb, p_rate_id int, p_covered boolean) returns boolean language plpgsql as $$
declare
  v_cost bigint := (p_receipt ->> 'cost')::bigint;
  v_known bigint;
begin
  insert into purser.receipt (reservation_id, token, cost, pico_usd, answer, scope, account, period_ids)
    values (p_reservation, p_token, v_cost, (p_receipt ->> 'picoUsd')::bigint,
      jsonb_build_object('usage', p_receipt -> 'usage', 'response', p_receipt -> 'response', 'blob', p_receipt -> 'blob', 'flags', p_receipt -> 'flags',
        'durationMs', p_receipt -> 'durationMs', 'source', p_receipt -> 'source'),
      (select id from purser.scope where id = (p_receipt ->> 'scope')::int and account = p_receipt ->> 'account'),
      case when not p_covered then p_receipt ->> 'account' end,
      case when not p_covered then array(select jsonb_array_elements_text(p_receipt -> 'budgetPeriods')::int) end)
    on conflict on constraint receipt_once do nothing;
  if not found then
    select cost into strict v_known from purser.receipt where reservation_id = p_reservation and token = p_token;
    if v_known <> v_cost then
      perform purser.fail('conflict', format('this answer was booked at %s nano-EUR, not %s', v_known, v_cost));
    end if;
    return false;
  end if;
  insert into purser.cost_line (reservation_id, token, line, unit, quantity, price_id, pico_usd_per, per, pico_usd, rate_id, usd_micros_per_eur, nano_eur)
    select p_reservation, p_token, o, l.unit, l.quantity, l."priceId", l."picoUsdPer", l.per, l."picoUsd", l."rateId", l."usdMicrosPerEur", l."nanoEur"
      from jsonb_array_elements(p_receipt -> 'lines') with ordinality as x (line, o),
           jsonb_to_record(x.line) as l (unit text, quantity bigint, "priceId" int, "picoUsdPer" bigint, per bigint, "picoUsd" bigint,
             "rateId" int, "usdMicrosPerEur" bigint, "nanoEur" bigint);
  if coalesce(p_receipt ->> 'source', 'answer') = 'answer' and (select purser.total(nano_eur) <> v_cost or purser.total(pico_usd) <> (p_receipt ->> 'picoUsd')::bigint
      from purser.cost_line where reservation_id = p_reservation and token = p_token) then
    perform purser.fail('conflict', 'the cost is not the sum of its lines');
  end if;
  if exists (select from purser.cost_line where reservation_id = p_reservation and token = p_token and rate_id <> p_rate_id) then
    perform purser.fail('conflict', 'a line has another rate than the one that its reservation pinned');
  end if;
  if exists (select from purser.cost_line c where reservation_id = p_reservation and token = p_token
      and not exists (select from purser.price p where p.id = c.price_id)) then
    perform purser.fail('conflict', 'a line names a price that is not in the price book');
  end if;
  return true;
end $$;

-- Receipt and cost in one commit, from any state. `p_receipt` holds account, scope, budgetPeriods, cost, picoUsd, source, usage, response,
-- blob, flags, lines and durationMs.
create function purser.settle_or_fail(p_reservation uuid, p_token uuid, p_receipt jsonb) returns jsonb
language plpgsql set search_path = purser, pg_temp as $$
declare
  v_cost bigint := (p_receipt ->> 'cost')::bigint;
  v_account text := p_receipt ->> 'account';
  v_source text := coalesce(p_receipt ->> 'source', 'answer');
  r purser.reservation;
  v_other purser.reservation;
  v_covered boolean;
  v_first boolean;
begin
  -- A restored backup may not have the month of an answer that comes now.
  if to_regclass('purser.' || to_char(purser.started_at(p_reservation) at time zone 'UTC', '"receipt_"YYYY_MM')) is null
     and purser.started_at(p_reservation) between (select low_water from purser.ledger_state) and clock_timestamp() + interval '1 day' then
    perform purser.make_partitions(purser.started_at(p_reservation));
  end if;
  r := purser.lock_attempt(p_reservation);
  v_covered := r.id is not null and r.token is not distinct from p_token;
  if not purser.put_receipt(p_reservation, p_token, p_receipt, case when v_covered then r.rate_id end, v_covered) then
    -- Booked without cover it stays, also if its attempt turns up later.
    if not v_covered or exists (select from purser.receipt where reservation_id = p_reservation and token = p_token and period_ids is not null) then return jsonb_build_object('kind', 'uncovered'); end if;
    return jsonb_build_object('kind', 'settled', 'overBound', v_cost > r.amount, 'answer',
      purser.first_answer(r.call));
  end if;

  if not v_covered then
    -- A zombie, or a reservation that a restored backup forgot: spent without cover, on the budgets named. Those that a restored backup
    -- does not know, or knows as another account's, are left out; if none is left, it goes to `unbooked`.
    perform purser.book('uncovered', v_account, null, array(select p.id from purser.budget_period p join purser.budget b on b.id = p.budget_id
      where p.id in (select jsonb_array_elements_text(p_receipt -> 'budgetPeriods')::int) and (b.account is null or b.account = v_account)),
      0, v_cost, format('%s %s', p_reservation, p_token), 'an answer to an attempt that the ledger does not know');
    return jsonb_build_object('kind', 'uncovered');
  end if;

  -- The attempt that this answer makes needless may stand on other budgets: all rows are locked first, ascending, as everywhere.
  perform from purser.balance where budget_period_id in (select unnest(purser.periods_of(linked_set)) from purser.attempts_of(r.call)
    where id = r.id or state = 'reserved') order by budget_period_id for no key update;
  v_first := not exists (select from purser.attempts_of(r.call) where answers);
  case
    when r.state in ('dispatched', 'in_doubt') then
      perform purser.book('settle', v_account, r.id, purser.periods_of(r.linked_set), -r.amount, v_cost);
    when r.state in ('released', 'rejected') then
      perform purser.book('settle', v_account, r.id, purser.periods_of(r.linked_set), 0, v_cost, null, 'late answer to a ' || r.state || ' attempt');
    when r.state = 'settled' and purser.rank_of(r.cost_source) > purser.rank_of(v_source) then
      -- A bill has named the total already: the receipt is kept, and no money moves.
      perform purser.book('settle', v_account, r.id, purser.periods_of(r.linked_set), 0, 0, null, 'answer after a ' || r.cost_source);
      v_cost := r.cost;
      v_source := r.cost_source;
    else -- presumed, or settled by a lower source: the answer names the new total
      perform purser.book('settle', v_account, r.id, purser.periods_of(r.linked_set), 0, v_cost - r.cost, null, 'answer after ' || r.state);
  end case;
  update purser.reservation set state = 'settled', cost = v_cost, cost_source = v_source, ended_at = clock_timestamp(), answers = v_first where id = r.id;
  if v_first then
    for v_other in select * from purser.attempts_of(r.call) where state = 'reserved' loop
      perform purser.release(v_other, 'the call is answered');
    end loop;
  end if;
  -- What the caller hears is the call's first answer, for ever; a later one is booked, never returned.
  return jsonb_build_object('kind', 'settled', 'overBound', v_cost > r.amount, 'answer',
    purser.first_answer(r.call));
end $$;

-- Settles are never refused: what cannot be booked is kept in `unbooked`, for people. Only faults that may pass are raised.
create function purser.settle(p_reservation uuid, p_token uuid, p_receipt jsonb) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
begin
  return purser.settle_or_fail(p_reservation, p_token, p_receipt);
exception when sqlstate 'PU001' or data_exception or integrity_constraint_violation then
  insert into purser.unbooked (operation, reservation_id, token, request, reason)
    values ('settle', p_reservation, p_token, p_receipt, sqlerrm)
    on conflict do nothing;
  return jsonb_build_object('kind', 'unbooked', 'reason', sqlerrm);
end $$;

-- The provider refused and did not bill, or nothing was sent: proof in hand, money back. After a retryable refusal the amount is handed
-- on to a new attempt of the same ask in the same transaction, so that the retry cannot be refused for want of money.
create function purser.reject(
  p_reservation uuid, p_token uuid, p_proof text, p_why text, p_retry_after_ms int, p_duration_ms int
) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  r purser.reservation;
  n purser.reservation;
  v_call purser.call;
  v_account text;
  v_hold_until timestamptz := clock_timestamp() + make_interval(secs => coalesce(p_retry_after_ms, 0) / 1000.0) + interval '2 minutes';
begin
  if p_proof not in ('provider_refused', 'connect_failed', 'never_sent') then
    perform purser.fail('bad_input', format('"%s" is no proof that nothing was billed', p_proof));
  end if;
  r := purser.lock_attempt(p_reservation);
  select * into v_call from purser.call where id = r.call;
  if r.id is null or r.token is distinct from p_token then
    perform purser.fail('conflict', format('attempt %s was not dispatched by this worker', p_reservation));
  end if;
  if r.state = 'rejected' then
    select * into n from purser.attempts_of(r.call) where handed_on_from = r.id;
    return jsonb_build_object('kind', 'rejected', 'handedOn', n.id is not null, 'reservationId', r.id);
  elsif r.state not in ('dispatched', 'in_doubt', 'presumed') then
    return purser.attempt_json(r);
  end if;
  v_account := (select account from purser.scope where id = r.scope);
  update purser.reservation set state = 'rejected', ended_at = clock_timestamp(), ended_why = p_proof || ': ' || p_why, cost = null, cost_source = null,
    duration_ms = p_duration_ms where id = r.id;

  if p_retry_after_ms is not null and r.state = 'dispatched' and v_hold_until <= r.bound_valid_until
     and not exists (select from purser.attempts_of(r.call) where answers)
     and not v_call.run_ids[cardinality(v_call.run_ids)] = any (v_call.closed_runs) then
    insert into purser.reservation (id, call, ask, attempt, run, scope, linked_set, state, amount, margin, rate_id, at, hold_until, bound_valid_until,
        request_hash, bound_flags, handed_on_from)
      select purser.new_attempt_id(r.call), r.call, r.ask, 1 + max(attempt), v_call.run_ids[cardinality(v_call.run_ids)], r.scope, r.linked_set, 'reserved',
        r.amount, r.margin, r.rate_id, r.at, v_hold_until, r.bound_valid_until, r.request_hash, r.bound_flags, r.id
        from purser.attempts_of(r.call)
      returning * into n;
    -- No counter moves: the amount stays reserved, now for the next attempt.
    insert into purser.entry (kind, account, reservation, reason) values ('hand_on', v_account, n.id, format('from %s', r.id));
  elsif r.state = 'presumed' then
    perform purser.book('reject', v_account, r.id, purser.periods_of(r.linked_set), 0, -r.cost, null, p_why);
  else
    perform purser.book('reject', v_account, r.id, purser.periods_of(r.linked_set), -r.amount, 0, null, p_why);
  end if;
  return jsonb_build_object('kind', 'rejected', 'handedOn', n.id is not null, 'reservationId', r.id);
end $$;

-- Dispatched, and no answer: by the sender at once when its own request failed (it has the token), by anybody after the deadline.
-- No money moves: it stays reserved.
create function purser.mark_in_doubt(p_reservation uuid, p_token uuid, p_why text, p_duration_ms int) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  r purser.reservation;
begin
  r := purser.lock_attempt(p_reservation);
  if r.id is null then
    perform purser.fail('not_found', format('there is no attempt %s', p_reservation));
  end if;
  if r.state = 'dispatched' and (r.token = p_token or clock_timestamp() > purser.in_doubt_from(r)) then
    update purser.reservation set state = 'in_doubt', ended_why = p_why, duration_ms = p_duration_ms where id = r.id returning * into r;
  elsif r.state = 'in_doubt' and r.token = p_token and r.duration_ms is null then
    -- Somebody who waited was first; the sender knows better what happened.
    update purser.reservation set ended_why = p_why, duration_ms = p_duration_ms where id = r.id returning * into r;
  end if;
  return purser.attempt_json(r);
end $$;
