import { daysLater } from '../domain/day.ts'
import { nano, type Nano } from '../domain/money.ts'
import type { Dimension } from './dimension.ts'
import { medianOf } from './median.ts'
import type { Reading } from './reading.ts'
import { spentByHour, sumOf, type HourSpent, type Place, type Window } from './spent-hours.ts'

/** So many weeks back is what is normal looked for. */
const WEEKS = 6
/** Fewer weeks of history say nothing about what is normal. */
const WEEKS_MIN = 2

/** The same window of earlier weeks, the latest first, back to the oldest in which anything was spent that day. Undefined: there is too little history. */
export async function weeksBefore(reading: Reading, place: Place, { day }: Window, by?: Dimension): Promise<HourSpent[][] | undefined> {
  const weeks: HourSpent[][] = []
  for (let week = 1; week <= WEEKS; week += 1) weeks.push(await spentByHour(reading, place, daysLater(day, -7 * week), by))
  const known = weeks.findLastIndex((hours) => hours.length > 0) + 1
  return known < WEEKS_MIN ? undefined : weeks.slice(0, known)
}

/** What is usually spent in this window of the week: the median, so that one wild week does not make the next one normal. */
export const normalOf = (weeks: readonly (readonly HourSpent[])[], window: Window): Nano =>
  medianOf(weeks.map((hours) => sumOf(hours, window)))

/** Who spends otherwise than usual. Amounts in nano-EUR; `share` of all that rose, in whole percents. */
export interface Mover {
  readonly name: string | null
  readonly now: Nano
  readonly normal: Nano
  readonly more: Nano
  readonly share: number
}

export const MOVED_BY = ['model', 'feature', 'user'] as const satisfies readonly Dimension[]
export type Movers = Readonly<Record<(typeof MOVED_BY)[number], readonly Mover[]>>

const TOP = 5

/** Which models, features and users moved a window's spending: against the same window of earlier weeks (nothing, if there is too little history), those that rose most first. */
export async function moversOf(reading: Reading, place: Place, window: Window): Promise<Movers> {
  const [model, feature, user] = [
    await moversBy(reading, place, window, 'model'),
    await moversBy(reading, place, window, 'feature'),
    await moversBy(reading, place, window, 'user'),
  ]
  return { model, feature, user }
}

const of = (hours: readonly HourSpent[], name: string | null): HourSpent[] => hours.filter((one) => one.name === name)

async function moversBy(reading: Reading, place: Place, window: Window, by: Dimension): Promise<Mover[]> {
  const now = await spentByHour(reading, place, window.day, by)
  const weeks = (await weeksBefore(reading, place, window, by)) ?? []
  const names = new Set([now, ...weeks].flatMap((hours) => hours.map(({ name }) => name)))
  const moved = [...names].map((name) => {
    const spent = sumOf(of(now, name), window)
    const normal = medianOf(weeks.map((hours) => sumOf(of(hours, name), window)))
    return { name, now: spent, normal, more: nano(spent - normal) }
  })
  const risen = moved.reduce((sum, { more }) => (more > 0n ? sum + more : sum), 0n)
  return moved
    .filter(({ more }) => more > 0n)
    .toSorted((a, b) => (a.more > b.more ? -1 : a.more < b.more ? 1 : 0))
    .slice(0, TOP)
    .map((one) => ({ ...one, share: Number((one.more * 100n + risen / 2n) / risen) }))
}
