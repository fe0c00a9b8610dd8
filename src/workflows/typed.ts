import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow'

/** What an activity failed with, one level up: so that a workflow's author catches `error.type`, and the job's failure carries it. */
export async function typed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error
    if (error.cause instanceof ApplicationFailure) {
      const { message, type, details, nonRetryable } = error.cause
      throw ApplicationFailure.create({
        message,
        type: type ?? 'failed',
        details: details ?? [],
        nonRetryable: nonRetryable ?? false,
        cause: error,
      })
    }
    // Who asks for money only, or reads, cannot have been billed.
    if (!(error.cause instanceof TimeoutFailure)) throw error
    throw ApplicationFailure.create({
      message: `${error.activityType} did not end in time, or its worker was lost; if a request was sent, its money stays held`,
      type: error.activityType === 'reserveBudget' ? 'timed_out' : 'in_doubt',
      nonRetryable: true,
      cause: error,
    })
  }
}
