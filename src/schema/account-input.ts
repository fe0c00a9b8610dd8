import { z } from 'zod'
import { isTimeZone } from '../domain/period.ts'
import { accountId, label } from './names.ts'

/** An account as an app backend asks for it. */
export const accountInputSchema = z.strictObject({
  id: accountId,
  plan: label,
  timeZone: z.string().refine(isTimeZone, 'write a time zone like Europe/Berlin').optional(),
})

export type AccountInput = z.input<typeof accountInputSchema>
