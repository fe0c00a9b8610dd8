import { z } from '@hono/zod-openapi'
import { money } from '../domain/money.ts'
import { percentCell } from '../insight/table.ts'
import { cacheStats, clearCache } from '../ledger/response-cache.ts'
import { accountId, label } from '../schema/names.ts'
import { note, requireSay } from './administration.ts'
import { endpoint } from './endpoint.ts'
import { yesOrNo } from './ids.ts'
import { pageQuery, USUAL_LIMIT } from './list.ts'
import { moneySchema } from './money.ts'
import { Problem } from './problem.ts'

const DAY_MS = 86_400_000
const USUAL_DAYS = 30
const count = z.int()
const counted = {
  entry_count: count.openapi({ description: 'Answers that are kept now' }),
  bytes: z.string().openapi({ description: 'Of those, with what the blob store keeps of them', example: '18213' }),
  hit_count: count,
  miss_count: count,
  hit_rate: z.string().nullable().openapi({ description: 'In percent, with two digits; null while nothing was asked', example: '48.18' }),
  saved: moneySchema.openapi({ description: 'What the answers cost when they were made, for each time that they were heard again' }),
}
const cacheSchema = z
  .object({
    account: z.string().nullable().openapi({ description: 'Null: of all' }),
    since: z.iso.datetime(),
    ...counted,
    features: z
      .array(z.object({ feature: z.string().nullable().openapi({ description: 'Null: of calls that have none' }), ...counted }))
      .openapi({ description: 'What saved most comes first' }),
  })
  .openapi('Cache')

type Counted = Omit<Awaited<ReturnType<typeof cacheStats>>, 'features'>
const countedBody = ({ entries, bytes, hits, misses, saved }: Counted) => ({
  entry_count: entries,
  bytes: bytes.toString(),
  hit_count: hits,
  miss_count: misses,
  hit_rate: percentCell(BigInt(hits), BigInt(hits + misses)),
  saved: money(saved),
})

const show = endpoint({
  method: 'get',
  path: '/v1/cache',
  name: 'getCache',
  resource: 'cache',
  summary: 'What the response cache keeps, how often it was asked, and what it saved',
  scope: 'reports:read',
  query: z.strictObject({
    account: accountId.optional(),
    days: z
      .string()
      .regex(/^([1-9]\d?|100)$/, 'write a whole number from 1 to 100')
      .transform(Number)
      .optional()
      .openapi({ type: 'integer', minimum: 1, maximum: 100, default: 30, description: 'How far back hits and misses are counted' }),
    limit: pageQuery.limit.clone().openapi({ type: 'integer', description: 'Features, at most; 50 if left out' }),
  }),
  answers: { 200: { what: 'Its figures', schema: cacheSchema } },
  async run(access, { query }) {
    const { ledger, account } = access.reach(query.account)
    const since = new Date(Date.now() - (query.days ?? USUAL_DAYS) * DAY_MS)
    const stats = await cacheStats(ledger, { account, since, limit: query.limit ?? USUAL_LIMIT })
    const features = stats.features.map((one) => ({ feature: one.feature, ...countedBody(one) }))
    return { status: 200, body: { account: account ?? null, since: since.toISOString(), ...countedBody(stats), features } }
  },
})

const clear = endpoint({
  method: 'delete',
  path: '/v1/cache',
  name: 'clearCache',
  resource: 'cache',
  summary: 'Forget answers: of an account, a feature or a model, or all',
  description:
    'Answers that are asked for now are not kept either. Calls that were answered from the cache hear the same again. A key that is bound to an account clears what that account’s calls made.',
  scope: 'admin',
  query: z.strictObject({
    account: accountId.optional(),
    feature: label.clone().optional(),
    model: label.clone().optional(),
    all: yesOrNo.openapi({ description: 'Needed where nothing else is said' }),
  }),
  answers: {
    200: {
      what: 'How many went',
      schema: z.object({ removed_count: count, bytes: z.string() }).openapi('ClearedCache'),
    },
  },
  async run(access, { query: { feature, model, all, ...query } }) {
    const account = query.account ?? access.key.account ?? undefined
    requireSay(access, account)
    if (account === undefined && feature === undefined && model === undefined && all !== true)
      throw new Problem('bad_input', 'say which answers: account, feature or model; or all=true')
    return access.once(account, async (reach) => {
      const { removed, bytes } = await clearCache(reach.ledger, { account, feature, model })
      await note(access, reach, 'cache.clear', account, { account, feature, model, removed })
      return { status: 200, body: { removed_count: removed, bytes: bytes.toString() } }
    })
  },
})

export const CACHE = [show, clear]
