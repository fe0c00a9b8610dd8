/** `purser/with-cost`: model calls under budget in a program that has nothing to do with Temporal. */
import type { CostDependencies } from './calls/flight.ts'
import type { Log } from './calls/log.ts'
import { trackUsage } from './calls/track-usage.ts'
import { withCost, type CostOutcome, type CostTerms } from './calls/with-cost.ts'
import type { ModelReply, OwnCall } from './domain/own-call.ts'
import { ensureInstallation } from './ledger/installation.ts'
import { ledgerOver } from './ledger/ledger.ts'
import type { Tracked } from './ledger/track.ts'
import { readConfig } from './platform/config.ts'
import { blobStoreOf } from './platform/file-blob-store.ts'
import { findLedger } from './platform/find-ledger.ts'
import { connectSql } from './platform/sql.ts'
import { liveBook } from './prices/live-book.ts'
import { trackedUsageOf, type ToldUsage } from './schema/track-input.ts'

export { keyFor, newKey } from './calls/cost-key.ts'
export { PurserError } from './domain/errors.ts'
export { NotBilled, type ModelReply, type OwnCall } from './domain/own-call.ts'
export type { CostOutcome, CostTerms, Log, ToldUsage, Tracked }

export interface CostsOptions {
  /** DATABASE_URL and other PURSER_* variables; without DATABASE_URL the running `purser dev` of PURSER_HOME. Default: process.env. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** Hears of every call, and of what needs a person. Default: warnings and errors on the console. */
  readonly log?: Log | undefined
  /** Keys of one space never meet those of another on the same ledger. Default: `default`. */
  readonly space?: string | undefined
}

export interface Costs {
  /** See `withCost` of src/calls/with-cost.ts: reserve → run → settle, once per key. */
  readonly withCost: <T>(run: (call: OwnCall) => Promise<ModelReply<T>>, terms: CostTerms) => Promise<CostOutcome<T>>
  /**
   * Books what was used elsewhere, or is no model call, as spent: once per key, never refused. Quantities are whole numbers, or decimals as text of units
   * that can be used in parts. Throws PurserError `bad_input`, `unpriced_model`, `conflict`, `unknown_account`.
   */
  readonly track: (usage: ToldUsage) => Promise<Tracked>
  /** Ends the pool, when nothing runs any more. */
  readonly close: () => Promise<void>
}

/** Opens the ledger, one pool for the process. Throws PurserError `not_found`, or PlatformError when the ledger does not answer or is too old. */
export async function openCosts(options: CostsOptions = {}): Promise<Costs> {
  const config = readConfig(options.env ?? process.env)
  const sql = connectSql((await findLedger(config)).databaseUrl)
  try {
    const blobs = blobStoreOf(config)
    const deps: CostDependencies = {
      ledger: ledgerOver(sql, { blobs }),
      prices: liveBook({ sql }),
      blobs,
      // Beside the names of Temporal clusters, which are UUIDs.
      installation: await ensureInstallation({ sql }, 'direct', options.space ?? 'default'),
      requestTimeoutMs: config.PURSER_REQUEST_TIMEOUT_MS,
      log: options.log ?? CONSOLE,
    }
    return {
      withCost: (run, terms) => withCost(deps, run, terms),
      track: async (usage) => trackUsage(deps.ledger, deps.prices, trackedUsageOf(usage)),
      close: () => sql.end({ timeout: 5 }),
    }
  } catch (error) {
    await sql.end({ timeout: 5 })
    throw error
  }
}

const CONSOLE: Log = {
  info: () => undefined,
  warn: (message, facts) => console.warn(`purser: ${message}`, facts),
  error: (message, facts) => console.error(`purser: ${message}`, facts),
}
