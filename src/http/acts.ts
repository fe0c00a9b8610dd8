import { z } from '@hono/zod-openapi'
import { listActs } from '../ledger/acts.ts'
import { accountId } from '../schema/names.ts'
import { endpoint } from './endpoint.ts'
import { idOf } from './ids.ts'
import { listSchema, page, pageQuery } from './list.ts'

const actSchema = z
  .object({
    id: z.string().openapi({ example: 'act_12' }),
    at: z.iso.datetime(),
    who: z.string().openapi({ description: 'A key, or whoever ran a command', example: 'key_7' }),
    act: z.string().openapi({ example: 'key.revoke' }),
    account: z.string().nullable(),
    what: z.record(z.string(), z.unknown()),
    request_id: z.string().nullable(),
  })
  .openapi('Act')

const listAll = endpoint({
  method: 'get',
  path: '/v1/acts',
  name: 'listActs',
  resource: 'acts',
  summary: 'Who did what with the administration, oldest first',
  scope: 'admin',
  query: z.strictObject({ ...pageQuery, account: accountId.optional() }),
  answers: { 200: { what: 'A page of acts', schema: listSchema(actSchema, 'Act') } },
  async run(access, { query }) {
    const { ledger, account } = access.reach(query.account)
    const acts = await page(
      access,
      query,
      '0',
      (after, limit) => listActs(ledger, { account, after, limit }),
      ({ id }) => id,
    )
    const data = acts.data.map(({ id, at, requestId, ...act }) => ({
      id: idOf('act', id),
      at: new Date(at).toISOString(),
      ...act,
      request_id: requestId,
    }))
    return { status: 200, body: { ...acts, data } }
  },
})

export const ACTS = [listAll]
