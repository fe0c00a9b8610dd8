/** What a budget will have spent when its period ends. */
import { mean, quantileSorted } from 'simple-statistics'
import { chanceOf } from '../domain/chance.ts'
import { daysBetween, daysLater, weekdayOf, type Day } from '../domain/day.ts'
import { nano, type Nano } from '../domain/money.ts'
import { seasonOf, type Season } from './season.ts'

export interface DaySpending {
  readonly day: Day
  readonly spent: Nano
}

export interface ForecastInput {
  /** Whole days before `today`, oldest first. A day without calls is there with zero; the first one had some. The last eight weeks are used. */
  readonly history: readonly DaySpending[]
  readonly today: Day
  /** How much of today is over, from 0 to 1. */
  readonly todayOver: number
  /** Of the period; null when it never ends. */
  readonly lastDay: Day | null
  /** In the period so far. */
  readonly spent: Nano
  readonly cap: Nano
}

export type Forecast =
  | { readonly kind: 'not_enough_data'; readonly days: number; readonly daysNeeded: number }
  | {
      readonly kind: 'forecast'
      /** At the end of the period, with a band into which four of five periods fall. Null when the period ends later than in a year, or never. */
      readonly end: { readonly expected: Nano; readonly low: Nano; readonly high: Nano; readonly percentOverCap: number } | null
      /** What a mean day of now costs. */
      readonly perDay: Nano
      /** When the cap is reached, if spending goes on as expected: a day, and how much of it is over. Null: not before the period ends (or a year). */
      readonly exhaustion: { readonly day: Day; readonly over: number } | null
    }

const DAYS_NEEDED = 7
const DAYS_USED = 56
const YEAR = 366
const PATHS = 1000
/** The band that AWS Cost Explorer shows, too. */
const [LOW, MIDDLE, HIGH] = [0.1, 0.5, 0.9] as const
/** Of two days one is half and one twice of what was expected, until days have shown it: so the band of a short history is wide. */
const UNSEEN = [0.5, 2] as const

/**
 * Spent so far, plus for what is left of today and each day to come: the level of now times its weekday's profile. The expected end and the band are of a thousand
 * futures in which surprises of the past come back in any order and move the level as they did: bootstrapped residuals (Hyndman and Athanasopoulos, Forecasting:
 * Principles and Practice, 3rd ed., 5.5) of exponential smoothing with multiplicative errors (8.5). The same input gives the same answer.
 * Sums of the past are exact; what is to come is reckoned in floating point, since nobody books it. Nothing is taken off for what a hard cap would refuse.
 */
export function forecast(input: ForecastInput): Forecast {
  const { spent, cap, lastDay, today } = input
  const history = input.history.slice(-DAYS_USED)
  if (history.length < DAYS_NEEDED || history.every((one) => one.spent <= 0n))
    return { kind: 'not_enough_data', days: history.length, daysNeeded: DAYS_NEEDED }
  // A day that a bill has brought below zero was no negative demand.
  const season = seasonOf(history.map(({ day, spent: value }) => ({ day, value: Math.max(0, Number(value)) })))
  const weights = weightsOf(season, input)
  const futures = futuresOf(season, weights)
  const toCome = quantileSorted(futures, MIDDLE)
  const days = weights.reduce((sum, one) => sum + one, 0)
  const perDay = days > 0 ? toCome / days : season.level
  const end = (part: number): Nano => nano(spent + rounded(quantileSorted(futures, part)))
  const room = Number(cap - spent)
  const overCap = futures.filter((one) => one > room).length
  return {
    kind: 'forecast',
    end:
      lastDay === null || daysBetween(today, lastDay) >= YEAR
        ? null
        : { expected: end(MIDDLE), low: end(LOW), high: end(HIGH), percentOverCap: Math.round((overCap * 100) / PATHS) },
    perDay: rounded(perDay),
    exhaustion: exhaustionOf(
      weights.map((weight) => weight * perDay),
      input,
    ),
  }
}

const rounded = (value: number): Nano => nano(BigInt(Math.round(value)))

/** Per day from today on, how much of a mean day it is. */
function weightsOf({ profile }: Season, { today, todayOver, lastDay }: ForecastInput): number[] {
  const days = lastDay === null ? YEAR : Math.min(YEAR, daysBetween(today, lastDay) + 1)
  return Array.from({ length: days }, (_, n) => (profile[weekdayOf(daysLater(today, n))] ?? 1) * (n === 0 ? 1 - todayOver : 1))
}

/** What is to come in each future, in order. */
function futuresOf({ level, surprises: seen, alpha }: Season, weights: readonly number[]): number[] {
  const chance = chanceOf('forecast')
  const surprises = [...seen, ...UNSEEN]
  const pulls = pullsOf(surprises)
  const any = (): number => Math.floor(chance() * surprises.length)
  // The level of now is a mean of so many days, in the weights of exponential smoothing: so uncertain it is.
  const days = Math.round(Math.min(surprises.length, (2 - alpha) / alpha))
  const future = (): number => {
    let miss = 0
    for (let n = 0; n < days; n += 1) miss += pulls[any()] ?? 0
    let [sum, now] = [0, level * (1 + miss / days)]
    for (const weight of weights) {
      const one = any()
      sum += now * weight * (surprises[one] ?? 1)
      now *= 1 + alpha * (pulls[one] ?? 0)
    }
    return sum
  }
  return Array.from({ length: PATHS }, future).toSorted((a, b) => a - b)
}

/** How a surprise pulls the level: outliers as little as when it was smoothed, and in the mean not at all. */
function pullsOf(surprises: readonly number[]): number[] {
  const sorted = surprises.toSorted((a, b) => a - b)
  const [least, most] = [quantileSorted(sorted, 0.05), quantileSorted(sorted, 0.95)]
  const calm = surprises.map((one) => Math.min(most, Math.max(least, one)))
  const usual = mean(calm)
  return calm.map((one) => (usual > 0 ? one / usual - 1 : 0))
}

function exhaustionOf(
  expected: readonly number[],
  { today, todayOver, spent, cap }: ForecastInput,
): { readonly day: Day; readonly over: number } | null {
  let room = Number(cap - spent)
  if (room <= 0) return { day: today, over: todayOver }
  for (const [n, cost] of expected.entries()) {
    if (cost > 0 && cost >= room) {
      const begun = n === 0 ? todayOver : 0
      return { day: daysLater(today, n), over: begun + (1 - begun) * (room / cost) }
    }
    room -= cost
  }
  return null
}
