import { percentCell } from './table.ts'
import { PurserError } from '../domain/errors.ts'
import { nano, picoUsd } from '../domain/money.ts'
import { monthOf, monthsLater, type Month } from '../domain/period.ts'
import type { Dimension } from './dimension.ts'
import type { Filter, Reading } from './reading.ts'
import { NO_MONEY, type SpendingGroup, type SpendingQuestion, type SpentMoney, spending } from './spending.ts'

/** So many groups at most: a longer answer is refused, not cut. */
const GROUPS_MAX = 1000

/** Every group. Throws PurserError `bad_input` when they are more than a thousand. */
export async function allGroups(reading: Reading, question: Omit<SpendingQuestion, 'limit'>): Promise<SpendingGroup[]> {
  const groups = await spending(reading, { ...question, limit: GROUPS_MAX + 1 })
  if (groups.length <= GROUPS_MAX) return groups
  throw new PurserError('bad_input', `these are more than ${GROUPS_MAX} groups: ask for a shorter time, or by something with fewer values`)
}

export interface MonthQuestion {
  /** The last one that is over in `timeZone`, if left out. */
  readonly month: Month | undefined
  readonly timeZone: string
  readonly filter: Filter
  readonly by: Dimension
}

export interface MonthReport {
  readonly month: Month
  /** Made of the groups, so that they cannot disagree with it. */
  readonly whole: SpendingGroup
  /** Dearest first; `share` of the whole is in percent, with two digits. */
  readonly groups: readonly (SpendingGroup & { readonly share: string })[]
}

/** What was spent in a month, by one dimension. Throws PurserError `bad_input` when there are more than a thousand groups. */
export async function monthReport(reading: Reading, { month: asked, timeZone, filter, by }: MonthQuestion): Promise<MonthReport> {
  const month = asked ?? monthsLater(monthOf(new Date(), timeZone), -1)
  const groups = await allGroups(reading, { from: `${month}-01`, to: `${monthsLater(month, 1)}-01`, timeZone, filter, by: [by] })
  const whole = groups.reduce(added, NOTHING)
  return {
    month,
    whole,
    groups: groups.map((group) => ({
      ...group,
      share: (whole.total.eur > 0n ? percentCell(group.total.eur, whole.total.eur) : null) ?? '0.00',
    })),
  }
}

export const NOTHING: SpendingGroup = {
  since: null,
  names: [],
  total: NO_MONEY,
  input: NO_MONEY,
  output: NO_MONEY,
  other: NO_MONEY,
  inputTokens: 0n,
  outputTokens: 0n,
  cachedTokens: 0n,
  calls: 0n,
  failed: 0n,
}

const sum = (a: SpentMoney, b: SpentMoney): SpentMoney => ({ eur: nano(a.eur + b.eur), usd: picoUsd(a.usd + b.usd) })

const added = (a: SpendingGroup, b: SpendingGroup): SpendingGroup => ({
  since: null,
  names: [],
  total: sum(a.total, b.total),
  input: sum(a.input, b.input),
  output: sum(a.output, b.output),
  other: sum(a.other, b.other),
  inputTokens: a.inputTokens + b.inputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  cachedTokens: a.cachedTokens + b.cachedTokens,
  calls: a.calls + b.calls,
  failed: a.failed + b.failed,
})
