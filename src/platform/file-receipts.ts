import { mkdir, opendir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ReceiptShelf } from '../domain/blob-store.ts'

/** Half-written files of a writer that was killed; a living one needs milliseconds. */
const HALF_WRITTEN = '.tmp'
const HALF_WRITTEN_FOR_MS = 3_600_000

/** `receipts/…json`: put, and not kept yet. `receipts/kept/2026-11-28/…json`: booked on that day (UTC). `receipts/aside/…`: for a person. */
export const receiptFolder = (folder: string): string => join(folder, 'receipts')
export const receiptName = (reservationId: string, token: string): string => `${reservationId}.${token}.json`

/** Receipts as files. Booking one moves it, so the folder that is read every minute holds only what nobody has booked. */
export function fileReceipts(folder: string): ReceiptShelf {
  const shelf = receiptFolder(folder)
  return {
    async waiting(limit) {
      const names: string[] = []
      for await (const entry of await opened(shelf)) {
        if (!entry.isDirectory() && !entry.name.endsWith(HALF_WRITTEN)) names.push(entry.name)
        if (names.length === limit) break
      }
      return names
    },
    keptSince: (day) => keptSince(shelf, day),
    read: (name) => readFile(join(shelf, name), 'utf8').catch(unlessGone),
    setAside: (name) => moved(shelf, name, join(shelf, 'aside')),
    async forgetBefore(day) {
      for await (const { name } of await opened(shelf)) {
        if (name.endsWith(HALF_WRITTEN)) await forgetHalfWritten(join(shelf, name))
      }
      const days = await readdir(join(shelf, 'kept')).catch(() => [])
      const old = days.filter((name) => name < dayOf(day))
      for (const name of old) await rm(join(shelf, 'kept', name), { recursive: true, force: true })
      return old.length
    },
  }
}

const PAGE_SIZE = 500

async function* keptSince(shelf: string, since: Date): AsyncGenerator<readonly string[]> {
  const days = (await readdir(join(shelf, 'kept')).catch(() => [])).filter((name) => name >= dayOf(since)).toSorted()
  for (const day of days) {
    let page: string[] = []
    for await (const { name } of await opened(join(shelf, 'kept', day))) {
      if (page.push(join('kept', day, name)) < PAGE_SIZE) continue
      yield page
      page = []
    }
    if (page.length > 0) yield page
  }
}

/** A receipt that is booked. A crash may undo this: then it is found again, and booked again without effect. */
export const keepReceipt = (folder: string, name: string): Promise<void> =>
  moved(receiptFolder(folder), name, join(receiptFolder(folder), 'kept', dayOf(new Date())))

const dayOf = (date: Date): string => date.toISOString().slice(0, 10)

/** Its entries one after the other, however many they are; none while there is no such folder. */
const opened = async (path: string) => (await opendir(path).catch(unlessGone)) ?? []

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
