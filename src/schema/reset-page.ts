import { z } from 'zod'
import { month } from '../domain/period.ts'

/** Which page of budgets a monthly reset opens: the workflow may have been started raw, with anything as its input. */
export const resetPageSchema = z.strictObject({
  month: z
    .string()
    .regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'write a month like 2026-11')
    .transform(month)
    .optional(),
  at: z.iso.datetime().transform((text) => new Date(text)),
  after: z.number().int().nonnegative(),
})
