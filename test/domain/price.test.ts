import fc from 'fast-check'
import { expect, test } from 'vitest'
import { costLine, costOf, dearest, nanoEurOf, pricesAt, withRequestFee } from '../../src/domain/price.ts'
import { picoUsd } from '../../src/domain/money.ts'
import { TOKEN_UNITS, tokensOf, type Quantity } from '../../src/domain/usage.ts'
import { books, booksWithLongPrompts, LONG_PROMPT, priceFor, priceOf, rateOf, rates } from './arbitrary.ts'
import { divided, isAtMost, plus, rational, times, up } from './rational.ts'

const quantities = fc.oneof(fc.bigInt({ min: 0n, max: 100n }), fc.bigInt({ min: 0n, max: 10n ** 9n }))

test('a line is exact: quantity × price ÷ per in pico-USD, × 1000 ÷ rate in nano-EUR, each rounded up once', () => {
  fc.assert(
    fc.property(quantities, priceFor('output_text_tokens'), rates, (quantity, price, rate) => {
      const line = costLine('output_text_tokens', quantity, price, rate)
      const exactUsd = times(rational(quantity), divided(rational(price.picoUsdPer), rational(price.per)))
      expect(line.picoUsd).toBe(up(exactUsd))
      // 10¹² pico-USD a dollar, 10⁹ nano-EUR a euro, rate ÷ 10⁶ dollars a euro.
      const dollars = divided(rational(line.picoUsd), rational(10n ** 12n))
      const euros = divided(dollars, divided(rational(rate.usdMicrosPerEur), rational(10n ** 6n)))
      expect(line.nanoEur).toBe(up(times(euros, rational(10n ** 9n))))
      expect(line).toMatchObject({
        quantity,
        priceId: price.id,
        picoUsdPer: price.picoUsdPer,
        per: price.per,
        rateId: rate.id,
        usdMicrosPerEur: rate.usdMicrosPerEur,
      })
    }),
  )
})

test('a cost is its lines: one per unit, the total is their sum, never below the exact cost and less than a nano-EUR and a pico-USD a line above', () => {
  fc.assert(
    fc.property(
      books,
      rates,
      fc.array(quantities, { minLength: TOKEN_UNITS.length, maxLength: TOKEN_UNITS.length }),
      (prices, rate, amounts) => {
        const usage = TOKEN_UNITS.map((unit, i) => ({ unit, quantity: Number(amounts[i]) }))
        const cost = costOf(usage, prices, rate)
        expect(cost.lines.map((line) => line.unit)).toEqual(TOKEN_UNITS)
        expect(cost.nanoEur).toBe(cost.lines.reduce((sum, line) => sum + line.nanoEur, 0n))
        expect(cost.picoUsd).toBe(cost.lines.reduce((sum, line) => sum + line.picoUsd, 0n))
        expect(cost.flags).toEqual([])
        const exact = prices
          .map((price, i) =>
            divided(times(rational(amounts[i] ?? 0n), rational(price.picoUsdPer * 1000n)), rational(price.per * rate.usdMicrosPerEur)),
          )
          .reduce(plus, rational(0n))
        expect(isAtMost(exact, rational(cost.nanoEur))).toBe(true)
        expect(isAtMost(rational(cost.nanoEur), plus(exact, rational(BigInt(TOKEN_UNITS.length + 1))))).toBe(true)
      },
    ),
  )
})

const smallUsages = fc.array(fc.integer({ min: 0, max: 25 }), { minLength: TOKEN_UNITS.length, maxLength: TOKEN_UNITS.length })
const usageWith = (amounts: readonly number[]): Quantity[] => TOKEN_UNITS.map((unit, i) => ({ unit, quantity: amounts[i] ?? 0 }))
test('whoever uses more never pays less, also when his prompt becomes a long one; and no line is below zero', () => {
  let crossed = 0
  fc.assert(
    fc.property(booksWithLongPrompts, rates, smallUsages, smallUsages, (prices, rate, less, added) => {
      const [one, other] = [usageWith(less), usageWith(less.map((amount, i) => amount + (added[i] ?? 0)))]
      const [small, large] = [costOf(one, prices, rate), costOf(other, prices, rate)]
      if (tokensOf(one).input <= LONG_PROMPT && tokensOf(other).input > LONG_PROMPT) crossed += 1
      for (const [i, line] of small.lines.entries()) {
        expect(line.picoUsd).toBeGreaterThanOrEqual(0n)
        expect(line.nanoEur).toBeGreaterThanOrEqual(0n)
        expect(large.lines[i]?.picoUsd).toBeGreaterThanOrEqual(line.picoUsd)
        expect(large.lines[i]?.nanoEur).toBeGreaterThanOrEqual(line.nanoEur)
      }
      expect(large.nanoEur).toBeGreaterThanOrEqual(small.nanoEur)
    }),
    { numRuns: 2_000 },
  )
  expect(crossed).toBeGreaterThan(200)
})

test('a picture of 1,290 tokens at 30 dollars a million costs 3.87 US cents', () => {
  const line = costLine('output_image_tokens', 1_290n, priceOf('output_image_tokens', 30_000_000n), rateOf(1_117_200n))
  expect(line.picoUsd).toBe(38_700_000_000n)
  expect(line.nanoEur).toBe(34_640_172n)
  expect(nanoEurOf(picoUsd(1n), rateOf(1_000_000n))).toBe(1n)
})

test('a unit without a price is charged at the dearest of its direction and flagged, never dropped', () => {
  const prices = [priceOf('input_text_tokens', 3n), priceOf('output_text_tokens', 25n), priceOf('output_image_tokens', 300n)]
  const cost = costOf(
    [
      { unit: 'output_thought_tokens', quantity: 2 },
      { unit: 'input_image_tokens', quantity: 2 },
    ],
    prices,
    rateOf(1_000_000n),
  )
  expect(cost.lines.map((line) => line.picoUsd)).toEqual([600n, 6n])
  expect(cost.flags).toEqual(['unpriced'])
  expect(costOf([{ unit: 'input_text_tokens', quantity: 1 }], [priceOf('output_text_tokens', 9n)], rateOf(1_000_000n)).picoUsd).toBe(9n)
  expect(() => costOf([{ unit: 'input_text_tokens', quantity: 1 }], [], rateOf(1_000_000n))).toThrow(RangeError)
})

test('a token without a price is charged as the dearest token of its direction, never as a search or a training', () => {
  const prices = [priceOf('output_text_tokens', 9n), priceOf('search_queries', 14_000_000_000n), priceOf('training_tokens', 8_000_000n)]
  const cost = costOf([{ unit: 'output_audio_tokens', quantity: 2 }], prices, rateOf(1_000_000n))
  expect([cost.picoUsd, cost.flags]).toEqual([18n, ['unpriced']])
})

test('what has no price is charged at the dearest price that its prompt reaches: one of a longer prompt is none of its own', () => {
  const prices = [priceOf('input_text_tokens', 3n), priceOf('input_text_tokens', 7n, { id: 101, aboveTokens: 10n })]
  const picoAt = (quantity: number) => costOf([{ unit: 'input_other_tokens', quantity }], prices, rateOf(1_000_000n)).picoUsd
  expect([picoAt(10), picoAt(11)]).toEqual([30n, 77n])
})

test('a fee for the request is charged once where it has a price, though no usage names it', () => {
  const usage: Quantity[] = [{ unit: 'input_text_tokens', quantity: 2 }]
  const prices = [priceOf('input_text_tokens', 3n), priceOf('requests', 500n)]
  expect(withRequestFee(usage, prices)).toEqual([...usage, { unit: 'requests', quantity: 1 }])
  expect(withRequestFee(withRequestFee(usage, prices), prices)).toEqual([...usage, { unit: 'requests', quantity: 1 }])
  expect(withRequestFee(usage, prices.slice(0, 1))).toEqual(usage)
})

test('the dearest price is the dearest per unit, however it is written', () => {
  const [fine, coarse] = [priceOf('output_text_tokens', 2_000n, { per: 1_000n }), priceOf('output_text_tokens', 1n)]
  expect(dearest([fine, coarse])).toBe(fine)
  expect(dearest([coarse, fine])).toBe(fine)
  expect(dearest([])).toBeUndefined()
  fc.assert(
    fc.property(fc.array(priceFor('output_text_tokens'), { minLength: 1 }), (prices) => {
      const best = dearest(prices)
      for (const price of prices) {
        expect(isAtMost(rational(price.picoUsdPer, price.per), rational(best?.picoUsdPer ?? 0n, best?.per))).toBe(true)
      }
    }),
  )
})

test('a price is in force from its first moment until just before its last', () => {
  const price = priceOf('output_text_tokens', 1n, {
    effectiveFrom: new Date('2026-10-07T00:00:00Z'),
    effectiveUntil: new Date('2026-11-01T00:00:00Z'),
  })
  const at = (text: string): number => pricesAt([price], new Date(text)).length
  expect([at('2026-10-06T23:59:59.999Z'), at('2026-10-07T00:00:00Z'), at('2026-10-31T23:59:59.999Z'), at('2026-11-01T00:00:00Z')]).toEqual([
    0, 1, 1, 0,
  ])
})

// Gemini 2.5 Pro: the whole request at the higher price when its prompt has more than 200,000 tokens, cached ones included.
const pro = [
  priceOf('input_text_tokens', 1_250_000n),
  priceOf('input_text_tokens', 2_500_000n, { id: 101, aboveTokens: 200_000n }),
  priceOf('input_cached_tokens', 125_000n),
  priceOf('input_cached_tokens', 250_000n, { id: 102, aboveTokens: 200_000n }),
  priceOf('output_text_tokens', 10_000_000n),
  priceOf('output_text_tokens', 15_000_000n, { id: 103, aboveTokens: 200_000n }),
]
test.for([
  ['at the threshold', 200_000, 0, 1_000, 260_000_000_000n],
  ['one token above it', 200_001, 0, 1_000, 515_002_500_000n],
  ['one token above it, nearly all of it cached', 1, 200_000, 1_000, 65_002_500_000n],
] as const)('a prompt %s: the price of its length holds for the whole request', ([, fresh, cached, out, pico]) => {
  const usage: Quantity[] = [
    { unit: 'input_text_tokens', quantity: fresh },
    { unit: 'input_cached_tokens', quantity: cached },
    { unit: 'output_text_tokens', quantity: out },
  ]
  expect(costOf(usage, pro, rateOf(1_000_000n))).toMatchObject({ picoUsd: pico, flags: [] })
})
