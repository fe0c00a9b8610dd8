/** What people do: correct a cost, change a cap, pull the panic switch. */
import { bookOn } from './booking.ts'
import { at, attemptOf, book, held, putAttempt, putCall, say, type Ledger, type Outcome, type Scope, type UsedKey } from './ledger.ts'
import type { Rules } from './rules.ts'

export interface Adjust {
  readonly do: 'adjust'
  readonly call: number
  readonly attempt: number
  readonly total: bigint
  readonly source: 'bill' | 'person'
  readonly id: string
}

/** A top-up of a budget's period of now; below zero a cut. */
export interface ChangeCap {
  readonly do: 'change cap'
  readonly budget: number
  readonly change: bigint
  readonly key: string
}

export interface Stop {
  readonly do: 'stop' | 'resume'
  readonly scope: Scope
}

/** Names the new total of an attempt: what is still reserved comes free, and the difference is booked, in one move. */
export function adjust(ledger: Ledger, s: Adjust, rules: Rules): Outcome {
  const call = at(ledger.calls, s.call)
  const attempt = attemptOf(call, s.attempt)
  if (attempt === undefined) return say(ledger, 'not_found')
  const used = useKey(ledger, { key: `adjust ${s.source} ${s.id} ${s.call}/${s.attempt}`, terms: `${s.total}` })
  if (used === 'conflict') return say(ledger, 'conflict')
  if (used === 'repeat') return { ledger, answer: { kind: 'adjusted', changed: false, ...costOf(attempt.cost) } }
  if (!rules.mayAdjust(attempt, s.source, s.total)) return say(ledger, 'conflict')
  if (attempt.source !== undefined && rules.outranks(attempt.source, s.source))
    return { ledger, answer: { kind: 'outranked', changed: false, ...costOf(attempt.cost) } }
  const booked = bookOn(used, call, attempt, -held(attempt), rules.difference(attempt, s.total), rules)
  const settled = putAttempt(call, { ...attempt, state: 'settled', cost: s.total, source: s.source })
  return { ledger: putCall(booked, s.call, settled), answer: { kind: 'adjusted', changed: true, cost: s.total } }
}

const costOf = (cost: bigint | undefined): { cost?: bigint } => (cost === undefined ? {} : { cost })

export function changeCap(ledger: Ledger, s: ChangeCap): Outcome {
  if (s.change === 0n) return say(ledger, 'bad_input')
  const used = useKey(ledger, { key: `cap ${s.key}`, terms: `${s.budget} ${s.change}` })
  if (used === 'conflict') return say(ledger, 'conflict')
  if (used === 'repeat') return { ledger, answer: { kind: 'cap', changed: false } }
  const place = { budget: s.budget, period: at(ledger.periods, s.budget).length - 1 }
  if (at(at(ledger.periods, s.budget), place.period).cap + s.change < 0n) return say(ledger, 'bad_input')
  return { ledger: book(used, [place], 0n, 0n, s.change), answer: { kind: 'cap', changed: true } }
}

function useKey(ledger: Ledger, use: UsedKey): Ledger | 'repeat' | 'conflict' {
  const known = ledger.usedKeys.find(({ key }) => key === use.key)
  if (known === undefined) return { ...ledger, usedKeys: [...ledger.usedKeys, use] }
  return known.terms === use.terms ? 'repeat' : 'conflict'
}

const nameOf = (scope: Scope): string => JSON.stringify(Object.entries(scope).toSorted(([a], [b]) => (a < b ? -1 : 1)))

/** From now on nothing of the scope is reserved or sent. What was sent is still booked. */
export function stop(ledger: Ledger, { scope }: Stop): Outcome {
  const isNew = !ledger.stopped.some((known) => nameOf(known) === nameOf(scope))
  return { ledger: isNew ? { ...ledger, stopped: [...ledger.stopped, scope] } : ledger, answer: { kind: 'stopped', changed: isNew } }
}

export function resume(ledger: Ledger, { scope }: Stop): Outcome {
  const left = ledger.stopped.filter((known) => nameOf(known) !== nameOf(scope))
  return left.length === ledger.stopped.length ? say(ledger, 'not_found') : say({ ...ledger, stopped: left }, 'resumed')
}
