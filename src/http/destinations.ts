import { z } from '@hono/zod-openapi'
import { newTarget } from '../delivery/destination.ts'
import { newSecret } from '../delivery/sign.ts'
import {
  createDestination,
  disableDestination,
  enableDestination,
  findDestination,
  listDestinations,
  revealSecret,
  rotateSecret,
  testDestination,
  type Destination,
} from '../ledger/destinations.ts'
import { destinationInputSchema } from '../schema/destination-input.ts'
import { accountId, text } from '../schema/names.ts'
import type { Access, ApiAnswer } from './access.ts'
import { changeKey, note, requireSay } from './administration.ts'
import { deliveryBody, deliverySchema, destinationBody, destinationSchema, secretSchema } from './destination-body.ts'
import { endpoint } from './endpoint.ts'
import { idOf, numberedId, yesOrNo } from './ids.ts'
import { listSchema, page, pageQuery } from './list.ts'

const byId = z.object({ id: numberedId('dst', 'destination') })
const input = destinationInputSchema.shape
const OVERLAP_S = 86_400

const create = endpoint({
  method: 'post',
  path: '/v1/destinations',
  name: 'createDestination',
  resource: 'destinations',
  summary: 'Say where notices go: a webhook, Slack, a mail address, or the worker’s log',
  description:
    'Webhooks are signed as Standard Webhooks says; the secret is in this answer and in no other. A receiver has an https address that is not private, unless this installation allows private ones. Without an account it gets the notices of all: that needs a key that is bound to none, and so do mail and the log.',
  scope: 'admin',
  body: z.strictObject({
    name: input.name.clone().openapi({ description: 'One line, and of one destination of an account', example: 'ops' }),
    kind: input.kind.clone().openapi({ example: 'log' }),
    target: input.target
      .clone()
      .openapi({ description: 'An address: of HTTPS for `webhook` and `slack`, of mail for `email`; none for `log`' }),
    types: input.types
      .clone()
      .openapi({ description: 'Which notices: types, or `alert.*` for all that begin so; all, if left out', example: ['alert.*'] }),
    account: accountId.optional().openapi({ description: 'Only notices about this account' }),
  }),
  answers: { 201: { what: 'Made; with its secret', schema: secretSchema } },
  problems: ['conflict', 'unknown_account'],
  async run(access, { body }) {
    const account = body.account ?? access.key.account ?? undefined
    requireSay(access, account)
    // The mail server and the log are the installation's: a tenant's word is not enough to have anybody's address written to.
    if (body.kind === 'email' || body.kind === 'log') access.everywhere()
    const answer = await access.once(account, async (reach) => {
      const target = newTarget(body.kind, body.target, reach.delivery)
      const made = await createDestination(reach.ledger, {
        name: body.name,
        kind: body.kind,
        types: body.types ?? ['*'],
        account,
        ...target,
      })
      await note(access, reach, 'destination.create', account, { ...destinationBody(made) })
      return { status: 201, body: destinationBody(made) }
    })
    return withSecret(access, answer)
  },
})

const list = endpoint({
  method: 'get',
  path: '/v1/destinations',
  name: 'listDestinations',
  resource: 'destinations',
  summary: 'Where notices go, oldest first',
  scope: 'admin',
  query: z.strictObject({
    ...pageQuery,
    account: accountId.optional(),
    disabled: yesOrNo.openapi({ description: 'Those that get nothing any more, too' }),
  }),
  answers: { 200: { what: 'A page of destinations', schema: listSchema(destinationSchema, 'Destination') } },
  async run(access, { query }) {
    const { ledger, account } = access.reach(query.account)
    const destinations = await page(
      access,
      query,
      '0',
      (after, limit) => listDestinations(ledger, { account, disabled: query.disabled, after: Number(after), limit }),
      ({ id }) => String(id),
    )
    return { status: 200, body: { ...destinations, data: destinations.data.map(destinationBody) } }
  },
})

const show = endpoint({
  method: 'get',
  path: '/v1/destinations/{id}',
  name: 'getDestination',
  resource: 'destinations',
  summary: 'A destination',
  scope: 'admin',
  params: byId,
  answers: { 200: { what: 'The destination', schema: destinationSchema } },
  async run(access, { params }) {
    return { status: 200, body: destinationBody(await foundBy(access, params.id)) }
  },
})

const disable = endpoint({
  method: 'post',
  path: '/v1/destinations/{id}/disable',
  name: 'disableDestination',
  resource: 'destinations',
  summary: 'Nothing goes there any more',
  description: 'What was on its way ends as dead. Again: no effect. Its name is free for another one.',
  scope: 'admin',
  params: byId,
  body: z.strictObject({ reason: text(1000).min(1) }),
  answers: { 200: { what: 'The destination, disabled', schema: destinationSchema } },
  async run(access, { params, body }) {
    const { account } = await foundBy(access, params.id)
    return access.once(account ?? undefined, async (reach) => {
      const after = await disableDestination(reach.ledger, { id: params.id, why: body.reason })
      if (after.changed) await note(access, reach, 'destination.disable', account, { id: idOf('dst', params.id), reason: body.reason })
      return { status: 200, body: destinationBody(after) }
    })
  },
})

const enable = endpoint({
  method: 'post',
  path: '/v1/destinations/{id}/enable',
  name: 'enableDestination',
  resource: 'destinations',
  summary: 'It gets what is told from now on',
  description: 'Again: no effect. What died meanwhile can be sent again.',
  scope: 'admin',
  params: byId,
  answers: { 200: { what: 'The destination, enabled', schema: destinationSchema } },
  problems: ['conflict'],
  async run(access, { params }) {
    const { account } = await foundBy(access, params.id)
    return access.once(account ?? undefined, async (reach) => {
      const after = await enableDestination(reach.ledger, { id: params.id })
      if (after.changed) await note(access, reach, 'destination.enable', account, { id: idOf('dst', params.id) })
      return { status: 200, body: destinationBody(after) }
    })
  },
})

const rotate = endpoint({
  method: 'post',
  path: '/v1/destinations/{id}/rotate-secret',
  name: 'rotateDestinationSecret',
  resource: 'destinations',
  summary: 'A new secret, beside which the old one signs for a while',
  description:
    'Until the overlap ends each request has a signature of both, so a receiver may change when it suits. With an overlap of 0 the old one ends at once.',
  scope: 'admin',
  params: byId,
  body: z.strictObject({ overlap_seconds: z.int().min(0).max(604_800).optional().openapi({ description: 'A day, if left out' }) }),
  answers: { 200: { what: 'The destination, with its new secret', schema: secretSchema } },
  problems: ['conflict'],
  async run(access, { params, body }) {
    const { account } = await foundBy(access, params.id)
    const answer = await access.once(account ?? undefined, async (reach) => {
      const overlapMs = (body.overlap_seconds ?? OVERLAP_S) * 1000
      const after = await rotateSecret(reach.ledger, { id: params.id, secret: newSecret(), overlapMs })
      await note(access, reach, 'destination.rotate', account, { id: idOf('dst', params.id), secret_version: after.secretVersion })
      return { status: 200, body: destinationBody(after) }
    })
    return withSecret(access, answer)
  },
})

const test = endpoint({
  method: 'post',
  path: '/v1/destinations/{id}/test',
  name: 'testDestination',
  resource: 'destinations',
  summary: 'Send it a notice of the type destination.test',
  description: 'Whatever it takes else. How it went says the delivery.',
  scope: 'admin',
  params: byId,
  answers: { 201: { what: 'On its way', schema: deliverySchema } },
  problems: ['conflict'],
  async run(access, { params }) {
    const { account } = await foundBy(access, params.id)
    return access.once(account ?? undefined, async (reach) => {
      const delivery = await testDestination(reach.ledger, { id: params.id, key: changeKey(access) })
      return { status: 201, body: deliveryBody(delivery) }
    })
  },
})

/** To a key that is bound to an account, the others' are not there. */
const foundBy = async (access: Access, id: number): Promise<Destination> =>
  (await access.find('destination', ({ ledger }) => findDestination(ledger, { id }))).found

/** Answers are kept for their repeats, and where they are kept there is no secret: it is put in here. */
async function withSecret(access: Access, answer: ApiAnswer): Promise<ApiAnswer> {
  const body = answer.body as z.input<typeof destinationSchema>
  const version = body.secret_version
  const ref = { id: Number(body.id.replace('dst_', '')), version: version ?? 0 }
  const secret = version === null ? undefined : await revealSecret(access.reach(undefined).ledger, ref)
  return { ...answer, body: { ...body, secret: secret ?? null } }
}

export const DESTINATIONS = [create, list, show, disable, enable, rotate, test]
