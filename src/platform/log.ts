import { DefaultLogger, Runtime, type LogEntry } from '@temporalio/worker'
import { pino, type Logger } from 'pino'

/** JSON lines with ISO time stamps: to a file for `dev` and `demo` (so that the terminal stays readable), to stdout for servers. */
export function createLog(level: string, file: string | undefined): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination(file === undefined ? 1 : { dest: file, mkdir: true, sync: false }),
  )
}

/** Sends the Temporal SDK's log (and what workflows and activities log through it) to ours. Once, before any Temporal connection. */
export function logTemporalTo(log: Logger): void {
  const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const
  const logger = new DefaultLogger('INFO', (entry: LogEntry) => {
    const { sdkComponent: _, taskToken: __, error, ...meta } = (entry.meta ?? {}) as Record<string, unknown>
    log[levels[entry.level]](
      { ...meta, ...(error === undefined ? {} : { error: error instanceof Error ? error.stack : JSON.stringify(error) }) },
      entry.message,
    )
  })
  // Signals are ours: the SDK would catch them from now on, also while no worker runs that could end on them.
  Runtime.install({ logger, shutdownSignals: [], telemetryOptions: { logging: { forward: {}, filter: { core: 'WARN', other: 'WARN' } } } })
}
