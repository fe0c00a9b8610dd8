import { logJson, type CallLog } from './call-log.ts'
import { asked, type Ledger } from './ledger.ts'

export interface RejectRequest {
  readonly reservationId: string
  readonly token: string
  /** Why it is certain that nothing was billed. */
  readonly proof: 'provider_refused' | 'connect_failed' | 'never_sent'
  readonly why: string
  /** Given for a retryable refusal: the amount is handed on to the next attempt and held until then + 2 min. */
  readonly retryAfterMs: number | undefined
  readonly log: CallLog | undefined
}

/** `handedOn`: a new attempt of the same ask holds the money, so the retry cannot be refused for want of it. */
export interface RejectAnswer {
  readonly handedOn: boolean
}

/** Gives money back, or hands it on, with proof in hand. Safe to repeat. Throws PurserError `conflict` for another worker's attempt. */
export async function reject({ sql }: Ledger, r: RejectRequest): Promise<RejectAnswer> {
  const raw = await asked<{ handedOn?: boolean }>(sql`
    select purser.reject(
      p_reservation => ${r.reservationId}, p_token => ${r.token}, p_proof => ${r.proof}, p_why => ${r.why},
      p_retry_after_ms => ${r.retryAfterMs ?? null}, p_log => ${r.log === undefined ? null : sql.json(logJson(r.log))}) as answer`)
  return { handedOn: raw.handedOn ?? false }
}
