/** One of the servers of a home folder, whoever started it. */
import { PlatformError } from '../platform-error.ts'
import { endStranger } from './process.ts'
import { isAlive, type ProcessIdentity } from './process-identity.ts'
import { waitFor } from './wait.ts'

const ANSWER_LIMIT_MS = 10_000
const ORPHAN_LIMIT_MS = 10_000

/** A server that runs, as `run.json` records it and as its users see it. */
export interface Part<Recorded, Value> {
  readonly record: Recorded
  /** It belongs to another process (or to an earlier call in this one), which will stop it. */
  readonly reused: boolean
  readonly value: Value
  stop(): Promise<void>
  /** Resolves with the reason when the server has ended. Undefined if it is not ours. */
  readonly ended: Promise<string> | undefined
}

/**
 * Whether a recorded server can be used: its owner lives and it really answers. A server whose owner is dead is on its way out; this waits until
 * it is gone (and kills it if it does not go), so that the next one finds its data closed.
 */
export async function stillRuns(
  what: string,
  known: { readonly owner: ProcessIdentity; readonly server: ProcessIdentity },
  answers: () => Promise<boolean>,
): Promise<boolean> {
  if (!isAlive(known.server)) return false
  if (isAlive(known.owner)) {
    const usable = await waitFor(ANSWER_LIMIT_MS, async () => (isAlive(known.server) ? (await answers()) || undefined : false))
    if (usable !== undefined) return usable
    const who = `${what} (process ${known.server.pid}, started by process ${known.owner.pid})`
    throw new PlatformError('timed_out', `${who} runs for this folder but does not answer: end process ${known.owner.pid} and start again`)
  }
  if (await endStranger(known.server.pid, () => isAlive(known.server), ORPHAN_LIMIT_MS)) return false
  throw new PlatformError(
    'timed_out',
    `${what} (process ${known.server.pid}) was left behind and cannot be ended: end it yourself and start again`,
  )
}
