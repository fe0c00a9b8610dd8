/** What a series of days is made of: a level, a profile of the week, and what is left. Plain numbers, since nothing here is booked. */
import { median, medianAbsoluteDeviation } from 'simple-statistics'
import { weekdayOf, type Day } from '../domain/day.ts'

export interface DayValue {
  readonly day: Day
  readonly value: number
}

/** What is seen of a series of consecutive days, oldest first. */
export interface Season {
  /** How a weekday (0 is Sunday) compares with the mean of the week, which is 1. */
  readonly profile: readonly number[]
  /** Of the day after the last one, as if it were a mean day. */
  readonly level: number
  /** What each day was over what was expected of it the day before: 1 is as expected. Days of which nothing is expected have none. */
  readonly surprises: readonly number[]
  /** How much of a surprise moves the level. */
  readonly alpha: number
}

const WEEK = 7
/** A weekday with less than this share of a mean day says nothing of the level. */
const TELLING = 0.05
/** Makes a median absolute deviation the standard deviation of a normal distribution (Rousseeuw and Croux 1993). */
const MAD_TO_SIGMA = 1.4826
/** So many of these from the median a day is an outlier: the level does not follow it further. */
const SIGMAS_MAX = 3
const ALPHAS = [0.1, 0.2, 0.3, 0.45] as const
/** With fewer days than this a good alpha cannot be told from luck: then the level is nearly a mean. */
const DAYS_TO_CHOOSE = 21
const ALPHA_OF_FEW = 0.1

/**
 * Multiplicative decomposition (Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., 3.4) with medians in the place of means, then simple
 * exponential smoothing (8.1) of the days without their weekday. At least a week of days, some above zero.
 */
export function seasonOf(days: readonly DayValue[]): Season {
  const profile = weekProfile(days)
  const flat = days.flatMap(({ day, value }) => {
    const share = profile[weekdayOf(day)] ?? 0
    return share < TELLING ? [] : [value / share]
  })
  if (flat.length < DAYS_TO_CHOOSE) return { profile, ...smoothed(flat, ALPHA_OF_FEW) }
  const [first, ...others] = ALPHAS.map((alpha) => smoothed(flat, alpha))
  const best = others.reduce((a, b) => (missOf(b.surprises) < missOf(a.surprises) ? b : a), first ?? smoothed(flat, ALPHA_OF_FEW))
  return { profile, ...best }
}

const missOf = (surprises: readonly number[]): number => surprises.reduce((sum, one) => sum + Math.min(1, Math.abs(one - 1)), 0)

/** Each day over the median of the week around it, which holds every weekday once; of these the median per weekday, drawn to that of its kind while it has few days. */
function weekProfile(days: readonly DayValue[]): number[] {
  const ratios: number[][] = Array.from({ length: WEEK }, () => [])
  for (const [n, { day, value }] of days.entries()) {
    const first = Math.max(0, Math.min(n - (WEEK >> 1), days.length - WEEK))
    const usual = middleOf(days.slice(first, first + WEEK).map((one) => one.value))
    if (usual > 0) ratios[weekdayOf(day)]?.push(value / usual)
  }
  const raw = ratios.map((own, weekday) => {
    const kind = ratios.flatMap((of, other) => (isWeekend(other) === isWeekend(weekday) ? of : []))
    const usual = kind.length === 0 ? 1 : median(kind)
    return own.length === 0 ? usual : usual + (median(own) - usual) * trustIn(own.length)
  })
  const mean = raw.reduce((sum, one) => sum + one, 0) / WEEK
  return raw.map((one) => (mean > 0 ? one / mean : 1))
}

const isWeekend = (weekday: number): boolean => weekday % 6 === 0

/** Half after one week, four fifths after two, nine tenths after three. */
const trustIn = (weeks: number): number => weeks ** 2 / (weeks ** 2 + 1)

/** The median; the mean where most are zero. */
function middleOf(values: readonly number[]): number {
  const middle = median([...values])
  return middle > 0 ? middle : values.reduce((sum, one) => sum + one, 0) / values.length
}

/** Begins at the median of the first week, and as a running mean. What is far from the last two weeks moves the level only as far as they reach. */
function smoothed(flat: readonly number[], alpha: number): Pick<Season, 'level' | 'surprises' | 'alpha'> {
  let level = middleOf(flat.slice(0, WEEK))
  const surprises: number[] = []
  for (const [n, value] of flat.entries()) {
    if (level > 0) surprises.push(value / level)
    const recent = flat.slice(Math.max(0, n + 1 - 2 * WEEK), Math.max(n + 1, WEEK))
    level += Math.max(alpha, 1 / (n + 2)) * (within(value, recent) - level)
  }
  return { level, surprises, alpha }
}

function within(value: number, recent: readonly number[]): number {
  const middle = median([...recent])
  const reach = SIGMAS_MAX * Math.max(MAD_TO_SIGMA * medianAbsoluteDeviation([...recent]), TELLING * middle)
  return Math.min(middle + reach, Math.max(middle - reach, value))
}
