import { hash } from 'node:crypto'
import type { CallScope } from '../domain/call.ts'
import { PurserError, type ErrorCode } from '../domain/errors.ts'
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
  readonly budgets: readonly TrackedBudget[]
}

interface TrackedBudget {
  readonly budgetId: number
  readonly name: string
  /** Null: it is not of one account. */
  readonly account: string | null
  readonly period: string
  readonly overrun: Nano
}

type RawTracked = Omit<Tracked, 'cost' | 'budgets'> & {
  cost: string
  budgets: (Omit<TrackedBudget, 'overrun'> & { overrun: string })[]
}

/**
 * Books a usage that happened elsewhere as spent on every budget that covers its scope, in the period in which it happened; never refused: what a cap
 * cannot pay for is overrun. Keyed: a repeat has no effect, also when prices have changed since. Throws PurserError `conflict` (the key has
 * other terms), `unknown_account`, `no_budget`, `bad_input` (a time to come).
 */
export async function track({ sql }: Ledger, usage: TrackedUsage, cost: Cost): Promise<Tracked> {
  const told = toldOf(usage, cost)
  return trackedOf(
    await asked<RawTracked>(
      () => sql`
    select purser.track(p_key => ${told.key}, p_terms_hash => ${told.termsHash}, p_scope => ${sql.json(told.scope as never)}, p_tier => ${told.tier},
      p_at => ${told.at}, p_receipt => ${sql.json(told.receipt as never)}) as answer`,
    ),
  )
}

/** A usage with what it cost. */
export interface PricedUsage {
  readonly usage: TrackedUsage
  readonly cost: Cost
}

/**
 * Books many as `track` does, in one commit: each is booked, or the error that `track` would throw stands in its place. However many they are, the rows of
 * their budgets are held for a moment only, so whoever reserves beside it hardly waits.
 */
export async function trackMany({ sql }: Ledger, usages: readonly PricedUsage[]): Promise<(Tracked | PurserError)[]> {
  const told = usages.map(({ usage, cost }) => toldOf(usage, cost))
  const raw = await asked<(RawTracked | { error: ErrorCode; message: string })[]>(
    () => sql`select purser.track_many(${sql.json(told as never)}) as answer`,
  )
  return raw.map((one) => ('error' in one ? new PurserError(one.error, one.message) : trackedOf(one)))
}

/** As the ledger's functions take it. */
const toldOf = (usage: TrackedUsage, cost: Cost) => ({
  key: usage.key,
  termsHash: termsHash(usage),
  scope: termsOf(usage.scope, usage),
  tier: usage.tier,
  at: usage.at,
  receipt: { ...costJson(cost), usage: usage.usage, flags: cost.flags, ...outcomeOf(usage), blob: null },
})

const outcomeOf = ({
  durationMs = null,
  error,
}: {
  readonly durationMs?: number | null | undefined
  readonly error?: string | undefined
}) => ({
  durationMs,
  response: error === undefined ? null : { error },
})

const trackedOf = (raw: RawTracked): Tracked => ({
  ...raw,
  cost: nanoOf(raw.cost),
  budgets: raw.budgets.map((b) => ({ ...b, overrun: nanoOf(b.overrun) })),
})

const SCOPE_KEYS = ['account', 'user', 'team', 'project', 'feature', 'environment'] as const satisfies readonly (keyof CallScope)[]

/** What was said, whatever the order in which it was: not what it cost, which the first booking has settled. */
function termsHash({ scope, provider, model, endpoint, tier, usage, at, durationMs, error }: TrackedUsage): string {
  const values = SCOPE_KEYS.map((key) => scope[key] ?? null)
  const labels = Object.entries(scope.labels ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const quantities = usage.map(({ unit, quantity }) => [unit, quantity] as const).toSorted(([a], [b]) => (a < b ? -1 : 1))
  // What is told since later is not in the hash of what does not tell it.
  const outcome = durationMs === undefined && error === undefined ? [] : [durationMs ?? null, error ?? null]
  return hash('sha256', JSON.stringify([values, labels, provider, model, endpoint, tier, quantities, at.toISOString(), ...outcome]), 'hex')
}
