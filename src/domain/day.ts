/** A calendar day: `2026-11-29`. Which instants it has is for a time zone to say. */
export type Day = string

const DAY_MS = 86_400_000

/** The day that an instant falls into, in a time zone: 2026-11-30T23:00Z is 2026-12-01 in Europe/Berlin. */
export function dayIn(timeZone: string): (instant: Date) => Day {
  if (timeZone === 'UTC') return dayOfUtc
  const format = FORMATS.get(timeZone) ?? new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' })
  FORMATS.set(timeZone, format)
  return (instant) => format.format(instant)
}

/** As it writes itself, in a quarter of the time. */
const dayOfUtc = (instant: Date): Day => instant.toISOString().slice(0, 10)

/** One takes as long to make as a small answer takes. There are some hundred zones. */
const FORMATS = new Map<string, Intl.DateTimeFormat>()

const atUtc = (day: Day): number => Date.parse(`${day}T00:00:00Z`)

/** The day so many days later; earlier, if below zero. */
export const daysLater = (day: Day, days: number): Day => new Date(atUtc(day) + days * DAY_MS).toISOString().slice(0, 10)

/** How many days from one to the other; below zero if that is earlier. */
export const daysBetween = (from: Day, to: Day): number => (atUtc(to) - atUtc(from)) / DAY_MS

/** From 0 (Sunday) to 6. */
export const weekdayOf = (day: Day): number => new Date(atUtc(day)).getUTCDay()

/** Where a day begins in a time zone: its first midnight where there are two, and where there is none, the first instant after. */
export function dayStart(day: Day, timeZone: string): Date {
  const midnight = atUtc(day)
  const dayOf = dayIn(timeZone)
  // A zone's clock moves once in two days at most, so one of these offsets is that of the midnight.
  const [early = 0, late = 0] = [midnight - DAY_MS, midnight + DAY_MS]
    .map((at) => midnight - offsetMs(new Date(at), timeZone))
    .toSorted((a, b) => a - b)
  return new Date(dayOf(new Date(early)) >= day ? early : late)
}

/** How far a zone's clock is ahead of UTC. */
function offsetMs(instant: Date, timeZone: string): number {
  const local = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(instant)
  return Date.parse(`${local.replace(' ', 'T')}Z`) - instant.getTime()
}
