import { PurserError } from '../../domain/errors.ts'
import { QUESTIONS } from './all.ts'
import type { NamedQuestion } from './question.ts'

/** What of a question is not left to its default. */
export interface Terms {
  readonly by?: string | undefined
  readonly unit?: string | undefined
  readonly limit?: number | undefined
  readonly currency?: string | undefined
}

/** Questions that can be sent by themselves: those about a time that is over. */
export const SCHEDULED: readonly NamedQuestion[] = QUESTIONS.filter(({ time }) => time === 'range')

function fail(what: string): never {
  throw new PurserError('bad_input', what)
}

/** Throws PurserError `bad_input` for a question that is none, and for what it does not take. */
export function requireTerms(name: string, { by, unit, limit, currency }: Terms): void {
  const question = SCHEDULED.find((one) => one.name === name)
  if (question === undefined) return fail(`no report is made of "${name}": there are ${SCHEDULED.map((one) => one.name).join(', ')}`)
  if (by !== undefined && !(question.by?.from as readonly string[] | undefined)?.includes(by))
    fail(`${name} is not asked by "${by}"${question.by === undefined ? '' : `, but by ${question.by.from.join(' or ')}`}`)
  if (unit !== undefined && !(question.unit?.from as readonly string[] | undefined)?.includes(unit))
    fail(`${name} has no unit "${unit}"${question.unit === undefined ? '' : `: there are ${question.unit.from.join(', ')}`}`)
  if (limit !== undefined && (question.limit === undefined || limit < 1 || limit > question.limit.max))
    fail(
      question.limit === undefined
        ? `${name} takes no limit: it has all rows`
        : `the limit of ${name} is a whole number from 1 to ${question.limit.max}`,
    )
  if (currency === 'USD' && question.isInEur === true) fail(`${name} is told in EUR only`)
}
