import { ApplicationFailure, condition, defineSignal, patched, setHandler } from '@temporalio/workflow'
import type { CheaperModel } from '../domain/cheaper-model.ts'
import type { PricedRequest } from '../domain/model-request.ts'
import { ofMoney, shortMoney } from '../domain/money.ts'
import { YOUR_TURN, type OverBudgetPolicy, type Refusal } from '../domain/refusal.ts'

export interface NextAsk<Request extends PricedRequest> {
  readonly ask: number
  readonly request: Request
}

export interface Refused<Request extends PricedRequest> extends NextAsk<Request> {
  readonly refusal: Refusal & { readonly waitsAs?: number | undefined }
}

interface Call<Request extends PricedRequest> extends OverBudgetPolicy {
  readonly callId: string
  readonly label: string
  readonly request: Request
}

/** What a call asks for next when its budgets cannot pay. Undefined: nothing, it ends refused. */
export type OverBudget<Request extends PricedRequest> = (refused: Refused<Request>) => Promise<NextAsk<Request> | undefined>

/** Able models that may cost less than a request does, the dearest first. */
export type FindCheaper = () => Promise<readonly CheaperModel[]>

/** As the call's policy says. `tell` hears what it waits for. Throws ApplicationFailure `bad_input`. */
export function overBudget<Request extends PricedRequest>(
  call: Call<Request>,
  tell: (refusal: Refusal) => void = () => undefined,
  findCheaper?: FindCheaper,
): OverBudget<Request> {
  switch (call.onRefused ?? 'fail') {
    case 'fail':
      return async () => undefined
    case 'wait':
      return waiting(call, tell)
    case 'fit':
      return fitting(call)
    case 'downgrade':
      return call.downgradeTo === undefined ? findingCheaper(findCheaper) : downgrading(call)
    // From JSON it may be anything.
    default:
      throw ApplicationFailure.nonRetryable(
        `onRefused is 'fail', 'wait', 'fit' or 'downgrade', not ${JSON.stringify(call.onRefused)}`,
        'bad_input',
      )
  }
}

const DAY_MS = 86_400_000
/** So that the next month comes. */
const WAIT_AT_MOST_MS = 40 * DAY_MS
/** Each looks again by itself: a hint may be lost. At first after so long, then after twice as long, up to an hour, each at a time of its own. */
const FIRST_LOOK_MS = 5 * 60_000
const LAST_LOOK_MS = 60 * 60_000

/** Calls whose turn it was said to be, since they asked last. Each workflow has its own: the SDK keeps modules apart. */
const called = new Set<string>()
const yourTurn = defineSignal<[string]>(YOUR_TURN)

function waiting<Request extends PricedRequest>(call: Call<Request>, tell: (refusal: Refusal) => void): OverBudget<Request> {
  setHandler(yourTurn, (callId) => void called.add(callId))
  let until: number | undefined
  let lookMs = FIRST_LOOK_MS
  return async ({ ask, request, refusal }) => {
    // What it was refused first is final: as who waits, it has not asked yet. In an earlier run it may have.
    if (refusal.waitsAs !== undefined && refusal.waitsAs !== ask) return { ask: refusal.waitsAs, request }
    until ??= Date.now() + (call.waitAtMostMs ?? WAIT_AT_MOST_MS)
    const leftMs = until - Date.now()
    if (leftMs <= 0) return undefined
    tell(refusal)
    const restMs = Math.min(leftMs, Math.round(lookMs * (0.75 + Math.random() / 2)))
    await condition(() => called.has(call.callId), restMs, { summary: waitText(call.label, refusal) })
    called.delete(call.callId)
    lookMs = Math.min(2 * lookMs, LAST_LOOK_MS)
    return { ask: refusal.waitsAs ?? ask + 1, request }
  }
}

const waitText = (label: string, { needed, budget, remaining }: Refusal): string =>
  `${label}: waits for ${shortMoney(needed)} of "${budget.name}" (${budget.period}), which has ${shortMoney(remaining)} left`

/** Others ask meanwhile, so what fitted may not fit any more. */
const FITS_MAX = 5
/** Shorter answers are of no use. */
const FIT_AT_LEAST = 64

function fitting<Request extends PricedRequest>({ fitAtLeast = FIT_AT_LEAST }: Call<Request>): OverBudget<Request> {
  let fits = 0
  return async ({ ask, request, refusal }) => {
    const tokens = refusal.remedies.find((remedy) => remedy.kind === 'fit')?.maxOutputTokens ?? 0
    fits += 1
    if (fits > FITS_MAX || tokens < fitAtLeast) return undefined
    return { ask: ask + 1, request: { ...request, maxOutputTokens: Math.min(tokens, request.maxOutputTokens) } }
  }
}

function downgrading<Request extends PricedRequest>({ downgradeTo = [], request: { model: first } }: Call<Request>): OverBudget<Request> {
  const models = downgradeTo.filter((model) => model !== first).values()
  return async ({ ask, request }) => {
    const { done, value: model } = models.next()
    return done === true ? undefined : { ask: ask + 1, request: { ...request, model } }
  }
}

/** The dearest able model that what is left pays for; then the next: others asked meanwhile, another budget has less, or the provider does not take it. */
function findingCheaper<Request extends PricedRequest>(find: FindCheaper | undefined): OverBudget<Request> {
  let left: readonly CheaperModel[] | undefined
  return async ({ ask, request, refusal }) => {
    // Jobs that ended refused before models were looked for must end so when they are replayed.
    if (find === undefined || (left === undefined && !patched('downgrades-by-itself'))) return undefined
    left ??= await find()
    const at = left.findIndex(({ atMost }) => ofMoney(atMost) <= ofMoney(refusal.remaining))
    const next = left[at]
    if (next === undefined) return undefined
    left = left.slice(at + 1)
    return { ask: ask + 1, request: { ...request, model: next.model } }
  }
}
