import type { CallKey } from '../domain/call.ts'
import type { Nano } from '../domain/money.ts'
import type { Rate } from '../domain/price.ts'
import { answerOf, type LedgerAnswer, type RawAnswer } from './answers.ts'
import { asked, nanoOf, type Ledger } from './ledger.ts'

export interface DispatchRequest {
  readonly key: CallKey
  readonly runId: string
  readonly ask: number
  readonly account: string
  /** Random, one per activity execution: only the token that moved the row may send. */
  readonly token: string
  readonly requestTimeoutMs: number
  readonly providerMaxMs: number
}

/** This worker may send exactly one request, now. */
export interface Go {
  readonly kind: 'go'
  readonly reservationId: string
  readonly attempt: number
  readonly amount: Nano
  readonly dispatchedAt: Date
  readonly budgetPeriods: readonly number[]
  /** The rate that the reservation pinned. */
  readonly rate: Rate
}

/** `too_late`: this very worker dispatched it, but its permission to send is over, so it owes the ledger a `never_sent`. */
export type DispatchAnswer =
  Go | { readonly kind: 'too_late'; readonly reservationId: string } | Exclude<LedgerAnswer, { kind: 'too_late' }>

type RawGo = Omit<Go, 'amount' | 'dispatchedAt' | 'rate'> & {
  amount: string
  dispatchedAt: string
  rate: Omit<Rate, 'usdMicrosPerEur'> & { usdMicrosPerEur: string }
}

/**
 * The commit that says "this request goes out now", before it does: a compare-and-set `reserved → dispatched` with a token.
 * The same token again hears `go` only within 5 s by the database's clock, then `too_late`. Throws PurserError `conflict` for an unknown ask.
 */
export async function dispatch({ sql }: Ledger, r: DispatchRequest): Promise<DispatchAnswer> {
  const raw = await asked<RawAnswer | RawGo>(sql`
    select purser.dispatch(
      p_installation => ${r.key.installation}, p_workflow_id => ${r.key.workflowId}, p_call_id => ${r.key.callId},
      p_run => ${r.runId}, p_ask => ${r.ask}, p_account => ${r.account}, p_token => ${r.token},
      p_request_timeout_ms => ${r.requestTimeoutMs}, p_provider_max_ms => ${r.providerMaxMs}) as answer`)
  if (raw.kind === 'go') {
    const rate = { ...raw.rate, usdMicrosPerEur: BigInt(raw.rate.usdMicrosPerEur) }
    return { ...raw, amount: nanoOf(raw.amount), dispatchedAt: new Date(raw.dispatchedAt), rate }
  }
  if (raw.kind === 'too_late') return raw
  return answerOf(raw) as Exclude<LedgerAnswer, { kind: 'too_late' }>
}
