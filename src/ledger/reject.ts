import type { Answer, InDoubt } from '../domain/call.ts'
import { answerOf, type RawAnswer } from './answers.ts'
import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

export interface RejectRequest {
  readonly reservationId: string
  readonly token: string
  /** Why it is certain that nothing was billed. */
  readonly proof: 'provider_refused' | 'connect_failed' | 'never_sent'
  readonly why: string
  /** Given for a retryable refusal: the amount is handed on to the next attempt and held until then + 2 min. */
  readonly retryAfterMs: number | undefined
  /** How long the request took; undefined when nothing was sent. */
  readonly durationMs: number | undefined
}

/**
 * `handedOn`: a new attempt of the same ask holds the money, so the retry cannot be refused for want of it. `answered` and `in_doubt`: an answer, a
 * bill or a person has named the attempt's cost meanwhile; that stands, and nothing was given back.
 */
export type RejectAnswer = { readonly kind: 'rejected'; readonly handedOn: boolean } | Answer | InDoubt

type RawRejected = { kind: 'rejected'; handedOn: boolean } | Extract<RawAnswer, { kind: 'answered' | 'in_doubt' }>

/** Gives money back, or hands it on, with proof in hand. Safe to repeat. Throws PurserError `conflict` for another worker's attempt. */
export async function reject({ sql }: Ledger, r: RejectRequest): Promise<RejectAnswer> {
  const raw = await asked<RawRejected>(
    () => sql`
    select purser.reject(
      p_reservation => ${r.reservationId}, p_token => ${r.token}, p_proof => ${r.proof}, p_why => ${r.why},
      p_retry_after_ms => ${r.retryAfterMs ?? null}, p_duration_ms => ${r.durationMs ?? null}) as answer`,
  )
  if (raw.kind === 'rejected') return { kind: raw.kind, handedOn: raw.handedOn }
  return answerOf(raw) as Answer | InDoubt
}
