import { z } from 'zod'
import type { BillFileLine } from '../../domain/bill.ts'
import { scaled } from '../../domain/scaled.ts'
import { UNITS } from '../../domain/usage.ts'
import { label, text } from '../names.ts'

/** What a line of a provider stands for, in Purser's words; null: it is none of Purser's business, and left out. */
export type Meaning = { readonly model: string; readonly tier: string; readonly unit: string } | null

/** What somebody says that lines mean, by the provider's own words for them. */
export type Meanings = Readonly<Record<string, Meaning>>

/** A unit of the price book; `other` for what has none. */
export const billUnit = z.string().refine((unit) => unit === 'other' || UNITS.some((known) => known === unit), {
  error: ({ input }) => `there is no unit "${String(input)}": there are ${UNITS.join(', ')}, and other`,
})

export const meaningsSchema = z.record(
  z.string(),
  z.strictObject({ model: text(200).min(1), tier: label.default('standard'), unit: billUnit }).nullable(),
)

/** How to read a file. */
export interface Reading {
  readonly provider: string
  readonly hash: string
  readonly timeZone: string
  readonly meanings: Meanings
}

/** A row that was read: its lines; or none, and why it is left out. */
export type Read = { readonly lines: readonly Omit<BillFileLine, 'row'>[]; readonly leftOut?: string }

/** A row that cannot be read: what is wrong with it. */
export class BadRow extends Error {}

/** Throws BadRow. */
export function rowOf<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'row'}: ${message.includes('received undefined') ? 'is missing' : message}`,
  )
  throw new BadRow(problems.join('; '))
}

/** Above what anybody is billed for one line, and below where sums leave eight bytes. */
const COST_MAX = 10n ** 18n

/** An amount that somebody is charged, in whole parts. Throws BadRow. */
export function amountOf(written: string, decimals: number, what: string) {
  const amount = decimalOf(written, decimals, what)
  if (amount.value < 0n) throw new BadRow(`${what}: ${written} is below zero: take a credit off the lines that it is for`)
  if (amount.value > COST_MAX) throw new BadRow(`${what}: ${written} is too much for one line`)
  return amount
}

/** Throws BadRow. */
export function decimalOf(written: string, decimals: number, what: string) {
  try {
    return scaled(written, decimals)
  } catch (error) {
    throw new BadRow(`${what}: ${(error as Error).message}`)
  }
}

/** A decimal as a file has it: as text. */
export const decimal = z.string().min(1)
