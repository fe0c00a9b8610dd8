import type { Nano } from '../domain/money.ts'
import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'
import type { Terms } from './scope.ts'

export type Strategy = 'cache' | 'route' | 'compress' | 'batch'

/** What a strategy saved, once: what would have been paid without it, less what was paid. */
export interface Saving {
  /** The same saving again has no effect. */
  readonly key: string
  /** The call's id in the ledger, where it made one. */
  readonly call?: string | undefined
  readonly terms: Terms
  readonly strategy: Strategy
  /** Below zero: it cost more. */
  readonly saved: Nano
  /** Input tokens that were not sent. */
  readonly tokens?: number | undefined
  readonly details?: Readonly<Record<string, unknown>> | undefined
}

/** Safe to repeat. */
export async function noteSaving(
  { sql }: Pick<Ledger, 'sql'>,
  { key, call, terms, strategy, saved, tokens = 0, details = {} }: Saving,
): Promise<void> {
  await asked(
    () => sql`select purser.note_saving(
      p_key => ${key}, p_call => ${call ?? null}, p_terms => ${sql.json(terms as never)}, p_strategy => ${strategy}, p_saved => ${saved}, p_tokens => ${tokens},
      p_details => ${sql.json(details as never)}) as answer`,
  )
}
