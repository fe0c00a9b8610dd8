-- 0032: what was spent, on what and when; every model call as a record of its own; what a call was worth.
-- Why: a report must add up to what the ledger has spent, for every question alike, and there was no reading of calls by page.
-- Locks: a new table, views and functions; purser.receipt exclusively, for a moment, for an index of what has no reservation.   Undo: drop what is new here.

-- How good an answer was, and what it was worth, as somebody says afterwards. The last word stands.
create table purser.call_score (
  id        uuid constraint call_score_once primary key,
  quality   numeric(4, 3) constraint call_score_quality_share check (quality between 0 and 1),
  accuracy  numeric(4, 3) constraint call_score_accuracy_share check (accuracy between 0 and 1),
  value     bigint constraint call_score_value_not_negative check (value >= 0),
  said_at   timestamptz not null default clock_timestamp()
);
grant select on purser.call_score to purser_app;

create index receipt_alone on purser.receipt (token) where period_ids is not null;

-- Every physical request that went out, and every usage that was told of, with its money as it stands now: what a bill or a person said later is in `cost`, while
-- the lines stay those of the answer. `row_id` and `token` together are the order in which jobs began. What the house bears is no customer's.
-- The euro rate of a moment's day, as the price book reads it.
create function purser.micros_on(p_at timestamptz) returns bigint language sql stable as $$
  select usd_micros_per_eur from purser.rate where day <= (p_at at time zone 'UTC')::date order by day desc, (why is not null) desc, id desc limit 1
$$;

create view purser.request as
  select r.id as row_id, r.token, r.id, r.call, r.attempt, r.run, r.at, r.dispatched_at as sent_at, r.scope, r.linked_set, r.state, r.ended_why as why, r.cost_source as source, r.amount,
         r.cost, case when p.cost = r.cost and cardinality(p.units) > 0 then p.pico_usd::numeric else round(r.cost::numeric * e.usd_micros_per_eur / 1000) end as pico_usd,
         p.units, p.quantities, p.nano_eurs, p.pico_usds, p.answer, p.reservation_id is not null as answered, r.duration_ms, r.request_hash
    from purser.reservation r join purser.rate e on e.id = r.rate_id left join purser.receipt p on p.reservation_id = r.id and p.token = r.token
   where r.token is not null
  union all
  select p.reservation_id, p.token, p.token, null, null, null, p.at, p.at, p.scope, null, 'settled', null, 'answer', null,
         p.cost, case when cardinality(p.units) > 0 then p.pico_usd::numeric else round(p.cost::numeric * purser.micros_on(p.at) / 1000) end, p.units, p.quantities, p.nano_eurs, p.pico_usds, p.answer, p.answer -> 'response' ->> 'error' is null, null, null
    from purser.receipt p where p.period_ids is not null;

-- As in 0026; a tracked usage may say that its call has failed.
create or replace view purser.call_log as
  with request as (
    select r.id as request_id, r.token, r.dispatched_at as at, r.scope, r.request_hash, r.duration_ms, r.state, r.ended_why, p.answer, p.cost,
           p.reservation_id is not null as answered, p.units, p.quantities, p.nano_eurs
      from purser.reservation r left join purser.receipt p on p.reservation_id = r.id and p.token = r.token where r.token is not null
    union all
    select p.token, p.token, p.at, p.scope, null, null, 'settled', p.answer -> 'response' ->> 'error', p.answer, p.cost, p.answer -> 'response' ->> 'error' is null, p.units, p.quantities, p.nano_eurs
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

-- What is kept of dropped months: its money, without its lines.
create view purser.kept_request as
  select d.id, d.at, d.scope, d.linked_set, (d.id < mark.id and d.token is not null)::int as calls,
         coalesce(d.corrected, d.cost, 0) - case when d.id < mark.id then 0 else coalesce(d.cost, 0) end as cost
    from purser.dropped_attempt d cross join (select coalesce(purser.dropped_before(), '00000000-0000-0000-0000-000000000000') as id) mark
   where d.corrected is not null or d.id < mark.id
  union all
  select l.reservation_id, l.at, l.scope, null, 1, l.cost from purser.late_receipt l
   where not l.is_covered and not exists (select from purser.receipt x where x.reservation_id = l.reservation_id and x.token = l.token);

-- The value of a scope for a question: `label:tenant` is a label. What the house bears has no account and no user.
create function purser.dimension(p_terms jsonb, p_is_house boolean, p_by text) returns text language sql immutable as $$
  select case when p_is_house and p_by in ('account', 'user') then null
              when starts_with(p_by, 'label:') then p_terms -> 'labels' ->> substring(p_by from 7) else p_terms ->> p_by end
$$;

-- Where the hour, day, week or month of a moment begins, in a time zone; as in budgets, the first midnight where there are two. Null without a unit.
create function purser.since(p_unit text, p_at timestamptz, p_time_zone text) returns timestamptz language sql immutable as $$
  select case when p_unit = 'hour' then date_trunc(p_unit, p_at, p_time_zone)
              when p_unit is not null then purser.first_instant(date_trunc(p_unit, p_at at time zone p_time_zone), p_time_zone) end
$$;

-- Spending from the day `p_from` to before the day `p_to` of the scopes that contain `p_filter`, by dimensions and, with `p_unit` (hour, day, week, month), by time in
-- `p_time_zone`, in the order of the time, then dearest first. A request counts when it was reserved, as in its budgets. `other` is what is neither input nor output: what is paid by the piece,
-- what was only presumed, what a bill corrected, and what is left of dropped months; so the three are always the whole. In pico-USD: at each request's own rate; what is left of dropped months at its day's.
create function purser.spending(p_from date, p_to date, p_filter jsonb, p_by text[], p_unit text, p_time_zone text, p_limit int) returns jsonb
language sql stable security definer set search_path = purser, pg_temp as $$
  with house as materialized (select coalesce(array_agg(id), '{}') as sets from purser.linked_set where is_house),
  scopes as materialized (select id, terms from purser.scope where terms @> p_filter),
  span as materialized (select purser.first_instant(p_from, p_time_zone) as since, purser.first_instant(p_to, p_time_zone) as till),
  requests as (
    select q.scope, coalesce(q.linked_set = any (house.sets), false) as is_house,
           purser.since(p_unit, q.at, p_time_zone) as since,
           count(*) as calls, count(*) filter (where not q.answered) as failed,
           sum(coalesce(q.cost, 0)) as cost, sum(coalesce(q.pico_usd, 0)) as pico_usd,
           sum(l.input_cost) as input_cost, sum(l.output_cost) as output_cost, sum(l.input_usd) as input_usd, sum(l.output_usd) as output_usd,
           sum(l.input_tokens) as input_tokens, sum(l.output_tokens) as output_tokens, sum(l.cached_tokens) as cached_tokens
      from purser.request q cross join house
      left join lateral (
        select coalesce(sum(c.nano_eur) filter (where c.unit like 'input%'), 0) as input_cost, coalesce(sum(c.nano_eur) filter (where c.unit like 'output%'), 0) as output_cost,
               coalesce(sum(c.pico_usd) filter (where c.unit like 'input%'), 0) as input_usd, coalesce(sum(c.pico_usd) filter (where c.unit like 'output%'), 0) as output_usd,
               coalesce(sum(c.quantity) filter (where c.unit like 'input%'), 0) as input_tokens, coalesce(sum(c.quantity) filter (where c.unit like 'output%'), 0) as output_tokens,
               coalesce(sum(c.quantity) filter (where c.unit like 'input\_cached%'), 0) as cached_tokens
          from unnest(q.units, q.quantities, q.nano_eurs, q.pico_usds) as c (unit, quantity, nano_eur, pico_usd) where q.cost is not null) l on true
     where q.at >= (select since from span) and q.at < (select till from span) and q.scope in (select id from scopes)
     group by 1, 2, 3
    union all
    select k.scope, coalesce(k.linked_set = any (house.sets), false), purser.since(p_unit, k.at, p_time_zone),
           sum(k.calls), 0, sum(k.cost), sum(round(k.cost::numeric * coalesce(e.usd_micros_per_eur, purser.micros_on(k.at), 0) / 1000)), 0, 0, 0, 0, 0, 0, 0
      from purser.kept_request k cross join house
      -- While its attempt is still there, at the rate that was pinned with it.
      left join purser.reservation r on r.id = k.id left join purser.rate e on e.id = r.rate_id
     where k.at >= (select since from span) and k.at < (select till from span) and k.scope in (select id from scopes)
     group by 1, 2, 3),
  groups as (
    select r.since, array(select purser.dimension(s.terms, r.is_house, b.name) from unnest(p_by) with ordinality as b (name, n) order by b.n) as names,
           sum(calls) as calls, sum(failed) as failed, sum(cost) as cost, sum(pico_usd) as pico_usd, sum(input_cost) as input_cost, sum(output_cost) as output_cost,
           sum(input_usd) as input_usd, sum(output_usd) as output_usd, sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens, sum(cached_tokens) as cached_tokens
      from requests r join scopes s on s.id = r.scope
     where not (r.is_house and p_filter ?| array['account', 'user'])
     group by 1, 2 order by r.since, sum(cost) desc, 2 limit p_limit)
  select coalesce(json_agg(json_build_object('since', since, 'names', to_json(names), 'calls', calls::text, 'failed', failed::text,
      'cost', cost::text, 'inputCost', input_cost::text, 'outputCost', output_cost::text,
      'picoUsd', pico_usd::text, 'inputPicoUsd', input_usd::text, 'outputPicoUsd', output_usd::text,
      'inputTokens', input_tokens::text, 'outputTokens', output_tokens::text, 'cachedTokens', cached_tokens::text) order by since, cost desc, names), '[]')::jsonb from groups
$$;

-- A request as its record says it. Numbers that may be large are text.
create function purser.request_json(q purser.request) returns jsonb language sql stable as $$
  select jsonb_build_object('rowId', q.row_id, 'token', q.token, 'id', q.id, 'isReserved', q.call is not null, 'isHouse', coalesce((select is_house from purser.linked_set where id = q.linked_set), false), 'call', q.call, 'attempt', q.attempt, 'run', q.run,
      'workflowId', c.workflow_id, 'callId', c.call_id, 'at', q.at, 'sentAt', q.sent_at, 'terms', s.terms, 'state', q.state, 'source', q.source,
      'error', case when not q.answered then coalesce(q.why, q.answer -> 'response' ->> 'error', q.state) end, 'answered', q.answered, 'reserved', q.amount::text, 'cost', q.cost::text,
      'lines', (select coalesce(jsonb_agg(jsonb_build_object('unit', l.unit, 'quantity', l.quantity::text, 'nanoEur', l.nano_eur::text, 'picoUsd', l.pico_usd::text) order by l.n), '[]')
         from unnest(q.units, q.quantities, q.nano_eurs, q.pico_usds) with ordinality as l (unit, quantity, nano_eur, pico_usd, n)),
      'durationMs', coalesce((q.answer ->> 'durationMs')::int, q.duration_ms), 'flags', q.answer -> 'flags', 'requestHash', q.request_hash,
      'attempts', (select count(*) from purser.reservation r where r.call = q.call and r.token is not null),
      'quality', x.quality::text, 'accuracy', x.accuracy::text, 'value', x.value::text)
    from purser.scope s left join purser.call c on c.id = q.call left join purser.call_score x on x.id = q.id
   where s.id = q.scope
$$;

-- A page of records, newest job first, behind (row_id, token).
create function purser.list_requests(p_filter jsonb, p_from timestamptz, p_to timestamptz, p_answered boolean, p_row uuid, p_token uuid, p_limit int) returns jsonb
language sql stable security definer set search_path = purser, pg_temp as $$
  select coalesce(json_agg(purser.request_json(q) order by q.row_id desc, q.token desc), '[]')::jsonb
    from (select v.* from purser.request v
           where (v.row_id, v.token) < (p_row, p_token) and v.at >= p_from and v.at < p_to and (p_answered is null or v.answered = p_answered)
             and exists (select from purser.scope s where s.id = v.scope and s.terms @> p_filter)
             and not (p_filter ?| array['account', 'user'] and coalesce((select is_house from purser.linked_set where id = v.linked_set), false))
           order by v.row_id desc, v.token desc limit p_limit) q
$$;

-- One record by its id; null when there is none.
create function purser.show_request(p_id uuid) returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  select purser.request_json(q) from purser.request q where q.row_id = p_id and q.id = p_id
  union all
  select purser.request_json(q) from purser.request q where q.call is null and q.id = p_id
  limit 1
$$;

-- What ended since entry `p_after`, in the order of the entries, of at most `p_limit` entries: `last` is where to go on. A request is told again when a bill, or a person, says another cost.
create function purser.follow_requests(p_after bigint, p_limit int, p_filter jsonb) returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  with moved as materialized (select id, kind, reservation, key, settled_ids from purser.entry where id > p_after order by id limit p_limit),
  ended as (
    select m.id as entry, i.id as row_id, null::uuid as token from moved m cross join lateral unnest(m.settled_ids) as i (id)
    union all select m.id, m.reservation, null from moved m where m.kind in ('settle', 'reject', 'presume', 'adjust') and m.reservation is not null
    union all select m.id, split_part(m.key, ' ', 1)::uuid, split_part(m.key, ' ', 2)::uuid from moved m where m.kind = 'uncovered')
  select jsonb_build_object('last', (select max(id) from moved)::text, 'requests', coalesce(
      (select json_agg(json_build_object('entry', e.entry::text, 'record', purser.request_json(q)) order by e.entry, q.row_id, q.token)
         from ended e join purser.request q on q.row_id = e.row_id and (e.token is null or q.token = e.token)
        where exists (select from purser.scope s where s.id = q.scope and s.terms @> p_filter)
          and not (p_filter ?| array['account', 'user'] and coalesce((select is_house from purser.linked_set where id = q.linked_set), false)))::jsonb, '[]'))
$$;

-- What is null stays as it was said before. Null when there is no such request.
create function purser.score_request(p_id uuid, p_quality numeric, p_accuracy numeric, p_value bigint) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
begin
  if purser.show_request(p_id) is null then return null; end if;
  insert into purser.call_score (id, quality, accuracy, value) values (p_id, p_quality, p_accuracy, p_value)
    on conflict on constraint call_score_once do update set quality = coalesce(excluded.quality, call_score.quality),
      accuracy = coalesce(excluded.accuracy, call_score.accuracy), value = coalesce(excluded.value, call_score.value), said_at = excluded.said_at;
  return purser.show_request(p_id);
end $$;

-- The hard budget of now that covers exactly this scope by the month: the oldest, if there are several. Null when there is none.
create function purser.budget_of_scope(p_scope jsonb) returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  select purser.budget_json(id) from purser.budget where scope = p_scope and period_kind = 'month' and is_hard and plan is null and archived_at is null order by id limit 1
$$;

revoke execute on all functions in schema purser from public;
grant execute on function purser.spending, purser.list_requests, purser.show_request, purser.follow_requests, purser.score_request, purser.budget_of_scope to purser_app;
