import type { BlobRef } from './call.ts'

/** Where pictures and receipts are kept, outside the database and outside Temporal. Writing the same bytes twice is one blob. */
export interface BlobStore {
  readonly put: (bytes: Uint8Array, mimeType: string) => Promise<BlobRef>
  /** Throws PurserError `not_found`. */
  readonly get: (ref: string) => Promise<Uint8Array>
  /** Puts a receipt beside the blobs, before it is booked: if the worker dies or the database is away for long, it can be booked from here. */
  readonly putReceipt: (reservationId: string, token: string, receipt: unknown) => Promise<void>
  /** It is booked: from now on it is only kept, by the day. No effect when somebody else was first. */
  readonly keepReceipt: (reservationId: string, token: string) => Promise<void>
  readonly receipts: ReceiptShelf
  /** The epoch that a ledger had when somebody last looked; undefined: nobody has. Kept outside the database, so a restored one is found to be behind. */
  readonly epochOf: (ledgerId: string) => Promise<bigint | undefined>
  readonly putEpoch: (ledgerId: string, epoch: bigint) => Promise<void>
}

/** A receipt as it lies in the store, and goes to the ledger. */
export interface StoredReceipt {
  readonly reservationId: string
  readonly token: string
  /** In nano-EUR; zero where it names none. */
  readonly cost: bigint
  readonly receipt: unknown
}

/** The receipts of a blob store, for those who book what nobody booked. Many may work on it at the same time. A name ends in `<reservation>.<token>.json`. */
export interface ReceiptShelf {
  /** Names of receipts that were put and not kept yet, `limit` at most, in no order. There are few, whatever the age of the store. */
  readonly waiting: (limit: number) => Promise<string[]>
  /** Names of receipts that were kept on this day (UTC) or later, in pages. */
  readonly keptSince: (day: Date) => AsyncIterable<readonly string[]>
  /** The text of a receipt; undefined when it does not lie there any more. */
  readonly read: (name: string) => Promise<string | undefined>
  /** Out of everybody's way, for a person: what lies there is no receipt. */
  readonly setAside: (name: string) => Promise<void>
  /** Forgets receipts that were kept before this day, and what writers left behind that were killed. Answers how many days went. */
  readonly forgetBefore: (day: Date) => Promise<number>
}
