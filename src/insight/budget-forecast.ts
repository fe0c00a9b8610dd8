import { dayIn, daysLater, dayStart } from '../domain/day.ts'
import { PurserError } from '../domain/errors.ts'
import { nano, type Nano } from '../domain/money.ts'
import { functionAnswer } from '../prices/function-answer.ts'
import { forecast, type DaySpending, type Forecast } from './forecast.ts'
import type { Filter, Reading } from './reading.ts'
import { spending } from './spending.ts'

/** A budget's period, how it stands, and how it will end. */
export interface BudgetForecast {
  readonly budgetId: number
  readonly name: string
  readonly isHard: boolean
  readonly timeZone: string
  /** `2026-11`, `2026-11-29` or `total`. */
  readonly period: string
  /** Null: never. */
  readonly periodEndsAt: Date | null
  readonly asOf: Date
  readonly cap: Nano
  readonly spent: Nano
  readonly reserved: Nano
  readonly forecast: Forecast
  /** When the cap is reached, if spending goes on as expected. Null: not before the period ends, or not known. */
  readonly exhaustedAt: Date | null
}

interface RawBudget {
  readonly budgetId: number
  readonly name: string
  readonly scope: Filter
  readonly isHard: boolean
  readonly timeZone: string
  readonly phase: string
  readonly period: string
  readonly periodEndsAt: string | null
  readonly cap: string
  readonly spent: string
  readonly reserved: string
}

/** As many days as a forecast uses. */
const DAYS_BACK = 56

/** How a budget's period will end, of the spending of its scope by days of its own time zone. Throws PurserError `not_found`, `conflict` (it is not in force). */
export async function budgetForecast(
  reading: Reading,
  budget: { readonly id: number } | { readonly name: string },
  now = new Date(),
): Promise<BudgetForecast> {
  const raw = await read(reading, budget)
  if (raw.phase !== 'current')
    throw new PurserError('conflict', `budget "${raw.name}" is ${raw.phase.replace('_', ' ')}: only a budget in force has a forecast`)
  const { timeZone, periodEndsAt } = raw
  const dayOf = dayIn(timeZone)
  const today = dayOf(now)
  const endsAt = periodEndsAt === null ? null : new Date(periodEndsAt)
  const [cap, spent, reserved] = [raw.cap, raw.spent, raw.reserved].map((one) => nano(BigInt(one))) as [Nano, Nano, Nano]
  const told = forecast({
    history: await daysOf(reading, { filter: raw.scope, timeZone, today }),
    today,
    todayOver: partOf(today, timeZone, now),
    lastDay: endsAt === null ? null : dayOf(new Date(endsAt.getTime() - 1)),
    spent,
    cap,
  })
  const exhaustedAt = told.kind === 'forecast' && told.exhaustion !== null ? momentOf(told.exhaustion, timeZone) : null
  const { budgetId, name, isHard, period } = raw
  return { budgetId, name, isHard, timeZone, period, periodEndsAt: endsAt, asOf: now, cap, spent, reserved, forecast: told, exhaustedAt }
}

const read = ({ sql }: Reading, budget: { readonly id: number } | { readonly name: string }): Promise<RawBudget> =>
  functionAnswer(
    sql<{ answer: RawBudget }[]>`
    select purser.show_budget(${'id' in budget ? budget.id : null}, ${'name' in budget ? budget.name : null}) as answer`,
  )

/** What its scope spent on each day before today, from the first with spending on. */
export async function daysOf(
  reading: Reading,
  { filter, timeZone, today }: { readonly filter: Filter; readonly timeZone: string; readonly today: string },
): Promise<DaySpending[]> {
  const from = daysLater(today, -DAYS_BACK)
  const groups = await spending(reading, { from, to: today, timeZone, filter, by: [], unit: 'day', limit: DAYS_BACK + 1 })
  const dayOf = dayIn(timeZone)
  const known = new Map(groups.flatMap(({ since, total }) => (since === null ? [] : [[dayOf(since), total.eur] as const])))
  const days = Array.from({ length: DAYS_BACK }, (_, n) => daysLater(from, n))
  const first = days.findIndex((day) => (known.get(day) ?? 0n) > 0n)
  return first < 0 ? [] : days.slice(first).map((day) => ({ day, spent: known.get(day) ?? nano(0n) }))
}

/** How much of a day is over, from 0 to 1: of 23, 24 or 25 hours. */
function partOf(day: string, timeZone: string, now: Date): number {
  const [since, till] = [dayStart(day, timeZone).getTime(), dayStart(daysLater(day, 1), timeZone).getTime()]
  return Math.min(1, Math.max(0, (now.getTime() - since) / (till - since)))
}

function momentOf({ day, over }: { readonly day: string; readonly over: number }, timeZone: string): Date {
  const [since, till] = [dayStart(day, timeZone).getTime(), dayStart(daysLater(day, 1), timeZone).getTime()]
  return new Date(Math.round(since + over * (till - since)))
}
