/**
 * What the ledger decides, one sentence and one expression each. The proofs run with `DESIGN`; that each rule is needed is shown by breaking
 * it: test/prove/explorer.test.ts plants a fault in one rule at a time, and the explorer must find what then goes wrong.
 */
import {
  firstAnswer,
  type Attempt,
  type BudgetPeriod,
  type Call,
  type Counters,
  type Ledger,
  type Run,
  type Source,
  type State,
} from './ledger.ts'

export interface Rules {
  /** A hard budget pays only for what is neither spent nor reserved. */
  readonly admits: (counters: Counters, amount: bigint, isHard: boolean) => boolean
  /** All budgets that cover a call, or none of them. */
  readonly grants: (admitted: readonly boolean[]) => boolean
  /** Whatever happens to an attempt moves the counters of its own budget periods, also when others cover its call by now. */
  readonly bookedOn: (attempt: Attempt, now: readonly BudgetPeriod[]) => readonly BudgetPeriod[]

  /** A run that was not seen before becomes the newest, unless its id tells that it began earlier. */
  readonly isNewest: (run: Run, newest: Run | undefined) => boolean
  /** Only the newest run may ask and send, and only until it is closed. */
  readonly mayAsk: (call: Call, run: Run) => boolean
  /** A refusal is final for its ask. */
  readonly isRefused: (call: Call, ask: number) => boolean
  /** A new ask is taken only when nothing of the call is reserved or on its way. What is in doubt may stay. */
  readonly mayTakeNewAsk: (call: Call) => boolean

  /** Dispatch is a compare-and-set: only what is reserved moves. */
  readonly mayDispatch: (attempt: Attempt) => boolean
  /** Money waits for its dispatch only so long. */
  readonly isHeld: (attempt: Attempt, now: number) => boolean
  /** A token sends once in the life of its call. */
  readonly isNewToken: (call: Call, token: string) => boolean
  /** The same token hears `go` again only while its dispatch is young. */
  readonly mayStillSend: (attempt: Attempt, now: number, goFor: number) => boolean

  /** What comes in twice is booked once: the key is attempt and token. */
  readonly isRepeat: (call: Call, attempt: number, token: string) => boolean
  /** Bill, answer, person, presumption: a lower source never overrides a higher one; at equal rank the later wins. */
  readonly outranks: (known: Source, source: Source) => boolean
  /** How much more an attempt has cost now that its total is known. */
  readonly difference: (attempt: Attempt, total: bigint) => bigint
  /** A call's first answer is its answer for ever. */
  readonly isFirstAnswer: (call: Call) => boolean
  /** An answer in hand makes what its call has reserved and not sent needless. */
  readonly answerReleases: (call: Call) => boolean

  /** Who sent an attempt has its token. Anybody else's word on it is not about this request. */
  readonly isSender: (attempt: Attempt, token: string | undefined) => boolean
  /** Proof that nothing was billed gives back what was sent, until an answer or a correction has named its cost. */
  readonly mayReject: (attempt: Attempt) => boolean
  /** After a retryable refusal the money waits for the retry, on a call that is open and not answered. */
  readonly mayHandOn: (call: Call, attempt: Attempt, heldUntil: number) => boolean
  /** A close gives back what was not sent, if no newer run has taken the call. */
  readonly mayClose: (call: Call, run: Run) => boolean

  /** What time does to an attempt that nobody ends. Expiry never frees what was sent. */
  readonly expiresTo: (attempt: Attempt) => State
  readonly isDue: (attempt: Attempt, ledger: Ledger) => boolean
  /** A bill's word is taken on whatever was sent; a person's not while it is on its way, and "it cost nothing" not before it was presumed. */
  readonly mayAdjust: (attempt: Attempt, source: Source, total: bigint) => boolean
}

const RANKS: readonly Source[] = ['presumption', 'person', 'answer', 'bill']
const EXPIRED: Partial<Record<State, State>> = { reserved: 'released', dispatched: 'in_doubt', in_doubt: 'presumed' }

const newestRun = (call: Call): Run | undefined => call.runs.at(-1)
const isClosed = (call: Call): boolean => call.closedRuns.includes(newestRun(call)?.id ?? '')

export const DESIGN: Rules = {
  admits: ({ cap, reserved, spent }, amount, isHard) => !isHard || cap - reserved - spent >= amount,
  grants: (admitted) => admitted.every(Boolean),
  bookedOn: (attempt) => attempt.on,

  isNewest: (run, newest) => run.startedAt === undefined || newest?.startedAt === undefined || run.startedAt >= newest.startedAt,
  mayAsk: (call, run) => newestRun(call)?.id === run.id && !isClosed(call),
  isRefused: (call, ask) => call.asks.some((a) => a.ask === ask && a.isRefused),
  mayTakeNewAsk: (call) => !call.attempts.some(({ state }) => state === 'reserved' || state === 'dispatched'),

  mayDispatch: ({ state }) => state === 'reserved',
  isHeld: ({ heldUntil }, now) => now <= heldUntil,
  isNewToken: (call, token) => call.attempts.every((a) => a.token !== token),
  mayStillSend: (attempt, now, goFor) => now < attempt.dispatchedAt + goFor,

  isRepeat: (call, attempt, token) => call.receipts.some((r) => r.attempt === attempt && r.token === token),
  outranks: (known, source) => RANKS.indexOf(known) > RANKS.indexOf(source),
  difference: (attempt, total) => total - (attempt.cost ?? 0n),
  isFirstAnswer: (call) => firstAnswer(call) === undefined,
  answerReleases: () => true,

  isSender: (attempt, token) => token !== undefined && attempt.token === token,
  mayReject: ({ state }) => state === 'dispatched' || state === 'in_doubt' || state === 'presumed',
  mayHandOn: (call, attempt, heldUntil) =>
    attempt.state === 'dispatched' && heldUntil <= attempt.boundUntil && firstAnswer(call) === undefined && !isClosed(call),
  mayClose: (call, run) => newestRun(call)?.id === run.id,

  expiresTo: ({ state }) => EXPIRED[state] ?? state,
  isDue({ state, heldUntil, dispatchedAt }, { now, durations }) {
    if (state === 'reserved') return heldUntil < now
    if (state === 'dispatched') return dispatchedAt + durations.doubt < now
    return state === 'in_doubt' && dispatchedAt + durations.presume < now
  },
  mayAdjust: ({ token, state }, source, total) =>
    token !== undefined && (source === 'bill' || (state !== 'dispatched' && (state !== 'in_doubt' || total > 0n))),
}
