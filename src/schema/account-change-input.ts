import { z } from 'zod'
import { label } from './names.ts'

/** What is typed of another plan for an account. The keys are the command's options: an error names what was typed. */
export const planChangeInputSchema = z.strictObject({
  plan: label,
  from: z
    .enum(['now', 'next-month'], 'a plan begins now or next-month')
    .transform((from) => (from === 'now' ? from : ('next_month' as const)))
    .optional(),
  proration: z.enum(['none', 'days'], 'write how the month is shared: none or days').optional(),
})
