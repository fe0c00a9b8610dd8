/** Reaching the ledger when a process starts: within a limit, and with a message that says what to do when it cannot be. */
import postgres from 'postgres'
import { readMigrations } from './migration-files.ts'
import { PlatformError } from './platform-error.ts'

const POSTGRES_LIMIT_MS = 10_000

/** Throws PlatformError: `not_reachable`, or `not_migrated` when the ledger there is older than this program (or there is none). */
export async function requireLedger(databaseUrl: string, migrationsFolder: string): Promise<void> {
  const sql = connect(databaseUrl)
  try {
    const applied = await withLimit(historyOf(sql)).catch((error: Error & { code?: string }) => {
      throw unreachable(error)
    })
    const missing = (await readMigrations(migrationsFolder)).filter(({ number }) => !applied.has(number))
    if (missing.length === 0) return
    const what =
      applied.size === 0 ? 'there is no ledger in this database yet' : `this ledger lacks ${missing.map((m) => m.file).join(', ')}`
    throw new PlatformError('not_migrated', `${what}: run \`purser migrate\` once on this database, as its owner, then start again`)
  } finally {
    // Not waited for: a connection that never came about has nothing to end.
    void sql.end({ timeout: 0 })
  }
}

async function historyOf(sql: ReturnType<typeof postgres>): Promise<ReadonlySet<number>> {
  const [row] = await sql<{ exists: boolean }[]>`select to_regclass('public.purser_migration') is not null as exists`
  const history = row?.exists === true ? await sql<{ number: number }[]>`select number from public.purser_migration` : []
  return new Set(history.map(({ number }) => number))
}

/** The library's own limit misses a server that takes connections and closes them at once: it connects again for ever. */
async function withLimit<T>(work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer within ${POSTGRES_LIMIT_MS / 1_000} s`)), POSTGRES_LIMIT_MS)
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function connect(databaseUrl: string): ReturnType<typeof postgres> {
  try {
    return postgres(databaseUrl, { max: 1, connect_timeout: POSTGRES_LIMIT_MS / 1_000, onnotice: () => {} })
  } catch {
    // The URL may hold a password, so it is not repeated.
    throw new PlatformError('not_reachable', 'DATABASE_URL is no address: write it like postgres://user:password@host:5432/purser')
  }
}

function unreachable(error: Error & { code?: string }): PlatformError {
  const why = error.code === undefined || error.message.includes(error.code) ? error.message : `${error.message}, ${error.code}`
  const what = `Postgres does not answer (${why})`
  return new PlatformError('not_reachable', `${what}: check DATABASE_URL (host, port, user, password, database) and that the server runs`, {
    cause: error,
  })
}
