import { z } from 'zod'
import type { Quantity, Unit, Usage } from '../domain/usage.ts'

/** What a provider's response says of itself, for `ModelReply`: `return { value, ...openAiReply(response) }`. */
export interface Reported {
  /** Undefined: none, or one that cannot be true (a count below zero, a fraction, a part larger than its whole), so the whole bound is booked. */
  readonly usage: Usage | undefined
  readonly tier: string | undefined
  readonly model: string | undefined
  readonly responseId: string | undefined
}

/** What is no response at all says nothing of itself. */
export const NOTHING_REPORTED: Reported = { usage: undefined, tier: undefined, model: undefined, responseId: undefined }

/** A count as a provider gives it: whole, and small enough to be exact (below 2^53). Absent and null are nothing. */
export const tally = z
  .int()
  .min(0)
  .nullish()
  .transform((value) => value ?? 0)

export const word = z.string().min(1).max(200).optional().catch(undefined)

/** Counts as a usage. Undefined when one is below zero (its parts are more than the whole), or when nothing was used: every request has an input. */
export function usageOfCounts(counts: readonly (readonly [Unit, number])[]): Usage | undefined {
  if (counts.some(([, quantity]) => quantity < 0)) return undefined
  const usage = counts.flatMap(([unit, quantity]): Quantity[] => (quantity > 0 ? [{ unit, quantity }] : []))
  return usage.length === 0 ? undefined : usage
}

/** The counts of kinds that nobody knows yet, together: `*_tokens` of the details that have no name here. NaN when one is no count. */
export function unknownTokens(details: Readonly<Record<string, unknown>> | null | undefined, known: readonly string[]): number {
  return Object.entries(details ?? {})
    .filter(([name, value]) => name.endsWith('_tokens') && !known.includes(name) && typeof value === 'number')
    .reduce((sum, [, value]) => sum + (Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : Number.NaN), 0)
}
