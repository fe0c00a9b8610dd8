import { randomBytes } from 'node:crypto'
import postgres, { type Sql } from 'postgres'
import { inject } from 'vitest'
import type { RunningPostgres } from '../../src/platform/embedded/postgres.ts'
import { migrate } from '../../src/platform/migrate.ts'
import { MIGRATIONS_FOLDER } from '../../src/platform/migration-files.ts'

/** A database of one's own. */
export interface TestDatabase {
  readonly url: string
  /** int8 arrives as bigint. */
  readonly sql: Sql<{ bigint: bigint }>
  drop(): Promise<void>
}

/** Copies the migrated template database (about 0.1 s). Drop it when done. */
export function cloneDatabase(): Promise<TestDatabase> {
  return createDatabase(inject('template'))
}

/** Copies any database of this run, to which nobody may be connected. Drop it when done. */
export function cloneOf(url: string): Promise<TestDatabase> {
  return createDatabase(new URL(url).pathname.slice(1))
}

/** A database with nothing in it. Drop it when done. */
export function emptyDatabase(): Promise<TestDatabase> {
  return createDatabase('template0')
}

/** A migrated database on a server of one's own, which may be away when it is dropped: so only its connections end. */
export async function databaseOn(server: RunningPostgres, name = 'purser'): Promise<TestDatabase> {
  await asAdmin(server.url(''), (admin) => admin`create database ${admin(name)}`)
  const url = server.url(name)
  await migrate({ databaseUrl: url, folder: MIGRATIONS_FOLDER })
  const sql = postgres(url, { types: { bigint: postgres.BigInt }, onnotice: () => {} })
  return { url, sql, drop: () => sql.end({ timeout: 1 }) }
}

async function createDatabase(template: string): Promise<TestDatabase> {
  const server = inject('postgresUrl')
  const name = `test_${randomBytes(6).toString('hex')}`
  await asAdmin(server, (admin) => admin`create database ${admin(name)} template ${admin(template)}`)
  const sql = postgres(`${server}${name}`, { types: { bigint: postgres.BigInt }, onnotice: () => {} })
  const drop = async (): Promise<void> => {
    await sql.end({ timeout: 5 })
    await asAdmin(server, (admin) => admin`drop database ${admin(name)} with (force)`)
  }
  return { url: `${server}${name}`, sql, drop }
}

async function asAdmin(server: string, work: (admin: Sql) => Promise<unknown>): Promise<void> {
  const admin = postgres(`${server}postgres`, { max: 1, onnotice: () => {} })
  try {
    await work(admin)
  } finally {
    await admin.end({ timeout: 5 })
  }
}
