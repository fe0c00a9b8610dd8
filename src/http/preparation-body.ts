import { z } from '@hono/zod-openapi'
import { reservationRef } from '../domain/call.ts'
import type { PreparedFacts } from '../insight/requests.ts'

const count = z.int().min(0)

export const preparationSchema = z
  .object({
    id: z.string().openapi({ description: 'The call’s' }),
    asked_model: z.string().openapi({ description: '`auto`: the call named none' }),
    usual_model: z.string().openapi({ description: 'What would have been asked without a route' }),
    provider: z.string(),
    model: z.string(),
    code: z.string(),
    reason: z.string(),
    complexity: z.string().nullable(),
    tokens_not_sent: count.openapi({ description: 'Estimated' }),
    removed: z.array(
      z.object({
        rule: z.string(),
        message: count.openapi({ description: 'Which message of the request, from 0' }),
        texts: z.array(z.string()).openapi({ description: 'In their order; of white space none' }),
        characters: count,
        tokens: count,
      }),
    ),
  })
  .openapi('CallPreparation')

export const preparationBody = (id: string, p: PreparedFacts): z.input<typeof preparationSchema> => ({
  id: reservationRef(id),
  asked_model: p.askedModel,
  usual_model: p.usualModel,
  provider: p.provider,
  model: p.model,
  code: p.code,
  reason: p.reason,
  complexity: p.complexity,
  tokens_not_sent: p.tokens,
  removed: p.removed.map(({ rule, message, texts, characters, tokens }) => ({ rule, message, texts: [...texts], characters, tokens })),
})
