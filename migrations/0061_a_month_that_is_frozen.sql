-- 0061: what waits, was prepared or answered from the cache in a month stays right while that is frozen; and the cache takes no jobs of the future.
-- Why: a job that waited for money kept its place when its month was dropped: it was called first, could not come, and the money stood still for a minute. While a month was frozen, one
-- prepared call of it kept the savings of all others from being noted. Answers that its hits had named were removed, which no audit could explain any more.
-- Locks: the functions, for a moment.
-- Undo: edit_function of each, the other way round.

select purser.edit_function(e.name, e.was, e.is_now) from (values
  -- Nobody is in between: the months are held. None of its calls may ask any more.
  ('freeze_month', 'low_water = greatest(low_water, v_to);', E'low_water = greatest(low_water, v_to);\n  delete from waiter where call < first_id(v_to);'),
  ('trim_cache_answers', '(select low_water from ledger_state) - interval',
    'least((select low_water from ledger_state), (select min(month_start(month)) from dropped_month where dropped_at is null)) - interval'),
  ('take_prepared', 'where look_at <= v_now order by', 'where look_at <= v_now and id >= first_id((select low_water from ledger_state)) order by'),
  ('note_prepared', 'where id in (select (n ->> ''call'')::uuid from jsonb_array_elements(p_noted) n);',
    'where id in (select (n ->> ''call'')::uuid from jsonb_array_elements(p_noted) n) and id >= first_id((select low_water from ledger_state));'),
  ('ask_cache', 'v_first := first_id((select low_water from ledger_state));', E'v_first := first_id((select low_water from ledger_state));\n'
    '  perform fail(''bad_input'', format(''job "%s" cannot have started at %s'', j.job, started_at(j.call))) from unnest(p_calls, p_jobs) as j (call, job)\n'
    '   where started_at(j.call) > clock_timestamp() + interval ''1 day'';')) as e (name, was, is_now);
