-- 0040: what was measured and told in an hour, a day or a period is not told again of it, also when its alert was opened in an earlier one.
-- Why: an hour is now looked at in the next one, too, since it may come above its rule in its last seconds, or by calls that end behind it.
-- Locks: none.   Undo: purser.alert_on_measure of 0035.

create or replace function purser.alert_on_measure(p_measure jsonb) returns boolean language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  r purser.alert_rule;
begin
  perform purser.hold_alerts();
  if exists (select from purser.alert where rule = p_measure ->> 'rule' and subject = p_measure ->> 'subject' and last_seen = p_measure ->> 'window') then return false; end if;
  select * into r from purser.alert_rule where name = p_measure ->> 'rule' and enabled;
  return found and purser.raise_alert(r, p_measure || jsonb_build_object('occurrence', p_measure ->> 'window'));
end $$;
