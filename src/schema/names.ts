import { z } from 'zod'

/** Text that every store and every screen can take: whole characters, no control characters; white space is welcome. */
export const text = (max: number) =>
  z
    .string()
    .trim()
    .max(max)
    .refine((value) => value.isWellFormed() && !/(?!\s)\p{Cc}/u.test(value), 'has characters that cannot be shown')
/** One line of it. */
export const label = text(100)
  .min(1)
  .refine((value) => !/\p{Cc}/u.test(value), 'must be one line')

/** The ledger has the same form as a constraint. */
export const accountId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:@-]{0,99}$/, 'letters, digits and . _ : @ -, 100 at most')
