import { z } from '@hono/zod-openapi'
import { reservationRef } from '../domain/call.ts'
import { money } from '../domain/money.ts'
import { adjust } from '../ledger/adjust.ts'
import { findAttempt, listDoubtful, type DoubtfulAttempt, type SentAttempt } from '../ledger/doubtful.ts'
import { accountId, text } from '../schema/names.ts'
import { changeKey, note, requireSay } from './administration.ts'
import { endpoint } from './endpoint.ts'
import { reservationId } from './ids.ts'
import { listSchema, page, pageQuery } from './list.ts'
import { moneyInput, moneySchema } from './money.ts'
import { Problem } from './problem.ts'

const doubtful = {
  id: z.string().openapi({ example: 'rsv_019ac8f27c5a4d2f9d0e7b4b2c6f1a3e' }),
  call: z.string().openapi({ example: 'call_019ac8f27c5a4d2f9d0e7b4b2c6f1a3e' }),
  account: z.string(),
  model: z.string(),
  workflow_id: z.string(),
  call_id: z.string(),
  amount: moneySchema.openapi({ description: 'What was set aside for it: held while it is in doubt, spent when it is presumed' }),
  sent_at: z.iso.datetime(),
  presumed_at: z.iso.datetime().openapi({ description: 'From then on no answer can come, so that it cost nothing may be said' }),
  why: z.string().nullable(),
}

const doubtfulSchema = z.object({ ...doubtful, state: z.enum(['in_doubt', 'presumed']) }).openapi('DoubtfulAttempt')
const attemptSchema = z
  .object({
    ...doubtful,
    state: z.enum(['dispatched', 'settled', 'rejected', 'in_doubt', 'presumed', 'reserved', 'released']),
    cost: moneySchema.nullable().openapi({ description: 'Null while nobody knows it' }),
    source: z.string().nullable().openapi({ description: 'Who named its cost: bill, answer, person or presumption; a higher one stands' }),
  })
  .openapi('Attempt')

const doubtfulBody = <S extends string>(a: Omit<DoubtfulAttempt, 'state'> & { readonly state: S }) => ({
  id: reservationRef(a.reservationId),
  call: a.callRef,
  account: a.account,
  model: a.model,
  workflow_id: a.workflowId,
  call_id: a.callId,
  amount: money(a.amount),
  sent_at: new Date(a.sentAt).toISOString(),
  presumed_at: new Date(a.presumedFrom).toISOString(),
  why: a.why,
  state: a.state,
})

const attemptBody = (a: SentAttempt): z.input<typeof attemptSchema> => ({
  ...doubtfulBody(a),
  cost: a.cost === null ? null : money(a.cost),
  source: a.source,
})

const FIRST = '00000000-0000-0000-0000-000000000000'

const list = endpoint({
  method: 'get',
  path: '/v1/attempts',
  name: 'listAttempts',
  resource: 'attempts',
  summary: 'What was sent and never answered: in doubt (its money is held) or presumed (it is spent)',
  description: 'In the order of the start of their jobs. A key that is bound to an account sees those of this account.',
  scope: 'admin',
  query: z.strictObject({ ...pageQuery, account: accountId.optional(), state: z.enum(['in_doubt', 'presumed']).optional() }),
  answers: { 200: { what: 'A page of attempts', schema: listSchema(doubtfulSchema, 'DoubtfulAttempt') } },
  async run(access, { query }) {
    const { ledger, account } = access.reach(query.account)
    const attempts = await page(
      access,
      query,
      FIRST,
      (after, limit) =>
        listDoubtful(ledger, { inDoubt: query.state !== 'presumed', presumed: query.state !== 'in_doubt', account, after, limit }),
      ({ reservationId: id }) => id,
    )
    return { status: 200, body: { ...attempts, data: attempts.data.map(doubtfulBody) } }
  },
})

const resolve = endpoint({
  method: 'post',
  path: '/v1/attempts/{id}/resolve',
  name: 'resolveAttempt',
  resource: 'attempts',
  summary: 'A person’s word on what an attempt cost',
  description:
    'Booked with the reason, once. It frees what is still set aside. An answer or a bill counts more, whenever it comes. That it cost nothing is believed only when no answer can come any more. Needs a key that is bound to no account.',
  scope: 'admin',
  params: z.object({ id: reservationId }),
  body: z.strictObject({
    cost: moneyInput
      .refine((amount) => amount >= 0n, 'a cost is not below zero')
      .openapi({ description: 'What it cost in all; "0" when it was not billed' }),
    why: text(1000).min(1).openapi({ description: 'How you know' }),
  }),
  answers: { 200: { what: 'The attempt, with the cost that stands', schema: attemptSchema } },
  problems: ['already_settled', 'conflict'],
  async run(access, { params, body }) {
    requireSay(access, undefined)
    const { found } = await access.find('attempt', ({ ledger }) => findAttempt(ledger, params.id))
    return access.once(found.account, async (reach) => {
      const said = await adjust(reach.ledger, {
        reservationId: params.id,
        total: body.cost,
        source: 'person',
        sourceId: changeKey(access),
        why: body.why,
      })
      if (said.kind === 'outranked')
        throw new Problem('already_settled', 'an answer or a bill has named its cost, which counts more: it stays', {
          members: { cost: money(said.cost) },
        })
      if (said.changed)
        await note(access, reach, 'attempt.resolve', found.account, {
          id: reservationRef(params.id),
          cost: money(body.cost),
          why: body.why,
        })
      const after = await findAttempt(reach.ledger, params.id)
      if (after === undefined) throw new Error('broken promise: an attempt was resolved that is not there')
      return { status: 200, body: attemptBody(after) }
    })
  },
})

export const ATTEMPTS = [list, resolve]
