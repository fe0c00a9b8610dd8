-- 0054: the days of a range of UTC are found at once.
-- Why: a question by day cut each day into its whole hours and days, to find each time that it is one: a tenth of the time of its answer.
-- Locks: none; a function is replaced.   Undo: the function of 0044.

select purser.edit_function('parts', $t$
  while v_lo < v_until loop
    v_hi := case$t$, $t$
  if p_unit = 'day' and p_time_zone = 'UTC' and p_has_days and v_lo = bucket then
    level := 1;
    while v_lo + interval '24 hours' <= v_until loop
      bucket := v_lo; since := v_lo; v_lo := v_lo + interval '24 hours'; till := v_lo; return next;
    end loop;
    bucket := v_lo;
  end if;
  while v_lo < v_until loop
    v_hi := case$t$);
