import type { BlobStore, StoredReceipt } from '../domain/blob-store.ts'
import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** How a receipt that lay in the blob store ended: `unbooked` and `uncovered` need a person, `broken` was no receipt and is set aside. */
export type FoundReceipt =
  | { readonly kind: 'settled' | 'uncovered'; readonly reservationId: string; readonly cost: bigint }
  | { readonly kind: 'unbooked' | 'failed'; readonly reservationId: string; readonly cost: bigint; readonly reason: string }
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
export async function bookReceipts(ledger: Ledger, source: ReceiptSource, limit: number): Promise<BookedReceipts> {
  const names = await source.blobs.receipts.waiting(limit)
  const found: FoundReceipt[] = []
  const stored: StoredReceipt[] = []
  const seen = new Set<string>()
  for (const name of names) {
    const receipt = await readReceipt(source, name)
    if (typeof receipt === 'object') {
      // One that was put twice is one.
      const key = `${receipt.reservationId} ${receipt.token}`
      if (seen.has(key)) continue
      seen.add(key)
    }
    if (receipt === 'broken') {
      await source.blobs.receipts.setAside(name)
      found.push({ kind: 'broken', name })
    } else if (receipt !== 'gone') stored.push(receipt)
  }
  const missing = await missingOf(ledger, stored)
  for (const receipt of stored) {
    const booked = missing.has(receipt) ? await settleStored(ledger, receipt) : undefined
    if (booked !== undefined) found.push(booked)
    if (booked?.kind !== 'failed') await source.blobs.keepReceipt(receipt.reservationId, receipt.token)
  }
  return { found, more: names.length >= limit }
}

/** Of the receipts with these names those that the ledger has nowhere: only they are read. What is no receipt is left out. */
export async function missingReceipts(ledger: Ledger, source: ReceiptSource, names: readonly string[]): Promise<StoredReceipt[]> {
  const missing: StoredReceipt[] = []
  for (const { name } of await missingOf(ledger, names.flatMap(namedBy))) {
    const receipt = await readReceipt(source, name)
    if (receipt !== 'broken' && receipt !== 'gone') missing.push(receipt)
  }
  return missing
}

const NAME = /(?<reservationId>[0-9a-f-]{36})\.(?<token>[0-9a-f-]{36})\.json$/

function namedBy(name: string): (Named & { readonly name: string })[] {
  const { reservationId, token } = NAME.exec(name)?.groups ?? {}
  return reservationId === undefined || token === undefined ? [] : [{ name, reservationId, token }]
}

async function readReceipt({ blobs, receiptOf }: ReceiptSource, name: string): Promise<StoredReceipt | 'broken' | 'gone'> {
  const text = await blobs.receipts.read(name)
  return text === undefined ? 'gone' : (receiptOf(name, text) ?? 'broken')
}

type Named = Pick<StoredReceipt, 'reservationId' | 'token'>

/** Those that the ledger has nowhere. */
async function missingOf<T extends Named>({ sql }: Ledger, stored: readonly T[]): Promise<ReadonlySet<T>> {
  if (stored.length === 0) return new Set()
  const [ids, tokens] = [stored.map((s) => s.reservationId).join(','), stored.map((s) => s.token).join(',')]
  const positions = await asked<number[]>(
    () => sql`select purser.missing_receipts(${`{${ids}}`}::uuid[], ${`{${tokens}}`}::uuid[]) as answer`,
  )
  const missing = new Set(positions)
  return new Set(stored.filter((_, at) => missing.has(at + 1)))
}

type RawSettled = { kind: 'settled' | 'uncovered' } | { kind: 'unbooked'; reason: string }

/** Never throws: what could not be booked now is `failed`. */
export async function settleStored({ sql }: Ledger, { reservationId, token, cost, receipt }: StoredReceipt): Promise<FoundReceipt> {
  try {
    const raw = await asked<RawSettled>(
      () => sql`
      select purser.settle(p_reservation => ${reservationId}, p_token => ${token}, p_receipt => ${sql.json(receipt as never)}) as answer`,
    )
    return raw.kind === 'unbooked' ? { kind: 'unbooked', reservationId, cost, reason: raw.reason } : { kind: raw.kind, reservationId, cost }
  } catch (error) {
    return { kind: 'failed', reservationId, cost, reason: String(error) }
  }
}
