import type { ISql, Sql } from 'postgres'

/** Where the ledger is read: a pool, or a transaction. */
export interface Reading {
  readonly sql: ISql<{ bigint: bigint }>
}

/** Where several things may be read as of one moment. */
export interface SnapshotReading {
  readonly sql: Sql<{ bigint: bigint }>
}

/** What several statements read is of one moment: they add up. */
export const inSnapshot = async <T>({ sql }: SnapshotReading, read: (reading: Reading) => Promise<T>): Promise<T> =>
  (await sql.begin('isolation level repeatable read read only', (tx) => read({ sql: tx }))) as T

/** Scope values that a request must have: `{ feature: 'chat', labels: { tier: 'gold' } }`. */
export type Filter = Readonly<Record<string, string | Readonly<Record<string, string>> | undefined>>
