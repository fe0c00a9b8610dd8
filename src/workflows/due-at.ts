import { workflowInfo } from '@temporalio/workflow'

/** When the schedule was due: a late run still does what it was meant for. */
export function dueAt(): Date {
  const due: unknown = workflowInfo().searchAttributes['TemporalScheduledStartTime']?.[0]
  return due instanceof Date ? due : workflowInfo().startTime
}
