/** What kind of trouble a part of the platform met; the message says what is wrong and what to do. */
export type PlatformErrorCode =
  | 'not_permitted'
  | 'program_missing'
  | 'program_failed'
  | 'port_taken'
  | 'timed_out'
  | 'data_unusable'
  | 'untrusted_file'
  | 'migration_refused'
  | 'not_migrated'
  | 'not_reachable'
  | 'migration_failed'

/** A trouble of the machine, not of the program: entry points print its message without a stack and end. */
export class PlatformError extends Error {
  readonly code: PlatformErrorCode

  constructor(code: PlatformErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'PlatformError'
    this.code = code
  }
}
