import { randomUUID } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import { bookReceipt } from '../calls/book.ts'
import type { CallScope } from '../domain/call.ts'
import { PurserError } from '../domain/errors.ts'
import { fingerprint } from '../domain/fingerprint.ts'
import { money } from '../domain/money.ts'
import { providerMaxMs, ratedTokens, type OwnRequest } from '../domain/model-request.ts'
import type { KnownPrices } from '../prices/live-book.ts'
import { withRemedies } from '../domain/refusal.ts'
import type { Usage } from '../domain/usage.ts'
import { readReservation, type SentReservation } from '../ledger/api-reservations.ts'
import { showBudget } from '../ledger/budgets.ts'
import type { LedgerAnswer } from '../ledger/answers.ts'
import type { Go } from '../ledger/dispatch.ts'
import { reject } from '../ledger/reject.ts'
import { takeTurn } from '../ledger/rate-limits.ts'
import { reserveDirect } from '../ledger/reserve.ts'
import { termsOf } from '../ledger/scope.ts'
import { pricesOf } from '../prices/price-book.ts'
import { priceOf } from '../prices/price-request.ts'
import { scopeSchema } from '../schema/ask-input.ts'
import { label, text } from '../schema/names.ts'
import { apiUsageSchema, usageOf } from '../schema/api-usage.ts'
import { reused, running, type Access, type ApiAnswer, type Reach } from './access.ts'
import { callKeyOf } from './call-key.ts'
import { endpoint, fieldErrors, sentenceOf } from './endpoint.ts'
import { payer, reservationId } from './ids.ts'
import { Problem } from './problem.ts'
import { refused, refusedSchema } from './refused.ts'
import { grantedNow, settledNow } from './reservation-now.ts'
import { reservationBody, reservationSchema, termsHashOf, termsIn, tierInput } from './reservation-body.ts'

const tokens = z.int().max(100_000_000)

export const createBody = z.strictObject({
  ...scopeSchema.shape,
  account: payer,
  provider: label.optional().openapi({ description: 'Found from the model, if only one has it' }),
  model: text(200).min(1).openapi({ example: 'gemini-2.5-flash-lite' }),
  endpoint: label.default('chat').openapi({ description: 'What budgets of one endpoint, and reports, see' }),
  tier: tierInput.default('standard'),
  input_tokens_max: tokens.min(0).openapi({ description: 'Input tokens of every kind, at most' }),
  max_output_tokens: tokens.min(1).openapi({ description: 'Output tokens of every kind, thoughts too, at most: send this limit along' }),
  search_queries_max: z
    .int()
    .min(0)
    .max(1_000_000)
    .optional()
    .openapi({ description: 'Searches of the provider’s own, at most; none if left out' }),
  output: z.enum(['text', 'image']).default('text').openapi({ description: 'What the output is charged as' }),
})
type Created = z.output<typeof createBody>

const byId = z.object({ id: reservationId })

const create = endpoint({
  method: 'post',
  path: '/v1/reservations',
  name: 'createReservation',
  resource: 'reservations',
  summary: 'Set the worst cost of a call aside, before you send it',
  description: [
    'On every budget that covers the call: all of them or none. Send your request only after a 201, once, with `max_output_tokens` as its limit, and end it by `valid_until`.',
    'The money counts as sent from then on: settle it with what the provider says it used, or release it if it was never sent, or refused without a bill. Whoever does neither has spent it.',
    'A refusal is final for its Idempotency-Key: ask again with a new one.',
  ].join('\n\n'),
  scope: 'reservations:write',
  body: createBody,
  answers: {
    201: { what: 'Granted: send it', schema: reservationSchema },
    402: { what: '`budget_exceeded`: send nothing', schema: refusedSchema },
  },
  problems: ['ambiguous_model', 'no_budget', 'rate_missing', 'stopped', 'too_old', 'unknown_account', 'unpriced_model', 'already_settled'],
  run: (access, { body }) => reserveOne(access, body),
})

async function reserveOne(access: Access, body: Created): Promise<ApiAnswer> {
  const reach = access.reach(body.account)
  const { account } = reach
  if (account === undefined)
    throw new Problem('bad_input', 'body.account: is missing', { errors: [{ field: 'body.account', message: 'is missing' }] })
  const request = await requestOf(reach, body)
  const { user, team, project, feature, environment, labels } = body
  const scope: CallScope = { account, user, team, project, feature, environment, labels }
  const { bound, rate, known } = await priceOf(reach.prices, request)
  const turn = await takeTurn(reach.ledger, {
    terms: termsOf(scope, request),
    tokens: ratedTokens(request),
    amount: bound.amount,
    aheadMs: 0,
  })
  if (turn.waitMs > 0)
    throw new Problem('rate_limited', `rate limit "${turn.limit}": ${turn.why}; ask again in ${secondsIn(turn.waitMs)} s`, {
      headers: { 'retry-after': secondsIn(turn.waitMs) },
    })
  const key = await callKeyOf(access, reach)
  const requestHash = termsHashOf(request.tier, request.output.kind, access.repeatable?.hash ?? '')
  const direct = { token: randomUUID(), requestTimeoutMs: reach.requestTimeoutMs, providerMaxMs: providerMaxMs(request.tier) }
  const asked = { key, runId: 'api', ask: 1, scope, request, requestHash, bound, rate, holdMs: reach.requestTimeoutMs }
  const answer = await reserveDirect(reach.ledger, asked, direct).catch((error: unknown) => {
    if (error instanceof PurserError && error.code === 'conflict') throw reused(access.repeatable?.key ?? '')
    throw error
  })
  if (answer.kind === 'go' && answer.left !== undefined) {
    const reservation = await grantedNow(reach.memory, { go: answer, left: answer.left, direct, asked })
    reach.memory.granted.put({ reservation, known })
    return { status: 201, body: reservationBody(reservation, access.key.account) }
  }
  if (answer.kind !== 'refused') return askedBefore(access, reach, answer)
  const refusal = withRemedies(answer, bound)
  const { scope: covers } = await showBudget(reach.ledger, { id: refusal.budget.id })
  throw refused(refusal, access.key.account !== null && covers.account !== access.key.account)
}

const secondsIn = (ms: number): string => String(Math.ceil(ms / 1000))

/** `go`: it is granted now, though not plainly. Any other state is that of a request that came before. */
async function askedBefore(access: Access, reach: Reach, answer: Exclude<LedgerAnswer | Go, { kind: 'refused' }>): Promise<ApiAnswer> {
  if (answer.kind === 'stopped') throw new Problem('stopped', `nothing of this scope may start now: ${answer.reason}`)
  if (!('reservationId' in answer)) throw new Problem('stopped', 'this call is over: ask again with a new Idempotency-Key')
  const found = await readReservation(reach.ledger, reach.installation, answer.reservationId)
  if (found === undefined) throw new Error('broken promise: a reservation was granted that is not there')
  return { status: 201, body: reservationBody(found, access.key.account), replayed: answer.kind !== 'go' }
}

export async function requestOf({ prices }: Reach, body: Created): Promise<OwnRequest> {
  const {
    model,
    endpoint: name,
    tier,
    output,
    input_tokens_max: inputTokensMax,
    max_output_tokens: maxOutputTokens,
    search_queries_max: searches,
  } = body
  return {
    provider: body.provider ?? onlyOne(model, await prices.providersOf(model)),
    model,
    endpoint: name,
    tier,
    output: { kind: output },
    inputTokensMax,
    maxOutputTokens,
    ...(searches === undefined ? {} : { searchQueriesMax: searches }),
    fingerprint: fingerprint(''),
  }
}

export function onlyOne(model: string, providers: readonly string[]): string {
  const [provider, ...others] = providers
  if (provider === undefined)
    throw new PurserError('unpriced_model', `no provider has a price for "${model}": \`purser prices list\` shows what has one`)
  if (others.length > 0)
    throw new Problem('ambiguous_model', `${providers.join(' and ')} have a model "${model}": say which \`provider\` it is`, {
      members: { providers },
    })
  return provider
}

const show = endpoint({
  method: 'get',
  path: '/v1/reservations/{id}',
  name: 'getReservation',
  resource: 'reservations',
  summary: 'A reservation as it stands now',
  scope: 'reservations:write',
  params: byId,
  answers: { 200: { what: 'The reservation', schema: reservationSchema } },
  async run(access, { params }) {
    const { found } = await find(access, params.id)
    return { status: 200, body: reservationBody(found, access.key.account) }
  },
})

const find = (access: Access, id: string): Promise<{ found: SentReservation; reach: Reach }> =>
  access.find('reservation', ({ ledger, installation }) => readReservation(ledger, installation, id))

const settleBody = z.strictObject({
  usage: z.unknown().openapi({
    description:
      'What the provider says was used: `{"input_tokens": 1200, "output_tokens": 300}`, or any of the units that the price book knows (`input_cached_tokens`, `output_thought_tokens`, …), or a list as `purser/usage` makes it. `null`: the provider named none, so the whole amount is booked',
    example: { input_tokens: 1200, output_tokens: 300 },
  }),
  model: text(200).min(1).optional().openapi({ description: 'Which model answered, as the response names it: it decides the prices' }),
  tier: label.optional().openapi({ description: 'How it was served, as the response names it' }),
  response_id: text(200).min(1).optional().openapi({ description: 'The provider’s id of its response' }),
  duration_ms: z.int().min(0).max(86_400_000).optional(),
})
type Settled = z.output<typeof settleBody>

const settleOne = endpoint({
  method: 'post',
  path: '/v1/reservations/{id}/settle',
  name: 'settleReservation',
  resource: 'reservations',
  summary: 'Book what it really cost',
  description:
    'The exact cost at the prices in force when it was granted; what is left of the amount is free again. Also after it was presumed, or released: an answer is always booked. The same usage again has no effect.',
  scope: 'reservations:write',
  params: byId,
  body: settleBody,
  answers: { 200: { what: 'Booked, with its cost line by line', schema: reservationSchema } },
  problems: ['already_settled', 'usage_unreadable'],
  async run(access, { params, body }) {
    const { found, reach, known } = await findGranted(access, params.id)
    const usage = readUsage(body, termsIn(found.termsHash).output)
    if (found.usage !== undefined) return again(access, found, usage)
    const name = named(usage)
    const booked = reach.memory.booking.join(params.id, name, async () =>
      bookOne(reach, found, known ?? (await knownThen(reach, found)), body, usage),
    )
    if (booked === undefined) throw running()
    const { receipt, settled, left } = await booked
    reach.memory.granted.forget(params.id)
    const now =
      settled.kind === 'settled' && left !== undefined
        ? await settledNow(reach.memory, found, receipt, left)
        : (await find(access, params.id)).found
    // Through another server somebody was first, and told another usage.
    const isOther = left === undefined && name !== named(now.usage)
    if (settled.kind !== 'settled' || isOther) throw alreadySettled(now)
    return { status: 200, body: reservationBody(now, access.key.account) }
  },
})

/** Undefined: the provider named none. Throws Problem `usage_unreadable`: nothing is booked, and the money stays set aside. */
function readUsage({ usage }: Settled, output: 'text' | 'image'): Usage | undefined {
  if (usage === null) return undefined
  const read = apiUsageSchema.safeParse(usage)
  if (read.success) return usageOf(read.data, output)
  const errors = fieldErrors('body.usage', read.error)
  throw new Problem(
    'usage_unreadable',
    `${sentenceOf(errors)}. Nothing was booked: send it again, or null if the provider named no usage`,
    { errors },
  )
}

/** A settle that comes again: the same is the same, another is refused; the first answer stands. */
function again(access: Access, found: SentReservation, usage: Usage | undefined): ApiAnswer {
  if (named(usage) !== named(found.usage)) throw alreadySettled(found)
  return { status: 200, body: reservationBody(found, access.key.account), replayed: true }
}

/** A usage as text that is the same whatever its order; empty when none was named. */
const named = (usage: Usage = []): string =>
  usage
    .map(({ unit, quantity }) => `${unit} ${quantity}`)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .join()

const alreadySettled = ({ cost, source }: SentReservation): Problem =>
  new Problem(
    'already_settled',
    `its cost is booked already${source === undefined ? '' : ` (by ${source})`}, and another one was told: the first stands`,
    {
      members: { cost: cost === undefined ? null : money(cost) },
    },
  )

/** What this process granted it need not ask for: nothing of it has changed, or the ledger says so when it is settled. */
async function findGranted(access: Access, id: string): Promise<{ found: SentReservation; reach: Reach; known?: KnownPrices | undefined }> {
  let known: KnownPrices | undefined
  const found = await access.find('reservation', async (reach) => {
    const remembered = reach.memory.granted.get(id)
    known = remembered?.known
    return remembered?.reservation ?? readReservation(reach.ledger, reach.installation, id)
  })
  return { ...found, known }
}

/** The prices of its model when it was granted. */
async function knownThen({ prices }: Reach, { go, terms, termsHash }: SentReservation): Promise<KnownPrices> {
  const { provider, model } = terms
  const all = await pricesOf(prices, { provider, model, tier: undefined }, go.dispatchedAt, go.dispatchedAt)
  const asked = all.filter(({ tier }) => tier === termsIn(termsHash).tier)
  return { prices: asked.length > 0 ? asked : all, readAt: go.dispatchedAt }
}

async function bookOne(
  reach: Reach,
  { go, token, terms, termsHash }: SentReservation,
  known: KnownPrices,
  body: Settled,
  usage: Usage | undefined,
) {
  const { ledger, prices, blobs, log } = reach
  const request = { provider: terms.provider, model: terms.model, tier: termsIn(termsHash).tier as OwnRequest['tier'] }
  return bookReceipt(
    { ledger, prices, blobs, log, say: () => undefined, go, token, terms, request, known },
    {
      kind: 'answered',
      content: undefined,
      usage,
      tier: body.tier,
      response: { responseId: body.response_id, modelVersion: body.model, finishReason: undefined, blocked: undefined },
      flags: [],
      requests: 1,
      durationMs: body.duration_ms ?? Math.max(0, Date.now() - go.dispatchedAt.getTime()),
    },
  )
}

const release = endpoint({
  method: 'post',
  path: '/v1/reservations/{id}/release',
  name: 'releaseReservation',
  resource: 'reservations',
  summary: 'Give it back, because nothing was billed',
  description:
    'Your word, which is recorded: `never_sent`, or `rejected_unbilled` (the provider refused it, and bills nothing). A timeout or a cut connection is neither: it may have been billed.',
  scope: 'reservations:write',
  params: byId,
  body: z.strictObject({ because: z.enum(['never_sent', 'rejected_unbilled']), why: text(500).min(1) }),
  answers: { 200: { what: 'Given back', schema: reservationSchema } },
  problems: ['already_settled'],
  async run(access, { params, body }) {
    const { found, reach: outside } = await find(access, params.id)
    outside.memory.granted.forget(params.id)
    return access.once(found.account, async (reach) => {
      const rejected = await reject(reach.ledger, {
        reservationId: found.go.reservationId,
        token: found.token,
        proof: body.because === 'never_sent' ? 'never_sent' : 'provider_refused',
        why: `the caller says so: ${body.why}`,
        retryAfterMs: undefined,
        durationMs: undefined,
      })
      const after = await readReservation(reach.ledger, reach.installation, found.go.reservationId)
      if (after === undefined) throw new Error('broken promise: a reservation was released that is not there')
      if (rejected.kind !== 'rejected') throw alreadySettled(after)
      return { status: 200, body: reservationBody(after, access.key.account) }
    })
  },
})

export const RESERVATIONS = [create, show, settleOne, release]
