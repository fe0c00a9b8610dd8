-- 0003: plans, accounts, budgets, entries. Who may spend what, and every line that ever moved a counter.
-- Why: a cap must be held by the database itself, so that no path, psql included, can reserve past it.
-- Locks: new tables, none.   Undo: drop the tables named here.

create table purser.plan_version (
  plan           text not null,
  effective_from timestamptz not null,
  monthly_cap    bigint not null constraint plan_cap_positive check (monthly_cap > 0) constraint plan_cap_in_range check (monthly_cap <= 1000000000000000000),
  source         text not null,
  primary key (plan, effective_from)
);

-- Nano-EUR: 0.10, 1.00 and 5.00 EUR a month.
insert into purser.plan_version (plan, effective_from, monthly_cap, source) values
  ('free',      '2026-01-01T00:00:00Z',  100000000, 'first plans'),
  ('paid',      '2026-01-01T00:00:00Z', 1000000000, 'first plans'),
  ('corporate', '2026-01-01T00:00:00Z', 5000000000, 'first plans');

-- The names that Postgres knew when this was migrated: its own list is read from files, which takes milliseconds.
create table purser.time_zone (name text primary key);
insert into purser.time_zone select name from pg_timezone_names where name !~ '^(posix|right)/';

create table purser.account (
  id         text primary key constraint account_id_form check (id ~ '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,99}$'),
  plan       text not null,
  time_zone  text not null,
  status     text not null default 'active' constraint account_status_known check (status in ('active', 'suspended', 'archived')),
  created_at timestamptz not null default clock_timestamp()
);

-- A call is covered by every budget whose scope it contains: '{}' covers all. The account is a column of its own only for the index.
-- A soft budget only alerts. Thresholds are in percent of the cap; each is told once a period.
create table purser.budget (
  id          int generated always as identity primary key,
  name        text not null,
  scope       jsonb not null constraint budget_scope_object check (jsonb_typeof(scope) = 'object'),
  account     text generated always as (scope ->> 'account') stored references purser.account,
  is_hard     boolean not null default true,
  period_kind text not null constraint budget_period_known check (period_kind in ('day', 'month', 'total')),
  time_zone   text not null,
  starts_at   timestamptz,
  ends_at     timestamptz,
  plan        text,
  cap         bigint constraint budget_cap_positive check (cap > 0) constraint budget_cap_in_range check (cap <= 1000000000000000000),
  thresholds  int[] not null default '{50,80,100}' constraint budget_thresholds_percent check (0 < all (thresholds)),
  created_at  timestamptz not null default clock_timestamp(),
  archived_at timestamptz,
  constraint budget_cap_or_plan check ((plan is null) <> (cap is null)),
  constraint budget_dates_only_for_total check (period_kind = 'total' or (starts_at is null and ends_at is null)),
  constraint budget_dates_in_order check (ends_at > starts_at)
);
create unique index budget_one_plan_budget_an_account on purser.budget (account) where plan is not null and archived_at is null;
create index budget_by_account on purser.budget (account) where archived_at is null;

-- Rows are locked in the order of their ids. The wider a budget, the more calls share its row, so the later it is locked and the shorter
-- it is held: wide budgets take their ids from higher numbers.
create sequence purser.narrow_period_id as int start 1 maxvalue 1499999999;
create sequence purser.wide_period_id as int start 1500000000 maxvalue 1999999999;
create sequence purser.widest_period_id as int start 2000000000;

create table purser.budget_period (
  id        int primary key,
  budget_id int not null references purser.budget,
  period    text not null,
  starts_at timestamptz not null,
  ends_at   timestamptz not null,
  closed_at timestamptz,
  -- The thresholds that were told in this period, in percent.
  told      int[] not null default '{}',
  constraint budget_period_once unique (budget_id, period),
  constraint budget_period_interval check (ends_at > starts_at)
);

-- The only hot row. `overrun` is an equality and not a bound: an update that admits too much, and so cannot name the true overrun,
-- fails here. Low fillfactor and no index but the key, so that updates stay on their page (HOT). `alert_at` is the next amount spent that
-- somebody wants to hear of, `wanted` the smallest amount that was refused and is not free yet (0: none); both are hints for the outbox.
create table purser.balance (
  budget_period_id int primary key references purser.budget_period,
  is_open          boolean not null default true,
  cap              bigint not null constraint balance_cap_not_negative check (cap >= 0),
  reserved         bigint not null default 0 constraint balance_reserved_not_negative check (reserved >= 0),
  spent            bigint not null default 0 constraint balance_spent_not_negative check (spent >= 0),
  overrun          bigint not null default 0,
  version          bigint not null default 1,
  alert_at         bigint not null default 9223372036854775807,
  wanted           bigint not null default 0,
  -- A hard cap ends where it could be taken for a soft one's (soft_room): a billion EUR, and four billion more.
  constraint balance_cap_in_range check (cap <= 1000000000000000000 or cap between 4000000000000000000 and 5000000000000000000),
  constraint balance_never_past_its_cap check (overrun = greatest(0, reserved + spent - cap))
) with (fillfactor = 40, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);

-- The budget periods that cover a call, interned: a reservation carries one small id. Never changed.
create table purser.linked_set (
  id         int generated always as identity primary key,
  period_ids int[] not null constraint linked_set_covers check (cardinality(period_ids) > 0),
  constraint linked_set_once unique (period_ids)
);

-- Every combination of scope values that calls came with, interned; and which budget periods cover it, for as long as nothing that decides
-- this changes (`generation`, see ledger_state) and no period ends (`valid_until`). A stale row is resolved again by the next reserve.
create table purser.scope (
  id          int generated always as identity primary key,
  terms       jsonb not null,
  account     text not null generated always as (terms ->> 'account') stored,
  generation  bigint not null default 0,
  linked_set  int,
  valid_until timestamptz not null default '-infinity',
  -- Why nothing may be reserved or sent now: a stopped scope, an account that is not active.
  stopped     text,
  plan        text
) with (fillfactor = 80);
create unique index scope_once on purser.scope (md5(terms::text));
create index scope_by_account on purser.scope (account);
create index scope_by_user on purser.scope ((terms ->> 'user'));
create index scope_by_model on purser.scope ((terms ->> 'model'));

-- One row. `generation` rises with every change that decides which budgets cover a call, or whether it may run. Calls of jobs that started
-- before `low_water` have been dropped: they are `too_old`, never new. What was reserved before `swept_to` has ended.
create table purser.ledger_state (
  only_one   boolean primary key default true check (only_one),
  generation bigint not null default 1,
  low_water  timestamptz not null default '2020-01-01T00:00:00Z',
  swept_to   timestamptz not null default '-infinity'
);
insert into purser.ledger_state default values;

-- The panic switch: new reservations of a scope end at once, everywhere, and what is reserved is not sent.
create table purser.stop (
  id         int generated always as identity primary key,
  scope      jsonb not null constraint stop_scope_object check (jsonb_typeof(scope) = 'object'),
  reason     text not null,
  at         timestamptz not null default clock_timestamp(),
  resumed_at timestamptz,
  resumed_why text
);
create unique index stop_once on purser.stop (md5(scope::text)) where resumed_at is null;

-- One entry is one commit's moves of money: what each budget period gained, and the version that this made. `calls` is the entry of a batch:
-- reserved_ids and settled_ids name the attempts, settled_costs what they cost. Arrays are stored as they are: compressing them costs more.
create table purser.entry (
  id               bigint generated always as identity primary key,
  at               timestamptz not null default clock_timestamp(),
  kind             text not null constraint entry_kind_known check (kind in ('open', 'opening', 'calls', 'reserve', 'release', 'settle',
                     'uncovered', 'reject', 'hand_on', 'presume', 'adjust', 'cap', 'status')),
  account          text,
  reservation      uuid,
  key              text,
  reason           text,
  reserved_ids     uuid[],
  settled_ids      uuid[],
  settled_costs    bigint[],
  period_ids       int[] not null default '{}',
  versions         bigint[] not null default '{}',
  cap_changes      bigint[],
  reserved_changes bigint[] not null default '{}',
  spent_changes    bigint[] not null default '{}',
  constraint entry_lines_complete check (cardinality(period_ids) = cardinality(versions) and cardinality(period_ids) = cardinality(reserved_changes)
    and cardinality(period_ids) = cardinality(spent_changes))
) with (toast_tuple_target = 8160);
alter table purser.entry
  alter reserved_ids set storage external, alter settled_ids set storage external, alter settled_costs set storage external,
  alter period_ids set storage external, alter versions set storage external, alter cap_changes set storage external,
  alter reserved_changes set storage external, alter spent_changes set storage external;
create unique index entry_once_by_key on purser.entry (kind, key) where key is not null;
create index entry_by_reservation on purser.entry (reservation) where reservation is not null;

create view purser.entry_line as
  select l.budget_period_id, l.version, e.id as entry, coalesce(l.cap_change, 0) as cap_change, l.reserved_change, l.spent_change
    from purser.entry e, unnest(e.period_ids, e.versions, e.cap_changes, e.reserved_changes, e.spent_changes)
      as l (budget_period_id, version, cap_change, reserved_change, spent_change);

create function purser.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: book a correcting entry instead', tg_table_name using errcode = 'PU001';
end $$;
create trigger entry_append_only before update or delete or truncate on purser.entry
  for each statement execute function purser.refuse_change();

-- What others want to hear: crossed thresholds, refusals, overruns, freed money. Written in the transaction of what happened. Read it in the
-- order of (xid, id), and only what is older than every open transaction: a sequence alone would let a late commit appear in the past.
create table purser.outbox (
  id               bigint generated always as identity primary key,
  xid              xid8 not null default pg_current_xact_id(),
  at               timestamptz not null default clock_timestamp(),
  kind             text not null constraint outbox_kind_known check (kind in ('threshold', 'refused', 'overrun', 'freed')),
  budget_period_id int not null,
  version          bigint not null,
  account          text,
  details          jsonb not null
);
create index outbox_in_order on purser.outbox (xid, id);
