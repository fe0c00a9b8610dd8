import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from '@temporalio/client'
import type { Purser } from '../client.ts'
import { PurserError } from '../domain/errors.ts'
import { ledgerOver, type Ledger } from '../ledger/ledger.ts'
import type { Config } from '../platform/config.ts'
import { readDevFile } from '../platform/embedded/dev-file.ts'
import { startServices } from '../platform/embedded/services.ts'
import { blobStoreOf } from '../platform/file-blob-store.ts'
import { migrate, type MigrateResult } from '../platform/migrate.ts'
import { MIGRATIONS_FOLDER } from '../platform/migration-files.ts'
import { requireLedger } from '../platform/require-ledger.ts'
import { connectSql } from '../platform/sql.ts'
import type { SetupResult } from '../platform/temporal-setup.ts'
import type { BlobStore } from '../domain/blob-store.ts'

export interface OpenLedger {
  readonly ledger: Ledger
  readonly close: () => Promise<void>
}

export interface OpenPurser {
  readonly purser: Purser
  readonly client: Client
  readonly blobs: BlobStore
  readonly close: () => Promise<void>
}

/** Reports read whole tables; what only the owner may do reads a whole month, and compares it. */
const STATEMENT_LIMIT_MS = { app: 60_000, owner: 600_000 } as const

/**
 * The ledger of DATABASE_URL, of the running `purser dev`, or of its data (started for this command only). As the app, which may only read and
 * execute the ledger's functions, or as whoever DATABASE_URL logs in: the ledger's owner, it is hoped.
 */
export async function openLedger(config: Config, as: keyof typeof STATEMENT_LIMIT_MS = 'app'): Promise<OpenLedger> {
  if (config.DATABASE_URL === undefined && !existsSync(join(config.PURSER_HOME, 'postgres'))) {
    throw new PurserError('not_found', `there is no ledger in ${config.PURSER_HOME}: run \`npm run dev\` first, or set DATABASE_URL`)
  }
  const services = await startServices({ home: config.PURSER_HOME, say: () => {}, parts: 'database' })
  await requireLedger(services.databaseUrl, MIGRATIONS_FOLDER).catch(async (error: unknown) => {
    await services.stop()
    throw error
  })
  const sql = connectSql(services.databaseUrl, { as, max: 4, statementTimeoutMs: STATEMENT_LIMIT_MS[as] })
  return {
    ledger: ledgerOver(sql),
    async close() {
      await sql.end({ timeout: 5 })
      await services.stop()
    },
  }
}

export interface DemoLedger extends OpenLedger {
  /** As whoever DATABASE_URL logs in: only the ledger's owner may import prices. */
  readonly owner: Pick<Ledger, 'sql'>
}

/**
 * The ledger for data of a demo: of DATABASE_URL, or of this machine (which `purser dev` then shows). It is made, or migrated, only when `refuse` has looked at
 * what is there and not thrown.
 */
export async function openDemoLedger(config: Config, refuse: (there: Pick<Ledger, 'sql'>) => Promise<void>): Promise<DemoLedger> {
  const services = await startServices({ home: config.PURSER_HOME, say: () => {}, parts: 'database' })
  const { databaseUrl } = services
  const owner = connectSql(databaseUrl, { as: 'owner', max: 1, statementTimeoutMs: STATEMENT_LIMIT_MS.owner })
  try {
    const [found] = await owner<{ hasLedger: boolean }[]>`select to_regclass('purser.account') is not null as "hasLedger"`
    if (found?.hasLedger === true) await refuse({ sql: owner })
    await migrate({ databaseUrl, folder: MIGRATIONS_FOLDER })
  } catch (error) {
    await owner.end({ timeout: 5 })
    await services.stop()
    throw error
  }
  const sql = connectSql(databaseUrl, { max: 4, statementTimeoutMs: STATEMENT_LIMIT_MS.app })
  return {
    ledger: ledgerOver(sql),
    owner: { sql: owner },
    async close() {
      await Promise.all([sql.end({ timeout: 5 }), owner.end({ timeout: 5 })])
      await services.stop()
    },
  }
}

/** The jobs of TEMPORAL_ADDRESS, or of the running `purser dev`. */
export async function openPurser(config: Config): Promise<OpenPurser> {
  const client = await connectTemporal(config)
  const { createPurser } = await import('../client.ts')
  const purser = await createPurser({ client, taskQueue: config.PURSER_TASK_QUEUE })
  return {
    purser,
    client,
    blobs: blobStoreOf(config),
    close: () => client.connection.close(),
  }
}

async function connectTemporal(config: Config): Promise<Client> {
  const [{ Client }, { loadClientConnectConfig }, { reachTemporal }] = await Promise.all([
    import('@temporalio/client'),
    import('@temporalio/envconfig'),
    import('../platform/reach-temporal.ts'),
  ])
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig()
  if (connectionOptions.address !== undefined)
    return new Client({ connection: await reachTemporal(connectionOptions, namespace), namespace })
  const dev = await readDevFile(config.PURSER_HOME)
  if (dev === undefined)
    throw new PurserError('not_found', 'no Temporal server is known: run `npm run dev` in another terminal, or set TEMPORAL_ADDRESS')
  const connection = await reachTemporal({ address: dev.temporalAddress }, dev.temporalNamespace)
  return new Client({ connection, namespace: dev.temporalNamespace })
}

/** Migrates the ledger of DATABASE_URL, or of this machine. */
export async function migrateLedger(config: Config): Promise<MigrateResult> {
  const services = await startServices({ home: config.PURSER_HOME, say: () => {}, parts: 'database' })
  try {
    return await migrate({ databaseUrl: services.databaseUrl, folder: MIGRATIONS_FOLDER })
  } finally {
    await services.stop()
  }
}

/** Registers search attributes and schedules. */
export async function setUp(client: Client, config: Config, warn: (line: string) => void): Promise<SetupResult> {
  const { setUpTemporal } = await import('../platform/temporal-setup.ts')
  return setUpTemporal(client, { taskQueue: config.PURSER_TASK_QUEUE, timeZone: config.PURSER_TIME_ZONE, warn })
}
