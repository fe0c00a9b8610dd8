-- 0005: functions over budgets. Opening periods, finding what covers a call, booking entries, making accounts.
-- Why: outside a batch of calls every counter moves in one function (`book`), so that no second path can forget reservations or versions.
-- Locks: new functions, none.   Undo: drop the functions named here.
--
-- One lock order everywhere: the generation (an advisory lock: shared by calls, exclusive for what changes budgets), call, reservation, scope,
-- balances by ascending id.

-- An impossible request: the code for programs, a sentence for people. SQLSTATE PU001 is ours.
create function purser.fail(code text, sentence text) returns void language plpgsql as $$
begin
  raise exception '%', sentence using errcode = 'PU001', detail = code;
end $$;

-- Only names: an offset like +05:30 would be read with its sign turned round (POSIX).
create function purser.require_time_zone(p_name text) returns void language plpgsql as $$
begin
  if not exists (select from purser.time_zone where name = p_name) and not exists (select from pg_timezone_names where name = p_name) then
    perform purser.fail('bad_input', format('"%s" is no time zone: write it like Europe/Berlin', p_name));
  end if;
end $$;

-- A total of bigints that stays a bigint and raises on overflow; sum() would leave it as numeric.
create aggregate purser.total(bigint) (sfunc = int8pl, stype = int8, initcond = '0');

-- A soft budget's hot row has so much more room than its real cap, so that it never refuses. A soft budget that becomes hard is a cap cut.
create function purser.soft_room() returns bigint language sql immutable as $$ select 4000000000000000000 $$;
create function purser.real_cap(p_cap bigint) returns bigint language sql immutable as $$
  select case when p_cap >= 4000000000000000000 then p_cap - 4000000000000000000 else p_cap end
$$;

-- Shared by everything that reserves or sends, from its check to its commit.
create function purser.share_generation() returns void language sql as $$ select pg_advisory_xact_lock_shared(7233823302) $$;
-- Exclusive: what covers a call, or whether it may run, changes now. Waits for the reserves and dispatches under way; the next ones see it.
-- A change that concerns one account makes only that account's scopes stale.
create function purser.change_generation(p_account text default null) returns void language plpgsql as $$
begin
  perform pg_advisory_xact_lock(7233823302);
  if p_account is null then
    update purser.ledger_state set generation = generation + 1;
  else
    update purser.scope set generation = 0 where account = p_account;
  end if;
end $$;

-- Money in an answer is text: JSON has no bigint.
create function purser.balance_json(p_period int) returns jsonb language sql stable as $$
  select jsonb_build_object('budgetId', b.id, 'name', b.name, 'isHard', b.is_hard, 'period', p.period, 'startsAt', p.starts_at, 'endsAt', p.ends_at,
    'cap', purser.real_cap(v.cap)::text, 'reserved', v.reserved::text, 'spent', v.spent::text,
    'overrun', greatest(0, v.reserved + v.spent - purser.real_cap(v.cap))::text, 'remaining', (purser.real_cap(v.cap) - v.reserved - v.spent)::text)
    from purser.balance v join purser.budget_period p on p.id = v.budget_period_id join purser.budget b on b.id = p.budget_id
   where v.budget_period_id = p_period
$$;

-- What the tightest of the budget periods of a linked set has left.
create function purser.left_of(p_set int) returns bigint language sql stable as $$
  select coalesce(min(cap - reserved - spent) filter (where cap < purser.soft_room()), min(purser.real_cap(cap) - reserved - spent))
    from purser.balance where budget_period_id = any ((select period_ids from purser.linked_set where id = p_set)::int[])
$$;

create function purser.periods_of(p_set int) returns int[] language sql stable as $$
  select period_ids from purser.linked_set where id = p_set
$$;

-- The id of these budget periods together, ascending. Interned: never changed, so whoever has seen it may keep it.
create function purser.intern_set(p_periods int[]) returns int language plpgsql as $$
declare
  v_id int;
begin
  select id into v_id from purser.linked_set where period_ids = p_periods;
  if v_id is null then
    insert into purser.linked_set (period_ids) values (p_periods) on conflict do nothing returning id into v_id;
    -- Somebody else was first and has committed: a new statement sees it.
    if v_id is null then select id into strict v_id from purser.linked_set where period_ids = p_periods; end if;
  end if;
  return v_id;
end $$;

-- The next amount spent that somebody wants to hear of: the lowest threshold that was not told yet, rounded up.
create function purser.next_alert(p_thresholds int[], p_told int[], p_cap bigint) returns bigint language sql immutable as $$
  select coalesce(min(((purser.real_cap(p_cap)::numeric * t + 99) / 100)::bigint), 9223372036854775807) from unnest(p_thresholds) t where t <> all (p_told)
$$;

-- Tells what a move of a budget period has crossed: thresholds, an overrun that grew, money that somebody wanted and that is free now. The row
-- is locked by the caller, who has seen that one of them may be so.
create function purser.tell(p_period int, p_overrun_before bigint) returns void language plpgsql as $$
declare
  v purser.balance;
  p purser.budget_period;
  b purser.budget;
  v_crossed int[];
begin
  select * into strict v from purser.balance where budget_period_id = p_period;
  select * into strict p from purser.budget_period where id = p_period;
  select * into strict b from purser.budget where id = p.budget_id;
  v_crossed := array(select t from unnest(b.thresholds) t where t <> all (p.told) and v.spent::numeric * 100 >= purser.real_cap(v.cap)::numeric * t order by t);
  insert into purser.outbox (kind, budget_period_id, version, account, details)
    select 'threshold', p_period, v.version, b.account, jsonb_build_object('percent', t, 'cap', purser.real_cap(v.cap)::text, 'spent', v.spent::text)
      from unnest(v_crossed) t;
  if v.overrun > p_overrun_before then
    insert into purser.outbox (kind, budget_period_id, version, account, details)
      values ('overrun', p_period, v.version, b.account, jsonb_build_object('cap', v.cap::text, 'spent', v.spent::text, 'reserved', v.reserved::text,
        'overrun', v.overrun::text));
  end if;
  if v.wanted > 0 and v.cap - v.reserved - v.spent >= v.wanted then
    insert into purser.outbox (kind, budget_period_id, version, account, details)
      values ('freed', p_period, v.version, b.account, jsonb_build_object('remaining', (v.cap - v.reserved - v.spent)::text, 'wanted', v.wanted::text));
    update purser.balance set wanted = 0 where budget_period_id = p_period;
  end if;
  update purser.budget_period set told = told || v_crossed where id = p_period and v_crossed <> '{}';
  update purser.balance set alert_at = purser.next_alert(b.thresholds, p.told || v_crossed, v.cap) where budget_period_id = p_period;
end $$;

-- A budget said no: told, and remembered until so much is free.
create function purser.tell_refused(p_period int, p_account text, p_amount bigint) returns void language sql as $$
  insert into purser.outbox (kind, budget_period_id, version, account, details)
    select 'refused', p_period, version, p_account, jsonb_build_object('needed', p_amount::text, 'remaining', (cap - reserved - spent)::text)
      from purser.balance where budget_period_id = p_period;
  update purser.balance set wanted = case when wanted = 0 then p_amount else least(wanted, p_amount) end where budget_period_id = p_period;
$$;

-- The writer of balances outside a batch of calls: one entry, and one line and one new version per budget period, ascending ids.
-- Newly reserved money is left out of the overrun, so admitting more than there is breaks balance_never_past_its_cap.
create function purser.book(
  p_kind text, p_account text, p_reservation uuid, p_periods int[], p_reserved bigint, p_spent bigint,
  p_key text default null, p_reason text default null, p_cap bigint default 0
) returns void language plpgsql as $$
declare
  v_period int;
  v record;
  v_periods int[] := array(select distinct unnest(p_periods) as id order by id);
  v_versions bigint[] := '{}';
begin
  if cardinality(p_periods) = 0 then
    perform purser.fail('no_budget', format('there is no budget to book this on (%s)', p_kind));
  end if;
  foreach v_period in array v_periods loop
    update purser.balance b
       set cap = b.cap + p_cap, reserved = b.reserved + p_reserved, spent = b.spent + p_spent, version = b.version + 1,
           overrun = greatest(0, b.reserved + least(p_reserved, 0) + b.spent + p_spent - (b.cap + p_cap))
     where b.budget_period_id = v_period
    returning old.overrun as overrun_before, new.* into v;
    if not found then
      perform purser.fail('not_found', format('there is no budget period %s', v_period));
    end if;
    v_versions := v_versions || v.version;
    if p_cap <> 0 or v.spent >= v.alert_at or v.overrun > v.overrun_before or (v.wanted > 0 and v.cap - v.reserved - v.spent >= v.wanted) then
      perform purser.tell(v_period, v.overrun_before);
    end if;
  end loop;
  insert into purser.entry (kind, account, reservation, key, reason, period_ids, versions, cap_changes, reserved_changes, spent_changes)
    values (p_kind, p_account, p_reservation, p_key, p_reason, v_periods, v_versions,
      case when p_cap <> 0 then array_fill(p_cap, array[cardinality(v_periods)]) end,
      array_fill(p_reserved, array[cardinality(v_periods)]), array_fill(p_spent, array[cardinality(v_periods)]));
end $$;

-- The first instant of a local day. Where clocks go back over midnight (Havana, the Azores) it comes twice, and Postgres names the second.
create function purser.first_instant(p_local timestamp, p_time_zone text) returns timestamptz language sql immutable as $$
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
      v_from := coalesce(p_budget.starts_at, '-infinity');
      v_to := coalesce(p_budget.ends_at, 'infinity');
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
  if not p_budget.is_hard then v_cap := v_cap + purser.soft_room(); end if;

  -- Waits for a competitor that is opening the same period, and then finds its row.
  insert into purser.budget_period (id, budget_id, period, starts_at, ends_at)
    values (nextval(case when p_budget.scope = '{}' then 'purser.widest_period_id'
                         when p_budget.scope ?| array['account', 'user'] then 'purser.narrow_period_id' else 'purser.wide_period_id' end::regclass),
      p_budget.id, v_key, v_from, v_to)
    on conflict on constraint budget_period_once do nothing returning id into v_id;
  if v_id is null then
    select id into strict v_id from purser.budget_period where budget_id = p_budget.id and period = v_key;
    return v_id;
  end if;
  insert into purser.balance (budget_period_id, cap, alert_at) values (v_id, v_cap, purser.next_alert(p_budget.thresholds, '{}', v_cap));
  insert into purser.entry (kind, account, period_ids, versions, cap_changes, reserved_changes, spent_changes)
    values ('open', p_budget.account, array[v_id], array[1], array[v_cap], array[0], array[0]);
  return v_id;
end $$;

-- Which budgets cover calls of a scope now, in which periods, until when that holds, and whether they are stopped. Opens periods that are
-- not open, ascending by budget. Answers the row as it stands afterwards.
create function purser.resolve_scope(p_scope purser.scope, p_instant timestamptz) returns purser.scope language plpgsql as $$
declare
  v purser.scope;
  v_account purser.account;
  v_budget purser.budget;
  v_periods int[] := '{}';
  v_generation bigint := (select generation from purser.ledger_state);
begin
  select * into v_account from purser.account where id = p_scope.account;
  if not found then
    perform purser.fail('unknown_account', format('there is no account "%s": make it with `purser account create %s --plan free`', p_scope.account, p_scope.account));
  end if;
  for v_budget in
    -- Two halves, each by the index: an `or` of the two may read every budget there is.
    select * from (select * from purser.budget where account = p_scope.account and archived_at is null
                   union all select * from purser.budget where account is null and archived_at is null) b
     where p_scope.terms @> b.scope
       and coalesce(b.starts_at, '-infinity') <= p_instant and p_instant < coalesce(b.ends_at, 'infinity')
     order by b.id
  loop
    v_periods := v_periods || purser.open_period(v_budget, p_instant);
  end loop;
  update purser.scope s set generation = v_generation, plan = v_account.plan,
      linked_set = case when v_periods <> '{}' then purser.intern_set(array(select unnest(v_periods) order by 1)) end,
      -- A total budget that begins later ends what is known now, too.
      valid_until = coalesce(least((select min(ends_at) from purser.budget_period where id = any (v_periods)),
        (select min(b.starts_at) from purser.budget b where b.archived_at is null and b.starts_at > p_instant and p_scope.terms @> b.scope)), '-infinity'),
      stopped = case when v_account.status <> 'active' then 'account ' || v_account.status
                     else (select 'stopped: ' || reason from purser.stop where resumed_at is null and p_scope.terms @> scope order by id limit 1) end
   where s.id = p_scope.id returning * into v;
  return v;
end $$;

-- The row of these scope values, made if nobody came with them before. Its account must exist.
create function purser.intern_scope(p_terms jsonb) returns purser.scope language plpgsql as $$
declare
  v purser.scope;
begin
  select * into v from purser.scope where md5(terms::text) = md5(p_terms::text);
  if not found then
    if not exists (select from purser.account where id = p_terms ->> 'account') then
      perform purser.fail('unknown_account', format('there is no account "%s": make it with `purser account create %s --plan free`',
        p_terms ->> 'account', p_terms ->> 'account'));
    end if;
    insert into purser.scope (terms) values (p_terms) on conflict do nothing returning * into v;
    if not found then select * into strict v from purser.scope where md5(terms::text) = md5(p_terms::text); end if;
  end if;
  return v;
end $$;

-- The number of these scope values, with what covers them now. No hot row is touched, so that a process which begins, or a change of budgets,
-- makes nobody wait.
create function purser.resolve(p_terms jsonb) returns int language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v purser.scope;
begin
  perform purser.share_generation();
  v := purser.intern_scope(p_terms);
  if v.generation <> (select generation from purser.ledger_state) or v.valid_until <= clock_timestamp() then
    v := purser.resolve_scope(v, clock_timestamp());
  end if;
  return v.id;
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
  perform purser.require_time_zone(v_time_zone);
  if p_opening < 0 then
    perform purser.fail('bad_input', 'an opening amount cannot be negative');
  end if;

  -- No call can have come for an account that is not there, so nothing that is known about scopes changes.
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
    elsif p_opening > 0 and not exists (select from purser.entry e
        where e.kind = 'opening' and e.key = format('account %s', p_id) and e.spent_changes[1] = p_opening) then
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
