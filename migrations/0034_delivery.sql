-- 0034: notices, where they go, and how far each has come.
-- Why: who decides that something is worth telling writes it in the transaction of what happened; it then reaches everybody who wants it, whatever is away meanwhile.
-- Locks: new tables and functions, none.   Undo: drop what is named here; nothing else uses it.

-- ── Where notices go ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

create table purser.destination (
  id             int generated always as identity primary key,
  name           text not null,
  kind           text not null constraint destination_kind_known check (kind in ('webhook', 'slack', 'email', 'log')),
  -- Its target without what opens it: a Slack address, or a query, is a secret.
  shown          text not null,
  -- `budget.threshold`, `alert.*` or `*`.
  types          text[] not null constraint destination_types_form check (
                   cardinality(types) between 1 and 50 and cardinality(types) = cardinality(string_to_array(array_to_string(types, ' '), ' '))
                   and array_to_string(types, ' ') ~ '^(\*|[a-z_]+(\.[a-z_]+)*(\.\*)?)( (\*|[a-z_]+(\.[a-z_]+)*(\.\*)?))*$'),
  -- Null: notices of every account, and those of none.
  account        text references purser.account,
  -- 0: it has none.
  secret_version int not null default 0,
  created_at     timestamptz not null default clock_timestamp(),
  disabled_at    timestamptz,
  disabled_why   text
);
create unique index destination_name_once on purser.destination (coalesce(account, ''), name) where disabled_at is null;
grant select on purser.destination to purser_app;

-- Nobody reads these two but the functions below: no grant.
create table purser.destination_target (
  destination int constraint destination_target_once primary key references purser.destination,
  target      text not null
);
create table purser.destination_secret (
  destination int not null references purser.destination,
  version     int not null,
  -- `whsec_` and base64.
  secret      text not null,
  made_at     timestamptz not null default clock_timestamp(),
  -- Null: it is the newest.
  valid_until timestamptz,
  constraint destination_secret_once primary key (destination, version)
);

create function purser.destination_json(d purser.destination) returns jsonb language sql stable as $$
  select jsonb_build_object('id', d.id, 'name', d.name, 'kind', d.kind, 'target', d.shown, 'types', to_jsonb(d.types), 'account', d.account,
    'secretVersion', nullif(d.secret_version, 0), 'createdAt', d.created_at, 'disabledAt', d.disabled_at, 'disabledWhy', d.disabled_why)
$$;

-- Locked, so that what is decided about it holds. With an account, only one of this account.
create function purser.destination_of(p_id int, p_account text) returns purser.destination language plpgsql as $$
declare
  d purser.destination;
begin
  select * into d from purser.destination where id = p_id and (p_account is null or account = p_account) for update;
  if d.id is null then perform purser.fail('not_found', format('there is no destination %s', p_id)); end if;
  return d;
end $$;

-- ── Notices ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

create table purser.notice (
  id      uuid primary key default uuidv7(),
  -- Whoever tells the same twice names it alike.
  key     text not null constraint notice_once unique,
  type    text not null constraint notice_type_form check (type ~ '^[a-z_]+(\.[a-z_]+)+$'),
  account text,
  text    text not null constraint notice_text_length check (length(text) between 1 and 10000),
  data    jsonb not null constraint notice_data_object check (jsonb_typeof(data) = 'object'),
  at      timestamptz not null default clock_timestamp()
);
grant select on purser.notice to purser_app;

-- A notice on its way to one destination.
create table purser.delivery (
  id           bigint generated always as identity primary key,
  notice       uuid not null references purser.notice,
  destination  int not null references purser.destination,
  state        text not null default 'pending' constraint delivery_state_known check (state in ('pending', 'delivered', 'dead')),
  -- Since it was sent, or sent again.
  attempts     int not null default 0,
  resends      int not null default 0,
  -- When it was put on its way, or on its way again.
  begun_at     timestamptz not null default clock_timestamp(),
  last_at      timestamptz,
  last_status  int,
  last_error   text,
  -- When it is tried again, if the last try failed.
  next_at      timestamptz,
  delivered_at timestamptz,
  dead_at      timestamptz,
  dead_why     text,
  workflow_id  text not null,
  constraint delivery_once unique (notice, destination),
  constraint delivery_ended_once check ((delivered_at is not null) = (state = 'delivered') and (dead_at is not null) = (state = 'dead'))
);
create index delivery_not_delivered on purser.delivery (state, id) where state <> 'delivered';
create index delivery_by_destination on purser.delivery (destination, id);
grant select on purser.delivery to purser_app;

-- Workflows that are to be started; gone when they are. Several workers take from it, each start for a while.
create table purser.delivery_start (
  workflow_id  text constraint delivery_start_once primary key,
  notice       uuid not null references purser.notice,
  destinations int[] not null,
  -- As in `delivery.resends`.
  run          int not null,
  at           timestamptz not null default clock_timestamp(),
  taken_until  timestamptz not null default '-infinity'
);
grant select on purser.delivery_start to purser_app;

-- A notice for these destinations, with one workflow that brings it to them. The same key again: the same id, and no effect.
create function purser.put_notice_for(p_key text, p_type text, p_account text, p_text text, p_data jsonb, p_destinations int[]) returns uuid language plpgsql as $$
declare
  v_id uuid;
begin
  insert into purser.notice (key, type, account, text, data) values (p_key, p_type, p_account, p_text, p_data) on conflict (key) do nothing returning id into v_id;
  if v_id is null then
    select id into strict v_id from purser.notice where key = p_key;
    return v_id;
  end if;
  if cardinality(p_destinations) > 0 then
    insert into purser.delivery (notice, destination, workflow_id) select v_id, d, 'notice-' || v_id from unnest(p_destinations) d order by d;
    insert into purser.delivery_start (workflow_id, notice, destinations, run) values ('notice-' || v_id, v_id, p_destinations, 0);
  end if;
  return v_id;
end $$;

-- Tells something, in the transaction in which it happened: once per key (again: the same id, and no effect), to every destination that is enabled now and takes
-- its type and account. `p_text` is for people, `p_data` an object for programs. What is about no account goes to the destinations of all.
create function purser.put_notice(p_key text, p_type text, p_account text, p_text text, p_data jsonb) returns uuid language sql as $$
  select purser.put_notice_for(p_key, p_type, p_account, p_text, p_data, array(
    select d.id from purser.destination d
     where d.disabled_at is null and (d.account is null or d.account = p_account)
       and exists (select from unnest(d.types) as t (type) where t.type in ('*', p_type) or (t.type like '%.*' and starts_with(p_type, left(t.type, -1))))
     order by d.id))
$$;

-- ── On their way ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- The next workflows to be started, taken for a while: whoever is lost meanwhile has taken nothing away. Starting one twice has no effect, by its id.
create function purser.take_starts(p_limit int, p_for interval) returns jsonb language sql security definer set search_path = purser, pg_temp as $$
  with due as (
    select workflow_id from purser.delivery_start where taken_until <= clock_timestamp() order by at limit p_limit for update skip locked),
  taken as (
    update purser.delivery_start s set taken_until = clock_timestamp() + p_for from due where s.workflow_id = due.workflow_id returning s.*)
  select coalesce(jsonb_agg(jsonb_build_object('workflowId', t.workflow_id, 'noticeId', n.id, 'type', n.type, 'run', t.run,
      'destinations', (select jsonb_agg(jsonb_build_object('id', d.id, 'name', d.name) order by d.id) from purser.destination d where d.id = any (t.destinations)))
      order by t.at, t.workflow_id), '[]')
    from taken t join purser.notice n on n.id = t.notice
$$;

-- Its workflow has been started, by whomever.
create function purser.note_started(p_workflow_id text) returns boolean language sql security definer set search_path = purser, pg_temp as $$
  with gone as (delete from purser.delivery_start where workflow_id = p_workflow_id returning 1) select exists (select from gone)
$$;

-- `go`: one attempt is to be made, with all that it needs, secrets too. `over`: it is delivered, dead, or another run's by now.
create function purser.begin_delivery(p_notice uuid, p_destination int, p_run int) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v purser.delivery;
  d purser.destination;
begin
  select * into v from purser.delivery where notice = p_notice and destination = p_destination for update;
  if v.id is null then perform purser.fail('not_found', format('there is no delivery of notice %s to destination %s', p_notice, p_destination)); end if;
  if v.state <> 'pending' or v.resends <> p_run then return jsonb_build_object('kind', 'over', 'state', v.state); end if;
  select * into strict d from purser.destination where id = p_destination;
  if d.disabled_at is not null then
    update purser.delivery set state = 'dead', dead_at = clock_timestamp(), dead_why = 'the destination is disabled: ' || d.disabled_why, next_at = null where id = v.id;
    return jsonb_build_object('kind', 'over', 'state', 'dead');
  end if;
  update purser.delivery set attempts = attempts + 1, last_at = clock_timestamp(), next_at = null where id = v.id returning * into v;
  return (
    select jsonb_build_object('kind', 'go', 'deliveryId', v.id::text, 'attempt', v.attempts, 'noticeId', n.id, 'type', n.type, 'account', n.account, 'text', n.text,
        'data', n.data, 'at', n.at, 'destination', jsonb_build_object('id', d.id, 'name', d.name, 'kind', d.kind, 'target', t.target,
          'secrets', (select coalesce(jsonb_agg(s.secret order by s.version desc), '[]') from purser.destination_secret s
            where s.destination = d.id and coalesce(s.valid_until, 'infinity') > clock_timestamp())))
      from purser.notice n join purser.destination_target t on t.destination = d.id where n.id = v.notice);
end $$;

-- What came of an attempt: `delivered`; `failed`, to be tried again at `p_next_at`; `dead`, for good; `gone`: the receiver wants no more, so its destination is
-- disabled. An attempt that ends late changes nothing, but for what it delivered.
create function purser.end_delivery(p_notice uuid, p_destination int, p_run int, p_kind text, p_status int, p_error text, p_next_at timestamptz) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v purser.delivery;
begin
  if p_kind = 'gone' then
    update purser.destination set disabled_at = clock_timestamp(), disabled_why = p_error where id = p_destination and disabled_at is null;
  end if;
  update purser.delivery v set last_status = p_status, last_error = p_error, next_at = case when p_kind = 'failed' then p_next_at end,
      state = case p_kind when 'delivered' then 'delivered' when 'failed' then 'pending' else 'dead' end,
      delivered_at = case when p_kind = 'delivered' then clock_timestamp() end,
      dead_at = case when p_kind in ('dead', 'gone') then clock_timestamp() end,
      dead_why = case when p_kind in ('dead', 'gone') then p_error end
    where notice = p_notice and destination = p_destination and resends = p_run and (state = 'pending' or (state = 'dead' and p_kind = 'delivered'))
    returning * into v;
  return jsonb_build_object('changed', v.id is not null);
end $$;

-- Nobody tries it any more.
create function purser.give_up_delivery(p_notice uuid, p_destination int, p_run int, p_why text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
begin
  update purser.delivery set state = 'dead', dead_at = clock_timestamp(), dead_why = p_why, next_at = null
    where notice = p_notice and destination = p_destination and resends = p_run and state = 'pending';
  return (select jsonb_build_object('state', state, 'attempts', attempts, 'error', last_error) from purser.delivery where notice = p_notice and destination = p_destination);
end $$;

-- ── Administration ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

create function purser.create_destination(p_name text, p_kind text, p_target text, p_shown text, p_types text[], p_account text, p_secret text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  d purser.destination;
begin
  perform purser.require_text(p_name, 100, 'the name', 'name the destination');
  if p_account is not null and not exists (select from purser.account where id = p_account) then
    perform purser.fail('unknown_account', format('there is no account "%s"', p_account));
  end if;
  insert into purser.destination (name, kind, shown, types, account, secret_version)
    values (p_name, p_kind, p_shown, p_types, p_account, (p_secret is not null)::int) on conflict do nothing returning * into d;
  if d.id is null then
    perform purser.fail('conflict', format('there is a destination "%s" already: take another name, or remove that one first', p_name));
  end if;
  insert into purser.destination_target (destination, target) values (d.id, p_target);
  if p_secret is not null then insert into purser.destination_secret (destination, version, secret) values (d.id, 1, p_secret); end if;
  return purser.destination_json(d);
end $$;

-- The newest secret, for whoever has just made it; null when there is another one by now.
create function purser.reveal_secret(p_id int, p_version int) returns text language sql stable security definer set search_path = purser, pg_temp as $$
  select s.secret from purser.destination_secret s where s.destination = p_id and s.version = p_version and s.valid_until is null
$$;

-- A new secret; those before sign beside it for `p_overlap`.
create function purser.rotate_secret(p_id int, p_account text, p_secret text, p_overlap interval) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  d purser.destination := purser.destination_of(p_id, p_account);
begin
  if d.secret_version = 0 then
    perform purser.fail('conflict', format('destination "%s" is no webhook: nothing signs what goes there', d.name));
  elsif d.disabled_at is not null then
    perform purser.fail('conflict', format('destination "%s" is disabled: enable it first', d.name));
  end if;
  update purser.destination_secret set valid_until = least(valid_until, clock_timestamp() + p_overlap) where destination = d.id and (valid_until is null or valid_until > clock_timestamp());
  delete from purser.destination_secret where destination = d.id and valid_until <= clock_timestamp();
  if (select count(*) from purser.destination_secret where destination = d.id) >= 5 then
    perform purser.fail('conflict', format('five secrets of destination "%s" are valid already: wait until the first of them ends, or rotate without an overlap', d.name));
  end if;
  update purser.destination set secret_version = secret_version + 1 where id = d.id returning * into d;
  insert into purser.destination_secret (destination, version, secret) values (d.id, d.secret_version, p_secret);
  return purser.destination_json(d) || jsonb_build_object('oldValidUntil', (select max(valid_until) from purser.destination_secret where destination = d.id));
end $$;

-- Nothing goes there any more; what was on its way ends. Again: no effect.
create function purser.disable_destination(p_id int, p_account text, p_why text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  d purser.destination := purser.destination_of(p_id, p_account);
begin
  perform purser.require_reason(p_why);
  if d.disabled_at is not null then return purser.destination_json(d) || jsonb_build_object('changed', false); end if;
  update purser.destination set disabled_at = clock_timestamp(), disabled_why = p_why where id = d.id returning * into d;
  return purser.destination_json(d) || jsonb_build_object('changed', true);
end $$;

-- It gets what is told from now on. Again: no effect.
create function purser.enable_destination(p_id int, p_account text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  d purser.destination := purser.destination_of(p_id, p_account);
begin
  if d.disabled_at is null then return purser.destination_json(d) || jsonb_build_object('changed', false); end if;
  begin
    update purser.destination set disabled_at = null, disabled_why = null where id = d.id returning * into d;
  exception when unique_violation then
    perform purser.fail('conflict', format('there is another destination "%s" by now: remove that one first', d.name));
  end;
  return purser.destination_json(d) || jsonb_build_object('changed', true);
end $$;

-- A notice for this destination alone, whatever it takes else: once per key.
create function purser.test_destination(p_id int, p_account text, p_key text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  d purser.destination := purser.destination_of(p_id, p_account);
  v_notice uuid;
begin
  perform purser.require_key(p_key);
  if d.disabled_at is not null then perform purser.fail('conflict', format('destination "%s" is disabled: enable it first', d.name)); end if;
  v_notice := purser.put_notice_for(format('test %s %s', d.id, p_key), 'destination.test', d.account, format('A test: destination "%s" gets what Purser tells.', d.name),
    jsonb_build_object('destination', d.name), array[d.id]);
  return (select purser.delivery_json(v) from purser.delivery v where v.notice = v_notice and v.destination = d.id);
end $$;

-- One destination, null when there is none; by its name, the one that is enabled, of an account or (null) of all.
create function purser.show_destination(p_id int, p_name text, p_account text) returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  select purser.destination_json(d) from purser.destination d
   where d.id = p_id or (d.name = p_name and d.account is not distinct from p_account and d.disabled_at is null)
$$;

create function purser.list_destinations(p_account text, p_disabled boolean, p_after int, p_limit int) returns jsonb
language plpgsql stable security definer set search_path = purser, pg_temp as $$
begin
  perform purser.require_limit(p_limit);
  return (select coalesce(jsonb_agg(purser.destination_json(d) order by d.id), '[]')
    from (select * from purser.destination where id > p_after and (p_account is null or account = p_account) and (p_disabled or disabled_at is null) order by id limit p_limit) d);
end $$;

create function purser.delivery_json(v purser.delivery) returns jsonb language sql stable as $$
  select jsonb_build_object('id', v.id::text, 'noticeId', n.id, 'type', n.type, 'noticeAccount', n.account, 'text', n.text, 'at', n.at,
      'destinationId', d.id, 'destination', d.name, 'kind', d.kind, 'account', d.account, 'state', v.state, 'attempts', v.attempts, 'resends', v.resends,
      'lastAt', v.last_at, 'lastStatus', v.last_status, 'lastError', v.last_error, 'nextAt', v.next_at, 'deliveredAt', v.delivered_at, 'deadAt', v.dead_at,
      'deadWhy', v.dead_why, 'workflowId', v.workflow_id)
    from purser.notice n, purser.destination d where n.id = v.notice and d.id = v.destination
$$;

create function purser.show_delivery(p_id bigint) returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  select purser.delivery_json(v) from purser.delivery v where v.id = p_id
$$;

-- Newest first, before one; with an account, those to its destinations.
create function purser.list_deliveries(p_account text, p_state text, p_notice uuid, p_destination int, p_before bigint, p_limit int) returns jsonb
language plpgsql stable security definer set search_path = purser, pg_temp as $$
begin
  perform purser.require_limit(p_limit);
  return (select coalesce(jsonb_agg(purser.delivery_json(v) order by v.id desc), '[]')
    from (select * from purser.delivery w
           where id < p_before and (p_state is null or state = p_state) and (p_notice is null or notice = p_notice) and (p_destination is null or destination = p_destination)
             and (p_account is null or exists (select from purser.destination d where d.id = w.destination and d.account = p_account))
           order by id desc limit p_limit) v);
end $$;

-- On its way again, with the id that it had: dead letters, and what a receiver has lost. What is still tried is left alone, unless its workflow must be gone.
create function purser.resend_delivery(p_id bigint, p_account text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v purser.delivery;
  d purser.destination;
begin
  select * into v from purser.delivery where id = p_id for update;
  select * into d from purser.destination where id = v.destination and (p_account is null or account = p_account);
  if d.id is null then perform purser.fail('not_found', format('there is no delivery %s', p_id)); end if;
  if d.disabled_at is not null then
    perform purser.fail('conflict', format('destination "%s" is disabled (%s): enable it first', d.name, d.disabled_why));
  elsif v.state = 'pending' and v.begun_at > clock_timestamp() - interval '4 days' then
    perform purser.fail('conflict', format('delivery %s is still being tried%s', v.id, coalesce(', next at ' || to_char(v.next_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'), '')));
  end if;
  update purser.delivery set state = 'pending', attempts = 0, resends = resends + 1, begun_at = clock_timestamp(), next_at = null, delivered_at = null, dead_at = null, dead_why = null,
      workflow_id = format('notice-%s-%s-%s', notice, id, resends + 1) where id = v.id returning * into v;
  insert into purser.delivery_start (workflow_id, notice, destinations, run) values (v.workflow_id, v.notice, array[v.destination], v.resends);
  return purser.delivery_json(v);
end $$;

revoke execute on all functions in schema purser from public;
grant execute on function purser.take_starts, purser.note_started, purser.begin_delivery, purser.end_delivery, purser.give_up_delivery, purser.create_destination, purser.reveal_secret,
  purser.rotate_secret, purser.disable_destination, purser.enable_destination, purser.test_destination, purser.show_destination, purser.list_destinations, purser.show_delivery,
  purser.list_deliveries, purser.resend_delivery to purser_app;
