-- 0050: every month that is closed is told, and what is wrong with a statement is said.
-- Why: a close that was ended by force between its last seal and its word left a month that nobody ever told of, because the next one found nothing to seal. And three of the faults that `verify_statements` finds (a hash that is not that of what the statement says, a statement that does not follow the one before, or does
-- not begin where that one ends) ended it with "malformed array literal" instead: a text without a type beside an array is read as an array.
-- Locks: none; functions are replaced.   Undo: the functions of 0038.

-- Tells that a month is closed, once, when no account has a statement of it, or of a month before it, to come; and so of each month before it that nobody has told.
create or replace function purser.tell_month_closed(p_month text) returns jsonb language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  v_left int;
  v_open text;
  v record;
begin
  perform require_month(p_month);
  select count(*) filter (where n.month <= p_month), coalesce(min(n.month), p_month || '+') into v_left, v_open
    from account a left join lateral (select month from statement s where s.account = a.id order by s.month desc limit 1) l on true
    cross join lateral (select coalesce(month_after(l.month), first_month_of(a)) as month) n;
  for v in
    select m.month, s.* from (
      select to_char(d, 'YYYY-MM') as month
        from generate_series(((select min(month) from statement) || '-01')::timestamp, (p_month || '-01')::timestamp, interval '1 month') d
       where to_char(d, 'YYYY-MM') < v_open and not exists (select from notice n where n.key = 'month.closed ' || to_char(d, 'YYYY-MM')) offset 0) m
      cross join lateral (
        select count(*) as statements, coalesce(total(x.spent), 0) as spent, coalesce(total(x.corrections), 0) as corrections, count(*) filter (where x.open > 0) as open,
               count(*) filter (where x.overrun > 0) as overrun from statement x where x.month = m.month) s
     where s.statements > 0
     order by m.month
  loop
    perform put_notice('month.closed ' || v.month, 'month.closed', null,
      format('%s is closed: %s statements, %s EUR spent, %s EUR of corrections; %s with money still reserved, %s over their cap', v.month, v.statements, exact_eur(v.spent), exact_eur(v.corrections),
        v.open, v.overrun),
      jsonb_build_object('month', v.month, 'statements', v.statements, 'spent', exact_eur(v.spent), 'corrections', exact_eur(v.corrections), 'currency', 'EUR', 'still_open', v.open, 'over_cap', v.overrun));
  end loop;
  return jsonb_build_object('told', exists (select from notice where key = 'month.closed ' || p_month), 'left', v_left);
end $$;

select purser.edit_function('verify_statements', format('v_faults || %L', fault), format('v_faults || text %L', fault))
  from unnest(array['it does not follow the statement before', 'it does not begin where the statement before ends', 'its hash is not that of what it says']) fault;

revoke execute on all functions in schema purser from public;
grant execute on function purser.tell_month_closed, purser.verify_statements to purser_app;
