import { setTimeout as sleep } from 'node:timers/promises'

const PAUSE_MS = 250
const NEVER = new AbortController().signal

/** Servers come and go: what may be repeated is asked until somebody answers, or until the signal says that it is enough. */
export async function again<T>(work: () => Promise<T>, enough: AbortSignal = NEVER): Promise<T | undefined> {
  while (!enough.aborted) {
    try {
      return await work()
    } catch {
      await sleep(PAUSE_MS)
    }
  }
  return undefined
}
