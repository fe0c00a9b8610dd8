/** What the ledger has in its tables, as plain data for a checker. Reads only; draws no conclusion. */
import type { Sql } from 'postgres'

export interface Line {
  readonly period: number
  readonly version: number
  readonly cap: bigint
  readonly reserved: bigint
  readonly spent: bigint
}

export interface Entry {
  readonly id: string
  readonly kind: string
  readonly reservation: string | null
  readonly key: string | null
  readonly reason: string | null
  readonly reservedIds: readonly string[]
  readonly settledIds: readonly string[]
  readonly settledCosts: readonly bigint[]
  readonly lines: readonly Line[]
}

export interface Attempt {
  readonly id: string
  readonly call: string
  readonly ask: number
  readonly attempt: number
  readonly state: string
  readonly amount: bigint
  readonly cost: bigint | null
  readonly token: string | null
  readonly handedOnFrom: string | null
  readonly periods: readonly number[]
}

export interface Balance {
  readonly period: number
  readonly cap: bigint
  readonly reserved: bigint
  readonly spent: bigint
  readonly overrun: bigint
  readonly version: number
}

export interface Tables {
  readonly periods: readonly { readonly id: number; readonly budget: number }[]
  readonly balances: readonly Balance[]
  readonly entries: readonly Entry[]
  readonly attempts: readonly Attempt[]
  readonly refusals: readonly { readonly call: string; readonly ask: number }[]
  readonly receipts: readonly { readonly reservation: string; readonly token: string; readonly cost: bigint }[]
  readonly calls: readonly { readonly id: string; readonly runs: readonly string[]; readonly closedRuns: readonly string[] }[]
}

interface RawEntry extends Pick<Entry, 'id' | 'kind' | 'reservation' | 'key' | 'reason'> {
  readonly reservedIds: string[] | null
  readonly settledIds: string[] | null
  readonly settledCosts: string[] | null
  readonly periods: number[]
  readonly versions: number[]
  readonly caps: string[] | null
  readonly reserved: string[]
  readonly spent: string[]
}

/** Nobody may be writing: these are several statements. */
export async function readTables(owner: Sql<{ bigint: bigint }>): Promise<Tables> {
  const [periods, balances, entries, attempts, refusals, receipts, calls] = await Promise.all([
    owner<{ id: number; budget: number }[]>`select id, budget_id as budget from purser.budget_period order by id`,
    owner<Balance[]>`
      select budget_period_id as period, cap, reserved, spent, overrun, version::int from purser.balance order by 1`,
    owner<RawEntry[]>`
      select id::text, kind, reservation, key, reason, to_jsonb(reserved_ids) as "reservedIds", to_jsonb(settled_ids) as "settledIds",
        to_jsonb(settled_costs::text[]) as "settledCosts", to_jsonb(period_ids) as periods, to_jsonb(versions) as versions,
        to_jsonb(cap_changes::text[]) as caps, to_jsonb(reserved_changes::text[]) as reserved, to_jsonb(spent_changes::text[]) as spent
        from purser.entry order by entry.id`,
    owner<Attempt[]>`
      select r.id, call, ask, attempt, state, amount, cost, token, handed_on_from as "handedOnFrom", to_jsonb(l.period_ids) as periods
        from purser.reservation r join purser.linked_set l on l.id = r.linked_set order by r.id`,
    owner<{ call: string; ask: number }[]>`select call, ask from purser.refusal order by call, ask`,
    owner<{ reservation: string; token: string; cost: bigint }[]>`
      select reservation_id as reservation, token, cost from purser.receipt order by 1, 2`,
    owner<{ id: string; runs: string[]; closedRuns: string[] }[]>`
      select id, to_jsonb(run_ids) as runs, to_jsonb(closed_runs) as "closedRuns" from purser.call order by id`,
  ])
  return { periods, balances, entries: entries.map(entryOf), attempts, refusals, receipts, calls }
}

const entryOf = ({ id, kind, reservation, key, reason, ...raw }: RawEntry): Entry => ({
  id,
  kind,
  reservation,
  key,
  reason,
  reservedIds: raw.reservedIds ?? [],
  settledIds: raw.settledIds ?? [],
  settledCosts: (raw.settledCosts ?? []).map(BigInt),
  lines: raw.periods.map((period, i) => ({
    period,
    version: raw.versions[i] ?? 0,
    cap: BigInt(raw.caps?.[i] ?? 0),
    reserved: BigInt(raw.reserved[i] ?? 0),
    spent: BigInt(raw.spent[i] ?? 0),
  })),
})
