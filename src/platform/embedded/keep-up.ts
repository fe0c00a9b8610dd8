/** Keeps a server up as long as this process needs it: one that ends by itself is started again, on the same data and the same port. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Part } from './part.ts'
import { isAlive, type ProcessIdentity } from './process-identity.ts'

/** A server that ends more often than this has a trouble that starting it again does not mend. */
const RESTARTS_MAX = 5
const RESTARTS_WINDOW_MS = 10 * 60_000
const LOOK_MS = 500

/** A part that may be another process tomorrow. */
export interface KeptPart<Recorded, Value> {
  /** The one that runs now. */
  readonly current: () => Part<Recorded, Value>
  /** Resolves with the reason when the server is gone for good. */
  readonly lost: Promise<string>
  /** From now on its end is wanted. Waits for a restart that is under way. */
  letGo(): Promise<void>
}

interface KeepUpOptions<Recorded, Value> {
  readonly name: string
  readonly say: (line: string) => void
  /** Starts it again on the data and the port of the record (or finds that somebody else did). */
  readonly reopen: (known: Recorded) => Promise<Part<Recorded, Value>>
}

export function keepUp<Recorded extends { readonly server: ProcessIdentity }, Value>(
  first: Part<Recorded, Value>,
  { name, say, reopen }: KeepUpOptions<Recorded, Value>,
): KeptPart<Recorded, Value> {
  let part = first
  const keeping = new AbortController()
  let reopening: Promise<unknown> = Promise.resolve()
  const { promise: lost, resolve: giveUp } = Promise.withResolvers<string>()
  const watch = async (): Promise<void> => {
    for (let restarts: number[] = []; ;) {
      const how = await (part.ended ?? strangerEnded(part.record.server, keeping.signal))
      if (keeping.signal.aborted) return
      restarts = [...restarts.filter((at) => at > Date.now() - RESTARTS_WINDOW_MS), Date.now()]
      if (restarts.length > RESTARTS_MAX) return giveUp(`${name} has ended ${restarts.length} times in ten minutes (the last time: ${how})`)
      say(`${name} has ended by itself (${how}): it is started again on the same data`)
      const opened = reopen(part.record)
      reopening = opened.catch(() => undefined)
      part = await opened
    }
  }
  watch().catch((error: Error) => giveUp(`${name} has ended and cannot be started again: ${error.message}`))
  return {
    current: () => part,
    lost,
    async letGo() {
      keeping.abort()
      await reopening
    },
  }
}

/** A server that is not our child tells us nothing: it is looked after. */
async function strangerEnded(server: ProcessIdentity, letGo: AbortSignal): Promise<string> {
  while (!letGo.aborted && isAlive(server)) await sleep(LOOK_MS, undefined, { ref: false })
  return 'the process that had started it has ended'
}
