import { exactEur, exactUsd, nano, picoUsd, shortEur, type Nano, type PicoUsd } from '../domain/money.ts'
import type { Dimension } from './dimension.ts'
import type { Figure } from './figures.ts'
import type { Filter, Reading } from './reading.ts'
import type { Group, Sums } from './groups.ts'
import { sums, type TimeUnit } from './sums.ts'

export interface SpendingQuestion {
  /** The first day, and the first day after: `2026-11-01`, in `timeZone`. */
  readonly from: string
  readonly to: string
  readonly timeZone: string
  readonly filter: Filter
  readonly by: readonly Dimension[]
  readonly unit?: TimeUnit | undefined
  readonly limit: number
}

/** Money in both currencies: EUR as the ledger counts it, USD at the rate of each request. `input + output + other = total`. */
export interface SpentMoney {
  readonly eur: Nano
  readonly usd: PicoUsd
}

export const NO_MONEY: SpentMoney = { eur: nano(0n), usd: picoUsd(0n) }

export type Currency = 'EUR' | 'USD'

/** All digits: nine of EUR, twelve of USD. */
export const spentText = ({ eur, usd }: SpentMoney, currency: Currency): string => (currency === 'EUR' ? exactEur(eur) : exactUsd(usd))

/** For people: some digits of it. */
export const shortSpent = ({ eur, usd }: SpentMoney, currency: Currency): string => shortEur(currency === 'EUR' ? eur : nano(usd / 1000n))

export interface SpendingGroup {
  /** Where its hour, day, week or month begins; null without a unit. */
  readonly since: Date | null
  /** One value per dimension; null where a request has none. */
  readonly names: readonly (string | null)[]
  readonly total: SpentMoney
  readonly input: SpentMoney
  readonly output: SpentMoney
  /** Neither input nor output: paid by the piece, presumed, corrected by a bill, or of a month whose lines are dropped. Below zero where a bill was lower. */
  readonly other: SpentMoney
  readonly inputTokens: bigint
  readonly outputTokens: bigint
  /** Of the input tokens. */
  readonly cachedTokens: bigint
  /** Requests that have ended, and usages that were tracked. */
  readonly calls: bigint
  /** Of these, those without an answer. */
  readonly failed: bigint
}

/** What a group of spending is made of. */
const FIGURES = [
  'calls',
  'failed',
  'cost',
  'input_cost',
  'output_cost',
  'pico_usd',
  'input_usd',
  'output_usd',
  'input_tokens',
  'output_tokens',
  'cached_tokens',
] as const satisfies readonly Figure[]

type Spent = (typeof FIGURES)[number]

/**
 * What was spent, by dimensions and by time: in the order of the time, then dearest first. A request counts in the moment in which it was reserved, as in its
 * budgets, at what it costs as known now. What the house bears belongs to no account and no user. Throws PurserError `bad_input`.
 */
export async function spending(reading: Reading, q: SpendingQuestion): Promise<SpendingGroup[]> {
  const { groups } = await sums(reading, { ...q, figures: FIGURES })
  return groups.map(groupOf)
}

const spent = (eur: bigint, usd: bigint): SpentMoney => ({ eur: nano(eur), usd: picoUsd(usd) })

function groupOf({ since, names, sums: s }: Group<Spent>): SpendingGroup {
  return { since, names, ...spendingOf(s) }
}

/** Sums as money: what is neither input nor output is the rest. */
function spendingOf(s: Sums<Spent>): Omit<SpendingGroup, 'since' | 'names'> {
  const total = spent(s.cost, s.pico_usd)
  const input = spent(s.input_cost, s.input_usd)
  const output = spent(s.output_cost, s.output_usd)
  return {
    total,
    input,
    output,
    other: spent(total.eur - input.eur - output.eur, total.usd - input.usd - output.usd),
    inputTokens: s.input_tokens,
    outputTokens: s.output_tokens,
    cachedTokens: s.cached_tokens,
    calls: s.calls,
    failed: s.failed,
  }
}
