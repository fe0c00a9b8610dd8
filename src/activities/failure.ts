import { ApplicationFailure } from '@temporalio/common'
import { PurserError } from '../domain/errors.ts'

/** An impossible request ends its job, typed with our code; whatever else goes wrong may pass and is tried again by Temporal. */
export async function typed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof PurserError) throw ApplicationFailure.nonRetryable(error.message, error.code, error.details)
    throw error
  }
}
