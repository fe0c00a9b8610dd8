import { Hono } from 'hono'

/** What must answer before this process may get work. */
export interface Readiness {
  /** Each names what it checks, and throws when it does not answer. */
  readonly checks: Readonly<Record<string, () => Promise<void>>>
  readonly limitMs: number
  /** Hears why a check does not answer: once, until it answers again. */
  readonly log: (check: string, error: unknown) => void
}

/** `/livez`: the process runs. `/readyz`: what it needs answers, 503 with names otherwise. */
export function healthRoutes({ checks, limitMs, log }: Readiness): Hono {
  const away = new Set<string>()
  const failed = (name: string, error: unknown): void => {
    if (!away.has(name)) log(name, error)
    away.add(name)
  }
  return new Hono()
    .get('/livez', (c) => c.json({ status: 'alive' }))
    .get('/readyz', async (c) => {
      const entries = await Promise.all(
        Object.entries(checks).map(async ([name, check]) => [name, await answers(check, limitMs, (e) => failed(name, e))] as const),
      )
      for (const [name, answer] of entries) if (answer === 'ok') away.delete(name)
      const ready = entries.every(([, answer]) => answer === 'ok')
      return c.json({ status: ready ? 'ready' : 'not ready', checks: Object.fromEntries(entries) }, ready ? 200 : 503)
    })
}

/** What is wrong stays in our log: a health page tells a stranger only what does not answer. */
async function answers(check: () => Promise<void>, limitMs: number, failed: (error: unknown) => void): Promise<'ok' | 'no answer'> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs)
  try {
    await Promise.race([check(), late])
    return 'ok'
  } catch (error) {
    failed(error)
    return 'no answer'
  } finally {
    clearTimeout(timer)
  }
}

/** A check whose end can be waited for: Temporal's client throws when its connection is closed under a call that it is about to try again. */
export function waitable(check: () => Promise<void>): { readonly check: () => Promise<void>; readonly ended: () => Promise<unknown> } {
  const running = new Set<Promise<void>>()
  return {
    check() {
      const one = check().finally(() => running.delete(one))
      running.add(one)
      return one
    },
    ended: () => Promise.allSettled(running),
  }
}
