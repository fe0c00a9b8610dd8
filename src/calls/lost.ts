import type { BlobStore } from '../domain/blob-store.ts'
import type { LedgerAnswer } from '../ledger/answers.ts'
import { bookReceipts, type FoundReceipt } from '../ledger/book-receipts.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { markInDoubt, type MarkInDoubtRequest } from '../ledger/mark-in-doubt.ts'
import { receiptOf } from '../schema/receipt-file.ts'
import type { Log } from './log.ts'
import { persist, type Voice } from './persist.ts'

/** What lies in the store unbooked is what lost processes had in hand: rarely more than one receipt. */
const RECEIPTS_AT_ONCE = 100

/**
 * The state of a request that another process sent, once its time is over: in doubt. Then what that process had in hand may lie in the blob store, and is
 * booked, so that nobody pays again for an answer that is there. A store that does not answer leaves the doubt to the sweep.
 */
export async function doubted(
  voice: Voice & { readonly ledger: Ledger; readonly blobs: BlobStore },
  lost: Pick<MarkInDoubtRequest, 'reservationId' | 'why' | 'afterMs'>,
): Promise<LedgerAnswer> {
  const mark = (): Promise<LedgerAnswer> =>
    persist(voice, 'mark in doubt', () => markInDoubt(voice.ledger, { ...lost, token: undefined, durationMs: undefined }))
  const state = await mark()
  if (state.kind !== 'in_doubt') return state
  try {
    const { found } = await bookReceipts(voice.ledger, { blobs: voice.blobs, receiptOf }, RECEIPTS_AT_ONCE)
    for (const receipt of found) sayFound(voice.log, receipt)
  } catch (error) {
    voice.log.warn('the receipts of a lost process could not be read; the sweep will', { error: String(error) })
  }
  return mark()
}

/** Says what became of a receipt that lay in the blob store unbooked. */
export function sayFound(log: Log, receipt: FoundReceipt): void {
  const { kind, ...told } = receipt.kind === 'broken' ? receipt : { ...receipt, cost: receipt.cost.toString() }
  switch (kind) {
    case 'settled':
      return log.warn('booked from its receipt: the worker that had this answer was lost', told)
    case 'broken':
      return log.error('broken: no receipt, though it lies among them; it is set aside', told)
    case 'failed':
      return log.error('a receipt could not be booked now; its attempt is not presumed', told)
    case 'uncovered':
    case 'unbooked':
      return log.error(`${kind}: an answer needs a person`, told)
  }
}
