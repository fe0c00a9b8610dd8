-- 0042: providers' bills. Every line of a bill is stored once, compared with what was booked, and booked when a person approves it.
-- Why: the ledger knows what answers said; only the bill knows what is paid. What was lost, priced wrongly or converted at another rate must come to light, each by
-- itself, and end where it belongs: on its attempt, or on the house.
-- Locks: purser.entry for a moment (a check that reads nothing); purser.balance exclusively while its rows are checked (one per budget period).
-- Undo: drop what is new here, and put back entry_kind_known as in 0020 and balance_in_range as in 0011, when no bill is approved.

-- `billed`: what a bill holds beyond all attempts. `fx`: by how much its euros differ from those at the ledger's rates. Both are on the house, without a reservation.
alter table purser.entry drop constraint entry_kind_known, add constraint entry_kind_known check (kind in ('open', 'opening', 'calls', 'reserve', 'release',
  'settle', 'uncovered', 'reject', 'hand_on', 'presume', 'house', 'adjust', 'cap', 'status', 'billed', 'fx')) not valid;

-- A month of the house in which euros were cheaper than the rates said may have spent less than nothing; no other budget may.
alter table purser.balance add column may_gain boolean not null default false;
alter table purser.balance drop constraint balance_in_range,
  add constraint balance_in_range check (reserved >= 0 and (spent >= 0 or may_gain) and (cap between 0 and 1000000000000000000
    or cap between 4000000000000000000 and 5000000000000000000));

-- A file that was imported. It is `importing` until all of its lines are stored, and `approving` until all of them are booked; `discarded`, it has no lines any more.
create table purser.bill (
  id           int generated always as identity primary key,
  provider     text not null,
  hash         text not null,
  format       text not null constraint bill_format_known check (format in ('purser', 'google', 'openai', 'anthropic', 'csv')),
  name         text not null,
  currency     text not null,
  -- In which its days are days.
  time_zone    text not null,
  from_day     date not null,
  to_day       date not null,
  lines        int not null constraint bill_has_lines check (lines > 0),
  pico_usd     numeric not null,
  nano_eur     numeric,
  state        text not null default 'importing' constraint bill_state_known check (state in ('importing', 'imported', 'approving', 'approved', 'discarded')),
  imported_by  text not null,
  imported_at  timestamptz not null default clock_timestamp(),
  approved_by  text,
  approved_at  timestamptz,
  approved_why text,
  discarded_by text,
  discarded_at timestamptz,
  discarded_why text,
  constraint bill_days_in_order check (from_day <= to_day)
);
create unique index bill_once on purser.bill (provider, hash) where state <> 'discarded';

-- A line belongs to the file that named it first. `quantity` and `nano_eur` are null where the bill does not say them. The slack is how much a figure may be off
-- because it was converted or rounded by the provider: zero where it is exact.
create table purser.bill_line (
  id         bigint generated always as identity primary key,
  bill       int not null references purser.bill,
  row        int not null,
  provider   text not null,
  line_id    text not null,
  day        date not null,
  model      text not null,
  tier       text not null,
  unit       text not null,
  quantity   bigint constraint bill_line_quantity_not_negative check (quantity >= 0),
  pico_usd   bigint not null constraint bill_line_cost_not_negative check (pico_usd >= 0),
  pico_slack bigint not null default 0,
  nano_eur   bigint constraint bill_line_eur_not_negative check (nano_eur >= 0),
  nano_slack bigint not null default 0,
  request_id text,
  attempt    uuid,
  is_booked  boolean not null default false,
  -- Of an attempt that has answers without cover only, and no total that could be corrected: what the bill has more, in nano-EUR. Null of all others.
  beyond     bigint,
  constraint bill_line_once unique (provider, line_id)
);
create index bill_line_by_day on purser.bill_line (provider, day);
create index bill_line_by_attempt on purser.bill_line (attempt) where attempt is not null;
create index bill_line_by_bill on purser.bill_line (bill, id);
create index bill_line_to_book on purser.bill_line (bill, day, id) where not is_booked;
-- Of all lines of a day, those that the house may bear something of: few, where lines name requests.
create index bill_line_of_the_house on purser.bill_line (provider, day) where attempt is null or nano_eur is not null or beyond is not null;

-- Only what a line was attributed to, once, and that it is booked, may be said later. With a bill that is discarded its lines go: nothing of them was booked.
create function purser.refuse_bill_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    if (select state from purser.bill where id = old.bill) = 'discarded' and not old.is_booked then return old; end if;
    raise exception 'a bill''s line stays' using errcode = 'PU001', detail = 'conflict', constraint = 'bill_line_stays';
  elsif (new.id, new.bill, new.row, new.provider, new.line_id, new.day, new.model, new.tier, new.unit, new.pico_usd, new.pico_slack, new.nano_slack)
       is distinct from (old.id, old.bill, old.row, old.provider, old.line_id, old.day, old.model, old.tier, old.unit, old.pico_usd, old.pico_slack, old.nano_slack)
     or (new.quantity, new.nano_eur, new.request_id) is distinct from (old.quantity, old.nano_eur, old.request_id)
     or (old.attempt is not null and new.attempt is distinct from old.attempt) or (old.is_booked and not new.is_booked)
     or (old.beyond is not null and new.beyond is distinct from old.beyond) then
    raise exception 'a bill''s line stays as it was stored' using errcode = 'PU001', detail = 'conflict', constraint = 'bill_line_stays';
  end if;
  return new;
end $$;
create trigger bill_line_stays before update or delete on purser.bill_line for each row execute function purser.refuse_bill_change();

-- What the house bears of bills, by what it is about: `total` is what the entries of this key come to, on the budget period on which the first of them was booked.
create table purser.bill_rest (
  id               int generated always as identity primary key,
  kind             text not null constraint bill_rest_kind_known check (kind in ('billed', 'fx')),
  provider         text not null,
  day              date not null,
  model            text not null,
  tier             text not null,
  unit             text not null,
  budget_period_id int not null references purser.budget_period,
  revision         int not null,
  total            bigint not null,
  constraint bill_rest_once unique (kind, provider, day, model, tier, unit)
);

-- ── Importing ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

create function purser.bill_json(b purser.bill) returns jsonb language sql stable as $$
  select jsonb_build_object('billId', b.id, 'provider', b.provider, 'format', b.format, 'name', b.name, 'hash', b.hash, 'currency', b.currency, 'timeZone', b.time_zone,
    'fromDay', b.from_day, 'toDay', b.to_day, 'lines', b.lines, 'picoUsd', b.pico_usd::text, 'nanoEur', b.nano_eur::text, 'state', b.state,
    'importedBy', b.imported_by, 'importedAt', b.imported_at, 'approvedBy', b.approved_by, 'approvedAt', b.approved_at, 'why', b.approved_why, 'discardedBy', b.discarded_by, 'discardedAt', b.discarded_at, 'discardedWhy', b.discarded_why)
$$;

create function purser.bill_of(p_id int) returns purser.bill language plpgsql stable as $$
declare
  b purser.bill;
begin
  select * into b from purser.bill where id = p_id;
  if not found then perform purser.fail('not_found', format('there is no bill %s: `purser reconcile list` shows them', p_id)); end if;
  return b;
end $$;

create function purser.lines_of(p_lines jsonb) returns setof purser.bill_line language sql stable as $$
  select null::bigint, null::int, x.row, x.provider, x."lineId", x.day, x.model, x.tier, x.unit, x.quantity, x."picoUsd", x."picoSlack", x."nanoEur", x."nanoSlack", x."requestId",
         null::uuid, false, null::bigint
    from jsonb_to_recordset(p_lines) as x (row int, provider text, "lineId" text, day date, model text, tier text, unit text, quantity bigint, "picoUsd" bigint, "picoSlack" bigint,
      "nanoEur" bigint, "nanoSlack" bigint, "requestId" text)
$$;

-- Which of these lines are stored with other figures (`problems`), and how many are stored as they are.
create function purser.check_bill_lines(p_lines jsonb) returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  select jsonb_build_object('known', count(*) filter (where is_same), 'bills', coalesce(jsonb_agg(distinct k.bill) filter (where is_same), '[]'),
      'problems', coalesce(jsonb_agg(jsonb_build_object('row', k.row, 'what', format('line "%s" was stored with other figures, from row %s of bill %s: %s pico-USD for %s', k.line_id, k.was, k.bill,
        k.pico_usd, coalesce(k.quantity::text, 'an unknown quantity'))) order by k.row) filter (where not is_same), '[]'))
    from (select x.row, x.line_id, o.row as was, o.bill, o.pico_usd, o.quantity, (o.day, o.model, o.tier, o.unit, o.quantity, o.pico_usd, o.nano_eur, o.request_id)
            is not distinct from (x.day, x.model, x.tier, x.unit, x.quantity, x.pico_usd, x.nano_eur, x.request_id) as is_same
          from purser.lines_of(p_lines) x join purser.bill_line o on o.provider = x.provider and o.line_id = x.line_id) k
$$;

create function purser.begin_bill(p_bill jsonb, p_by text) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  b purser.bill;
begin
  perform purser.require_time_zone(p_bill ->> 'timeZone');
  insert into purser.bill (provider, hash, format, name, currency, time_zone, from_day, to_day, lines, pico_usd, nano_eur, imported_by)
    values (p_bill ->> 'provider', p_bill ->> 'hash', p_bill ->> 'format', p_bill ->> 'name', p_bill ->> 'currency', p_bill ->> 'timeZone', (p_bill ->> 'fromDay')::date,
      (p_bill ->> 'toDay')::date, (p_bill ->> 'lines')::int, (p_bill ->> 'picoUsd')::numeric, (p_bill ->> 'nanoEur')::numeric, p_by)
    on conflict (provider, hash) where state <> 'discarded' do nothing returning * into b;
  if not found then
    select * into strict b from purser.bill where provider = p_bill ->> 'provider' and hash = p_bill ->> 'hash' and state <> 'discarded';
  end if;
  return purser.bill_json(b);
end $$;

-- Stores what is not stored yet. Who stores the same lines beside it is waited for. Of a file that was imported before that is nothing, unless the lines were another
-- one's, which was discarded since: then it waits for its approval again.
create function purser.store_bill_lines(p_bill int, p_lines jsonb) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  b purser.bill := purser.bill_of(p_bill);
  v_stored int;
  v_check jsonb;
begin
  perform pg_advisory_xact_lock_shared(7233823, hashtext(b.provider));
  select * into b from purser.bill where id = p_bill for update;
  if b.state = 'discarded' then perform purser.fail('conflict', format('bill %s is discarded: import its file again', p_bill)); end if;
  insert into purser.bill_line (bill, row, provider, line_id, day, model, tier, unit, quantity, pico_usd, pico_slack, nano_eur, nano_slack, request_id)
    select b.id, x.row, b.provider, x.line_id, x.day, x.model, x.tier, x.unit, x.quantity, x.pico_usd, x.pico_slack, x.nano_eur, x.nano_slack, x.request_id
      from purser.lines_of(p_lines) x order by x.line_id
    on conflict on constraint bill_line_once do nothing;
  get diagnostics v_stored = row_count;
  v_check := purser.check_bill_lines(p_lines);
  if v_check -> 'problems' <> '[]' then
    perform purser.fail('conflict', format('row %s: %s', v_check #>> '{problems,0,row}', v_check #>> '{problems,0,what}'));
  end if;
  if v_stored > 0 then update purser.bill set state = 'imported' where id = p_bill and state = 'approved'; end if;
  return jsonb_build_object('stored', v_stored);
end $$;

-- A file that was a mistake: nothing of it is booked, and its lines are free for another one.
create function purser.discard_bill(p_bill int, p_why text, p_by text) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  b purser.bill := bill_of(p_bill);
begin
  perform require_reason(p_why);
  perform pg_advisory_xact_lock(7233823, hashtext(b.provider));
  b := bill_of(p_bill);
  if b.state = 'discarded' then return bill_json(b) || jsonb_build_object('changed', false); end if;
  if b.state in ('approving', 'approved') or exists (select from bill_line where bill = p_bill and is_booked) then
    perform fail('conflict', format('bill %s is booked, so it stays: a line that is wrong is corrected by the provider''s next bill, or an attempt by a person''s word', p_bill));
  end if;
  update bill set state = 'discarded', discarded_by = p_by, discarded_at = clock_timestamp(), discarded_why = p_why where id = p_bill;
  delete from bill_line where bill = p_bill;
  return bill_json(bill_of(p_bill)) || jsonb_build_object('changed', true);
end $$;

-- The attempts that these lines are of: by Purser's own name of the attempt (`rsv_…`, which goes to the provider as the client's request id), else by the id that the
-- provider gave its answer. What was never sent is none.
create function purser.bill_matches(p_bill int, p_is_booked boolean, p_after bigint, p_until bigint) returns table (line bigint, attempt uuid) language plpgsql stable
  set search_path = purser, pg_temp as $$
declare
  b purser.bill := purser.bill_of(p_bill);
begin
  return query
    with named as materialized (
      select l.id, l.request_id from bill_line l where l.bill = p_bill and l.is_booked = p_is_booked and l.id > p_after and l.id <= p_until and l.attempt is null and l.request_id is not null),
    ours as materialized (
      select n.id, (substr(n.request_id, 5))::uuid as attempt from named n where n.request_id ~ '^rsv_[0-9a-f]{32}$'),
    theirs as materialized (
      select n.id, n.request_id from named n where n.request_id !~ '^rsv_[0-9a-f]{32}$'),
    -- Only while there is something to look for. An answer may come late, and its job may have begun long before.
    answers as (
      select p.reservation_id, p.answer -> 'response' ->> 'responseId' as response_id from receipt p
       where exists (select from theirs) and p.at >= b.from_day - interval '2 days' and p.at < b.to_day + interval '40 days'),
    found as (
      select o.id, o.attempt from ours o where exists (select from reservation r where r.id = o.attempt and r.token is not null)
          or exists (select from dropped_attempt d where d.id = o.attempt and d.token is not null)
          or exists (select from receipt p where p.reservation_id = o.attempt and p.period_ids is not null)
          or exists (select from late_receipt p where p.reservation_id = o.attempt)
      union all
      select t.id, (array_agg(distinct a.reservation_id))[1] from theirs t join answers a on a.response_id = t.request_id group by t.id having count(distinct a.reservation_id) = 1)
    select f.id, f.attempt from found f order by f.id;
end $$;

-- Finds the attempts of the next lines, of those that are not booked; `last`: where to go on, null at the end.
create function purser.match_bill(p_bill int, p_after bigint, p_limit int) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_last bigint := (select max(id) from (select id from bill_line where bill = p_bill and id > p_after order by id limit p_limit) l);
begin
  update bill_line l set attempt = m.attempt from bill_matches(p_bill, false, p_after, v_last) m where l.id = m.line;
  return jsonb_build_object('last', v_last::text);
end $$;

-- The file is read to its end.
create function purser.end_bill(p_bill int) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
begin
  update bill set state = 'imported' where id = p_bill and state = 'importing';
  return bill_json(bill_of(p_bill));
end $$;

create function purser.list_bills(p_provider text, p_after int, p_limit int) returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  select coalesce(jsonb_agg(purser.bill_json(b) order by b.id desc), '[]') from (
    select * from purser.bill where (p_provider is null or provider = p_provider) and (p_after is null or id < p_after) order by id desc limit p_limit) b
$$;

create function purser.show_bill(p_id int) returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  select purser.bill_json(b) || jsonb_build_object('stored', l.stored, 'attributed', l.attributed, 'named', l.named, 'booked', l.booked, 'attempts', l.attempts, 'daysOfSums', l.days)
    from purser.bill_of(p_id) b cross join (
      select count(*) as stored, count(attempt) as attributed, count(request_id) as named, count(*) filter (where is_booked) as booked, count(distinct attempt) as attempts,
             coalesce(jsonb_agg(distinct day) filter (where request_id is null), '[]') as days
        from purser.bill_line where bill = p_id) l
$$;

-- ── Comparing ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

create function purser.micros_of_day(p_day date) returns bigint language sql stable as $$ select purser.micros_on(p_day::timestamp at time zone 'UTC') $$;
create function purser.nano_eur_of_many(p_pico_usd numeric, p_usd_micros_per_eur bigint) returns bigint language sql immutable as $$
  select div(p_pico_usd * 1000 + p_usd_micros_per_eur - 1, p_usd_micros_per_eur)::bigint
$$;

-- What the ledger has spent with a provider on these days, by attempt and unit: as its answers say, or as booked lines of bills do. What has no lines (presumed, or said by a
-- person) has no unit, and is not `measured`. `named`: lines of a bill are attributed to it; then it is here whatever the day on which it was sent.
create function purser.spent_lines(p_provider text, p_from date, p_to date, p_time_zone text)
returns table (attempt uuid, day date, model text, tier text, unit text, quantity bigint, pico_usd bigint, nano_eur bigint, is_named boolean, is_measured boolean)
language sql stable set search_path = purser, pg_temp set jit = off set enable_nestloop = off as $$
  with span as materialized (select p_from::timestamp at time zone p_time_zone as a, (p_to + 1)::timestamp at time zone p_time_zone as b),
  named as materialized (
    select l.attempt, bool_or(l.is_booked) as is_booked from bill_line l where l.provider = p_provider and l.day between p_from and p_to and l.attempt is not null group by l.attempt),
  -- Near midnight a bill's day may be another than the ledger's: what it names on another day is compared there.
  near as materialized (
    select distinct l.attempt from bill_line l where l.provider = p_provider and l.day between p_from - 3 and p_to + 3 and l.attempt is not null),
  sent as materialized (
    select r.id, r.token, r.cost, r.cost_source, r.scope, r.dispatched_at as at, r.rate_id, false as is_named, false as has_booked
      from span cross join lateral (select * from reservation x where x.at >= span.a - interval '2 days' and x.at < span.b offset 0) r
      join scope s on s.id = r.scope left join near n on n.attempt = r.id
     where r.dispatched_at >= span.a and r.dispatched_at < span.b and r.cost is not null
       and s.terms ->> 'provider' = p_provider and n.attempt is null
    union all
    select r.id, r.token, r.cost, r.cost_source, r.scope, r.dispatched_at, r.rate_id, true, n.is_booked
      from named n cross join lateral (select * from reservation x where x.id = n.attempt offset 0) r where r.cost is not null),
  told as materialized (
    select q.*, s.terms ->> 'model' as named_model, e.usd_micros_per_eur as micros, (q.at at time zone p_time_zone)::date as day, q.cost_source = 'bill' and q.has_booked as is_billed,
           p.cost = q.cost and cardinality(p.units) > 0 as has_lines, p.units, p.quantities, p.price_ids, p.pico_usds, p.nano_eurs
      from sent q join scope s on s.id = q.scope join rate e on e.id = q.rate_id
      left join lateral (select * from receipt x where x.reservation_id = q.id and x.token = q.token offset 0) p on true),
  alone as materialized (
    select p.*, n.attempt is not null as is_named from span cross join lateral (select * from receipt x where x.period_ids is not null and x.at >= span.a and x.at < span.b offset 0) p
      join scope s on s.id = p.scope left join named n on n.attempt = p.reservation_id
     where s.terms ->> 'provider' = p_provider and not exists (select from told t where t.id = p.reservation_id and t.is_billed)),
  -- Taken apart before their prices are looked for, so that these are read once.
  line as materialized (
    select t.id, t.day, t.named_model, t.is_named, l.* from told t
      cross join unnest(t.units, t.quantities, t.price_ids, t.pico_usds, t.nano_eurs) as l (unit, quantity, price_id, pico_usd, nano_eur) where not t.is_billed and t.has_lines
    union all
    select p.reservation_id, (p.at at time zone p_time_zone)::date, null, p.is_named, l.* from alone p
      cross join unnest(p.units, p.quantities, p.price_ids, p.pico_usds, p.nano_eurs) as l (unit, quantity, price_id, pico_usd, nano_eur))
  select t.id, t.day, o.model, o.tier, o.unit, o.quantity, o.pico_usd, nano_eur_of(o.pico_usd, t.micros), t.is_named, true
    from told t cross join lateral (select * from bill_line x where x.attempt = t.id and x.is_booked offset 0) o where t.is_billed
  union all
  select l.id, l.day, coalesce(k.model, l.named_model), coalesce(k.tier, 'standard'), l.unit, l.quantity, l.pico_usd, l.nano_eur, l.is_named, true
    from line l left join price k on k.id = l.price_id
  union all
  select t.id, t.day, t.named_model, 'standard', '', null, round(t.cost::numeric * t.micros / 1000)::bigint, t.cost, t.is_named, false
    from told t where not t.is_billed and not coalesce(t.has_lines, false) and t.cost > 0
  union all
  -- What is left of dropped months: a cost without lines.
  select k.id, (k.at at time zone p_time_zone)::date, s.terms ->> 'model', 'standard', '', null,
         round(k.cost::numeric * coalesce(micros_on(k.at), 0) / 1000)::bigint, k.cost, exists (select from named n where n.attempt = k.id), false
    from span, kept_request k join scope s on s.id = k.scope where k.at >= span.a and k.at < span.b and k.cost > 0 and s.terms ->> 'provider' = p_provider
$$;

-- Both books, side by side, one row per thing that can be compared: an attempt's unit where the bill names requests, else all of a day, model, tier and unit. `only_booked`
-- leaves out lines that nobody has approved yet. `kind`: both | missing_in_ledger | missing_on_bill | presumed (the bill knows what was only presumed).
create function purser.bill_pairs(p_provider text, p_from date, p_to date, p_time_zone text, p_only_booked boolean default false)
returns table (kind text, is_pool boolean, day date, model text, tier text, unit text, ledger_quantity numeric, bill_quantity numeric, ledger_usd numeric, bill_usd numeric, usd_slack numeric,
  ledger_eur numeric, bill_eur numeric, eur_slack numeric, requests bigint, is_booked boolean)
language sql stable set search_path = purser, pg_temp set jit = off set enable_nestloop = off as $$
  with spent as materialized (select * from spent_lines(p_provider, p_from, p_to, p_time_zone)),
  line as materialized (
    select * from bill_line b where b.provider = p_provider and b.day between p_from and p_to and (b.is_booked or not p_only_booked)),
  -- Attempts, by the bill's day and words: its line is the one that is looked for in it.
  billed as materialized (
    select b.attempt, b.unit, min(b.day) as day, min(b.model) as model, min(b.tier) as tier, case when count(b.quantity) = count(*) then sum(b.quantity) end as quantity,
           sum(b.pico_usd) as usd, sum(b.pico_slack) as usd_slack, case when count(b.nano_eur) = count(*) then sum(b.nano_eur) end as eur, sum(b.nano_slack) as eur_slack,
           bool_and(b.is_booked) as is_booked
      from line b where b.attempt is not null group by b.attempt, b.unit),
  first as materialized (select attempt, min(day) as day, min(model) as model, min(tier) as tier from billed group by attempt),
  known as materialized (
    select s.attempt, s.unit, sum(s.quantity) as quantity, sum(s.pico_usd) as usd, sum(s.nano_eur) as eur, bool_and(s.is_measured) as is_measured
      from spent s join first f on f.attempt = s.attempt group by s.attempt, s.unit),
  measured as materialized (select attempt, bool_and(is_measured) as is_measured from known group by attempt),
  pairs as (
    select coalesce(b.day, f.day) as day, coalesce(b.model, f.model) as model, coalesce(b.tier, f.tier) as tier, coalesce(b.unit, k.unit) as unit, k.quantity as lq, b.quantity as bq, k.usd as lu,
           b.usd as bu, b.usd_slack, k.eur as le, b.eur as be, b.eur_slack, b.is_booked, b.attempt is not null as is_billed, m.is_measured
      from billed b full join known k on k.attempt = b.attempt and k.unit = b.unit
      join first f on f.attempt = coalesce(b.attempt, k.attempt) left join measured m on m.attempt = f.attempt),
  pool_spent as (
    select s.day, s.model, s.tier, s.unit, sum(s.quantity) as quantity, sum(s.pico_usd) as usd, sum(s.nano_eur) as eur, count(distinct s.attempt) as requests
      from spent s left join first f on f.attempt = s.attempt where f.attempt is null and s.day between p_from and p_to group by 1, 2, 3, 4),
  pool_billed as (
    select b.day, b.model, b.tier, b.unit, case when count(b.quantity) = count(*) then sum(b.quantity) end as quantity, sum(b.pico_usd) as usd, sum(b.pico_slack) as usd_slack,
           case when count(b.nano_eur) = count(*) then sum(b.nano_eur) end as eur, sum(b.nano_slack) as eur_slack, bool_and(b.is_booked) as is_booked
      from line b where b.attempt is null and b.request_id is null group by 1, 2, 3, 4)
  -- Of an attempt without an own total (in doubt, on its way, refused) the ledger has nothing: its lines are missing there.
  select case when p.is_measured is null then 'missing_in_ledger' when p.is_measured then 'both' else 'presumed' end, false, p.day, p.model, p.tier, p.unit, coalesce(p.lq, 0),
         case when p.is_billed then p.bq else 0 end, coalesce(p.lu, 0), coalesce(p.bu, 0), coalesce(p.usd_slack, 0), coalesce(p.le, 0), case when p.is_billed then p.be end,
         coalesce(p.eur_slack, 0), 1, coalesce(p.is_booked, true) from pairs p
  union all
  select 'missing_in_ledger', false, b.day, b.model, b.tier, b.unit, 0, sum(b.quantity), 0, sum(b.pico_usd), sum(b.pico_slack), 0,
         case when count(b.nano_eur) = count(*) then sum(b.nano_eur) end, sum(b.nano_slack), count(distinct b.request_id), bool_and(b.is_booked)
    from line b where b.attempt is null and b.request_id is not null group by b.day, b.model, b.tier, b.unit
  union all
  select case when s.day is null then 'missing_in_ledger' when b.day is not null then 'both'
              when s.unit = '' and exists (select from pool_billed o where o.day = s.day and o.model = s.model) then 'presumed' else 'missing_on_bill' end,
         true, coalesce(s.day, b.day), coalesce(s.model, b.model), coalesce(s.tier, b.tier), coalesce(s.unit, b.unit), coalesce(s.quantity, 0),
         case when b.day is null then 0 else b.quantity end, coalesce(s.usd, 0), coalesce(b.usd, 0), coalesce(b.usd_slack, 0), coalesce(s.eur, 0), b.eur, coalesce(b.eur_slack, 0),
         coalesce(s.requests, 0), coalesce(b.is_booked, true)
    from pool_spent s full join pool_billed b on b.day = s.day and b.model = s.model and b.tier = s.tier and b.unit = s.unit
$$;

-- Pairs, with what they differ by, taken apart: first the quantity at the ledger's own price, then the price, then the rate of the euro. `ours`: what the bill's dollars are
-- in euros at the ledger's rates. The parts of a pair add up to the whole difference; what is within the slack is none.
create function purser.bill_parts(p_provider text, p_from date, p_to date, p_time_zone text, p_only_booked boolean default false)
returns table (kind text, is_pool boolean, day date, model text, tier text, unit text, ledger_quantity numeric, bill_quantity numeric, ledger_usd numeric, bill_usd numeric,
  usd_slack numeric, ledger_eur numeric, bill_eur numeric, ours numeric, eur_slack numeric, requests bigint, is_booked boolean, quantity_part numeric, price_part numeric, fx_part numeric)
language sql stable set search_path = purser, pg_temp set jit = off set enable_nestloop = off as $$
  with priced as (
    select p.*, case when p.kind <> 'both' or p.bill_quantity is null or p.ledger_quantity = p.bill_quantity then p.ledger_usd
                     when p.ledger_quantity = 0 then p.bill_usd else round(p.ledger_usd * p.bill_quantity / p.ledger_quantity) end as expected,
           case when p.bill_usd = p.ledger_usd and p.kind <> 'presumed' then p.ledger_eur
                when p.ledger_usd = 0 or p.kind = 'presumed' then nano_eur_of_many(p.bill_usd, micros_of_day(p.day))
                when p.bill_usd < p.ledger_usd then round(p.ledger_eur * p.bill_usd / p.ledger_usd)
                else p.ledger_eur + nano_eur_of_many(p.bill_usd - p.ledger_usd, micros_of_day(p.day)) end as ours
      from bill_pairs(p_provider, p_from, p_to, p_time_zone, p_only_booked) p)
  select x.kind, x.is_pool, x.day, x.model, x.tier, x.unit, x.ledger_quantity, x.bill_quantity, x.ledger_usd, x.bill_usd, x.usd_slack, x.ledger_eur, x.bill_eur, x.ours, x.eur_slack, x.requests, x.is_booked,
         case when x.kind = 'both' then x.expected - x.ledger_usd else 0 end,
         case when x.kind = 'both' and abs(x.bill_usd - x.expected) > x.usd_slack + case when x.expected = x.ledger_usd then 0 else 1 end then x.bill_usd - x.expected else 0 end,
         case when x.bill_eur is not null and abs(x.bill_eur - x.ours) > x.eur_slack then x.bill_eur - x.ours else 0 end
    from priced x
$$;

-- A bill's days, compared: per day, model, tier and unit, with all stored lines of its provider on these days. `only`: where something differs.
create function purser.bill_drift(p_bill int, p_only boolean default false) returns jsonb language plpgsql stable security definer set search_path = purser, pg_temp as $$
declare
  b purser.bill := purser.bill_of(p_bill);
begin
  return (
    with part as (
      select p.*, p.kind <> 'both' or coalesce(p.ledger_quantity <> p.bill_quantity, false) or p.quantity_part <> 0 or p.price_part <> 0 or p.fx_part <> 0 as differs from bill_parts(b.provider, b.from_day, b.to_day, b.time_zone) p),
    key as (
      select p.day, p.model, p.tier, p.unit, sum(p.ledger_quantity) as lq, case when count(p.bill_quantity) = count(*) then sum(p.bill_quantity) end as bq, sum(p.ledger_usd) as lu,
             sum(p.bill_usd) as bu, sum(p.ledger_eur) as le, case when count(p.bill_eur) = count(*) filter (where p.bill_usd > 0) then sum(p.bill_eur) end as be,
             coalesce(sum(p.requests) filter (where p.kind = 'missing_in_ledger'), 0) as missing_requests,
             coalesce(sum(p.bill_usd) filter (where p.kind = 'missing_in_ledger'), 0) as missing_in_ledger,
             coalesce(sum(p.ledger_usd) filter (where p.kind = 'missing_on_bill'), 0) as missing_on_bill,
             coalesce(sum(p.bill_usd - p.ledger_usd) filter (where p.kind = 'presumed'), 0) as presumed, bool_or(p.kind = 'presumed') as has_presumed,
             sum(p.quantity_part) as quantity, bool_or(p.kind = 'both' and p.ledger_quantity <> p.bill_quantity) as has_quantity, sum(p.price_part) as price, bool_or(p.price_part <> 0) as has_price,
             sum(p.fx_part) as fx, bool_or(p.fx_part <> 0) as has_fx, bool_and(p.is_booked) as is_booked, bool_or(p.differs) as differs
        from part p group by 1, 2, 3, 4)
    select coalesce(jsonb_agg(jsonb_build_object('day', k.day, 'model', k.model, 'tier', k.tier, 'unit', nullif(k.unit, ''),
        'ledgerQuantity', k.lq::text, 'billQuantity', k.bq::text, 'ledgerPicoUsd', k.lu::text, 'billPicoUsd', k.bu::text, 'ledgerNanoEur', k.le::text, 'billNanoEur', k.be::text,
        'missingRequests', k.missing_requests, 'missingInLedger', k.missing_in_ledger::text, 'missingOnBill', k.missing_on_bill::text, 'presumed', k.presumed::text,
        'quantity', k.quantity::text, 'price', k.price::text, 'fx', k.fx::text, 'isBooked', k.is_booked,
        'house', (select coalesce(total(r.total), 0)::text from bill_rest r where r.kind = 'billed' and r.provider = b.provider and (r.day, r.model, r.tier, r.unit) = (k.day, k.model, k.tier, k.unit)),
        'differs', to_jsonb(array_remove(array[case when k.missing_in_ledger > 0 then 'missing_in_ledger' end, case when k.missing_on_bill > 0 then 'missing_on_bill' end,
          case when k.has_presumed then 'presumed' end, case when k.has_quantity then 'quantity' end, case when k.has_price then 'price' end, case when k.has_fx then 'fx' end], null)))
        order by k.day, k.model, k.tier, k.unit), '[]')
      from key k where k.differs or not p_only);
end $$;

-- ── Booking ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- The total that the house bears of a key: an entry of the difference, if there is one, on the budget period that it began on.
create function purser.bear(p_kind text, p_provider text, p_day date, p_model text, p_tier text, p_unit text, p_period int, p_total bigint, p_why text) returns boolean language plpgsql as $$
declare
  v purser.bill_rest;
  v_change bigint;
begin
  select * into v from purser.bill_rest where (kind, provider, day, model, tier, unit) = (p_kind, p_provider, p_day, p_model, p_tier, p_unit) for update;
  v_change := p_total - coalesce(v.total, 0);
  if v_change = 0 then return false; end if;
  if v.id is null then
    insert into purser.bill_rest (kind, provider, day, model, tier, unit, budget_period_id, revision, total)
      values (p_kind, p_provider, p_day, p_model, p_tier, p_unit, p_period, 1, p_total) returning * into v;
  else
    update purser.bill_rest set revision = revision + 1, total = p_total where id = v.id returning * into v;
  end if;
  perform purser.book(p_kind, null, null, array[v.budget_period_id], 0, v_change, concat_ws(' ', p_provider, p_day, p_model, p_tier, nullif(p_unit, ''), '#' || v.revision),
    format('%s: %s', p_total, p_why));
  return true;
end $$;

-- What was booked of an attempt's answers without cover (by another token, or on a ledger that did not know it): a bill of the attempt is of these, too.
create function purser.booked_alone(p_attempt uuid, out pico_usd bigint, out nano_eur bigint) language sql stable as $$
  select coalesce(purser.total(p.pico_usd), 0), coalesce(purser.total(p.cost), 0) from purser.receipt p where p.reservation_id = p_attempt and p.period_ids is not null
$$;

-- What booked lines make their attempts cost, where the ledger has it otherwise.
create function purser.bill_corrections(p_attempts uuid[], p_bill int, p_why text) returns jsonb language sql stable
  set search_path = purser, pg_temp set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
  with sums as (
    select l.attempt, count(*) as lines, sum(l.pico_usd) as usd, sum(l.pico_slack) as slack, total(nano_eur_of(l.pico_usd, coalesce(e.usd_micros_per_eur, micros_of_day(l.day)))) as eur
      from unnest(p_attempts) a (id) join bill_line l on l.attempt = a.id and l.is_booked
      left join lateral (select x.rate_id from reservation x where x.id = a.id offset 0) r on true left join rate e on e.id = r.rate_id group by l.attempt),
  billed as (
    select s.attempt, s.lines, s.usd - o.pico_usd as usd, s.slack, greatest(0, s.eur - o.nano_eur) as eur from sums s cross join lateral booked_alone(s.attempt) o),
  booked as (
    select b.*, r.cost, r.cost_source as source, p.pico_usd, p.cost = r.cost and cardinality(p.units) > 0 as is_measured
      from billed b cross join lateral (select * from reservation x where x.id = b.attempt offset 0) r left join receipt p on p.reservation_id = r.id and p.token = r.token
    union all
    select b.*, coalesce(d.corrected, d.cost), d.source, null, false from billed b join dropped_attempt d on d.id = b.attempt
     where not exists (select from reservation r where r.id = b.attempt))
  select coalesce(jsonb_agg(jsonb_build_object('reservationId', k.attempt, 'total', k.eur::text, 'source', 'bill', 'sourceId', format('bill %s, %s lines', p_bill, k.lines), 'why', p_why)
      order by k.attempt), '[]')
    from booked k where k.cost is null or k.source <> all (array['answer', 'bill']) or (k.source = 'bill' and k.cost <> k.eur)
      or (k.source = 'answer' and case when k.is_measured then abs(k.pico_usd - k.usd) > k.slack else k.cost <> k.eur end)
$$;

-- Books lines of one bill: what is said of attempts, what is left for the house, and the difference of the euro, in one commit. All of an attempt's lines must be among them.
-- One bill of a provider at a time: what is left is made of the lines of all.
create function purser.book_lines(b purser.bill, p_lines bigint[], p_why text) returns jsonb language plpgsql set search_path = purser, pg_temp as $$
declare
  v_attempts uuid[];
  v_calls uuid[];
  v_days date[];
  v_house int[];
  v_first date;
  v_last date;
  v_corrections jsonb;
  v_answers jsonb;
  v_adjusted int := 0;
  v_rest int := 0;
  v_key record;
begin
  update bill_line set is_booked = true where id = any (p_lines) and not is_booked;
  v_attempts := array(select distinct attempt from bill_line where id = any (p_lines) and attempt is not null order by 1);
  v_days := array(select distinct day from bill_line where id = any (p_lines) order by 1);
  if exists (select from unnest(v_days) d where micros_of_day(d) is null) then
    perform fail('rate_missing', format('there is no euro rate of %s: `purser rates add`', (select min(d) from unnest(v_days) d where micros_of_day(d) is null)));
  end if;
  perform share_months();
  v_calls := array(select distinct call from reservation where id = any (v_attempts) order by 1);
  perform from call where id = any (v_calls) order by id for update;
  perform lock_attempts(array(select a.id from unnest(v_calls) c (id), attempts_of(c.id) a));
  v_house := array(select open_period(house_budget(), d::timestamp at time zone 'UTC') from unnest(v_days) d);
  -- Only what moves is held: most lines say what is booked already.
  v_corrections := bill_corrections(v_attempts, b.id, p_why);
  perform from balance where budget_period_id in (
    select unnest(periods_of(r.linked_set)) from jsonb_array_elements(v_corrections) c cross join lateral (
      select linked_set from reservation x where x.id = (c ->> 'reservationId')::uuid union all select linked_set from dropped_attempt d where d.id = (c ->> 'reservationId')::uuid) r
    union select unnest(v_house)
    union select budget_period_id from bill_rest where provider = b.provider and day = any (v_days)) order by budget_period_id for no key update;
  update balance set may_gain = true where budget_period_id = any (v_house) and not may_gain;

  -- What has no reservation to be corrected: said on the first of its lines that are new.
  update bill_line l set beyond = x.beyond
    from (select min(l.id) filter (where l.id = any (p_lines) and l.beyond is null) as id,
                 nano_eur_of_many(greatest(0, sum(l.pico_usd) - o.pico_usd), micros_of_day(min(l.day))) - coalesce(total(l.beyond), 0) as beyond
            from unnest(v_attempts) a (id) cross join lateral booked_alone(a.id) o join bill_line l on l.attempt = a.id and l.is_booked
           where o.nano_eur > 0 and not exists (select from reservation r where r.id = a.id) and not exists (select from dropped_attempt d where d.id = a.id)
           group by a.id, o.pico_usd) x
   where l.id = x.id and x.beyond > 0;

  v_answers := adjust_all(v_corrections);
  v_adjusted := (v_answers ->> 'adjusted')::int;

  v_first := v_days[1];
  v_last := v_days[cardinality(v_days)];
  for v_key in
    with line as materialized (
      select l.*, coalesce(e.usd_micros_per_eur, micros_of_day(l.day)) as micros from bill_line l
        left join lateral (select x.rate_id from reservation x where x.id = l.attempt offset 0) v on true left join rate e on e.id = v.rate_id
       where l.provider = b.provider and l.day = any (v_days) and l.is_booked and (l.attempt is null or l.nano_eur is not null or l.beyond is not null)),
    -- Bills without names of requests stand for all that was not named: only what they hold beyond that is left.
    pool as materialized (
      select p.day, p.model, p.tier, p.unit, p.ledger_usd, p.bill_usd, p.bill_eur, p.ours, p.eur_slack, p.kind, case when p.bill_usd - p.ledger_usd > p.usd_slack then p.bill_usd - p.ledger_usd else 0 end as more
        from bill_parts(b.provider, v_first, v_last, b.time_zone, true) p
       where p.is_pool and p.day = any (v_days) and exists (select from line l where l.request_id is null)),
    presumed as (select day, model, sum(ledger_usd) as usd from pool where kind = 'presumed' group by 1, 2),
    beyond as (
      select p.*, coalesce(sum(p.more) over (partition by p.day, p.model order by p.tier, p.unit
          rows between unbounded preceding and 1 preceding), 0) as before from pool p where p.kind <> 'presumed'),
    left_over as (
      select l.day, l.model, l.tier, l.unit, sum(nano_eur_of(l.pico_usd, l.micros)) as nano from line l where l.attempt is null and l.request_id is not null group by 1, 2, 3, 4
      union all
      -- What was presumed that day may be this; it is not spent twice.
      select y.day, y.model, y.tier, y.unit, nano_eur_of_many(y.more - least(y.more, greatest(0, coalesce(q.usd, 0) - y.before)), micros_of_day(y.day))
        from beyond y left join presumed q on q.day = y.day and q.model = y.model
      union all
      select l.day, l.model, l.tier, l.unit, l.beyond from line l where l.beyond > 0),
    euros as (
      select l.day, l.model, l.nano_eur - nano_eur_of(l.pico_usd, l.micros) as nano, l.nano_slack as slack from line l where l.request_id is not null and l.nano_eur is not null
      union all
      select p.day, p.model, p.bill_eur - p.ours, p.eur_slack from pool p where p.bill_eur is not null and p.bill_usd > 0)
    select 'billed' as kind, coalesce(o.day, t.day) as day, coalesce(o.model, t.model) as model, coalesce(o.tier, t.tier) as tier, coalesce(o.unit, t.unit) as unit, coalesce(o.nano, 0) as total
      from (select day, model, tier, unit, sum(nano)::bigint as nano from left_over group by 1, 2, 3, 4) o
      full join (select * from bill_rest where kind = 'billed' and provider = b.provider and day = any (v_days)) t on (t.day, t.model, t.tier, t.unit) = (o.day, o.model, o.tier, o.unit)
    union all
    select 'fx', day, model, '', '', case when abs(sum(nano)) > sum(slack) then sum(nano)::bigint else 0 end from euros group by day, model
    order by 1, 2, 3, 4, 5
  loop
    if bear(v_key.kind, b.provider, v_key.day, v_key.model, v_key.tier, v_key.unit, open_period(house_budget(), v_key.day::timestamp at time zone 'UTC'), v_key.total, p_why) then v_rest := v_rest + 1; end if;
  end loop;
  return jsonb_build_object('lines', cardinality(p_lines), 'adjusted', v_adjusted, 'onTheHouse', v_rest);
end $$;

-- A bill's corrections, all or none: what one of them cannot be is a broken promise, since only what was sent is attributed.
create function purser.adjust_all(p_items jsonb) returns jsonb language plpgsql set search_path = purser, pg_temp as $$
declare
  v_item jsonb;
  v_adjusted int := 0;
begin
  for v_item in select * from jsonb_array_elements(p_items) loop
    -- As of any correction: sums in pico-dollars have no room for more.
    if (v_item ->> 'total')::bigint > 5000000000000000 then
      perform fail('bad_input', format('attempt %s is billed with more than 5,000,000 EUR, which no request can have cost: nothing of this page is booked', v_item ->> 'reservationId'));
    end if;
    perform adjust((v_item ->> 'reservationId')::uuid, (v_item ->> 'total')::bigint, v_item ->> 'source', v_item ->> 'sourceId', v_item ->> 'why');
    v_adjusted := v_adjusted + 1;
  end loop;
  return jsonb_build_object('adjusted', v_adjusted);
end $$;

-- A person has looked at a bill: books the next page of it, so many lines that name requests at most. Broken off, it goes on where it was; when all is booked it has no effect, but for lines whose attempts have
-- become known since.
create function purser.approve_bill(p_bill int, p_why text, p_by text, p_limit int) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  b purser.bill;
  v_day date;
  v_lines bigint[];
  v_booked jsonb := jsonb_build_object('lines', 0, 'adjusted', 0, 'onTheHouse', 0);
  v_more boolean;
begin
  perform require_reason(p_why);
  if p_limit not between 1 and 500 then perform fail('bad_input', 'a page has 1 to 500 lines'); end if;
  b := bill_of(p_bill);
  if b.state = 'importing' then perform fail('conflict', format('bill %s is not stored to its end: import its file again', p_bill)); end if;
  if b.state = 'discarded' then perform fail('conflict', format('bill %s is discarded: %s', p_bill, b.discarded_why)); end if;
  perform pg_advisory_xact_lock(7233823, hashtext(b.provider));
  update bill set state = 'approving', approved_by = p_by, approved_why = p_why, approved_at = null where id = p_bill and state = 'imported';
  b := bill_of(p_bill);
  -- Of one day, so that little of the ledger is read; its sums are compared with all of the day, so they come together.
  v_day := (select min(day) from bill_line where bill = p_bill and not is_booked);
  v_lines := array((select id from bill_line where bill = p_bill and not is_booked and day = v_day and request_id is not null order by id limit p_limit) union all
    select id from bill_line where bill = p_bill and not is_booked and day = v_day and request_id is null);
  if v_lines = '{}' then
    -- Those whose attempts have become known since they were booked: they leave the house in the commit in which they reach their attempts.
    with found as (update bill_line l set attempt = m.attempt from (select * from bill_matches(p_bill, true, 0, 9223372036854775807) limit p_limit) m where l.id = m.line returning l.id)
    select array_agg(id) into v_lines from found;
    v_lines := coalesce(v_lines, '{}');
  end if;
  if v_lines <> '{}' then
    v_lines := array(select id from bill_line where id = any (v_lines) union
      select o.id from bill_line l cross join lateral (select * from bill_line x where x.attempt = l.attempt offset 0) o where l.id = any (v_lines) and o.bill = p_bill);
    v_booked := book_lines(b, v_lines, b.approved_why);
  end if;
  v_more := v_lines <> '{}';
  if not v_more then update bill set state = 'approved', approved_at = clock_timestamp() where id = p_bill and state = 'approving'; end if;
  return v_booked || jsonb_build_object('more', v_more);
end $$;

-- A day of a bill of sums, once more: what has been answered since is not beyond it.
create function purser.rebook_bill(p_bill int, p_day date) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  b purser.bill := bill_of(p_bill);
  v_lines bigint[];
begin
  if b.state <> 'approved' then perform fail('conflict', format('bill %s is not booked', p_bill)); end if;
  perform pg_advisory_xact_lock(7233823, hashtext(b.provider));
  v_lines := array(select id from bill_line where bill = p_bill and day = p_day and is_booked and request_id is null);
  if v_lines = '{}' then return jsonb_build_object('lines', 0, 'adjusted', 0, 'onTheHouse', 0); end if;
  return book_lines(b, v_lines, b.approved_why);
end $$;

-- ── Months ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- The providers and days (UTC) on which jobs of a month have sent something, and no approved bill is of that day.
create function purser.days_without_bill(p_month text) returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  with sent as (
    select s.terms ->> 'provider' as provider, (r.dispatched_at at time zone 'UTC')::date as day from purser.reservation r join purser.scope s on s.id = r.scope
     where r.id >= purser.first_id(purser.month_start(p_month)) and r.id < purser.first_id(purser.month_start(p_month) + interval '1 month') and r.token is not null group by 1, 2)
  select coalesce(jsonb_agg(jsonb_build_object('provider', provider, 'days', days) order by provider), '[]') from (
    select provider, jsonb_agg(day order by day) as days from sent s
     where not exists (select from purser.bill b where b.provider = s.provider and b.state = 'approved' and s.day between b.from_day and b.to_day) group by 1) x
$$;

grant select on purser.bill, purser.bill_line, purser.bill_rest to purser_app;
revoke execute on all functions in schema purser from public;
grant execute on function purser.check_bill_lines, purser.begin_bill, purser.store_bill_lines, purser.match_bill, purser.end_bill, purser.discard_bill, purser.list_bills, purser.show_bill, purser.bill_drift,
  purser.approve_bill, purser.rebook_bill, purser.days_without_bill to purser_app;
