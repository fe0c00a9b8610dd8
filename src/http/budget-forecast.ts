import { z } from '@hono/zod-openapi'
import { dayIn } from '../domain/day.ts'
import { money } from '../domain/money.ts'
import { budgetForecast, type BudgetForecast } from '../insight/budget-forecast.ts'
import { findBudget } from './budgets.ts'
import { endpoint } from './endpoint.ts'
import { idOf, numberedId } from './ids.ts'
import { moneySchema } from './money.ts'

const moneyOrNull = moneySchema.nullable()

const forecastSchema = z
  .object({
    budget_id: z.string().openapi({ example: 'bdg_12' }),
    name: z.string(),
    kind: z.enum(['hard', 'soft']),
    period: z.string().openapi({ example: '2026-11' }),
    time_zone: z.string().openapi({ example: 'Europe/Berlin' }),
    period_ends_at: z.iso.datetime().nullable(),
    as_of: z.iso.datetime(),
    budget_amount: moneySchema,
    current_spending: moneySchema,
    reserved: moneySchema,
    status: z
      .enum(['forecast', 'not_enough_data'])
      .openapi({ description: '`not_enough_data`: its scope has spent for less than a week, and what is expected is null' }),
    expected_spending: moneyOrNull.openapi({ description: 'When the period ends; null also if that is later than in a year, or never' }),
    expected_low: moneyOrNull.openapi({ description: 'Four of five periods end between this and `expected_high`' }),
    expected_high: moneyOrNull,
    percent_over_budget: z.int().min(0).max(100).nullable().openapi({ description: 'How likely the amount will be passed, in percent' }),
    expected_per_day: moneyOrNull.openapi({ description: 'On a mean day to come' }),
    exhausted_at: z.iso
      .datetime()
      .nullable()
      .openapi({ description: 'When the amount will be spent, as expected; null: not before the period ends (or within a year)' }),
    exhausted_on: z.iso.date().nullable().openapi({ description: 'The same as a day in its time zone' }),
  })
  .openapi('BudgetForecast')

function forecastBody(b: BudgetForecast): z.input<typeof forecastSchema> {
  const { forecast } = b
  const told = forecast.kind === 'forecast' ? forecast : undefined
  return {
    budget_id: idOf('bdg', b.budgetId),
    name: b.name,
    kind: b.isHard ? 'hard' : 'soft',
    period: b.period,
    time_zone: b.timeZone,
    period_ends_at: b.periodEndsAt?.toISOString() ?? null,
    as_of: b.asOf.toISOString(),
    budget_amount: money(b.cap),
    current_spending: money(b.spent),
    reserved: money(b.reserved),
    status: forecast.kind,
    expected_spending: told?.end ? money(told.end.expected) : null,
    expected_low: told?.end ? money(told.end.low) : null,
    expected_high: told?.end ? money(told.end.high) : null,
    percent_over_budget: told?.end?.percentOverCap ?? null,
    expected_per_day: told === undefined ? null : money(told.perDay),
    exhausted_at: b.exhaustedAt?.toISOString() ?? null,
    exhausted_on: b.exhaustedAt === null ? null : dayIn(b.timeZone)(b.exhaustedAt),
  }
}

const forecast = endpoint({
  method: 'get',
  path: '/v1/budgets/{id}/forecast',
  name: 'getBudgetForecast',
  resource: 'budgets',
  summary: 'What a budget will have spent when its period ends, and when its amount will be spent',
  description:
    'Of what its scope spent in the last eight weeks, by its days and weekdays, as if nothing were refused. Reckoned, not booked: an estimate with a band of 80 %. Only of a budget in force (409).',
  scope: 'budgets:read',
  params: z.object({ id: numberedId('bdg', 'budget') }),
  answers: { 200: { what: 'How it will end', schema: forecastSchema } },
  problems: ['conflict'],
  async run(access, { params }) {
    const { budget, account } = await findBudget(access, params.id)
    const { reports } = access.reach(account ?? undefined)
    return { status: 200, body: forecastBody(await budgetForecast(reports, { id: budget.budgetId })) }
  },
})

export const BUDGET_FORECAST = [forecast]
