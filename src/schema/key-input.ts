import { z } from 'zod'
import { API_SCOPES } from '../domain/api-scope.ts'
import { day } from './day.ts'
import { accountId, label } from './names.ts'

const SCOPES_FORM = `write scopes like track:write,reports:read; there are ${API_SCOPES.join(', ')}`
const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const OVERLAP_MAX_MS = 90 * UNIT_MS.d

/** What is written of an API key. The keys are the command's options: an error names what was typed. */
export const keyInputSchema = z.strictObject({
  name: label,
  scope: z
    .string()
    .transform((list) => [...new Set(list.split(',').map((one) => one.trim()))])
    .pipe(z.array(z.enum(API_SCOPES, SCOPES_FORM), SCOPES_FORM)),
  account: accountId.optional(),
  expires: day.transform((text) => new Date(`${text}T00:00:00Z`)).optional(),
})

/** `24h`, `30m`, `7d`: how long a key goes on beside its successor. */
export const rotationSchema = z.strictObject({
  overlap: z
    .string()
    .regex(/^\d{1,4}[mhd]$/, 'write a time like 24h, 30m or 7d')
    .transform((text) => Number(text.slice(0, -1)) * UNIT_MS[text.slice(-1) as keyof typeof UNIT_MS])
    .refine((ms) => ms <= OVERLAP_MAX_MS, '90 days at most'),
  expires: keyInputSchema.shape.expires,
})
