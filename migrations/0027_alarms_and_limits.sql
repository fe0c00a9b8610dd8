-- 0027: alarms where machines listen, and what a model takes. A stale rate, a unit without a price, a violated bound and a stopped model are events of the
-- outbox, each once.
-- Why: an alarm in a log reaches nobody who does not read it.
-- Locks: purser.outbox and purser.receipt exclusively, for a moment (columns and triggers that no old row needs).   Undo: drop what is new here.

-- ── Alarms ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

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

-- Told by whoever looks at the rates, once a day at most: a key that is there has no effect.
create function purser.tell_stale_rate(p_newest date) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
begin
  insert into purser.outbox (kind, key, details)
    values ('rate_stale', (clock_timestamp() at time zone 'UTC')::date::text, jsonb_build_object('newest', p_newest)) on conflict do nothing;
  return jsonb_build_object('told', found);
end $$;

-- What was charged at a price that is not its own: a unit, or the tier or model that answered, has none.
create function purser.note_unpriced(p_reservation uuid, p_token uuid, p_scope int, p_answer jsonb, p_units text[], p_price_ids int[]) returns void
language plpgsql as $$
declare
  v_tier constant text := p_answer -> 'response' ->> 'tier';
  v_units text[];
  v_terms jsonb;
begin
  if not coalesce(p_answer -> 'flags' ? 'unpriced', false) then return; end if;
  select array_agg(distinct l.unit) filter (where b.unit <> l.unit or b.tier <> v_tier) into v_units
    from unnest(p_units, p_price_ids) as l (unit, price) join purser.price b on b.id = l.price;
  if v_units is null then
    v_units := case when p_units <> '{}' then array(select distinct unnest(p_units) order by 1)
      else array(select distinct u ->> 'unit' from jsonb_array_elements(case jsonb_typeof(p_answer -> 'usage') when 'array' then p_answer -> 'usage' else '[]' end) u order by 1) end;
  end if;
  select terms into v_terms from purser.scope where id = p_scope;
  insert into purser.outbox (kind, account, details)
    values ('unpriced', v_terms ->> 'account', jsonb_strip_nulls(jsonb_build_object('provider', v_terms ->> 'provider',
      'model', coalesce(p_answer -> 'response' ->> 'modelVersion', v_terms ->> 'model'), 'tier', v_tier, 'units', to_jsonb(v_units),
      'attempt', 'rsv_' || replace(p_reservation::text, '-', ''),
      'trackedAs', (select key from purser.tracked where reservation_id = p_reservation and token = p_token))));
end $$;

create function purser.note_unpriced_receipt() returns trigger language plpgsql as $$
begin
  perform purser.note_unpriced(new.reservation_id, new.token, new.scope, new.answer::jsonb, new.units, new.price_ids);
  return null;
end $$;
-- A receipt is written once, on whatever path, so this is told once. The condition is looked at in place: the plain path pays no call for it.
create trigger receipt_is_unpriced after insert on purser.receipt for each row when (new.answer::text like '%"unpriced"%') execute function purser.note_unpriced_receipt();

-- The same for an answer to a dropped attempt; not for what is kept of a receipt when its month is dropped: that was told when it was written.
create function purser.note_unpriced_late() returns trigger language plpgsql as $$
begin
  if exists (select from purser.receipt where reservation_id = new.reservation_id and token = new.token) then return null; end if;
  perform purser.note_unpriced(new.reservation_id, new.token, coalesce(new.scope, (select scope from purser.dropped_attempt where id = new.reservation_id)), new.receipt,
    array(select l ->> 'unit' from jsonb_array_elements(new.receipt -> 'lines') l), array(select (l ->> 'priceId')::int from jsonb_array_elements(new.receipt -> 'lines') l));
  return null;
end $$;
create trigger late_receipt_is_unpriced after insert on purser.late_receipt for each row when (new.receipt -> 'flags' ? 'unpriced')
  execute function purser.note_unpriced_late();

-- As in 0026, and told.
create or replace function purser.note_violation() returns trigger language plpgsql as $$
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

-- As in 0026, and told.
create or replace function purser.stop_violators() returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_ids constant uuid[] := array(select reservation_id from purser.bound_violation where handled_at is null order by at limit 10000);
  v record;
  v_scope jsonb;
  v_stopped jsonb := '[]';
begin
  if v_ids = '{}' then return v_stopped; end if;
  for v in
    select distinct on (b.provider, b.model) b.provider, b.model, 'rsv_' || replace(b.reservation_id::text, '-', '') as attempt from purser.bound_violation b
     where b.reservation_id = any (v_ids)
       and not exists (select from purser.model_bound m where m.provider = b.provider and m.model = b.model and m.at > b.reserved_at)
       and not exists (select from purser.stop s where s.scope = jsonb_build_object('provider', b.provider, 'model', b.model) and s.resumed_at is null)
     order by b.provider, b.model, b.at
  loop
    v_scope := jsonb_build_object('provider', v.provider, 'model', v.model);
    if (purser.stop_scope(v_scope, format('bound violated by %s: purser models raise %s --by PERCENT --why …', v.attempt, v.model)) ->> 'stopped')::boolean then
      v_stopped := v_stopped || (v_scope || jsonb_build_object('attempt', v.attempt));
      insert into purser.outbox (kind, details) values ('model_stopped', v_scope || jsonb_build_object('attempt', v.attempt));
    end if;
  end loop;
  update purser.bound_violation set handled_at = clock_timestamp() where reservation_id = any (v_ids) and handled_at is null;
  return v_stopped;
end $$;

revoke execute on all functions in schema purser from public;
grant execute on function purser.list_events, purser.tell_stale_rate to purser_app;
