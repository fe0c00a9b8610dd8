-- 0026: tracked usage, and bounds that were too low. What was used elsewhere, or is no model call, is booked as spent, once per key; a model whose answer
-- cost more than its bound is stopped until somebody raises it. Both a violated bound and a stopped model are events of the outbox, each once.
-- Why: money that was spent without a reservation is spent all the same; a bound that was too low once will be again, so no cap would hold; and an alarm
-- in a log reaches nobody who does not read it.
-- Locks: new tables and functions; the view call_log is replaced; purser.reservation and purser.outbox exclusively, for a moment, for a trigger and a column.
-- Undo: drop what is new here; what was booked stays, as spent without cover.

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

-- ── Alarms ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- An alarm is about no budget. `key`: what may be said once only, however often somebody says it.
alter table purser.outbox
  alter budget_period_id drop not null,
  alter version drop not null,
  add key text,
  drop constraint outbox_kind_known,
  add constraint outbox_kind_known
    check (kind in ('threshold', 'refused', 'overrun', 'freed', 'rate_stale', 'unpriced', 'bound_violated', 'model_stopped')),
  add constraint outbox_names_its_budget
    check ((budget_period_id is null) = (kind in ('rate_stale', 'unpriced', 'bound_violated', 'model_stopped')) and (budget_period_id is null) = (version is null));
create unique index outbox_alarmed_once on purser.outbox (kind, key) where key is not null;

-- As the outbox's readers see it.
create function purser.event_json(o purser.outbox) returns jsonb language sql stable as $$
  select jsonb_build_object('position', format('%s.%s', o.xid, o.id), 'at', o.at, 'kind', o.kind, 'account', o.account, 'details', o.details)
    || coalesce((select jsonb_build_object('budgetId', b.id, 'budget', b.name, 'budgetPeriodId', p.id, 'period', p.period, 'version', o.version::text)
         from purser.budget_period p join purser.budget b on b.id = p.budget_id where p.id = o.budget_period_id), '{}')
$$;

-- As in 0014; alarms, which have no budget, too.
create or replace function purser.read_outbox(p_name text, p_limit int) returns jsonb language plpgsql stable security definer
  set search_path = purser, pg_temp set enable_seqscan = off as $$
declare
  v purser.outbox_consumer := purser.outbox_consumer_of(p_name);
begin
  if p_limit not between 1 and 1000 then perform purser.fail('bad_input', 'a page has 1 to 1000 events'); end if;
  return (select coalesce(jsonb_agg(purser.event_json(o) order by o.xid, o.id), '[]')
    from purser.outbox o where o.id in (select id from purser.outbox where (xid, id) > (v.xid, v.id) and xid < pg_snapshot_xmin(pg_current_snapshot())
           order by xid, id limit p_limit));
end $$;

-- The newest events that are kept, the newest first, for people: of one kind, or of all.
create function purser.list_events(p_kind text, p_limit int) returns jsonb language plpgsql stable security definer
  set search_path = purser, pg_temp set enable_seqscan = off as $$
begin
  if p_limit not between 1 and 1000 then perform purser.fail('bad_input', 'a page has 1 to 1000 events'); end if;
  return (select coalesce(jsonb_agg(purser.event_json(o) order by o.xid desc, o.id desc), '[]')
    from purser.outbox o where o.id in (select id from purser.outbox where p_kind is null or kind = p_kind order by xid desc, id desc limit p_limit));
end $$;

-- ── Bounds that were too low ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- What bounds of a model are multiplied by, in thousandths; the newest row counts. None: 1000.
create table purser.model_bound (
  id         int generated always as identity primary key,
  provider   text not null,
  model      text not null,
  per_mille  bigint not null constraint model_bound_raises check (per_mille between 1001 and 100000),
  raised_by  int not null,
  key        text not null,
  why        text not null,
  at         timestamptz not null default clock_timestamp(),
  constraint model_bound_once unique (provider, model, key)
);
create trigger model_bound_append_only before update or delete or truncate on purser.model_bound
  for each statement execute function purser.refuse_change();

create function purser.bound_per_mille(p_provider text, p_model text) returns bigint language sql stable as $$
  select coalesce((select per_mille from purser.model_bound where provider = p_provider and model = p_model order by id desc limit 1), 1000)
$$;

-- An answer that cost more than was reserved for it. Written in the settle's own commit, so it survives whoever made it; `handled_at`: its model was
-- stopped for it, or need not be.
create table purser.bound_violation (
  reservation_id uuid primary key,
  provider       text not null,
  model          text not null,
  amount         bigint not null,
  cost           bigint not null constraint bound_violation_is_one check (cost > amount),
  reserved_at    timestamptz not null,
  at             timestamptz not null default clock_timestamp(),
  handled_at     timestamptz
);
create index bound_violation_unhandled on purser.bound_violation (at) where handled_at is null;
create index bound_violation_by_model on purser.bound_violation (provider, model);
grant select on purser.model_bound, purser.bound_violation to purser_app;

create function purser.note_violation() returns trigger language plpgsql as $$
declare
  v_terms constant jsonb := (select terms from purser.scope where id = new.scope);
begin
  insert into purser.bound_violation (reservation_id, provider, model, amount, cost, reserved_at)
    values (new.id, v_terms ->> 'provider', v_terms ->> 'model', new.amount, new.cost, new.at) on conflict do nothing;
  if found then
    insert into purser.outbox (kind, account, details)
      values ('bound_violated', v_terms ->> 'account', jsonb_build_object('provider', v_terms ->> 'provider', 'model', v_terms ->> 'model',
        'attempt', 'rsv_' || replace(new.id::text, '-', ''), 'amount', new.amount::text, 'cost', new.cost::text));
  end if;
  return null;
end $$;
-- The condition is looked at in place: the plain path pays no call for it.
create trigger reservation_violates_its_bound after update on purser.reservation for each row
  when (new.state = 'settled' and new.cost_source = 'answer' and new.cost > new.amount and new.cost is distinct from old.cost)
  execute function purser.note_violation();

-- Stops every model of which a violation was noted and nobody has acted on: nothing of it is reserved or sent from this commit on. What was reserved
-- before its bound was last raised says nothing about the new one, nor does what was reserved up to two seconds after, which may not have known it (a process reads the
-- book once a second). Who sends by himself over the API has said himself how much he would send, so what he said wrongly stops the model for his account alone: nobody
-- can take a model from others. Again: no effect.
create function purser.stop_violators() returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_ids constant uuid[] := array(select reservation_id from purser.bound_violation where handled_at is null order by at limit 10000);
  v record;
  v_remedy text;
  v_stopped jsonb := '[]';
begin
  if v_ids = '{}' then return v_stopped; end if;
  for v in
    select distinct on (o.scope) o.scope, b.model, 'rsv_' || replace(b.reservation_id::text, '-', '') as attempt from purser.bound_violation b
      left join purser.reservation r on r.id = b.reservation_id left join purser.call c on c.id = r.call
      cross join lateral (select jsonb_build_object('provider', b.provider, 'model', b.model)
        || case when exists (select from purser.installation i where i.id = c.installation and i.temporal_cluster = 'api')
             then jsonb_build_object('account', c.account) else '{}' end as scope) o
     where b.reservation_id = any (v_ids)
       and not exists (select from purser.model_bound m where m.provider = b.provider and m.model = b.model and m.at > b.reserved_at - interval '2 seconds')
       and not exists (select from purser.stop s where s.scope = o.scope and s.resumed_at is null)
     order by o.scope, b.at
  loop
    v_remedy := case when v.scope ? 'account'
      then format('purser resume --scope account=%s,provider=%s,model=%s --reason …', v.scope ->> 'account', v.scope ->> 'provider', v.model)
      else format('purser models raise %s --by PERCENT --why …', v.model) end;
    if (purser.stop_scope(v.scope, format('bound violated by %s: %s', v.attempt, v_remedy)) ->> 'stopped')::boolean then
      v_stopped := v_stopped || (v.scope || jsonb_build_object('attempt', v.attempt));
      insert into purser.outbox (kind, details) values ('model_stopped', v.scope || jsonb_build_object('attempt', v.attempt));
    end if;
  end loop;
  update purser.bound_violation set handled_at = clock_timestamp() where reservation_id = any (v_ids) and handled_at is null;
  return v_stopped;
end $$;

-- Whose model this is; said where two providers have one of this name.
create function purser.provider_of_model(p_provider text, p_model text) returns text language plpgsql stable as $$
declare
  v_providers constant text[] := array(select distinct provider from purser.price where model = p_model and (p_provider is null or provider = p_provider) order by provider);
begin
  if cardinality(v_providers) = 0 then
    perform purser.fail('not_found', format('there is no model "%s" in the price book%s', p_model, coalesce(' of ' || p_provider, '')));
  elsif cardinality(v_providers) > 1 then
    perform purser.fail('bad_input', format('"%s" is a model of %s: say --provider', p_model, array_to_string(v_providers, ', ')));
  end if;
  return v_providers[1];
end $$;

-- Bounds of a model are from now on so many percent higher than before, and its stop, if a violation made it, is over. The same key again: no effect.
create function purser.raise_bound(p_provider text, p_model text, p_by int, p_why text, p_key text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_provider text;
  v_known purser.model_bound;
  v_changed boolean := false;
  v_resumed boolean := false;
begin
  perform purser.require_reason(p_why), purser.require_key(p_key);
  if p_by is null or p_by not between 1 and 900 then perform purser.fail('bad_input', 'a bound is raised by 1 to 900 percent at once'); end if;
  v_provider := purser.provider_of_model(p_provider, p_model);
  -- Also shuts others out who raise: each builds on the one before.
  perform purser.change_generation();
  select * into v_known from purser.model_bound where provider = v_provider and model = p_model and key = p_key;
  if found and (v_known.raised_by, v_known.why) <> (p_by, p_why) then
    perform purser.fail('conflict', format('"%s" was used for a raise by %s percent', p_key, v_known.raised_by));
  elsif not found then
    insert into purser.model_bound (provider, model, per_mille, raised_by, key, why)
      values (v_provider, p_model, least(100000, (purser.bound_per_mille(v_provider, p_model) * (100 + p_by) + 99) / 100), p_by, p_key, p_why);
    v_changed := true;
    update purser.stop set resumed_at = clock_timestamp(), resumed_why = format('bound raised by %s percent: %s', p_by, p_why)
     where scope = jsonb_build_object('provider', v_provider, 'model', p_model) and resumed_at is null and reason like 'bound violated by %';
    v_resumed := found;
  end if;
  return jsonb_build_object('provider', v_provider, 'model', p_model, 'boundPerMille', purser.bound_per_mille(v_provider, p_model)::text,
    'changed', v_changed, 'resumed', v_resumed);
end $$;

-- What models were asked since an instant, or have a word about their bound: answered calls, what was reserved for them and what they cost, violations
-- ever, and whether they are stopped.
create function purser.list_models(p_since timestamptz) returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  with answered as (
    select s.terms ->> 'provider' as provider, s.terms ->> 'model' as model, count(*) as calls, purser.total(r.amount) as reserved, purser.total(r.cost) as cost
      from purser.reservation r join purser.scope s on s.id = r.scope where r.at >= p_since and r.state = 'settled' and r.cost_source = 'answer' group by 1, 2),
  violated as (select provider, model, count(*) as violations from purser.bound_violation group by 1, 2),
  named as (select provider, model from answered union select provider, model from violated union select provider, model from purser.model_bound
    union select scope ->> 'provider', scope ->> 'model' from purser.stop where resumed_at is null and scope ? 'provider' and scope ? 'model')
  select coalesce(jsonb_agg(jsonb_build_object('provider', n.provider, 'model', n.model, 'calls', coalesce(a.calls, 0), 'reserved', coalesce(a.reserved, 0)::text,
      'cost', coalesce(a.cost, 0)::text, 'ratio', case when a.cost > 0 then round(a.reserved::numeric / a.cost, 2)::text end,
      'violations', coalesce(v.violations, 0), 'boundPerMille', purser.bound_per_mille(n.provider, n.model)::text,
      'stopped', (select reason from purser.stop where resumed_at is null and jsonb_build_object('provider', n.provider, 'model', n.model) @> scope order by id limit 1))
      order by n.provider, n.model), '[]')
    from named n left join answered a using (provider, model) left join violated v using (provider, model)
$$;

revoke execute on all functions in schema purser from public;
grant execute on function purser.track, purser.list_events, purser.stop_violators, purser.raise_bound, purser.list_models to purser_app;
