/** Rules that look ahead: whether spending grows, and whether a budget will last. They read weeks, so they are measured once an hour. */
import { PurserError } from '../domain/errors.ts'
import { exactEur, nano, type Nano } from '../domain/money.ts'
import { trendOf, USUAL_TREND } from '../insight/anomaly.ts'
import { budgetForecast, daysOf, type BudgetForecast } from '../insight/budget-forecast.ts'
import { windowAt } from '../insight/spent-hours.ts'
import { budgetsToForecast, type MeasuringRule, type OpenMonth } from '../ledger/watch.ts'
import { scopeText } from '../schema/budget-input.ts'
import { eurText, momentText, said } from './alert-text.ts'
import type { Finding, Measuring } from './measure.ts'

/** True once an hour, and when the rule is another. */
export function isDue({ hourly, now }: Measuring, rule: MeasuringRule): boolean {
  const asked = `${now.toISOString().slice(0, 13)} ${JSON.stringify({ ...rule, unresolved: undefined, amount: String(rule.amount) })}`
  if (hourly.get(rule.name) === asked) return false
  hourly.set(rule.name, asked)
  return true
}

const TREND_DAYS = 28

/** Growth over four weeks, weekday against weekday. Fewer than three weeks: nothing. */
export async function measureTrend(m: Measuring, rule: MeasuringRule): Promise<readonly Finding[]> {
  const { day } = windowAt(m.now, m.timeZone)
  const days = (await daysOf(m, { filter: { ...rule.scope }, timeZone: m.timeZone, today: day })).slice(-TREND_DAYS)
  const trend = trendOf(days, { percent: rule.percent ?? 0, rise: rule.amount ?? nano(0n), z: USUAL_TREND.z })
  if (trend === undefined) return []
  if (!trend.isUpward) return [{ kind: 'below', subject: 'trend', why: `spending grows no more as the rule "${rule.name}" says` }]
  const whose = scopeText(rule.scope) === 'all' ? '' : ` of ${scopeText(rule.scope)}`
  const percent = trend.percent === null ? '' : `, ${Math.round(trend.percent)} % of a usual day`
  const what = `Spending${whose} grows: a day costs ${eurText(trend.rise)} more than ${days.length} days ago${percent}; the rule "${rule.name}" says ${rule.percent} %.`
  return [
    {
      kind: 'over',
      subject: 'trend',
      window: day,
      scope: rule.scope,
      text: said(
        what,
        'see what grows: purser analytics features, purser analytics vendors; and whether budgets last: purser budget forecast BUDGET',
      ),
      evidence: { days: days.length, rise_eur: exactEur(trend.rise), a_day_eur: exactEur(trend.slope), percent: trend.percent },
    },
  ]
}

/** Budgets at once; those nearest to their caps. */
const BUDGETS_MAX = 200

/** Monthly budgets whose expected end is above their caps. */
export async function measureForecasts(m: Measuring, rule: MeasuringRule): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const month of await budgetsToForecast(m, rule.scope, BUDGETS_MAX)) findings.push(await foreseen(m, month))
  const known = new Set(findings.map((finding) => finding?.subject))
  const gone = rule.unresolved.filter((subject) => !known.has(subject))
  return [...findings, ...gone.map((subject): Finding => ({ kind: 'below', subject, why: 'its cap is reached, or far away' }))]
}

async function foreseen(m: Measuring, month: OpenMonth): Promise<Finding> {
  try {
    return forecastOf(m, month, await budgetForecast(m, { id: month.budgetId }, m.now))
  } catch (error) {
    // It has ended, or was archived, just now.
    if (error instanceof PurserError && error.code === 'conflict') return { kind: 'unknown', subject: subjectOf(month) }
    throw error
  }
}

const subjectOf = ({ budgetPeriodId }: OpenMonth): string => `period ${budgetPeriodId}`

function forecastOf(m: Measuring, month: OpenMonth, told: BudgetForecast): Finding {
  const { budgetPeriodId, budgetId, name, period, scope } = month
  const subject = subjectOf(month)
  const { forecast, cap, spent, exhaustedAt } = told
  // Too little is known: what was said stands.
  if (forecast.kind !== 'forecast' || forecast.end === null) return { kind: 'unknown', subject }
  const { expected, low, high } = forecast.end
  if (expected <= cap) return { kind: 'below', subject, why: `${eurText(expected)} of ${eurText(cap)} are expected by its end` }
  const when = exhaustedAt === null ? '' : `, its cap reached about ${momentText(exhaustedAt)}`
  const what = `Budget "${name}" (${period}) will not last: ${eurText(expected)} are expected by its end${when}; ${eurText(spent)} of ${eurText(cap)} are spent. Four of five such periods end between ${eurText(low)} and ${eurText(high)}.`
  return {
    kind: 'over',
    subject,
    window: windowAt(m.now, m.timeZone).day,
    scope,
    budgetPeriodId,
    text: said(what, `purser budget forecast ${budgetId}; if it is meant, add to it: purser topup EUR --budget ${budgetId} --reason …`),
    evidence: {
      cap_eur: exactEur(cap),
      spent_eur: exactEur(spent),
      ...eurOf({ expected, low, high }),
      exhausted_at: exhaustedAt?.toISOString() ?? null,
    },
  }
}

const eurOf = (amounts: Readonly<Record<string, Nano>>): Record<string, string> =>
  Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [`${name}_eur`, exactEur(amount)]))
