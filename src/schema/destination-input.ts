import { z } from 'zod'
import { DESTINATION_KINDS } from '../domain/notice.ts'
import { accountId, label } from './names.ts'

const TYPE_FORM = 'write types like budget.threshold, alert.* or *'

/** Which notices somebody wants. The ledger has the same form as a constraint. */
const noticeTypes = z
  .array(
    z
      .string()
      .max(100)
      .regex(/^(\*|[a-z_]+(\.[a-z_]+)*(\.\*)?)$/, TYPE_FORM),
  )
  .min(1, TYPE_FORM)
  .max(50)

/** What is written of a destination. Its target is looked at by `newTarget`. */
export const destinationInputSchema = z.strictObject({
  name: label,
  kind: z.enum(DESTINATION_KINDS),
  target: z.string().trim().min(1).max(2000).optional(),
  types: noticeTypes.optional(),
  account: accountId.optional(),
})
