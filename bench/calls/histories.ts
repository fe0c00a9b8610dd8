import type { WorkflowHandle } from '@temporalio/client'

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>
type Event = NonNullable<History['events']>[number]

export interface HistoryCost {
  /** What Temporal Cloud bills for, a call: activities, and the markers of each workflow task together. The job's own start is left out. */
  readonly actions: number
  /** Events of the history, a call; those of the job's own start and end are left out. */
  readonly events: number
  /** From one call's end to the next one's: all calls but the first. */
  readonly callMs: readonly number[]
}

/** WorkflowExecutionStarted, the first workflow task's three, WorkflowExecutionCompleted. */
const EVENTS_OF_A_JOB = 5

/** What a job's calls cost Temporal, read from its history. */
export function costInHistory({ events }: History, calls: number): HistoryCost {
  const all = events ?? []
  const ends = all.flatMap((event) => (isCallEnd(event, all) ? [msOf(event)] : []))
  const scheduled = all.filter((event) => event.activityTaskScheduledEventAttributes).length
  const markedBy = new Set(
    all.flatMap(({ markerRecordedEventAttributes: marker }) => (marker ? [String(marker.workflowTaskCompletedEventId)] : [])),
  )
  return {
    actions: (scheduled + markedBy.size) / calls,
    events: (all.length - EVENTS_OF_A_JOB) / calls,
    callMs: ends.slice(1).map((end, i) => end - (ends[i] ?? end)),
  }
}

function isCallEnd({ activityTaskCompletedEventAttributes: completed }: Event, all: readonly Event[]): boolean {
  if (!completed) return false
  const scheduled = all.find(({ eventId }) => String(eventId) === String(completed.scheduledEventId))
  const name = scheduled?.activityTaskScheduledEventAttributes?.activityType?.name
  return name === 'callModel' || name === 'bareCall'
}

const msOf = ({ eventTime }: Event): number => Number(eventTime?.seconds ?? 0) * 1_000 + (eventTime?.nanos ?? 0) / 1_000_000
