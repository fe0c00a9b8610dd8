import { changedAccountOf, type ChangedAccount, type RawChangedAccount } from './accounts.ts'
import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** An account's end. */
export interface Cancellation {
  readonly id: string
  /** With the end of its month, until which it may spend; at once; or, before it has come, never: it goes on. */
  readonly from: 'next_month' | 'now' | 'never'
  /** The caller's: the same again has no effect. */
  readonly key: string
  readonly reason: string
  /** Says what would become, and changes nothing. */
  readonly dryRun?: boolean | undefined
}

/**
 * From then on its calls are refused, and what is reserved is not sent. Who is cancelled comes back by `setAccountStatus`, active.
 * Throws PurserError `unknown_account`, `conflict` (a key that was used for another change, an archived account, one that is over already), `bad_input`.
 */
export async function cancelAccount({ sql }: Ledger, c: Cancellation): Promise<ChangedAccount> {
  return changedAccountOf(
    await asked<RawChangedAccount>(
      () => sql`
      select purser.cancel_account(p_id => ${c.id}, p_from => ${c.from}, p_key => ${c.key}, p_reason => ${c.reason}, p_dry_run => ${c.dryRun ?? false})
        as answer`,
    ),
  )
}
