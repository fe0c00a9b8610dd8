/** The data folder of an embedded Postgres: made once, owned by the right user, of the right version. */
import { chown, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { PlatformError } from '../platform-error.ts'
import type { PostgresPrograms } from './postgres-programs.ts'
import { isRoot, runProgram } from './process.ts'

/** The user `nobody`. */
const NOBODY = 65_534
const INITDB_LIMIT_MS = 120_000
const VERSION_LIMIT_MS = 20_000

/** Who runs the server: undefined is ourselves. For root, who may not, it is the owner of the data (an ordinary user's folder used with sudo), else `nobody`. */
export async function serverUser(dataDir: string): Promise<number | undefined> {
  if (!isRoot()) return undefined
  const owner = await stat(dataDir).then(
    (found) => found.uid,
    () => 0,
  )
  return owner === 0 ? NOBODY : owner
}

/** Makes an empty database cluster with scram-sha-256 and the given superuser password. It appears at `dataDir` complete or not at all. */
export async function createCluster(
  programs: PostgresPrograms,
  options: { dataDir: string; uid: number | undefined; password: string; sync: boolean },
): Promise<void> {
  const parent = dirname(options.dataDir)
  await mkdir(parent, { recursive: true })
  await sweep(options.dataDir)
  const workshop = await mkdtemp(`${options.dataDir}.new-`)
  const [data, passwordFile] = [join(workshop, 'data'), join(workshop, 'password')]
  await mkdir(data, { mode: 0o700 })
  await writeFile(passwordFile, options.password, { mode: 0o600 })
  if (options.uid !== undefined) for (const path of [workshop, data, passwordFile]) await chown(path, options.uid, options.uid)
  try {
    await initdb(programs.initdb, data, passwordFile, options)
    await rename(data, options.dataDir)
  } finally {
    await rm(workshop, { recursive: true, force: true })
  }
}

/** Throws `data_unusable` if the folder is something else than a database cluster. */
export async function requireUsable(dataDir: string): Promise<void> {
  if (await readFile(join(dataDir, 'PG_VERSION'), 'utf8').catch(denied)) return
  throw new PlatformError('data_unusable', `${dataDir} exists but holds no Postgres data: move it away, or name another folder`)
}

/** Throws `data_unusable` if the data belongs to another major version of Postgres: its files cannot be read by this one. */
export async function requireSameMajor(programs: PostgresPrograms, dataDir: string): Promise<void> {
  const data = (await readFile(join(dataDir, 'PG_VERSION'), 'utf8')).trim()
  const env = { PATH: process.env['PATH'], LC_ALL: 'C' }
  const said = await runProgram({ program: programs.postgres, args: ['--version'], env, stopSignal: 'SIGTERM', limitMs: VERSION_LIMIT_MS })
  const program = /(\d+)(\.|beta|rc|devel)/.exec(said.output)?.[1]
  if (program === undefined) throw new PlatformError('program_failed', `Postgres does not run: ${explainOutput(said.output)}`)
  if (program === data) return
  throw new PlatformError(
    'data_unusable',
    `the data in ${dataDir} was made by Postgres ${data}, but this Purser brings Postgres ${program}: go back to the Purser that made it and dump it there (pg_dump), or move the folder away to begin with empty data`,
  )
}

async function initdb(
  program: string,
  data: string,
  passwordFile: string,
  options: { uid: number | undefined; sync: boolean },
): Promise<void> {
  const access = ['-U', 'postgres', '-A', 'scram-sha-256', '--pwfile', passwordFile]
  const args = ['-D', data, ...access, '--no-locale', '--encoding=UTF8', '--no-instructions', ...(options.sync ? [] : ['--no-sync'])]
  const env = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' }
  const { code, output } = await runProgram({ program, args, env, stopSignal: 'SIGINT', uid: options.uid, limitMs: INITDB_LIMIT_MS })
  if (code === 0) return
  const full = output.includes('No space left on device')
  const what = full ? `the disk that holds ${data} is full: free some space and start again` : explainOutput(output)
  throw new PlatformError(full ? 'data_unusable' : 'program_failed', `Postgres could not make its data folder: ${what}`)
}

function explainOutput(output: string): string {
  // npm links the shared libraries in an install script, which `--ignore-scripts` leaves out.
  if (/error while loading shared libraries|Library not loaded/.test(output))
    return `${output}\nIts libraries are not linked: run \`npm rebuild\``
  if (/user does not exist/.test(output))
    return `${output}\nPostgres needs a user with a name: add a line for this user id to /etc/passwd, or run as another user`
  if (/ambient|capabilit/i.test(output))
    return `${output}\nThis container may not change users: run Purser as an ordinary user, or set DATABASE_URL`
  return output
}

/** What a killed initdb left behind. */
async function sweep(dataDir: string): Promise<void> {
  const prefix = `${basename(dataDir)}.new-`
  const parent = dirname(dataDir)
  const names = (await readdir(parent)).filter((name) => name.startsWith(prefix))
  await Promise.all(names.map((name) => rm(join(parent, name), { recursive: true, force: true })))
}

function denied(error: NodeJS.ErrnoException): string | undefined {
  if (error.code !== 'EACCES') return undefined
  throw new PlatformError(
    'not_permitted',
    `${error.path ?? 'the data folder'} belongs to another user (made by root?): run as that user, or move the folder away`,
  )
}
