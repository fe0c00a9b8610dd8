-- 0053: batches: calls that a provider takes together, answers within a day, and charges half.
-- Why: a batch is handed in once, in one request. Who may make that request is decided here, in the commit that dispatches its lines: whoever comes second looks
--   for the batch at the provider by its name. What was dispatched is kept, so that any worker can book the answers a day later.
-- Locks: none beyond those of new tables and functions.   Undo: drop what is new here.

create table purser.provider_batch (
  -- What the provider knows it by. Made of the job and its calls, so the job's next run makes the same.
  name  text constraint provider_batch_once primary key,
  at    timestamptz not null default clock_timestamp(),
  -- Of the only execution that may hand it in.
  token uuid not null,
  -- What became of each line: `go` with its token, or why it is not part of the batch.
  lines jsonb not null
);
create trigger provider_batch_append_only before update or delete or truncate on purser.provider_batch for each statement execute function purser.refuse_change();

-- Dispatches the lines of a batch in one commit. `mayHandIn`: this execution may make the one request, now; true once, and again for the same token within 5 s. Every later
-- one hears the same lines, and how long ago that was. `p_lines`: [{call, callId, ask, account, requestHash}] of one job.
create function purser.dispatch_batch(
  p_name text, p_token uuid, p_installation uuid, p_workflow_id text, p_run text, p_lines jsonb, p_request_timeout_ms int, p_provider_max_ms int
) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_batch purser.provider_batch;
  v_line jsonb;
  v_token uuid;
  v_lines jsonb := '[]';
  v_age_ms bigint;
begin
  -- Before any call: two executions of one batch wait for each other here.
  perform pg_advisory_xact_lock(hashtextextended('purser batch ' || p_name, 0));
  select * into v_batch from purser.provider_batch where name = p_name;
  if found then
    v_age_ms := floor(extract(epoch from clock_timestamp() - v_batch.at) * 1000);
    return jsonb_build_object('name', p_name, 'mayHandIn', v_batch.token = p_token and v_age_ms < 5000, 'ageMs', v_age_ms, 'lines', v_batch.lines);
  end if;
  perform purser.share_generation();
  -- All calls first, in their order: a line that has lapsed gives money back, and balances come after calls.
  perform from purser.call where id in (select (l ->> 'call')::uuid from jsonb_array_elements(p_lines) l) order by id for update;
  for v_line in select l from jsonb_array_elements(p_lines) l order by l ->> 'call' loop
    v_token := gen_random_uuid();
    v_lines := v_lines || jsonb_build_object('callId', v_line ->> 'callId', 'token', v_token, 'answer', purser.dispatch((v_line ->> 'call')::uuid, p_installation,
      p_workflow_id, v_line ->> 'callId', p_run, (v_line ->> 'ask')::int, v_line ->> 'account', v_line ->> 'requestHash', v_token, p_request_timeout_ms, p_provider_max_ms));
  end loop;
  insert into purser.provider_batch (name, token, lines) values (p_name, p_token, v_lines);
  return jsonb_build_object('name', p_name, 'mayHandIn', true, 'ageMs', 0, 'lines', v_lines);
end $$;

grant select on purser.provider_batch to purser_app;
revoke execute on all functions in schema purser from public;
grant execute on function purser.dispatch_batch to purser_app;
