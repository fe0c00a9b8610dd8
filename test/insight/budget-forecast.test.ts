/** A budget's forecast is of what the ledger has booked on its scope, by days of its own zone. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { trackUsages } from '../../src/calls/track-usage.ts'
import { dayIn, daysBetween, daysLater, dayStart } from '../../src/domain/day.ts'
import { budgetForecast } from '../../src/insight/budget-forecast.ts'
import { archiveBudget } from '../../src/ledger/budgets.ts'
import { openTestLedger } from '../support/ledger.ts'

const t = await openTestLedger()
afterAll(() => t.drop())

const ZONE = 'America/Los_Angeles'
const now = new Date()
const today = dayIn(ZONE)(now)
const A_DAY = 1_000_000n
const DAYS = 40

beforeAll(async () => {
  const account = await t.accountWith({ cap: '100.00', timeZone: ZONE })
  // Every day at one in the morning in Los Angeles, which in UTC is another part of the day, and at its end the day before.
  const usages = Array.from({ length: DAYS }, (_, n) => ({
    key: randomUUID(),
    provider: 'test',
    model: 'penny-model',
    endpoint: 'tracked',
    tier: 'standard' as const,
    usage: [{ unit: 'output_text_tokens' as const, quantity: 1_000_000_000 }],
    at: new Date(dayStart(daysLater(today, -n - 1), ZONE).getTime() + (n % 2 === 0 ? 3_600_000 : 82_000_000)),
    scope: { account, feature: 'chat' },
  }))
  await trackUsages(t.ledger, t.ledger, usages)
})

const budgetOf = (over: Partial<Parameters<typeof t.budget>[0]> = {}) =>
  t.budget({ scope: { feature: 'chat' }, cap: '100.00', period: 'month', timeZone: ZONE, ...over })

/** The rate of these usages' days is not one dollar a euro. */
const daily = async (): Promise<bigint> => {
  const [row] = await t.owner<{ cost: bigint }[]>`select max(cost) as cost from purser.receipt`
  return row?.cost ?? 0n
}

test('what is expected is what was spent, and each day to come as the days before', async () => {
  const id = await budgetOf()
  const told = await budgetForecast(t.ledger, { id }, now)
  const cost = await daily()
  expect(cost).toBeGreaterThan(0n)
  expect(cost).toBeLessThanOrEqual(A_DAY)
  expect(told).toMatchObject({ budgetId: id, timeZone: ZONE, period: today.slice(0, 7), asOf: now })
  if (told.forecast.kind !== 'forecast' || told.forecast.end === null || told.periodEndsAt === null) throw new Error('no forecast')
  // A test's budget, made by hand, begins with nothing: what is to come alone is expected of it.
  const days = (told.periodEndsAt.getTime() - now.getTime()) / 86_400_000
  expect(Number(told.forecast.end.expected - told.spent)).toBeCloseTo(
    days * Number(cost),
    -Math.ceil(Math.log10(0.05 * days * Number(cost))),
  )
  expect(Number(told.forecast.perDay)).toBeGreaterThan(0.95 * Number(cost))
  expect(Number(told.forecast.perDay)).toBeLessThan(1.05 * Number(cost))
})

test('the day on which a cap will be reached is one of its zone, and comes by as much sooner as the cap is smaller', async () => {
  const cost = await daily()
  const id = await budgetOf({ period: 'total', cap: `0.${String((cost * 21n) / 2n).padStart(9, '0')}` })
  const { exhaustedAt, forecast } = await budgetForecast(t.ledger, { id }, now)
  expect(forecast).toMatchObject({ kind: 'forecast', end: null })
  const days = daysBetween(today, dayIn(ZONE)(exhaustedAt ?? now))
  expect(days).toBeGreaterThanOrEqual(9)
  expect(days).toBeLessThanOrEqual(12)
  const far = await budgetForecast(t.ledger, { id: await budgetOf({ period: 'total' }) }, now)
  expect(far.exhaustedAt).toBeNull()
})

test('days of a scope that has spent for less than a week are not enough, nor is a scope that never spent', async () => {
  const never = await budgetForecast(t.ledger, { id: await budgetOf({ scope: { feature: 'none' } }) })
  expect(never).toMatchObject({ forecast: { kind: 'not_enough_data', days: 0 }, exhaustedAt: null })
})

test('a day’s budget is forecast to the end of its day', async () => {
  const told = await budgetForecast(t.ledger, { id: await budgetOf({ period: 'day' }) }, now)
  const left = (dayStart(daysLater(today, 1), ZONE).getTime() - now.getTime()) / 86_400_000
  if (told.forecast.kind !== 'forecast') throw new Error('no forecast')
  const part = Number((told.forecast.end?.expected ?? 0n) - told.spent) / Number(await daily())
  expect(part).toBeGreaterThan(left * 0.8)
  expect(part).toBeLessThan(left * 1.2)
})

test('what is not in force, or not there, has none: it says so', async () => {
  const id = await budgetOf({ name: 'old one' })
  await archiveBudget(t.ledger, { id })
  await expect(budgetForecast(t.ledger, { id })).rejects.toMatchObject({
    code: 'conflict',
    message: 'budget "old one" is archived: only a budget in force has a forecast',
  })
  await expect(budgetForecast(t.ledger, { id: 999_999 })).rejects.toMatchObject({ code: 'not_found' })
})
