import { Context, log } from '@temporalio/activity'
import { PurserError } from '../domain/errors.ts'

const HEARTBEAT_MS = 5_000
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000

/** A pause that a cancellation does not cut short. */
export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** Says what an activity does now. */
export type Say = (stage: string) => void

/** Beats as long as the work runs, also while it only waits; the last stage shows in Temporal UI as the pending activity's details (a change within half a minute, because the SDK sends few beats). */
export async function withHeartbeat<T>(work: (say: Say) => Promise<T>): Promise<T> {
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
export async function persist<T>(say: Say, what: string, ask: () => Promise<T>): Promise<T> {
  let isAway = false
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      const answer = await ask()
      if (isAway) say(`the ledger answers again (${what})`)
      return answer
    } catch (error) {
      if (error instanceof PurserError) throw error
      if (!isAway) say(`the ledger does not answer (${what}); asking again until it does`)
      isAway = true
      log.warn(`the ledger does not answer (${what}); asking again`, { error: String(error), pauseMs })
      await pause(pauseMs)
    }
  }
}
