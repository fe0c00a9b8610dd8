-- 0028: the HTTP API. Keys that callers show, what a repeated request hears, when a named reservation began, and who did what with the administration.
-- Why: a request that comes twice has one effect; a stolen table of keys opens nothing; and what a person changed is found again, with his name.
-- Locks: new tables and functions, none.   Undo: drop what is named here; nothing else uses it.

-- ── Keys ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- A key is shown once; its SHA-256 is enough to know it again (its secret has 256 random bits, so there is nothing to guess).
create table purser.api_key (
  id           int generated always as identity primary key,
  sha256       text not null constraint api_key_once unique constraint api_key_hash check (sha256 ~ '^[0-9a-f]{64}$'),
  -- Enough to tell keys apart on a screen, far too little to guess the rest.
  prefix       text not null,
  name         text not null,
  scopes       text[] not null constraint api_key_scopes_known check (
                 cardinality(scopes) > 0 and
                 scopes <@ array['track:write', 'reservations:write', 'budgets:read', 'budgets:write', 'reports:read', 'jobs:write', 'admin']),
  -- Null: the whole installation.
  account      text references purser.account,
  created_at   timestamptz not null default clock_timestamp(),
  expires_at   timestamptz,
  revoked_at   timestamptz,
  revoked_why  text,
  last_used_at timestamptz,
  -- The key that takes its place.
  replaced_by  int references purser.api_key
);
grant select on purser.api_key to purser_app;

-- Acts of administration: who did what, when, in which request.
create table purser.audit_act (
  id         bigint generated always as identity primary key,
  at         timestamptz not null default clock_timestamp(),
  -- `key_7`, or `cli:ada`.
  who        text not null,
  -- `key.create`
  act        text not null,
  account    text,
  what       jsonb not null,
  request_id text
);
create trigger audit_act_append_only before update or delete or truncate on purser.audit_act
  for each statement execute function purser.refuse_change();
grant select on purser.audit_act to purser_app;

create function purser.note_act(p_who text, p_act text, p_account text, p_what jsonb, p_request_id text) returns bigint
language sql security definer set search_path = purser, pg_temp as $$
  insert into purser.audit_act (who, act, account, what, request_id) values (p_who, p_act, p_account, p_what, p_request_id) returning id
$$;

-- A key as everybody may see it who may see keys at all.
create function purser.api_key_json(k purser.api_key) returns jsonb language sql stable as $$
  select jsonb_build_object('id', k.id, 'prefix', k.prefix, 'name', k.name, 'scopes', to_jsonb(k.scopes), 'account', k.account, 'createdAt', k.created_at,
    'expiresAt', k.expires_at, 'revokedAt', k.revoked_at, 'revokedWhy', k.revoked_why, 'lastUsedAt', k.last_used_at, 'replacedBy', k.replaced_by,
    'state', case when k.revoked_at is not null then 'revoked' when k.expires_at <= clock_timestamp() then 'expired' else 'active' end)
$$;

create function purser.create_api_key(p_sha256 text, p_prefix text, p_name text, p_scopes text[], p_account text, p_expires_at timestamptz, p_who text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  k purser.api_key;
begin
  if p_expires_at <= clock_timestamp() then
    perform purser.fail('bad_input', format('a key that ends %s has ended already', p_expires_at));
  elsif p_account is not null and not exists (select from purser.account where id = p_account) then
    perform purser.fail('unknown_account', format('there is no account "%s"', p_account));
  end if;
  insert into purser.api_key (sha256, prefix, name, scopes, account, expires_at)
    values (p_sha256, p_prefix, p_name, p_scopes, p_account, p_expires_at) returning * into k;
  perform purser.note_act(p_who, 'key.create', p_account, purser.api_key_json(k) - 'state', null);
  return purser.api_key_json(k);
end $$;

-- A key in place of another one, with its name, scopes and account; the old one goes on until it ends, so that nothing stands still meanwhile.
create function purser.rotate_api_key(p_id int, p_sha256 text, p_prefix text, p_overlap interval, p_expires_at timestamptz, p_who text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  o purser.api_key;
  k purser.api_key;
begin
  select * into o from purser.api_key where id = p_id for update;
  if o.id is null then
    perform purser.fail('not_found', format('there is no key %s', p_id));
  elsif o.revoked_at is not null or o.expires_at <= clock_timestamp() then
    perform purser.fail('conflict', format('key %s is over: make a new one', p_id));
  elsif o.replaced_by is not null then
    perform purser.fail('conflict', format('key %s was replaced by key %s: rotate that one', p_id, o.replaced_by));
  end if;
  insert into purser.api_key (sha256, prefix, name, scopes, account, expires_at)
    values (p_sha256, p_prefix, o.name, o.scopes, o.account, p_expires_at) returning * into k;
  update purser.api_key set replaced_by = k.id, expires_at = least(expires_at, clock_timestamp() + p_overlap) where id = o.id returning * into o;
  perform purser.note_act(p_who, 'key.rotate', o.account, jsonb_build_object('id', o.id, 'replacedBy', k.id, 'expiresAt', o.expires_at), null);
  return jsonb_build_object('made', purser.api_key_json(k), 'old', purser.api_key_json(o));
end $$;

-- From now on it opens nothing (a process that has just looked it up: within seconds). Again: no effect. `p_account`: only a key of this account.
create function purser.revoke_api_key(p_id int, p_account text, p_why text, p_who text, p_request_id text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  k purser.api_key;
begin
  perform purser.require_reason(p_why);
  select * into k from purser.api_key where id = p_id and (p_account is null or account = p_account) for update;
  if k.id is null then
    perform purser.fail('not_found', format('there is no key %s', p_id));
  elsif k.revoked_at is null then
    update purser.api_key set revoked_at = clock_timestamp(), revoked_why = p_why where id = k.id returning * into k;
    perform purser.note_act(p_who, 'key.revoke', k.account, jsonb_build_object('id', k.id, 'why', p_why), p_request_id);
  end if;
  return purser.api_key_json(k);
end $$;

-- The key that somebody shows; null when there is none. It may be over: its holder hears that.
create function purser.find_api_key(p_sha256 text) returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  select purser.api_key_json(k) from purser.api_key k where k.sha256 = p_sha256
$$;

-- Written lazily: who asks says when it was used last.
create function purser.touch_api_key(p_id int) returns boolean language sql security definer set search_path = purser, pg_temp as $$
  update purser.api_key set last_used_at = clock_timestamp() where id = p_id and coalesce(last_used_at, '-infinity') < clock_timestamp() - interval '55 seconds'
    returning true
$$;

create function purser.list_api_keys(p_account text, p_after int, p_limit int) returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  select coalesce(jsonb_agg(purser.api_key_json(k) order by k.id), '[]')
    from (select * from purser.api_key where id > p_after and (p_account is null or account = p_account) order by id limit p_limit) k
$$;

create function purser.list_acts(p_account text, p_after bigint, p_limit int) returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', a.id::text, 'at', a.at, 'who', a.who, 'act', a.act, 'account', a.account, 'what', a.what, 'requestId', a.request_id) order by a.id), '[]')
    from (select * from purser.audit_act where id > p_after and (p_account is null or account = p_account) order by id limit p_limit) a
$$;

-- What cursors are signed with: one for all processes, made here, and shown to nobody outside.
create table purser.api_secret (secret text not null);
insert into purser.api_secret values (replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''));
create unique index api_secret_one on purser.api_secret ((true));
grant select on purser.api_secret to purser_app;

-- ── Requests that come twice ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- An answered request, written in the transaction of its effect: whoever finds the row finds the effect.
create table purser.api_request (
  key_id    int not null references purser.api_key,
  key       text not null,
  body_hash text not null,
  at        timestamptz not null default clock_timestamp(),
  status    int,
  answer    jsonb,
  constraint api_request_once primary key (key_id, key)
);
create index api_request_by_time on purser.api_request (at);
grant select on purser.api_request to purser_app;

-- `new`: go on, and end it in this transaction. Another transaction that has the same request in hand is not waited for.
create function purser.begin_request(p_key_id int, p_key text, p_body_hash text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  q purser.api_request;
begin
  if not pg_try_advisory_xact_lock(hashtextextended(p_key_id || ' ' || p_key, 7233823328)) then
    return jsonb_build_object('kind', 'running');
  end if;
  insert into purser.api_request (key_id, key, body_hash) values (p_key_id, p_key, p_body_hash) on conflict do nothing;
  if found then return jsonb_build_object('kind', 'new'); end if;
  select * into strict q from purser.api_request where key_id = p_key_id and key = p_key;
  if q.body_hash <> p_body_hash then return jsonb_build_object('kind', 'reused', 'at', q.at); end if;
  return jsonb_build_object('kind', 'replay', 'status', q.status, 'answer', q.answer);
end $$;

create function purser.end_request(p_key_id int, p_key text, p_status int, p_answer jsonb) returns boolean
language sql security definer set search_path = purser, pg_temp as $$
  update purser.api_request set status = p_status, answer = p_answer where key_id = p_key_id and key = p_key returning true
$$;

-- When a call was asked for first that is named by a text without a time in it: the time is part of a call's name. `space`: whose names these are.
create table purser.api_call (
  space text not null,
  key   text not null,
  at    timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  constraint api_call_once primary key (space, key)
);
create index api_call_by_time on purser.api_call (at);
grant select on purser.api_call to purser_app;

create function purser.api_call_start(p_space text, p_key text) returns timestamptz
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_at timestamptz;
begin
  select at into v_at from purser.api_call where space = p_space and key = p_key;
  if found then return v_at; end if;
  insert into purser.api_call (space, key) values (p_space, p_key) on conflict do nothing returning at into v_at;
  if found then return v_at; end if;
  -- Another one's, committed a moment ago.
  return (select at from purser.api_call where space = p_space and key = p_key);
end $$;

-- Forgets requests that are older, a page at a time. Nobody repeats them any more.
create function purser.forget_requests(p_before timestamptz, p_limit int) returns int
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_requests int;
  v_calls int;
begin
  delete from purser.api_request where ctid = any (array(select ctid from purser.api_request where at < p_before limit p_limit for update skip locked));
  get diagnostics v_requests = row_count;
  delete from purser.api_call where ctid = any (array(select ctid from purser.api_call where at < p_before limit p_limit for update skip locked));
  get diagnostics v_calls = row_count;
  return v_requests + v_calls;
end $$;

-- ── Reservations of callers that send by themselves ─────────────────────────────────────────────────────────────────────────────────────────────

-- An attempt of this installation as the API shows it, with all that its settle needs; null when there is none.
create function purser.api_reservation(p_installation uuid, p_id uuid) returns jsonb
language sql stable security definer set search_path = purser, pg_temp set enable_seqscan = off as $$
  select jsonb_build_object('go', purser.go_json(r), 'token', r.token, 'state', r.state, 'account', s.account, 'terms', s.terms, 'termsHash', r.request_hash,
    'at', r.at, 'validUntil', r.dispatched_at + make_interval(secs => r.request_timeout_ms / 1000.0), 'presumedFrom', purser.presumed_from(r),
    'endedAt', r.ended_at, 'why', r.ended_why, 'cost', r.cost::text, 'source', r.cost_source,
    'answer', (select purser.answer_json(a) from purser.reservation a where a.id = r.id and r.state = 'settled'),
    'lines', (select jsonb_agg(jsonb_build_object('unit', l.unit, 'quantity', l.quantity::text, 'priceId', l.price_id, 'rateId', l.rate_id, 'picoUsd', l.pico_usd::text,
        'nanoEur', l.nano_eur::text) order by l.line) from purser.cost_line l where l.reservation_id = r.id and l.token = r.token),
    'budgets', (select jsonb_agg(jsonb_build_object('id', b.id, 'name', b.name, 'account', b.account, 'period', p.period,
        'remaining', (purser.real_cap(v.cap) - v.reserved - v.spent)::text) order by b.id)
      from purser.balance v join purser.budget_period p on p.id = v.budget_period_id join purser.budget b on b.id = p.budget_id
     where v.budget_period_id = any (purser.periods_of(r.linked_set))))
    from purser.reservation r join purser.call c on c.id = r.call join purser.scope s on s.id = r.scope
   where r.id = p_id and r.token is not null and c.installation = p_installation
$$;

revoke execute on function purser.note_act, purser.api_key_json, purser.create_api_key, purser.rotate_api_key, purser.revoke_api_key, purser.find_api_key,
  purser.touch_api_key, purser.list_api_keys, purser.list_acts, purser.begin_request, purser.end_request, purser.api_call_start,
  purser.forget_requests, purser.api_reservation from public;
grant execute on function purser.note_act, purser.create_api_key, purser.rotate_api_key, purser.revoke_api_key, purser.find_api_key,
  purser.touch_api_key, purser.list_api_keys, purser.list_acts, purser.begin_request, purser.end_request, purser.api_call_start,
  purser.forget_requests, purser.api_reservation to purser_app;
