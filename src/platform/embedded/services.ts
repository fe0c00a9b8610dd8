/** Postgres and Temporal for one machine, in one folder: started once, shared by all who use the folder, gone when their owner is gone. */
import { access, constants, mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { PlatformError } from '../platform-error.ts'
import { openDatabase } from './embedded-database.ts'
import type { TemporalPlace, TemporalWish } from './embedded-temporal.ts'
import { keepUp, type KeptPart } from './keep-up.ts'
import { withLock } from './lock.ts'
import type { Part } from './part.ts'
import { readRunFile, writeRunFile, type PostgresPart, type TemporalPart } from './run-file.ts'

/** The first start of another process may be building Temporal, so this is long; who holds the lock is said. */
const START_LOCK_LIMIT_MS = 1_800_000
const STOP_LOCK_LIMIT_MS = 10_000

/** What to start, and where. */
export interface ServicesOptions {
  /** The folder that holds all data, usually `.purser`. */
  readonly home: string
  readonly say: (line: string) => void
  /** Hears what is up; left out: `say`. */
  readonly ready?: ((line: string) => void) | undefined
  /** Servers that end by themselves are started again until `stop`. For a process that stays. */
  readonly keep?: boolean
  /** Left out: the port of the last time, else 7233, else a free one. A port that is asked for and taken is an error. */
  readonly temporalPort?: number | undefined
  /** The same for Temporal's UI and 8233. */
  readonly uiPort?: number | undefined
  /** Where people look at jobs when Temporal is given. */
  readonly givenUiUrl?: string | undefined
  /** `DATABASE_URL` and `TEMPORAL_ADDRESS` win over starting our own; also read: `TEMPORAL_NAMESPACE`, `PURSER_CACHE_DIR`. */
  readonly env?: NodeJS.ProcessEnv
  /** `database`: a command that only reads the ledger needs no Temporal. Left out: both. */
  readonly parts?: 'both' | 'database'
}

/** Where everything is. */
export interface Services {
  /** Connection URL; the superuser's, if the database is ours. */
  readonly databaseUrl: string
  readonly temporal: TemporalPlace
  /** Nothing was started: another process owns what runs here. */
  readonly reused: boolean
  /** With `keep`: resolves with the reason when a server is gone and cannot be had again. */
  readonly lost: Promise<string>
  /** Stops what this call started, and only that. Safe to repeat. */
  stop(): Promise<void>
}

interface Parts {
  readonly database: Part<PostgresPart, string> | undefined
  readonly temporal: Part<TemporalPart, TemporalPlace> | undefined
}

/**
 * Gives Postgres and Temporal: from the environment, or those that already run for `home`, or started now and owned by this process.
 * Whoever calls this must call `stop` on SIGINT and SIGTERM; if the process is killed the servers end by themselves.
 */
export async function startServices(options: ServicesOptions): Promise<Services> {
  const env = options.env ?? process.env
  const given = givenByEnvironment(env, options)
  if (given.databaseUrl !== undefined && given.temporal !== undefined)
    return servicesOf(options, given, { database: undefined, temporal: undefined })
  const home = resolve(options.home)
  await makeHome(home)
  const onWait = (pid: number): void => options.say(`Waiting for process ${pid}, which is starting the servers of ${home}`)
  return withLock(lockOf(home), { limitMs: START_LOCK_LIMIT_MS, onWait }, async () => {
    const parts = await openParts(home, options, env, given)
    return servicesOf(options, given, parts)
  })
}

interface Given {
  readonly databaseUrl: string | undefined
  readonly temporal: TemporalPlace | undefined
}

/** Where a command needs no Temporal, an address nobody asks stands for one that is given. */
function givenByEnvironment(env: NodeJS.ProcessEnv, { parts, givenUiUrl }: ServicesOptions): Given {
  const address = env['TEMPORAL_ADDRESS'] || (parts === 'database' ? 'not-needed' : undefined)
  return {
    databaseUrl: env['DATABASE_URL'] || undefined,
    temporal: address === undefined ? undefined : { address, namespace: namespaceOf(env), uiUrl: givenUiUrl, given: true },
  }
}

async function openParts(home: string, options: ServicesOptions, env: NodeJS.ProcessEnv, given: Given): Promise<Parts> {
  const known = await readRunFile(home)
  const [database, temporal] = await Promise.allSettled([
    given.databaseUrl === undefined ? openDatabase(home, known.postgres, readyOf(options)) : undefined,
    given.temporal === undefined ? openTheTemporal(home, known.temporal, wishOf(options, env)) : undefined,
  ])
  if (database.status === 'fulfilled' && temporal.status === 'fulfilled') {
    const parts = { database: database.value, temporal: temporal.value }
    await writeRunFile(home, { postgres: parts.database?.record ?? known.postgres, temporal: parts.temporal?.record ?? known.temporal })
    return parts
  }
  if (database.status === 'fulfilled') await database.value?.stop()
  if (temporal.status === 'fulfilled') await temporal.value?.stop()
  throw failureOf(database, temporal)
}

/** Loaded only where it is needed: a command that reads the ledger starts sooner without Temporal's client. */
async function openTheTemporal(home: string, known: TemporalPart | null, wish: TemporalWish): Promise<Part<TemporalPart, TemporalPlace>> {
  const { openTemporal } = await import('./embedded-temporal.ts')
  return openTemporal(home, known, wish)
}

const wishOf = (options: ServicesOptions, env: NodeJS.ProcessEnv): TemporalWish => ({
  namespace: namespaceOf(env),
  port: options.temporalPort,
  uiPort: options.uiPort,
  env,
  say: options.say,
  ready: readyOf(options),
})

const readyOf = (options: ServicesOptions): ((line: string) => void) => options.ready ?? options.say

function failureOf(...outcomes: readonly PromiseSettledResult<unknown>[]): Error {
  const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as Error] : []))
  const [first, second] = errors
  if (first !== undefined && second === undefined) return first
  return new AggregateError(errors, errors.map((error) => error.message).join('\n'))
}

function servicesOf(options: ServicesOptions, given: Given, parts: Parts): Services {
  const databaseUrl = given.databaseUrl ?? parts.database?.value
  const temporal = given.temporal ?? parts.temporal?.value
  if (databaseUrl === undefined || temporal === undefined) throw new Error('a part is neither given nor started')
  const opened = [parts.database, parts.temporal].filter((part) => part !== undefined)
  const kept = keptParts(resolve(options.home), options, parts)
  let stopping: Promise<void> | undefined
  return {
    databaseUrl,
    temporal,
    reused: opened.length > 0 && opened.every((part) => part.reused),
    lost: Promise.race(kept.map((part) => part.lost)),
    stop: () => (stopping ??= stopKept(resolve(options.home), parts, kept)),
  }
}

type Kept = KeptPart<PostgresPart | TemporalPart, unknown>

function keptParts(home: string, options: ServicesOptions, { database, temporal }: Parts): Kept[] {
  if (options.keep !== true) return []
  const { say } = options
  const reopened = <T>(open: () => Promise<T>): Promise<T> => withLock(lockOf(home), { limitMs: START_LOCK_LIMIT_MS }, open)
  const kept: Kept[] = []
  if (database !== undefined) {
    const reopen = (last: PostgresPart) =>
      reopened(async () => {
        const known = await readRunFile(home)
        const part = await openDatabase(home, known.postgres, readyOf(options), last.port)
        requireSamePort('Postgres', part.record.port, last.port)
        await writeRunFile(home, { ...known, postgres: part.record })
        return part
      })
    kept.push(keepUp(database, { name: 'Postgres', say, reopen }))
  }
  if (temporal !== undefined) {
    const reopen = (last: TemporalPart) =>
      reopened(async () => {
        const known = await readRunFile(home)
        const wish = wishOf(options, options.env ?? process.env)
        const part = await openTheTemporal(home, known.temporal, { ...wish, port: last.port, uiPort: last.uiPort })
        await writeRunFile(home, { ...known, temporal: part.record })
        return part
      })
    kept.push(keepUp(temporal, { name: 'Temporal', say, reopen }))
  }
  return kept
}

/** Whoever uses the server knows it by its address. */
function requireSamePort(name: string, port: number, last: number): void {
  if (port !== last)
    throw new PlatformError('port_taken', `${name} was started again on another port (${port} instead of ${last}): start again`)
}

async function stopKept(home: string, parts: Parts, kept: readonly Kept[]): Promise<void> {
  await Promise.all(kept.map((part) => part.letGo()))
  const now = kept.length > 0 ? kept.map((part) => part.current()) : [parts.database, parts.temporal].filter((part) => part !== undefined)
  await stopOurs(
    home,
    now.filter((part) => !part.reused),
  )
}

async function stopOurs(home: string, ours: readonly Part<PostgresPart | TemporalPart, unknown>[]): Promise<void> {
  if (ours.length === 0) return
  const stopAll = async (): Promise<void> => {
    await Promise.all(ours.map((part) => part.stop()))
  }
  // Under the lock, so that nobody starts on our data before it is closed. If the lock cannot be had, stopping matters more.
  await withLock(lockOf(home), { limitMs: STOP_LOCK_LIMIT_MS }, async () => {
    const known = await readRunFile(home)
    await stopAll()
    const stopped = new Set(ours.map((part) => part.record.server.pid))
    await writeRunFile(home, {
      postgres: stopped.has(known.postgres?.server.pid ?? 0) ? null : known.postgres,
      temporal: stopped.has(known.temporal?.server.pid ?? 0) ? null : known.temporal,
    })
  }).catch(stopAll)
}

async function makeHome(home: string): Promise<void> {
  try {
    await mkdir(home, { recursive: true, mode: 0o700 })
    await access(home, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    const what = `${home} cannot be used (${(error as Error).message})`
    throw new PlatformError('not_permitted', `${what}: was it made by another user (root)? Run as that user, or name another folder`, {
      cause: error,
    })
  }
}

function namespaceOf(env: NodeJS.ProcessEnv): string {
  return env['TEMPORAL_NAMESPACE'] || 'default'
}

function lockOf(home: string): string {
  return join(home, 'start.lock')
}
