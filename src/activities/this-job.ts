import { Context } from '@temporalio/activity'
import { assert } from '../domain/errors.ts'

/** The job that this activity works for, as Temporal names it. No name is a broken promise: an empty one would be the key of everybody's calls. */
export function thisJob(): { readonly workflowId: string; readonly runId: string } {
  const { workflowId = '', runId = '' } = Context.current().info.workflowExecution ?? {}
  assert(workflowId !== '' && runId !== '', 'an activity without a workflow id and a run id')
  return { workflowId, runId }
}
