import { log } from '@temporalio/activity'
import { sayFound } from '../calls/lost.ts'
import { stopModels } from '../calls/stop-models.ts'
import type { BlobStore } from '../domain/blob-store.ts'
import { bookReceipts } from '../ledger/book-receipts.ts'
import { endRaises } from '../ledger/end-raises.ts'
import { checkEpoch } from '../ledger/epoch.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { pruneOutbox } from '../ledger/outbox.ts'
import { trimCache } from '../ledger/response-cache.ts'
import { sweep, type MayPresume, type Swept } from '../ledger/sweep.ts'
import { receiptOf } from '../schema/receipt-file.ts'

const PAGE_SIZE = 500
/** Longer than any backup from which a ledger may be restored: what it does not know is booked again from the receipts. */
const RECEIPTS_KEPT_MS = 35 * 24 * 3_600_000

export interface SweepDependencies {
  readonly ledger: Ledger
  readonly blobs: BlobStore
}

export type SweepActivities = ReturnType<typeof createSweepActivities>

export function createSweepActivities({ ledger, blobs }: SweepDependencies) {
  return {
    /**
     * One page of what nobody ended. First it is looked whether the ledger is the one that was seen last: else nothing is swept. Then the receipts that a worker put and did not book, because a presumption must not come before an
     * answer; then what time does: holds that end, requests in doubt, doubts that are presumed spent, raises that are over; after the last page, what everybody has
     * read or needs no more.
     */
    async sweepLedger(): Promise<Swept & { readonly booked: number }> {
      await compare({ ledger, blobs })
      const receipts = await bookWaiting({ ledger, blobs })
      const swept = await sweep(ledger, PAGE_SIZE, receipts.presume)
      // A worker that booked an answer above its bound may have been killed before it stopped the model.
      await stopModels(ledger, log)
      const raises = await endRaises(ledger, PAGE_SIZE)
      const more = swept.more || receipts.more || raises === PAGE_SIZE
      if (!more) await forget({ ledger, blobs })
      if (swept.presumed > 0) log.warn('presumed: requests without an answer are booked at their full amount', { ...swept })
      return { ...swept, booked: receipts.booked, more }
    },
  }
}

/** The copy that the blob store keeps of the ledger's epoch is a minute old at most. */
async function compare({ ledger, blobs }: SweepDependencies): Promise<void> {
  try {
    const state = await checkEpoch(ledger, blobs)
    if (state.kind === 'recovering') log.error('recovering: nothing starts until `purser recover` has run', { ...state })
  } catch (error) {
    log.error('the ledger could not be compared with the blob store', { error: String(error) })
  }
}

interface Waiting {
  readonly booked: number
  readonly more: boolean
  readonly presume: MayPresume
}

/** A store that does not answer keeps nobody's unsent money: only nothing is presumed until it does. */
async function bookWaiting({ ledger, blobs }: SweepDependencies): Promise<Waiting> {
  try {
    const { found, more } = await bookReceipts(ledger, { blobs, receiptOf }, PAGE_SIZE)
    for (const receipt of found) sayFound(log, receipt)
    const failed = found.flatMap((receipt) => (receipt.kind === 'failed' ? [receipt.reservationId] : []))
    const booked = found.filter(({ kind }) => kind === 'settled' || kind === 'uncovered').length
    // A page of nothing but failures would come again and again.
    return { booked, more: more && failed.length < PAGE_SIZE, presume: more ? 'none' : { allBut: failed } }
  } catch (error) {
    log.error('the receipts that nobody booked could not be read; nothing is presumed until they can', { error: String(error) })
    return { booked: 0, more: false, presume: 'none' }
  }
}

async function forget({ ledger, blobs }: SweepDependencies): Promise<void> {
  await pruneOutbox(ledger)
  await trimCache(ledger, PAGE_SIZE)
  await blobs.receipts.forgetBefore(new Date(Date.now() - RECEIPTS_KEPT_MS)).catch((error: unknown) => {
    log.warn('old receipts could not be removed', { error: String(error) })
  })
}
