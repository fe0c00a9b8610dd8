import fc from 'fast-check'
import type { Price, Rate } from '../../src/domain/price.ts'
import { TOKEN_UNITS, UNITS, type Unit } from '../../src/domain/usage.ts'

/** Above so many tokens of a prompt. */
export const LONG_PROMPT = 200n
const LONG_AGO = new Date('2020-01-01T00:00:00Z')

export const priceOf = (unit: Unit, picoUsdPer: bigint, over: Partial<Price> = {}): Price => ({
  id: 1 + UNITS.indexOf(unit),
  provider: 'gemini',
  model: 'a-model',
  unit,
  tier: 'standard',
  aboveTokens: 0n,
  picoUsdPer,
  per: 1n,
  effectiveFrom: LONG_AGO,
  effectiveUntil: undefined,
  source: 'test',
  sourceDate: '2026-01-01',
  ...over,
})

export const rateOf = (usdMicrosPerEur: bigint, day = '2026-11-02'): Rate => ({ id: 7, day, usdMicrosPerEur, source: 'test' })

const pers = fc.constantFrom(1n, 1_000n, 1_000_000n)
/** From nothing to 1,000 USD a token, and finer than a pico-USD. */
const picos = fc.oneof(fc.bigInt({ min: 0n, max: 50n }), fc.bigInt({ min: 0n, max: 100_000_000n }), fc.bigInt({ min: 0n, max: 10n ** 15n }))

export const rates = fc.bigInt({ min: 500_000n, max: 2_000_000n }).map((micros) => rateOf(micros))
export const priceFor = (unit: Unit) => fc.record({ pico: picos, per: pers }).map(({ pico, per }) => priceOf(unit, pico, { per }))
/** A price for every unit of a request. */
export const books = fc.tuple(...TOKEN_UNITS.map(priceFor))
/** The same with long prompts, which cost more, or the same. */
export const booksWithLongPrompts = fc
  .tuple(books, fc.array(fc.option(picos, { nil: undefined }), { minLength: TOKEN_UNITS.length, maxLength: TOKEN_UNITS.length }))
  .map(([book, raises]) =>
    book.flatMap((price, i) => {
      const raise = raises[i]
      return raise === undefined
        ? [price]
        : [price, { ...price, id: price.id + 100, aboveTokens: LONG_PROMPT, picoUsdPer: price.picoUsdPer + raise }]
    }),
  )
