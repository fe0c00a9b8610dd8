import { money, type Money } from '../domain/money.ts'
import { accountInputSchema, type AccountInput } from '../schema/account-input.ts'
import { parsed } from '../schema/parsed.ts'
import { OPENING_PAGE, ensureAccount, instantIn, openPeriods } from '../ledger/accounts.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { resetPageSchema } from '../schema/reset-page.ts'
import { typed } from './failure.ts'

export interface AccountDependencies {
  readonly ledger: Ledger
  /** Used when the account names none: its months begin there. */
  readonly timeZone: string
}

/** An account as an app backend sees it. */
export interface AccountStatus {
  readonly id: string
  readonly plan: string
  readonly timeZone: string
  readonly budgets: readonly {
    readonly budgetId: number
    readonly name: string
    readonly period: string
    readonly cap: Money
    readonly spent: Money
    readonly reserved: Money
    readonly remaining: Money
    /** Of the cap, spent: a decimal with two digits. */
    readonly percentageUsed: string
    readonly status: 'within_budget' | 'exceeded'
  }[]
}

/** Which budgets to open, a page at a time: those after `after`, in `month` or in the month of `at`. */
export interface ResetPage {
  readonly month: string | undefined
  readonly at: string
  readonly after: number
}

export type AccountActivities = ReturnType<typeof createAccountActivities>

export function createAccountActivities(deps: AccountDependencies) {
  return {
    /** Makes an account on a plan; again with the same plan: no effect; on another plan: `account_conflict`. */
    async ensureAccount(input: AccountInput): Promise<AccountStatus> {
      return typed(async () => {
        const { id, plan, timeZone } = parsed(accountInputSchema, input, 'account')
        const account = await ensureAccount(deps.ledger, { id, plan, timeZone, defaultTimeZone: deps.timeZone })
        return {
          id: account.id,
          plan: account.plan,
          timeZone: account.timeZone,
          budgets: account.budgets.map((b) => ({
            budgetId: b.budgetId,
            name: b.name,
            period: b.period,
            cap: money(b.cap),
            spent: money(b.spent),
            reserved: money(b.reserved),
            remaining: money(b.remaining),
            percentageUsed: b.percentageUsed,
            status: b.status,
          })),
        }
      })
    },

    /** Opens the budget periods of one page of budgets. Idempotent. */
    async openBudgetPeriods(page: ResetPage): Promise<{ readonly seen: number; readonly opened: number; readonly after: number }> {
      return typed(async () => {
        const { month, at, after } = parsed(resetPageSchema, page, 'monthly reset')
        return openPeriods(deps.ledger, { at: month === undefined ? at : instantIn(month), after, limit: OPENING_PAGE })
      })
    },
  }
}
