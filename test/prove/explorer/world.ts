/**
 * The ledger in a small world: two calls, a provider that keeps the truth, and a network that may lose, delay and repeat every message.
 *
 * Callers have no memory. Whatever a caller could once say may be said at any later step, again, by a restarted job or by an old worker: so a
 * crash is a caller that says nothing more, a restart says the first thing again, a duplicate is the same message twice, and a zombie is one that
 * comes late. Only the provider remembers: which requests went out, and what each was billed.
 *
 * Nor does anything rest on the order of deadlines: each message may find every deadline passed, and the next one none.
 */
import { canonical } from '../model/canonical.ts'
import { at, newLedger, type Answer, type Ledger, type Scope } from '../model/ledger.ts'
import type { Rules } from '../model/rules.ts'
import { play, type Step } from '../model/step.ts'

/** What became of a permission to send; an amount is what the provider answered and billed. */
export type Fate = 'may send' | 'not billed' | bigint

/** Somebody heard `go`: one physical request, if it goes out. */
export interface Request {
  readonly call: number
  readonly attempt: number
  readonly token: string
  readonly fate: Fate
}

export interface World {
  readonly ledger: Ledger
  readonly requests: readonly Request[]
}

/** How large a world is, and what may happen in it beside asks, dispatches, answers, refusals, cuts, closes, sweeps and lost messages. */
export interface WorldOptions {
  readonly name: string
  /** Of the budget that covers the first call, and of the one that covers both. */
  readonly caps: readonly [bigint, bigint]
  readonly amount: bigint
  /** What the provider may bill for a request. */
  readonly costs: readonly bigint[]
  /** Of each call, at most. */
  readonly attempts: readonly [number, number]
  /** Executions of each call's job, the later ones after a reset. */
  readonly runs: readonly [number, number]
  /** Whose periods end together, once each. */
  readonly monthEnds: readonly (readonly number[])[]
  /** The provider asks for a retry later. */
  readonly handsOn?: boolean
  /** The provider's bill comes, for whatever was billed. */
  readonly bills?: boolean
  /** A person says that something cost nothing, whenever he likes. */
  readonly person?: boolean
  /** Somebody pulls the panic switch, and ends it. */
  readonly stops?: boolean
  /** Of the budget that covers both. */
  readonly capChanges?: readonly bigint[]
  /** An answer comes under a token that the ledger does not know, to this attempt of the first call. */
  readonly strayFor?: number
}

/** Something is said to the ledger (late: when every deadline has passed), or happens to a request. */
export type Move = { readonly say: Step; readonly isLate: boolean } | { readonly request: number; readonly fate: Fate }

export const SCOPES: readonly Scope[] = [{ account: 'a' }, { account: 'b' }]
const STRAY = 'stray'
/** No request that the ledger ever permitted. */
export const isStray = ({ token }: Request): boolean => token === STRAY

/** One tick ends every hold and every deadline. */
const DURATIONS = { go: 1, doubt: 0, presume: 0, handOn: 0 }
export const later = (ledger: Ledger): Ledger => ({ ...ledger, now: ledger.now + 2 })

export function startOf(o: WorldOptions): World {
  const budgets = [
    { name: 'narrow', scope: { account: 'a' }, isHard: true, cap: o.caps[0] },
    { name: 'wide', scope: {}, isHard: true, cap: o.caps[1] },
  ]
  const stray = o.strayFor === undefined ? [] : [{ call: 0, attempt: o.strayFor, token: STRAY, fate: at(o.costs, 0) }]
  return { ledger: newLedger(budgets, SCOPES.length, DURATIONS), requests: stray }
}

/** The world after a move; the very same one, when the move had no effect. */
export function moved(world: World, move: Move, rules: Rules): { readonly state: World; readonly answer: Answer } {
  if ('fate' in move) {
    const request = { ...at(world.requests, move.request), fate: move.fate }
    return { state: { ...world, requests: world.requests.with(move.request, request) }, answer: { kind: 'sent' } }
  }
  const before = move.isLate ? later(world.ledger) : world.ledger
  const { ledger, answer } = play(before, move.say, rules)
  const requests = answer.kind === 'go' ? withRequest(world.requests, ledger, move.say) : world.requests
  if (ledger === before && requests === world.requests) return { state: world, answer }
  return { state: { ledger: move.isLate ? { ...ledger, now: world.ledger.now } : ledger, requests }, answer }
}

/** A `go` is a permission for one request. Heard again, it is the same. */
function withRequest(requests: readonly Request[], ledger: Ledger, step: Step): readonly Request[] {
  if (step.do !== 'dispatch') return requests
  const attempt = at(ledger.calls, step.call).attempts.findLast((a) => a.ask === step.ask && a.token === step.token)?.number
  if (attempt === undefined) return requests
  const isKnown = requests.some((r) => r.call === step.call && r.attempt === attempt && r.token === step.token)
  return isKnown ? requests : [...requests, { call: step.call, attempt, token: step.token, fate: 'may send' }]
}

/** The same for two worlds that behave the same from now on. There are many states of few parts, so parts get numbers: short keys are fast. */
export function keysOfWorlds(): (world: World) => string {
  const numbers = new Map<string, number>()
  const numberOf = (text: string): number => {
    const number = numbers.get(text) ?? numbers.size
    numbers.set(text, number)
    return number
  }
  return ({ ledger, requests }) => [...canonical(ledger), ...requests.map(requestText).toSorted()].map(numberOf).join()
}

const requestText = ({ call, attempt, token, fate }: Request): string => `${call} ${attempt} ${token} ${fate}`

/** The same for all of a world's moves. */
const UNSAID = new Set(['scope', 'hash', 'account', 'on', 'holdFor', 'boundUntil'])

/** A move as a person reads it. */
export function tell(move: Move): string {
  if ('fate' in move)
    return `request ${move.request + 1}: ${typeof move.fate === 'bigint' ? `sent, answered, and billed ${move.fate}` : move.fate}`
  const { do: what, ...rest } = move.say
  const facts = Object.entries(rest).flatMap(([key, value]) => (UNSAID.has(key) ? [] : [`${key} ${textOf(value)}`]))
  return `${move.isLate ? 'when time is over: ' : ''}${what}: ${facts.join(', ')}`
}

const textOf = (value: unknown): string =>
  typeof value === 'object' && value !== null && 'id' in value
    ? String(value.id).replace('run ', '')
    : JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? Number(v) : v))
