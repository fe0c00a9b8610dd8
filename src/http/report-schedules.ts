import { z } from '@hono/zod-openapi'
import { requireTerms, SCHEDULED } from '../insight/questions/scheduled.ts'
import {
  createReportSchedule,
  endReportSchedule,
  findReportSchedule,
  listReportSchedules,
  type ReportSchedule,
} from '../ledger/report-schedules.ts'
import { reportScheduleFields as fields } from '../schema/report-schedule-input.ts'
import { note, requireSay } from './administration.ts'
import { endpoint } from './endpoint.ts'
import { idOf, numberedId } from './ids.ts'
import { listSchema, page, pageQuery } from './list.ts'

const terms = {
  by: z.string().max(30).optional().openapi({ description: 'Of `latency`: model or feature' }),
  unit: z.string().max(30).optional().openapi({ description: 'Of `infrastructure`: day, week or month' }),
  limit: z.int().min(1).max(1000).optional(),
  currency: z.enum(['EUR', 'USD'], 'a currency is EUR or USD').optional(),
}

const question = z.enum(SCHEDULED.map(({ name }) => name)).openapi({ description: 'One of `/v1/analytics`' })

const scheduleSchema = z
  .object({
    id: z.string().openapi({ example: 'rep_3' }),
    name: z.string(),
    account: z.string().nullable().openapi({ description: 'Null: of all accounts' }),
    question,
    ...terms,
    every: z.enum(['day', 'week', 'month']),
    hour: z.int(),
    time_zone: z.string(),
    next_at: z.iso.datetime().openapi({ description: 'When it is sent next: about the time that has ended by then' }),
    ended_at: z.iso.datetime().nullable(),
  })
  .openapi('ReportSchedule')

const iso = (at: string): string => new Date(at).toISOString()

const bodyOf = (r: ReportSchedule) => ({
  id: idOf('rep', r.id),
  name: r.name,
  account: r.account,
  question: r.question,
  ...r.asked,
  every: r.every,
  hour: r.hour,
  time_zone: r.timeZone,
  next_at: iso(r.nextAt),
  ended_at: r.endedAt === null ? null : iso(r.endedAt),
})

const create = endpoint({
  method: 'post',
  path: '/v1/report-schedules',
  name: 'createReportSchedule',
  resource: 'analytics',
  summary: 'Have the answer to a named question sent after each day, week or month',
  description: 'As a notice of the type `report.ready`, with its rows and as CSV, to every destination that takes it; each time once.',
  scope: 'admin',
  body: z.strictObject({
    name: fields.name.clone().openapi({ example: 'users-each-monday' }),
    account: fields.account.optional().openapi({ description: 'Of this account only' }),
    question,
    ...terms,
    every: fields.every.clone(),
    hour: fields.hour.default(7).openapi({ description: 'From this hour on of the day after' }),
    time_zone: fields.timeZone.optional().openapi({ description: 'The installation’s if left out' }),
  }),
  answers: { 201: { what: 'The schedule', schema: scheduleSchema } },
  problems: ['conflict', 'unknown_account'],
  run(access, { body: { name, account: asked, question: of, every, hour, time_zone: zone, ...rest } }) {
    const account = asked ?? access.key.account ?? undefined
    requireSay(access, account)
    requireTerms(of, rest)
    return access.once(account, async (reach) => {
      const schedule = { name, account: account ?? null, question: of, asked: rest, every, hour, timeZone: zone ?? reach.timeZone }
      const made = await createReportSchedule(reach.ledger, schedule)
      await note(access, reach, 'report_schedule.create', account ?? null, { id: idOf('rep', made.id), name, question: of, every })
      return { status: 201, body: bodyOf(made) }
    })
  },
})

const list = endpoint({
  method: 'get',
  path: '/v1/report-schedules',
  name: 'listReportSchedules',
  resource: 'analytics',
  summary: 'Reports that are sent by themselves',
  scope: 'reports:read',
  query: z.strictObject({ ...pageQuery, account: fields.account.optional() }),
  answers: { 200: { what: 'A page of schedules', schema: listSchema(scheduleSchema, 'ReportSchedule') } },
  async run(access, { query }) {
    const { ledger, account } = access.reach(query.account)
    const schedules = await page(
      access,
      query,
      '0',
      (after, limit) => listReportSchedules(ledger, { account, after: Number(after), limit }),
      ({ id }) => String(id),
    )
    return { status: 200, body: { ...schedules, data: schedules.data.map(bodyOf) } }
  },
})

const end = endpoint({
  method: 'post',
  path: '/v1/report-schedules/{id}/end',
  name: 'endReportSchedule',
  resource: 'analytics',
  summary: 'Nothing of it is sent any more',
  description: 'Again: no effect. Its name is free for another one.',
  scope: 'admin',
  params: z.object({ id: numberedId('rep', 'report') }),
  answers: { 200: { what: 'The schedule, ended', schema: scheduleSchema } },
  async run(access, { params }) {
    const { found } = await access.find('report', ({ ledger }) => findReportSchedule(ledger, params.id))
    return access.once(found.account ?? undefined, async (reach) => {
      const after = await endReportSchedule(reach.ledger, params.id)
      if (after.changed) await note(access, reach, 'report_schedule.end', found.account, { id: idOf('rep', params.id), name: found.name })
      return { status: 200, body: bodyOf(after) }
    })
  },
})

export const REPORT_SCHEDULES = [create, list, end]
