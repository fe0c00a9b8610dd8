/** Spending with a known truth: a level, a profile of the week, growth, noise, spikes and holes, all from a seed. */
import { chanceOf, type Chance } from '../../src/domain/chance.ts'
import { daysLater, weekdayOf, type Day } from '../../src/domain/day.ts'
import { nano } from '../../src/domain/money.ts'
import type { SlotSpending } from '../../src/insight/anomaly.ts'
import type { DaySpending } from '../../src/insight/forecast.ts'

export interface Truth {
  /** EUR on a mean day at the beginning. */
  readonly level: number
  /** Of a mean day, per weekday from Sunday on. */
  readonly profile: readonly number[]
  /** Per day: 0.01 is a percent more each day. */
  readonly growth: number
  /** Sigma of the noise's logarithm. */
  readonly noise: number
  /** Of a day (or hour), to be a spike or a hole. */
  readonly spikes: number
  readonly holes: number
}

export interface Series {
  readonly truth: Truth
  readonly days: readonly DaySpending[]
  /** Days whose spike was put there. */
  readonly spiked: ReadonlySet<Day>
}

const NANO = 1e9
const between = (chance: Chance, low: number, high: number): number => low + chance() * (high - low)

/** Box and Muller 1958. */
const normal = (chance: Chance): number => Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance())

/** A product of one kind: of any size, quiet at weekends or not, growing or shrinking, calm or not. */
function truthOf(chance: Chance): Truth {
  const weekend = between(chance, 0.15, 1.1)
  const raw = [weekend, 1, 1, 1, 1, 1, weekend].map((share) => share * between(chance, 0.9, 1.1))
  const mean = raw.reduce((sum, one) => sum + one, 0) / raw.length
  return {
    level: 10 ** between(chance, -1, 3),
    profile: raw.map((share) => share / mean),
    growth: [-0.003, 0, 0, 0.003, 0.006, 0.01][Math.floor(chance() * 6)] ?? 0,
    noise: between(chance, 0.05, 0.3),
    spikes: between(chance, 0, 0.03),
    holes: between(chance, 0, 0.02),
  }
}

export function seriesOf(seed: string, first: Day, length: number, truth?: Truth): Series {
  const chance = chanceOf(seed)
  const t = truth ?? truthOf(chance)
  const spiked = new Set<Day>()
  const days = Array.from({ length }, (_, n) => {
    const day = daysLater(first, n)
    const noise = Math.exp(t.noise * normal(chance) - t.noise ** 2 / 2)
    const usual = t.level * (1 + t.growth) ** n * (t.profile[weekdayOf(day)] ?? 1) * noise
    const [spike, hole, size] = [chance() < t.spikes, chance() < t.holes, between(chance, 3, 8)]
    if (spike) spiked.add(day)
    return { day, spent: nano(BigInt(Math.round(usual * (spike ? size : hole ? 0 : 1) * NANO))) }
  })
  return { truth: t, days, spiked }
}

/** Ten weeks of hours with the same kind of truth, quiet at night; incidents of some hours, each several times as dear as usual. */
export interface HourSeries {
  readonly truth: Truth
  readonly hours: readonly SlotSpending[]
  /** The hours that were made anomalous. */
  readonly incidents: ReadonlySet<number>
}

const HOUR_MS = 3_600_000
const HOURS_A_DAY = 24

export function hoursOf(seed: string, weeks: number): HourSeries {
  const chance = chanceOf(seed)
  const t = truthOf(chance)
  const first = Date.parse('2026-06-01T00:00:00Z')
  const incidents = new Set<number>()
  let [left, size] = [0, 1]
  const hours = Array.from({ length: weeks * 7 * HOURS_A_DAY }, (_, n) => {
    const since = new Date(first + n * HOUR_MS)
    if (left === 0 && chance() < t.spikes / HOURS_A_DAY) [left, size] = [1 + Math.floor(chance() * 6), between(chance, 3, 8)]
    const isIncident = left > 0
    if (isIncident) {
      left -= 1
      incidents.add(since.getTime())
    }
    const [day, hour] = [since.getUTCDay(), since.getUTCHours()]
    const night = 1 + 0.8 * Math.sin(((hour - 8) / HOURS_A_DAY) * 2 * Math.PI)
    const noise = Math.exp(t.noise * normal(chance) - t.noise ** 2 / 2)
    const usual = (t.level / HOURS_A_DAY) * (1 + t.growth) ** (n / HOURS_A_DAY) * (t.profile[day] ?? 1) * night * noise
    return { slot: `${day} ${hour}`, since, spent: nano(BigInt(Math.round(usual * (isIncident ? size : 1) * NANO))) }
  })
  return { truth: t, hours, incidents }
}
