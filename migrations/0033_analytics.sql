-- 0033: analytics. One fact per request that has ended, and sums of facts by hour, by day and by blocks of days: what every report, page and export reads.
-- Why: a year of calls cannot be added up while somebody waits; and two readings that add up by themselves will disagree one day.
-- Locks: purser.entry and purser.refusal exclusively, while their new indexes are built (a minute for ten million entries); purser.outbox for a moment; else new tables, views and
-- functions.
-- Undo: drop what is new here, and the function purser.spending of 0032; `xid` of purser.outbox has the default pg_current_xact_id() again, and its readers are those of 0014 and 0026.
--
-- Kept outside the hot path: whoever books writes an entry, as before, and nothing else. `purser.roll_up` reads the entries in the order of (xid, id), those that are older
-- than every open transaction, computes the facts of the requests that they name anew, and notes by how much each fact has changed: in one commit with its
-- place. Changes are added to the sums many at once, since most of them have sums in common. A question adds the changes that wait, and what was booked behind that place,
-- from the entries themselves, in its own snapshot: so no answer is older than its question.

-- ── Numbers of transactions ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- A server counts its transactions from the beginning, and a ledger that is restored there from a dump has the numbers of the server before. So a stored number is that of
-- the transaction on its server, and `base`: whoever first writes on a server that was started anew puts the base above all numbers that are there, if they are ahead of the
-- server's. What was written there comes behind what the dump has, and nothing that is stored changes, nor the names of events.
create table purser.numbering (
  only_one boolean primary key default true check (only_one),
  base     bigint not null default 0,
  -- When the server started on which that was last looked at.
  server_since timestamptz not null default '-infinity'
);
insert into purser.numbering default values;
grant select on purser.numbering to purser_app;

create function purser.number_base() returns bigint language plpgsql as $$
declare
  n purser.numbering;
begin
  select * into strict n from purser.numbering;
  if n.server_since = pg_postmaster_start_time() then return n.base; end if;
  -- The others wait: none of them writes a number before this is committed.
  select * into strict n from purser.numbering for update;
  if n.server_since = pg_postmaster_start_time() then return n.base; end if;
  update purser.numbering set server_since = pg_postmaster_start_time(),
      base = case when l.last >= base + pg_snapshot_xmax(pg_current_snapshot())::text::bigint then l.last + 1 else base end
    from (select coalesce(max(xid)::text::bigint, 0) as last from (
            select max(xid) as xid from purser.entry union all select max(xid) from purser.outbox union all select max(xid) from purser.outbox_consumer
            union all select max(xid) from purser.call_score union all select xid from purser.rollup_state union all select entry_xmax from purser.watch) x) l
    returning base into n.base;
  return n.base;
end $$;

-- The number of this transaction.
create function purser.this_number() returns xid8 language plpgsql as $$
begin
  return (purser.number_base() + pg_current_xact_id()::text::bigint)::text::xid8;
end $$;

-- Every transaction with a smaller number has ended, and is in the snapshot that asks.
create function purser.oldest_number() returns xid8 language sql stable as $$
  select (base + pg_snapshot_xmin(pg_current_snapshot())::text::bigint)::text::xid8 from purser.numbering
$$;

-- No transaction in the snapshot that asks has this number, or a larger one.
create function purser.next_number() returns xid8 language sql stable as $$
  select (base + pg_snapshot_xmax(pg_current_snapshot())::text::bigint)::text::xid8 from purser.numbering
$$;

-- What is there has no number, and the order of its ids.
alter table purser.entry add column xid xid8 not null default '0', alter column xid set default purser.this_number();
create index entry_in_order on purser.entry (xid, id);
alter table purser.call_score add column xid xid8 not null default '0', alter column xid set default purser.this_number();
create index call_score_in_order on purser.call_score (xid);
create index refusal_by_time on purser.refusal (at);
alter table purser.outbox alter column xid set default purser.this_number();

-- As in 0032; what is said again of a request is taken in again.
create or replace function purser.score_request(p_id uuid, p_quality numeric, p_accuracy numeric, p_value bigint) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
begin
  if purser.show_request(p_id) is null then return null; end if;
  insert into purser.call_score (id, quality, accuracy, value) values (p_id, p_quality, p_accuracy, p_value)
    on conflict on constraint call_score_once do update set quality = coalesce(excluded.quality, call_score.quality), accuracy = coalesce(excluded.accuracy, call_score.accuracy),
      value = coalesce(excluded.value, call_score.value), said_at = excluded.said_at, xid = excluded.xid;
  return purser.show_request(p_id);
end $$;

-- As in 0014 and 0026, with these numbers.
create or replace function purser.add_outbox_consumer(p_name text, p_from_start boolean) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
begin
  if p_name !~ '^[a-z0-9][a-z0-9._-]{0,62}$' then
    perform purser.fail('bad_input', format('"%s" is no name of a consumer: use small letters, digits and . _ -, 63 at most', p_name));
  end if;
  perform purser.number_base();
  insert into purser.outbox_consumer (name, xid, id) values (p_name, case when p_from_start then '0'::xid8 else purser.oldest_number() end, 0) on conflict do nothing;
  return jsonb_build_object('made', found);
end $$;

create or replace function purser.read_outbox(p_name text, p_limit int) returns jsonb language plpgsql stable security definer
  set search_path = purser, pg_temp set enable_seqscan = off as $$
declare
  v purser.outbox_consumer := purser.outbox_consumer_of(p_name);
begin
  if p_limit not between 1 and 1000 then perform purser.fail('bad_input', 'a page has 1 to 1000 events'); end if;
  return (select coalesce(jsonb_agg(purser.event_json(o) order by o.xid, o.id), '[]')
    from purser.outbox o where o.id in (select id from purser.outbox where (xid, id) > (v.xid, v.id) and xid < purser.oldest_number() order by xid, id limit p_limit));
end $$;

create or replace function purser.acknowledge_outbox(p_name text, p_position text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v purser.outbox_consumer := purser.outbox_consumer_of(p_name);
  v_xid xid8 := split_part(p_position, '.', 1)::xid8;
  v_id bigint := split_part(p_position, '.', 2)::bigint;
begin
  if (v_xid, v_id) <= (v.xid, v.id) then return jsonb_build_object('moved', false); end if;
  perform purser.number_base();
  -- A position that was never read would skip what comes before it.
  if not exists (select from purser.outbox where xid = v_xid and id = v_id and xid < purser.oldest_number()) then
    perform purser.fail('bad_input', format('"%s" is no event that "%s" has read', p_position, p_name));
  end if;
  update purser.outbox_consumer set xid = v_xid, id = v_id, moved_at = clock_timestamp() where name = p_name and (xid, id) < (v_xid, v_id);
  return jsonb_build_object('moved', found);
end $$;

-- ── What a request was ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- As in 0032, with the prices of its lines.
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
    from purser.receipt p where p.period_ids is not null;

-- As in 0032, with the token, and for whoever may read it.
create or replace view purser.kept_request as
  select d.id, d.at, d.scope, d.linked_set, (d.id < mark.id and d.token is not null)::int as calls,
         coalesce(d.corrected, d.cost, 0) - case when d.id < mark.id then 0 else coalesce(d.cost, 0) end as cost, coalesce(d.token, d.id) as token
    from purser.dropped_attempt d cross join (select coalesce((select to_id from purser.dropped_month where dropped_at is not null order by month desc limit 1),
         '00000000-0000-0000-0000-000000000000') as id) mark
   where d.corrected is not null or d.id < mark.id
  union all
  select l.reservation_id, l.at, l.scope, null, 1, l.cost, l.token from purser.late_receipt l
   where not l.is_covered and not exists (select from purser.receipt x where x.reservation_id = l.reservation_id and x.token = l.token);

-- Of a request that has ended, or a usage that was tracked: its figures as known now. What is neither input nor output is the rest of `cost`. A fact outlives
-- its month of calls. `hash` names the request's content, which only jobs
-- tell; `is_repeat`: its account has asked the same before.
create table purser.fact (
  row_id         uuid not null,
  token          uuid not null,
  at             timestamptz not null,
  scope          int not null,
  is_house       boolean not null,
  is_repeat      boolean not null,
  calls          smallint not null,
  failed         smallint not null,
  cost           bigint not null,
  input_cost     bigint not null,
  output_cost    bigint not null,
  pico_usd       bigint not null,
  input_usd      bigint not null,
  output_usd     bigint not null,
  input_tokens   bigint not null,
  output_tokens  bigint not null,
  -- Null where it does not apply, as in most.
  cached_tokens  bigint,
  -- What the provider's cache saved: its tokens at the price of fresh ones, less what they cost. Below zero where writing cost more than reading saved.
  saved          bigint,
  -- Of the cost: of servers and storage, not of models.
  infrastructure bigint,
  reserved       bigint,
  duration_ms    int,
  -- Thousandths.
  quality        int,
  value          bigint,
  hash           bigint,
  constraint fact_once primary key (row_id, token)
);
create index fact_by_time on purser.fact (at);
create index fact_by_scope on purser.fact (scope, at);
create index fact_by_hash on purser.fact (hash) where hash is not null;

-- ── Sums of facts ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- What is summed: each set of dimensions has its own. `has_hours`: by the hour too; else what is no whole day is read from the facts, as of sets that would have as many sums an
-- hour as facts.
create table purser.rollup_set (
  id         smallint primary key,
  dimensions text[] not null constraint rollup_set_once unique,
  has_hours  boolean not null
);
insert into purser.rollup_set values (0, '{}', true), (1, '{account}', false), (2, '{user}', false), (3, '{team}', false), (4, '{project}', false), (5, '{feature}', true),
  (6, '{environment}', false), (7, '{provider}', false), (8, '{model}', true), (9, '{endpoint}', false), (10, '{endpoint,model}', false), (11, '{provider,model}', false),
  (12, '{model,latency}', false), (13, '{feature,latency}', false), (14, '{prompt}', false);

-- Sums of a block of time: level 0 is an hour, 1 a day, and 2, 3 and 4 are blocks of 4, 16 and 64 days, all in UTC, counted from 1970-01-01. `a` and `b` are the values of
-- the dimensions. Null: nothing.
create table purser.rollup (
  set             smallint not null,
  level           smallint not null,
  since           timestamptz not null,
  a               text,
  b               text,
  -- What is asked most comes first: a row is read up to the last column that is asked.
  calls           bigint,
  cost            bigint,
  input_tokens    bigint,
  output_tokens   bigint,
  failed          bigint,
  input_cost      bigint,
  output_cost     bigint,
  pico_usd        numeric,
  input_usd       numeric,
  output_usd      numeric,
  cached_tokens   bigint,
  saved           bigint,
  infrastructure  bigint,
  reserved        bigint,
  -- Of the cost: of what was reserved; of what was answered.
  reserved_cost   bigint,
  answered_cost   bigint,
  answered_tokens bigint,
  -- Calls whose duration is known.
  timed           bigint,
  duration_ms     bigint,
  scored          bigint,
  quality         bigint,
  valued          bigint,
  value           bigint,
  constraint rollup_once unique nulls not distinct (set, level, since, a, b)
) partition by list (set);
do $$
begin
  for n in 0..14 loop
    execute format('create table purser.rollup_%s partition of purser.rollup for values in (%s) with (fillfactor = 80)', n, n);
  end loop;
end $$;

-- By how much facts have changed since they were added up: facts as they are, and as they were, taken away.
create table purser.fact_change (like purser.fact) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
create index fact_change_by_time on purser.fact_change (at);

-- Everything up to (xid, id) is in the facts, and in the sums or in `fact_change`, with so many rows since `waiting_since`. `built_to`: until when there are blocks of the levels 2, 3 and 4. No fact is from before `first_at`.
create table purser.rollup_state (
  only_one boolean primary key default true check (only_one),
  xid      xid8 not null default '0',
  id       bigint not null default 0,
  first_at timestamptz,
  built_to timestamptz[] not null default '{-infinity,-infinity,-infinity}',
  waiting  int not null default 0,
  waiting_since timestamptz,
  moved_at timestamptz not null default clock_timestamp()
);
insert into purser.rollup_state default values;
grant select on purser.request, purser.kept_request, purser.fact, purser.fact_change, purser.rollup_set, purser.rollup, purser.rollup_state to purser_app;
do $$
begin
  for n in 0..14 loop execute format('grant select on purser.rollup_%s to purser_app', n); end loop;
end $$;

create function purser.level_size(p_level int) returns interval language sql immutable as $$
  select (array['1 hour', '1 day', '4 days', '16 days', '64 days']::interval[])[p_level + 1]
$$;
create function purser.block_of(p_level int, p_at timestamptz) returns timestamptz language sql immutable as $$
  select date_bin(purser.level_size(p_level), p_at, '1970-01-01T00:00:00Z')
$$;

-- A dimension too: the longest duration in ms of those like it, in steps of a fifth. Of what is taken away, too.
create function purser.latency_of(p_ms int) returns text language sql immutable as $$
  select round(2 ^ (ceil(ln(greatest(abs(p_ms), 1)) / ln(2) * 4) / 4))::bigint::text
$$;

-- ── From entries to facts ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- The requests that the entries behind (p_xid, p_id) name, and those that were scored; until before `p_before`, of so many entries that they name `p_limit` requests, or hardly more.
-- `plain`: those that a batch has settled. The last entry that was read; null: none. `has_more`: there are others behind it.
create function purser.touched(p_xid xid8, p_id bigint, p_before xid8, p_limit int, out ids uuid[], out plain uuid[], out xid xid8, out id bigint, out has_more boolean) language plpgsql stable
  set search_path = purser, pg_temp set enable_seqscan = off as $$
declare
  e record;
  v_found int := 0;
begin
  has_more := false;
  if p_limit is not null then
    for e in select n.xid, n.id, 1 + coalesce(cardinality(n.settled_ids), 0) as requests from entry n where (n.xid, n.id) > (p_xid, p_id) and n.xid < p_before order by n.xid, n.id loop
      has_more := v_found >= p_limit;
      exit when has_more;
      v_found := v_found + e.requests;
      xid := e.xid;
      id := e.id;
    end loop;
  end if;
  with page as materialized (
    select n.kind, n.reservation, n.key, n.reason, n.settled_ids from entry n where (n.xid, n.id) > (p_xid, p_id) and (p_limit is null or (n.xid, n.id) <= (touched.xid, touched.id)))
  select array(
      select i from page p cross join unnest(p.settled_ids) i where p.kind <> 'calls'
      union select p.reservation from page p where p.reservation is not null
      union select split_part(p.key, ' ', 1)::uuid from page p where p.kind = 'uncovered'
      -- The refused attempt that handed its money on.
      union select split_part(p.reason, ' ', 2)::uuid from page p where p.kind = 'hand_on'
      union select coalesce((select r.reservation_id from receipt r where r.token = s.id and r.period_ids is not null limit 1), s.id)
        from call_score s where s.xid > '0' and s.xid >= p_xid and (p_before is null or s.xid < p_before)),
    array(select i from page p cross join unnest(p.settled_ids) i where p.kind = 'calls')
    into ids, plain;
end $$;

-- What the lines of an answer come to. (It has no settings of its own, so that it is read as a part of the query that asks it.)
create function purser.line_figures(p_units text[], p_quantities bigint[], p_nano_eurs bigint[], p_pico_usds bigint[], p_price_ids int[], p_micros bigint, p_at timestamptz)
returns table (input_cost bigint, output_cost bigint, input_usd bigint, output_usd bigint, input_tokens bigint, output_tokens bigint, cached_tokens bigint, saved bigint, infrastructure bigint)
language sql stable rows 1 as $$
  select coalesce(purser.total(c.nano_eur) filter (where c.unit like 'input%'), 0), coalesce(purser.total(c.nano_eur) filter (where c.unit like 'output%'), 0),
         coalesce(purser.total(c.pico_usd) filter (where c.unit like 'input%'), 0), coalesce(purser.total(c.pico_usd) filter (where c.unit like 'output%'), 0),
         coalesce(purser.total(c.quantity) filter (where c.unit like 'input%'), 0), coalesce(purser.total(c.quantity) filter (where c.unit like 'output%'), 0),
         purser.total(c.quantity) filter (where c.unit like 'input\_cached%'),
         purser.total(coalesce(purser.nano_eur_of(purser.pico_usd_of(c.quantity, fresh.pico_usd_per, fresh.per), p_micros) - c.nano_eur, 0)) filter (where c.unit like 'input\_cache%'),
         purser.total(c.nano_eur) filter (where c.unit in ('gpu_hours', 'vector_db_hours', 'vector_db_queries', 'storage_gb_months', 'egress_gb', 'workflow_executions'))
    from unnest(p_units, p_quantities, p_nano_eurs, p_pico_usds, p_price_ids) as c (unit, quantity, nano_eur, pico_usd, price_id)
    left join lateral (
      -- What the same tokens would have cost fresh, as the row of the book beside it says.
      select b.pico_usd_per, b.per from purser.price a join purser.price b using (provider, model, tier, above_tokens)
       where c.unit like 'input\_cache%' and a.id = c.price_id and b.unit = case when c.unit = 'input_cached_audio_tokens' then 'input_audio_tokens' else 'input_text_tokens' end
         and b.effective_from <= p_at and coalesce(b.effective_until, 'infinity') > p_at
       order by b.effective_from desc limit 1) fresh on true
$$;

-- Nearly all facts: of what was reserved, sent and answered, in this order, and has no fact yet. What is missing in the answer is for `facts_of`, which decides every case.
create function purser.plain_facts(p_ids uuid[]) returns setof purser.fact language sql stable
  set search_path = purser, pg_temp set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off as $$
  select r.id, r.token, r.at, r.scope, false, false, 1::smallint, 0::smallint, r.cost, l.input_cost, l.output_cost, p.pico_usd, l.input_usd, l.output_usd, l.input_tokens, l.output_tokens,
         l.cached_tokens, l.saved, l.infrastructure, r.amount, coalesce((p.answer ->> 'durationMs')::int, r.duration_ms), (s.quality * 1000)::int, s.value,
         case when r.run <> 'direct' and length(r.request_hash) = 64 then hashtextextended(r.request_hash, 0) end
    from unnest(p_ids) i
    cross join lateral (select * from reservation x where x.id = i and x.state = 'settled' and x.cost_source = 'answer' offset 0) r
    cross join lateral (select * from receipt y where y.reservation_id = i and y.token = r.token and y.cost = r.cost and cardinality(y.units) > 0 offset 0) p
    left join call_score s on s.id = r.id
    cross join lateral line_figures(p.units, p.quantities, p.nano_eurs, p.pico_usds, p.price_ids, p.usd_micros_per_eur, r.at) l
   where not exists (select from fact f where f.row_id = i)
$$;

-- The facts of these requests, as the ledger knows them now; of those whose month is dropped, what is kept, with the figures that their facts had. (`offset 0`: one request is
-- looked up at a time, by its id; joined, all of a month would be compared with all.) An answer to an attempt that a restored backup forgot, with its scope, has none: it is on the
-- budgets that it names.
create function purser.facts_of(p_ids uuid[]) returns setof purser.fact language sql stable
  set search_path = purser, pg_temp set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off as $$
  with known as (
    select q.row_id, q.token, q.at, q.scope, coalesce(h.is_house, false) as is_house, 1 as calls, (not q.answered)::int as failed, coalesce(q.cost, 0) as cost,
           l.*, coalesce(q.pico_usd, 0) as pico_usd, q.amount as reserved, coalesce((q.answer ->> 'durationMs')::int, q.duration_ms) as duration_ms,
           (s.quality * 1000)::int as quality, s.value, case when q.answered and q.run <> 'direct' and length(q.request_hash) = 64 then hashtextextended(q.request_hash, 0) end as hash
      from unnest(p_ids) i cross join lateral (select * from request v where v.row_id = i and v.state not in ('dispatched', 'in_doubt') and v.scope is not null offset 0) q
      left join linked_set h on h.id = q.linked_set left join call_score s on s.id = q.id
      cross join lateral line_figures(case when q.cost is not null then q.units end, q.quantities, q.nano_eurs, q.pico_usds, q.price_ids, q.usd_micros_per_eur, q.at) l
    union all
    select k.id, k.token, k.at, k.scope, coalesce(h.is_house, false), k.calls, 0, k.cost, 0, 0, 0, 0, 0, 0, null, null, null,
           round(k.cost::numeric * coalesce(e.usd_micros_per_eur, micros_on(k.at), 0) / 1000), null, null, null, null, null
      from unnest(p_ids) i cross join lateral (select * from kept_request v where v.id = i and v.scope is not null offset 0) k
      left join linked_set h on h.id = k.linked_set
      -- While its attempt is still there, at the rate that was pinned with it.
      left join reservation r on r.id = k.id left join rate e on e.id = r.rate_id),
  now as (
    select n.row_id, n.token, min(n.at) as at, min(n.scope) as scope, bool_or(n.is_house) as is_house, total(n.calls) as calls, total(n.failed) as failed, total(n.cost) as cost,
           total(n.input_cost) as input_cost, total(n.output_cost) as output_cost, sum(n.pico_usd)::bigint as pico_usd, total(n.input_usd) as input_usd,
           total(n.output_usd) as output_usd, total(n.input_tokens) as input_tokens, total(n.output_tokens) as output_tokens, max(n.cached_tokens) as cached_tokens,
           max(n.saved) as saved, max(n.infrastructure) as infrastructure, max(n.reserved) as reserved, max(n.duration_ms) as duration_ms, max(n.quality) as quality,
           max(n.value) as value, max(n.hash) as hash,
           n.row_id >= coalesce(dropped_before(), n.row_id) as has_lines
      from known n group by n.row_id, n.token)
  select n.row_id, n.token, n.at, n.scope, n.is_house, coalesce(o.is_repeat, false), n.calls::smallint, (case when n.has_lines then n.failed else coalesce(o.failed, n.failed) end)::smallint, n.cost,
         x.input_cost, x.output_cost, case when x.row_id is not null and n.cost = x.cost then x.pico_usd else n.pico_usd end, x.input_usd, x.output_usd, x.input_tokens, x.output_tokens,
         x.cached_tokens, x.saved, x.infrastructure, x.reserved, x.duration_ms::int, coalesce(n.quality, x.quality)::int, coalesce(n.value, x.value), x.hash
    from now n left join fact o on o.row_id = n.row_id and o.token = n.token
    cross join lateral (
      select n.row_id, n.cost, n.pico_usd, n.input_cost, n.output_cost, n.input_usd, n.output_usd, n.input_tokens, n.output_tokens, n.cached_tokens, n.saved, n.infrastructure, n.reserved,
             n.duration_ms, n.quality, n.value, n.hash where n.has_lines or o.row_id is null
      union all
      select o.row_id, o.cost, o.pico_usd, o.input_cost, o.output_cost, o.input_usd, o.output_usd, o.input_tokens, o.output_tokens, o.cached_tokens, o.saved, o.infrastructure, o.reserved,
             o.duration_ms, o.quality, o.value, o.hash where not n.has_lines and o.row_id is not null) x
$$;

-- The facts that these requests have in the sums, taken away.
create function purser.facts_against(p_ids uuid[]) returns setof purser.fact language sql stable
  set search_path = purser, pg_temp set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
  select f.row_id, f.token, f.at, f.scope, f.is_house, f.is_repeat, -f.calls, -f.failed, -f.cost, -f.input_cost, -f.output_cost, -f.pico_usd, -f.input_usd, -f.output_usd, -f.input_tokens,
         -f.output_tokens, -f.cached_tokens, -f.saved, -f.infrastructure, -f.reserved, -f.duration_ms, -f.quality, -f.value, f.hash
    from unnest(p_ids) i join fact f on f.row_id = i
$$;

-- The facts of what was touched, as they are now; `others`: those that are not plain, and may have had one before.
create function purser.facts_now(p_ids uuid[], p_plain uuid[], out facts purser.fact[], out others uuid[]) language plpgsql stable
  set search_path = purser, pg_temp as $$
begin
  facts := array(select f from plain_facts(case when p_ids = '{}' then p_plain else array(select unnest(p_plain) except select unnest(p_ids)) end) f);
  others := case when p_ids = '{}' and cardinality(facts) = cardinality(p_plain) then '{}'
                 else array(select unnest(p_ids) union (select unnest(p_plain) except select f.row_id from unnest(facts) f)) end;
  if others <> '{}' then facts := facts || array(select f from facts_of(others) f); end if;
end $$;

-- By how much the facts have changed since they were last taken in: the requests that were booked since as they are now, less as they were. Empty, mostly.
create function purser.fresh() returns setof purser.fact language plpgsql stable security definer rows 10
  set search_path = purser, pg_temp as $$
declare
  v rollup_state;
  t record;
  v_known record;
begin
  select * into v from rollup_state;
  if not exists (select from entry e where (e.xid, e.id) > (v.xid, v.id)) and not exists (select from call_score s where s.xid >= v.xid) then return; end if;
  t := touched(v.xid, v.id, null, null);
  v_known := facts_now(t.ids, t.plain);
  return query select f.* from unnest(v_known.facts) f union all select f.* from facts_against(v_known.others) f;
end $$;

-- ── From facts to sums ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- Adds what facts changed by to the sums of their blocks; of the levels 2 to 4 only where the block is there.
create function purser.add_to_rollups(p_changes purser.fact[]) returns void language plpgsql
  set search_path = purser, pg_temp set jit = off set work_mem = '64MB' as $$
declare
  v_built timestamptz[] := (select built_to from rollup_state);
begin
  insert into rollup as r (set, level, since, a, b, calls, failed, cost, input_cost, output_cost, pico_usd, input_usd, output_usd, input_tokens, output_tokens, cached_tokens, saved,
      infrastructure, reserved, reserved_cost, answered_cost, answered_tokens, timed, duration_ms, scored, quality, valued, value)
    with change as materialized (
      select f.*, s.terms ->> 'team' as team, s.terms ->> 'project' as project, s.terms ->> 'feature' as feature, s.terms ->> 'environment' as environment,
             s.terms ->> 'provider' as provider, s.terms ->> 'model' as model, s.terms ->> 'endpoint' as endpoint, case when not f.is_house then s.account end as account,
             case when not f.is_house then s.terms ->> 'user' end as user_id, latency_of(f.duration_ms) as latency, case when f.is_repeat then to_hex(f.hash) end as prompt,
             case when f.failed = 0 then f.cost end as answered_cost, case when f.failed = 0 then f.input_tokens + f.output_tokens end as answered_tokens,
             case when f.reserved is not null then f.cost end as reserved_cost, case when f.duration_ms is not null then f.calls end as timed,
             case when f.quality is not null then f.calls end as scored, case when f.value is not null then f.calls end as valued,
             date_bin('1 hour', f.at, '1970-01-01T00:00:00Z') as hour, date_bin('1 day', f.at, '1970-01-01T00:00:00Z') as day, f.at < v_built[1] as has_blocks
        from unnest(p_changes) f join scope s on s.id = f.scope)
    select x.set, x.level, x.since, x.a, x.b,
        nullif(total(f.calls), 0), nullif(total(f.failed), 0), nullif(total(f.cost), 0), nullif(total(f.input_cost), 0), nullif(total(f.output_cost), 0), nullif(sum(f.pico_usd), 0),
        nullif(sum(f.input_usd), 0), nullif(sum(f.output_usd), 0), nullif(total(f.input_tokens), 0), nullif(total(f.output_tokens), 0), nullif(total(f.cached_tokens), 0),
        nullif(total(f.saved), 0), nullif(total(f.infrastructure), 0), nullif(total(f.reserved), 0), nullif(total(f.reserved_cost), 0),
        nullif(total(f.answered_cost), 0), nullif(total(f.answered_tokens), 0), nullif(total(f.timed), 0), nullif(total(f.duration_ms), 0), nullif(total(f.scored), 0), nullif(total(f.quality), 0),
        nullif(total(f.valued), 0), nullif(total(f.value), 0)
      from change f
      cross join lateral (
        select v.set, l.level, case l.level when 0 then f.hour when 1 then f.day else block_of(l.level, f.at) end as since, v.a, v.b
          from (values (0::smallint, null, null, true), (1, f.account, null, false), (2, f.user_id, null, false), (3, f.team, null, false), (4, f.project, null, false), (5, f.feature, null, true),
            (6, f.environment, null, false), (7, f.provider, null, false), (8, f.model, null, true), (9, f.endpoint, null, false), (10, f.endpoint, f.model, false), (11, f.provider, f.model, false),
            (12, f.model, f.latency, false), (13, f.feature, f.latency, false), (14, f.prompt, null, false)) as v (set, a, b, has_hours)
          cross join lateral (select 1::smallint as level union all select 0 where v.has_hours union all
            select n::smallint from generate_series(2, 4) n where f.has_blocks and f.at < v_built[n - 1]) l) x
     group by 1, 2, 3, 4, 5
    on conflict on constraint rollup_once do update set
        calls = nullif(coalesce(r.calls, 0) + coalesce(excluded.calls, 0), 0), failed = nullif(coalesce(r.failed, 0) + coalesce(excluded.failed, 0), 0),
        cost = nullif(coalesce(r.cost, 0) + coalesce(excluded.cost, 0), 0), input_cost = nullif(coalesce(r.input_cost, 0) + coalesce(excluded.input_cost, 0), 0),
        output_cost = nullif(coalesce(r.output_cost, 0) + coalesce(excluded.output_cost, 0), 0), pico_usd = nullif(coalesce(r.pico_usd, 0) + coalesce(excluded.pico_usd, 0), 0),
        input_usd = nullif(coalesce(r.input_usd, 0) + coalesce(excluded.input_usd, 0), 0), output_usd = nullif(coalesce(r.output_usd, 0) + coalesce(excluded.output_usd, 0), 0),
        input_tokens = nullif(coalesce(r.input_tokens, 0) + coalesce(excluded.input_tokens, 0), 0), output_tokens = nullif(coalesce(r.output_tokens, 0) + coalesce(excluded.output_tokens, 0), 0),
        cached_tokens = nullif(coalesce(r.cached_tokens, 0) + coalesce(excluded.cached_tokens, 0), 0), saved = nullif(coalesce(r.saved, 0) + coalesce(excluded.saved, 0), 0),
        infrastructure = nullif(coalesce(r.infrastructure, 0) + coalesce(excluded.infrastructure, 0), 0), reserved = nullif(coalesce(r.reserved, 0) + coalesce(excluded.reserved, 0), 0),
        reserved_cost = nullif(coalesce(r.reserved_cost, 0) + coalesce(excluded.reserved_cost, 0), 0), answered_cost = nullif(coalesce(r.answered_cost, 0) + coalesce(excluded.answered_cost, 0), 0),
        answered_tokens = nullif(coalesce(r.answered_tokens, 0) + coalesce(excluded.answered_tokens, 0), 0), timed = nullif(coalesce(r.timed, 0) + coalesce(excluded.timed, 0), 0),
        duration_ms = nullif(coalesce(r.duration_ms, 0) + coalesce(excluded.duration_ms, 0), 0), scored = nullif(coalesce(r.scored, 0) + coalesce(excluded.scored, 0), 0),
        quality = nullif(coalesce(r.quality, 0) + coalesce(excluded.quality, 0), 0), valued = nullif(coalesce(r.valued, 0) + coalesce(excluded.valued, 0), 0),
        value = nullif(coalesce(r.value, 0) + coalesce(excluded.value, 0), 0);
end $$;

-- The next block of days that is over, of the lowest level that has one to make; false: there is none.
create function purser.build_block() returns boolean language plpgsql
  set search_path = purser, pg_temp set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  v rollup_state;
  v_since timestamptz;
begin
  select * into v from rollup_state;
  if v.first_at is null then return false; end if;
  for v_level in 2..4 loop
    v_since := greatest(v.built_to[v_level - 1], block_of(v_level, v.first_at));
    -- A block of 4 days is made of days, a larger one of four of those before it.
    continue when v_since + level_size(v_level) > case when v_level = 2 then block_of(1, clock_timestamp()) else v.built_to[v_level - 2] end;
    insert into rollup (set, level, since, a, b, calls, failed, cost, input_cost, output_cost, pico_usd, input_usd, output_usd, input_tokens, output_tokens, cached_tokens, saved,
        infrastructure, reserved, reserved_cost, answered_cost, answered_tokens, timed, duration_ms, scored, quality, valued, value)
      select set, v_level, v_since, a, b, sum(calls), sum(failed), sum(cost), sum(input_cost), sum(output_cost), sum(pico_usd), sum(input_usd), sum(output_usd), sum(input_tokens),
             sum(output_tokens), sum(cached_tokens), sum(saved), sum(infrastructure), sum(reserved), sum(reserved_cost), sum(answered_cost), sum(answered_tokens), sum(timed),
             sum(duration_ms), sum(scored), sum(quality), sum(valued), sum(value)
        from rollup_set t join rollup on set = t.id and level = v_level - 1 and since >= v_since and since < v_since + level_size(v_level)
       group by set, a, b;
    update rollup_state set built_to[v_level - 1] = v_since + level_size(v_level);
    return true;
  end loop;
  return false;
end $$;

-- Adds the changes that wait to the sums.
create function purser.add_changes() returns void language plpgsql set search_path = purser, pg_temp as $$
begin
  perform add_to_rollups(array(select row(c.*)::fact from fact_change c));
  delete from fact_change;
  update rollup_state set waiting = 0, waiting_since = null;
end $$;

-- Takes in what was booked since the last time, of about `p_limit` requests. When that is all, adds the changes to the sums: ten thousand, or what has waited for a minute, or with
-- `p_all` all; and makes a block of days. One at a time: while another one does, null, or with `p_waits` afterwards. `more`: there is more to do at once;
-- `behindMs`: what is next was booked so long ago.
create function purser.roll_up(p_limit int, p_waits boolean default false, p_all boolean default false) returns jsonb language plpgsql security definer
  set search_path = purser, pg_temp set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_generic_plan as $$
declare
  v rollup_state;
  v_before xid8;
  t record;
  v_known record;
  v_facts fact[];
  v_changes int := 0;
begin
  if p_limit not between 1 and 10000 then perform fail('bad_input', 'a page has 1 to 10000 requests'); end if;
  if p_waits then
    perform pg_advisory_xact_lock(7233823305);
  elsif not pg_try_advisory_xact_lock(7233823305) then
    return null;
  end if;
  perform number_base();
  select * into v from rollup_state;
  v_before := oldest_number();
  t := touched(v.xid, v.id, v_before, p_limit);
  if t.ids <> '{}' or t.plain <> '{}' then
    v_known := facts_now(t.ids, t.plain);
    v_facts := v_known.facts;
    -- Asked by its account before, or earlier among these. What is a repeat stays one.
    if exists (select from unnest(v_facts) f where f.hash is not null and not f.is_repeat) then
      v_facts := array(
        select (n.row_id, n.token, n.at, n.scope, n.is_house, n.is_repeat or (n.hash is not null and o.row_id is null and (n.place > 1
              or exists (select from fact e join scope s on s.id = e.scope where e.hash = n.hash and s.account = n.account))),
            n.calls, n.failed, n.cost, n.input_cost, n.output_cost, n.pico_usd, n.input_usd, n.output_usd, n.input_tokens, n.output_tokens, n.cached_tokens, n.saved, n.infrastructure,
            n.reserved, n.duration_ms, n.quality, n.value, n.hash)::fact
          from (select f.*, s.account, row_number() over (partition by f.hash, s.account order by f.at, f.row_id, f.token) as place from unnest(v_facts) f join scope s on s.id = f.scope) n
          left join fact o on o.row_id = n.row_id and o.token = n.token);
    end if;
    insert into fact_change select f.* from unnest(v_facts) f union all select f.* from facts_against(v_known.others) f;
    get diagnostics v_changes = row_count;
    if v_known.others <> '{}' then delete from fact where row_id = any (v_known.others); end if;
    insert into fact select f.* from unnest(v_facts) f;
  end if;
  -- Whoever writes with a later number comes behind this place.
  update rollup_state set xid = case when t.has_more then t.xid else v_before end, id = case when t.has_more then t.id else 0 end, moved_at = clock_timestamp(),
      first_at = least(first_at, (select min(f.at) from unnest(v_facts) f)), waiting = waiting + v_changes, waiting_since = coalesce(waiting_since, case when v_changes > 0 then clock_timestamp() end)
   where t.xid is not null or t.ids <> '{}' returning * into v;
  if not found then select * into v from rollup_state; end if;
  if v.waiting >= 10000 or (v.waiting > 0 and not t.has_more and (p_all or v.waiting_since < clock_timestamp() - interval '1 minute')) then
    perform add_changes();
  end if;
  return jsonb_build_object('requests', cardinality(t.ids) + cardinality(t.plain), 'more', t.has_more or build_block(),
    'behindMs', case when t.has_more then floor(extract(epoch from clock_timestamp() - (select at from entry where id = t.id)) * 1000)::bigint else 0 end);
end $$;

-- ── Questions ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- Where the hour, day, week or month of a moment ends.
create function purser.until(p_unit text, p_since timestamptz, p_time_zone text) returns timestamptz language sql immutable as $$
  select case when p_unit = 'hour' then p_since + interval '1 hour'
              else purser.first_instant(date_trunc(p_unit, p_since at time zone p_time_zone) + ('1 ' || p_unit)::interval, p_time_zone) end
$$;

-- A range of time in the fewest blocks of sums, each with the hour, day, week or month that it belongs to (null without a unit). Level -1: no block; from `since` to before
-- `till`, the facts themselves are to be read. `p_has_hours`: the set has sums by hour. `p_has_days` false: there are no sums at all.
create function purser.parts(p_from timestamptz, p_to timestamptz, p_unit text, p_time_zone text, p_has_days boolean, p_has_hours boolean)
returns table (bucket timestamptz, level int, since timestamptz, till timestamptz) language plpgsql stable security definer rows 1000 set search_path = purser, pg_temp as $$
declare
  v rollup_state;
  v_lo timestamptz;
  v_hi timestamptz;
  v_from timestamptz;
  v_to timestamptz;
  v_until timestamptz;
  v_day timestamptz;
  v_last_day timestamptz;
begin
  select * into v from rollup_state;
  if v.first_at is null then return; end if;
  -- Nothing is summed before the first fact, and nothing behind now.
  v_until := least(p_to, clock_timestamp() + interval '1 day');
  v_lo := greatest(p_from, date_trunc('day', v.first_at, 'UTC'));
  bucket := since(p_unit, v_lo, p_time_zone);
  while v_lo < v_until loop
    v_hi := case when p_unit is null then v_until else least(v_until, until(p_unit, bucket, p_time_zone)) end;
    if not p_has_days then
      level := -1; since := v_lo; till := v_hi; return next;
    else
      -- From here to there are whole days, or whole hours.
      v_from := case when p_has_hours then date_bin('1 hour', v_lo + interval '1 hour - 1 microsecond', '1970-01-01T00:00:00Z')
                     else date_bin('1 day', v_lo + interval '1 day - 1 microsecond', '1970-01-01T00:00:00Z') end;
      v_to := case when p_has_hours then date_bin('1 hour', v_hi, '1970-01-01T00:00:00Z') else date_bin('1 day', v_hi, '1970-01-01T00:00:00Z') end;
      if v_from >= v_to then
        level := -1; since := v_lo; till := v_hi; return next;
      else
        if v_lo < v_from then level := -1; since := v_lo; till := v_from; return next; end if;
        if v_to < v_hi then level := -1; since := v_to; till := v_hi; return next; end if;
        v_day := v_from;
        v_last_day := date_bin('1 day', v_to, '1970-01-01T00:00:00Z');
        while v_day < v_to loop
          -- The largest block that begins here, is made, and ends in time.
          level := case
            when v_day > v_last_day - interval '1 day' or v_day <> date_bin('1 day', v_day, '1970-01-01T00:00:00Z') then 0
            when v_day + interval '64 days' <= least(v_last_day, v.built_to[3]) and v_day = block_of(4, v_day) then 4
            when v_day + interval '16 days' <= least(v_last_day, v.built_to[2]) and v_day = block_of(3, v_day) then 3
            when v_day + interval '4 days' <= least(v_last_day, v.built_to[1]) and v_day = block_of(2, v_day) then 2
            else 1 end;
          since := v_day; till := v_day + level_size(level); return next;
          v_day := till;
        end loop;
      end if;
    end if;
    v_lo := v_hi;
    -- The next one begins where this one ends; but an hour as the clock has it, where that moves by half of one.
    bucket := case when p_unit = 'hour' then since(p_unit, v_hi, p_time_zone) else v_hi end;
  end loop;
end $$;

drop function purser.spending;

revoke execute on all functions in schema purser from public;
grant execute on function purser.roll_up, purser.parts, purser.fresh, purser.since, purser.dimension, purser.latency_of, purser.first_instant to purser_app;
