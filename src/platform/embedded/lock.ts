/** A lock between processes that a dead holder cannot keep. */
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { PlatformError } from '../platform-error.ts'
import { isAlive, thisProcess, type ProcessIdentity } from './process-identity.ts'
import { waitFor } from './wait.ts'

/** A file this young without content is being written at this moment. */
const WRITING_LIMIT_MS = 2_000

/** How long to wait for the lock, and what to do when somebody else holds it. */
export interface LockOptions {
  readonly limitMs: number
  /** Called once, with the holder's process id, when we have to wait. */
  readonly onWait?: (holderPid: number) => void
}

/**
 * Runs `work` while no other process holds the lock at `path`. Throws `timed_out` if a living process keeps it longer than `limitMs`.
 *
 * The lock is the highest of the files `path.1`, `path.2`, …. Nobody removes the highest: a free or stale lock is taken by creating the next
 * number, which only one process can, so two that find the same dead holder never both win.
 */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true })
  let holder: ProcessIdentity | undefined
  const mine = await waitFor(options.limitMs, async () => {
    const outcome = await tryToTake(path)
    if (typeof outcome === 'number') return outcome
    if (holder === undefined && outcome !== undefined) options.onWait?.(outcome.pid)
    holder = outcome ?? holder
    return undefined
  })
  if (mine === undefined) throw new PlatformError('timed_out', waitedTooLong(path, options.limitMs, holder))
  try {
    return await work()
  } finally {
    await writeFile(`${path}.${mine}`, JSON.stringify({ released: true }))
  }
}

/** The number we took, or who holds the lock, or undefined: ask again. */
async function tryToTake(path: string): Promise<number | ProcessIdentity | undefined> {
  const highest = (await numbers(path)).at(-1) ?? 0
  const state = highest === 0 ? 'free' : await read(`${path}.${highest}`)
  if (state === 'changing') return undefined
  if (state !== 'free') return state
  const mine = highest + 1
  try {
    await writeFile(`${path}.${mine}`, JSON.stringify(thisProcess()), { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw error
  }
  // Between our reading and our writing the lock may have gone round, leaving our number below the highest: then it is not ours.
  const now = await numbers(path)
  if (now.at(-1) !== mine) {
    await rm(`${path}.${mine}`, { force: true })
    return undefined
  }
  await Promise.all(now.filter((number) => number < mine).map((number) => rm(`${path}.${number}`, { force: true })))
  return mine
}

async function numbers(path: string): Promise<number[]> {
  const prefix = `${basename(path)}.`
  const names = await readdir(dirname(path))
  return names
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)))
    .toSorted((a, b) => a - b)
}

async function read(file: string): Promise<ProcessIdentity | 'free' | 'changing'> {
  try {
    const text = await readFile(file, 'utf8')
    if (text === '') return Date.now() - (await stat(file)).mtimeMs < WRITING_LIMIT_MS ? 'changing' : 'free'
    const holder = JSON.parse(text) as ProcessIdentity | { released: true }
    return 'pid' in holder && isAlive(holder) ? holder : 'free'
  } catch (error) {
    // Gone since we looked: look again. Unreadable content: a machine crashed while it was written.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'changing' : 'free'
  }
}

function waitedTooLong(path: string, limitMs: number, holder: ProcessIdentity | undefined): string {
  const who = holder === undefined ? 'another process' : `process ${holder.pid}`
  return `${who} has held the lock ${join(dirname(path), basename(path))} for more than ${Math.round(limitMs / 1000)} s: wait for it to finish, or end it, then start again`
}
