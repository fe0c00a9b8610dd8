import type { Client } from '@temporalio/client'
import { defaultPayloadConverter } from '@temporalio/common'

/** What a job's history shows of one activity. */
export interface ActivityRow {
  readonly type: string
  readonly summary: string | undefined
}

/** The activities of a job in the order in which they were scheduled, and how many local ones it recorded. */
export async function rowsOf(
  client: Client,
  workflowId: string,
): Promise<{ rows: ActivityRow[]; localMarkers: number; largestBytes: number }> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory()
  const rows: ActivityRow[] = []
  let localMarkers = 0
  let largestBytes = 0
  for (const event of events ?? []) {
    const scheduled = event.activityTaskScheduledEventAttributes
    if (scheduled) {
      const summary = event.userMetadata?.summary
      rows.push({
        type: scheduled.activityType?.name ?? '',
        summary: summary === undefined || summary === null ? undefined : defaultPayloadConverter.fromPayload<string>(summary),
      })
    }
    if (event.markerRecordedEventAttributes?.markerName === 'core_local_activity') localMarkers += 1
    largestBytes = Math.max(largestBytes, JSON.stringify(event).length)
  }
  return { rows, localMarkers, largestBytes }
}

/** Resets a job, running or ended, to its first workflow task: everything after it is done again by a new run. */
export const resetToFirstTask = (client: Client, workflowId: string): Promise<void> => resetToTask(client, workflowId, 1)

/** The same, to its n-th workflow task. */
export async function resetToTask(client: Client, workflowId: string, number: number): Promise<void> {
  const { namespace } = client.options
  const handle = client.workflow.getHandle(workflowId)
  const { runId } = await handle.describe()
  const { events } = await handle.fetchHistory()
  const task = events?.filter((event) => event.workflowTaskCompletedEventAttributes)[number - 1]
  await client.workflowService.resetWorkflowExecution({
    namespace,
    workflowExecution: { workflowId, runId },
    reason: 'a test',
    requestId: `${workflowId}-reset`,
    workflowTaskFinishEventId: task?.eventId ?? null,
  })
}
