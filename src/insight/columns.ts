import type { Figure } from './figures.ts'
import { type Currency, type SpentMoney, spentText } from './spending.ts'
import { nano, picoUsd } from '../domain/money.ts'
import type { Group, Sums } from './groups.ts'
import { averageCell, decimalCell, percentCell, roundedDiv, type Cell, type TableColumn } from './table.ts'

/** A group of an answer, beside the whole and beside what it was in the time before. */
export interface GroupRow<F extends Figure = Figure> {
  readonly group: Group<F>
  readonly whole: Sums<'cost' | 'pico_usd'>
  /** Undefined where nobody asked for it. */
  readonly before: Sums<F> | undefined
  /** The days on which it had calls. */
  readonly days: number
}

type Of<F extends Figure> = TableColumn<GroupRow<F>>

export const totalOf = (s: Sums<'cost' | 'pico_usd'>): SpentMoney => ({ eur: nano(s.cost), usd: picoUsd(s.pico_usd) })
const inputOf = (s: Sums<'input_cost' | 'input_usd'>): SpentMoney => ({ eur: nano(s.input_cost), usd: picoUsd(s.input_usd) })
const outputOf = (s: Sums<'output_cost' | 'output_usd'>): SpentMoney => ({ eur: nano(s.output_cost), usd: picoUsd(s.output_usd) })

/** The value of a dimension: the n-th that was asked by. */
export const nameColumn = (name: string, n: number, about = 'Null: of calls that have none'): Of<never> => ({
  name,
  kind: 'text',
  about,
  of: ({ group }) => group.names[n] ?? null,
})

const money = <F extends Figure>(name: string, about: string, of: (s: Sums<F>) => SpentMoney): Of<F> => ({
  name,
  kind: 'money',
  about,
  of: ({ group }, currency) => spentText(of(group.sums), currency),
})

export const count = <F extends Figure>(name: string, about: string, of: (s: Sums<F>) => bigint): Of<F> => ({
  name,
  kind: 'count',
  about,
  of: ({ group }) => Number(of(group.sums)),
})

export const euros = <F extends Figure>(name: string, about: string, of: (s: Sums<F>) => bigint): Of<F> => ({
  name,
  kind: 'eur',
  about,
  of: ({ group }) => decimalCell(of(group.sums), 9),
})

export const percent = <F extends Figure>(name: string, about: string, of: (s: Sums<F>) => readonly [bigint, bigint]): Of<F> => ({
  name,
  kind: 'percent',
  about,
  of: ({ group }) => percentCell(...of(group.sums)),
})

export const totalCost = money('total_cost', 'Of all its calls', totalOf)
export const inputCost = money('input_cost', 'Of input tokens', inputOf)
export const outputCost = money('output_cost', 'Of output tokens', outputOf)
export const otherCost = money(
  'other_cost',
  'Neither: paid by the piece, presumed, or corrected by a bill. The three are the whole',
  otherOf,
)

function otherOf(s: Sums<'cost' | 'pico_usd' | 'input_cost' | 'input_usd' | 'output_cost' | 'output_usd'>): SpentMoney {
  return { eur: nano(s.cost - s.input_cost - s.output_cost), usd: picoUsd(s.pico_usd - s.input_usd - s.output_usd) }
}

export const calls = (name: 'call_count' | 'request_count') =>
  count<'calls'>(name, 'Requests that have ended, failed ones too, and usages that were tracked', (s) => s.calls)
export const failed = count<'failed'>('failed_count', 'Of these, those without an answer', (s) => s.failed)
export const inputTokens = count<'input_tokens'>('input_tokens', 'Cached ones among them', (s) => s.input_tokens)
export const outputTokens = count<'output_tokens'>('output_tokens', 'Thoughts among them', (s) => s.output_tokens)
export const totalTokens = count<'tokens'>('total_tokens', 'In and out', (s) => s.tokens)

export const averageCost = (name: 'avg_cost' | 'average_cost'): Of<'cost' | 'pico_usd' | 'calls'> => ({
  name,
  kind: 'money',
  about: 'Of a call: the total, divided by the calls',
  of: ({ group }, currency) => averageCell(totalOf(group.sums), group.sums.calls, currency) ?? spentText(totalOf(group.sums), currency),
})

/** A part of the cost in one currency. */
const costIn = (s: Sums<'cost' | 'pico_usd'>, currency: Currency): bigint => (currency === 'EUR' ? s.cost : s.pico_usd)

export const share: Of<'cost' | 'pico_usd'> = {
  name: 'share',
  kind: 'percent',
  about: 'Of the whole, in percent',
  of: ({ group, whole }, currency) => percentCell(costIn(group.sums, currency), costIn(whole, currency)),
}

export const change: Of<'cost' | 'pico_usd'> = {
  name: 'change',
  kind: 'percent',
  about: 'Against as long a time before, in percent; null where nothing was spent then',
  of: ({ group, before }, currency) =>
    before === undefined ? null : percentCell(costIn(group.sums, currency) - costIn(before, currency), costIn(before, currency)),
}

/** What a million of something costs: nine digits of EUR, twelve of USD. */
export function perMillion(cost: SpentMoney, quantity: bigint, currency: Currency): Cell {
  if (quantity === 0n) return null
  return currency === 'EUR'
    ? decimalCell(roundedDiv(cost.eur * 1_000_000n, quantity), 9)
    : decimalCell(roundedDiv(cost.usd * 1_000_000n, quantity), 12)
}

export const inputPrice: Of<'input_cost' | 'input_usd' | 'input_tokens'> = {
  name: 'input_price',
  kind: 'price',
  about: 'What a million input tokens came to, cached ones among them',
  of: ({ group: { sums: s } }, currency) => perMillion(inputOf(s), s.input_tokens, currency),
}

export const outputPrice: Of<'output_cost' | 'output_usd' | 'output_tokens'> = {
  name: 'output_price',
  kind: 'price',
  about: 'What a million output tokens came to',
  of: ({ group: { sums: s } }, currency) => perMillion(outputOf(s), s.output_tokens, currency),
}
