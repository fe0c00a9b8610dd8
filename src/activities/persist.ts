import { Context, log } from '@temporalio/activity'
import { PurserError } from '../domain/errors.ts'

const HEARTBEAT_MS = 5_000
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000

/** A pause that a cancellation does not cut short. */
export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** Beats as long as the work runs, also while it only waits; the last stage shows in Temporal UI as the pending activity's details. */
export async function withHeartbeat<T>(work: (say: (stage: string) => void) => Promise<T>): Promise<T> {
  const context = Context.current()
  let stage = 'starting'
  const timer = setInterval(() => context.heartbeat(stage), HEARTBEAT_MS)
  try {
    return await work((next) => {
      stage = next
      context.heartbeat(stage)
    })
  } finally {
    clearInterval(timer)
  }
}

/**
 * Asks the ledger until it answers: it may be away for long, and what is in hand must not be thrown away, not even after Temporal has given
 * up the activity. Ends only with the process. Throws PurserError, which is not repeated: the ledger calls the request impossible.
 */
export async function persist<T>(what: string, ask: () => Promise<T>): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await ask()
    } catch (error) {
      if (error instanceof PurserError) throw error
      log.warn(`the ledger does not answer (${what}); asking again`, { error: String(error), pauseMs })
      await pause(pauseMs)
    }
  }
}
