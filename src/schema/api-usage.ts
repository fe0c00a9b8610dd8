import { z } from 'zod'
import { REQUEST_UNITS, type Unit, type Usage } from '../domain/usage.ts'
import { usageInputSchema } from './usage-input.ts'

const quantity = z.int().min(0).max(1_000_000_000)

/** As most responses have it, beside the price book's own units. */
const SHORT = { input_tokens: 'input_text_tokens', output_tokens: 'output_text_tokens' } as const

const record = z
  .record(z.enum([...REQUEST_UNITS, 'input_tokens', 'output_tokens']), quantity.optional())
  .refine((usage) => Object.values(usage).some((value) => (value ?? 0) > 0), 'names nothing that was used')

/** A usage as a caller of the API tells it: by names, or as a list. */
export const apiUsageSchema = z.union(
  [usageInputSchema, record],
  'write it like {"input_tokens": 1200, "output_tokens": 300}, with whole numbers and units of the price book',
)

/** In the price book's words. `output_tokens` are of the kind that the call makes; what is named both ways is added up. */
export function usageOf(told: z.output<typeof apiUsageSchema>, output: 'text' | 'image'): Usage {
  if (Array.isArray(told)) return told
  const counts = new Map<Unit, number>()
  for (const [name, count] of Object.entries(told)) {
    const unit = unitOf(name, output)
    if ((count ?? 0) > 0) counts.set(unit, (counts.get(unit) ?? 0) + (count ?? 0))
  }
  return [...counts].map(([unit, count]) => ({ unit, quantity: count }))
}

const unitOf = (name: string, output: 'text' | 'image'): Unit =>
  name === 'output_tokens' && output === 'image'
    ? 'output_image_tokens'
    : name in SHORT
      ? SHORT[name as keyof typeof SHORT]
      : (name as Unit)
