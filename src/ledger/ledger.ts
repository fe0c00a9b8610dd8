import type { Sql } from 'postgres'
import { openBatcher, type Batcher, type BatcherOptions } from './batcher.ts'
import type { BlobStore } from '../domain/blob-store.ts'
import { wholeBy, type Whole } from './epoch.ts'
import { knownScopes, type KnownScopes } from './scope.ts'

/** The ledger as every operation sees it. */
export interface Ledger {
  /** A pool of direct connections whose role may only read, and execute the ledger's functions. */
  readonly sql: Sql<{ bigint: bigint }>
  /** What many callers of this process ask goes to the ledger together. */
  readonly batcher: Batcher
  /** The ledger's numbers of the scope values that this process has met. */
  readonly scopes: KnownScopes
  /** Asks what reserves or sends; on a server that nobody has looked at yet, this process looks first. */
  readonly whole: Whole
}

export interface LedgerOptions extends BatcherOptions {
  /** Where receipts and the copy of the ledger's epoch are kept. Without it this process never finds out whether a ledger is whole. */
  readonly blobs?: BlobStore
}

/** A ledger over a pool. One per process and pool: what is asked of it shares round trips. */
export function ledgerOver(sql: Sql<{ bigint: bigint }>, { blobs, ...options }: LedgerOptions = {}): Ledger {
  return { sql, batcher: openBatcher(sql, options), scopes: knownScopes(), whole: wholeBy(sql, blobs) }
}
