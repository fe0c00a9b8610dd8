import type { Nano } from '../domain/money.ts'
import { changedAccountOf, type ChangedAccount, type RawChangedAccount } from './accounts.ts'
import { asked, nanoOf } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** Another plan for an account. */
export interface PlanChange {
  readonly account: string
  readonly plan: string
  /** Without it: now, if the plan may spend no less than the one before; else with the account's next month. */
  readonly from?: 'now' | 'next_month' | undefined
  /** Of a change now. `none` (the default): the month gets all that the plan may spend in one. `days`: the difference, by the days that are left, today included. */
  readonly proration?: 'none' | 'days' | undefined
  /** The caller's: the same change again has no effect. */
  readonly key: string
  readonly reason: string
  /** Says what would become, and changes nothing. */
  readonly dryRun?: boolean | undefined
}

/**
 * In force from the moment this answers, or when the account's next month begins, whoever opens it. It takes back a change that was to come.
 * Throws PurserError `unknown_account`, `unknown_plan`, `conflict` (a key that was used for another change, an archived account), `bad_input`.
 */
export async function changePlan({ sql }: Ledger, c: PlanChange): Promise<ChangedAccount> {
  return changedAccountOf(
    await asked<RawChangedAccount>(
      () => sql`
      select purser.change_plan(
        p_account => ${c.account}, p_plan => ${c.plan}, p_from => ${c.from ?? null}, p_proration => ${c.proration ?? null},
        p_key => ${c.key}, p_reason => ${c.reason}, p_dry_run => ${c.dryRun ?? false}) as answer`,
    ),
  )
}

/** A plan that an account has, had, or will have. */
export interface AccountPlan {
  /** In the order in which they were decided; 0 is the one that it began with. */
  readonly id: number
  readonly plan: string
  readonly from: string
  /** Null: nothing ends it. */
  readonly until: string | null
  /** `taken_back`: decided, and before it began, decided otherwise. */
  readonly state: 'past' | 'in_force' | 'later' | 'taken_back'
  readonly at: string
  readonly key: string | null
  readonly reason: string
  /** What the cap of its month gained; null: it began with a month. */
  readonly capChange: Nano | null
}

/** A page of an account's plans, the first one first, after the id `after`. Throws PurserError `unknown_account`. */
export async function listAccountPlans(
  { sql }: Ledger,
  page: { readonly account: string; readonly after: number; readonly limit: number },
): Promise<AccountPlan[]> {
  const raw = await asked<(Omit<AccountPlan, 'capChange'> & { capChange: string | null })[]>(
    () => sql`select purser.list_account_plans(${page.account}, ${page.after}, ${page.limit}) as answer`,
  )
  return raw.map((plan) => ({ ...plan, capChange: plan.capChange === null ? null : nanoOf(plan.capChange) }))
}
