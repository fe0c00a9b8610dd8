import { trackedRef } from '../domain/call.ts'
import { createHash, randomUUID } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import { trackUsage, trackUsages } from '../calls/track-usage.ts'
import { PurserError } from '../domain/errors.ts'
import { exactEur, money } from '../domain/money.ts'
import type { TrackedUsage } from '../domain/tracked-usage.ts'
import { callStart } from '../ledger/api-reservations.ts'
import type { Tracked } from '../ledger/track.ts'
import { databaseNow } from '../prices/price-book.ts'
import { scopeSchema } from '../schema/ask-input.ts'
import { trackedFields, TRACKED_MAX } from '../schema/track-input.ts'
import type { Access, Reach } from './access.ts'
import { spaceOf } from './call-key.ts'
import { endpoint, sentenceOf } from './endpoint.ts'
import { idOf, payer } from './ids.ts'
import { moneySchema } from './money.ts'
import { Problem, type FieldError, type ProblemCode } from './problem.ts'
import { onlyOne } from './reservations.ts'

// A copy: what was made before this library was loaded cannot be described by it.
const usageField = trackedFields.usage.clone().openapi({
  type: 'object',
  description: 'What was used, by the units of the price book; hours and gigabytes as decimal text, like `"2.5"`',
  example: { input_tokens: 1200, output_tokens: 300 },
})
const atField = trackedFields.at.optional().openapi({
  type: 'string',
  format: 'date-time',
  description: 'When it happened: its prices, its rate and its budget periods are those of this moment. Now, if left out',
})

const told = {
  ...trackedFields,
  account: payer,
  model: trackedFields.model.clone().openapi({ example: 'gemini-2.5-flash-lite' }),
  provider: trackedFields.provider.optional().openapi({ description: 'Found from the model, if only one has it' }),
  usage: usageField,
  at: atField,
  duration_ms: trackedFields.duration_ms.clone().openapi({ description: 'How long it took' }),
  error: trackedFields.error.clone().openapi({
    description: 'It failed, though it was billed: why. It counts as a failed call',
    example: '503 overloaded',
  }),
}
const oneBody = z.strictObject({
  ...told,
  key: trackedFields.key
    .optional()
    .openapi({ description: 'Your own name of this usage, for ever, such as `invoice 17 line 3`; if left out, the Idempotency-Key' }),
})
const manyBody = z.strictObject({
  usages: z.array(z.strictObject(told)).min(1).max(TRACKED_MAX),
  mode: z
    .enum(['all', 'each'])
    .default('all')
    .openapi({ description: '`all`: one that cannot be booked, and none is. `each`: what can be booked is' }),
})
type Told = Omit<z.output<typeof oneBody>, 'key'>

const trackedSchema = z
  .object({
    id: z.string().openapi({ example: 'trk_019ac8f27c5a4d2f9d0e7b4b2c6f1a3e' }),
    key: z.string(),
    account: z.string(),
    provider: z.string(),
    model: z.string(),
    endpoint: z.string(),
    tier: z.string(),
    at: z.iso.datetime(),
    booked_at: z.iso.datetime(),
    cost: moneySchema,
    is_new: z.boolean().openapi({ description: 'False: this key was booked before, and nothing has changed' }),
    budgets: z
      .array(z.object({ id: z.string().openapi({ example: 'bdg_12' }), name: z.string(), period: z.string(), overrun: moneySchema }))
      .openapi({ description: 'Every budget that it is spent on and that the key may see, with what it is over its cap by now' }),
  })
  .openapi('TrackedUsage')

const bookedSchema = z
  .object({
    key: z.string(),
    state: z.enum(['booked', 'known', 'failed']).openapi({ description: '`known`: it was booked before' }),
    usage: trackedSchema.nullable(),
    error: z.object({ code: z.string(), detail: z.string() }).nullable(),
  })
  .openapi('BatchedUsage')
const manySchema = z.object({ data: z.array(bookedSchema), booked: z.int(), known: z.int(), failed: z.int() }).openapi('TrackedBatch')

const TRACK_PROBLEMS: readonly ProblemCode[] = [
  'ambiguous_model',
  'conflict',
  'no_budget',
  'rate_missing',
  'unknown_account',
  'unpriced_model',
]

const trackOne = endpoint({
  method: 'post',
  path: '/v1/track',
  name: 'trackUsage',
  resource: 'track',
  summary: 'Book what was used elsewhere, or is no model call',
  description:
    'As spent, on every budget that covers it, priced by the book at its moment. Never refused for want of money: it has happened. Once per `key`; with other terms it is a 409 `conflict`.',
  scope: 'track:write',
  body: oneBody,
  answers: {
    201: { what: 'Booked', schema: trackedSchema },
    200: { what: 'It was booked before', schema: trackedSchema },
  },
  problems: TRACK_PROBLEMS,
  run: (access, { body: { key, ...rest } }) =>
    access.once(rest.account, async (reach) => {
      const name = key ?? keyOf(access)
      const usage = await usageOf(access, reach, rest, { key: name, at: rest.at ?? (await firstAsked(access, reach)) })
      const tracked = await trackUsage(reach.ledger, reach.prices, usage)
      return { status: tracked.changed ? 201 : 200, body: trackedBody(access, name, usage, tracked) }
    }),
})

const trackMany = endpoint({
  method: 'post',
  path: '/v1/track/batch',
  name: 'trackUsages',
  resource: 'track',
  summary: `Book up to ${TRACKED_MAX} usages at once`,
  description:
    'In one commit, each under its own `key`. `all`: if one cannot be booked, nothing is, and the problem names every one. `each`: what can be booked is, and the answer says of the others why not.',
  scope: 'track:write',
  body: manyBody,
  answers: { 200: { what: 'What came of each, in the order of the request', schema: manySchema } },
  problems: TRACK_PROBLEMS,
  async run(access, { body: { usages, mode } }) {
    requireDifferent(usages.map(({ key }) => key))
    for (const { account } of usages) access.reach(account)
    return access.once(undefined, async (reach) => {
      const at = usages.some((one) => one.at === undefined) ? await firstAsked(access, reach) : new Date()
      const results = await bookAll(access, reach, usages, at)
      const failed = results.flatMap(({ error }, index) => (error === null ? [] : [{ index, ...error }]))
      if (mode === 'all' && failed[0] !== undefined) {
        const errors = failed.map(({ index, detail }): FieldError => ({ field: `body.usages.${index}`, message: detail }))
        throw new Problem(failed[0].code, `nothing was booked: ${sentenceOf(errors)}`, { errors })
      }
      const count = (state: string): number => results.filter((one) => one.state === state).length
      return { status: 200, body: { data: results, booked: count('booked'), known: count('known'), failed: failed.length } }
    })
  },
})

interface Result {
  readonly key: string
  readonly state: 'booked' | 'known' | 'failed'
  readonly usage: z.input<typeof trackedSchema> | null
  readonly error: { readonly code: ProblemCode; readonly detail: string } | null
}

async function bookAll(access: Access, reach: Reach, asked: readonly (Told & { readonly key: string })[], now: Date): Promise<Result[]> {
  const read = await Promise.all(
    asked.map(async ({ key, ...rest }) =>
      usageOf(access, access.reach(rest.account), rest, { key, at: rest.at ?? now }).catch((error: unknown) => {
        if (error instanceof Problem || error instanceof PurserError) return error
        throw error
      }),
    ),
  )
  const usages = read.flatMap((one) => (one instanceof Error ? [] : [one]))
  const booked = (usages.length === 0 ? [] : await trackUsages(reach.ledger, reach.prices, usages)).values()
  return read.map((usage, index) => {
    const key = asked[index]?.key ?? ''
    const came = usage instanceof Error ? usage : booked.next().value
    if (usage instanceof Error || came instanceof Error || came === undefined) {
      if (!(came instanceof Error)) throw new Error('broken promise: a usage has no answer')
      return { key, state: 'failed', usage: null, error: { code: came.code, detail: came.message } }
    }
    return { key, state: came.changed ? 'booked' : 'known', usage: trackedBody(access, key, usage, came), error: null }
  })
}

/** Two of one name would be one usage, or a conflict that says nothing of the other. */
function requireDifferent(keys: readonly string[]): void {
  const first = new Map<string, number>()
  const errors = keys.flatMap((key, index): FieldError[] => {
    const before = first.get(key)
    first.set(key, before ?? index)
    return before === undefined ? [] : [{ field: `body.usages.${index}.key`, message: `is that of body.usages.${before}, too` }]
  })
  if (errors.length > 0) throw new Problem('bad_input', sentenceOf(errors), { errors })
}

/** An account's key has names of its own; a key for the whole installation shares those of `purser track`. */
function ledgerKey(access: Access, key: string): string {
  const name = access.key.account === null ? key : `${spaceOf(access)}/${key}`
  return name.length <= KEY_MAX ? name : createHash('sha256').update(name).digest('hex')
}
const KEY_MAX = 200

const keyOf = (access: Access): string => access.repeatable?.key ?? randomUUID()

/** The same moment for every repeat, or a repeat would be another usage. */
async function firstAsked(access: Access, reach: Reach): Promise<Date> {
  return access.repeatable === undefined
    ? databaseNow(reach.prices)
    : callStart(reach.ledger, `track/${spaceOf(access)}`, access.repeatable.key)
}

async function usageOf(
  access: Access,
  { account, prices }: Reach,
  { provider, model, endpoint: name, tier, usage, at: _at, account: _account, duration_ms: durationMs, error, ...scope }: Told,
  { key, at }: { readonly key: string; readonly at: Date },
): Promise<TrackedUsage> {
  if (account === undefined) throw missing('body.account')
  return {
    key: ledgerKey(access, key),
    scope: { ...scope, account },
    provider: provider ?? onlyOne(model, await prices.providersOf(model)),
    model,
    endpoint: name,
    tier,
    usage,
    at,
    durationMs,
    error,
  }
}

const missing = (field: string): Problem => new Problem('bad_input', `${field}: is missing`, { errors: [{ field, message: 'is missing' }] })

const trackedBody = (access: Access, key: string, usage: TrackedUsage, tracked: Tracked): z.input<typeof trackedSchema> => ({
  id: trackedRef(tracked.requestId),
  key,
  account: usage.scope.account,
  provider: usage.provider,
  model: usage.model,
  endpoint: usage.endpoint,
  tier: usage.tier,
  at: new Date(tracked.at).toISOString(),
  booked_at: new Date(tracked.bookedAt).toISOString(),
  cost: money(tracked.cost),
  is_new: tracked.changed,
  budgets: tracked.budgets
    .filter((budget) => access.key.account === null || budget.account === access.key.account)
    .map(({ budgetId, name, period, overrun }) => ({ id: idOf('bdg', budgetId), name, period, overrun: money(overrun) })),
})

const tokens = z.int().min(0).max(1_000_000_000)
const { account: _, ...ofScope } = scopeSchema.shape

const shortForm = endpoint({
  method: 'post',
  path: '/ai-spend/track',
  name: 'aiSpendTrack',
  resource: 'short forms',
  summary: 'Book a model call that somebody has made, in the short form of the field',
  description: 'As `POST /v1/track` does. Without an Idempotency-Key each request is a usage of its own.',
  scope: 'track:write',
  repeats: 'optional',
  body: z.strictObject({
    model: told.model,
    provider: told.provider,
    input_tokens: tokens,
    output_tokens: tokens,
    metadata: z
      .strictObject({ ...ofScope, account: told.account })
      .default({})
      .openapi({ description: 'Who pays, and what for', example: { feature: 'chat' } }),
  }),
  answers: {
    201: {
      what: 'Booked',
      schema: z
        .object({
          id: z.string(),
          provider: z.string(),
          model: z.string(),
          cost: z.string().openapi({ example: '0.000210800' }),
          currency: z.literal('EUR'),
        })
        .openapi('AiSpendTracked'),
    },
  },
  problems: TRACK_PROBLEMS,
  async run(access, { body: { model, provider, input_tokens: input, output_tokens: output, metadata } }) {
    const usage: TrackedUsage['usage'] = [
      { unit: 'input_text_tokens' as const, quantity: input },
      { unit: 'output_text_tokens' as const, quantity: output },
    ].filter(({ quantity }) => quantity > 0)
    if (usage.length === 0)
      throw new Problem('bad_input', 'body.input_tokens: nothing was used', {
        errors: [{ field: 'body.input_tokens', message: 'nothing was used' }],
      })
    if (access.reach(metadata.account).account === undefined) throw missing('body.metadata.account')
    return access.once(metadata.account, async (reach) => {
      const terms = { ...metadata, model, provider, endpoint: 'chat', tier: 'standard', usage: [...usage] }
      const one = await usageOf(access, reach, terms, { key: keyOf(access), at: await firstAsked(access, reach) })
      const { requestId, cost } = await trackUsage(reach.ledger, reach.prices, one)
      return { status: 201, body: { id: trackedRef(requestId), provider: one.provider, model, cost: exactEur(cost), currency: 'EUR' } }
    })
  },
})

export const TRACK = [trackOne, trackMany]
export const TRACK_SHORT = [shortForm]
