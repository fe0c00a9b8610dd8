-- 0058: that what a page of a month's close writes belongs to something is seen once a statement, not row by row; and a page asks only for what it needs.
-- Why: a foreign key asks for, and locks, the other row for each of its own: a sixth of the time in which a month is opened and sealed, a quarter of what that writes to the log, and a new version
-- of each account, budget and period only to be locked. What it guards against can be ruled out: accounts, budgets and periods are never removed, and never get another id. From now on the
-- ledger refuses both, so what was there once is there for ever, and needs no lock; and it refuses a statement that writes a row which belongs to nothing.
-- Locks: access exclusive on account, budget, budget_period, balance and statement, for a moment.
-- Undo: the three foreign keys, drop what is new here, and the functions as in 0045 with the edits of 0048.

-- ── What belongs to what ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

create function purser.refuse_leaving() returns trigger language plpgsql as $$
begin
  raise exception 'what is in % stays, under its id: other rows belong to it', tg_table_name
    using errcode = 'foreign_key_violation', constraint = tg_name, hint = 'Archive a budget; suspend or cancel an account.';
end $$;

create trigger account_stays before delete or truncate or update of id on purser.account for each statement execute function purser.refuse_leaving();
create trigger budget_stays before delete or truncate or update of id on purser.budget for each statement execute function purser.refuse_leaving();
create trigger budget_period_stays before delete or truncate or update of id, budget_id on purser.budget_period for each statement execute function purser.refuse_leaving();
create trigger balance_stays before update of budget_period_id on purser.balance for each statement execute function purser.refuse_leaving();
-- A statement stays as it is: statement_append_only.

create function purser.refuse_orphans() returns trigger language plpgsql set search_path = purser, pg_temp set jit = off as $$
declare
  v_orphan text;
begin
  -- `offset 0`: each row by its index; joined, a page would be compared with all that there is.
  case tg_table_name
    when 'budget_period' then select n.budget_id into v_orphan from new_rows n where not exists (select from budget x where x.id = n.budget_id offset 0) limit 1;
    when 'balance' then select n.budget_period_id into v_orphan from new_rows n where not exists (select from budget_period x where x.id = n.budget_period_id offset 0) limit 1;
    when 'statement' then select n.account into v_orphan from new_rows n where not exists (select from account x where x.id = n.account offset 0) limit 1;
  end case;
  if v_orphan is not null then
    raise exception 'a new row of % belongs to %, which does not exist', tg_table_name, v_orphan using errcode = 'foreign_key_violation', constraint = tg_name;
  end if;
  return null;
end $$;

create trigger budget_period_of_a_budget after insert on purser.budget_period referencing new table as new_rows for each statement execute function purser.refuse_orphans();
create trigger balance_of_a_period after insert on purser.balance referencing new table as new_rows for each statement execute function purser.refuse_orphans();
create trigger statement_of_an_account after insert on purser.statement referencing new table as new_rows for each statement execute function purser.refuse_orphans();

alter table purser.budget_period drop constraint budget_period_budget_id_fkey;
alter table purser.balance drop constraint balance_budget_period_id_fkey;
alter table purser.statement drop constraint statement_account_fkey;

-- ── A page ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- Only of a line that failed and cost something it is asked whether that was presumed: the attempts lie in a table a month, and all of them were begun anew for each line.
select purser.edit_function(e.name, e.was, e.is_now) from (values
  ('seal_statements', 'as saved, total(r.cost) as presumed', E'as saved,\n'
    '               -- Without an answer, and not for nothing: presumed, or what somebody named.\n'
    '               total(case when f.is_line and f.failed > 0 and f.cost <> 0 then (select x.cost from reservation x where x.id = f.row_id and x.cost_source = ''presumption'') end) as presumed'),
  ('seal_statements', E'offset 0) f\n'
    '          -- Without an answer, and not for nothing: presumed, or what somebody named.\n'
    '          left join lateral (select x.cost from reservation x where f.is_line and f.failed > 0 and f.cost <> 0 and x.id = f.row_id and x.cost_source = ''presumption'' offset 0) r on true) l',
    'offset 0) f) l')) as e (name, was, is_now);
-- An account's newest row is the first one that its index names, backwards; a bitmap is made of all of them, and sorted.
alter function purser.open_periods set enable_bitmapscan = off;
alter function purser.seal_statements set enable_bitmapscan = off;

revoke execute on all functions in schema purser from public;
grant execute on function purser.open_periods, purser.seal_statements to purser_app;
