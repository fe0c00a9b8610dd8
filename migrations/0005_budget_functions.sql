-- 0005: functions over budgets. Opening periods, booking entries, making accounts.
-- Why: every counter moves in one function (`book`), so that no second path can forget reservations or versions.
-- Locks: new functions, none.   Undo: drop the functions named here.

-- An impossible request: the code for programs, a sentence for people. SQLSTATE PU001 is ours.
create function purser.fail(code text, sentence text) returns void language plpgsql as $$
begin
  raise exception '%', sentence using errcode = 'PU001', detail = code;
end $$;

-- A total of bigints that stays a bigint and raises on overflow; sum() would leave it as numeric.
create aggregate purser.total(bigint) (sfunc = int8pl, stype = int8, initcond = '0');

-- Money in an answer is text: JSON has no bigint.
create function purser.balance_json(p_period int) returns jsonb language sql stable as $$
  select jsonb_build_object('budgetId', b.id, 'name', b.name, 'period', p.period, 'startsAt', p.starts_at, 'endsAt', p.ends_at,
    'cap', v.cap::text, 'reserved', v.reserved::text, 'spent', v.spent::text, 'overrun', v.overrun::text,
    'remaining', (v.cap - v.reserved - v.spent)::text)
    from purser.balance v join purser.budget_period p on p.id = v.budget_period_id join purser.budget b on b.id = p.budget_id
   where v.budget_period_id = p_period
$$;

-- What the tightest of these budget periods has left.
create function purser.left_of(p_periods int[]) returns bigint language sql stable as $$
  select min(cap - reserved - spent) from purser.balance where budget_period_id = any (p_periods)
$$;

-- The only writer of balances after a period is open: one entry, one line and one new version per budget period, ascending ids.
-- Newly reserved money is left out of the overrun, so admitting more than there is breaks balance_never_past_its_cap.
create function purser.book(
  p_kind text, p_account text, p_reservation uuid, p_periods int[], p_reserved bigint, p_spent bigint,
  p_key text default null, p_reason text default null, p_cap bigint default 0
) returns void language plpgsql as $$
declare
  v_entry bigint;
  v_period int;
  v_version bigint;
begin
  if cardinality(p_periods) = 0 then
    perform purser.fail('no_budget', format('there is no budget to book this on (%s)', p_kind));
  end if;
  insert into purser.entry (kind, account, reservation, key, reason)
    values (p_kind, p_account, p_reservation, p_key, p_reason) returning id into v_entry;
  for v_period in select distinct unnest(p_periods) as id order by id loop
    update purser.balance b
       set cap = b.cap + p_cap, reserved = b.reserved + p_reserved, spent = b.spent + p_spent, version = b.version + 1,
           overrun = greatest(0, b.reserved + least(p_reserved, 0) + b.spent + p_spent - (b.cap + p_cap))
     where b.budget_period_id = v_period
    returning version into v_version;
    if not found then
      perform purser.fail('not_found', format('there is no budget period %s', v_period));
    end if;
    insert into purser.entry_line (budget_period_id, version, entry, cap_change, reserved_change, spent_change)
      values (v_period, v_version, v_entry, p_cap, p_reserved, p_spent);
  end loop;
end $$;

-- The first instant of a local day. Where clocks go back over midnight (Havana, the Azores) it comes twice, and Postgres names the second.
create function purser.first_instant(p_local timestamp, p_time_zone text) returns timestamptz language sql stable as $$
  select case when (x - interval '1 hour') at time zone p_time_zone = p_local then x - interval '1 hour' else x end
    from (select p_local at time zone p_time_zone as x) as named
$$;

-- The period of a budget at an instant, opened if it is the first to ask. Its cap is the plan version in force when the period begins
-- (or when the budget was made, if that is later), so it does not matter who opens it, and when.
create function purser.open_period(p_budget purser.budget, p_instant timestamptz) returns int language plpgsql as $$
declare
  v_local timestamp := p_instant at time zone p_budget.time_zone;
  v_key text;
  v_from timestamptz;
  v_to timestamptz;
  v_id int;
  v_cap bigint;
  v_entry bigint;
begin
  case p_budget.period_kind
    when 'day' then
      v_key := to_char(v_local, 'YYYY-MM-DD');
      v_from := purser.first_instant(date_trunc('day', v_local), p_budget.time_zone);
      v_to := purser.first_instant(date_trunc('day', v_local) + interval '1 day', p_budget.time_zone);
    when 'month' then
      v_key := to_char(v_local, 'YYYY-MM');
      v_from := purser.first_instant(date_trunc('month', v_local), p_budget.time_zone);
      v_to := purser.first_instant(date_trunc('month', v_local) + interval '1 month', p_budget.time_zone);
    else
      v_key := 'total';
      v_from := '-infinity';
      v_to := 'infinity';
  end case;
  select id into v_id from purser.budget_period where budget_id = p_budget.id and period = v_key;
  if found then return v_id; end if;

  if p_budget.plan is null then
    v_cap := p_budget.cap;
  else
    select monthly_cap into v_cap from purser.plan_version
     where plan = p_budget.plan and effective_from <= greatest(v_from, p_budget.created_at) order by effective_from desc limit 1;
    if not found then
      perform purser.fail('unknown_plan', format('plan "%s" has no version in force', p_budget.plan));
    end if;
  end if;

  -- Waits for a competitor that is opening the same period, and then finds its row.
  insert into purser.budget_period (budget_id, period, starts_at, ends_at) values (p_budget.id, v_key, v_from, v_to)
    on conflict on constraint budget_period_once do nothing returning id into v_id;
  if v_id is null then
    select id into strict v_id from purser.budget_period where budget_id = p_budget.id and period = v_key;
    return v_id;
  end if;
  insert into purser.balance (budget_period_id, cap) values (v_id, v_cap);
  insert into purser.entry (kind, account) values ('open', p_budget.account) returning id into v_entry;
  insert into purser.entry_line (budget_period_id, version, entry, cap_change, reserved_change, spent_change)
    values (v_id, 1, v_entry, v_cap, 0, 0);
  return v_id;
end $$;

-- Every budget that covers a call, in its period at this instant: opened where needed, ascending.
create function purser.periods_covering(p_account text, p_scope jsonb, p_instant timestamptz) returns int[] language plpgsql as $$
declare
  v_budget purser.budget;
  v_ids int[] := '{}';
begin
  for v_budget in
    select * from purser.budget b
     where (b.account = p_account or b.account is null) and b.archived_at is null and p_scope @> b.scope
     order by b.id
  loop
    v_ids := v_ids || purser.open_period(v_budget, p_instant);
  end loop;
  return array(select unnest(v_ids) order by 1);
end $$;

-- An account with its monthly plan budget. Repeated with the same terms: no effect; with others: a conflict. `p_opening` is spent from the
-- start. Who names no time zone takes the installation's (`p_default_time_zone`), and agrees to the one that the account has.
create function purser.ensure_account(
  p_id text, p_plan text, p_time_zone text, p_default_time_zone text, p_opening bigint default 0, p_reason text default null
) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_account purser.account;
  v_budget purser.budget;
  v_made boolean := false;
  v_time_zone text := coalesce(p_time_zone, p_default_time_zone);
begin
  if p_id !~ '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,99}$' then
    perform purser.fail('bad_input', format('"%s" is no account id: use letters, digits and . _ : @ -, 100 at most', p_id));
  end if;
  if not exists (select from purser.plan_version where plan = p_plan and effective_from <= clock_timestamp()) then
    perform purser.fail('unknown_plan', format('there is no plan "%s": choose one of %s', p_plan,
      (select string_agg(distinct plan, ', ' order by plan) from purser.plan_version)));
  end if;
  begin
    perform now() at time zone v_time_zone;
  exception when invalid_parameter_value then
    perform purser.fail('bad_input', format('"%s" is no time zone: write it like Europe/Berlin', v_time_zone));
  end;
  if p_opening < 0 then
    perform purser.fail('bad_input', 'an opening amount cannot be negative');
  end if;

  insert into purser.account (id, plan, time_zone) values (p_id, p_plan, v_time_zone) on conflict do nothing returning * into v_account;
  if found then
    v_made := true;
    insert into purser.budget (name, scope, period_kind, time_zone, plan)
      values (format('%s plan of %s', p_plan, p_id), jsonb_build_object('account', p_id), 'month', v_time_zone, p_plan) returning * into v_budget;
    if p_opening > 0 then
      perform purser.book('opening', p_id, null, array[purser.open_period(v_budget, clock_timestamp())], 0, p_opening,
        format('account %s', p_id), p_reason);
    end if;
  else
    select * into strict v_account from purser.account where id = p_id;
    if v_account.plan <> p_plan then
      perform purser.fail('account_conflict', format('account "%s" exists on plan "%s", not "%s"', p_id, v_account.plan, p_plan));
    elsif v_account.time_zone <> p_time_zone then
      perform purser.fail('account_conflict', format('account "%s" exists in time zone %s, not %s', p_id, v_account.time_zone, p_time_zone));
    elsif p_opening > 0 and not exists (select from purser.entry e join purser.entry_line l on l.entry = e.id
        where e.kind = 'opening' and e.key = format('account %s', p_id) and l.spent_change = p_opening) then
      perform purser.fail('account_conflict', format('account "%s" exists with another opening amount', p_id));
    end if;
  end if;
  return purser.account_json(p_id) || jsonb_build_object('made', v_made);
end $$;

-- An account as it stands now, with its budgets' current periods (opened if need be).
create function purser.account_json(p_id text) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_account purser.account;
  v_periods int[];
begin
  select * into v_account from purser.account where id = p_id;
  if not found then
    perform purser.fail('unknown_account', format('there is no account "%s": make it with `purser account create %s --plan free`', p_id, p_id));
  end if;
  -- Opened first, in a statement of its own: the next one then sees the rows. Ascending, as everywhere, so that two openers cannot deadlock.
  v_periods := array(select purser.open_period(b, clock_timestamp())
    from (select * from purser.budget where account = p_id and archived_at is null order by id offset 0) b);
  return jsonb_build_object('id', v_account.id, 'plan', v_account.plan, 'timeZone', v_account.time_zone, 'status', v_account.status,
    'createdAt', v_account.created_at,
    'budgets', (select coalesce(jsonb_agg(purser.balance_json(id) order by id), '[]') from unnest(v_periods) as id));
end $$;

-- The monthly reset, first form: opens the period of an instant for budgets after `p_after`, a page at a time. Idempotent. A month that
-- has not begun where the budget lives is left alone: its plan version may still change.
create function purser.open_periods(p_instant timestamptz, p_after int, p_limit int) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_budget purser.budget;
  v_before bigint := (select count(*) from purser.budget_period);
  v_seen int := 0;
  v_last int := p_after;
begin
  for v_budget in
    select * from purser.budget where archived_at is null and id > p_after and created_at <= clock_timestamp() order by id limit p_limit
  loop
    if date_trunc('month', p_instant at time zone v_budget.time_zone) <= clock_timestamp() at time zone v_budget.time_zone then
      perform purser.open_period(v_budget, p_instant);
    end if;
    v_seen := v_seen + 1;
    v_last := v_budget.id;
  end loop;
  return jsonb_build_object('seen', v_seen, 'opened', (select count(*) from purser.budget_period) - v_before, 'after', v_last);
end $$;

-- The installation of a Temporal cluster and namespace: part of every call's key.
create function purser.ensure_installation(p_cluster text, p_namespace text) returns uuid
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_id uuid;
begin
  insert into purser.installation (temporal_cluster, temporal_namespace) values (p_cluster, p_namespace) on conflict do nothing returning id into v_id;
  if v_id is null then
    select id into strict v_id from purser.installation where temporal_cluster = p_cluster and temporal_namespace = p_namespace;
  end if;
  return v_id;
end $$;
