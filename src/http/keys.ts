import { z } from '@hono/zod-openapi'
import { API_SCOPES } from '../domain/api-scope.ts'
import { listApiKeys, revokeApiKey, type ApiKey } from '../ledger/api-keys.ts'
import { accountId, text } from '../schema/names.ts'
import { endpoint } from './endpoint.ts'
import { idOf, numberedId } from './ids.ts'
import { listSchema, page, pageQuery } from './list.ts'

const keySchema = z
  .object({
    id: z.string().openapi({ example: 'key_7' }),
    prefix: z.string().openapi({ description: 'Its first characters; the key itself is shown once, when `purser keys create` makes it' }),
    name: z.string(),
    scopes: z.array(z.enum(API_SCOPES)),
    account: z.string().nullable().openapi({ description: 'The account that it is bound to; null: the whole installation' }),
    state: z.enum(['active', 'expired', 'revoked']),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime().nullable(),
    revoked_at: z.iso.datetime().nullable(),
    last_used_at: z.iso.datetime().nullable().openapi({ description: 'To the minute' }),
    replaced_by: z.string().nullable(),
  })
  .openapi('Key')

const iso = (moment: string | null): string | null => (moment === null ? null : new Date(moment).toISOString())

const keyBody = (key: ApiKey): z.input<typeof keySchema> => ({
  id: idOf('key', key.id),
  prefix: key.prefix,
  name: key.name,
  scopes: [...key.scopes],
  account: key.account,
  state: key.state,
  created_at: new Date(key.createdAt).toISOString(),
  expires_at: iso(key.expiresAt),
  revoked_at: iso(key.revokedAt),
  last_used_at: iso(key.lastUsedAt),
  replaced_by: key.replacedBy === null ? null : idOf('key', key.replacedBy),
})

const listKeys = endpoint({
  method: 'get',
  path: '/v1/keys',
  name: 'listKeys',
  resource: 'keys',
  summary: 'API keys, oldest first',
  description: 'A key that is bound to an account sees those of this account.',
  scope: 'admin',
  query: z.strictObject({ ...pageQuery, account: accountId.optional() }),
  answers: { 200: { what: 'A page of keys', schema: listSchema(keySchema, 'Key') } },
  async run(access, { query }) {
    const { ledger, account } = access.reach(query.account)
    const keys = await page(
      access,
      query,
      '0',
      (after, limit) => listApiKeys(ledger, { account, after: Number(after), limit }),
      ({ id }) => String(id),
    )
    return { status: 200, body: { ...keys, data: keys.data.map(keyBody) } }
  },
})

const revokeKey = endpoint({
  method: 'post',
  path: '/v1/keys/{id}/revoke',
  name: 'revokeKey',
  resource: 'keys',
  summary: 'End a key for good',
  description:
    'It opens nothing from then on; a process that has just looked it up lets it go within five seconds. Ending it again has no effect.',
  scope: 'admin',
  params: z.object({ id: numberedId('key', 'key') }),
  body: z.strictObject({ why: text(1000).min(1) }),
  answers: { 200: { what: 'The key, revoked', schema: keySchema } },
  run: (access, { params, body }) =>
    access.once(undefined, async ({ ledger, account }) => {
      const key = await revokeApiKey(ledger, { id: params.id, account, why: body.why, who: access.who, requestId: access.requestId })
      return { status: 200, body: keyBody(key) }
    }),
})

export const KEYS = [listKeys, revokeKey]
