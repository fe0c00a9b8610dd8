-- 0031: what the HTTP API's resources need. Many usages that were told at once are booked in one commit, set-based; whether budgets could pay.
-- Why: a thousand usages that are booked one after the other in one transaction hold the budgets' rows for seconds, and whoever reserves meanwhile is refused. So
-- everything that needs no such row comes first, and each row is moved once, at the end, in the order of everybody else. One usage is a set of one.
-- Locks: new functions, none.   Undo: drop what is new here, and replace track by that of 0026, with its tracked_json.

-- A usage on its way into the books. `code`, `sentence`: why it cannot be booked.
create type purser.usage_told as (
  n int, key text, terms_hash text, scope int, tier text, at timestamptz, receipt jsonb, periods int[], code text, sentence text
);

-- Whether a budget counts what happened at an instant.
create function purser.takes(p_budget purser.budget, p_at timestamptz) returns boolean language sql immutable as $$
  select coalesce(p_budget.archived_at, 'infinity') > p_at and coalesce(p_budget.starts_at, '-infinity') <= p_at and p_at < coalesce(p_budget.ends_at, 'infinity')
$$;

-- The period of a budget at an instant; opened if it is the first to ask.
create function purser.period_of(p_budget int, p_at timestamptz) returns int language plpgsql as $$
begin
  return coalesce((select id from purser.budget_period where budget_id = p_budget and starts_at <= p_at and p_at < ends_at),
    (select purser.open_period(b, p_at) from purser.budget b where b.id = p_budget));
end $$;

-- Finds the budget periods of usages, and opens those that are not open: of each budget that covers a scope (an archived one, what happened before it was
-- archived), the period of the moment. A local day lies in one period, so it is looked for once. None: `no_budget`.
create function purser.with_periods(p_told purser.usage_told[]) returns purser.usage_told[] language plpgsql as $$
declare
  v_scopes int[];  v_budgets int[];  v_days int[];
  v_due_n int[];  v_due_day int[];
begin
  select array_agg(s.id), array_agg(b.id) into v_scopes, v_budgets
    from (select distinct scope from unnest(p_told)) d join purser.scope s on s.id = d.scope
    cross join lateral (select * from purser.budget where account = s.account union all select * from purser.budget where account is null) b
   where s.terms @> b.scope;
  with due as (
    select u.n, dense_rank() over days as day, b.id as budget, min(u.at) over (partition by b.id, (u.at at time zone b.time_zone)::date) as at
      from unnest(p_told) u join unnest(v_scopes, v_budgets) as c (scope, budget) on c.scope = u.scope join purser.budget b on b.id = c.budget
     where purser.takes(b, u.at) window days as (order by b.id, (u.at at time zone b.time_zone)::date)),
  day as (select distinct day, budget, at from due)
  select (select array_agg(n) from due), (select array_agg(day) from due), (select array_agg(purser.period_of(budget, at) order by day) from day)
    into v_due_n, v_due_day, v_days;
  return array(
    select row(u.n, u.key, u.terms_hash, u.scope, u.tier, u.at, u.receipt, coalesce(f.periods, '{}'), case when f.n is null then 'no_budget' end,
        case when f.n is null then 'there is no budget to book this on (uncovered)' end)::purser.usage_told
      from unnest(p_told) u
      left join (select n, array_agg(v_days[day] order by v_days[day]) as periods from unnest(v_due_n, v_due_day) as d (n, day) group by n) f on f.n = u.n
     order by u.n);
end $$;

-- Puts usages beside the budgets: scopes, keys, receipts with their lines, and no row of a balance. Whatever may be waited for is taken in one order: scopes,
-- periods, keys, each ascending. Answers for each `{key}`, with `isNew` where it is now to be booked, or `{error, message}`. Raises where a caller gave what
-- he would never give: a receipt that is not its lines, a key of a book's length.
create function purser.put_tracked(p_usages jsonb) returns jsonb language plpgsql as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_told purser.usage_told[];
  v_fresh purser.usage_told[];
  v_new text[];
  v_terms jsonb;
begin
  perform purser.require_key(u ->> 'key') from jsonb_array_elements(p_usages) u;
  if exists (select from jsonb_array_elements(p_usages) u where jsonb_array_length(u -> 'receipt' -> 'lines') = 0) then
    perform purser.fail('bad_input', 'nothing was used');
  elsif exists (select from jsonb_array_elements(p_usages) u where (select count(distinct l ->> 'rateId') from jsonb_array_elements(u -> 'receipt' -> 'lines') l) > 1) then
    perform purser.fail('conflict', 'the lines of a usage have different rates');
  end if;
  for v_terms in
    select distinct u -> 'scope' as terms from jsonb_array_elements(p_usages) u join purser.account a on a.id = u -> 'scope' ->> 'account'
     where not exists (select from purser.scope s where md5(s.terms::text) = md5((u -> 'scope')::text)) order by terms
  loop
    perform purser.intern_scope(v_terms);
  end loop;
  v_told := array(
    select row(e.n, e.u ->> 'key', e.u ->> 'termsHash', s.id, e.u ->> 'tier', m.at, e.u -> 'receipt', null,
        case when m.is_to_come then 'bad_input' when s.id is null then 'unknown_account' end,
        case when m.is_to_come then format('%s has not come yet: what is tracked has happened', m.at)
             when s.id is null then format('there is no account "%s": make it with `purser account create %s --plan free`',
               e.u -> 'scope' ->> 'account', e.u -> 'scope' ->> 'account') end)::purser.usage_told
      from jsonb_array_elements(p_usages) with ordinality as e (u, n)
      cross join lateral (select (e.u ->> 'at')::timestamptz as at, coalesce((e.u ->> 'at')::timestamptz > v_now, true) as is_to_come) m
      left join purser.scope s on md5(s.terms::text) = md5((e.u -> 'scope')::text)
     order by e.n);

  v_told := array(select coalesce(f, u) from unnest(v_told) u left join unnest(purser.with_periods(array(
      select u from unnest(v_told) u where u.code is null and not exists (select from purser.tracked t where t.key = u.key)))) f on f.n = u.n);
  -- Of two with one key the first is new, and the other meets it.
  v_fresh := array(select distinct on (u.key) u from unnest(v_told) u where u.code is null and u.periods is not null order by u.key, u.n);
  with put as (
    insert into purser.tracked (key, terms_hash, reservation_id, token, scope, tier, at, cost)
      -- Random, in this month: nobody's attempt, and no month that may be gone.
      select u.key, u.terms_hash, (left(purser.first_id(v_now)::text, 14) || substr(gen_random_uuid()::text, 15))::uuid, gen_random_uuid(), u.scope, u.tier, u.at,
             (u.receipt ->> 'cost')::bigint
        from unnest(v_fresh) u order by u.key
      on conflict (key) do nothing returning key)
  select coalesce(array_agg(key), '{}') into v_new from put;

  if to_regclass('purser.' || to_char(v_now at time zone 'UTC', '"receipt_"YYYY_MM')) is null then perform purser.make_partitions(v_now); end if;
  -- A budget that is made later begins with what its scope has spent since its period began: this was spent when it happened.
  insert into purser.receipt (reservation_id, token, at, cost, pico_usd, answer, scope, account, period_ids,
      units, quantities, price_ids, pico_usd_pers, pers, pico_usds, nano_eurs, rate_id, usd_micros_per_eur)
    select t.reservation_id, t.token, t.at, t.cost, (u.receipt ->> 'picoUsd')::bigint,
        json_build_object('usage', u.receipt -> 'usage', 'response', u.receipt -> 'response', 'blob', u.receipt -> 'blob', 'flags', u.receipt -> 'flags',
          'durationMs', u.receipt -> 'durationMs', 'source', 'tracked'),
        t.scope, s.account, u.periods, l.*
      from unnest(v_fresh) u cross join lateral (select * from purser.tracked where key = u.key offset 0) t join purser.scope s on s.id = t.scope
      cross join lateral (
        select array_agg(x.unit order by e.o), array_agg(x.quantity order by e.o), array_agg(x."priceId" order by e.o), array_agg(x."picoUsdPer" order by e.o),
               array_agg(x.per order by e.o), array_agg(x."picoUsd" order by e.o), array_agg(x."nanoEur" order by e.o), min(x."rateId"), min(x."usdMicrosPerEur")
          from jsonb_array_elements(u.receipt -> 'lines') with ordinality as e (line, o),
               jsonb_to_record(e.line) as x (unit text, quantity bigint, "priceId" int, "picoUsdPer" bigint, per bigint, "picoUsd" bigint, "rateId" int,
                 "usdMicrosPerEur" bigint, "nanoEur" bigint)) l
     where u.key = any (v_new);

  return (
    select jsonb_agg(case
        -- Nothing pays for it; but if it was booked meanwhile, it is known.
        when u.code is not null and (u.code <> 'no_budget' or t.key is null) then jsonb_build_object('error', u.code, 'message', u.sentence)
        when t.terms_hash <> u.terms_hash then jsonb_build_object('error', 'conflict', 'message', format('the key "%s" was used for another usage, of %s: take another key',
          u.key, to_char(t.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')))
        else jsonb_build_object('key', u.key, 'isNew', f.n is not distinct from u.n and u.key = any (v_new)) end order by u.n)
      from unnest(v_told) u left join unnest(v_fresh) f on f.key = u.key
      left join lateral (select * from purser.tracked where key = u.key offset 0) t on true);
end $$;

-- The same; one that spoils the set is found by halves, and its error stands in its place.
create function purser.put_tracked_by_halves(p_usages jsonb) returns jsonb language plpgsql as $$
declare
  v_half constant int := jsonb_array_length(p_usages) / 2;
  v_code text;
  v_sentence text;
begin
  begin
    return purser.put_tracked(p_usages);
  exception when sqlstate 'PU001' then
    get stacked diagnostics v_code = pg_exception_detail, v_sentence = message_text;
  end;
  if v_half = 0 then return jsonb_build_array(jsonb_build_object('error', v_code, 'message', v_sentence)); end if;
  return purser.put_tracked_by_halves((select jsonb_agg(u order by n) from jsonb_array_elements(p_usages) with ordinality e (u, n) where n <= v_half))
      || purser.put_tracked_by_halves((select jsonb_agg(u order by n) from jsonb_array_elements(p_usages) with ordinality e (u, n) where n > v_half));
end $$;

-- The writer of balances for many entries at once: what was put is spent, in this order, on the budget periods of its receipts. One move per budget period, with
-- the versions, and the events, that one after the other would have made.
create function purser.book_tracked(p_keys text[]) returns void language plpgsql as $$
declare
  v_periods int[];
begin
  v_periods := array(select distinct unnest(r.period_ids) from unnest(p_keys) k cross join lateral (select * from purser.tracked where key = k offset 0) t
    join purser.receipt r on r.reservation_id = t.reservation_id and r.token = t.token);
  perform from purser.balance where budget_period_id = any (v_periods) order by budget_period_id for no key update;
  with line as materialized (
    select k.n, t.key, format('%s %s', t.reservation_id, t.token) as entry_key, r.account, p.id as period, t.cost,
           row_number() over so_far as step, purser.total(t.cost) over so_far as spent
      from unnest(p_keys) with ordinality as k (key, n) cross join lateral (select * from purser.tracked where key = k.key offset 0) t
      join purser.receipt r on r.reservation_id = t.reservation_id and r.token = t.token cross join unnest(r.period_ids) as p (id)
    window so_far as (partition by p.id order by k.n rows unbounded preceding)),
  -- As it is: the rows are ours by now.
  before as materialized (
    select v.*, p.told, b.thresholds, b.account, d.steps, d.spent_more
      from (select period, count(*) as steps, purser.total(cost) as spent_more from line group by period) d
      join purser.balance v on v.budget_period_id = d.period join purser.budget_period p on p.id = d.period join purser.budget b on b.id = p.budget_id
     where v.budget_period_id = any (v_periods)),
  crossed as materialized (
    select b.budget_period_id as period, t.percent, min(l.step) as step
      from before b cross join unnest(b.thresholds) as t (percent) join line l on l.period = b.budget_period_id
     where t.percent <> all (b.told) and b.spent + b.spent_more >= b.alert_at and (b.spent + l.spent)::numeric * 100 >= purser.real_cap(b.cap)::numeric * t.percent
     group by 1, 2),
  told as materialized (select period, array_agg(percent order by step, percent) as percents from crossed group by period),
  -- What is spent frees nothing: only the first can find that what somebody wanted has been free for a while.
  freed as materialized (
    select b.budget_period_id as period from before b join line l on l.period = b.budget_period_id and l.step = 1
     where b.wanted > 0 and b.cap - b.reserved - b.spent - l.spent >= b.wanted),
  booked as (
    update purser.balance v set spent = b.spent + b.spent_more, version = b.version + b.steps, overrun = greatest(0, b.reserved + b.spent + b.spent_more - b.cap),
        alert_at = case when c.period is null then b.alert_at else purser.next_alert(b.thresholds, b.told || c.percents, b.cap) end,
        wanted = case when f.period is null then b.wanted else 0 end
      from before b left join told c on c.period = b.budget_period_id left join freed f on f.period = b.budget_period_id
     where v.budget_period_id = b.budget_period_id and v.budget_period_id = any (v_periods)),
  remembered as (update purser.budget_period p set told = p.told || c.percents from told c where p.id = c.period),
  entries as (
    insert into purser.entry (kind, account, key, reason, period_ids, versions, reserved_changes, spent_changes)
      select 'uncovered', l.account, l.entry_key, 'tracked: ' || l.key, array_agg(l.period order by l.period), array_agg(b.version + l.step order by l.period),
             array_agg(0 order by l.period), array_agg(l.cost order by l.period)
        from line l join before b on b.budget_period_id = l.period group by l.n, l.account, l.entry_key, l.key order by l.n),
  moved as (
    select l.n, b.budget_period_id as period, b.version + l.step as version, b.account, l.step, b.cap, b.spent + l.spent as spent, b.reserved,
           greatest(0, b.reserved + b.spent + l.spent - b.cap) as overrun, greatest(0, b.reserved + b.spent + l.spent - l.cost - b.cap) as overrun_before, b.wanted
      from line l join before b on b.budget_period_id = l.period)
  insert into purser.outbox (kind, budget_period_id, version, account, details)
    select e.kind, e.period, e.version, e.account, e.details from (
      select m.n, m.period, 1 as place, c.percent, 'threshold' as kind, m.version, m.account,
             jsonb_build_object('percent', c.percent, 'cap', purser.real_cap(m.cap)::text, 'spent', m.spent::text) as details
        from moved m join crossed c on c.period = m.period and c.step = m.step
      union all
      select n, period, 2, 0, 'overrun', version, account,
             jsonb_build_object('cap', cap::text, 'spent', spent::text, 'reserved', reserved::text, 'overrun', overrun::text) from moved where overrun > overrun_before
      union all
      select m.n, m.period, 3, 0, 'freed', m.version, m.account, jsonb_build_object('remaining', (m.cap - m.reserved - m.spent)::text, 'wanted', m.wanted::text)
        from moved m join freed f on f.period = m.period where m.step = 1) e
     order by e.n, e.period, e.place, e.percent;
end $$;

-- What was booked for the keys that `put_tracked` answers, with what their budgets are over by now; and its errors as they are.
create function purser.tracked_answers(p_put jsonb) returns jsonb language plpgsql stable as $$
begin
  return (
    with known as materialized (
      select a.n, a.u, t.token, t.at, t.booked_at, t.cost, e.period_ids
        from jsonb_array_elements(p_put) with ordinality as a (u, n)
        left join lateral (select * from purser.tracked where key = a.u ->> 'key' offset 0) t on true
        left join lateral (select period_ids from purser.entry where kind = 'uncovered' and key = format('%s %s', t.reservation_id, t.token) offset 0) e on true),
    period as materialized (
      select d.id, jsonb_build_object('budgetId', b.id, 'name', b.name, 'account', b.account, 'period', p.period,
          'overrun', greatest(0, v.reserved + v.spent - purser.real_cap(v.cap))::text) as said
        from (select distinct unnest(period_ids) as id from known) d cross join lateral (select * from purser.budget_period where id = d.id offset 0) p
        join purser.budget b on b.id = p.budget_id cross join lateral (select * from purser.balance where budget_period_id = d.id offset 0) v),
    budgets as (select k.n, jsonb_agg(p.said order by p.id) as said from known k cross join unnest(k.period_ids) as i (id) join period p on p.id = i.id group by k.n)
    select jsonb_agg(case when k.u ? 'error' then k.u else jsonb_build_object('changed', k.u -> 'isNew', 'requestId', k.token, 'at', k.at, 'bookedAt', k.booked_at,
        'cost', k.cost::text, 'budgets', coalesce(b.said, '[]')) end order by k.n)
      from known k left join budgets b on b.n = k.n);
end $$;

-- Books usages as spent on every budget that covers their scopes, in the period of the moment at which each happened, closed or not; an archived budget takes
-- what happened before it was archived. Never refused for want of money: it has happened. The same key again: no effect; with other terms: a conflict.
-- `receipt` has cost, picoUsd, usage, flags and lines, as a settle's has. Answers for each, in this order, or has `{error, message}` in its place: what can be
-- booked is. Whoever wants all or none takes the transaction back.
create function purser.track_many(p_usages jsonb) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp set enable_seqscan = off as $$
declare
  v_put jsonb;
  v_new text[];
begin
  perform purser.share_generation(), purser.share_months();
  v_put := purser.put_tracked_by_halves(p_usages);
  v_new := array(select e.u ->> 'key' from jsonb_array_elements(v_put) with ordinality as e (u, n) where (e.u -> 'isNew')::boolean order by e.n);
  if v_new <> '{}' then perform purser.book_tracked(v_new); end if;
  return purser.tracked_answers(v_put);
end $$;

-- One of them. What would stand in its place is raised.
create or replace function purser.track(p_key text, p_terms_hash text, p_scope jsonb, p_tier text, p_at timestamptz, p_receipt jsonb) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp set enable_seqscan = off as $$
declare
  v_answer constant jsonb := purser.track_many(jsonb_build_array(jsonb_build_object('key', p_key, 'termsHash', p_terms_hash, 'scope', p_scope, 'tier', p_tier,
    'at', p_at, 'receipt', p_receipt))) -> 0;
begin
  if v_answer ? 'error' then perform purser.fail(v_answer ->> 'error', v_answer ->> 'message'); end if;
  return v_answer;
end $$;

drop function purser.tracked_json;

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
grant execute on function purser.track_many, purser.estimate to purser_app;
