import { proxyActivities } from '@temporalio/workflow'
import type { RateActivities, RateState } from '../activities/rates.ts'

const rates = proxyActivities<RateActivities>({
  // The page has 15 seconds; the rest is for a busy database.
  startToCloseTimeout: '30 seconds',
  // Half an hour in all: after that the next day tries, and the last known rate holds.
  retry: { initialInterval: '1 minute', maximumInterval: '10 minutes', maximumAttempts: 5 },
})

export interface DailyRatesResult extends RateState {
  readonly added: number
  /** The page did not come, or could not be read. */
  readonly failed: boolean
}

/** The day's euro rate; and whether the newest one is still young, also when none came. */
export async function dailyRates(): Promise<DailyRatesResult> {
  const fetched = await rates.fetchRates().then(
    ({ added }) => ({ added, failed: false }),
    () => ({ added: 0, failed: true }),
  )
  return { ...fetched, ...(await rates.checkRates()) }
}
