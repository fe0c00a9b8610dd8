import type { Bound } from '../domain/bound.ts'
import { callRef, type CallKey, type CallScope, type Reserved } from '../domain/call.ts'
import type { PricedRequest } from '../domain/model-request.ts'
import { money, nano } from '../domain/money.ts'
import type { PinnedRate } from '../domain/price.ts'
import { answerOf, type LedgerAnswer, type RawAnswer, type RawGo } from './answers.ts'
import type { Direct, Left, PlainReserve, ReserveOutcome } from './batch.ts'
import { callIdOf, newAttemptId } from './call-id.ts'
import { goOf, type Go } from './dispatch.ts'
import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'
import { resolveScope, termsOf, type Terms } from './scope.ts'

export interface ReserveRequest {
  readonly key: CallKey
  readonly runId: string
  readonly ask: number
  readonly scope: CallScope
  readonly request: Pick<PricedRequest, 'provider' | 'model' | 'endpoint'>
  readonly requestHash: string
  readonly bound: Pick<Bound, 'amount' | 'margin' | 'flags' | 'validUntil'>
  /** Pinned: the settlement uses it again. */
  readonly rate: PinnedRate
  /** How long the money waits for its dispatch, at most. */
  readonly holdMs: number
  /** When refused, it has a place in the queue of those who wait, and a next ask (`waitsAs`) that is decided anew each time it is made. */
  readonly waits?: boolean | undefined
}

/**
 * Sets money aside for one attempt, on every budget that covers the call: all of them or none. Safe to repeat: the key is call + ask, and
 * a repeat hears the state of what was decided the first time. A refusal is a value, and final for its ask.
 * Throws PurserError `unknown_account`, `no_budget`, `too_old`, `conflict` for the same ask with other terms, or
 * `recovering`; LedgerBusy when too many wait.
 */
export async function reserve(ledger: Ledger, r: ReserveRequest): Promise<LedgerAnswer> {
  const answer = await ledger.whole(() => reserveAs(ledger, r, undefined))
  if (answer.kind === 'go') throw new Error('broken promise: a reserve without a token was dispatched')
  return answer
}

/** For a caller that sends by itself: the reservation counts as dispatched from the moment it is granted, so `go` means "send it". */
export const reserveDirect = (ledger: Ledger, r: ReserveRequest, direct: Direct): Promise<LedgerAnswer | GrantedGo> =>
  ledger.whole(() => reserveAs(ledger, r, direct))

/** `left`: of each of its budget periods what this commit left; not told when it was not granted together with others, or before. */
export type GrantedGo = Go & { readonly left?: Left }

async function reserveAs(ledger: Ledger, r: ReserveRequest, direct: Direct | undefined): Promise<LedgerAnswer | GrantedGo> {
  const terms = termsOf(r.scope, r.request)
  const outcome = await reservePlainly(ledger, r, terms, direct)
  if (outcome === 'careful') return reserveCarefully(ledger, r, terms, direct)
  return outcome.kind === 'refused' ? answerOf(outcome.refusal as RawAnswer) : grantedOf(outcome.item, outcome, r.rate)
}

type Plain = 'careful' | Extract<ReserveOutcome, { kind: 'refused' }> | (Granted & { readonly item: PlainReserve })

/** A scope is resolved so often: budgets that change all the time must not keep a reserve going round. */
const TRIES_MAX = 2

/** Together with what others ask. Only a first ask can be plain; scope values that are new here, or whose budgets have changed, are resolved first. */
async function reservePlainly(ledger: Ledger, r: ReserveRequest, terms: Terms, direct: Direct | undefined): Promise<Plain> {
  if (r.ask !== 1 || r.waits === true) return 'careful'
  let scope = ledger.scopes.get(terms)
  for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
    if (scope === undefined) {
      scope = await resolveScope(ledger, terms)
      ledger.scopes.remember(terms, scope)
    }
    const item = plainOf(r, scope, direct)
    const outcome = await ledger.batcher.reserve(item)
    if (outcome === 'careful') return outcome
    if (outcome !== 'stale') return outcome.kind === 'refused' ? outcome : { ...outcome, item }
    scope = undefined
  }
  return 'careful'
}

function plainOf(r: ReserveRequest, scope: number, direct: Direct | undefined): PlainReserve {
  const call = callIdOf(r.key)
  return {
    call,
    id: newAttemptId(call),
    installation: r.key.installation,
    workflowId: r.key.workflowId,
    callId: r.key.callId,
    run: r.runId,
    scope,
    requestHash: r.requestHash,
    amount: r.bound.amount,
    margin: r.bound.margin,
    flags: r.bound.flags,
    rateId: r.rate.id,
    boundValidUntil: r.bound.validUntil,
    holdMs: r.holdMs,
    direct,
  }
}

type Granted = Extract<ReserveOutcome, { kind: 'reserved' }>

function grantedOf(item: PlainReserve, { periods, plan, at, left }: Granted, rate: PinnedRate): Reserved | GrantedGo {
  if (item.direct !== undefined)
    return {
      kind: 'go',
      reservationId: item.id,
      attempt: 1,
      amount: item.amount,
      scope: item.scope,
      dispatchedAt: at,
      budgetPeriods: periods,
      rate,
      left,
    }
  return {
    kind: 'reserved',
    callRef: callRef(item.call),
    reservationId: item.id,
    attempt: 1,
    amount: money(item.amount),
    budgetLeft: money(nano(leftOf(periods, left))),
    plan,
    heldUntil: new Date(Math.min(at.getTime() + item.holdMs, item.boundValidUntil.getTime())).toISOString(),
  }
}

/** Soft budgets have so much room in their hot row; what is left of one counts only where nothing hard covers the call. */
const SOFT_ROOM = 4_000_000_000_000_000_000n

/** What a budget period has left, whether its budget is hard or soft. */
export const realLeft = (left: bigint): bigint => (left < SOFT_ROOM / 2n ? left : left - SOFT_ROOM)

/** What the tightest of these budget periods has left. */
export function leftOf(periods: readonly number[], left: Left): bigint {
  const known = periods.flatMap((id) => left.get(id) ?? [])
  const hard = known.filter((value) => value < SOFT_ROOM / 2n)
  const counted = hard.length > 0 ? hard : known.map((value) => value - SOFT_ROOM)
  return counted.reduce((least, value) => (value < least ? value : least), counted[0] ?? 0n)
}

async function reserveCarefully({ sql }: Ledger, r: ReserveRequest, terms: Terms, direct: Direct | undefined): Promise<LedgerAnswer | Go> {
  const raw = await asked<RawAnswer | RawGo>(
    () => sql`
    select purser.reserve(
      p_call => ${callIdOf(r.key)}, p_installation => ${r.key.installation}, p_workflow_id => ${r.key.workflowId}, p_call_id => ${r.key.callId},
      p_run => ${r.runId}, p_ask => ${r.ask}, p_terms => ${sql.json(terms as never)}, p_request_hash => ${r.requestHash},
      p_amount => ${r.bound.amount}, p_margin => ${r.bound.margin}, p_bound_flags => ${`{${r.bound.flags.join(',')}}`}::text[],
      p_rate_id => ${r.rate.id}, p_bound_valid_until => ${r.bound.validUntil}, p_hold_ms => ${r.holdMs},
      p_token => ${direct?.token ?? null}, p_request_timeout_ms => ${direct?.requestTimeoutMs ?? null},
      p_provider_max_ms => ${direct?.providerMaxMs ?? null}, p_waits => ${r.waits ?? false}) as answer`,
  )
  return raw.kind === 'go' ? goOf(raw) : answerOf(raw)
}
