import type { BlobRef } from './call.ts'

/** Where pictures and receipts are kept, outside the database and outside Temporal. Writing the same bytes twice is one blob. */
export interface BlobStore {
  readonly put: (bytes: Uint8Array, mimeType: string) => Promise<BlobRef>
  /** Throws PurserError `not_found`. */
  readonly get: (ref: string) => Promise<Uint8Array>
  /** Puts a receipt beside the blobs, before it is booked: if the database is away for long, it can be booked from here. */
  readonly putReceipt: (reservationId: string, token: string, receipt: unknown) => Promise<void>
}
