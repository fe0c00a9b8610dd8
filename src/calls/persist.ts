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
 * up the activity. Ends only with the process; a fault in our own code is repeated too, and alarmed, because a restart with a better one finds the
 * receipt. Throws PurserError, which is not repeated: the ledger calls the request impossible.
 */
export const persist = <T>(voice: Voice, what: string, ask: () => Promise<T>): Promise<T> => repeated(voice, what, ask, () => false)

/** The same while nothing has been sent, so that nothing can be lost: a fault in our own code comes out at once, instead of waiting for ever. */
export const persistUnsent = <T>(voice: Voice, what: string, ask: () => Promise<T>): Promise<T> => repeated(voice, what, ask, isOurFault)

/** What no ledger and no network throws: the program is wrong, and will be the next time. */
const isOurFault = (error: unknown): boolean =>
  error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError || error instanceof SyntaxError

async function repeated<T>({ say, log }: Voice, what: string, ask: () => Promise<T>, comesOut: (error: unknown) => boolean): Promise<T> {
  let isAway = false
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      const answer = await ask()
      if (isAway) say(`the ledger answers again (${what})`)
      return answer
    } catch (error) {
      if ((error instanceof PurserError && !isRecovering(error)) || comesOut(error)) throw error
      const trouble = isRecovering(error) ? 'is recovering' : 'does not answer'
      if (!isAway) say(`the ledger ${trouble} (${what}); asking again until ${isRecovering(error) ? 'it is whole' : 'it does'}`)
      isAway = true
      if (isOurFault(error))
        log.error(`a fault of Purser’s own (${what}): what is in hand is kept, and tried again`, { error: stackOf(error), pauseMs })
      else log.warn(`the ledger ${trouble} (${what}); asking again`, { error: String(error), pauseMs })
      await pause(pauseMs)
    }
  }
}

const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? String(error)) : String(error))
