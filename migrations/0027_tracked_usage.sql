-- 0027: tracked usage. What was used elsewhere, or is no model call, is booked as spent, once per key.
-- Why: money that was spent without a reservation is spent all the same; left out, every budget that covers it would promise too much.
-- Locks: new table and functions; the view call_log is replaced.   Undo: drop what is new here; what was booked stays, as spent without cover.

-- One row per usage that somebody told: his key, for ever, and the receipt that has its lines. `at` is when it happened.
create table purser.tracked (
  key            text primary key,
  terms_hash     text not null,
  reservation_id uuid not null,
  token          uuid not null,
  scope          int not null references purser.scope,
  tier           text not null,
  at             timestamptz not null,
  booked_at      timestamptz not null default clock_timestamp(),
  cost           bigint not null constraint tracked_cost_not_negative check (cost >= 0),
  constraint tracked_receipt_once unique (reservation_id, token)
);
create trigger tracked_append_only before update or delete or truncate on purser.tracked
  for each statement execute function purser.refuse_change();
grant select on purser.tracked to purser_app;

-- What was booked for a key, with what its budgets are over by now.
create function purser.tracked_json(t purser.tracked, p_changed boolean) returns jsonb language sql stable as $$
  select jsonb_build_object('changed', p_changed, 'requestId', t.token, 'at', t.at, 'bookedAt', t.booked_at, 'cost', t.cost::text,
    'budgets', (select coalesce(jsonb_agg(jsonb_build_object('budgetId', b.id, 'name', b.name, 'period', p.period,
        'overrun', greatest(0, v.reserved + v.spent - purser.real_cap(v.cap))::text) order by p.id), '[]')
      from purser.entry e join purser.budget_period p on p.id = any (e.period_ids) join purser.budget b on b.id = p.budget_id
      join purser.balance v on v.budget_period_id = p.id
     where e.kind = 'uncovered' and e.key = format('%s %s', t.reservation_id, t.token)))
$$;

-- Books a usage as spent on every budget that covers its scope, in the period of the moment at which it happened, closed or not; an archived budget
-- takes what happened before it was archived. Never refused for want of money: it has happened. The same key again: no effect; with other terms: a conflict.
-- `p_receipt` has cost, picoUsd, usage, flags and lines, as a settle's has.
create function purser.track(p_key text, p_terms_hash text, p_scope jsonb, p_tier text, p_at timestamptz, p_receipt jsonb) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp set enable_seqscan = off as $$
declare
  v_now constant timestamptz := clock_timestamp();
  -- Random, in this month: nobody's attempt, and no month that may be gone.
  v_id constant uuid := (left(purser.first_id(v_now)::text, 14) || substr(gen_random_uuid()::text, 15))::uuid;
  v_scope purser.scope;
  v_budget purser.budget;
  v_periods int[] := '{}';
  t purser.tracked;
begin
  perform purser.require_key(p_key);
  if p_at is null or p_at > v_now then
    perform purser.fail('bad_input', format('%s has not come yet: what is tracked has happened', p_at));
  elsif jsonb_array_length(p_receipt -> 'lines') = 0 then
    perform purser.fail('bad_input', 'nothing was used');
  end if;
  perform purser.share_generation(), purser.share_months();
  v_scope := purser.intern_scope(p_scope);
  insert into purser.tracked (key, terms_hash, reservation_id, token, scope, tier, at, cost)
    values (p_key, p_terms_hash, v_id, gen_random_uuid(), v_scope.id, p_tier, p_at, (p_receipt ->> 'cost')::bigint)
    on conflict (key) do nothing returning * into t;
  if not found then
    select * into strict t from purser.tracked where key = p_key;
    if t.terms_hash <> p_terms_hash then
      perform purser.fail('conflict', format('the key "%s" was used for another usage, of %s: take another key', p_key,
        to_char(t.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')));
    end if;
    return purser.tracked_json(t, false);
  end if;
  for v_budget in
    select * from (select * from purser.budget where account = v_scope.account union all select * from purser.budget where account is null) b
     where p_scope @> b.scope and coalesce(b.archived_at, 'infinity') > p_at
       and coalesce(b.starts_at, '-infinity') <= p_at and p_at < coalesce(b.ends_at, 'infinity')
     order by b.id
  loop
    v_periods := v_periods || purser.open_period(v_budget, p_at);
  end loop;
  v_periods := array(select p from unnest(v_periods) p order by p);
  if to_regclass('purser.' || to_char(v_now at time zone 'UTC', '"receipt_"YYYY_MM')) is null then perform purser.make_partitions(v_now); end if;
  perform purser.put_receipt(t.reservation_id, t.token, p_receipt || jsonb_build_object('source', 'tracked', 'account', v_scope.account, 'scope', v_scope.id,
    'budgetPeriods', v_periods), null, false);
  -- A budget that is made later begins with what its scope has spent since its period began: this was spent when it happened.
  update purser.receipt set at = p_at where reservation_id = t.reservation_id and token = t.token;
  perform purser.book('uncovered', v_scope.account, null, v_periods, 0, t.cost, format('%s %s', t.reservation_id, t.token), 'tracked: ' || p_key);
  return purser.tracked_json(t, true);
end $$;

-- As in 0010; but what is no token of a request (an hour, a token of a training) is not counted as one.
create or replace view purser.call_log as
  with request as (
    select r.id as request_id, r.token, r.dispatched_at as at, r.scope, r.request_hash, r.duration_ms, r.state, r.ended_why, p.answer, p.cost,
           p.reservation_id is not null as answered, p.units, p.quantities, p.nano_eurs
      from purser.reservation r left join purser.receipt p on p.reservation_id = r.id and p.token = r.token where r.token is not null
    union all
    select p.token, p.token, p.at, p.scope, null, null, 'settled', null, p.answer, p.cost, true, p.units, p.quantities, p.nano_eurs
      from purser.receipt p where not exists (select from purser.reservation r where r.id = p.reservation_id and r.token = p.token))
  select q.request_id, q.at, s.terms ->> 'provider' as provider, s.terms ->> 'model' as model, s.terms ->> 'endpoint' as endpoint, s.account,
         s.terms ->> 'user' as user_id, s.terms ->> 'team' as team, s.terms ->> 'project' as project, s.terms ->> 'feature' as feature,
         s.terms ->> 'environment' as environment,
         coalesce(l.input_tokens, 0) as input_tokens, coalesce(l.output_tokens, 0) as output_tokens,
         coalesce(l.input_tokens, 0) + coalesce(l.output_tokens, 0) as total_tokens,
         coalesce(l.input_cost, 0) as input_cost, coalesce(q.cost, 0) - coalesce(l.input_cost, 0) as output_cost, coalesce(q.cost, 0) as total_cost,
         coalesce((q.answer ->> 'durationMs')::int, q.duration_ms) as duration_ms, q.answered as success,
         case when not q.answered then coalesce(q.ended_why, q.state) end as error, q.request_hash as prompt_hash
    from request q left join purser.scope s on s.id = q.scope
    left join lateral (
      select (sum(c.quantity) filter (where c.unit like 'input%'))::bigint as input_tokens, (sum(c.quantity) filter (where c.unit like 'output%'))::bigint as output_tokens,
             (sum(c.nano_eur) filter (where c.unit like 'input%'))::bigint as input_cost
        from unnest(q.units, q.quantities, q.nano_eurs) as c (unit, quantity, nano_eur)) l on true;

revoke execute on all functions in schema purser from public;
grant execute on function purser.track to purser_app;
