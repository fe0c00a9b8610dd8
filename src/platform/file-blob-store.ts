import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { BlobStore } from '../domain/blob-store.ts'
import type { BlobRef } from '../domain/call.ts'
import { PurserError } from '../domain/errors.ts'
import type { Config } from './config.ts'
import { fileReceipts, keepReceipt, receiptFolder, receiptName } from './file-receipts.ts'

const EXTENSIONS: Readonly<Record<string, string>> = { 'image/png': 'png', 'image/jpeg': 'jpg', 'image/webp': 'webp' }

/** The blob store that workers, commands and an app's own programs of one installation share. */
export const blobStoreOf = (config: Pick<Config, 'PURSER_HOME' | 'PURSER_BLOB_DIR'>): BlobStore =>
  fileBlobStore(config.PURSER_BLOB_DIR ?? join(config.PURSER_HOME, 'blobs'))

/** Blobs as files, named by their SHA-256 (`sha256/3f/3f….png`), receipts beside them (`receipts/…json`). Durable before it answers. */
export function fileBlobStore(folder: string): BlobStore {
  const flush = flushing()
  return {
    async put(bytes, mimeType): Promise<BlobRef> {
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      const extension = EXTENSIONS[mimeType] ?? (mimeType.startsWith('text/') ? 'txt' : 'bin')
      const ref = `sha256/${sha256.slice(0, 2)}/${sha256}.${extension}`
      await writeDurably(flush, join(folder, ref), bytes)
      return { ref, sha256, bytes: bytes.length, mimeType }
    },
    async get(ref) {
      if (!/^sha256\/[0-9a-f]{2}\/[0-9a-f]{64}\.[a-z]{3,4}$/.test(ref)) throw new PurserError('bad_input', `"${ref}" is no blob reference`)
      try {
        return await readFile(join(folder, ref))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
        throw new PurserError('not_found', `there is no blob ${ref} in ${folder}`, { ref })
      }
    },
    async putReceipt(reservationId, token, receipt) {
      await writeDurably(flush, join(receiptFolder(folder), receiptName(reservationId, token)), Buffer.from(JSON.stringify(receipt)))
    },
    keepReceipt: (reservationId, token) => keepReceipt(folder, receiptName(reservationId, token)),
    receipts: fileReceipts(folder),
    async epochOf(ledgerId) {
      const text = await readFile(epochFile(folder, ledgerId), 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error
        return undefined
      })
      return text === undefined ? undefined : BigInt(text)
    },
    putEpoch: (ledgerId, epoch) => writeDurably(flush, epochFile(folder, ledgerId), Buffer.from(epoch.toString())),
  }
}

const epochFile = (folder: string, ledgerId: string): string => join(folder, 'ledgers', `${ledgerId}.epoch`)

/** All of it or nothing, also over a crash: a temporary file, flushed, then renamed. A full disk leaves nothing behind. */
async function writeDurably(flush: Flush, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    const file = await created(temporary)
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

/** The folder is nearly always there. */
async function created(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    await mkdir(dirname(path), { recursive: true })
    return open(path, 'wx')
  }
}

type Flush = (folder: string) => Promise<void>

/** A rename is durable only when its folder is. Who comes while the folder is being flushed shares the next flush with all others who did. */
function flushing(): Flush {
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
