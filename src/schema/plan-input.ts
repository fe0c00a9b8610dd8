import { z } from 'zod'
import { label } from './names.ts'

/** What is written of a plan's new version, but for its cap. The keys are the command's options: an error names what was typed. */
export const planInputSchema = z.strictObject({
  name: label,
  'presumed-costs': z.enum(['account', 'house'], 'write who bears them: account or house').optional(),
  from: z.iso.date('write a day like 2026-12-01').optional(),
})
