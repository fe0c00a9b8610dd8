/** The database of one home folder: reused if it runs, else started, with its password kept in the folder. */
import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import postgres from 'postgres'
import { PlatformError } from '../platform-error.ts'
import { startPostgres } from './postgres.ts'
import { identify, thisProcess } from './process-identity.ts'
import type { PostgresPart } from './run-file.ts'
import { stillRuns, type Part } from './part.ts'

const DATABASE = 'purser'
const CONNECT_LIMIT_S = 5

/** Gives the running database of this home folder, or starts it, on `port` if one is named. Only called while the start lock is held. */
export async function openDatabase(
  home: string,
  known: PostgresPart | null,
  say: (line: string) => void,
  port?: number,
): Promise<Part<PostgresPart, string>> {
  const password = await readPassword(home)
  if (known !== null && (await stillRuns('Postgres', known, () => servesOurData(home, known.port, password)))) {
    return { record: known, reused: true, value: databaseUrl(known.port, password), stop: async () => {}, ended: undefined }
  }
  const startedAt = performance.now()
  const server = await startPostgres({ dataDir: dataFolder(home), password, ...(port === undefined ? {} : { port }) })
  try {
    await createDatabase(server.url('postgres'))
  } catch (error) {
    await server.stop()
    throw error
  }
  say(`Postgres ready on 127.0.0.1:${server.port} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`)
  const record = { owner: thisProcess(), server: identify(server.pid) ?? { pid: server.pid, startedAt: 'unknown' }, port: server.port }
  return { record, reused: false, value: databaseUrl(server.port, password), stop: () => server.stop(), ended: server.ended }
}

async function readPassword(home: string): Promise<string> {
  const path = join(home, 'postgres-password')
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new PlatformError('not_permitted', `${path} cannot be read (${String(error)}): run as the user that made it`, { cause: error })
    }
  }
  const password = randomBytes(24).toString('base64url')
  await writeFile(`${path}.new`, password, { mode: 0o600 })
  await rename(`${path}.new`, path)
  return password
}

/** The port may belong to another home folder's server by now, so the server is asked for its data folder. */
async function servesOurData(home: string, port: number, password: string): Promise<boolean> {
  const sql = postgres(databaseUrl(port, password, 'postgres'), { max: 1, connect_timeout: CONNECT_LIMIT_S, onnotice: () => {} })
  try {
    const [row] = await sql<{ folder: string }[]>`select current_setting('data_directory') as folder`
    return row?.folder === dataFolder(home)
  } catch {
    return false
  } finally {
    await sql.end({ timeout: 1 })
  }
}

async function createDatabase(adminUrl: string): Promise<void> {
  const sql = postgres(adminUrl, { max: 1, connect_timeout: CONNECT_LIMIT_S, onnotice: () => {} })
  try {
    const [row] = await sql`select 1 from pg_database where datname = ${DATABASE}`
    if (row === undefined) await sql`create database ${sql(DATABASE)}`
  } finally {
    await sql.end({ timeout: 1 })
  }
}

function dataFolder(home: string): string {
  return resolve(home, 'postgres')
}

function databaseUrl(port: number, password: string, database: string = DATABASE): string {
  return `postgres://postgres:${password}@127.0.0.1:${port}/${database}`
}
