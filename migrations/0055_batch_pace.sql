-- 0055: the lines of a batch keep the pace.
-- Why: a pace is about money, and that of a batch is spent like any other. Requests and tokens of a minute are not: what a provider answers within a day is none of them.
-- Locks: none beyond those of new functions.   Undo: drop pace_lines, leave_out, lock_balances, and out_of_pace as it is here; make out_of_pace as in 0049, dispatch_batch as in 0053.

drop function purser.out_of_pace(jsonb, bigint, int, timestamptz);

-- Whether the call would spend more of what one of its budgets had left this morning than it may in a day; then until tomorrow. Null: it would not. `p_beside`: what others that are asked
-- for together with it hold besides, by budget period.
create function purser.out_of_pace(p_terms jsonb, p_amount bigint, p_percent int, p_now timestamptz, p_beside jsonb default '{}') returns jsonb
language plpgsql set search_path = purser, pg_temp as $$
declare
  v scope;
  r record;
  v_start bigint;
  v_used bigint;
begin
  perform share_generation();
  v := resolved(intern_scope(p_terms), p_now);
  for r in
    select z.*, b.time_zone, b.name, (p_now at time zone b.time_zone)::date as day
      from balance z join budget_period p on p.id = z.budget_period_id join budget b on b.id = p.budget_id
     where z.budget_period_id = any (periods_of(v.linked_set)) and b.is_hard and b.period_kind <> 'day' order by z.budget_period_id
  loop
    insert into pace_start (budget_period_id, day, used) values (r.budget_period_id, r.day, r.reserved + r.spent) on conflict do nothing;
    select used into strict v_start from pace_start where budget_period_id = r.budget_period_id and day = r.day;
    v_used := r.reserved + r.spent - v_start + coalesce((p_beside ->> r.budget_period_id::text)::bigint, 0);
    if (v_used + p_amount)::numeric * 100 > (r.cap - v_start)::numeric * p_percent then
      return jsonb_build_object('waitMs', ceil(extract(epoch from first_instant(r.day + 1, r.time_zone) - p_now) * 1000)::bigint, 'isBooked', false,
        'why', format('%s %% of what "%s" had left this morning are spent or reserved', p_percent, r.name));
    end if;
  end loop;
  return null;
end $$;

-- For each line of a batch, in their order: null, or how long a pace holds it back. Those before it that are not held back count as if they were reserved. One that this ask, or a later one, was made
-- for already is not held back: what became of it is to be heard. Nor are the others then, where `p_all_or_none`: they go together, or not. `p_lines`: [{call, ask, terms, amount}].
create function purser.pace_lines(p_lines jsonb, p_all_or_none boolean) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_is_made boolean := false;
  v_line jsonb;
  v_amount bigint;
  v_pace jsonb;
  v_paces jsonb := '[]';
  v_beside jsonb := '{}';
  l rate_limit;
begin
  for v_line in select x from jsonb_array_elements(p_lines) with ordinality as e (x, n) order by n loop
    v_pace := null;
    v_amount := (v_line ->> 'amount')::bigint;
    if exists (select from attempts_of((v_line ->> 'call')::uuid) where ask >= (v_line ->> 'ask')::int)
       or exists (select from refusal where call = (v_line ->> 'call')::uuid and ask >= (v_line ->> 'ask')::int) then
      v_is_made := true;
    else
      for l in select * from rate_limit x where pace_percent is not null and v_line -> 'terms' @> x.scope order by x.name loop
        v_pace := out_of_pace(v_line -> 'terms', v_amount, l.pace_percent, v_now, v_beside) || jsonb_build_object('limit', l.name);
        exit when v_pace is not null;
      end loop;
      if v_pace is null then
        select v_beside || coalesce(jsonb_object_agg(p::text, coalesce((v_beside ->> p::text)::bigint, 0) + v_amount), '{}') into v_beside
          from unnest(periods_of((resolved(intern_scope(v_line -> 'terms'), v_now)).linked_set)) p;
      end if;
    end if;
    v_paces := v_paces || jsonb_build_array(v_pace);
  end loop;
  return case when p_all_or_none and v_is_made then (select jsonb_agg(null::int) from jsonb_array_elements(p_lines)) else v_paces end;
end $$;

-- A batch of this name was handed in before: a line that did not go with it (a pace held it back; a run that is no more the newest came first) is not part of it, and what was set aside for it
-- meanwhile goes back. It is asked for anew, with the next.
select purser.edit_function('dispatch_batch', $x$'ageMs', v_age_ms, 'lines', v_batch.lines);$x$, $x$'ageMs', v_age_ms, 'lines', purser.leave_out(p_lines, v_batch.lines));$x$),
  purser.edit_function('dispatch_batch', 'order by id for update;', 'order by id for update;
  perform purser.lock_balances(p_lines, clock_timestamp());');

-- The balances of what lines of a batch have reserved, held until before `p_before`, in the order in which everybody takes them. After their calls.
create function purser.lock_balances(p_lines jsonb, p_before timestamptz) returns void language sql set search_path = purser, pg_temp as $$
  select from balance where budget_period_id in (
      select unnest(periods_of(r.linked_set)) from jsonb_array_elements(p_lines) l cross join lateral attempts_of((l ->> 'call')::uuid) r
       where r.ask = (l ->> 'ask')::int and r.state = 'reserved' and r.hold_until < p_before)
   order by budget_period_id for no key update
$$;

-- The lines that went, and what became of the others.
create function purser.leave_out(p_lines jsonb, p_handed_in jsonb) returns jsonb language plpgsql set search_path = purser, pg_temp as $$
declare
  v_gone constant jsonb := (select coalesce(jsonb_agg(g order by n), '[]') from jsonb_array_elements(p_handed_in) with ordinality as e (g, n) where g #>> '{answer,kind}' = 'go');
  v_line jsonb;
  v_call uuid;
  v_left_out jsonb := '[]';
  r reservation;
begin
  perform share_generation();
  p_lines := (select coalesce(jsonb_agg(l), '[]') from jsonb_array_elements(p_lines) l where not v_gone @> jsonb_build_array(jsonb_build_object('callId', l -> 'callId')));
  perform from call where id in (select (l ->> 'call')::uuid from jsonb_array_elements(p_lines) l) order by id for update;
  perform lock_balances(p_lines, 'infinity');
  for v_line in select l from jsonb_array_elements(p_lines) l order by l ->> 'call' loop
    v_call := (v_line ->> 'call')::uuid;
    for r in select * from reservation where id between attempts_from(v_call) and attempts_to(v_call) and call = v_call and ask = (v_line ->> 'ask')::int and state = 'reserved' for update loop
      perform release(r, 'its batch was handed in without it');
    end loop;
    v_left_out := v_left_out || jsonb_build_object('callId', v_line -> 'callId', 'answer', coalesce(first_answer(v_call),
      (select attempt_json(x) from attempts_of(v_call) x where ask = (v_line ->> 'ask')::int order by attempt desc limit 1), '{"kind": "lapsed"}'));
  end loop;
  return v_gone || v_left_out;
end $$;

revoke execute on all functions in schema purser from public;
grant execute on function purser.pace_lines to purser_app;
