import type { CallKey } from '../domain/call.ts'
import type { Money } from '../domain/money.ts'
import { callIdOf } from './call-id.ts'
import { asked, moneyOf } from './asked.ts'
import type { Ledger } from './ledger.ts'

/**
 * Ends a run of a call without a booked answer: releases what was not dispatched; a late reserve of this run gets `closed`.
 * An unknown call is closed too (a tombstone). Safe to repeat.
 */
export async function closeCall({ sql }: Ledger, key: CallKey, runId: string): Promise<{ readonly released: Money }> {
  const raw = await asked<{ released: string }>(
    () => sql`
    select purser.close(
      p_call => ${callIdOf(key)}, p_installation => ${key.installation}, p_workflow_id => ${key.workflowId}, p_call_id => ${key.callId}, p_run => ${runId}) as answer`,
  )
  return { released: moneyOf(raw.released) }
}
