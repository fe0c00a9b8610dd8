-- 0036: what the FOCUS export (FinOps Open Cost and Usage Specification) is made of.
-- Why: finance reads all its providers in one form, and its sum must be what the ledger has spent.
-- Locks: a new function, none.   Undo: drop function purser.focus.

-- What was spent from `p_from` to before `p_to` by the scopes that contain `p_filter`, by the hour of `p_time_zone`, scope and price: `kind` is `line` for what the lines of
-- answers say, `bill` or `person` for what these changed of it, `presumption` or `answer` for what is on no line, `kept` for what is left of dropped months. The costs of all are what
-- was spent, to the last digit. In pico-USD: at each request's own rate; what is left of dropped months at its day's.
create function purser.focus(p_from timestamptz, p_to timestamptz, p_filter jsonb, p_time_zone text) returns jsonb
language sql stable security definer set search_path = purser, pg_temp as $$
  with house as materialized (select coalesce(array_agg(id), '{}') as sets from purser.linked_set where is_house),
  scopes as materialized (select id, terms from purser.scope where terms @> p_filter),
  requests as materialized (
    select purser.since('hour', q.at, p_time_zone) as since, q.scope, coalesce(q.linked_set = any (house.sets), false) as is_house, q.source, q.cost, q.pico_usd,
           q.units, q.quantities, q.price_ids, q.pico_usd_pers, q.pers, q.pico_usds, q.nano_eurs, q.usd_micros_per_eur, l.cost as line_cost, l.pico_usd as line_usd
      from purser.request q cross join house
      left join lateral (select coalesce(sum(c.n), 0) as cost, coalesce(sum(c.p), 0) as pico_usd from unnest(q.nano_eurs, q.pico_usds) as c (n, p)) l on true
     where q.at >= p_from and q.at < p_to and q.cost is not null and q.scope in (select id from scopes)),
  parts as (
    select q.since, q.scope, q.is_house, 'line' as kind, l.unit, l.price_id, l.pico_usd_per, l.per, q.usd_micros_per_eur,
           count(*) as requests, sum(l.quantity) as quantity, sum(l.nano_eur) as cost, sum(l.pico_usd) as pico_usd
      from requests q cross join lateral unnest(q.units, q.quantities, q.price_ids, q.pico_usd_pers, q.pers, q.pico_usds, q.nano_eurs)
        as l (unit, quantity, price_id, pico_usd_per, per, pico_usd, nano_eur)
     where l.quantity > 0
     group by 1, 2, 3, 5, 6, 7, 8, 9
    union all
    select q.since, q.scope, q.is_house, coalesce(q.source, 'answer'), null, null, null, null, null, count(*), null, sum(q.cost - q.line_cost), sum(q.pico_usd - q.line_usd)
      from requests q where q.cost <> q.line_cost group by 1, 2, 3, 4
    union all
    select purser.since('hour', k.at, p_time_zone), k.scope, coalesce(k.linked_set = any (house.sets), false), 'kept', null, null, null, null, null,
           sum(k.calls), null, sum(k.cost), sum(round(k.cost::numeric * coalesce(purser.micros_on(k.at), 0) / 1000))
      from purser.kept_request k cross join house
     where k.at >= p_from and k.at < p_to and k.cost <> 0 and k.scope in (select id from scopes)
     group by 1, 2, 3)
  select coalesce(json_agg(json_build_object('since', p.since, 'terms', s.terms, 'isHouse', p.is_house, 'kind', p.kind, 'unit', p.unit, 'priceId', p.price_id,
      'price', case when x.id is not null then json_build_object('provider', x.provider, 'model', x.model, 'unit', x.unit, 'tier', x.tier, 'aboveTokens', x.above_tokens::text) end,
      'picoUsdPer', p.pico_usd_per::text, 'per', p.per::text, 'usdMicrosPerEur', p.usd_micros_per_eur::text, 'requests', p.requests::text, 'quantity', p.quantity::text,
      'cost', p.cost::text, 'picoUsd', p.pico_usd::text) order by p.since, p.scope, p.is_house, p.kind, p.unit, p.price_id, p.pico_usd_per, p.usd_micros_per_eur), '[]')::jsonb
    from parts p join scopes s on s.id = p.scope left join purser.price x on x.id = p.price_id
   where not (p.is_house and p_filter ?| array['account', 'user'])
$$;

revoke execute on all functions in schema purser from public;
grant execute on function purser.focus to purser_app;
