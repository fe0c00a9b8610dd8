-- 0014: storage. Readers of the outbox and its pruning; months of calls that are dropped, and what stands for them afterwards.
-- Why: what others want to hear must reach them although commits come in another order than transactions begin; and a ledger that keeps every call
-- for ever grows without end, while a late answer or a bill must still find its place, once, and every counter must still be explained.
-- Locks: the months of attempts take SHARE UPDATE EXCLUSIVE for a moment, for their new fillfactor; else new tables and functions.
-- Undo: drop the tables and functions that are new here, and replace the others by those of 0004 to 0013. What was dropped does not come back.

-- ── The outbox ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- Who reads the outbox, and how far everything is acknowledged. The order is that of (xid, id), and only what is older than every open
-- transaction is read: a transaction that commits late then still comes before what is read next, never behind it.
create table purser.outbox_consumer (
  name     text primary key constraint outbox_consumer_name_form check (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  xid      xid8 not null,
  id       bigint not null,
  made_at  timestamptz not null default clock_timestamp(),
  moved_at timestamptz not null default clock_timestamp()
);

-- A consumer that hears everything that is kept, or only what happens from now on. Again: no effect.
create function purser.add_outbox_consumer(p_name text, p_from_start boolean) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
begin
  if p_name !~ '^[a-z0-9][a-z0-9._-]{0,62}$' then
    perform purser.fail('bad_input', format('"%s" is no name of a consumer: use small letters, digits and . _ -, 63 at most', p_name));
  end if;
  insert into purser.outbox_consumer (name, xid, id)
    values (p_name, case when p_from_start then '0'::xid8 else pg_snapshot_xmin(pg_current_snapshot()) end, 0) on conflict do nothing;
  return jsonb_build_object('made', found);
end $$;

create function purser.outbox_consumer_of(p_name text) returns purser.outbox_consumer language plpgsql stable as $$
declare
  v purser.outbox_consumer;
begin
  select * into v from purser.outbox_consumer where name = p_name;
  if not found then
    perform purser.fail('not_found', format('nobody named "%s" reads the outbox: there are %s', p_name,
      coalesce((select string_agg(name, ', ' order by name) from purser.outbox_consumer), 'no consumers')));
  end if;
  return v;
end $$;

-- The next events of a consumer, in order. Stable, so that the events and the oldest open transaction are seen in one snapshot.
create function purser.read_outbox(p_name text, p_limit int) returns jsonb language plpgsql stable security definer
  set search_path = purser, pg_temp set enable_seqscan = off as $$
declare
  v purser.outbox_consumer := purser.outbox_consumer_of(p_name);
begin
  if p_limit not between 1 and 1000 then perform purser.fail('bad_input', 'a page has 1 to 1000 events'); end if;
  return (select coalesce(jsonb_agg(jsonb_build_object('position', format('%s.%s', o.xid, o.id), 'at', o.at, 'kind', o.kind, 'budgetId', b.id,
      'budget', b.name, 'budgetPeriodId', p.id, 'period', p.period, 'version', o.version::text, 'account', o.account, 'details', o.details)
      order by o.xid, o.id), '[]')
    from (select * from purser.outbox where (xid, id) > (v.xid, v.id) and xid < pg_snapshot_xmin(pg_current_snapshot())
           order by xid, id limit p_limit) o
    join purser.budget_period p on p.id = o.budget_period_id join purser.budget b on b.id = p.budget_id);
end $$;

-- Everything up to this event is dealt with. Never backwards: of two who acknowledge, the further one counts.
create function purser.acknowledge_outbox(p_name text, p_position text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v purser.outbox_consumer := purser.outbox_consumer_of(p_name);
  v_xid xid8 := split_part(p_position, '.', 1)::xid8;
  v_id bigint := split_part(p_position, '.', 2)::bigint;
begin
  if (v_xid, v_id) <= (v.xid, v.id) then return jsonb_build_object('moved', false); end if;
  -- A position that was never read would skip what comes before it.
  if not exists (select from purser.outbox where xid = v_xid and id = v_id and xid < pg_snapshot_xmin(pg_current_snapshot())) then
    perform purser.fail('bad_input', format('"%s" is no event that "%s" has read', p_position, p_name));
  end if;
  update purser.outbox_consumer set xid = v_xid, id = v_id, moved_at = clock_timestamp() where name = p_name and (xid, id) < (v_xid, v_id);
  return jsonb_build_object('moved', found);
end $$;

-- From now on nothing is kept for it.
create function purser.forget_outbox_consumer(p_name text) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v purser.outbox_consumer := purser.outbox_consumer_of(p_name);
begin
  delete from purser.outbox_consumer where name = v.name;
  return jsonb_build_object('forgotten', found);
end $$;

-- How far each consumer is behind.
create function purser.list_outbox_consumers() returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('name', c.name, 'unread', u.unread, 'oldestUnreadAt', u.oldest, 'movedAt', c.moved_at) order by c.name), '[]')
    from purser.outbox_consumer c
    cross join lateral (select count(*) as unread, min(o.at) as oldest from purser.outbox o where (o.xid, o.id) > (c.xid, c.id)) u
$$;

-- Drops what every consumer has read and is older than so many days; looks at the `p_limit` oldest events at most.
create function purser.prune_outbox(p_days int, p_limit int) returns int language plpgsql security definer
  set search_path = purser, pg_temp set enable_seqscan = off as $$
declare
  v_pruned int;
begin
  if p_days < 1 then perform purser.fail('bad_input', 'events are kept for a day at least'); end if;
  delete from purser.outbox o using (select xid, id, at from purser.outbox order by xid, id limit p_limit) h
   where o.id = h.id and h.at < clock_timestamp() - make_interval(days => p_days)
     and not exists (select from purser.outbox_consumer c where (c.xid, c.id) < (h.xid, h.id));
  get diagnostics v_pruned = row_count;
  return v_pruned;
end $$;

-- The next amount spent that somebody wants to hear of: the lowest threshold that was not told yet, rounded up. As a whole number: numeric rounds
-- to the nearest, and who had spent exactly a threshold was not told.
create or replace function purser.next_alert(p_thresholds int[], p_told int[], p_cap bigint) returns bigint language sql immutable as $$
  select coalesce(min(ceil(purser.real_cap(p_cap)::numeric * t / 100)::bigint), 9223372036854775807) from unnest(p_thresholds) t where t <> all (p_told)
$$;
update purser.balance v set alert_at = purser.next_alert(b.thresholds, p.told, v.cap)
  from purser.budget_period p join purser.budget b on b.id = p.budget_id
 where p.id = v.budget_period_id and p.ends_at > clock_timestamp() and v.alert_at <> purser.next_alert(b.thresholds, p.told, v.cap);

-- As before; but a threshold that stands in its list twice is told once.
create or replace function purser.tell(p_period int, p_overrun_before bigint) returns void language plpgsql as $$
declare
  v purser.balance;
  p purser.budget_period;
  b purser.budget;
  v_crossed int[];
begin
  select * into strict v from purser.balance where budget_period_id = p_period;
  select * into strict p from purser.budget_period where id = p_period;
  select * into strict b from purser.budget where id = p.budget_id;
  v_crossed := array(select distinct t from unnest(b.thresholds) t where t <> all (p.told) and v.spent::numeric * 100 >= purser.real_cap(v.cap)::numeric * t order by t);
  insert into purser.outbox (kind, budget_period_id, version, account, details)
    select 'threshold', p_period, v.version, b.account, jsonb_build_object('percent', t, 'cap', purser.real_cap(v.cap)::text, 'spent', v.spent::text)
      from unnest(v_crossed) t;
  if v.overrun > p_overrun_before then
    insert into purser.outbox (kind, budget_period_id, version, account, details)
      values ('overrun', p_period, v.version, b.account, jsonb_build_object('cap', v.cap::text, 'spent', v.spent::text, 'reserved', v.reserved::text,
        'overrun', v.overrun::text));
  end if;
  if v.wanted > 0 and v.cap - v.reserved - v.spent >= v.wanted then
    insert into purser.outbox (kind, budget_period_id, version, account, details)
      values ('freed', p_period, v.version, b.account, jsonb_build_object('remaining', (v.cap - v.reserved - v.spent)::text, 'wanted', v.wanted::text));
    update purser.balance set wanted = 0 where budget_period_id = p_period;
  end if;
  update purser.budget_period set told = told || v_crossed where id = p_period and v_crossed <> '{}';
  update purser.balance set alert_at = purser.next_alert(b.thresholds, p.told || v_crossed, v.cap) where budget_period_id = p_period;
end $$;

-- ── Months of calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
--
-- A month is kept, then frozen, then dropped. Freezing raises the low-water mark: calls of jobs that started before it are too old, and nothing
-- writes into the month any more. What is kept of its attempts is then copied, a page at a time, and only then its tables are dropped.
-- Settles and corrections of attempts before the mark go to what is kept of them, from the moment of the freeze on.

-- What is kept of an attempt whose month is dropped: its key, its money, and where that is booked. `cost` is its total when the month was
-- frozen, `corrected` the total that a late answer or a bill has named since; `source` named the newest of them.
create table purser.dropped_attempt (
  id          uuid constraint dropped_attempt_once primary key,
  token       uuid,
  at          timestamptz not null,
  amount      bigint not null,
  cost        bigint,
  corrected   bigint constraint dropped_attempt_corrected_not_negative check (corrected >= 0),
  scope       int not null,
  linked_set  int not null,
  attempt     int not null,
  is_answered boolean not null,
  source      text
);
create index dropped_attempt_by_scope on purser.dropped_attempt (scope, at);
create index dropped_attempt_corrected on purser.dropped_attempt (id) where corrected is not null;

-- Receipts that stand in no month: those that came after their month was frozen, and what a dropped month held of answers without cover.
create table purser.late_receipt (
  reservation_id uuid not null,
  token          uuid not null,
  at             timestamptz not null default clock_timestamp(),
  cost           bigint not null constraint late_receipt_cost_not_negative check (cost >= 0),
  scope          int,
  is_covered     boolean not null,
  receipt        jsonb not null,
  constraint late_receipt_once primary key (reservation_id, token)
);

-- A month that is frozen or dropped, why, and what the operator vouched for. Its ids are from `from_id` to before `to_id`; `kept_to` is the last
-- attempt that was copied.
create table purser.dropped_month (
  month             text primary key constraint dropped_month_form check (month ~ '^\d{4}-(0[1-9]|1[0-2])$'),
  from_id           uuid not null,
  to_id             uuid not null,
  why               text not null,
  statements_sealed boolean not null constraint dropped_month_statements_sealed check (statements_sealed),
  bill_reconciled   boolean not null constraint dropped_month_bill_reconciled check (bill_reconciled),
  frozen_at         timestamptz not null default clock_timestamp(),
  kept_to           uuid,
  attempts          bigint not null default 0,
  dropped_at        timestamptz,
  bytes             bigint
);

-- What the attempts of a month had cost on a budget period when it was frozen: stands for them where counters are explained.
create table purser.checkpoint (
  month            text not null references purser.dropped_month,
  budget_period_id int not null references purser.budget_period,
  attempts         bigint not null,
  spent            bigint not null,
  constraint checkpoint_once primary key (month, budget_period_id)
);

grant select on purser.outbox_consumer, purser.dropped_attempt, purser.late_receipt, purser.dropped_month, purser.checkpoint to purser_app;

-- A call or an attempt from before the low-water mark.
create function purser.is_too_old(p_id uuid) returns boolean language sql stable as $$
  select purser.started_at(p_id) < low_water from purser.ledger_state
$$;
-- Attempts before it are in no month any more; there is only what is kept of them. Null while nothing was dropped.
create function purser.dropped_before() returns uuid language sql stable as $$
  select to_id from purser.dropped_month where dropped_at is not null order by month desc limit 1
$$;

-- What is to be kept of the attempts that there are. The only place here that knows all these columns of theirs. (A value, not `exists`: for
-- that all receipts would be hashed, for every page.)
create function purser.attempts_to_keep() returns setof purser.dropped_attempt language sql stable as $$
  select r.id, r.token, r.at, r.amount, r.cost, null::bigint, r.scope, r.linked_set, r.attempt,
         coalesce((select true from purser.receipt p where p.reservation_id = r.id and p.token = r.token), false), r.cost_source
    from purser.reservation r
$$;

-- Shared by what ends attempts one at a time (a batch shares the generation), so that no month is frozen between its look and its commit. A lock
-- of its own: whoever changes budgets need not wait for these, nor they for him.
create function purser.share_months() returns void language sql as $$ select pg_advisory_xact_lock_shared(7233823303) $$;
-- Exclusive, but nothing becomes stale: no reserve, dispatch, settle or correction is under way from here to the commit.
create function purser.hold_months() returns void language sql as $$
  select pg_advisory_xact_lock(7233823302);
  select pg_advisory_xact_lock(7233823303)
$$;

create function purser.month_start(p_month text) returns timestamptz language plpgsql stable as $$
begin
  if p_month !~ '^\d{4}-(0[1-9]|1[0-2])$' then perform purser.fail('bad_input', format('"%s" is no month: write it like 2026-11', p_month)); end if;
  return (p_month || '-01')::timestamp at time zone 'UTC';
end $$;

-- The tables that hold calls of these months: those that are partitioned by an id, whatever they are named.
create function purser.month_tables() returns table (month text, parent name, part regclass) language sql stable as $$
  select replace(right(c.relname, 7), '_', '-'), p.relname, c.oid::regclass
    from pg_partitioned_table t join pg_class p on p.oid = t.partrelid and p.relnamespace = 'purser'::regnamespace
    join pg_attribute a on a.attrelid = p.oid and a.attnum = t.partattrs[0] and a.atttypid = 'uuid'::regtype
    join pg_inherits i on i.inhparent = p.oid join pg_class c on c.oid = i.inhrelid and c.relname ~ '_\d{4}_\d\d$'
$$;

-- Why a month may not be dropped now. `p_since`: no attempt from before it is open (as the sweeper knows), so only later ones are looked at.
create function purser.month_obstacles(p_month text, p_since timestamptz) returns text[] language plpgsql stable as $$
declare
  v_from timestamptz := purser.month_start(p_month);
  v_to timestamptz := v_from + interval '1 month';
  v_open bigint;
  v_unbooked bigint := (select count(*) from purser.unbooked where resolved_at is null and reservation_id < purser.first_id(v_to));
  v_older text := (select min(month) from purser.month_tables() where month < p_month);
begin
  select count(*) into v_open from purser.reservation
   where id >= purser.first_id(v_from) and id < purser.first_id(v_to) and at >= p_since and state in ('reserved', 'dispatched', 'in_doubt');
  return array_remove(array[
    case when v_to + interval '1 month' > clock_timestamp() then format('jobs of %s may still be on their way: a month is kept until %s', p_month,
      to_char((v_to + interval '1 month') at time zone 'UTC', 'YYYY-MM-DD')) end,
    case when v_older is not null then format('%s is older and must be dropped first', v_older) end,
    case when v_open > 0 then format('%s of its attempts are still open: their money is not spent, and not free', v_open) end,
    case when v_unbooked > 0 then format('%s of its answers are not booked yet', v_unbooked) end], null);
end $$;

-- The months that there are, and those that were: oldest first. `attempts` of a month that is kept is Postgres' own estimate, or null.
create function purser.list_months() returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('month', coalesce(t.month, d.month),
      'state', case when d.month is null then 'kept' when d.dropped_at is null then 'frozen' else 'dropped' end,
      'attempts', case when d.dropped_at is null then t.attempts else d.attempts end, 'bytes', coalesce(t.bytes, d.bytes),
      'why', d.why, 'frozenAt', d.frozen_at, 'droppedAt', d.dropped_at) order by coalesce(t.month, d.month)), '[]')
    from (select m.month, sum(pg_total_relation_size(m.part))::bigint as bytes,
                 max(c.reltuples) filter (where m.parent = 'reservation' and c.reltuples >= 0)::bigint as attempts
            from purser.month_tables() m join pg_class c on c.oid = m.part group by 1) t
    full join purser.dropped_month d on d.month = t.month
$$;

-- What dropping a month would do, and what stands in its way. Looks at every attempt of it; changes nothing.
create function purser.inspect_month(p_month text) returns jsonb language plpgsql stable security definer set search_path = purser, pg_temp as $$
declare
  v_from timestamptz := purser.month_start(p_month);
  v_month jsonb := (select m from jsonb_array_elements(purser.list_months()) m where m ->> 'month' = p_month);
begin
  if v_month is null then perform purser.fail('not_found', format('there are no calls of %s: `purser months list` shows the months', p_month)); end if;
  if v_month ->> 'state' = 'dropped' then return v_month || jsonb_build_object('obstacles', '{}'::text[]); end if;
  return v_month || jsonb_build_object(
    'attempts', (select count(*) from purser.reservation where id >= purser.first_id(v_from) and id < purser.first_id(v_from + interval '1 month')),
    'obstacles', case v_month ->> 'state' when 'kept' then purser.month_obstacles(p_month, '-infinity') else '{}' end);
end $$;

-- The first step: raises the low-water mark, so that calls of this month and before are too old, and lets nothing write into its tables any
-- more. The operator vouches for what the ledger cannot see. Again: no effect.
create function purser.freeze_month(p_month text, p_why text, p_statements_sealed boolean, p_bill_reconciled boolean) returns jsonb
language plpgsql set search_path = purser, pg_temp set lock_timeout = '1s' as $$
declare
  v_from timestamptz := purser.month_start(p_month);
  v_to timestamptz := v_from + interval '1 month';
  v_obstacles text[];
  t record;
begin
  if not (p_statements_sealed and p_bill_reconciled) then
    perform purser.fail('bad_input', format('%s may be dropped only when its statements are sealed and its bill is reconciled', p_month));
  end if;
  perform purser.hold_months();
  if exists (select from purser.dropped_month where month = p_month) then return purser.inspect_month(p_month); end if;
  if not exists (select from purser.month_tables() where month = p_month) then
    perform purser.fail('not_found', format('there are no calls of %s: `purser months list` shows the months', p_month));
  end if;
  v_obstacles := purser.month_obstacles(p_month, (select swept_to from purser.ledger_state));
  if v_obstacles <> '{}' then
    perform purser.fail('conflict', format('%s cannot be dropped: %s', p_month, array_to_string(v_obstacles, '; ')));
  end if;
  insert into purser.dropped_month (month, from_id, to_id, why, statements_sealed, bill_reconciled)
    values (p_month, purser.first_id(v_from), purser.first_id(v_to), p_why, p_statements_sealed, p_bill_reconciled);
  update purser.ledger_state set low_water = greatest(low_water, v_to);
  for t in select parent, part from purser.month_tables() where month = p_month order by parent loop
    execute format('alter table %s add constraint %I check (false) not valid', t.part, t.parent || '_frozen');
  end loop;
  return purser.inspect_month(p_month);
end $$;

-- The second step, a page at a time: copies what is kept of the next attempts of a frozen month, and adds them to its checkpoints. It can be
-- broken off and gone on with: what is frozen does not change.
create function purser.keep_attempts(p_month text, p_limit int) returns jsonb
language plpgsql set search_path = purser, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
  m purser.dropped_month;
  v_after uuid;
  v_to uuid;
  v_until uuid;
  v_kept int;
begin
  select * into m from purser.dropped_month where month = p_month for update;
  if not found then perform purser.fail('conflict', format('%s is not frozen', p_month)); end if;
  if m.dropped_at is not null then return jsonb_build_object('kept', 0, 'more', false); end if;
  -- No call has the first id of a millisecond: its hash would be zero.
  v_after := coalesce(m.kept_to, m.from_id);
  with page as materialized (
    select k.* from purser.attempts_to_keep() k where k.id > v_after and k.id < m.to_id order by k.id limit p_limit),
  copied as (insert into purser.dropped_attempt select * from page on conflict do nothing),
  summed as (
    insert into purser.checkpoint as c (month, budget_period_id, attempts, spent)
      select p_month, unnest(l.period_ids), count(*), coalesce(purser.total(page.cost), 0) from page join purser.linked_set l on l.id = page.linked_set group by 2
      on conflict on constraint checkpoint_once do update set attempts = c.attempts + excluded.attempts, spent = c.spent + excluded.spent)
  select count(*), (array_agg(id order by id desc))[1] into v_kept, v_to from page;
  if exists (select from purser.reservation where id > v_after and id <= v_to and state in ('reserved', 'dispatched', 'in_doubt')) then
    raise exception 'broken promise: an attempt of % is open although the month is frozen', p_month;
  end if;
  -- Answers without cover belong to no attempt that we know, so they come with the ids around them.
  v_until := case when v_kept = p_limit then v_to else m.to_id end;
  insert into purser.late_receipt (reservation_id, token, at, cost, scope, is_covered, receipt)
    select p.reservation_id, p.token, p.at, p.cost, p.scope, false, p.answer::jsonb from purser.receipt p
     where p.reservation_id > v_after and p.reservation_id <= v_until and p.period_ids is not null
    on conflict do nothing;
  update purser.dropped_month set kept_to = coalesce(v_to, kept_to), attempts = attempts + v_kept where month = p_month;
  return jsonb_build_object('kept', v_kept, 'more', v_kept = p_limit);
end $$;

-- The last step: drops the month's tables, when all that is to be kept of them is. Again: no effect.
create function purser.drop_month(p_month text) returns jsonb
language plpgsql set search_path = purser, pg_temp set lock_timeout = '1s' as $$
declare
  m purser.dropped_month;
  v_there record;
  v_kept record;
  v_changed boolean;
  t regclass;
begin
  select * into m from purser.dropped_month where month = p_month;
  if not found then perform purser.fail('conflict', format('%s is not frozen', p_month)); end if;
  if m.dropped_at is null then
    -- Frozen, so this can be compared before anything is locked.
    select count(*) as n, count(token) as sent, purser.total(amount) as amount, purser.total(cost) as cost into v_there
      from purser.reservation where id >= m.from_id and id < m.to_id;
    select count(*) as n, count(token) as sent, purser.total(amount) as amount, purser.total(cost) as cost into v_kept
      from purser.dropped_attempt where id >= m.from_id and id < m.to_id;
    if v_there is distinct from v_kept or v_there.n <> m.attempts then
      perform purser.fail('conflict', format('not everything of %s is kept yet: %s attempts are there, %s are kept', p_month, v_there.n, m.attempts));
    end if;
  end if;
  perform purser.hold_months();
  update purser.dropped_month set dropped_at = clock_timestamp(),
      bytes = (select sum(pg_total_relation_size(part)) from purser.month_tables() where month = p_month)
   where month = p_month and dropped_at is null;
  v_changed := found;
  for t in select part from purser.month_tables() where month = p_month order by parent loop
    execute format('drop table %s', t);
  end loop;
  return purser.inspect_month(p_month) || jsonb_build_object('changed', v_changed);
end $$;

-- A month from before the low-water mark is not made again. Attempts' pages are filled to 30 in a hundred, not 45: then all three
-- versions of each have room beside each other (HOT), however soon the old ones may go. At 45 a quarter of the updates left their page when two
-- batches were in the air.
create or replace function purser.make_partitions(p_instant timestamptz) returns boolean
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_month timestamptz := date_trunc('month', p_instant, 'UTC');
  v_parent text;
  v_name text;
  v_made boolean := false;
begin
  perform pg_advisory_xact_lock(7233823301);
  if v_month < (select low_water from purser.ledger_state) then
    perform purser.fail('too_old', format('calls of %s have been dropped', to_char(v_month at time zone 'UTC', 'YYYY-MM')));
  end if;
  foreach v_parent in array array['call', 'refusal', 'reservation', 'receipt'] loop
    v_name := v_parent || to_char(v_month at time zone 'UTC', '_YYYY_MM');
    continue when to_regclass('purser.' || v_name) is not null;
    execute format('create table purser.%I (like purser.%I including defaults including constraints including storage)%s', v_name, v_parent,
      case v_parent when 'reservation' then ' with (fillfactor = 30)' when 'call' then ' with (fillfactor = 90)' else '' end);
    execute format('alter table purser.%I attach partition purser.%I for values from (%L) to (%L)', v_parent, v_name,
      purser.first_id(v_month), purser.first_id(v_month + interval '1 month'));
    execute format('grant select on purser.%I to purser_app', v_name);
    v_made := true;
  end loop;
  return v_made;
end $$;
-- Counters are few and narrow, and every one may get many versions while one old snapshot lasts: a page is filled to 10 in a hundred.
alter table purser.balance set (fillfactor = 10);
do $$
declare
  t regclass;
begin
  for t in select part from purser.month_tables() where parent = 'reservation' loop
    execute format('alter table %s set (fillfactor = 30)', t);
  end loop;
end $$;

-- ── What comes after the freeze ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- As before; but no month is frozen between this look and the commit, and an attempt before the mark is none.
create or replace function purser.lock_attempt(p_reservation uuid) returns purser.reservation language plpgsql as $$
declare
  v_call uuid;
  r purser.reservation;
begin
  perform purser.share_months();
  if purser.is_too_old(p_reservation) then return r; end if;
  v_call := (select call from purser.reservation where id = p_reservation);
  perform from purser.call where id = v_call for update;
  perform from purser.reservation where id between purser.attempts_from(v_call) and purser.attempts_to(v_call) and call = v_call order by id for update;
  select * into r from purser.reservation where id = p_reservation;
  return r;
end $$;

-- What is kept of an attempt before the mark, locked; nulls when there is none. Its page may still be to come: then it is copied here.
create function purser.lock_dropped(p_reservation uuid) returns purser.dropped_attempt language plpgsql as $$
declare
  d purser.dropped_attempt;
begin
  insert into purser.dropped_attempt select k.* from purser.attempts_to_keep() k where k.id = p_reservation on conflict do nothing;
  insert into purser.late_receipt (reservation_id, token, at, cost, scope, is_covered, receipt)
    select p.reservation_id, p.token, p.at, p.cost, p.scope, false, p.answer::jsonb from purser.receipt p
     where p.reservation_id = p_reservation and p.period_ids is not null on conflict do nothing;
  select * into d from purser.dropped_attempt where id = p_reservation for update;
  return d;
end $$;

-- The cost of an answer is the sum of its lines, each of them exact, at a price that is in the book.
create function purser.require_lines(p_receipt jsonb) returns void language plpgsql as $$
begin
  if (select coalesce(purser.total(l."nanoEur"), 0) <> (p_receipt ->> 'cost')::bigint or coalesce(purser.total(l."picoUsd"), 0) <> (p_receipt ->> 'picoUsd')::bigint
           or not coalesce(bool_and(l."picoUsd" = div(l.quantity::numeric * l."picoUsdPer" + l.per - 1, l.per)
             and l."nanoEur" = div(l."picoUsd"::numeric * 1000 + l."usdMicrosPerEur" - 1, l."usdMicrosPerEur")
             and exists (select from purser.price p where p.id = l."priceId")), true)
        from jsonb_to_recordset(p_receipt -> 'lines') as l (quantity bigint, "priceId" int, "picoUsdPer" bigint, per bigint, "picoUsd" bigint,
          "usdMicrosPerEur" bigint, "nanoEur" bigint)) then
    perform purser.fail('conflict', 'the cost is not the sum of its lines, or names a price that is not in the price book');
  end if;
end $$;

-- The answer to a settle of an attempt before the mark. The call's first answer may be dropped with its month: this one's stands for it.
create function purser.late_answer(d purser.dropped_attempt, p_receipt jsonb) returns jsonb language sql stable as $$
  select jsonb_build_object('kind', 'settled', 'overBound', (p_receipt ->> 'cost')::bigint > d.amount, 'answer', jsonb_build_object(
    'kind', 'answered', 'reservationId', d.id, 'attempt', d.attempt, 'amount', d.amount::text, 'cost', p_receipt ->> 'cost',
    'left', purser.left_of(d.linked_set)::text, 'usage', p_receipt -> 'usage', 'blob', p_receipt -> 'blob', 'response', p_receipt -> 'response',
    'flags', p_receipt -> 'flags'))
$$;

-- A settle of an attempt before the mark: once per id and token, on the budget periods of its reservation, or as spent without cover.
create function purser.settle_dropped(p_reservation uuid, p_token uuid, p_receipt jsonb) returns jsonb language plpgsql as $$
declare
  v_cost bigint := (p_receipt ->> 'cost')::bigint;
  v_account text := p_receipt ->> 'account';
  v_source text := coalesce(p_receipt ->> 'source', 'answer');
  d purser.dropped_attempt := purser.lock_dropped(p_reservation);
  v_is_covered boolean := d.id is not null and d.token is not distinct from p_token;
  v_known bigint;
begin
  if v_is_covered and d.is_answered then
    -- Booked before the freeze. What a bill or a person has named since says nothing about that receipt's cost.
    if d.corrected is null and d.source in ('answer', 'presumption') and d.cost <> v_cost then
      perform purser.fail('conflict', format('this answer was booked at %s nano-EUR, not %s', d.cost, v_cost));
    end if;
    return purser.late_answer(d, p_receipt);
  end if;
  if v_source = 'answer' then perform purser.require_lines(p_receipt); end if;
  insert into purser.late_receipt (reservation_id, token, cost, scope, is_covered, receipt)
    values (p_reservation, p_token, v_cost, (select id from purser.scope where id = (p_receipt ->> 'scope')::int and account = v_account), v_is_covered, p_receipt)
    on conflict on constraint late_receipt_once do nothing;
  if not found then
    select cost into strict v_known from purser.late_receipt where reservation_id = p_reservation and token = p_token;
    if v_known <> v_cost then perform purser.fail('conflict', format('this answer was booked at %s nano-EUR, not %s', v_known, v_cost)); end if;
  elsif not v_is_covered then
    perform purser.book('uncovered', v_account, null, array(select p.id from purser.budget_period p join purser.budget b on b.id = p.budget_id
      where p.id in (select jsonb_array_elements_text(p_receipt -> 'budgetPeriods')::int) and (b.account is null or b.account = v_account)),
      0, v_cost, format('%s %s', p_reservation, p_token), 'an answer to an attempt that the ledger does not know');
  elsif purser.rank_of(d.source) > purser.rank_of(v_source) then
    perform purser.book('settle', v_account, d.id, purser.periods_of(d.linked_set), 0, 0, null, 'answer after a ' || d.source);
  else
    perform purser.book('settle', v_account, d.id, purser.periods_of(d.linked_set), 0, v_cost - coalesce(d.corrected, d.cost, 0), null,
      'answer after its month was frozen');
    update purser.dropped_attempt set corrected = v_cost, source = v_source where id = d.id;
  end if;
  return case when v_is_covered then purser.late_answer(d, p_receipt) else jsonb_build_object('kind', 'uncovered') end;
end $$;

-- Settles are never refused: what cannot be booked is kept in `unbooked`, for people. Only faults that may pass are raised. A month may be on
-- its way to being frozen, which is looked at first of all.
create or replace function purser.settle(p_reservation uuid, p_token uuid, p_receipt jsonb) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp set enable_seqscan = off as $$
begin
  perform purser.share_months();
  if purser.is_too_old(p_reservation) then return purser.settle_dropped(p_reservation, p_token, p_receipt); end if;
  return purser.settle_or_fail(p_reservation, p_token, p_receipt);
exception when sqlstate 'PU001' or data_exception or integrity_constraint_violation then
  insert into purser.unbooked (operation, reservation_id, token, request, reason)
    values ('settle', p_reservation, p_token, p_receipt, sqlerrm)
    on conflict do nothing;
  return jsonb_build_object('kind', 'unbooked', 'reason', sqlerrm);
end $$;

-- As before; before the mark the difference is computed from what is kept of the attempt. And a person who says that an attempt in doubt cost
-- nothing is not believed while its answer may still come.
create or replace function purser.adjust(p_reservation uuid, p_total bigint, p_source text, p_source_id text, p_why text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_key constant text := format('%s %s %s', p_source, p_source_id, p_reservation);
  v_known purser.entry;
  r purser.reservation;
  d purser.dropped_attempt;
  v_account text;
begin
  perform purser.require_text(p_source_id, 200, 'the source''s id', 'name the line or the note that says so, so that its repeat has no effect'),
    purser.require_reason(p_why);
  if p_total is null or p_total < 0 then perform purser.fail('bad_input', 'a cost cannot be below zero'); end if;
  if p_source is null or p_source not in ('bill', 'person') then perform purser.fail('bad_input', format('"%s" is no source of a correction: bill or person', p_source)); end if;
  r := purser.lock_attempt(p_reservation);
  if purser.is_too_old(p_reservation) then
    d := purser.lock_dropped(p_reservation);
    r.id := d.id;
    r.token := d.token;
    r.scope := d.scope;
    r.linked_set := d.linked_set;
    r.cost := coalesce(d.corrected, d.cost);
    r.cost_source := d.source;
    r.state := case when d.token is null then 'released' when r.cost is null then 'rejected' else 'settled' end;
  end if;
  if r.id is null then perform purser.fail('not_found', format('there is no attempt %s', p_reservation)); end if;
  select * into v_known from purser.entry where kind = 'adjust' and key = v_key;
  if found then
    if v_known.reason <> format('%s: %s', p_total, p_why) then perform purser.fail('conflict', format('the correction "%s" was booked with other terms', v_key)); end if;
    return jsonb_build_object('kind', 'adjusted', 'changed', false, 'state', r.state, 'cost', r.cost::text);
  end if;
  if r.token is null then
    perform purser.fail('conflict', format('attempt %s was never sent, so nothing can have been billed for it', p_reservation));
  elsif p_source = 'person' and r.state = 'dispatched' then
    perform purser.fail('conflict', format('attempt %s is on its way: wait until it is answered or in doubt', p_reservation));
  elsif p_source = 'person' and p_total = 0 and r.state = 'in_doubt' then
    perform purser.fail('conflict', format('attempt %s may still be answered: that it cost nothing can be said from %s on, when it is presumed', p_reservation,
      to_char(purser.presumed_from(r) at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')));
  elsif r.cost is not null and purser.rank_of(p_source) < purser.rank_of(r.cost_source) then
    return jsonb_build_object('kind', 'outranked', 'changed', false, 'state', r.state, 'cost', r.cost::text, 'source', r.cost_source);
  end if;
  v_account := (select account from purser.scope where id = r.scope);
  perform purser.book('adjust', v_account, r.id, purser.periods_of(r.linked_set),
    case when r.state in ('dispatched', 'in_doubt') then -r.amount else 0 end, p_total - coalesce(r.cost, 0), v_key, format('%s: %s', p_total, p_why));
  if d.id is not null then
    update purser.dropped_attempt set corrected = p_total, source = p_source where id = d.id;
  -- Two moves where one would skip a state: each is one that the table of moves knows.
  elsif r.state = 'settled' then
    update purser.reservation set cost = p_total, cost_source = p_source where id = r.id;
  else
    update purser.reservation set state = 'settled', cost = p_total, cost_source = p_source, ended_at = clock_timestamp(), ended_why = p_why where id = r.id;
  end if;
  return jsonb_build_object('kind', 'adjusted', 'changed', true, 'state', 'settled', 'cost', p_total::text);
end $$;

-- What a repeated ask or a second dispatch hears, as before; but an attempt that a bill or a person has ended has a cost and no answer: who asks
-- again hears what he would of one that is presumed.
create or replace function purser.attempt_json(r purser.reservation) returns jsonb language sql stable as $$
  select case r.state
    when 'reserved' then purser.reserved_json(r)
    when 'dispatched' then jsonb_build_object('kind', 'in_flight', 'reservationId', r.id, 'until', purser.in_doubt_from(r))
    when 'released' then jsonb_build_object('kind', 'lapsed')
    when 'rejected' then jsonb_build_object('kind', 'rejected', 'reservationId', r.id, 'reason', coalesce(r.ended_why, ''))
    else coalesce(case when r.state = 'settled' then purser.answer_json(r) end,
      jsonb_build_object('kind', 'in_doubt', 'reservationId', r.id, 'held', r.amount::text, 'reason', r.ended_why))
  end
$$;

-- As in 0013; of dropped months, what is kept of them. Frozen months still have their attempts and receipts: of them only what was booked since is
-- added.
create or replace function purser.spent_so_far(p_scope jsonb, p_from timestamptz, out spent bigint, out last_entry bigint, out missing bigint[])
language sql stable as $$
  with known as (select coalesce(max(id), 0) as last from purser.entry),
  mark as (select coalesce(purser.dropped_before(), '00000000-0000-0000-0000-000000000000') as id)
  select coalesce((select purser.total(r.cost) from purser.reservation r join purser.scope s on s.id = r.scope where s.terms @> p_scope and r.at >= p_from), 0)
         + coalesce((select purser.total(p.cost) from purser.receipt p join purser.scope s on s.id = p.scope
             where p.period_ids is not null and s.terms @> p_scope and p.at >= p_from), 0)
         + coalesce((select purser.total(coalesce(d.corrected, d.cost, 0) - case when d.id < mark.id then 0 else coalesce(d.cost, 0) end)
             from purser.dropped_attempt d join purser.scope s on s.id = d.scope
             where s.terms @> p_scope and d.at >= p_from and (d.corrected is not null or d.id < mark.id)), 0)
         + coalesce((select purser.total(p.cost) from purser.late_receipt p join purser.scope s on s.id = p.scope
             where not p.is_covered and s.terms @> p_scope and p.at >= p_from
               and not exists (select from purser.receipt x where x.reservation_id = p.reservation_id and x.token = p.token)), 0),
         last, array(select n from (select id, lag(id, 1, greatest(0, last - 100000)) over (order by id) as before from purser.entry where id > last - 100000) e,
             generate_series(before + 1, id - 1) n)
    from known, mark
$$;

create or replace function purser.spent_since(p_scope jsonb, p_from timestamptz, p_last_entry bigint, p_missing bigint[]) returns bigint
language sql stable set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
  with unknown as materialized (
    select * from purser.entry where id > p_last_entry union all select * from purser.entry where id = any (p_missing)),
  moved as materialized (
    select reservation as id, spent_changes[1] as spent from unknown where reservation is not null and spent_changes <> '{}'
    union all select i.id, i.cost from unknown, unnest(settled_ids, settled_costs) as i (id, cost)),
  uncovered as materialized (
    select split_part(key, ' ', 1)::uuid as id, split_part(key, ' ', 2)::uuid as token from unknown where kind = 'uncovered')
  select coalesce((select purser.total(m.spent) from moved m
             join lateral (select r.scope, r.at from purser.reservation r where r.id = m.id
               union all select d.scope, d.at from purser.dropped_attempt d where d.id = m.id and not exists (select from purser.reservation r where r.id = m.id)) r on true
             join purser.scope s on s.id = r.scope where s.terms @> p_scope and r.at >= p_from), 0)
         + coalesce((select purser.total(p.cost) from uncovered u
             join lateral (select x.scope, x.at, x.cost from purser.receipt x where x.reservation_id = u.id and x.token = u.token
               union all select l.scope, l.at, l.cost from purser.late_receipt l where l.reservation_id = u.id and l.token = u.token
                 and not exists (select from purser.receipt x where x.reservation_id = u.id and x.token = u.token)) p on true
             join purser.scope s on s.id = p.scope where s.terms @> p_scope and p.at >= p_from), 0)
$$;

revoke execute on all functions in schema purser from public;
grant execute on function
  purser.add_outbox_consumer, purser.read_outbox, purser.acknowledge_outbox, purser.forget_outbox_consumer, purser.list_outbox_consumers,
  purser.prune_outbox, purser.list_months, purser.inspect_month
  to purser_app;
-- Freezing and dropping months is not for the app: only the ledger's owner may.
