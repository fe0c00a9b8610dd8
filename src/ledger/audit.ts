import type { Ledger } from './ledger.ts'

/** One broken promise: which, where, and the figures that disagree. */
export interface Violation {
  readonly invariant: string
  readonly where: string
  readonly found: string
}

export interface AuditResult {
  readonly checks: number
  readonly violations: readonly Violation[]
  /** Money that is reserved for attempts whose outcome is not known: no violation. */
  readonly held: { readonly attempts: number; readonly nanoEur: bigint }
}

interface Check {
  readonly invariant: string
  /** Answers one row (`at`, `found`) per violation. */
  readonly query: string
}

const LIMIT_PER_CHECK = 20

/**
 * What the attempt of an entry `e` reserved, and on which budget periods it stood then: from the attempt, or from what is kept of it when its month is
 * dropped. Before the house bore its presumed cost, it stood on the customer's budgets and not on the house's.
 */
const attempt = (id: string): string =>
  `left join purser.reservation r on r.id = ${id} left join purser.dropped_attempt d on d.id = ${id}
   join purser.linked_set ls on ls.id = coalesce(r.linked_set, d.linked_set)
   join lateral (select case when not ls.is_house then ls.period_ids else coalesce((
       select array(select p from unnest(ls.period_ids) as p where p <> all (hers.period_ids) union select unnest(theirs.period_ids) order by 1)
         from purser.entry theirs join purser.entry hers on hers.reservation = theirs.reservation and hers.kind = 'house' and hers.spent_changes[1] > 0
        where theirs.reservation = ${id} and theirs.kind = 'house' and theirs.spent_changes[1] < 0 and e.id < theirs.id), ls.period_ids) end as period_ids) s on true`

/** Of calls that began before, only what is kept is there. */
const DROPPED_BEFORE = 'select to_id from purser.dropped_month where dropped_at is not null order by month desc limit 1'

/** The requests that the entries name which are not in the facts yet. */
const NAMED_SINCE = `with behind as materialized (select e.kind, e.reservation, e.key, e.reason, e.settled_ids from purser.rollup_state s join purser.entry e on (e.xid, e.id) > (s.xid, s.id))
  select reservation as id from behind where reservation is not null
  union all select unnest(settled_ids) from behind
  union all select split_part(key, ' ', 1)::uuid from behind where kind = 'uncovered'
  union all select split_part(reason, ' ', 2)::uuid from behind where kind = 'hand_on'`

/** What must hold, always (ARCHITECTURE.md says why). */
const CHECKS: readonly Check[] = [
  {
    invariant: 'overrun is exactly what reserved + spent exceed the cap by',
    query: `select budget_period_id::text as at, format('cap %s, reserved %s, spent %s, overrun %s', cap, reserved, spent, overrun) as found
      from purser.balance where overrun is distinct from greatest(0, reserved + spent - cap) or reserved < 0 or (spent < 0 and not may_gain)`,
  },
  {
    invariant: 'reserved is the sum of the open reservations',
    query: `select b.budget_period_id::text as at, format('counter %s, reservations %s', b.reserved, coalesce(s.total, 0)) as found
      from purser.balance b left join (select unnest(l.period_ids) as id, purser.total(r.amount) as total from purser.reservation r
        join purser.linked_set l on l.id = r.linked_set where r.state in ('reserved', 'dispatched', 'in_doubt') group by 1) s on s.id = b.budget_period_id
      where b.reserved <> coalesce(s.total, 0)`,
  },
  {
    // The checkpoints stand for the dropped ones; what was booked on those afterwards comes on top.
    invariant: 'spent is the sum of what ended reservations cost, dropped ones too, and of entries without a reservation',
    query: `select b.budget_period_id::text as at, format('counter %s, reservations %s, checkpoints %s, corrected since %s, other entries %s',
        b.spent, coalesce(s.total, 0), coalesce(c.total, 0), coalesce(k.total, 0), coalesce(o.total, 0)) as found
      from purser.balance b
      left join (select c.budget_period_id as id, purser.total(c.spent) as total from purser.checkpoint c
        join purser.dropped_month m on m.month = c.month where m.dropped_at is not null group by 1) c on c.id = b.budget_period_id
      left join (select unnest(l.period_ids) as id, purser.total(d.corrected - coalesce(d.cost, 0)) as total from purser.dropped_attempt d
        join purser.linked_set l on l.id = d.linked_set where d.corrected is not null group by 1) k on k.id = b.budget_period_id
      left join (select unnest(l.period_ids) as id, purser.total(r.cost) as total from purser.reservation r
        join purser.linked_set l on l.id = r.linked_set where r.cost is not null group by 1) s on s.id = b.budget_period_id
      left join (select l.budget_period_id as id, purser.total(l.spent_change) as total from purser.entry_line l join purser.entry e on e.id = l.entry
        where e.reservation is null and e.kind <> 'calls' group by 1) o on o.id = b.budget_period_id
      where b.spent <> coalesce(s.total, 0) + coalesce(c.total, 0) + coalesce(k.total, 0) + coalesce(o.total, 0)`,
  },
  {
    invariant: 'counters are the fold of the entries, and versions have no gaps',
    query: `select coalesce(b.budget_period_id, f.id)::text as at, format('cap %s/%s, reserved %s/%s, spent %s/%s, version %s, lines %s',
        b.cap, f.cap, b.reserved, f.reserved, b.spent, f.spent, b.version, f.lines) as found
      from purser.balance b full join (select budget_period_id as id, purser.total(cap_change) as cap, purser.total(reserved_change) as reserved,
        purser.total(spent_change) as spent, count(*) as lines, count(distinct version) as versions, max(version) as last
        from purser.entry_line group by 1) f on f.id = b.budget_period_id
      where (b.cap, b.reserved, b.spent, b.version, b.version, b.version) is distinct from (f.cap, f.reserved, f.spent, f.lines, f.versions, f.last)`,
  },
  {
    // In a batch what its settles free counts before what its reserves take: `taken` is what was newly reserved.
    invariant: 'no version ever admitted past its cap: only a cost, a cap cut or a hand-on can overrun',
    query: `with taken as (
        select e.id as entry, p as period, purser.total(coalesce(r.amount, d.amount)) as taken from purser.entry e
          cross join unnest(case when e.kind = 'reserve' then array[e.reservation] else e.reserved_ids end) as i (id) ${attempt('i.id')} cross join unnest(s.period_ids) as p
         where e.kind in ('reserve', 'calls') group by 1, 2)
      select format('%s version %s', x.budget_period_id, x.version) as at, format('reserved %s more with %s left', t.taken, x.free_after + t.taken) as found
        from (select l.*, purser.total(l.cap_change - l.reserved_change - l.spent_change) over (partition by l.budget_period_id order by l.version) as free_after
          from purser.entry_line l) x
        join taken t on t.entry = x.entry and t.period = x.budget_period_id
       where t.taken > 0 and x.free_after < 0`,
  },
  {
    // But for a budget that was made later: it began with an entry for what was open.
    invariant: 'a reservation stands on all its budgets or on none',
    query: `select e.reservation::text as at, format('budget periods %s, booked on %s', s.period_ids, e.period_ids) as found
      from purser.entry e ${attempt('e.reservation')}
      where e.kind not in ('hand_on', 'house') and (not e.period_ids <@ s.period_ids or exists (select from unnest(s.period_ids) as p where p <> all (e.period_ids)
        and not exists (select from purser.entry o where o.kind = 'opening' and o.id > e.id and p = any (o.period_ids))))
      union all
      -- A version that changed nothing is one where all were refused.
      select e.id::text, format('booked %s, its calls are on %s', l, c.due) from purser.entry e
        join lateral (select array_agg(row(p, n, c) order by p)::text as due from (
          select p, purser.total(n) as n, purser.total(c) as c from (
            select unnest(s.period_ids) as p, coalesce(r.amount, d.amount) as n, 0::bigint as c from unnest(e.reserved_ids) as i (id) ${attempt('i.id')}
            union all
            select unnest(s.period_ids), -coalesce(r.amount, d.amount), i.cost from unnest(e.settled_ids, e.settled_costs) as i (id, cost) ${attempt('i.id')}) x
          where not exists (select from purser.entry o where o.kind = 'opening' and o.id > e.id and p = any (o.period_ids)) group by p) y where (n, c) <> (0, 0)) c on true
        join lateral (select array_agg(row(p, n, c) order by p)::text as l from unnest(e.period_ids, e.reserved_changes, e.spent_changes) as z (p, n, c)
            where (n, c) <> (0, 0)) b on true
      where e.kind = 'calls' and b.l is distinct from c.due`,
  },
  {
    invariant: 'what the house bears was carried there whole, and stands on no budget that names an account or a user',
    query: `select a.id::text as at, format('%s on budget periods %s, carried %s', a.amount, ls.period_ids, c.carried) as found
      from (select id, amount, linked_set from purser.reservation
        union all select id, amount, linked_set from purser.dropped_attempt d where not exists (select from purser.reservation r where r.id = d.id)) a
      join purser.linked_set ls on ls.id = a.linked_set
      cross join lateral (select array_agg(e.spent_changes[1] order by e.id) as carried from purser.entry e where e.kind = 'house' and e.reservation = a.id) c
      where ls.is_house and (c.carried is distinct from array[-a.amount, a.amount]
        or (select array_agg(b.scope ? 'house') filter (where b.scope ?| array['account', 'user', 'house']) from unnest(ls.period_ids) as p
              join purser.budget_period q on q.id = p join purser.budget b on b.id = q.budget_id) is distinct from array[true])
      union all
      select e.reservation::text, 'carried, but it stands elsewhere' from purser.entry e
        left join purser.reservation r on r.id = e.reservation left join purser.dropped_attempt d on d.id = e.reservation
        left join purser.linked_set ls on ls.id = coalesce(r.linked_set, d.linked_set)
      where e.kind = 'house' and not coalesce(ls.is_house, false)`,
  },
  {
    invariant: 'what bills hold beyond all attempts is on the house, once, and so is the difference of the euro',
    query: `select format('%s %s %s %s %s', t.kind, t.provider, t.day, t.model, t.unit) as at, format('total %s, entries %s on %s, budget period %s', t.total, e.spent, e.periods, t.budget_period_id) as found
      from purser.bill_rest t
      left join lateral (select purser.total(e.spent_changes[1]) as spent, count(*) as n, array_agg(distinct e.period_ids::text) as periods
        from generate_series(1, t.revision) n join purser.entry e on e.kind = t.kind and e.key = concat_ws(' ', t.provider, t.day, t.model, t.tier, nullif(t.unit, ''), '#' || n)) e on true
      where (e.spent, e.n, e.periods) is distinct from (t.total, t.revision::bigint, array[array[t.budget_period_id]::text])
        or not exists (select from purser.budget_period p join purser.budget b on b.id = p.budget_id where p.id = t.budget_period_id and b.scope ? 'house')
      union all
      select e.key, 'an entry without its key' from purser.entry e where e.kind in ('billed', 'fx')
        and (select purser.total(t.revision::bigint) from purser.bill_rest t) <> (select count(*) from purser.entry o where o.kind in ('billed', 'fx'))
      union all
      select v.budget_period_id::text, 'spent less than nothing, and is not of the house' from purser.balance v join purser.budget_period p on p.id = v.budget_period_id
        join purser.budget b on b.id = p.budget_id where v.may_gain and not b.scope ? 'house'`,
  },
  {
    invariant: 'an attempt whose bill is booked costs what its lines say, less what was booked of it without cover',
    query: `select x.attempt::text as at, format('%s nano-EUR (%s), billed %s', x.cost, x.source, x.eur) as found
      from (select l.attempt, l.slack, l.usd - coalesce(o.usd, 0) as usd, greatest(0, l.eur - coalesce(o.eur, 0)) as eur, coalesce(r.cost, d.corrected, d.cost) as cost,
          coalesce(r.cost_source, d.source) as source, p.cost as answered, p.pico_usd
        from (select l.attempt, purser.total(div(l.pico_usd::numeric * 1000 + m.micros - 1, m.micros)::bigint) as eur, sum(l.pico_usd) as usd, sum(l.pico_slack) as slack
          from purser.bill_line l left join purser.reservation r on r.id = l.attempt left join purser.rate e on e.id = r.rate_id
          cross join lateral (select coalesce(e.usd_micros_per_eur, (select usd_micros_per_eur from purser.rate where day <= l.day
            order by day desc, (why is not null) desc, id desc limit 1)) as micros) m
          where l.attempt is not null and l.is_booked group by l.attempt) l
        left join purser.reservation r on r.id = l.attempt left join purser.dropped_attempt d on d.id = l.attempt and r.id is null
        left join purser.receipt p on p.reservation_id = r.id and p.token = r.token
        left join lateral (select purser.total(y.pico_usd) as usd, purser.total(y.cost) as eur from purser.receipt y where y.reservation_id = l.attempt and y.period_ids is not null) o on true
        where r.id is not null or (d.id is not null and d.corrected is not null)) x
      where x.cost is distinct from x.eur and not (x.source is not distinct from 'answer' and x.cost = x.answered and abs(x.pico_usd - x.usd) <= x.slack)`,
  },
  {
    invariant: 'every settled reservation has a receipt, and costs what its receipt says',
    query: `select r.id::text as at, format('reservation %s, receipt %s', r.cost, p.cost) as found
      from purser.reservation r left join purser.receipt p on p.reservation_id = r.id and p.token = r.token
      where r.state = 'settled' and r.cost_source in ('answer', 'presumption') and r.cost is distinct from p.cost`,
  },
  {
    // Only a receipt without usage has no lines, and then no dollars either: it was booked at its bound.
    invariant: 'a receipt is the sum of its lines, and every line can be computed again from its price and the pinned rate',
    query: `select p.reservation_id::text as at, format('receipt %s nano-EUR %s pico-USD, lines %s and %s, terms kept: %s', p.cost, p.pico_usd, l.nano, l.pico, l.kept) as found
      from purser.receipt p left join (select c.reservation_id, c.token, purser.total(c.nano_eur) as nano, purser.total(c.pico_usd) as pico,
        bool_and(c.pico_usd_per = k.pico_usd_per and c.per = k.per and c.usd_micros_per_eur = t.usd_micros_per_eur
          and c.rate_id = coalesce(r.rate_id, c.rate_id)
          and c.pico_usd = div(c.quantity::numeric * k.pico_usd_per + k.per - 1, k.per)
          and c.nano_eur = div(c.pico_usd::numeric * 1000 + t.usd_micros_per_eur - 1, t.usd_micros_per_eur)) as kept
        from purser.cost_line c join purser.price k on k.id = c.price_id join purser.rate t on t.id = c.rate_id
        left join purser.reservation r on r.id = c.reservation_id and r.token = c.token
        group by 1, 2) l on l.reservation_id = p.reservation_id and l.token = p.token
      where p.cost <> coalesce(l.nano, p.cost) or p.pico_usd <> coalesce(l.pico, 0) or not coalesce(l.kept, true)`,
  },
  {
    invariant: 'every line is charged at the price in force when its request was sent, unless it is flagged unpriced',
    query: `select c.reservation_id::text as at, format('%s: price %s, sent %s', c.unit, c.price_id, r.dispatched_at) as found
      from purser.cost_line c join purser.receipt p on p.reservation_id = c.reservation_id and p.token = c.token and not (p.answer -> 'flags')::jsonb ? 'unpriced'
      join purser.reservation r on r.id = p.reservation_id and r.token = p.token join purser.price k on k.id = c.price_id
      where r.dispatched_at < k.effective_from or r.dispatched_at >= k.effective_until
        or exists (select from purser.price s where (s.provider, s.model, s.unit, s.tier, s.above_tokens) = (k.provider, k.model, k.unit, k.tier, k.above_tokens)
          and s.effective_from > k.effective_from and s.effective_from <= r.dispatched_at)`,
  },
  {
    invariant:
      'every attempt belongs to a call, a scope and a linked set; a call has one open attempt, and its attempts are numbered without a gap',
    query: `select r.call::text as at, format('attempts %s, open %s', array_agg(r.attempt order by r.attempt), count(*) filter (where r.state in ('reserved', 'dispatched'))) as found
      from purser.reservation r left join purser.call c on c.id = r.call left join purser.scope s on s.id = r.scope left join purser.linked_set l on l.id = r.linked_set
      group by r.call having bool_or(c.id is null or s.id is null or l.id is null) or count(*) filter (where r.state in ('reserved', 'dispatched')) > 1
        or max(r.attempt) <> count(*) or count(distinct r.attempt) <> count(*)`,
  },
  {
    invariant: 'every period belongs to a budget, every balance to a period, and every statement to an account',
    query: `select 'period ' || p.id as at, 'no budget ' || p.budget_id as found from purser.budget_period p where not exists (select from purser.budget b where b.id = p.budget_id)
      union all
      select 'balance ' || v.budget_period_id, 'no period' from purser.balance v where not exists (select from purser.budget_period p where p.id = v.budget_period_id)
      union all
      select format('statement %s of %s', s.month, s.account), 'no account' from purser.statement s where not exists (select from purser.account a where a.id = s.account)`,
  },
  {
    // `offset 0`, here and below: an entry is found by its key, also while the planner does not know yet that thousands have just come.
    invariant: 'every receipt is booked: on its reservation, or as spent without cover',
    query: `select p.reservation_id::text as at, 'no entry' as found from purser.receipt p
      left join purser.reservation r on r.id = p.reservation_id and r.token = p.token
      left join (select distinct unnest(settled_ids) as id from purser.entry) many on many.id = r.id
      where many.id is null and not exists (select from purser.entry e where e.kind = 'settle' and e.reservation = r.id offset 0)
        and not exists (select from purser.entry e where e.kind = 'uncovered' and e.key = format('%s %s', p.reservation_id, p.token) offset 0)
      union all
      select p.reservation_id::text, 'no entry' from purser.late_receipt p
      where case when p.is_covered then not exists (select from purser.entry e where e.kind = 'settle' and e.reservation = p.reservation_id offset 0)
        else not exists (select from purser.entry e where e.kind = 'uncovered' and e.key = format('%s %s', p.reservation_id, p.token) offset 0) end`,
  },
  {
    invariant: 'an answer from the cache is named by one entry, and what it saved is noted once',
    query: `select coalesce(h.call, i.id)::text as at, format('named by %s entries', count(i.id)) as found
      from purser.cache_hit h full join (select unnest(settled_ids) as id from purser.entry where kind = 'cached') i on i.id = h.call
      where h.call is not null or i.id >= coalesce((${DROPPED_BEFORE}), i.id)
      group by h.call, i.id having count(i.id) <> 1 or count(h.call) <> 1
      union all
      select format('scope %s', coalesce(h.scope, v.scope)), format('hits of %s, savings of %s', h.saved, v.saved)
      from (select k.scope, purser.total(k.saved) as saved from (select h.scope, a.cost as saved from purser.cache_hit h join purser.cache_answer a on a.id = h.answer
          union all select d.scope, d.saved from purser.dropped_hits d) k group by 1) h
      full join (select scope, purser.total(saved) as saved from purser.saving where key like 'cache %' and strategy = 'cache' group by 1) v on v.scope = h.scope
      where h.saved is distinct from v.saved`,
  },
  {
    // Only a usage whose month of booking is dropped has no lines any more.
    invariant:
      'every tracked usage is booked once, at the prices that held when it happened and a rate of then, unless it is flagged unpriced',
    query: `select t.key as at, format('%s nano-EUR, receipt %s, on budgets of its entry %s', t.cost, coalesce(p.cost, l.cost), e.spent_changes) as found
      from purser.tracked t left join purser.receipt p on p.reservation_id = t.reservation_id and p.token = t.token
      left join purser.late_receipt l on l.reservation_id = t.reservation_id and l.token = t.token
      left join lateral (select * from purser.entry where kind = 'uncovered' and key = format('%s %s', t.reservation_id, t.token) offset 0) e on true
      where coalesce(p.cost, l.cost) is distinct from t.cost or coalesce(p.at, l.at) is distinct from t.at or coalesce(p.scope, l.scope) is distinct from t.scope
        or e.id is null or t.cost <> any (e.spent_changes) or e.period_ids is distinct from coalesce(p.period_ids, e.period_ids)
      union all
      select t.key, format('%s: price %s, rate of %s, used %s', c.unit, c.price_id, m.day, t.at)
      from purser.tracked t join purser.receipt p on p.reservation_id = t.reservation_id and p.token = t.token and not (p.answer -> 'flags')::jsonb ? 'unpriced'
      join purser.cost_line c on c.reservation_id = t.reservation_id and c.token = t.token
      join purser.price k on k.id = c.price_id join purser.rate m on m.id = c.rate_id
      where m.day > (t.at at time zone 'UTC')::date or t.at < k.effective_from or t.at >= k.effective_until or k.tier <> t.tier
        or exists (select from purser.price s where (s.provider, s.model, s.unit, s.tier, s.above_tokens) = (k.provider, k.model, k.unit, k.tier, k.above_tokens)
          and s.effective_from > k.effective_from and s.effective_from <= t.at)`,
  },
  {
    invariant: 'an answered call has one first answer, and holds no money that was not sent',
    query: `select r.call::text as at, format('%s first answers, %s attempts not sent', count(*) filter (where r.answers), count(*) filter (where r.state = 'reserved')) as found
      from purser.reservation r group by r.call
      having count(*) filter (where r.answers) > 1 or (bool_or(r.answers) and bool_or(r.state = 'reserved'))
        or (bool_or(r.state = 'settled' and r.cost_source = 'answer') and not bool_or(r.answers))`,
  },
  {
    // Those that a late answer has copied before their page came are not in it yet.
    invariant: 'a checkpoint is the sum of what the attempts of its month had cost, and they are all kept',
    query: `select format('%s, budget period %s', coalesce(c.month, k.month), coalesce(c.budget_period_id, k.id)) as at,
        format('checkpoint %s of %s attempts, kept %s of %s', c.spent, c.attempts, k.spent, k.attempts) as found
      from purser.checkpoint c full join (select m.month, p as id, count(*) as attempts, purser.total(d.cost) as spent
          from purser.dropped_month m join purser.dropped_attempt d on d.id >= m.from_id and d.id <= m.kept_to
          join purser.linked_set l on l.id = d.linked_set, unnest(l.period_ids) as p group by 1, 2) k
        on k.month = c.month and k.id = c.budget_period_id
      where (c.attempts, c.spent) is distinct from (k.attempts, k.spent)`,
  },
  {
    // What was booked since counts as the ledger knows it now (`fresh`). An answer to a forgotten attempt of a forgotten scope has no fact.
    invariant: 'the facts, and what was booked since, are the requests that have ended, each at its cost',
    query: `select x.row_id::text as at, format('ledger: %s calls, %s nano-EUR; facts: %s calls, %s nano-EUR', x.calls, x.cost, x.fact_calls, x.fact_cost) as found
      from (select row_id, token, sum(calls) as calls, sum(cost) as cost, sum(fact_calls) as fact_calls, sum(fact_cost) as fact_cost from (
          select row_id, token, 1 as calls, coalesce(cost, 0) as cost, 0 as fact_calls, 0 as fact_cost from purser.request
           where state not in ('dispatched', 'in_doubt') and scope is not null
          union all select id, token, calls, cost, 0, 0 from purser.kept_request where scope is not null
          union all select i.id, '00000000-0000-0000-0000-000000000000', 1, 0, 0, 0 from purser.entry e cross join unnest(e.settled_ids) as i (id)
           where e.kind = 'cached' and i.id < (${DROPPED_BEFORE})
          union all select row_id, token, 0, 0, calls, cost from purser.fact) f
        group by 1, 2 having (sum(calls), sum(cost)) <> (sum(fact_calls), sum(fact_cost))) x
      where not exists (select from (${NAMED_SINCE}) n where n.id = x.row_id)`,
  },
  {
    // What waits is in the facts, and in no sum. Blocks of four days and more are only there where they were made.
    invariant: 'the sums of every set and level, with the changes that wait, are the facts of their time',
    query: `with by_hour as (
        select date_bin('1 hour', at, '1970-01-01T00:00:00Z') as hour, sum(calls) as calls, sum(cost) as cost
          from (select at, calls, cost from purser.fact union all select at, -calls, -cost from purser.fact_change) f group by 1),
      due as (
        select l.level, date_bin(l.size, h.hour, '1970-01-01T00:00:00Z') as since, sum(h.calls) as calls, sum(h.cost) as cost
          from by_hour h cross join purser.rollup_state s
          join (values (0, interval '1 hour'), (1, '1 day'), (2, '4 days'), (3, '16 days'), (4, '64 days')) as l (level, size) on l.level < 2 or h.hour < s.built_to[l.level - 1]
         group by 1, 2)
      select format('set %s, level %s, since %s', set, level, since) as at,
          format('facts: %s calls, %s nano-EUR; sums: %s calls, %s nano-EUR', sum(calls), sum(cost), sum(sum_calls), sum(sum_cost)) as found
        from (select t.id as set, d.level, d.since, d.calls, d.cost, 0 as sum_calls, 0 as sum_cost from due d join purser.rollup_set t on d.level > 0 or t.has_hours
          union all select set, level, since, 0, 0, sum(coalesce(calls, 0)), sum(coalesce(cost, 0)) from purser.rollup group by 1, 2, 3) x
       group by set, level, since having (sum(calls), sum(cost)) <> (sum(sum_calls), sum(sum_cost))`,
  },
  {
    // Over all time, by day; the other levels hold the same as the days that they cover.
    invariant: 'the sums of every account, model or other value are its facts, at every level',
    query: `with kinds as (
        select f.scope, f.is_house, purser.latency_of(f.duration_ms) as latency, case when f.is_repeat then to_hex(f.hash) end as prompt, sum(f.calls) as calls, sum(f.cost) as cost
          from (select scope, is_house, duration_ms, is_repeat, hash, calls, cost from purser.fact
            union all select scope, is_house, duration_ms, is_repeat, hash, -calls, -cost from purser.fact_change) f group by 1, 2, 3, 4),
      due as (
        select t.id as set, 1 as level, case t.dimensions[1] when 'latency' then k.latency when 'prompt' then k.prompt else purser.dimension(s.terms, k.is_house, t.dimensions[1]) end as a,
               case t.dimensions[2] when 'latency' then k.latency when 'prompt' then k.prompt else purser.dimension(s.terms, k.is_house, t.dimensions[2]) end as b, k.calls, k.cost
          from kinds k join purser.scope s on s.id = k.scope cross join purser.rollup_set t
        union all
        select r.set, l.level, r.a, r.b, r.calls, r.cost from purser.rollup r join purser.rollup_set t on t.id = r.set cross join purser.rollup_state s
          cross join (values (0), (2), (3), (4)) as l (level) where r.level = 1 and case when l.level = 0 then t.has_hours else r.since < s.built_to[l.level - 1] end)
      select format('set %s, level %s, %s', set, level, concat_ws(', ', a, b)) as at, format('facts: %s calls, %s nano-EUR; sums: %s calls, %s nano-EUR', sum(calls), sum(cost), sum(sum_calls), sum(sum_cost)) as found
        from (select set, level, a, b, calls, cost, 0 as sum_calls, 0 as sum_cost from due union all select set, level, a, b, 0, 0, calls, cost from purser.rollup) x
       group by set, level, a, b having (coalesce(sum(calls), 0), coalesce(sum(cost), 0)) <> (coalesce(sum(sum_calls), 0), coalesce(sum(sum_cost), 0))`,
  },
  {
    invariant: 'the page of a day is its sums',
    query: `select format('set %s, since %s', p.set, p.since) as at, format('page: %s lines; sums: %s lines, or others', p.lines, coalesce(d.lines, 0)) as found
        from purser.rollup_page p left join purser.packed_day d on d.set = p.set and d.since = p.since where to_jsonb(p) is distinct from to_jsonb(d)`,
  },
  {
    // Of each account: its lines, what became known since, and where it begins.
    invariant: 'a sealed statement is its facts less what became known since, its corrections are once, and it follows the one before',
    query: `with placed as (
        select s.*, lag(s.ends_at) over w as last_end, coalesce(lag(s.changes_to) over w, 0) as last_change, lag(s.hash) over w as last_hash, lag(s.month) over w as last_month
          from purser.statement s window w as (partition by s.account order by s.month)),
      line as (
        select account, month, sum(calls) as calls, sum(cost) as cost from (
          select p.account, p.month, f.calls, f.cost from placed p join purser.scope c on c.account = p.account
            join purser.fact f on f.scope = c.id and f.at >= p.covers_from and f.at < p.ends_at where not f.is_house
          union all select account, month, -calls, -cost from purser.statement_change) x group by 1, 2),
      correction as (
        select p.account, p.month, sum(c.cost) as cost, count(*) as count from placed p
          join purser.statement_change c on c.account = p.account and c.id > p.last_change and c.id <= p.changes_to group by 1, 2)
      select p.account || ' ' || p.month as at,
          format('%s nano-EUR of %s calls and %s of %s corrections; its facts: %s of %s, and %s of %s; before: %s', p.spent, p.calls, p.corrections, p.corrected, coalesce(l.cost, 0), coalesce(l.calls, 0),
            coalesce(c.cost, 0), coalesce(c.count, 0), p.last_month) as found
        from placed p left join line l on l.account = p.account and l.month = p.month left join correction c on c.account = p.account and c.month = p.month
       where (p.spent, p.calls, p.corrections, p.corrected) <> (coalesce(l.cost, 0), coalesce(l.calls, 0), coalesce(c.cost, 0), coalesce(c.count, 0))
          or p.covers_from <> coalesce(p.last_end, '-infinity') or p.previous is distinct from p.last_hash`,
  },
  {
    // What comes with a month moves no cap; of a raise that a cut had taken, nothing is left to take back.
    invariant: 'a change of plan, a raise and its end are what their entries say, once each',
    query: `select coalesce(c.key, e.key) as at, format('said %s more on %s, booked %s on %s', c.change, c.period, e.cap_changes, e.period_ids) as found
      from (select 'plan' as kind, key, nullif(cap_change, 0) as change, budget_period_id as period from purser.plan_change
          union all select 'cap', key, amount, budget_period_id from purser.temporary_raise
          union all select 'expire', key, -nullif(taken_back, 0), budget_period_id from purser.temporary_raise where taken_back > 0) c
        full join (select kind, key, cap_changes, period_ids from purser.entry where kind in ('plan', 'expire')
          union all select b.kind, b.key, b.cap_changes, b.period_ids from purser.temporary_raise r join purser.entry b on b.kind = 'cap' and b.key = r.key) e
        on e.kind = c.kind and e.key = c.key
      where c.key is null or e.key is null or e.cap_changes is distinct from case when c.change is not null then array[c.change] end
        or e.period_ids is distinct from case when c.change is null then '{}' else array[c.period] end`,
  },
  {
    invariant: 'nothing is left unbooked',
    query: `select id::text as at, reason as found from purser.unbooked where resolved_at is null`,
  },
]

/** Checks every invariant on the live database. One statement, so one snapshot, which takes no locks. Read-only. */
export async function audit({ sql }: Ledger): Promise<AuditResult> {
  const checks = CHECKS.map(
    ({ query }, index) =>
      `(select ${index} as broken, at, found::text, 0 as attempts, 0::bigint as nano from (${query}) c limit ${LIMIT_PER_CHECK})`,
  )
  const held = `select null, null, null, count(*)::int, purser.total(amount) from purser.reservation r
    where state = 'in_doubt' or (state = 'dispatched' and clock_timestamp() > purser.in_doubt_from(r))`
  const rows = await sql.unsafe<Found[]>([...checks, held].join('\nunion all\n'))
  const inDoubt = rows.find((row) => row.broken === null)
  return {
    checks: CHECKS.length,
    violations: rows.flatMap(({ broken, at, found }) =>
      broken === null ? [] : [{ invariant: CHECKS[broken]?.invariant ?? '', where: at, found }],
    ),
    held: { attempts: inDoubt?.attempts ?? 0, nanoEur: inDoubt?.nano ?? 0n },
  }
}

/** A violation of the check with this number; without a number: what is held in doubt. */
interface Found {
  readonly broken: number | null
  readonly at: string
  readonly found: string
  readonly attempts: number
  readonly nano: bigint
}
