import { EXIT } from './context.ts'
import type { Terminal } from './terminal.ts'

/** Somebody has pressed Ctrl-C. */
export interface StopAsked {
  readonly asked: Promise<void>
  readonly signal: AbortSignal
}

/** Resolves at the first Ctrl-C (or SIGTERM); the second one ends the process at once, and the servers end with it. */
export function stopAsked(terminal: Terminal): StopAsked {
  const { promise, resolve } = Promise.withResolvers<void>()
  const abort = new AbortController()
  let times = 0
  const onSignal = (): void => {
    times += 1
    if (times > 1) process.exit(EXIT.interrupted)
    terminal.say('\n  Stopping … (Ctrl-C again ends at once)')
    abort.abort()
    resolve()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  return { asked: promise, signal: abort.signal }
}
