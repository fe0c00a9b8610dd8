-- 0013: the administration of budgets, second form.
-- Why: what people do with budgets must say what it does, refuse what makes no sense, and make nobody wait.
-- Locks: purser.budget and purser.plan_version for a moment (columns that rewrite nothing); functions are replaced, which waits for nobody.   Undo: create them again as 0005, 0006 and 0009 have them, and drop those that are new here.

-- Kept, because beginning from zero is one of a budget's terms. Null: made before, and not known.
alter table purser.budget add column from_zero boolean;
-- Of a version by the day, `effective_from` is that day's midnight in UTC; it begins with the day where the budget lives.
alter table purser.plan_version add column is_day boolean not null default false;

-- Sets money aside for one attempt, on every budget that covers the call: all of them or none. Safe to repeat. With a token it counts as
-- dispatched at once: for callers that send by themselves. `stopped`: nothing of this scope may start now, and why; a run that is over is `closed`.
create or replace function purser.reserve(
  p_call uuid, p_installation uuid, p_workflow_id text, p_call_id text, p_run text, p_ask int, p_terms jsonb, p_request_hash text,
  p_amount bigint, p_margin bigint, p_bound_flags text[], p_rate_id int, p_bound_valid_until timestamptz, p_hold_ms int,
  p_token uuid default null, p_request_timeout_ms int default null, p_provider_max_ms int default null
) returns jsonb language plpgsql security definer set search_path = purser, pg_temp set enable_seqscan = off as $$
declare
  v_call purser.call;
  v_may_ask boolean;
  v_locked purser.locked;
  v_scope purser.scope;
  v_refused purser.refusal;
  v_newest purser.reservation;
  v_instant timestamptz;
  v_answer jsonb;
  v_refusal jsonb;
begin
  if p_amount <= 0 then
    perform purser.fail('bad_input', format('a call cannot reserve %s nano-EUR: its bound is above zero', p_amount));
  end if;
  perform purser.share_generation();
  v_call := purser.lock_call(p_call, p_installation, p_workflow_id, p_call_id, p_terms ->> 'account');
  v_may_ask := purser.run_may_ask(v_call.id, p_run);

  select * into v_newest from purser.attempts_of(p_call) where ask = p_ask order by attempt desc limit 1;
  select * into v_refused from purser.refusal where call = p_call and ask = p_ask;
  if coalesce(v_newest.scope, v_refused.scope) is not null and (coalesce(v_newest.scope, v_refused.scope), coalesce(v_newest.request_hash, v_refused.request_hash))
      is distinct from ((select id from purser.scope where md5(terms::text) = md5(p_terms::text)), p_request_hash) then
    perform purser.fail('conflict', format('ask %s of call "%s" of job "%s" was made with other terms', p_ask, p_call_id, p_workflow_id));
  end if;
  v_answer := purser.first_answer(p_call);
  if v_answer is not null then return v_answer; end if;
  if not v_may_ask then return jsonb_build_object('kind', 'closed'); end if;
  if v_refused.call is not null then return v_refused.refusal; end if;
  if v_newest.id is not null then
    -- The same caller that sends by itself, asking again because it lost our answer.
    if v_newest.state = 'dispatched' and v_newest.token = p_token then return purser.go_json(v_newest); end if;
    return purser.attempt_json(v_newest);
  end if;
  if p_ask < greatest((select max(ask) from purser.attempts_of(p_call)), (select max(ask) from purser.refusal where call = p_call)) then
    perform purser.fail('conflict', format('call "%s" of job "%s" is past ask %s', p_call_id, p_workflow_id, p_ask));
  end if;
  select * into v_newest from purser.attempts_of(p_call) where state in ('reserved', 'dispatched');
  if found then
    return jsonb_build_object('kind', 'in_flight', 'reservationId', v_newest.id,
      'until', case v_newest.state when 'reserved' then v_newest.hold_until else purser.in_doubt_from(v_newest) end);
  end if;

  v_locked := purser.lock_budgets(p_terms);
  v_scope := v_locked.scope;
  v_instant := v_locked.instant;
  if v_scope.stopped is not null then return jsonb_build_object('kind', 'stopped', 'reason', v_scope.stopped); end if;
  v_refusal := purser.refusal_json(v_scope.linked_set, p_amount, v_scope.plan);
  if v_refusal is not null then
    perform purser.tell_refused((v_refusal ->> 'periodId')::int, v_scope.account, p_amount);
    insert into purser.refusal (call, ask, scope, request_hash, refusal)
      values (p_call, p_ask, v_scope.id, p_request_hash, v_refusal - 'periodId') returning refusal into v_refusal;
    return v_refusal;
  end if;
  insert into purser.reservation (id, call, ask, attempt, run, scope, linked_set, state, amount, margin, rate_id, at, hold_until, bound_valid_until,
      request_hash, bound_flags, token, request_timeout_ms, provider_max_ms, dispatched_at)
    values (purser.new_attempt_id(p_call), p_call, p_ask, 1 + coalesce((select max(attempt) from purser.attempts_of(p_call)), 0), p_run, v_scope.id,
      v_scope.linked_set, case when p_token is null then 'reserved' else 'dispatched' end, p_amount, p_margin, p_rate_id, v_instant,
      least(v_instant + make_interval(secs => p_hold_ms / 1000.0), p_bound_valid_until), p_bound_valid_until, p_request_hash, p_bound_flags,
      p_token, p_request_timeout_ms, p_provider_max_ms, case when p_token is not null then v_instant end)
    returning * into v_newest;
  perform purser.book('reserve', v_scope.account, v_newest.id, purser.periods_of(v_scope.linked_set), p_amount, 0);
  return case when p_token is null then purser.reserved_json(v_newest) else purser.go_json(v_newest) end;
end $$;

-- The period of a budget that an instant lies in: its name, and from when to when. A total has but one.
create function purser.period_at(p_budget purser.budget, p_instant timestamptz, out period text, out starts_at timestamptz, out ends_at timestamptz)
language plpgsql stable as $$
declare
  v_local timestamp := p_instant at time zone p_budget.time_zone;
begin
  case p_budget.period_kind
    when 'day' then
      period := to_char(v_local, 'YYYY-MM-DD');
      starts_at := purser.first_instant(date_trunc('day', v_local), p_budget.time_zone);
      ends_at := purser.first_instant(date_trunc('day', v_local) + interval '1 day', p_budget.time_zone);
    when 'month' then
      period := to_char(v_local, 'YYYY-MM');
      starts_at := purser.first_instant(date_trunc('month', v_local), p_budget.time_zone);
      ends_at := purser.first_instant(date_trunc('month', v_local) + interval '1 month', p_budget.time_zone);
    else
      period := 'total';
      starts_at := coalesce(p_budget.starts_at, '-infinity');
      ends_at := coalesce(p_budget.ends_at, 'infinity');
  end case;
end $$;

-- What a plan may spend in a month, by the version in force at an instant in a time zone. Null: none is.
create function purser.plan_cap(p_plan text, p_instant timestamptz, p_time_zone text) returns bigint language sql stable as $$
  select monthly_cap from purser.plan_version
    cross join lateral (select case when is_day then purser.first_instant(effective_from at time zone 'UTC', p_time_zone) else effective_from end as begins) b
   where plan = p_plan and begins <= p_instant order by begins desc, effective_from desc limit 1
$$;

-- The cap of a budget's period that begins at an instant: its own, or that of the plan version in force then (or when the budget was made, if
-- that is later). Null: the plan has none.
create function purser.cap_at(p_budget purser.budget, p_starts_at timestamptz) returns bigint language sql stable as $$
  select case when p_budget.plan is null then p_budget.cap
    else purser.plan_cap(p_budget.plan, greatest(p_starts_at, p_budget.created_at), p_budget.time_zone) end
$$;

-- The period of a budget at an instant, opened if it is the first to ask. It does not matter who opens it, and when: its cap depends on its
-- beginning alone.
create or replace function purser.open_period(p_budget purser.budget, p_instant timestamptz) returns int language plpgsql as $$
declare
  v record;
  v_id int;
  v_cap bigint;
begin
  v := purser.period_at(p_budget, p_instant);
  select id into v_id from purser.budget_period where budget_id = p_budget.id and period = v.period;
  if found then return v_id; end if;
  v_cap := purser.cap_at(p_budget, v.starts_at);
  if v_cap is null then
    perform purser.fail('unknown_plan', format('plan "%s" has no version in force', p_budget.plan));
  end if;
  if not p_budget.is_hard then v_cap := v_cap + purser.soft_room(); end if;

  -- Waits for a competitor that is opening the same period, and then finds its row.
  insert into purser.budget_period (id, budget_id, period, starts_at, ends_at)
    values (nextval(case when p_budget.scope = '{}' then 'purser.widest_period_id'
                         when p_budget.scope ?| array['account', 'user'] then 'purser.narrow_period_id' else 'purser.wide_period_id' end::regclass),
      p_budget.id, v.period, v.starts_at, v.ends_at)
    on conflict on constraint budget_period_once do nothing returning id into v_id;
  if v_id is null then
    select id into strict v_id from purser.budget_period where budget_id = p_budget.id and period = v.period;
    return v_id;
  end if;
  insert into purser.balance (budget_period_id, cap, alert_at) values (v_id, v_cap, purser.next_alert(p_budget.thresholds, '{}', v_cap));
  insert into purser.entry (kind, account, period_ids, versions, cap_changes, reserved_changes, spent_changes)
    values ('open', p_budget.account, array[v_id], array[1], array[v_cap], array[0], array[0]);
  return v_id;
end $$;

-- A budget as people and programs read it, in the period that it is in (a total in its only one, an archived one in its last), whether that is
-- open already or not. `within_budget` until more is spent and reserved than the cap.
create or replace function purser.budget_json(p_id int) returns jsonb language sql stable as $$
  select jsonb_build_object('budgetId', b.id, 'name', b.name, 'scope', b.scope, 'isHard', b.is_hard, 'periodKind', b.period_kind, 'timeZone', b.time_zone,
      'plan', b.plan, 'thresholds', to_jsonb(b.thresholds), 'archivedAt', b.archived_at, 'startsAt', b.starts_at, 'endsAt', b.ends_at,
      'phase', case when b.archived_at is not null then 'archived' when clock_timestamp() < b.starts_at then 'not_begun'
                    when clock_timestamp() >= b.ends_at then 'ended' else 'current' end,
      'period', n.period, 'periodEndsAt', nullif(n.ends_at, 'infinity'),
      'cap', c.cap::text, 'spent', c.spent::text, 'reserved', c.reserved::text, 'remaining', (c.cap - c.reserved - c.spent)::text,
      'percentageUsed', case when c.cap > 0 then round(c.spent::numeric * 100 / c.cap, 2)::text else '0' end,
      'status', case when c.reserved + c.spent > c.cap then 'exceeded' else 'within_budget' end)
    from purser.budget b
    cross join lateral purser.period_at(b, coalesce(b.archived_at, clock_timestamp())) n
    left join purser.budget_period p on p.budget_id = b.id and p.period = n.period
    left join purser.balance v on v.budget_period_id = p.id
    cross join lateral (select coalesce(purser.real_cap(v.cap), purser.cap_at(b, n.starts_at), 0) as cap, coalesce(v.spent, 0) as spent,
      coalesce(v.reserved, 0) as reserved) c
   where b.id = p_id
$$;

-- An account as it stands now, with its budgets' current periods (opened if need be).
create or replace function purser.account_json(p_id text) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_account purser.account;
begin
  select * into v_account from purser.account where id = p_id;
  if not found then
    perform purser.fail('unknown_account', format('there is no account "%s": make it with `purser account create %s --plan free`', p_id, p_id));
  end if;
  -- Opened first, in a statement of its own: the next one then sees the rows. Ascending, as everywhere, so that two openers cannot deadlock.
  perform purser.open_period(b, clock_timestamp())
    from (select * from purser.budget where account = p_id and archived_at is null order by id offset 0) b;
  return jsonb_build_object('id', v_account.id, 'plan', v_account.plan, 'timeZone', v_account.time_zone, 'status', v_account.status,
    'createdAt', v_account.created_at,
    'budgets', (select coalesce(jsonb_agg(purser.budget_json(id) order by id), '[]') from purser.budget where account = p_id and archived_at is null));
end $$;
drop function purser.balance_json(int);

-- What people give with a change. Keys are indexed, so they end where an index does.
create function purser.require_text(p_text text, p_max int, p_what text, p_advice text) returns void language plpgsql immutable as $$
begin
  if p_text is null or p_text !~ '\S' then
    perform purser.fail('bad_input', format('%s is missing: %s', p_what, p_advice));
  elsif length(p_text) > p_max then
    perform purser.fail('bad_input', format('%s has %s characters: %s at most', p_what, length(p_text), p_max));
  end if;
end $$;
create function purser.require_reason(p_reason text) returns void language sql as $$
  select purser.require_text(p_reason, 1000, 'the reason', 'say in a few words why')
$$;
create function purser.require_key(p_key text) returns void language sql as $$
  select purser.require_text(p_key, 200, 'the key', 'name this change, so that its repeat has no effect')
$$;
create function purser.require_cap(p_cap bigint, p_whose text) returns void language plpgsql immutable as $$
begin
  if p_cap is null or p_cap <= 0 then
    perform purser.fail('bad_input', format('%s needs a cap above zero', p_whose));
  elsif p_cap > 1000000000000000000 then
    perform purser.fail('bad_input', 'a cap is at most 1,000,000,000 EUR');
  end if;
end $$;

-- Everything in a scope must be meant: a key that nobody knows, or an account that is not there, would cover nothing, and nobody would see it.
create function purser.require_scope(p_scope jsonb) returns void language plpgsql stable as $$
declare
  v_keys constant text[] := array['account', 'user', 'team', 'project', 'feature', 'environment', 'provider', 'model', 'endpoint'];
  v_value record;
begin
  if jsonb_typeof(p_scope) is distinct from 'object' then
    perform purser.fail('bad_input', 'a scope names values of its keys, or nothing: then it covers every call');
  end if;
  if p_scope ? 'labels' and (jsonb_typeof(p_scope -> 'labels') <> 'object' or p_scope -> 'labels' = '{}'
      or (select count(*) from jsonb_object_keys(p_scope -> 'labels')) > 5) then
    perform purser.fail('bad_input', 'the labels of a scope are names with values, one to five');
  end if;
  for v_value in
    select key, value, key = any (v_keys) as is_known from jsonb_each(p_scope - 'labels')
    union all select 'label.' || key, value, true from jsonb_each(p_scope -> 'labels')
  loop
    if not v_value.is_known then
      perform purser.fail('bad_input', format('no scope key "%s": there are %s and labels', v_value.key, array_to_string(v_keys, ', ')));
    elsif jsonb_typeof(v_value.value) <> 'string' or v_value.value #>> '{}' !~ '\S' then
      perform purser.fail('bad_input', format('the scope key "%s" has no value', v_value.key));
    end if;
  end loop;
  if p_scope ? 'account' and not exists (select from purser.account where id = p_scope ->> 'account') then
    perform purser.fail('unknown_account', format('there is no account "%s"', p_scope ->> 'account'));
  end if;
end $$;

-- Which terms of two budgets are not the same, in words; null: none. Of budgets made before `from_zero` was kept, it is not known.
create function purser.other_terms(a purser.budget, b purser.budget) returns text language sql immutable as $$
  select string_agg(term, ', ') from (values
    ('scope', a.scope <> b.scope), ('hard or soft', a.is_hard <> b.is_hard), ('period', a.period_kind <> b.period_kind),
    ('time zone', a.time_zone <> b.time_zone), ('cap', a.cap <> b.cap),
    ('thresholds', not (a.thresholds @> b.thresholds and a.thresholds <@ b.thresholds)),
    ('beginning', a.starts_at is distinct from b.starts_at), ('end', a.ends_at is distinct from b.ends_at),
    ('from zero', a.from_zero <> b.from_zero)) as x (term, is_other) where is_other
$$;

-- Whether a budget that is asked for is there already, under its name: its id. With other terms it is a conflict.
create function purser.budget_made(p_wanted purser.budget) returns int language plpgsql stable as $$
declare
  v_known purser.budget;
begin
  select * into v_known from purser.budget where name = p_wanted.name and archived_at is null order by plan is null limit 1;
  if not found then
    return null;
  elsif v_known.plan is not null then
    perform purser.fail('conflict', format('"%s" is the plan of account "%s": take another name', v_known.name, v_known.account));
  elsif purser.other_terms(v_known, p_wanted) is not null then
    perform purser.fail('conflict', format('there is a budget "%s" with other terms (%s): archive it, or take another name', v_known.name,
      purser.other_terms(v_known, p_wanted)));
  end if;
  return v_known.id;
end $$;

create function purser.require_budget(p_wanted purser.budget) returns void language plpgsql stable as $$
begin
  perform purser.require_text(p_wanted.name, 100, 'the name', 'it is how people find the budget');
  if p_wanted.name ~ '^\d+$' then
    perform purser.fail('bad_input', format('the name %s would be taken for an id: write a name', p_wanted.name));
  end if;
  perform purser.require_cap(p_wanted.cap, 'a budget');
  perform purser.require_scope(p_wanted.scope);
  if p_wanted.period_kind is null or p_wanted.period_kind not in ('day', 'month', 'total') then
    perform purser.fail('bad_input', format('"%s" is no period: day, month or total', p_wanted.period_kind));
  elsif p_wanted.period_kind <> 'total' and coalesce(p_wanted.starts_at, p_wanted.ends_at) is not null then
    perform purser.fail('bad_input', format('only a total budget has a beginning and an end: a %s begins and ends by the calendar', p_wanted.period_kind));
  elsif p_wanted.ends_at <= p_wanted.starts_at then
    perform purser.fail('bad_input', 'a budget must end after it begins');
  end if;
  perform purser.require_time_zone(p_wanted.time_zone);
  if cardinality(p_wanted.thresholds) > 20 or not (1 <= all (p_wanted.thresholds) and 1000 >= all (p_wanted.thresholds)) then
    perform purser.fail('bad_input', 'thresholds are whole percents from 1 to 1000, twenty at most');
  end if;
end $$;

-- What the calls of a scope have spent since an instant, as far as it is committed; and how far the entries go that this knows: the last one's id,
-- and the ids before it that are missing, because their transactions are still under way, or were rolled back. One statement, so one moment. It
-- looks for missing ids among the last hundred thousand: no session of ours is in one transaction for as long as those take.
create function purser.spent_so_far(p_scope jsonb, p_from timestamptz, out spent bigint, out last_entry bigint, out missing bigint[])
language sql stable as $$
  with known as (select coalesce(max(id), 0) as last from purser.entry)
  select coalesce((select purser.total(r.cost) from purser.reservation r join purser.scope s on s.id = r.scope where s.terms @> p_scope and r.at >= p_from), 0)
         + coalesce((select purser.total(p.cost) from purser.receipt p join purser.scope s on s.id = p.scope
             where p.period_ids is not null and s.terms @> p_scope and p.at >= p_from), 0),
         last, array(select n from (select id, lag(id, 1, greatest(0, last - 100000)) over (order by id) as before from purser.entry where id > last - 100000) e,
             generate_series(before + 1, id - 1) n)
    from known
$$;

-- What the entries that it did not know have spent of it since. Few: read by their keys, and so are the attempts that they name.
create function purser.spent_since(p_scope jsonb, p_from timestamptz, p_last_entry bigint, p_missing bigint[]) returns bigint
language sql stable set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
  with unknown as materialized (
    select * from purser.entry where id > p_last_entry union all select * from purser.entry where id = any (p_missing)),
  moved as materialized (
    select reservation as id, spent_changes[1] as spent from unknown where reservation is not null and spent_changes <> '{}'
    union all select i.id, i.cost from unknown, unnest(settled_ids, settled_costs) as i (id, cost))
  select coalesce((select purser.total(m.spent) from moved m join purser.reservation r on r.id = m.id join purser.scope s on s.id = r.scope
             where s.terms @> p_scope and r.at >= p_from), 0)
         + coalesce((select purser.total(p.cost) from unknown e
             join purser.receipt p on p.reservation_id = split_part(e.key, ' ', 1)::uuid and p.token = split_part(e.key, ' ', 2)::uuid
             join purser.scope s on s.id = p.scope where e.kind = 'uncovered' and s.terms @> p_scope and p.at >= p_from), 0)
$$;

-- Locks attempts, ascending. A batch of settles locks its own in another order: whoever is waited for longer than a moment is let by, and this
-- begins anew.
create function purser.lock_attempts(p_ids uuid[]) returns void language plpgsql set lock_timeout = '200ms' as $$
begin
  for tries in 1..10 loop
    begin
      perform from purser.reservation where id = any (p_ids) order by id for update;
      return;
    exception when lock_not_available or deadlock_detected then
      if tries = 10 then raise; end if;
    end;
  end loop;
end $$;

-- The open attempts of a scope since an instant, locked: what ends meanwhile is waited for, and what is open stays open until this commit. The
-- generation is held, so nothing is reserved or sent. But an attempt that is waited for may hand its money on to a new one: so it looks twice.
create function purser.lock_open(p_scope jsonb, p_from timestamptz) returns uuid[] language plpgsql as $$
declare
  v_since constant timestamptz := greatest(p_from, (select swept_to from purser.ledger_state));
  v_seen uuid[] := '{}';
begin
  for look in 1..2 loop
    v_seen := v_seen || array(select r.id from purser.reservation r join purser.scope s on s.id = r.scope
      where r.at >= v_since and r.state in ('reserved', 'dispatched', 'in_doubt') and s.terms @> p_scope and r.id <> all (v_seen));
    perform purser.lock_attempts(v_seen);
  end loop;
  return array(select id from purser.reservation where id = any (v_seen) and state in ('reserved', 'dispatched', 'in_doubt'));
end $$;

-- Begins a budget's period with what its scope has spent and reserved. What is open is locked, so its share cannot move.
create function purser.book_opening(p_budget purser.budget, p_period int, p_spent bigint, p_open uuid[]) returns void language plpgsql as $$
declare
  v_reserved constant bigint := coalesce((select purser.total(amount) from purser.reservation where id = any (p_open)), 0);
begin
  if p_spent = 0 and v_reserved = 0 then return; end if;
  -- Not by `book`: what is reserved already may exceed the cap, and is then an overrun from the start.
  update purser.balance set reserved = v_reserved, spent = p_spent, version = 2, overrun = greatest(0, v_reserved + p_spent - cap)
   where budget_period_id = p_period;
  insert into purser.entry (kind, account, reason, period_ids, versions, reserved_changes, spent_changes)
    values ('opening', p_budget.account, 'what its scope had spent and reserved', array[p_period], array[2], array[v_reserved], array[p_spent]);
  update purser.reservation r set linked_set = purser.intern_set(array(select unnest(l.period_ids || p_period) order by 1))
    from purser.linked_set l where l.id = r.linked_set and r.id = any (p_open);
  perform purser.tell(p_period, 0);
end $$;

-- A budget over a scope, in force for the next reservation, everywhere. It begins with what its scope has spent in the period so far (unless
-- `p_from_zero`), and with the scope's open reservations linked to it. Again with the same terms: no effect; with others: a conflict.
-- All reserves wait while the generation is held, so the long sum over the period is made before, and only what has come since is added under it.
create or replace function purser.create_budget(
  p_name text, p_scope jsonb, p_is_hard boolean, p_period_kind text, p_time_zone text, p_cap bigint, p_thresholds int[],
  p_starts_at timestamptz, p_ends_at timestamptz, p_from_zero boolean
) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_wanted purser.budget;
  v_made int;
  v_budget purser.budget;
  v_from timestamptz;
  v_period purser.budget_period;
  v_id int;
  v_spent bigint := 0;
  v_last_entry bigint;
  v_missing bigint[];
  v_open uuid[];
begin
  v_wanted.name := p_name;
  v_wanted.scope := p_scope;
  v_wanted.is_hard := p_is_hard;
  v_wanted.period_kind := p_period_kind;
  v_wanted.time_zone := p_time_zone;
  v_wanted.cap := p_cap;
  v_wanted.thresholds := array(select distinct unnest(p_thresholds) order by 1);
  v_wanted.starts_at := p_starts_at;
  v_wanted.ends_at := p_ends_at;
  v_wanted.from_zero := p_from_zero;
  perform purser.require_budget(v_wanted);
  v_made := purser.budget_made(v_wanted);
  if v_made is null then
    v_from := (purser.period_at(v_wanted, clock_timestamp())).starts_at;
    if not p_from_zero then select * into v_spent, v_last_entry, v_missing from purser.spent_so_far(p_scope, v_from); end if;
    perform purser.change_generation(p_scope ->> 'account');
    -- Somebody else may have been first.
    v_made := purser.budget_made(v_wanted);
  end if;
  if v_made is not null then return purser.budget_json(v_made) || jsonb_build_object('made', false); end if;
  if p_ends_at <= clock_timestamp() then
    perform purser.fail('bad_input', format('a budget until %s has ended before it is made', to_char(p_ends_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')));
  end if;
  insert into purser.budget (name, scope, is_hard, period_kind, time_zone, cap, thresholds, starts_at, ends_at, from_zero)
    values (p_name, p_scope, p_is_hard, p_period_kind, p_time_zone, p_cap, v_wanted.thresholds, p_starts_at, p_ends_at, p_from_zero) returning * into v_budget;
  if coalesce(p_starts_at, '-infinity') <= clock_timestamp() then
    -- Two statements: one does not see the row that a function makes in it.
    v_id := purser.open_period(v_budget, clock_timestamp());
    select * into strict v_period from purser.budget_period where id = v_id;
    v_open := purser.lock_open(p_scope, v_period.starts_at);
    if not p_from_zero then
      -- If a period has ended meanwhile, there is little in the new one yet.
      if v_period.starts_at <> v_from then
        select * into v_spent, v_last_entry, v_missing from purser.spent_so_far(p_scope, v_period.starts_at);
      end if;
      v_spent := v_spent + purser.spent_since(p_scope, v_period.starts_at, v_last_entry, v_missing);
    end if;
    perform purser.book_opening(v_budget, v_id, v_spent, v_open);
  end if;
  return purser.budget_json(v_budget.id) || jsonb_build_object('made', true);
end $$;
drop function purser.spent_by(jsonb, timestamptz);

-- It refuses nothing from now on, and still takes what is settled on it. Again: no effect.
create or replace function purser.archive_budget(p_id int, p_name text) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_budget purser.budget := purser.budget_of(p_id, p_name);
begin
  if v_budget.archived_at is null and v_budget.plan is not null then
    perform purser.fail('conflict', format('"%s" is the plan of account "%s", and without it nothing could pay for the account''s calls: `purser account suspend %s` ends its spending',
      v_budget.name, v_budget.account, v_budget.account));
  end if;
  if v_budget.archived_at is null then
    perform purser.change_generation(v_budget.account);
    update purser.budget set archived_at = clock_timestamp() where id = v_budget.id and archived_at is null;
  end if;
  return purser.budget_json(v_budget.id);
end $$;

-- A top-up (or, below zero, a cut) of a budget's period of now (a total's only one, also before it begins): an entry with a reason, once per
-- key. A cut below what is used is an overrun.
create or replace function purser.change_cap(p_id int, p_name text, p_account text, p_change bigint, p_key text, p_reason text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_budget purser.budget;
  v_period int;
  v_known purser.entry;
  v_cap numeric;
begin
  perform purser.require_key(p_key), purser.require_reason(p_reason);
  if p_change is null or p_change = 0 then perform purser.fail('bad_input', 'a change of nothing is none'); end if;
  if p_account is not null then
    select * into v_budget from purser.budget where account = p_account and plan is not null and archived_at is null;
    if not found then
      perform purser.require_scope(jsonb_build_object('account', p_account));
      perform purser.fail('conflict', format('account "%s" has no plan''s budget any more: name another of its budgets', p_account));
    end if;
  else
    v_budget := purser.budget_of(p_id, p_name);
  end if;
  -- A repeat hears what it did, whatever has become of the budget.
  select * into v_known from purser.entry where kind = 'cap' and key = p_key;
  if not found then
    -- Whoever archives it waits.
    select * into strict v_budget from purser.budget where id = v_budget.id for share;
    if v_budget.archived_at is not null then
      perform purser.fail('conflict', format('budget "%s" is archived, so its cap counts no more: make a new one with `purser budget create`', v_budget.name));
    elsif v_budget.ends_at <= clock_timestamp() then
      perform purser.fail('conflict', format('budget "%s" has ended, so its cap counts no more: make a new one with `purser budget create`', v_budget.name));
    end if;
    v_period := purser.open_period(v_budget, clock_timestamp());
    -- The balance's row decides between two repeats at once; the key's index between two budgets.
    select purser.real_cap(cap)::numeric + p_change into strict v_cap from purser.balance where budget_period_id = v_period for no key update;
    select * into v_known from purser.entry where kind = 'cap' and key = p_key;
    if not found then
      if v_cap < 0 then
        perform purser.fail('bad_input', 'a cap cannot be cut below zero');
      elsif v_cap > 1000000000000000000 then
        perform purser.fail('bad_input', 'a cap is at most 1,000,000,000 EUR');
      end if;
      begin
        perform purser.book('cap', v_budget.account, null, array[v_period], 0, 0, p_key, p_reason, p_change);
      exception when unique_violation then
        select * into strict v_known from purser.entry where kind = 'cap' and key = p_key;
      end;
    end if;
  end if;
  if v_known.id is not null and (v_known.cap_changes, (select budget_id from purser.budget_period where id = v_known.period_ids[1]))
      is distinct from (array[p_change], v_budget.id) then
    perform purser.fail('conflict', format('the key "%s" was used for another change', p_key));
  end if;
  return purser.budget_json(v_budget.id) || jsonb_build_object('changed', v_known.id is null);
end $$;

-- Active, suspended or archived, from this commit on; an entry with a reason, once per key.
create or replace function purser.set_account_status(p_id text, p_status text, p_key text, p_reason text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_known purser.entry;
begin
  perform purser.require_key(p_key), purser.require_reason(p_reason);
  if p_status is null or p_status not in ('active', 'suspended', 'archived') then
    perform purser.fail('bad_input', format('"%s" is no status: active, suspended or archived', p_status));
  end if;
  perform purser.change_generation(p_id);
  select * into v_known from purser.entry where kind = 'status' and key = p_key;
  if found then
    if (v_known.account, v_known.reason) is distinct from (p_id, p_status || ': ' || p_reason) then
      perform purser.fail('conflict', format('the key "%s" was used for another change', p_key));
    end if;
    return purser.account_json(p_id);
  end if;
  update purser.account set status = p_status where id = p_id;
  if not found then perform purser.fail('unknown_account', format('there is no account "%s"', p_id)); end if;
  insert into purser.entry (kind, account, key, reason) values ('status', p_id, p_key, p_status || ': ' || p_reason);
  return purser.account_json(p_id);
end $$;

-- An account with its monthly plan budget. Repeated with the same terms: no effect; with others: a conflict. `p_opening` is spent from the
-- start. Who names no time zone takes the installation's (`p_default_time_zone`), and agrees to the one that the account has.
create or replace function purser.ensure_account(
  p_id text, p_plan text, p_time_zone text, p_default_time_zone text, p_opening bigint default 0, p_reason text default null
) returns jsonb language plpgsql security definer set search_path = purser, pg_temp set enable_seqscan = off as $$
declare
  v_account purser.account;
  v_budget purser.budget;
  v_made boolean := false;
  v_time_zone text := coalesce(p_time_zone, p_default_time_zone);
begin
  if p_id !~ '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,99}$' then
    perform purser.fail('bad_input', format('"%s" is no account id: use letters, digits and . _ : @ -, 100 at most', p_id));
  end if;
  perform purser.require_time_zone(v_time_zone);
  if not exists (select from purser.plan_version where plan = p_plan) then
    perform purser.fail('unknown_plan', format('there is no plan "%s": choose one of %s', p_plan,
      (select string_agg(distinct plan, ', ' order by plan) from purser.plan_version)));
  elsif purser.plan_cap(p_plan, clock_timestamp(), v_time_zone) is null then
    perform purser.fail('unknown_plan', format('plan "%s" is not in force yet: `purser plan list` shows from when it is', p_plan));
  end if;
  if p_opening < 0 then
    perform purser.fail('bad_input', 'an opening amount cannot be negative');
  elsif p_opening > 0 then
    perform purser.require_reason(p_reason);
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

-- A plan with its hundred newest versions, the oldest first. Which of them is in force is said for a time zone.
create function purser.plan_json(p_plan text, p_time_zone text) returns jsonb language sql stable as $$
  select jsonb_build_object('plan', p_plan, 'versions', jsonb_agg(jsonb_build_object('from', begins, 'cap', monthly_cap::text, 'reason', source,
      'state', case when begins_at > clock_timestamp() then 'later' when is_newest then 'in_force' else 'past' end) order by begins_at, begins))
    from (select *, begins_at = max(begins_at) filter (where begins_at <= clock_timestamp()) over () as is_newest
            from purser.plan_version
              cross join lateral (select case when is_day then purser.first_instant(effective_from at time zone 'UTC', p_time_zone) else effective_from end as begins_at,
                case when is_day then to_jsonb((effective_from at time zone 'UTC')::date) else to_jsonb(effective_from) end as begins) b
           where plan = p_plan order by begins_at desc limit 100) v
$$;

-- Plans by name, after one, a page at a time.
create function purser.list_plans(p_after text, p_limit int, p_time_zone text) returns jsonb
language plpgsql stable security definer set search_path = purser, pg_temp as $$
begin
  perform purser.require_limit(p_limit), purser.require_time_zone(p_time_zone);
  return (select coalesce(jsonb_agg(purser.plan_json(plan, p_time_zone) order by plan), '[]')
    from (select distinct plan from purser.plan_version where plan > p_after order by plan limit p_limit) p);
end $$;

-- What a plan may spend in a month, from a day on, or from now. Months that have begun keep their cap, opened or not, so a day is one that has
-- not begun anywhere. Again with the same cap: no effect; with another one from the same day: a conflict.
create function purser.set_plan(p_plan text, p_from date, p_cap bigint, p_reason text, p_time_zone text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_midnight constant timestamptz := p_from::timestamp at time zone 'UTC';
  v_is_new boolean;
  v_known purser.plan_version;
  v_changed boolean := false;
begin
  perform purser.require_text(p_plan, 100, 'the plan', 'name it, such as paid'), purser.require_cap(p_cap, 'a plan'),
    purser.require_reason(p_reason), purser.require_time_zone(p_time_zone);
  -- The generation's lock: a reserve that opens a period ends first, and the next one sees this.
  perform pg_advisory_xact_lock(7233823302);
  v_is_new := not exists (select from purser.plan_version where plan = p_plan);
  if p_from is null then
    if purser.plan_cap(p_plan, clock_timestamp(), p_time_zone) is distinct from p_cap then
      insert into purser.plan_version (plan, effective_from, monthly_cap, source) values (p_plan, clock_timestamp(), p_cap, p_reason);
      v_changed := true;
    end if;
  else
    select * into v_known from purser.plan_version where plan = p_plan and effective_from = v_midnight;
    if found and (v_known.monthly_cap, v_known.is_day) <> (p_cap, true) then
      perform purser.fail('conflict', format('plan "%s" has another cap from %s on: versions stay as they are, so name another day', p_plan, p_from));
    elsif not found then
      if not v_is_new and v_midnight - interval '14 hours' <= clock_timestamp() then
        perform purser.fail('bad_input', format('%s has begun, if not here then somewhere, and months that have begun keep their cap: name a later day, or none for now', p_from));
      end if;
      insert into purser.plan_version (plan, effective_from, monthly_cap, source, is_day) values (p_plan, v_midnight, p_cap, p_reason, true);
      v_changed := true;
    end if;
  end if;
  return purser.plan_json(p_plan, p_time_zone) || jsonb_build_object('changed', v_changed, 'isNew', v_is_new);
end $$;
drop function purser.add_plan_version(text, timestamptz, bigint, text);

-- A scope as it is typed on the command line.
create function purser.scope_text(p_scope jsonb) returns text language sql immutable as $$
  select coalesce(string_agg(part, ',' order by is_label, key), 'all') from (
    select false as is_label, key, key || '=' || value as part from jsonb_each_text(p_scope - 'labels')
    union all select true, key, 'label.' || key || '=' || value from jsonb_each_text(p_scope -> 'labels')) x
$$;

-- The panic switch: from this commit on nothing of the scope is reserved or sent, anywhere. What was sent is still booked. Again: no effect, and
-- the first reason stays.
create or replace function purser.stop_scope(p_scope jsonb, p_reason text) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_made int;
begin
  perform purser.require_scope(p_scope), purser.require_reason(p_reason);
  perform purser.change_generation();
  insert into purser.stop (scope, reason) values (p_scope, p_reason) on conflict do nothing returning id into v_made;
  return (select jsonb_build_object('stopped', v_made is not null, 'reason', reason, 'since', at) from purser.stop
    where scope = p_scope and resumed_at is null);
end $$;

create or replace function purser.resume_scope(p_scope jsonb, p_reason text) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
begin
  perform purser.require_scope(p_scope), purser.require_reason(p_reason);
  perform purser.change_generation();
  update purser.stop set resumed_at = clock_timestamp(), resumed_why = p_reason where scope = p_scope and resumed_at is null;
  if not found then
    perform purser.fail('not_found', format('nothing is stopped with the scope %s: `purser stop list` shows what is', purser.scope_text(p_scope)));
  end if;
  return jsonb_build_object('resumed', true);
end $$;

-- How much a list answers at once, at most.
create function purser.require_limit(p_limit int) returns void language plpgsql immutable as $$
begin
  if p_limit is null or p_limit not between 1 and 1000 then
    perform purser.fail('bad_input', 'a page has 1 to 1000 items');
  end if;
end $$;

-- Stops by id, after one, a page at a time: those in force, or all that ever were.
create function purser.list_stops(p_after int, p_limit int, p_resumed boolean) returns jsonb
language plpgsql stable security definer set search_path = purser, pg_temp as $$
begin
  perform purser.require_limit(p_limit);
  return (select coalesce(jsonb_agg(jsonb_build_object('stopId', id, 'scope', scope, 'reason', reason, 'since', at, 'resumedAt', resumed_at,
      'resumedWhy', resumed_why) order by id), '[]')
    from (select * from purser.stop where id > p_after and (p_resumed or resumed_at is null) order by id limit p_limit) s);
end $$;

-- Accounts by id, after one, a page at a time: their ids. Each is then looked at in a transaction of its own.
create function purser.list_accounts(p_after text, p_limit int) returns jsonb
language plpgsql stable security definer set search_path = purser, pg_temp as $$
begin
  perform purser.require_limit(p_limit);
  return (select coalesce(jsonb_agg(id order by id), '[]') from (select id from purser.account where id > p_after order by id limit p_limit) a);
end $$;

-- Budgets by id, after one, a page at a time. With an account: those that name it.
create or replace function purser.list_budgets(p_account text, p_after int, p_limit int, p_archived boolean) returns jsonb
language plpgsql stable security definer set search_path = purser, pg_temp as $$
begin
  perform purser.require_limit(p_limit);
  return (select coalesce(jsonb_agg(purser.budget_json(id) order by id), '[]') from (
    select id from purser.budget where id > p_after and (p_account is null or account = p_account) and (p_archived or archived_at is null) order by id limit p_limit) b);
end $$;

-- Who holds money of a budget's period, the largest first, after one of them, a page at a time; until when, and what time alone makes of it then:
-- what waits is released, what was sent is presumed spent. What was reserved before `swept_to` has ended.
create function purser.holders(p_id int, p_name text, p_after uuid, p_limit int) returns jsonb
language plpgsql stable security definer set search_path = purser, pg_temp as $$
declare
  v_budget purser.budget := purser.budget_of(p_id, p_name);
  v_after purser.reservation;
begin
  perform purser.require_limit(p_limit);
  if p_after is not null then
    select * into v_after from purser.reservation where id = p_after;
    if not found then perform purser.fail('not_found', format('there is no attempt %s to go on after', p_after)); end if;
  end if;
  return (select coalesce(jsonb_agg(jsonb_build_object('reservationId', h.id, 'call', h.call, 'workflowId', c.workflow_id, 'callId', c.call_id,
      'account', s.account, 'model', s.terms ->> 'model', 'state', h.state, 'amount', h.amount::text, 'since', h.at,
      'endsAt', case h.state when 'reserved' then h.hold_until else purser.presumed_from(h.r) end,
      'endsAs', case h.state when 'reserved' then 'released' else 'presumed' end)
      order by h.amount desc, h.id desc), '[]')
    from (select r.*, r from purser.period_at(v_budget, coalesce(v_budget.archived_at, clock_timestamp())) n
            join purser.budget_period p on p.budget_id = v_budget.id and p.period = n.period
            join purser.reservation r on r.at >= greatest(p.starts_at, (select swept_to from purser.ledger_state)) and r.state in ('reserved', 'dispatched', 'in_doubt')
            join purser.linked_set l on l.id = r.linked_set and p.id = any (l.period_ids)
           where v_after.id is null or (r.amount, r.id) < (v_after.amount, v_after.id)
           order by r.amount desc, r.id desc limit p_limit) h
    join purser.call c on c.id = h.call join purser.scope s on s.id = h.scope);
end $$;
drop function purser.holders(int, text, int);

-- A bill's or a person's word on what an attempt cost in all. Frees what is still reserved and sets the total in one move. Once per source and
-- source's id.
create or replace function purser.adjust(p_reservation uuid, p_total bigint, p_source text, p_source_id text, p_why text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_key constant text := format('%s %s %s', p_source, p_source_id, p_reservation);
  v_known purser.entry;
  r purser.reservation;
  v_account text;
begin
  perform purser.require_text(p_source_id, 200, 'the source''s id', 'name the line or the note that says so, so that its repeat has no effect'),
    purser.require_reason(p_why);
  if p_total is null or p_total < 0 then perform purser.fail('bad_input', 'a cost cannot be below zero'); end if;
  if p_source is null or p_source not in ('bill', 'person') then perform purser.fail('bad_input', format('"%s" is no source of a correction: bill or person', p_source)); end if;
  r := purser.lock_attempt(p_reservation);
  if r.id is null then perform purser.fail('not_found', format('there is no attempt %s', p_reservation)); end if;
  select * into v_known from purser.entry where kind = 'adjust' and key = v_key;
  if found then
    if v_known.reason <> format('%s: %s', p_total, p_why) then perform purser.fail('conflict', format('the correction "%s" was booked with other terms', v_key)); end if;
    return jsonb_build_object('kind', 'adjusted', 'changed', false, 'state', r.state, 'cost', r.cost::text);
  end if;
  if r.token is null then
    perform purser.fail('conflict', format('attempt %s was never sent, so nothing can have been billed for it', p_reservation));
  elsif p_source = 'person' and r.state = 'dispatched' then
    perform purser.fail('conflict', format('attempt %s is on its way: wait until it is answered or in doubt', p_reservation));
  elsif r.cost is not null and purser.rank_of(p_source) < purser.rank_of(r.cost_source) then
    return jsonb_build_object('kind', 'outranked', 'changed', false, 'state', r.state, 'cost', r.cost::text, 'source', r.cost_source);
  end if;
  v_account := (select account from purser.scope where id = r.scope);
  perform purser.book('adjust', v_account, r.id, purser.periods_of(r.linked_set),
    case when r.state in ('dispatched', 'in_doubt') then -r.amount else 0 end, p_total - coalesce(r.cost, 0), v_key, format('%s: %s', p_total, p_why));
  -- Two moves where one would skip a state: each is one that the table of moves knows.
  if r.state = 'settled' then
    update purser.reservation set cost = p_total, cost_source = p_source where id = r.id;
  else
    update purser.reservation set state = 'settled', cost = p_total, cost_source = p_source, ended_at = clock_timestamp(), ended_why = p_why where id = r.id;
  end if;
  return jsonb_build_object('kind', 'adjusted', 'changed', true, 'state', 'settled', 'cost', p_total::text);
end $$;

-- Many corrections in one commit, such as a bill's lines; each has its own answer, in their order. One that cannot be booked has no effect, says why
-- and harms no other. All rows are locked first, in the one order: this moves many attempts.
create function purser.adjust_many(p_items jsonb) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_uuid constant text := '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$';
  v_ids constant uuid[] := array(select (x ->> 'reservationId')::uuid from jsonb_array_elements(p_items) x where x ->> 'reservationId' ~ v_uuid);
  v_calls constant uuid[] := array(select distinct call from purser.reservation where id = any (v_ids) order by 1);
  v_item jsonb;
  v_answers jsonb[] := '{}';
  v_code text;
begin
  if jsonb_array_length(p_items) > 500 then perform purser.fail('bad_input', 'at most 500 corrections are booked at once'); end if;
  perform from purser.call where id = any (v_calls) order by id for update;
  perform purser.lock_attempts(array(select a.id from unnest(v_calls) c (id), purser.attempts_of(c.id) a));
  perform from purser.balance where budget_period_id in (select unnest(purser.periods_of(linked_set)) from purser.reservation where id = any (v_ids))
    order by budget_period_id for no key update;
  for v_item in select * from jsonb_array_elements(p_items) loop
    begin
      v_answers := v_answers || purser.adjust((v_item ->> 'reservationId')::uuid, (v_item ->> 'total')::bigint, v_item ->> 'source', v_item ->> 'sourceId', v_item ->> 'why');
    exception when sqlstate 'PU001' or data_exception then
      get stacked diagnostics v_code = pg_exception_detail;
      v_answers := v_answers || jsonb_build_object('kind', 'failed', 'code', case sqlstate when 'PU001' then v_code else 'bad_input' end, 'message', sqlerrm);
    end;
  end loop;
  return to_jsonb(v_answers);
end $$;

revoke execute on all functions in schema purser from public;
grant execute on function purser.list_accounts, purser.list_stops, purser.list_plans, purser.set_plan, purser.holders,
  purser.adjust_many to purser_app;
