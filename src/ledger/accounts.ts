import type { Nano } from '../domain/money.ts'
import type { Month } from '../domain/period.ts'
import { changeOf, type AccountChange, type RawAccountChange } from './account-change.ts'
import { asked } from './asked.ts'
import { budgetJson, budgetOf, type Budget, type RawBudget } from './budgets.ts'
import type { Ledger } from './ledger.ts'

export interface Account {
  readonly id: string
  /** The one that it has now. */
  readonly plan: string
  readonly timeZone: string
  /** `active`, `suspended`, `cancelled` or `archived`, now. */
  readonly status: string
  readonly createdAt: string
  /** From when on its calls are refused for good. Null: it was not cancelled. */
  readonly cancelsAt: string | null
  /** The plan that its next month begins with, where it is another one. */
  readonly nextPlan: { readonly plan: string; readonly from: string; readonly reason: string } | null
  /** Those that name it. */
  readonly budgets: readonly Budget[]
}

type RawAccount = Omit<Account, 'budgets'> & { budgets: RawBudget[] }

/** An account after a change (or as it would be), and what the change makes of it. */
export type ChangedAccount = Account & { readonly change: AccountChange }
export type RawChangedAccount = RawAccount & { change: RawAccountChange }

export interface EnsureAccount {
  readonly id: string
  readonly plan: string
  /** IANA name; its months begin there. Left out: the default, or whatever an existing account has. */
  readonly timeZone?: string | undefined
  readonly defaultTimeZone?: string | undefined
  /** Spent from the start, for an account that moves in with history. */
  readonly opening?: { readonly amount: Nano; readonly reason: string } | undefined
}

/**
 * Makes an account with its monthly plan budget; with the same terms again: no effect.
 * Throws PurserError `unknown_plan`, `bad_input`, or `account_conflict` when it exists with another plan, time zone or opening amount.
 */
export async function ensureAccount({ sql }: Ledger, a: EnsureAccount): Promise<Account & { readonly made: boolean }> {
  const raw = await asked<RawAccount & { made: boolean }>(
    () => sql`
    select purser.ensure_account(p_id => ${a.id}, p_plan => ${a.plan}, p_time_zone => ${a.timeZone ?? null},
      p_default_time_zone => ${a.defaultTimeZone ?? 'UTC'},
      p_opening => ${a.opening?.amount ?? 0n}, p_reason => ${a.opening?.reason ?? null}) as answer`,
  )
  return { ...accountOf(raw), made: raw.made }
}

/** An account as it stands now. Throws PurserError `unknown_account`. */
export async function showAccount({ sql }: Ledger, id: string): Promise<Account> {
  return accountOf(await asked<RawAccount>(() => sql`select purser.account_json(${id}) as answer`))
}

/**
 * Active, suspended or archived, from the moment this answers: an entry with a reason, once per key. Active brings back who is cancelled, too. Throws
 * PurserError `unknown_account`, `conflict` for a key that was used for another change, `bad_input`.
 */
export async function setAccountStatus(
  { sql }: Ledger,
  change: {
    readonly id: string
    readonly status: 'active' | 'suspended' | 'archived'
    readonly key: string
    readonly reason: string
    readonly dryRun?: boolean | undefined
  },
): Promise<ChangedAccount> {
  return changedAccountOf(
    await asked<RawChangedAccount>(
      () => sql`
      select purser.set_account_status(p_id => ${change.id}, p_status => ${change.status}, p_key => ${change.key}, p_reason => ${change.reason},
        p_dry_run => ${change.dryRun ?? false}) as answer`,
    ),
  )
}

/** A page of accounts by id, after `after`. */
export async function listAccounts(ledger: Ledger, page: { readonly after: string; readonly limit: number }): Promise<Account[]> {
  const ids = await asked<string[]>(() => ledger.sql`select purser.list_accounts(${page.after}, ${page.limit}) as answer`)
  // A transaction each: each may open periods, and a transaction that opens those of many accounts would need one order with everybody else.
  return Promise.all(ids.map((id) => showAccount(ledger, id)))
}

/** Budgets that one commit opens, in a tenth of a second, for which whoever archives one waits. */
export const OPENING_PAGE = 5_000

/**
 * Opens the budget periods of an instant (or of a month) for a page of budgets. Idempotent: what is open stays as it is.
 * Correctness never waits for it: the first reservation of a month opens what it needs.
 */
export async function openPeriods(
  { sql }: Ledger,
  page: { readonly at: Date; readonly after: number; readonly limit: number },
): Promise<{ readonly seen: number; readonly opened: number; readonly after: number }> {
  return asked(() => sql`select purser.open_periods(${page.at}, ${page.after}, ${page.limit}) as answer`)
}

/** The middle of a month, which lies in that month in every time zone. */
export const instantIn = (month: Month): Date => new Date(`${month}-15T12:00:00Z`)

const accountOf = ({ id, plan, timeZone, status, createdAt, cancelsAt, nextPlan, budgets }: RawAccount): Account => ({
  id,
  plan,
  timeZone,
  status,
  createdAt,
  cancelsAt,
  nextPlan,
  budgets: budgets.map(budgetOf),
})

export const changedAccountOf = (raw: RawChangedAccount): ChangedAccount => ({ ...accountOf(raw), change: changeOf(raw.change) })

/** The account for `--json`: amounts with nine digits. */
export const accountJson = (account: Account): Record<string, unknown> => ({ ...account, budgets: account.budgets.map(budgetJson) })
