import { daysLater } from '../domain/day.ts'
import { nano, type Nano } from '../domain/money.ts'
import type { Dimension } from './dimension.ts'
import type { Filter, Reading } from './reading.ts'
import { sums } from './sums.ts'

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

/** Spending of one day by the hour, and by a dimension: what alerts about hours and days read. */
export async function spentByHour(reading: Reading, { timeZone, filter }: Place, day: string, by?: Dimension): Promise<HourSpent[]> {
  const { groups } = await sums(reading, {
    from: day,
    to: daysLater(day, 1),
    timeZone,
    filter,
    by: by === undefined ? [] : [by],
    unit: 'hour',
    figures: ['cost'],
    limit: GROUPS_MAX,
  })
  return groups.flatMap(({ since, names, sums: { cost } }) =>
    since === null ? [] : [{ hour: windowAt(since, timeZone).hour, name: names[0] ?? null, eur: nano(cost) }],
  )
}

/** What of it lies in a window of that day. An hour that the clock has twice is one hour. */
export const sumOf = (hours: readonly HourSpent[], { hour }: Window): Nano =>
  nano(hours.reduce((sum, spent) => (hour === undefined || spent.hour === hour ? sum + spent.eur : sum), 0n))

/** The day and hour of a moment. */
export function windowAt(at: Date, timeZone: string): { readonly day: string; readonly hour: number } {
  const { day, hour } = clockAt(at, timeZone)
  return { day, hour }
}

const MINUTE_MS = 60_000

/** How much of that hour is over, in ms. Of a zone that is half an hour ahead, it began at half past in UTC. */
export const hourOverMs = (at: Date, timeZone: string): number => clockAt(at, timeZone).minute * MINUTE_MS + (at.getTime() % MINUTE_MS)

function clockAt(at: Date, timeZone: string): { readonly day: string; readonly hour: number; readonly minute: number } {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(at)
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? ''
  const day = `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`
  return { day, hour: Number(part('hour')), minute: Number(part('minute')) }
}
