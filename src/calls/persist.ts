import { isRecovering, PurserError } from '../domain/errors.ts'
import type { Log } from './log.ts'

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000

/** A pause that a cancellation does not cut short. */
export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** Says what a call does now. */
export type Say = (stage: string) => void

/** Whom a call tells what it does, and what went wrong. */
export interface Voice {
  readonly say: Say
  readonly log: Log
}

/**
 * Asks the ledger until it answers: it may be away for long, or recovering, and what is in hand must not be thrown away, not even after Temporal has given
 * up the activity. Ends only with the process. Throws PurserError, which is not repeated: the ledger calls the request impossible.
 */
export async function persist<T>({ say, log }: Voice, what: string, ask: () => Promise<T>): Promise<T> {
  let isAway = false
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      const answer = await ask()
      if (isAway) say(`the ledger answers again (${what})`)
      return answer
    } catch (error) {
      if (error instanceof PurserError && !isRecovering(error)) throw error
      const trouble = isRecovering(error) ? 'is recovering' : 'does not answer'
      if (!isAway) say(`the ledger ${trouble} (${what}); asking again until ${isRecovering(error) ? 'it is whole' : 'it does'}`)
      isAway = true
      log.warn(`the ledger ${trouble} (${what}); asking again`, { error: String(error), pauseMs })
      await pause(pauseMs)
    }
  }
}
