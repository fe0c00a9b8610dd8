-- 0016: a job may wish to be in doubt early, so that it need not wait for the answer of a lost worker.
-- Why: the request time-out can be minutes, and a job whose users wait may rather pay twice. It is the job's own wish, never the default.
-- Locks: a function is replaced, none. Old workers must be started anew.   Undo: the function of 0007.

drop function purser.mark_in_doubt(uuid, uuid, text, int);

-- Dispatched, and no answer: by the sender at once when its own request failed (it has the token), by anybody after the deadline, or
-- `p_after_ms` from the dispatch on where a job wishes so (but never while its worker may still be about to send). No money moves: it stays reserved.
create function purser.mark_in_doubt(p_reservation uuid, p_token uuid, p_why text, p_duration_ms int, p_after_ms int default null) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  r purser.reservation;
begin
  r := purser.lock_attempt(p_reservation);
  if r.id is null then
    perform purser.fail('not_found', format('there is no attempt %s', p_reservation));
  end if;
  if r.state = 'dispatched' and (r.token = p_token or clock_timestamp() > least(purser.in_doubt_from(r),
      case when p_after_ms is not null then r.dispatched_at + greatest(p_after_ms, 10000) * interval '1 millisecond' end)) then
    update purser.reservation set state = 'in_doubt', ended_why = p_why, duration_ms = p_duration_ms where id = r.id returning * into r;
  elsif r.state = 'in_doubt' and r.token = p_token and r.duration_ms is null then
    -- Somebody who waited was first; the sender knows better what happened.
    update purser.reservation set ended_why = p_why, duration_ms = p_duration_ms where id = r.id returning * into r;
  end if;
  return purser.attempt_json(r);
end $$;
revoke execute on function purser.mark_in_doubt from public;
grant execute on function purser.mark_in_doubt to purser_app;
