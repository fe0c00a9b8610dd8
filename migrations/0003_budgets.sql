-- 0003: plans, accounts, budgets, entries. Who may spend what, and every line that ever moved a counter.
-- Why: a cap must be held by the database itself, so that no path, psql included, can reserve past it.
-- Locks: new tables, none.   Undo: drop the tables named here.

create table purser.plan_version (
  plan           text not null,
  effective_from timestamptz not null,
  monthly_cap    bigint not null constraint plan_cap_positive check (monthly_cap > 0),
  source         text not null,
  primary key (plan, effective_from)
);

-- Nano-EUR: 0.10, 1.00 and 5.00 EUR a month.
insert into purser.plan_version (plan, effective_from, monthly_cap, source) values
  ('free',      '2026-01-01T00:00:00Z',  100000000, 'first plans'),
  ('paid',      '2026-01-01T00:00:00Z', 1000000000, 'first plans'),
  ('corporate', '2026-01-01T00:00:00Z', 5000000000, 'first plans');

create table purser.account (
  id         text primary key constraint account_id_form check (id ~ '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,99}$'),
  plan       text not null,
  time_zone  text not null,
  status     text not null default 'active' constraint account_status_known check (status in ('active', 'suspended', 'archived')),
  created_at timestamptz not null default clock_timestamp()
);

-- A call is covered by every budget whose scope it contains: '{}' covers all. The account is a column of its own only for the index.
create table purser.budget (
  id          int generated always as identity primary key,
  name        text not null,
  scope       jsonb not null constraint budget_scope_object check (jsonb_typeof(scope) = 'object'),
  account     text generated always as (scope ->> 'account') stored references purser.account,
  period_kind text not null constraint budget_period_known check (period_kind in ('day', 'month', 'total')),
  time_zone   text not null,
  plan        text,
  cap         bigint constraint budget_cap_positive check (cap > 0),
  created_at  timestamptz not null default clock_timestamp(),
  archived_at timestamptz,
  constraint budget_cap_or_plan check ((plan is null) <> (cap is null))
);
create unique index budget_one_plan_budget_an_account on purser.budget (account) where plan is not null and archived_at is null;
create index budget_by_account on purser.budget (account) where archived_at is null;

create table purser.budget_period (
  id        int generated always as identity primary key,
  budget_id int not null references purser.budget,
  period    text not null,
  starts_at timestamptz not null,
  ends_at   timestamptz not null,
  closed_at timestamptz,
  constraint budget_period_once unique (budget_id, period),
  constraint budget_period_interval check (ends_at > starts_at)
);

-- The only hot row. `overrun` is an equality and not a bound: an update that admits too much, and so cannot name the true overrun,
-- fails here. Low fillfactor and no index but the key, so that updates stay on their page (HOT).
create table purser.balance (
  budget_period_id int primary key references purser.budget_period,
  cap              bigint not null constraint balance_cap_not_negative check (cap >= 0),
  reserved         bigint not null default 0 constraint balance_reserved_not_negative check (reserved >= 0),
  spent            bigint not null default 0 constraint balance_spent_not_negative check (spent >= 0),
  overrun          bigint not null default 0,
  version          bigint not null default 1,
  constraint balance_never_past_its_cap check (overrun = greatest(0, reserved + spent - cap))
) with (fillfactor = 40);

-- One entry is one move of money; its lines say what each budget period gained, and the version that this made.
create table purser.entry (
  id          bigint generated always as identity primary key,
  at          timestamptz not null default clock_timestamp(),
  kind        text not null constraint entry_kind_known check (kind in
                ('open', 'opening', 'reserve', 'release', 'settle', 'uncovered', 'reject', 'hand_on', 'presume', 'adjust', 'cap')),
  account     text,
  reservation uuid,
  key         text,
  reason      text,
  constraint entry_once_by_key unique (kind, key)
);
create index entry_by_reservation on purser.entry (reservation);

create table purser.entry_line (
  budget_period_id int not null references purser.budget_period,
  version          bigint not null,
  entry            bigint not null references purser.entry,
  cap_change       bigint not null,
  reserved_change  bigint not null,
  spent_change     bigint not null,
  constraint entry_line_one_per_version primary key (budget_period_id, version)
);
create index entry_line_by_entry on purser.entry_line (entry);

create function purser.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: book a correcting entry instead', tg_table_name using errcode = 'PU001';
end $$;
create trigger entry_append_only before update or delete or truncate on purser.entry
  for each statement execute function purser.refuse_change();
create trigger entry_line_append_only before update or delete or truncate on purser.entry_line
  for each statement execute function purser.refuse_change();
