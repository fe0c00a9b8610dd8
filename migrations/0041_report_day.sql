-- 0041: a report's hour that a day does not have is not the next day's.
-- Why: where clocks go forward at 23:00 (Greenland), a report due at 23 was due on the next day: one day was left out, and the next one sent twice.
-- Locks: none.   Undo: purser.report_due_after of 0037.

-- The next time after a moment at which a day, week or month has ended and the hour has come; a day that has not that hour ends a second before the next one.
create or replace function purser.report_due_after(p_every text, p_hour int, p_time_zone text, p_after timestamptz) returns timestamptz language sql stable as $$
  select min(d.due) from generate_series(0, 2) n
    cross join lateral (select date_trunc(p_every, p_after at time zone p_time_zone) + n * ('1 ' || p_every)::interval as day) x
    cross join lateral (select least((x.day + make_interval(hours => p_hour)) at time zone p_time_zone,
      purser.first_instant(x.day + interval '1 day', p_time_zone) - interval '1 second') as due) d
   where d.due > p_after
$$;
