-- 0018: who may be waited for lets go before he waits for more.
-- Why: three ways in which two waited for each other, until Postgres ended one of them after a second. A new budget kept the attempts of its first
-- look while it waited for those of its second. The sweeper, with attempts in hand, waited for the row of the generation, which a new budget has
-- while it waits for attempts. A reserve whose period had ended waited for its scope's row with the budgets' rows in hand.
-- Locks: functions are replaced, none.   Undo: the functions of 0006, 0009, 0013 and 0017.

-- The open attempts of a scope since an instant, locked: what ends meanwhile is waited for, and what is open stays open until this commit. The
-- generation is held, so nothing is reserved or sent. But an attempt that is waited for may hand its money on to a new one: so it looks twice.
-- Others lock all attempts of a call, ascending, and the new one may be below the one that is locked already: whoever is waited for longer than a
-- moment is let by. The locks of both looks go then, and this begins anew, a little later: who is being woken is slower than who never slept.
create or replace function purser.lock_open(p_scope jsonb, p_from timestamptz) returns uuid[] language plpgsql set lock_timeout = '200ms' as $$
declare
  v_since constant timestamptz := greatest(p_from, (select swept_to from purser.ledger_state));
  v_seen uuid[];
begin
  for tries in 1..10 loop
    begin
      v_seen := '{}';
      for look in 1..2 loop
        v_seen := v_seen || array(select r.id from purser.reservation r join purser.scope s on s.id = r.scope
          where r.at >= v_since and r.state in ('reserved', 'dispatched', 'in_doubt') and s.terms @> p_scope and r.id <> all (v_seen));
        perform from purser.reservation where id = any (v_seen) order by id for update;
      end loop;
      return array(select id from purser.reservation where id = any (v_seen) and state in ('reserved', 'dispatched', 'in_doubt'));
    exception when lock_not_available or deadlock_detected then
      if tries = 10 then raise; end if;
    end;
    perform pg_sleep(0.01);
  end loop;
end $$;

-- Locks attempts, ascending, in the same way: a batch of settles locks its own in another order.
create or replace function purser.lock_attempts(p_ids uuid[]) returns void language plpgsql set lock_timeout = '200ms' as $$
begin
  for tries in 1..10 loop
    begin
      perform from purser.reservation where id = any (p_ids) order by id for update;
      return;
    exception when lock_not_available or deadlock_detected then
      if tries = 10 then raise; end if;
    end;
    perform pg_sleep(0.01);
  end loop;
end $$;

-- The scope's row as it holds at an instant after its budgets' rows are locked. The instant decides the period, so it is taken after the locks. If a
-- period has ended while we waited, the scope must be resolved again, and whoever is doing that waits for these budgets: so everything is let go
-- (SQLSTATE PU002, as of a batch), and the caller asks again.
create or replace function purser.lock_budgets(p_terms jsonb) returns purser.locked language plpgsql as $$
declare
  v purser.scope := purser.intern_scope(p_terms);
  v_instant timestamptz;
begin
  for i in 1..10 loop
    v_instant := clock_timestamp();
    if v.generation <> (select generation from purser.ledger_state) or v.valid_until <= v_instant then
      v := purser.resolve_scope(v, v_instant);
    end if;
    if v.stopped is not null then return row(v, v_instant); end if;
    if v.linked_set is null then
      perform purser.fail('no_budget', format('no budget covers this call of account "%s", so nothing can pay for it', v.account));
    end if;
    perform from purser.balance where budget_period_id = any (purser.periods_of(v.linked_set)) order by budget_period_id for no key update;
    v_instant := clock_timestamp();
    if v_instant < v.valid_until
       and not exists (select from purser.balance where budget_period_id = any (purser.periods_of(v.linked_set)) and not is_open) then
      return row(v, v_instant);
    elsif v_instant >= v.valid_until then
      raise exception 'a budget period ended meanwhile' using errcode = 'PU002';
    end if;
    v.valid_until := '-infinity';
  end loop;
  perform purser.fail('no_budget', 'a budget period that covers this moment is closed: open the next one');
end $$;

-- What time does to attempts that nobody ends; as before, but how far was swept is noted only if nobody else has that row. Who changes budgets has
-- it, and waits for what is locked here; the next sweep notes it.
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
  perform from purser.ledger_state for no key update skip locked;
  if found and v_found < p_limit then
    -- A reserve that has not committed yet has an instant of a moment ago: ten minutes are far more than a transaction may take.
    update purser.ledger_state set swept_to = least(v_now - interval '10 minutes',
      (select min(at) from purser.reservation where at >= swept_to and state in ('reserved', 'dispatched', 'in_doubt')));
  end if;
  return jsonb_build_object('released', v_released, 'inDoubt', v_in_doubt, 'presumed', v_presumed, 'more', v_found = p_limit);
end $$;
