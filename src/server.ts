/** Entry point: the HTTP API (health only, for now). `npx node src/server.ts` */
import { loadClientConnectConfig } from '@temporalio/envconfig'
import type { Connection } from '@temporalio/client'
import type { Logger } from 'pino'
import { PurserError } from './domain/errors.ts'
import { healthRoutes, waitable } from './http/health.ts'
import { listen, type Listening } from './http/listen.ts'
import { readConfig, USUAL_HTTP_PORT } from './platform/config.ts'
import { explained } from './platform/explain.ts'
import { createLog } from './platform/log.ts'
import { MIGRATIONS_FOLDER } from './platform/migration-files.ts'
import { reachTemporal } from './platform/reach-temporal.ts'
import { requireLedger } from './platform/require-ledger.ts'
import { connectSql } from './platform/sql.ts'

const READY_LIMIT_MS = 2_000

export interface ServerPlaces {
  readonly host: string
  readonly port: number
  readonly databaseUrl: string
  readonly temporal: Connection
  readonly log: Logger
}

/** Listens, or throws PurserError `port_taken`. */
export async function startServer(places: ServerPlaces): Promise<Listening> {
  const sql = connectSql(places.databaseUrl, { max: 2 })
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
    const listening = await listen(routes, { host: places.host, port: places.port, variable: 'PURSER_HTTP_PORT' })
    return {
      url: listening.url,
      async close() {
        await listening.close()
        await temporal.ended()
        await sql.end({ timeout: 5 })
      },
    }
  } catch (error) {
    await sql.end({ timeout: 5 })
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
    log,
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
