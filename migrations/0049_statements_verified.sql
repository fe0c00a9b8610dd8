-- 0049: what is wrong with a statement is said.
-- Why: three of the faults that `verify_statements` finds (a hash that is not that of what the statement says, a statement that does not follow the one before, or does
-- not begin where that one ends) ended it with "malformed array literal" instead: a text without a type beside an array is read as an array.
-- Locks: none; a function is replaced.   Undo: the function of 0038.

do $$
declare
  v_text text;
  v_fault text;
begin
  select pg_get_functiondef(oid) into strict v_text from pg_proc where pronamespace = 'purser'::regnamespace and proname = 'verify_statements';
  foreach v_fault in array array['it does not follow the statement before', 'it does not begin where the statement before ends', 'its hash is not that of what it says'] loop
    if position(format('v_faults || %L', v_fault) in v_text) = 0 then raise exception 'purser.verify_statements does not say "%"', v_fault; end if;
    v_text := replace(v_text, format('v_faults || %L', v_fault), format('v_faults || text %L', v_fault));
  end loop;
  execute v_text;
end $$;

revoke execute on all functions in schema purser from public;
grant execute on function purser.verify_statements to purser_app;
