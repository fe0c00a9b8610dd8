import { randomUUID } from 'node:crypto'
import { ApplicationFailure, CancelledFailure, Context, log } from '@temporalio/activity'
import { book } from '../calls/book.ts'
import { callLine, callLineOf } from '../calls/call-line.ts'
import { doubted } from '../calls/lost.ts'
import type { BlobStore } from '../domain/blob-store.ts'
import { reservationRef, type Answer, type CallAnswer, type InDoubt } from '../domain/call.ts'
import { endingOfRejection, type EndingName } from '../domain/ending.ts'
import { PurserError } from '../domain/errors.ts'
import { money } from '../domain/money.ts'
import { providerMaxMs, type PricedRequest } from '../domain/model-request.ts'
import { withoutBound } from '../domain/refusal.ts'
import { dispatch, MAY_SEND_MS, type Go } from '../ledger/dispatch.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { markInDoubt } from '../ledger/mark-in-doubt.ts'
import { pauseProvider } from '../ledger/rate-limits.ts'
import { reject, type RejectRequest } from '../ledger/reject.ts'
import { termsOf } from '../ledger/scope.ts'
import type { BookState, LiveBook } from '../prices/live-book.ts'
import type { Provider, ProviderReply, Rejected, SendOptions } from '../providers/provider.ts'
import type { ResponseCache } from '../savings/response-cache.ts'
import { hashOf, keyOf, type Ask } from './budget.ts'
import { keepOrLeave } from './cache.ts'
import { typed } from './failure.ts'
import { persist, persistUnsent, pause, withHeartbeat, type Say } from './persist.ts'
import { thisJob } from './this-job.ts'

/** What every call under budget needs, whoever sends its request. */
export interface CallDependencies {
  readonly ledger: Ledger
  readonly prices: LiveBook
  readonly blobs: BlobStore
  readonly installation: string
  /** Our own limit for one request, below the provider's maximum. */
  readonly requestTimeoutMs: number
}

export interface ModelDependencies extends CallDependencies {
  readonly providers: ReadonlyMap<string, Provider>
  readonly cache: ResponseCache
}

/** Sends exactly one physical request, or none, as `Provider.send` does: a provider's client, or an app's own code. */
export type Send = (options: SendOptions) => Promise<ProviderReply>

/** So long a job that would rather pay twice waits for a lost worker's answer: as long as Temporal takes to notice that the worker is lost. */
const LOST_AFTER_MS = 30_000
/** The provider's own rate limit: with the time after which to come again, all processes keep it. */
const TOO_MANY = 429
/** How often a second execution asks whether the first has booked its answer. */
const POLL_MS = 1_000

/** One execution of the activity: its token is the only one that may send what it dispatched. */
interface Execution {
  readonly deps: CallDependencies
  readonly ask: Ask<PricedRequest>
  readonly send: Send
  readonly known: BookState
  readonly token: string
  readonly askedAtMs: number
  readonly say: Say
}

export type ModelActivities = ReturnType<typeof createModelActivities>

export function createModelActivities(deps: ModelDependencies) {
  return {
    /**
     * Dispatch (commit), exactly one request, blob, receipt + settle (one commit). Answers what the ledger knows if another execution was
     * first. A retryable refusal of the provider fails the activity, so that Temporal tries again after Retry-After with the handed-on money.
     */
    async callModel(ask: Ask): Promise<CallAnswer> {
      const provider = deps.providers.get(ask.request.provider)
      if (provider === undefined)
        throw ApplicationFailure.nonRetryable(`this worker has no provider "${ask.request.provider}" (is its key set?)`, 'bad_input')
      const { flight } = ask
      const call = (after?: (answer: CallAnswer) => Promise<void>) =>
        typed(() => callOnce(deps, ask, (options) => provider.send(ask.request, options), after))
      if (flight === undefined) return call()
      // Kept also when an execution before this one booked it: it may have been lost right then.
      const keep = async (answer: CallAnswer) => (answer.kind === 'answered' ? keepOrLeave(deps.cache, flight, answer) : undefined)
      return deps.cache.holding(flight, () => call(keep))
    },
  }
}

/** One execution of an activity that sends an ask's request, beating all the while. `after` hears how it ended. */
export const callOnce = (
  deps: CallDependencies,
  ask: Ask<PricedRequest>,
  send: Send,
  after: (answer: CallAnswer) => Promise<void> = async () => undefined,
): Promise<CallAnswer> =>
  withHeartbeat(async (say) => {
    const answer = await callSaying(deps, ask, send, say)
    await after(answer)
    return answer
  })

async function callSaying(deps: CallDependencies, ask: Ask<PricedRequest>, send: Send, say: Say): Promise<CallAnswer> {
  const known = await persistUnsent(say, 'prices', () => deps.prices.lookUp(ask.request))
  // What has no price could not be booked: nothing is sent.
  if (known.prices.length === 0) throw new PurserError('unpriced_model', `model "${ask.request.model}" has no price any more`)
  if (Context.current().cancellationSignal.aborted) throw new CancelledFailure('cancelled before anything was sent')
  const token = randomUUID()
  for (;;) {
    const execution: Execution = { deps, ask, send, known, token, askedAtMs: performance.now(), say }
    const request = dispatchRequest(execution)
    const answer = await persistUnsent(say, 'dispatch', () => dispatch(deps.ledger, request))
    switch (answer.kind) {
      case 'go':
        say('waiting for the provider')
        return sendOnce(execution, answer)
      case 'too_late':
        return giveBack(execution, answer.reservationId, {
          proof: 'never_sent',
          why: 'the answer to the dispatch came too late',
          retryAfterMs: 0,
          durationMs: undefined,
          status: undefined,
        })
      case 'in_flight': {
        say(`another execution sent this request; waiting for its answer until ${answer.until}`)
        const state = await waitOut(execution, answer)
        if (state !== undefined) return state
        break
      }
      case 'refused':
        return withoutBound(answer)
      case 'reserved':
        throw new Error('broken promise: a dispatch left its reservation reserved')
      case 'rejected':
        return { ...answer, earlier: true }
      case 'answered':
      case 'in_doubt':
      case 'lapsed':
      case 'closed':
        return answer
    }
  }
}

const dispatchRequest = ({ deps, ask, token }: Execution) => ({
  key: keyOf(deps.installation, ask),
  runId: thisJob().runId,
  ask: ask.ask,
  account: ask.scope.account,
  requestHash: hashOf(ask.request),
  token,
  requestTimeoutMs: deps.requestTimeoutMs,
  providerMaxMs: providerMaxMs(ask.request.tier),
})

/** Another execution's request is on its way: a little later it is in doubt, if the ledger's clock says so, or asked again. */
async function waitOut({ deps, ask, say }: Execution, flight: { reservationId: string }): Promise<InDoubt | Answer | undefined> {
  await pause(POLL_MS)
  if (Context.current().cancellationSignal.aborted) throw new CancelledFailure('cancelled while another execution waits for the answer')
  const why = 'the worker that sent it was lost, and no answer was booked in time'
  const afterMs = ask.onLost === 'retry' ? LOST_AFTER_MS : undefined
  const state = await doubted({ ...deps, say, log }, { reservationId: flight.reservationId, why, afterMs })
  return state.kind === 'in_doubt' || state.kind === 'answered' ? state : undefined
}

/** After the dispatch is committed. From here on a cancel does not stop it: what was sent is waited for, and booked. */
async function sendOnce(execution: Execution, go: Go): Promise<CallAnswer> {
  const { deps, ask, token, known, askedAtMs, say } = execution
  const reply = await execution.send({
    timeoutMs: deps.requestTimeoutMs,
    clientRequestId: reservationRef(go.reservationId),
    maySend: () => performance.now() - askedAtMs < MAY_SEND_MS && !Context.current().cancellationSignal.aborted,
  })
  say('booking')
  switch (reply.kind) {
    case 'answered':
      return book({ ...deps, say, log, go, token, terms: termsOf(ask.scope, ask.request), request: ask.request, known }, reply)
    case 'rejected':
      return rejected(execution, go.reservationId, reply)
    case 'lost': {
      const why = reply.message
      callLine(log, callLineOf(termsOf(ask.scope, ask.request), reply), go.reservationId)
      const state = await persist(say, 'mark in doubt', () =>
        markInDoubt(deps.ledger, { reservationId: go.reservationId, token, why, durationMs: reply.durationMs }),
      )
      return state.kind === 'answered' ? state : { kind: 'in_doubt', reservationId: go.reservationId, held: money(go.amount), reason: why }
    }
  }
}

async function rejected(execution: Execution, reservationId: string, reply: Rejected & ProviderReply): Promise<CallAnswer> {
  callLine(log, callLineOf(termsOf(execution.ask.scope, execution.ask.request), reply), reservationId)
  const { proof, status, message: why, retryAfterMs, durationMs } = reply
  return giveBack(execution, reservationId, { proof, status, why, retryAfterMs, durationMs })
}

/** The money goes back, or on to the next attempt of the same ask; then Temporal tries again after the provider's Retry-After. */
async function giveBack(
  { deps, ask, token, say }: Execution,
  reservationId: string,
  { status, ...given }: Omit<RejectRequest, 'reservationId' | 'token'> & { readonly status: number | undefined },
): Promise<CallAnswer> {
  const answer = await persist(say, 'reject', () => reject(deps.ledger, { reservationId, token, ...given }))
  const { why, retryAfterMs: forMs } = given
  const { provider, model } = ask.request
  if (status === TOO_MANY && forMs !== undefined)
    await persist(say, 'pause', () => pauseProvider(deps.ledger, { provider, model, forMs, why }))
  // Somebody has named a cost of it meanwhile: it is spent, whatever the provider says, so the job must not hear that nothing was billed.
  if (answer.kind !== 'rejected') return answer
  if (!answer.handedOn) return { kind: 'rejected', reservationId, reason: given.why }
  // Nothing was billed and nobody wants it any more: the job's close gives back what was handed on.
  if (Context.current().cancellationSignal.aborted) throw new CancelledFailure(`cancelled; ${given.why}`)
  throw retryLater(endingOfRejection({ ...given, status }), { reservationId, why: given.why, retryAfterMs: given.retryAfterMs ?? 0 })
}

/** Details of the failure of an execution that was turned away, and was not billed. */
export interface TurnedAway {
  readonly reservationId: string
  readonly why: string
  readonly retryAfterMs: number
}

/** Shown in Temporal UI as the pending activity's last failure and next attempt. Benign: it is business as usual, not an alarm. */
const retryLater = (type: EndingName, turnedAway: TurnedAway): ApplicationFailure =>
  ApplicationFailure.create({
    type,
    message: `${turnedAway.why}; tried again in ${Math.ceil(turnedAway.retryAfterMs / 1000)} s`,
    nextRetryDelay: Math.max(turnedAway.retryAfterMs, 100),
    category: 'BENIGN',
    details: [turnedAway],
  })
