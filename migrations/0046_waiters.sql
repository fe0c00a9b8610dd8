-- 0046: who waits for money. A call whose ask was refused may wait for its turn: a place in a queue per budget, in the order of coming.
-- Why: a refusal need not end a job; and those who wait must neither starve behind those who come later, nor all come at once when money is free.
-- Locks: none beyond those of new tables and functions; purser.reserve is replaced.   Undo: drop what is new here, and purser.reserve as in 0013.
--
-- A place is made in the transaction of the refusal. It holds no money: a hint says "ask again", and the ask decides, under the locks of the budgets.

create table purser.waiter (
  call         uuid primary key,
  -- The order of coming; kept while the call waits, however often it asks.
  place        bigint not null generated always as identity,
  installation uuid not null,
  workflow_id  text not null,
  call_id      text not null,
  -- Of its next ask, which is tried again and again until it is granted: no refusal is stored of it.
  ask          int not null,
  scope        int not null,
  -- The one that could not pay when it asked last, and how much it needs.
  budget_id    int not null,
  amount       bigint not null,
  since        timestamptz not null default clock_timestamp(),
  asked_at     timestamptz not null default clock_timestamp(),
  -- The hint: when it was decided, when a worker last took it to be sent, whether it was.
  woken_at     timestamptz,
  taken_at     timestamptz,
  is_told      boolean not null default false
);
create index waiter_in_order on purser.waiter (budget_id, place);
create index waiter_woken on purser.waiter (woken_at) where woken_at is not null;

-- A hint is answered within so long, or its money is nobody's.
create function purser.hint_lasts() returns interval language sql immutable as $$ select interval '1 minute' $$;

-- Whether it stands in its place: what was woken and did not come is passed by, until it asks again.
create function purser.is_in_line(w purser.waiter) returns boolean language sql stable as $$
  select w.woken_at is null or w.woken_at > clock_timestamp() - purser.hint_lasts()
$$;

-- As in 0006, of one budget period.
create function purser.refused_by(p_period int, p_amount bigint, p_plan text) returns jsonb language sql stable as $$
  select jsonb_build_object('kind', 'refused', 'code', 'budget_exceeded', 'plan', p_plan,
      'budget', jsonb_build_object('id', b.id, 'name', b.name, 'period', p.period),
      'cap', v.cap::text, 'spent', v.spent::text, 'reserved', v.reserved::text, 'needed', p_amount::text,
      'remaining', (v.cap - v.reserved - v.spent)::text, 'missing', greatest(0, p_amount - (v.cap - v.reserved - v.spent))::text,
      'freesAt', purser.frees_at(p.id, p_amount),
      'periodId', p.id)
    from purser.balance v join purser.budget_period p on p.id = v.budget_period_id join purser.budget b on b.id = p.budget_id
   where v.budget_period_id = p_period
$$;

-- The tightest budget that cannot pay, or null.
create or replace function purser.refusal_json(p_set int, p_amount bigint, p_plan text) returns jsonb language sql stable as $$
  select purser.refused_by(v.budget_period_id, p_amount, p_plan) from purser.balance v
   where v.budget_period_id = any (purser.periods_of(p_set)) and v.cap - v.reserved - v.spent < p_amount
   order by v.cap - v.reserved - v.spent limit 1
$$;

-- The budget on which somebody waits who came before, and needs as much or less; or null. Who was woken has nobody before it: its money was promised to it beside theirs.
create function purser.behind_others(p_call uuid, p_set int, p_amount bigint, p_plan text) returns jsonb language sql stable as $$
  select purser.refused_by(p.id, p_amount, p_plan)
    from purser.budget_period p join purser.waiter w on w.budget_id = p.budget_id
   where p.id = any (purser.periods_of(p_set)) and w.call <> p_call and w.amount <= p_amount and purser.is_in_line(w)
     and not exists (select from purser.waiter o where o.call = p_call and o.woken_at is not null and purser.is_in_line(o))
     and w.place < coalesce((select o.place from purser.waiter o where o.call = p_call), 9223372036854775807)
   order by w.place limit 1
$$;

create function purser.wait_in_line(p_call purser.call, p_ask int, p_scope int, p_refusal jsonb) returns int language sql as $$
  insert into purser.waiter (call, installation, workflow_id, call_id, ask, scope, budget_id, amount)
    values (p_call.id, p_call.installation, p_call.workflow_id, p_call.call_id, p_ask + 1, p_scope, (p_refusal -> 'budget' ->> 'id')::int, (p_refusal ->> 'needed')::bigint)
  on conflict (call) do update set ask = case when waiter.ask = p_ask then p_ask else excluded.ask end, scope = excluded.scope, budget_id = excluded.budget_id, amount = excluded.amount,
    asked_at = clock_timestamp(), woken_at = null, taken_at = null, is_told = false
  returning ask
$$;

select purser.edit_function('reserve', e.was, e.is_now) from (values
  -- Heard again: with the ask that waits.
  ('if v_refused.call is not null then return v_refused.refusal; end if;',
   E'if v_refused.call is not null then\n    return case when p_waits then v_refused.refusal || jsonb_build_object(''waitsAs'', coalesce((select ask from purser.waiter where call = p_call), p_ask + 1)) else v_refused.refusal end;\n  end if;'),
  (E'v_refusal := purser.refusal_json(v_scope.linked_set, p_amount, v_scope.plan);\n  if v_refusal is not null then\n',
   E'v_refusal := purser.refusal_json(v_scope.linked_set, p_amount, v_scope.plan);\n  if v_refusal is null and p_waits then v_refusal := purser.behind_others(p_call, v_scope.linked_set, p_amount, v_scope.plan); end if;\n'
   '  if v_refusal is not null then\n    -- Who waits already was told, and refused, once.\n    if p_waits and exists (select from purser.waiter where call = p_call and ask = p_ask) then\n'
   '      return v_refusal - ''periodId'' || jsonb_build_object(''waitsAs'', purser.wait_in_line(v_call, p_ask, v_scope.id, v_refusal));\n    end if;\n'),
  (E'refusal - ''periodId'') returning refusal into v_refusal;\n    return v_refusal;\n  end if;\n',
   E'refusal - ''periodId'') returning refusal into v_refusal;\n    return case when p_waits then v_refusal || jsonb_build_object(''waitsAs'', purser.wait_in_line(v_call, p_ask, v_scope.id, v_refusal)) else v_refusal end;\n  end if;\n'
   '  delete from purser.waiter where call = p_call;\n'))
  as e (was, is_now);
-- One more parameter makes another function: the one without it goes.
do $$
declare
  v_before constant regprocedure := 'purser.reserve'::regproc::oid;
begin
  perform purser.edit_function('reserve', 'p_provider_max_ms integer DEFAULT NULL::integer)', 'p_provider_max_ms integer DEFAULT NULL::integer, p_waits boolean DEFAULT false)');
  execute format('drop function %s', v_before);
end $$;
-- Who is closed waits no more.
select purser.edit_function('close', 'if v_call.run_ids[cardinality(v_call.run_ids)] = p_run then', E'if v_call.run_ids[cardinality(v_call.run_ids)] = p_run then\n    delete from purser.waiter where call = p_call;');

-- Decides whom to wake, in the order of coming: those whose need all their budgets can pay now, beside those that were woken and have not asked yet. A smaller one passes a larger one
-- that does not fit. Answers with the hints to be sent by workers of this installation, some of them again, where a worker was lost between the decision and the note:
-- `[{"call": "…", "workflowId": "…", "callId": "…"}]`.
create function purser.wake_waiters(p_installation uuid, p_limit int) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  w record;
  v scope;
  v_periods int[];
  v_left bigint;
  -- By budget period: what is left of it, less what was promised.
  v_room jsonb := '{}';
  v_period int;
  v_hints jsonb;
begin
  if p_limit not between 1 and 1000 then perform fail('bad_input', 'from 1 to 1000 are woken at once'); end if;
  if not exists (select from waiter where woken_at is null or not is_told) then return '[]'; end if;
  -- One decides at a time, so that no money is promised twice.
  if not pg_try_advisory_xact_lock(7233823311) then return '[]'; end if;
  perform share_generation();
  for w in
    select x.*, x.woken_at is not null as is_woken from waiter x
     where is_in_line(x)
       -- The one that refused it last still cannot pay: nothing more need be looked at.
       and (x.woken_at is not null or not exists (select from budget_period p join balance z on z.budget_period_id = p.id
         where p.budget_id = x.budget_id and p.starts_at <= clock_timestamp() and p.ends_at > clock_timestamp() and z.cap - z.reserved - z.spent < x.amount))
     order by x.woken_at is null, x.place limit 10000
  loop
    begin
      v := resolved((select s from scope s where s.id = w.scope), clock_timestamp());
    exception when sqlstate 'PU001' then
      -- Its own ask will say what is wrong; the others need not wait for it.
      continue;
    end;
    continue when v.stopped is not null or v.linked_set is null;
    v_periods := periods_of(v.linked_set);
    foreach v_period in array v_periods loop
      if not v_room ? v_period::text then
        v_room := v_room || jsonb_build_object(v_period, (select cap - reserved - spent from balance where budget_period_id = v_period and is_open));
      end if;
    end loop;
    v_left := (select min((v_room ->> p::text)::bigint) from unnest(v_periods) p);
    continue when not w.is_woken and (v_left is null or v_left < w.amount);
    if not w.is_woken then
      exit when p_limit = 0;
      p_limit := p_limit - 1;
      update waiter set woken_at = clock_timestamp() where call = w.call;
    end if;
    foreach v_period in array v_periods loop
      v_room := jsonb_set(v_room, array[v_period::text], to_jsonb((v_room ->> v_period::text)::bigint - w.amount));
    end loop;
  end loop;
  with taken as (
    update waiter set taken_at = clock_timestamp()
     where woken_at is not null and not is_told and installation = p_installation and is_in_line(waiter) and (taken_at is null or taken_at < clock_timestamp() - interval '5 seconds')
    returning call, workflow_id, call_id, place)
  select coalesce(jsonb_agg(jsonb_build_object('call', call, 'workflowId', workflow_id, 'callId', call_id) order by place), '[]') into v_hints from taken;
  return v_hints;
end $$;

-- What became of a hint: it was sent, or there is nobody any more to send it to, who then waits no more.
create function purser.note_hint(p_call uuid, p_is_gone boolean) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
begin
  if p_is_gone then delete from waiter where call = p_call and woken_at is not null;
  else update waiter set is_told = true where call = p_call and woken_at is not null;
  end if;
  return '{}';
end $$;

-- Those who wait, of an account or on a budget, or all, in the order of coming, behind a place.
create function purser.list_waiters(p_account text, p_budget_id int, p_after bigint, p_limit int) returns jsonb language plpgsql stable security definer set search_path = purser, pg_temp as $$
begin
  if p_limit not between 1 and 1000 then perform fail('bad_input', 'a page has 1 to 1000 that wait'); end if;
  return (select coalesce(jsonb_agg(jsonb_build_object('place', w.place::text, 'workflowId', w.workflow_id, 'callId', w.call_id, 'account', w.account, 'budget', jsonb_build_object('id', b.id, 'name', b.name),
      'needed', w.amount::text, 'since', w.since, 'wokenAt', w.woken_at) order by w.place), '[]')
    from (select x.*, s.account from waiter x join scope s on s.id = x.scope
           where (p_account is null or s.account = p_account) and (p_budget_id is null or x.budget_id = p_budget_id) and x.place > p_after order by x.place limit p_limit) w
    join budget b on b.id = w.budget_id);
end $$;

grant select on purser.waiter to purser_app;
revoke execute on all functions in schema purser from public;
grant execute on function purser.reserve, purser.wake_waiters, purser.note_hint, purser.list_waiters to purser_app;
