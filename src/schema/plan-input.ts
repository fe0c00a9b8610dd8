import { z } from 'zod'
import { day } from './day.ts'
import { label } from './names.ts'

/** What is written of a plan's new version, but for its cap. The keys are the command's options: an error names what was typed. */
export const planInputSchema = z.strictObject({
  name: label,
  'presumed-costs': z.enum(['account', 'house'], 'write who bears them: account or house').optional(),
  from: day.optional(),
})
