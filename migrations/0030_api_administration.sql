-- 0030: the administration over HTTP. A budget's terms may change, by revision; stops have ids that end them; one plan and one attempt are looked at.
-- Why: whoever changes a budget must not overwrite what he has not seen, and the change must reach every period of it, also one that is being opened meanwhile.
-- Locks: purser.budget for a moment (a column with a constant); functions are replaced, which waits for nobody.
-- Undo: drop what is new here; put back, as 0013 has them, open_period, budget_json, archive_budget, stop_scope and list_stops.

-- Which terms a budget has: one more with each change of them.
alter table purser.budget add column revision int not null default 1;

-- As in 0013; but by the budget's terms as they are when the period is opened, not when somebody read them, and they stay so until that is committed. Not all
-- who open periods hold the generation.
create or replace function purser.open_period(p_budget purser.budget, p_instant timestamptz) returns int language plpgsql as $$
declare
  v record;
  v_budget purser.budget;
  v_id int;
  v_cap bigint;
begin
  v := purser.period_at(p_budget, p_instant);
  select id into v_id from purser.budget_period where budget_id = p_budget.id and period = v.period;
  if found then return v_id; end if;
  select * into strict v_budget from purser.budget where id = p_budget.id for share;
  v_cap := purser.cap_at(v_budget, v.starts_at);
  if v_cap is null then
    perform purser.fail('unknown_plan', format('plan "%s" has no version in force', v_budget.plan));
  end if;
  if not v_budget.is_hard then v_cap := v_cap + purser.soft_room(); end if;

  -- Waits for a competitor that is opening the same period, and then finds its row.
  insert into purser.budget_period (id, budget_id, period, starts_at, ends_at)
    values (nextval(case when v_budget.scope = '{}' then 'purser.widest_period_id'
                         when v_budget.scope ?| array['account', 'user'] then 'purser.narrow_period_id' else 'purser.wide_period_id' end::regclass),
      v_budget.id, v.period, v.starts_at, v.ends_at)
    on conflict on constraint budget_period_once do nothing returning id into v_id;
  if v_id is null then
    select id into strict v_id from purser.budget_period where budget_id = v_budget.id and period = v.period;
    return v_id;
  end if;
  insert into purser.balance (budget_period_id, cap, alert_at) values (v_id, v_cap, purser.next_alert(v_budget.thresholds, '{}', v_cap));
  insert into purser.entry (kind, account, period_ids, versions, cap_changes, reserved_changes, spent_changes)
    values ('open', v_budget.account, array[v_id], array[1], array[v_cap], array[0], array[0]);
  return v_id;
end $$;

-- As in 0013, with the revision; of a cap of nothing, 0.00 percent are used.
create or replace function purser.budget_json(p_id int) returns jsonb language sql stable as $$
  select jsonb_build_object('budgetId', b.id, 'revision', b.revision, 'name', b.name, 'scope', b.scope, 'isHard', b.is_hard, 'periodKind', b.period_kind,
      'timeZone', b.time_zone, 'plan', b.plan, 'thresholds', to_jsonb(b.thresholds), 'archivedAt', b.archived_at, 'startsAt', b.starts_at, 'endsAt', b.ends_at,
      'phase', case when b.archived_at is not null then 'archived' when clock_timestamp() < b.starts_at then 'not_begun'
                    when clock_timestamp() >= b.ends_at then 'ended' else 'current' end,
      'period', n.period, 'periodEndsAt', nullif(n.ends_at, 'infinity'),
      'cap', c.cap::text, 'spent', c.spent::text, 'reserved', c.reserved::text, 'remaining', (c.cap - c.reserved - c.spent)::text,
      'percentageUsed', case when c.cap > 0 then round(c.spent::numeric * 100 / c.cap, 2)::text else '0.00' end,
      'status', case when c.reserved + c.spent > c.cap then 'exceeded' else 'within_budget' end)
    from purser.budget b
    cross join lateral purser.period_at(b, coalesce(b.archived_at, clock_timestamp())) n
    left join purser.budget_period p on p.budget_id = b.id and p.period = n.period
    left join purser.balance v on v.budget_period_id = p.id
    cross join lateral (select coalesce(purser.real_cap(v.cap), purser.cap_at(b, n.starts_at), 0) as cap, coalesce(v.spent, 0) as spent,
      coalesce(v.reserved, 0) as reserved) c
   where b.id = p_id
$$;

-- Other terms of a budget from this commit on, in its period of now and in all that come: what is null stays. Top-ups and cuts of a period stay on top of the
-- new cap. From soft to hard is a cap cut: what is over then is an overrun. `outdated`: the terms are not those of `p_revision` any more, and nothing is changed.
create function purser.update_budget(p_id int, p_revision int, p_cap bigint, p_is_hard boolean, p_thresholds int[], p_reason text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_before purser.budget := purser.budget_of(p_id, null);
  v_after purser.budget;
  v_change bigint;
  v_periods int[];
  v record;
begin
  perform purser.require_reason(p_reason);
  if p_cap is not null then perform purser.require_cap(p_cap, 'a budget'); end if;
  if cardinality(p_thresholds) > 20 or not (1 <= all (p_thresholds) and 1000 >= all (p_thresholds)) then
    perform purser.fail('bad_input', 'thresholds are whole percents from 1 to 1000, twenty at most');
  end if;
  -- The generation's lock: reserves under way end first, and the next ones see this. What covers a call stays, so no scope becomes stale.
  perform pg_advisory_xact_lock(7233823302);
  -- Who opens a period of it (`open_period`) ends first, or waits, and then reads these terms.
  select * into strict v_before from purser.budget where id = v_before.id for update;
  if v_before.revision <> p_revision then
    return jsonb_build_object('kind', 'outdated', 'budget', purser.budget_json(v_before.id));
  elsif v_before.archived_at is not null or v_before.ends_at <= clock_timestamp() then
    perform purser.fail('conflict', format('budget "%s" is over, so its terms count no more: make a new one', v_before.name));
  elsif v_before.plan is not null and (p_cap is not null or p_is_hard is not null) then
    perform purser.fail('conflict', format('"%s" is the plan of account "%s": a version of the plan says what it may spend, a top-up changes one month', v_before.name, v_before.account));
  elsif v_before.scope ? 'house' and p_is_hard then
    perform purser.fail('conflict', format('"%s" bears what is only presumed, and cannot refuse it', v_before.name));
  end if;

  v_change := coalesce(p_cap - v_before.cap, 0)
    + case when v_before.is_hard = coalesce(p_is_hard, v_before.is_hard) then 0 when p_is_hard then -purser.soft_room() else purser.soft_room() end;
  if coalesce(v_before.starts_at, '-infinity') <= clock_timestamp() then perform purser.open_period(v_before, clock_timestamp()); end if;
  update purser.budget set cap = coalesce(p_cap, cap), is_hard = coalesce(p_is_hard, is_hard),
      thresholds = case when p_thresholds is null then thresholds else array(select distinct unnest(p_thresholds) order by 1) end
    where id = v_before.id returning * into v_after;
  if v_after is distinct from v_before then
    update purser.budget set revision = revision + 1 where id = v_after.id;
    v_periods := array(select id from purser.budget_period where budget_id = v_after.id and ends_at > clock_timestamp() order by id);
    for v in select * from purser.balance where budget_period_id = any (v_periods) order by budget_period_id for no key update loop
      if purser.real_cap(v.cap)::numeric + v_after.cap - v_before.cap not between 0 and 1000000000000000000 then
        perform purser.fail('bad_input', 'with what was added to it or cut from it, the cap of a period would not be between 0 and 1,000,000,000 EUR: take that back by a top-up first');
      end if;
    end loop;
    if v_change <> 0 and v_periods <> '{}' then
      perform purser.book('cap', v_after.account, null, v_periods, 0, 0, null, p_reason, v_change);
    else
      -- Only the thresholds: what is crossed already is told now.
      for v in select * from purser.balance where budget_period_id = any (v_periods) order by budget_period_id loop
        perform purser.tell(v.budget_period_id, v.overrun);
      end loop;
    end if;
  end if;
  return jsonb_build_object('kind', 'updated', 'changed', v_after is distinct from v_before, 'budget', purser.budget_json(v_after.id));
end $$;

-- As in 0013, and says whether it was this that ended it.
create or replace function purser.archive_budget(p_id int, p_name text) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_budget purser.budget := purser.budget_of(p_id, p_name);
  v_changed boolean := false;
begin
  if v_budget.archived_at is null and v_budget.plan is not null then
    perform purser.fail('conflict', format('"%s" is the plan of account "%s", and without it nothing could pay for the account''s calls: `purser account suspend %s` ends its spending',
      v_budget.name, v_budget.account, v_budget.account));
  end if;
  if v_budget.archived_at is null then
    perform purser.change_generation(v_budget.account);
    update purser.budget set archived_at = clock_timestamp() where id = v_budget.id and archived_at is null;
    v_changed := found;
  end if;
  return purser.budget_json(v_budget.id) || jsonb_build_object('changed', v_changed);
end $$;

-- One plan, as the list has it.
create function purser.show_plan(p_plan text, p_time_zone text) returns jsonb
language plpgsql stable security definer set search_path = purser, pg_temp as $$
begin
  perform purser.require_time_zone(p_time_zone);
  if not exists (select from purser.plan_version where plan = p_plan) then
    perform purser.fail('unknown_plan', format('there is no plan "%s"', p_plan));
  end if;
  return purser.plan_json(p_plan, p_time_zone);
end $$;

-- A stop as it stands.
create function purser.stop_json(s purser.stop) returns jsonb language sql immutable as $$
  select jsonb_build_object('stopId', s.id, 'scope', s.scope, 'reason', s.reason, 'since', s.at, 'resumedAt', s.resumed_at, 'resumedWhy', s.resumed_why)
$$;

-- As in 0013, with all of the stop.
create or replace function purser.stop_scope(p_scope jsonb, p_reason text) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_made int;
begin
  perform purser.require_scope(p_scope), purser.require_reason(p_reason);
  perform purser.change_generation();
  insert into purser.stop (scope, reason) values (p_scope, p_reason) on conflict do nothing returning id into v_made;
  return (select purser.stop_json(s) || jsonb_build_object('stopped', v_made is not null) from purser.stop s where s.scope = p_scope and s.resumed_at is null);
end $$;

-- Ends this stop, and no later one of the same scope. Again: no effect.
create function purser.resume_stop(p_id int, p_reason text) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_resumed boolean;
begin
  perform purser.require_reason(p_reason);
  perform purser.change_generation();
  update purser.stop set resumed_at = clock_timestamp(), resumed_why = p_reason where id = p_id and resumed_at is null;
  v_resumed := found;
  if not exists (select from purser.stop where id = p_id) then perform purser.fail('not_found', format('there is no stop %s', p_id)); end if;
  return (select purser.stop_json(s) || jsonb_build_object('resumed', v_resumed) from purser.stop s where s.id = p_id);
end $$;

-- As in 0013; with an account, those that name it.
drop function purser.list_stops(int, int, boolean);
create function purser.list_stops(p_account text, p_after int, p_limit int, p_resumed boolean) returns jsonb
language plpgsql stable security definer set search_path = purser, pg_temp as $$
begin
  perform purser.require_limit(p_limit);
  return (select coalesce(jsonb_agg(purser.stop_json(s) order by s.id), '[]')
    from (select * from purser.stop where id > p_after and (p_account is null or scope ->> 'account' = p_account) and (p_resumed or resumed_at is null)
      order by id limit p_limit) s);
end $$;

-- One attempt that was sent, as it stands now; null when there is none, or its month is dropped.
create function purser.show_attempt(p_id uuid) returns jsonb
language sql stable security definer set search_path = purser, pg_temp set enable_seqscan = off as $$
  select jsonb_build_object('reservationId', r.id, 'call', r.call, 'workflowId', c.workflow_id, 'callId', c.call_id, 'account', s.account,
      'model', s.terms ->> 'model', 'state', r.state, 'amount', r.amount::text, 'sentAt', r.dispatched_at, 'presumedFrom', purser.presumed_from(r),
      'why', r.ended_why, 'cost', r.cost::text, 'source', r.cost_source)
    from purser.reservation r join purser.call c on c.id = r.call join purser.scope s on s.id = r.scope where r.id = p_id and r.token is not null
$$;

revoke execute on function purser.update_budget, purser.show_plan, purser.stop_json, purser.resume_stop, purser.list_stops, purser.show_attempt from public;
grant execute on function purser.update_budget, purser.show_plan, purser.resume_stop, purser.list_stops, purser.show_attempt to purser_app;
