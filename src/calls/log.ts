/** Where a call's log lines go: Temporal's log of an activity, or an app's own. */
export interface Log {
  info(message: string, facts: Record<string, unknown>): void
  warn(message: string, facts: Record<string, unknown>): void
  error(message: string, facts: Record<string, unknown>): void
}
