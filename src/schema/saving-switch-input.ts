import { z } from 'zod'
import type { PromptRules } from '../domain/prompt-rules.ts'
import { EVERY_FEATURE } from '../domain/saving-switch.ts'
import { cacheTermsSchema } from './cache-input.ts'
import { label } from './names.ts'

/** A feature, or all that say nothing of their own. */
export const switchFeature = label.describe(`\`${EVERY_FEATURE}\`: every feature`)

/** What may be taken out of a feature's prompts; what is absent is off. */
export const promptRulesSchema = z.strictObject({
  whitespace: z.boolean().optional(),
  filler: z.boolean().optional(),
  repeats: z.union([z.boolean(), z.literal('every_language')], 'repeats is true, false or "every_language"').optional(),
  historyTokensMax: z.int('write a whole number of tokens').min(1).max(10_000_000).optional(),
}) satisfies z.ZodType<PromptRules>

/** How a feature's answers are kept: `{}` is for an hour, of each account by itself. What stands for a prompt is each call's own. */
export const featureCacheSchema = cacheTermsSchema.omit({ semanticKey: true })
