-- 0045: a page of accounts is opened and sealed in half the time: what was called once for each account is asked once for the page, or in place.
-- Why: a million accounts are closed at the end of a month.
-- Locks: none beyond the functions'.   Undo: open_periods as in 0038 and seal_statements as in 0038, with the edits of 0043.

-- As in 0038 and 0043: the same periods, balances and entries.
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
    select b.id, b.account, 
           case when b.plan is not null then coalesce((select c.plan from plan_change c where c.account = b.account and c.begins_at <= p_instant order by c.id desc limit 1),
             (select a.plan from account a where a.id = b.account)) end as plan, b.cap, b.is_hard, b.period_kind, b.time_zone, b.scope, b.thresholds, b.created_at
      from budget b where b.archived_at is null and b.id > p_after and b.created_at <= clock_timestamp() order by b.id limit p_limit),
  kind as materialized (
    select k.period_kind, k.time_zone, r.* from (select period_kind, time_zone, min(id) as id from page where period_kind <> 'total' group by 1, 2) k
      cross join lateral period_at((select b from budget b where b.id = k.id), p_instant) r),
  due as materialized (
    select p.*, w.period, w.starts_at, w.ends_at from page p left join kind k on k.period_kind = p.period_kind and k.time_zone = p.time_zone
      cross join lateral (select k.period, k.starts_at, k.ends_at where k.period is not null union all select r.* from period_at((select b from budget b where b.id = p.id), p_instant) r where k.period is null) w
     where date_trunc('month', p_instant at time zone p.time_zone) <= clock_timestamp() at time zone p.time_zone
       and not exists (select from budget_period x where x.budget_id = p.id and x.period = w.period offset 0)),
  version as materialized (select v.plan, v.time_zone, v.starts_at, plan_cap(v.plan, v.starts_at, v.time_zone) as cap from (select distinct plan, time_zone, starts_at from due where plan is not null) v),
  capped as materialized (
    select d.*, case when d.plan is not null and d.created_at <= d.starts_at then v.cap else cap_at((select b from budget b where b.id = d.id), d.starts_at) end + case when d.is_hard then 0 else soft_room() end as opening
      from due d left join version v on v.plan = d.plan and v.time_zone = d.time_zone and v.starts_at = d.starts_at),
  alerting as materialized (select thresholds, opening, next_alert(thresholds, '{}', opening) as alert_at from (select distinct thresholds, opening from capped where opening is not null) o),
  -- Waits for a competitor that is opening the same period, and leaves it its row.
  made as (
    insert into budget_period (id, budget_id, period, starts_at, ends_at)
      select nextval(case when c.scope = '{}' then 'purser.widest_period_id'::regclass when c.scope ?| array['account', 'user'] then 'purser.narrow_period_id'::regclass else 'purser.wide_period_id'::regclass end),
             c.id, c.period, c.starts_at, c.ends_at from capped c where c.opening is not null order by c.id
      on conflict on constraint budget_period_once do nothing returning id, budget_id),
  balances as (
    insert into balance (budget_period_id, cap, alert_at) select m.id, c.opening, a.alert_at from made m join capped c on c.id = m.budget_id join alerting a on a.thresholds = c.thresholds and a.opening = c.opening),
  entries as (
    insert into entry (kind, account, period_ids, versions, cap_changes, reserved_changes, spent_changes, xid)
      select 'open', c.account, array[m.id], array[1], array[c.opening], array[0], array[0], (select this_number()) from made m join capped c on c.id = m.budget_id order by m.id)
  select jsonb_build_object('seen', (select count(*) from page), 'opened', (select count(*) from made), 'after', coalesce((select max(id) from page), p_after)),
         (select min(plan) from capped where opening is null) into v_answer, v_plan;
  if v_plan is not null then perform fail('unknown_plan', format('plan "%s" has no version in force', v_plan)); end if;
  return v_answer;
end $$;


-- As in 0038 and 0043: the same statements.
create or replace function purser.seal_statements(p_month text, p_after text, p_limit int, p_dry_run boolean) returns jsonb language plpgsql security definer
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
  v_month_before text;
begin
  perform require_month(p_month);
  if p_limit not between 1 and 50000 then perform fail('bad_input', 'a page has 1 to 50000 accounts'); end if;
  v_month_before := to_char((p_month || '-01')::timestamp - interval '1 month', 'YYYY-MM');
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

  with page as materialized (select a.* from account a where (p_after is null or a.id > p_after) and a.id <= v_last),
  zone as materialized (select z.time_zone, month_from(p_month, z.time_zone) as starts_at, month_until(p_month, z.time_zone) as ends_at from (select distinct time_zone from page) z),
  -- Those without a statement, too, whose first month this may be.
  due as materialized (
    select a.id as account, a.time_zone, a.created_at, z.starts_at, z.ends_at, coalesce(l.ends_at, '-infinity') as covers_from, coalesce(l.changes_to, 0) as last_change, l.hash as previous,
           -- As plan_at says it, without a call for each.
           coalesce((select c.plan from plan_change c where c.account = a.id and c.begins_at <= greatest(a.created_at, z.starts_at) order by c.id desc limit 1), a.plan) as plan
      from page a join zone z on z.time_zone = a.time_zone and z.ends_at + interval '1 minute' <= v_now
      left join lateral (select s.month, s.ends_at, s.changes_to, s.hash from statement s where s.account = a.id order by s.month desc limit 1) l on true
     where l.month is null or l.month = v_month_before),
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
        select total(f.calls) filter (where not f.is_house) as calls, total(f.failed) filter (where not f.is_house) as failed, total(f.cost) filter (where not f.is_house) as spent,
               sum(f.pico_usd) filter (where not f.is_house) as pico_usd, total(f.saved) filter (where f.is_line) as saved, total(r.cost) as presumed, min(f.at) as first_at,
               string_agg(line_bytes(f.row_id, f.token, f.cost, f.pico_usd, f.failed), ''::bytea order by f.row_id, f.token) filter (where f.is_line) as bytes
          from (select id from scope x where x.account = d.account offset 0) s
          cross join lateral (
            select x.*, not x.is_house and (x.calls <> 0 or x.failed <> 0 or x.cost <> 0 or x.pico_usd <> 0) as is_line
              from fact x where x.scope = s.id and x.at >= d.covers_from and x.at < d.ends_at offset 0) f
          -- Without an answer, and not for nothing: presumed, or what somebody named.
          left join lateral (select x.cost from reservation x where f.is_line and f.failed > 0 and f.cost <> 0 and x.id = f.row_id and x.cost_source = 'presumption' offset 0) r on true) l
      cross join lateral (
        select total(x.cost) as cost, count(*)::int as count, string_agg(int8send(x.id) || line_bytes(x.row_id, x.token, x.cost, x.pico_usd, x.failed), ''::bytea order by x.id) as bytes
          from statement_change x where x.account = d.account and x.id > d.last_change) c
      left join lateral (
        select z.* from budget x join budget_period y on y.budget_id = x.id and y.period = p_month join balance z on z.budget_period_id = y.id
         where x.account = d.account and x.plan is not null and x.archived_at is null offset 0) v on true
      left join cap k on k.plan = d.plan and k.time_zone = d.time_zone
      cross join lateral (select case when d.created_at <= d.starts_at then k.cap else plan_cap(d.plan, d.created_at, d.time_zone) end as allowance) w
      cross join lateral (select case when exists (select from budget x where x.account = d.account and x.plan is null offset 0) then own_budgets(d.account, d.starts_at, d.ends_at) end as budgets) o
     -- The month of its first statement is the one in which it was made, or in which the first call happened that is told of it: see first_month_of.
     where d.covers_from > '-infinity' or (least(d.created_at, l.first_at) >= d.starts_at and least(d.created_at, l.first_at) < d.ends_at)),
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
