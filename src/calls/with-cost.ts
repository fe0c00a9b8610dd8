import { createHash, randomUUID } from 'node:crypto'
import type { Tier } from '../domain/answering-model.ts'
import { messagesTokensMax, textTokensMax } from '../domain/bound.ts'
import type { BlobStore } from '../domain/blob-store.ts'
import { reservationRef, type Answer, type CallScope, type InDoubt, type NotSent, type Stopped } from '../domain/call.ts'
import { fingerprint } from '../domain/fingerprint.ts'
import type { Message } from '../domain/message.ts'
import type { OwnRequest } from '../domain/model-request.ts'
import type { ModelReply, OwnAnswer, OwnCall, ResponseLost } from '../domain/own-call.ts'
import type { Refusal } from '../domain/refusal.ts'
import { MAY_SEND_MS, type Go } from '../ledger/dispatch.ts'
import { markInDoubt } from '../ledger/mark-in-doubt.ts'
import { reject } from '../ledger/reject.ts'
import { termsOf } from '../ledger/scope.ts'
import type { ProviderReply } from '../providers/provider.ts'
import { askInputSchema } from '../schema/ask-input.ts'
import { parsed } from '../schema/parsed.ts'
import { book } from './book.ts'
import { callLine, callLineOf } from './call-line.ts'
import { keyStart, newKey } from './cost-key.ts'
import { askFor, type CostDependencies, type Flight, type Permission } from './flight.ts'
import { unpacked } from './own-value.ts'
import { persist } from './persist.ts'
import { sendOwn } from './send-own.ts'

/** Who pays, and what the call costs at worst. */
export interface CostTerms extends CallScope {
  readonly provider: string
  readonly model: string
  /** What budgets of one endpoint, and reports, see, e.g. `chat`. */
  readonly endpoint: string
  /** Input tokens of every kind, at most; or the prompt, or a conversation's messages, which are then counted. */
  readonly input: number | string | readonly Message[]
  /** Images that are sent along and not counted in `input`, at most. Default: none. */
  readonly inputImagesMax?: number | undefined
  /** Output tokens of every kind, thoughts too, at most: send this limit along. */
  readonly maxOutputTokens: number
  /** Searches of the provider's own, at most, if `run` allows them. Default: none. */
  readonly searchQueriesMax?: number | undefined
  /** How `run` asks to be served. What the answer names decides the cost. Default: `standard`. */
  readonly tier?: Tier | undefined
  /** What the output is charged as. Default: text. */
  readonly output?: 'text' | 'image' | undefined
  /** From `newKey` or `keyFor`. The same key again hears the first answer, and runs nothing. Without it every call is a new one. */
  readonly key?: string | undefined
}

/** `in_doubt`, of an earlier run of this key: it may have been billed, and its money stays held. */
export type CostOutcome<T> = OwnAnswer<T> | ResponseLost | InDoubt | Stopped | Refusal | NotSent

/** So many asks of a key that came to nothing (not billed, given back) are passed by. */
const ASKS_MAX = 50

/**
 * reserve → dispatch → run → settle, for a model call outside Temporal. Runs `run` at most once, and only with its worst cost set aside; a ledger that is
 * away is waited for. What `run` throws is thrown on when it is booked: a NotBilled gives the money back, anything else leaves it held, in doubt, until
 * somebody knows better or the sweeper presumes it spent; so does a process that is killed. Expected endings are values.
 * Throws PurserError `bad_input`, `conflict` (same key, other terms), `unknown_account`, `no_budget`, `unpriced_model`, `rate_missing`, `too_old`.
 */
export async function withCost<T>(
  deps: CostDependencies,
  run: (call: OwnCall) => Promise<ModelReply<T>>,
  terms: CostTerms,
): Promise<CostOutcome<T>> {
  const flight = flightOf(deps, terms)
  for (let ask = 1; ask <= ASKS_MAX; ask += 1) {
    const asked = await askFor(flight, ask)
    if (asked.kind === 'go') return sendOnce(flight, asked, run)
    if (asked.kind === 'answered') return withValue<T>(deps.blobs, asked)
    if (asked.kind !== 'rejected' && asked.kind !== 'lapsed') return asked
  }
  return { kind: 'lapsed' }
}

function flightOf(deps: CostDependencies, terms: CostTerms): Flight {
  const {
    provider,
    model,
    endpoint,
    input,
    inputImagesMax,
    maxOutputTokens,
    tier = 'standard',
    searchQueriesMax,
    output = 'text',
    key = newKey(),
    ...scope
  } = terms
  const request: OwnRequest = {
    provider,
    model,
    endpoint,
    tier,
    output: { kind: output },
    inputTokensMax: typeof input === 'string' ? textTokensMax(input) : typeof input === 'number' ? input : messagesTokensMax(input),
    ...(inputImagesMax === undefined ? {} : { inputImagesMax }),
    maxOutputTokens,
    ...(searchQueriesMax === undefined ? {} : { searchQueriesMax }),
    fingerprint: fingerprint(typeof input === 'string' ? input : typeof input === 'number' ? '' : JSON.stringify(input)),
  }
  const jobStartedAt = keyStart(key).toISOString()
  const name = { callId: 'call', jobStartedAt }
  // Taken as it is: only checked.
  parsed(askInputSchema, { ...name, ask: 1, scope, request }, 'call')
  return {
    deps,
    key: { installation: deps.installation, workflowId: `direct/${key}`, ...name },
    scope,
    request,
    requestHash: createHash('sha256').update(JSON.stringify(request)).digest('hex'),
    token: randomUUID(),
    say: () => undefined,
    log: deps.log,
  }
}

async function sendOnce<T>(flight: Flight, go: Permission, run: (call: OwnCall) => Promise<ModelReply<T>>): Promise<CostOutcome<T>> {
  const { deps, request, scope, token } = flight
  let inHand: { readonly value: T } | undefined
  let thrown: { readonly error: unknown } | undefined
  const reply = await sendOwn(
    async (call) => {
      try {
        const given = await run(call)
        inHand = { value: given?.value }
        return given
      } catch (error) {
        thrown = { error }
        throw error
      }
    },
    request,
    {
      timeoutMs: deps.requestTimeoutMs,
      clientRequestId: reservationRef(go.reservationId),
      maySend: () => performance.now() - go.askedAtMs < MAY_SEND_MS,
    },
    deps.log,
  )
  if (reply.kind === 'answered') {
    const booked = await book({ ...deps, ...flight, go, terms: termsOf(scope, request), known: go.known, token }, reply)
    if (booked.kind === 'in_doubt') return booked
    return booked.reservationId === go.reservationId && inHand !== undefined ? { ...booked, ...inHand } : withValue<T>(deps.blobs, booked)
  }
  await bookUnanswered(flight, go, reply)
  if (thrown !== undefined) throw thrown.error
  return { kind: 'lapsed' }
}

/** Nothing was billed, or nobody knows: either stands in the ledger, with how long it took and why. */
async function bookUnanswered(flight: Flight, go: Go, reply: Exclude<ProviderReply, { kind: 'answered' }>): Promise<void> {
  const { deps, request, scope, token } = flight
  const { reservationId } = go
  const { message: why, durationMs } = reply
  callLine(deps.log, callLineOf(termsOf(scope, request), reply), reservationId)
  if (reply.kind === 'lost')
    await persist(flight, 'mark in doubt', () => markInDoubt(deps.ledger, { reservationId, token, why, durationMs }))
  // Not handed on: whether it is tried again is the caller's affair, and by then another may need the money.
  else
    await persist(flight, 'reject', () =>
      reject(deps.ledger, { reservationId, token, proof: reply.proof, why, retryAfterMs: undefined, durationMs }),
    )
}

async function withValue<T>(blobs: BlobStore, answer: Answer): Promise<OwnAnswer<T> | ResponseLost> {
  const stored = await unpacked(blobs, answer.blob)
  return stored === undefined ? { ...answer, kind: 'response_lost' } : { ...answer, value: stored.value as T }
}
