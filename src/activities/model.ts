import { randomUUID } from 'node:crypto'
import { ApplicationFailure, CancelledFailure, Context, log } from '@temporalio/activity'
import type { BlobStore } from '../domain/blob-store.ts'
import { reservationRef, type Answer, type BlobRef, type CallAnswer, type InDoubt } from '../domain/call.ts'
import { endingOfRejection, type EndingName } from '../domain/ending.ts'
import { PurserError } from '../domain/errors.ts'
import { money, picoUsd } from '../domain/money.ts'
import { PROVIDER_MAX_MS } from '../domain/model-request.ts'
import { costOf, pricesAt, type Price } from '../domain/price.ts'
import { withoutBound } from '../domain/refusal.ts'
import { dispatch, type Go } from '../ledger/dispatch.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { markInDoubt } from '../ledger/mark-in-doubt.ts'
import { reject, type RejectRequest } from '../ledger/reject.ts'
import { receiptJson, settle, type Receipt } from '../ledger/settle.ts'
import { pricesOf, type PriceBook } from '../prices/price-book.ts'
import { pricesReachableNow } from '../prices/reachable.ts'
import type { Answered, Provider, ProviderReply, Rejected } from '../providers/provider.ts'
import { hashOf, keyOf, type Ask } from './budget.ts'
import { callLine, type CallLine } from './call-line.ts'
import { typed } from './failure.ts'
import { persist, pause, withHeartbeat, type Say } from './persist.ts'
import { thisJob } from './this-job.ts'

export interface ModelDependencies {
  readonly ledger: Ledger
  readonly prices: PriceBook
  readonly blobs: BlobStore
  readonly installation: string
  readonly providers: ReadonlyMap<string, Provider>
  /** Our own limit for one request, below the provider's maximum. */
  readonly requestTimeoutMs: number
}

/** The permission to send is this young, by the worker's monotonic clock counted from before it asked. */
const MAY_SEND_MS = 5_000
/** So long a job that would rather pay twice waits for a lost worker's answer: as long as Temporal takes to notice that the worker is lost. */
const LOST_AFTER_MS = 30_000
/** How often a second execution asks whether the first has booked its answer. */
const POLL_MS = 1_000

/** One execution of the activity: its token is the only one that may send what it dispatched. */
interface Execution {
  readonly deps: ModelDependencies
  readonly ask: Ask
  readonly provider: Provider
  readonly prices: readonly Price[]
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
      return typed(() => withHeartbeat((say) => callOnce(deps, ask, say)))
    },
  }
}

async function callOnce(deps: ModelDependencies, ask: Ask, say: Say): Promise<CallAnswer> {
  const provider = deps.providers.get(ask.request.provider)
  if (provider === undefined) throw ApplicationFailure.nonRetryable(`no provider "${ask.request.provider}"`, 'bad_input')
  const { prices } = await persist(say, 'prices', () => pricesReachableNow(deps.prices, ask.request))
  // What has no price could not be booked: nothing is sent.
  if (prices.length === 0) throw new PurserError('unpriced_model', `model "${ask.request.model}" has no price any more`)
  if (Context.current().cancellationSignal.aborted) throw new CancelledFailure('cancelled before anything was sent')
  const token = randomUUID()
  for (;;) {
    const execution: Execution = { deps, ask, provider, prices, token, askedAtMs: performance.now(), say }
    const request = dispatchRequest(execution)
    const answer = await persist(say, 'dispatch', () => dispatch(deps.ledger, request))
    switch (answer.kind) {
      case 'go':
        say('waiting for the provider')
        return send(execution, answer)
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
        const known = await waitOut(execution, answer)
        if (known !== undefined) return known
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
  providerMaxMs: PROVIDER_MAX_MS,
})

/** Another execution's request is on its way: a little later it is in doubt, if the ledger's clock says so, or asked again. */
async function waitOut({ deps, ask, say }: Execution, flight: { reservationId: string }): Promise<InDoubt | Answer | undefined> {
  await pause(POLL_MS)
  if (Context.current().cancellationSignal.aborted) throw new CancelledFailure('cancelled while another execution waits for the answer')
  const why = 'the worker that sent it was lost, and no answer was booked in time'
  const state = await persist(say, 'mark in doubt', () =>
    markInDoubt(deps.ledger, {
      reservationId: flight.reservationId,
      token: undefined,
      why,
      durationMs: undefined,
      afterMs: ask.onLost === 'retry' ? LOST_AFTER_MS : undefined,
    }),
  )
  return state.kind === 'in_doubt' || state.kind === 'answered' ? state : undefined
}

/** After the dispatch is committed. From here on a cancel does not stop it: what was sent is waited for, and booked. */
async function send(execution: Execution, go: Go): Promise<CallAnswer> {
  const { deps, ask, provider, askedAtMs, say } = execution
  const reply = await provider.send(ask.request, {
    timeoutMs: deps.requestTimeoutMs,
    clientRequestId: reservationRef(go.reservationId),
    maySend: () => performance.now() - askedAtMs < MAY_SEND_MS && !Context.current().cancellationSignal.aborted,
  })
  say('booking')
  switch (reply.kind) {
    case 'answered':
      return book(execution, go, reply)
    case 'rejected':
      return rejected(execution, go.reservationId, reply)
    case 'lost': {
      const why = reply.message
      const entry = logOf(execution, reply)
      callLine(entry, go.reservationId)
      const state = await persist(say, 'mark in doubt', () =>
        markInDoubt(deps.ledger, { reservationId: go.reservationId, token: execution.token, why, durationMs: reply.durationMs }),
      )
      return state.kind === 'answered' ? state : { kind: 'in_doubt', reservationId: go.reservationId, held: money(go.amount), reason: why }
    }
  }
}

async function book(execution: Execution, go: Go, reply: Answered & ProviderReply): Promise<CallAnswer> {
  const { deps, ask, token, say } = execution
  const stored = await storeContent(deps.blobs, reply)
  const cost = await costOfReply(execution, go, reply)
  const receipt: Receipt = {
    reservationId: go.reservationId,
    token,
    account: ask.scope.account,
    scope: go.scope,
    budgetPeriods: go.budgetPeriods,
    source: cost.source,
    cost,
    usage: reply.usage ?? [],
    response: { ...reply.response, requests: reply.requests },
    blob: stored.blob,
    flags: [...reply.flags, ...stored.flags, ...cost.flags],
    durationMs: reply.durationMs,
  }
  const entry = {
    ...logOf(execution, reply),
    usage: receipt.usage,
    lines: cost.lines,
    presumed: cost.source === 'presumption' ? go.amount : undefined,
  }
  await deps.blobs.putReceipt(go.reservationId, token, receiptJson(receipt)).catch((error: unknown) => {
    log.error('the receipt could not be put beside the blob; it is booked all the same', {
      reservationId: go.reservationId,
      error: String(error),
    })
  })
  const settled = await persist(say, 'settle', () => settle(deps.ledger, receipt))
  callLine(entry, go.reservationId)
  // The sweep finds it, if this fails.
  await deps.blobs.keepReceipt(go.reservationId, token).catch((error: unknown) => {
    log.warn('a booked receipt could not be moved to the kept ones', { reservationId: go.reservationId, error: String(error) })
  })
  if (settled.kind === 'settled') {
    if (settled.overBound)
      log.error('bound_violated: a call cost more than its bound; it is booked in full', {
        reservationId: go.reservationId,
        model: ask.request.model,
      })
    return settled.answer
  }
  log.error(`${settled.kind}: an answer needs a person`, { reservationId: go.reservationId, ...settled })
  return {
    kind: 'in_doubt',
    reservationId: go.reservationId,
    held: money(go.amount),
    reason: `the answer is ${settled.kind}`,
    needsPerson: true,
  }
}

type ReplyCost = Receipt['cost'] & {
  readonly source: Receipt['source']
  readonly flags: readonly string[]
}

/** The exact cost at the prices in force at the dispatch; the whole bound when the provider named no usage, or less than it with figures missing. */
async function costOfReply({ deps, ask, prices, say }: Execution, go: Go, reply: Answered): Promise<ReplyCost> {
  const atTheBound = {
    lines: [] as const,
    picoUsd: picoUsd(0n),
    nanoEur: go.amount,
    source: 'presumption',
    flags: ['usage_missing'],
  } as const
  if (reply.usage === undefined) return atTheBound
  const known = pricesAt(prices, go.dispatchedAt)
  const inForce =
    known.length > 0 ? known : await persist(say, 'prices', () => pricesOf(deps.prices, ask.request, go.dispatchedAt, go.dispatchedAt))
  // A price that is not in force still beats none: an answer in hand is always booked, and flagged.
  const cost = costOf(reply.usage, inForce.length > 0 ? inForce : prices, go.rate)
  if (reply.flags.includes('usage_incomplete') && cost.nanoEur < go.amount) return { ...atTheBound, flags: [] }
  return { ...cost, source: 'answer', flags: inForce.length > 0 ? cost.flags : ['unpriced'] }
}

/** An answer that cannot be stored is booked all the same: it was paid for. */
async function storeContent(blobs: BlobStore, reply: Answered): Promise<{ blob: BlobRef | undefined; flags: string[] }> {
  if (reply.content === undefined) return { blob: undefined, flags: [] }
  try {
    return { blob: await blobs.put(reply.content.bytes, reply.content.mimeType), flags: [] }
  } catch (error) {
    log.error('response_lost: the answer could not be stored', { error: String(error) })
    return { blob: undefined, flags: ['response_lost'] }
  }
}

async function rejected(execution: Execution, reservationId: string, reply: Rejected & ProviderReply): Promise<CallAnswer> {
  const entry = logOf(execution, reply)
  callLine(entry, reservationId)
  const { proof, status, message: why, retryAfterMs, durationMs } = reply
  return giveBack(execution, reservationId, { proof, status, why, retryAfterMs, durationMs })
}

/** The money goes back, or on to the next attempt of the same ask; then Temporal tries again after the provider's Retry-After. */
async function giveBack(
  { deps, token, say }: Execution,
  reservationId: string,
  { status, ...given }: Omit<RejectRequest, 'reservationId' | 'token'> & { readonly status: number | undefined },
): Promise<CallAnswer> {
  const { handedOn } = await persist(say, 'reject', () => reject(deps.ledger, { reservationId, token, ...given }))
  if (!handedOn) return { kind: 'rejected', reservationId, reason: given.why }
  // Nothing was billed and nobody wants it any more: the job's close gives back what was handed on.
  if (Context.current().cancellationSignal.aborted) throw new CancelledFailure(`cancelled; ${given.why}`)
  throw retryLater(endingOfRejection({ ...given, status }), given.why, given.retryAfterMs ?? 0)
}

/** Shown in Temporal UI as the pending activity's last failure and next attempt. Benign: it is business as usual, not an alarm. */
const retryLater = (type: EndingName, why: string, delayMs: number): ApplicationFailure =>
  ApplicationFailure.create({
    type,
    message: `${why}; tried again in ${Math.ceil(delayMs / 1000)} s`,
    nextRetryDelay: Math.max(delayMs, 100),
    category: 'BENIGN',
    details: [{ retryAfterMs: delayMs }],
  })

function logOf({ ask }: Execution, reply: ProviderReply): CallLine {
  return {
    account: ask.scope.account,
    model: ask.request.model,
    usage: [],
    lines: [],
    durationMs: reply.durationMs,
    success: reply.kind === 'answered',
    error: reply.kind === 'answered' ? undefined : reply.message,
  }
}
