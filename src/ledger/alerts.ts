import type { BudgetScope } from './budgets.ts'
import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** `warn`, `alert`: how loud. `flag`: the call is marked, too. `investigate`: with who moved it. `stop`: its scope is suspended until a person lifts it. */
export const ALERT_ACTIONS = ['warn', 'alert', 'flag', 'investigate', 'stop'] as const
export type AlertAction = (typeof ALERT_ACTIONS)[number]

/** `acknowledged`: somebody has it in hand. */
export const ALERT_STATES = ['open', 'acknowledged', 'resolved'] as const
export type AlertState = (typeof ALERT_STATES)[number]

/** What a rule has found. Moments are ISO 8601. */
export interface Alert {
  readonly alertId: number
  readonly rule: string
  readonly kind: string
  readonly action: AlertAction
  readonly state: AlertState
  readonly scope: BudgetScope
  readonly account: string | null
  /** For people; its first line says what it is. */
  readonly text: string
  /** What it was found by. */
  readonly evidence: Readonly<Record<string, unknown>>
  readonly openedAt: string
  /** When it last happened, and how often so far. */
  readonly lastAt: string
  readonly times: number
  /** The stop that it made. */
  readonly stopId: number | null
  readonly budget: { readonly budgetId: number; readonly name: string; readonly period: string } | null
  readonly acknowledgedAt: string | null
  readonly acknowledgedBy: string | null
  readonly acknowledgedWhy: string | null
  readonly resolvedAt: string | null
  /** `auto`: by itself. */
  readonly resolvedBy: string | null
  readonly resolvedWhy: string | null
}

/** Behind every alert: where the first page begins. */
export const NEWEST_ALERT = 2_147_483_647

/** A page of alerts, the newest first, those before `before`: of one state, those that are not resolved, or all; with an account, those that are about it. */
export const listAlerts = (
  { sql }: Ledger,
  page: {
    readonly state?: AlertState | 'unresolved' | undefined
    readonly account?: string | undefined
    readonly before: number
    readonly limit: number
  },
): Promise<Alert[]> =>
  asked(() => sql`select purser.list_alerts(${page.state ?? null}, ${page.account ?? null}, ${page.before}, ${page.limit}) as answer`)

export async function findAlert({ sql }: Ledger, id: number): Promise<Alert | undefined> {
  return (await asked<Alert | null>(() => sql`select purser.show_alert(${id}) as answer`)) ?? undefined
}

/** Whose word it is, and what they say. */
export interface AlertWord {
  readonly id: number
  readonly by: string
  readonly why: string
}

/** Somebody has it in hand: it says no more until it is over. `changed` false: it was so, or is over. Throws PurserError `not_found`, `bad_input`. */
export const acknowledgeAlert = ({ sql }: Ledger, { id, by, why }: AlertWord): Promise<Alert & { readonly changed: boolean }> =>
  asked(() => sql`select purser.acknowledge_alert(${id}, ${by}, ${why}) as answer`)

/** A person says that it is over; a stop that it made stays. `changed` false: it was over. Throws PurserError `not_found`, `bad_input`. */
export const resolveAlert = ({ sql }: Ledger, { id, by, why }: AlertWord): Promise<Alert & { readonly changed: boolean }> =>
  asked(() => sql`select purser.resolve_alert(${id}, ${by}, ${why}) as answer`)
