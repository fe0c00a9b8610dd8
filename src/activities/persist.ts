import { Context, log } from '@temporalio/activity'
import { persist as persistLogging, persistUnsent as persistUnsentLogging, type Say } from '../calls/persist.ts'

export { pause, type Say } from '../calls/persist.ts'

const HEARTBEAT_MS = 5_000
/** Before, nothing beats: the first beat of an activity is a request of its own and a write for Temporal's server, and many calls are over by then. */
const FIRST_BEAT_MS = 1_000

/** Beats as long as the work runs, also while it only waits; the last stage shows in Temporal UI as the pending activity's details (a change within half a minute, because the SDK sends few beats). */
export async function withHeartbeat<T>(work: (say: Say) => Promise<T>): Promise<T> {
  const context = Context.current()
  let stage = 'starting'
  let beats = false
  const beat = (): void => {
    beats = true
    context.heartbeat(stage)
  }
  const timers = [setTimeout(beat, FIRST_BEAT_MS), setInterval(beat, HEARTBEAT_MS)]
  try {
    return await work((next) => {
      stage = next
      if (beats) beat()
    })
  } finally {
    for (const timer of timers) clearTimeout(timer)
  }
}

/** Asks the ledger until it answers, and tells Temporal's log when it does not. Throws PurserError, which is not repeated. */
export const persist = <T>(say: Say, what: string, ask: () => Promise<T>): Promise<T> => persistLogging({ say, log }, what, ask)

/** The same while nothing has been sent: a fault in our own code comes out at once, and Temporal shows it and tries again. */
export const persistUnsent = <T>(say: Say, what: string, ask: () => Promise<T>): Promise<T> => persistUnsentLogging({ say, log }, what, ask)
