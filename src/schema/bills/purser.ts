import { z } from 'zod'
import { dayIn } from '../../domain/day.ts'
import { moment } from '../day.ts'
import { billUnit, rowOf, type Read, type Reading } from './reading.ts'

const whole = z.string().regex(/^\d{1,18}$/, 'write a whole number')

/** A billed request, as the emulator writes it: one JSON object a line, amounts in whole pico-USD, and in whole nano-EUR where it is billed in euros. */
const entrySchema = z.object({
  at: moment('write a moment like 2026-11-03T14:30:00Z'),
  responseId: z.string().min(1),
  model: z.string().min(1),
  tier: z.string().min(1).default('standard'),
  clientRequestId: z.string().min(1).nullable(),
  lines: z.array(z.object({ unit: billUnit, quantity: whole, picoUsd: whole, nanoEur: whole.optional() })),
})

/** Its own name of the request is the client's, where it was told one. */
export function readPurser(value: unknown, { timeZone }: Reading): Read {
  const entry = rowOf(entrySchema, value)
  const day = dayIn(timeZone)(entry.at)
  return {
    lines: entry.lines.map(({ unit, quantity, picoUsd, nanoEur }) => ({
      lineId: `${entry.responseId} ${unit}`,
      day,
      model: entry.model,
      tier: entry.tier,
      unit,
      quantity: BigInt(quantity),
      picoUsd: BigInt(picoUsd),
      picoSlack: 0n,
      nanoEur: nanoEur === undefined ? null : BigInt(nanoEur),
      nanoSlack: 0n,
      requestId: entry.clientRequestId ?? entry.responseId,
    })),
  }
}
