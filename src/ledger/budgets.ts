import { callRef } from '../domain/call.ts'
import { PurserError } from '../domain/errors.ts'
import { exactEur, type Nano } from '../domain/money.ts'
import { figuresOf, type Figures, type RawFigures } from './account-change.ts'
import { asked, nanoOf } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** Which calls a budget covers: every one whose scope values contain these. Empty: every call. */
export interface BudgetScope {
  readonly account?: string | undefined
  readonly user?: string | undefined
  readonly team?: string | undefined
  readonly project?: string | undefined
  readonly feature?: string | undefined
  readonly environment?: string | undefined
  readonly provider?: string | undefined
  readonly model?: string | undefined
  readonly endpoint?: string | undefined
  readonly labels?: Readonly<Record<string, string>> | undefined
}

export interface NewBudget {
  /** Means one budget at a time. */
  readonly name: string
  readonly scope: BudgetScope
  /** Hard refuses; soft only alerts. */
  readonly isHard: boolean
  readonly periodKind: 'day' | 'month' | 'total'
  /** IANA name: where its days and months begin. */
  readonly timeZone: string
  readonly cap: Nano
  /** Percent of the cap at which somebody wants to hear of it; each once a period. */
  readonly thresholds: readonly number[]
  /** Of a total budget; a day and a month begin and end by the calendar. */
  readonly startsAt?: Date | undefined
  readonly endsAt?: Date | undefined
  /** Begin with nothing spent, whatever the scope has spent in the period so far. */
  readonly fromZero?: boolean | undefined
}

/** A budget, and how it stands in its period of now. */
export interface Budget {
  readonly budgetId: number
  /** One more with each change of its terms. */
  readonly revision: number
  readonly name: string
  readonly scope: BudgetScope
  readonly isHard: boolean
  readonly periodKind: string
  readonly timeZone: string
  readonly plan: string | null
  readonly thresholds: readonly number[]
  readonly startsAt: string | null
  readonly endsAt: string | null
  readonly archivedAt: string | null
  /** It covers calls only while it is `current`. */
  readonly phase: 'not_begun' | 'current' | 'ended' | 'archived'
  /** `2026-11`, `2026-11-25` or `total`: the one it is in, the only one of a total, the last one of what is archived. */
  readonly period: string
  /** When the whole cap is there again. Null: never. */
  readonly periodEndsAt: string | null
  readonly cap: Nano
  readonly spent: Nano
  readonly reserved: Nano
  readonly remaining: Nano
  /** Of the cap, spent: a decimal with two digits. */
  readonly percentageUsed: string
  readonly status: 'within_budget' | 'exceeded'
  /** Of its cap, what is taken back before its period ends: what ends first before the others. */
  readonly raises: readonly { readonly amount: Nano; readonly until: string; readonly reason: string }[]
}

type Amounts = 'cap' | 'spent' | 'reserved' | 'remaining'
/** As the ledger's functions write it. */
export type RawBudget = Omit<Budget, Amounts | 'raises'> &
  Record<Amounts, string> & { raises: { amount: string; until: string; reason: string }[] }

/** Names a budget. */
export type BudgetName = { readonly id: number } | { readonly name: string }

/**
 * Makes a budget that is in force for the next reservation, in every process. It begins with what its scope has spent in the period so far, and
 * takes over the scope's open reservations. The same terms again: no effect.
 * Throws PurserError `conflict` for other terms under this name, `bad_input`, `unknown_account`.
 */
export async function createBudget({ sql }: Ledger, b: NewBudget): Promise<Budget & { readonly made: boolean }> {
  requireSendable(b)
  const raw = await asked<RawBudget & { made: boolean }>(
    () => sql`
    select purser.create_budget(
      p_name => ${b.name}, p_scope => ${sql.json(b.scope as never)}, p_is_hard => ${b.isHard}, p_period_kind => ${b.periodKind},
      p_time_zone => ${b.timeZone}, p_cap => ${b.cap}, p_thresholds => ${`{${b.thresholds.join(',')}}`}::int[],
      p_starts_at => ${b.startsAt ?? null}, p_ends_at => ${b.endsAt ?? null}, p_from_zero => ${b.fromZero ?? false}) as answer`,
  )
  return { ...budgetOf(raw), made: raw.made }
}

/** What could not even be sent to the ledger's function, which judges all else. */
function requireSendable({ startsAt, endsAt, thresholds }: NewBudget): void {
  for (const date of [startsAt, endsAt])
    if (date !== undefined && Number.isNaN(date.getTime()))
      throw new PurserError('bad_input', 'a budget begins and ends at a moment, such as 2026-12-01T00:00:00Z')
  if (!thresholds.every(Number.isSafeInteger))
    throw new PurserError('bad_input', 'thresholds are whole percents from 1 to 1000, twenty at most')
}

/** A page of budgets by id, after `after`; with an account, those that name it. */
export async function listBudgets(
  { sql }: Ledger,
  page: { readonly account?: string | undefined; readonly after: number; readonly limit: number; readonly archived?: boolean | undefined },
): Promise<Budget[]> {
  const raw = await asked<RawBudget[]>(
    () => sql`
    select purser.list_budgets(
      p_account => ${page.account ?? null}, p_after => ${page.after}, p_limit => ${page.limit}, p_archived => ${page.archived ?? false}) as answer`,
  )
  return raw.map(budgetOf)
}

/** A budget as it stands now. Throws PurserError `not_found`. */
export async function showBudget({ sql }: Ledger, budget: BudgetName): Promise<Budget> {
  return budgetOf(await asked<RawBudget>(() => sql`select purser.show_budget(${idOf(budget)}, ${nameOf(budget)}) as answer`))
}

/** The monthly budget of now that covers exactly this scope: the oldest, if there are several; no account's plan. */
export async function findBudgetOf({ sql }: Ledger, scope: BudgetScope): Promise<Budget | undefined> {
  const raw = await asked<RawBudget | null>(() => sql`select purser.budget_of_scope(${sql.json(scope as never)}) as answer`)
  return raw === null ? undefined : budgetOf(raw)
}

/** Other terms of a budget; what is left out stays. */
export interface BudgetChange {
  readonly id: number
  /** Of the terms that whoever changes them has seen. */
  readonly revision: number
  readonly cap?: Nano | undefined
  readonly isHard?: boolean | undefined
  readonly thresholds?: readonly number[] | undefined
  readonly reason: string
}

/**
 * In force from the moment this answers, in the period of now and in all that come; top-ups and cuts of a period stay on top. `outdated`: somebody else has changed
 * the terms, and nothing is done. Throws PurserError `not_found`, `conflict` (it is over, or an account's plan says it), `bad_input`.
 */
export async function updateBudget(
  { sql }: Ledger,
  c: BudgetChange,
): Promise<
  { readonly kind: 'updated'; readonly budget: Budget; readonly changed: boolean } | { readonly kind: 'outdated'; readonly budget: Budget }
> {
  type Raw = { kind: 'updated'; budget: RawBudget; changed: boolean } | { kind: 'outdated'; budget: RawBudget }
  const raw = await asked<Raw>(
    () => sql`
    select purser.update_budget(
      p_id => ${c.id}, p_revision => ${c.revision}, p_cap => ${c.cap ?? null}, p_is_hard => ${c.isHard ?? null},
      p_thresholds => ${c.thresholds === undefined ? null : `{${c.thresholds.join(',')}}`}::int[], p_reason => ${c.reason}) as answer`,
  )
  return { ...raw, budget: budgetOf(raw.budget) }
}

/**
 * From now on it refuses nothing, and still takes what is settled on it. Again: no effect. Throws PurserError `not_found`, `conflict` for an
 * account's plan.
 */
export async function archiveBudget({ sql }: Ledger, budget: BudgetName): Promise<Budget & { readonly changed: boolean }> {
  const raw = await asked<RawBudget & { changed: boolean }>(
    () => sql`select purser.archive_budget(${idOf(budget)}, ${nameOf(budget)}) as answer`,
  )
  return { ...budgetOf(raw), changed: raw.changed }
}

/** A top-up of a budget's (or an account's plan budget's) period of now; below zero a cut. A total has but one period, also before it begins. */
export interface CapChange {
  readonly of: BudgetName | { readonly account: string }
  readonly change: Nano
  /** Of a raise: when it is taken back, before the period ends. Who spends it has spent it: then the budget is exceeded until its period ends. */
  readonly until?: Date | undefined
  /** The caller's: the same change again has no effect. */
  readonly key: string
  readonly reason: string
  /** Says what would become, and changes nothing. */
  readonly dryRun?: boolean | undefined
}

export interface CapChanged {
  readonly dryRun: boolean
  /** False: a repeat. */
  readonly changed: boolean
  readonly before: Figures
}

/**
 * Throws PurserError `conflict` for a key that was used for another change, or a budget that is archived or over; `bad_input` (no reason, no key,
 * a cut below zero, a raise that ends in the past or after its period), `not_found`, `unknown_account`.
 */
export async function changeCap({ sql }: Ledger, c: CapChange): Promise<Budget & CapChanged> {
  const account = 'account' in c.of ? c.of.account : null
  const [id, name] = 'account' in c.of ? [null, null] : [idOf(c.of), nameOf(c.of)]
  const raw = await asked<RawBudget & Omit<CapChanged, 'before'> & { before: RawFigures }>(
    () => sql`
    select purser.change_cap(
      p_id => ${id}, p_name => ${name}, p_account => ${account}, p_change => ${c.change}, p_key => ${c.key}, p_reason => ${c.reason},
      p_until => ${c.until ?? null}, p_dry_run => ${c.dryRun ?? false}) as answer`,
  )
  const { dryRun, changed, before, ...budget } = raw
  return { ...budgetOf(budget), dryRun, changed, before: figuresOf(before) }
}

/** Money of a budget that is reserved now, and by whom. */
export interface Holder {
  readonly reservationId: string
  readonly callRef: string
  readonly workflowId: string
  readonly callId: string
  readonly account: string
  readonly model: string
  readonly state: 'reserved' | 'dispatched' | 'in_doubt'
  readonly amount: Nano
  readonly since: string
  /** When time alone ends it, and how: what waits is released, what was sent is presumed spent. */
  readonly endsAt: string
  readonly endsAs: 'released' | 'presumed'
}

type RawHolder = Omit<Holder, 'amount' | 'callRef'> & { amount: string; call: string }

/**
 * A page of those who hold money of a budget's period, the largest first, after the reservation `after`.
 * Throws PurserError `not_found`, `bad_input`.
 */
export async function holdersOf(
  { sql }: Ledger,
  budget: BudgetName,
  page: { readonly after?: string | undefined; readonly limit: number },
): Promise<Holder[]> {
  const raw = await asked<RawHolder[]>(
    () => sql`select purser.holders(${idOf(budget)}, ${nameOf(budget)}, ${page.after ?? null}, ${page.limit}) as answer`,
  )
  return raw.map(({ call, amount, ...holder }) => ({ ...holder, callRef: callRef(call), amount: nanoOf(amount) }))
}

const idOf = (budget: BudgetName): number | null => ('id' in budget ? budget.id : null)
const nameOf = (budget: BudgetName): string | null => ('name' in budget ? budget.name : null)

export const budgetOf = ({ cap, spent, reserved, remaining, raises, ...raw }: RawBudget): Budget => ({
  ...raw,
  cap: nanoOf(cap),
  spent: nanoOf(spent),
  reserved: nanoOf(reserved),
  remaining: nanoOf(remaining),
  raises: raises.map((raise) => ({ ...raise, amount: nanoOf(raise.amount) })),
})

/** The budget for `--json`: amounts with nine digits. */
export const budgetJson = ({ cap, spent, reserved, remaining, raises, ...budget }: Budget): Record<string, unknown> => ({
  ...budget,
  capEur: exactEur(cap),
  spentEur: exactEur(spent),
  reservedEur: exactEur(reserved),
  remainingEur: exactEur(remaining),
  raises: raises.map(({ amount, ...raise }) => ({ ...raise, amountEur: exactEur(amount) })),
})
