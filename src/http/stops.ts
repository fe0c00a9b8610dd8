import { z } from '@hono/zod-openapi'
import { listStops, resumeStop, stopScope, type Stop } from '../ledger/stop.ts'
import { budgetScopeSchema } from '../schema/budget-input.ts'
import { accountId, text } from '../schema/names.ts'
import { note, requireSay } from './administration.ts'
import { scopeBody, scopeBodySchema } from './budget-body.ts'
import { endpoint } from './endpoint.ts'
import { idOf, numberedId, yesOrNo } from './ids.ts'
import { listSchema, page, pageQuery } from './list.ts'

const stopSchema = z
  .object({
    id: z.string().openapi({ example: 'stp_3' }),
    scope: scopeBodySchema,
    reason: z.string(),
    since: z.iso.datetime(),
    resumed_at: z.iso.datetime().nullable().openapi({ description: 'Null while it is in force' }),
    resumed_reason: z.string().nullable(),
  })
  .openapi('Stop')

const stopBody = (stop: Stop): z.input<typeof stopSchema> => ({
  id: idOf('stp', stop.stopId),
  scope: scopeBody(stop.scope),
  reason: stop.reason,
  since: new Date(stop.since).toISOString(),
  resumed_at: stop.resumedAt === null ? null : new Date(stop.resumedAt).toISOString(),
  resumed_reason: stop.resumedWhy,
})

const create = endpoint({
  method: 'post',
  path: '/v1/stops',
  name: 'stop',
  resource: 'stops',
  summary: 'The panic switch: nothing of a scope is reserved or sent any more, anywhere',
  description:
    'From this answer on. What was sent is still booked. Stopped already: no effect (200), and the first reason stays. Without an account in its scope it needs the scope `admin`, and a key that is bound to none.',
  scope: 'budgets:write',
  body: z.strictObject({
    scope: budgetScopeSchema.clone().openapi({
      description: 'Which calls: `{}` is every call; of a key that is bound to an account, every call of it',
    }),
    reason: text(1000).min(1).openapi({ description: 'Told to the jobs that it ends' }),
  }),
  answers: { 200: { what: 'It was stopped already', schema: stopSchema }, 201: { what: 'Stopped', schema: stopSchema } },
  problems: ['unknown_account'],
  async run(access, { body }) {
    const account = body.scope.account ?? access.key.account ?? undefined
    requireSay(access, account)
    return access.once(account, async (reach) => {
      const scope = { ...body.scope, ...(account === undefined ? {} : { account }) }
      const stop = await stopScope(reach.ledger, scope, body.reason)
      if (stop.stopped) await note(access, reach, 'stop.create', account, { id: idOf('stp', stop.stopId), scope, reason: body.reason })
      return { status: stop.stopped ? 201 : 200, body: stopBody(stop) }
    })
  },
})

const list = endpoint({
  method: 'get',
  path: '/v1/stops',
  name: 'listStops',
  resource: 'stops',
  summary: 'What is stopped now, oldest first',
  description: 'A key that is bound to an account sees the stops that name it.',
  scope: 'budgets:read',
  query: z.strictObject({
    ...pageQuery,
    account: accountId.optional(),
    resumed: yesOrNo.openapi({ description: 'What goes on again, too' }),
  }),
  answers: { 200: { what: 'A page of stops', schema: listSchema(stopSchema, 'Stop') } },
  async run(access, { query }) {
    const { ledger, account } = access.reach(query.account)
    const stops = await page(
      access,
      query,
      '0',
      (after, limit) => listStops(ledger, { account, after: Number(after), limit, resumed: query.resumed }),
      ({ stopId }) => String(stopId),
    )
    return { status: 200, body: { ...stops, data: stops.data.map(stopBody) } }
  },
})

const resume = endpoint({
  method: 'post',
  path: '/v1/stops/{id}/resume',
  name: 'resume',
  resource: 'stops',
  summary: 'End a stop',
  description:
    'Again: no effect. To stop is easy, and to go on is not: this needs the scope `admin`, and a key that is bound to no account.',
  scope: 'admin',
  params: z.object({ id: numberedId('stp', 'stop') }),
  body: z.strictObject({ reason: text(1000).min(1) }),
  answers: { 200: { what: 'The stop, ended', schema: stopSchema } },
  async run(access, { params, body }) {
    requireSay(access, undefined)
    return access.once(undefined, async (reach) => {
      const stop = await resumeStop(reach.ledger, params.id, body.reason)
      const what = { id: idOf('stp', stop.stopId), scope: stop.scope, reason: body.reason }
      if (stop.resumed) await note(access, reach, 'stop.resume', stop.scope.account, what)
      return { status: 200, body: stopBody(stop) }
    })
  },
})

export const STOPS = [create, list, resume]
