/** What Temporal says of a run. */
export interface RunFacts {
  readonly firstExecutionRunId: string
  /** Of this run, or of the one that was reset. */
  readonly startTime: Date
  readonly attempt: number
  readonly continuedFromExecutionRunId?: string | undefined
}

/**
 * The start of the job's first run, which all its runs share: retries, resets, cron, continued as new. It stands in the first run's id (UUIDv7: its first 48 bits
 * are milliseconds since 1970, RFC 9562 section 5.7), as Temporal 1.27 and later name runs. An older server's first run is known by its own start; of any later one
 * it cannot be known: undefined.
 */
export function jobStart({ firstExecutionRunId, startTime, attempt, continuedFromExecutionRunId }: RunFacts): Date | undefined {
  const [, high, low] = /^([0-9a-f]{8})-([0-9a-f]{4})-7/.exec(firstExecutionRunId) ?? []
  if (high !== undefined && low !== undefined) return new Date(Number.parseInt(high + low, 16))
  return attempt === 1 && continuedFromExecutionRunId === undefined ? startTime : undefined
}
