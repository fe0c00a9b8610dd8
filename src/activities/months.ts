import { Context } from '@temporalio/activity'
import { money, nano, type Money } from '../domain/money.ts'
import type { Month } from '../domain/period.ts'
import type { SnapshotReading } from '../insight/reading.ts'
import { review } from '../insight/review.ts'
import { reviewNotice } from '../insight/review-notice.ts'
import { rollUpAll } from '../insight/roll-up.ts'
import { closeMonth } from '../ledger/close-month.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { tellReview, unreviewedMonths } from '../ledger/reviews.ts'
import { tellMonthClosed, unsealedMonths, type UnsealedMonth } from '../ledger/statements.ts'
import { closingSchema, reviewedSchema, untilSchema } from '../schema/closing.ts'
import { parsed } from '../schema/parsed.ts'
import { typed } from './failure.ts'
import { withHeartbeat } from './persist.ts'

/** Statements that were sealed, or that a dry run would have sealed. */
export interface SealedSome {
  readonly seen: number
  readonly sealed: number
  readonly total: Money
  /** The account behind which to go on; null: that was all. */
  readonly after: string | null
}

/** An activity's share of a month: then the workflow has its progress, and another worker may go on. */
const SHARE_MS = 15_000

export type MonthActivities = ReturnType<typeof createMonthActivities>

interface MonthDependencies {
  readonly ledger: Ledger
  /** A review of a large month reads for minutes. */
  readonly reviews: SnapshotReading
  /** Of the installation: where a reviewed month begins and ends. */
  readonly timeZone: string
}

export function createMonthActivities({ ledger, reviews, timeZone }: MonthDependencies) {
  return {
    /** The months in which an account still has a statement to come, oldest first: those that are over, until one of them. */
    async unsealedMonths(asked: { readonly until: string }): Promise<readonly UnsealedMonth[]> {
      return typed(() => unsealedMonths(ledger, parsed(untilSchema, asked, 'close').until))
    },

    /** Seals statements of a month for some seconds. Idempotent; what was sealed before an activity was killed is sealed. */
    async sealStatements(asked: { readonly month: string; readonly after: string | null; readonly dryRun: boolean }): Promise<SealedSome> {
      return typed(async () => {
        const { month, after, dryRun } = parsed(closingSchema, asked, 'close')
        return sealSome(ledger, month, after ?? undefined, dryRun)
      })
    },

    /** Tells whoever listens for `month.closed`, once, when no account has a statement of the month to come; and of each month before it that nobody has told. */
    async tellMonthClosed(asked: { readonly until: string }): Promise<{ readonly told: boolean; readonly left: number }> {
      return typed(() => tellMonthClosed(ledger, parsed(untilSchema, asked, 'close').until))
    },

    /** The months that are closed and whose review is still to be told, oldest first. */
    async unreviewedMonths(asked: { readonly until: string }): Promise<readonly Month[]> {
      return typed(() => unreviewedMonths(ledger, parsed(untilSchema, asked, 'close').until, timeZone))
    },

    /** Reviews a closed month, and tells it to whoever listens for `month.review`: once, however often this runs. */
    async reviewMonth(asked: { readonly month: string }): Promise<{ readonly told: boolean }> {
      return typed(() => {
        const { month } = parsed(reviewedSchema, asked, 'review')
        return alive(async () => tellReview(ledger, month, reviewNotice(await review(reviews, { month, timeZone }))))
      })
    },
  }
}

/** Says that it is alive while it waits; a cancelled one waits no longer. */
const alive = <T>(work: () => Promise<T>): Promise<T> => withHeartbeat(() => Promise.race([work(), Context.current().cancelled]))

async function sealSome(ledger: Ledger, month: Month, first: string | undefined, dryRun: boolean): Promise<SealedSome> {
  const context = Context.current()
  const started = performance.now()
  let [seen, sealed, total, after, isBehind] = [0, 0, 0n, first, false]
  do {
    for await (const page of closeMonth(ledger, { month, after, dryRun })) {
      isBehind = page.isBehind
      if (isBehind) await rollUpAll(ledger)
      seen += page.seen
      sealed += page.sealed
      total += page.total
      after = page.after
      context.heartbeat({ seen, sealed, after })
      context.cancellationSignal.throwIfAborted()
      if (performance.now() - started > SHARE_MS) break
      await context.sleep(page.restMs)
    }
    // A page that found the sums far behind has sealed nothing, and may be the first one.
  } while (isBehind || (after !== undefined && performance.now() - started < SHARE_MS))
  return { seen, sealed, total: money(nano(total)), after: after ?? null }
}
