import type { Nano } from '../domain/money.ts'
import type { Month } from '../domain/period.ts'
import { asked, nanoOf } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** A month in which accounts still have a statement to come, and how many. */
export interface UnsealedMonth {
  readonly month: Month
  readonly accounts: number
}

/** Oldest first and until `until`; of accounts in whose time zone the month is over, and a minute more. Throws PurserError `bad_input`. */
export const unsealedMonths = ({ sql }: Pick<Ledger, 'sql'>, until: Month): Promise<readonly UnsealedMonth[]> =>
  asked(() => sql`select purser.unsealed_months(${until}) as answer`)

export interface SealedPage {
  /** Accounts that were looked at; those that had their statement, too. */
  readonly seen: number
  readonly sealed: number
  /** The totals of those that were sealed. */
  readonly total: Nano
  /** Where to go on; undefined: that was all. */
  readonly after: string | undefined
  /** Sums have very much to take in first: nothing was sealed. */
  readonly isBehind: boolean
  /** How many entries the ledger has had. */
  readonly entries: bigint
}

/**
 * Seals the statements of a page of accounts for a month that is over, in one commit. Again, or by two at once: no effect. A dry run seals nothing, and
 * tells what it would. Throws PurserError `bad_input`.
 */
export async function sealStatements(
  { sql }: Pick<Ledger, 'sql'>,
  page: { readonly month: Month; readonly after: string | undefined; readonly limit: number; readonly dryRun: boolean },
): Promise<SealedPage> {
  const raw = await asked<{ seen: number; sealed: number; spent: string; after: string | null; behind: boolean; entries: string }>(
    () => sql`select purser.seal_statements(${page.month}, ${page.after ?? null}, ${page.limit}, ${page.dryRun}) as answer`,
  )
  return {
    seen: raw.seen,
    sealed: raw.sealed,
    total: nanoOf(raw.spent),
    after: raw.after ?? undefined,
    isBehind: raw.behind,
    entries: BigInt(raw.entries),
  }
}

/** Tells that a month is closed, once, when no account has a statement of it to come; else says how many have. So of each month before it, too. Throws PurserError `bad_input`. */
export const tellMonthClosed = ({ sql }: Pick<Ledger, 'sql'>, of: Month): Promise<{ readonly told: boolean; readonly left: number }> =>
  asked(() => sql`select purser.tell_month_closed(${of}) as answer`)
