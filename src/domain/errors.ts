/**
 * An impossible request, said clearly: what is wrong, and what to do. Expected answers (a refusal, say) are values, not errors.
 * Codes are stable: they are Temporal failure types, HTTP problem codes and what a program switches on.
 */
export type ErrorCode =
  | 'account_conflict'
  | 'bad_input'
  | 'conflict'
  | 'installation_unknown'
  | 'job_conflict'
  | 'key_invalid'
  | 'key_missing'
  | 'ledger_busy'
  | 'no_budget'
  | 'not_found'
  | 'not_permitted'
  | 'not_written'
  | 'port_taken'
  | 'rate_limited'
  | 'rate_missing'
  | 'recovering'
  | 'reservation_missing'
  | 'temporal_too_old'
  | 'temporal_unreachable'
  | 'too_old'
  | 'unknown_account'
  | 'unknown_plan'
  | 'unpriced_model'

export class PurserError extends Error {
  override readonly name = 'PurserError'
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.code = code
    this.details = details
  }
}

/** The SQLSTATE of what a database function calls impossible; its DETAIL is one of our codes. */
const IMPOSSIBLE_REQUEST = 'PU001'

/** What a database function calls impossible, as an error of ours; undefined for every other error. */
export function impossibleRequest(error: unknown): PurserError | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== IMPOSSIBLE_REQUEST) return undefined
  const code = 'detail' in error && typeof error.detail === 'string' ? error.detail : 'bad_input'
  return new PurserError(code as ErrorCode, error.message)
}

/** It passes, when somebody has run `purser recover`: no ending for a job, and worth asking again. */
export const isRecovering = (error: unknown): error is PurserError => error instanceof PurserError && error.code === 'recovering'

/** A broken promise: the program is wrong, not its user. */
export function assert(condition: boolean, broken: string): asserts condition {
  if (!condition) throw new Error(`broken promise: ${broken}`)
}
