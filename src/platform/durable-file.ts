import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/** Makes the renames in a folder durable. */
export type Flush = (folder: string) => Promise<void>

/** All of it or nothing, also over a crash: a temporary file, flushed, then renamed. A full disk leaves nothing behind. */
export async function writeDurably(flush: Flush, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    const file = await created(flush, temporary)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    await flush(dirname(path))
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** The folder is nearly always there. A new one is durable only when the folder that it lies in is. */
async function created(flush: Flush, path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const first = await mkdir(dirname(path), { recursive: true })
    if (first !== undefined) for (const folder of between(resolve(first), resolve(dirname(path)))) await flush(dirname(folder))
    return open(path, 'wx')
  }
}

/** Every folder from the outer one to the inner one, both included. */
function between(outer: string, inner: string): string[] {
  const folders = [inner]
  for (let folder = inner; folder !== outer && folder !== dirname(folder);) {
    folder = dirname(folder)
    folders.push(folder)
  }
  return folders
}

/** A rename is durable only when its folder is. Who comes while the folder is being flushed shares the next flush with all others who did. */
export function flushing(): Flush {
  const running = new Map<string, Promise<void>>()
  const next = new Map<string, Promise<void>>()
  const start = (folder: string): Promise<void> => {
    const flushed = flushFolder(folder).finally(() => running.delete(folder))
    running.set(folder, flushed)
    return flushed
  }
  return (folder) => {
    const now = running.get(folder)
    if (now === undefined) return start(folder)
    const shared =
      next.get(folder) ??
      now
        .catch(() => undefined)
        .then(() => {
          next.delete(folder)
          return start(folder)
        })
    next.set(folder, shared)
    return shared
  }
}

async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
