-- 0029: a price that follows another is said before it begins.
-- Why: who dispatches a call has read the model's prices a moment before, and books the answer at these. A price that began between the two would be missed; nor could
-- one reading of the book serve the calls of several seconds. Now whatever was read is right for five seconds after it was read (src/prices/live-book.ts relies on it).
-- Locks: purser.price for a moment (a trigger).   Undo: drop trigger price_said_in_time and its function; put import_prices of 0023 back.

-- At the commit: where a model and tier has a price, a further row begins six seconds from now or later, or in the past (where none was in force: 0023); and what is
-- withdrawn ends six seconds from now or later. Five that are relied on, one for the commit itself. A model's or tier's first prices may begin at once: that there are none is never remembered.
create function purser.refuse_price_too_soon() returns trigger language plpgsql set search_path = purser, pg_temp as $$
declare
  v_soonest constant timestamptz := clock_timestamp() + interval '6 seconds';
begin
  if tg_op = 'UPDATE' then
    if new.effective_until is distinct from old.effective_until and new.effective_until < v_soonest then
      perform purser.fail('conflict', format('a price is withdrawn ten seconds from now at the earliest: %s/%s %s', new.provider, new.model, new.unit));
    end if;
    return null;
  end if;
  if new.effective_from >= transaction_timestamp() and new.effective_from < v_soonest and exists (select from purser.price p
       where p.provider = new.provider and p.model = new.model and p.tier = new.tier and p.effective_from < transaction_timestamp()
         and coalesce(p.effective_until, 'infinity') > transaction_timestamp() and (new.version is null or p.version is distinct from new.version)) then
    perform purser.fail('conflict', format('%s/%s has prices, so a further one (%s) begins ten seconds from now at the earliest', new.provider, new.model, new.unit));
  end if;
  return null;
end $$;
revoke execute on function purser.refuse_price_too_soon from public;
create constraint trigger price_said_in_time after insert or update on purser.price deferrable initially deferred
  for each row execute function purser.refuse_price_too_soon();

-- As in 0023; but rows without a begin begin ten seconds from now where the model and tier has prices, and so ends what is withdrawn without an end.
do $$
declare
  v_body text := pg_get_functiondef('purser.import_prices'::regproc);
  v_edited text;
begin
  v_edited := replace(v_body, $a$coalesce(i."effectiveFrom", v_now) as effective_from$a$, $b$coalesce(i."effectiveFrom", case when exists (select from purser.price p
             where p.provider = i.provider and p.model = i.model and p.tier = i.tier and p.effective_from <= v_now and coalesce(p.effective_until, 'infinity') > v_now)
             then v_now + interval '10 seconds' else v_now end) as effective_from$b$);
  v_edited := replace(v_edited, 'coalesce(e.until, v_now)', $b$coalesce(e.until, v_now + interval '10 seconds')$b$);
  if length(v_edited) < length(v_body) + 200 then
    raise exception 'import_prices is not the function that this migration edits';
  end if;
  execute v_edited;
end $$;
