-- 0009: what people and programs do with budgets, and what time does with attempts. Budgets made and archived, caps changed, the panic switch,
-- accounts suspended; attempts swept, presumed, adjusted; status and who holds what.
-- Why: each change is one transaction with a reason and a key, so that it may be repeated and is never an edit without a trace.
-- Locks: new functions, none.   Undo: drop the functions named here.

-- A name means one budget at a time, so that making it again is no second one.
create unique index budget_name_once on purser.budget (name) where archived_at is null and plan is null;

-- What the calls of a scope have spent since an instant, and what of theirs is still open.
create function purser.spent_by(p_scope jsonb, p_from timestamptz, out spent bigint, out open_ids uuid[], out open_amount bigint) language plpgsql as $$
begin
  -- Locked, in one order: what ends meanwhile is waited for, and what is open stays open until this commit. Locks cannot be taken and summed
  -- in one statement.
  perform from purser.reservation r join purser.scope s on s.id = r.scope
    where s.terms @> p_scope and r.at >= p_from and r.state in ('reserved', 'dispatched', 'in_doubt') order by r.id for update of r;
  select coalesce(purser.total(r.cost), 0), array_agg(r.id order by r.id) filter (where r.state in ('reserved', 'dispatched', 'in_doubt')),
         coalesce(purser.total(r.amount) filter (where r.state in ('reserved', 'dispatched', 'in_doubt')), 0)
    into spent, open_ids, open_amount
    from purser.reservation r join purser.scope s on s.id = r.scope where s.terms @> p_scope and r.at >= p_from;
  spent := spent + (select coalesce(purser.total(p.cost), 0) from purser.receipt p join purser.scope s on s.id = p.scope
    where p.period_ids is not null and s.terms @> p_scope and p.at >= p_from);
end $$;

-- A budget over a scope, in force for the next reservation, everywhere. It begins with what its scope has spent in the period so far (unless
-- `p_from_zero`), and with the scope's open reservations linked to it. Again with the same terms: no effect; with others: a conflict.
create function purser.create_budget(
  p_name text, p_scope jsonb, p_is_hard boolean, p_period_kind text, p_time_zone text, p_cap bigint, p_thresholds int[],
  p_starts_at timestamptz, p_ends_at timestamptz, p_from_zero boolean
) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_budget purser.budget;
  v_period purser.budget_period;
  v_id int;
  v_so_far record;
  v_set int;
  r purser.reservation;
begin
  if p_cap <= 0 then perform purser.fail('bad_input', 'a budget needs a cap above zero'); end if;
  if p_cap > 1000000000000000000 then perform purser.fail('bad_input', 'a cap is at most 1,000,000,000 EUR'); end if;
  if p_period_kind not in ('day', 'month', 'total') then perform purser.fail('bad_input', format('"%s" is no period: day, month or total', p_period_kind)); end if;
  perform purser.require_time_zone(p_time_zone);
  if p_scope ? 'account' and not exists (select from purser.account where id = p_scope ->> 'account') then
    perform purser.fail('unknown_account', format('there is no account "%s"', p_scope ->> 'account'));
  end if;
  perform purser.change_generation(p_scope ->> 'account');
  select * into v_budget from purser.budget where name = p_name and archived_at is null and plan is null;
  if found then
    if (v_budget.scope, v_budget.is_hard, v_budget.period_kind, v_budget.time_zone, v_budget.cap, v_budget.starts_at, v_budget.ends_at)
        is distinct from (p_scope, p_is_hard, p_period_kind, p_time_zone, p_cap, p_starts_at, p_ends_at) then
      perform purser.fail('conflict', format('there is a budget "%s" with other terms: archive it, or take another name', p_name));
    end if;
    return purser.budget_json(v_budget.id) || jsonb_build_object('made', false);
  end if;
  insert into purser.budget (name, scope, is_hard, period_kind, time_zone, cap, thresholds, starts_at, ends_at)
    values (p_name, p_scope, p_is_hard, p_period_kind, p_time_zone, p_cap, p_thresholds, p_starts_at, p_ends_at) returning * into v_budget;
  if coalesce(p_starts_at, '-infinity') <= clock_timestamp() and clock_timestamp() < coalesce(p_ends_at, 'infinity') then
    -- Two statements: one does not see the row that a function makes in it.
    v_id := purser.open_period(v_budget, clock_timestamp());
    select * into strict v_period from purser.budget_period where id = v_id;
    v_so_far := purser.spent_by(p_scope, v_period.starts_at);
    if p_from_zero then v_so_far.spent := 0; end if;
    if v_so_far.spent > 0 or v_so_far.open_amount > 0 then
      -- Not by `book`: what is reserved already may exceed the cap, and is then an overrun from the start.
      update purser.balance set reserved = v_so_far.open_amount, spent = v_so_far.spent, version = 2,
          overrun = greatest(0, v_so_far.open_amount + v_so_far.spent - cap) where budget_period_id = v_period.id;
      insert into purser.entry (kind, account, reason, period_ids, versions, reserved_changes, spent_changes)
        values ('opening', v_budget.account, 'what its scope had spent and reserved', array[v_period.id], array[2], array[v_so_far.open_amount], array[v_so_far.spent]);
      for r in select * from purser.reservation where id = any (v_so_far.open_ids) loop
        v_set := purser.intern_set(array(select unnest(purser.periods_of(r.linked_set) || v_period.id) order by 1));
        update purser.reservation set linked_set = v_set where id = r.id;
      end loop;
      perform purser.tell(v_period.id, 0);
    end if;
  end if;
  return purser.budget_json(v_budget.id) || jsonb_build_object('made', true);
end $$;

create function purser.budget_of(p_id int, p_name text) returns purser.budget language plpgsql stable as $$
declare
  v purser.budget;
begin
  select * into v from purser.budget where (p_id is null or id = p_id) and (p_name is null or name = p_name) order by archived_at nulls first, id desc limit 1;
  if not found or (p_id is null and p_name is null) then
    perform purser.fail('not_found', format('there is no budget "%s": `purser budget list` shows them', coalesce(p_name, p_id::text)));
  end if;
  return v;
end $$;

-- A budget with its period of now, as people and programs read it. `within_budget` until more is spent and reserved than the cap.
create function purser.budget_json(p_id int) returns jsonb language sql stable as $$
  select jsonb_build_object('budgetId', b.id, 'name', b.name, 'scope', b.scope, 'isHard', b.is_hard, 'periodKind', b.period_kind, 'timeZone', b.time_zone,
      'plan', b.plan, 'thresholds', to_jsonb(b.thresholds), 'archivedAt', b.archived_at, 'startsAt', b.starts_at, 'endsAt', b.ends_at,
      'period', p.period, 'periodEndsAt', p.ends_at,
      'cap', coalesce(purser.real_cap(v.cap), b.cap)::text, 'spent', coalesce(v.spent, 0)::text, 'reserved', coalesce(v.reserved, 0)::text,
      'remaining', coalesce(purser.real_cap(v.cap) - v.reserved - v.spent, b.cap)::text,
      'percentUsed', case when coalesce(purser.real_cap(v.cap), b.cap) > 0 then round(coalesce(v.spent, 0)::numeric * 100 / coalesce(purser.real_cap(v.cap), b.cap), 2)::text else '0' end,
      'status', case when coalesce(v.reserved + v.spent, 0) > coalesce(purser.real_cap(v.cap), b.cap) then 'exceeded' else 'within_budget' end)
    from purser.budget b
    left join purser.budget_period p on p.budget_id = b.id and p.starts_at <= clock_timestamp() and p.ends_at > clock_timestamp()
    left join purser.balance v on v.budget_period_id = p.id
   where b.id = p_id
$$;

-- Budgets by id, after one, a page at a time. With an account: those that name it.
create function purser.list_budgets(p_account text, p_after int, p_limit int, p_archived boolean) returns jsonb
language sql stable security definer set search_path = purser, pg_temp as $$
  select coalesce(jsonb_agg(purser.budget_json(id) order by id), '[]') from (
    select id from purser.budget where id > p_after and (p_account is null or account = p_account) and (p_archived or archived_at is null) order by id limit p_limit) b
$$;

create function purser.show_budget(p_id int, p_name text) returns jsonb language sql security definer set search_path = purser, pg_temp as $$
  select purser.budget_json((purser.budget_of(p_id, p_name)).id)
$$;

-- It refuses nothing from now on, and still takes what is settled on it. Again: no effect.
create function purser.archive_budget(p_id int, p_name text) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_budget purser.budget := purser.budget_of(p_id, p_name);
begin
  if v_budget.archived_at is null then
    perform purser.change_generation(v_budget.account);
    update purser.budget set archived_at = clock_timestamp() where id = v_budget.id and archived_at is null;
  end if;
  return purser.budget_json(v_budget.id);
end $$;

-- A top-up (or, below zero, a cut) of a budget's period of now: an entry with a reason, once per key. A cut below what is used is an overrun.
create function purser.change_cap(p_id int, p_name text, p_account text, p_change bigint, p_key text, p_reason text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_budget purser.budget;
  v_period int;
  v_known purser.entry;
begin
  if p_change = 0 then perform purser.fail('bad_input', 'a change of nothing is none'); end if;
  if p_account is not null then
    select * into v_budget from purser.budget where account = p_account and plan is not null and archived_at is null;
    if not found then perform purser.fail('unknown_account', format('there is no account "%s"', p_account)); end if;
  else
    v_budget := purser.budget_of(p_id, p_name);
  end if;
  v_period := purser.open_period(v_budget, clock_timestamp());
  -- The budget's row decides between two repeats at once.
  perform from purser.balance where budget_period_id = v_period for no key update;
  select * into v_known from purser.entry where kind = 'cap' and key = p_key;
  if found then
    if v_known.cap_changes is distinct from array[p_change] or (select budget_id from purser.budget_period where id = v_known.period_ids[1]) <> v_budget.id then
      perform purser.fail('conflict', format('the key "%s" was used for another change', p_key));
    end if;
  else
    if (select purser.real_cap(cap) from purser.balance where budget_period_id = v_period)::numeric + p_change < 0 then
      perform purser.fail('bad_input', 'a cap cannot be cut below zero');
    elsif (select purser.real_cap(cap) from purser.balance where budget_period_id = v_period)::numeric + p_change > 1000000000000000000 then
      perform purser.fail('bad_input', 'a cap is at most 1,000,000,000 EUR');
    end if;
    perform purser.book('cap', v_budget.account, null, array[v_period], 0, 0, p_key, p_reason, p_change);
  end if;
  return purser.budget_json(v_budget.id) || jsonb_build_object('changed', v_known.id is null);
end $$;

-- The panic switch: from this commit on nothing of the scope is reserved or sent, anywhere. What was sent is still booked. Again: no effect.
create function purser.stop_scope(p_scope jsonb, p_reason text) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_id int;
begin
  perform purser.change_generation();
  insert into purser.stop (scope, reason) values (p_scope, p_reason) on conflict do nothing returning id into v_id;
  return jsonb_build_object('stopped', v_id is not null, 'scope', p_scope);
end $$;

create function purser.resume_scope(p_scope jsonb, p_reason text) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
begin
  perform purser.change_generation();
  update purser.stop set resumed_at = clock_timestamp(), resumed_why = p_reason where scope = p_scope and resumed_at is null;
  if not found then
    perform purser.fail('not_found', format('nothing is stopped with the scope %s: stopped are %s', p_scope,
      coalesce((select string_agg(scope::text, ', ') from purser.stop where resumed_at is null), 'none')));
  end if;
  return jsonb_build_object('resumed', true, 'scope', p_scope);
end $$;

-- Active, suspended or archived, from this commit on; an entry with a reason, once per key.
create function purser.set_account_status(p_id text, p_status text, p_key text, p_reason text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_known purser.entry;
begin
  if p_status not in ('active', 'suspended', 'archived') then
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

-- A plan's cap from a day on. What is open keeps its cap; periods that begin later take it.
create function purser.add_plan_version(p_plan text, p_effective_from timestamptz, p_cap bigint, p_source text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_known bigint;
begin
  if p_cap <= 0 then perform purser.fail('bad_input', 'a plan needs a cap above zero'); end if;
  if p_cap > 1000000000000000000 then perform purser.fail('bad_input', 'a cap is at most 1,000,000,000 EUR'); end if;
  insert into purser.plan_version (plan, effective_from, monthly_cap, source) values (p_plan, p_effective_from, p_cap, p_source) on conflict do nothing;
  select monthly_cap into strict v_known from purser.plan_version where plan = p_plan and effective_from = p_effective_from;
  if v_known <> p_cap then
    perform purser.fail('conflict', format('plan "%s" has another cap from %s on already', p_plan, p_effective_from));
  end if;
  return jsonb_build_object('plan', p_plan, 'effectiveFrom', p_effective_from, 'cap', p_cap::text);
end $$;

-- Who holds money of a budget's period of now, and until when: the largest first.
create function purser.holders(p_id int, p_name text, p_limit int) returns jsonb language sql security definer set search_path = purser, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('reservationId', h.id, 'callRef', h.call, 'workflowId', c.workflow_id, 'callId', c.call_id,
      'account', s.account, 'model', s.terms ->> 'model', 'state', h.state, 'amount', h.amount::text, 'since', h.at,
      'freesAt', case h.state when 'reserved' then h.hold_until else purser.presumed_from(h.r) end)
      order by h.amount desc, h.at), '[]')
    from (select r.*, r from purser.budget b join purser.budget_period p on p.budget_id = b.id and p.starts_at <= clock_timestamp() and p.ends_at > clock_timestamp()
            join purser.linked_set l on p.id = any (l.period_ids) join purser.reservation r on r.linked_set = l.id
           where b.id = (purser.budget_of(p_id, p_name)).id and r.state in ('reserved', 'dispatched', 'in_doubt') and r.at >= greatest(p.starts_at, clock_timestamp() - interval '40 days')
           order by r.amount desc, r.at limit p_limit) h
    join purser.call c on c.id = h.call join purser.scope s on s.id = h.scope
$$;

-- A bill's or a person's word on what an attempt cost in all. Frees what is still reserved and sets the total in one move. Once per source and
-- source's id.
create function purser.adjust(p_reservation uuid, p_total bigint, p_source text, p_source_id text, p_why text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_key constant text := format('%s %s %s', p_source, p_source_id, p_reservation);
  v_known purser.entry;
  r purser.reservation;
  v_account text;
begin
  if p_total < 0 then perform purser.fail('bad_input', 'a cost cannot be below zero'); end if;
  if p_source not in ('bill', 'person') then perform purser.fail('bad_input', format('"%s" is no source of a correction: bill or person', p_source)); end if;
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

-- In doubt past its deadline: spent at its full amount, marked. The attempt is locked, and due.
create function purser.presume(r purser.reservation) returns void language plpgsql as $$
begin
  update purser.reservation set state = 'presumed', cost = amount, cost_source = 'presumption', ended_at = clock_timestamp() where id = r.id;
  perform purser.book('presume', (select account from purser.scope where id = r.scope), r.id, purser.periods_of(r.linked_set), -r.amount, r.amount, null, r.ended_why);
end $$;

-- What time does, by this clock, to attempts that nobody ends: not dispatched and past its hold → released; dispatched and past our time-out →
-- in doubt; in doubt past the provider's maximum → presumed. At most `p_limit`; an attempt that somebody is just moving is left for the next
-- time. Expiry never frees dispatched money. Makes the partitions of this month and the next. `more`: there is more to do at once.
create function purser.is_due(r purser.reservation, p_now timestamptz) returns boolean language sql immutable as $$
  select case r.state when 'reserved' then r.hold_until < p_now
                      when 'dispatched' then purser.in_doubt_from(r) < p_now
                      when 'in_doubt' then purser.presumed_from(r) < p_now
                      else false end
$$;

create function purser.sweep(p_limit int) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_now timestamptz := clock_timestamp();
  v_due record;
  v_locked uuid[] := '{}';
  r purser.reservation;
  v_found int := 0;
  v_released int := 0;
  v_in_doubt int := 0;
  v_presumed int := 0;
begin
  perform purser.make_partitions(v_now), purser.make_partitions(v_now + interval '31 days');
  for v_due in
    select x.id, x.call from purser.reservation x where x.at >= (select swept_to from purser.ledger_state) and x.state in ('reserved', 'dispatched', 'in_doubt')
      and purser.is_due(x, v_now) order by x.at limit p_limit
  loop
    v_found := v_found + 1;
    perform from purser.call where id = v_due.call for update skip locked;
    continue when not found;
    select * into r from purser.reservation where id = v_due.id for update skip locked;
    if found and purser.is_due(r, v_now) then v_locked := v_locked || r.id; end if;
  end loop;
  -- All balances first, ascending, as everywhere: this moves many attempts in one commit.
  perform from purser.balance where budget_period_id in (select unnest(purser.periods_of(x.linked_set)) from purser.reservation x where x.id = any (v_locked))
    order by budget_period_id for no key update;
  for r in select * from purser.reservation where id = any (v_locked) order by id loop
    case r.state
      when 'reserved' then
        perform purser.release(r, 'held too long');
        v_released := v_released + 1;
      when 'dispatched' then
        update purser.reservation set state = 'in_doubt', ended_why = 'no answer was booked in time' where id = r.id;
        v_in_doubt := v_in_doubt + 1;
      else
        perform purser.presume(r);
        v_presumed := v_presumed + 1;
    end case;
  end loop;
  if v_found < p_limit then
    -- A reserve that has not committed yet has an instant of a moment ago: ten minutes are far more than a transaction may take.
    update purser.ledger_state set swept_to = least(v_now - interval '10 minutes',
      (select min(at) from purser.reservation where at >= swept_to and state in ('reserved', 'dispatched', 'in_doubt')));
  end if;
  return jsonb_build_object('released', v_released, 'inDoubt', v_in_doubt, 'presumed', v_presumed, 'more', v_found = p_limit);
end $$;

revoke execute on all functions in schema purser from public;
grant execute on function
  purser.create_budget, purser.list_budgets, purser.show_budget, purser.archive_budget, purser.change_cap, purser.stop_scope, purser.resume_scope,
  purser.set_account_status, purser.add_plan_version, purser.holders, purser.adjust, purser.sweep
  to purser_app;

-- Plans are kept by each session, also those that were made while a table was small. A call must never read a whole table because it once was.
do $$
declare
  v_function regprocedure;
begin
  for v_function in
    select oid from pg_proc where pronamespace = 'purser'::regnamespace
       and proname in ('reserve', 'dispatch', 'settle', 'reject', 'mark_in_doubt', 'close', 'resolve', 'ensure_account')
  loop
    execute format('alter function %s set enable_seqscan = off', v_function);
  end loop;
end $$;
