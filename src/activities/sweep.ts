import { log } from '@temporalio/activity'
import type { Ledger } from '../ledger/ledger.ts'
import { pruneOutbox } from '../ledger/outbox.ts'
import { sweep, type Swept } from '../ledger/sweep.ts'

const PAGE_SIZE = 500

export type SweepActivities = ReturnType<typeof createSweepActivities>

export function createSweepActivities({ ledger }: { readonly ledger: Ledger }) {
  return {
    /** One page of what time does: holds that end, requests in doubt, doubts that are presumed spent; after the last, events that everybody has read. */
    async sweepLedger(): Promise<Swept> {
      const swept = await sweep(ledger, PAGE_SIZE)
      if (!swept.more) await pruneOutbox(ledger)
      if (swept.presumed > 0) log.warn('presumed: requests without an answer are booked at their full amount', { ...swept })
      return swept
    },
  }
}
