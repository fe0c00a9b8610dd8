import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client'
import { DELIVER_NOTICE, type DeliveryJob, type DeliveryPolicy } from '../domain/notice.ts'
import type { NoticeStart } from '../ledger/notice-starts.ts'

const START_LIMIT_MS = 5_000

/** Starts a notice's workflow in Temporal, once: also after it has ended. Throws what Temporal throws, when it does not answer. */
export const startWorkflowOf =
  ({ client, taskQueue, policy }: { readonly client: Client; readonly taskQueue: string; readonly policy: DeliveryPolicy }) =>
  async ({ workflowId, noticeId, type, run, destinations }: NoticeStart): Promise<void> => {
    const job: DeliveryJob = { noticeId, type, run, destinations, policy }
    try {
      await client.connection.withDeadline(Date.now() + START_LIMIT_MS, () =>
        client.workflow.start(DELIVER_NOTICE, {
          taskQueue,
          workflowId,
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          workflowIdConflictPolicy: 'USE_EXISTING',
          args: [job],
          staticSummary: `${type} to ${destinations.map(({ name }) => name).join(', ')}`.slice(0, 200),
        }),
      )
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    }
  }
