import { constants } from 'node:fs'
import { access, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { BlobStore } from '../domain/blob-store.ts'
import { PurserError } from '../domain/errors.ts'
import type { BannerJob, BannerResult } from '../client.ts'
import { ofMoney, type Money, type Nano } from '../domain/money.ts'
import { showEur, type Spin, type Terminal } from './terminal.ts'

const POLL_MS = 250
/** Without news for so long, it says what the job waits for. */
const PATIENCE_MS = 15_000

/** What a call may cost at most, as it is said before it is paid for. */
export const atMost = (amount: Nano, left: Nano, exact: boolean): string =>
  `reserving at most ${showEur(amount, exact)} EUR, ${showEur(left, exact)} left`

/**
 * Waits for a job and tells its story: for each banner first what was reserved, then what it cost, always in this order. It looks a few times a
 * second, so a call may have been sent before its reservation is told. Who knows the bound beforehand says it before the start, and gives it as
 * `announced`: it is not told twice, unless the ledger has reserved another amount.
 */
export async function follow(job: BannerJob, terminal: Terminal, exact: boolean, announced?: Nano): Promise<BannerResult> {
  const spinning = terminal.spin('starting the job')
  try {
    return await followed(job, terminal, spinning, { exact, announced })
  } finally {
    spinning.stop()
  }
}

interface Telling {
  readonly exact: boolean
  readonly announced: Nano | undefined
}

async function followed(job: BannerJob, terminal: Terminal, spinning: Spin, { exact, announced }: Telling): Promise<BannerResult> {
  const eur = (value: Money): string => showEur(ofMoney(value), exact)
  const told = new Set<string>()
  const tellOnce = (key: string, line: string): void => {
    if (!told.has(key)) terminal.say(line)
    told.add(key)
  }
  const look = async (): Promise<void> => {
    const stories = await job.progress()
    if (stories.length > 0) spinning.now(stories.map((v) => `banner ${v.variant}: ${v.step}`).join(', '))
    for (const v of stories) {
      const name = `banner ${v.variant}`
      if (v.reserved !== undefined && v.leftAfterReserve !== undefined && ofMoney(v.reserved) !== announced) {
        tellOnce(`${name} reserved`, `  ${name}: ${atMost(ofMoney(v.reserved), ofMoney(v.leftAfterReserve), exact)}`)
      }
      if (v.cost !== undefined && v.givenBack !== undefined) {
        tellOnce(`${name} cost`, `  ${name}: cost ${eur(v.cost)} EUR, ${eur(v.givenBack)} given back`)
      }
    }
  }
  const result = job.result()
  const ended = result.then(
    () => true,
    () => true,
  )
  const startedAt = Date.now()
  for (let next = PATIENCE_MS; !(await Promise.race([ended, later()]));) {
    // A job that has just begun has no progress to ask for yet.
    await look().catch(() => undefined)
    if (Date.now() - startedAt < next) continue
    terminal.say(`  still waiting after ${Math.round(next / 1000)} s: ${await job.waitingFor().catch(() => 'Temporal does not answer')}`)
    next += PATIENCE_MS
  }
  await look().catch(() => undefined)
  return result
}

const later = (): Promise<false> => new Promise((done) => setTimeout(() => done(false), POLL_MS))

/** Before anything is paid for: whether the picture can be put there. Throws PurserError `bad_input`. */
export async function requirePlace(out: string): Promise<void> {
  const path = resolve(out)
  try {
    await mkdir(dirname(path), { recursive: true })
    await access(dirname(path), constants.W_OK)
  } catch (error) {
    throw new PurserError('bad_input', `${path} cannot be written (${(error as Error).message}): name another place with --out`)
  }
  const there = await stat(path).catch(() => undefined)
  if (there?.isDirectory() === true)
    throw new PurserError('bad_input', `${path} is a folder: name a file with --out, like ${join(out, 'banner.png')}`)
}

/** Writes the picture, all of it or nothing. On failure it is not lost: the blob store has it, and the same job gives it again. */
export async function writePicture(blobs: BlobStore, ref: string, out: string, again: string): Promise<string> {
  const path = resolve(out)
  const temporary = `${path}.${process.pid}.tmp`
  const bytes = await blobs.get(ref)
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(temporary, bytes)
    await rename(temporary, path)
    return path
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    const { code, message } = error as NodeJS.ErrnoException
    const what = code === 'ENOSPC' ? 'the disk is full' : message
    throw new PurserError('not_written', `${path} could not be written: ${what}. The banner is paid for and safe (${ref}): ${again}`)
  }
}
