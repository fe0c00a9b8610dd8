/** The step that a plan means in a given state. */
import { randomUUID } from 'node:crypto'
import {
  at,
  attemptOf,
  firstAnswer,
  newestOf,
  type Attempt,
  type BudgetPeriod,
  type Call,
  type Ledger,
  type Run,
  type Scope,
} from '../model/ledger.ts'
import type { Said } from '../model/step.ts'
import { CENT, MINUTE, type AskChoice, type AttemptChoice, type Plan, type RunChoice, type TokenChoice } from './plan.ts'

/** What the steps of a sequence are about. */
export interface Cast {
  readonly calls: readonly CastCall[]
  readonly models: readonly [usual: string, cheap: string]
  readonly stops: readonly Scope[]
}

interface CastCall {
  readonly scope: Scope
  readonly runs: readonly Run[]
  /** A token that the ledger never gave leave to. */
  readonly stray: string
}

/** The number of an attempt that the ledger never made. */
export const UNKNOWN = 0
const HOLD = 15 * MINUTE

type PlanTo<Do extends Plan['do']> = Extract<Plan, { readonly do: Do }>

/** Undefined when there is nothing that the plan could be about. */
export function stepOf(plan: Exclude<Plan, { do: 'wait' }>, ledger: Ledger, cast: Cast): Said | undefined {
  const call = callMeant(plan, ledger)
  if (call === undefined) return undefined
  switch (plan.do) {
    case 'reserve':
      return reserveMeant(plan, call, ledger, cast)
    case 'dispatch':
      return dispatchMeant(plan, call, ledger, cast)
    case 'settle':
    case 'reject':
    case 'mark in doubt':
    case 'adjust':
      return endMeant(plan, call, ledger, cast)
    case 'close':
      return { do: 'close', call, run: runMeant(plan.run, at(ledger.calls, call), at(cast.calls, call)) }
    case 'sweep':
      return { do: 'sweep' }
    case 'change cap':
      return { do: 'change cap', budget: plan.budget, change: BigInt(plan.cents) * CENT, key: `${plan.key}` }
    case 'stop':
    case 'resume':
      return { do: plan.do, scope: at(cast.stops, plan.scope) }
  }
}

const isUnderWay = ({ state }: Attempt): boolean => state === 'reserved' || state === 'dispatched'
const isAwaited = ({ state }: Attempt): boolean => state === 'dispatched' || state === 'in_doubt' || state === 'presumed'

/** Which calls a step suits; left out: any. */
const SUITS: Partial<Record<Plan['do'], (call: Call) => boolean>> = {
  reserve: (call) => firstAnswer(call) === undefined && !call.attempts.some(isUnderWay),
  dispatch: (call) => call.attempts.some(({ state }) => state === 'reserved'),
  settle: (call) => call.attempts.some(isAwaited),
  reject: (call) => call.attempts.some(isAwaited),
  'mark in doubt': (call) => call.attempts.some(isAwaited),
  adjust: (call) => call.attempts.some(isAwaited),
}

function callMeant(plan: Plan, { calls }: Ledger): number | undefined {
  const suits = plan.isAnywhere ? undefined : SUITS[plan.do]
  const suited = [...calls.keys()].filter((index) => suits?.(at(calls, index)) ?? true)
  return suited[plan.call % Math.max(1, suited.length)]
}

function runMeant(choice: RunChoice, call: Call, { runs }: CastCall): Run {
  const newest = Math.max(
    0,
    runs.findIndex(({ id }) => id === call.runs.at(-1)?.id),
  )
  return at(runs, choice === 'first' ? 0 : Math.min(runs.length - 1, newest + (choice === 'next' ? 1 : 0)))
}

function askMeant(choice: AskChoice, call: Call): number {
  const newest = Math.max(0, ...call.asks.map(({ ask }) => ask))
  return { first: 1, newest: Math.max(1, newest), next: newest + 1, leap: newest + 2 }[choice]
}

function tokenMeant(
  choice: TokenChoice,
  call: Call,
  about: { readonly token: string | undefined } | undefined,
  { stray }: CastCall,
): string | undefined {
  switch (choice) {
    case 'own':
      return about?.token
    case 'new':
      return randomUUID()
    case 'earlier':
      return call.attempts.find(({ token }) => token !== undefined)?.token
    case 'stray':
      return stray
    case 'none':
      return undefined
  }
}

const otherAccount = (call: number, { calls }: Cast): string =>
  calls.map(({ scope }) => scope['account'] ?? '').find((id) => id !== at(calls, call).scope['account']) ?? ''

function reserveMeant(plan: PlanTo<'reserve'>, index: number, ledger: Ledger, cast: Cast): Said {
  const [call, means] = [at(ledger.calls, index), at(cast.calls, index)]
  const ask = askMeant(plan.ask, call)
  const usual = call.asks.find((known) => known.ask === ask) ?? {
    scope: { ...means.scope, model: cast.models[plan.isCheap ? 1 : 0] },
    hash: `hash ${ask}`,
  }
  const otherModel = cast.models.find((model) => model !== usual.scope['model']) ?? ''
  const changed = {
    'other model': { model: otherModel },
    'other account': { account: otherAccount(index, cast) },
    'other hash': {},
    same: {},
  }[plan.terms]
  const token = tokenMeant(plan.token, call, newestOf(call, ask), means)
  return {
    do: 'reserve',
    call: index,
    run: runMeant(plan.run, call, means),
    ask,
    scope: { ...usual.scope, ...changed },
    hash: plan.terms === 'other hash' ? 'another hash' : usual.hash,
    amount: BigInt(plan.cents) * CENT,
    holdFor: HOLD,
    boundUntil: ledger.now + plan.boundFor,
    ...(token === undefined ? {} : { token }),
  }
}

function dispatchMeant(plan: PlanTo<'dispatch'>, index: number, ledger: Ledger, cast: Cast): Said {
  const [call, means] = [at(ledger.calls, index), at(cast.calls, index)]
  const ask = askMeant(plan.ask, call)
  const hash = call.asks.find((known) => known.ask === ask)?.hash ?? `hash ${ask}`
  return {
    do: 'dispatch',
    call: index,
    run: runMeant(plan.run, call, means),
    ask,
    account: plan.terms === 'other account' ? otherAccount(index, cast) : (means.scope['account'] ?? ''),
    hash: plan.terms === 'other hash' ? 'another hash' : hash,
    token: tokenMeant(plan.token, call, newestOf(call, ask), means) ?? randomUUID(),
  }
}

type Meant = Pick<Attempt, 'number' | 'amount' | 'on' | 'token'>

function attemptMeant(choice: AttemptChoice, call: Call, { stray }: CastCall): Meant | undefined {
  const newest = call.attempts.at(-1)
  if (newest === undefined) return undefined
  return choice === 'unknown' ? { ...newest, number: UNKNOWN, token: stray } : attemptOf(call, newest.number - choice)
}

function endMeant(
  plan: PlanTo<'settle' | 'reject' | 'mark in doubt' | 'adjust'>,
  index: number,
  ledger: Ledger,
  cast: Cast,
): Said | undefined {
  const [call, means] = [at(ledger.calls, index), at(cast.calls, index)]
  const about = attemptMeant(plan.attempt, call, means)
  if (about === undefined) return undefined
  const that = { call: index, attempt: about.number }
  if (plan.do === 'adjust') return { do: 'adjust', ...that, total: BigInt(plan.cents) * CENT, source: plan.source, id: `${plan.id}` }
  const token = tokenMeant(plan.token, call, about, means)
  if (plan.do === 'mark in doubt') return { do: 'mark in doubt', ...that, token }
  if (token === undefined) return undefined
  if (plan.do === 'reject') return { do: 'reject', ...that, token, retryAfter: plan.retryAfter }
  const booked = call.receipts.find((r) => r.attempt === about.number && r.token === token)
  const cost = plan.isPresumed ? about.amount : BigInt(plan.cents) * CENT
  return {
    do: 'settle',
    ...that,
    token,
    account: means.scope['account'] ?? '',
    cost: booked === undefined ? cost : booked.cost + (plan.isOther ? CENT : 0n),
    source: plan.isPresumed ? 'presumption' : 'answer',
    on: named(plan.on, about, ledger),
  }
}

/** The budget periods of its attempt, none, or the newest of each budget that any attempt stands on. */
function named(choice: 'own' | 'none' | 'all', { on }: Meant, ledger: Ledger): readonly BudgetPeriod[] {
  if (choice === 'none') return []
  if (choice === 'own') return on
  const reserved = ledger.calls.flatMap(({ attempts }) => attempts.flatMap((a) => a.on))
  return [...new Map(reserved.toSorted((a, b) => a.period - b.period).map((place) => [place.budget, place])).values()]
}
