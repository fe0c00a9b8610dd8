import { CancellationScope, isCancellation, proxyActivities } from '@temporalio/workflow'
import type { DeliverActivities } from '../activities/deliver.ts'
import type { DeliveryJob, DeliveryPolicy, DeliveryState } from '../domain/notice.ts'

const ledger = proxyActivities<Pick<DeliverActivities, 'giveUp'>>({
  startToCloseTimeout: '30 seconds',
  // Until the ledger answers: nothing else says that it is dead.
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
})

/** How each destination's delivery has ended. */
export interface DeliverNoticeResult {
  readonly delivered: readonly string[]
  readonly dead: readonly string[]
}

/** Brings one notice to its destinations. None waits for another; each is tried until it has it, or the policy's time is over. */
export async function deliverNotice({ noticeId, run, destinations, policy }: DeliveryJob): Promise<DeliverNoticeResult> {
  const ended = await Promise.all(
    destinations.map(async ({ id, name }) => ({ name, state: await delivered({ noticeId, run, destinationId: id, name, policy }) })),
  )
  const named = (wanted: DeliveryState): string[] => ended.filter(({ state }) => state === wanted).map(({ name }) => name)
  return { delivered: named('delivered'), dead: named('dead') }
}

interface OneDelivery {
  readonly noticeId: string
  readonly destinationId: number
  readonly run: number
  readonly name: string
  readonly policy: DeliveryPolicy
}

async function delivered({ name, ...delivery }: OneDelivery): Promise<DeliveryState> {
  const { policy, ...of } = delivery
  const { attemptDelivery } = proxyActivities<Pick<DeliverActivities, 'attemptDelivery'>>({
    startToCloseTimeout: policy.attemptMs,
    scheduleToCloseTimeout: policy.totalMs,
    // Of a worker that was lost, or a ledger that is away; what a receiver refuses names its own pause.
    retry: { initialInterval: policy.firstPauseMs, backoffCoefficient: 2, maximumInterval: policy.longestPauseMs },
  })
  try {
    return await attemptDelivery.executeWithOptions({ summary: name }, [delivery])
  } catch (error) {
    const why = isCancellation(error) ? 'its job was cancelled' : `not delivered within ${inWords(policy.totalMs)}`
    // A cancelled job must not leave a delivery that nobody tries and that nobody is told of.
    return CancellationScope.nonCancellable(() => ledger.giveUp.executeWithOptions({ summary: `${name}: give up` }, [{ ...of, why }]))
  }
}

const HOUR_MS = 3_600_000

const inWords = (ms: number): string => (ms >= HOUR_MS ? `${Math.round(ms / HOUR_MS)} hours` : `${Math.round(ms / 1000)} seconds`)
