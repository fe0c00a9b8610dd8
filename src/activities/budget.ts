import { hash } from 'node:crypto'
import type { CallKey, CallScope, DoubtPolicy, Paced, ReserveAnswer } from '../domain/call.ts'
import type { Money } from '../domain/money.ts'
import { ratedTokens, type ModelRequest, type PricedRequest } from '../domain/model-request.ts'
import { withRemedies } from '../domain/refusal.ts'
import type { Flight } from '../domain/response-cache.ts'
import { closeCall } from '../ledger/close.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { takeTurn, TURN_AHEAD_MS } from '../ledger/rate-limits.ts'
import { reserve } from '../ledger/reserve.ts'
import { termsOf } from '../ledger/scope.ts'
import type { LiveBook } from '../prices/live-book.ts'
import { priceOf } from '../prices/price-request.ts'
import { askInputSchema } from '../schema/ask-input.ts'
import { parsed } from '../schema/parsed.ts'
import { typed } from './failure.ts'
import { thisJob } from './this-job.ts'

/** One ask of a call for money. The job is named by Temporal itself (workflow id and run id). */
export interface Ask<Request extends PricedRequest = ModelRequest> {
  readonly callId: string
  readonly ask: number
  readonly scope: CallScope
  readonly request: Request
  /** When the job's first run started (ISO 8601): part of the call's name. */
  readonly jobStartedAt: string
  readonly onLost?: DoubtPolicy['onLost']
  /** When refused, it waits in line, and asks again. */
  readonly waits?: boolean
  /** It has waited for the turn that was booked for it. */
  readonly isItsTurn?: boolean
  /** Others wait for this answer: it is kept. */
  readonly flight?: Flight | undefined
}

export interface BudgetDependencies {
  readonly ledger: Ledger
  readonly prices: LiveBook
  readonly installation: string
}

/** How long reserved money waits for its dispatch. A worker that comes later reserves anew. */
const HOLD_MS = 15 * 60_000

export type BudgetActivities = ReturnType<typeof createBudgetActivities>

export function createBudgetActivities(deps: BudgetDependencies) {
  return {
    /** Sets the worst possible cost of a request aside, on every budget that covers it. A refusal is a value, and so is a rate limit, which comes first: nothing is held meanwhile. */
    async reserveBudget(ask: Ask<PricedRequest>): Promise<ReserveAnswer | Paced> {
      return typed(async () => {
        // Any workflow may ask. Checked, and taken as it is.
        parsed(askInputSchema, ask, 'ask of a call')
        const { bound, rate } = await priceOf(deps.prices, ask.request)
        if (ask.isItsTurn !== true) {
          const terms = termsOf(ask.scope, ask.request)
          const turn = await takeTurn(deps.ledger, {
            terms,
            tokens: ratedTokens(ask.request),
            amount: bound.amount,
            aheadMs: TURN_AHEAD_MS,
          })
          if (turn.waitMs > 0) return { kind: 'paced', ...turn, limit: turn.limit ?? '' }
        }
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
          waits: ask.waits,
        })
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
export const hashOf = (request: PricedRequest): string => hash('sha256', JSON.stringify(request), 'hex')
