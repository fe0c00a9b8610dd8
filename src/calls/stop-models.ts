import type { Ledger } from '../ledger/ledger.ts'
import { stopViolators } from '../ledger/models.ts'
import type { Log } from './log.ts'

/** Stops every model whose answer cost more than its bound, and says so. Whoever is killed before it leaves it to the sweep. */
export async function stopModels(ledger: Ledger, log: Log): Promise<void> {
  for (const { provider, model, attempt } of await stopViolators(ledger))
    log.error('model_stopped: its bound was too low; `purser models raise` lets it go on', { provider, model, attempt })
}
