import {
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  isCancellation,
  patched,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import type { MonthActivities } from '../activities/months.ts'
import { money, nano, ofMoney, type Money } from '../domain/money.ts'
import { dueAt } from './due-at.ts'

export interface CloseMonths {
  /** Such as `2026-11`: this one, and every one before it that still has statements to come. Left out: the month in which the schedule was due. */
  readonly until?: string | undefined
  /** Seals nothing, and tells what it would. Of one account only its next statement: those behind it follow from it. */
  readonly dryRun?: boolean | undefined
  readonly progress?: CloseProgress | undefined
}

/** A month, and how far it is. */
export interface ClosedMonth {
  readonly month: string
  /** That had a statement to come when this began. */
  readonly accounts: number
  readonly sealed: number
  readonly total: Money
}

export interface CloseProgress {
  /** Done, but for the last one. */
  readonly months: readonly ClosedMonth[]
  readonly isPaused: boolean
  /** The account behind which the last month goes on. */
  readonly after: string | null
}

/** A closed month whose review was to be told. */
export interface ReviewedMonth {
  readonly month: string
  /** False: another one told it meanwhile, or it failed. */
  readonly told: boolean
  /** Why it failed: the next close tries it again. */
  readonly error?: string | undefined
}

export interface CloseMonthsResult {
  readonly months: readonly ClosedMonth[]
  readonly reviews: readonly ReviewedMonth[]
}

const closeProgress = defineQuery<CloseProgress>('closeProgress')
/** Between two shares of some seconds. */
const pauseClose = defineSignal('pauseClose')
const resumeClose = defineSignal('resumeClose')

const months = proxyActivities<MonthActivities>({
  startToCloseTimeout: '10 minutes',
  // A page takes less than a second; the rest is a busy database.
  heartbeatTimeout: '1 minute',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
})

/** Of ten million calls it takes seconds; the rest is a database that has other things to do. */
const { reviewMonth } = proxyActivities<Pick<MonthActivities, 'reviewMonth'>>({
  startToCloseTimeout: '15 minutes',
  heartbeatTimeout: '1 minute',
  // Then the close ends without it, and the next one (of eight in the first two days) tells it.
  retry: { initialInterval: '5 seconds', maximumInterval: '1 minute', maximumAttempts: 5 },
})

const NOTHING = money(nano(0n))

/**
 * Seals the statements of every month that is over and not sealed, oldest first, and tells it; then the reviews of months that are closed are told. Safe to run twice, late, for past months, while calls are running, and while
 * another one runs: each statement is sealed once. It may be paused between two shares.
 */
export async function closeMonths(input?: CloseMonths | null): Promise<CloseMonthsResult> {
  const { until = dueAt().toISOString().slice(0, 7), dryRun = false, progress } = input ?? {}
  let now: CloseProgress = progress ?? { months: [], isPaused: false, after: null }
  const change = (part: Partial<CloseProgress>): void => {
    now = { ...now, ...part }
    const last = now.months.at(-1)
    if (last !== undefined)
      setCurrentDetails(`${last.month}: ${last.sealed} of ${last.accounts} statements${now.isPaused ? ', paused' : ''}`)
  }
  setHandler(closeProgress, () => now)
  setHandler(pauseClose, () => change({ isPaused: true }))
  setHandler(resumeClose, () => change({ isPaused: false }))

  const left = await months.unsealedMonths({ until })
  for (const { month, accounts } of left) {
    if (now.months.at(-1)?.month !== month) change({ months: [...now.months, { month, accounts, sealed: 0, total: NOTHING }], after: null })
    for (let isOver = false; !isOver;) {
      await condition(() => !now.isPaused)
      const page = await months.sealStatements.executeWithOptions(
        { summary: now.after === null ? month : `${month}, accounts after ${now.after}` },
        [{ month, after: now.after, dryRun }],
      )
      change({ months: [...now.months.slice(0, -1), grown(now.months.at(-1), page)], after: page.after })
      isOver = page.after === null
      if (!isOver && workflowInfo().continueAsNewSuggested) await continueAsNew<typeof closeMonths>({ until, dryRun, progress: now })
    }
    if (!dryRun) await months.tellMonthClosed({ until: month })
  }
  if (dryRun || !patched('tells-reviews')) return { months: now.months, reviews: [] }
  // What a close that was ended by force has sealed, and not told.
  if (left.at(-1)?.month !== until) await months.tellMonthClosed({ until })
  return { months: now.months, reviews: await reviewed(until) }
}

/** Also of months that an earlier close has closed, and whose review failed. What fails undoes nothing. */
async function reviewed(until: string): Promise<ReviewedMonth[]> {
  const reviews: ReviewedMonth[] = []
  for (const month of await months.unreviewedMonths({ until })) {
    setCurrentDetails(`review of ${month}`)
    try {
      const { told } = await reviewMonth.executeWithOptions({ summary: month }, [{ month }])
      reviews.push({ month, told })
    } catch (error) {
      if (isCancellation(error)) throw error
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
      reviews.push({ month, told: false, error: cause instanceof Error ? cause.message : String(cause) })
    }
  }
  return reviews
}

function grown(month: ClosedMonth | undefined, { sealed, total }: { readonly sealed: number; readonly total: Money }): ClosedMonth {
  if (month === undefined) throw new Error('broken promise: no month is being closed')
  return { ...month, sealed: month.sealed + sealed, total: money(nano(ofMoney(month.total) + ofMoney(total))) }
}
