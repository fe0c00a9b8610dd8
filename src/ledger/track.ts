import { hash } from 'node:crypto'
import type { CallScope } from '../domain/call.ts'
import type { Nano } from '../domain/money.ts'
import type { Cost } from '../domain/price.ts'
import type { TrackedUsage } from '../domain/tracked-usage.ts'
import { asked, nanoOf } from './asked.ts'
import type { Ledger } from './ledger.ts'
import { termsOf } from './scope.ts'
import { costJson } from './settle.ts'

/** A usage as it is booked. */
export interface Tracked {
  /** False: it was booked before. */
  readonly changed: boolean
  /** As the call log names it. */
  readonly requestId: string
  readonly at: string
  readonly bookedAt: string
  readonly cost: Nano
  /** On which budget periods, and what those are over by now. */
  readonly budgets: readonly { readonly budgetId: number; readonly name: string; readonly period: string; readonly overrun: Nano }[]
}

type RawTracked = Omit<Tracked, 'cost' | 'budgets'> & {
  cost: string
  budgets: { budgetId: number; name: string; period: string; overrun: string }[]
}

/**
 * Books a usage that happened elsewhere as spent on every budget that covers its scope, in the period in which it happened; never refused: what a cap
 * cannot pay for is overrun. Keyed: a repeat has no effect, also when prices have changed since. Throws PurserError `conflict` (the key has
 * other terms), `unknown_account`, `no_budget`, `bad_input` (a time to come).
 */
export async function track({ sql }: Ledger, usage: TrackedUsage, cost: Cost): Promise<Tracked> {
  const terms = termsOf(usage.scope, usage)
  const receipt = { ...costJson(cost), usage: usage.usage, flags: cost.flags, response: null, blob: null, durationMs: null }
  const raw = await asked<RawTracked>(
    () => sql`
    select purser.track(p_key => ${usage.key}, p_terms_hash => ${termsHash(usage)}, p_scope => ${sql.json(terms as never)}, p_tier => ${usage.tier},
      p_at => ${usage.at}, p_receipt => ${sql.json(receipt as never)}) as answer`,
  )
  return { ...raw, cost: nanoOf(raw.cost), budgets: raw.budgets.map((b) => ({ ...b, overrun: nanoOf(b.overrun) })) }
}

const SCOPE_KEYS = ['account', 'user', 'team', 'project', 'feature', 'environment'] as const satisfies readonly (keyof CallScope)[]

/** What was said, whatever the order in which it was: not what it cost, which the first booking has settled. */
function termsHash({ scope, provider, model, endpoint, tier, usage, at }: TrackedUsage): string {
  const values = SCOPE_KEYS.map((key) => scope[key] ?? null)
  const labels = Object.entries(scope.labels ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const quantities = usage.map(({ unit, quantity }) => [unit, quantity] as const).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return hash('sha256', JSON.stringify([values, labels, provider, model, endpoint, tier, quantities, at.toISOString()]), 'hex')
}
