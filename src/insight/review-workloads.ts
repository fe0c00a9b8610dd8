import { monthsLater, type Month } from '../domain/period.ts'
import { nano, type Nano } from '../domain/money.ts'
import { requireAll, GROUPS_MAX } from './questions/question.ts'
import type { Reading } from './reading.ts'
import { sums } from './sums.ts'
import type { Sums } from './groups.ts'

export interface MonthAsked {
  readonly month: Month
  readonly timeZone: string
  readonly account: string | undefined
}

const FIGURES = [
  'calls',
  'failed',
  'cost',
  'input_cost',
  'output_cost',
  'input_tokens',
  'output_tokens',
  'cached_tokens',
  'saved',
  'infrastructure',
  'timed',
  'duration_ms',
  'scored',
  'quality',
  'valued',
  'value',
] as const

export type WorkloadSums = Sums<(typeof FIGURES)[number]>

/** What a feature did with a model in a month. */
export interface Workload {
  /** Null: of calls that have none. */
  readonly feature: string | null
  readonly provider: string | null
  readonly model: string | null
  readonly sums: WorkloadSums
}

/** Dearest first. Throws PurserError `bad_input` where there are more than ten thousand. */
export async function workloadsOf(reading: Reading, { month, timeZone, account }: MonthAsked): Promise<Workload[]> {
  const { groups, groupCount } = await sums(reading, {
    from: `${month}-01`,
    to: `${monthsLater(month, 1)}-01`,
    timeZone,
    filter: account === undefined ? {} : { account },
    by: ['feature', 'provider', 'model'],
    figures: FIGURES,
    limit: GROUPS_MAX,
  })
  requireAll(groupCount)
  return groups.map(({ names: [feature = null, provider = null, model = null], sums: own }) => ({ feature, provider, model, sums: own }))
}

/** What several come to. */
export function summed(workloads: readonly Workload[]): WorkloadSums {
  const all = Object.fromEntries(FIGURES.map((figure) => [figure, 0n])) as Record<(typeof FIGURES)[number], bigint>
  for (const { sums: own } of workloads) for (const figure of FIGURES) all[figure] += own[figure]
  return all
}

export interface Totals {
  readonly cost: Nano
  /** Of the cost: of servers and storage. */
  readonly infrastructure: Nano
  readonly calls: bigint
  /** Of these, those without an answer. */
  readonly failed: bigint
}

export function totalsOf(workloads: readonly Workload[]): Totals {
  const all = summed(workloads)
  return { cost: nano(all.cost), infrastructure: nano(all.infrastructure), calls: all.calls, failed: all.failed }
}

export const byFeature = (workloads: readonly Workload[]): Map<string | null, Workload[]> =>
  Map.groupBy(workloads, ({ feature }) => feature)

/** A server or storage, and no model. */
export const isInfrastructure = ({ sums: s }: Workload): boolean => s.infrastructure !== 0n

/** Descending, by an amount. */
export const dearest =
  <T>(amountOf: (one: T) => bigint) =>
  (a: T, b: T): number => {
    const [left, right] = [amountOf(a), amountOf(b)]
    return left > right ? -1 : left < right ? 1 : 0
  }
