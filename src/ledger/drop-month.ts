import { PurserError } from '../domain/errors.ts'
import type { Month } from '../domain/period.ts'
import { asked, pause } from './asked.ts'
import { audit } from './audit.ts'
import { daysWithoutBill, type DaysWithoutBill } from './bills.ts'
import type { Ledger } from './ledger.ts'
import { inspectMonth, type CallMonth } from './months.ts'

export interface MonthDrop {
  readonly month: Month
  readonly why: string
  /** The operator vouches for the days of which the ledger has no approved bill: the provider's bill of them is reconciled. */
  readonly billReconciled: boolean
}

/** Attempts that one transaction copies: some tenths of a second. */
const PAGE_SIZE = 10_000

/**
 * Drops a month of calls: freezes it (from then on its calls are `too_old`), copies what is kept of its attempts, and drops its tables. The
 * month must be the oldest one, over for a month, with nothing open and nothing unbooked, its calls on sealed statements, its bill reconciled, and the ledger
 * clean. Settles and corrections still find their place afterwards. Broken off, it goes on where it was; again: no effect. Only the ledger's owner may.
 * Throws PurserError `conflict`, naming what stands in the way, `bad_input` (days without an approved bill, for which nobody vouches), `not_found`,
 * `not_permitted`, or `ledger_busy`: try again.
 */
export async function dropMonth(
  ledger: Ledger,
  { month, why, billReconciled }: MonthDrop,
  copied: (attempts: number, of: number) => void = () => {},
): Promise<CallMonth & { readonly changed: boolean }> {
  const { sql } = ledger
  // Answers without cover are seen as facts.
  await allAddedUp(ledger)
  const seen = await inspectMonth(ledger, month)
  if (seen.state === 'kept') {
    if (seen.obstacles.length > 0) throw new PurserError('conflict', `${month} cannot be dropped: ${seen.obstacles.join('; ')}`)
    if (!billReconciled) await requireBills(ledger, month)
    await requireClean(ledger, month)
  }
  await owned(asked(() => sql`select purser.freeze_month(${month}, ${why}, ${billReconciled}) as answer`))
  await allTakenIn(ledger)
  for (let [attempts, more] = [0, true]; more;) {
    const page = await asked<{ kept: number; more: boolean }>(() => sql`select purser.keep_attempts(${month}, ${PAGE_SIZE}) as answer`)
    ;({ more } = page)
    attempts += page.kept
    copied(attempts, seen.attempts)
  }
  return owned(asked(() => sql`select purser.drop_month(${month}) as answer`))
}

const REQUESTS_A_STEP = 1_000

/** What is added up outlives its calls; of those that are not yet, only the money would be kept. */
async function allAddedUp({ sql }: Ledger): Promise<void> {
  for (let more = true; more;)
    ({ more } = await asked<{ more: boolean }>(() => sql`select purser.roll_up(${REQUESTS_A_STEP}, p_waits => true) as answer`))
}

const TAKES_AT_MOST_MS = 60_000
const LOOK_MS = 200

/** Facts are taken in behind the oldest open transaction, of whatever database on the server. What was booked until now is waited for: once its month is dropped, nothing would ever tell it. */
async function allTakenIn(ledger: Ledger): Promise<void> {
  const { sql } = ledger
  const next = await asked<string>(() => sql`select purser.next_number()::text as answer`)
  for (const started = performance.now(); ;) {
    await allAddedUp(ledger)
    const isBehind = await asked<boolean>(
      () =>
        sql`select exists (select from purser.rollup_state s join purser.entry e on (e.xid, e.id) > (s.xid, s.id) where e.xid < ${next}::text::xid8) as answer`,
    )
    if (!isBehind) return
    if (performance.now() - started > TAKES_AT_MOST_MS)
      throw new PurserError(
        'ledger_busy',
        'a transaction has been open for more than a minute, and what was booked since is not in the sums yet: end it (pg_stat_activity names it, by its backend_xmin), and try again',
      )
    await pause(LOOK_MS)
  }
}

/** A provider's bill that was never imported may have been reconciled elsewhere: that somebody must say. */
async function requireBills(ledger: Ledger, month: Month): Promise<void> {
  const unbilled = await daysWithoutBill(ledger, month)
  if (unbilled.length > 0)
    throw new PurserError(
      'bad_input',
      `calls may be dropped only when the bill of their month is reconciled, and there is no approved bill of ${unbilledText(unbilled)}: import and approve it, or say --bill-reconciled if you know that it is`,
    )
}

const DAYS_SHOWN = 3

/** `gemini 2026-10-01, 2026-10-02, 2026-10-03 and 12 more days`. */
export const unbilledText = (unbilled: readonly DaysWithoutBill[]): string =>
  unbilled
    .map(({ provider, days }) => {
      const more = days.length - DAYS_SHOWN
      return `${provider} ${days.slice(0, DAYS_SHOWN).join(', ')}${more > 0 ? ` and ${more} more days` : ''}`
    })
    .join('; ')

/** Afterwards the evidence is gone. */
async function requireClean(ledger: Ledger, month: Month): Promise<void> {
  const { violations } = await audit(ledger)
  const [first] = violations
  if (first !== undefined)
    throw new PurserError(
      'conflict',
      `${month} cannot be dropped while the ledger is not clean: ${first.invariant} (at ${first.where}: ${first.found}). \`purser audit\` shows all`,
    )
}

const NOT_PERMITTED = '42501'
/** A lock that somebody holds, and two who waited for each other. */
const BUSY = ['55P03', '40P01']

async function owned<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === NOT_PERMITTED)
      throw new PurserError(
        'not_permitted',
        "only the ledger's owner may drop months: set DATABASE_URL to the login that runs `purser migrate`",
      )
    if (code !== undefined && BUSY.includes(code))
      throw new PurserError('ledger_busy', 'somebody reads or writes the month just now, so this step was not taken: try again')
    throw error
  }
}
