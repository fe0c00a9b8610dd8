import { z } from 'zod'
import { REQUEST_UNITS } from '../domain/usage.ts'

/** A usage as an app's own code reports it: at least one quantity, each unit once. Nothing used is no usage: a request has an input. */
export const usageInputSchema = z
  .array(z.strictObject({ unit: z.enum(REQUEST_UNITS), quantity: z.int().min(0).max(1_000_000_000) }))
  .refine((usage) => new Set(usage.map(({ unit }) => unit)).size === usage.length, 'names a unit twice')
  .transform((usage) => usage.filter(({ quantity }) => quantity > 0))
  .refine((usage) => usage.length > 0, 'names nothing that was used')
