import { proxyActivities } from '@temporalio/workflow'
import type { AccountActivities, AccountStatus } from '../activities/accounts.ts'
import type { AccountInput } from '../schema/account-input.ts'

const accounts = proxyActivities<AccountActivities>({
  // One short transaction; a database that is away for long is waited for.
  startToCloseTimeout: '10 seconds',
  scheduleToCloseTimeout: '1 hour',
  retry: { initialInterval: '200ms', maximumInterval: '10 seconds' },
})

/** The client's door to accounts: app backends reach Temporal, not the ledger's database. */
export async function ensureAccount(input: AccountInput): Promise<AccountStatus> {
  return accounts.ensureAccount.executeWithOptions({ summary: 'make the account, if it is not there' }, [input])
}
