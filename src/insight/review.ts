import { dayStart } from '../domain/day.ts'
import { PurserError } from '../domain/errors.ts'
import { FIRST_MONTH, month as monthNamed, monthOf, monthsLater, type Month } from '../domain/period.ts'
import { inSnapshot, type Reading, type SnapshotReading } from './reading.ts'
import { adviceOf, type Advice } from './review-advice.ts'
import { budgetsOf, plansOf, type ReviewBudgets, type ReviewPlans } from './review-budgets.ts'
import { cacheOf, type ReviewCache } from './review-cache.ts'
import { changesOf, type FeatureChange } from './review-change.ts'
import { cheaperModels, type CheaperModel } from './review-models.ts'
import { pricesAtEnd } from './review-prices.ts'
import { infrastructureOf, valuesOf, type FeatureValue, type Infrastructure } from './review-value.ts'
import { totalsOf, workloadsOf, type Totals } from './review-workloads.ts'
import { savings, type SavingsGroup } from './savings.ts'
import { sums } from './sums.ts'

/** A month as finance reads it, beside a baseline month. Amounts are nano-EUR. Lists are dearest first, unless they say otherwise. */
export interface Review {
  readonly month: Month
  readonly timeZone: string
  /** Undefined: the whole installation. */
  readonly account: string | undefined
  /** False: the month goes on, and this is it so far. */
  readonly isOver: boolean
  /** The month that all is compared with; undefined: there were no calls yet. */
  readonly baseline: Month | undefined
  readonly totals: Totals
  readonly baselineTotals: Totals
  /** Every feature of either month, and why it costs what it does. */
  readonly features: readonly FeatureChange[]
  readonly budgets: ReviewBudgets
  readonly plans: ReviewPlans
  /** Features of which somebody said what they are worth, or how good. */
  readonly values: readonly FeatureValue[]
  /** Dearest saving first. */
  readonly cheaper: readonly CheaperModel[]
  readonly cache: ReviewCache
  readonly infrastructure: readonly Infrastructure[]
  /** What was switched on and saved, by strategy and feature, the largest first. */
  readonly savings: readonly SavingsGroup[]
  /** Dearest saving first. Nothing is switched by itself. */
  readonly advice: readonly Advice[]
}

export interface ReviewQuestion {
  readonly month: Month
  /** The one that the installation names, if left out, else the first month with calls; of an account that came later, its first one. */
  readonly baseline?: Month | undefined
  readonly account?: string | undefined
  /** Where months begin. */
  readonly timeZone: string
}

/** Reads a month as of one moment, and changes nothing. Throws PurserError `bad_input` (a month to come, more than ten thousand workloads), `unknown_account`. */
export const review = (reading: SnapshotReading, q: ReviewQuestion, now = new Date()): Promise<Review> =>
  inSnapshot(reading, (snapshot) => reviewIn(snapshot, q, now))

async function reviewIn(reading: Reading, q: ReviewQuestion, now: Date): Promise<Review> {
  const { month, timeZone, account } = q
  const thisMonth = monthOf(now, timeZone)
  for (const [what, asked] of [
    ['month', month],
    ['baseline', q.baseline],
  ] as const)
    if (asked !== undefined && asked > thisMonth)
      throw new PurserError('bad_input', `${what} ${asked} has not begun in ${timeZone}: name one until ${thisMonth}`)
  if (account !== undefined) await requireAccount(reading, account)
  const baseline = q.baseline ?? (await usualBaseline(reading, q, monthsLater(thisMonth, 1)))
  const endsAt = dayStart(`${monthsLater(month, 1)}-01`, timeZone)
  const of = { month, timeZone, account, startsAt: dayStart(`${month}-01`, timeZone), endsAt }
  const [workloads, before, prices, budgets, plans, saved] = await Promise.all([
    workloadsOf(reading, of),
    baseline === undefined ? [] : workloadsOf(reading, { ...of, month: baseline }),
    pricesAtEnd(reading, endsAt),
    budgetsOf(reading, of),
    plansOf(reading, of),
    savings(reading, { filter: account === undefined ? {} : { account }, from: of.startsAt, to: endsAt }),
  ])
  const found = {
    account,
    totals: totalsOf(workloads),
    baselineTotals: totalsOf(before),
    features: changesOf(workloads, before),
    budgets,
    plans,
    values: valuesOf(workloads),
    cheaper: cheaperModels(workloads, prices),
    cache: cacheOf(workloads, before, prices),
    infrastructure: infrastructureOf(workloads, before),
    savings: saved,
  }
  return { month, timeZone, isOver: endsAt <= now, baseline, ...found, advice: adviceOf(found) }
}

async function requireAccount({ sql }: Reading, account: string): Promise<void> {
  const rows = await sql`select 1 from purser.account where id = ${account}`
  if (rows.length === 0) throw new PurserError('unknown_account', `there is no account "${account}"`)
}

/** The month that the installation has named; undefined: none, so the first one with calls. */
export async function namedBaseline({ sql }: Reading): Promise<Month | undefined> {
  const [row] = await sql<{ month: string | null }[]>`select month from purser.review_baseline`
  return row === undefined || row.month === null ? undefined : monthNamed(row.month)
}

async function usualBaseline(reading: Reading, q: ReviewQuestion, before: Month): Promise<Month | undefined> {
  const named = await namedBaseline(reading)
  if (named !== undefined && q.account === undefined) return named
  const first = await firstMonth(reading, q, before)
  return named === undefined || first === undefined || first > named ? first : named
}

/** Of the installation, or of the account. */
async function firstMonth(reading: Reading, { timeZone, account }: ReviewQuestion, before: Month): Promise<Month | undefined> {
  const { groups } = await sums(reading, {
    from: `${FIRST_MONTH}-01`,
    to: `${before}-01`,
    timeZone,
    filter: account === undefined ? {} : { account },
    by: [],
    unit: 'month',
    figures: ['calls'],
    limit: 10_000,
  })
  const first = groups.find((group) => group.sums.calls > 0n)?.since
  return first === undefined || first === null ? undefined : monthNamed(monthOf(first, timeZone))
}
