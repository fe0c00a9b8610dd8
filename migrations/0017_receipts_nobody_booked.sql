-- 0017: receipts that nobody booked, before anything is presumed.
-- Why: a worker that dies between its receipt and its settle leaves an answer in hand in the blob store; presumed first, it would be spent at its
-- bound, and known by nobody.
-- Locks: a function is replaced, none; workers of the version before go on with it.   Undo: the function of 0009, and drop what is new here.

-- Which of these receipts (by position, from 1) the ledger has nowhere: not booked, not kept of a dropped month, and not in `unbooked`.
create function purser.missing_receipts(p_reservations uuid[], p_tokens uuid[]) returns jsonb
language sql stable security definer set search_path = purser, pg_temp set enable_seqscan = off as $$
  select coalesce(jsonb_agg(o order by o), '[]') from unnest(p_reservations, p_tokens) with ordinality as x (id, token, o)
   where not exists (select from purser.receipt r where r.reservation_id = x.id and r.token = x.token)
     and not exists (select from purser.late_receipt r where r.reservation_id = x.id and r.token = x.token)
     and not exists (select from purser.dropped_attempt d where d.id = x.id and d.token = x.token and d.is_answered)
     and not exists (select from purser.unbooked u where u.operation = 'settle' and u.reservation_id = x.id and u.token = x.token)
$$;

drop function purser.sweep(int);

-- What time does, by this clock, to attempts that nobody ends: not dispatched and past its hold → released; dispatched and past our time-out →
-- in doubt; in doubt past the provider's maximum → presumed. At most `p_limit`; an attempt that somebody is just moving is left for the next
-- time. Expiry never frees dispatched money. Makes the partitions of this month and the next. `more`: there is more to do at once.
-- An answer that lies in the blob store comes before a presumption: whoever could not look there says so (`p_may_presume`), and names the attempts
-- whose receipts it found and could not book (`p_not_presumed`).
create function purser.sweep(p_limit int, p_may_presume boolean default true, p_not_presumed uuid[] default '{}') returns jsonb
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
  if v_found < p_limit then
    -- A reserve that has not committed yet has an instant of a moment ago: ten minutes are far more than a transaction may take.
    update purser.ledger_state set swept_to = least(v_now - interval '10 minutes',
      (select min(at) from purser.reservation where at >= swept_to and state in ('reserved', 'dispatched', 'in_doubt')));
  end if;
  return jsonb_build_object('released', v_released, 'inDoubt', v_in_doubt, 'presumed', v_presumed, 'more', v_found = p_limit);
end $$;

revoke execute on function purser.missing_receipts, purser.sweep from public;
grant execute on function purser.missing_receipts, purser.sweep to purser_app;
