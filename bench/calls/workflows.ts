import { proxyActivities } from '@temporalio/workflow'
import type { ModelRequest } from '../../src/domain/model-request.ts'
import { modelCall } from '../../src/workflows/model-call.ts'
import type { BareActivities } from './bare.ts'

export interface JobInput {
  readonly account: string
  readonly request: ModelRequest
  readonly calls: number
}

const bare = proxyActivities<BareActivities>({
  startToCloseTimeout: '135 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { maximumAttempts: 6, initialInterval: '1 second' },
})

/** So many calls one after the other, as an app makes them that counts nothing. */
export async function bareJob({ calls, request }: JobInput): Promise<void> {
  for (let call = 1; call <= calls; call += 1) await bare.bareCall(request)
}

/** The same calls under budget. */
export async function budgetedJob({
  account,
  calls,
  request,
  ledgerMode,
}: JobInput & { readonly ledgerMode: 'local' | 'activity' }): Promise<void> {
  for (let call = 1; call <= calls; call += 1) {
    const answer = await modelCall({
      callId: `call-${call}`,
      label: `call ${call}`,
      scope: { account, feature: 'bench' },
      request,
      ledgerMode,
    })
    if (answer.kind !== 'answered') throw new Error(`a call was ${answer.kind}`)
  }
}
