import { randomBytes } from 'node:crypto'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { until } from '../support/until.ts'

/** A namespace of one's own: `purser setup` and the worker register their search attributes and schedule in it. */
export async function newNamespace(temporal: TestWorkflowEnvironment): Promise<string> {
  const namespace = `cli-${randomBytes(4).toString('hex')}`
  const { workflowService } = temporal.connection
  await workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: { seconds: 86_400 as never } })
  await until('the new namespace', () =>
    workflowService.listOpenWorkflowExecutions({ namespace, maximumPageSize: 1, startTimeFilter: {} }).then(
      () => true,
      () => false,
    ),
  )
  return namespace
}
