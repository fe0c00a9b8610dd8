import { nano, type Nano } from '../domain/money.ts'
import type { AlertAction } from './alerts.ts'
import type { BudgetScope } from './budgets.ts'
import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** What a rule looks at. Those up to `budget_refused`, and those from `unpriced` on, hear of it from the outbox; the others measure. */
export const ALERT_KINDS = [
  'budget_threshold',
  'budget_overrun',
  'budget_refused',
  'budget_forecast',
  'hourly_spend',
  'daily_spend',
  'single_request',
  'spend_rate',
  'spend_trend',
  'in_doubt',
  'unpriced',
  'rate_stale',
  'bound_violated',
  'model_stopped',
] as const
export type AlertKind = (typeof ALERT_KINDS)[number]

export interface AlertRule {
  readonly name: string
  readonly kind: AlertKind
  /** Which calls, or budgets, it looks at; `{}`: all. */
  readonly scope: BudgetScope
  /** Of spending, too much; of `spend_rate` and `spend_trend`, the least excess that counts. Null where the kind has none, as with those below. */
  readonly amount: Nano | null
  /** Times what is normal, with two decimals: `2.00`. */
  readonly factor: string | null
  /** Of a cap, from which on it tells; of `spend_trend`, growth in four weeks. */
  readonly percent: number | null
  /** In doubt for so many seconds. */
  readonly ageS: number | null
  readonly action: AlertAction
  /** So many seconds after an alert has ended, none of the same. */
  readonly cooldownS: number
  readonly enabled: boolean
}

type RawRule = Omit<AlertRule, 'amount'> & { readonly amount: string | null }

export const ruleOf = <Raw extends RawRule>(raw: Raw): Omit<Raw, 'amount'> & { readonly amount: Nano | null } => ({
  ...raw,
  amount: raw.amount === null ? null : nano(BigInt(raw.amount)),
})

/** A page of rules by name, those behind `after`. */
export async function listAlertRules(
  { sql }: Ledger,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<AlertRule[]> {
  return (await asked<RawRule[]>(() => sql`select purser.list_alert_rules(${after}, ${limit}) as answer`)).map(ruleOf)
}

/** What is left out stays as it was; of a rule that is new, as is usual. */
export interface AlertRuleWord {
  readonly name: string
  readonly kind?: AlertKind | undefined
  readonly scope?: BudgetScope | undefined
  readonly amount?: Nano | undefined
  readonly factor?: string | undefined
  readonly percent?: number | undefined
  readonly ageS?: number | undefined
  readonly action?: AlertAction | undefined
  readonly cooldownS?: number | undefined
  readonly enabled?: boolean | undefined
}

/** Makes a rule (then it says its kind), or changes one. `changed` false: it was so. Throws PurserError `not_found`, `bad_input`, `conflict`, `unknown_account`. */
export async function setAlertRule(
  { sql }: Ledger,
  { name, amount, ...said }: AlertRuleWord,
): Promise<AlertRule & { readonly changed: boolean }> {
  const word = { ...said, ...(amount === undefined ? {} : { amount: String(amount) }) }
  return ruleOf(
    await asked<RawRule & { readonly changed: boolean }>(
      () => sql`select purser.set_alert_rule(${name}, ${sql.json(word as never)}) as answer`,
    ),
  )
}
