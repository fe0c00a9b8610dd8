import { scaled } from '../domain/scaled.ts'
import { nano, type Nano } from '../domain/money.ts'
import { functionAnswer } from '../prices/function-answer.ts'
import type { Filter, Reading } from './reading.ts'
import { percentCell } from './table.ts'

/** What one strategy saved, of one feature, or of all, or what all strategies saved of a feature. */
export interface SavingsGroup {
  /** Null: all. */
  readonly strategy: string | null
  /** Undefined: all. Null: of calls that have none. */
  readonly feature: string | null | undefined
  /** That it saved on; of the cache its hits. None: it was on, and had no effect. */
  readonly calls: bigint
  /** That it looked at, so far as their month is kept. */
  readonly seen: bigint
  /** Of the cache: answers that were there, and that were not. */
  readonly hits: bigint
  readonly misses: bigint
  /** Below zero: it cost more. */
  readonly saved: Nano
  /** Input tokens that were not sent, estimated. */
  readonly tokens: bigint
  /** Of the feature's calls that somebody scored: those with the strategy, and the others. */
  readonly with: Scored
  readonly without: Scored
}

export interface Scored {
  readonly calls: bigint
  /** Sum of their quality, in thousandths. */
  readonly quality: bigint
}

/** Of the cache: hits ÷ (hits + misses) in percent, with two digits; null: nobody asked it. */
export const hitRateText = ({ hits, misses }: SavingsGroup): string | null => percentCell(hits, hits + misses)

/** A strategy that was on, and saved nothing. */
export const hadNoEffect = ({ calls }: SavingsGroup): boolean => calls === 0n
export const NO_EFFECT = 'on, no effect'

/** Average quality with three digits, rounded half up; null: nobody scored any. */
export const qualityText = ({ calls, quality }: Scored): string | null => {
  if (calls === 0n) return null
  const average = (quality * 2n + calls) / (calls * 2n)
  return `${average / 1000n}.${String(average % 1000n).padStart(3, '0')}`
}

export interface SavingsQuestion {
  readonly filter: Filter
  /** Of answers that were booked from then on, */
  readonly from: Date
  /** and before then. */
  readonly to: Date
}

interface Raw {
  readonly strategy: string
  readonly feature: string | null
  readonly calls: string
  readonly seen: string
  readonly misses: string
  readonly saved: string
  readonly tokens: string
  readonly scoredWith: string
  readonly qualityWith: string
  readonly scoredWithout: string
  readonly qualityWithout: string
}

const scoredOf = (calls: string, quality: string): Scored => ({ calls: BigInt(calls), quality: scaled(quality, 3).value })

/** By strategy and feature, the largest saving first; what was on and saved nothing is there too. The feature `*`: on for every feature, and nobody called. */
export async function savings({ sql }: Reading, { filter, from, to }: SavingsQuestion): Promise<SavingsGroup[]> {
  const raw = await functionAnswer(
    sql<{ answer: Raw[] }[]>`select purser.savings_of(${sql.json(filter as never)}, ${from}, ${to}) as answer`,
  )
  return raw.map(({ strategy, feature, ...r }) => ({
    strategy,
    feature,
    calls: BigInt(r.calls),
    seen: BigInt(r.seen),
    hits: strategy === 'cache' ? BigInt(r.calls) : 0n,
    misses: BigInt(r.misses),
    saved: nano(BigInt(r.saved)),
    tokens: BigInt(r.tokens),
    with: scoredOf(r.scoredWith, r.qualityWith),
    without: scoredOf(r.scoredWithout, r.qualityWithout),
  }))
}

export const SAVINGS_BY = ['strategy', 'feature', 'strategy_and_feature'] as const
export type SavingsBy = (typeof SAVINGS_BY)[number]

/** The same by less. By feature alone there is no quality with and without: a call may have had several strategies, so it would be counted more than once. */
export function grouped(groups: readonly SavingsGroup[], by: SavingsBy): SavingsGroup[] {
  if (by === 'strategy_and_feature') return [...groups]
  const keyed = Map.groupBy(groups, ({ strategy, feature }) => (by === 'strategy' ? strategy : (feature ?? null)))
  return [...keyed]
    .map(([key, some]) => {
      const sum = summedUp(some)
      return by === 'strategy' ? { ...sum, strategy: key } : { ...sum, feature: key, with: NOBODY, without: NOBODY }
    })
    .toSorted((a, b) => (a.saved < b.saved ? 1 : a.saved > b.saved ? -1 : 0))
}

const NOBODY: Scored = { calls: 0n, quality: 0n }
const together = (a: Scored, b: Scored): Scored => ({ calls: a.calls + b.calls, quality: a.quality + b.quality })

/** All of them together. A call on which two strategies saved counts twice. */
export const summedUp = (groups: readonly SavingsGroup[]): SavingsGroup =>
  groups.reduce<SavingsGroup>(
    (sum, one) => ({
      ...sum,
      calls: sum.calls + one.calls,
      seen: sum.seen + one.seen,
      hits: sum.hits + one.hits,
      misses: sum.misses + one.misses,
      saved: nano(sum.saved + one.saved),
      tokens: sum.tokens + one.tokens,
      with: together(sum.with, one.with),
      without: together(sum.without, one.without),
    }),
    {
      strategy: null,
      feature: undefined,
      calls: 0n,
      seen: 0n,
      hits: 0n,
      misses: 0n,
      saved: nano(0n),
      tokens: 0n,
      with: NOBODY,
      without: NOBODY,
    },
  )
