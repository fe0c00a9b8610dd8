-- 0059: freezing and dropping a month wait until an autovacuum that is in their way has ended.
-- Why: an autovacuum that works on a table of a month ends for who wants the table, but Postgres looks for it only when somebody has waited for
--   deadlock_timeout (a second, as it comes). Both steps gave up at that very moment: the month stayed busy as long as autovacuum took.
-- Locks: the two functions, for a moment.
-- Undo: alter function purser.freeze_month set lock_timeout = '1s'; the same of purser.drop_month.

alter function purser.freeze_month set lock_timeout = '1500ms';
alter function purser.drop_month set lock_timeout = '1500ms';
