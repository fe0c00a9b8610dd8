/** What rules that measure say now. Reads only; whoever asks writes. */
import { daysLater } from '../domain/day.ts'
import { exactEur, nano, shortEur, type Nano } from '../domain/money.ts'
import { quoted } from '../domain/quoted.ts'
import { moversOf, normalOf, weeksBefore, type Mover, type Movers } from '../insight/movers.ts'
import { hourOverMs, spentByHour, sumOf, windowAt, type HourSpent, type Place, type Window } from '../insight/spent-hours.ts'
import { longInDoubt, type MeasuringRule, type Measured, type Watched } from '../ledger/watch.ts'
import { scopeText } from '../schema/budget-input.ts'
import { eurText, momentText, said } from './alert-text.ts'

/** `over`: an alert. `below`: it is over, if there was one. `unknown`, undefined: neither. */
export type Finding =
  | ({ readonly kind: 'over' } & Omit<Measured, 'rule'>)
  | { readonly kind: 'below'; readonly subject: string; readonly why: string }
  | { readonly kind: 'unknown'; readonly subject: string }
  | undefined

export interface Measuring extends Watched {
  readonly timeZone: string
  /** By the ledger's clock. */
  readonly now: Date
  /** What is normal changes once an hour: it is kept so long. */
  readonly normals: Map<string, HourSpent[][] | undefined>
  /** Of rules that are measured once an hour: when they were, and what they said then. */
  readonly hourly: Map<string, string>
}

const HOUR_MS = 3_600_000
/** Rules of spending have one alert each. */
const SPENDING = 'spending'

const placeOf = ({ timeZone }: Measuring, { scope }: MeasuringRule): Place => ({ timeZone, filter: { ...scope } })
const clockOf = (hour: number): string => `${String(hour).padStart(2, '0')}:00`
const hourName = ({ day, hour = 0 }: Window): string => `${day}T${String(hour).padStart(2, '0')}`
const ofScope = ({ scope }: MeasuringRule): string => (scopeText(scope) === 'all' ? '' : ` of ${scopeText(scope)}`)
const stopHint = ({ scope }: MeasuringRule): string => `to end it at once: purser stop --scope ${quoted(scopeText(scope))} --reason …`

/** The hour that runs. It is over when neither this hour nor the last one is above: spending that goes on has one alert, not one an hour. */
export async function measureHour(m: Measuring, rule: MeasuringRule): Promise<Finding> {
  const limit = rule.amount ?? nano(0n)
  const [window, last] = [windowAt(m.now, m.timeZone), windowAt(new Date(m.now.getTime() - HOUR_MS), m.timeZone)]
  const today = await spentByHour(m, placeOf(m, rule), window.day)
  const spent = sumOf(today, window)
  if (spent >= limit) {
    const what = `Spending${ofScope(rule)} this hour: ${eurText(spent)} since ${clockOf(window.hour)} (${m.timeZone}, ${window.day}); the rule "${rule.name}" says ${eurText(limit)} an hour.`
    return over(m, rule, window, what, { spent_eur: exactEur(spent), limit_eur: exactEur(limit) })
  }
  const before = sumOf(last.day === window.day ? today : await spentByHour(m, placeOf(m, rule), last.day), last)
  if (before >= limit) return rule.unresolved.includes(SPENDING) ? undefined : late(m, rule, last, before)
  return {
    kind: 'below',
    subject: SPENDING,
    why: `${eurText(before)} were spent in the last whole hour, ${eurText(spent)} so far in this one`,
  }
}

/** The day that runs; in its first hour also the one before. Each day has an alert of its own. */
export async function measureDay(m: Measuring, rule: MeasuringRule): Promise<Finding> {
  const limit = rule.amount ?? nano(0n)
  const { day, hour } = windowAt(m.now, m.timeZone)
  const spentOn = async (one: string): Promise<Nano> => sumOf(await spentByHour(m, placeOf(m, rule), one), { day: one })
  const spent = await spentOn(day)
  if (spent >= limit) {
    const what = `Spending${ofScope(rule)} today: ${eurText(spent)} since midnight (${m.timeZone}, ${day}); the rule "${rule.name}" says ${eurText(limit)} a day.`
    return over(m, rule, { day }, what, { spent_eur: exactEur(spent), limit_eur: exactEur(limit) })
  }
  if (hour === 0 && !rule.unresolved.includes(SPENDING)) {
    const [last, before] = [daysLater(day, -1), await spentOn(daysLater(day, -1))]
    if (before >= limit) return late(m, rule, { day: last }, before)
  }
  return { kind: 'below', subject: SPENDING, why: `${eurText(spent)} are spent so far on ${day}` }
}

/** An hour or a day came above its rule when nobody measured it any more: in its last seconds, or by calls that ended behind it. It is over, so nothing is stopped for it. */
async function late(m: Measuring, rule: MeasuringRule, window: Window, spent: Nano): Promise<Finding> {
  const limit = rule.amount ?? nano(0n)
  const [span, each] = window.hour === undefined ? ['the day', 'a day'] : [`the hour from ${clockOf(window.hour)} on`, 'an hour']
  const what = `Spending${ofScope(rule)} in ${span}: ${eurText(spent)} (${m.timeZone}, ${window.day}); the rule "${rule.name}" says ${eurText(limit)} ${each}.`
  const found = await over(m, rule, window, what, { spent_eur: exactEur(spent), limit_eur: exactEur(limit) })
  return found?.kind === 'over' && rule.action === 'stop' ? { ...found, action: 'alert' } : found
}

/** Of an hour, so much must have passed before its pace says anything. */
const QUARTER_MS = HOUR_MS / 4

/** The pace of the hour that runs, against what is normal for this hour of the week. Too little history: nothing. */
export async function measureRate(m: Measuring, rule: MeasuringRule): Promise<Finding> {
  const window = windowAt(m.now, m.timeZone)
  const weeks = await normally(m, rule, window)
  if (weeks === undefined) return undefined
  const passed = BigInt(Math.max(QUARTER_MS, hourOverMs(m.now, m.timeZone)))
  const whole = normalOf(weeks, window)
  const normal = nano((whole * passed) / BigInt(HOUR_MS))
  const spent = sumOf(await spentByHour(m, placeOf(m, rule), window.day), window)
  const hundredths = BigInt(Math.round(Number(rule.factor) * 100))
  if (spent * 100n < normal * hundredths || spent - normal < (rule.amount ?? 0n))
    return { kind: 'below', subject: SPENDING, why: `${eurText(spent)} so far this hour, ${eurText(normal)} are usual by now` }
  const times = normal === 0n ? '' : `, ${timesOf(spent, normal)} times as much`
  const what = `Spending${ofScope(rule)} is out of the ordinary: ${eurText(spent)} since ${clockOf(window.hour)} (${m.timeZone}, ${window.day}); by now ${eurText(normal)} are usual at this hour of the week${times} (rule "${rule.name}": ${rule.factor} times).`
  return over(m, rule, window, what, {
    spent_eur: exactEur(spent),
    usual_eur: exactEur(normal),
    usual_hour_eur: exactEur(whole),
    weeks: weeks.length,
  })
}

/** `2.3`. */
const timesOf = (spent: Nano, normal: Nano): string => `${(spent * 10n) / normal / 10n}.${((spent * 10n) / normal) % 10n}`

async function normally(m: Measuring, rule: MeasuringRule, window: Window): Promise<HourSpent[][] | undefined> {
  const key = `${rule.name} ${hourName(window)} ${scopeText(rule.scope)}`
  if (!m.normals.has(key)) {
    const weeks = await weeksBefore(m, placeOf(m, rule), window)
    for (const old of m.normals.keys()) if (old.startsWith(`${rule.name} `)) m.normals.delete(old)
    m.normals.set(key, weeks)
  }
  return m.normals.get(key)
}

/** Who moved it is looked for when an alert opens, and only for those who investigate: it reads weeks. */
async function over(
  m: Measuring,
  rule: MeasuringRule,
  window: Window,
  what: string,
  evidence: Readonly<Record<string, unknown>>,
): Promise<Finding> {
  const isNew = !rule.unresolved.includes(SPENDING)
  const movers = isNew && rule.action === 'investigate' ? await moversOf(m, placeOf(m, rule), window) : undefined
  const moved = movers === undefined ? '' : ` Moved most: ${movedText(movers)}.`
  return {
    kind: 'over',
    subject: SPENDING,
    window: window.hour === undefined ? window.day : hourName(window),
    scope: rule.scope,
    text: said(`${what}${moved}`, `look who it is (purser tail; purser analytics live-models, users, features); ${stopHint(rule)}`),
    supersedes: window.hour === undefined,
    evidence: { ...evidence, ...(movers === undefined ? {} : { movers: moversJson(movers) }) },
  }
}

const movedText = (movers: Movers): string =>
  Object.entries(movers)
    .flatMap(([by, [first]]) =>
      first === undefined ? [] : [`${by} ${first.name ?? '(none)'} (+${shortEur(first.more)} EUR, ${first.share} % of the rise)`],
    )
    .join(', ') || 'nobody in particular'

const moversJson = (movers: Movers): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(movers).map(([by, all]: [string, readonly Mover[]]) => [
      by,
      all.map(({ name, share, now, normal, more }) => ({
        name,
        now_eur: exactEur(now),
        usual_eur: exactEur(normal),
        more_eur: exactEur(more),
        share_percent: share,
      })),
    ]),
  )

/** Requests of which nobody knows what became, for too long: the sweep ends them, so it does not run, or cannot. */
export async function measureDoubt(m: Measuring, rule: MeasuringRule): Promise<Finding> {
  const { count, oldestAt, amount } = await longInDoubt(m, rule.scope, rule.ageS ?? 0)
  if (oldestAt === undefined) return { kind: 'below', subject: 'in doubt', why: 'none is in doubt for so long any more' }
  const what = `${count} request${count === 1 ? ' is' : 's are'} in doubt for more than ${Math.round((rule.ageS ?? 0) / 60)} minutes, holding ${eurText(amount)}; the oldest was sent at ${momentText(oldestAt)}.`
  return {
    kind: 'over',
    subject: 'in doubt',
    window: windowAt(m.now, 'UTC').day,
    scope: rule.scope,
    text: said(what, 'see whether a worker runs the sweep (schedule purser-sweep), and look at them: purser attempts'),
    evidence: { count, oldest_at: oldestAt.toISOString(), amount_eur: exactEur(amount) },
  }
}
