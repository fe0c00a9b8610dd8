import { PurserError } from '../../domain/errors.ts'
import { dayIn, daysBetween, daysLater, dayStart, type Day } from '../../domain/day.ts'
import type { SummedDimension } from '../dimension.ts'
import { totalOf, type GroupRow } from '../columns.ts'
import type { Figure } from '../figures.ts'
import { isInstant } from '../instant.ts'
import type { Filter, Reading } from '../reading.ts'
import type { Currency } from '../spending.ts'
import { sumsIn, type TimeUnit } from '../sums.ts'
import { tableOf, type Table, type TableColumn } from '../table.ts'

/** What somebody asks; each question says what of it it takes. */
export interface Asked {
  /** From `from` to before `to`: days in `timeZone`, or instants. */
  readonly from: string
  readonly to: string
  readonly timeZone: string
  readonly filter: Filter
  readonly currency: Currency
  readonly limit: number
  readonly by: readonly SummedDimension[]
  readonly unit: TimeUnit | undefined
}

interface Choice<T extends string> {
  readonly from: readonly T[]
  readonly default: T
}

/** A question that has a name: an endpoint, a command, and a table. */
export interface NamedQuestion {
  readonly name: string
  readonly summary: string
  readonly description?: string
  /** Which time it is about: any (the last thirty days, if left out), or the last hours. */
  readonly time: 'range' | 'hours'
  readonly limit?: { readonly default: number; readonly max: number }
  readonly by?: Choice<'model' | 'feature' | 'team' | 'project' | 'environment' | 'endpoint' | 'provider'>
  readonly unit?: Choice<'day' | 'week' | 'month'>
  /** In euros only: what it tells is not known in dollars. */
  readonly isInEur?: boolean
  readonly columns: readonly Pick<TableColumn<never>, 'name' | 'kind' | 'about'>[]
  ask(reading: Reading, asked: Asked): Promise<Table>
}

/** Groups of one answer at most, where no limit is asked: a longer one is refused, not cut. */
export const GROUPS_MAX = 10_000

interface Grouped<F extends Figure> {
  readonly by: readonly SummedDimension[]
  readonly figures: readonly F[]
  readonly columns: readonly TableColumn<GroupRow<F | 'cost' | 'pico_usd' | 'calls'>>[]
  readonly unit?: TimeUnit | undefined
  readonly counts?: 'times'
  readonly limit?: number | undefined
  /** With what each group was in as long a time before. */
  readonly before?: boolean
}

/** A table of groups, dearest first. Throws PurserError `bad_input` where there are more than ten thousand and nobody asked for the first ones only. */
export async function groupedTable<F extends Figure>(reading: Reading, asked: Asked, of: Grouped<F>): Promise<Table> {
  const figures = [...new Set<F | 'cost' | 'pico_usd' | 'calls'>([...of.figures, 'cost', 'pico_usd', 'calls'])]
  const { filter, timeZone, currency } = asked
  const common = { timeZone, filter, by: of.by, figures }
  const { from, to } = asked
  const answer = await sumsIn(reading, { ...common, from, to, unit: of.unit, counts: of.counts, limit: of.limit ?? GROUPS_MAX }, currency)
  if (of.limit === undefined) requireAll(answer.groupCount)
  const names = answer.groups.map((group) => group.names[0] ?? null)
  const before =
    of.before === true && names.length > 0
      ? await sumsIn(
          reading,
          { ...common, ...timeBefore(asked), only: of.by.length === 0 ? undefined : names, limit: GROUPS_MAX },
          currency,
        )
      : undefined
  const earlier = new Map(before?.groups.map((group) => [JSON.stringify(group.names), group.sums]))
  return tableOf({
    columns: of.columns,
    rows: answer.groups.map((group) => ({
      group,
      whole: answer.whole,
      before: earlier.get(JSON.stringify(group.names)),
      days: group.times,
    })),
    currency,
    rowCount: answer.groupCount,
    whole: totalOf(answer.whole),
  })
}

/** Throws PurserError `bad_input` where there are more groups than an answer may have. */
export function requireAll(groupCount: number, max = GROUPS_MAX): void {
  if (groupCount <= max) return
  throw new PurserError(
    'bad_input',
    `these are ${groupCount} groups, more than ${max}: ask for a shorter time, or by something with fewer values`,
  )
}

/** As long a time, just before. */
export function timeBefore({ from, to, timeZone }: Asked): { readonly from: string; readonly to: string } {
  if (!isInstant(from) && !isInstant(to)) return { from: daysLater(from, -daysBetween(from, to)), to: from }
  const [start, end] = [from, to].map((text) => (isInstant(text) ? Date.parse(text) : dayStart(text, timeZone).getTime())) as [
    number,
    number,
  ]
  return { from: new Date(start - (end - start)).toISOString(), to: from }
}

const DAYS = 30

/** The last thirty days, today among them, where nobody says it. */
export function rangeOf(
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
  timeZone: string,
): { readonly from: string; readonly to: string } {
  const today: Day = dayIn(timeZone)(new Date())
  const end = to ?? daysLater(from === undefined || isInstant(from) || from <= today ? today : from, 1)
  return { from: from ?? daysBack(end), to: end }
}

const daysBack = (end: string): string =>
  isInstant(end) ? new Date(Date.parse(end) - DAYS * 86_400_000).toISOString() : daysLater(end, -DAYS)

export const HOUR_MS = 3_600_000

/** The last so many hours, this one among them. */
export function lastHours(hours: number): { readonly from: string; readonly to: string } {
  const end = (Math.floor(Date.now() / HOUR_MS) + 1) * HOUR_MS
  return { from: new Date(end - hours * HOUR_MS).toISOString(), to: new Date(end).toISOString() }
}

/** It begins where it ends, or behind. */
export const isEmpty = ({ from, to }: { readonly from: string; readonly to: string }): boolean => Date.parse(from) >= Date.parse(to)
