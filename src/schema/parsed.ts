import type { z } from 'zod'
import { PurserError } from '../domain/errors.ts'

/** Parses, or throws PurserError `bad_input` with one line per problem. */
export function parsed<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const problems = result.error.issues.map(
    (issue) => `${issue.path.join('.') || what}: ${issue.message.includes('received undefined') ? 'is missing' : issue.message}`,
  )
  throw new PurserError('bad_input', `this is no ${what}:\n  ${problems.join('\n  ')}`, { problems })
}
