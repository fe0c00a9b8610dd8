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

/** What must hold, always (ARCHITECTURE.md says why). */
const CHECKS: readonly Check[] = [
  {
    invariant: 'overrun is exactly what reserved + spent exceed the cap by',
    query: `select budget_period_id::text as at, format('cap %s, reserved %s, spent %s, overrun %s', cap, reserved, spent, overrun) as found
      from purser.balance where overrun is distinct from greatest(0, reserved + spent - cap) or reserved < 0 or spent < 0`,
  },
  {
    invariant: 'reserved is the sum of the open reservations',
    query: `select b.budget_period_id::text as at, format('counter %s, reservations %s', b.reserved, coalesce(s.total, 0)) as found
      from purser.balance b left join (select unnest(budget_period_ids) as id, purser.total(amount) as total from purser.reservation
        where state in ('reserved', 'dispatched', 'in_doubt') group by 1) s on s.id = b.budget_period_id
      where b.reserved <> coalesce(s.total, 0)`,
  },
  {
    invariant: 'spent is the sum of what ended reservations cost, and of entries without a reservation',
    query: `select b.budget_period_id::text as at, format('counter %s, reservations %s, other entries %s', b.spent, coalesce(s.total, 0), coalesce(o.total, 0)) as found
      from purser.balance b
      left join (select unnest(budget_period_ids) as id, purser.total(cost) as total from purser.reservation where cost is not null group by 1) s
        on s.id = b.budget_period_id
      left join (select l.budget_period_id as id, purser.total(l.spent_change) as total from purser.entry_line l join purser.entry e on e.id = l.entry
        where e.reservation is null group by 1) o on o.id = b.budget_period_id
      where b.spent <> coalesce(s.total, 0) + coalesce(o.total, 0)`,
  },
  {
    invariant: 'counters are the fold of the entries, and versions have no gaps',
    query: `select b.budget_period_id::text as at, format('cap %s/%s, reserved %s/%s, spent %s/%s, version %s, lines %s',
        b.cap, f.cap, b.reserved, f.reserved, b.spent, f.spent, b.version, f.lines) as found
      from purser.balance b left join (select budget_period_id as id, purser.total(cap_change) as cap, purser.total(reserved_change) as reserved,
        purser.total(spent_change) as spent, count(*) as lines, max(version) as last from purser.entry_line group by 1) f on f.id = b.budget_period_id
      where (b.cap, b.reserved, b.spent, b.version, b.version) is distinct from (f.cap, f.reserved, f.spent, f.lines, f.last)`,
  },
  {
    invariant: 'no version ever admitted past its cap: only a cost, a cap cut or a hand-on can overrun',
    query: `select format('%s version %s', budget_period_id, version) as at, format('reserved %s more with %s left', reserved_change, free) as found
      from (select l.*, e.kind, coalesce(purser.total(l.cap_change - l.reserved_change - l.spent_change)
        over (partition by l.budget_period_id order by l.version rows between unbounded preceding and 1 preceding), 0) as free
        from purser.entry_line l join purser.entry e on e.id = l.entry) x
      where x.kind = 'reserve' and x.reserved_change > x.free`,
  },
  {
    invariant: 'a reservation stands on all its budgets or on none',
    query: `select r.id::text as at, format('budget periods %s, booked on %s', r.budget_period_ids, b.ids) as found
      from purser.reservation r join (select e.id, e.reservation, array_agg(l.budget_period_id order by l.budget_period_id) as ids
        from purser.entry e join purser.entry_line l on l.entry = e.id where e.reservation is not null group by e.id) b on b.reservation = r.id
      where b.ids <> r.budget_period_ids`,
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
    query: `select p.id::text as at, format('receipt %s nano-EUR %s pico-USD, lines %s and %s, terms kept: %s', p.cost, p.pico_usd, l.nano, l.pico, l.kept) as found
      from purser.receipt p left join (select c.receipt, purser.total(c.nano_eur) as nano, purser.total(c.pico_usd) as pico,
        bool_and(c.pico_usd_per = k.pico_usd_per and c.per = k.per and c.usd_micros_per_eur = t.usd_micros_per_eur
          and c.rate_id = coalesce(r.rate_id, c.rate_id)
          and c.pico_usd = div(c.quantity::numeric * k.pico_usd_per + k.per - 1, k.per)
          and c.nano_eur = div(c.pico_usd::numeric * 1000 + t.usd_micros_per_eur - 1, t.usd_micros_per_eur)) as kept
        from purser.cost_line c join purser.price k on k.id = c.price_id join purser.rate t on t.id = c.rate_id
        join purser.receipt q on q.id = c.receipt left join purser.reservation r on r.id = q.reservation_id and r.token = q.token
        group by 1) l on l.receipt = p.id
      where p.cost <> coalesce(l.nano, p.cost) or p.pico_usd <> coalesce(l.pico, 0) or not coalesce(l.kept, true)`,
  },
  {
    invariant: 'every line is charged at the price in force when its request was sent, unless it is flagged unpriced',
    query: `select c.receipt::text as at, format('%s: price %s, sent %s', c.unit, c.price_id, r.dispatched_at) as found
      from purser.cost_line c join purser.receipt p on p.id = c.receipt and not 'unpriced' = any (p.flags)
      join purser.reservation r on r.id = p.reservation_id and r.token = p.token join purser.price k on k.id = c.price_id
      where r.dispatched_at < k.effective_from or r.dispatched_at >= k.effective_until
        or exists (select from purser.price s where (s.provider, s.model, s.unit, s.tier) = (k.provider, k.model, k.unit, k.tier)
          and s.effective_from > k.effective_from and s.effective_from <= r.dispatched_at)`,
  },
  {
    invariant: 'every receipt is booked: on its reservation, or as spent without cover',
    query: `select p.id::text as at, 'no entry' as found from purser.receipt p
      where not exists (select from purser.entry e join purser.reservation r on r.id = e.reservation
          where e.kind = 'settle' and r.id = p.reservation_id and r.token = p.token)
        and not exists (select from purser.entry e where e.kind = 'uncovered' and e.key = format('%s %s', p.reservation_id, p.token))`,
  },
  {
    invariant: 'an answered call holds no money that was not sent',
    query: `select r.id::text as at, r.state as found from purser.reservation r join purser.call c on c.id = r.call
      where c.answered_by is not null and r.state = 'reserved'`,
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
  const held = `select null, null, null, count(*)::int, purser.total(amount) from purser.reservation where state = 'in_doubt'`
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
