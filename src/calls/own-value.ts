import type { BlobStore } from '../domain/blob-store.ts'
import type { BlobRef } from '../domain/call.ts'
import type { Answered } from '../providers/provider.ts'
import type { Log } from './log.ts'

/** What an app's own code returned, as bytes for the blob store: a repeat of the call reads it there. */
export function packed(value: unknown, log: Log): Answered['content'] {
  try {
    return { bytes: new TextEncoder().encode(JSON.stringify({ value })), mimeType: 'application/json' }
  } catch (error) {
    log.error('response_lost: the value of a model call is no JSON, so a repeat of the call cannot have it', { error: String(error) })
    return undefined
  }
}

/** The value again. Undefined: it was never stored. */
export async function unpacked(blobs: BlobStore, blob: BlobRef | undefined): Promise<{ readonly value: unknown } | undefined> {
  if (blob?.mimeType !== 'application/json') return undefined
  const { value } = JSON.parse(new TextDecoder().decode(await blobs.get(blob.ref))) as { value?: unknown }
  return { value }
}
