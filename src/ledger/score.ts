import type { Nano } from '../domain/money.ts'
import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** How good an answer was, from 0 to 1 with three digits, and what it was worth. What is left out stays as it was said before. */
export interface Score {
  readonly quality?: string | undefined
  readonly accuracy?: string | undefined
  readonly value?: Nano | undefined
}

/** The last word stands. False when there is no such request. Throws PurserError `bad_input`. */
export async function scoreRequest({ sql }: Ledger, id: string, score: Score): Promise<boolean> {
  const scored = await asked<unknown>(
    () => sql`
    select purser.score_request(p_id => ${id}, p_quality => ${score.quality ?? null}::text::numeric, p_accuracy => ${score.accuracy ?? null}::text::numeric,
      p_value => ${score.value ?? null}) as answer`,
  )
  return scored !== null
}
