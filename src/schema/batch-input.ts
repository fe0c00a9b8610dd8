import { z } from 'zod'
import { callIdOf } from '../domain/call-name.ts'
import { SAYS_ONCE } from '../domain/model-request.ts'
import { linesOfABatch, messagesSchema, name, promptSchema, saysOnce, scopeSchema, taskTerms, tokens } from './ask-input.ts'

/** One line of a batch, as it comes from outside. */
export const batchLineSchema = scopeSchema.extend({
  callId: name(200).refine((id) => 'callId' in callIdOf(id), 'must be a name of at most 100 characters, without #'),
  label: name(100).optional(),
  provider: name(100).optional(),
  model: name(200),
  prompt: promptSchema.optional(),
  messages: messagesSchema.optional(),
  maxOutputTokens: tokens.min(1),
  image: z.strictObject({ aspectRatio: name(20) }).optional(),
  savings: z.boolean().optional(),
  ...taskTerms,
})

/** Calls that are handed in together. */
export const batchCallsInputSchema = z.strictObject({
  lines: linesOfABatch(batchLineSchema.refine(saysOnce, SAYS_ONCE), (line) => line),
  deadline: z.iso.datetime({ offset: true }),
  onDeadline: z.enum(['live', 'end']).optional(),
  cancelBeforeMs: z
    .int()
    .min(0)
    .max(366 * 86_400_000)
    .optional(),
  allOrNone: z.boolean().optional(),
  label: name(100).optional(),
  ledgerMode: z.enum(['local', 'activity']).optional(),
})

export type BatchInput = z.input<typeof batchCallsInputSchema>
