import { continueAsNew, proxyActivities, setCurrentDetails, workflowInfo } from '@temporalio/workflow'
import type { AccountActivities } from '../activities/accounts.ts'
import { dueAt } from './due-at.ts'

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
  // A page takes a tenth of a second; the limit is for a busy database.
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
})

/**
 * Opens the new budget periods with the plans in force, a page at a time. Idempotent by month: twice, late or for a past month, and nothing
 * changes. No reservation waits for it, since the first one of a month opens what it needs.
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
    if (page.seen === 0) return { budgets: progress.budgets, opened: progress.opened }
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof monthlyReset>({ month: reset.month, progress })
  }
}
