/** Brings a database to the newest schema: numbered, forward-only files, each run once, in order, in a transaction of its own. */
import postgres, { type Sql } from 'postgres'
import { checkHistory, readMigrations, type AppliedMigration, type Migration } from './migration-files.ts'
import { PlatformError } from './platform-error.ts'
import { wires } from './wire.ts'

/** Arbitrary, but ours: everybody who migrates this database takes this advisory lock. */
const LOCK_KEY = 7_233_823_300
const CONNECT_LIMIT_S = 10
/** How long to wait for another process that migrates, and for each lock that a migration takes on a table in use. */
const LOCK_LIMIT_MS = 60_000

/** What to migrate. */
export interface MigrateOptions {
  readonly databaseUrl: string
  /** The folder with the `NNNN_name.sql` files. */
  readonly folder: string
  readonly say?: (line: string) => void
  /** How long to wait for another process that migrates; one minute if left out. */
  readonly lockLimitMs?: number
}

/** What was done. */
export interface MigrateResult {
  /** File names, in order. */
  readonly applied: string[]
  /** How many had been applied before. */
  readonly already: number
}

/**
 * Applies what is missing. Safe to repeat and to run from many processes at once. The history is checked first and nothing is applied to a database
 * whose history differs from the files (`migration_refused`). A file that fails leaves nothing behind (`migration_failed`).
 */
export async function migrate(options: MigrateOptions): Promise<MigrateResult> {
  const files = await readMigrations(options.folder)
  // A migration may take long and say nothing meanwhile; that nobody is there is said at once.
  const socket = wires({ silenceMs: Infinity, onStuck: () => {} })
  const settings = { max: 1, connect_timeout: CONNECT_LIMIT_S, onnotice: () => {}, socket }
  const sql = postgres(options.databaseUrl, settings)
  try {
    await sql`select 1`.catch(explainConnection)
    await takeLock(sql, options.lockLimitMs ?? LOCK_LIMIT_MS)
    const history = await readHistory(sql)
    const missing = checkHistory(files, history)
    for (const file of missing) {
      await apply(sql, file)
      options.say?.(`Applied migration ${file.file}`)
    }
    return { applied: missing.map((file) => file.file), already: history.length }
  } finally {
    // Closing the session gives the lock back.
    await sql.end({ timeout: 5 })
  }
}

async function takeLock(sql: Sql, limitMs: number): Promise<void> {
  await sql`select set_config('lock_timeout', ${`${limitMs}ms`}, false)`
  try {
    await sql`select pg_advisory_lock(${LOCK_KEY})`
  } catch (error) {
    if ((error as { code?: string }).code !== '55P03') throw error
    const what = `another process has been migrating this database for more than ${limitMs / 1000} s`
    throw new PlatformError('timed_out', `${what}: wait for it, or end its session (select * from pg_stat_activity), and start again`, {
      cause: error,
    })
  }
}

async function readHistory(sql: Sql): Promise<AppliedMigration[]> {
  // Looked up first, because `create table if not exists` needs the right to create even when the table is there.
  const [row] = await sql`select to_regclass('public.purser_migration') is not null as exists`
  if (row?.['exists'] !== true) await createHistory(sql)
  return sql<AppliedMigration[]>`select number, name, sha256 from public.purser_migration order by number`
}

async function createHistory(sql: Sql): Promise<void> {
  try {
    await sql`
      create table public.purser_migration (
        number int primary key,
        name text not null,
        sha256 text not null,
        applied_at timestamptz not null default now()
      )`
    // The worker looks whether the ledger is new enough, and its login owns nothing.
    await sql`grant select on public.purser_migration to public`
  } catch (error) {
    if ((error as { code?: string }).code !== '42501') throw error
    const what = 'this role may not create tables in schema public'
    throw new PlatformError('not_permitted', `${what}: \`grant create on schema public to …\`, or migrate as the database's owner`, {
      cause: error,
    })
  }
}

async function apply(sql: Sql, { file, number, name, sha256, text }: Migration): Promise<void> {
  try {
    await sql.begin(async (transaction) => {
      await transaction.unsafe(text).simple()
      await transaction`insert into public.purser_migration (number, name, sha256) values (${number}, ${name}, ${sha256})`
    })
  } catch (error) {
    const { message, position } = error as { message: string; position?: string }
    const line = position === undefined ? '' : ` line ${text.slice(0, Number(position)).split('\n').length}`
    throw new PlatformError('migration_failed', `${file}${line}: ${message}. Nothing of this file was kept`, { cause: error })
  }
}

function explainConnection(error: { code?: string; message: string }): never {
  const what = `no connection to the database: ${error.message}`
  throw new PlatformError('program_failed', `${what}. Check DATABASE_URL (user, password, host, port, database) and that the server runs`, {
    cause: error,
  })
}
