import { z } from '@hono/zod-openapi'
import { DELIVERY_STATES } from '../domain/notice.ts'
import { findDelivery, listDeliveries, NEWEST_DELIVERY, resendDelivery } from '../ledger/deliveries.ts'
import { accountId } from '../schema/names.ts'
import { note } from './administration.ts'
import { deliveryBody, deliveryRef, deliverySchema, noticeRef } from './destination-body.ts'
import { endpoint } from './endpoint.ts'
import { idOf, numberedId } from './ids.ts'
import { listSchema, page, pageQuery } from './list.ts'

const byId = z.object({ id: deliveryRef })

const list = endpoint({
  method: 'get',
  path: '/v1/deliveries',
  name: 'listDeliveries',
  resource: 'deliveries',
  summary: 'Notices on their way, and how far each has come: newest first',
  description: 'A key that is bound to an account sees those to destinations of this account.',
  scope: 'admin',
  query: z.strictObject({
    ...pageQuery,
    account: accountId.optional(),
    state: z.enum(DELIVERY_STATES).optional(),
    notice: noticeRef.optional().openapi({ type: 'string', example: 'msg_019ad0c27a2e7c4e8a430c1f5f0f9a11' }),
    destination: numberedId('dst', 'destination').optional(),
  }),
  answers: { 200: { what: 'A page of deliveries', schema: listSchema(deliverySchema, 'Delivery') } },
  async run(access, { query }) {
    const { ledger, account } = access.reach(query.account)
    const { state, notice: noticeId, destination: destinationId } = query
    const deliveries = await page(
      access,
      query,
      NEWEST_DELIVERY,
      (before, limit) => listDeliveries(ledger, { account, state, noticeId, destinationId, before, limit }),
      ({ id }) => id,
    )
    return { status: 200, body: { ...deliveries, data: deliveries.data.map(deliveryBody) } }
  },
})

const show = endpoint({
  method: 'get',
  path: '/v1/deliveries/{id}',
  name: 'getDelivery',
  resource: 'deliveries',
  summary: 'A delivery',
  scope: 'admin',
  params: byId,
  answers: { 200: { what: 'The delivery', schema: deliverySchema } },
  async run(access, { params }) {
    const { found } = await access.find('delivery', ({ ledger }) => findDelivery(ledger, params.id))
    return { status: 200, body: deliveryBody(found) }
  },
})

const resend = endpoint({
  method: 'post',
  path: '/v1/deliveries/{id}/resend',
  name: 'resendDelivery',
  resource: 'deliveries',
  summary: 'Send it again: a dead one, or what a receiver has lost',
  description: 'As the same notice, with the same `webhook-id`; it is tried for three days again. One that is still tried is a conflict.',
  scope: 'admin',
  params: byId,
  answers: { 200: { what: 'The delivery, on its way again', schema: deliverySchema } },
  problems: ['conflict'],
  async run(access, { params }) {
    const { found } = await access.find('delivery', ({ ledger }) => findDelivery(ledger, params.id))
    return access.once(found.account ?? undefined, async (reach) => {
      const after = await resendDelivery(reach.ledger, { id: params.id })
      await note(access, reach, 'delivery.resend', found.account, { id: idOf('dlv', params.id), resends: after.resends })
      return { status: 200, body: deliveryBody(after) }
    })
  },
})

export const DELIVERIES = [list, show, resend]
