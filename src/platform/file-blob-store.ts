import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BlobStore } from '../domain/blob-store.ts'
import type { BlobRef } from '../domain/call.ts'
import { PurserError } from '../domain/errors.ts'
import type { Config } from './config.ts'
import { flushing, writeDurably } from './durable-file.ts'
import { fileReceipts } from './file-receipts.ts'

const EXTENSIONS: Readonly<Record<string, string>> = { 'image/png': 'png', 'image/jpeg': 'jpg', 'image/webp': 'webp' }

/** The blob store that workers, commands and an app's own programs of one installation share. */
export const blobStoreOf = (config: Pick<Config, 'PURSER_HOME' | 'PURSER_BLOB_DIR'>): BlobStore =>
  fileBlobStore(config.PURSER_BLOB_DIR ?? join(config.PURSER_HOME, 'blobs'))

/** Blobs as files, named by their SHA-256 (`sha256/3f/3f….png`), receipts beside them (`receipts/…`). Durable before it answers. */
export function fileBlobStore(folder: string): BlobStore {
  const flush = flushing()
  const { put: putReceipt, keep: keepReceipt, shelf } = fileReceipts(join(folder, 'receipts'), flush)
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
    putReceipt,
    keepReceipt,
    receipts: shelf,
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
