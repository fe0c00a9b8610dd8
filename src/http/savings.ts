import { z } from '@hono/zod-openapi'
import { dayStart, daysLater } from '../domain/day.ts'
import { money } from '../domain/money.ts'
import { monthOf, monthsLater } from '../domain/period.ts'
import { csvOf } from '../insight/csv.ts'
import { SAVINGS_COLUMNS } from '../insight/savings-csv.ts'
import { grouped, hadNoEffect, hitRateText, qualityText, savings, SAVINGS_BY, summedUp, type SavingsGroup } from '../insight/savings.ts'
import { day } from '../schema/day.ts'
import { accountId, label } from '../schema/names.ts'
import type { Access } from './access.ts'
import { endpoint } from './endpoint.ts'
import { moneySchema } from './money.ts'
import { Problem } from './problem.ts'
import { spendingMonth, timeZone } from './spending.ts'

const count = z.int().min(0)
const quality = z.string().nullable().openapi({ description: 'Average, from 0 to 1; null: nobody scored any', example: '0.950' })
const figures = {
  call_count: count.openapi({ description: 'Calls on which it saved; one on which two strategies saved counts for each' }),
  saved: moneySchema.openapi({ description: 'What would have been paid without it, less what was paid; below zero it cost more' }),
  tokens_not_sent: count.openapi({ description: 'Input tokens, estimated' }),
  seen_count: count.openapi({
    description: 'Calls that it looked at, of months that are kept; one that two strategies saw counts for each',
  }),
  hit_count: count.openapi({ description: 'Of the cache: answers that were there' }),
  miss_count: count.openapi({ description: 'Of the cache: answers that were not' }),
  hit_rate: z
    .string()
    .nullable()
    .openapi({ description: 'Hits of hits and misses, in percent; null: nobody asked the cache', example: '48.18' }),
}
const groupSchema = z.object({
  strategy: z.string().nullable(),
  feature: z.string().nullable().openapi({ description: '`*`: it is on for every feature, and saw no call of any' }),
  effect: z.enum(['saved', 'none']).openapi({ description: '`none`: it was on, and saved nothing' }),
  ...figures,
  scored_with: count,
  quality_with: quality,
  scored_without: count.openapi({ description: 'Scored calls of the same feature on which it saved nothing' }),
  quality_without: quality,
})

const figuresOf = (group: SavingsGroup) => ({
  call_count: Number(group.calls),
  saved: money(group.saved),
  tokens_not_sent: Number(group.tokens),
  seen_count: Number(group.seen),
  hit_count: Number(group.hits),
  miss_count: Number(group.misses),
  hit_rate: hitRateText(group),
})
const groupBody = (group: SavingsGroup): z.input<typeof groupSchema> => ({
  strategy: group.strategy,
  feature: group.feature ?? null,
  effect: hadNoEffect(group) ? 'none' : 'saved',
  ...figuresOf(group),
  scored_with: Number(group.with.calls),
  quality_with: qualityText(group.with),
  scored_without: Number(group.without.calls),
  quality_without: qualityText(group.without),
})

const savingsQuery = {
  month: spendingMonth
    .optional()
    .openapi({ type: 'string', example: '2026-11', description: 'This month, if neither it nor `from` is said' }),
  from: day.optional().openapi({ description: 'Instead of a month: the first day' }),
  to: day.optional().openapi({ description: 'The last day, inclusive; with `from` only' }),
  by: z.enum(SAVINGS_BY).optional().openapi({ description: 'By both, if left out. By feature alone nothing is said of quality' }),
  feature: label.clone().optional(),
  account: accountId.optional(),
  time_zone: timeZone,
}
type SavingsQuery = { readonly [Name in keyof typeof savingsQuery]?: z.output<(typeof savingsQuery)[Name]> }

async function groupsOf(access: Access, { month, from, to, by, feature, account: asked, time_zone: zone }: SavingsQuery) {
  const { reports, account, timeZone: own } = access.reach(asked)
  const inZone = zone ?? own
  if (
    (month !== undefined && from !== undefined) ||
    (from === undefined) !== (to === undefined) ||
    (from !== undefined && to !== undefined && to < from)
  )
    throw new Problem('bad_input', 'say a month, or from and to, which is not before it', {
      errors: [{ field: 'query.from', message: 'say a month, or from and to, which is not before it' }],
    })
  const of = month ?? monthOf(new Date(), inZone)
  const [first, behind] = from === undefined || to === undefined ? [`${of}-01`, `${monthsLater(of, 1)}-01`] : [from, daysLater(to, 1)]
  const filter = { ...(account === undefined ? {} : { account }), ...(feature === undefined ? {} : { feature }) }
  const groups = await savings(reports, { filter, from: dayStart(first, inZone), to: dayStart(behind, inZone) })
  return { first, last: daysLater(behind, -1), groups, shown: grouped(groups, by ?? 'strategy_and_feature') }
}

const show = endpoint({
  method: 'get',
  path: '/v1/savings',
  name: 'getSavings',
  resource: 'savings',
  summary: 'What each strategy saved, by feature, the largest first; and which were on without effect',
  description: 'Computed from real usage at the price that would have been paid, and booked within seconds after an answer.',
  scope: 'reports:read',
  query: z.strictObject(savingsQuery),
  answers: {
    200: {
      what: 'The savings',
      schema: z.object({ from: z.iso.date(), to: z.iso.date(), ...figures, savings: z.array(groupSchema) }).openapi('Savings'),
    },
  },
  async run(access, { query }) {
    const { first, last, groups, shown } = await groupsOf(access, query)
    return { status: 200, body: { from: first, to: last, ...figuresOf(summedUp(groups)), savings: shown.map(groupBody) } }
  },
})

const exported = endpoint({
  method: 'get',
  path: '/v1/exports/savings',
  name: 'exportSavings',
  resource: 'exports',
  summary: 'The same as CSV',
  scope: 'reports:read',
  query: z.strictObject(savingsQuery),
  answers: {
    200: { what: 'The savings', schema: z.string().openapi({ description: 'UTF-8, RFC 4180, a header first' }), type: 'text/csv' },
  },
  async run(access, { query }) {
    const { shown } = await groupsOf(access, query)
    return { status: 200, body: csvOf(SAVINGS_COLUMNS, shown), headers: { 'content-disposition': 'attachment; filename="savings.csv"' } }
  },
})

export const SAVINGS = [show, exported]
