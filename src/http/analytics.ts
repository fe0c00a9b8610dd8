import { spentText } from '../insight/spending.ts'
import { z } from '@hono/zod-openapi'
import { isDimension, type Dimension } from '../insight/dimension.ts'
import { QUESTIONS } from '../insight/questions/all.ts'
import { costsTable } from '../insight/questions/costs.ts'
import { isEmpty, lastHours, rangeOf, type Asked, type NamedQuestion } from '../insight/questions/question.ts'
import { costColumns } from '../insight/questions/spend.ts'
import { change, share } from '../insight/columns.ts'
import { csvOf } from '../insight/csv.ts'
import { csvColumns, type CellKind, type Table } from '../insight/table.ts'
import { moment } from '../schema/budget-input.ts'
import { day } from '../schema/day.ts'
import { accountId } from '../schema/names.ts'
import type { Access } from './access.ts'
import { callFilters, named } from './call-filters.ts'
import { endpoint, fieldErrors, sentenceOf } from './endpoint.ts'
import { Problem } from './problem.ts'
import { currency, timeZone } from './spending.ts'

const isOfCalls = (text: string): boolean => text >= '2000' && text < '9000'
const when = z
  .union(
    [day.clone(), moment.clone().transform((at) => at.toISOString())],
    'write a day like 2026-11-01, or a moment like 2026-11-01T12:00:00Z',
  )
  .refine(isOfCalls, 'write a year from 2000 to 8999')
  .optional()

const range = {
  from: when.openapi({ type: 'string', description: 'A day, or a moment. Thirty days before `to`, if left out', example: '2026-11-01' }),
  to: when.openapi({ type: 'string', description: 'Before it: a day, or a moment. The end of today, if left out', example: '2026-12-01' }),
}

const wholeNumber = (preset: number, max: number) => z.coerce.number().int().min(1).max(max).default(preset).openapi({ type: 'integer' })

/** What a question takes, as query parameters. */
function queryOf({ time, limit, by, unit, isInEur }: NamedQuestion) {
  return z.strictObject({
    ...(time === 'range' ? range : { hours: wholeNumber(24, 168).openapi({ description: 'The last so many, this one among them' }) }),
    ...(limit === undefined ? {} : { limit: wholeNumber(limit.default, limit.max) }),
    ...(by === undefined ? {} : { by: z.enum(by.from).default(by.default) }),
    ...(unit === undefined ? {} : { unit: z.enum(unit.from).default(unit.default) }),
    ...(isInEur === true ? {} : { currency }),
    time_zone: timeZone,
    ...callFilters,
  })
}

interface AnyQuery extends Readonly<Partial<Record<keyof typeof callFilters, string | undefined>>> {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly hours?: number | undefined
  readonly limit?: number | undefined
  readonly by?: string | undefined
  readonly unit?: string | undefined
  readonly currency?: 'EUR' | 'USD' | undefined
  readonly time_zone?: string | undefined
}

/** What a request asks, of what its key may see. */
function askedBy(access: Access, query: AnyQuery, time: NamedQuestion['time']) {
  const { questions, account, timeZone: own } = access.reach(query.account)
  const zone = query.time_zone ?? own
  const { user, team, project, feature, environment, provider, model, endpoint: of } = query
  const terms = { account, user, team, project, feature, environment, provider, model, endpoint: of }
  const span = time === 'hours' ? lastHours(query.hours ?? 24) : rangeOf(query, zone)
  if (isEmpty(span))
    throw new Problem('bad_input', `from ${span.from} to before ${span.to} is no time at all`, {
      errors: [{ field: 'query.to', message: 'is not after from' }],
    })
  const asked: Asked = {
    ...span,
    timeZone: zone,
    filter: named(terms),
    currency: query.currency ?? 'EUR',
    limit: query.limit ?? 1000,
    by: query.by === undefined ? [] : (query.by.split(',') as Dimension[]),
    unit: query.unit as Asked['unit'],
  }
  return { questions, asked }
}

const CELLS: Readonly<Record<CellKind, (about: string) => z.ZodType>> = {
  text: (about) => z.string().nullable().openapi({ description: about }),
  day: (about) => z.iso.date().openapi({ description: about }),
  time: (about) => z.iso.datetime().nullable().openapi({ description: about }),
  money: (about) => z.string().nullable().openapi({ description: about, example: '12.035712340' }),
  eur: (about) =>
    z
      .string()
      .nullable()
      .openapi({ description: `${about} (EUR)`, example: '12.035712340' }),
  price: (about) => z.string().nullable().openapi({ description: about, example: '0.300000000' }),
  count: (about) => z.int().nullable().openapi({ description: about }),
  percent: (about) => z.string().nullable().openapi({ description: about, example: '41.27' }),
}

const answerSchema = (row: z.ZodType) =>
  z.object({
    from: z.string().openapi({ example: '2026-11-01' }),
    to: z.string().openapi({ description: 'Before it', example: '2026-12-01' }),
    time_zone: z.string(),
    currency: z.enum(['EUR', 'USD']),
    total_cost: z.string().optional().openapi({ description: 'Of all rows, those beyond the limit too', example: '390.012345678' }),
    row_count: z.int().openapi({ description: 'How many rows there are, those beyond the limit too' }),
    rows: z.array(row),
  })

const rowSchema = (columns: NamedQuestion['columns']) =>
  z.object(Object.fromEntries(columns.map(({ name, kind, about }) => [name, CELLS[kind](about)])))

const bodyOf = (table: Table, { from, to, timeZone: zone }: Asked, rowOf: (row: Table['rows'][number]) => unknown) => ({
  from,
  to,
  time_zone: zone,
  currency: table.currency,
  ...(table.whole === undefined ? {} : { total_cost: spentText(table.whole, table.currency) }),
  row_count: table.rowCount,
  rows: table.rows.map(rowOf),
})

const recordOf = (columns: Table['columns']) => (row: Table['rows'][number]) =>
  Object.fromEntries(columns.map(({ name }, n) => [name, row[n]]))

const pascal = (name: string): string => name.replace(/(^|-)([a-z])/g, (_, _dash: string, letter: string) => letter.toUpperCase())

const eachByName = QUESTIONS.map((question) =>
  endpoint({
    method: 'get',
    path: `/v1/analytics/${question.name}`,
    name: `analyse${pascal(question.name)}`,
    resource: 'analytics',
    summary: question.summary,
    ...(question.description === undefined ? {} : { description: question.description }),
    scope: 'reports:read',
    query: queryOf(question),
    answers: {
      200: { what: 'The answer', schema: answerSchema(rowSchema(question.columns)).openapi(`Analytics${pascal(question.name)}`) },
    },
    async run(access, { query }) {
      const { questions, asked } = askedBy(access, query as AnyQuery, question.time)
      const table = await question.ask(questions, asked)
      return { status: 200, body: bodyOf(table, asked, recordOf(table.columns)) }
    },
  }),
)

const dimensions = z
  .string()
  .refine(
    (text) => text.split(',').length <= 2 && new Set(text.split(',')).size === text.split(',').length && text.split(',').every(isDimension),
    'write one or two of account, user, team, project, feature, environment, provider, model, endpoint or label:NAME, with a comma between',
  )
  .optional()
  .openapi({ type: 'string', example: 'feature,model' })

const costs = endpoint({
  method: 'get',
  path: '/v1/analytics/costs',
  name: 'analyseCosts',
  resource: 'analytics',
  summary: 'What was spent by any one or two dimensions, and by hour, day, week or month',
  description:
    'The oldest time first, then the dearest. A request counts when it has ended, in the moment in which it was reserved, at what it costs as known now; what the house bears belongs to no account and no user.',
  scope: 'reports:read',
  query: z.strictObject({
    ...range,
    by: dimensions,
    unit: z.enum(['hour', 'day', 'week', 'month']).optional(),
    limit: wholeNumber(1000, 10_000),
    currency,
    time_zone: timeZone,
    ...callFilters,
  }),
  answers: {
    200: {
      what: 'The costs',
      schema: answerSchema(
        rowSchema([...costColumns, share]).extend({
          since: z.iso.datetime().optional().openapi({ description: 'Where the hour, day, week or month begins' }),
          group: z
            .record(z.string(), z.string().nullable())
            .openapi({ description: 'The dimensions with their values; null of calls that have none', example: { feature: 'chat' } }),
          change: CELLS.percent(change.about).optional(),
        }),
      ).openapi('AnalyticsCosts'),
    },
  },
  async run(access, { query }) {
    const { questions, asked } = askedBy(access, query, 'range')
    const by = asked.by as readonly Dimension[]
    const table = await costsTable(questions, { ...asked, by })
    const isGroup = new Set<string>(by)
    const rowOf = (row: Table['rows'][number]) => {
      const cells = table.columns.map(({ name }, n) => [name, row[n]] as const)
      return {
        ...Object.fromEntries(cells.filter(([name]) => !isGroup.has(name))),
        group: Object.fromEntries(cells.filter(([name]) => isGroup.has(name))),
      }
    }
    return { status: 200, body: bodyOf(table, asked, rowOf) }
  },
})

const BY_NAME: ReadonlyMap<string, NamedQuestion> = new Map(QUESTIONS.map((question) => [question.name, question]))

const csv = endpoint({
  method: 'get',
  path: '/v1/exports/analytics',
  name: 'exportAnalytics',
  resource: 'exports',
  summary: 'The answer to a named question as CSV: the columns and the rows of its endpoint',
  description: 'It takes what `/v1/analytics/…` takes, and the name of the question.',
  scope: 'reports:read',
  query: z
    .looseObject({ question: z.enum(QUESTIONS.map(({ name }) => name)).default('daily'), account: accountId.optional() })
    .openapi({ description: 'What the question itself takes, besides' }),
  answers: { 200: { what: 'The rows', schema: z.string(), type: 'text/csv' } },
  async run(access, { query: { question: name, ...rest } }) {
    const question = BY_NAME.get(name)
    if (question === undefined) throw new Error(`broken promise: ${name} is no question`)
    const read = queryOf(question).safeParse(rest)
    if (!read.success) {
      const errors = fieldErrors('query', read.error)
      throw new Problem('bad_input', sentenceOf(errors), { errors })
    }
    const { questions, asked } = askedBy(access, read.data as AnyQuery, question.time)
    const table = await question.ask(questions, asked)
    return {
      status: 200,
      body: csvOf(csvColumns(table), table.rows),
      headers: { 'content-disposition': `attachment; filename="${name}.csv"` },
    }
  },
})

export const ANALYTICS = [costs, ...eachByName, csv]
