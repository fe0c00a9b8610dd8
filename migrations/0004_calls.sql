-- 0004: calls, asks, attempts, receipts. One row per physical request to a provider, written before it is sent.
-- Why: a crash between send and answer must leave a trace, or billed money is lost; a repeat must find what was decided the first time.
-- Locks: new tables, none.   Undo: drop the tables named here.

create table purser.installation (
  id                 uuid primary key default gen_random_uuid(),
  temporal_cluster   text not null,
  temporal_namespace text not null,
  constraint installation_once unique (temporal_cluster, temporal_namespace)
);

-- The place where a call's moves are decided: every move locks it first. A close of an unknown call creates it (a tombstone, without account).
create table purser.call (
  id           uuid primary key default gen_random_uuid(),
  installation uuid not null references purser.installation,
  workflow_id  text not null,
  call_id      text not null,
  account      text references purser.account,
  run_ids      text[] not null default '{}',
  closed_runs  text[] not null default '{}',
  answered_by  uuid,
  created_at   timestamptz not null default clock_timestamp(),
  constraint call_once unique (installation, workflow_id, call_id)
);

create table purser.ask (
  call         uuid not null references purser.call,
  number       int not null constraint ask_number_positive check (number > 0),
  scope        jsonb not null,
  provider     text not null,
  model        text not null,
  endpoint     text not null,
  request_hash text not null,
  refusal      jsonb,
  created_at   timestamptz not null default clock_timestamp(),
  primary key (call, number)
);

-- Attempt and reservation are one row.
create table purser.reservation (
  id                 uuid primary key default gen_random_uuid(),
  call               uuid not null,
  ask                int not null,
  attempt            int not null,
  account            text not null references purser.account,
  state              text not null constraint reservation_state_known check (state in
                       ('reserved', 'dispatched', 'settled', 'released', 'rejected', 'in_doubt', 'presumed')),
  amount             bigint not null constraint reservation_amount_positive check (amount > 0),
  bound              jsonb not null,
  rate_id            int not null references purser.rate,
  budget_period_ids  int[] not null constraint reservation_covered check (cardinality(budget_period_ids) > 0),
  at                 timestamptz not null,
  hold_until         timestamptz not null,
  bound_valid_until  timestamptz not null,
  handed_on_from     uuid references purser.reservation,
  token              uuid,
  request_timeout_ms int,
  provider_max_ms    int,
  dispatched_at      timestamptz,
  ended_at           timestamptz,
  ended_why          text,
  cost               bigint constraint reservation_cost_not_negative check (cost >= 0),
  cost_source        text constraint reservation_cost_source_known check (cost_source in ('bill', 'answer', 'person', 'presumption')),
  foreign key (call, ask) references purser.ask (call, number),
  constraint reservation_once unique (call, attempt),
  constraint reservation_hold_within_bound check (hold_until <= bound_valid_until),
  constraint reservation_sent_has_token check ((state in ('reserved', 'released')) or token is not null),
  constraint reservation_cost_only_when_spent check ((state in ('settled', 'presumed')) = (cost is not null)),
  constraint reservation_cost_has_source check ((cost is null) = (cost_source is null))
);
create unique index reservation_one_open_attempt on purser.reservation (call) where state in ('reserved', 'dispatched');
create index reservation_open on purser.reservation (hold_until) where state in ('reserved', 'dispatched', 'in_doubt');
create index reservation_by_account on purser.reservation (account, at);

-- Which moves exist (design: reserved → dispatched | released, and so on). A late answer may settle what was released or rejected.
create function purser.check_move() returns trigger language plpgsql as $$
begin
  if new.state <> old.state and not (old.state || ' ' || new.state) = any (array[
    'reserved dispatched', 'reserved released',
    'dispatched settled', 'dispatched rejected', 'dispatched in_doubt',
    'in_doubt settled', 'in_doubt rejected', 'in_doubt presumed',
    'presumed settled', 'presumed rejected',
    'released settled', 'rejected settled']) then
    raise exception 'a reservation cannot move from % to %', old.state, new.state
      using errcode = 'PU001', constraint = 'reservation_moves';
  end if;
  if (new.id, new.call, new.ask, new.attempt, new.account, new.amount, new.rate_id, new.budget_period_ids, new.at)
     is distinct from (old.id, old.call, old.ask, old.attempt, old.account, old.amount, old.rate_id, old.budget_period_ids, old.at) then
    raise exception 'a reservation keeps its terms to the end' using errcode = 'PU001', constraint = 'reservation_terms_fixed';
  end if;
  if old.token is not null and new.token is distinct from old.token then
    raise exception 'a dispatch belongs to one token' using errcode = 'PU001', constraint = 'reservation_token_fixed';
  end if;
  return new;
end $$;
create trigger reservation_moves before update on purser.reservation for each row execute function purser.check_move();

-- What came back from an attempt. No foreign key: an answer to a reservation that a restored backup forgot is booked all the same.
create table purser.receipt (
  id                uuid primary key default gen_random_uuid(),
  reservation_id    uuid not null,
  token             uuid not null,
  account           text not null,
  at                timestamptz not null default clock_timestamp(),
  cost              bigint not null constraint receipt_cost_not_negative check (cost >= 0),
  pico_usd          bigint not null constraint receipt_pico_usd_not_negative check (pico_usd >= 0),
  usage             jsonb not null,
  response          jsonb not null,
  blob              jsonb,
  flags             text[] not null default '{}',
  budget_period_ids int[] not null,
  constraint receipt_once unique (reservation_id, token)
);

-- Everything needed to compute a line again; the two checks are that computation, rounded up in whole numbers.
create table purser.cost_line (
  receipt            uuid not null references purser.receipt,
  line               int not null,
  unit               text not null,
  quantity           bigint not null constraint cost_line_quantity_not_negative check (quantity >= 0),
  price_id           int not null references purser.price,
  pico_usd_per       bigint not null,
  per                bigint not null,
  pico_usd           bigint not null,
  rate_id            int not null references purser.rate,
  usd_micros_per_eur bigint not null,
  nano_eur           bigint not null,
  primary key (receipt, line),
  constraint cost_line_pico_usd_exact check (pico_usd = div(quantity::numeric * pico_usd_per + per - 1, per)),
  constraint cost_line_nano_eur_exact check (nano_eur = div(pico_usd::numeric * 1000 + usd_micros_per_eur - 1, usd_micros_per_eur))
);

-- What the ledger's functions could not book. Never lost, worked off by people; audit counts it.
create table purser.unbooked (
  id             bigint generated always as identity primary key,
  at             timestamptz not null default clock_timestamp(),
  operation      text not null,
  reservation_id uuid,
  token          uuid,
  request        jsonb not null,
  reason         text not null,
  resolved_at    timestamptz
);
-- A repeat of the same request is the same item, so that nobody books it twice.
create unique index unbooked_once on purser.unbooked (operation, reservation_id, token, md5(request::text)) nulls not distinct;

-- Every physical request, failed ones too: the log that people read and reports group by.
create table purser.call_log (
  request_id       uuid primary key,
  at               timestamptz not null,
  provider         text not null,
  model            text not null,
  endpoint         text not null,
  account          text not null,
  user_id          text,
  team             text,
  project          text,
  feature          text,
  environment      text,
  input_tokens     bigint not null,
  output_tokens    bigint not null,
  total_tokens     bigint generated always as (input_tokens + output_tokens) stored,
  input_cost       bigint not null,
  output_cost      bigint not null,
  total_cost       bigint generated always as (input_cost + output_cost) stored,
  duration_ms      int,
  success          boolean not null,
  error            text,
  prompt_hash      text not null
);
create index call_log_by_user on purser.call_log (user_id, at);
create index call_log_by_model on purser.call_log (model, at);
create index call_log_by_account on purser.call_log (account, at);
