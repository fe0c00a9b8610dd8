/** What a process does again and again beside its work, until it is stopped. */
import { setTimeout as sleep } from 'node:timers/promises'

export interface Running {
  /** Resolves when the step that is under way has ended; there is none after it. */
  stop(): Promise<void>
}

/** After the first failure; after each further one twice as long. */
const TROUBLE_MS = 500
const TROUBLE_MAX_MS = 5_000

/**
 * Takes one step after the other. A step answers for how many ms to rest before the next one. One that throws is told, those after it are not until one has gone well; each
 * is tried again, at first after half a second, at last every five. It keeps no process alive that has nothing else to do.
 */
export function untilStopped(step: (stopping: AbortSignal) => Promise<number>, tell: (error: unknown) => void): Running {
  const stopping = new AbortController()
  const { signal } = stopping
  const running = run()
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }

  async function run(): Promise<void> {
    let failures = 0
    while (!signal.aborted) {
      let restMs: number
      try {
        restMs = await step(signal)
        failures = 0
      } catch (error) {
        if (failures === 0 && !signal.aborted) tell(error)
        restMs = Math.min(TROUBLE_MS * 2 ** failures, TROUBLE_MAX_MS)
        failures += 1
      }
      await sleep(restMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }
}
