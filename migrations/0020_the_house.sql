-- 0020: the house. A plan chooses who bears a cost that is only presumed: its account, or the house.
-- Why: a customer may not want to pay for what nobody can show him; but it may have been billed, so it must stand somewhere.
-- Locks: plan_version, linked_set and entry for a moment (columns and a check that rewrite and read nothing); functions are replaced, none.
-- Undo: the functions of 0004, 0009, 0013, 0014 and 0018, and drop what is new here, when nothing is borne by the house any more.

alter table purser.plan_version add column presumed_by text not null default 'account'
  constraint plan_presumed_by_known check (presumed_by in ('account', 'house'));
-- What an attempt whose presumed cost the house bears stands on, from then on: what was before, without the budgets that name an account or a user,
-- and a period of the house. Such sets are few.
alter table purser.linked_set add column is_house boolean not null default false;
create index linked_set_of_the_house on purser.linked_set (id) where is_house;
-- An entry that carries a presumed cost from the customer's budgets to the house. (What is there already is of the kinds that there were.)
alter table purser.entry drop constraint entry_kind_known, add constraint entry_kind_known check (kind in ('open', 'opening', 'calls', 'reserve', 'release',
  'settle', 'uncovered', 'reject', 'hand_on', 'presume', 'house', 'adjust', 'cap', 'status')) not valid;

-- The house's budget: soft, by the month, made when it is first needed. No call has a scope value of this name, so it covers none.
create unique index budget_one_house on purser.budget ((scope ->> 'house')) where scope ? 'house' and archived_at is null;
create function purser.house_budget() returns purser.budget language plpgsql as $$
declare
  v purser.budget;
begin
  for tries in 1..2 loop
    select * into v from purser.budget where scope ? 'house' and archived_at is null;
    exit when found;
    insert into purser.budget (name, scope, is_hard, period_kind, time_zone, cap)
      values (case when exists (select from purser.budget where name = 'house' and archived_at is null) then 'the house' else 'house' end,
        '{"house": "presumed"}', false, 'month', 'UTC', 100000000000) on conflict do nothing;
  end loop;
  return v;
end $$;

create function purser.names_customer(p_period int) returns boolean language sql stable as $$
  select b.scope ?| array['account', 'user'] from purser.budget_period p join purser.budget b on b.id = p.budget_id where p.id = p_period
$$;

-- Where the house bears the presumed cost of an attempt: its month of the reservation's instant, opened if need be. Null: the account bears it, by the
-- plan version that was in force at that instant.
create function purser.house_period(r purser.reservation) returns int language plpgsql as $$
begin
  if (select purser.plan_presumed_by(a.plan, r.at, a.time_zone) from purser.scope s join purser.account a on a.id = s.account where s.id = r.scope) = 'house' then
    return purser.open_period(purser.house_budget(), r.at);
  end if;
  return null;
end $$;

create function purser.plan_presumed_by(p_plan text, p_instant timestamptz, p_time_zone text) returns text language sql stable as $$
  select presumed_by from purser.plan_version
    cross join lateral (select case when is_day then purser.first_instant(effective_from at time zone 'UTC', p_time_zone) else effective_from end as begins) b
   where plan = p_plan and begins <= p_instant order by begins desc, effective_from desc limit 1
$$;

-- The budget periods on which a sweep may move money of an attempt.
create function purser.periods_swept(r purser.reservation) returns int[] language plpgsql as $$
begin
  return purser.periods_of(r.linked_set) || case when r.state = 'in_doubt' then array_remove(array[purser.house_period(r)], null) end;
end $$;

-- As in 0018, with the house.
create or replace function purser.sweep(p_limit int, p_may_presume boolean default true, p_not_presumed uuid[] default '{}') returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_now timestamptz := clock_timestamp();
  v_due record;
  v_locked uuid[] := '{}';
  r purser.reservation;
  v_found int := 0;
  v_released int := 0;
  v_in_doubt int := 0;
  v_presumed int := 0;
  v_periods int[];
begin
  perform purser.make_partitions(v_now), purser.make_partitions(v_now + interval '31 days');
  for v_due in
    select x.id, x.call from purser.reservation x where x.at >= (select swept_to from purser.ledger_state) and x.state in ('reserved', 'dispatched', 'in_doubt')
      and purser.is_due(x, v_now) and (x.state <> 'in_doubt' or (p_may_presume and x.id <> all (p_not_presumed))) order by x.at limit p_limit
  loop
    v_found := v_found + 1;
    perform from purser.call where id = v_due.call for update skip locked;
    continue when not found;
    select * into r from purser.reservation where id = v_due.id for update skip locked;
    -- Marked in doubt while this looked, it may be due for more, which was not asked.
    if found and purser.is_due(r, v_now) and (r.state <> 'in_doubt' or (p_may_presume and r.id <> all (p_not_presumed))) then v_locked := v_locked || r.id; end if;
  end loop;
  -- The house's period is opened, if need be, before the balances are locked: all first, ascending, as everywhere, since this moves many attempts in
  -- one commit.
  v_periods := array(select unnest(purser.periods_swept(x)) from purser.reservation x where x.id = any (v_locked));
  perform from purser.balance where budget_period_id = any (v_periods) order by budget_period_id for no key update;
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
  perform from purser.ledger_state for no key update skip locked;
  if found and v_found < p_limit then
    -- A reserve that has not committed yet has an instant of a moment ago: ten minutes are far more than a transaction may take.
    update purser.ledger_state set swept_to = least(v_now - interval '10 minutes',
      (select min(at) from purser.reservation where at >= swept_to and state in ('reserved', 'dispatched', 'in_doubt')));
  end if;
  return jsonb_build_object('released', v_released, 'inDoubt', v_in_doubt, 'presumed', v_presumed, 'more', v_found = p_limit);
end $$;

-- In doubt past its deadline: spent at its full amount, marked, on all its budgets. If the house bears it, the same commit takes it off those that
-- name an account or a user, and puts it on the house; from then on the attempt stands there, for whatever comes later. The attempt is locked, and due.
create or replace function purser.presume(r purser.reservation) returns void language plpgsql as $$
declare
  v_account constant text := (select account from purser.scope where id = r.scope);
  v_house constant int := purser.house_period(r);
  v_periods int[] := purser.periods_of(r.linked_set);
  v_theirs int[];
  v_set int := r.linked_set;
begin
  perform purser.book('presume', v_account, r.id, v_periods, -r.amount, r.amount, null, r.ended_why);
  if v_house is not null then
    v_theirs := array(select p from unnest(v_periods) p where purser.names_customer(p));
    perform purser.book('house', v_account, r.id, v_theirs, 0, -r.amount, null, 'the house bears what is presumed');
    perform purser.book('house', v_account, r.id, array[v_house], 0, r.amount, null, 'the house bears what is presumed');
    v_periods := array(select p from unnest(v_periods || v_house) p where p <> all (v_theirs) order by p);
    insert into purser.linked_set (period_ids, is_house) values (v_periods, true) on conflict do nothing;
    v_set := purser.intern_set(v_periods);
  end if;
  update purser.reservation set state = 'presumed', cost = amount, cost_source = 'presumption', ended_at = clock_timestamp(), linked_set = v_set where id = r.id;
end $$;

-- As before; but what is presumed may leave the budgets that name an account or a user, for the house.
create or replace function purser.refuse_move() returns trigger language plpgsql as $$
begin
  if old.token is not null and new.token is distinct from old.token then
    raise exception 'a dispatch belongs to one token' using errcode = 'PU001', constraint = 'reservation_token_fixed';
  elsif (new.id, new.call, new.ask, new.attempt, new.scope, new.amount, new.rate_id, new.at)
     is distinct from (old.id, old.call, old.ask, old.attempt, old.scope, old.amount, old.rate_id, old.at) then
    raise exception 'a reservation keeps its terms to the end' using errcode = 'PU001', constraint = 'reservation_terms_fixed';
  elsif new.linked_set <> old.linked_set and not (select n.period_ids @> o.period_ids
      or (n.is_house and old.state = 'in_doubt' and new.state = 'presumed'
        and not exists (select from unnest(o.period_ids) p where p <> all (n.period_ids) and not purser.names_customer(p)))
      from purser.linked_set n, purser.linked_set o where n.id = new.linked_set and o.id = old.linked_set) then
    raise exception 'a reservation keeps its budgets to the end' using errcode = 'PU001', constraint = 'reservation_budgets_fixed';
  elsif new.state <> old.state and (old.state || ' ' || new.state) <> all (array[
    'reserved dispatched', 'reserved released', 'dispatched settled', 'dispatched rejected', 'dispatched in_doubt',
    'in_doubt settled', 'in_doubt rejected', 'in_doubt presumed', 'presumed settled', 'presumed rejected', 'released settled', 'rejected settled']) then
    raise exception 'a reservation cannot move from % to %', old.state, new.state
      using errcode = 'PU001', constraint = 'reservation_moves';
  end if;
  return new;
end $$;

-- What the house bears is not spent by the account or the user: a new budget that names one begins without it. `p_set`: an attempt's linked set.
create function purser.is_borne_by(p_scope jsonb, p_set int) returns boolean language sql stable as $$
  select not (p_scope ?| array['account', 'user'] and exists (select from purser.linked_set where id = p_set and is_house))
$$;

-- As in 0014, without what the house bears where the scope names a customer.
create or replace function purser.spent_so_far(p_scope jsonb, p_from timestamptz, out spent bigint, out last_entry bigint, out missing bigint[])
language sql stable as $$
  with known as (select coalesce(max(id), 0) as last from purser.entry),
  mark as (select coalesce(purser.dropped_before(), '00000000-0000-0000-0000-000000000000') as id),
  -- An array, found once: looked for per attempt it would cost as much as the sum.
  house as materialized (select coalesce(array_agg(id), '{}') as sets from purser.linked_set where is_house and p_scope ?| array['account', 'user'])
  select coalesce((select purser.total(r.cost) from purser.reservation r join purser.scope s on s.id = r.scope where s.terms @> p_scope and r.at >= p_from), 0)
         - coalesce((select purser.total(r.cost) from purser.reservation r join purser.scope s on s.id = r.scope
             where house.sets <> '{}' and r.linked_set = any (house.sets) and s.terms @> p_scope and r.at >= p_from), 0)
         + coalesce((select purser.total(p.cost) from purser.receipt p join purser.scope s on s.id = p.scope
             where p.period_ids is not null and s.terms @> p_scope and p.at >= p_from), 0)
         + coalesce((select purser.total(coalesce(d.corrected, d.cost, 0) - case when d.id < mark.id then 0 else coalesce(d.cost, 0) end)
             from purser.dropped_attempt d join purser.scope s on s.id = d.scope
             where s.terms @> p_scope and d.at >= p_from and (d.corrected is not null or d.id < mark.id) and d.linked_set <> all (house.sets)), 0)
         + coalesce((select purser.total(p.cost) from purser.late_receipt p join purser.scope s on s.id = p.scope
             where not p.is_covered and s.terms @> p_scope and p.at >= p_from
               and not exists (select from purser.receipt x where x.reservation_id = p.reservation_id and x.token = p.token)), 0),
         last, array(select n from (select id, lag(id, 1, greatest(0, last - 100000)) over (order by id) as before from purser.entry where id > last - 100000) e,
             generate_series(before + 1, id - 1) n)
    from known, mark, house
$$;

-- As in 0014; what was carried to the house was spent by the scope before and after, or by nobody whom it names.
create or replace function purser.spent_since(p_scope jsonb, p_from timestamptz, p_last_entry bigint, p_missing bigint[]) returns bigint
language sql stable set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
  with unknown as materialized (
    select * from purser.entry where id > p_last_entry union all select * from purser.entry where id = any (p_missing)),
  moved as materialized (
    select reservation as id, spent_changes[1] as spent from unknown where reservation is not null and spent_changes <> '{}' and kind <> 'house'
    union all select i.id, i.cost from unknown, unnest(settled_ids, settled_costs) as i (id, cost)),
  uncovered as materialized (
    select split_part(key, ' ', 1)::uuid as id, split_part(key, ' ', 2)::uuid as token from unknown where kind = 'uncovered')
  select coalesce((select purser.total(m.spent) from moved m
             join lateral (select r.scope, r.at, r.linked_set from purser.reservation r where r.id = m.id
               union all select d.scope, d.at, d.linked_set from purser.dropped_attempt d where d.id = m.id
                 and not exists (select from purser.reservation r where r.id = m.id)) r on true
             join purser.scope s on s.id = r.scope where s.terms @> p_scope and r.at >= p_from and purser.is_borne_by(p_scope, r.linked_set)), 0)
         + coalesce((select purser.total(p.cost) from uncovered u
             join lateral (select x.scope, x.at, x.cost from purser.receipt x where x.reservation_id = u.id and x.token = u.token
               union all select l.scope, l.at, l.cost from purser.late_receipt l where l.reservation_id = u.id and l.token = u.token
                 and not exists (select from purser.receipt x where x.reservation_id = u.id and x.token = u.token)) p on true
             join purser.scope s on s.id = p.scope where s.terms @> p_scope and p.at >= p_from), 0)
$$;

-- As in 0013, with who bears presumed costs.
create or replace function purser.plan_json(p_plan text, p_time_zone text) returns jsonb language sql stable as $$
  select jsonb_build_object('plan', p_plan, 'versions', jsonb_agg(jsonb_build_object('from', begins, 'cap', monthly_cap::text, 'presumedBy', presumed_by,
      'reason', source, 'state', case when begins_at > clock_timestamp() then 'later' when is_newest then 'in_force' else 'past' end) order by begins_at, begins))
    from (select *, begins_at = max(begins_at) filter (where begins_at <= clock_timestamp()) over () as is_newest
            from purser.plan_version
              cross join lateral (select case when is_day then purser.first_instant(effective_from at time zone 'UTC', p_time_zone) else effective_from end as begins_at,
                case when is_day then to_jsonb((effective_from at time zone 'UTC')::date) else to_jsonb(effective_from) end as begins) b
           where plan = p_plan order by begins_at desc limit 100) v
$$;

drop function purser.set_plan(text, date, bigint, text, text);
-- What a plan may spend in a month, from a day on, or from now, and who bears what is presumed of calls that are reserved then (null: as before). Months
-- that have begun keep their cap, opened or not, so a day is one that has not begun anywhere. Again with the same terms: no effect; with others
-- from the same day: a conflict.
create function purser.set_plan(p_plan text, p_from date, p_cap bigint, p_reason text, p_time_zone text, p_presumed_by text default null) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_midnight constant timestamptz := p_from::timestamp at time zone 'UTC';
  v_is_new boolean;
  v_known purser.plan_version;
  v_presumed_by text;
  v_changed boolean := false;
begin
  perform purser.require_text(p_plan, 100, 'the plan', 'name it, such as paid'), purser.require_cap(p_cap, 'a plan'),
    purser.require_reason(p_reason), purser.require_time_zone(p_time_zone);
  if p_presumed_by not in ('account', 'house') then
    perform purser.fail('bad_input', format('"%s" bears no presumed costs: account or house', p_presumed_by));
  end if;
  -- The generation's lock: a reserve that opens a period ends first, and the next one sees this.
  perform pg_advisory_xact_lock(7233823302);
  v_is_new := not exists (select from purser.plan_version where plan = p_plan);
  v_presumed_by := coalesce(p_presumed_by, purser.plan_presumed_by(p_plan, coalesce(v_midnight, clock_timestamp()), p_time_zone), 'account');
  if p_from is null then
    if (purser.plan_cap(p_plan, clock_timestamp(), p_time_zone), purser.plan_presumed_by(p_plan, clock_timestamp(), p_time_zone))
        is distinct from (p_cap, v_presumed_by) then
      insert into purser.plan_version (plan, effective_from, monthly_cap, source, presumed_by) values (p_plan, clock_timestamp(), p_cap, p_reason, v_presumed_by);
      v_changed := true;
    end if;
  else
    select * into v_known from purser.plan_version where plan = p_plan and effective_from = v_midnight;
    if found and (v_known.monthly_cap, v_known.is_day) <> (p_cap, true) then
      perform purser.fail('conflict', format('plan "%s" has another cap from %s on: versions stay as they are, so name another day', p_plan, p_from));
    elsif found and v_known.presumed_by <> p_presumed_by then
      perform purser.fail('conflict', format('of plan "%s" the %s bears presumed costs from %s on: versions stay as they are, so name another day', p_plan,
        v_known.presumed_by, p_from));
    elsif not found then
      if not v_is_new and v_midnight - interval '14 hours' <= clock_timestamp() then
        perform purser.fail('bad_input', format('%s has begun, if not here then somewhere, and months that have begun keep their cap: name a later day, or none for now', p_from));
      end if;
      insert into purser.plan_version (plan, effective_from, monthly_cap, source, is_day, presumed_by) values (p_plan, v_midnight, p_cap, p_reason, true, v_presumed_by);
      v_changed := true;
    end if;
  end if;
  return purser.plan_json(p_plan, p_time_zone) || jsonb_build_object('changed', v_changed, 'isNew', v_is_new);
end $$;

revoke execute on all functions in schema purser from public;
grant execute on function purser.set_plan to purser_app;
