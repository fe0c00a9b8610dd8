import { log } from '@temporalio/activity'
import { ApplicationFailure } from '@temporalio/common'
import { deliver, type DeliverOptions } from '../delivery/deliver.ts'
import { pauseMs, type DeliveryPolicy, type DeliveryState } from '../domain/notice.ts'
import { beginDelivery, endDelivery, giveUpDelivery, type DeliveryRun } from '../ledger/deliveries.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { typed } from './failure.ts'

export interface DeliverDependencies {
  readonly ledger: Ledger
  readonly delivery: DeliverOptions
}

export type DeliverActivities = ReturnType<typeof createDeliverActivities>

export function createDeliverActivities({ ledger, delivery }: DeliverDependencies) {
  return {
    /**
     * One attempt. Its secrets and its answer stay here: a job sees only how the delivery stands. Throws `not_delivered`, with the pause until the next attempt; an
     * attempt whose end could not be written is made again, so a receiver may get a notice twice, with the same id.
     */
    async attemptDelivery(run: DeliveryRun & { readonly policy: DeliveryPolicy }): Promise<DeliveryState> {
      const begun = await typed(() => beginDelivery(ledger, run))
      if (begun.kind === 'over') return begun.state
      const outcome = await deliver(begun, delivery, (facts) => log.info('notice', { ...facts }))
      const told = { notice: run.noticeId, type: begun.type, destination: begun.destination.name, attempt: begun.attempt }
      if (outcome.kind !== 'failed') {
        await endDelivery(ledger, run, outcome)
        if (outcome.kind !== 'delivered')
          log.error('a notice could not be delivered, and is not tried again', { ...told, error: outcome.error })
        return outcome.kind === 'delivered' ? 'delivered' : 'dead'
      }
      const pause = pauseMs(run.policy, begun.attempt, outcome.retryAfterMs ?? 0, Math.random())
      await endDelivery(ledger, run, { ...outcome, nextAt: new Date(Date.now() + pause) })
      log.warn('a notice was not delivered, and will be tried again', { ...told, error: outcome.error, pauseMs: pause })
      throw ApplicationFailure.create({ type: 'not_delivered', message: outcome.error, nextRetryDelay: pause, category: 'BENIGN' })
    },

    /** It is tried no more: dead, unless it has ended. */
    async giveUp({ why, ...run }: DeliveryRun & { readonly why: string }): Promise<DeliveryState> {
      const { state, error, attempts } = await typed(() => giveUpDelivery(ledger, run, why))
      if (state === 'dead')
        log.error('a notice could not be delivered: `purser deliveries list --state dead` shows it, and it can be sent again', {
          notice: run.noticeId,
          destination: run.destinationId,
          attempts,
          why,
          error,
        })
      return state
    },
  }
}
