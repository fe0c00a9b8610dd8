-- 0015: who asks or closes locks the attempts of his call too.
-- Why: an answer that a batch booked between two statements of a reserve left an answered call with a new reservation.
-- Locks: a function is replaced, none.   Undo: the function of 0006.

-- The call's row, locked with its attempts; made if it is not there. Its account is fixed by the first who names one.
create or replace function purser.lock_call(p_call uuid, p_installation uuid, p_workflow_id text, p_call_id text, p_account text) returns purser.call
language plpgsql as $$
declare
  v_call purser.call;
begin
  if purser.started_at(p_call) < (select low_water from purser.ledger_state) then
    perform purser.fail('too_old', format('job "%s" started %s, and calls of that time have been dropped: start a new job', p_workflow_id,
      to_char(purser.started_at(p_call) at time zone 'UTC', 'YYYY-MM-DD')));
  elsif purser.started_at(p_call) > clock_timestamp() + interval '1 day' then
    perform purser.fail('bad_input', format('job "%s" cannot have started at %s', p_workflow_id, purser.started_at(p_call)));
  end if;
  if to_regclass('purser.' || to_char(purser.started_at(p_call) at time zone 'UTC', '"call_"YYYY_MM')) is null then
    perform purser.make_partitions(purser.started_at(p_call));
  end if;
  insert into purser.call (id, installation, workflow_id, call_id, account)
    values (p_call, p_installation, p_workflow_id, p_call_id, p_account) on conflict do nothing;
  select * into strict v_call from purser.call where id = p_call for update;
  -- A batch locks no call, only the attempt that it moves. Whoever reads a call's attempts one statement after the other would else see an answer
  -- come in between: no answer yet in the first, nothing open any more in the second, and so a new attempt of a call that is answered.
  perform from purser.reservation where id between purser.attempts_from(p_call) and purser.attempts_to(p_call) and call = p_call order by id for update;
  if (v_call.installation, v_call.workflow_id, v_call.call_id) <> (p_installation, p_workflow_id, p_call_id) then
    perform purser.fail('conflict', format('call "%s" of job "%s" has the id of another call', p_call_id, p_workflow_id));
  elsif v_call.account is null and p_account is not null then
    update purser.call set account = p_account where id = v_call.id returning * into v_call;
  elsif v_call.account <> p_account then
    perform purser.fail('conflict', format('call "%s" of job "%s" belongs to account "%s", not "%s"',
      p_call_id, p_workflow_id, v_call.account, p_account));
  end if;
  return v_call;
end $$;
