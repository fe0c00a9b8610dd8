import type { BlobStore } from '../domain/blob-store.ts'
import type { CallKey, CallScope, ReserveAnswer, Stopped } from '../domain/call.ts'
import { PurserError } from '../domain/errors.ts'
import { providerMaxMs, ratedTokens, type OwnRequest } from '../domain/model-request.ts'
import type { Nano } from '../domain/money.ts'
import { withoutBound, withRemedies, type Refusal } from '../domain/refusal.ts'
import { dispatch, type DispatchAnswer, type Go } from '../ledger/dispatch.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { takeTurn, TURN_AHEAD_MS } from '../ledger/rate-limits.ts'
import { reject } from '../ledger/reject.ts'
import { reserve } from '../ledger/reserve.ts'
import { termsOf } from '../ledger/scope.ts'
import type { KnownPrices, LiveBook } from '../prices/live-book.ts'
import { priceOf } from '../prices/price-request.ts'
import type { Log } from './log.ts'
import { doubted } from './lost.ts'
import { pause, persist, persistUnsent, type Voice } from './persist.ts'

export interface CostDependencies {
  readonly ledger: Ledger
  readonly prices: LiveBook
  readonly blobs: BlobStore
  readonly installation: string
  readonly requestTimeoutMs: number
  readonly log: Log
}

/** A call outside Temporal, on its way. */
export interface Flight extends Voice {
  readonly deps: CostDependencies
  readonly key: CallKey
  readonly scope: CallScope
  readonly request: OwnRequest
  readonly requestHash: string
  /** Of this execution: only what it dispatched may it send. */
  readonly token: string
}

/** The permission to send, counted by the monotonic clock from before it was asked for. */
export interface Permission extends Go {
  readonly askedAtMs: number
  readonly known: KnownPrices
}

type Told = Exclude<DispatchAnswer, { readonly kind: 'go' | 'in_flight' | 'reserved' | 'refused' | 'too_late' }>

/** The run of every call outside Temporal: nobody resets or retries it but its caller, with the same key. */
const RUN = 'direct'
/** The dispatch comes at once; what a killed process left reserved is free again so soon. */
const HOLD_MS = 60_000
const POLL_MS = 500

/** reserve → dispatch: whether this execution sends. Another one's request is waited for; a ledger that is away, too, because nothing is sent meanwhile. */
export async function askFor(flight: Flight, ask: number): Promise<Permission | Told | Refusal | Stopped> {
  for (;;) {
    const { asked, known } = await reserveOnce(flight, ask)
    const askedAtMs = performance.now()
    const answer = asked.kind === 'reserved' ? await dispatchOnce(flight, ask) : asked
    switch (answer.kind) {
      case 'go':
        return { ...answer, askedAtMs, known }
      case 'refused':
        return 'missing' in answer ? withoutBound(answer) : answer
      case 'in_flight':
        await waitOut(flight, answer.reservationId)
        break
      case 'reserved':
        throw new Error('broken promise: a dispatch left its reservation reserved')
      case 'too_late':
        return { kind: 'lapsed' }
      case 'answered':
      case 'in_doubt':
      case 'rejected':
      case 'lapsed':
      case 'closed':
      case 'stopped':
        return answer
    }
  }
}

async function reserveOnce(flight: Flight, ask: number): Promise<{ asked: ReserveAnswer; known: KnownPrices }> {
  const { deps, key, scope, request, requestHash } = flight
  const { bound, rate, known } = await persistUnsent(flight, 'prices', () => priceOf(deps.prices, request))
  await turnOf(flight, bound.amount)
  const answer = await persistUnsent(flight, 'reserve', () =>
    reserve(deps.ledger, { key, runId: RUN, ask, scope, request, requestHash, bound, rate, holdMs: HOLD_MS }),
  )
  return { asked: answer.kind === 'refused' ? withRemedies(answer, bound) : answer, known }
}

/** Waits for its turn by the rate limits, as long as a request may take; nothing is held meanwhile. Throws PurserError `rate_limited`. */
async function turnOf(flight: Flight, amount: Nano): Promise<void> {
  const { deps, scope, request } = flight
  const endsAtMs = performance.now() + deps.requestTimeoutMs
  const asked = { terms: termsOf(scope, request), tokens: ratedTokens(request), amount, aheadMs: TURN_AHEAD_MS }
  for (;;) {
    const { waitMs, isBooked, limit, why } = await persistUnsent(flight, 'rate limit', () => takeTurn(deps.ledger, asked))
    if (waitMs === 0) return
    if (performance.now() + waitMs > endsAtMs)
      throw new PurserError('rate_limited', `rate limit "${limit}": ${why}; ask again in ${Math.ceil(waitMs / 1000)} s`)
    await pause(waitMs)
    if (isBooked) return
  }
}

async function dispatchOnce(flight: Flight, ask: number): Promise<Exclude<DispatchAnswer, { readonly kind: 'too_late' }>> {
  const { deps, key, scope, request, requestHash, token } = flight
  const limits = { requestTimeoutMs: deps.requestTimeoutMs, providerMaxMs: providerMaxMs(request.tier) }
  const asked = { key, runId: RUN, ask, account: scope.account, requestHash, token, ...limits }
  const answer = await persistUnsent(flight, 'dispatch', () => dispatch(deps.ledger, asked))
  if (answer.kind !== 'too_late') return answer
  await neverSent(flight, answer.reservationId)
  return { kind: 'lapsed' }
}

/** Another execution's request is on its way: a little later it is answered, or in doubt if the ledger's clock says so, and asked about again. */
async function waitOut(flight: Flight, reservationId: string): Promise<void> {
  await pause(POLL_MS)
  const why = 'the process that sent it was lost, and no answer was booked in time'
  await doubted({ ...flight.deps, ...flight }, { reservationId, why })
}

/** This very execution dispatched it, but may not send any more. */
async function neverSent(flight: Flight, reservationId: string): Promise<void> {
  const why = 'the answer to the dispatch came too late'
  const given = { reservationId, token: flight.token, proof: 'never_sent', why, retryAfterMs: undefined, durationMs: undefined } as const
  await persist(flight, 'reject', () => reject(flight.deps.ledger, given))
}
