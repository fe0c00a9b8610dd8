-- 0043: plans over time. An account changes its plan now or with its next month, and may be cancelled; a budget is raised until an instant.
-- Why: what an account may spend changes in mid-month. Each change is an entry with a reason and a key, and can be looked at before.
-- Locks: account and entry for a moment (a column, and a check that reads nothing), new tables; functions are replaced, none.
-- Undo: the functions of 0005, 0006, 0011, 0013, 0018, 0020, 0030 and 0031, and drop what is new here, when no account has changed its plan.
--
-- Nothing here waits for a job. What comes later is a row with its instant, and whoever opens a month or resolves a scope reads it. A scope is resolved again
-- at `valid_until`, which no month's end, no cancellation and no raise's end passes.

-- From when on its calls are refused. Null: it was not cancelled.
alter table purser.account add column cancels_at timestamptz;
comment on column purser.account.plan is 'The plan that it began with: plan_at says which one it has.';
comment on column purser.budget.plan is 'Of an account''s own budget, the plan that it began with: plan_at says which one it has.';
alter table purser.entry drop constraint entry_kind_known, add constraint entry_kind_known check (kind in ('open', 'opening', 'calls', 'reserve', 'release',
  'settle', 'uncovered', 'reject', 'hand_on', 'presume', 'house', 'adjust', 'cap', 'expire', 'plan', 'status', 'billed', 'fx')) not valid;

-- Which plan an account has from an instant on. The newest row that has begun counts: who decides later takes back what was to come. A row begins when it
-- is written or later, so what was in force then stays so.
create table purser.plan_change (
  id               bigint generated always as identity,
  account          text not null references purser.account,
  plan             text not null,
  begins_at        timestamptz not null,
  at               timestamptz not null,
  key              text not null constraint plan_change_once unique,
  reason           text not null,
  -- As it was asked: a repeat asks the same.
  asked            jsonb not null,
  -- Of a change in mid-month: the budget period, what the plan may spend in a whole month, what the period's cap gained, and what plans gave of it in all.
  budget_period_id int references purser.budget_period,
  full_cap         bigint,
  cap_change       bigint,
  given            bigint,
  -- No index by the id alone: the newest of an account would be looked for in it, among all of them.
  primary key (account, id),
  constraint plan_change_not_before_it_was_made check (begins_at >= at),
  constraint plan_change_in_its_period check (num_nulls(budget_period_id, full_cap, cap_change, given) in (0, 4))
);
create trigger plan_change_append_only before update or delete or truncate on purser.plan_change
  for each statement execute function purser.refuse_change();

-- A raise of a budget period's cap that ends before the period does. It is an entry of kind `cap`, and is taken back by one of kind `expire`, both under its key.
create table purser.temporary_raise (
  id               bigint generated always as identity primary key,
  budget_period_id int not null references purser.budget_period,
  amount           bigint not null constraint temporary_raise_positive check (amount > 0),
  until            timestamptz not null,
  at               timestamptz not null,
  key              text not null constraint temporary_raise_once unique,
  reason           text not null,
  ended_at         timestamptz,
  taken_back       bigint constraint temporary_raise_taken_back_at_most check (taken_back between 0 and amount),
  constraint temporary_raise_ends_whole check ((ended_at is null) = (taken_back is null))
);
create index temporary_raise_by_period on purser.temporary_raise (budget_period_id) where ended_at is null;
create index temporary_raise_that_ends on purser.temporary_raise (until) where ended_at is null;
grant select on purser.plan_change, purser.temporary_raise to purser_app;

-- The plan of an account at an instant.
create function purser.plan_at(p_account text, p_instant timestamptz) returns text language sql stable as $$
  select coalesce((select plan from purser.plan_change where account = p_account and begins_at <= p_instant order by id desc limit 1),
    (select plan from purser.account where id = p_account))
$$;

-- What an account is at an instant.
create function purser.standing(p_account purser.account, p_instant timestamptz) returns text language sql immutable as $$
  select case when p_account.status = 'archived' then 'archived' when p_account.cancels_at <= p_instant then 'cancelled' else p_account.status end
$$;

-- As in 0013, by the plan that the account has when the period begins.
create or replace function purser.cap_at(p_budget purser.budget, p_starts_at timestamptz) returns bigint language sql stable as $$
  select case when p_budget.plan is null then p_budget.cap
    else purser.plan_cap(purser.plan_at(p_budget.account, greatest(p_starts_at, p_budget.created_at)), greatest(p_starts_at, p_budget.created_at), p_budget.time_zone) end
$$;

-- As in 0020, by the plan that the account had.
create or replace function purser.house_period(r purser.reservation) returns int language plpgsql as $$
begin
  if (select purser.plan_presumed_by(purser.plan_at(a.id, r.at), r.at, a.time_zone) from purser.scope s join purser.account a on a.id = s.account where s.id = r.scope) = 'house' then
    return purser.open_period(purser.house_budget(), r.at);
  end if;
  return null;
end $$;

-- What is over of a budget period's raises, and not taken back yet: nobody may spend it any more.
create function purser.due_back(p_period int, p_instant timestamptz) returns bigint language sql stable as $$
  select coalesce(purser.total(amount), 0) from purser.temporary_raise where budget_period_id = p_period and ended_at is null and until <= p_instant
$$;

-- What stands of a budget period's raises, the one that ends first before the others.
create function purser.raises_json(p_period int, p_instant timestamptz) returns jsonb language sql stable as $$
  select coalesce(jsonb_agg(jsonb_build_object('amount', amount::text, 'until', until, 'reason', reason) order by until, id), '[]')
    from purser.temporary_raise where budget_period_id = p_period and ended_at is null and until > p_instant
$$;

-- Takes back what is over of the raises of these budget periods, in full: what is spent or reserved above the cap then is an overrun. Only what was cut
-- below a raise meanwhile is not there any more. Who holds balances already, asks this not: all are locked here, ascending, as everywhere.
create function purser.take_back(p_periods int[]) returns int language plpgsql as $$
declare
  r record;
  v_back bigint;
  v_ended int := 0;
begin
  if not exists (select from purser.temporary_raise where budget_period_id = any (p_periods) and ended_at is null and until <= clock_timestamp()) then
    return 0;
  end if;
  perform from purser.balance where budget_period_id = any (p_periods) order by budget_period_id for no key update;
  -- A statement of its own: it sees what another one took back while this waited.
  for r in select t.*, b.account from purser.temporary_raise t join purser.budget_period p on p.id = t.budget_period_id join purser.budget b on b.id = p.budget_id
     where t.budget_period_id = any (p_periods) and t.ended_at is null and t.until <= clock_timestamp() order by t.until, t.id
  loop
    v_back := least(r.amount, (select purser.real_cap(cap) from purser.balance where budget_period_id = r.budget_period_id));
    if v_back > 0 then
      perform purser.book('expire', r.account, null, array[r.budget_period_id], 0, 0, r.key,
        format('the raise until %s is over: %s', to_char(r.until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), r.reason), -v_back);
    end if;
    update purser.temporary_raise set ended_at = clock_timestamp(), taken_back = v_back where id = r.id;
    v_ended := v_ended + 1;
  end loop;
  return v_ended;
end $$;

-- As in 0006; but whom this period's cap could pay for, and the next one's cannot (a smaller plan, a top-up that goes, an account that ends), waits for it in vain.
create or replace function purser.frees_at(p_period int, p_amount bigint) returns timestamptz language sql stable as $$
  select case when v.cap - v.spent < p_amount then n.at
    else least(n.at, coalesce(
      (select min(r.hold_until) from purser.scope s join purser.reservation r on r.scope = s.id
        where s.account = b.account and r.at > clock_timestamp() - interval '1 hour' and r.state = 'reserved' and r.hold_until > clock_timestamp()),
      clock_timestamp() + interval '15 minutes')) end
    from purser.balance v join purser.budget_period p on p.id = v.budget_period_id join purser.budget b on b.id = p.budget_id
    cross join lateral (select case when b.period_kind <> 'total' and (p_amount <= v.cap and coalesce(purser.cap_at(b, p.ends_at), 0) < p_amount
      or exists (select from purser.account a where a.id = b.account and a.cancels_at <= p.ends_at)) then 'infinity' else p.ends_at end as at) n
   where v.budget_period_id = p_period
$$;

-- Takes back whatever is over, a page at a time: so that also budgets that nobody asks show it.
create function purser.end_raises(p_limit int) returns int language plpgsql security definer set search_path = purser, pg_temp as $$
begin
  perform purser.require_limit(p_limit);
  return purser.take_back(array(select budget_period_id from purser.temporary_raise where ended_at is null and until <= clock_timestamp() order by until limit p_limit));
end $$;

-- As in 0005, with plans that change, cancelled accounts and raises that end.
create or replace function purser.resolve_scope(p_scope purser.scope, p_instant timestamptz) returns purser.scope language plpgsql as $$
declare
  v purser.scope;
  v_account purser.account;
  v_budget purser.budget;
  v_periods int[] := '{}';
  v_generation bigint := (select generation from purser.ledger_state);
  v_standing text;
begin
  select * into v_account from purser.account where id = p_scope.account;
  if not found then
    perform purser.fail('unknown_account', format('there is no account "%s": make it with `purser account create %s --plan free`', p_scope.account, p_scope.account));
  end if;
  v_standing := purser.standing(v_account, p_instant);
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
  update purser.scope s set generation = v_generation, plan = purser.plan_at(p_scope.account, p_instant),
      linked_set = case when v_periods <> '{}' then purser.intern_set(array(select unnest(v_periods) order by 1)) end,
      -- A total budget that begins later ends what is known now, too; and so do the account's end, and a raise's. One that is over and not taken back: at once.
      valid_until = coalesce(least((select min(ends_at) from purser.budget_period where id = any (v_periods)),
        (select min(b.starts_at) from purser.budget b where b.archived_at is null and b.starts_at > p_instant and p_scope.terms @> b.scope),
        (select min(t.until) from purser.temporary_raise t where t.budget_period_id = any (v_periods) and t.ended_at is null),
        case when v_account.cancels_at > p_instant then v_account.cancels_at end), '-infinity'),
      stopped = case when v_standing <> 'active' then 'account ' || v_standing
                     else (select 'stopped: ' || reason from purser.stop where resumed_at is null and p_scope.terms @> scope order by id limit 1) end
   where s.id = p_scope.id returning * into v;
  return v;
end $$;

-- A scope as it holds at an instant: resolved again if need be, and without the raises that are over. For those who hold no balance yet.
create function purser.resolved(p_scope purser.scope, p_instant timestamptz) returns purser.scope language plpgsql as $$
declare
  v purser.scope := p_scope;
begin
  if v.generation <> (select generation from purser.ledger_state) or v.valid_until <= p_instant then
    v := purser.resolve_scope(v, p_instant);
    if v.valid_until <= p_instant and purser.take_back(purser.periods_of(v.linked_set)) > 0 then
      v := purser.resolve_scope(v, p_instant);
    end if;
  end if;
  return v;
end $$;

-- As in 0005. A hot row is touched only to take back a raise that is over.
create or replace function purser.resolve(p_terms jsonb) returns int language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v purser.scope;
begin
  perform purser.share_generation();
  v := purser.resolved(purser.intern_scope(p_terms), clock_timestamp());
  return v.id;
end $$;

-- One place or two in each of ten functions, so they are edited where they stand; one that is not there any more fails.
do $$
declare
  v_edit record;
  v_text text;
begin
  for v_edit in select * from (values
    -- What was reserved is sent only while what was known of its scope holds: its account may have ended.
    ('apply', '(select c.generation = v_generation and c.stopped', '(select c.generation = v_generation and c.valid_until > instant and c.stopped'),
    ('dispatch', 'if v_scope.generation <> (select generation from purser.ledger_state) then',
      'if v_scope.generation <> (select generation from purser.ledger_state) or v_scope.valid_until <= v_now then'),
    ('lock_budgets', E'if v.generation <> (select generation from purser.ledger_state) or v.valid_until <= v_instant then\n      v := purser.resolve_scope(v, v_instant);\n    end if;',
      'v := purser.resolved(v, v_instant);'),
    ('estimate', E'if v.generation <> (select generation from purser.ledger_state) or v.valid_until <= clock_timestamp() then\n    v := purser.resolve_scope(v, clock_timestamp());\n  end if;',
      'v := purser.resolved(v, clock_timestamp());'),
    ('ensure_account', 'if v_account.plan <> p_plan then', E'v_account.plan := purser.plan_at(p_id, clock_timestamp());\n    if v_account.plan <> p_plan then'),
    ('budget_json', '''plan'', b.plan,', '''plan'', case when b.plan is not null then purser.plan_at(b.account, coalesce(b.archived_at, clock_timestamp())) end,'),
    ('budget_json', 'coalesce(purser.real_cap(v.cap),', 'coalesce(case when p.id is not null then greatest(0, purser.real_cap(v.cap) - purser.due_back(p.id, clock_timestamp())) end,'),
    ('budget_json', '''status'', case', '''raises'', purser.raises_json(p.id, clock_timestamp()), ''status'', case'),
    -- A plan begins with a month, or in one whose period it opens itself: so at any instant of a month that is not open, it is the one that the month begins with.
    ('open_periods', 'b.account, b.plan, b.cap,', 'b.account, case when b.plan is not null then plan_at(b.account, p_instant) end as plan, b.cap,'),
    -- Of the allowance that it says.
    ('seal_statements', 'a.time_zone, a.plan, a.created_at,', 'a.time_zone, plan_at(a.id, greatest(a.created_at, month_from(p_month, a.time_zone))) as plan, a.created_at,'),
    ('provisional_statement', 's.plan := a.plan;', 's.plan := plan_at(p_account, greatest(a.created_at, s.starts_at));'),
    ('provisional_statement', 's.allowance := plan_cap(a.plan,', 's.allowance := plan_cap(s.plan,'))
    as e (name, was, is_now)
  loop
    select pg_get_functiondef(oid) into strict v_text from pg_proc where pronamespace = 'purser'::regnamespace and proname = v_edit.name;
    if length(v_text) - length(replace(v_text, v_edit.was, '')) <> length(v_edit.was) then
      raise exception 'purser.% does not hold the line "%" once', v_edit.name, v_edit.was;
    end if;
    execute replace(v_text, v_edit.was, v_edit.is_now);
  end loop;
end $$;

-- As in 0013, with what is to come.
create or replace function purser.account_json(p_id text) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_account purser.account;
  v_now timestamptz := clock_timestamp();
begin
  select * into v_account from purser.account where id = p_id;
  if not found then
    perform purser.fail('unknown_account', format('there is no account "%s": make it with `purser account create %s --plan free`', p_id, p_id));
  end if;
  -- Opened first, in a statement of its own: the next one then sees the rows. Ascending, as everywhere, so that two openers cannot deadlock.
  perform purser.open_period(b, v_now)
    from (select * from purser.budget where account = p_id and archived_at is null order by id offset 0) b;
  return jsonb_build_object('id', v_account.id, 'plan', purser.plan_at(p_id, v_now), 'timeZone', v_account.time_zone,
    'status', purser.standing(v_account, v_now), 'createdAt', v_account.created_at, 'cancelsAt', v_account.cancels_at,
    'nextPlan', (select jsonb_build_object('plan', plan, 'from', begins_at, 'reason', reason)
      from (select * from purser.plan_change where account = p_id order by id desc limit 1) c where begins_at > v_now and plan <> purser.plan_at(p_id, v_now)),
    'budgets', (select coalesce(jsonb_agg(purser.budget_json(id) order by id), '[]') from purser.budget where account = p_id and archived_at is null));
end $$;

create type purser.outlook as (budget_id int, name text, is_hard boolean, period text, is_next boolean, cap bigint, spent bigint, reserved bigint);
-- How an account's budgets stand at an instant, in the period of then; and its plan's in the month that comes next, which nobody has opened.
create function purser.outlook(p_account text, p_instant timestamptz) returns setof purser.outlook language sql stable as $$
  select b.id, b.name, b.is_hard, n.period, false, greatest(0, purser.real_cap(v.cap) - purser.due_back(p.id, p_instant)), v.spent, v.reserved
    from purser.budget b cross join lateral purser.period_at(b, p_instant) n
    join purser.budget_period p on p.budget_id = b.id and p.period = n.period join purser.balance v on v.budget_period_id = p.id
   where b.account = p_account and b.archived_at is null and coalesce(b.starts_at, '-infinity') <= p_instant and p_instant < coalesce(b.ends_at, 'infinity')
  union all
  select b.id, b.name, b.is_hard, m.period, true, purser.cap_at(b, m.starts_at), 0, 0
    from purser.budget b cross join lateral purser.period_at(b, p_instant) n cross join lateral purser.period_at(b, n.ends_at) m
   where b.account = p_account and b.archived_at is null and b.plan is not null
$$;
create function purser.figures_json(p_cap bigint, p_spent bigint, p_reserved bigint) returns jsonb language sql immutable as $$
  select jsonb_build_object('cap', p_cap::text, 'spent', p_spent::text, 'reserved', p_reserved::text, 'remaining', (p_cap - p_spent - p_reserved)::text)
$$;

-- What a change makes of an account: each budget before and after, the next month where it becomes another one, and what is refused then: everything from an
-- instant on; calls whose bound is above what the tightest hard budget has left; what is reserved and would not be sent any more.
create function purser.changed_json(p_account text, p_instant timestamptz, p_before purser.outlook[], p_changed boolean) returns jsonb
language plpgsql as $$
declare
  a purser.account;
begin
  select * into strict a from purser.account where id = p_account;
  return purser.account_json(p_account) || jsonb_build_object('change', jsonb_build_object('dryRun', false, 'changed', p_changed,
    'budgets', (select coalesce(jsonb_agg(jsonb_build_object('budgetId', n.budget_id, 'name', n.name, 'isHard', n.is_hard, 'period', n.period,
          'before', purser.figures_json(o.cap, o.spent, o.reserved), 'after', purser.figures_json(n.cap, n.spent, n.reserved)) order by n.is_next, n.budget_id), '[]')
        from purser.outlook(p_account, p_instant) n join unnest(p_before) o on o.budget_id = n.budget_id and o.period = n.period
       where not n.is_next or n.cap <> o.cap),
    'refused', jsonb_build_object('everythingFrom', case when purser.standing(a, p_instant) <> 'active' then p_instant else a.cancels_at end,
      'above', (select greatest(0, min(cap - spent - reserved))::text from purser.outlook(p_account, p_instant) where is_hard and not is_next),
      'waiting', (select jsonb_build_object('attempts', count(*), 'amount', coalesce(purser.total(r.amount), 0)::text)
        from purser.scope s join purser.reservation r on r.scope = s.id
       where s.account = p_account and purser.standing(a, p_instant) <> 'active' and r.state = 'reserved' and r.at >= (select swept_to from purser.ledger_state)))));
end $$;

-- Opens what an account's budgets need now, in the one order. Answers them as they stand.
create function purser.opened_outlook(p_account text, p_instant timestamptz) returns purser.outlook[] language plpgsql as $$
begin
  perform purser.open_period(b, p_instant) from (select * from purser.budget where account = p_account and archived_at is null order by id offset 0) b;
  return array(select o from purser.outlook(p_account, p_instant) o);
end $$;

-- An account's own budget, held against whoever opens a period of it. The generation is held already.
create function purser.hold_plan(p_account text) returns purser.budget language plpgsql as $$
declare
  a purser.account;
  v purser.budget;
begin
  select * into a from purser.account where id = p_account for no key update;
  if not found then perform purser.fail('unknown_account', format('there is no account "%s"', p_account)); end if;
  select * into v from purser.budget where account = p_account and plan is not null and archived_at is null for update;
  if not found or a.status = 'archived' then
    perform purser.fail('conflict', format('account "%s" is archived, so it has no plan any more', p_account));
  end if;
  return v;
end $$;

-- What a plan may spend in a whole month, by the version in force at an instant where the budget lives.
create function purser.require_plan_cap(p_plan text, p_instant timestamptz, p_time_zone text) returns bigint language plpgsql stable as $$
declare
  v_cap constant bigint := purser.plan_cap(p_plan, p_instant, p_time_zone);
begin
  if v_cap is not null then return v_cap; end if;
  if not exists (select from purser.plan_version where plan = p_plan) then
    perform purser.fail('unknown_plan', format('there is no plan "%s": choose one of %s', p_plan,
      (select string_agg(distinct plan, ', ' order by plan) from purser.plan_version)));
  end if;
  perform purser.fail('unknown_plan', format('plan "%s" is not in force then: `purser plan list` shows from when it is', p_plan));
end $$;

-- What an amount of a month is for the days that are left of it, this day included: rounded up, that is, below zero towards zero. By whole numbers: the
-- division of numeric rounds what is longer than some digits.
create function purser.share_of_month(p_amount numeric, p_day date) returns numeric language plpgsql immutable as $$
declare
  v_next constant date := date_trunc('month', p_day::timestamp) + interval '1 month';
  v_days constant int := v_next - date_trunc('month', p_day::timestamp)::date;
  v_of constant numeric := p_amount * (v_next - p_day);
begin
  return div(case when v_of > 0 then v_of + v_days - 1 else v_of end, v_days);
end $$;

-- Another plan from now on, or from the start of the account's next month; without a word, now if the plan may spend no less than the one before, else then.
-- Now, the cap of the month changes by an entry: with `none` to all that the plan may spend in a month, whatever earlier plans gave of it; by `days` by the
-- difference of the two plans' caps, times the days that are left in the period where the budget lives, today included, through its days, rounded up: in favour of
-- the account, by less than a nano-EUR. Top-ups stay on top; no cut goes below a cap of zero. Then, a row waits for whoever opens the month. Again: no effect.
create function purser.plan_changed(p_account text, p_plan text, p_from text, p_proration text, p_key text, p_reason text) returns jsonb language plpgsql as $$
declare
  v_asked constant jsonb := jsonb_build_object('from', p_from, 'proration', p_proration);
  v_budget purser.budget;
  v_known purser.plan_change;
  v_newest purser.plan_change;
  v_now timestamptz;
  v_place record;
  v_period int;
  v_before purser.outlook[];
  v_old text;
  v_given numeric;
  v_full bigint;
  v_new bigint;
  v_cap numeric;
  v_today date;
  v_from text;
  v_change numeric := 0;
begin
  perform purser.require_text(p_plan, 100, 'the plan', 'name it, such as paid'), purser.require_key(p_key), purser.require_reason(p_reason);
  if p_from not in ('now', 'next_month') then
    perform purser.fail('bad_input', format('a plan cannot begin "%s": now or next_month', p_from));
  elsif p_proration not in ('none', 'days') then
    perform purser.fail('bad_input', format('"%s" is no proration: none or days', p_proration));
  end if;
  perform purser.change_generation(p_account);
  v_budget := purser.hold_plan(p_account);
  v_now := clock_timestamp();
  v_before := purser.opened_outlook(p_account, v_now);
  select * into v_known from purser.plan_change where key = p_key;
  if found then
    if (v_known.account, v_known.plan, v_known.asked) is distinct from (p_account, p_plan, v_asked) then
      perform purser.fail('conflict', format('the key "%s" was used for another change', p_key));
    end if;
    return purser.changed_json(p_account, v_now, v_before, false);
  end if;

  v_place := purser.period_at(v_budget, v_now);
  v_period := purser.open_period(v_budget, v_now);
  perform purser.take_back(array[v_period]);
  v_old := purser.plan_at(p_account, v_now);
  select * into v_newest from purser.plan_change where account = p_account order by id desc limit 1;
  -- What the plan in force may spend in a whole month, and what plans gave of this one's cap.
  select full_cap, given into v_full, v_given from purser.plan_change where account = p_account and budget_period_id = v_period order by id desc limit 1;
  if not found then
    v_full := purser.cap_at(v_budget, v_place.starts_at);
    v_given := v_full;
  end if;
  v_new := purser.plan_cap(p_plan, v_now, v_budget.time_zone);
  v_from := coalesce(p_from, case when p_plan = v_old or v_new >= v_full then 'now' else 'next_month' end);
  if v_from = 'next_month' then
    if p_proration = 'days' then
      perform purser.fail('bad_input', 'a plan that begins with a month has all of it, so there are no days to count: say that it begins now');
    end if;
    perform purser.require_plan_cap(p_plan, v_place.ends_at, v_budget.time_zone);
    insert into purser.entry (kind, account, key, reason) values ('plan', p_account, p_key, format('%s from %s on: %s', p_plan, (purser.period_at(v_budget, v_place.ends_at)).period, p_reason));
    insert into purser.plan_change (account, plan, begins_at, at, key, reason, asked) values (p_account, p_plan, v_place.ends_at, v_now, p_key, p_reason, v_asked);
    return purser.changed_json(p_account, v_now, v_before, p_plan <> case when v_newest.begins_at > v_now then v_newest.plan else v_old end);
  end if;

  v_new := purser.require_plan_cap(p_plan, v_now, v_budget.time_zone);
  select purser.real_cap(cap) into strict v_cap from purser.balance where budget_period_id = v_period for no key update;
  if p_plan = v_old then
    v_new := v_full;
  elsif p_proration = 'days' then
    v_today := (v_now at time zone v_budget.time_zone)::date;
    v_change := purser.share_of_month(v_new - v_full, v_today);
  else
    v_change := v_new - v_given;
  end if;
  v_change := greatest(v_change, -v_cap);
  if v_cap + v_change > 1000000000000000000 then perform purser.fail('bad_input', 'a cap is at most 1,000,000,000 EUR'); end if;
  if v_change <> 0 then
    perform purser.book('plan', p_account, null, array[v_period], 0, 0, p_key, format('%s from now on: %s', p_plan, p_reason), v_change::bigint);
  else
    insert into purser.entry (kind, account, key, reason) values ('plan', p_account, p_key, format('%s from now on: %s', p_plan, p_reason));
  end if;
  insert into purser.plan_change (account, plan, begins_at, at, key, reason, asked, budget_period_id, full_cap, cap_change, given)
    values (p_account, p_plan, v_now, v_now, p_key, p_reason, v_asked, v_period, v_new, v_change, v_given + v_change);
  return purser.changed_json(p_account, v_now, v_before, p_plan <> v_old or coalesce(v_newest.begins_at > v_now, false));
end $$;

-- Changes are looked at by making them and taking everything back: so a preview cannot differ from what it previews.
create function purser.change_plan(
  p_account text, p_plan text, p_from text, p_proration text, p_key text, p_reason text, p_dry_run boolean default false
) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_answer jsonb;
begin
  if not p_dry_run then return purser.plan_changed(p_account, p_plan, p_from, p_proration, p_key, p_reason); end if;
  begin
    v_answer := purser.plan_changed(p_account, p_plan, p_from, p_proration, p_key, p_reason);
    raise exception 'nothing of this stays' using errcode = 'PU003';
  exception when sqlstate 'PU003' then
    return jsonb_set(v_answer, '{change,dryRun}', 'true');
  end;
end $$;

-- The plans that an account had, has and will have, the first one first: each from when until when. Of what was taken back before it began, `until` is null and
-- `state` says so.
create function purser.list_account_plans(p_account text, p_after bigint, p_limit int) returns jsonb
language plpgsql stable security definer set search_path = purser, pg_temp as $$
declare
  a purser.account;
begin
  perform purser.require_limit(p_limit);
  select * into a from purser.account where id = p_account;
  if not found then perform purser.fail('unknown_account', format('there is no account "%s"', p_account)); end if;
  return (select coalesce(jsonb_agg(jsonb_build_object('id', id, 'plan', plan, 'from', begins_at, 'until', case when next_at > begins_at then next_at end,
      'state', case when next_at <= begins_at then 'taken_back' when begins_at > clock_timestamp() then 'later' when next_at <= clock_timestamp() then 'past' else 'in_force' end,
      'at', at, 'key', key, 'reason', reason, 'capChange', cap_change::text) order by id), '[]')
    from (select * from (
        select *, min(begins_at) over (order by id rows between 1 following and unbounded following) as next_at
          from (select 0 as id, a.plan as plan, a.created_at as begins_at, a.created_at as at, null as key, 'its first plan' as reason, null::bigint as cap_change
                union all select id, plan, begins_at, at, key, reason, cap_change from purser.plan_change where account = p_account) c) x
       where id > p_after order by id limit p_limit) y);
end $$;

-- Active, suspended or archived, from this commit on; an entry with a reason, once per key. Active brings back who is cancelled, too; a cancellation that is to come
-- stays.
create function purser.status_set(p_id text, p_status text, p_key text, p_reason text) returns jsonb language plpgsql as $$
declare
  v_known purser.entry;
  v_account purser.account;
  v_now timestamptz;
  v_before purser.outlook[];
begin
  perform purser.require_key(p_key), purser.require_reason(p_reason);
  if p_status is null or p_status not in ('active', 'suspended', 'archived') then
    perform purser.fail('bad_input', format('"%s" is no status: active, suspended or archived', p_status));
  end if;
  perform purser.change_generation(p_id);
  v_now := clock_timestamp();
  v_before := purser.opened_outlook(p_id, v_now);
  select * into v_known from purser.entry where kind = 'status' and key = p_key;
  if found then
    if (v_known.account, v_known.reason) is distinct from (p_id, p_status || ': ' || p_reason) then
      perform purser.fail('conflict', format('the key "%s" was used for another change', p_key));
    end if;
    return purser.changed_json(p_id, v_now, v_before, false);
  end if;
  select * into v_account from purser.account where id = p_id for no key update;
  if not found then perform purser.fail('unknown_account', format('there is no account "%s"', p_id)); end if;
  update purser.account set status = p_status, cancels_at = case when p_status <> 'active' or cancels_at > v_now then cancels_at end where id = p_id;
  insert into purser.entry (kind, account, key, reason) values ('status', p_id, p_key, p_status || ': ' || p_reason);
  return purser.changed_json(p_id, v_now, v_before, purser.standing(v_account, v_now) <> (select purser.standing(x, v_now) from purser.account x where id = p_id));
end $$;

drop function purser.set_account_status(text, text, text, text);
create function purser.set_account_status(p_id text, p_status text, p_key text, p_reason text, p_dry_run boolean default false) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_answer jsonb;
begin
  if not p_dry_run then return purser.status_set(p_id, p_status, p_key, p_reason); end if;
  begin
    v_answer := purser.status_set(p_id, p_status, p_key, p_reason);
    raise exception 'nothing of this stays' using errcode = 'PU003';
  exception when sqlstate 'PU003' then
    return jsonb_set(v_answer, '{change,dryRun}', 'true');
  end;
end $$;

-- An account's calls are refused from the end of its month on, or from now on; `never` takes a cancellation back that is to come. An entry with a reason, once
-- per key. Who is cancelled comes back by being active.
create function purser.account_cancelled(p_id text, p_from text, p_key text, p_reason text) returns jsonb language plpgsql as $$
declare
  v_said constant text := case p_from when 'now' then 'cancelled now: ' when 'next_month' then 'cancelled with its month: ' else 'not cancelled: ' end || p_reason;
  v_known purser.entry;
  v_budget purser.budget;
  v_account purser.account;
  v_now timestamptz;
  v_before purser.outlook[];
  v_at timestamptz;
begin
  perform purser.require_key(p_key), purser.require_reason(p_reason);
  if p_from is null or p_from not in ('now', 'next_month', 'never') then
    perform purser.fail('bad_input', format('an account cannot be cancelled "%s": now, next_month or never', p_from));
  end if;
  perform purser.change_generation(p_id);
  v_budget := purser.hold_plan(p_id);
  v_now := clock_timestamp();
  v_before := purser.opened_outlook(p_id, v_now);
  select * into v_known from purser.entry where kind = 'status' and key = p_key;
  if found then
    if (v_known.account, v_known.reason) is distinct from (p_id, v_said) then
      perform purser.fail('conflict', format('the key "%s" was used for another change', p_key));
    end if;
    return purser.changed_json(p_id, v_now, v_before, false);
  end if;
  select * into strict v_account from purser.account where id = p_id;
  if v_account.cancels_at <= v_now then
    if p_from = 'never' then
      perform purser.fail('conflict', format('account "%s" is cancelled already: `purser account activate %s` brings it back', p_id, p_id));
    end if;
    v_at := v_account.cancels_at;
  else
    v_at := case p_from when 'now' then v_now when 'next_month' then (purser.period_at(v_budget, v_now)).ends_at end;
  end if;
  update purser.account set cancels_at = v_at where id = p_id;
  insert into purser.entry (kind, account, key, reason) values ('status', p_id, p_key, v_said);
  return purser.changed_json(p_id, v_now, v_before, v_at is distinct from v_account.cancels_at);
end $$;

create function purser.cancel_account(p_id text, p_from text, p_key text, p_reason text, p_dry_run boolean default false) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_answer jsonb;
begin
  if not p_dry_run then return purser.account_cancelled(p_id, p_from, p_key, p_reason); end if;
  begin
    v_answer := purser.account_cancelled(p_id, p_from, p_key, p_reason);
    raise exception 'nothing of this stays' using errcode = 'PU003';
  exception when sqlstate 'PU003' then
    return jsonb_set(v_answer, '{change,dryRun}', 'true');
  end;
end $$;

-- As in 0013; and, with an instant inside the period, a raise that is taken back then. Until the period's end, it is a top-up like any other.
create function purser.cap_changed(p_id int, p_name text, p_account text, p_change bigint, p_key text, p_reason text, p_until timestamptz) returns jsonb
language plpgsql as $$
declare
  v_budget purser.budget;
  v_now timestamptz;
  v_period purser.budget_period;
  v_known purser.entry;
  v_cap numeric;
  v_before jsonb;
begin
  perform purser.require_key(p_key), purser.require_reason(p_reason);
  if p_change is null or p_change = 0 then perform purser.fail('bad_input', 'a change of nothing is none'); end if;
  if p_until is not null and p_change < 0 then perform purser.fail('bad_input', 'only a raise ends by itself: a cut that does is two changes'); end if;
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
    -- What covers a call holds no longer than the raise: scopes are resolved again.
    if p_until is not null then perform purser.change_generation(v_budget.account); end if;
    -- Whoever archives it waits.
    select * into strict v_budget from purser.budget where id = v_budget.id for share;
    if v_budget.archived_at is not null then
      perform purser.fail('conflict', format('budget "%s" is archived, so its cap counts no more: make a new one with `purser budget create`', v_budget.name));
    elsif v_budget.ends_at <= clock_timestamp() then
      perform purser.fail('conflict', format('budget "%s" has ended, so its cap counts no more: make a new one with `purser budget create`', v_budget.name));
    end if;
    v_now := clock_timestamp();
    v_period.id := purser.open_period(v_budget, v_now);
    select * into strict v_period from purser.budget_period where id = v_period.id;
    if p_until <= v_now then
      perform purser.fail('bad_input', 'the raise would be over before it begins: name a later moment');
    elsif p_until > v_period.ends_at then
      perform purser.fail('bad_input', format('a raise ends with the period, %s, at the latest', to_char(v_period.ends_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')));
    end if;
    perform purser.take_back(array[v_period.id]);
    -- The balance's row decides between two repeats at once; the key's index between two budgets.
    select purser.real_cap(cap)::numeric + p_change, purser.figures_json(purser.real_cap(cap), spent, reserved) into strict v_cap, v_before
      from purser.balance where budget_period_id = v_period.id for no key update;
    select * into v_known from purser.entry where kind = 'cap' and key = p_key;
    if not found then
      if v_cap < 0 then
        perform purser.fail('bad_input', 'a cap cannot be cut below zero');
      elsif v_cap > 1000000000000000000 then
        perform purser.fail('bad_input', 'a cap is at most 1,000,000,000 EUR');
      end if;
      begin
        perform purser.book('cap', v_budget.account, null, array[v_period.id], 0, 0, p_key, p_reason, p_change);
        if p_until < v_period.ends_at then
          insert into purser.temporary_raise (budget_period_id, amount, until, at, key, reason) values (v_period.id, p_change, p_until, v_now, p_key, p_reason);
        end if;
      exception when unique_violation then
        select * into strict v_known from purser.entry where kind = 'cap' and key = p_key;
      end;
    end if;
  end if;
  if v_known.id is not null then
    select * into strict v_period from purser.budget_period where id = v_known.period_ids[1];
    if (v_known.cap_changes, v_period.budget_id, (select until from purser.temporary_raise where key = p_key))
        is distinct from (array[p_change], v_budget.id, nullif(p_until, v_period.ends_at)) then
      perform purser.fail('conflict', format('the key "%s" was used for another change', p_key));
    end if;
    select purser.figures_json(purser.real_cap(cap), spent, reserved) into v_before from purser.balance where budget_period_id = v_period.id;
  end if;
  return purser.budget_json(v_budget.id) || jsonb_build_object('changed', v_known.id is null, 'dryRun', false, 'before', v_before);
end $$;

drop function purser.change_cap(int, text, text, bigint, text, text);
create function purser.change_cap(
  p_id int, p_name text, p_account text, p_change bigint, p_key text, p_reason text, p_until timestamptz default null, p_dry_run boolean default false
) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_answer jsonb;
begin
  if not p_dry_run then return purser.cap_changed(p_id, p_name, p_account, p_change, p_key, p_reason, p_until); end if;
  begin
    v_answer := purser.cap_changed(p_id, p_name, p_account, p_change, p_key, p_reason, p_until);
    raise exception 'nothing of this stays' using errcode = 'PU003';
  exception when sqlstate 'PU003' then
    return jsonb_set(v_answer, '{dryRun}', 'true');
  end;
end $$;

revoke execute on all functions in schema purser from public;
grant execute on function purser.change_plan, purser.list_account_plans, purser.set_account_status, purser.cancel_account, purser.change_cap, purser.end_raises
  to purser_app;
