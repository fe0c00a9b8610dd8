import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  patched,
  proxyActivities,
  proxyLocalActivities,
  sleep,
  workflowInfo,
} from '@temporalio/workflow'
import type { Priority } from '@temporalio/common'
import type { Ask, BudgetActivities } from '../activities/budget.ts'
import type { ModelActivities, TurnedAway } from '../activities/model.ts'
import type { PrepareActivities } from '../activities/prepare.ts'
import type { Ability } from '../domain/ability.ts'
import type { CheaperModel } from '../domain/cheaper-model.ts'
import type { Answer, CallAnswer, CallScope, DoubtPolicy, InDoubt, Paced, Rejected, ReserveAnswer } from '../domain/call.ts'
import type { ModelRequest, PricedRequest } from '../domain/model-request.ts'
import { jobStart } from '../domain/job-start.ts'
import { shortMoney } from '../domain/money.ts'
import type { OverBudgetPolicy, Refusal } from '../domain/refusal.ts'
import type { Flight } from '../domain/response-cache.ts'
import { byMode, onQueue, type CallMode } from './by-mode.ts'
import { overBudget, type FindCheaper } from './over-budget.ts'

/** One call under budget, whoever sends its request. */
export interface CallUnderBudget<Request extends PricedRequest = PricedRequest> extends DoubtPolicy, OverBudgetPolicy, CallMode {
  /** Unique in the life of the job's workflow id: the ledger knows the call by it. */
  readonly callId: string
  /** What people see in Temporal UI, e.g. `banner 1`. */
  readonly label: string
  /** Why this model, where one was chosen: for Temporal UI. */
  readonly modelWhy?: string | undefined
  readonly scope: CallScope
  readonly request: Request
  /** Its first ask; those before were made otherwise. Default: 1. */
  readonly firstAsk?: number | undefined
}

/** A call whose request Purser sends. */
export interface ModelCall extends CallUnderBudget<ModelRequest> {
  /** What a model that it is downgraded to must be able to do, besides what the output says. */
  readonly needs?: readonly Ability[] | undefined
}

/** What happened between asking and the answer, for the job's own story. */
export interface ModelCallEvents {
  reserved?(answer: Extract<ReserveAnswer, { kind: 'reserved' }>): void
  /** It waits for money. */
  waits?(refusal: Refusal): void
}

export const LEDGER_OPTIONS = {
  // One short transaction. Repeats are safe: the key is the caller's.
  startToCloseTimeout: '10 seconds',
  // So long a ledger that is away is waited for: nothing starts meanwhile, nothing is lost.
  scheduleToCloseTimeout: '2 hours',
  retry: { initialInterval: '100ms', maximumInterval: '10 seconds' },
} as const

const asActivity = proxyActivities<BudgetActivities>(LEDGER_OPTIONS)
const reserving = { local: proxyLocalActivities<BudgetActivities>(LEDGER_OPTIONS).reserveBudget, regular: asActivity.reserveBudget }

const looking = {
  local: proxyLocalActivities<PrepareActivities>(LEDGER_OPTIONS).cheaperModels,
  regular: proxyActivities<PrepareActivities>(LEDGER_OPTIONS).cheaperModels,
}

/** How Temporal runs an activity that sends a request. */
export const SENDING_OPTIONS = {
  // How long Temporal waits for one execution. An answer in hand outlives it: its settle is repeated until the ledger answers or the worker's
  // process ends, and the next execution hears what was booked.
  startToCloseTimeout: '135 minutes',
  // It beats every five seconds; a lost worker is noticed after thirty.
  heartbeatTimeout: '30 seconds',
  // What was sent is waited for: a cancelled call may still be billed.
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  // Only refusals that were not billed, and lost workers, come to a retry; the ledger decides whether it may send.
  retry: { maximumAttempts: 6, initialInterval: '1 second', maximumInterval: '1 minute' },
} as const

const model = proxyActivities<ModelActivities>(SENDING_OPTIONS)

/** After nothing was sent the next ask may try again, so often. */
const TRIES_MAX = 3
/** So many dead asks of earlier runs of this job (retried, reset) are passed by. */
const ASKS_MAX = 50

/** Sends an ask's request. `summary` is for Temporal UI. */
export interface Sender<Request extends PricedRequest, Outcome> {
  readonly send: (ask: Ask<Request>, summary: string) => Promise<Outcome>
  /** What the ledger knew already, as an outcome. Undefined: the sender is asked all the same, because only it can read the answer. */
  readonly known: (asked: CallAnswer) => Outcome | undefined
  /** For `downgrade` without a list. Undefined: nobody knows what such a request needs. */
  readonly cheaper?: FindCheaper
}

/** A call for whose answer others wait. `onSent`: whether whoever books the answer tells them. */
export interface Leading {
  readonly flight: Flight
  readonly onSent: (tells: boolean) => void
}

/** reserve → call → close, with Purser's own request. */
export const modelCall = (call: ModelCall, events: ModelCallEvents = {}, leading?: Leading): Promise<CallAnswer> =>
  underBudget(
    call,
    {
      known: (asked) => asked,
      cheaper: () => cheaperThan(call),
      send: (ask, summary) =>
        model.callModel.executeWithOptions({ summary, ...fairly(call), ...onQueue(call) }, [withFlight(call, ask, leading)]),
    },
    events,
  )

function cheaperThan(call: ModelCall): Promise<readonly CheaperModel[]> {
  const { label, scope, request, needs } = call
  return byMode(call, `${label}: which cheaper models are able?`, looking, [{ scope, request, needs }])
}

/** What was made smaller, or asks another model, is not what others wait for. */
function withFlight(call: ModelCall, ask: Ask, leading: Leading | undefined): Ask {
  const isTheirs = ask.request === call.request
  leading?.onSent(isTheirs)
  return leading === undefined || !isTheirs ? ask : { ...ask, flight: leading.flight }
}

/** An answer as its sender gives it, or how the call ended without one. */
type OutcomeOf<Answered> = Answered | Exclude<CallAnswer, Answer>

/**
 * reserve → send → close. What was not sent is given back on every way out; what was sent is settled, rejected, or stays held in doubt. After a
 * doubt the call asks once more, if its policy allows and it is not cancelled: the budgets then hold both.
 */
export async function underBudget<Request extends PricedRequest, Answered extends { readonly kind: 'answered' | 'response_lost' }>(
  call: CallUnderBudget<Request>,
  sender: Sender<Request, OutcomeOf<Answered>>,
  events: ModelCallEvents = {},
): Promise<OutcomeOf<Answered>> {
  let booked = false
  let doubt: InDoubt | undefined
  const afterRefusal = overBudget(call, (refusal) => events.waits?.(refusal), sender.cheaper)
  try {
    let tries = 0
    let refusal: Refusal | undefined
    let { request } = call
    for (let ask = call.firstAsk ?? 1; ; ask += 1) {
      const heard = await askOnce({ ...call, request, modelWhy: whyOf(call, request) }, ask, sender, events, doubt !== undefined)
        .catch(passedBy(call, request, ask))
        .catch(besides(doubt))
      // An earlier run of this job made this ask with another request: it fitted, or was downgraded, otherwise.
      if (heard === undefined) continue
      const { answer, tried } = heard
      booked = isBooked(answer)
      if (isBooked(answer)) return answer
      if (answer.kind === 'refused') refusal = answer
      if (refusal !== undefined && (answer.kind === 'refused' || isFoundAndRejected(call, request, answer))) {
        const next = await afterRefusal({ ask, request, refusal })
        if (next === undefined) return endedWithout(answer.kind === 'refused' ? withoutPlace(answer) : answer, doubt)
        request = next.request
        // The loop takes the one after.
        ask = next.ask - 1
        continue
      }
      if (tried) tries += 1
      const isDead = answer.kind === 'lapsed' || answer.kind === 'too_late' || (answer.kind === 'rejected' && !tried)
      if (isDead && tries < TRIES_MAX && ask < ASKS_MAX) continue
      if (doubt !== undefined || !mayAskAgain(call, answer)) return endedWithout(answer, doubt)
      doubt = answer
      tries = 0
    }
  } finally {
    // A cancelled reserve may still have committed, so this covers it too; and cancelling the job must not cancel the book-keeping.
    if (!booked)
      await CancellationScope.nonCancellable(() =>
        asActivity.closeCall.executeWithOptions({ summary: `${call.label}: close`, ...onQueue(call) }, [
          { callId: call.callId, jobStartedAt: jobStartedAt() },
        ]),
      )
  }
}

const isBooked = <Answered extends { readonly kind: 'answered' | 'response_lost' }>(outcome: OutcomeOf<Answered>): outcome is Answered =>
  outcome.kind === 'answered' || outcome.kind === 'response_lost'

/** A model that the call was downgraded to has another reason. */
const whyOf = <Request extends PricedRequest>({ request: { model: first }, modelWhy }: CallUnderBudget<Request>, request: Request) =>
  request.model === first ? modelWhy : undefined

/** A model that was found for the call, and that the provider does not take: the next one may do. */
const isFoundAndRejected = (call: CallUnderBudget, request: PricedRequest, answer: CallAnswer): boolean =>
  answer.kind === 'rejected' && call.onRefused === 'downgrade' && call.downgradeTo === undefined && request.model !== call.request.model

/** Jobs that ended in doubt before calls asked again must end so when they are replayed. */
function mayAskAgain({ onInDoubt = 'again' }: DoubtPolicy, answer: CallAnswer): answer is InDoubt {
  if (answer.kind !== 'in_doubt' || answer.needsPerson || onInDoubt === 'end') return false
  return !CancellationScope.current().consideredCancelled && patched('asks-again-after-doubt')
}

/** A request that is not the call's own one may have another name in the ledger. */
function passedBy<Request extends PricedRequest>(
  call: CallUnderBudget<Request>,
  request: Request,
  ask: number,
): (error: unknown) => undefined {
  return (error) => {
    if (
      request !== call.request &&
      ask < ASKS_MAX &&
      error instanceof ActivityFailure &&
      error.cause instanceof ApplicationFailure &&
      error.cause.type === 'conflict'
    )
      return undefined
    throw error
  }
}

/** What an execution failed with that was turned away as often as it was tried, as an outcome; undefined: it failed otherwise. */
export function turnedAway(error: unknown): Rejected | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : undefined
  const [{ reservationId, why } = {}] = (cause instanceof ApplicationFailure ? (cause.details ?? []) : []) as Partial<TurnedAway>[]
  return reservationId === undefined || why === undefined ? undefined : { kind: 'rejected', reservationId, reason: why }
}

/** To be turned away after a doubt is no failure of its own: the first request may have been billed, and its money stays held. */
const besides =
  (doubt: InDoubt | undefined) =>
  (error: unknown): { answer: Rejected; tried: boolean } => {
    const answer = turnedAway(error)
    if (doubt === undefined || answer === undefined || !patched('a-doubt-is-told-first')) throw error
    return { answer, tried: true }
  }

/** The job need not know where it stood in line. */
function withoutPlace(refusal: Refusal): Refusal {
  const { waitsAs, ...rest } = refusal
  return waitsAs === undefined ? refusal : rest
}

/** The first doubt is what the job must know of: its money is held. */
const endedWithout = (answer: Exclude<CallAnswer, Answer>, doubt: InDoubt | undefined): Exclude<CallAnswer, Answer> =>
  doubt === undefined ? answer : { ...doubt, again: answer }

/** `tried`: this run got as far as asking the provider; else it heard what became of an ask that an earlier run made. */
async function askOnce<Request extends PricedRequest, Outcome extends { readonly kind: string }>(
  call: CallUnderBudget<Request>,
  number: number,
  { send, known }: Sender<Request, Outcome>,
  events: ModelCallEvents,
  again: boolean,
): Promise<{ answer: Outcome; tried: boolean }> {
  const { callId, scope, request, onLost, onRefused } = call
  const ask: Ask<Request> = {
    callId,
    ask: number,
    scope,
    request,
    jobStartedAt: jobStartedAt(),
    ...(onLost === undefined ? {} : { onLost }),
    ...(onRefused === 'wait' ? { waits: true } : {}),
  }
  const why = again ? ', again: the first answer is not known' : ''
  const chosen = call.modelWhy === undefined ? '' : ` (${call.modelWhy})`
  const summary = `${call.label}: reserve the worst cost of one ${request.model} call${chosen}${why}`
  const asked = await reserved(call, ask, summary)
  if (asked.kind === 'reserved') events.reserved?.(asked)
  // Another execution's request may be on its way: the sender waits for its answer.
  const heard = asked.kind === 'reserved' || asked.kind === 'in_flight' ? undefined : known(asked)
  if (heard !== undefined) return { answer: heard, tried: false }
  const atMost = asked.kind === 'reserved' ? `, at most ${shortMoney(asked.amount)}` : ''
  const answer = await send(ask, `${call.label}: ${request.model}${chosen}${atMost}`)
  return { answer, tried: !wasRejectedEarlier(answer) }
}

/** Asks for money when it is its turn by the rate limits, if there are any: nothing is held before. */
async function reserved<Request extends PricedRequest>(
  call: CallUnderBudget<Request>,
  ask: Ask<Request>,
  summary: string,
): Promise<ReserveAnswer> {
  let isItsTurn = false
  for (;;) {
    const asked: Ask<Request> = { ...ask, ...(isItsTurn ? { isItsTurn } : {}) }
    const answer: ReserveAnswer | Paced = await byMode(call, summary, reserving, [asked])
    if (answer.kind !== 'paced') return answer
    // Who has no turn of its own comes at a moment of its own.
    const waitMs = answer.isBooked ? answer.waitMs : Math.min(answer.waitMs, LOOK_AGAIN_MS) * (1 + Math.random() / 4)
    await sleep(Math.ceil(waitMs), { summary: `${call.label}: waits for rate limit "${answer.limit}" (${answer.why})` })
    isItsTurn = answer.isBooked
  }
}

/** A limit may be lifted meanwhile. */
const LOOK_AGAIN_MS = 15 * 60_000

const wasRejectedEarlier = (answer: object): boolean => 'earlier' in answer && answer.earlier === true

const KEY_MAX = 64

/** Where the server knows fairness, a worker that has more to send than it can takes from each account in turn. */
export const fairly = ({ scope: { account } }: Pick<CallUnderBudget, 'scope'>): { readonly priority: Priority } => ({
  priority: { fairnessKey: account.slice(0, KEY_MAX) },
})

/** The start of the job's first run: part of its calls' names. Throws `temporal_too_old` where it cannot be known. */
export function jobStartedAt(): string {
  const start = jobStart(workflowInfo())
  if (start !== undefined) return start.toISOString()
  throw ApplicationFailure.nonRetryable(
    'this Temporal server (before 1.27) names runs without their time, so the calls of a job that is retried or continued cannot be told from new ones',
    'temporal_too_old',
  )
}
