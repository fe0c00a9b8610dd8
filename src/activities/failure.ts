import { ApplicationFailure } from '@temporalio/common'
import { isRecovering, PurserError } from '../domain/errors.ts'

/** So often it is asked whether a recovering ledger is whole again. */
const RECOVERING_RETRY_MS = 5_000

/** An impossible request ends its job, typed with our code; whatever else goes wrong may pass and is tried again by Temporal. */
export async function typed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isRecovering(error))
      throw ApplicationFailure.create({ type: error.code, message: error.message, nextRetryDelay: RECOVERING_RETRY_MS })
    if (error instanceof PurserError) throw ApplicationFailure.nonRetryable(error.message, error.code, error.details)
    throw error
  }
}
