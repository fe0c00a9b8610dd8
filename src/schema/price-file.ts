import { z } from 'zod'
import { UNITS } from '../domain/usage.ts'
import { day } from './day.ts'
import { label } from './names.ts'

const decimal = z.string('write a price as text, such as "0.30"').regex(/^\d{1,12}(\.\d{1,30})?$/, 'write a price like "0.30"')
/** A day begins in UTC. */
export const momentSchema = z.union(
  [day, z.iso.datetime({ offset: true })],
  'write a day like 2026-12-01, or a moment like 2026-12-01T08:00:00Z',
)
const provenance = { source: z.string().trim().min(1).max(500), checked_on: day }

const row = z
  .strictObject({
    provider: label,
    model: label,
    unit: z.enum(UNITS, `write a unit that the book knows: ${UNITS.join(', ')}`),
    tier: label.default('standard'),
    above_tokens: z.int().nonnegative().max(1_000_000_000).default(0),
    usd_per_million: decimal.optional(),
    usd: decimal.optional(),
    per: z.int().positive().max(1_000_000_000).default(1),
    effective_from: momentSchema.optional(),
    effective_until: momentSchema.optional(),
    source: provenance.source.optional(),
    checked_on: provenance.checked_on.optional(),
  })
  .refine((r) => (r.usd_per_million === undefined) !== (r.usd === undefined), 'write either usd_per_million, or usd and per')

/** A file of prices that somebody wrote: where they were read, on which day, and one row per price. */
export const priceFileSchema = z.strictObject({
  ...provenance,
  rows: z.array(row).min(1, 'there are no rows: is the file cut?').max(100_000),
})
