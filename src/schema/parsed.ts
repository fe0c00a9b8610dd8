import type { z } from 'zod'
import { PurserError } from '../domain/errors.ts'

/** Parses, or throws PurserError `bad_input` with one line per problem. */
export function parsed<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const problems = result.error.issues
    .flatMap(nearestOf)
    .map(({ path, message }) => `${path.join('.') || what}: ${message.includes('received undefined') ? 'is missing' : message}`)
  throw new PurserError('bad_input', `this is no ${what}:\n  ${problems.join('\n  ')}`, { problems })
}

type Problem = Pick<z.core.$ZodIssue, 'path' | 'message'>

/** Of what may have several forms the problems of the nearest one, unless its schema says it in words of its own. */
function nearestOf(issue: z.core.$ZodIssue): Problem[] {
  if (issue.code !== 'invalid_union' || issue.message !== 'Invalid input') return [issue]
  const [nearest = []] = issue.errors.toSorted((a, b) => a.length - b.length)
  return nearest.length === 0 ? [issue] : nearest.flatMap((inner) => nearestOf({ ...inner, path: [...issue.path, ...inner.path] }))
}
