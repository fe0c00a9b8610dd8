/** Hours and days that cost more than they should, and spending that grows. */
import { expect, test } from 'vitest'
import { dayDetection, hourDetection, trendsTold } from '../../bench/forecast/backtest.ts'
import { daysLater } from '../../src/domain/day.ts'
import { eur, nano, type Nano } from '../../src/domain/money.ts'
import { anomalies, DAY_LIMITS, HOUR_LIMITS, judged, trendOf, type SlotSpending } from '../../src/insight/anomaly.ts'

const FIRST = Date.parse('2026-06-01T00:00:00Z')
/** Weeks of one slot. */
const weeks = (...spent: Nano[]): SlotSpending[] =>
  spent.map((one, n) => ({ slot: '1 14', since: new Date(FIRST + n * 7 * 86_400_000), spent: one }))
const times = (n: number, value: Nano): Nano[] => Array.from({ length: n }, () => value)

const costing = (spent: string): SlotSpending => ({ slot: '1', since: new Date(FIRST), spent: eur(spent) })

test('of made-up products nearly every incident is told, and most of what is told is one', () => {
  const days = dayDetection(200)
  const hours = hourDetection(40)
  for (const [unit, found] of Object.entries({ days, hours }))
    console.log(
      `  ${unit}: precision ${found.precision.toFixed(3)}, recall ${found.recall.toFixed(3)}, ${found.falseAlarms} false in ${found.judged}`,
    )
  expect(days.recall).toBeGreaterThan(0.97)
  expect(days.precision).toBeGreaterThan(0.7)
  expect(hours.recall).toBeGreaterThan(0.95)
  expect(hours.precision).toBeGreaterThan(0.45)
  // One in a hundred days or in three hundred hours would be noise, to which nobody listens.
  expect(days.falseAlarms / days.judged).toBeLessThan(0.01)
  expect(hours.falseAlarms / hours.judged).toBeLessThan(1 / 300)
})

test('an hour is compared with the same hour of the week, not with the hour before it', () => {
  const hours = Array.from({ length: 6 * 168 }, (_, n) => {
    const [day, hour] = [Math.floor(n / 24) % 7, n % 24]
    const isBusy = day < 5 && hour >= 8 && hour < 18
    return { slot: `${day} ${hour}`, since: new Date(FIRST + n * 3_600_000), spent: isBusy ? eur('20') : eur('0.5') }
  })
  expect(anomalies(hours, HOUR_LIMITS)).toEqual([])
  // Sunday, three at night, as dear as a Monday noon.
  const at = 5 * 168 + 6 * 24 + 3
  const planted = hours.map((one, n) => (n === at ? { ...one, spent: eur('20') } : one))
  expect(anomalies(planted, HOUR_LIMITS)).toMatchObject([{ slot: '6 3', usual: eur('0.5'), excess: eur('19.5'), percent: 3900, z: null }])
})

test('where a slot has always cost the same, the floors decide; where some weeks differ, their mean deviation does', () => {
  const same = { values: times(6, eur('10')), spread: 0, growth: 1 }
  expect(judged(costing('14.99'), same, DAY_LIMITS)).toBeUndefined()
  expect(judged(costing('15'), same, DAY_LIMITS)).toMatchObject({ excess: eur('5'), percent: 50, z: null })
  const oneDiffers = { ...same, values: [...times(5, eur('10')), eur('40')] }
  // A week of 40 was there: 15 is no wonder any more, 60 is.
  expect(judged(costing('15'), oneDiffers, DAY_LIMITS)).toBeUndefined()
  expect(judged(costing('60'), oneDiffers, DAY_LIMITS)).toMatchObject({ z: expect.closeTo(50 / (1.2533 * 5), 3) })
})

test('the score is 0.6745 (x - median) / MAD, and must be above 3.5', () => {
  const past = { values: ['8', '9', '10', '10', '11', '12'].map(eur), spread: 0, growth: 1 }
  const z = (spent: string) => judged(costing(spent), past, DAY_LIMITS)?.z
  expect(z('15.1')).toBeUndefined()
  expect(z('16')).toBeCloseTo(0.6745 * 6, 6)
})

test('small money is no anomaly, however rare it is; nor is much money that is a small part', () => {
  expect(anomalies(weeks(...times(5, eur('0.10')), eur('1.05')), DAY_LIMITS)).toEqual([])
  expect(anomalies(weeks(...times(5, eur('100')), eur('149')), DAY_LIMITS)).toEqual([])
  expect(anomalies(weeks(...times(5, eur('100')), eur('151')), DAY_LIMITS)).toHaveLength(1)
  // Where nothing is usual there is no part, and the money alone decides.
  expect(anomalies(weeks(...times(5, nano(0n)), eur('2')), DAY_LIMITS)).toMatchObject([{ usual: 0n, percent: null, z: null }])
})

test('what has fewer than four weeks before it is not judged; what is cheaper than usual is none', () => {
  expect(anomalies(weeks(...times(3, eur('10')), eur('900')), DAY_LIMITS)).toEqual([])
  expect(anomalies(weeks(...times(4, eur('10')), eur('900')), DAY_LIMITS)).toHaveLength(1)
  expect(anomalies(weeks(...times(6, eur('10')), nano(0n)), DAY_LIMITS)).toEqual([])
})

test('an incident does not hide the next one', () => {
  const found = anomalies(weeks(...times(6, eur('10')), eur('200'), eur('10'), eur('200')), DAY_LIMITS)
  expect(found.map(({ since }) => (since.getTime() - FIRST) / (7 * 86_400_000))).toEqual([6, 8])
})

const days = (n: number, costOf: (n: number) => number) =>
  Array.from({ length: n }, (_, i) => ({ day: daysLater('2026-10-01', i), spent: nano(BigInt(Math.round(costOf(i) * 1e9))) }))

test('growth is a trend; a spike, a weekend, a small rise and too few days are none', () => {
  const trends = trendsTold(200)
  console.log(
    `  trends told: ${trends.growing.toFixed(0)} % of what grows by 1 % a day, ${trends.notGrowing.toFixed(1)} % of what does not`,
  )
  expect(trends.growing).toBeGreaterThan(60)
  expect(trends.notGrowing).toBeLessThan(3)
  expect(trendOf(days(28, (n) => 10 + n))).toMatchObject({ isUpward: true, slope: eur('1'), rise: eur('28') })
  expect(trendOf(days(28, (n) => (n > 25 ? 500 : 10)))?.isUpward).toBe(false)
  expect(trendOf(days(28, (n) => (n % 7 < 2 ? 1 : 50)))?.isUpward).toBe(false)
  expect(trendOf(days(28, (n) => 1000 + n))?.isUpward).toBe(false)
  expect(trendOf(days(28, (n) => 0.001 * (1 + n)))?.isUpward).toBe(false)
  expect(trendOf(days(20, (n) => 10 + n))).toBeUndefined()
})
