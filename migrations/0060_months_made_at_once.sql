-- 0060: who finds that somebody else has just made the month he was about to make begins anew, in a transaction that sees it.
-- Why: the first calls of a month that nobody had made, some at once: those who had waited for the one that made it still did not see its tables, and failed.
-- Locks: the function, for a moment.
-- Undo: edit_function of make_partitions, the other way round.

select purser.edit_function('make_partitions', $x$    continue when to_regclass('purser.' || v_name) is not null;
$x$, $x$    continue when to_regclass('purser.' || v_name) is not null;
    -- What a transaction knows of tables is renewed when it begins, and when it locks another one; its snapshot is of now.
    if exists (select from pg_class where relname = v_name and relnamespace = 'purser'::regnamespace) then
      raise exception 'the tables of a month were made meanwhile' using errcode = 'PU002';
    end if;
$x$);
