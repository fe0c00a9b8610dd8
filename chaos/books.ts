/** What the ledger has in its tables, as plain data for the judge. Reads only; draws no conclusion. */
import type { Sql } from 'postgres'

export interface Attempt {
  readonly id: string
  readonly account: string
  readonly workflowId: string
  readonly state: string
  /** Nano-EUR. */
  readonly amount: bigint
  readonly cost: bigint | null
  readonly source: string | null
  /** USD per EUR in millionths: the rate that it pinned. */
  readonly usdMicrosPerEur: bigint
  /** Of the execution that dispatched it. */
  readonly token: string | null
  readonly dispatchedAt: Date | null
  readonly periods: readonly number[]
}

/** What came back. One whose id or token no attempt has was booked without cover, on the periods that it names. */
export interface Receipt {
  readonly reservation: string
  readonly token: string
  readonly cost: bigint
  readonly picoUsd: bigint
  readonly periods: readonly number[] | null
}

/** What one entry did to one budget period: changes in nano-EUR. */
export interface Line {
  readonly period: number
  readonly version: number
  readonly kind: string
  readonly cap: bigint
  readonly reserved: bigint
  readonly spent: bigint
}

/** A refusal with the figures that it gave. */
export interface Refused {
  readonly job: string
  readonly period: number
  readonly cap: bigint
  readonly spent: bigint
  readonly reserved: bigint
  readonly needed: bigint
}

/** How a budget period stands. `thresholds` are the percents that are told of. */
export interface Balance {
  readonly period: number
  /** As in notices: `bdg_12 2026-11`. */
  readonly told: string
  readonly name: string
  readonly reserved: bigint
  readonly spent: bigint
  readonly thresholds: readonly number[]
}

/** A threshold as it was told: its budget and period (`bdg_12 2026-11`), and its percent. */
export interface Told {
  readonly about: string
  readonly percent: number
}

export interface Books {
  readonly attempts: readonly Attempt[]
  readonly receipts: readonly Receipt[]
  readonly lines: readonly Line[]
  readonly balances: readonly Balance[]
  readonly refusals: readonly Refused[]
  /** What the ledger could not book, and nobody has dealt with. */
  readonly unbooked: readonly { readonly reservation: string; readonly reason: string; readonly cost: bigint }[]
}

/** int8 must arrive as bigint. Nobody may be writing: these are several statements. */
export async function readBooks(owner: Sql<{ bigint: bigint }>): Promise<Books> {
  const [attempts, receipts, lines, balances, refusals, unbooked] = await Promise.all([
    attemptsOf(owner),
    owner<Receipt[]>`
      select reservation_id as reservation, token, cost, pico_usd as "picoUsd", to_jsonb(period_ids) as periods from purser.receipt`,
    owner<Line[]>`
      select l.budget_period_id as period, l.version::int, e.kind, l.cap_change as cap, l.reserved_change as reserved, l.spent_change as spent
        from purser.entry_line l join purser.entry e on e.id = l.entry order by 1, 2`,
    owner<Balance[]>`
      select v.budget_period_id as period, b.name || ' ' || p.period as name, format('bdg_%s %s', b.id, p.period) as told, v.reserved, v.spent, to_jsonb(b.thresholds) as thresholds
        from purser.balance v join purser.budget_period p on p.id = v.budget_period_id join purser.budget b on b.id = p.budget_id`,
    owner<Refused[]>`
      select c.workflow_id as job, p.id as period, (f.refusal ->> 'cap')::bigint as cap, (f.refusal ->> 'spent')::bigint as spent,
             (f.refusal ->> 'reserved')::bigint as reserved, (f.refusal ->> 'needed')::bigint as needed
        from purser.refusal f join purser.call c on c.id = f.call
        join purser.budget_period p on p.budget_id = (f.refusal -> 'budget' ->> 'id')::int and p.period = f.refusal -> 'budget' ->> 'period'`,
    owner<Books['unbooked'][number][]>`
      select reservation_id as reservation, reason, coalesce((request -> 'cost' ->> 'nanoEur')::bigint, 0) as cost
        from purser.unbooked where resolved_at is null`,
  ])
  return { attempts, receipts, lines, balances, refusals, unbooked }
}

/** The notices of thresholds. */
export async function readTold(owner: Sql<{ bigint: bigint }>): Promise<Told[]> {
  const notices = await owner<{ data: unknown }[]>`select data from purser.notice where type = 'budget.threshold'`
  return notices.map(({ data }) => toldOf(data))
}

/** What a notice of a threshold says. */
export function toldOf(data: unknown): Told {
  const { budget, evidence } = data as { budget: { id: string; period: string }; evidence: { percent: number } }
  return { about: `${budget.id} ${budget.period}`, percent: evidence.percent }
}

const attemptsOf = (owner: Sql<{ bigint: bigint }>) => owner<Attempt[]>`
  select r.id, s.account, c.workflow_id as "workflowId", r.state, r.amount, r.cost, r.cost_source as source, r.token, r.dispatched_at as "dispatchedAt",
         t.usd_micros_per_eur::bigint as "usdMicrosPerEur", to_jsonb(l.period_ids) as periods
    from purser.reservation r join purser.call c on c.id = r.call join purser.scope s on s.id = r.scope
    join purser.rate t on t.id = r.rate_id join purser.linked_set l on l.id = r.linked_set
   order by r.at, r.call, r.attempt`
