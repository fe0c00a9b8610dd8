/** Waiting on a condition, always with a limit. */
import { setTimeout as sleep } from 'node:timers/promises'

/** Asks `check` again and again until it gives something other than undefined. Gives undefined when `limitMs` is over. */
export async function waitFor<T>(
  limitMs: number,
  check: () => Promise<T | undefined> | T | undefined,
  pauseMs = 50,
): Promise<T | undefined> {
  const endsAt = performance.now() + limitMs
  for (;;) {
    const found = await check()
    if (found !== undefined) return found
    if (performance.now() >= endsAt) return undefined
    await sleep(pauseMs)
  }
}

/** Runs `work` and says a line with the elapsed seconds every ten seconds, so that nobody takes a long step for a hang. */
export async function sayingProgress<T>(say: (line: string) => void, what: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now()
  const timer = setInterval(() => say(`  ${what}: ${Math.round((performance.now() - startedAt) / 1000)} s so far`), 10_000)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}
