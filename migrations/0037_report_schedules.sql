-- 0037: reports that are sent by themselves. A question, how often, and from which hour on; each period once, as a notice, to whoever takes `report.ready`.
-- Why: who reads a report each Monday should not have to remember it.
-- Locks: new table and functions.   Undo: drop what is new here.

-- `asked`: what of the question is not left out (by, unit, limit, currency), and its filter. `next_at`: when the period that has ended by then is due.
create table purser.report_schedule (
  id        int generated always as identity primary key,
  name      text not null constraint report_schedule_name_form check (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  account   text references purser.account,
  question  text not null,
  asked     jsonb not null constraint report_schedule_asked_object check (jsonb_typeof(asked) = 'object'),
  every     text not null constraint report_schedule_every_known check (every in ('day', 'week', 'month')),
  hour      int not null constraint report_schedule_hour_of_day check (hour between 0 and 23),
  time_zone text not null,
  next_at   timestamptz not null,
  made_at   timestamptz not null default clock_timestamp(),
  ended_at  timestamptz
);
create unique index report_schedule_once on purser.report_schedule (name, account) nulls not distinct where ended_at is null;
create index report_schedule_due on purser.report_schedule (next_at) where ended_at is null;
grant select on purser.report_schedule to purser_app;

create function purser.report_schedule_json(r purser.report_schedule) returns jsonb language sql stable as $$
  select jsonb_build_object('id', r.id, 'name', r.name, 'account', r.account, 'question', r.question, 'asked', r.asked, 'every', r.every, 'hour', r.hour, 'timeZone', r.time_zone,
    'nextAt', r.next_at, 'madeAt', r.made_at, 'endedAt', r.ended_at)
$$;

-- The next time after a moment at which a day, week or month has ended and the hour has come.
create function purser.report_due_after(p_every text, p_hour int, p_time_zone text, p_after timestamptz) returns timestamptz language sql stable as $$
  select min(d.due) from generate_series(0, 2) n
    cross join lateral (select (date_trunc(p_every, p_after at time zone p_time_zone) + n * ('1 ' || p_every)::interval + make_interval(hours => p_hour)) at time zone p_time_zone as due) d
   where d.due > p_after
$$;

create function purser.create_report_schedule(p_name text, p_account text, p_question text, p_asked jsonb, p_every text, p_hour int, p_time_zone text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v report_schedule;
begin
  if p_account is not null and not exists (select from account where id = p_account) then
    perform fail('unknown_account', format('there is no account "%s"', p_account));
  end if;
  insert into report_schedule (name, account, question, asked, every, hour, time_zone, next_at)
    values (p_name, p_account, p_question, p_asked, p_every, p_hour, p_time_zone, report_due_after(p_every, p_hour, p_time_zone, clock_timestamp()))
    on conflict do nothing returning * into v;
  if not found then
    perform fail('conflict', format('there is a report "%s" already: end it first, or take another name', p_name));
  end if;
  return report_schedule_json(v);
end $$;

create function purser.list_report_schedules(p_account text, p_after int, p_limit int) returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  select coalesce(json_agg(report_schedule_json(r) order by r.id), '[]')::jsonb
    from (select * from report_schedule where id > p_after and ended_at is null and (p_account is null or account = p_account) order by id limit p_limit) r
$$;

create function purser.show_report_schedule(p_id int) returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  select report_schedule_json(r) from report_schedule r where r.id = p_id
$$;

-- Nothing of it is sent any more. Again: no effect.
create function purser.end_report_schedule(p_id int) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v report_schedule;
begin
  update report_schedule set ended_at = clock_timestamp() where id = p_id and ended_at is null returning * into v;
  if found then return report_schedule_json(v) || '{"changed": true}'; end if;
  if not exists (select from report_schedule where id = p_id) then perform fail('not_found', format('there is no report with the id %s', p_id)); end if;
  return show_report_schedule(p_id) || '{"changed": false}';
end $$;

-- What is due, with the period that has ended: from `since` to before `till`, as days in its time zone.
create function purser.due_reports(p_limit int) returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  select coalesce(jsonb_agg(report_schedule_json(r) || jsonb_build_object('since', (d.till - ('1 ' || r.every)::interval)::date, 'till', d.till::date) order by r.next_at, r.id), '[]')
    from (select * from report_schedule where ended_at is null and next_at <= clock_timestamp() order by next_at, id limit p_limit) r
    cross join lateral (select date_trunc(r.every, r.next_at at time zone r.time_zone) as till) d
$$;

-- Sends what was due at `p_due_at`, once, whoever else is at it. What was missed for long (a worker was away) is sent once, as it was due, and then the next.
create function purser.send_report(p_id int, p_due_at timestamptz, p_text text, p_data jsonb) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v report_schedule;
begin
  select * into v from report_schedule where id = p_id and ended_at is null and next_at = p_due_at for update;
  if not found then return '{"sent": false}'; end if;
  perform put_notice(format('report %s %s', v.id, to_char(p_due_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI')), 'report.ready', v.account, p_text, p_data);
  update report_schedule set next_at = report_due_after(v.every, v.hour, v.time_zone, p_due_at) where id = v.id;
  return '{"sent": true}';
end $$;

revoke execute on all functions in schema purser from public;
grant execute on function purser.create_report_schedule, purser.list_report_schedules, purser.show_report_schedule, purser.end_report_schedule, purser.due_reports, purser.send_report to purser_app;
