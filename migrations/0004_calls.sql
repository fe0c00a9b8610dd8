-- 0004: calls, attempts, receipts. One row per physical request to a provider, written before it is sent.
-- Why: a crash between send and answer must leave a trace, or billed money is lost; a repeat must find what was decided the first time.
-- Locks: new tables, none.   Undo: drop the tables named here.
--
-- A call's id is 48 bits of its job's start (milliseconds) and 80 bits of a hash of its key, so its month is a range of ids and neighbours in
-- time are neighbours in the index. An attempt's id is the first 96 bits of its call's and 32 random ones: all attempts of a call are a range.

create table purser.installation (
  id                 uuid primary key default gen_random_uuid(),
  temporal_cluster   text not null,
  temporal_namespace text not null,
  constraint installation_once unique (temporal_cluster, temporal_namespace)
);

-- The place where a call's moves are decided. Every move that is not the plain first one locks it. A close of an unknown call creates it
-- (a tombstone, without account). `run_ids` are in the order in which the ledger first saw them.
create table purser.call (
  id           uuid primary key,
  installation uuid not null,
  workflow_id  text not null,
  call_id      text not null,
  account      text,
  run_ids      text[] not null default '{}',
  closed_runs  text[] not null default '{}',
  created_at   timestamptz not null default clock_timestamp()
) partition by range (id);
create index call_by_job on purser.call (workflow_id);

-- An ask that a budget refused: final for its number.
create table purser.refusal (
  call         uuid not null,
  ask          int not null,
  scope        int not null,
  request_hash text not null,
  at           timestamptz not null default clock_timestamp(),
  refusal      jsonb not null,
  constraint refusal_once primary key (call, ask)
) partition by range (call);

-- Attempt and reservation are one row. `run` is the only run that may send it. `answers`: this one's receipt is the call's first, which
-- repeats hear for ever. Room is left on each page for its two moves, and no index has a column that they change (HOT).
create table purser.reservation (
  id                 uuid constraint reservation_once primary key,
  call               uuid not null,
  ask                int not null constraint reservation_ask_positive check (ask > 0),
  attempt            int not null constraint reservation_attempt_positive check (attempt > 0),
  run                text not null,
  scope              int not null,
  linked_set         int not null,
  state              text not null constraint reservation_state_known check (state in
                       ('reserved', 'dispatched', 'settled', 'released', 'rejected', 'in_doubt', 'presumed')),
  answers            boolean not null default false,
  amount             bigint not null constraint reservation_amount_positive check (amount > 0),
  margin             bigint not null,
  rate_id            int not null,
  at                 timestamptz not null,
  hold_until         timestamptz not null,
  bound_valid_until  timestamptz not null,
  request_hash       text not null,
  bound_flags        text[],
  handed_on_from     uuid,
  token              uuid,
  request_timeout_ms int,
  provider_max_ms    int,
  dispatched_at      timestamptz,
  ended_at           timestamptz,
  ended_why          text,
  duration_ms        int,
  cost               bigint constraint reservation_cost_not_negative check (cost >= 0),
  cost_source        text constraint reservation_cost_source_known check (cost_source in ('bill', 'answer', 'person', 'presumption')),
  constraint reservation_of_its_call check (substring(uuid_send(id) from 1 for 12) = substring(uuid_send(call) from 1 for 12)),
  constraint reservation_hold_within_bound check (hold_until <= bound_valid_until),
  constraint reservation_sent_has_token check ((state in ('reserved', 'released')) or (token is not null and dispatched_at is not null)),
  constraint reservation_cost_only_when_spent check ((state in ('settled', 'presumed')) = (cost is not null)),
  constraint reservation_cost_has_source check ((cost is null) = (cost_source is null))
) partition by range (id);
create index reservation_by_scope on purser.reservation (scope, at);
create index reservation_by_time on purser.reservation using brin (at) with (pages_per_range = 16, autosummarize = on);

-- Which moves exist (design: reserved → dispatched | released, and so on). A late answer may settle what was released or rejected. The
-- condition is evaluated without a call, so an allowed move costs next to nothing.
create function purser.refuse_move() returns trigger language plpgsql as $$
begin
  if old.token is not null and new.token is distinct from old.token then
    raise exception 'a dispatch belongs to one token' using errcode = 'PU001', constraint = 'reservation_token_fixed';
  elsif (new.id, new.call, new.ask, new.attempt, new.scope, new.amount, new.rate_id, new.at)
     is distinct from (old.id, old.call, old.ask, old.attempt, old.scope, old.amount, old.rate_id, old.at) then
    raise exception 'a reservation keeps its terms to the end' using errcode = 'PU001', constraint = 'reservation_terms_fixed';
  elsif new.linked_set <> old.linked_set and not (select n.period_ids @> o.period_ids from purser.linked_set n, purser.linked_set o
      where n.id = new.linked_set and o.id = old.linked_set) then
    raise exception 'a reservation keeps its budgets to the end' using errcode = 'PU001', constraint = 'reservation_budgets_fixed';
  elsif new.state <> old.state and (old.state || ' ' || new.state) <> all (array[
    'reserved dispatched', 'reserved released', 'dispatched settled', 'dispatched rejected', 'dispatched in_doubt',
    'in_doubt settled', 'in_doubt rejected', 'in_doubt presumed', 'presumed settled', 'presumed rejected', 'released settled', 'rejected settled']) then
    raise exception 'a reservation cannot move from % to %', old.state, new.state
      using errcode = 'PU001', constraint = 'reservation_moves';
  end if;
  return new;
end $$;
create trigger reservation_moves before update on purser.reservation for each row
  when (new.state <> old.state and not (
      (old.state = 'reserved' and new.state = 'dispatched') or (old.state = 'dispatched' and new.state = 'settled'))
    or new.linked_set <> old.linked_set
    or (old.token is not null and new.token is distinct from old.token)
    or (new.id, new.call, new.ask, new.attempt, new.scope, new.amount, new.rate_id, new.at)
       is distinct from (old.id, old.call, old.ask, old.attempt, old.scope, old.amount, old.rate_id, old.at))
  execute function purser.refuse_move();

-- What came back from an attempt. It need not be one that the ledger knows: an answer to a reservation that a restored backup forgot is
-- booked all the same, on the budgets that it names (`period_ids`). `answer` holds usage, response, blob, flags and duration.
create table purser.receipt (
  reservation_id uuid not null,
  token          uuid not null,
  at             timestamptz not null default clock_timestamp(),
  cost           bigint not null constraint receipt_cost_not_negative check (cost >= 0),
  pico_usd       bigint not null constraint receipt_pico_usd_not_negative check (pico_usd >= 0),
  answer         jsonb not null,
  scope          int,
  account        text,
  period_ids     int[],
  constraint receipt_once primary key (reservation_id, token)
) partition by range (reservation_id);

-- Everything needed to compute a line again; the two checks are that computation, rounded up in whole numbers (in numeric, which is slower,
-- only where a bigint would not hold it).
create table purser.cost_line (
  reservation_id     uuid not null,
  token              uuid not null,
  line               int not null,
  unit               text not null,
  quantity           bigint not null constraint cost_line_quantity_not_negative check (quantity >= 0),
  price_id           int not null,
  pico_usd_per       bigint not null,
  per                bigint not null,
  pico_usd           bigint not null,
  rate_id            int not null,
  usd_micros_per_eur bigint not null,
  nano_eur           bigint not null,
  constraint cost_line_once primary key (reservation_id, token, line),
  constraint cost_line_pico_usd_exact check (
    case when quantity <= 1000000000 and pico_usd_per <= 1000000000 then pico_usd = (quantity * pico_usd_per + per - 1) / per
         else pico_usd = div(quantity::numeric * pico_usd_per + per - 1, per) end),
  constraint cost_line_nano_eur_exact check (
    case when pico_usd <= 1000000000000000 then nano_eur = (pico_usd * 1000 + usd_micros_per_eur - 1) / usd_micros_per_eur
         else nano_eur = div(pico_usd::numeric * 1000 + usd_micros_per_eur - 1, usd_micros_per_eur) end)
) partition by range (reservation_id);

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

-- The first id of the jobs that start at this instant.
create function purser.first_id(p_instant timestamptz) returns uuid language sql immutable as $$
  select (lpad(to_hex(floor(extract(epoch from p_instant) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;
-- When the job of a call (or of an attempt) started.
create function purser.started_at(p_id uuid) returns timestamptz language sql immutable as $$
  select to_timestamp((('x' || left(replace(p_id::text, '-', ''), 12))::bit(48)::bigint) / 1000.0)
$$;
-- All attempts of a call have ids from … to …
create function purser.attempts_from(p_call uuid) returns uuid language sql immutable as $$
  select (left(p_call::text, 28) || '00000000')::uuid
$$;
create function purser.attempts_to(p_call uuid) returns uuid language sql immutable as $$
  select (left(p_call::text, 28) || 'ffffffff')::uuid
$$;

-- The partitions of the month of an instant, if they are not there. Made ahead by the sweeper, and by need. Attached, not created in place:
-- that lets readers and writers of other months go on.
create function purser.make_partitions(p_instant timestamptz) returns boolean
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_month timestamptz := date_trunc('month', p_instant, 'UTC');
  v_parent text;
  v_name text;
  v_made boolean := false;
begin
  perform pg_advisory_xact_lock(7233823301);
  foreach v_parent in array array['call', 'refusal', 'reservation', 'receipt', 'cost_line'] loop
    v_name := v_parent || to_char(v_month at time zone 'UTC', '_YYYY_MM');
    continue when to_regclass('purser.' || v_name) is not null;
    execute format('create table purser.%I (like purser.%I including defaults including constraints including storage)%s', v_name, v_parent,
      case v_parent when 'reservation' then ' with (fillfactor = 45)' when 'call' then ' with (fillfactor = 90)' else '' end);
    execute format('alter table purser.%I attach partition purser.%I for values from (%L) to (%L)', v_parent, v_name,
      purser.first_id(v_month), purser.first_id(v_month + interval '1 month'));
    execute format('grant select on purser.%I to purser_app', v_name);
    v_made := true;
  end loop;
  return v_made;
end $$;

select purser.make_partitions(clock_timestamp()), purser.make_partitions(date_trunc('month', clock_timestamp(), 'UTC') + interval '40 days');

-- Every physical request, failed ones too: what people read and reports group by. Rows of the ledger itself, so that nothing can be missing.
create view purser.call_log as
  with request as (
    select r.id as request_id, r.id as reservation_id, r.token, r.dispatched_at as at, r.scope, r.request_hash, r.duration_ms, r.state, r.ended_why, p.answer, p.cost, p.pico_usd, p.reservation_id is not null as answered
      from purser.reservation r left join purser.receipt p on p.reservation_id = r.id and p.token = r.token where r.token is not null
    union all
    select p.token, p.reservation_id, p.token, p.at, p.scope, null, null, 'settled', null, p.answer, p.cost, p.pico_usd, true
      from purser.receipt p where not exists (select from purser.reservation r where r.id = p.reservation_id and r.token = p.token))
  select q.request_id, q.at, s.terms ->> 'provider' as provider, s.terms ->> 'model' as model, s.terms ->> 'endpoint' as endpoint, s.account,
         s.terms ->> 'user' as user_id, s.terms ->> 'team' as team, s.terms ->> 'project' as project, s.terms ->> 'feature' as feature,
         s.terms ->> 'environment' as environment,
         coalesce(l.input_tokens, 0) as input_tokens, coalesce(l.output_tokens, 0) as output_tokens,
         coalesce(l.input_tokens, 0) + coalesce(l.output_tokens, 0) as total_tokens,
         coalesce(l.input_cost, 0) as input_cost, coalesce(q.cost, 0) - coalesce(l.input_cost, 0) as output_cost, coalesce(q.cost, 0) as total_cost,
         coalesce((q.answer ->> 'durationMs')::int, q.duration_ms) as duration_ms, q.answered as success,
         case when not q.answered then coalesce(q.ended_why, q.state) end as error, q.request_hash as prompt_hash
    from request q left join purser.scope s on s.id = q.scope
    left join lateral (
      select (sum(c.quantity) filter (where c.unit like 'input%'))::bigint as input_tokens, (sum(c.quantity) filter (where c.unit not like 'input%'))::bigint as output_tokens,
             (sum(c.nano_eur) filter (where c.unit like 'input%'))::bigint as input_cost
        from purser.cost_line c where c.reservation_id = q.reservation_id and c.token = q.token) l on true;
