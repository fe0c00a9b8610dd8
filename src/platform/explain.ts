import { PurserError } from '../domain/errors.ts'
import { PlatformError } from './platform-error.ts'

/** What an entry point prints when it cannot start: a message where we know what is wrong, else the stack, for whoever has to find out. */
export function explained(error: unknown): string {
  if (error instanceof PurserError) return withCode(error.message, error.code)
  if (error instanceof PlatformError) return withCode(error.message, error.code)
  if (error instanceof AggregateError && error.errors.length > 0 && error.errors.every((e) => e instanceof PlatformError))
    return error.errors.map((e) => explained(e)).join('\n')
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** The stable code stands at the end of the first line, also when a list follows. */
export const withCode = (message: string, code: string): string => {
  const [first = '', ...rest] = message.split('\n')
  return [`${first.replace(/:$/, '')} [${code}]${first.endsWith(':') ? ':' : ''}`, ...rest].join('\n')
}
