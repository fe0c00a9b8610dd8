/** Entry point: a worker that runs Purser's workflows and activities. `npx node src/worker.ts` */
import { existsSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from '@temporalio/client'
import { loadClientConnectConfig } from '@temporalio/envconfig'
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker'
import type { Logger } from 'pino'
import { createAccountActivities } from './activities/accounts.ts'
import { createMonthActivities } from './activities/months.ts'
import { createBatchActivities } from './activities/batch.ts'
import { createBannerActivities } from './activities/banner.ts'
import { createBudgetActivities } from './activities/budget.ts'
import { createCacheActivities, responseCacheOver } from './activities/cache.ts'
import { createDeliverActivities } from './activities/deliver.ts'
import { createModelActivities } from './activities/model.ts'
import { createPrepareActivities } from './activities/prepare.ts'
import { createRateActivities } from './activities/rates.ts'
import { createSweepActivities } from './activities/sweep.ts'
import { createTextActivities } from './activities/text.ts'
import { startReports } from './alerts/send-reports.ts'
import { startWatcher } from './alerts/watcher.ts'
import { keepSavingsNoted } from './calls/note-savings.ts'
import type { DeliverOptions } from './delivery/deliver.ts'
import { mailerOf } from './delivery/email.ts'
import { resolveByDns } from './delivery/guard.ts'
import { startNotices } from './delivery/start-notices.ts'
import { startWorkflowOf } from './delivery/start-workflow.ts'
import { tellTurns } from './delivery/tell-turns.ts'
import { assert, PurserError } from './domain/errors.ts'
import { DELIVERY_POLICY } from './domain/notice.ts'
import { healthRoutes, waitable } from './http/health.ts'
import { listen, type Listening } from './http/listen.ts'
import { keepRolledUp } from './insight/roll-up.ts'
import { installationOf as nameInstallation } from './ledger/installation.ts'
import { ledgerOver } from './ledger/ledger.ts'
import { readConfig, type Config } from './platform/config.ts'
import { explained } from './platform/explain.ts'
import { blobStoreOf } from './platform/file-blob-store.ts'
import { createLog, logTemporalTo } from './platform/log.ts'
import { MIGRATIONS_FOLDER } from './platform/migration-files.ts'
import { reachTemporal } from './platform/reach-temporal.ts'
import { requireLedger } from './platform/require-ledger.ts'
import { connectSql, type PurserSql } from './platform/sql.ts'
import { setUpTemporal } from './platform/temporal-setup.ts'
import { liveBook } from './prices/live-book.ts'
import { geminiBatches } from './providers/gemini-batches.ts'
import { checkKey, geminiProvider, GEMINI_BASE_URL } from './providers/gemini.ts'
import type { Running } from './until-stopped.ts'

export interface WorkerPlaces {
  readonly config: Config
  readonly databaseUrl: string
  readonly temporal: { readonly connection: NativeConnection; readonly client: Client }
  readonly warn: (line: string) => void
}

export interface RunningWorker {
  readonly worker: Worker
  /** The pool of its activities. */
  readonly sql: PurserSql
  /** False: jobs run without search attributes, because they are not registered and may not be. */
  readonly searchAttributes: boolean
  /** Closes what `createWorker` opened, after the worker has ended. */
  close(): Promise<void>
}

/** What was sent is left to finish on shutdown: its own time-out, and a little for the booking. */
const BOOKING_MS = 10_000
const READY_LIMIT_MS = 2_000
/** Of one statement of a month's review, which may read all its calls. */
const REVIEW_LIMIT_MS = 600_000
/** For one request to a receiver. */
const DELIVERY_LIMIT_MS = 10_000

/** A worker with everything wired. Throws PurserError `key_missing` or `key_invalid` before it opens anything. */
export async function createWorker(places: WorkerPlaces): Promise<RunningWorker> {
  const { config, temporal } = places
  const apiKey = checkKey(config.GEMINI_API_KEY)
  const sql = connectSql(places.databaseUrl)
  const reviews = connectSql(places.databaseUrl, { max: 1, transactions: true, statementTimeoutMs: REVIEW_LIMIT_MS })
  const end = async (): Promise<void> => void (await Promise.all([sql, reviews].map((pool) => pool.end({ timeout: 5 }))))
  try {
    const namespace = temporal.client.options.namespace
    const { searchAttributes } = await setUpTemporal(temporal.client, {
      taskQueue: config.PURSER_TASK_QUEUE,
      timeZone: config.PURSER_TIME_ZONE,
      warn: places.warn,
    })
    const installation = await installationOf(temporal.client, sql)
    const worker = await Worker.create({
      connection: temporal.connection,
      namespace,
      taskQueue: config.PURSER_TASK_QUEUE,
      ...workflowSource(config),
      activities: activitiesOf(config, apiKey, sql, installation, reviews),
      shutdownGraceTime: config.PURSER_REQUEST_TIMEOUT_MS + BOOKING_MS,
    })
    const keeping = keepRolledUp({ sql }, places.warn)
    const savings = keepSavingsNoted({ ledger: { sql }, prices: { sql } }, places.warn)
    const watcher = watchAlerts(places)
    const warn = (message: string, facts: object): void => places.warn(`${message} (${JSON.stringify(facts)})`)
    const notices = startNotices({
      ledger: ledgerOver(sql),
      start: startWorkflowOf({ client: temporal.client, taskQueue: config.PURSER_TASK_QUEUE, policy: DELIVERY_POLICY }),
      warn,
    })
    const turns = tellTurns({
      ledger: ledgerOver(sql),
      client: temporal.client,
      installation,
      warn,
    })
    const reports = startReports({ ledger: ledgerOver(sql), warn: places.warn })
    return {
      worker,
      sql,
      searchAttributes,
      async close() {
        await Promise.all([keeping.stop(), savings.stop(), notices.stop(), turns.stop(), watcher.stop(), reports.stop()])
        await end()
      },
    }
  } catch (error) {
    await end()
    throw error
  }
}

/** Measuring reads much: it has connections of its own, and more time than a job's question. */
const MEASURING_LIMIT_MS = 60_000

/** While no other worker does: makes alerts of what the ledger tells, and of what is out of the ordinary. */
function watchAlerts({ config, databaseUrl, warn }: WorkerPlaces): Running {
  const sql = connectSql(databaseUrl, { max: 3, statementTimeoutMs: MEASURING_LIMIT_MS })
  const watcher = startWatcher({ sql, timeZone: config.PURSER_TIME_ZONE, warn: (what, error) => warn(`${what}: ${String(error)}`) })
  return {
    async stop() {
      await watcher.stop()
      await sql.end({ timeout: 5 })
    },
  }
}

/** All activities of a worker, wired to one ledger. `reviews`: a pool for what takes minutes. */
export function activitiesOf(config: Config, apiKey: string, sql: PurserSql, installation: string, reviews = sql) {
  const blobs = blobStoreOf(config)
  const ledger = ledgerOver(sql, { blobs })
  const prices = liveBook({ sql })
  const place = { apiKey, baseUrl: config.PURSER_GEMINI_BASE_URL ?? GEMINI_BASE_URL }
  const calls = { ledger, prices, blobs, installation, requestTimeoutMs: config.PURSER_REQUEST_TIMEOUT_MS }
  const cache = responseCacheOver(ledger, calls.requestTimeoutMs)
  const providers = new Map([['gemini', geminiProvider(place)]])
  return {
    ...createBudgetActivities({ ledger, prices, installation }),
    ...createCacheActivities({ cache, installation }),
    ...createPrepareActivities({ ledger, prices, installation, providers }),
    ...createModelActivities({ ...calls, providers, cache }),
    ...createBatchActivities({ ...calls, batchProviders: new Map([['gemini', geminiBatches(place)]]) }),
    ...createTextActivities({ blobs }),
    ...createBannerActivities({ blobs, defaultModel: config.PURSER_MODEL }),
    ...createSweepActivities({ ledger, blobs }),
    ...createRateActivities({ prices: { sql }, ratesUrl: config.PURSER_RATES_URL }),
    ...createAccountActivities({ ledger, timeZone: config.PURSER_TIME_ZONE }),
    ...createMonthActivities({ ledger, reviews: { sql: reviews }, timeZone: config.PURSER_TIME_ZONE }),
    ...createDeliverActivities({ ledger, delivery: deliveryOf(config) }),
  }
}

/** How notices leave this process. */
export function deliveryOf({
  PURSER_SMTP_URL: smtpUrl,
  PURSER_MAIL_FROM: from,
  PURSER_DELIVER_TO_PRIVATE: toPrivate,
}: Config): DeliverOptions {
  const limitMs = DELIVERY_LIMIT_MS
  const mail = smtpUrl === undefined || from === undefined ? undefined : mailerOf({ smtpUrl, from, limitMs })
  return { toPrivate, resolve: resolveByDns, limitMs, mail }
}

/** The ledger's id for this Temporal cluster and namespace. */
async function installationOf(client: Client, sql: PurserSql): Promise<string> {
  const { clusterId } = await client.workflowService.getClusterInfo({})
  return nameInstallation({ sql }, clusterId, client.options.namespace)
}

/** Production gives a prebuilt bundle; without it the sources are bundled now. */
function workflowSource(config: Config): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  return config.PURSER_WORKFLOW_BUNDLE === undefined
    ? { workflowsPath: fileURLToPath(new URL(`./workflows/index${extname(import.meta.url)}`, import.meta.url)) }
    : { workflowBundle: { codePath: config.PURSER_WORKFLOW_BUNDLE } }
}

async function main(): Promise<void> {
  const config = readConfig(process.env)
  const log: Logger = createLog(config.PURSER_LOG_LEVEL, undefined)
  logTemporalTo(log)
  const databaseUrl = await requireSettings(config)
  await requireLedger(databaseUrl, MIGRATIONS_FOLDER)
  // The namespace comes with the connection; forgetting it would silently mean `default`.
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig()
  const client = new Client({ connection: await reachTemporal(connectionOptions, namespace), namespace })
  const connection = await NativeConnection.connect(connectionOptions)
  const running = await createWorker({ config, databaseUrl, temporal: { connection, client }, warn: (line) => log.warn(line) })
  const health = await startHealth(config, log, running, client)
  log.info({ taskQueue: config.PURSER_TASK_QUEUE, namespace, health: health?.url }, 'worker ready')
  // Ends after what was sent has been booked; the same signal again ends at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => running.worker.shutdown())
  await running.worker.run()
  await health?.close()
  await running.close()
  await client.connection.close()
  await connection.close()
  log.info('worker ended')
}

/** What is missing or cannot be is said before anything is connected. */
async function requireSettings(config: Config): Promise<string> {
  if (config.DATABASE_URL === undefined) throw new PurserError('bad_input', 'DATABASE_URL is missing: the worker needs the ledger')
  checkKey(config.GEMINI_API_KEY)
  const bundle = config.PURSER_WORKFLOW_BUNDLE
  if (bundle !== undefined && !existsSync(bundle)) {
    throw new PurserError(
      'bad_input',
      `PURSER_WORKFLOW_BUNDLE names ${bundle}, which is not there: make it with \`npm run build:workflows\``,
    )
  }
  return config.DATABASE_URL
}

/** A worker answers nobody but its supervisor: whether it polls for work, and whether what it needs answers. */
async function startHealth(config: Config, log: Logger, { worker, sql }: RunningWorker, client: Client): Promise<Listening | undefined> {
  if (config.PURSER_WORKER_HEALTH_PORT === undefined) return undefined
  const temporal = waitable(() =>
    client.connection.withDeadline(Date.now() + READY_LIMIT_MS, async () => void (await client.workflowService.getSystemInfo({}))),
  )
  const routes = healthRoutes({
    limitMs: READY_LIMIT_MS,
    log: (check, error) => log.warn({ check, error: String(error) }, 'not ready'),
    checks: {
      worker: async () => assert(worker.getState() === 'RUNNING', `the worker is ${worker.getState()}`),
      postgres: async () => void (await sql`select 1`),
      temporal: temporal.check,
    },
  })
  const { PURSER_HTTP_HOST: host, PURSER_WORKER_HEALTH_PORT: port } = config
  const listening = await listen(routes, { host, port, variable: 'PURSER_WORKER_HEALTH_PORT' })
  return {
    url: listening.url,
    async close() {
      await listening.close()
      await temporal.ended()
    },
  }
}

if (import.meta.main) {
  await main().catch((error: unknown) => {
    console.error(`purser worker: ${explained(error)}`)
    // Not only the exit code: a connection half made must not keep the process.
    process.exit(1)
  })
}
