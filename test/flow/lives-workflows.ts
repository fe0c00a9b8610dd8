/** Jobs that live more than once: retried by Temporal, continued as new, run by a cron schedule. */
import { ApplicationFailure, continueAsNew, workflowInfo } from '@temporalio/workflow'
import type { ModelRequest } from '../../src/domain/model-request.ts'
import { modelCall } from '../../src/workflows/model-call.ts'

const request = (prompt: string): ModelRequest => ({
  provider: 'gemini',
  model: 'gemini-2.5-flash-lite',
  endpoint: 'generateContent',
  tier: 'standard',
  prompt,
  output: { kind: 'text' },
  maxOutputTokens: 64,
})

async function call(account: string, callId: string): Promise<string> {
  const answer = await modelCall({
    callId,
    label: callId,
    scope: { account, feature: 'lives' },
    request: request(`a word for ${account}`),
    ledgerMode: 'activity',
  })
  return answer.kind === 'answered' ? answer.reservationId : answer.kind
}

/** Fails behind its call until its third run. */
export async function retried(account: string): Promise<{ readonly attempt: number; readonly heard: string }> {
  const heard = await call(account, 'only')
  const { attempt } = workflowInfo()
  if (attempt < 3) throw ApplicationFailure.retryable(`run ${attempt} fails behind its call`)
  return { attempt, heard }
}

/** One call a run, each with a number that goes on; or each with the same name. */
export async function continued(
  account: string,
  runs: number,
  numbered: boolean,
  heard: readonly string[] = [],
): Promise<readonly string[]> {
  const all = [...heard, await call(account, numbered ? `call ${heard.length + 1}` : 'call')]
  if (all.length < runs) await continueAsNew<typeof continued>(account, runs, numbered, all)
  return all
}

/** One call a run, named by when the run was due. */
export async function scheduled(account: string): Promise<string> {
  return call(account, `tick ${workflowInfo().runStartTime.toISOString()}`)
}
