import { z } from 'zod'
import { CACHE_TTL_MAX_MS, type CacheTerms } from '../domain/response-cache.ts'

/** How a call, or a feature, uses the cache. */
export const cacheTermsSchema = z.strictObject({
  ttlMs: z
    .int('a time to live is in whole milliseconds')
    .min(1, 'a time to live is at least a millisecond')
    .max(CACHE_TTL_MAX_MS, 'a time to live is thirty days at most')
    .optional(),
  shared: z.boolean().optional(),
  nonRepeatable: z.boolean().optional(),
  cutShort: z.boolean().optional(),
  semanticKey: z
    .string()
    .min(1)
    .max(1_000)
    .refine((value) => value.isWellFormed(), 'must be whole characters')
    .optional(),
}) satisfies z.ZodType<CacheTerms>
