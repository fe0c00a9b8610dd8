import type { CallKey } from '../domain/call.ts'
import type { Nano } from '../domain/money.ts'
import type { PinnedRate } from '../domain/price.ts'
import { answerOf, type LedgerAnswer, type RawAnswer, type RawGo } from './answers.ts'
import type { Direct } from './batch.ts'
import { callIdOf } from './call-id.ts'
import { asked, nanoOf } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** The permission to send is this young, by the monotonic clock of whoever asked, counted from before it did: else nothing is sent. */
export const MAY_SEND_MS = 5_000

/** `token`: random, one per activity execution; only the token that moved the row may send. */
export interface DispatchRequest extends Direct {
  readonly key: CallKey
  readonly runId: string
  readonly ask: number
  readonly account: string
  /** The terms of the ask: with others it is a conflict. */
  readonly requestHash: string
}

/** This worker may send exactly one request, now. */
export interface Go {
  readonly kind: 'go'
  readonly reservationId: string
  readonly attempt: number
  readonly amount: Nano
  /** The ledger's number of the call's scope values: goes into the receipt. */
  readonly scope: number
  readonly dispatchedAt: Date
  readonly budgetPeriods: readonly number[]
  /** The rate that the reservation pinned. */
  readonly rate: PinnedRate
}

/**
 * `too_late`: this very worker dispatched it, but its permission to send is over, so it owes the ledger a `never_sent`. What was stopped since it
 * was reserved is `lapsed`: the next ask hears why.
 */
export type DispatchAnswer = Go | { readonly kind: 'too_late'; readonly reservationId: string } | Elsewhere
type Elsewhere = Exclude<LedgerAnswer, { kind: 'too_late' | 'stopped' }>

/**
 * The commit that says "this request goes out now", before it does: a compare-and-set `reserved → dispatched` with a token.
 * The same token again hears `go` only within 5 s by the database's clock, then `too_late`.
 * Throws PurserError `conflict` for an unknown ask or other terms, `recovering`; LedgerBusy when too many wait.
 */
export const dispatch = (ledger: Ledger, r: DispatchRequest): Promise<DispatchAnswer> => ledger.whole(() => dispatchOnce(ledger, r))

async function dispatchOnce(ledger: Ledger, r: DispatchRequest): Promise<DispatchAnswer> {
  if (r.ask === 1) {
    const { account, token, requestTimeoutMs, providerMaxMs, requestHash } = r
    const item = { call: callIdOf(r.key), run: r.runId, account, requestHash, token, requestTimeoutMs, providerMaxMs }
    const outcome = await ledger.batcher.dispatch(item)
    if (outcome !== 'careful') {
      const { id, amount, scope, periods, at, rate } = outcome
      return { kind: 'go', reservationId: id, attempt: 1, amount, scope, dispatchedAt: at, budgetPeriods: periods, rate }
    }
  }
  return dispatchCarefully(ledger, r)
}

async function dispatchCarefully({ sql }: Ledger, r: DispatchRequest): Promise<DispatchAnswer> {
  const raw = await asked<RawAnswer | RawGo>(
    () => sql`
    select purser.dispatch(
      p_call => ${callIdOf(r.key)}, p_installation => ${r.key.installation}, p_workflow_id => ${r.key.workflowId}, p_call_id => ${r.key.callId},
      p_run => ${r.runId}, p_ask => ${r.ask}, p_account => ${r.account}, p_request_hash => ${r.requestHash}, p_token => ${r.token},
      p_request_timeout_ms => ${r.requestTimeoutMs}, p_provider_max_ms => ${r.providerMaxMs}) as answer`,
  )
  if (raw.kind === 'go') return goOf(raw)
  if (raw.kind === 'too_late') return raw
  return answerOf(raw) as Elsewhere
}

export const goOf = (raw: RawGo): Go => ({
  ...raw,
  amount: nanoOf(raw.amount),
  dispatchedAt: new Date(raw.dispatchedAt),
  rate: { id: raw.rate.id, usdMicrosPerEur: BigInt(raw.rate.usdMicrosPerEur) },
})
