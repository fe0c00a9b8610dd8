/** The prices that the company's thirteen months need and a new price book does not have. */
import type { Price } from '../domain/price.ts'
import { FEATURES, OWN_MODEL } from './features.ts'

/** A price that is to be imported. */
export type CompanyPrice = Omit<Price, 'id' | 'source' | 'sourceDate'>

/** A row of the book. */
type KnownPrice = Omit<CompanyPrice, 'effectiveUntil'>

/** Which prices are missing: the own model's, and, of the others, those of the months before the book begins, as they are when it does. */
export function missingPrices(book: readonly KnownPrice[], from: Date): CompanyPrice[] {
  const isUsed = ({ provider, model, tier }: KnownPrice): boolean =>
    FEATURES.some(({ models }) => models.some((used) => used.provider === provider && used.model === model && used.tier === tier))
  const isOwn = ({ provider, model }: KnownPrice): boolean => provider === OWN_MODEL.provider && model === OWN_MODEL.model
  const names = Map.groupBy(
    book.filter((row) => isUsed(row) && !isOwn(row)),
    ({ provider, model, unit, tier, aboveTokens }) => [provider, model, unit, tier, aboveTokens].join(' '),
  )
  const before = [...names.values()].flatMap((rows) => {
    const [first] = rows.toSorted((a, b) => a.effectiveFrom.getTime() - b.effectiveFrom.getTime())
    return first === undefined || first.effectiveFrom <= from
      ? []
      : [{ ...keyOf(first), effectiveFrom: from, effectiveUntil: first.effectiveFrom }]
  })
  return [...before, ...(book.some(isOwn) ? [] : ownPrices())]
}

const keyOf = ({ provider, model, unit, tier, aboveTokens, picoUsdPer, per }: KnownPrice): Omit<KnownPrice, 'effectiveFrom'> => ({
  provider,
  model,
  unit,
  tier,
  aboveTokens,
  picoUsdPer,
  per,
})

const FIRST_YEAR = 2025
const YEARS = 15

/** From 0.90 USD for a million tokens of input on: two thirds of it a year later, half, two fifths, … A price says its successors beforehand, so thirteen months always have a change. */
function ownPrices(): CompanyPrice[] {
  const firsts = [
    ['input_text_tokens', 900_000n],
    ['output_text_tokens', 3_600_000n],
  ] as const
  return firsts.flatMap(([unit, first]) =>
    Array.from({ length: YEARS }, (_, years) => ({
      ...OWN_MODEL,
      unit,
      tier: 'standard',
      aboveTokens: 0n,
      picoUsdPer: (first * 2n) / BigInt(2 + years),
      per: 1n,
      effectiveFrom: new Date(years === 0 ? '2020-01-01T00:00:00Z' : `${FIRST_YEAR + years}-06-01T00:00:00Z`),
      effectiveUntil: undefined,
    })),
  )
}
