import { z } from '@hono/zod-openapi'
import { findRequest, FIRST_PAGE, listRequests, type RequestRecord } from '../insight/requests.ts'
import { scoreRequest } from '../ledger/score.ts'
import { moment } from '../schema/budget-input.ts'
import type { Access } from './access.ts'
import { callBody, callSchema } from './call-body.ts'
import { callFilters, named } from './call-filters.ts'
import { endpoint } from './endpoint.ts'
import { yesOrNo } from './ids.ts'
import { listSchema, page, pageQuery } from './list.ts'
import { moneyInput } from './money.ts'
import { preparationBody, preparationSchema } from './preparation-body.ts'
import { Problem } from './problem.ts'

const byId = z.object({
  id: z
    .string()
    .regex(/^(rsv|trk)_[0-9a-f]{32}$/, 'is no id of a call: one is rsv_ or trk_ and 32 hex digits')
    .transform((text) => text.slice(4).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'))
    .openapi({ type: 'string', example: 'rsv_019ac8f27c5a4d2f9d0e7b4b2c6f1a3e' }),
})

const THIRTY_DAYS_MS = 30 * 86_400_000
const dateTime = moment.optional().openapi({ type: 'string', format: 'date-time' })

/** What calls are asked by. */
export const callsQuery = {
  from: dateTime,
  to: dateTime,
  ...callFilters,
  success: yesOrNo.openapi({ description: '`true`: only what was answered, `false`: only what was not; all, if left out' }),
}
type CallsQuery = { readonly [Name in keyof typeof callsQuery]?: z.output<(typeof callsQuery)[Name]> }

const list = endpoint({
  method: 'get',
  path: '/v1/calls',
  name: 'listCalls',
  resource: 'calls',
  summary: 'Every request to a model, failed ones too, and what was tracked: those of the newest job first',
  description:
    'Reserved from `from` (thirty days ago, if left out) to before `to`. A key that is bound to an account sees those that this account bears.',
  scope: 'reports:read',
  query: z.strictObject({ ...pageQuery, ...callsQuery }),
  answers: { 200: { what: 'A page of calls', schema: listSchema(callSchema, 'Call') } },
  async run(access, { query: { limit, cursor, ...asked } }) {
    const { reports, question } = questionOf(access, asked)
    const calls = await page(
      access,
      { limit, cursor, from: asked.from?.toISOString(), to: asked.to?.toISOString(), success: asked.success, ...question.filter },
      `${FIRST_PAGE.rowId} ${FIRST_PAGE.token}`,
      (after, rows) => {
        const [rowId = '', token = ''] = after.split(' ')
        return listRequests(reports, { ...question, after: { rowId, token }, limit: rows })
      },
      ({ rowId, token }) => `${rowId} ${token}`,
    )
    return { status: 200, body: { ...calls, data: calls.data.map((one) => callBody(one, access.secret)) } }
  },
})

/** Which calls a request asks for, of what its key may see. */
export function questionOf(access: Access, { from, to, success, account: asked, ...terms }: CallsQuery) {
  const { reports, account } = access.reach(asked)
  const filter = { ...named(terms), ...(account === undefined ? {} : { account }) }
  return { reports, question: { filter, from: from ?? new Date(Date.now() - THIRTY_DAYS_MS), to: to ?? NEVER, answered: success } }
}

const NEVER = new Date('9999-01-01T00:00:00Z')

/** With whose it is, as `access.find` needs it. */
async function findCall(access: Access, id: string): Promise<RequestRecord> {
  const { found } = await access.find('call', async ({ ledger }) => {
    const record = await findRequest(ledger, id)
    return record && { account: record.isHouse ? null : (record.terms['account'] as string), record }
  })
  return found.record
}

const show = endpoint({
  method: 'get',
  path: '/v1/calls/{id}',
  name: 'getCall',
  resource: 'calls',
  summary: 'One request to a model, or one tracked usage',
  scope: 'reports:read',
  params: byId,
  answers: { 200: { what: 'The call, with its money as known now', schema: callSchema } },
  async run(access, { params }) {
    return { status: 200, body: callBody(await findCall(access, params.id), access.secret) }
  },
})

const preparation = endpoint({
  method: 'get',
  path: '/v1/calls/{id}/preparation',
  name: 'getCallPreparation',
  resource: 'calls',
  summary: 'What was decided before a call was sent: the model and why, and every word that was taken out of its prompt',
  description:
    'Of a removed text the first 200 characters, of a rule and a message the first 20 texts. Kept until the month of the call is dropped.',
  scope: 'reports:read',
  params: byId,
  answers: { 200: { what: 'The decision', schema: preparationSchema } },
  async run(access, { params }) {
    const { prepared } = await findCall(access, params.id)
    if (prepared === null) throw new Problem('not_found', 'nothing was prepared for this call: it was sent as it was asked for')
    return { status: 200, body: preparationBody(params.id, prepared) }
  },
})

const share = z
  .string('write a share as text, like "0.95"')
  .regex(/^(0(\.\d{1,3})?|1(\.0{1,3})?)$/, 'write a share from "0" to "1", with three digits at most')
  .optional()

const score = endpoint({
  method: 'post',
  path: '/v1/calls/{id}/score',
  name: 'scoreCall',
  resource: 'calls',
  summary: 'Say how good an answer was, and what it was worth',
  description: 'Whenever it is known; the last word stands, and what is left out stays as it was.',
  scope: 'track:write',
  params: byId,
  body: z
    .strictObject({
      quality: share,
      accuracy: share,
      value: moneyInput.refine((amount) => amount >= 0n, 'a value is not below zero').optional(),
    })
    .refine(
      ({ quality, accuracy, value: worth }) => (quality ?? accuracy ?? worth) !== undefined,
      'says nothing: name quality, accuracy or value',
    ),
  answers: { 200: { what: 'The call, with its scores', schema: callSchema } },
  async run(access, { params, body }) {
    const before = await findCall(access, params.id)
    return access.once(before.terms['account'] as string, async ({ ledger }) => {
      await scoreRequest(ledger, params.id, body)
      const after = await findRequest(ledger, params.id)
      if (after === undefined) throw new Problem('not_found', 'there is no such call')
      return { status: 200, body: callBody(after, access.secret) }
    })
  },
})

export const CALLS = [list, show, preparation, score]
