import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import {
  continueAsNew,
  ParentClosePolicy,
  patched,
  proxyActivities,
  setCurrentDetails,
  startChild,
  workflowInfo,
} from '@temporalio/workflow'
import type { AccountActivities } from '../activities/accounts.ts'
import { closeMonths } from './close-months.ts'

export interface MonthlyReset {
  /** `2026-11`: every budget's period of that month. Without it: the period of the moment at which the schedule was due, in each budget's time zone. */
  readonly month?: string | undefined
  readonly progress?: { readonly at: string; readonly after: number; readonly budgets: number; readonly opened: number } | undefined
}

export interface MonthlyResetResult {
  readonly budgets: number
  readonly opened: number
}

const accounts = proxyActivities<AccountActivities>({
  // A page of 500 budgets is far below a second; the limit is for a busy database.
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
})

/**
 * Opens the new budget periods with the plans in force, a page at a time. Idempotent by month: twice, late or for a past month, and nothing
 * changes. No reservation waits for it, since the first one of a month opens what it needs. When it was not asked for a month, it then starts the close of those that are over.
 */
export async function monthlyReset(input?: MonthlyReset | null): Promise<MonthlyResetResult> {
  const reset = input ?? {}
  let progress = reset.progress ?? { at: dueAt().toISOString(), after: 0, budgets: 0, opened: 0 }
  for (;;) {
    const page = await accounts.openBudgetPeriods.executeWithOptions({ summary: `budgets after ${progress.after}` }, [
      { month: reset.month, at: progress.at, after: progress.after },
    ])
    progress = { at: progress.at, after: page.after, budgets: progress.budgets + page.seen, opened: progress.opened + page.opened }
    setCurrentDetails(`${progress.budgets} budgets seen, ${progress.opened} periods opened`)
    if (page.seen === 0) {
      if (reset.month === undefined && patched('close')) await close(progress.at.slice(0, 7))
      return { budgets: progress.budgets, opened: progress.opened }
    }
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof monthlyReset>({ month: reset.month, progress })
  }
}

/** When the schedule was due: a late run still opens the month that it was meant for. */
function dueAt(): Date {
  const due: unknown = workflowInfo().searchAttributes['TemporalScheduledStartTime']?.[0]
  return due instanceof Date ? due : workflowInfo().startTime
}

/** Goes on by itself. One that runs already does what is due. */
async function close(until: string): Promise<void> {
  try {
    await startChild(closeMonths, {
      workflowId: `purser-close/${workflowInfo().taskQueue}`,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      args: [{ until }],
    })
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
  }
}
