import { z } from 'zod'
import { PurserError } from '../domain/errors.ts'
import { isTimeZone } from '../domain/period.ts'
import { label } from './names.ts'
import { parsed } from './parsed.ts'

const SCOPE_KEYS = ['account', 'user', 'team', 'project', 'feature', 'environment', 'provider', 'model', 'endpoint'] as const

const LABEL_NAME = /^[a-z][a-z0-9_]{0,29}$/

/** Which calls a budget covers, or a stop ends. */
export const budgetScopeSchema = z.strictObject({
  ...(Object.fromEntries(SCOPE_KEYS.map((key) => [key, label.optional()])) as Record<
    (typeof SCOPE_KEYS)[number],
    z.ZodOptional<typeof label>
  >),
  labels: z
    .record(z.string().regex(LABEL_NAME), label)
    .refine((labels) => Object.keys(labels).length <= 5, 'five labels at most')
    .optional(),
})

/** Between commas; one that belongs to a value has a backslash before it, and so has a backslash. */
const PARTS = /(?:\\[\\,]|[^,])+/gu
const unescaped = (value: string): string => value.replace(/\\([\\,])/g, '$1')
const escaped = (value: string): string => value.replace(/[\\,]/g, '\\$&')

/**
 * `account=acme,label.tier=gold` as a scope; `all` is every call; `feature=search\, all` has a comma in its value. Everything must be meant: a scope that
 * names nothing, or a word that we do not know, would cover calls that nobody had in mind. Throws PurserError `bad_input`.
 */
export function scopeOf(text: string): z.output<typeof budgetScopeSchema> {
  if (text.trim() === 'all') return {}
  const parts = (text.match(PARTS) ?? []).filter((part) => part.trim() !== '')
  if (parts.length === 0) throw new PurserError('bad_input', 'this scope names nothing: write "all" if every call is meant')
  const named = new Map<string, string>()
  for (const part of parts) {
    const [, key = '', value = ''] = /^([^=]*)=?(.*)$/su.exec(part)?.map((one) => one.trim()) ?? []
    requireScopeKey(key)
    if (value === '') throw new PurserError('bad_input', `the scope key "${key}" has no value: write it like ${key}=something`)
    if (named.has(key)) throw new PurserError('bad_input', `the scope key "${key}" is there twice: a scope has one value of each`)
    named.set(key, unescaped(value))
  }
  const [labels, keys] = [[...named].filter(([key]) => key.startsWith('label.')), [...named].filter(([key]) => !key.startsWith('label.'))]
  const scope = Object.fromEntries(keys)
  if (labels.length === 0) return parsed(budgetScopeSchema, scope, 'scope')
  return parsed(
    budgetScopeSchema,
    { ...scope, labels: Object.fromEntries(labels.map(([key, value]) => [key.slice('label.'.length), value])) },
    'scope',
  )
}

/** A scope as it is typed: the other way round. */
export function scopeText({ labels, ...scope }: z.output<typeof budgetScopeSchema>): string {
  const keys = SCOPE_KEYS.flatMap((key) => (scope[key] === undefined ? [] : [`${key}=${escaped(scope[key])}`]))
  const named = Object.entries(labels ?? {}).map(([name, value]) => `label.${name}=${escaped(value)}`)
  return [...keys, ...named].join(',') || 'all'
}

function requireScopeKey(key: string): void {
  if (SCOPE_KEYS.some((known) => known === key)) return
  if (!key.startsWith('label.'))
    throw new PurserError('bad_input', `no scope key "${key}": there are ${SCOPE_KEYS.join(', ')} and, for a label, label.<name>`)
  if (!LABEL_NAME.test(key.slice('label.'.length)))
    throw new PurserError('bad_input', `no scope key "${key}": a label has a name in small letters, like label.tier`)
}

/** With its offset, or in UTC: what the machine's own time zone would make of it is nobody's intention. */
export const moment = z.iso
  .datetime({ offset: true, error: 'write a moment like 2026-12-01T00:00:00Z' })
  .transform((text) => new Date(text))

const percentsIn = (text: string): number[] =>
  text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number)

/** A number is an id wherever a budget is named. */
export const budgetName = z
  .string()
  .trim()
  .min(1, 'write a name')
  .pipe(label)
  .refine((name) => !/^\d+$/.test(name), 'a number would be taken for an id: write a name')

/** What is written of a budget, but for its scope and its cap. The keys are the command's options: an error names what was typed. */
export const budgetInputSchema = z
  .strictObject({
    name: budgetName,
    period: z.enum(['day', 'month', 'total'], 'a period is day, month or total'),
    'time-zone': z.string().refine(isTimeZone, 'write a time zone like Europe/Berlin'),
    thresholds: z
      .string()
      .refine(
        (text) => percentsIn(text).every((percent) => Number.isInteger(percent) && percent >= 1 && percent <= 1000),
        'write whole percents from 1 to 1000, like 50,80,95,100',
      )
      .transform(percentsIn)
      .refine((percents) => percents.length <= 20, 'twenty at most'),
    from: moment.optional(),
    until: moment.optional(),
  })
  .refine((b) => b.period === 'total' || (b.from === undefined && b.until === undefined), {
    path: ['period'],
    message: 'only a total budget has --from and --until: a day and a month begin and end by the calendar',
  })
  .refine((b) => b.from === undefined || b.until === undefined || b.from < b.until, {
    path: ['until'],
    message: 'it must end after it begins',
  })
