import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** What time did to attempts that nobody ends. */
export interface Swept {
  readonly released: number
  readonly inDoubt: number
  readonly presumed: number
  /** There is more to do at once. */
  readonly more: boolean
}

/** Which attempts in doubt may be presumed: none while nobody knows whether their answers lie in the blob store, or all but these. */
export type MayPresume = 'none' | { readonly allBut: readonly string[] }

/**
 * By the database's clock: what waited longer than its hold is released; what was sent and not answered in time is in doubt; what is in doubt
 * past the provider's maximum is spent at its full amount. Never frees what was sent. Safe to repeat, and to run from many processes.
 */
export const sweep = ({ sql }: Ledger, limit: number, presume: MayPresume = { allBut: [] }): Promise<Swept> =>
  asked(
    () => sql`
    select purser.sweep(p_limit => ${limit}, p_may_presume => ${presume !== 'none'},
      p_not_presumed => ${`{${presume === 'none' ? '' : presume.allBut.join(',')}}`}::uuid[]) as answer`,
  )
