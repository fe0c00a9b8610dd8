/** What a budget will have spent at the end of its period: measured on made-up products whose truth is known, and what must hold always. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { projectionErrors } from '../../bench/forecast/backtest.ts'
import { daysBetween, daysLater, weekdayOf } from '../../src/domain/day.ts'
import { eur, nano, type Nano } from '../../src/domain/money.ts'
import { forecast, type DaySpending, type Forecast, type ForecastInput } from '../../src/insight/forecast.ts'

/** Days up to yesterday, each by its weekday and how long ago it was. */
const past = (today: string, days: number, costOf: (weekday: number, ago: number) => Nano): DaySpending[] =>
  Array.from({ length: days }, (_, n) => {
    const day = daysLater(today, n - days)
    return { day, spent: costOf(weekdayOf(day), days - n) }
  })

const ask = (over: Partial<ForecastInput>): Forecast =>
  forecast({
    history: [],
    today: '2026-11-16',
    todayOver: 0,
    lastDay: '2026-11-30',
    spent: nano(0n),
    cap: eur('1000000'),
    ...over,
  })

type Told = Extract<Forecast, { kind: 'forecast' }>
function told(over: Partial<ForecastInput>): Told & { end: NonNullable<Told['end']> } {
  const answer = ask(over)
  if (answer.kind !== 'forecast' || answer.end === null) throw new Error(`no forecast: ${JSON.stringify(answer.kind)}`)
  return { ...answer, end: answer.end }
}

const inEur = (value: Nano): number => Number(value) / 1e9

test('of 300 made-up products the month is told better than by the usual rule of three, and its band holds what it promises', () => {
  const asked = [30, 60].flatMap((before) => [7, 14, 21].map((day) => ({ before, day, ...projectionErrors(300, before, day) })))
  for (const { before, day, mape, mapeNaive, coverage } of asked)
    console.log(
      `  asked after day ${day}, ${before} days before: off by ${mape.toFixed(1)} % (rule of three ${mapeNaive.toFixed(1)} %), ${coverage.toFixed(0)} % in the band of 80 %`,
    )
  const most: Record<number, number> = { 7: 10.5, 14: 7.2, 21: 4.4 }
  expect(asked.filter(({ day, mape }) => mape > (most[day] ?? 0))).toEqual([])
  expect(asked.filter(({ mape, mapeNaive }) => mape > 0.92 * mapeNaive)).toEqual([])
  expect(asked.filter(({ coverage }) => coverage < 76 || coverage > 92)).toEqual([])
  expect(asked.filter(({ bias }) => Math.abs(bias) > 5)).toEqual([])
})

test('with a week of history alone, the band is as wide as so little knowledge asks for', () => {
  const week = projectionErrors(300, 0, 7)
  console.log(`  after the first week: off by ${week.mape.toFixed(1)} %, ${week.coverage.toFixed(0)} % in the band`)
  expect(week.mape).toBeLessThan(13)
  expect(week.coverage).toBeGreaterThan(70)
})

test('a product that costs the same each day costs that for each day to come', () => {
  const { end, perDay } = told({ history: past('2026-11-16', 40, () => eur('10')), spent: eur('150') })
  expect(Math.abs(inEur(end.expected) - 300)).toBeLessThan(3)
  expect(Math.abs(inEur(perDay) - 10)).toBeLessThan(0.2)
})

test('weekends that cost nothing are not reckoned as days: the rule of three would be off by a fifth', () => {
  const history = past('2026-11-21', 50, (weekday) => (weekday % 6 === 0 ? nano(0n) : eur('10')))
  // Twenty days of the month are over, of them five at a weekend; of ten days to come four are.
  const { end } = told({ history, today: '2026-11-21', spent: eur('150') })
  expect(Math.abs(inEur(end.expected) - 210)).toBeLessThan(6)
  const oneWeek = told({ history: history.slice(-7), today: '2026-11-21', spent: eur('150') })
  expect(Math.abs(inEur(oneWeek.end.expected) - 210)).toBeLessThan(20)
})

test('one day of fifty times the usual is spent, and not expected again each day', () => {
  const history = past('2026-11-16', 40, (_, ago) => (ago === 1 ? eur('500') : eur('10')))
  const { end } = told({ history, spent: eur('640') })
  // What is to come is 150; the rule of three says 640.
  expect(inEur(end.expected) - 640).toBeLessThan(250)
  expect(inEur(end.expected) - 640).toBeGreaterThan(140)
})

test('a new level is followed within two weeks', () => {
  const history = past('2026-11-16', 50, (_, ago) => (ago <= 14 ? eur('30') : eur('10')))
  expect(inEur(told({ history, spent: eur('430') }).perDay)).toBeGreaterThan(24)
})

test('what is left of today counts in part', () => {
  const history = past('2026-11-30', 30, () => eur('10'))
  const at = (todayOver: number): number => inEur(told({ history, today: '2026-11-30', todayOver, spent: eur('0') }).end.expected)
  expect(Math.abs(at(0.75) / at(0) - 0.25)).toBeLessThan(0.001)
  expect(at(1)).toBe(0)
})

test('under seven days, or where nothing was spent, there is not enough data', () => {
  expect(ask({ history: past('2026-11-16', 6, () => eur('10')) })).toEqual({ kind: 'not_enough_data', days: 6, daysNeeded: 7 })
  expect(ask({ history: past('2026-11-16', 7, () => eur('10')) }).kind).toBe('forecast')
  expect(ask({ history: past('2026-11-16', 60, () => nano(0n)) }).kind).toBe('not_enough_data')
})

test('the day on which the cap is reached, and how much of that day is over', () => {
  const history = past('2026-11-16', 40, () => eur('10'))
  const on = (cap: string, spent = '150') => told({ history, spent: eur(spent), cap: eur(cap) }).exhaustion
  expect(on('205')).toMatchObject({ day: '2026-11-21', over: expect.closeTo(0.5, 0) })
  expect(on('400')).toBeNull()
  expect(on('150')).toEqual({ day: '2026-11-16', over: 0 })
  expect(told({ history, spent: eur('150'), cap: eur('200') }).end.percentOverCap).toBe(100)
  expect(told({ history, spent: eur('150'), cap: eur('900') }).end.percentOverCap).toBe(0)
})

test('a budget without an end has no end, but may run out within a year', () => {
  const history = past('2026-11-16', 40, () => eur('10'))
  expect(ask({ history, lastDay: null, cap: eur('1000') })).toMatchObject({
    end: null,
    exhaustion: { day: expect.stringMatching(/^2027-02-/) },
  })
  expect(ask({ history, lastDay: null, cap: eur('100000') })).toMatchObject({ end: null, exhaustion: null })
})

test('spent money loses no digit, however large it is', () => {
  const spent = nano(9_007_199_254_740_993n)
  const { end } = told({ history: past('2026-11-30', 30, () => eur('10')), today: '2026-11-30', todayOver: 1, spent })
  expect([end.low, end.expected, end.high]).toEqual([spent, spent, spent])
})

const costs = fc.array(fc.bigInt({ min: 0n, max: 10n ** 13n }), { minLength: 7, maxLength: 70 })

test('of any past: the same again, low to high, never less than is spent, and the cap is reached exactly if the expected end is above it', () => {
  fc.assert(
    fc.property(
      costs,
      fc.integer({ min: 0, max: 29 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.bigInt({ min: 1n, max: 10n ** 15n }),
      (days, n, todayOver, cap) => {
        const today = daysLater('2026-11-01', n)
        const history = past(today, days.length, (_, ago) => nano(days[ago - 1] ?? 0n))
        const spent = nano(history.filter(({ day }) => daysBetween('2026-11-01', day) >= 0).reduce((sum, one) => sum + one.spent, 0n))
        const input = { history, today, todayOver, lastDay: '2026-11-30', spent, cap: nano(cap) }
        const answer = forecast(input)
        expect(forecast(input)).toEqual(answer)
        if (answer.kind !== 'forecast' || answer.end === null) return
        const { low, expected, high } = answer.end
        expect(spent <= low && low <= expected && expected <= high).toBe(true)
        // A nano-EUR beside the cap the two may round apart.
        const isBeside = expected <= cap + 10n && expected >= cap - 10n
        expect(isBeside || (answer.exhaustion !== null) === expected > cap).toBe(true)
      },
    ),
    { numRuns: 60 },
  )
})
