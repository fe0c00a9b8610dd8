import { afterAll, beforeAll, expect, test } from 'vitest'
import { dayIn, daysBetween, daysLater, dayStart, weekdayOf } from '../../src/domain/day.ts'
import { cloneDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await cloneDatabase()
})
afterAll(() => database.drop())

/** Clocks that move at night, at midnight, by half an hour, and that have left out a day. */
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Santiago',
  'America/Havana',
  'Africa/Cairo',
  'Asia/Beirut',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Kiritimati',
]

test('a day begins where the ledger says that it does, also where a clock moves at midnight', async () => {
  for (const zone of ZONES) {
    const rows = await database.sql<{ day: string; since: Date }[]>`
      select d::date::text as day, purser.first_instant(d, ${zone}) as since from generate_series('2025-12-30'::timestamp, '2027-01-02', '1 day') d`
    const wrong = rows.filter(({ day, since }) => dayStart(day, zone).getTime() !== since.getTime())
    expect({ zone, wrong: wrong.map(({ day, since }) => [day, since, dayStart(day, zone)]) }).toEqual({ zone, wrong: [] })
    const dayOf = dayIn(zone)
    expect(rows.filter(({ day, since }) => dayOf(since) !== day)).toEqual([])
  }
})

test('days are counted over the ends of months and years', () => {
  expect(daysLater('2026-12-31', 1)).toBe('2027-01-01')
  expect(daysLater('2028-03-01', -1)).toBe('2028-02-29')
  expect(daysBetween('2026-11-29', '2027-01-03')).toBe(35)
  expect(daysBetween('2026-11-29', '2026-11-28')).toBe(-1)
  expect([weekdayOf('2026-11-29'), weekdayOf('2026-11-30')]).toEqual([0, 1])
})
