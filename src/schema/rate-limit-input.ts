import { z } from 'zod'
import { budgetScopeSchema } from './budget-input.ts'
import { text } from './names.ts'

export const limitNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'is a name of small letters, digits, - and _, like gemini-minute')

export const LIMITED_PER = ['account', 'user', 'team', 'project', 'feature', 'environment', 'provider', 'model'] as const

/** How many requests and tokens calls of a scope may ask for in a minute, and how much of what is left in a day. */
export const rateLimitSchema = z
  .strictObject({
    name: limitNameSchema,
    scope: budgetScopeSchema,
    per: z.enum(LIMITED_PER).optional(),
    requestsPerMinute: z.int().min(1).max(1_000_000).optional(),
    tokensPerMinute: z.int().min(1).max(1_000_000_000_000).optional(),
    pacePercent: z.int().min(1).max(100).optional(),
    reason: text(1000).min(1),
  })
  .refine(
    (l) => l.requestsPerMinute !== undefined || l.tokensPerMinute !== undefined || l.pacePercent !== undefined,
    'say what is limited: requests a minute, tokens a minute, or the share of what is left that may be spent in a day',
  )
