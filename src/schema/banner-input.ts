import { z } from 'zod'

/** Text that every store and every screen can take: whole characters, no control characters; white space is welcome. */
const text = (max: number) =>
  z
    .string()
    .trim()
    .max(max)
    .refine((value) => value.isWellFormed() && !/(?!\s)\p{Cc}/u.test(value), 'has characters that cannot be shown')
/** One line of it. */
export const label = text(100)
  .min(1)
  .refine((value) => !/\p{Cc}/u.test(value), 'must be one line')

/** What a customer wants on the banner, as it comes from outside. */
export const briefSchema = z.strictObject({
  name: text(80).min(1),
  headline: text(160).min(1),
  company: text(80).min(1),
  colours: z
    .array(z.string().regex(/^#[0-9a-fA-F]{6}$/, 'write a colour like #0b1b3a'))
    .min(1)
    .max(5),
  mood: text(120).min(1),
  text: text(600).optional(),
})

/** The job's input. Everything that changes which commands the workflow gives comes from here, never from the environment. */
export const bannerInputSchema = z.strictObject({
  account: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:@-]{0,99}$/, 'letters, digits and . _ : @ -, 100 at most'),
  user: label.optional(),
  team: label.optional(),
  project: label.optional(),
  feature: label.optional(),
  environment: label.optional(),
  brief: briefSchema,
  variants: z.number().int().min(1).max(4).default(1),
  model: label.optional(),
  ledgerMode: z.enum(['local', 'activity']).default('local'),
  searchAttributes: z.boolean().default(false),
})

export type BannerInput = z.input<typeof bannerInputSchema>
