-- 0038: statements. An account's month as a document: sealed once, with the hash of its lines and of the statement before; what becomes known later is a correction on the next one.
-- Why: finance needs a month that stays as it was, and a ledger that may still learn what a call of that month has cost.
-- Locks: purser.fact_change for a moment, for its trigger; purser.budget against writing while an index is built; else new tables and functions.   Undo: drop what is new here.
--
-- A statement is made of facts, and `roll_up` is the only one that changes facts: whoever seals takes its lock, so a cost is either in the facts that are sealed, or it becomes known
-- to `roll_up` afterwards, and is then kept as a correction. None is on two statements, and none on none; no booking waits for a seal.

create table purser.statement (
  account      text not null references purser.account,
  month        text not null constraint statement_month_form check (month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
  time_zone    text not null,
  -- Its lines: calls that were reserved from here to before there. The first statement of an account begins at the beginning.
  covers_from  timestamptz not null,
  starts_at    timestamptz not null,
  ends_at      timestamptz not null,
  plan         text not null,
  -- The plan's budget: what the plan allowed when the month began, and by how much that was changed (top-ups, cuts, plans); null: it had none in this month.
  allowance    bigint,
  cap_changes  bigint not null,
  -- What that budget had counted as spent, when it was sealed; null: nothing opened its period.
  counted      bigint,
  calls        bigint not null,
  failed       bigint not null,
  -- Of its lines; what the providers' caches saved of it; of it, what was presumed, when it was sealed.
  spent        bigint not null,
  pico_usd     numeric not null,
  saved        bigint not null,
  presumed     bigint not null,
  -- What became known, since the statement before, of calls on earlier ones.
  corrections  bigint not null,
  corrected    int not null,
  -- When it was sealed: still reserved, and above the cap.
  open         bigint not null,
  overrun      bigint not null,
  refusals     int not null,
  -- The account's other budgets that had a period in it: [{budgetId, name, period, cap, spent, reserved, overrun}].
  budgets      jsonb not null,
  -- Corrections up to here are on this statement, or on one before.
  changes_to   bigint not null,
  previous     bytea,
  hash         bytea not null,
  sealed_at    timestamptz not null,
  constraint statement_once primary key (account, month),
  constraint statement_interval check (covers_from <= starts_at and starts_at < ends_at)
);
create index statement_by_month on purser.statement (month, account);
-- An account's own budgets beside its plan's, archived ones too.
create index budget_beside_plan on purser.budget (account) where plan is null and account is not null;

-- By how much a call on a sealed statement has changed: cost and what it counts, after less before. Of one move of one call there may be two rows: the answer that went and the one that came.
create table purser.statement_change (
  id       bigint generated always as identity primary key,
  account  text not null,
  -- Of the statement that has the call.
  month    text not null,
  row_id   uuid not null,
  token    uuid not null,
  at       timestamptz not null,
  calls    int not null,
  failed   int not null,
  cost     bigint not null,
  pico_usd bigint not null,
  saved    bigint not null,
  known_at timestamptz not null default clock_timestamp()
);
create index statement_change_of_account on purser.statement_change (account, id);

-- The month up to whose end something is sealed: what is later is nobody's correction.
create table purser.sealing (
  only_one  boolean primary key default true check (only_one),
  sealed_to timestamptz not null default '-infinity'
);
insert into purser.sealing default values;

create trigger statement_append_only before update or delete or truncate on purser.statement for each statement execute function purser.refuse_change();
create trigger statement_change_append_only before update or delete or truncate on purser.statement_change for each statement execute function purser.refuse_change();
grant select on purser.statement, purser.statement_change, purser.sealing to purser_app;

-- ── What becomes known later ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

create function purser.note_late_changes() returns trigger language plpgsql set search_path = purser, pg_temp as $$
declare
  v_sealed_to constant timestamptz := (select sealed_to from sealing);
begin
  if not exists (select from changed where at < v_sealed_to) then return null; end if;
  insert into statement_change (account, month, row_id, token, at, calls, failed, cost, pico_usd, saved)
    select s.account, st.month, c.row_id, c.token, min(c.at), total(c.calls), total(c.failed), total(c.cost), sum(c.pico_usd)::bigint, coalesce(total(c.saved), 0)
      from changed c join scope s on s.id = c.scope
      cross join lateral (select month from statement x where x.account = s.account and c.at >= x.covers_from and c.at < x.ends_at offset 0) st
     where c.at < v_sealed_to and not c.is_house
     group by s.account, st.month, c.row_id, c.token
    having (total(c.calls), total(c.failed), total(c.cost), sum(c.pico_usd), coalesce(total(c.saved), 0)) is distinct from (0::bigint, 0::bigint, 0::bigint, 0::numeric, 0::bigint);
  return null;
end $$;
create trigger fact_changed_late after insert on purser.fact_change referencing new table as changed for each statement execute function purser.note_late_changes();

-- ── Sealing ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

create function purser.month_after(p_month text) returns text language sql immutable as $$
  select to_char((p_month || '-01')::timestamp + interval '1 month', 'YYYY-MM')
$$;

create function purser.month_of(p_at timestamptz, p_time_zone text) returns text language sql immutable as $$
  select to_char(p_at at time zone p_time_zone, 'YYYY-MM')
$$;

-- The month of an account's first statement: in which it was made, or in which the first call happened that is told of it.
create function purser.first_month_of(a purser.account) returns text language sql stable set search_path = purser, pg_temp as $$
  select month_of(least(a.created_at, (
    select min(f.at) from (select id from scope x where x.account = a.id offset 0) s cross join lateral (select at from fact x where x.scope = s.id order by x.at limit 1) f)), a.time_zone)
$$;

-- Where a month begins, and where the next one does.
create function purser.month_from(p_month text, p_time_zone text) returns timestamptz language sql immutable as $$
  select purser.first_instant((p_month || '-01')::timestamp, p_time_zone)
$$;
create function purser.month_until(p_month text, p_time_zone text) returns timestamptz language sql immutable as $$
  select purser.first_instant((p_month || '-01')::timestamp + interval '1 month', p_time_zone)
$$;

-- What is hashed of the lines of a statement, in their order: the call, its answer, what it cost in both currencies, and whether it failed.
create function purser.line_bytes(p_row_id uuid, p_token uuid, p_cost bigint, p_pico_usd bigint, p_failed bigint) returns bytea language sql immutable as $$
  select uuid_send(p_row_id) || uuid_send(p_token) || int8send(p_cost) || int8send(p_pico_usd) || int8send(p_failed)
$$;

-- The hash of a statement: of the one before, of its lines, of its corrections, and of all that its head says.
create function purser.statement_hash(s purser.statement, p_lines bytea, p_changes bytea) returns bytea language sql stable as $$
  select sha256(coalesce(s.previous, ''::bytea) || sha256(coalesce(p_lines, ''::bytea)) || sha256(coalesce(p_changes, ''::bytea)) || convert_to(concat_ws('|', s.account, s.month, s.time_zone,
    extract(epoch from s.starts_at)::bigint, extract(epoch from s.ends_at)::bigint, s.plan, coalesce(s.allowance::text, '-'), s.cap_changes, coalesce(s.counted::text, '-'), s.calls, s.failed, s.spent, s.pico_usd, s.saved, s.presumed,
    s.corrections, s.corrected, s.open, s.overrun, s.refusals, s.budgets, s.changes_to), 'UTF8'))
$$;

-- The months, oldest first and until `p_month`, in which an account still has a statement to come: `[{"month": "2026-10", "accounts": 12}]`, 240 at most. Only those that are over in the account's time zone, and a minute more.
create function purser.unsealed_months(p_month text) returns jsonb language plpgsql stable security definer set search_path = purser, pg_temp as $$
begin
  perform require_month(p_month);
  return coalesce((select jsonb_agg(jsonb_build_object('month', u.month, 'accounts', u.accounts) order by u.month) from (
    select m.month, count(*) as accounts
      from (select a.id, a.time_zone, coalesce(month_after(l.month), first_month_of(a)) as first
              from account a left join lateral (select month from statement s where s.account = a.id order by s.month desc limit 1) l on true) a
      cross join lateral (select to_char(d, 'YYYY-MM') as month from generate_series((a.first || '-01')::timestamp, (p_month || '-01')::timestamp, interval '1 month') d) m
     where month_until(m.month, a.time_zone) + interval '1 minute' <= clock_timestamp()
     group by 1 order by 1 limit 240) u), '[]');
end $$;

create function purser.require_month(p_month text) returns void language plpgsql immutable as $$
begin
  if p_month is null or p_month !~ '^[0-9]{4}-(0[1-9]|1[0-2])$' then perform purser.fail('bad_input', format('"%s" is no month: write it like 2026-11', p_month)); end if;
end $$;

-- An account's budgets beside its plan's that had a period between these moments, as they stand now.
create function purser.own_budgets(p_account text, p_from timestamptz, p_to timestamptz) returns jsonb language sql stable set search_path = purser, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('budgetId', x.id, 'name', x.name, 'period', y.period, 'cap', real_cap(z.cap)::text, 'spent', z.spent::text, 'reserved', z.reserved::text,
           'overrun', greatest(0, z.spent + z.reserved - real_cap(z.cap))::text) order by x.id, y.period), '[]')
    from budget x join budget_period y on y.budget_id = x.id and y.starts_at < p_to and y.ends_at > p_from join balance z on z.budget_period_id = y.id
   where x.account = p_account and x.plan is null
$$;

-- Seals the statements of a page of accounts for a month; those that have one, or lack the one before, or whose month is not over, are left as they are. Nothing is sealed in a
-- dry run. `after`: the last account that was seen; null: that was all. `behind`: very much was booked that the facts do not have yet, so nothing was sealed: roll up, and ask again.
create function purser.seal_statements(p_month text, p_after text, p_limit int, p_dry_run boolean) returns jsonb language plpgsql security definer
  set search_path = purser, pg_temp set jit = off set work_mem = '64MB' as $$
declare
  v_answer jsonb;
  v_changes_to bigint;
  v_last text;
  v_seen int;
  v_now constant timestamptz := clock_timestamp();
  v_refused jsonb;
  v_is_behind boolean;
  v_rolled jsonb;
begin
  perform require_month(p_month);
  if p_limit not between 1 and 50000 then perform fail('bad_input', 'a page has 1 to 50000 accounts'); end if;
  -- Nobody changes a fact meanwhile, so corrections are numbered in the order in which they are seen.
  perform pg_advisory_xact_lock(7233823305);
  for tries in 1..3 loop
    -- What is left to do when it took in nothing are blocks of days.
    v_rolled := roll_up(10000, true);
    v_is_behind := (v_rolled ->> 'more')::boolean and (v_rolled ->> 'requests')::int > 0;
    exit when not v_is_behind;
  end loop;
  if v_is_behind then return jsonb_build_object('behind', true, 'seen', 0, 'sealed', 0, 'spent', '0', 'after', p_after, 'entries', '0'); end if;
  select max(a.id), count(*) into v_last, v_seen from (select id from account where p_after is null or id > p_after order by id limit p_limit) a;
  v_changes_to := coalesce((select max(id) from statement_change), 0);
  v_refused := (select jsonb_object_agg(x.account, x.count) from (
    select s.account, count(*) as count from refusal r join scope s on s.id = r.scope join account a on a.id = s.account
     where r.at >= month_from(p_month, 'Etc/GMT-14') and r.at < month_until(p_month, 'Etc/GMT+12') and r.at >= month_from(p_month, a.time_zone) and r.at < month_until(p_month, a.time_zone)
       and (p_after is null or s.account > p_after) and s.account <= v_last group by 1) x);

  with due as materialized (
    select d.* from (
      select a.id as account, a.time_zone, a.plan, a.created_at, month_from(p_month, a.time_zone) as starts_at, month_until(p_month, a.time_zone) as ends_at,
             coalesce(l.ends_at, '-infinity') as covers_from, coalesce(l.changes_to, 0) as last_change, l.hash as previous
        from account a left join lateral (select s.month, s.ends_at, s.changes_to, s.hash from statement s where s.account = a.id order by s.month desc limit 1) l on true
       where (p_after is null or a.id > p_after) and a.id <= v_last
         and case when l.month is null then first_month_of(a) else month_after(l.month) end = p_month) d
     where d.ends_at + interval '1 minute' <= v_now),
  cap as materialized (select x.plan, x.time_zone, plan_cap(x.plan, month_from(p_month, x.time_zone), x.time_zone) as cap from (select distinct plan, time_zone from due) x),
  head as materialized (
    select d.account, p_month as month, d.time_zone, d.covers_from, d.starts_at, d.ends_at, d.plan, w.allowance, coalesce(v.cap - w.allowance, 0) as cap_changes, v.spent as counted,
           coalesce(l.calls, 0) as calls, coalesce(l.failed, 0) as failed, coalesce(l.spent, 0) as spent, coalesce(l.pico_usd, 0) as pico_usd, coalesce(l.saved, 0) as saved,
           coalesce(l.presumed, 0) as presumed, coalesce(c.cost, 0) as corrections, coalesce(c.count, 0) as corrected, coalesce(v.reserved, 0) as open, coalesce(v.overrun, 0) as overrun,
           coalesce((v_refused ->> d.account)::int, 0) as refusals, coalesce(o.budgets, '[]'::jsonb) as budgets, v_changes_to as changes_to, d.previous, ''::bytea as hash, v_now as sealed_at,
           l.bytes as line_bytes, c.bytes as change_bytes
      from due d
      -- One account after the other, each by its index: joined, all of a page would be compared with all.
      cross join lateral (
        select total(f.calls) as calls, total(f.failed) as failed, total(f.cost) as spent, sum(f.pico_usd) as pico_usd, total(f.saved) as saved,
               total(r.cost) as presumed, string_agg(line_bytes(f.row_id, f.token, f.cost, f.pico_usd, f.failed), ''::bytea order by f.row_id, f.token) as bytes
          from (select id from scope x where x.account = d.account offset 0) s
          cross join lateral (select * from fact x where x.scope = s.id and x.at >= d.covers_from and x.at < d.ends_at and not x.is_house
            and (x.calls <> 0 or x.failed <> 0 or x.cost <> 0 or x.pico_usd <> 0) offset 0) f
          -- Without an answer, and not for nothing: presumed, or what somebody named.
          left join lateral (select x.cost from reservation x where f.failed > 0 and f.cost <> 0 and x.id = f.row_id and x.cost_source = 'presumption' offset 0) r on true) l
      cross join lateral (
        select total(x.cost) as cost, count(*)::int as count, string_agg(int8send(x.id) || line_bytes(x.row_id, x.token, x.cost, x.pico_usd, x.failed), ''::bytea order by x.id) as bytes
          from statement_change x where x.account = d.account and x.id > d.last_change) c
      left join lateral (
        select z.* from budget x join budget_period y on y.budget_id = x.id and y.period = p_month join balance z on z.budget_period_id = y.id
         where x.account = d.account and x.plan is not null and x.archived_at is null offset 0) v on true
      left join cap k on k.plan = d.plan and k.time_zone = d.time_zone
      cross join lateral (select case when d.created_at <= d.starts_at then k.cap else plan_cap(d.plan, d.created_at, d.time_zone) end as allowance) w
      left join lateral (select own_budgets(d.account, d.starts_at, d.ends_at) as budgets where exists (select from budget x where x.account = d.account and x.plan is null)) o on true),
  sealed as (
    insert into statement
      select h.account, h.month, h.time_zone, h.covers_from, h.starts_at, h.ends_at, h.plan, h.allowance, h.cap_changes, h.counted, h.calls, h.failed, h.spent, h.pico_usd, h.saved, h.presumed,
             h.corrections, h.corrected, h.open, h.overrun, h.refusals, h.budgets, h.changes_to, h.previous, 
             statement_hash(row(h.account, h.month, h.time_zone, h.covers_from, h.starts_at, h.ends_at, h.plan, h.allowance, h.cap_changes, h.counted, h.calls, h.failed, h.spent, h.pico_usd,
               h.saved, h.presumed, h.corrections, h.corrected, h.open, h.overrun, h.refusals, h.budgets, h.changes_to, h.previous, h.hash, h.sealed_at)::statement, h.line_bytes, h.change_bytes),
             h.sealed_at
        from head h where not p_dry_run)
  select jsonb_build_object('behind', false, 'seen', v_seen, 'sealed', count(*), 'spent', coalesce(total(spent + corrections), 0)::text, 'after', case when v_seen = p_limit then v_last end,
           'endsAt', max(ends_at), 'entries', (select last_value from entry_id_seq)::text) into v_answer from head;
  if not p_dry_run then update sealing set sealed_to = greatest(sealed_to, (v_answer ->> 'endsAt')::timestamptz) where sealed_to < (v_answer ->> 'endsAt')::timestamptz; end if;
  return v_answer - 'endsAt';
end $$;

-- All nine digits: 0.035712340.
create function purser.exact_eur(p_nano bigint) returns text language sql immutable as $$
  select case when p_nano < 0 then '-' else '' end || (abs(p_nano::numeric) / 1000000000)::numeric(30, 9)
$$;

-- Tells that a month is closed, once, when no account has a statement of it, or of a month before it, to come.
create function purser.tell_month_closed(p_month text) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_left int;
  v record;
begin
  perform require_month(p_month);
  select count(*) into v_left from account a left join lateral (select month from statement s where s.account = a.id order by s.month desc limit 1) l on true
   where case when l.month is null then first_month_of(a) <= p_month else l.month < p_month end;
  if v_left > 0 then return jsonb_build_object('told', false, 'left', v_left); end if;
  select count(*) as statements, coalesce(total(spent), 0) as spent, coalesce(total(corrections), 0) as corrections, count(*) filter (where open > 0) as open,
         count(*) filter (where overrun > 0) as overrun into v from statement where month = p_month;
  if v.statements = 0 then return jsonb_build_object('told', false, 'left', 0); end if;
  perform put_notice('month.closed ' || p_month, 'month.closed', null,
    format('%s is closed: %s statements, %s EUR spent, %s EUR of corrections; %s with money still reserved, %s over their cap', p_month, v.statements, exact_eur(v.spent), exact_eur(v.corrections),
      v.open, v.overrun),
    jsonb_build_object('month', p_month, 'statements', v.statements, 'spent', exact_eur(v.spent), 'corrections', exact_eur(v.corrections), 'currency', 'EUR', 'still_open', v.open, 'over_cap', v.overrun));
  return jsonb_build_object('told', true, 'left', 0);
end $$;

-- ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- The lines of a statement: of a sealed one as they were sealed, so the facts less what has become known since; else the facts as they are now, and what was booked since.
create function purser.statement_lines(s purser.statement) returns table (row_id uuid, token uuid, at timestamptz, scope int, calls bigint, failed bigint, cost bigint, pico_usd bigint, saved bigint)
language sql stable set search_path = purser, pg_temp as $$
  select l.row_id, l.token, min(l.at), max(l.scope), total(l.calls), total(l.failed), total(l.cost), sum(l.pico_usd)::bigint, total(l.saved)
    from (
      select f.row_id, f.token, f.at, f.scope, f.calls, f.failed, f.cost, f.pico_usd, coalesce(f.saved, 0) as saved
        from scope c cross join lateral (select * from fact x where x.scope = c.id and x.at >= s.covers_from and x.at < s.ends_at and not x.is_house offset 0) f
       where c.account = s.account
      union all
      select c.row_id, c.token, c.at, null, -c.calls, -c.failed, -c.cost, -c.pico_usd, -c.saved from statement_change c where s.sealed_at is not null and c.account = s.account and c.month = s.month
      union all
      select f.row_id, f.token, f.at, f.scope, f.calls, f.failed, f.cost, f.pico_usd, coalesce(f.saved, 0)
        from (select * from fresh() where s.sealed_at is null) f join scope c on c.id = f.scope
       where c.account = s.account and f.at >= s.covers_from and f.at < s.ends_at and not f.is_house) l
   group by l.row_id, l.token having (total(l.calls), total(l.failed), total(l.cost), sum(l.pico_usd)) is distinct from (0::bigint, 0::bigint, 0::bigint, 0::numeric)
$$;

-- What the statement of a month would be now: not sealed, so without a hash. Of a month that comes after the next statement it has no corrections, and only its own calls.
create function purser.provisional_statement(p_account text, p_month text) returns purser.statement language plpgsql stable set search_path = purser, pg_temp as $$
declare
  a account;
  b budget;
  v_last statement;
  s statement;
  l record;
  v balance;
begin
  select * into strict a from account where id = p_account;
  select * into b from budget where account = p_account and plan is not null and archived_at is null;
  select * into v_last from statement where account = p_account order by month desc limit 1;
  s.account := p_account;
  s.month := p_month;
  s.time_zone := a.time_zone;
  s.starts_at := month_from(p_month, a.time_zone);
  s.ends_at := month_until(p_month, a.time_zone);
  s.covers_from := case when v_last.month is null and first_month_of(a) >= p_month then '-infinity' else s.starts_at end;
  s.plan := a.plan;
  s.allowance := plan_cap(a.plan, greatest(s.starts_at, a.created_at), a.time_zone);
  select z.* into v from budget_period y join balance z on z.budget_period_id = y.id where y.budget_id = b.id and y.period = p_month;
  s.cap_changes := coalesce(v.cap - s.allowance, 0);
  s.counted := v.spent;
  s.open := coalesce(v.reserved, 0);
  s.overrun := coalesce(v.overrun, 0);
  select coalesce(total(x.calls), 0) as calls, coalesce(total(x.failed), 0) as failed, coalesce(total(x.cost), 0) as spent, coalesce(sum(x.pico_usd), 0) as pico_usd, coalesce(total(x.saved), 0) as saved,
         coalesce(total(r.cost), 0) as presumed
    into l from statement_lines(s) x left join lateral (select y.cost from reservation y where x.failed > 0 and x.cost <> 0 and y.id = x.row_id and y.cost_source = 'presumption' offset 0) r on true;
  s.calls := l.calls;
  s.failed := l.failed;
  s.spent := l.spent;
  s.pico_usd := l.pico_usd;
  s.saved := l.saved;
  s.presumed := l.presumed;
  s.changes_to := case when month_after(v_last.month) = p_month then coalesce((select max(id) from statement_change), 0) else coalesce(v_last.changes_to, 0) end;
  select coalesce(total(c.cost), 0), count(*)::int into s.corrections, s.corrected
    from statement_change c where c.account = p_account and c.id > coalesce(v_last.changes_to, 0) and c.id <= s.changes_to;
  s.refusals := (select count(*)::int from refusal r join scope c on c.id = r.scope where c.account = p_account and r.at >= s.starts_at and r.at < s.ends_at);
  s.budgets := own_budgets(p_account, s.starts_at, s.ends_at);
  s.previous := v_last.hash;
  return s;
end $$;

create function purser.statement_json(s purser.statement) returns jsonb language sql stable as $$
  select jsonb_build_object('account', s.account, 'month', s.month, 'timeZone', s.time_zone, 'startsAt', s.starts_at, 'endsAt', s.ends_at, 'plan', s.plan, 'allowance', s.allowance::text,
    'capChanges', s.cap_changes::text, 'counted', s.counted::text, 'calls', s.calls, 'failed', s.failed, 'spent', s.spent::text, 'picoUsd', s.pico_usd::text, 'saved', s.saved::text, 'presumed', s.presumed::text,
    'corrections', s.corrections::text, 'corrected', s.corrected, 'total', (s.spent + s.corrections)::text, 'open', s.open::text, 'overrun', s.overrun::text, 'refusals', s.refusals,
    'budgets', s.budgets, 'previous', encode(s.previous, 'hex'), 'hash', encode(s.hash, 'hex'), 'sealedAt', s.sealed_at, 'state', case when s.sealed_at is null then 'provisional' else 'sealed' end)
$$;

-- The sealed statements of an account or of a month, or of both, in the order of month and account, behind a place.
create function purser.list_statements(p_account text, p_month text, p_after_month text, p_after_account text, p_limit int) returns jsonb language plpgsql stable security definer
  set search_path = purser, pg_temp as $$
begin
  if p_limit not between 1 and 1000 then perform fail('bad_input', 'a page has 1 to 1000 statements'); end if;
  return (select coalesce(jsonb_agg(statement_json(s) order by s.month, s.account), '[]') from (
    select * from statement x where (p_account is null or x.account = p_account) and (p_month is null or x.month = p_month)
       and (p_after_month is null or (x.month, x.account) > (p_after_month, p_after_account)) order by x.month, x.account limit p_limit) s);
end $$;

-- A statement with its lines by feature, model and user, the dearest first, 1000 each at most, and its corrections, 1000 at most. One that is not sealed is as it would be now.
create function purser.show_statement(p_account text, p_month text) returns jsonb language plpgsql stable security definer set search_path = purser, pg_temp as $$
declare
  s statement;
  v_from bigint;
begin
  perform require_month(p_month), require_account(p_account);
  select * into s from statement where account = p_account and month = p_month;
  if not found then
    if month_from(p_month, (select time_zone from account where id = p_account)) > clock_timestamp() then perform fail('bad_input', format('%s has not begun', p_month)); end if;
    s := provisional_statement(p_account, p_month);
  end if;
  v_from := coalesce((select changes_to from statement where account = p_account and month < p_month order by month desc limit 1), 0);
  return statement_json(s) || (
    with line as materialized (select l.*, c.terms from statement_lines(s) l left join scope c on c.id = l.scope),
    part as (
      select d.name as dimension, l.terms ->> d.name as value, total(l.calls) as calls, total(l.cost) as cost from line l cross join (values ('feature'), ('model'), ('user')) as d (name) group by 1, 2),
    placed as (select *, row_number() over (partition by dimension order by cost desc, value) as place from part)
    select jsonb_object_agg(d.name || 's', coalesce(
        (select jsonb_agg(jsonb_build_object('name', p.value, 'calls', p.calls, 'spent', p.cost::text) order by p.place) from placed p where p.dimension = d.name and p.place <= 1000), '[]'))
      from (values ('feature'), ('model'), ('user')) as d (name))
    || jsonb_build_object('correctionLines', coalesce((
      select jsonb_agg(jsonb_build_object('rowId', c.row_id, 'month', c.month, 'at', c.at, 'change', c.cost::text, 'knownAt', c.known_at) order by c.id)
        from (select * from statement_change x where x.account = p_account and x.id > v_from and x.id <= s.changes_to order by x.id limit 1000) c), '[]'));
end $$;

create function purser.require_account(p_account text) returns void language plpgsql stable as $$
begin
  if not exists (select from purser.account where id = p_account) then
    perform purser.fail('unknown_account', format('there is no account "%s": `purser account list` shows those there are', p_account));
  end if;
end $$;

-- Reckons an account's statements anew, oldest first, from the facts: what each is wrong in. `[{"month": "2026-10", "hash": "…", "faults": []}]`.
create function purser.verify_statements(p_account text) returns jsonb language plpgsql stable security definer set search_path = purser, pg_temp as $$
declare
  s statement;
  v_before statement;
  v_lines record;
  v_changes record;
  v_faults text[];
  v_found jsonb := '[]';
begin
  perform require_account(p_account);
  for s in select * from statement where account = p_account order by month loop
    v_faults := '{}';
    select coalesce(total(l.calls), 0) as calls, coalesce(total(l.failed), 0) as failed, coalesce(total(l.cost), 0) as spent, coalesce(sum(l.pico_usd), 0) as pico_usd,
           coalesce(total(l.saved), 0) as saved, string_agg(line_bytes(l.row_id, l.token, l.cost, l.pico_usd, l.failed), ''::bytea order by l.row_id, l.token) as bytes
      into v_lines from statement_lines(s) l;
    select coalesce(total(c.cost), 0) as cost, count(*)::int as count, string_agg(int8send(c.id) || line_bytes(c.row_id, c.token, c.cost, c.pico_usd, c.failed), ''::bytea order by c.id) as bytes
      into v_changes from statement_change c where c.account = p_account and c.id > coalesce(v_before.changes_to, 0) and c.id <= s.changes_to;
    if s.previous is distinct from v_before.hash then v_faults := v_faults || 'it does not follow the statement before'; end if;
    if s.covers_from <> coalesce(v_before.ends_at, '-infinity') then v_faults := v_faults || 'it does not begin where the statement before ends'; end if;
    if (s.calls, s.failed, s.spent, s.pico_usd, s.saved) is distinct from (v_lines.calls, v_lines.failed, v_lines.spent, v_lines.pico_usd, v_lines.saved) then
      v_faults := v_faults || format('its lines come to %s nano-EUR of %s calls, not to %s of %s', v_lines.spent, v_lines.calls, s.spent, s.calls);
    end if;
    if (s.corrections, s.corrected) is distinct from (v_changes.cost, v_changes.count) then
      v_faults := v_faults || format('its corrections come to %s nano-EUR in %s lines, not to %s in %s', v_changes.cost, v_changes.count, s.corrections, s.corrected);
    end if;
    if v_faults = '{}' and s.hash <> statement_hash(s, v_lines.bytes, v_changes.bytes) then v_faults := v_faults || 'its hash is not that of what it says'; end if;
    v_found := v_found || jsonb_build_object('month', s.month, 'hash', encode(s.hash, 'hex'), 'total', (s.spent + s.corrections)::text, 'faults', to_jsonb(v_faults));
    v_before := s;
  end loop;
  return v_found;
end $$;

-- ── The new month ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- As in 0005, a page in one statement instead of one budget after the other: the same periods, balances and entries as `open_period` makes.
create or replace function purser.open_periods(p_instant timestamptz, p_after int, p_limit int) returns jsonb language plpgsql security definer
  -- The parts of a page are joined by hash: Postgres cannot know how many rows they have, and would compare all with all.
  set search_path = purser, pg_temp set jit = off set enable_nestloop = off set enable_mergejoin = off as $$
declare
  v_answer jsonb;
  v_plan text;
begin
  -- Whoever archives a budget waits.
  perform share_generation();
  with page as materialized (
    select b.id, b.account, b.plan, b.cap, b.is_hard, b.period_kind, b.time_zone, b.scope, b.thresholds, b.created_at, b as whole
      from budget b where b.archived_at is null and b.id > p_after and b.created_at <= clock_timestamp() order by b.id limit p_limit),
  kind as materialized (select k.period_kind, k.time_zone, r.* from (select distinct on (period_kind, time_zone) period_kind, time_zone, whole from page where period_kind <> 'total') k cross join lateral period_at(k.whole, p_instant) r),
  due as materialized (
    select p.*, w.period, w.starts_at, w.ends_at from page p left join kind k on k.period_kind = p.period_kind and k.time_zone = p.time_zone
      cross join lateral (select k.period, k.starts_at, k.ends_at where k.period is not null union all select r.* from period_at(p.whole, p_instant) r where k.period is null) w
     where date_trunc('month', p_instant at time zone p.time_zone) <= clock_timestamp() at time zone p.time_zone
       and not exists (select from budget_period x where x.budget_id = p.id and x.period = w.period offset 0)),
  version as materialized (select v.plan, v.time_zone, v.starts_at, plan_cap(v.plan, v.starts_at, v.time_zone) as cap from (select distinct plan, time_zone, starts_at from due where plan is not null) v),
  capped as materialized (
    select d.*, case when d.plan is not null and d.created_at <= d.starts_at then v.cap else cap_at(d.whole, d.starts_at) end + case when d.is_hard then 0 else soft_room() end as opening
      from due d left join version v on v.plan = d.plan and v.time_zone = d.time_zone and v.starts_at = d.starts_at),
  -- Waits for a competitor that is opening the same period, and leaves it its row.
  made as (
    insert into budget_period (id, budget_id, period, starts_at, ends_at)
      select nextval(case when c.scope = '{}' then 'purser.widest_period_id' when c.scope ?| array['account', 'user'] then 'purser.narrow_period_id' else 'purser.wide_period_id' end::regclass),
             c.id, c.period, c.starts_at, c.ends_at from capped c where c.opening is not null order by c.id
      on conflict on constraint budget_period_once do nothing returning id, budget_id),
  balances as (
    insert into balance (budget_period_id, cap, alert_at) select m.id, c.opening, next_alert(c.thresholds, '{}', c.opening) from made m join capped c on c.id = m.budget_id),
  entries as (
    insert into entry (kind, account, period_ids, versions, cap_changes, reserved_changes, spent_changes)
      select 'open', c.account, array[m.id], array[1], array[c.opening], array[0], array[0] from made m join capped c on c.id = m.budget_id order by m.id)
  select jsonb_build_object('seen', (select count(*) from page), 'opened', (select count(*) from made), 'after', coalesce((select max(id) from page), p_after)),
         (select min(plan) from capped where opening is null) into v_answer, v_plan;
  if v_plan is not null then perform fail('unknown_plan', format('plan "%s" has no version in force', v_plan)); end if;
  return v_answer;
end $$;

revoke execute on all functions in schema purser from public;
grant execute on function purser.unsealed_months, purser.seal_statements, purser.tell_month_closed, purser.list_statements, purser.show_statement, purser.verify_statements to purser_app;
