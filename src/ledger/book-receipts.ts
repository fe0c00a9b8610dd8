import type { BlobStore, StoredReceipt } from '../domain/blob-store.ts'
import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** How a receipt that lay in the blob store ended: `unbooked` and `uncovered` need a person, `broken` was no receipt and is set aside. */
export type FoundReceipt =
  | { readonly kind: 'settled' | 'uncovered'; readonly reservationId: string }
  | { readonly kind: 'unbooked' | 'failed'; readonly reservationId: string; readonly reason: string }
  | { readonly kind: 'broken'; readonly name: string }

export interface BookedReceipts {
  /** What was not booked before. Receipts whose booking was only not seen are no news. */
  readonly found: readonly FoundReceipt[]
  /** There may be more in the store. */
  readonly more: boolean
}

export interface ReceiptSource {
  readonly blobs: BlobStore
  /** Undefined for what is no receipt. */
  readonly receiptOf: (name: string, text: string) => StoredReceipt | undefined
}

/**
 * Books what lies in the blob store and was never booked: a worker died between its receipt and its settle. Safe to repeat, and beside the
 * settle of a worker that lives. A receipt that cannot be booked harms no other; `failed` ones stay where they are. Throws when the store or
 * the ledger does not answer.
 */
export async function bookReceipts(ledger: Ledger, { blobs, receiptOf }: ReceiptSource, limit: number): Promise<BookedReceipts> {
  const names = await blobs.receipts.waiting(limit)
  const found: FoundReceipt[] = []
  const stored: StoredReceipt[] = []
  for (const name of names) {
    const text = await blobs.receipts.read(name)
    if (text === undefined) continue
    const receipt = receiptOf(name, text)
    if (receipt !== undefined) {
      stored.push(receipt)
      continue
    }
    await blobs.receipts.setAside(name)
    found.push({ kind: 'broken', name })
  }
  const missing = await missingOf(ledger, stored)
  for (const receipt of stored) {
    const booked = missing.has(receipt) ? await settleStored(ledger, receipt) : undefined
    if (booked !== undefined) found.push(booked)
    if (booked?.kind !== 'failed') await blobs.keepReceipt(receipt.reservationId, receipt.token)
  }
  return { found, more: names.length === limit }
}

/** Those that the ledger has nowhere. */
async function missingOf({ sql }: Ledger, stored: readonly StoredReceipt[]): Promise<ReadonlySet<StoredReceipt>> {
  if (stored.length === 0) return new Set()
  const [ids, tokens] = [stored.map((s) => s.reservationId).join(','), stored.map((s) => s.token).join(',')]
  const positions = await asked<number[]>(
    () => sql`select purser.missing_receipts(${`{${ids}}`}::uuid[], ${`{${tokens}}`}::uuid[]) as answer`,
  )
  const missing = new Set(positions)
  return new Set(stored.filter((_, at) => missing.has(at + 1)))
}

type RawSettled = { kind: 'settled' | 'uncovered' } | { kind: 'unbooked'; reason: string }

async function settleStored({ sql }: Ledger, { reservationId, token, receipt }: StoredReceipt): Promise<FoundReceipt> {
  try {
    const raw = await asked<RawSettled>(
      () => sql`
      select purser.settle(p_reservation => ${reservationId}, p_token => ${token}, p_receipt => ${sql.json(receipt as never)}) as answer`,
    )
    return raw.kind === 'unbooked' ? { kind: 'unbooked', reservationId, reason: raw.reason } : { kind: raw.kind, reservationId }
  } catch (error) {
    return { kind: 'failed', reservationId, reason: String(error) }
  }
}
