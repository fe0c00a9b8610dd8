import { z } from '@hono/zod-openapi'
import { listRateLimits, removeRateLimit, setRateLimit, type RateLimit } from '../ledger/rate-limits.ts'
import { budgetScopeSchema } from '../schema/budget-input.ts'
import { text } from '../schema/names.ts'
import { LIMITED_PER, limitNameSchema, rateLimitSchema } from '../schema/rate-limit-input.ts'
import { parsed } from '../schema/parsed.ts'
import { note, requireSay } from './administration.ts'
import { scopeBody, scopeBodySchema } from './budget-body.ts'
import { endpoint } from './endpoint.ts'
import { listSchema } from './list.ts'

const limitName = limitNameSchema.clone().openapi({ type: 'string', example: 'gemini-minute' })

const limitSchema = z
  .object({
    name: z.string(),
    scope: scopeBodySchema,
    per: z.enum(LIMITED_PER).nullable().openapi({ description: 'Each value of it has the limit to itself; null: they share it' }),
    requests_per_minute: z.int().nullable(),
    tokens_per_minute: z.int().nullable().openapi({ description: 'Input tokens, and the output limit of each request' }),
    pace_percent: z
      .int()
      .nullable()
      .openapi({ description: 'Of what each hard budget of a call had left when its day began, so much in the day' }),
    reason: z.string(),
    set_at: z.iso.datetime(),
  })
  .openapi('RateLimit')

const limitBody = (l: RateLimit): z.input<typeof limitSchema> => ({
  name: l.name,
  scope: scopeBody(l.scope),
  per: l.per,
  requests_per_minute: l.requestsPerMinute,
  tokens_per_minute: l.tokensPerMinute,
  pace_percent: l.pacePercent,
  reason: l.reason,
  set_at: new Date(l.setAt).toISOString(),
})

const list = endpoint({
  method: 'get',
  path: '/v1/rate-limits',
  name: 'listRateLimits',
  resource: 'rate-limits',
  summary: 'All rate limits',
  description: 'Of the whole installation: this needs a key that is bound to no account.',
  scope: 'budgets:read',
  answers: { 200: { what: 'All of them, by name: they are few', schema: listSchema(limitSchema, 'RateLimit') } },
  async run(access) {
    requireSay(access, undefined)
    const limits = await listRateLimits(access.reach(undefined).ledger)
    return { status: 200, body: { data: limits.map(limitBody), has_more: false, next_cursor: null } }
  },
})

const set = endpoint({
  method: 'post',
  path: '/v1/rate-limits',
  name: 'setRateLimit',
  resource: 'rate-limits',
  summary: 'Set a rate limit, or change it',
  description: 'In force within a second, in all processes. This needs the scope `admin`, and a key that is bound to no account.',
  scope: 'admin',
  body: z.strictObject({
    name: limitName,
    scope: budgetScopeSchema.clone().openapi({ description: 'Which calls: `{}` is every call' }),
    per: z.enum(LIMITED_PER).optional(),
    requests_per_minute: z.int().min(1).max(1_000_000).optional(),
    tokens_per_minute: z.int().min(1).max(1_000_000_000_000).optional(),
    pace_percent: z.int().min(1).max(100).optional(),
    reason: text(1000).min(1),
  }),
  answers: { 200: { what: 'The limit as it is now', schema: limitSchema } },
  async run(access, { body }) {
    requireSay(access, undefined)
    return access.once(undefined, async (reach) => {
      const { name, scope, per, reason } = body
      const limits = {
        requestsPerMinute: body.requests_per_minute,
        tokensPerMinute: body.tokens_per_minute,
        pacePercent: body.pace_percent,
      }
      const limit = await setRateLimit(reach.ledger, parsed(rateLimitSchema, { name, scope, per, ...limits, reason }, 'rate limit'))
      await note(access, reach, 'rate_limit.set', undefined, { ...limits, name, scope, per, reason })
      return { status: 200, body: limitBody(limit) }
    })
  },
})

const remove = endpoint({
  method: 'post',
  path: '/v1/rate-limits/{id}/remove',
  name: 'removeRateLimit',
  resource: 'rate-limits',
  summary: 'Remove a rate limit',
  scope: 'admin',
  params: z.object({ id: limitName }),
  body: z.strictObject({ reason: text(1000).min(1) }),
  answers: { 200: { what: 'It is removed', schema: z.object({ name: z.string(), removed: z.literal(true) }) } },
  async run(access, { params, body }) {
    requireSay(access, undefined)
    return access.once(undefined, async (reach) => {
      await removeRateLimit(reach.ledger, params.id)
      await note(access, reach, 'rate_limit.remove', undefined, { name: params.id, reason: body.reason })
      return { status: 200, body: { name: params.id, removed: true as const } }
    })
  },
})

export const RATE_LIMITS = [list, set, remove]
