import type { Sql } from 'postgres'
import { exactEur, exactUsd, nano, picoUsd, shortEur, type Nano, type PicoUsd } from '../domain/money.ts'
import type { Dimension } from './dimension.ts'
import { functionAnswer } from '../prices/function-answer.ts'

/** Where the ledger is read. */
export interface Reading {
  readonly sql: Sql<{ bigint: bigint }>
}

/** Scope values that a request must have: `{ feature: 'chat', labels: { tier: 'gold' } }`. */
export type Filter = Readonly<Record<string, string | Readonly<Record<string, string>> | undefined>>

export interface SpendingQuestion {
  /** The first day, and the first day after: `2026-11-01`, in `timeZone`. */
  readonly from: string
  readonly to: string
  readonly timeZone: string
  readonly filter: Filter
  readonly by: readonly Dimension[]
  readonly unit?: 'hour' | 'day' | 'week' | 'month' | undefined
  readonly limit: number
}

/** Money in both currencies: EUR as the ledger counts it, USD at the rate of each request. `input + output + other = total`. */
export interface SpentMoney {
  readonly eur: Nano
  readonly usd: PicoUsd
}

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
  /** Requests that went out, and usages that were tracked. */
  readonly calls: bigint
  /** Of these, those without an answer. */
  readonly failed: bigint
}

type Figures =
  | 'calls'
  | 'failed'
  | 'cost'
  | 'inputCost'
  | 'outputCost'
  | 'picoUsd'
  | 'inputPicoUsd'
  | 'outputPicoUsd'
  | 'inputTokens'
  | 'outputTokens'
  | 'cachedTokens'

type RawGroup = { readonly since: string | null; readonly names: readonly (string | null)[] } & Readonly<Record<Figures, string>>

/**
 * What was spent, by dimensions and by time: in the order of the time, then dearest first. A request counts in the moment in which it was reserved, as in its
 * budgets, at what it costs as known now. What the house bears belongs to no account and no user. Throws PurserError `bad_input`.
 */
export async function spending({ sql }: Reading, q: SpendingQuestion): Promise<SpendingGroup[]> {
  const raw = await functionAnswer(
    sql<{ answer: RawGroup[] }[]>`
    select purser.spending(p_from => ${q.from}::date, p_to => ${q.to}::date,
      p_filter => ${sql.json(q.filter as never)}, p_by => array(select json_array_elements_text(${sql.json(q.by)}::json)), p_unit => ${q.unit ?? null}, p_time_zone => ${q.timeZone},
      p_limit => ${q.limit}) as answer`,
  )
  return raw.map(groupOf)
}

const spent = (eur: bigint, usd: bigint): SpentMoney => ({ eur: nano(eur), usd: picoUsd(usd) })

function groupOf(raw: RawGroup): SpendingGroup {
  const total = spent(BigInt(raw.cost), BigInt(raw.picoUsd))
  const input = spent(BigInt(raw.inputCost), BigInt(raw.inputPicoUsd))
  const output = spent(BigInt(raw.outputCost), BigInt(raw.outputPicoUsd))
  return {
    since: raw.since === null ? null : new Date(raw.since),
    names: raw.names,
    total,
    input,
    output,
    other: spent(total.eur - input.eur - output.eur, total.usd - input.usd - output.usd),
    inputTokens: BigInt(raw.inputTokens),
    outputTokens: BigInt(raw.outputTokens),
    cachedTokens: BigInt(raw.cachedTokens),
    calls: BigInt(raw.calls),
    failed: BigInt(raw.failed),
  }
}
