import { randomUUID } from 'node:crypto'
import { mkdir, opendir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { BlobStore, ReceiptShelf } from '../domain/blob-store.ts'
import { writeDurably, type Flush } from './durable-file.ts'
import { gathered } from './gathered.ts'

/** Half-written files of a writer that was killed; a living one needs milliseconds. */
const HALF_WRITTEN = '.tmp'
const HALF_WRITTEN_FOR_MS = 3_600_000

/** A file of several receipts that came close together: a line each, its name, a space and its JSON. A receipt in it is named `<uuid>.batch/<its name>`. */
const BATCH = '.batch'

const nameOf = (reservationId: string, token: string): string => `${reservationId}.${token}.json`

interface NamedReceipt {
  readonly name: string
  readonly text: string
}

/** What comes within so many milliseconds shares a file, and its flushes: far fewer than a commit takes. */
const PACE_MS = 5
const BATCH_MAX = 500

/** Receipts as files, durable before it answers. */
export interface FileReceipts {
  readonly put: BlobStore['putReceipt']
  readonly keep: BlobStore['keepReceipt']
  readonly shelf: ReceiptShelf
}

/**
 * `…json`, `…batch`: put, and not kept yet. `kept/2026-11-28/…`: booked on that day (UTC). `aside/…`: for a person. Booking the last receipt of a file moves it, so
 * the folder that is read every minute holds only what nobody has booked. A crash may undo the move: then it is found again, and booked again without effect.
 */
export function fileReceipts(folder: string, flush: Flush): FileReceipts {
  const batches = openBatches()
  const keepFile = (file: string): Promise<void> => moved(folder, file, join(folder, 'kept', dayOf(new Date())))
  const keep = async (name: string): Promise<void> => {
    const file = batches.kept(name)
    if (file !== undefined) await keepFile(file)
  }
  const put = gathered<NamedReceipt>(
    async (receipts) => {
      const [first, ...others] = receipts
      if (first !== undefined && others.length === 0) return writeDurably(flush, join(folder, first.name), Buffer.from(first.text))
      const file = `${randomUUID()}${BATCH}`
      await writeDurably(flush, join(folder, file), Buffer.from(receipts.map(({ name, text }) => `${name} ${text}\n`).join('')))
      batches.open(
        file,
        receipts.map(({ name }) => name),
      )
    },
    { paceMs: PACE_MS, most: BATCH_MAX },
  )
  return {
    put: (reservationId, token, receipt) => put({ name: nameOf(reservationId, token), text: JSON.stringify(receipt) }),
    keep: (reservationId, token) => keep(nameOf(reservationId, token)),
    shelf: {
      async waiting(limit) {
        const names: string[] = []
        for await (const { name, isDirectory } of entriesOf(folder)) {
          if (isDirectory || name.endsWith(HALF_WRITTEN)) continue
          const all = await namesIn(folder, name)
          // One without a receipt is nobody's: it is read, and set aside.
          if (!name.endsWith(BATCH) || all.length === 0) names.push(name)
          else names.push(...batches.open(name, all.map(plainName)).map((one) => `${name}/${one}`))
          if (names.length >= limit) break
        }
        return names
      },
      keptSince: (day) => keptSince(folder, day),
      read: (name) => readReceipt(folder, name),
      async setAside(name) {
        if (!name.includes(`${BATCH}/`)) return moved(folder, name, join(folder, 'aside'))
        const text = (await readReceipt(folder, name)) ?? ''
        await writeDurably(flush, join(folder, 'aside', plainName(name)), Buffer.from(text))
        await keep(plainName(name))
      },
      async forgetBefore(day) {
        for await (const { name } of entriesOf(folder)) {
          if (name.endsWith(HALF_WRITTEN)) await forgetHalfWritten(join(folder, name))
        }
        const days = await readdir(join(folder, 'kept')).catch(() => [])
        const old = days.filter((name) => name < dayOf(day))
        for (const name of old) await rm(join(folder, 'kept', name), { recursive: true, force: true })
        return old.length
      },
    },
  }
}

/** Which receipts of which files are not kept yet, as far as this process has met them. Another that has may keep a file, too: when all in it is booked. */
function openBatches() {
  const fileOf = new Map<string, string>()
  const left = new Map<string, Set<string>>()
  return {
    /** Answers what is not kept yet of a file, of which this process may have kept some. */
    open(file: string, names: readonly string[]): readonly string[] {
      const known = left.get(file)
      if (known !== undefined) return [...known]
      left.set(file, new Set(names))
      for (const name of names) fileOf.set(name, file)
      return names
    },
    /** The file that may be moved now; undefined while others in it wait. */
    kept(name: string): string | undefined {
      const file = fileOf.get(name)
      if (file === undefined) return name
      fileOf.delete(name)
      const others = left.get(file)
      others?.delete(name)
      if (others !== undefined && others.size > 0) return undefined
      left.delete(file)
      return file
    },
  }
}

/** Without the file or the folder that it lies in. */
const plainName = (name: string): string => name.slice(name.lastIndexOf('/') + 1)

/** The receipts in a file, by their names. */
async function namesIn(folder: string, file: string): Promise<string[]> {
  if (!file.endsWith(BATCH)) return [file]
  return (await linesOf(join(folder, file))).map(({ name }) => `${file}/${name}`)
}

/** Undefined when it is not there any more. */
async function readReceipt(folder: string, name: string): Promise<string | undefined> {
  const at = name.indexOf(`${BATCH}/`)
  if (at === -1) return readFile(join(folder, name), 'utf8').catch(unlessGone)
  const file = name.slice(0, at + BATCH.length)
  return (await linesOf(join(folder, file))).find((one) => one.name === plainName(name))?.text
}

async function linesOf(path: string): Promise<NamedReceipt[]> {
  const text = (await readFile(path, 'utf8').catch(unlessGone)) ?? ''
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [name = ''] = line.split(' ', 1)
      return { name, text: line.slice(name.length + 1) }
    })
}

const PAGE_SIZE = 500

async function* keptSince(folder: string, since: Date): AsyncGenerator<readonly string[]> {
  const days = (await readdir(join(folder, 'kept')).catch(() => [])).filter((name) => name >= dayOf(since)).toSorted()
  for (const day of days) {
    let page: string[] = []
    for await (const { name } of entriesOf(join(folder, 'kept', day))) {
      page.push(...(await namesIn(folder, join('kept', day, name))))
      if (page.length < PAGE_SIZE) continue
      yield page
      page = []
    }
    if (page.length > 0) yield page
  }
}

const dayOf = (date: Date): string => date.toISOString().slice(0, 10)

/** One after the other, however many they are; none while there is no such folder. */
async function* entriesOf(path: string): AsyncGenerator<{ readonly name: string; readonly isDirectory: boolean }> {
  for await (const entry of (await opendir(path).catch(unlessGone)) ?? []) yield { name: entry.name, isDirectory: entry.isDirectory() }
}

/** Moves a file, if it is still there. The target's folder is made when it is missing. */
async function moved(from: string, name: string, to: string): Promise<void> {
  const move = (): Promise<void> => rename(join(from, name), join(to, name))
  try {
    await move()
  } catch (error) {
    unlessGone(error)
    await mkdir(to, { recursive: true })
    await move().catch(unlessGone)
  }
}

async function forgetHalfWritten(path: string): Promise<void> {
  const file = await stat(path).catch(unlessGone)
  if (file !== undefined && Date.now() - file.mtimeMs > HALF_WRITTEN_FOR_MS) await rm(path, { force: true })
}

function unlessGone(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  return undefined
}
