/** What the watcher asks of the ledger: to decide, and to write what it has found. */
import type { Sql } from 'postgres'
import { asked } from './asked.ts'
import { ruleOf, type AlertRule } from './alert-rules.ts'
import type { BudgetScope } from './budgets.ts'
import { nano, type Nano } from '../domain/money.ts'

/** Where the watcher reads and writes: a pool of its own. */
export interface Watched {
  readonly sql: Sql<{ bigint: bigint }>
}

/** The outbox consumer whose events become alerts. */
export const ALERTS_CONSUMER = 'alerts'

export interface WatchTurn {
  /** Nobody else watches for the next three seconds. */
  readonly isMine: boolean
  /** It is time to measure. */
  readonly isTime: boolean
  /** By the ledger's clock. */
  readonly now: Date
}

/** Asks to watch for everybody. What is decided does not depend on there being one alone. */
export async function takeWatch({ sql }: Watched, holder: string, measureEveryMs: number): Promise<WatchTurn> {
  const turn = await asked<{ isMine: boolean; isTime?: boolean; now?: string }>(
    () => sql`select purser.take_watch(${holder}, ${measureEveryMs}) as answer`,
  )
  return { isMine: turn.isMine, isTime: turn.isTime ?? false, now: new Date(turn.now ?? 0) }
}

/** The next one need not wait. */
export const leaveWatch = ({ sql }: Watched, holder: string): Promise<boolean> =>
  asked(() => sql`select purser.leave_watch(${holder}) as answer`)

/** An event of the outbox, in words and figures for those who hear of it. */
export interface HeardEvent {
  readonly position: string
  readonly text: string
  readonly evidence: Evidence
}

/** By what an alert was found: names as in the API, amounts as decimal text under a name that ends in `_eur`. */
export type Evidence = Readonly<Record<string, unknown>>

/** Makes alerts of what was read of the outbox, in order and without gaps, and acknowledges it: one commit. Answers how many events were new. */
export const alertOnEvents = ({ sql }: Watched, events: readonly HeardEvent[]): Promise<number> =>
  asked(() => sql`select purser.alert_on_events(${sql.json(events as never)}) as answer`)

/** A request that cost as much as a rule says. */
export interface DearRequest {
  readonly rule: string
  readonly requestId: string
  /** Null: it was tracked. */
  readonly call: string | null
  readonly at: string
  /** Nano-EUR as text, as the rule's limit. */
  readonly cost: string
  readonly limit: string
  readonly terms: Readonly<Record<string, unknown>>
}

export interface DearFound {
  readonly from: string
  /** Undefined: nothing is known to be complete yet. */
  readonly to?: string | undefined
  readonly found: readonly DearRequest[]
}

/** What was booked since the last look and cost as much as a rule says; of `limit` entries at most. Nothing that commits late is passed over. */
export const findDear = ({ sql }: Watched, limit: number): Promise<DearFound> =>
  asked(() => sql`select purser.find_dear(${limit}) as answer`)

export type FlagWord = Pick<DearRequest, 'rule' | 'requestId' | 'terms'> & {
  readonly text: string
  readonly evidence: Evidence
}

/** Marks them, and goes on behind `to`. Answers how many were not marked before. */
export const flagDear = (
  { sql }: Watched,
  range: { readonly from: string; readonly to: string },
  found: readonly FlagWord[],
): Promise<number> =>
  asked(() => sql`select purser.flag_dear(${range.from}::text::bigint, ${range.to}::text::bigint, ${sql.json(found as never)}) as answer`)

/** A rule that measures, and the subjects of which it has an unresolved alert. */
export type MeasuringRule = AlertRule & { readonly unresolved: readonly string[] }

export async function measuringRules({ sql }: Watched): Promise<MeasuringRule[]> {
  return (
    await asked<(Omit<MeasuringRule, 'amount'> & { amount: string | null })[]>(() => sql`select purser.measured_rules() as answer`)
  ).map(ruleOf)
}

export interface Measured {
  readonly rule: string
  /** What it is about: one unresolved alert each. */
  readonly subject: string
  /** The hour, day or period: one alert each. */
  readonly window: string
  readonly scope: BudgetScope
  readonly text: string
  readonly evidence: Evidence
  readonly budgetPeriodId?: number | undefined
  /** An alert of an earlier window ends for it; else it counts there. */
  readonly supersedes?: boolean | undefined
  /** In place of the rule's. */
  readonly action?: 'alert' | undefined
}

/** A measure is above what its rule says. True: an alert was opened. */
export const alertOnMeasure = ({ sql }: Watched, measured: Measured): Promise<boolean> =>
  asked(() => sql`select purser.alert_on_measure(${sql.json(measured as never)}) as answer`)

/** The measure is back below: its alert is over. */
export const alertIsOver = ({ sql }: Watched, rule: string, subject: string, why: string): Promise<boolean> =>
  asked(() => sql`select purser.alert_is_over(${rule}, ${subject}, ${why}) as answer`)

export interface LongInDoubt {
  readonly count: number
  readonly oldestAt: Date | undefined
  readonly amount: Nano
}

/** Attempts of a scope that have been in doubt for so long. */
export async function longInDoubt({ sql }: Watched, scope: BudgetScope, ageS: number): Promise<LongInDoubt> {
  const raw = await asked<{ count: number; oldestAt: string | null; amount: string }>(
    () => sql`select purser.long_in_doubt(${sql.json(scope as never)}, ${ageS}) as answer`,
  )
  return { count: raw.count, oldestAt: raw.oldestAt === null ? undefined : new Date(raw.oldestAt), amount: nano(BigInt(raw.amount)) }
}

export interface OpenMonth {
  readonly budgetId: number
  readonly budgetPeriodId: number
  readonly name: string
  readonly period: string
  readonly scope: BudgetScope
}

/** Monthly budgets whose cap may be reached, those nearest to it first. */
export const budgetsToForecast = ({ sql }: Watched, scope: BudgetScope, limit: number): Promise<OpenMonth[]> =>
  asked(() => sql`select purser.budgets_to_forecast(${sql.json(scope as never)}, ${limit}) as answer`)

/** Ends what is over by itself, so many at the most. */
export const endAlerts = ({ sql }: Watched, limit: number): Promise<number> =>
  asked(() => sql`select purser.end_alerts(${limit}) as answer`)
