-- 0019: the attempts whose outcome nobody knows, for people who may.
-- Why: what is in doubt or presumed must be found, to be corrected, without reading the attempts of years.
-- Locks: purser.entry against writes while it is read once, for its index.   Undo: drop what is new here.

-- Presumptions are rare, and never forgotten: found without reading the attempts of years.
create index entry_presumed on purser.entry (reservation) where kind = 'presume';

-- Attempts in doubt or presumed, by id (so by the start of their jobs), after one, a page at a time. `presumedFrom` is when a person may say that
-- one in doubt cost nothing. What was reserved before `swept_to` is not in doubt any more.
create function purser.list_doubtful(p_in_doubt boolean, p_presumed boolean, p_account text, p_after uuid, p_limit int) returns jsonb
language plpgsql stable security definer set search_path = purser, pg_temp as $$
begin
  perform purser.require_limit(p_limit);
  return (select coalesce(jsonb_agg(jsonb_build_object('reservationId', (d.r).id, 'call', (d.r).call, 'workflowId', c.workflow_id, 'callId', c.call_id,
      'account', s.account, 'model', s.terms ->> 'model', 'state', (d.r).state, 'amount', (d.r).amount::text, 'sentAt', (d.r).dispatched_at,
      'presumedFrom', purser.presumed_from(d.r), 'why', (d.r).ended_why) order by (d.r).id), '[]')
    from (select x.r from (
            -- Apart, so that each is found in its own way: by time, and by the entries.
            select r from purser.reservation r where p_in_doubt and r.state = 'in_doubt' and r.at >= (select swept_to from purser.ledger_state)
            union all
            select r from (select distinct reservation as id from purser.entry where kind = 'presume' and reservation > p_after) e
              join purser.reservation r on r.id = e.id where p_presumed and r.state = 'presumed') x
           where (x.r).id > p_after and (p_account is null or (x.r).scope in (select id from purser.scope where account = p_account))
           order by (x.r).id limit p_limit) d
    join purser.call c on c.id = (d.r).call join purser.scope s on s.id = (d.r).scope);
end $$;

revoke execute on function purser.list_doubtful from public;
grant execute on function purser.list_doubtful to purser_app;
