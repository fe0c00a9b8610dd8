/** How an attempt that was sent ends: settle, reject, mark in doubt, and what time does. */
import { heard } from './asking.ts'
import {
  at,
  attemptOf,
  book,
  covering,
  firstAnswer,
  held,
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
} from './ledger.ts'
import type { Rules } from './rules.ts'

export interface Settle {
  readonly do: 'settle'
  readonly call: number
  readonly attempt: number
  readonly token: string
  readonly account: string
  readonly cost: bigint
  /** `presumption`: the provider named no usage, so the bound is booked. */
  readonly source: 'answer' | 'presumption'
  /** The budget periods that the answer names: only an answer without cover is booked there. */
  readonly on: readonly BudgetPeriod[]
}

export interface Reject {
  readonly do: 'reject'
  readonly call: number
  readonly attempt: number
  readonly token: string
  /** How long the provider wants to be left alone; undefined when trying again is of no use. */
  readonly retryAfter: number | undefined
}

export interface MarkInDoubt {
  readonly do: 'mark in doubt'
  readonly call: number
  readonly attempt: number
  /** The sender's own; anybody else has none, and must wait for the time-out. */
  readonly token: string | undefined
}

/** `only` names what it gets hold of; without, all that is due. */
export interface Sweep {
  readonly do: 'sweep'
  readonly only?: readonly { readonly call: number; readonly attempt: number }[]
}

/** Receipt and cost, from any state. Never refused: what cannot be booked waits for a person. */
export function settle(ledger: Ledger, s: Settle, rules: Rules): Outcome {
  const call = at(ledger.calls, s.call)
  const attempt = attemptOf(call, s.attempt)
  const known = call.receipts.find((r) => r.attempt === s.attempt && r.token === s.token)
  if (known !== undefined && known.cost !== s.cost) return unbooked(ledger, s)
  if (rules.isRepeat(call, s.attempt, s.token))
    return { ledger, answer: known?.uncoveredOn === undefined ? settled(call) : { kind: 'uncovered' } }
  if (attempt === undefined || !rules.isSender(attempt, s.token)) return settleUncovered(ledger, s)

  const isOutranked = attempt.state === 'settled' && attempt.source !== undefined && rules.outranks(attempt.source, s.source)
  const total = isOutranked && attempt.cost !== undefined ? attempt.cost : s.cost
  const isFirstAnswer = rules.isFirstAnswer(call)
  const booked = bookOn(ledger, call, attempt, -held(attempt), rules.difference(attempt, total), rules)
  const ended: Attempt = { ...attempt, state: 'settled', cost: total, source: isOutranked ? attempt.source : s.source, isFirstAnswer }
  const receipt = { attempt: s.attempt, token: s.token, cost: s.cost, uncoveredOn: undefined }
  const answered = putCall(booked, s.call, { ...putAttempt(call, ended), receipts: [...call.receipts, receipt] })
  const after = isFirstAnswer && rules.answerReleases(call) ? releaseUnsent(answered, s.call) : answered
  return { ledger: after, answer: settled(at(after.calls, s.call)) }
}

/** What the caller hears is the call's first answer, for ever. */
function settled(call: Call): Answer {
  const first = firstAnswer(call)
  return { kind: 'settled', ...(first?.cost === undefined ? {} : { amount: first.amount, cost: first.cost }) }
}

/** An answer to an attempt that the ledger does not know, or from another worker: spent all the same, on the budgets that it names. */
function settleUncovered(ledger: Ledger, s: Settle): Outcome {
  const call = at(ledger.calls, s.call)
  const uncoveredOn = s.on.filter(({ budget }) => {
    const { account } = at(ledger.budgets, budget).scope
    return account === undefined || account === s.account
  })
  if (uncoveredOn.length === 0) return unbooked(ledger, s)
  const receipt = { attempt: s.attempt, token: s.token, cost: s.cost, uncoveredOn }
  return say(putCall(book(ledger, uncoveredOn, 0n, s.cost), s.call, { ...call, receipts: [...call.receipts, receipt] }), 'uncovered')
}

/** The same request again is the same item; one that names other budgets is another, for a person to look at. */
function unbooked(ledger: Ledger, s: Settle): Outcome {
  const on = s.on.map(({ budget, period }) => `${budget}/${period}`)
  const item = [s.call, s.attempt, s.token, s.cost, s.source, ...on].join(' ')
  return say(ledger.unbooked.includes(item) ? ledger : { ...ledger, unbooked: [...ledger.unbooked, item] }, 'unbooked')
}

/** The provider refused and did not bill, or nothing was sent. The amount comes back, or waits for the retry. */
export function reject(ledger: Ledger, s: Reject, rules: Rules): Outcome {
  const call = at(ledger.calls, s.call)
  const attempt = attemptOf(call, s.attempt)
  if (attempt === undefined || !rules.isSender(attempt, s.token)) return say(ledger, 'conflict')
  if (attempt.state === 'rejected') {
    const handedOn = call.attempts.some(({ handedOnFrom }) => handedOnFrom === attempt.number)
    return { ledger, answer: { kind: 'rejected', handedOn } }
  }
  if (!rules.mayReject(attempt)) return { ledger, answer: heard(call, attempt) }

  const rejected = putAttempt(call, { ...attempt, state: 'rejected', cost: undefined, source: undefined })
  const heldUntil = ledger.now + (s.retryAfter ?? 0) + ledger.durations.handOn
  if (s.retryAfter !== undefined && rules.mayHandOn(call, attempt, heldUntil)) {
    const number = call.attempts.length + 1
    const next: Attempt = { ...attempt, number, state: 'reserved', token: undefined, heldUntil, handedOnFrom: attempt.number }
    return {
      ledger: putCall(ledger, s.call, { ...rejected, attempts: [...rejected.attempts, next] }),
      answer: { kind: 'rejected', handedOn: true },
    }
  }
  const freed = bookOn(putCall(ledger, s.call, rejected), call, attempt, -held(attempt), -(attempt.cost ?? 0n), rules)
  return { ledger: freed, answer: { kind: 'rejected', handedOn: false } }
}

/** Sent, and no answer: no money moves. */
export function markInDoubt(ledger: Ledger, s: MarkInDoubt, rules: Rules): Outcome {
  const call = at(ledger.calls, s.call)
  const attempt = attemptOf(call, s.attempt)
  if (attempt === undefined) return say(ledger, 'not_found')
  const mayMark = rules.isSender(attempt, s.token) || rules.isDue(attempt, ledger)
  if (attempt.state !== 'dispatched' || !mayMark) return { ledger, answer: heard(call, attempt) }
  const doubted = putAttempt(call, { ...attempt, state: 'in_doubt' })
  return { ledger: putCall(ledger, s.call, doubted), answer: { kind: 'in_doubt', amount: attempt.amount } }
}

/** What time does to attempts that nobody ends: one move each. */
export function sweep(ledger: Ledger, s: Sweep, rules: Rules): Outcome {
  const due = dueIn(ledger, rules).filter((d) => s.only?.some((o) => o.call === d.call && o.attempt === d.attempt) ?? true)
  const did = { released: 0, inDoubt: 0, presumed: 0 }
  let swept = ledger
  for (const { call, attempt } of due) {
    const owner = at(swept.calls, call)
    const before = attemptOf(owner, attempt)
    if (before === undefined) continue
    const after = expired(before, rules)
    if (after.state === 'released') did.released += 1
    if (after.state === 'in_doubt') did.inDoubt += 1
    if (after.state === 'presumed') did.presumed += 1
    const booked = bookOn(swept, owner, before, held(after) - held(before), (after.cost ?? 0n) - (before.cost ?? 0n), rules)
    swept = putCall(booked, call, putAttempt(owner, after))
  }
  return { ledger: swept, answer: { kind: 'swept', ...did } }
}

function expired(attempt: Attempt, rules: Rules): Attempt {
  const state = rules.expiresTo(attempt)
  return state === 'presumed' ? { ...attempt, state, cost: attempt.amount, source: 'presumption' } : { ...attempt, state }
}

/** Moves money of an attempt. */
export function bookOn(ledger: Ledger, call: Call, attempt: Attempt, reserved: bigint, spent: bigint, rules: Rules): Ledger {
  const scope = call.asks.find(({ ask }) => ask === attempt.ask)?.scope ?? {}
  return book(ledger, rules.bookedOn(attempt, covering(ledger, scope)), reserved, spent)
}

/** What a sweep would find now. */
export const dueIn = (ledger: Ledger, rules: Rules): { readonly call: number; readonly attempt: number }[] =>
  ledger.calls.flatMap(({ attempts }, call) =>
    attempts.filter((a) => rules.isDue(a, ledger)).map(({ number }) => ({ call, attempt: number })),
  )
