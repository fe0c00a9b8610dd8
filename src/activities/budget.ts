import { createHash } from 'node:crypto'
import { log } from '@temporalio/activity'
import { boundOf, outputUnitOf, unpricedUnits, type Bound } from '../domain/bound.ts'
import type { CallKey, CallScope, DoubtPolicy, ReserveAnswer } from '../domain/call.ts'
import { PurserError } from '../domain/errors.ts'
import type { Money } from '../domain/money.ts'
import type { ModelRequest } from '../domain/model-request.ts'
import type { Rate } from '../domain/price.ts'
import { withRemedies } from '../domain/refusal.ts'
import { closeCall } from '../ledger/close.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { reserve } from '../ledger/reserve.ts'
import { pricedModels, type PriceBook } from '../prices/price-book.ts'
import { rateOn } from '../prices/rates.ts'
import { pricesReachableNow } from '../prices/reachable.ts'
import { typed } from './failure.ts'
import { thisJob } from './this-job.ts'

/** One ask of a call for money. The job is named by Temporal itself (workflow id and run id). */
export interface Ask {
  readonly callId: string
  readonly ask: number
  readonly scope: CallScope
  readonly request: ModelRequest
  /** When the job's first run started (ISO 8601): part of the call's name. */
  readonly jobStartedAt: string
  readonly onLost?: DoubtPolicy['onLost']
}

export interface BudgetDependencies {
  readonly ledger: Ledger
  readonly prices: PriceBook
  readonly installation: string
}

/** How long reserved money waits for its dispatch. A worker that comes later reserves anew. */
const HOLD_MS = 15 * 60_000

export type BudgetActivities = ReturnType<typeof createBudgetActivities>

export function createBudgetActivities(deps: BudgetDependencies) {
  return {
    /** Sets the worst possible cost of a request aside, on every budget that covers it. A refusal is a value. */
    async reserveBudget(ask: Ask): Promise<ReserveAnswer> {
      return typed(async () => {
        const { bound, rate } = await priceOf(deps.prices, ask.request)
        const answer = await reserve(deps.ledger, {
          key: keyOf(deps.installation, ask),
          runId: thisJob().runId,
          ask: ask.ask,
          scope: ask.scope,
          request: ask.request,
          requestHash: hashOf(ask.request),
          bound,
          rate,
          holdMs: HOLD_MS,
        })
        if (bound.flags.includes('rate_stale')) log.warn('rate_stale: the euro rate is older than a week, so the bound has a higher margin')
        return answer.kind === 'refused' ? withRemedies(answer, bound) : answer
      })
    },

    /** The run ends without a booked answer: releases what was not dispatched. */
    async closeCall(call: Pick<Ask, 'callId' | 'jobStartedAt'>): Promise<{ readonly released: Money }> {
      return typed(() => closeCall(deps.ledger, keyOf(deps.installation, call), thisJob().runId))
    },
  }
}

/** The call's key: never a run id, Temporal's attempt or an activity id, which all start again after a reset. */
export const keyOf = (installation: string, { callId, jobStartedAt }: Pick<Ask, 'callId' | 'jobStartedAt'>): CallKey => ({
  installation,
  workflowId: thisJob().workflowId,
  jobStartedAt,
  callId,
})

/** SHA-256 of what is sent, in hex: the terms of an ask, and the prompt hash of the call log. */
export const hashOf = (request: ModelRequest): string => createHash('sha256').update(JSON.stringify(request)).digest('hex')

async function priceOf(book: PriceBook, request: ModelRequest): Promise<{ bound: Bound; rate: Rate }> {
  const { now, prices } = await pricesReachableNow(book, request)
  const rate = await rateOn(book, now)
  if (rate === undefined)
    throw new PurserError('rate_missing', 'there is no euro rate for today or before (rates come with the migrations)')
  const bound = boundOf(request, prices, rate, now)
  if (bound === undefined) {
    const known = await pricedModels(book, request.provider, outputUnitOf(request))
    const units = unpricedUnits(request, prices, now)
    throw new PurserError(
      'unpriced_model',
      `model "${request.model}" of ${request.provider} has no price for ${units.join(', ')}, so no call may start: use one of ${known.join(', ')}`,
      { model: request.model, units, known },
    )
  }
  return { bound, rate }
}
