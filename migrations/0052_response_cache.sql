-- 0052: the response cache. An answer is kept for a while under the hash of what was asked; who asks the same hears it at no cost.
-- Why: the same question twice is paid for twice; and a hundred at once must be one request.
-- Locks: none beyond those of new tables and functions; purser.entry for a moment, for a check that reads nothing; the view purser.request is replaced.
-- Undo: drop what is new here, when no entry is of the kind `cached`.
--
-- A hit is a call that cost nothing: one narrow row, its receipt, named by an entry that moves no counter. So sums, lists and the audit know it as they know what was paid for.
-- Nothing of a prompt is stored but the hash of its request.

alter table purser.entry drop constraint entry_kind_known, add constraint entry_kind_known check (kind in ('open', 'opening', 'calls', 'reserve', 'release',
  'settle', 'uncovered', 'reject', 'hand_on', 'presume', 'house', 'adjust', 'cap', 'expire', 'plan', 'status', 'billed', 'fx', 'cached')) not valid;

-- An answer that was kept at any time, as hits tell it. It stays when it is heard no more: those who heard it hear it again, for ever.
create table purser.cache_answer (
  id           bigint generated always as identity primary key,
  made_at      timestamptz not null,
  -- Whose answer it was, what it cost then in nano-EUR, and its input in tokens.
  attempt      uuid not null,
  cost         bigint not null,
  input_tokens bigint not null,
  answer       json not null
);
create trigger cache_answer_append_only before update or delete or truncate on purser.cache_answer for each statement execute function purser.refuse_change();

create table purser.cache_entry (
  id         bigint primary key references purser.cache_answer,
  -- SHA-256 of what was asked, and for whom.
  key        bytea not null constraint cache_entry_once unique,
  made_at    timestamptz not null,
  expires_at timestamptz not null,
  -- Whose call made it.
  account    text not null,
  feature    text,
  model      text not null,
  -- The answer with its blob.
  bytes      bigint not null
);
create index cache_entry_by_account on purser.cache_entry (account, id);
create index cache_entry_by_end on purser.cache_entry (expires_at);

-- How much an account has in the cache.
create table purser.cache_size (
  account text primary key,
  entries bigint not null,
  bytes   bigint not null
) with (fillfactor = 50);

-- Somebody asks the provider: others with the same key wait for the answer. It is put only while this row is there.
create table purser.cache_flight (
  key          bytea primary key,
  flight       uuid not null,
  call         uuid not null,
  -- Of its whole request: the answer of one that was made smaller, or asked another model, is not what is waited for.
  request_hash text not null,
  account      text not null,
  feature      text,
  model        text not null,
  until        timestamptz not null,
  -- Its answer was none to keep: who comes within a moment asks for itself, not one after the other.
  is_vain      boolean not null default false
) with (fillfactor = 70);

-- A call that was answered from the cache. Nearly all that a hit writes: so it has one index that is written at random places, and no more columns than needed.
create table purser.cache_hit (
  call         uuid primary key,
  at           timestamptz not null,
  answer       bigint not null,
  scope        int not null,
  request_hash bytea not null
);
create index cache_hit_by_time on purser.cache_hit using brin (at) with (autosummarize = on);
create trigger cache_hit_append_only before update or delete or truncate on purser.cache_hit for each statement execute function purser.refuse_change();

-- A call for which there was nothing.
create table purser.cache_miss (
  call  uuid primary key,
  at    timestamptz not null,
  scope int not null references purser.scope
);
create index cache_miss_by_time on purser.cache_miss (at);
grant select on purser.cache_answer, purser.cache_entry, purser.cache_size, purser.cache_flight, purser.cache_hit, purser.cache_miss to purser_app;

-- As in 0033; and what was answered from the cache.
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
  select h.call, '00000000-0000-0000-0000-000000000000'::uuid, h.call, null, null, null, h.at, h.at, h.scope, null, 'settled', null, 'answer', null,
         0::bigint, 0::numeric, '{}', '{}', '{}', '{}', (select a.answer from purser.cache_answer a where a.id = h.answer), true, null, encode(h.request_hash, 'hex'), '{}', '{}', '{}', null
    from purser.cache_hit h;

-- Asks for many calls at once. `hits`: `[place, answer]` of those that are answered; `answers`: those of them that the asker does not know; `left`: what the budgets of each scope
-- have left. `others`: `lead` (it asks the provider), `follow` (somebody does), `own` (it asks for itself), `conflict` (its call was answered another request).
create function purser.ask_cache(p_calls uuid[], p_scopes int[], p_keys text[], p_hashes text[], p_ttl_ms bigint[], p_known bigint[], p_alone boolean[], p_lease_ms bigint) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_low constant timestamptz := (select low_water from ledger_state);
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
  v_now := clock_timestamp();

  -- Neither answered from here before, nor known to the ledger, nor stopped.
  with asked as (
    select x.n, x.call, x.scope, x.hash, e.id as answer
      from unnest(p_calls, p_scopes, p_keys, p_hashes, p_ttl_ms) with ordinality as x (call, scope, key, hash, ttl_ms, n)
      cross join lateral (select * from cache_entry c where c.key = decode(x.key, 'hex') offset 0) e
     where e.expires_at > v_now and e.made_at > v_now - make_interval(secs => x.ttl_ms / 1000.0) and started_at(x.call) >= v_low
       and not exists (select from call c where c.id = x.call offset 0) and (select s.stopped is null from scope s where s.id = x.scope)),
  put as materialized (
    insert into cache_hit (call, at, answer, scope, request_hash) select distinct on (call) call, v_now, answer, scope, decode(hash, 'hex') from asked order by call
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
      select x.*, s.account, s.terms ->> 'feature' as feature, s.terms ->> 'model' as model, s.stopped is not null or started_at(x.call) < v_low as may_not, h.answer, h.request_hash,
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

-- So much less, or more, of these accounts.
create function purser.count_cached(p_accounts text[], p_entries bigint[], p_bytes bigint[]) returns void language sql as $$
  insert into purser.cache_size as c (account, entries, bytes) select account, sum(entries), sum(bytes) from unnest(p_accounts, p_entries, p_bytes) as u (account, entries, bytes)
      group by account order by account
    on conflict (account) do update set entries = c.entries + excluded.entries, bytes = c.bytes + excluded.bytes
$$;

-- These are forgotten. How many were there.
create function purser.forget_cached(p_ids bigint[]) returns int language plpgsql as $$
declare
  v_accounts text[];
  v_bytes bigint[];
begin
  with gone as (delete from purser.cache_entry where id in (select id from purser.cache_entry where id = any (p_ids) order by id for update skip locked) returning account, bytes)
  select array_agg(account), array_agg(-bytes) into v_accounts, v_bytes from gone;
  if v_accounts is null then return 0; end if;
  perform purser.count_cached(v_accounts, array_fill(-1::bigint, array[cardinality(v_accounts)]), v_bytes);
  return cardinality(v_accounts);
end $$;

-- The oldest of an account beyond its bounds, a few at a time.
create function purser.trim_account(p_account text, p_entries_max bigint, p_bytes_max bigint, p_limit int) returns int language plpgsql as $$
declare
  v_size purser.cache_size;
begin
  select * into v_size from purser.cache_size where account = p_account;
  if v_size.account is null or (v_size.entries <= p_entries_max and v_size.bytes <= p_bytes_max) then return 0; end if;
  return purser.forget_cached(array(
    select o.id from (select e.id, row_number() over (order by e.id) as n, sum(e.bytes) over (order by e.id) - e.bytes as before
        from (select id, bytes from purser.cache_entry where account = p_account order by id limit p_limit) e) o
     where o.n <= v_size.entries - p_entries_max or o.before < v_size.bytes - p_bytes_max));
end $$;

-- Keeps the answer of the attempt that leads this flight, as it is booked. False: the flight was invalidated, or lost to another. Again: no effect.
create function purser.put_cached(p_key text, p_flight uuid, p_attempt uuid, p_ttl_ms bigint, p_entries_max bigint, p_bytes_max bigint) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp set enable_seqscan = off as $$
declare
  f purser.cache_flight;
  v purser.cache_answer;
  v_bytes bigint;
begin
  delete from cache_flight where key = decode(p_key, 'hex') and flight = p_flight returning * into f;
  if not found then return '{"put": false}'; end if;
  select r.cost, p.answer, coalesce((select total(c.quantity) from unnest(p.units, p.quantities) as c (unit, quantity) where c.unit like 'input%'), 0)
    into v.cost, v.answer, v.input_tokens
    from reservation r join receipt p on p.reservation_id = r.id and p.token = r.token
   where r.id = p_attempt and r.call = f.call and r.request_hash = f.request_hash and r.state = 'settled' and r.cost_source = 'answer';
  if not found then return '{"put": false}'; end if;
  perform forget_cached(array(select id from cache_entry where key = f.key));
  if exists (select from cache_entry where key = f.key) then return '{"put": false}'; end if;
  v.made_at := clock_timestamp();
  insert into cache_answer (made_at, attempt, cost, input_tokens, answer)
    values (v.made_at, p_attempt, v.cost, v.input_tokens, json_build_object('usage', '[]'::json, 'response', v.answer -> 'response', 'blob', v.answer -> 'blob', 'flags', '["cached"]'::json,
      'durationMs', null, 'source', 'cached')) returning * into v;
  v_bytes := coalesce((v.answer -> 'blob' ->> 'bytes')::bigint, 0) + octet_length(v.answer::text);
  insert into cache_entry (id, key, made_at, expires_at, account, feature, model, bytes)
    values (v.id, f.key, v.made_at, v.made_at + make_interval(secs => p_ttl_ms / 1000.0), f.account, f.feature, f.model, v_bytes);
  perform count_cached(array[f.account], array[1], array[v_bytes]), trim_account(f.account, p_entries_max, p_bytes_max, 100);
  return '{"put": true}';
end $$;

-- It is still under way: whoever is lost says nothing, and is waited for no more. False: another leads, or it was invalidated.
create function purser.hold_flight(p_key text, p_flight uuid, p_lease_ms bigint) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
begin
  update cache_flight set until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0) where key = decode(p_key, 'hex') and flight = p_flight;
  return jsonb_build_object('held', found);
end $$;

-- Nobody is waited for any more: the next who asks leads; or, when the answer was none to keep (`p_is_vain`), those who ask now ask for themselves.
create function purser.leave_flight(p_key text, p_flight uuid, p_is_vain boolean) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
begin
  if p_is_vain then update cache_flight set is_vain = true, until = clock_timestamp() + interval '10 seconds' where key = decode(p_key, 'hex') and flight = p_flight;
  else delete from cache_flight where key = decode(p_key, 'hex') and flight = p_flight;
  end if;
  return '{}';
end $$;

-- Forgets what is kept of an account, a feature or a model (null: any), a page at a time; what is asked now is not kept either. `until`: of the first page, for the next ones.
create function purser.clear_cache(p_account text, p_feature text, p_model text, p_until bigint, p_limit int) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_until bigint := p_until;
  v_ids bigint[];
  v_bytes bigint;
begin
  if p_limit not between 1 and 10000 then perform fail('bad_input', 'a page has 1 to 10000 answers'); end if;
  if v_until is null then
    -- First, and one who is putting is waited for: what it put is seen below.
    delete from cache_flight where key in (select key from cache_flight
      where (p_account is null or account = p_account) and (p_feature is null or feature = p_feature) and (p_model is null or model = p_model) order by key for update);
    v_until := coalesce((select max(id) from cache_entry), 0);
  end if;
  select coalesce(array_agg(id), '{}'), coalesce(total(bytes), 0) into v_ids, v_bytes from (
    select id, bytes from cache_entry where id <= v_until and (p_account is null or account = p_account) and (p_feature is null or feature = p_feature) and (p_model is null or model = p_model)
     order by id limit p_limit for update) e;
  perform forget_cached(v_ids);
  return jsonb_build_object('removed', cardinality(v_ids), 'bytes', v_bytes::text, 'until', v_until::text, 'more', cardinality(v_ids) = p_limit);
end $$;

-- What is kept, and since an instant: hits, misses and what hits saved, by feature, of those of an account or of all.
create function purser.cache_stats(p_account text, p_since timestamptz, p_limit int) returns jsonb language plpgsql stable security definer set search_path = purser, pg_temp as $$
begin
  if p_limit not between 1 and 1000 then perform fail('bad_input', 'a page has 1 to 1000 features'); end if;
  return (
    with kept as (select feature, count(*) as entries, total(bytes) as bytes from cache_entry where (p_account is null or account = p_account) and expires_at > clock_timestamp() group by 1),
    hit as (select s.terms ->> 'feature' as feature, count(*) as hits, total(c.cost) as saved from cache_hit h join cache_answer c on c.id = h.answer join scope s on s.id = h.scope
       where h.at >= p_since and (p_account is null or s.account = p_account) group by 1),
    miss as (select s.terms ->> 'feature' as feature, count(*) as misses from cache_miss m join scope s on s.id = m.scope
       where m.at >= p_since and (p_account is null or s.account = p_account) group by 1),
    named as (select feature from kept union select feature from hit union select feature from miss),
    line as (select n.feature, coalesce(k.entries, 0) as entries, coalesce(k.bytes, 0) as bytes, coalesce(h.hits, 0) as hits, coalesce(m.misses, 0) as misses, coalesce(h.saved, 0) as saved
      from named n left join kept k on k.feature is not distinct from n.feature left join hit h on h.feature is not distinct from n.feature
      left join miss m on m.feature is not distinct from n.feature)
    select jsonb_build_object('entries', coalesce(sum(entries), 0)::int, 'bytes', coalesce(sum(bytes), 0)::text, 'hits', coalesce(sum(hits), 0)::int, 'misses', coalesce(sum(misses), 0)::int,
        'saved', coalesce(sum(saved), 0)::text, 'features', coalesce((select jsonb_agg(jsonb_build_object('feature', l.feature, 'entries', l.entries, 'bytes', l.bytes::text, 'hits', l.hits,
          'misses', l.misses, 'saved', l.saved::text) order by l.saved desc, l.feature) from (select * from line order by saved desc, feature limit p_limit) l), '[]'))
      from line);
end $$;

-- One page of what the cache need not keep: what is over, the oldest beyond what all may have, old misses. How many went.
create function purser.trim_cache(p_entries_max bigint, p_bytes_max bigint, p_limit int) returns int language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_gone int;
  v_size record;
begin
  if p_limit not between 1 and 10000 then perform fail('bad_input', 'a page has 1 to 10000 answers'); end if;
  v_gone := forget_cached(array(select id from cache_entry where expires_at <= clock_timestamp() order by expires_at limit p_limit));
  select coalesce(sum(entries), 0) as entries, coalesce(sum(bytes), 0) as bytes into v_size from cache_size;
  if v_size.entries > p_entries_max or v_size.bytes > p_bytes_max then
    v_gone := v_gone + forget_cached(array(
      select o.id from (select e.id, row_number() over (order by e.id) as n, sum(e.bytes) over (order by e.id) - e.bytes as before
          from (select id, bytes from cache_entry order by id limit p_limit) e) o
       where o.n <= v_size.entries - p_entries_max or o.before < v_size.bytes - p_bytes_max));
  end if;
  delete from cache_flight where until < clock_timestamp() - interval '1 day';
  delete from cache_miss where call in (select call from cache_miss where at < clock_timestamp() - interval '100 days' order by at limit p_limit);
  return v_gone;
end $$;

revoke execute on all functions in schema purser from public;
grant execute on function purser.ask_cache, purser.put_cached, purser.hold_flight, purser.leave_flight, purser.clear_cache, purser.cache_stats, purser.trim_cache to purser_app;
