import { expect, test } from 'vitest'
import { UNITS, type Unit } from '../../src/domain/usage.ts'
import { decimalOf, perText, storedPrice, usdText } from '../../src/prices/exact-usd.ts'

test.for<[Unit, string, bigint, bigint, bigint]>([
  ['output_text_tokens', '0.30', 1_000_000n, 300_000n, 1n],
  ['output_text_tokens', '3e-07', 1n, 300_000n, 1n],
  ['output_text_tokens', '3.0E-7', 1n, 300_000n, 1n],
  ['output_text_tokens', '1.5e1', 1_000_000n, 15_000_000n, 1n],
  ['output_text_tokens', '0', 1n, 0n, 1n],
  // Finer than a pico-USD: for a thousand, or for a million.
  ['output_text_tokens', '1.0025e-09', 1n, 1_002_500n, 1000n],
  ['output_text_tokens', '0.0000000000000001', 1n, 100n, 1_000_000n],
  ['requests', '0.0001', 1n, 100_000_000n, 1n],
  ['images', '40', 1000n, 40_000_000_000n, 1n],
  // Of what is counted in millionths the price is for a whole one.
  ['gpu_hours', '2.50', 1n, 2_500_000_000_000n, 1_000_000n],
  ['egress_gb', '9', 100n, 90_000_000_000n, 1_000_000n],
])('%s at %s USD for %i is stored as %i pico-USD for %i', ([unit, usd, forUnits, picoUsdPer, per]) => {
  expect(storedPrice(unit, usd, forUnits)).toEqual({ picoUsdPer, per })
})

test.for([
  ['1.5000020000000002e-05', 1n, /finer than a pico-USD for 1,000,000 units/],
  ['1e-19', 1n, /finer/],
  ['1', 3n, /finer/],
  ['-1', 1n, /no price/],
  ['1,5', 1n, /no price/],
  ['', 1n, /no price/],
  ['NaN', 1n, /no price/],
  ['Infinity', 1n, /no price/],
  ['0x10', 1n, /no price/],
  ['1e999', 1n, /out of range/],
  ['1000001', 1n, /a million USD at most/],
] as const)('"%s" for %i is refused, never rounded', ([usd, forUnits, why]) => {
  expect(() => storedPrice('output_text_tokens', usd, forUnits)).toThrow(why)
})

test('a part of a whole unit that is finer than a pico-USD is refused', () => {
  expect(() => storedPrice('gpu_hours', '0.0000000000001', 1n)).toThrow(/finer than a pico-USD for a whole unit/)
})

test('a decimal keeps every digit that is written', () => {
  expect(decimalOf('1.5000020000000002e-05')).toEqual({ digits: 15_000_020_000_000_002n, exponent: -21 })
})

test.for<[Unit, string, 'million' | 'one']>([
  ['output_text_tokens', '0.3', 'million'],
  ['output_text_tokens', '0.0000000001', 'million'],
  ['training_tokens', '8', 'million'],
  ['requests', '0.0001', 'one'],
  ['vector_db_queries', '0.000016', 'one'],
  ['gpu_hours', '2.5', 'one'],
])('a price of %s is shown as it was written: %s for %s', ([unit, usd, per]) => {
  expect(perText(unit)).toBe(per)
  expect(usdText(unit, storedPrice(unit, usd, per === 'million' ? 1_000_000n : 1n))).toBe(usd)
})

test('what is shown of any stored price is exact, whatever the unit', () => {
  for (const unit of UNITS) {
    const stored = storedPrice(unit, '0.000123', 1n)
    expect(storedPrice(unit, usdText(unit, stored), perText(unit) === 'million' ? 1_000_000n : 1n)).toEqual(stored)
  }
})
