import { exactEur, type Nano } from '../domain/money.ts'
import { asked, nanoOf } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** A monthly cap by name. */
export interface Plan {
  readonly plan: string
  /** The hundred newest, the oldest first. */
  readonly versions: readonly PlanVersion[]
}

export type PresumedBy = 'account' | 'house'

export interface PlanVersion {
  /** A day (`2026-12-01`: it begins where the budget lives), or a moment. */
  readonly from: string
  readonly cap: Nano
  /** Who bears a cost that is only presumed: the account's budgets, or the house's. */
  readonly presumedBy: PresumedBy
  readonly reason: string
  readonly state: 'past' | 'in_force' | 'later'
}

type RawPlan = Omit<Plan, 'versions'> & { versions: (Omit<PlanVersion, 'cap'> & { cap: string })[] }

/** What a plan may spend in a month, from a day on; without a day, from now. */
export interface NewPlanVersion {
  readonly plan: string
  readonly cap: Nano
  /** `2026-12-01`. */
  readonly from?: string | undefined
  readonly reason: string
  /** For calls that are reserved from then on; without it, as before (at first, the account). */
  readonly presumedBy?: PresumedBy | undefined
  /** Where it is asked which version is in force. */
  readonly timeZone: string
}

/**
 * Months that have begun keep their cap; those that begin then or later take it. Again with the same terms: no effect (`changed` false).
 * Throws PurserError `conflict` for other terms from the same day, `bad_input` (a day that has begun, no reason, a cap out of range).
 */
export async function setPlan({ sql }: Ledger, p: NewPlanVersion): Promise<Plan & { readonly changed: boolean; readonly isNew: boolean }> {
  const raw = await asked<RawPlan & { changed: boolean; isNew: boolean }>(
    () => sql`
    select purser.set_plan(
      p_plan => ${p.plan}, p_from => ${p.from ?? null}, p_cap => ${p.cap}, p_reason => ${p.reason}, p_time_zone => ${p.timeZone},
      p_presumed_by => ${p.presumedBy ?? null}) as answer`,
  )
  return { ...planOf(raw), changed: raw.changed, isNew: raw.isNew }
}

/** A page of plans by name, after `after`. */
export async function listPlans(
  { sql }: Ledger,
  page: { readonly after: string; readonly limit: number; readonly timeZone: string },
): Promise<Plan[]> {
  const raw = await asked<RawPlan[]>(() => sql`select purser.list_plans(${page.after}, ${page.limit}, ${page.timeZone}) as answer`)
  return raw.map(planOf)
}

/** One plan. Throws PurserError `unknown_plan`. */
export async function showPlan({ sql }: Ledger, plan: string, timeZone: string): Promise<Plan> {
  return planOf(await asked<RawPlan>(() => sql`select purser.show_plan(${plan}, ${timeZone}) as answer`))
}

const planOf = ({ plan, versions }: RawPlan): Plan => ({ plan, versions: versions.map((v) => ({ ...v, cap: nanoOf(v.cap) })) })

/** The plan for `--json`: amounts with nine digits. */
export const planJson = ({ versions, ...plan }: Plan): Record<string, unknown> => ({
  ...plan,
  versions: versions.map(({ cap, ...version }) => ({ ...version, capEur: exactEur(cap) })),
})
