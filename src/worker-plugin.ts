/** `purser/worker`: Purser in an app's own worker, as a plugin of Temporal's. */
import { SimplePlugin } from '@temporalio/plugin'
import type { NativeConnection, Worker, WorkerOptions } from '@temporalio/worker'
import { createBatchActivities } from './activities/batch.ts'
import { createBudgetActivities } from './activities/budget.ts'
import { createCacheActivities, responseCacheOver } from './activities/cache.ts'
import { createModelActivities, type CallDependencies } from './activities/model.ts'
import { modelGuard } from './activities/own.ts'
import { createPrepareActivities } from './activities/prepare.ts'
import { createTextActivities } from './activities/text.ts'
import { PurserError } from './domain/errors.ts'
import type { ModelReply, OwnCall } from './domain/own-call.ts'
import { installationOf } from './ledger/installation.ts'
import { ledgerOver } from './ledger/ledger.ts'
import { readConfig, type Config } from './platform/config.ts'
import { blobStoreOf } from './platform/file-blob-store.ts'
import { findLedger, type FoundLedger } from './platform/find-ledger.ts'
import { connectSql, type PurserSql } from './platform/sql.ts'
import { liveBook } from './prices/live-book.ts'
import { geminiBatches } from './providers/gemini-batches.ts'
import { checkKey, geminiProvider, GEMINI_BASE_URL } from './providers/gemini.ts'

export { PurserError } from './domain/errors.ts'
export { NotBilled, type ModelReply, type OwnCall } from './domain/own-call.ts'
export type { Usage } from './domain/usage.ts'

/** An activity of the app that calls a model by itself. Its first argument is the call, the rest are the workflow's. */
export type ModelActivity = (call: OwnCall, ...args: never[]) => Promise<ModelReply<unknown>>

export interface PurserPluginOptions {
  /** The worker's connection. Its cluster and namespace are part of every call's name. */
  readonly connection: NativeConnection
  /** The worker's. Default: `default`. */
  readonly namespace?: string | undefined
  /** The app's activities that call a model. They are registered, and refused where no reservation comes with them. */
  readonly modelActivities?: Readonly<Record<string, ModelActivity>> | undefined
  /** DATABASE_URL, GEMINI_API_KEY and other PURSER_* variables; without DATABASE_URL the running `purser dev` of PURSER_HOME. Default: process.env. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

/** After what was sent has ended, the booking needs a little. */
const BOOKING_MS = 10_000

/**
 * Makes the plugin of one worker: it registers what `purser/workflow` calls, marks the app's model activities, and lets what was sent finish on shutdown.
 * Opens a pool to the ledger, which ends with the worker. Throws PurserError `not_found`, `key_invalid`, `installation_unknown`, or PlatformError when the
 * ledger does not answer.
 */
export async function purserPlugin(options: PurserPluginOptions): Promise<PurserPlugin> {
  const config = readConfig(options.env ?? process.env)
  const found = await findLedger(config)
  const sql = connectSql(found.databaseUrl)
  try {
    const namespace = options.namespace ?? 'default'
    const { clusterId } = await options.connection.workflowService.getClusterInfo({})
    const installation = await installationOf({ sql }, clusterId, namespace)
    return new PurserPlugin({ config, found, sql, installation, namespace, modelActivities: options.modelActivities ?? {} })
  } catch (error) {
    await sql.end({ timeout: 5 })
    throw error
  }
}

interface Wiring {
  readonly config: Config
  readonly found: FoundLedger
  readonly sql: PurserSql
  readonly installation: string
  readonly namespace: string
  readonly modelActivities: object
}

/** For one worker. */
export class PurserPlugin extends SimplePlugin {
  private readonly wiring: Wiring
  private readonly ours: object
  private isUsed = false

  constructor(wiring: Wiring) {
    const deps = dependenciesOf(wiring)
    super({
      name: 'purser',
      workerInterceptors: { activity: [modelGuard(deps, new Set(Object.keys(wiring.modelActivities)))] },
    })
    this.wiring = wiring
    this.ours = { ...activitiesOf(wiring, deps), ...wiring.modelActivities }
  }

  /** Throws PurserError `bad_input` for what would name calls wrongly, or leave a model activity unguarded. */
  override configureWorker(options: WorkerOptions): WorkerOptions {
    const { namespace, config } = this.wiring
    if (this.isUsed) throw new PurserError('bad_input', 'this plugin has a worker already: make one for each')
    if ((options.namespace ?? 'default') !== namespace)
      throw new PurserError(
        'bad_input',
        `this worker is of namespace "${options.namespace ?? 'default'}", but the plugin was made for "${namespace}"`,
      )
    const twice = Object.keys(options.activities ?? {}).filter((name) => Object.hasOwn(this.ours, name))
    if (twice.length > 0)
      throw new PurserError('bad_input', `the worker has an activity of its own with the name ${twice.join(', ')}: rename it`)
    this.isUsed = true
    const configured = super.configureWorker(options)
    return {
      ...configured,
      activities: { ...options.activities, ...this.ours },
      // A request that was sent is left to finish: what was billed must be booked.
      shutdownGraceTime: options.shutdownGraceTime ?? config.PURSER_REQUEST_TIMEOUT_MS + BOOKING_MS,
    }
  }

  override async runWorker(worker: Worker, next: (worker: Worker) => Promise<void>): Promise<void> {
    try {
      await super.runWorker(worker, next)
    } finally {
      await this.close()
    }
  }

  /** Ends the pool. Only for a plugin whose worker never ran. */
  async close(): Promise<void> {
    await this.wiring.sql.end({ timeout: 5 })
  }
}

function dependenciesOf({ config, sql, installation }: Wiring): CallDependencies {
  const blobs = blobStoreOf(config)
  return {
    ledger: ledgerOver(sql, { blobs }),
    prices: liveBook({ sql }),
    blobs,
    installation,
    requestTimeoutMs: config.PURSER_REQUEST_TIMEOUT_MS,
  }
}

/** What `purser/workflow` calls. */
function activitiesOf({ found }: Wiring, deps: CallDependencies): object {
  const { geminiKey, geminiBaseUrl: baseUrl = GEMINI_BASE_URL } = found
  const place = geminiKey === undefined ? undefined : { apiKey: checkKey(geminiKey), baseUrl }
  const cache = responseCacheOver(deps.ledger, deps.requestTimeoutMs)
  const providers = new Map(place === undefined ? [] : [['gemini', geminiProvider(place)]])
  return {
    ...createBudgetActivities(deps),
    ...createCacheActivities({ ...deps, cache }),
    ...createPrepareActivities({ ...deps, providers }),
    ...createModelActivities({ ...deps, cache, providers }),
    ...createBatchActivities({ ...deps, batchProviders: new Map(place === undefined ? [] : [['gemini', geminiBatches(place)]]) }),
    ...createTextActivities(deps),
  }
}
