/**
 * The ledger once more: the words of the design, as plain data. It shares nothing with `src/ledger` and knows no SQL, no batch and no lock.
 * Everything is readonly: a step makes a new ledger and leaves the old one as it was.
 *
 * Read `rules.ts` next (what is decided), then `asking.ts`, `booking.ts`, `administration.ts` (what a step does), `step.ts` (all steps).
 */

/** Scope values of a call, or what a budget's scope names of them. */
export type Scope = Readonly<Record<string, string>>

/** A budget covers every call whose scope values contain its own. Each new period begins with its cap. A soft one never refuses. */
export interface Budget {
  readonly name: string
  readonly scope: Scope
  readonly isHard: boolean
  readonly cap: bigint
}

/** What one budget period counts. Its overrun is not a fact of its own: it is what reserved and spent exceed the cap by. */
export interface Counters {
  readonly cap: bigint
  readonly reserved: bigint
  readonly spent: bigint
}

/** One budget in one of its periods, both counted from 0. The model has no calendar: that a period ends is an event. */
export interface BudgetPeriod {
  readonly budget: number
  readonly period: number
}

/** An execution of the job that makes the call; `startedAt` where its id tells when it began. */
export interface Run {
  readonly id: string
  readonly startedAt?: number
}

/** What an ask was made with: to its end it keeps these terms, and a refusal. */
export interface Ask {
  readonly ask: number
  readonly scope: Scope
  readonly hash: string
  readonly isRefused: boolean
}

export type State = 'reserved' | 'dispatched' | 'settled' | 'released' | 'rejected' | 'in_doubt' | 'presumed'

/** Who named a cost. */
export type Source = 'presumption' | 'person' | 'answer' | 'bill'

/** One physical request and the money set aside for it. `on` are the budget periods of its reservation, to the end. */
export interface Attempt {
  readonly number: number
  readonly ask: number
  readonly amount: bigint
  readonly on: readonly BudgetPeriod[]
  readonly state: State
  readonly heldUntil: number
  readonly boundUntil: number
  readonly token: string | undefined
  readonly dispatchedAt: number
  readonly cost: bigint | undefined
  readonly source: Source | undefined
  /** Its answer was the call's first: what every repeat hears, for ever. */
  readonly isFirstAnswer: boolean
  readonly handedOnFrom: number | undefined
}

/** What came back, once per attempt and token; without cover on the budget periods that it named itself. */
export interface Receipt {
  readonly attempt: number
  readonly token: string
  readonly cost: bigint
  readonly uncoveredOn: readonly BudgetPeriod[] | undefined
}

export interface Call {
  readonly account: string | undefined
  /** The newest is the last. */
  readonly runs: readonly Run[]
  readonly closedRuns: readonly string[]
  readonly asks: readonly Ask[]
  readonly attempts: readonly Attempt[]
  readonly receipts: readonly Receipt[]
}

/** How long things last, in whatever unit `now` counts. */
export interface Durations {
  /** The same token may still send. */
  readonly go: number
  /** Our own time-out, and a little: from then on an attempt without an answer is in doubt. */
  readonly doubt: number
  /** The provider's maximum, and a little: from then on it is spent. */
  readonly presume: number
  /** What is handed on waits so much longer than the provider asked. */
  readonly handOn: number
}

/** What a key of a correction or a change of cap was used for: the same again has no effect, anything else is a conflict. */
export interface UsedKey {
  readonly key: string
  readonly terms: string
}

export interface Ledger {
  readonly durations: Durations
  readonly now: number
  readonly budgets: readonly Budget[]
  /** By budget, then by period: the last is the period of now. */
  readonly periods: readonly (readonly Counters[])[]
  readonly calls: readonly Call[]
  readonly stopped: readonly Scope[]
  readonly usedKeys: readonly UsedKey[]
  /** What waits for a person, each once. */
  readonly unbooked: readonly string[]
}

/** A step's answer: its kind, and the figures that a caller hears. */
export interface Answer {
  readonly kind: string
  readonly amount?: bigint
  readonly cost?: bigint
  readonly handedOn?: boolean
  readonly changed?: boolean
  /** What a sweep did. */
  readonly released?: number
  readonly inDoubt?: number
  readonly presumed?: number
}

export interface Outcome {
  readonly ledger: Ledger
  readonly answer: Answer
}

const UNSEEN: Call = { account: undefined, runs: [], closedRuns: [], asks: [], attempts: [], receipts: [] }

/** A ledger in which nothing has happened yet. */
export function newLedger(budgets: readonly Budget[], calls: number, durations: Durations): Ledger {
  return {
    durations,
    now: 0,
    budgets,
    periods: budgets.map(({ cap }) => [{ cap, reserved: 0n, spent: 0n }]),
    calls: Array.from({ length: calls }, () => UNSEEN),
    stopped: [],
    usedKeys: [],
    unbooked: [],
  }
}

export const say = (ledger: Ledger, kind: string): Outcome => ({ ledger, answer: { kind } })

export function at<T>(list: readonly T[], index: number): T {
  const item = list[index]
  if (item === undefined) throw new RangeError(`there is no ${index} in a list of ${list.length}`)
  return item
}

export const isOpen = ({ state }: Attempt): boolean => state === 'reserved' || state === 'dispatched' || state === 'in_doubt'
/** What an attempt still holds. */
export const held = (attempt: Attempt): bigint => (isOpen(attempt) ? attempt.amount : 0n)
export const overrun = ({ cap, reserved, spent }: Counters): bigint => (reserved + spent > cap ? reserved + spent - cap : 0n)

export const attemptOf = (call: Call, number: number): Attempt | undefined => call.attempts.find((a) => a.number === number)
export const newestOf = (call: Call, ask: number): Attempt | undefined => call.attempts.findLast((a) => a.ask === ask)
export const firstAnswer = (call: Call): Attempt | undefined => call.attempts.find((a) => a.isFirstAnswer)

export const contains = (values: Scope, scope: Scope): boolean => Object.keys(scope).every((name) => values[name] === scope[name])
export const isStopped = (ledger: Ledger, values: Scope): boolean => ledger.stopped.some((scope) => contains(values, scope))

/** The budget periods of now that cover these scope values. */
export const covering = (ledger: Ledger, values: Scope): BudgetPeriod[] =>
  ledger.budgets.flatMap((b, budget) => (contains(values, b.scope) ? [{ budget, period: at(ledger.periods, budget).length - 1 }] : []))

export const countersOf = (ledger: Ledger, { budget, period }: BudgetPeriod): Counters => at(at(ledger.periods, budget), period)

/** The one way in which money moves: on all of these budget periods, by the same change. */
export function book(ledger: Ledger, on: readonly BudgetPeriod[], reserved: bigint, spent: bigint, cap = 0n): Ledger {
  const periods = ledger.periods.map((counters, budget) => {
    const place = on.find((p) => p.budget === budget)
    if (place === undefined) return counters
    const c = at(counters, place.period)
    return counters.with(place.period, { cap: c.cap + cap, reserved: c.reserved + reserved, spent: c.spent + spent })
  })
  return { ...ledger, periods }
}

export const putCall = (ledger: Ledger, index: number, call: Call): Ledger =>
  ledger.calls[index] === call ? ledger : { ...ledger, calls: ledger.calls.with(index, call) }

export const putAttempt = (call: Call, attempt: Attempt): Call => ({
  ...call,
  attempts: call.attempts.map((a) => (a.number === attempt.number ? attempt : a)),
})

/** Gives back what this call has reserved and not sent. */
export function releaseUnsent(ledger: Ledger, index: number): Ledger {
  const call = at(ledger.calls, index)
  const unsent = call.attempts.filter(({ state }) => state === 'reserved')
  const freed = unsent.reduce((to, a) => book(to, a.on, -a.amount, 0n), ledger)
  return putCall(
    freed,
    index,
    unsent.reduce((to, a) => putAttempt(to, { ...a, state: 'released' }), call),
  )
}
