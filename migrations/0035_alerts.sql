-- 0035: alerts. Rules say what a person should hear of; an alert is what a rule found, once; a call that a rule found is marked.
-- Why: the outbox tells programs. A person needs to hear once, in words, of what is out of the ordinary, and to say that it is taken care of.
-- Locks: purser.budget exclusively, for a moment, for a default; else new tables and functions.   Undo: drop what is new here, put back the default '{50,80,100}' and, as
-- 0032 has it, request_json; forget the consumer "alerts".

-- 100: all of it is spent. What goes beyond is an overrun, which is told of its own. Budgets that are there keep what they have.
alter table purser.budget alter thresholds set default '{50,80,95,100}';

-- ── Tables ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- `amount` (nano-EUR), `factor`, `percent`, `age_s`: what is too much, each where the kind has it. `scope`: which calls, or budgets, are looked at; '{}' is all. A rule
-- is never deleted: alerts name it. `cooldown_s`: so long after an alert has ended the same rule says nothing of the same again.
create table purser.alert_rule (
  name       text primary key constraint alert_rule_name_form check (name ~ '^[a-z0-9][a-z0-9_.-]{0,62}$'),
  kind       text not null constraint alert_rule_kind_known check (kind in ('budget_threshold', 'budget_overrun', 'budget_refused', 'budget_forecast', 'hourly_spend',
               'daily_spend', 'single_request', 'spend_rate', 'spend_trend', 'in_doubt', 'unpriced', 'rate_stale', 'bound_violated', 'model_stopped')),
  scope      jsonb not null default '{}' constraint alert_rule_scope_object check (jsonb_typeof(scope) = 'object'),
  amount     bigint constraint alert_rule_amount_positive check (amount > 0),
  factor     numeric(6, 2) constraint alert_rule_factor_above_one check (factor > 1),
  percent    int constraint alert_rule_percent check (percent between 1 and 1000),
  age_s      int constraint alert_rule_age check (age_s between 60 and 2592000),
  action     text not null constraint alert_rule_action_known check (action in ('warn', 'alert', 'flag', 'investigate', 'stop')),
  cooldown_s int not null default 0 constraint alert_rule_cooldown check (cooldown_s between 0 and 2592000),
  enabled    boolean not null default true,
  changed_at timestamptz not null default clock_timestamp(),
  constraint alert_rule_terms_of_its_kind check (
    (amount is not null) = (kind in ('hourly_spend', 'daily_spend', 'single_request', 'spend_rate', 'spend_trend')) and (factor is not null) = (kind = 'spend_rate')
    and (percent is not null) = (kind in ('budget_threshold', 'spend_trend')) and (age_s is not null) = (kind = 'in_doubt')),
  constraint alert_rule_action_of_its_kind check (
    (action <> 'flag' or kind in ('single_request', 'unpriced', 'bound_violated'))
    and (action <> 'investigate' or kind in ('hourly_spend', 'daily_spend', 'spend_rate', 'spend_trend'))
    and (action <> 'stop' or kind not in ('rate_stale', 'model_stopped', 'in_doubt')))
);
insert into purser.alert_rule (name, kind, amount, factor, percent, age_s, action, cooldown_s) values
  ('budget_threshold', 'budget_threshold', null,         null, 1,    null, 'warn',        0),
  ('budget_overrun',   'budget_overrun',   null,         null, null, null, 'alert',       0),
  ('budget_refused',   'budget_refused',   null,         null, null, null, 'warn',        0),
  ('budget_forecast',  'budget_forecast',  null,         null, null, null, 'warn',        86400),
  ('hourly_spend',     'hourly_spend',     100000000000, null, null, null, 'warn',        0),
  ('daily_spend',      'daily_spend',      500000000000, null, null, null, 'alert',       0),
  ('single_request',   'single_request',   1000000000,   null, null, null, 'flag',        0),
  ('spend_rate',       'spend_rate',       1000000000,   2.0,  null, null, 'investigate', 3600),
  ('spend_trend',      'spend_trend',      1000000000,   null, 20,   null, 'warn',        86400),
  ('in_doubt',         'in_doubt',         null,         null, null, 1800, 'warn',        3600),
  ('unpriced',         'unpriced',         null,         null, null, null, 'warn',        0),
  ('rate_stale',       'rate_stale',       null,         null, null, null, 'warn',        0),
  ('bound_violated',   'bound_violated',   null,         null, null, null, 'warn',        0),
  ('model_stopped',    'model_stopped',    null,         null, null, null, 'alert',       0);

-- `key`: what it is about, and when: an hour, a budget period and a percent. Once, whoever finds it and however often. `subject`: what it is about alone; of that only
-- one alert is unresolved. `last_seen`: the occurrence that was counted last. `stop_id`: the stop that it made.
create table purser.alert (
  id               int generated always as identity primary key,
  key              text not null constraint alert_once unique,
  rule             text not null references purser.alert_rule,
  subject          text not null,
  action           text not null constraint alert_action_known check (action in ('warn', 'alert', 'flag', 'investigate', 'stop')),
  state            text not null default 'open' constraint alert_state_known check (state in ('open', 'acknowledged', 'resolved')),
  scope            jsonb not null,
  account          text generated always as (scope ->> 'account') stored,
  text             text not null,
  evidence         jsonb not null,
  budget_period_id int references purser.budget_period,
  stop_id          int references purser.stop,
  opened_at        timestamptz not null,
  last_at          timestamptz not null,
  times            int not null default 1 constraint alert_times_positive check (times > 0),
  last_seen        text not null,
  acknowledged_at  timestamptz,
  acknowledged_by  text,
  acknowledged_why text,
  resolved_at      timestamptz,
  resolved_by      text,
  resolved_why     text,
  constraint alert_resolved_by_somebody check ((state = 'resolved') = (resolved_at is not null) and (resolved_at is null) = (resolved_by is null)),
  constraint alert_acknowledged_by_somebody check ((acknowledged_at is null) = (acknowledged_by is null) and (state <> 'acknowledged' or acknowledged_at is not null))
);
create unique index alert_one_unresolved on purser.alert (rule, subject) where state <> 'resolved';
create index alert_by_account on purser.alert (account, id);
create index alert_by_subject on purser.alert (rule, subject, resolved_at);

-- A call that a rule found. `request`: its id, as its record has it.
create table purser.call_flag (
  request uuid not null,
  rule    text not null references purser.alert_rule,
  why     text not null,
  at      timestamptz not null default clock_timestamp(),
  constraint call_flag_once primary key (request, rule)
);

-- One row. Who watches for everybody, until when, and when it is time to measure again. Entries up to `entry_done` were looked at; those up to `entry_next` may be, once
-- every transaction older than `entry_xmax` has ended: what commits late has a smaller number than what is seen already.
create table purser.watch (
  only_one   boolean primary key default true check (only_one),
  holder     uuid,
  held_until timestamptz not null default '-infinity',
  measure_at timestamptz not null default '-infinity',
  entry_done bigint not null,
  entry_next bigint,
  entry_xmax xid8
);
insert into purser.watch (entry_done) select coalesce(max(id), 0) from purser.entry;
select purser.add_outbox_consumer('alerts', false);
grant select on purser.alert_rule, purser.alert, purser.call_flag, purser.watch to purser_app;

-- ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

create function purser.alert_rule_json(r purser.alert_rule) returns jsonb language sql immutable as $$
  select jsonb_build_object('name', r.name, 'kind', r.kind, 'scope', r.scope, 'amount', r.amount::text, 'factor', r.factor::text, 'percent', r.percent, 'ageS', r.age_s,
    'action', r.action, 'cooldownS', r.cooldown_s, 'enabled', r.enabled)
$$;

-- By name, those behind `p_after`.
create function purser.list_alert_rules(p_after text, p_limit int) returns jsonb language plpgsql stable security definer set search_path = purser, pg_temp as $$
begin
  perform purser.require_limit(p_limit);
  return (select coalesce(jsonb_agg(purser.alert_rule_json(r) order by r.name), '[]')
    from (select * from purser.alert_rule where name > p_after order by name limit p_limit) r);
end $$;

-- `2026-11-29T10:07:23.123Z`
create function purser.moment_text(p_at timestamptz) returns text language sql stable as $$
  select to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

create function purser.alert_json(a purser.alert) returns jsonb language sql stable as $$
  select jsonb_build_object('alertId', a.id, 'rule', a.rule, 'kind', r.kind, 'action', a.action, 'state', a.state, 'scope', a.scope, 'account', a.account, 'text', a.text,
      'evidence', a.evidence, 'openedAt', a.opened_at, 'lastAt', a.last_at, 'times', a.times, 'stopId', a.stop_id,
      'budget', (select jsonb_build_object('budgetId', b.id, 'name', b.name, 'period', p.period)
         from purser.budget_period p join purser.budget b on b.id = p.budget_id where p.id = a.budget_period_id),
      'acknowledgedAt', a.acknowledged_at, 'acknowledgedBy', a.acknowledged_by, 'acknowledgedWhy', a.acknowledged_why,
      'resolvedAt', a.resolved_at, 'resolvedBy', a.resolved_by, 'resolvedWhy', a.resolved_why)
    from purser.alert_rule r where r.name = a.rule
$$;

-- The same as it goes to others, in the words of the API.
create function purser.alert_data(a purser.alert) returns jsonb language sql stable as $$
  select jsonb_build_object('id', format('alr_%s', a.id), 'rule', a.rule, 'kind', r.kind, 'action', a.action, 'state', a.state, 'scope', a.scope, 'account', a.account,
      'text', a.text, 'evidence', a.evidence, 'opened_at', purser.moment_text(a.opened_at), 'last_at', purser.moment_text(a.last_at), 'times', a.times,
      'stop_id', 'stp_' || a.stop_id,
      'budget', (select jsonb_build_object('id', format('bdg_%s', b.id), 'name', b.name, 'period', p.period)
         from purser.budget_period p join purser.budget b on b.id = p.budget_id where p.id = a.budget_period_id),
      'acknowledged_at', purser.moment_text(a.acknowledged_at), 'acknowledged_by', a.acknowledged_by, 'acknowledged_why', a.acknowledged_why,
      'resolved_at', purser.moment_text(a.resolved_at), 'resolved_by', a.resolved_by, 'resolved_why', a.resolved_why)
    from purser.alert_rule r where r.name = a.rule
$$;

-- The newest first, those before `p_before`; of one state, `unresolved`, or of all; with an account, those that are about it.
create function purser.list_alerts(p_state text, p_account text, p_before int, p_limit int) returns jsonb
language plpgsql stable security definer set search_path = purser, pg_temp as $$
begin
  perform purser.require_limit(p_limit);
  return (select coalesce(jsonb_agg(purser.alert_json(a) order by a.id desc), '[]')
    from (select * from purser.alert where id < p_before and (p_state is null or state = p_state or (p_state = 'unresolved' and state <> 'resolved')) and (p_account is null or account = p_account)
      order by id desc limit p_limit) a);
end $$;

-- Null when there is none.
create function purser.show_alert(p_id int) returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  select purser.alert_json(a) from purser.alert a where a.id = p_id
$$;

-- As in 0032; with what rules have marked.
create or replace function purser.request_json(q purser.request) returns jsonb language sql stable as $$
  select jsonb_build_object('rowId', q.row_id, 'token', q.token, 'id', q.id, 'isReserved', q.call is not null, 'isHouse', coalesce((select is_house from purser.linked_set where id = q.linked_set), false), 'call', q.call, 'attempt', q.attempt, 'run', q.run,
      'workflowId', c.workflow_id, 'callId', c.call_id, 'at', q.at, 'sentAt', q.sent_at, 'terms', s.terms, 'state', q.state, 'source', q.source,
      'error', case when not q.answered then coalesce(q.why, q.answer -> 'response' ->> 'error', q.state) end, 'answered', q.answered, 'reserved', q.amount::text, 'cost', q.cost::text,
      'lines', (select coalesce(jsonb_agg(jsonb_build_object('unit', l.unit, 'quantity', l.quantity::text, 'nanoEur', l.nano_eur::text, 'picoUsd', l.pico_usd::text) order by l.n), '[]')
         from unnest(q.units, q.quantities, q.nano_eurs, q.pico_usds) with ordinality as l (unit, quantity, nano_eur, pico_usd, n)),
      'durationMs', coalesce((q.answer ->> 'durationMs')::int, q.duration_ms), 'requestHash', q.request_hash,
      'flags', coalesce((q.answer -> 'flags')::jsonb, '[]') || (select coalesce(jsonb_agg('rule.' || f.rule order by f.rule), '[]') from purser.call_flag f where f.request = q.id),
      'attempts', (select count(*) from purser.reservation r where r.call = q.call and r.token is not null),
      'quality', x.quality::text, 'accuracy', x.accuracy::text, 'value', x.value::text)
    from purser.scope s left join purser.call c on c.id = q.call left join purser.call_score x on x.id = q.id
   where s.id = q.scope
$$;

-- ── What becomes of an alert ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- As a shell takes it.
create function purser.quoted(p_text text) returns text language sql immutable as $$
  select case when p_text ~ '^[[:alnum:]_=.,:@/-]+$' then p_text else '''' || replace(p_text, '''', '''\''''') || '''' end
$$;

-- Whoever changes alerts does it alone.
create function purser.hold_alerts() returns void language sql as $$
  select pg_advisory_xact_lock(7233823310)
$$;

-- An alert is over. `p_tells`: others hear of it.
create function purser.end_alert(p_id int, p_by text, p_why text, p_tells boolean) returns void language plpgsql as $$
declare
  a purser.alert;
begin
  update purser.alert set state = 'resolved', resolved_at = clock_timestamp(), resolved_by = p_by, resolved_why = p_why where id = p_id and state <> 'resolved' returning * into a;
  if found and p_tells then
    perform purser.put_notice(format('alert %s resolved', a.id), 'alert.resolved', a.account,
      format(E'Resolved: %s\nBy %s: %s', split_part(a.text, E'\n', 1), case p_by when 'auto' then 'itself' else p_by end, p_why), purser.alert_data(a));
  end if;
end $$;

-- Suspends a scope for an alert, and answers what is to be said of it; `stop_id` null when it could not be.
create function purser.stop_for_alert(p_scope jsonb, p_rule text, out stop_id int, out said text) language plpgsql as $$
begin
  stop_id := (purser.stop_scope(p_scope, format('alert rule "%s"', p_rule)) ->> 'stopId')::int;
  said := format(E'Stopped: nothing of %s is reserved or sent any more, until a person lifts it: purser resume --scope %s --reason …', purser.scope_text(p_scope),
    purser.quoted(purser.scope_text(p_scope)));
exception when sqlstate 'PU001' then
  said := format('It could not be stopped: %s', sqlerrm);
end $$;

-- What a rule has found. `p_about`: subject, window, occurrence, scope, action, text, evidence, budgetPeriodId, at, supersedes. An unresolved alert of the same subject
-- counts up, silently, unless this one takes its place; what was resolved in the same window is not opened again. Answers whether an alert was opened.
create function purser.raise_alert(p_rule purser.alert_rule, p_about jsonb) returns boolean language plpgsql as $$
declare
  a purser.alert;
  v_key constant text := format('%s|%s|%s', p_rule.name, p_about ->> 'subject', p_about ->> 'window');
  v_action constant text := coalesce(p_about ->> 'action', p_rule.action);
  v_at constant timestamptz := coalesce((p_about ->> 'at')::timestamptz, clock_timestamp());
  v_stop_id int;
  v_said text := '';
  v_is_lower boolean;
begin
  select * into a from purser.alert where key = v_key;
  if not found then select * into a from purser.alert where rule = p_rule.name and subject = p_about ->> 'subject' and state <> 'resolved'; end if;
  if a.id is not null and not (coalesce((p_about ->> 'supersedes')::boolean, false) and a.key <> v_key) then
    update purser.alert set times = times + 1, last_at = greatest(last_at, v_at), last_seen = p_about ->> 'occurrence', evidence = coalesce(p_about -> 'evidence', evidence)
     where id = a.id and last_seen <> p_about ->> 'occurrence';
    return false;
  end if;
  if p_rule.cooldown_s > 0 and exists (select from purser.alert where rule = p_rule.name and subject = p_about ->> 'subject'
      and resolved_at > clock_timestamp() - make_interval(secs => p_rule.cooldown_s)) then
    return false;
  end if;
  -- Of two thresholds the higher one stays, also when the lower one is told later, because somebody has asked for it since.
  v_is_lower := coalesce((a.evidence ->> 'percent')::int > (p_about -> 'evidence' ->> 'percent')::int, false);
  if a.id is not null and not v_is_lower then perform purser.end_alert(a.id, 'auto', 'another took its place', false); end if;
  if v_action = 'stop' then select s.stop_id, E'\n' || s.said into v_stop_id, v_said from purser.stop_for_alert(p_about -> 'scope', p_rule.name) s; end if;
  insert into purser.alert (key, rule, subject, action, scope, text, evidence, budget_period_id, stop_id, opened_at, last_at, last_seen, state, resolved_at, resolved_by, resolved_why)
    values (v_key, p_rule.name, p_about ->> 'subject', v_action, p_about -> 'scope',
      (p_about ->> 'text') || v_said, coalesce(p_about -> 'evidence', '{}'), (p_about ->> 'budgetPeriodId')::int, v_stop_id, v_at, v_at, p_about ->> 'occurrence',
      case when v_is_lower then 'resolved' else 'open' end, case when v_is_lower then clock_timestamp() end, case when v_is_lower then 'auto' end,
      case when v_is_lower then 'a higher one was there' end)
    returning * into a;
  perform purser.put_notice(format('alert %s opened', a.id),
    case p_rule.kind when 'budget_threshold' then 'budget.threshold' when 'budget_overrun' then 'budget.overrun' when 'budget_refused' then 'budget.refused' else 'alert.opened' end,
    a.account, a.text, purser.alert_data(a));
  return true;
end $$;

-- ── The outbox ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- The request that an event is about; null when it is about none.
create function purser.request_of_event(p_details jsonb) returns uuid language sql stable as $$
  select coalesce((select token from purser.tracked where key = p_details ->> 'trackedAs'), replace(p_details ->> 'attempt', 'rsv_', '')::uuid)
$$;

-- What the rules make of one event. Days are those of UTC.
create function purser.alert_on_event(o purser.outbox, p_text text, p_evidence jsonb) returns void language plpgsql as $$
declare
  b purser.budget;
  r purser.alert_rule;
  a record;
  v_scope jsonb;
  v_percent constant int := (o.details ->> 'percent')::int;
  v_day constant text := to_char(o.at at time zone 'UTC', 'YYYY-MM-DD');
  v_about jsonb;
begin
  if o.kind = 'freed' then
    for a in select l.id from purser.alert l join purser.alert_rule u on u.name = l.rule where u.kind = 'budget_refused' and l.budget_period_id = o.budget_period_id and l.state <> 'resolved' loop
      perform purser.end_alert(a.id, 'auto', 'what was refused would fit now', true);
    end loop;
    return;
  end if;
  select x.* into b from purser.budget_period p join purser.budget x on x.id = p.budget_id where p.id = o.budget_period_id;
  v_scope := coalesce(b.scope, jsonb_strip_nulls(jsonb_build_object('account', coalesce(o.account, o.details ->> 'account'), 'provider', o.details ->> 'provider',
    'model', o.details ->> 'model')));
  v_about := jsonb_build_object('scope', v_scope, 'text', p_text, 'at', o.at, 'evidence', p_evidence, 'occurrence', o.id::text, 'budgetPeriodId', o.budget_period_id)
    || case o.kind
      -- A price or a bound is the whole installation's, whoever has met it first.
      when 'unpriced' then jsonb_build_object('scope', v_scope - 'account')
      when 'bound_violated' then jsonb_build_object('scope', v_scope - 'account')
      else '{}' end
    || case o.kind
      when 'threshold' then jsonb_build_object('subject', format('period %s', o.budget_period_id), 'window', v_percent::text, 'supersedes', true)
      when 'overrun' then jsonb_build_object('subject', format('period %s', o.budget_period_id), 'window', '')
      when 'refused' then jsonb_build_object('subject', format('period %s', o.budget_period_id), 'window', v_day)
      when 'model_stopped' then jsonb_build_object('subject', purser.scope_text(v_scope), 'window', o.id::text)
      else jsonb_build_object('subject', purser.scope_text(v_scope - 'account'), 'window', v_day) end;
  for r in
    select * from purser.alert_rule where enabled and v_scope @> scope
      and kind = case when o.kind in ('threshold', 'overrun', 'refused') then 'budget_' || o.kind else o.kind end order by name
  loop
    continue when v_percent < r.percent;
    if r.action = 'flag' then
      insert into purser.call_flag (request, rule, why) values (purser.request_of_event(o.details), r.name, p_text) on conflict do nothing;
    end if;
    perform purser.raise_alert(r, v_about || case when v_percent >= 100 and r.action = 'warn' then '{"action": "alert"}' else '{}'::jsonb end);
  end loop;
end $$;

-- The watcher has read these events: `[{position, text, evidence}]`, in order, none left out. Alerts, notices and the acknowledgement are one commit; what another watcher
-- has dealt with meanwhile is passed over. Answers how many there were.
create function purser.alert_on_events(p_events jsonb) returns int language plpgsql security definer set search_path = purser, pg_temp set enable_seqscan = off as $$
declare
  v_consumer purser.outbox_consumer;
  v record;
  v_count int := 0;
  v_last text;
begin
  perform purser.hold_alerts();
  select * into strict v_consumer from purser.outbox_consumer where name = 'alerts' for update;
  for v in
    select o, e.event from jsonb_array_elements(p_events) as e (event)
      join purser.outbox o on o.id = split_part(e.event ->> 'position', '.', 2)::bigint and o.xid = split_part(e.event ->> 'position', '.', 1)::xid8
     where (o.xid, o.id) > (v_consumer.xid, v_consumer.id) order by o.xid, o.id
  loop
    perform purser.alert_on_event(v.o, v.event ->> 'text', v.event -> 'evidence');
    v_count := v_count + 1;
    v_last := v.event ->> 'position';
  end loop;
  if v_last is not null then perform purser.acknowledge_outbox('alerts', v_last); end if;
  return v_count;
end $$;

-- ── The watcher ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- Whether `p_holder` watches for everybody for the next three seconds, and whether it is time to measure. Nothing that is decided depends on there being one alone.
create function purser.take_watch(p_holder uuid, p_measure_every_ms int) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  w purser.watch;
  v_now constant timestamptz := clock_timestamp();
begin
  select * into strict w from purser.watch;
  if w.holder is distinct from p_holder and w.held_until > v_now then return '{"isMine": false}'; end if;
  if w.holder is distinct from p_holder or w.held_until < v_now + interval '1.5 seconds' then
    update purser.watch set holder = p_holder, held_until = v_now + interval '3 seconds' where holder is not distinct from w.holder or held_until <= v_now;
    if not found then return '{"isMine": false}'; end if;
  end if;
  -- A clock that was set back must not silence anybody.
  if w.measure_at > v_now and w.measure_at < v_now + make_interval(secs => p_measure_every_ms * 2 / 1000.0) then
    return jsonb_build_object('isMine', true, 'isTime', false, 'now', v_now);
  end if;
  update purser.watch set measure_at = v_now + make_interval(secs => p_measure_every_ms / 1000.0);
  return jsonb_build_object('isMine', true, 'isTime', true, 'now', v_now);
end $$;

-- It watches no more: the next one need not wait.
create function purser.leave_watch(p_holder uuid) returns jsonb language sql security definer set search_path = purser, pg_temp as $$
  update purser.watch set holder = null, held_until = '-infinity' where holder = p_holder;
  select 'true'::jsonb
$$;

-- The requests that were booked since the last look and cost as much as a rule says: `{from, to, found: [{rule, requestId, call, at, cost, limit, terms}]}`. `to` null: nothing is known
-- to be complete yet. Looks at `p_limit` entries at most.
create function purser.find_dear(p_limit int) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  w purser.watch;
  v_min constant bigint := (select min(amount) from purser.alert_rule where enabled and kind = 'single_request');
  v_to bigint;
begin
  select * into strict w from purser.watch;
  if w.entry_next is null then
    update purser.watch set entry_next = e.last, entry_xmax = purser.next_number() from (select max(id) as last from purser.entry) e
     where e.last > w.entry_done and entry_done = w.entry_done and entry_next is null;
    return jsonb_build_object('from', w.entry_done::text, 'found', '[]'::jsonb);
  elsif purser.oldest_number() < w.entry_xmax then
    return jsonb_build_object('from', w.entry_done::text, 'found', '[]'::jsonb);
  end if;
  v_to := coalesce((select max(id) from (select id from purser.entry where id > w.entry_done and id <= w.entry_next order by id limit p_limit) e having count(*) = p_limit), w.entry_next);
  return jsonb_build_object('from', w.entry_done::text, 'to', v_to::text, 'found', (
    with moved as materialized (
      select * from purser.entry where id > w.entry_done and id <= v_to and (settled_ids is not null or v_min <= any (spent_changes) or kind = 'adjust')),
    ended as (
      select i.id as row_id, null::uuid as token from moved m cross join lateral unnest(m.settled_ids, m.settled_costs) as i (id, cost) where i.cost >= v_min
      union select m.reservation, null from moved m where m.kind in ('settle', 'presume', 'adjust') and m.reservation is not null
      union select split_part(m.key, ' ', 1)::uuid, split_part(m.key, ' ', 2)::uuid from moved m where m.kind = 'uncovered')
    select coalesce(jsonb_agg(jsonb_build_object('rule', u.name, 'requestId', q.id, 'call', q.call, 'at', q.at, 'cost', q.cost::text, 'limit', u.amount::text, 'terms', s.terms)
        order by q.row_id, q.token, u.name), '[]')
      from ended e join purser.request q on q.row_id = e.row_id and (e.token is null or q.token = e.token) join purser.scope s on s.id = q.scope
      join purser.alert_rule u on u.enabled and u.kind = 'single_request' and s.terms @> u.scope and q.cost >= u.amount));
end $$;

-- Marks what was found from entry `p_from` to `p_to`: `[{rule, requestId, at, terms, evidence, text}]`. Another watcher was quicker: no effect. Of one account and model one alert an hour counts them.
create function purser.flag_dear(p_from bigint, p_to bigint, p_found jsonb) returns int language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  r purser.alert_rule;
  v jsonb;
  v_scope jsonb;
  v_flagged int := 0;
begin
  perform purser.hold_alerts();
  update purser.watch set entry_done = p_to, entry_next = nullif(entry_next, p_to), entry_xmax = case when entry_next = p_to then null else entry_xmax end where entry_done = p_from;
  if not found then return 0; end if;
  for v in select * from jsonb_array_elements(p_found) loop
    insert into purser.call_flag (request, rule, why) values ((v ->> 'requestId')::uuid, v ->> 'rule', split_part(v ->> 'text', E'\n', 1)) on conflict do nothing;
    continue when not found;
    v_flagged := v_flagged + 1;
    select * into strict r from purser.alert_rule where name = v ->> 'rule';
    v_scope := jsonb_strip_nulls(jsonb_build_object('account', v -> 'terms' -> 'account', 'provider', v -> 'terms' -> 'provider', 'model', v -> 'terms' -> 'model'));
    perform purser.raise_alert(r, jsonb_build_object('subject', purser.scope_text(v_scope), 'window', to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24'),
      'occurrence', v ->> 'requestId', 'scope', v_scope, 'text', v ->> 'text', 'evidence', v -> 'evidence'));
  end loop;
  return v_flagged;
end $$;

-- What a measuring rule says now: `{rule, subject, window, scope, text, evidence, budgetPeriodId}`. Answers whether an alert was opened.
create function purser.alert_on_measure(p_measure jsonb) returns boolean language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  r purser.alert_rule;
begin
  perform purser.hold_alerts();
  select * into r from purser.alert_rule where name = p_measure ->> 'rule' and enabled;
  return found and purser.raise_alert(r, p_measure || jsonb_build_object('occurrence', p_measure ->> 'window'));
end $$;

-- The measure is back below: its alert, if there is one, is over by itself.
create function purser.alert_is_over(p_rule text, p_subject text, p_why text) returns boolean language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_id int;
begin
  perform purser.hold_alerts();
  select id into v_id from purser.alert where rule = p_rule and subject = p_subject and state <> 'resolved';
  if v_id is null then return false; end if;
  perform purser.end_alert(v_id, 'auto', p_why, true);
  return true;
end $$;

-- Rules that measure, and which subjects have an unresolved alert.
create function purser.measured_rules() returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  select coalesce(jsonb_agg(purser.alert_rule_json(r) || jsonb_build_object('unresolved',
      (select coalesce(jsonb_agg(a.subject order by a.id), '[]') from purser.alert a where a.rule = r.name and a.state <> 'resolved')) order by r.name), '[]')
    from purser.alert_rule r where r.enabled and r.kind in ('hourly_spend', 'daily_spend', 'spend_rate', 'spend_trend', 'in_doubt', 'budget_forecast')
$$;

-- Attempts of a scope that have been in doubt for so long: how many, since when the oldest, and the money that they hold.
create function purser.long_in_doubt(p_scope jsonb, p_age_s int) returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  select jsonb_build_object('count', count(*), 'oldestAt', min(r.dispatched_at), 'amount', coalesce(sum(r.amount), 0)::text)
    from purser.reservation r join purser.scope s on s.id = r.scope
   where r.state = 'in_doubt' and r.at >= (select swept_to from purser.ledger_state) and r.dispatched_at < clock_timestamp() - make_interval(secs => p_age_s) and s.terms @> p_scope
$$;

-- The open months whose cap may be reached: a tenth of it is spent, and not all. Those nearest to it first.
create function purser.budgets_to_forecast(p_scope jsonb, p_limit int) returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('budgetId', b.id, 'budgetPeriodId', p.id, 'name', b.name, 'period', p.period, 'scope', b.scope) order by o.share desc), '[]')
    from (select v.budget_period_id, v.spent::numeric / nullif(purser.real_cap(v.cap), 0) as share from purser.balance v
            join purser.budget_period p on p.id = v.budget_period_id join purser.budget b on b.id = p.budget_id
           where p.starts_at <= clock_timestamp() and p.ends_at > clock_timestamp() and b.period_kind = 'month' and b.archived_at is null and b.scope @> p_scope
             and v.spent * 10::numeric >= purser.real_cap(v.cap) and v.spent < purser.real_cap(v.cap)
           order by share desc limit p_limit) o
    join purser.budget_period p on p.id = o.budget_period_id join purser.budget b on b.id = p.budget_id
$$;

-- What is over by itself, a page at a time: alerts of budget periods that have ended, silently, since that is the calendar's doing; and those of events of which nothing was
-- heard for a day and a half. While what was stopped is stopped, its alert stays.
create function purser.end_alerts(p_limit int) returns int language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v record;
  v_ended int := 0;
begin
  perform purser.hold_alerts();
  for v in
    select a.id, p.ends_at <= clock_timestamp() as is_past from purser.alert a join purser.alert_rule r on r.name = a.rule left join purser.budget_period p on p.id = a.budget_period_id
     where a.state <> 'resolved' and (p.ends_at <= clock_timestamp()
        or (r.kind in ('single_request', 'unpriced', 'rate_stale', 'bound_violated', 'model_stopped') and a.last_at < clock_timestamp() - interval '36 hours'))
       and not exists (select from purser.stop s where s.resumed_at is null and (s.id = a.stop_id or (r.kind = 'model_stopped' and s.scope = a.scope)))
     order by a.id limit p_limit
  loop
    perform purser.end_alert(v.id, 'auto', case when v.is_past then 'the budget''s period is over' else 'nothing of the kind for 36 hours' end, v.is_past is not true);
    v_ended := v_ended + 1;
  end loop;
  return v_ended;
end $$;

-- ── What people do ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

create function purser.alert_of(p_id int) returns purser.alert language plpgsql stable as $$
declare
  a purser.alert;
begin
  select * into a from purser.alert where id = p_id;
  if not found then perform purser.fail('not_found', format('there is no alert %s', p_id)); end if;
  return a;
end $$;

-- Somebody has it in hand: it stays, and says no more until it is over. Again, or after its end: no effect.
create function purser.acknowledge_alert(p_id int, p_by text, p_why text) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  a purser.alert;
  v_changed boolean;
begin
  perform purser.require_reason(p_why), purser.hold_alerts(), purser.alert_of(p_id);
  update purser.alert set state = 'acknowledged', acknowledged_at = clock_timestamp(), acknowledged_by = p_by, acknowledged_why = p_why where id = p_id and state = 'open' returning * into a;
  v_changed := found;
  if v_changed then
    perform purser.put_notice(format('alert %s acknowledged', a.id), 'alert.acknowledged', a.account,
      format(E'Acknowledged: %s\nBy %s: %s', split_part(a.text, E'\n', 1), p_by, p_why), purser.alert_data(a));
  end if;
  return purser.show_alert(p_id) || jsonb_build_object('changed', v_changed);
end $$;

-- A person says that it is over. A stop that it made stays until it is lifted. Again: no effect.
create function purser.resolve_alert(p_id int, p_by text, p_why text) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_changed boolean;
begin
  perform purser.require_reason(p_why), purser.hold_alerts();
  v_changed := (purser.alert_of(p_id)).state <> 'resolved';
  if v_changed then perform purser.end_alert(p_id, p_by, p_why, true); end if;
  return purser.show_alert(p_id) || jsonb_build_object('changed', v_changed);
end $$;

-- A rule as `p_said` says it: what is left out stays, or is as usual. A rule that is new says its kind; the kind of one that is there stays.
create function purser.set_alert_rule(p_name text, p_said jsonb) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_before purser.alert_rule;
  r purser.alert_rule;
  v_broken text;
begin
  perform purser.hold_alerts();
  select * into v_before from purser.alert_rule where name = p_name;
  if not found and not p_said ? 'kind' then perform purser.fail('not_found', format('there is no alert rule "%s": a new one says its kind, what is too much, and an action', p_name)); end if;
  if v_before.kind <> p_said ->> 'kind' then perform purser.fail('conflict', format('the rule "%s" is of the kind %s, and stays so: make another one', p_name, v_before.kind)); end if;
  r.name := p_name;
  r.kind := coalesce(v_before.kind, p_said ->> 'kind');
  r.scope := coalesce(p_said -> 'scope', v_before.scope, '{}');
  r.amount := coalesce((p_said ->> 'amount')::bigint, v_before.amount);
  r.factor := coalesce((p_said ->> 'factor')::numeric, v_before.factor);
  r.percent := coalesce((p_said ->> 'percent')::int, v_before.percent, case r.kind when 'budget_threshold' then 1 end);
  r.age_s := coalesce((p_said ->> 'ageS')::int, v_before.age_s);
  r.action := coalesce(p_said ->> 'action', v_before.action, 'warn');
  r.cooldown_s := coalesce((p_said ->> 'cooldownS')::int, v_before.cooldown_s, 0);
  r.enabled := coalesce((p_said ->> 'enabled')::boolean, v_before.enabled, true);
  r.changed_at := clock_timestamp();
  perform purser.require_scope(r.scope);
  begin
    insert into purser.alert_rule select r.* on conflict (name) do update set scope = r.scope, amount = r.amount, factor = r.factor, percent = r.percent, age_s = r.age_s,
      action = r.action, cooldown_s = r.cooldown_s, enabled = r.enabled, changed_at = r.changed_at;
  exception when check_violation then
    get stacked diagnostics v_broken = constraint_name;
    perform purser.fail('bad_input', case v_broken
      when 'alert_rule_terms_of_its_kind' then format('a rule of the kind %s says %s', r.kind, case
        when r.kind in ('hourly_spend', 'daily_spend', 'single_request') then 'an amount, and nothing else of what is too much'
        when r.kind = 'spend_rate' then 'a factor and an amount (the least excess), and nothing else' when r.kind = 'spend_trend' then 'a percent (growth in four weeks) and an amount (the least growth of a day), and nothing else'
        when r.kind = 'in_doubt' then 'an age, and nothing else' when r.kind = 'budget_threshold' then 'the percent from which it tells, and nothing else' else 'no figure' end)
      when 'alert_rule_action_of_its_kind' then format('a rule of the kind %s cannot %s: flag needs a call, investigate needs spending over time, stop needs a scope', r.kind, r.action)
      else format('a figure of this rule is out of its range (%s)', v_broken) end);
  end;
  return (select purser.alert_rule_json(u) || jsonb_build_object('changed', v_before.name is null or purser.alert_rule_json(v_before) <> purser.alert_rule_json(u))
    from purser.alert_rule u where u.name = p_name);
end $$;

revoke execute on all functions in schema purser from public;
grant execute on function purser.list_alert_rules, purser.list_alerts, purser.show_alert, purser.alert_on_events, purser.take_watch, purser.leave_watch, purser.find_dear,
  purser.flag_dear, purser.alert_on_measure, purser.alert_is_over, purser.measured_rules, purser.long_in_doubt, purser.budgets_to_forecast, purser.end_alerts,
  purser.acknowledge_alert, purser.resolve_alert, purser.set_alert_rule to purser_app;
