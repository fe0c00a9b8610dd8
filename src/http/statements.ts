import { z } from '@hono/zod-openapi'
import { monthOf } from '../domain/period.ts'
import { csvOf } from '../insight/csv.ts'
import { statementBody } from '../insight/statement-body.ts'
import { STATEMENT_COLUMNS, statementLines } from '../insight/statement-csv.ts'
import { listStatements, showStatement } from '../insight/statements.ts'
import { accountId } from '../schema/names.ts'
import { endpoint } from './endpoint.ts'
import { listSchema, page, pageQuery } from './list.ts'
import { moneySchema } from './money.ts'
import { spendingMonth } from './spending.ts'

const monthText = z.string().openapi({ example: '2026-11' })
const hash = z.string().nullable().openapi({ description: 'SHA-256, hexadecimal' })

const statementSchema = z
  .object({
    account: z.string(),
    month: monthText,
    state: z
      .enum(['provisional', 'sealed'])
      .openapi({ description: '`sealed`: it never changes; what becomes known later is a correction on the next one' }),
    time_zone: z.string(),
    starts_at: z.iso.datetime(),
    ends_at: z.iso.datetime(),
    plan: z.string(),
    allowance: moneySchema.nullable().openapi({ description: 'What the plan allowed when the month began' }),
    cap_changes: moneySchema.openapi({ description: 'Top-ups, cuts and changes of the plan' }),
    counted_by_plan_budget: moneySchema
      .nullable()
      .openapi({ description: 'With what was booked without a call, such as an opening amount' }),
    call_count: z.int(),
    failed_count: z.int().openapi({ description: 'Of these, those without an answer' }),
    spent: moneySchema.openapi({ description: 'Of the calls that were reserved in the month' }),
    corrections: moneySchema.openapi({ description: 'What became known of calls on earlier statements' }),
    correction_count: z.int(),
    total: moneySchema.openapi({ description: 'Spent and corrections' }),
    presumed: moneySchema.openapi({ description: 'Of what was spent: sent, and never answered' }),
    saved_by_caches: moneySchema,
    still_reserved: moneySchema,
    over_cap: moneySchema,
    refusal_count: z.int(),
    budgets: z
      .array(
        z.object({
          name: z.string(),
          period: z.string(),
          cap: moneySchema,
          spent: moneySchema,
          reserved: moneySchema,
          over_cap: moneySchema,
        }),
      )
      .openapi({ description: 'The account’s budgets beside its plan’s' }),
    previous_hash: hash,
    hash,
    sealed_at: z.iso.datetime().nullable(),
  })
  .openapi('Statement')

const part = z.object({ name: z.string().nullable(), call_count: z.int(), spent: moneySchema })
const wholeSchema = statementSchema
  .extend({
    features: z.array(part).openapi({ description: 'The dearest first, 1000 at most, as of models and users' }),
    models: z.array(part),
    users: z.array(part),
    correction_lines: z.array(
      z.object({
        call: z.string().openapi({ description: 'The attempt, or what was tracked' }),
        month: monthText.openapi({ description: 'Of the statement that it corrects' }),
        reserved_at: z.iso.datetime(),
        change: moneySchema,
        known_at: z.iso.datetime(),
      }),
    ),
  })
  .openapi('WholeStatement')

const byId = z.object({ id: accountId })
const ofMonth = {
  month: spendingMonth.optional().openapi({ type: 'string', example: '2026-11', description: 'This month, if left out: provisional' }),
}

const list = endpoint({
  method: 'get',
  path: '/v1/accounts/{id}/statements',
  name: 'listStatements',
  resource: 'statements',
  summary: 'An account’s sealed statements, oldest first, without their lines',
  scope: 'reports:read',
  params: byId,
  query: z.strictObject(pageQuery),
  answers: { 200: { what: 'A page of statements', schema: listSchema(statementSchema, 'Statement') } },
  async run(access, { params: { id }, query }) {
    const { reports } = access.reach(id)
    const found = await page(
      access,
      { ...query, account: id },
      '',
      (after, limit) => listStatements(reports, { account: id, after: after === '' ? undefined : { month: after, account: id }, limit }),
      ({ month }) => month,
    )
    return { status: 200, body: { ...found, data: found.data.map(statementBody) } }
  },
})

const show = endpoint({
  method: 'get',
  path: '/v1/accounts/{id}/statement',
  name: 'getStatement',
  resource: 'statements',
  summary: 'An account’s month with its lines: sealed, or as it would be now',
  description: 'Features, models and users each come to `spent`; the correction lines come to `corrections`.',
  scope: 'reports:read',
  params: byId,
  query: z.strictObject(ofMonth),
  answers: { 200: { what: 'The statement', schema: wholeSchema } },
  problems: ['unknown_account'],
  async run(access, { params: { id }, query: { month } }) {
    const { reports, timeZone } = access.reach(id)
    return { status: 200, body: statementBody(await showStatement(reports, id, month ?? monthOf(new Date(), timeZone))) }
  },
})

const csv = endpoint({
  method: 'get',
  path: '/v1/exports/statement',
  name: 'exportStatement',
  resource: 'exports',
  summary: 'An account’s statement as CSV: one row per amount, in EUR with nine digits',
  scope: 'reports:read',
  query: z.strictObject({ account: accountId, ...ofMonth }),
  answers: { 200: { what: 'The statement', schema: z.string(), type: 'text/csv' } },
  problems: ['unknown_account'],
  async run(access, { query: { account: id, month: asked } }) {
    const { reports, timeZone } = access.reach(id)
    const month = asked ?? monthOf(new Date(), timeZone)
    const body = csvOf(STATEMENT_COLUMNS, statementLines(await showStatement(reports, id, month)))
    return { status: 200, body, headers: { 'content-disposition': `attachment; filename="statement-${month}.csv"` } }
  },
})

export const STATEMENTS = [list, show, csv]
