/** Entry point: the HTTP API. `npx node src/server.ts` */
import { loadClientConnectConfig } from '@temporalio/envconfig'
import { Client, type Connection } from '@temporalio/client'
import type { Logger } from 'pino'
import type { Log } from './calls/log.ts'
import { createPurser } from './client.ts'
import { PurserError } from './domain/errors.ts'
import type { Jobs } from './http/access.ts'
import { apiRoutes, type ApiOptions } from './http/app.ts'
import { REPEATABLE_MS } from './http/call-key.ts'
import { doorkeeper } from './http/doorkeeper.ts'
import { healthRoutes, waitable } from './http/health.ts'
import { listen, type Listening } from './http/listen.ts'
import { apiSecret } from './ledger/api-reservations.ts'
import { ensureInstallation } from './ledger/installation.ts'
import { ledgerOver } from './ledger/ledger.ts'
import { forgetRequests, transactionsOver } from './ledger/once.ts'
import { openMemory } from './http/memory.ts'
import { readConfig, USUAL_HTTP_PORT, type Config } from './platform/config.ts'
import { explained } from './platform/explain.ts'
import { blobStoreOf } from './platform/file-blob-store.ts'
import { createLog } from './platform/log.ts'
import { MIGRATIONS_FOLDER } from './platform/migration-files.ts'
import { reachTemporal } from './platform/reach-temporal.ts'
import { requireLedger } from './platform/require-ledger.ts'
import { connectSql } from './platform/sql.ts'
import { liveBook } from './prices/live-book.ts'

const READY_LIMIT_MS = 2_000

export interface ServerPlaces {
  readonly host: string
  readonly port: number
  readonly databaseUrl: string
  readonly temporal: Connection
  readonly namespace: string
  readonly log: Logger
  readonly config: Pick<
    Config,
    | 'PURSER_HOME'
    | 'PURSER_BLOB_DIR'
    | 'PURSER_REQUEST_TIMEOUT_MS'
    | 'PURSER_HTTP_REQUESTS_PER_MINUTE'
    | 'PURSER_TIME_ZONE'
    | 'PURSER_TASK_QUEUE'
    | 'PURSER_TEMPORAL_UI_URL'
    | 'PURSER_SMTP_URL'
    | 'PURSER_DELIVER_TO_PRIVATE'
  >
}

/** Listens, or throws PurserError `port_taken`. */
export async function startServer(places: ServerPlaces): Promise<Listening> {
  // The health checks have a pool of their own: a busy ledger is no missing one.
  const sql = connectSql(places.databaseUrl, { max: 2 })
  const api = await openApi({ ...places, jobs: await jobsOver(places) }).catch(async (error: unknown) => {
    await sql.end({ timeout: 5 })
    throw error
  })
  const temporal = waitable(() => temporalAnswers(places.temporal))
  const routes = healthRoutes({
    limitMs: READY_LIMIT_MS,
    log: (check, error) => places.log.warn({ check, error: String(error) }, 'not ready'),
    checks: {
      postgres: async () => void (await sql`select 1`),
      temporal: temporal.check,
    },
  })
  try {
    const listening = await listen(api.routes.route('/', routes), { host: places.host, port: places.port, variable: 'PURSER_HTTP_PORT' })
    return {
      url: listening.url,
      async close() {
        await listening.close()
        await temporal.ended()
        await Promise.all([sql.end({ timeout: 5 }), api.close()])
      },
    }
  } catch (error) {
    await Promise.all([sql.end({ timeout: 5 }), api.close()])
    throw error
  }
}

/** Jobs over the server's connection, which is not ours to close. */
async function jobsOver({ temporal: connection, namespace, config, log }: ServerPlaces): Promise<Jobs> {
  const purser = await createPurser({
    client: new Client({ connection, namespace }),
    taskQueue: config.PURSER_TASK_QUEUE,
    warn: (line) => log.warn(line),
  })
  const ui = config.PURSER_TEMPORAL_UI_URL?.replace(/\/$/, '')
  const path = `namespaces/${encodeURIComponent(namespace)}/workflows`
  return { purser, uiUrlOf: (jobId) => (ui === undefined ? undefined : `${ui}/${path}/${encodeURIComponent(jobId)}`) }
}

/** The API without a port: its routes, and what they work with. */
export interface OpenApi {
  readonly routes: ReturnType<typeof apiRoutes>
  close(): Promise<void>
}

const FORGET_EVERY_MS = 3_600_000
/** Below a request's limit, so that its caller hears what was too long. */
const REPORT_LIMIT_MS = 15_000

type ApiPlaces = Pick<ServerPlaces, 'databaseUrl' | 'config' | 'log'> &
  Pick<Partial<ApiOptions>, 'endpoints' | 'limitMs'> & {
    /** Without it, the server starts and shows none. */
    readonly jobs?: Jobs | undefined
  }

/** Opens the ledger for the API: a pool for what is asked one by one, and small ones for transactions, for reports, and for questions, which are quick and must not wait for a report. */
export async function openApi({ databaseUrl, config, log, jobs, endpoints, limitMs }: ApiPlaces): Promise<OpenApi> {
  const sql = connectSql(databaseUrl)
  const pool = connectSql(databaseUrl, { max: 4, transactions: true })
  const reports = connectSql(databaseUrl, { max: 1, statementTimeoutMs: REPORT_LIMIT_MS })
  const questions = connectSql(databaseUrl, { max: 2, statementTimeoutMs: REPORT_LIMIT_MS, keepsPlans: true })
  const close = async (): Promise<void> => void (await Promise.all([sql, pool, reports, questions].map((one) => one.end({ timeout: 5 }))))
  try {
    const blobs = blobStoreOf(config)
    const ledger = ledgerOver(sql, { blobs })
    const said: Log = {
      info: (message, facts) => log.info(facts, message),
      warn: (message, facts) => log.warn(facts, message),
      error: (message, facts) => log.error(facts, message),
    }
    const costs = {
      ledger,
      prices: liveBook({ sql }),
      blobs,
      // Beside the names of Temporal clusters, which are UUIDs.
      installation: await ensureInstallation(ledger, 'api', 'default'),
      requestTimeoutMs: config.PURSER_REQUEST_TIMEOUT_MS,
      log: said,
    }
    const services = {
      costs,
      memory: openMemory(ledger),
      transactions: transactionsOver(ledger, pool),
      secret: await apiSecret(ledger),
      reports: { ...ledger, sql: reports },
      questions: { ...ledger, sql: questions },
      timeZone: config.PURSER_TIME_ZONE,
      jobs,
      delivery: { toPrivate: config.PURSER_DELIVER_TO_PRIVATE, mail: config.PURSER_SMTP_URL !== undefined },
    }
    const door = doorkeeper(ledger, { requestsPerMinute: config.PURSER_HTTP_REQUESTS_PER_MINUTE, log: said })
    const forget = (): void => {
      const before = new Date(Date.now() - REPEATABLE_MS)
      forgetRequests(ledger, before).catch((error: unknown) => log.warn({ error: String(error) }, 'old requests could not be forgotten'))
    }
    // Also at once: a server that never lives for an hour would keep them for ever.
    forget()
    const forgetting = setInterval(forget, FORGET_EVERY_MS)
    forgetting.unref()
    return {
      routes: apiRoutes({ services, doorkeeper: door, log: said, endpoints, limitMs }),
      async close() {
        clearInterval(forgetting)
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function temporalAnswers(connection: Connection): Promise<void> {
  await connection.withDeadline(Date.now() + READY_LIMIT_MS, () => connection.workflowService.getSystemInfo({}))
}

async function main(): Promise<void> {
  const config = readConfig(process.env)
  const log = createLog(config.PURSER_LOG_LEVEL, undefined)
  if (config.DATABASE_URL === undefined) throw new PurserError('bad_input', 'DATABASE_URL is missing: the server needs the ledger')
  await requireLedger(config.DATABASE_URL, MIGRATIONS_FOLDER)
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig()
  const temporal = await reachTemporal(connectionOptions, namespace)
  const server = await startServer({
    host: config.PURSER_HTTP_HOST,
    port: config.PURSER_HTTP_PORT ?? USUAL_HTTP_PORT,
    databaseUrl: config.DATABASE_URL,
    temporal,
    namespace,
    log,
    config,
  })
  log.info({ url: server.url }, 'server ready')
  const { promise: asked, resolve } = Promise.withResolvers<void>()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  await asked
  await server.close()
  await temporal.close()
  log.info('server ended')
}

if (import.meta.main) {
  await main().catch((error: unknown) => {
    console.error(`purser server: ${explained(error)}`)
    // Not only the exit code: a connection half made must not keep the process.
    process.exit(1)
  })
}
