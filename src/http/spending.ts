import { z } from '@hono/zod-openapi'
import { dayIn, daysBetween, daysLater } from '../domain/day.ts'
import { isTimeZone } from '../domain/period.ts'
import { isDimension, type Dimension } from '../insight/dimension.ts'
import { allGroups, monthReport, NOTHING } from '../insight/report.ts'
import { spentText, type Currency, type SpendingGroup } from '../insight/spending.ts'
import { day } from '../schema/day.ts'
import { accountId } from '../schema/names.ts'
import { monthSchema } from '../schema/reset-page.ts'
import type { Access } from './access.ts'
import { endpoint } from './endpoint.ts'
import { anyCurrency } from './money.ts'
import { Problem } from './problem.ts'

export const currency = anyCurrency.openapi({ description: 'USD: each request at the rate that was pinned with it' })

export const timeZone = z
  .string()
  .refine(isTimeZone, 'write a time zone like Europe/Berlin')
  .optional()
  .openapi({ description: 'Where days, weeks and months begin; the installation’s if left out' })

const about = { account: accountId.optional(), currency, time_zone: timeZone }

/** Of years that hold calls; so that the day after, and thirty days before, are days too. */
const yearOfCalls = [(text: string): boolean => text >= '2000' && text < '9000', 'write a year from 2000 to 8999'] as const

/** A month that may hold calls. */
export const spendingMonth = monthSchema.refine(...yearOfCalls)

/** Days, both inclusive: the last thirty, if left out. */
const range = {
  start_date: day.refine(...yearOfCalls).optional(),
  end_date: day
    .refine(...yearOfCalls)
    .optional()
    .openapi({ description: 'Inclusive; today, if left out. `start_date`: 29 days before it' }),
  ...about,
}

const amount = (description: string) => z.string().openapi({ description, example: '12.035712340' })
const costs = {
  total_cost: amount('A decimal: of EUR nine digits, of USD twelve'),
  input_cost: amount('Of input tokens'),
  output_cost: amount('Of output tokens'),
  other_cost: amount('Neither: paid by the piece, presumed, or corrected by a bill. The three are the whole'),
}
const tokens = z.int().min(0)
const counts = {
  input_tokens: tokens,
  output_tokens: tokens,
  call_count: z.int().min(0).openapi({ description: 'Requests that went out, failed ones too, and usages that were tracked' }),
}
const currencySchema = z.enum(['EUR', 'USD'])

const costsOf = (group: SpendingGroup, inCurrency: Currency) => ({
  total_cost: spentText(group.total, inCurrency),
  input_cost: spentText(group.input, inCurrency),
  output_cost: spentText(group.output, inCurrency),
  other_cost: spentText(group.other, inCurrency),
})

const countsOf = (group: SpendingGroup) => ({
  input_tokens: Number(group.inputTokens),
  output_tokens: Number(group.outputTokens),
  call_count: Number(group.calls),
})

const DAYS_MAX = 1000

interface Asked {
  readonly from: string
  readonly to: string
  readonly account: string | undefined
  readonly zone: string | undefined
  readonly by: readonly Dimension[]
  readonly unit?: 'day'
}

async function groupsOf(access: Access, { from, to, account: asked, zone, by, unit }: Asked): Promise<SpendingGroup[]> {
  const { questions, account, timeZone: own } = access.reach(asked)
  return allGroups(questions, { from, to, timeZone: zone ?? own, filter: account === undefined ? {} : { account }, by, unit })
}

const THIRTY = 30

function daysOf(
  access: Access,
  query: { readonly start_date?: string | undefined; readonly end_date?: string | undefined; readonly time_zone?: string | undefined },
) {
  const last = query.end_date ?? dayIn(query.time_zone ?? access.reach(undefined).timeZone)(new Date())
  const first = query.start_date ?? daysLater(last, 1 - THIRTY)
  const days = daysBetween(first, last) + 1
  if (days < 1 || days > DAYS_MAX)
    throw new Problem('bad_input', `from ${first} to ${last} are ${days < 1 ? 'no days' : `${days} days: ask for ${DAYS_MAX} at most`}`, {
      errors: [{ field: 'query.end_date', message: days < 1 ? 'is before start_date' : `is more than ${DAYS_MAX} days after start_date` }],
    })
  return { first, last, from: first, to: daysLater(last, 1) }
}

const daily = endpoint({
  method: 'get',
  path: '/analytics/costs/daily',
  name: 'dailyCosts',
  resource: 'short forms',
  summary: 'What was spent on each day, the oldest first; a day without calls is there, with nothing',
  scope: 'reports:read',
  query: z.strictObject(range),
  answers: {
    200: {
      what: 'The days',
      schema: z
        .object({
          daily_costs: z.array(z.object({ date: z.iso.date(), ...costs, call_count: counts.call_count })),
          currency: currencySchema,
        })
        .openapi('DailyCosts'),
    },
  },
  async run(access, { query }) {
    const { first, last, from, to } = daysOf(access, query)
    const zone = query.time_zone ?? access.reach(undefined).timeZone
    const groups = await groupsOf(access, { from, to, account: query.account, zone, by: [], unit: 'day' })
    const dayOf = dayIn(zone)
    const byDay = new Map(groups.map((group) => [dayOf(group.since ?? new Date()), group]))
    const days: string[] = []
    for (let date = first; date <= last; date = daysLater(date, 1)) days.push(date)
    return {
      status: 200,
      body: {
        daily_costs: days.map((date) => {
          const group = byDay.get(date) ?? NOTHING
          return { date, ...costsOf(group, query.currency), call_count: Number(group.calls) }
        }),
        currency: query.currency,
      },
    }
  },
})

const byModel = endpoint({
  method: 'get',
  path: '/analytics/costs/by-model',
  name: 'costsByModel',
  resource: 'short forms',
  summary: 'What was spent on each model, the dearest first',
  scope: 'reports:read',
  query: z.strictObject(range),
  answers: {
    200: {
      what: 'The models',
      schema: z
        .object({ costs_by_model: z.array(z.object({ model: z.string(), ...costs, ...counts })), currency: currencySchema })
        .openapi('CostsByModel'),
    },
  },
  async run(access, { query }) {
    const { from, to } = daysOf(access, query)
    const groups = await groupsOf(access, { from, to, account: query.account, zone: query.time_zone, by: ['model'] })
    const models = groups.map((group) => ({ model: group.names[0] ?? '', ...costsOf(group, query.currency), ...countsOf(group) }))
    return { status: 200, body: { costs_by_model: models, currency: query.currency } }
  },
})

const total = endpoint({
  method: 'get',
  path: '/analytics/costs/total',
  name: 'totalCost',
  resource: 'short forms',
  summary: 'What was spent in all',
  scope: 'reports:read',
  query: z.strictObject(range),
  answers: { 200: { what: 'The whole', schema: z.object({ ...costs, ...counts, currency: currencySchema }).openapi('TotalCost') } },
  async run(access, { query }) {
    const { from, to } = daysOf(access, query)
    const [group = NOTHING] = await groupsOf(access, { from, to, account: query.account, zone: query.time_zone, by: [] })
    return { status: 200, body: { ...costsOf(group, query.currency), ...countsOf(group), currency: query.currency } }
  },
})

const dimension = z
  .string()
  .refine(isDimension, 'group by account, user, team, project, feature, environment, provider, model, endpoint or label:NAME')
  .default('feature')
  .openapi({ type: 'string', example: 'feature', description: 'Any scope value; `label:tenant` for a label' })

const monthly = z.literal('monthly', 'only monthly').default('monthly')

const report = endpoint({
  method: 'get',
  path: '/ai-spend/report',
  name: 'aiSpendReport',
  resource: 'short forms',
  summary: 'A month’s spending by any scope value, the dearest first',
  description: 'The last month that is over, if `month` is left out. What the house bears belongs to no account and no user.',
  scope: 'reports:read',
  query: z.strictObject({
    period: monthly,
    group_by: dimension,
    month: spendingMonth.optional().openapi({ type: 'string', example: '2026-11' }),
    ...about,
  }),
  answers: {
    200: {
      what: 'The month',
      schema: z
        .object({
          period: z.literal('monthly'),
          month: z.string().openapi({ example: '2026-10' }),
          group_by: z.string(),
          currency: currencySchema,
          ...costs,
          ...counts,
          groups: z.array(
            z.object({
              name: z.string().nullable().openapi({ description: 'Null: of calls that have none' }),
              ...costs,
              ...counts,
              share: z.string().openapi({ description: 'Of the whole, in percent, with two digits', example: '41.27' }),
            }),
          ),
        })
        .openapi('AiSpendReport'),
    },
  },
  async run(access, { query }) {
    const { questions, account, timeZone: own } = access.reach(query.account)
    const filter = account === undefined ? {} : { account }
    const told = await monthReport(questions, { month: query.month, timeZone: query.time_zone ?? own, filter, by: query.group_by })
    return {
      status: 200,
      body: {
        period: query.period,
        month: told.month,
        group_by: query.group_by,
        currency: query.currency,
        ...costsOf(told.whole, query.currency),
        ...countsOf(told.whole),
        groups: told.groups.map((group) => ({
          name: group.names[0] ?? null,
          ...costsOf(group, query.currency),
          ...countsOf(group),
          share: group.share,
        })),
      },
    }
  },
})

export const SPENDING_SHORT = [report, daily, byModel, total]
