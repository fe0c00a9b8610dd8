import { randomUUID } from 'node:crypto'
import { mkdir, opendir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { BlobStore, ReceiptShelf } from '../domain/blob-store.ts'
import { gathered } from '../gathered.ts'
import { writeDurably, type Flush } from './durable-file.ts'

/** Half-written files of a writer that was killed; a living one needs milliseconds. */
const HALF_WRITTEN = '.tmp'
const HALF_WRITTEN_FOR_MS = 3_600_000

/**
 * A file of several receipts that came close together: a line each, its name, a space and its JSON. A receipt in it is named `batches/<uuid>.batch/<its name>`. In a folder
 * of their own: a release that does not know them lets them lie.
 */
const BATCH = '.batch'
const BATCHES = 'batches'

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
 * `…json`, `batches/…`: put, and not kept yet. `kept/2026-11-28/…`: booked on that day (UTC). `aside/…`: for a person. Booking the last receipt of a file moves it, so
 * the folder that is read every minute holds only what nobody has booked. A crash may undo the move: then it is found again, and booked again without effect.
 */
export function fileReceipts(folder: string, flush: Flush): FileReceipts {
  const batches = openBatches()
  const keepFile = (file: string): Promise<void> => moved(folder, file, join(folder, 'kept', dayOf(new Date()), plainName(file)))
  const keep = async (name: string): Promise<void> => {
    for (const file of batches.kept(name)) await keepFile(file)
  }
  async function write(receipts: readonly NamedReceipt[]): Promise<void> {
    const [first, ...others] = receipts
    if (first !== undefined && others.length === 0) return writeDurably(flush, join(folder, first.name), Buffer.from(first.text))
    const file = join(BATCHES, `${randomUUID()}${BATCH}`)
    await writeDurably(flush, join(folder, file), Buffer.from(receipts.map(({ name, text }) => `${name} ${text}\n`).join('')))
    batches.open(
      file,
      receipts.map(({ name }) => name),
    )
  }
  const put = gathered(
    async (receipts: readonly NamedReceipt[]) => {
      await write(receipts)
      return receipts.map(() => undefined)
    },
    { paceMs: PACE_MS, most: BATCH_MAX },
  )
  return {
    put: (reservationId, token, receipt) => put({ name: nameOf(reservationId, token), text: JSON.stringify(receipt) }),
    keep: (reservationId, token) => keep(nameOf(reservationId, token)),
    shelf: {
      async waiting(limit) {
        const names: string[] = []
        for await (const name of waitingFiles(folder)) {
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
        if (!name.includes(`${BATCH}/`)) return moved(folder, name, join(folder, 'aside', plainName(name)))
        const text = await readReceipt(folder, name)
        // Somebody else was first.
        if (text === undefined) return
        await writeDurably(flush, join(folder, 'aside', plainName(name)), Buffer.from(text))
        await keep(plainName(name))
      },
      async forgetBefore(day) {
        for (const lying of [folder, join(folder, BATCHES)]) {
          for await (const { name } of entriesOf(lying)) {
            if (name.endsWith(HALF_WRITTEN)) await forgetHalfWritten(join(lying, name))
          }
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
  /** One that was put again lies in more than one. */
  const filesOf = new Map<string, Set<string>>()
  const left = new Map<string, Set<string>>()
  return {
    /** Answers what is not kept yet of a file, of which this process may have kept some. */
    open(file: string, names: readonly string[]): readonly string[] {
      const known = left.get(file)
      if (known !== undefined) return [...known]
      left.set(file, new Set(names))
      for (const name of names) filesOf.set(name, (filesOf.get(name) ?? new Set()).add(file))
      return names
    },
    /** The files that may be moved now: none while others in them wait. */
    kept(name: string): readonly string[] {
      const files = [...(filesOf.get(name) ?? [])]
      // It may lie alone, too, whether or not this process has met it in company.
      if (files.length === 0) return [name]
      filesOf.delete(name)
      return files.filter((file) => {
        const others = left.get(file)
        others?.delete(name)
        if (others !== undefined && others.size > 0) return false
        return left.delete(file)
      })
    },
  }
}

/** What is put and not kept: alone, then in company. */
async function* waitingFiles(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of entriesOf(folder)) if (!isDirectory && !name.endsWith(HALF_WRITTEN)) yield name
  for await (const { name, isDirectory } of entriesOf(join(folder, BATCHES))) {
    if (!isDirectory && !name.endsWith(HALF_WRITTEN)) yield join(BATCHES, name)
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
async function moved(folder: string, name: string, to: string): Promise<void> {
  const move = (): Promise<void> => rename(join(folder, name), to)
  try {
    await move()
  } catch (error) {
    unlessGone(error)
    await mkdir(dirname(to), { recursive: true })
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
