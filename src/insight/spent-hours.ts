import { nano, type Nano } from '../domain/money.ts'
import type { Dimension } from './dimension.ts'
import { spending, type Filter, type Reading } from './spending.ts'

/** Where and what is measured. */
export interface Place {
  readonly timeZone: string
  readonly filter: Filter
}

/** An hour of a day, or the whole day, as a clock on the wall has it: `2026-11-29`, 10. */
export interface Window {
  readonly day: string
  /** Undefined: the whole day. */
  readonly hour?: number | undefined
}

/** What was spent in an hour of a day, by one value (null: none) of what was asked by. */
export interface HourSpent {
  readonly hour: number
  readonly name: string | null
  readonly eur: Nano
}

const GROUPS_MAX = 10_000

/** Spending of one day by the hour, and by a dimension. The one place where alerts read spending. */
export async function spentByHour(reading: Reading, { timeZone, filter }: Place, day: string, by?: Dimension): Promise<HourSpent[]> {
  const groups = await spending(reading, {
    from: day,
    to: daysLater(day, 1),
    timeZone,
    filter,
    by: by === undefined ? [] : [by],
    unit: 'hour',
    limit: GROUPS_MAX,
  })
  return groups.flatMap(({ since, names, total }) =>
    since === null ? [] : [{ hour: windowAt(since, timeZone).hour, name: names[0] ?? null, eur: total.eur }],
  )
}

/** What of it lies in a window of that day. An hour that the clock has twice is one hour. */
export const sumOf = (hours: readonly HourSpent[], { hour }: Window): Nano =>
  nano(hours.reduce((sum, spent) => (hour === undefined || spent.hour === hour ? sum + spent.eur : sum), 0n))

/** The day and hour of a moment. */
export function windowAt(at: Date, timeZone: string): { readonly day: string; readonly hour: number } {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(at)
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? ''
  return { day: `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`, hour: Number(part('hour')) }
}

/** The day so many days later; earlier, if below zero. */
export function daysLater(day: string, days: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  return new Date(Date.UTC(year, month - 1, date + days)).toISOString().slice(0, 10)
}
