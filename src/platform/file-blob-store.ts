import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
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
  return {
    async put(bytes, mimeType): Promise<BlobRef> {
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      const extension = EXTENSIONS[mimeType] ?? (mimeType.startsWith('text/') ? 'txt' : 'bin')
      const ref = `sha256/${sha256.slice(0, 2)}/${sha256}.${extension}`
      await writeDurably(join(folder, ref), bytes)
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
      await writeDurably(join(receiptFolder(folder), receiptName(reservationId, token)), Buffer.from(JSON.stringify(receipt)))
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
    putEpoch: (ledgerId, epoch) => writeDurably(epochFile(folder, ledgerId), Buffer.from(epoch.toString())),
  }
}

const epochFile = (folder: string, ledgerId: string): string => join(folder, 'ledgers', `${ledgerId}.epoch`)

/** All of it or nothing, also over a crash: a temporary file, flushed, then renamed. A full disk leaves nothing behind. */
async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    const file = await open(temporary, 'wx')
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    await flushFolder(dirname(path))
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** A rename is durable only when its folder is. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
