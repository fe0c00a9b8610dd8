import { z } from 'zod'
import { month, MONTH_FORM } from '../domain/period.ts'

/** Which page of budgets a monthly reset opens: the workflow may have been started raw, with anything as its input. */
export const resetPageSchema = z.strictObject({
  month: z.string().regex(MONTH_FORM, 'write a month like 2026-11').transform(month).optional(),
  at: z.iso.datetime().transform((text) => new Date(text)),
  after: z.number().int().nonnegative(),
})
