import { z } from 'zod'
import { UNITS, UNITS_IN_MILLIONTHS } from '../../domain/usage.ts'
import { day } from '../day.ts'
import { label, text } from '../names.ts'
import { amountOf, BadRow, billUnit, decimal, decimalOf, rowOf, type Read, type Reading } from './reading.ts'

/** A line of a bill in Purser's own columns, from CSV or JSON. */
const lineSchema = z.strictObject({
  day,
  model: text(200).min(1),
  tier: label.default('standard'),
  unit: billUnit,
  quantity: decimal.optional(),
  cost_usd: decimal,
  cost_eur: decimal.optional(),
  request_id: text(200).min(1).optional(),
  line_id: text(200).min(1).optional(),
})

/** Without an id of its own a line is its file's, and its row's. */
export function readTable(value: unknown, { hash }: Reading, row: number): Read {
  const line = rowOf(lineSchema, value)
  const usd = amountOf(line.cost_usd, 12, 'cost_usd')
  const eur = line.cost_eur === undefined ? undefined : amountOf(line.cost_eur, 9, 'cost_eur')
  return {
    lines: [
      {
        lineId: line.line_id ?? `${hash} ${row}`,
        day: line.day,
        model: line.model,
        tier: line.tier,
        unit: line.unit,
        quantity: line.quantity === undefined ? null : quantityOf(line.unit, line.quantity),
        picoUsd: usd.value,
        picoSlack: usd.slack,
        nanoEur: eur?.value ?? null,
        nanoSlack: eur?.slack ?? 0n,
        requestId: line.request_id ?? null,
      },
    ],
  }
}

/** As the ledger counts it: hours and GB in millionths. Throws BadRow. */
function quantityOf(name: string, written: string): bigint {
  const unit = UNITS.find((known) => known === name)
  const { value, slack } = decimalOf(written, unit !== undefined && UNITS_IN_MILLIONTHS.has(unit) ? 6 : 0, 'quantity')
  if (slack > 0n || value < 0n) throw new BadRow(`quantity: ${written} is no quantity of ${name}`)
  return value
}
