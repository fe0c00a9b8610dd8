import { z } from 'zod'

/** The caller's name for a job, and its workflow id: taken as it is, so that the same text finds the same job. */
export const jobIdSchema = z
  .string()
  .min(1, 'must not be empty')
  .max(200, 'is longer than 200 characters')
  .refine((id) => id.isWellFormed() && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(id), 'must be one line that can be shown')
  .refine((id) => id.trim() === id, 'must not begin or end with white space')
