-- 0049: requests and tokens a minute, of a scope, shared by all processes; pauses that a provider asks for; and how much of what is left may be spent in a day.
-- Why: a provider's key has limits of its own, one account must not use it all, and a month's money need not be gone on its first day.
-- Locks: none beyond those of new tables and functions.   Undo: drop what is new here.

create table purser.rate_limit (
  name                text primary key constraint rate_limit_name_form check (name ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
  -- Calls that it is about: equalities, as of a budget. Empty: all.
  scope               jsonb not null default '{}',
  -- Each value of this one has the limit to itself; null: they share it.
  per                 text constraint rate_limit_per_known check (per in ('account', 'user', 'team', 'project', 'feature', 'environment', 'provider', 'model')),
  requests_per_minute int constraint rate_limit_requests check (requests_per_minute between 1 and 1000000),
  tokens_per_minute   bigint constraint rate_limit_tokens check (tokens_per_minute between 1 and 1000000000000),
  -- Of what each of the call's budgets had left when its day began, so many percent may be spent or reserved in the day.
  pace_percent        int constraint rate_limit_pace check (pace_percent between 1 and 100),
  reason              text not null,
  set_at              timestamptz not null default clock_timestamp(),
  constraint rate_limit_limits_something check (coalesce(requests_per_minute, tokens_per_minute, pace_percent) is not null)
);

-- When the last turn that was given ends, by requests and by tokens. Not logged: after a crash everybody begins anew, and no money hangs on it.
create unlogged table purser.rate_bucket (
  name        text not null references purser.rate_limit on delete cascade,
  subject     text not null,
  requests_to timestamptz not null default '-infinity',
  tokens_to   timestamptz not null default '-infinity',
  primary key (name, subject)
) with (fillfactor = 50);

-- The provider itself said when to come again.
create table purser.provider_pause (
  provider text not null,
  model    text not null,
  until    timestamptz not null,
  why      text not null,
  primary key (provider, model)
);

-- What a budget period had spent and reserved when a day began, in the budget's time zone: the first call of the day writes it.
create table purser.pace_start (
  budget_period_id int not null references purser.budget_period,
  day              date not null,
  used             bigint not null,
  primary key (budget_period_id, day)
);

-- A tenth of the minute may come at once, the rest evenly: so no minute has more than the limit.
create function purser.turn(p_to timestamptz, p_now timestamptz, p_per_minute bigint, p_cost bigint, out at timestamptz, out ends timestamptz) language plpgsql immutable as $$
declare
  v_burst constant numeric := case when p_per_minute < 10 then 1 else p_per_minute / 10 end;
  -- Seconds of one.
  v_each constant numeric := 60.0 / greatest(1, p_per_minute - case when p_per_minute < 10 then 0 else v_burst end);
begin
  at := greatest(p_now, p_to - make_interval(secs => (greatest(0, v_burst - p_cost) * v_each)::double precision));
  ends := greatest(p_to, p_now) + make_interval(secs => (p_cost * v_each)::double precision);
end $$;

-- Whether a call may ask for money now: `{"waitMs": 0, "isBooked": true}`; or how long it has to wait, and for which limit. A turn within the next `p_ahead_ms` is booked: after the wait the call
-- need not ask again. A later one is not: it asks again then, beside all others.
create function purser.take_turn(p_terms jsonb, p_tokens bigint, p_amount bigint, p_ahead_ms int) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  l rate_limit;
  b rate_bucket;
  t record;
  v_now constant timestamptz := clock_timestamp();
  v_at timestamptz := v_now;
  v_why text;
  v_subject text;
  v_set jsonb := '[]';
  v_pause provider_pause;
  v_pace jsonb;
begin
  select * into v_pause from provider_pause where provider = p_terms ->> 'provider' and model = p_terms ->> 'model' and until > v_now;
  if found then
    return jsonb_build_object('waitMs', ceil(extract(epoch from v_pause.until - v_now) * 1000)::bigint, 'isBooked', false, 'limit', v_pause.provider, 'why', v_pause.why);
  end if;
  for l in select * from rate_limit x where p_terms @> x.scope order by x.name loop
    if l.pace_percent is not null then
      v_pace := out_of_pace(p_terms, p_amount, l.pace_percent, v_now);
      if v_pace is not null then return v_pace || jsonb_build_object('limit', l.name); end if;
    end if;
    continue when l.requests_per_minute is null and l.tokens_per_minute is null;
    v_subject := case when l.per is null then '' else coalesce(p_terms ->> l.per, '') end;
    insert into rate_bucket (name, subject) values (l.name, v_subject) on conflict do nothing;
    select * into strict b from rate_bucket where name = l.name and subject = v_subject for update;
    if l.requests_per_minute is not null then
      t := turn(b.requests_to, v_now, l.requests_per_minute, 1);
      b.requests_to := t.ends;
      if t.at > v_at then v_at := t.at; v_why := l.name; end if;
    end if;
    if l.tokens_per_minute is not null then
      t := turn(b.tokens_to, v_now, l.tokens_per_minute, p_tokens);
      b.tokens_to := t.ends;
      if t.at > v_at then v_at := t.at; v_why := l.name; end if;
    end if;
    v_set := v_set || to_jsonb(b);
  end loop;
  -- All or none.
  if v_at > v_now + make_interval(secs => p_ahead_ms / 1000.0) then
    return jsonb_build_object('waitMs', ceil(extract(epoch from v_at - v_now) * 1000)::bigint, 'isBooked', false, 'limit', v_why, 'why', 'used up for now');
  end if;
  update rate_bucket x set requests_to = s.requests_to, tokens_to = s.tokens_to from jsonb_populate_recordset(null::rate_bucket, v_set) s where x.name = s.name and x.subject = s.subject;
  return jsonb_build_object('waitMs', ceil(extract(epoch from v_at - v_now) * 1000)::bigint, 'isBooked', true, 'limit', v_why, 'why', 'its turn comes then');
end $$;

-- Whether the call would spend more of what one of its budgets had left this morning than it may in a day; then until tomorrow. Null: it would not.
create function purser.out_of_pace(p_terms jsonb, p_amount bigint, p_percent int, p_now timestamptz) returns jsonb language plpgsql set search_path = purser, pg_temp as $$
declare
  v scope;
  r record;
  v_start bigint;
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
    if (r.reserved + r.spent - v_start + p_amount)::numeric * 100 > (r.cap - v_start)::numeric * p_percent then
      return jsonb_build_object('waitMs', ceil(extract(epoch from first_instant(r.day + 1, r.time_zone) - p_now) * 1000)::bigint, 'isBooked', false,
        'why', format('%s %% of what "%s" had left this morning are spent or reserved', p_percent, r.name));
    end if;
  end loop;
  return null;
end $$;

-- Whether anybody is held back at all, so that who is not need not ask.
create function purser.holds_back() returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  select to_jsonb(exists (select from rate_limit) or exists (select from provider_pause where until > clock_timestamp()))
$$;

-- A provider said when to come again: nobody asks it for this model before, for a minute at most. Then somebody looks: it may have meant one request only.
create function purser.pause_provider(p_provider text, p_model text, p_ms bigint, p_why text) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
begin
  insert into provider_pause values (p_provider, p_model, clock_timestamp() + make_interval(secs => least(p_ms, 60000) / 1000.0), p_why)
    on conflict (provider, model) do update set until = greatest(provider_pause.until, excluded.until), why = excluded.why;
  return '{}';
end $$;

create function purser.set_rate_limit(p_name text, p_scope jsonb, p_per text, p_requests int, p_tokens bigint, p_pace int, p_reason text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
begin
  perform require_text(p_reason, 1000, 'the reason', 'it is kept with the limit');
  perform require_scope(p_scope);
  if coalesce(p_requests, p_tokens, p_pace) is null then
    perform fail('bad_input', 'say what is limited: requests a minute, tokens a minute, or the share of what is left that may be spent in a day');
  end if;
  insert into rate_limit (name, scope, per, requests_per_minute, tokens_per_minute, pace_percent, reason) values (p_name, p_scope, p_per, p_requests, p_tokens, p_pace, p_reason)
    on conflict (name) do update set scope = excluded.scope, per = excluded.per, requests_per_minute = excluded.requests_per_minute, tokens_per_minute = excluded.tokens_per_minute,
      pace_percent = excluded.pace_percent, reason = excluded.reason, set_at = clock_timestamp();
  return list_rate_limits(p_name);
end $$;

create function purser.remove_rate_limit(p_name text) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
begin
  delete from rate_limit where name = p_name;
  if not found then perform fail('not_found', format('there is no rate limit "%s"', p_name)); end if;
  return '{}';
end $$;

-- All of them, or the one of this name: they are few.
create function purser.list_rate_limits(p_name text) returns jsonb language sql stable security definer set search_path = purser, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('name', name, 'scope', scope, 'per', per, 'requestsPerMinute', requests_per_minute, 'tokensPerMinute', tokens_per_minute, 'pacePercent', pace_percent,
    'reason', reason, 'setAt', set_at) order by name), '[]') from rate_limit where p_name is null or name = p_name
$$;

grant select on purser.rate_limit, purser.rate_bucket, purser.provider_pause, purser.pace_start to purser_app;
revoke execute on all functions in schema purser from public;
grant execute on function purser.take_turn, purser.holds_back, purser.pause_provider, purser.set_rate_limit, purser.remove_rate_limit, purser.list_rate_limits to purser_app;
