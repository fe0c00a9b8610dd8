import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isTimeZone, month, monthOf } from '../../src/domain/period.ts'

test.for([
  ['2026-11-30T22:59:59.999Z', 'Europe/Berlin', '2026-11'],
  ['2026-11-30T23:00:00.000Z', 'Europe/Berlin', '2026-12'],
  ['2026-12-01T07:59:59.999Z', 'America/Los_Angeles', '2026-11'],
  ['2026-12-01T08:00:00.000Z', 'America/Los_Angeles', '2026-12'],
  // Summer time moves the edge by an hour.
  ['2026-06-30T21:59:59.999Z', 'Europe/Berlin', '2026-06'],
  ['2026-06-30T22:00:00.000Z', 'Europe/Berlin', '2026-07'],
  ['2026-10-31T10:00:00.000Z', 'Pacific/Kiritimati', '2026-11'],
  ['2026-11-01T11:59:59.999Z', 'Etc/GMT+12', '2026-10'],
  // In Havana midnight of 1 November 2026 comes twice: both belong to November.
  ['2026-11-01T03:59:59.999Z', 'America/Havana', '2026-10'],
  ['2026-11-01T04:00:00.000Z', 'America/Havana', '2026-11'],
  ['2026-11-01T05:00:00.000Z', 'America/Havana', '2026-11'],
  ['2026-12-31T18:15:00.000Z', 'Asia/Kathmandu', '2027-01'],
] as const)('%s in %s is %s', ([at, zone, expected]) => {
  expect(monthOf(new Date(at), zone)).toBe(expected)
})

test('a month in UTC is the beginning of the ISO date, and zones differ by a month at most', () => {
  const instants = fc.date({ min: new Date('1970-01-02T00:00:00Z'), max: new Date('2999-01-01T00:00:00Z'), noInvalidDate: true })
  fc.assert(
    fc.property(instants, (at) => {
      expect(monthOf(at, 'UTC')).toBe(at.toISOString().slice(0, 7))
      const near = [-86_400_000, 86_400_000].map((ms) => new Date(at.getTime() + ms).toISOString().slice(0, 7))
      expect([...near, at.toISOString().slice(0, 7)]).toContain(monthOf(at, 'Pacific/Kiritimati'))
    }),
    { numRuns: 30 },
  )
})

test.for(['2026-13', '2026-00', '26-11', '2026-1', '2026-11-01', ' 2026-11', '2026-11\n', ''])('"%s" is no month', (text) => {
  expect(() => month(text)).toThrow(RangeError)
})

test('a time zone has an IANA name', () => {
  expect(['Europe/Berlin', 'UTC', 'America/Argentina/Buenos_Aires'].map(isTimeZone)).toEqual([true, true, true])
  expect(['', 'Mars/Olympus', 'Berlin', 'Europe/Berlin '].map(isTimeZone)).toEqual([false, false, false, false])
  // Postgres knows them not, or reads them in another way.
  expect(['VST', 'IST', 'CET', 'EST', 'US/Pacific-New'].map(isTimeZone)).toEqual([false, false, false, false, false])
})

test.for(['+05:30', '-08:00', '+0530', '+05', '-00:00', '−05:00', 'UTC+5', 'GMT-3'])(
  'the offset %s is no time zone: Postgres takes it for its opposite',
  (offset) => {
    expect(isTimeZone(offset)).toBe(false)
  },
)
