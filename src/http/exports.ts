import { z } from '@hono/zod-openapi'
import { callsCsv } from '../insight/calls-csv.ts'
import { focusCsv } from '../insight/focus.ts'
import { accountId } from '../schema/names.ts'
import { callsQuery, questionOf } from './calls.ts'
import { endpoint } from './endpoint.ts'
import { spendingMonth, timeZone } from './spending.ts'

const csv = z
  .string()
  .openapi({ description: 'UTF-8, RFC 4180, a header first. A text that a spreadsheet would run as a formula begins with an apostrophe' })

const calls = endpoint({
  method: 'get',
  path: '/v1/exports/calls',
  name: 'exportCalls',
  resource: 'exports',
  summary: 'All calls of a question as CSV, one row each: those of the newest job first',
  description:
    'The question is that of `GET /v1/calls`, without its pages; costs are in EUR with nine digits. It is sent as it is read: an answer that ends before its end (the connection breaks) is not whole.',
  scope: 'reports:read',
  query: z.strictObject(callsQuery),
  answers: { 200: { what: 'The calls', schema: csv, type: 'text/csv' } },
  run(access, { query }) {
    const { reports, question } = questionOf(access, query)
    return Promise.resolve({ status: 200, body: callsCsv(reports, question), headers: attached('calls.csv') })
  },
})

const attached = (name: string): Readonly<Record<string, string>> => ({ 'content-disposition': `attachment; filename="${name}"` })

const focus = endpoint({
  method: 'get',
  path: '/v1/exports/focus',
  name: 'exportFocus',
  resource: 'exports',
  summary: 'A month in the form of FOCUS 1.2, as CSV: one row per hour, scope, price and unit',
  description:
    'Billed in EUR, priced in USD; the sum of BilledCost is what was spent in the month, to the last digit. Columns that FOCUS does not know begin with `x_`. It is sent as it is read: an answer that ends before its end (the connection breaks) is not whole.',
  scope: 'reports:read',
  query: z.strictObject({
    month: spendingMonth.openapi({ type: 'string', example: '2026-11' }),
    account: accountId.optional(),
    time_zone: timeZone,
  }),
  answers: { 200: { what: 'The month', schema: csv, type: 'text/csv' } },
  run(access, { query: { month, account: asked, time_zone: zone } }) {
    const { reports, account, timeZone: own } = access.reach(asked)
    const filter = account === undefined ? {} : { account }
    const body = focusCsv(reports, { month, timeZone: zone ?? own, filter })
    return Promise.resolve({ status: 200, body, headers: attached(`focus-${month}.csv`) })
  },
})

export const EXPORTS = [calls, focus]
