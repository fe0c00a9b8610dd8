/** Asking and sending: reserve, dispatch, close. */
import {
  at,
  book,
  contains,
  countersOf,
  covering,
  firstAnswer,
  isStopped,
  newestOf,
  putAttempt,
  putCall,
  releaseUnsent,
  say,
  type Answer,
  type Attempt,
  type BudgetPeriod,
  type Call,
  type Ledger,
  type Outcome,
  type Run,
  type Scope,
} from './ledger.ts'
import type { Rules } from './rules.ts'

export interface Reserve {
  readonly do: 'reserve'
  readonly call: number
  readonly run: Run
  readonly ask: number
  readonly scope: Scope
  readonly hash: string
  readonly amount: bigint
  readonly holdFor: number
  /** Until when the prices hold that made the amount. */
  readonly boundUntil: number
  /** Of a caller that sends by itself: it counts as dispatched at once. */
  readonly token?: string
}

export interface Dispatch {
  readonly do: 'dispatch'
  readonly call: number
  readonly run: Run
  readonly ask: number
  readonly account: string
  readonly hash: string
  readonly token: string
}

export interface Close {
  readonly do: 'close'
  readonly call: number
  readonly run: Run
}

export function reserve(ledger: Ledger, s: Reserve, rules: Rules): Outcome {
  const account = s.scope['account']
  const { call, mayAsk } = note(at(ledger.calls, s.call), s.run, rules, account)
  const known = call.asks.find(({ ask }) => ask === s.ask)
  const hasOtherTerms = known !== undefined && !(known.hash === s.hash && contains(known.scope, s.scope) && contains(s.scope, known.scope))
  if (call.account !== account || hasOtherTerms) return say(ledger, 'conflict')

  const noted = putCall(ledger, s.call, call)
  const answer = firstAnswer(call)
  if (answer !== undefined) return { ledger: noted, answer: heard(call, answer) }
  if (!mayAsk) return say(noted, 'closed')
  if (rules.isRefused(call, s.ask)) return say(noted, 'refused')
  const newest = newestOf(call, s.ask)
  if (newest !== undefined) {
    const isMine = newest.state === 'dispatched' && newest.token === s.token
    return { ledger: noted, answer: isMine ? { kind: 'go', amount: newest.amount } : heard(call, newest) }
  }
  if (call.asks.some(({ ask }) => ask > s.ask)) return say(ledger, 'conflict')
  if (!rules.mayTakeNewAsk(call)) return say(noted, 'in_flight')
  if (isStopped(ledger, s.scope)) return say(noted, 'stopped')
  const on = covering(ledger, s.scope)
  return on.length === 0 ? say(ledger, 'no_budget') : decide(noted, s, on, rules)
}

/** Sets the amount aside on every budget that covers the call, or refuses for ever. */
function decide(ledger: Ledger, s: Reserve, on: readonly BudgetPeriod[], rules: Rules): Outcome {
  const call = at(ledger.calls, s.call)
  const admitted = on.map((place) => rules.admits(countersOf(ledger, place), s.amount, at(ledger.budgets, place.budget).isHard))
  const isGranted = rules.grants(admitted)
  const asks = [...call.asks, { ask: s.ask, scope: s.scope, hash: s.hash, isRefused: !isGranted }]
  if (!isGranted) return say(putCall(ledger, s.call, { ...call, asks }), 'refused')
  const attempt: Attempt = {
    number: call.attempts.length + 1,
    ask: s.ask,
    amount: s.amount,
    on,
    state: s.token === undefined ? 'reserved' : 'dispatched',
    heldUntil: Math.min(ledger.now + s.holdFor, s.boundUntil),
    boundUntil: s.boundUntil,
    token: s.token,
    dispatchedAt: ledger.now,
    cost: undefined,
    source: undefined,
    isFirstAnswer: false,
    handedOnFrom: undefined,
  }
  const reserved = book(putCall(ledger, s.call, { ...call, asks, attempts: [...call.attempts, attempt] }), on, s.amount, 0n)
  return { ledger: reserved, answer: { kind: s.token === undefined ? 'reserved' : 'go', amount: s.amount } }
}

/** "This request goes out now." Only the token that moved the attempt may send. */
export function dispatch(ledger: Ledger, s: Dispatch, rules: Rules): Outcome {
  const { call, mayAsk } = note(at(ledger.calls, s.call), s.run, rules, s.account)
  const known = call.asks.find(({ ask }) => ask === s.ask)
  if (call.account !== s.account || (known !== undefined && known.hash !== s.hash)) return say(ledger, 'conflict')

  const noted = putCall(ledger, s.call, call)
  const answer = firstAnswer(call)
  if (answer !== undefined) return { ledger: noted, answer: heard(call, answer) }
  if (!mayAsk) return say(noted, 'closed')
  if (rules.isRefused(call, s.ask)) return say(noted, 'refused')
  const newest = newestOf(call, s.ask)
  if (known === undefined || newest === undefined) return say(ledger, 'conflict')

  const { now, durations } = ledger
  const go: Answer = { kind: 'go', amount: newest.amount }
  if (newest.state === 'dispatched' && newest.token === s.token)
    return { ledger: noted, answer: rules.mayStillSend(newest, now, durations.go) ? go : { kind: 'too_late' } }
  if (!rules.mayDispatch(newest) || !rules.isNewToken(call, s.token)) return { ledger: noted, answer: heard(call, newest) }
  if (!rules.isHeld(newest, now) || isStopped(ledger, known.scope)) return say(releaseUnsent(noted, s.call), 'lapsed')
  const sent: Attempt = { ...newest, state: 'dispatched', token: s.token, dispatchedAt: now }
  return { ledger: putCall(noted, s.call, putAttempt(call, sent)), answer: go }
}

/** The run is over without a booked answer. Of a call that is not known it leaves a stone. */
export function close(ledger: Ledger, s: Close, rules: Rules): Outcome {
  const { call } = note(at(ledger.calls, s.call), s.run, rules, undefined)
  const isClosed = call.closedRuns.includes(s.run.id)
  const closed = putCall(ledger, s.call, isClosed ? call : { ...call, closedRuns: [...call.closedRuns, s.run.id] })
  const freed = rules.mayClose(call, s.run) ? call.attempts.filter(({ state }) => state === 'reserved') : []
  return {
    ledger: freed.length === 0 ? closed : releaseUnsent(closed, s.call),
    answer: { kind: 'closed', amount: freed.reduce((sum, a) => sum + a.amount, 0n) },
  }
}

/** A call keeps its runs in the order in which it first saw them, and belongs to the account that was named first. */
function note(call: Call, run: Run, rules: Rules, account: string | undefined): { readonly call: Call; readonly mayAsk: boolean } {
  const isKnown = call.runs.some(({ id }) => id === run.id)
  const runs = isKnown ? call.runs : rules.isNewest(run, call.runs.at(-1)) ? [...call.runs, run] : [run, ...call.runs]
  const isNew = runs !== call.runs || (call.account === undefined && account !== undefined)
  const noted = isNew ? { ...call, runs, account: call.account ?? account } : call
  return { call: noted, mayAsk: rules.mayAsk(noted, run) }
}

/** What a repeat hears of an attempt. Spent without an answer is in doubt: what it cost is known, what it said is not. */
export function heard(call: Call, attempt: Attempt): Answer {
  switch (attempt.state) {
    case 'reserved':
      return { kind: 'reserved', amount: attempt.amount }
    case 'dispatched':
      return { kind: 'in_flight' }
    case 'released':
      return { kind: 'lapsed' }
    case 'rejected':
      return { kind: 'rejected' }
    case 'in_doubt':
    case 'presumed':
      return { kind: 'in_doubt', amount: attempt.amount }
    case 'settled': {
      const isAnswered = call.receipts.some((r) => r.attempt === attempt.number && r.token === attempt.token)
      return isAnswered
        ? { kind: 'answered', amount: attempt.amount, ...(attempt.cost === undefined ? {} : { cost: attempt.cost }) }
        : { kind: 'in_doubt', amount: attempt.amount }
    }
  }
}
