import { proxyActivities } from '@temporalio/workflow'
import type { SweepActivities } from '../activities/sweep.ts'

const ledger = proxyActivities<SweepActivities>({
  // A page of attempts is far below a second; the limit is for a busy database.
  startToCloseTimeout: '30 seconds',
  // The next minute's run does the same work.
  retry: { initialInterval: '1 second', maximumAttempts: 5 },
})

/** Pages of one run, so that a great backlog cannot make its history long: the next minute goes on. */
const PAGES_MAX = 100

export interface SweepResult {
  /** Answers that a lost worker had put into the blob store, and that nobody had booked. */
  readonly booked: number
  readonly released: number
  readonly inDoubt: number
  readonly presumed: number
}

/** What time does to attempts that nobody ends, whatever became of their jobs: it does not ask Temporal. */
export async function sweep(): Promise<SweepResult> {
  const total = { booked: 0, released: 0, inDoubt: 0, presumed: 0 }
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const swept = await ledger.sweepLedger()
    // What a worker of the version before answers has none.
    total.booked += swept.booked ?? 0
    total.released += swept.released
    total.inDoubt += swept.inDoubt
    total.presumed += swept.presumed
    if (!swept.more) break
  }
  return total
}
