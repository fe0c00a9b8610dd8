import type { Sql } from 'postgres'
import { inTime } from './asked.ts'

/** The budget periods of linked sets, by the sets' numbers. They never change, so each is asked for once in the life of a process. */
export interface LinkedSets {
  readonly periodsOf: (ids: readonly number[]) => Promise<ReadonlyMap<number, readonly number[]>>
}

const SETS_MAX = 100_000

export function linkedSets(sql: Sql<{ bigint: bigint }>, max = SETS_MAX): LinkedSets {
  const known = new Map<number, readonly number[]>()
  return {
    async periodsOf(ids) {
      const unknown = ids.filter((id) => !known.has(id))
      if (unknown.length > 0) {
        // What is asked for now must still be known at the end, so the rest goes.
        if (known.size + unknown.length > max) known.clear()
        const missing = known.size === 0 ? ids : unknown
        const rows = await inTime(sql<{ id: number; periods: number[] }[]>`
          select id, to_jsonb(period_ids) as periods from purser.linked_set where id = any (${`{${missing.join(',')}}`}::int[])`)
        for (const { id, periods } of rows) known.set(id, periods)
      }
      return known
    },
  }
}
