-- 0051: switches of the saving strategies per feature, and what was prepared for a call: which model, and what was taken out of its prompt.
-- Why: a strategy is off until somebody switches it on, who says why; and a job that is retried, reset or taken over by another worker, or whose feature is switched meanwhile, must
-- send what it sent first, or the ledger would take it for another request.
-- Locks: none beyond those of new tables and functions; make_partitions and request_json are replaced.   Undo: drop what is new here, and both as in 0014 and 0035.

-- Each row is a version; the newest of a feature holds. `*`: what holds for every feature, where its own says nothing. A strategy is null (nothing is said), false (off), or
-- its terms as JSON, which win key by key over those of `*`.
create table purser.saving_switch (
  id       bigint generated always as identity primary key,
  feature  text not null constraint saving_switch_feature_form check (length(feature) between 1 and 100),
  route    jsonb constraint saving_switch_route_form check (route = 'false' or jsonb_typeof(route) = 'object'),
  compress jsonb constraint saving_switch_compress_form check (compress = 'false' or jsonb_typeof(compress) = 'object'),
  cache    jsonb constraint saving_switch_cache_form check (cache = 'false' or jsonb_typeof(cache) = 'object'),
  at       timestamptz not null default clock_timestamp(),
  who      text not null,
  why      text not null constraint saving_switch_why_said check (why <> '')
);
create index saving_switch_newest on purser.saving_switch (feature, id desc);
create trigger saving_switch_append_only before update or delete or truncate on purser.saving_switch for each statement execute function purser.refuse_change();

create function purser.saving_switch_json(s purser.saving_switch) returns jsonb language sql stable as $$
  select jsonb_build_object('version', s.id::text, 'feature', s.feature, 'route', s.route, 'compress', s.compress, 'cache', s.cache, 'at', s.at, 'who', s.who, 'why', s.why)
$$;

-- What `p_said` names is so from now on (null: nothing is said any more), what it leaves out stays. The same again: no effect.
create function purser.set_saving_switch(p_feature text, p_said jsonb, p_who text, p_why text) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_before saving_switch;
  v saving_switch;
begin
  perform pg_advisory_xact_lock(7233823317);
  select * into v_before from saving_switch where feature = p_feature order by id desc limit 1;
  select * into v from jsonb_populate_record(v_before, jsonb_strip_nulls(p_said));
  if p_said -> 'route' = 'null' then v.route := null; end if;
  if p_said -> 'compress' = 'null' then v.compress := null; end if;
  if p_said -> 'cache' = 'null' then v.cache := null; end if;
  if (v.route, v.compress, v.cache) is not distinct from (v_before.route, v_before.compress, v_before.cache) then
    if v_before.id is null then perform fail('bad_input', 'nothing is switched: say route, compress or cache'); end if;
    return saving_switch_json(v_before) || jsonb_build_object('changed', false);
  end if;
  insert into saving_switch (feature, route, compress, cache, who, why) values (p_feature, v.route, v.compress, v.cache, p_who, p_why) returning * into v;
  return saving_switch_json(v) || jsonb_build_object('changed', true);
end $$;

-- The newest of each feature by name, after one; and all versions of one, the newest first.
create function purser.list_saving_switches(p_after text, p_limit int) returns jsonb language plpgsql stable security definer set search_path = purser, pg_temp as $$
begin
  perform require_limit(p_limit);
  return (select coalesce(jsonb_agg(saving_switch_json(s) order by s.feature collate "C"), '[]')
    from (select distinct on (feature collate "C") * from saving_switch where feature collate "C" > p_after order by feature collate "C", id desc limit p_limit) x
    join saving_switch s on s.id = x.id);
end $$;
create function purser.saving_switch_versions(p_feature text, p_limit int) returns jsonb language plpgsql stable security definer set search_path = purser, pg_temp as $$
begin
  perform require_limit(p_limit);
  return (select coalesce(jsonb_agg(saving_switch_json(s) order by s.id desc), '[]')
    from (select id from saving_switch where feature = p_feature order by id desc limit p_limit) x join saving_switch s on s.id = x.id);
end $$;

-- What was prepared for a call, once: it is dropped with its month. Of the prompt only what was removed is kept, and where: `cuts` are pairs of characters, from and not with.
create table purser.prepared_call (
  -- The call's.
  id                uuid constraint prepared_call_once primary key,
  at                timestamptz not null default clock_timestamp(),
  asked_hash        text not null,
  asked_model       text not null,
  provider          text not null,
  model             text not null,
  -- What would have been asked without a route.
  usual_provider    text not null,
  usual_model       text not null,
  code              text not null,
  reason            text not null,
  complexity        text,
  cuts              int[] not null default '{}',
  removed           jsonb not null default '[]',
  -- Input tokens that are not sent, estimated.
  tokens            bigint not null default 0 constraint prepared_call_tokens_not_negative check (tokens >= 0),
  -- When its answer is looked for next, to note what was saved. Null: never more.
  look_at           timestamptz
) partition by range (id);
create index prepared_call_due on purser.prepared_call (look_at) where look_at is not null;

select purser.edit_function('make_partitions', $x$array['call', 'refusal', 'reservation', 'receipt']$x$, $x$array['call', 'refusal', 'reservation', 'receipt', 'prepared_call']$x$);
do $$
declare
  v_month text;
begin
  for v_month in select distinct month from purser.month_tables() t where not exists (select from purser.dropped_month d where d.month = t.month) order by month loop
    perform purser.make_partitions(purser.month_start(v_month)) where purser.month_start(v_month) >= (select low_water from purser.ledger_state);
  end loop;
end $$;

select purser.edit_function('request_json', $x$'quality', x.quality::text$x$, $x$'prepared', (select jsonb_build_object('askedModel', d.asked_model, 'provider', d.provider, 'model', d.model, 'usualModel', d.usual_model,
        'code', d.code, 'reason', d.reason, 'complexity', d.complexity, 'tokens', d.tokens, 'removed', d.removed) from purser.prepared_call d where d.id = q.call),
      'quality', x.quality::text$x$);

create function purser.prepared_json(p purser.prepared_call) returns jsonb language sql stable as $$
  select jsonb_build_object('call', p.id, 'askedModel', p.asked_model, 'provider', p.provider, 'model', p.model, 'usualProvider', p.usual_provider, 'usualModel', p.usual_model,
    'code', p.code, 'reason', p.reason, 'complexity', p.complexity, 'cuts', p.cuts, 'removed', p.removed, 'tokens', p.tokens)
$$;

-- The terms of a call are those of the first time. Raises `conflict` for another request under its name.
create function purser.same_prepared(p purser.prepared_call, p_asked_hash text) returns jsonb language plpgsql stable as $$
begin
  if p.asked_hash <> p_asked_hash then
    perform purser.fail('conflict', 'this call was prepared for another request: use a new call id for a new request');
  end if;
  return purser.prepared_json(p);
end $$;

-- What was prepared for a call, or null.
create function purser.find_prepared(p_call uuid, p_asked_hash text) returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  select same_prepared(p, p_asked_hash) from prepared_call p where p.id = p_call
$$;

-- Stores it, unless somebody was first: then that is the answer.
create function purser.put_prepared(p_call uuid, p_asked_hash text, p jsonb) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_month constant timestamptz := date_trunc('month', started_at(p_call), 'UTC');
begin
  if v_month < (select low_water from ledger_state) then perform fail('too_old', format('calls of %s have been dropped', to_char(v_month at time zone 'UTC', 'YYYY-MM'))); end if;
  if to_regclass('purser.' || to_char(v_month at time zone 'UTC', '"prepared_call_"YYYY_MM')) is null then perform make_partitions(v_month); end if;
  insert into prepared_call (id, asked_hash, asked_model, provider, model, usual_provider, usual_model, code, reason, complexity, cuts, removed, tokens, look_at)
    values (p_call, p_asked_hash, p ->> 'askedModel', p ->> 'provider', p ->> 'model', p ->> 'usualProvider', p ->> 'usualModel', p ->> 'code', p ->> 'reason', p ->> 'complexity',
      array(select c::int from jsonb_array_elements_text(p -> 'cuts') with ordinality as e (c, n) order by n), p -> 'removed', (p ->> 'tokens')::bigint,
      case when (p ->> 'tokens')::bigint > 0 or (p ->> 'provider', p ->> 'model') <> (p ->> 'usualProvider', p ->> 'usualModel') then clock_timestamp() + interval '2 seconds' end)
    on conflict do nothing;
  return (select same_prepared(d, p_asked_hash) from prepared_call d where d.id = p_call);
end $$;

-- Prepared calls that are due to be looked at, and are answered: each with its first booked answer that says what was used. They are looked at again half a minute later, unless what they
-- saved is noted by then: so what a lost worker took is taken again. Those without an answer are looked at after as long as they are old, for forty days.
create function purser.take_prepared(p_limit int) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_due uuid[];
  v_answered jsonb;
begin
  perform require_limit(p_limit);
  v_due := array(select id from prepared_call where look_at <= v_now order by look_at limit p_limit for update skip locked);
  if v_due = '{}' then return '{"looked": 0, "answered": []}'; end if;
  with answer as (
    select distinct on (d.id) d.id, r.scope, r.dispatched_at, c.at, c.answer -> 'usage' as usage, c.rate_id, c.usd_micros_per_eur, c.cost,
           array_position(c.units, 'input_text_tokens') as input, c.price_ids, c.pico_usd_pers, c.pers, c.quantities
      from unnest(v_due) as d (id) join reservation r on r.id between attempts_from(d.id) and attempts_to(d.id) and r.call = d.id and r.state = 'settled'
      join receipt c on c.reservation_id = r.id and c.token = r.token and c.answer ->> 'source' = 'answer'
     order by d.id, r.attempt)
  select jsonb_agg(prepared_json(p) || jsonb_build_object('scope', a.scope, 'answeredModel', s.terms ->> 'model', 'dispatchedAt', a.dispatched_at, 'at', a.at, 'usage', a.usage,
      'cost', a.cost::text,
      'rate', jsonb_build_object('id', a.rate_id, 'usdMicrosPerEur', a.usd_micros_per_eur::text),
      'input', case when a.input is not null then jsonb_build_object('quantity', a.quantities[a.input]::text, 'priceId', a.price_ids[a.input], 'picoUsdPer', a.pico_usd_pers[a.input]::text,
         'per', a.pers[a.input]::text) end))
    into v_answered from answer a join prepared_call p on p.id = a.id join scope s on s.id = a.scope;
  update prepared_call p set look_at = case
      when p.id::text in (select x ->> 'call' from jsonb_array_elements(v_answered) x) then v_now + interval '30 seconds'
      when p.at > v_now - interval '40 days' then v_now + greatest(v_now - p.at, interval '2 seconds') end
   where p.id = any (v_due);
  return jsonb_build_object('looked', cardinality(v_due), 'answered', coalesce(v_answered, '[]'));
end $$;

-- Notes what calls saved, each strategy of a call once, and looks at them no more: `[{"call": "…", "scope": 1, "at": "…", "savings": [{"strategy": "route", "saved": "12", "tokens": 0, "details": {}}]}]`.
create function purser.note_prepared(p_noted jsonb) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_new int;
begin
  insert into saving (at, key, call, scope, strategy, saved, tokens, details)
    select (n ->> 'at')::timestamptz, (s ->> 'strategy') || ' ' || (n ->> 'call'), (n ->> 'call')::uuid, (n ->> 'scope')::int, s ->> 'strategy', (s ->> 'saved')::bigint,
           (s ->> 'tokens')::bigint, s -> 'details'
      from jsonb_array_elements(p_noted) n cross join lateral jsonb_array_elements(n -> 'savings') s order by 2
    on conflict on constraint saving_once do nothing;
  get diagnostics v_new = row_count;
  update prepared_call set look_at = null where id in (select (n ->> 'call')::uuid from jsonb_array_elements(p_noted) n);
  return jsonb_build_object('noted', v_new);
end $$;

-- What each strategy saved, by feature, of what was answered from `p_from` and before `p_to`: with the scores that somebody gave to the calls of the feature, those with the strategy and the others.
create function purser.savings_of(p_filter jsonb, p_from timestamptz, p_to timestamptz) returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  with noted as materialized (
    select s.strategy, s.call, s.saved, s.tokens, c.terms ->> 'feature' as feature from saving s join scope c on c.id = s.scope
     where s.at >= p_from and s.at < p_to and c.terms @> p_filter),
  scored as materialized (
    select r.call, x.quality, c.terms ->> 'feature' as feature from call_score x join reservation r on r.id = x.id join scope c on c.id = r.scope
     where x.quality is not null and r.at >= p_from and r.at < p_to and c.terms @> p_filter),
  of_feature as (select feature, count(*) as n, sum(quality) as quality from scored group by feature),
  -- A call whose strategy was noted twice, as a cache's is for each hit, is one scored call.
  of_strategy as (
    select d.strategy, x.feature, count(*) as n, sum(x.quality) as quality from scored x join (select distinct strategy, call from noted) d on d.call = x.call group by d.strategy, x.feature),
  summed as (
    select strategy, feature, count(*) as calls, total(saved) as saved, coalesce(sum(tokens), 0) as tokens from noted group by strategy, feature)
  select coalesce(jsonb_agg(jsonb_build_object('strategy', u.strategy, 'feature', u.feature, 'calls', u.calls::text, 'saved', u.saved::text, 'tokens', u.tokens::text,
      'scoredWith', coalesce(w.n, 0)::text, 'qualityWith', coalesce(w.quality, 0)::text,
      'scoredWithout', (coalesce(f.n, 0) - coalesce(w.n, 0))::text, 'qualityWithout', (coalesce(f.quality, 0) - coalesce(w.quality, 0))::text)
      order by u.saved desc, u.strategy, u.feature), '[]')
    from summed u left join of_feature f on f.feature is not distinct from u.feature
    left join of_strategy w on w.strategy = u.strategy and w.feature is not distinct from u.feature
$$;

grant select on purser.saving_switch, purser.prepared_call to purser_app;
revoke execute on all functions in schema purser from public;
grant execute on function purser.set_saving_switch, purser.list_saving_switches, purser.saving_switch_versions, purser.find_prepared, purser.put_prepared, purser.take_prepared,
  purser.note_prepared, purser.savings_of to purser_app;
