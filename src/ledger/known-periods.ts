import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** A budget period by its names, which never change. */
export interface KnownPeriod {
  readonly id: number
  readonly budgetId: number
  readonly name: string
  /** Null: it is not of one account. */
  readonly account: string | null
  readonly period: string
}

/** The names of budget periods, each asked for once in the life of a process. */
export type KnownPeriods = (ids: readonly number[]) => Promise<readonly KnownPeriod[]>

const PERIODS_MAX = 100_000

export function knownPeriods({ sql }: Pick<Ledger, 'sql'>): KnownPeriods {
  const known = new Map<number, KnownPeriod>()
  return async (ids) => {
    const unknown = ids.filter((id) => !known.has(id))
    if (unknown.length > 0) {
      // What is asked for now must still be known at the end, so the rest goes.
      if (known.size + unknown.length > PERIODS_MAX) known.clear()
      const missing = known.size === 0 ? ids : unknown
      const rows = await asked<KnownPeriod[]>(
        () => sql`
        select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'budgetId', b.id, 'name', b.name, 'account', b.account, 'period', p.period)), '[]') as answer
          from purser.budget_period p join purser.budget b on b.id = p.budget_id where p.id = any (${`{${missing.join(',')}}`}::int[])`,
      )
      for (const row of rows) known.set(row.id, row)
    }
    return ids.flatMap((id) => known.get(id) ?? [])
  }
}
