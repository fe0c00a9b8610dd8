-- 0031: what the HTTP API's resources need. Many usages that were told at once are booked in one transaction, each by itself; whether budgets could pay.
-- Why: a thousand usages that are booked one by one are a thousand commits; in one transaction they hold the budgets' rows, so they must take them in the order
-- of everybody else, and one that cannot be booked must harm no other.
-- Locks: new functions, none.   Undo: drop what is new here, and replace tracked_json by that of 0026.

-- As in 0026; and whose budget it is: a key that is bound to an account sees no other. Not in plain SQL, which would be planned again for each of many.
create or replace function purser.tracked_json(t purser.tracked, p_changed boolean) returns jsonb language plpgsql stable as $$
begin
  return jsonb_build_object('changed', p_changed, 'requestId', t.token, 'at', t.at, 'bookedAt', t.booked_at, 'cost', t.cost::text,
    'budgets', (select coalesce(jsonb_agg(jsonb_build_object('budgetId', b.id, 'name', b.name, 'account', b.account, 'period', p.period,
        'overrun', greatest(0, v.reserved + v.spent - purser.real_cap(v.cap))::text) order by p.id), '[]')
      from purser.entry e join purser.budget_period p on p.id = any (e.period_ids) join purser.budget b on b.id = p.budget_id
      join purser.balance v on v.budget_period_id = p.id
     where e.kind = 'uncovered' and e.key = format('%s %s', t.reservation_id, t.token)));
end $$;

-- Takes what booking these usages (`{scope, at}` of each) will need, before the first is booked: new scopes, and the rows of the budgets, in the order of everybody else.
create function purser.lock_for_tracking(p_usages jsonb) returns boolean
language plpgsql security definer set search_path = purser, pg_temp set enable_seqscan = off as $$
declare
  u jsonb;
begin
  perform purser.share_generation(), purser.share_months();
  for u in
    select distinct e.usage -> 'scope' as scope from jsonb_array_elements(p_usages) as e (usage) join purser.account a on a.id = e.usage -> 'scope' ->> 'account'
     order by scope
  loop
    perform purser.intern_scope(u);
  end loop;
  perform from purser.balance where budget_period_id in (
    select p.id from (select distinct e.usage -> 'scope' as scope, (e.usage ->> 'at')::timestamptz as at from jsonb_array_elements(p_usages) as e (usage)) t
      cross join lateral (select * from purser.budget where account = t.scope ->> 'account' union all select * from purser.budget where account is null) b
      join purser.budget_period p on p.budget_id = b.id and p.starts_at <= t.at and t.at < p.ends_at
     where t.scope @> b.scope) order by budget_period_id for no key update;
  return true;
end $$;

-- Books usages as `track` does, in the order in which they are told: an answer for each, or `{error, message}` in its place. Whoever wants all or none takes
-- the transaction back.
create function purser.track_many(p_usages jsonb) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp set enable_seqscan = off as $$
declare
  v_answers jsonb[] := '{}';
  v_code text;
  v_sentence text;
  u jsonb;
begin
  for u in select e.usage from jsonb_array_elements(p_usages) with ordinality as e (usage, n) order by e.n loop
    begin
      v_answers := v_answers || purser.track(u ->> 'key', u ->> 'termsHash', u -> 'scope', u ->> 'tier', (u ->> 'at')::timestamptz, u -> 'receipt');
    exception when sqlstate 'PU001' then
      get stacked diagnostics v_code = pg_exception_detail, v_sentence = message_text;
      v_answers := v_answers || jsonb_build_object('error', v_code, 'message', v_sentence);
    end;
  end loop;
  return to_jsonb(v_answers);
end $$;

-- Whether the budgets that cover a call could pay for it now; nothing is set aside, so it is true for this moment only. Opens periods that are not open, as
-- whoever looks does.
create function purser.estimate(p_terms jsonb, p_amount bigint) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v purser.scope;
begin
  perform purser.share_generation();
  v := purser.intern_scope(p_terms);
  if v.generation <> (select generation from purser.ledger_state) or v.valid_until <= clock_timestamp() then
    v := purser.resolve_scope(v, clock_timestamp());
  end if;
  if v.stopped is null and v.linked_set is null then
    perform purser.fail('no_budget', format('no budget covers this call of account "%s", so nothing can pay for it', v.account));
  end if;
  return jsonb_build_object('stopped', v.stopped, 'refusal', purser.refusal_json(v.linked_set, p_amount, v.plan),
    'budgets', (select coalesce(jsonb_agg(jsonb_build_object('id', b.id, 'name', b.name, 'account', b.account, 'isHard', b.is_hard, 'period', p.period,
        'remaining', (purser.real_cap(w.cap) - w.reserved - w.spent)::text) order by b.id), '[]')
      from purser.balance w join purser.budget_period p on p.id = w.budget_period_id join purser.budget b on b.id = p.budget_id
     where w.budget_period_id = any (purser.periods_of(v.linked_set))));
end $$;

revoke execute on all functions in schema purser from public;
grant execute on function purser.lock_for_tracking, purser.track_many, purser.estimate to purser_app;
