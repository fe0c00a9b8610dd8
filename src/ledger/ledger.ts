import type { Sql } from 'postgres'
import { openBatcher, type Batcher, type BatcherOptions } from './batcher.ts'
import { knownScopes, type KnownScopes } from './scope.ts'

/** The ledger as every operation sees it. */
export interface Ledger {
  /** A pool of direct connections whose role may only read, and execute the ledger's functions. */
  readonly sql: Sql<{ bigint: bigint }>
  /** What many callers of this process ask goes to the ledger together. */
  readonly batcher: Batcher
  /** The ledger's numbers of the scope values that this process has met. */
  readonly scopes: KnownScopes
}

/** A ledger over a pool. One per process and pool: what is asked of it shares round trips. */
export function ledgerOver(sql: Sql<{ bigint: bigint }>, options: BatcherOptions = {}): Ledger {
  return { sql, batcher: openBatcher(sql, options), scopes: knownScopes() }
}
