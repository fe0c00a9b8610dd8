import { z } from 'zod'
import { accountId, label, text } from './names.ts'

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
  account: accountId,
  user: label.optional(),
  team: label.optional(),
  project: label.optional(),
  feature: label.optional(),
  environment: label.optional(),
  brief: briefSchema,
  variants: z.number().int().min(1).max(4).default(1),
  model: label.optional(),
  ledgerMode: z.enum(['local', 'activity']).default('local'),
  onInDoubt: z.enum(['again', 'end']).optional(),
  onLost: z.enum(['wait', 'retry']).optional(),
  onRefused: z.enum(['fail', 'wait', 'fit', 'downgrade']).optional(),
  waitAtMostMs: z
    .int()
    .min(1_000)
    .max(366 * 86_400_000)
    .optional(),
  downgradeTo: z.array(label).max(10).optional(),
  searchAttributes: z.boolean().default(false),
})

export type BannerInput = z.input<typeof bannerInputSchema>
