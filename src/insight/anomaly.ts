/** Hours and days that cost more than they should, and spending that grows. */
import { mean, median, medianAbsoluteDeviation } from 'simple-statistics'
import { nano, type Nano } from '../domain/money.ts'
import type { DaySpending } from './forecast.ts'
import { medianOf } from './median.ts'

/** One hour or day of a series. `slot` is what it is compared by: the same hour of the week (`1 14`), the same weekday (`1`). */
export interface SlotSpending {
  readonly slot: string
  readonly since: Date
  readonly spent: Nano
}

export interface AnomalyLimits {
  /** Robust z-score above which a value is no noise. */
  readonly z: number
  /** Above the usual by so much money at least, and by so many percent of it. */
  readonly excess: Nano
  readonly percent: number
}

/** 3.5 is what Iglewicz and Hoaglin recommend. The floors, in money and in percent, are those of AWS Cost Anomaly Detection; one hour wavers more than a day. */
export const DAY_LIMITS: AnomalyLimits = { z: 3.5, excess: nano(1_000_000_000n), percent: 50 }
export const HOUR_LIMITS: AnomalyLimits = { ...DAY_LIMITS, percent: 100 }

const WEEK = 7
const WEEKS_NEEDED = 4
const WEEKS_USED = 6

export interface Anomaly extends SlotSpending {
  /** The median of the same slot in the weeks before. */
  readonly usual: Nano
  readonly excess: Nano
  /** Of the usual; null where that is nothing. */
  readonly percent: number | null
  /** Null where the slot has always cost the same. */
  readonly z: number | null
}

/** What is known when a value is judged. */
export interface Past {
  /** The same slot in the weeks before, at least one. */
  readonly values: readonly Nano[]
  /** How all slots of the last week compare with their medians: 1.2 where spending has grown by a fifth since. */
  readonly growth: number
  /** The usual relative deviation of all slots from their medians, 0.1 for a tenth: a few weeks of one slot may be alike by chance. */
  readonly spread: number
}

/**
 * What is anomalous in a series, oldest first, of which no hour (or day) is left out: each value against the same slot of the last six weeks. What has fewer than
 * four weeks before it is not judged.
 */
export function anomalies(series: readonly SlotSpending[], limits: AnomalyLimits): Anomaly[] {
  const slots = new Set(series.map(({ slot }) => slot)).size
  const before = new Map<string, Nano[]>()
  const ratios: number[] = []
  let [growth, spread] = [1, 0]
  return series.flatMap((one, n) => {
    // Once a day: what all slots say changes slowly.
    if (n % Math.ceil(slots / WEEK) === 0 && ratios.length >= slots) {
      growth = median(ratios.slice(-slots)) || 1
      spread = median(ratios.slice(-slots * WEEKS_USED).map((ratio) => Math.abs(ratio / growth - 1)))
    }
    const values = before.get(one.slot) ?? []
    const usual = values.length === 0 ? 0 : Number(medianOf(values))
    if (usual > 0) ratios.push(Number(one.spent) / usual)
    before.set(one.slot, [...values, one.spent].slice(-WEEKS_USED))
    const found = values.length < WEEKS_NEEDED ? undefined : judged(one, { values, growth, spread }, limits)
    return found === undefined ? [] : [found]
  })
}

/**
 * One value against the same slot of earlier weeks: undefined when it is usual. Modified z-score 0.6745 (x - median) / MAD, and (x - median) / (1.2533 mean absolute
 * deviation) where MAD is 0 (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993); where that is 0, too, the floors alone decide. MAD is the slot's own,
 * or the spread of all slots where that is wider. Scores are reckoned in floating point, and so is
 * the growth by which the median is raised.
 */
export function judged(one: SlotSpending, { values, growth, spread }: Past, limits: AnomalyLimits): Anomaly | undefined {
  const usual = nano(BigInt(Math.round(Number(medianOf(values)) * growth)))
  const excess = nano(one.spent - usual)
  const percent = usual > 0n ? (Number(excess) * 100) / Number(usual) : null
  if (excess < limits.excess || (percent !== null && percent < limits.percent)) return undefined
  const z = zScore(Number(excess), values.map(Number), spread * Number(usual))
  return z !== null && z <= limits.z ? undefined : { ...one, usual, excess, percent, z }
}

function zScore(excess: number, past: readonly number[], spread: number): number | null {
  const mad = Math.max(medianAbsoluteDeviation([...past]), spread)
  if (mad > 0) return (0.6745 * excess) / mad
  const middle = median([...past])
  const deviation = mean(past.map((one) => Math.abs(one - middle)))
  return deviation > 0 ? excess / (1.2533 * deviation) : null
}

export interface TrendLimits {
  /** So much more at the end of the days than at their beginning, in percent of the median day. */
  readonly percent: number
  /** And by so much money a day. */
  readonly rise: Nano
  /** Standard score above which a rise is no chance. */
  readonly z: number
}

/** 1.645: one series in twenty without a trend is taken for one with a trend, before the floors. */
export const USUAL_TREND: TrendLimits = { percent: 20, rise: nano(1_000_000_000n), z: 1.645 }

export interface Trend {
  readonly isUpward: boolean
  /** What a day costs more than the day before. */
  readonly slope: Nano
  /** The same over all the days. */
  readonly rise: Nano
  /** Of the median day; null where that is nothing. */
  readonly percent: number | null
  readonly z: number
}

const TREND_DAYS_NEEDED = 21

/**
 * Whether spending grows: the median of the slopes between all pairs of days (Theil 1950, Sen 1968) of the same weekday, and the seasonal Kendall test of whether they
 * rise (both Hirsch, Slack and Smith 1982); so neither a spike nor a weekend is a trend. Days are consecutive, oldest first. Undefined with fewer than three weeks.
 */
export function trendOf(days: readonly DaySpending[], limits: TrendLimits = USUAL_TREND): Trend | undefined {
  if (days.length < TREND_DAYS_NEEDED) return undefined
  const slopes = days.flatMap(({ spent }, n) =>
    days.slice(n + 1).flatMap((later, m) => ((m + 1) % WEEK === 0 ? [Number(later.spent - spent) / (m + 1)] : [])),
  )
  const slope = median(slopes)
  const rise = nano(BigInt(Math.round(slope * days.length)))
  const usual = Number(medianOf(days.map((one) => one.spent)))
  const percent = usual > 0 ? (Number(rise) * 100) / usual : null
  const z = kendall(slopes, days.length)
  const isUpward = z > limits.z && rise >= limits.rise && (percent === null || percent >= limits.percent)
  return { isUpward, slope: nano(BigInt(Math.round(slope))), rise, percent, z }
}

/** S over its standard deviation without a trend (per weekday of n days: n (n - 1) (2 n + 5) / 18), moved by one to the middle. */
function kendall(slopes: readonly number[], days: number): number {
  const s = slopes.reduce((sum, slope) => sum + Math.sign(slope), 0)
  const perWeekday = Array.from({ length: WEEK }, (_, weekday) => Math.ceil((days - weekday) / WEEK))
  const variance = perWeekday.reduce((sum, n) => sum + (n * (n - 1) * (2 * n + 5)) / 18, 0)
  return (s - Math.sign(s)) / Math.sqrt(variance)
}
