import { WorkflowNotFoundError, type Client } from '@temporalio/client'
import { YOUR_TURN } from '../domain/refusal.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { noteHint, wakeWaiters, type Hint } from '../ledger/waiters.ts'
import { untilStopped, type Running } from '../until-stopped.ts'

export interface TellTurns {
  readonly ledger: Pick<Ledger, 'sql'>
  readonly client: Client
  readonly installation: string
  readonly warn: (message: string, facts: Readonly<Record<string, unknown>>) => void
}

/** Money that is free waits so long at most for its next caller, while everything answers. */
const EVERY_MS = 250
/** At once, so that money for thousands does not fill a worker's connections. */
const HINTS_MAX = 100
const SIGNAL_LIMIT_MS = 5_000

/** Tells calls that wait for money when it is their turn to ask again. Any number of workers may do it side by side. A hint that is lost is sent again, and each call looks by itself, too. */
export const tellTurns = ({ ledger, client, installation, warn }: TellTurns): Running =>
  untilStopped(
    async () => {
      const hints = await wakeWaiters(ledger, { installation, limit: HINTS_MAX })
      const ends = await Promise.allSettled(hints.map(async (hint) => noteHint(ledger, hint.call, await signalled(client, hint))))
      const failed = ends.find((end) => end.status === 'rejected')
      if (failed !== undefined) throw failed.reason
      return hints.length === HINTS_MAX ? 0 : EVERY_MS
    },
    (error) => warn('who waits for money is not told now', { error: String(error) }),
  )

async function signalled(client: Client, { workflowId, callId }: Hint): Promise<'sent' | 'gone'> {
  try {
    await client.connection.withDeadline(Date.now() + SIGNAL_LIMIT_MS, () =>
      client.workflow.getHandle(workflowId).signal(YOUR_TURN, callId),
    )
    return 'sent'
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'gone'
    throw error
  }
}
