-- 0010: a receipt carries its lines. One row per answer, where it was one and another per line of its cost.
-- Why: an answer has few lines, always written and read together; as rows of their own they took a third of what a settle costs. Whether they
-- come to the cost, exactly, is checked once per statement, by a trigger, on whatever path a receipt is written or changed.
-- Locks: receipt, cost_line exclusively, while existing lines are put into their receipts.   Undo: none; a later migration may take them apart.

drop view purser.call_log;

alter table purser.receipt
  alter answer type json using answer::json,
  add units text[] not null default '{}',
  add quantities bigint[] not null default '{}',
  add price_ids int[] not null default '{}',
  add pico_usd_pers bigint[] not null default '{}',
  add pers bigint[] not null default '{}',
  add pico_usds bigint[] not null default '{}',
  add nano_eurs bigint[] not null default '{}',
  -- The rate that the reservation pinned: one for all lines. Null when there are none.
  add rate_id int,
  add usd_micros_per_eur bigint;

update purser.receipt p set units = l.units, quantities = l.quantities, price_ids = l.price_ids, pico_usd_pers = l.pico_usd_pers, pers = l.pers,
    pico_usds = l.pico_usds, nano_eurs = l.nano_eurs, rate_id = l.rate_id, usd_micros_per_eur = l.usd_micros_per_eur
  from (select reservation_id, token, array_agg(unit order by line) as units, array_agg(quantity order by line) as quantities,
               array_agg(price_id order by line) as price_ids, array_agg(pico_usd_per order by line) as pico_usd_pers, array_agg(per order by line) as pers,
               array_agg(pico_usd order by line) as pico_usds, array_agg(nano_eur order by line) as nano_eurs, min(rate_id) as rate_id,
               min(usd_micros_per_eur) as usd_micros_per_eur
          from purser.cost_line group by reservation_id, token) l
 where p.reservation_id = l.reservation_id and p.token = l.token;

drop table purser.cost_line;

-- Everything needed to compute a line again, one row per line.
create view purser.cost_line as
  select p.reservation_id, p.token, l.line::int, l.unit, l.quantity, l.price_id, l.pico_usd_per, l.per, l.pico_usd, p.rate_id, p.usd_micros_per_eur, l.nano_eur
    from purser.receipt p, unnest(p.units, p.quantities, p.price_ids, p.pico_usd_pers, p.pers, p.pico_usds, p.nano_eurs)
      with ordinality as l (unit, quantity, price_id, pico_usd_per, per, pico_usd, nano_eur, line);
grant select on purser.cost_line to purser_app;

-- The computation of a line, rounded up in whole numbers; in numeric, which is slower, only where a bigint would not hold it.
create function purser.pico_usd_of(p_quantity bigint, p_pico_usd_per bigint, p_per bigint) returns bigint language sql immutable as $$
  select case when p_quantity <= 1000000000 and p_pico_usd_per <= 1000000000 then (p_quantity * p_pico_usd_per + p_per - 1) / p_per
              else div(p_quantity::numeric * p_pico_usd_per + p_per - 1, p_per)::bigint end
$$;
create function purser.nano_eur_of(p_pico_usd bigint, p_usd_micros_per_eur bigint) returns bigint language sql immutable as $$
  select case when p_pico_usd <= 1000000000000000 then (p_pico_usd * 1000 + p_usd_micros_per_eur - 1) / p_usd_micros_per_eur
              else div(p_pico_usd::numeric * 1000 + p_usd_micros_per_eur - 1, p_usd_micros_per_eur)::bigint end
$$;

-- A receipt is the sum of its lines, each of which is what its quantity costs at its price and rate, and both are in the books. Only a
-- receipt that presumes (the provider named no usage) has none.
create function purser.refuse_wrong_receipts() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  v record;
begin
  select count(*) filter (where not coalesce(is_whole and is_exact and nano = cost and pico = pico_usd, false)) as wrong,
         count(*) filter (where not coalesce(is_exact, true)) as inexact
    into v
    from (select cost, pico_usd, purser.total(p) as pico, purser.total(n) as nano, bool_and(unit is not null and price is not null) as is_whole,
                 bool_and(q >= 0 and p = purser.pico_usd_of(q, k, per) and n = purser.nano_eur_of(p, m)) as is_exact
            from (select r.reservation_id, r.token, r.cost, r.pico_usd, r.usd_micros_per_eur as m, unnest(r.units) as unit, unnest(r.quantities) as q,
                         unnest(r.price_ids) as price, unnest(r.pico_usd_pers) as k, unnest(r.pers) as per, unnest(r.pico_usds) as p, unnest(r.nano_eurs) as n
                    from new_receipts r) l
           group by reservation_id, token, cost, pico_usd) x;
  if v.inexact > 0 then
    raise exception 'a line is not what its quantity costs at its price and rate' using errcode = 'PU001', detail = 'conflict', constraint = 'receipt_lines_exact';
  elsif v.wrong > 0 or exists (select from new_receipts r where r.units = '{}' and r.cost > 0 and r.answer ->> 'source' <> 'presumption') then
    raise exception 'the cost is not the sum of its lines' using errcode = 'PU001', detail = 'conflict', constraint = 'receipt_is_its_lines';
  elsif exists (select from (select distinct unnest(price_ids) as id, unnest(pico_usd_pers) as k, unnest(pers) as per from new_receipts) l
      where not exists (select from purser.price b where b.id = l.id and b.pico_usd_per = l.k and b.per = l.per)) then
    raise exception 'a line names a price that is not in the price book' using errcode = 'PU001', detail = 'conflict', constraint = 'receipt_prices_known';
  elsif exists (select from (select distinct rate_id as id, usd_micros_per_eur as m from new_receipts where units <> '{}') l
      where not exists (select from purser.rate b where b.id = l.id and b.usd_micros_per_eur = l.m)) then
    raise exception 'a line has a rate that is not on record' using errcode = 'PU001', detail = 'conflict', constraint = 'receipt_rates_known';
  end if;
  return null;
end $$;
create trigger receipt_exact_when_written after insert on purser.receipt referencing new table as new_receipts
  for each statement execute function purser.refuse_wrong_receipts();
create trigger receipt_exact_when_changed after update on purser.receipt referencing new table as new_receipts
  for each statement execute function purser.refuse_wrong_receipts();

-- The receipt; false when it is there already. Throws when it is another one than before, or has another rate than its reservation pinned.
create or replace function purser.put_receipt(p_reservation uuid, p_token uuid, p_receipt jsonb, p_rate_id int, p_covered boolean) returns boolean language plpgsql as $$
declare
  v_cost bigint := (p_receipt ->> 'cost')::bigint;
  v_known bigint;
begin
  insert into purser.receipt (reservation_id, token, cost, pico_usd, answer, scope, account, period_ids,
      units, quantities, price_ids, pico_usd_pers, pers, pico_usds, nano_eurs, rate_id, usd_micros_per_eur)
    select p_reservation, p_token, v_cost, (p_receipt ->> 'picoUsd')::bigint,
      json_build_object('usage', p_receipt -> 'usage', 'response', p_receipt -> 'response', 'blob', p_receipt -> 'blob', 'flags', p_receipt -> 'flags',
        'durationMs', p_receipt -> 'durationMs', 'source', coalesce(p_receipt ->> 'source', 'answer')),
      (select id from purser.scope where id = (p_receipt ->> 'scope')::int and account = p_receipt ->> 'account'),
      case when not p_covered then p_receipt ->> 'account' end,
      case when not p_covered then array(select jsonb_array_elements_text(p_receipt -> 'budgetPeriods')::int) end,
      coalesce(array_agg(l.unit), '{}'), coalesce(array_agg(l.quantity), '{}'), coalesce(array_agg(l."priceId"), '{}'), coalesce(array_agg(l."picoUsdPer"), '{}'),
      coalesce(array_agg(l.per), '{}'), coalesce(array_agg(l."picoUsd"), '{}'), coalesce(array_agg(l."nanoEur"), '{}'), min(l."rateId"), min(l."usdMicrosPerEur")
      from (select x.* from jsonb_array_elements(p_receipt -> 'lines') with ordinality as e (line, o),
              jsonb_to_record(e.line) as x (unit text, quantity bigint, "priceId" int, "picoUsdPer" bigint, per bigint, "picoUsd" bigint,
                "rateId" int, "usdMicrosPerEur" bigint, "nanoEur" bigint) order by e.o) l
    on conflict on constraint receipt_once do nothing;
  if not found then
    select cost into strict v_known from purser.receipt where reservation_id = p_reservation and token = p_token;
    if v_known <> v_cost then
      perform purser.fail('conflict', format('this answer was booked at %s nano-EUR, not %s', v_known, v_cost));
    end if;
    return false;
  end if;
  if exists (select from jsonb_array_elements(p_receipt -> 'lines') as l where (l ->> 'rateId')::int <> p_rate_id) or
     (select count(distinct l ->> 'rateId') from jsonb_array_elements(p_receipt -> 'lines') as l) > 1 then
    perform purser.fail('conflict', 'a line has another rate than the one that its reservation pinned');
  end if;
  return true;
end $$;

create or replace function purser.answer_json(r purser.reservation) returns jsonb language sql stable as $$
  select jsonb_build_object('kind', 'answered', 'reservationId', r.id, 'attempt', r.attempt, 'amount', r.amount::text, 'cost', r.cost::text,
    'left', purser.left_of(r.linked_set)::text, 'usage', p.answer -> 'usage', 'blob', p.answer -> 'blob', 'response', p.answer -> 'response',
    'flags', p.answer -> 'flags')
    from purser.receipt p where p.reservation_id = r.id and p.token = r.token
$$;

-- As in 0004, with the lines read where they are now.
create view purser.call_log as
  with request as (
    select r.id as request_id, r.token, r.dispatched_at as at, r.scope, r.request_hash, r.duration_ms, r.state, r.ended_why, p.answer, p.cost,
           p.reservation_id is not null as answered, p.units, p.quantities, p.nano_eurs
      from purser.reservation r left join purser.receipt p on p.reservation_id = r.id and p.token = r.token where r.token is not null
    union all
    select p.token, p.token, p.at, p.scope, null, null, 'settled', null, p.answer, p.cost, true, p.units, p.quantities, p.nano_eurs
      from purser.receipt p where not exists (select from purser.reservation r where r.id = p.reservation_id and r.token = p.token))
  select q.request_id, q.at, s.terms ->> 'provider' as provider, s.terms ->> 'model' as model, s.terms ->> 'endpoint' as endpoint, s.account,
         s.terms ->> 'user' as user_id, s.terms ->> 'team' as team, s.terms ->> 'project' as project, s.terms ->> 'feature' as feature,
         s.terms ->> 'environment' as environment,
         coalesce(l.input_tokens, 0) as input_tokens, coalesce(l.output_tokens, 0) as output_tokens,
         coalesce(l.input_tokens, 0) + coalesce(l.output_tokens, 0) as total_tokens,
         coalesce(l.input_cost, 0) as input_cost, coalesce(q.cost, 0) - coalesce(l.input_cost, 0) as output_cost, coalesce(q.cost, 0) as total_cost,
         coalesce((q.answer ->> 'durationMs')::int, q.duration_ms) as duration_ms, q.answered as success,
         case when not q.answered then coalesce(q.ended_why, q.state) end as error, q.request_hash as prompt_hash
    from request q left join purser.scope s on s.id = q.scope
    left join lateral (
      select (sum(c.quantity) filter (where c.unit like 'input%'))::bigint as input_tokens, (sum(c.quantity) filter (where c.unit not like 'input%'))::bigint as output_tokens,
             (sum(c.nano_eur) filter (where c.unit like 'input%'))::bigint as input_cost
        from unnest(q.units, q.quantities, q.nano_eurs) as c (unit, quantity, nano_eur)) l on true;
grant select on purser.call_log to purser_app;

-- As in 0004, without the lines' own partitions.
create or replace function purser.make_partitions(p_instant timestamptz) returns boolean
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_month timestamptz := date_trunc('month', p_instant, 'UTC');
  v_parent text;
  v_name text;
  v_made boolean := false;
begin
  perform pg_advisory_xact_lock(7233823301);
  foreach v_parent in array array['call', 'refusal', 'reservation', 'receipt'] loop
    v_name := v_parent || to_char(v_month at time zone 'UTC', '_YYYY_MM');
    continue when to_regclass('purser.' || v_name) is not null;
    execute format('create table purser.%I (like purser.%I including defaults including constraints including storage)%s', v_name, v_parent,
      case v_parent when 'reservation' then ' with (fillfactor = 45)' when 'call' then ' with (fillfactor = 90)' else '' end);
    execute format('alter table purser.%I attach partition purser.%I for values from (%L) to (%L)', v_parent, v_name,
      purser.first_id(v_month), purser.first_id(v_month + interval '1 month'));
    execute format('grant select on purser.%I to purser_app', v_name);
    v_made := true;
  end loop;
  return v_made;
end $$;
