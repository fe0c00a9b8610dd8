import type { BlobStore } from '../domain/blob-store.ts'
import type { BlobRef } from '../domain/call.ts'
import { jsonBytes } from '../domain/text.ts'
import { typed } from './failure.ts'

/** Temporal takes two million bytes; what is escaped on its way into JSON grows. */
const TEXT_BYTES_MAX = 1_000_000
const JSON_BYTES_MAX = 2_000_000

export type TextActivities = ReturnType<typeof createTextActivities>

export function createTextActivities({ blobs }: { readonly blobs: BlobStore }) {
  return {
    /** The text of an answer. Undefined: it is too long for a workflow, and is read from the blob store. */
    async readText(blob: BlobRef): Promise<string | undefined> {
      if (blob.bytes > TEXT_BYTES_MAX) return undefined
      return typed(async () => {
        const text = new TextDecoder().decode(await blobs.get(blob.ref))
        return jsonBytes(text) > JSON_BYTES_MAX ? undefined : text
      })
    },
  }
}
