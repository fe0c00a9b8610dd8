-- 0013: the administration of budgets, second form.
-- Why: what people do with budgets must say what it does, refuse what makes no sense, and make nobody wait.
-- Locks: functions are replaced, which waits for nobody.   Undo: create them again as 0005, 0006 and 0009 have them, and drop those that are new here.

-- Sets money aside for one attempt, on every budget that covers the call: all of them or none. Safe to repeat. With a token it counts as
-- dispatched at once: for callers that send by themselves. `stopped`: nothing of this scope may start now, and why; a run that is over is `closed`.
create or replace function purser.reserve(
  p_call uuid, p_installation uuid, p_workflow_id text, p_call_id text, p_run text, p_ask int, p_terms jsonb, p_request_hash text,
  p_amount bigint, p_margin bigint, p_bound_flags text[], p_rate_id int, p_bound_valid_until timestamptz, p_hold_ms int,
  p_token uuid default null, p_request_timeout_ms int default null, p_provider_max_ms int default null
) returns jsonb language plpgsql security definer set search_path = purser, pg_temp set enable_seqscan = off as $$
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
  if v_scope.stopped is not null then return jsonb_build_object('kind', 'stopped', 'reason', v_scope.stopped); end if;
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
