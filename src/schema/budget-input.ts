import { z } from 'zod'
import { isTimeZone } from '../domain/period.ts'
import { label } from './names.ts'

/** What a budget covers, as it is written on the command line: `account=acme,feature=banner,label.tier=gold`. */
const SCOPE_KEYS = ['account', 'user', 'team', 'project', 'feature', 'environment', 'provider', 'model', 'endpoint'] as const

const labelName = z.string().regex(/^[a-z][a-z0-9_]{0,29}$/, 'a label is named like tier, in small letters')

export const scopeSchema = z.strictObject({
  ...(Object.fromEntries(SCOPE_KEYS.map((key) => [key, label.optional()])) as Record<
    (typeof SCOPE_KEYS)[number],
    z.ZodOptional<typeof label>
  >),
  labels: z
    .record(labelName, label)
    .refine((labels) => Object.keys(labels).length <= 5, 'five labels at most')
    .optional(),
})

/** `account=acme,label.tier=gold` as an object, still unchecked. Empty text: every call. */
export function scopeFrom(text: string): Record<string, unknown> {
  const scope: Record<string, unknown> = {}
  const labels: Record<string, string> = {}
  for (const part of text.split(',').filter((one) => one.trim() !== '')) {
    const [key = '', ...rest] = part.split('=')
    const value = rest.join('=').trim()
    if (key.trim().startsWith('label.')) labels[key.trim().slice('label.'.length)] = value
    else scope[key.trim()] = value
  }
  return Object.keys(labels).length === 0 ? scope : { ...scope, labels }
}

export const budgetInputSchema = z.strictObject({
  name: label,
  scope: scopeSchema,
  isHard: z.boolean(),
  periodKind: z.enum(['day', 'month', 'total'], 'a period is day, month or total'),
  timeZone: z.string().refine(isTimeZone, 'write a time zone like Europe/Berlin'),
  thresholds: z.array(z.number('write thresholds like 50,80,100').int().min(1).max(1000)).max(20),
  startsAt: z.date('write a moment like 2026-12-01T00:00:00Z').optional(),
  endsAt: z.date('write a moment like 2026-12-01T00:00:00Z').optional(),
  fromZero: z.boolean(),
})
