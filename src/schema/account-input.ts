import { z } from 'zod'
import { isTimeZone } from '../domain/period.ts'
import { label } from './banner-input.ts'

/** An account as an app backend asks for it. */
export const accountInputSchema = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:@-]{0,99}$/, 'letters, digits and . _ : @ -, 100 at most'),
  plan: label,
  timeZone: z.string().refine(isTimeZone, 'write a time zone like Europe/Berlin').optional(),
})

export type AccountInput = z.input<typeof accountInputSchema>
