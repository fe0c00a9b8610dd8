import { z } from 'zod'
import { PurserError } from '../domain/errors.ts'
import { millionths } from '../domain/millionths.ts'
import { TRACKED_ENDPOINT, type TrackedUsage } from '../domain/tracked-usage.ts'
import { UNITS, UNITS_IN_MILLIONTHS, type Quantity, type Unit } from '../domain/usage.ts'
import { scopeSchema } from './ask-input.ts'
import { moment } from './day.ts'
import { label, text } from './names.ts'
import { parsed } from './parsed.ts'

/** Of any unit: a token, an hour. Far above what anybody uses, and far below where a count could lose a digit. */
const QUANTITY_MAX = 1_000_000_000

/** `2.5` of a unit that can be used in parts is 2,500,000; others are whole. Read as text: a JSON number may be a float. */
const quantity = z.union([z.string(), z.int().transform(String)], 'write a whole number, or a decimal as text like "2.5"')

/** As most responses have it, beside the price book's own units. */
const SHORT: Readonly<Record<string, Unit>> = { input_tokens: 'input_text_tokens', output_tokens: 'output_text_tokens' }

const usage = z
  .record(z.string(), quantity)
  .transform((given, context): Quantity[] =>
    Object.entries(given).flatMap(([name, written]) => {
      const unit = UNITS.find((known) => known === (SHORT[name] ?? name))
      const problem = unit === undefined ? `no unit "${name}": there are ${UNITS.join(', ')}` : problemOf(unit, written)
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem, path: [name] })
      return unit === undefined || problem !== undefined ? [] : [{ unit, quantity: countOf(unit, written) }]
    }),
  )
  .refine((quantities) => quantities.length > 0, 'names nothing that was used')
  .refine((quantities) => new Set(quantities.map(({ unit }) => unit)).size === quantities.length, 'names a unit twice')

function problemOf(unit: Unit, written: string): string | undefined {
  const form = UNITS_IN_MILLIONTHS.has(unit) ? /^\d{1,10}(\.\d{1,6})?$/ : /^\d{1,10}$/
  if (!form.test(written))
    return UNITS_IN_MILLIONTHS.has(unit) ? 'write a decimal with at most six decimals, like 2.5' : 'write a whole number, like 1500'
  const value = millionths(written)
  return value > 0n && value <= BigInt(QUANTITY_MAX) * 1_000_000n ? undefined : `must be above zero, and ${QUANTITY_MAX} at most`
}

const countOf = (unit: Unit, written: string): number => (UNITS_IN_MILLIONTHS.has(unit) ? Number(millionths(written)) : Number(written))

/** What is told of a usage, field by field. */
export const trackedFields = {
  key: text(200).min(1),
  ...scopeSchema.shape,
  provider: label,
  model: text(200).min(1),
  endpoint: label.default(TRACKED_ENDPOINT),
  tier: label.default('standard'),
  usage,
  at: moment('write the moment at which it happened, like 2026-11-03T14:30:00Z'),
  duration_ms: z.int('write whole milliseconds').min(0).max(2_147_483_647).optional(),
  /** It failed, though it was billed. */
  error: text(500).min(1).optional(),
}

const trackSchema = z
  .strictObject(trackedFields)
  .transform(({ key, provider, model, endpoint, tier, usage: used, at, duration_ms: durationMs, error, ...scope }): TrackedUsage => ({
    key,
    scope,
    provider,
    model,
    endpoint,
    tier,
    usage: used,
    at,
    durationMs,
    error,
  }))

/** A usage as somebody tells it. */
export type ToldUsage = z.input<typeof trackSchema>

/** A usage as it was told, read. Throws PurserError `bad_input` with one line per problem. */
export const trackedUsageOf = (given: unknown, what = 'usage'): TrackedUsage => parsed(trackSchema, given, what)

/** So many usages are taken at once. */
export const TRACKED_MAX = 1_000

/** A file with one JSON object a line. All of it is read before anything is booked. Throws PurserError `bad_input`, naming the line. */
export function trackedUsagesIn(file: string): TrackedUsage[] {
  const lines = file.split('\n').map((line) => line.trim())
  const written = lines.flatMap((line, at) => (line === '' ? [] : [{ line, at: at + 1 }]))
  if (written.length === 0) throw new PurserError('bad_input', 'this file names no usage: write one JSON object a line')
  if (written.length > TRACKED_MAX)
    throw new PurserError('bad_input', `this file has ${written.length} usages: ${TRACKED_MAX} at most are taken at once`)
  const usages = written.map(({ line, at }) => trackedUsageOf(jsonOf(line, at), `usage in line ${at}`))
  const keys = new Map<string, number>()
  usages.forEach(({ key }, index) => {
    const before = keys.get(key)
    const at = written[index]?.at ?? 0
    if (before !== undefined) throw new PurserError('bad_input', `lines ${before} and ${at} have the same key "${key}"`)
    keys.set(key, at)
  })
  return usages
}

function jsonOf(line: string, at: number): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw new PurserError('bad_input', `line ${at} is no JSON object`)
  }
}
