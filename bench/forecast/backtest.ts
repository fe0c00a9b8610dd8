/** Forecasts and anomalies against series whose truth is known. */
import { daysBetween, daysLater, weekdayOf, type Day } from '../../src/domain/day.ts'
import { nano } from '../../src/domain/money.ts'
import { month, monthsLater } from '../../src/domain/period.ts'
import { anomalies, DAY_LIMITS, HOUR_LIMITS, trendOf, USUAL_TREND } from '../../src/insight/anomaly.ts'
import { forecast, type DaySpending } from '../../src/insight/forecast.ts'
import { hoursOf, seriesOf } from './series.ts'

export interface ProjectionErrors {
  /** Mean absolute error of the month's end, in percent of what it came to be. */
  readonly mape: number
  /** Of spent so far over days so far, times the days of the month. */
  readonly mapeNaive: number
  /** Above zero: expected too much. */
  readonly bias: number
  /** In how many percent of the months the end lay in the band of 80 %. */
  readonly coverage: number
  /** Of the band, in percent of the month. */
  readonly width: number
}

const sum = (days: readonly DaySpending[]): bigint => days.reduce((all, { spent }) => all + spent, 0n)
const mean = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0) / values.length
const NO_CAP = nano(10n ** 18n)

/** Made-up products, each in one month of the year, asked after `day` days of it, with so many days before it. */
export function projectionErrors(products: number, daysBefore: number, day: number): ProjectionErrors {
  const asked = Array.from({ length: products }, (_, n) => {
    const first: Day = `${monthsLater(month('2026-01'), n % 12)}-01`
    const end: Day = `${monthsLater(month('2026-01'), (n % 12) + 1)}-01`
    const length = daysBetween(first, end)
    const { days } = seriesOf(`product ${n}`, daysLater(first, -daysBefore), daysBefore + length)
    const spent = nano(sum(days.slice(daysBefore, daysBefore + day)))
    const history = days.slice(0, daysBefore + day)
    const told = forecast({ history, today: daysLater(first, day), todayOver: 0, lastDay: daysLater(end, -1), spent, cap: NO_CAP })
    if (told.kind !== 'forecast' || told.end === null) throw new Error(`product ${n} has no forecast`)
    const truth = Number(sum(days.slice(daysBefore)))
    const [expected, low, high] = [told.end.expected, told.end.low, told.end.high].map((one) => Number(one) / truth - 1)
    return { expected: expected ?? 0, low: low ?? 0, high: high ?? 0, naive: ((Number(spent) / day) * length) / truth - 1 }
  })
  return {
    mape: 100 * mean(asked.map(({ expected }) => Math.abs(expected))),
    mapeNaive: 100 * mean(asked.map(({ naive }) => Math.abs(naive))),
    bias: 100 * mean(asked.map(({ expected }) => expected)),
    coverage: 100 * mean(asked.map(({ low, high }) => Number(low <= 0 && high >= 0))),
    width: 100 * mean(asked.map(({ low, high }) => high - low)),
  }
}

/** Of what was told, how much is true; and of what is true, how much was told. */
export interface Detection {
  readonly precision: number
  readonly recall: number
  readonly falseAlarms: number
  readonly judged: number
}

const WEEKS_UNJUDGED = 4
/** Money floors of the tests follow the product: a third of its mean day or hour. */
const FLOOR = 0.3

function detection(told: ReadonlySet<number>, truth: ReadonlySet<number>, judged: readonly number[]): number[] {
  const count = (wanted: (at: number) => boolean): number => judged.filter((at) => wanted(at)).length
  return [count((at) => told.has(at) && truth.has(at)), count((at) => told.has(at)), count((at) => truth.has(at)), judged.length]
}

function summed(rows: readonly number[][]): Detection {
  const [right = 0, told = 0, truth = 0, judged = 0] = [0, 1, 2, 3].map((i) => rows.reduce((all, row) => all + (row[i] ?? 0), 0))
  return { precision: right / told, recall: right / truth, falseAlarms: told - right, judged }
}

/** Days with spikes, of which some are many times as dear as usual. */
export function dayDetection(products: number): Detection {
  return summed(
    Array.from({ length: products }, (_, n) => {
      const { days, spiked, truth } = seriesOf(`days ${n}`, '2026-06-01', 120)
      const slots = days.map(({ day, spent }) => ({ slot: String(weekdayOf(day)), since: new Date(day), spent }))
      const told = anomalies(slots, { ...DAY_LIMITS, excess: nano(BigInt(Math.round(truth.level * FLOOR * 1e9))) })
      const judged = days.slice(WEEKS_UNJUDGED * 7).map(({ day }) => Date.parse(day))
      return detection(new Set(told.map(({ since }) => since.getTime())), new Set([...spiked].map((day) => Date.parse(day))), judged)
    }),
  )
}

/** Hours with incidents. */
export function hourDetection(products: number): Detection {
  return summed(
    Array.from({ length: products }, (_, n) => {
      const { hours, incidents, truth } = hoursOf(`hours ${n}`, 10)
      const told = anomalies(hours, { ...HOUR_LIMITS, excess: nano(BigInt(Math.round((truth.level / 24) * FLOOR * 1e9))) })
      const judged = hours.slice(WEEKS_UNJUDGED * 7 * 24).map(({ since }) => since.getTime())
      return detection(new Set(told.map(({ since }) => since.getTime())), incidents, judged)
    }),
  )
}

/** Five weeks of a product that grows by a percent a day, or does not grow: in how many percent of them a trend is told. */
export function trendsTold(products: number): { readonly growing: number; readonly notGrowing: number } {
  const told = (growth: number) =>
    100 *
    mean(
      Array.from({ length: products }, (_, n) => {
        const { truth } = seriesOf(`trend ${n}`, '2026-06-01', 1)
        const { days } = seriesOf(`trend ${n}`, '2026-06-01', 35, { ...truth, growth })
        return Number(trendOf(days, { ...USUAL_TREND, rise: nano(1n) })?.isUpward === true)
      }),
    )
  return { growing: told(0.01), notGrowing: told(0) }
}
