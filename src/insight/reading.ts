import type { Sql } from 'postgres'

/** Where the ledger is read. */
export interface Reading {
  readonly sql: Sql<{ bigint: bigint }>
}

/** Scope values that a request must have: `{ feature: 'chat', labels: { tier: 'gold' } }`. */
export type Filter = Readonly<Record<string, string | Readonly<Record<string, string>> | undefined>>
