import { z } from 'zod'
import { monthSchema } from './reset-page.ts'

/** Until which month statements are sealed: the workflow may have been started raw, with anything as its input. */
export const untilSchema = z.strictObject({ until: monthSchema })

/** Which statements an activity seals: of a month, behind an account. */
export const closingSchema = z.strictObject({ month: monthSchema, after: z.string().max(200).nullable(), dryRun: z.boolean() })

/** Which month is reviewed. */
export const reviewedSchema = z.strictObject({ month: monthSchema })
