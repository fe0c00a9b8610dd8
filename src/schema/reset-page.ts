import { z } from 'zod'
import { FIRST_MONTH, month, MONTH_FORM } from '../domain/period.ts'

/** ISO 8601 sorts as text. */
const notBeforeFirst = [(text: string): boolean => text >= FIRST_MONTH, `is before ${FIRST_MONTH}`] as const

/** A month whose budget periods may be opened. */
export const monthSchema = z
  .string()
  .regex(MONTH_FORM, 'write a month like 2026-11')
  .refine(...notBeforeFirst)
  .transform(month)

/** Which page of budgets a monthly reset opens: the workflow may have been started raw, with anything as its input. */
export const resetPageSchema = z.strictObject({
  month: monthSchema.optional(),
  at: z.iso
    .datetime()
    .refine(...notBeforeFirst)
    .transform((text) => new Date(text)),
  after: z.number().int().nonnegative(),
})
