import { Hono } from 'hono'

/** What must answer before this process may get work. */
export interface Readiness {
  /** Each names what it checks, and throws when it does not answer. */
  readonly checks: Readonly<Record<string, () => Promise<void>>>
  readonly limitMs: number
}

/** `/livez`: the process runs. `/readyz`: what it needs answers, 503 with names otherwise. */
export function healthRoutes(readiness: Readiness): Hono {
  return new Hono()
    .get('/livez', (c) => c.json({ status: 'alive' }))
    .get('/readyz', async (c) => {
      const entries = await Promise.all(
        Object.entries(readiness.checks).map(async ([name, check]) => [name, await answers(check, readiness.limitMs)] as const),
      )
      const ready = entries.every(([, answer]) => answer === 'ok')
      return c.json({ status: ready ? 'ready' : 'not ready', checks: Object.fromEntries(entries) }, ready ? 200 : 503)
    })
}

/** What is wrong stays in our log: a health page tells a stranger only what does not answer. */
async function answers(check: () => Promise<void>, limitMs: number): Promise<'ok' | 'no answer'> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error('too late')), limitMs)
  try {
    await Promise.race([check(), late])
    return 'ok'
  } catch {
    return 'no answer'
  } finally {
    clearTimeout(timer)
  }
}

/** A check whose end can be waited for: Temporal's client throws when its connection is closed under a call that it is about to try again. */
export function settling(check: () => Promise<void>): { readonly check: () => Promise<void>; readonly settled: () => Promise<unknown> } {
  const running = new Set<Promise<void>>()
  return {
    check() {
      const one = check().finally(() => running.delete(one))
      running.add(one)
      return one
    },
    settled: () => Promise.allSettled(running),
  }
}
