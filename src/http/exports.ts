import { z } from '@hono/zod-openapi'
import { callsCsv } from '../insight/calls-csv.ts'
import { callsQuery, questionOf } from './calls.ts'
import { endpoint } from './endpoint.ts'

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

export const EXPORTS = [calls]
