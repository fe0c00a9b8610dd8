import type { Month } from '../domain/period.ts'
import type { Ledger } from './ledger.ts'
import { sealStatements, type SealedPage } from './statements.ts'

export interface ClosingMonth {
  readonly month: Month
  /** The account behind which to go on. */
  readonly after: string | undefined
  readonly dryRun: boolean
}

/** `restMs`: so long the next page should wait. */
export type ClosedPage = SealedPage & { readonly restMs: number }

/** Accounts that one commit seals: some tenths of a second, for which the keeper of the sums waits. */
export const SEALING_PAGE = 5_000
/** While others book more than so often, every page is followed by a rest of so many times as long as it took. */
const CALLING_PER_S = 5
const REST = 3

/**
 * Seals the statements of a month, page after page, and says how long to leave the machine to those who call, if there are any. Ends with the last page, or with one that found the sums
 * far behind. Any number of times, at once or one after the other: each statement is sealed once.
 */
export async function* closeMonth(
  ledger: Pick<Ledger, 'sql'>,
  { month, after, dryRun }: ClosingMonth,
  limit = SEALING_PAGE,
): AsyncGenerator<ClosedPage> {
  let from = after
  let before: { readonly entries: bigint; readonly at: number } | undefined
  for (;;) {
    const started = performance.now()
    const page = await sealStatements(ledger, { month, after: from, limit, dryRun })
    const now = performance.now()
    const perSecond = before === undefined ? 0 : (Number(page.entries - before.entries) * 1_000) / (now - before.at)
    before = { entries: page.entries, at: now }
    yield { ...page, restMs: perSecond > CALLING_PER_S ? (now - started) * REST : 0 }
    if (page.after === undefined || page.isBehind) return
    from = page.after
  }
}
