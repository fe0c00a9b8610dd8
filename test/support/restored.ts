import type { Sums } from '../../src/insight/groups.ts'
import type { Reading } from '../../src/insight/reading.ts'
import { sums } from '../../src/insight/sums.ts'
import type { TestDatabase } from './database.ts'

type Db = Pick<TestDatabase, 'sql'>

/** As if the ledger's server had had very many transactions by now. */
export const livedLong = ({ sql }: Db) => sql`update purser.numbering set base = base + 1000000000000`

/**
 * Makes of a ledger that lived long what pg_dump and pg_restore make of it on a server that has just been set up: all is as it was, and the numbers of that server's
 * transactions are far behind those that are stored. (The tests' Postgres comes without these programs, and another version's refuse it.)
 */
export const restoredElsewhere = ({ sql }: Db) =>
  sql`update purser.numbering set base = base - 1000000000, server_since = '2026-01-01T00:00:00Z'`

/** Everything that was ever spent, as reports have it. */
export async function reportedBy(reading: Reading): Promise<Sums<'cost' | 'calls'>> {
  const ever = { from: '2020-01-01', to: '2100-01-01', timeZone: 'UTC', filter: {}, by: [], limit: 1 } as const
  const { groups } = await sums(reading, { ...ever, figures: ['cost', 'calls'] })
  return groups[0]?.sums ?? { cost: 0n, calls: 0n }
}
