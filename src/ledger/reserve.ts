import type { Bound } from '../domain/bound.ts'
import type { CallKey, CallScope } from '../domain/call.ts'
import type { ModelRequest } from '../domain/model-request.ts'
import { answerOf, type LedgerAnswer, type RawAnswer } from './answers.ts'
import { asked, type Ledger } from './ledger.ts'

export interface ReserveRequest {
  readonly key: CallKey
  readonly runId: string
  readonly ask: number
  readonly scope: CallScope
  readonly request: Pick<ModelRequest, 'provider' | 'model' | 'endpoint'>
  readonly requestHash: string
  readonly bound: Bound
  readonly rateId: number
  /** How long the money waits for its dispatch, at most. */
  readonly holdMs: number
}

/**
 * Sets money aside for one attempt, on every budget that covers the call: all of them or none. Safe to repeat: the key is call + ask, and
 * a repeat hears the state of what was decided the first time. A refusal is a value, and final for its ask.
 * Throws PurserError `unknown_account`, `no_budget`, or `conflict` for the same ask with other terms.
 */
export async function reserve({ sql }: Ledger, r: ReserveRequest): Promise<LedgerAnswer> {
  const { account, ...labels } = r.scope
  const bound = {
    lines: r.bound.lines.map((line) => ({ ...line, ...texts(line) })),
    margin: r.bound.margin.toString(),
    flags: r.bound.flags,
  }
  return answerOf(
    await asked<RawAnswer>(sql`
      select purser.reserve(
        p_installation => ${r.key.installation}, p_workflow_id => ${r.key.workflowId}, p_call_id => ${r.key.callId},
        p_run => ${r.runId}, p_ask => ${r.ask}, p_account => ${account}, p_scope => ${sql.json({ account, ...labels })},
        p_provider => ${r.request.provider}, p_model => ${r.request.model}, p_endpoint => ${r.request.endpoint},
        p_request_hash => ${r.requestHash}, p_amount => ${r.bound.amount}, p_bound => ${sql.json(bound)}, p_rate_id => ${r.rateId},
        p_bound_valid_until => ${r.bound.validUntil}, p_hold_ms => ${r.holdMs}) as answer`),
  )
}

/** JSON has no bigint: every amount and quantity of a line becomes text. */
export function texts(
  line: Bound['lines'][number],
): Record<'quantity' | 'picoUsdPer' | 'per' | 'picoUsd' | 'usdMicrosPerEur' | 'nanoEur', string> {
  return {
    quantity: line.quantity.toString(),
    picoUsdPer: line.picoUsdPer.toString(),
    per: line.per.toString(),
    picoUsd: line.picoUsd.toString(),
    usdMicrosPerEur: line.usdMicrosPerEur.toString(),
    nanoEur: line.nanoEur.toString(),
  }
}
