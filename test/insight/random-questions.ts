import { FIGURES } from '../../src/insight/figures.ts'
import { DIMENSIONS, type Dimension } from '../../src/insight/dimension.ts'
import type { Filter } from '../../src/insight/reading.ts'
import type { Question, TimeUnit } from '../../src/insight/sums.ts'
import type { Chance } from '../support/chance.ts'
import { HOUR_MS, momentIn } from './sums-history.ts'

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Pacific/Chatham',
  'Pacific/Apia',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'America/Havana',
] as const

const UNITS: readonly (TimeUnit | undefined)[] = [undefined, undefined, 'hour', 'day', 'week', 'month']
/** What an answer does not have one by one, or what has no plain form. */
const PLAIN_FIGURES = FIGURES.filter((figure) => figure !== 'saved')

/** Any question: of any range, in any zone, by up to three dimensions, of calls that have any values. */
export function anyQuestion(dice: Chance, accounts: readonly [string, ...string[]]): Question {
  const pick = <T>(from: readonly T[]): T => from[dice(from.length)] as T
  const timeZone = pick(ZONES)
  const moments = [momentIn(dice), momentIn(dice)].toSorted((a, b) => a.getTime() - b.getTime()) as [Date, Date]
  const unit = pick(UNITS)
  // By the hour, of a few days.
  if (unit === 'hour') moments[1] = new Date(Math.min(moments[1].getTime(), moments[0].getTime() + dice(100) * HOUR_MS))
  const isOfDays = dice(2) === 0
  const [from, to] = moments.map((at) => (isOfDays ? at.toISOString().slice(0, 10) : at.toISOString())) as [string, string]
  const dimensions: readonly Dimension[] = [...DIMENSIONS, 'label:tenant']
  const by = [...new Set(Array.from({ length: pick([0, 1, 1, 2, 2, 3]) }, () => pick(dimensions)))]
  return { from, to, timeZone, filter: anyFilter(dice, accounts), by, unit, figures: PLAIN_FIGURES, limit: 100_000 }
}

function anyFilter(dice: Chance, accounts: readonly string[]): Filter {
  const some = dice(10)
  return {
    ...(some === 0 || some === 1 ? { account: accounts[dice(accounts.length)] } : {}),
    ...(some === 2 ? { user: `user-${dice(9)}` } : {}),
    ...(some === 1 || some === 3 ? { feature: 'chat' } : {}),
    ...(some === 4 ? { model: 'gemini-2.5-flash' } : {}),
    ...(some === 5 ? { labels: { tenant: `t${dice(3)}` } } : {}),
  }
}
