-- 0048: what the close leaves. Statements leave out a raise that is over. A closed month's review is told, beside a baseline month that somebody may name; a month of calls is dropped when the ledger sees that its statements are
-- sealed, and that no bill of it waits.
-- Why: the review was there for who asked for it only; and what an operator vouched for is known by now: a wrong word would have taken the calls away from under a statement to come.
-- Locks: none; a new table and new functions, some are replaced.
-- Undo: the functions of 0014, 0038, 0043 and 0045, and drop what is new here.

-- ── The review ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- What months are reviewed beside. Null: the first one with calls.
create table purser.review_baseline (
  only_one boolean primary key default true check (only_one),
  month    text constraint review_baseline_form check (month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$')
);
insert into purser.review_baseline default values;
grant select on purser.review_baseline to purser_app;

-- Names the baseline month; null: the first one with calls again. `changed` false: it was so.
create function purser.set_review_baseline(p_month text) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
begin
  if p_month is not null then
    perform require_month(p_month);
    if month_from(p_month, 'Etc/GMT-14') > clock_timestamp() then perform fail('bad_input', format('%s has not begun: nothing can be compared with it', p_month)); end if;
  end if;
  update review_baseline set month = p_month where month is distinct from p_month;
  return jsonb_build_object('month', p_month, 'changed', found);
end $$;

-- The months until `p_month` that were told as closed and whose review was not told, oldest first, 240 at most: those that are over in this time zone.
create function purser.unreviewed_months(p_month text, p_time_zone text) returns jsonb language plpgsql stable security definer set search_path = purser, pg_temp as $$
begin
  perform require_month(p_month);
  return coalesce((select jsonb_agg(u.month order by u.month) from (
    select m.month from (select min(month) as first, max(month) as last from statement) s
      cross join lateral (select to_char(d, 'YYYY-MM') as month from generate_series((s.first || '-01')::timestamp, (least(s.last, p_month) || '-01')::timestamp, interval '1 month') d) m
     where exists (select from notice n where n.key = 'month.closed ' || m.month) and not exists (select from notice n where n.key = 'month.review ' || m.month)
       and month_until(m.month, p_time_zone) <= clock_timestamp()
     order by 1 limit 240) u), '[]');
end $$;

-- Tells the review of a month that is closed, once: the first one who tells it. `told` false: it is not closed, or was told before.
create function purser.tell_review(p_month text, p_text text, p_data jsonb) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_key constant text := 'month.review ' || p_month;
begin
  perform require_month(p_month);
  if not exists (select from notice where key = 'month.closed ' || p_month) or exists (select from notice where key = v_key) then return jsonb_build_object('told', false); end if;
  perform put_notice(v_key, 'month.review', null, p_text, p_data);
  return jsonb_build_object('told', true);
end $$;

-- ── Statements ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- As in 0038; of a raise that is over and that nobody has taken back yet, nothing is shown, as everywhere.
create or replace function purser.own_budgets(p_account text, p_from timestamptz, p_to timestamptz) returns jsonb language sql stable set search_path = purser, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('budgetId', x.id, 'name', x.name, 'period', y.period, 'cap', c.cap::text, 'spent', z.spent::text, 'reserved', z.reserved::text,
           'overrun', greatest(0, z.spent + z.reserved - c.cap)::text) order by x.id, y.period), '[]')
    from budget x join budget_period y on y.budget_id = x.id and y.starts_at < p_to and y.ends_at > p_from join balance z on z.budget_period_id = y.id
    cross join lateral (select greatest(0, real_cap(z.cap) - due_back(y.id, clock_timestamp())) as cap) c
   where x.account = p_account and x.plan is null
$$;

-- The same, edited where it stands; a line that is not there any more fails.
select purser.edit_function(e.name, e.was, e.is_now) from (values
  ('seal_statements', 'select z.* from budget x', 'select z.spent, z.reserved, c.cap, greatest(0, z.spent + z.reserved - c.cap) as overrun from budget x'),
  ('seal_statements', E'join balance z on z.budget_period_id = y.id\n', E'join balance z on z.budget_period_id = y.id\n'
    '         cross join lateral (select greatest(0, z.cap - case when (select exists (select from temporary_raise where ended_at is null)) then due_back(y.id, v_now) else 0 end) as cap) c\n'),
  ('provisional_statement', 's.cap_changes := ', E'v.cap := greatest(0, v.cap - due_back(v.budget_period_id, clock_timestamp()));\n  s.cap_changes := '),
  ('provisional_statement', 'coalesce(v.overrun, 0)', 'coalesce(greatest(0, v.spent + v.reserved - v.cap), 0)'))
  as e (name, was, is_now);

-- ── Months of calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- Accounts with calls of the jobs of a month that stand on no sealed statement: how many, and the one whose month is the last. A job's calls may be of later months than the job, and
-- an account's months are not UTC's, so each call is compared with the end of its account's newest statement. `p_since`: only calls from then on.
create function purser.unsealed_accounts(p_month text, p_since timestamptz, out accounts bigint, out account text, out month text)
language sql stable set search_path = purser, pg_temp as $$
  with part as (
    select x.scope, max(x.at) as at from (
      select r.scope, r.at from reservation r
       where r.id >= first_id(month_start(p_month)) and r.id < first_id(month_start(p_month) + interval '1 month') and r.at >= p_since and r.token is not null
      union all
      -- What has no attempt: usages that happened elsewhere, answers without cover.
      select f.scope, f.at from fact f
       where f.row_id >= first_id(month_start(p_month)) and f.row_id < first_id(month_start(p_month) + interval '1 month') and f.at >= p_since and not f.is_house) x
     group by 1),
  newest as (select s.account, max(p.at) as at from part p join scope s on s.id = p.scope group by 1),
  unsealed as (
    select a.id, month_of(n.at, a.time_zone) as month from newest n join account a on a.id = n.account
      left join lateral (select t.ends_at from statement t where t.account = a.id order by t.month desc limit 1) t on true
     where t.ends_at is null or n.at >= t.ends_at)
  select count(*), (array_agg(u.id order by u.month desc, u.id))[1], max(u.month) from unsealed u
$$;

-- As in 0014; the statements are looked at, and bills that were imported and nobody has approved.
create or replace function purser.month_obstacles(p_month text, p_since timestamptz) returns text[] language plpgsql stable as $$
declare
  v_from timestamptz := purser.month_start(p_month);
  v_to timestamptz := v_from + interval '1 month';
  v_open bigint;
  v_unbooked bigint := (select count(*) from purser.unbooked where resolved_at is null and reservation_id < purser.first_id(v_to));
  v_older text := (select min(month) from purser.month_tables() where month < p_month);
  v_unsealed record;
  v_bill purser.bill;
begin
  select count(*) into v_open from purser.reservation
   where id >= purser.first_id(v_from) and id < purser.first_id(v_to) and at >= p_since and state in ('reserved', 'dispatched', 'in_doubt');
  select * into v_unsealed from purser.unsealed_accounts(p_month, p_since);
  select * into v_bill from purser.bill
   where state in ('importing', 'imported', 'approving') and from_day < (v_to at time zone 'UTC')::date and to_day >= (v_from at time zone 'UTC')::date order by id limit 1;
  return array_remove(array[
    case when v_to + interval '1 month' > clock_timestamp() then format('jobs of %s may still be on their way: a month is kept until %s', p_month,
      to_char((v_to + interval '1 month') at time zone 'UTC', 'YYYY-MM-DD')) end,
    case when v_older is not null then format('%s is older and must be dropped first', v_older) end,
    case when v_open > 0 then format('%s of its attempts are still open: their money is not spent, and not free', v_open) end,
    case when v_unbooked > 0 then format('%s of its answers are not booked yet', v_unbooked) end,
    case when v_unsealed.accounts > 0 then format('%s of its accounts have calls on no sealed statement, such as %s in %s: `purser close --month %s`, when that month is over',
      v_unsealed.accounts, v_unsealed.account, v_unsealed.month, v_unsealed.month) end,
    case when v_bill.id is not null then format('bill %s of %s (%s to %s) is not reconciled: approve or discard it', v_bill.id, v_bill.provider, v_bill.from_day, v_bill.to_day) end], null);
end $$;

-- As in 0014; the ledger looks at the statements itself, and at the bills that it knows. `p_bill_reconciled`: the operator vouches for the days that no approved bill covers.
drop function purser.freeze_month(text, text, boolean, boolean);
create function purser.freeze_month(p_month text, p_why text, p_bill_reconciled boolean) returns jsonb
language plpgsql set search_path = purser, pg_temp set lock_timeout = '1s' as $$
declare
  v_from timestamptz := month_start(p_month);
  v_to timestamptz := v_from + interval '1 month';
  -- Before anything is held, everything is looked at; from then on only what can have come since: no older attempt is open.
  v_since constant timestamptz := (select swept_to from ledger_state);
  v_obstacles text[];
  t record;
begin
  if not exists (select from dropped_month where month = p_month) and exists (select from month_tables() where month = p_month) then
    v_obstacles := month_obstacles(p_month, '-infinity');
    if v_obstacles = '{}' and not p_bill_reconciled and days_without_bill(p_month) <> '[]' then
      perform fail('bad_input', format('there are days of %s with calls and without an approved bill: somebody must vouch for them', p_month));
    end if;
  end if;
  perform hold_months();
  if exists (select from dropped_month where month = p_month) then return inspect_month(p_month); end if;
  if not exists (select from month_tables() where month = p_month) then
    perform fail('not_found', format('there are no calls of %s: `purser months list` shows the months', p_month));
  end if;
  if v_obstacles is null or v_obstacles = '{}' then v_obstacles := month_obstacles(p_month, v_since); end if;
  if v_obstacles <> '{}' then
    perform fail('conflict', format('%s cannot be dropped: %s', p_month, array_to_string(v_obstacles, '; ')));
  end if;
  insert into dropped_month (month, from_id, to_id, why, statements_sealed, bill_reconciled) values (p_month, first_id(v_from), first_id(v_to), p_why, true, true);
  update ledger_state set low_water = greatest(low_water, v_to);
  for t in select parent, part from month_tables() where month = p_month order by parent loop
    execute format('alter table %s add constraint %I check (false) not valid', t.part, t.parent || '_frozen');
  end loop;
  return inspect_month(p_month);
end $$;

revoke execute on all functions in schema purser from public;
grant execute on function purser.set_review_baseline, purser.unreviewed_months, purser.tell_review to purser_app;
