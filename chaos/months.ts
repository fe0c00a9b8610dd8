/** Month ends in the time zones of the chaos: all of them are so many hours before or behind UTC, in summer, too. */

/** The zones of its accounts, with their hours before UTC. */
export const ZONES = { 'Pacific/Kiritimati': 14, UTC: 0, 'Etc/GMT+12': -12 } as const
export type Zone = keyof typeof ZONES

const HOUR_MS = 3_600_000

const local = (at: Date, zone: Zone): Date => new Date(at.getTime() + ZONES[zone] * HOUR_MS)

/** `2026-11`: the month that a moment falls into. */
export const monthAt = (at: Date, zone: Zone): string => local(at, zone).toISOString().slice(0, 7)

/** When the month that a moment falls into is over. */
export function monthEnd(at: Date, zone: Zone): Date {
  const there = local(at, zone)
  return new Date(Date.UTC(there.getUTCFullYear(), there.getUTCMonth() + 1, 1) - ZONES[zone] * HOUR_MS)
}

/** `2026-11` → `2026-12`, or back. */
export function monthsFrom(month: string, months: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number)
  return new Date(Date.UTC(year, number - 1 + months, 1)).toISOString().slice(0, 7)
}
