-- 0056: hits that cost less, in a table of their month, which name their job; what nobody needs any more goes; and what a call saw when it was prepared.
-- Why: a hit should cost far less than a call; an operator who looks at one looks for its workflow; a table that only grows fills the disk; and what a switch said at the first time
--   must hold for a call that is tried again.
-- Locks: cache_hit and cache_entry exclusively, for as long as the hits are copied; prepared_call for a moment and for its new index; the view purser.request is replaced.
-- Undo: copy the hits into a table as in 0052; drop what is new here; the functions as in 0014, 0051 and 0052.

-- ── Hits go with their month ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

alter table purser.cache_hit rename to cache_hit_before;
alter index purser.cache_hit_pkey rename to cache_hit_before_pkey;
alter index purser.cache_hit_by_time rename to cache_hit_before_by_time;
-- A call that was answered from the cache: its record and its receipt. Nearly all that a hit writes.
create table purser.cache_hit (
  call         uuid primary key,
  at           timestamptz not null,
  answer       bigint not null,
  scope        int not null,
  request_hash bytea not null,
  -- Whose call it was; null: from before they were kept.
  workflow_id  text,
  run_id       text,
  call_id      text
) partition by range (call);
create index cache_hit_by_time on purser.cache_hit using brin (at) with (autosummarize = on);

-- Hits of months that are dropped: how many, and what they saved.
create table purser.dropped_hits (
  month text not null,
  scope int not null references purser.scope,
  hits  bigint not null,
  saved bigint not null,
  constraint dropped_hits_once primary key (month, scope)
);

select purser.edit_function('make_partitions', $x$'prepared_call']$x$, $x$'prepared_call', 'cache_hit']$x$);
do $$
declare
  v_low constant timestamptz := (select low_water from purser.ledger_state);
  v_month timestamptz;
begin
  for v_month in select distinct date_trunc('month', purser.started_at(call), 'UTC') from purser.cache_hit_before where call >= purser.first_id(v_low)
    union select purser.month_start(t.month) from purser.month_tables() t where purser.month_start(t.month) >= v_low order by 1 loop
    perform purser.make_partitions(v_month);
  end loop;
  insert into purser.cache_hit (call, at, answer, scope, request_hash) select * from purser.cache_hit_before where call >= purser.first_id(v_low);
  insert into purser.dropped_hits select to_char(purser.started_at(h.call) at time zone 'UTC', 'YYYY-MM'), h.scope, count(*), purser.total(a.cost)
    from purser.cache_hit_before h join purser.cache_answer a on a.id = h.answer where h.call < purser.first_id(v_low) group by 1, 2;
end $$;
create trigger cache_hit_append_only before update or delete or truncate on purser.cache_hit for each statement execute function purser.refuse_change();

-- As in 0052; a hit names its run.
create or replace view purser.request as
  select r.id as row_id, r.token, r.id, r.call, r.attempt, r.run, r.at, r.dispatched_at as sent_at, r.scope, r.linked_set, r.state, r.ended_why as why, r.cost_source as source, r.amount,
         r.cost, case when p.cost = r.cost and cardinality(p.units) > 0 then p.pico_usd::numeric else round(r.cost::numeric * e.usd_micros_per_eur / 1000) end as pico_usd,
         p.units, p.quantities, p.nano_eurs, p.pico_usds, p.answer, p.reservation_id is not null as answered, r.duration_ms, r.request_hash,
         p.price_ids, p.pico_usd_pers, p.pers, p.usd_micros_per_eur
    from purser.reservation r join purser.rate e on e.id = r.rate_id left join purser.receipt p on p.reservation_id = r.id and p.token = r.token
   where r.token is not null
  union all
  select p.reservation_id, p.token, p.token, null, null, null, p.at, p.at, p.scope, null, 'settled', null, 'answer', null,
         p.cost, case when cardinality(p.units) > 0 then p.pico_usd::numeric else round(p.cost::numeric * purser.micros_on(p.at) / 1000) end, p.units, p.quantities, p.nano_eurs, p.pico_usds, p.answer, p.answer -> 'response' ->> 'error' is null, null, null,
         p.price_ids, p.pico_usd_pers, p.pers, p.usd_micros_per_eur
    from purser.receipt p where p.period_ids is not null
  union all
  select h.call, '00000000-0000-0000-0000-000000000000'::uuid, h.call, null, null, h.run_id, h.at, h.at, h.scope, null, 'settled', null, 'answer', null,
         0::bigint, 0::numeric, '{}', '{}', '{}', '{}', (select a.answer from purser.cache_answer a where a.id = h.answer), true, null, encode(h.request_hash, 'hex'), '{}', '{}', '{}', null
    from purser.cache_hit h;
drop table purser.cache_hit_before;

-- `call` of a hit is the one that heard it, as of a request it is the one that it was made for.
select purser.edit_function('request_json', e.was, e.is_now) from (values
  ($x$left join purser.call c on c.id = q.call$x$, $x$left join purser.call c on c.id = q.call left join purser.cache_hit h on q.call is null and h.call = q.row_id$x$),
  ($x$'call', q.call, 'attempt'$x$, $x$'call', coalesce(q.call, h.call), 'attempt'$x$),
  ($x$'workflowId', c.workflow_id, 'callId', c.call_id$x$, $x$'workflowId', coalesce(c.workflow_id, h.workflow_id), 'callId', coalesce(c.call_id, h.call_id)$x$),
  ($x$where d.id = q.call)$x$, $x$where d.id = coalesce(q.call, h.call))$x$)) e (was, is_now);

select purser.edit_function('drop_month', E'  v_changed := found;\n', $x$  v_changed := found;
  if v_changed then
    insert into purser.dropped_hits select p_month, h.scope, count(*), purser.total(a.cost) from purser.cache_hit h join purser.cache_answer a on a.id = h.answer
      where h.call >= m.from_id and h.call < m.to_id group by h.scope;
  end if;
$x$);

-- ── Answers go when nobody can hear them again ──────────────────────────────────────────────────────────────────────────────────────────────────

drop trigger cache_answer_append_only on purser.cache_answer;
create trigger cache_answer_append_only before update or truncate on purser.cache_answer for each statement execute function purser.refuse_change();
create index cache_answer_by_time on purser.cache_answer (made_at);
-- `is_heard`: a call may have been answered with it, so its answer stays as long as that call. With the answer's cost and input, so that a hit reads one row.
alter table purser.cache_entry add column is_heard boolean not null default true, add column cost bigint, add column input_tokens bigint;
update purser.cache_entry e set cost = a.cost, input_tokens = a.input_tokens from purser.cache_answer a where a.id = e.id;
alter table purser.cache_entry alter column is_heard set default false, alter column cost set not null, alter column input_tokens set not null;

-- Misses that are too old to keep one by one, by the hour.
create table purser.cache_missed (
  hour   timestamptz not null,
  scope  int not null references purser.scope,
  misses bigint not null,
  constraint cache_missed_once primary key (hour, scope)
);

select purser.edit_function('put_cached', $x$(id, key, made_at, expires_at, account, feature, model, bytes)$x$, $x$(id, key, made_at, expires_at, account, feature, model, bytes, cost, input_tokens)$x$),
  purser.edit_function('put_cached', 'f.account, f.feature, f.model, v_bytes)', 'f.account, f.feature, f.model, v_bytes, v.cost, v.input_tokens)');

-- As in 0052; an answer that no call has heard goes with its entry.
create or replace function purser.forget_cached(p_ids bigint[]) returns int language plpgsql as $$
declare
  v_accounts text[];
  v_bytes bigint[];
  v_unheard bigint[];
begin
  with gone as (delete from purser.cache_entry where id in (select id from purser.cache_entry where id = any (p_ids) order by id for update skip locked) returning id, account, bytes, is_heard)
  select array_agg(account), array_agg(-bytes), array_agg(id) filter (where not is_heard) into v_accounts, v_bytes, v_unheard from gone;
  if v_accounts is null then return 0; end if;
  if v_unheard is not null then delete from purser.cache_answer where id = any (v_unheard); end if;
  perform purser.count_cached(v_accounts, array_fill(-1::bigint, array[cardinality(v_accounts)]), v_bytes);
  return cardinality(v_accounts);
end $$;

-- A page of answers that nobody can hear again: none is kept for longer than 30 days, so all jobs whose calls heard them started before the mark of the months that are dropped. How many went.
create function purser.trim_cache_answers(p_limit int) returns int language plpgsql set search_path = purser, pg_temp as $$
declare
  v_gone int;
begin
  delete from cache_answer where id in (
    select a.id from cache_answer a where a.made_at < (select low_water from ledger_state) - interval '32 days' and not exists (select from cache_entry e where e.id = a.id) order by a.made_at limit p_limit);
  get diagnostics v_gone = row_count;
  return v_gone;
end $$;

select purser.edit_function('trim_cache', $x$  delete from cache_miss where call in (select call from cache_miss where at < clock_timestamp() - interval '100 days' order by at limit p_limit);
$x$, $x$  with gone as (
    delete from cache_miss where call in (select call from cache_miss where at < clock_timestamp() - interval '100 days' order by at limit p_limit) returning at, scope)
  insert into cache_missed as c (hour, scope, misses) select date_trunc('hour', at, 'UTC'), scope, count(*) from gone group by 1, 2 order by 1, 2
    on conflict on constraint cache_missed_once do update set misses = c.misses + excluded.misses;
  perform trim_cache_answers(p_limit);
$x$);

-- ── Asking ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- Answers many calls at once from entries that the asker holds: one statement for all, which looks at no answer. `heard`: the places of those that are answered, null: all; none, when
-- one of them needs a closer look (`ask_cache`): it is known to the ledger, or stopped. `left`: what the budgets of each scope have left. `p_hashes`: 32 bytes each, in one.
create function purser.hear_cached(p_calls uuid[], p_scopes int[], p_entries bigint[], p_hashes bytea, p_ttl_ms bigint[], p_jobs text[], p_runs text[], p_call_ids text[]) returns json
language plpgsql security definer set search_path = purser, pg_temp set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_scopes constant int[] := array(select distinct s from unnest(p_scopes) s);
  v_first uuid;
  v_now timestamptz;
  v_heard int[];
begin
  perform share_generation(), share_months();
  perform resolved(s, clock_timestamp()) from scope s
    where s.id = any (v_scopes) and (s.generation <> (select generation from ledger_state) or s.valid_until <= clock_timestamp());
  if exists (select from scope where id = any (v_scopes) and stopped is not null) or exists (select from call where id = any (p_calls))
    or exists (select from cache_hit where call = any (p_calls)) then
    return '{"heard": [], "left": {}}';
  end if;
  v_first := first_id((select low_water from ledger_state));
  v_now := clock_timestamp();
  with known as materialized (
    select x.n, x.call, x.scope, x.entry, x.job, x.run, x.call_id, e.cost, e.input_tokens
      from unnest(p_calls, p_scopes, p_entries, p_ttl_ms, p_jobs, p_runs, p_call_ids) with ordinality as x (call, scope, entry, ttl_ms, job, run, call_id, n)
      cross join lateral (select * from cache_entry c where c.id = x.entry offset 0) e
     where e.is_heard and e.expires_at > v_now and e.made_at > v_now - make_interval(secs => x.ttl_ms / 1000.0) and x.call >= v_first),
  put as (
    insert into cache_hit (call, at, answer, scope, request_hash, workflow_id, run_id, call_id)
      select call, v_now, entry, scope, substr(p_hashes, (n::int - 1) * 32 + 1, 32), job, run, call_id from known),
  booked as (insert into entry (kind, reason, settled_ids) select 'cached', 'answered from the cache', array_agg(call) from known having count(*) > 0),
  saved as (
    insert into saving (key, scope, strategy, saved, tokens, details)
      select 'cache ' || min(call::text), scope, 'cache', sum(cost), sum(input_tokens), jsonb_build_object('hits', count(*)) from known group by scope)
  select array_agg(n) into v_heard from known;
  return json_build_object('heard', case when cardinality(v_heard) = cardinality(p_calls) then null else coalesce(to_json(v_heard), '[]') end,
    'left', (select json_object_agg(s.id, coalesce(left_of(s.linked_set), 0)::text) from scope s where s.id = any (v_scopes)));
end $$;

drop function purser.ask_cache(uuid[], int[], text[], text[], bigint[], bigint[], boolean[], bigint);
-- As in 0052, with the jobs of the calls: asks for many calls at once. `hits`: `[place, answer]` of those that are answered; `answers`: those of them that the asker does not know; `left`: what the budgets of each scope
-- have left. `others`: `lead` (it asks the provider), `follow` (somebody does), `own` (it asks for itself), `conflict` (its call was answered another request).
create function purser.ask_cache(p_calls uuid[], p_scopes int[], p_keys text[], p_hashes text[], p_ttl_ms bigint[], p_known bigint[], p_alone boolean[], p_jobs text[], p_runs text[],
  p_call_ids text[], p_lease_ms bigint) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_first uuid;
  v_now timestamptz;
  v_places int[];
  v_hits bigint[];
  v_others jsonb := '[]';
  a record;
  f purser.cache_flight;
begin
  perform share_generation(), share_months();
  perform resolved(s, clock_timestamp()) from scope s
    where s.id = any (array(select distinct unnest(p_scopes))) and (s.generation <> (select generation from ledger_state) or s.valid_until <= clock_timestamp());
  v_first := first_id((select low_water from ledger_state));
  perform make_partitions(m) from (select distinct date_trunc('month', started_at(c), 'UTC') as m from unnest(p_calls) c where c >= v_first) d
    where to_regclass('purser.' || to_char(m at time zone 'UTC', '"cache_hit_"YYYY_MM')) is null;
  v_now := clock_timestamp();
  -- Before the first who hear it: whoever forgets it waits, and then keeps the answer for them.
  update cache_entry set is_heard = true where id in (
    select id from cache_entry where key = any (array(select distinct decode(k, 'hex') from unnest(p_keys) k)) and not is_heard and expires_at > v_now order by id for update);

  -- Neither answered from here before, nor known to the ledger, nor stopped.
  with asked as (
    select x.n, x.call, x.scope, x.hash, x.job, x.run, x.call_id, e.id as answer
      from unnest(p_calls, p_scopes, p_keys, p_hashes, p_ttl_ms, p_jobs, p_runs, p_call_ids) with ordinality as x (call, scope, key, hash, ttl_ms, job, run, call_id, n)
      cross join lateral (select * from cache_entry c where c.key = decode(x.key, 'hex') offset 0) e
     where e.is_heard and e.expires_at > v_now and e.made_at > v_now - make_interval(secs => x.ttl_ms / 1000.0) and x.call >= v_first
       and not exists (select from call c where c.id = x.call offset 0) and (select s.stopped is null from scope s where s.id = x.scope)),
  put as materialized (
    insert into cache_hit (call, at, answer, scope, request_hash, workflow_id, run_id, call_id)
      select distinct on (call) call, v_now, answer, scope, decode(hash, 'hex'), job, run, call_id from asked order by call
      on conflict (call) do nothing returning call, scope, answer),
  booked as (insert into entry (kind, reason, settled_ids) select 'cached', 'answered from the cache', array_agg(call) from put having count(*) > 0),
  saved as (
    insert into saving (key, scope, strategy, saved, tokens, details)
      select 'cache ' || min(p.call::text), p.scope, 'cache', sum(p.hits * w.cost), sum(p.hits * w.input_tokens), jsonb_build_object('hits', sum(p.hits))
        from (select scope, answer, min(call::text) as call, count(*) as hits from put group by scope, answer) p
         cross join lateral (select * from cache_answer x where x.id = p.answer offset 0) w group by p.scope)
  select coalesce(array_agg(d.n), '{}'), coalesce(array_agg(d.answer), '{}') into v_places, v_hits from (select distinct on (q.call) q.n, q.answer from put p join asked q using (call) order by q.call, q.n) d;

  if cardinality(v_places) < cardinality(p_calls) then
    for a in
      select x.*, s.account, s.terms ->> 'feature' as feature, s.terms ->> 'model' as model, s.stopped is not null or x.call < v_first as may_not, h.answer, h.request_hash,
             exists (select from call c where c.id = x.call offset 0) as is_known
        from unnest(p_calls, p_scopes, p_keys, p_hashes, p_ttl_ms, p_alone) with ordinality as x (call, scope, key_hex, hash, ttl_ms, alone, n)
        cross join lateral (select * from scope y where y.id = x.scope offset 0) s
        left join lateral (select * from cache_hit y where y.call = x.call offset 0) h on true where x.n <> all (v_places) order by x.key_hex, x.n
    loop
      if a.answer is not null then
        if a.request_hash = decode(a.hash, 'hex') then
          v_places := v_places || a.n::int;
          v_hits := v_hits || a.answer;
        else
          v_others := v_others || jsonb_build_object('n', a.n, 'kind', 'conflict');
        end if;
        continue;
      end if;
      f := null;
      if not a.may_not and not a.is_known and not a.alone then
        insert into cache_flight as c (key, flight, call, request_hash, account, feature, model, until)
          values (decode(a.key_hex, 'hex'), gen_random_uuid(), a.call, a.hash, a.account, a.feature, a.model, v_now + make_interval(secs => p_lease_ms / 1000.0))
          on conflict (key) do update set flight = excluded.flight, call = excluded.call, request_hash = excluded.request_hash, account = excluded.account, feature = excluded.feature,
              model = excluded.model, until = excluded.until, is_vain = false
            where c.until <= v_now or c.call = excluded.call
          returning * into f;
        -- The one before put its answer while this one waited for its row.
        if f.key is not null and exists (select from cache_entry e where e.key = f.key and e.expires_at > v_now and e.made_at > v_now - make_interval(secs => a.ttl_ms / 1000.0)) then
          delete from cache_flight where key = f.key;
          f := null;
        end if;
        if f.key is null and not exists (select from cache_flight c where c.key = decode(a.key_hex, 'hex') and c.is_vain) then
          v_others := v_others || jsonb_build_object('n', a.n, 'kind', 'follow');
          continue;
        end if;
      elsif not a.may_not and a.is_known then
        -- It leads already, and was interrupted.
        select * into f from cache_flight where key = decode(a.key_hex, 'hex') and call = a.call;
      end if;
      if not a.may_not and not a.is_known then insert into cache_miss (call, at, scope) values (a.call, v_now, a.scope) on conflict do nothing; end if;
      v_others := v_others || case when f.key is null then jsonb_build_object('n', a.n, 'kind', 'own') else jsonb_build_object('n', a.n, 'kind', 'lead', 'flight', f.flight) end;
    end loop;
  end if;
  return jsonb_build_object('others', v_others,
    'hits', (select coalesce(json_agg(json_build_array(u.n, u.answer::text)), '[]') from unnest(v_places, v_hits) as u (n, answer)),
    'left', (select coalesce(json_object_agg(s.id, coalesce(left_of(s.linked_set), 0)::text), '{}') from (select distinct p_scopes[u.n] as id from unnest(v_places) as u (n)) d
       cross join lateral (select * from scope y where y.id = d.id offset 0) s),
    'answers', (select coalesce(json_object_agg(c.id, json_build_object('saved', c.cost::text, 'madeAt', c.made_at, 'answer', c.answer)), '{}')
       from (select distinct u.answer from unnest(v_places, v_hits) as u (n, answer) where p_known[u.n] is distinct from u.answer) d
       cross join lateral (select * from cache_answer y where y.id = d.answer offset 0) c));
end $$;

-- ── What was prepared ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- `cache`: what the cache's switch said at the first time: its terms, or false; null: it was prepared before this was kept. `saw`: the strategies that were on. `scope`: what is sent.
alter table purser.prepared_call add column cache jsonb, add column saw text[], add column scope int;
create index prepared_call_by_time on purser.prepared_call using brin (at);

-- What a route saves of a line of a batch is told apart from what the batch does.
select purser.edit_function('take_prepared', $x$'answeredModel', s.terms ->> 'model',$x$, $x$'answeredModel', s.terms ->> 'model', 'isOfBatch', s.terms ->> 'endpoint' = 'batchGenerateContent',$x$);
select purser.edit_function('prepared_json', $x$'tokens', p.tokens)$x$, $x$'tokens', p.tokens, 'cache', p.cache)$x$),
  purser.edit_function('put_prepared', 'cuts, removed, tokens, look_at)', 'cuts, removed, tokens, cache, saw, scope, look_at)'),
  purser.edit_function('put_prepared', $x$p -> 'removed', (p ->> 'tokens')::bigint,$x$, $x$p -> 'removed', (p ->> 'tokens')::bigint, p -> 'cache',
      array(select jsonb_array_elements_text(p -> 'saw')), case when p ? 'terms' then (intern_scope(p -> 'terms')).id end,$x$);

-- As in 0051; and those that were on between the instants and saved nothing, with the calls that they saw. Where the filter names more than a feature, a switch without calls is nobody's. Of
-- the cache, `calls` are hits.
create or replace function purser.savings_of(p_filter jsonb, p_from timestamptz, p_to timestamptz) returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  with noted as materialized (
    select s.strategy, s.call, s.saved, s.tokens, coalesce((s.details ->> 'hits')::bigint, 1) as calls, c.terms ->> 'feature' as feature from saving s join scope c on c.id = s.scope
     where s.at >= p_from and s.at < p_to and c.terms @> p_filter),
  scored as materialized (
    select r.call, x.quality, c.terms ->> 'feature' as feature from call_score x join reservation r on r.id = x.id join scope c on c.id = r.scope
     where x.quality is not null and r.at >= p_from and r.at < p_to and c.terms @> p_filter),
  of_feature as (select feature, count(*) as n, sum(quality) as quality from scored group by feature),
  of_strategy as (
    select d.strategy, x.feature, count(*) as n, sum(x.quality) as quality from scored x join (select distinct strategy, call from noted) d on d.call = x.call group by d.strategy, x.feature),
  summed as (
    select strategy, feature, sum(calls)::bigint as calls, total(saved) as saved, coalesce(sum(tokens), 0) as tokens from noted group by strategy, feature),
  missed as (
    select c.terms ->> 'feature' as feature, sum(m.misses)::bigint as misses
      from (select scope, count(*) as misses from cache_miss where at >= p_from and at < p_to group by scope
        union all select scope, sum(misses) from cache_missed where hour >= p_from and hour < p_to group by scope) m join scope c on c.id = m.scope where c.terms @> p_filter group by 1),
  seen as (
    select w.strategy, c.terms ->> 'feature' as feature, sum(p.calls)::bigint as calls
      from (select scope, saw, count(*) as calls from prepared_call where at >= p_from and at < p_to and id < first_id(p_to) and scope is not null group by scope, saw) p
      join scope c on c.id = p.scope cross join unnest(p.saw) as w (strategy) where c.terms @> p_filter group by 1, 2),
  said as (select feature, route, compress, cache, at, lead(at, 1, 'infinity') over (partition by feature order by id) as until from saving_switch),
  switched as (
    select distinct v.strategy, s.feature from said s cross join lateral (values ('route', s.route), ('compress', s.compress), ('cache', s.cache)) v (strategy, terms)
     where jsonb_typeof(v.terms) = 'object' and s.at < p_to and s.until > p_from and p_filter - 'feature' = '{}' and s.feature = coalesce(p_filter ->> 'feature', s.feature)),
  met as (
    select strategy, feature from summed union select 'cache', feature from missed union select strategy, feature from seen union select strategy, feature from switched where feature <> '*'),
  -- What is on for every feature is told by feature, if anybody met it.
  named as (select * from met union all select s.* from switched s where s.feature = '*' and not exists (select from met m where m.strategy = s.strategy)),
  lines as (
    select n.strategy, n.feature, coalesce(u.calls, 0) as calls, coalesce(u.saved, 0) as saved, coalesce(u.tokens, 0) as tokens, case n.strategy when 'cache' then coalesce(m.misses, 0) else 0 end as misses,
           greatest(coalesce(u.calls, 0) + case n.strategy when 'cache' then coalesce(m.misses, 0) else 0 end, coalesce(p.calls, 0)) as seen
      from named n left join summed u on u.strategy = n.strategy and u.feature is not distinct from n.feature
      left join seen p on p.strategy = n.strategy and p.feature is not distinct from n.feature left join missed m on m.feature is not distinct from n.feature)
  select coalesce(jsonb_agg(jsonb_build_object('strategy', u.strategy, 'feature', u.feature, 'calls', u.calls::text, 'seen', u.seen::text, 'misses', u.misses::text, 'saved', u.saved::text,
      'tokens', u.tokens::text,
      'scoredWith', coalesce(w.n, 0)::text, 'qualityWith', coalesce(w.quality, 0)::text,
      'scoredWithout', (coalesce(f.n, 0) - coalesce(w.n, 0))::text, 'qualityWithout', (coalesce(f.quality, 0) - coalesce(w.quality, 0))::text)
      order by u.saved desc, u.strategy, u.feature), '[]')
    from lines u left join of_feature f on f.feature is not distinct from u.feature
    left join of_strategy w on w.strategy = u.strategy and w.feature is not distinct from u.feature
$$;

grant select on purser.cache_hit, purser.dropped_hits, purser.cache_missed to purser_app;
revoke execute on all functions in schema purser from public;
grant execute on function purser.hear_cached, purser.ask_cache to purser_app;
