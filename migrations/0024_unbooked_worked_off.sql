-- 0024: what could not be booked is worked off. People list it, have it tried once more, or put it aside with a reason.
-- Why: an answer that waits for a person waits for ever when no person can end it; its month could not be dropped, and every audit would name it.
-- Locks: purser.unbooked exclusively, for a moment.   Undo: drop what is new here.

alter table purser.unbooked
  add resolved_how text constraint unbooked_how check (resolved_how in ('booked', 'put_aside')),
  add resolved_why text;

-- What waits for a person, the oldest first, a page at a time.
create function purser.list_unbooked(p_after bigint, p_limit int) returns jsonb
language plpgsql stable security definer set search_path = purser, pg_temp as $$
begin
  perform purser.require_limit(p_limit);
  return (select coalesce(jsonb_agg(jsonb_build_object('id', id, 'at', at, 'reservationId', reservation_id, 'account', request ->> 'account',
      'cost', request ->> 'cost', 'reason', reason) order by id), '[]')
    from (select * from purser.unbooked where resolved_at is null and id > p_after order by id limit p_limit) u);
end $$;

-- A person ends one item, once. `booked`: it is tried again, as when it came; what stands in the way is an error, and it goes on waiting. `put_aside`: it
-- is not booked; the reason says where its money is. The same again has no effect.
create function purser.resolve_unbooked(p_id bigint, p_how text, p_why text) returns jsonb
language plpgsql security definer set search_path = purser, pg_temp as $$
declare
  u purser.unbooked;
begin
  if coalesce(btrim(p_why), '') = '' then perform purser.fail('bad_input', 'a reason is needed'); end if;
  perform purser.share_months();
  select * into u from purser.unbooked where id = p_id for update;
  if not found then perform purser.fail('not_found', format('there is nothing unbooked with the id %s', p_id)); end if;
  if u.resolved_at is not null then
    if u.resolved_how is distinct from p_how then
      perform purser.fail('conflict', format('item %s was %s at %s: %s', p_id, replace(coalesce(u.resolved_how, 'ended'), '_', ' '), u.resolved_at, u.resolved_why));
    end if;
    return jsonb_build_object('changed', false, 'reservationId', u.reservation_id);
  end if;
  if p_how = 'booked' then
    if purser.is_too_old(u.reservation_id) then perform purser.settle_dropped(u.reservation_id, u.token, u.request);
    else perform purser.settle_or_fail(u.reservation_id, u.token, u.request); end if;
  end if;
  update purser.unbooked set resolved_at = clock_timestamp(), resolved_how = p_how, resolved_why = p_why where id = p_id;
  return jsonb_build_object('changed', true, 'reservationId', u.reservation_id);
end $$;

revoke execute on function purser.list_unbooked, purser.resolve_unbooked from public;
grant execute on function purser.list_unbooked, purser.resolve_unbooked to purser_app;
