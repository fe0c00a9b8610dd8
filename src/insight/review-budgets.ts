import type { Nano } from '../domain/money.ts'
import type { Filter, Reading } from './reading.ts'
import type { MonthAsked } from './review-workloads.ts'
import { nanoOf } from './statements.ts'

/** A budget in the month: of a day's budget all its days, of a total all its time. */
export interface ReviewBudget {
  readonly budgetId: number
  readonly name: string
  readonly scope: Filter
  readonly isHard: boolean
  readonly periodKind: 'day' | 'month' | 'total'
  /** Of it in the month, and how many were passed. */
  readonly periods: number
  readonly periodsOver: number
  readonly cap: Nano
  readonly spent: Nano
  /** What was spent above the cap: of each period its own. */
  readonly over: Nano
}

export interface ReviewBudgets {
  /** What is over first, by how much; then by what was spent. */
  readonly list: readonly ReviewBudget[]
  /** How many there are, those beyond the list too. */
  readonly count: number
}

/** What a plan allowed its accounts in the month, and what they left. */
export interface ReviewPlan {
  readonly plan: string
  readonly accounts: number
  readonly accountsOver: number
  readonly allowance: Nano
  readonly spent: Nano
  readonly unused: Nano
}

export interface UnusedAllowance {
  readonly account: string
  readonly plan: string
  readonly allowance: Nano
  readonly spent: Nano
  readonly unused: Nano
}

export interface ReviewPlans {
  readonly plans: readonly ReviewPlan[]
  /** The accounts that left most. */
  readonly unused: readonly UnusedAllowance[]
}

interface Span extends MonthAsked {
  readonly startsAt: Date
  readonly endsAt: Date
}

const BUDGETS_MAX = 100
const ACCOUNTS_MAX = 20

/** Of a soft budget, the balance keeps its cap with a mark above it. */
const CAP = 'case when v.cap >= 4000000000000000000 then v.cap - 4000000000000000000 else v.cap end'

type Raw<T> = { [K in keyof T]: T[K] extends Nano ? string : T[K] }
type RawBudget = Raw<ReviewBudget> & { readonly count: number }

/** Budgets that are no plan's, with a period in the month; with an account, its own. */
export async function budgetsOf({ sql }: Reading, { month, account, startsAt, endsAt }: Span): Promise<ReviewBudgets> {
  const rows = await sql<RawBudget[]>`
    select b.id as "budgetId", b.name, b.scope, b.is_hard as "isHard", b.period_kind as "periodKind", count(*)::int as periods,
           (count(*) filter (where c.spent > c.cap))::int as "periodsOver", sum(c.cap)::text as cap, sum(c.spent)::text as spent,
           sum(greatest(c.spent - c.cap, 0))::text as over, (count(*) over ())::int as count
      from purser.budget b join purser.budget_period p on p.budget_id = b.id
      join lateral (select v.spent, ${sql.unsafe(CAP)} as cap from purser.balance v where v.budget_period_id = p.id) c on true
     where b.plan is null and (${account ?? null}::text is null or b.account = ${account ?? null})
       and case b.period_kind when 'month' then p.period = ${month} when 'day' then p.period like ${`${month}-%`}
             else p.starts_at < ${endsAt} and p.ends_at > ${startsAt} end
     group by b.id order by sum(greatest(c.spent - c.cap, 0)) desc, sum(c.spent) desc, b.id limit ${BUDGETS_MAX}`
  return {
    list: rows.map((row) => budgetOf(row)),
    count: rows[0]?.count ?? 0,
  }
}

/** What plans allowed in the month: the caps of their budgets as they stood at its end, top-ups and cuts among them, under the plan that the account had then. */
export async function plansOf({ sql }: Reading, { month, account }: Span): Promise<ReviewPlans> {
  const periods = sql`
    select b.account, v.cap, v.spent, coalesce((select c.plan from purser.plan_change c
             where c.account = b.account and c.begins_at < least(p.ends_at, now()) order by c.id desc limit 1), b.plan) as plan
      from purser.budget b join purser.budget_period p on p.budget_id = b.id and p.period = ${month} join purser.balance v on v.budget_period_id = p.id
     where b.plan is not null and (${account ?? null}::text is null or b.account = ${account ?? null})`
  const [plans, unused] = await Promise.all([
    sql<Raw<ReviewPlan>[]>`
      select plan, count(*)::int as accounts, (count(*) filter (where spent > cap))::int as "accountsOver", sum(cap)::text as allowance,
             sum(spent)::text as spent, sum(greatest(cap - spent, 0))::text as unused from (${periods}) x group by plan order by sum(x.spent) desc, plan`,
    sql<Raw<UnusedAllowance>[]>`
      select account, plan, cap::text as allowance, spent::text as spent, (cap - spent)::text as unused from (${periods}) x where x.spent < cap
       order by cap - x.spent desc, account limit ${ACCOUNTS_MAX}`,
  ])
  return { plans: plans.map((row) => ({ ...row, ...amounts(row) })), unused: unused.map((row) => ({ ...row, ...amounts(row) })) }
}

const amounts = (row: { allowance: string; spent: string; unused: string }) => ({
  allowance: nanoOf(row.allowance),
  spent: nanoOf(row.spent),
  unused: nanoOf(row.unused),
})

const budgetOf = ({ cap, spent, over, count: _count, ...row }: RawBudget): ReviewBudget => ({
  ...row,
  cap: nanoOf(cap),
  spent: nanoOf(spent),
  over: nanoOf(over),
})
