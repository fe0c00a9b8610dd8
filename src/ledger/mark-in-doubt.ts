import { answerOf, type LedgerAnswer, type RawAnswer } from './answers.ts'
import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

export interface MarkInDoubtRequest {
  readonly reservationId: string
  /** The sender's own token marks at once; without it only from dispatch + request time-out + 5 s, by the database's clock. */
  readonly token: string | undefined
  readonly why: string
  /** How long the sender waited; undefined for others. */
  readonly durationMs: number | undefined
  /** A job that would rather pay twice than wait is in doubt from so long after the dispatch on (10 s at least), where that is earlier. */
  readonly afterMs?: number | undefined
}

/** Dispatched and no answer: the money stays reserved. Answers the attempt's state now, which may be `answered` after all. */
export async function markInDoubt({ sql }: Ledger, r: MarkInDoubtRequest): Promise<LedgerAnswer> {
  return answerOf(
    await asked<RawAnswer>(
      () => sql`
      select purser.mark_in_doubt(
        p_reservation => ${r.reservationId}, p_token => ${r.token ?? null}, p_why => ${r.why},
        p_duration_ms => ${r.durationMs ?? null}, p_after_ms => ${r.afterMs ?? null}) as answer`,
    ),
  )
}
