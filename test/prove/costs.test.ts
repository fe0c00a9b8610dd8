/**
 * Costs and bounds by the million. Costs equal an independent computation with exact fractions; no cost of a usage that the injected limits allow is
 * above its bound, whatever text is sent and however badly it is cut into tokens.
 */
import { expect, test } from 'vitest'
import { boundOf, textTokensMax } from '../../src/domain/bound.ts'
import { costOf, type Price, type Rate } from '../../src/domain/price.ts'
import { isInput, isOutput, TOKEN_UNITS, type Quantity, type Unit } from '../../src/domain/usage.ts'
import { priceOf, rateOf } from '../domain/arbitrary.ts'
import { ownRequest, promptFor } from '../domain/requests.ts'
import { divided, rational, times, up } from '../domain/rational.ts'
import { chance, type Chance } from '../support/chance.ts'
import { inLength } from './length.ts'

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const COUNT = inLength(50_000, 1_000_000)
const NOW = new Date('2026-11-03T12:00:00Z')
const THRESHOLDS = [128_000n, 200_000n, 272_000n] as const
const PERS = [1n, 1_000n, 1_000_000n] as const

const pick = <T>(dice: Chance, of: readonly [T, ...T[]]): T => of[dice(of.length)] ?? of[0]

/** From nothing to 100 USD a token, most of them like real ones, some finer than a pico-USD. */
const pricesFor = (dice: Chance, unit: Unit): Price[] =>
  [0n, ...THRESHOLDS.filter(() => dice(4) === 0)].map((aboveTokens, i) =>
    priceOf(unit, BigInt(dice(pick(dice, [3, 1_000, 10_000_000, 100_000_000]))) * (dice(50) === 0 ? 1_000_000n : 1n), {
      id: 1_000 * i + TOKEN_UNITS.findIndex((one) => one === unit),
      aboveTokens,
      per: pick(dice, PERS),
    }),
  )
const bookFor = (dice: Chance): Price[] => TOKEN_UNITS.flatMap((unit) => pricesFor(dice, unit))
const rateFor = (dice: Chance): Rate => rateOf(500_000n + BigInt(dice(1_500_000)))

/** What the same usage costs by fractions, and by a search of its own for the price that a prompt reaches. */
function byFractions(usage: readonly Quantity[], book: readonly Price[], rate: Rate): { pico: bigint; nano: bigint } {
  const prompt = usage.filter(({ unit }) => unit.startsWith('input_')).reduce((sum, { quantity }) => sum + BigInt(quantity), 0n)
  const sums = { pico: 0n, nano: 0n }
  for (const { unit, quantity } of usage) {
    const [price] = book
      .filter((row) => row.unit === unit && (row.aboveTokens === 0n || prompt > row.aboveTokens))
      .toSorted((a, b) => (a.aboveTokens > b.aboveTokens ? -1 : 1))
    const pico = up(times(rational(BigInt(quantity)), rational(price?.picoUsdPer ?? -1n, price?.per)))
    const euros = divided(rational(pico, 10n ** 12n), rational(rate.usdMicrosPerEur, 10n ** 6n))
    sums.pico += pico
    sums.nano += up(times(euros, rational(10n ** 9n)))
  }
  return sums
}

test(`${COUNT} usages cost what exact fractions say, to the last digit (seed ${SEED})`, { timeout: 600_000 }, () => {
  const dice = chance(SEED)
  let different = 0
  let highRates = 0
  for (let i = 0; i < COUNT; i += 1) {
    const [book, rate] = [bookFor(dice), rateFor(dice)]
    const usage = TOKEN_UNITS.filter(() => dice(3) === 0).map((unit): Quantity => ({
      unit,
      quantity: 1 + dice(pick(dice, [10, 5_000, 300_000, 2_000_000_000])),
    }))
    const cost = costOf(usage, book, rate)
    const exact = byFractions(usage, book, rate)
    if (cost.picoUsd !== exact.pico || cost.nanoEur !== exact.nano || cost.flags.length > 0) different += 1
    if (cost.lines.some(({ priceId }) => priceId >= 1_000)) highRates += 1
    if (cost.lines.some(({ picoUsd, nanoEur }) => picoUsd < 0n || nanoEur < 0n)) throw new Error('a line below zero')
  }
  expect(different).toBe(0)
  // The dice reach the thresholds often enough to prove something.
  expect(highRates).toBeGreaterThan(COUNT / 20)
})

/** What a tokenizer or a normaliser may blow up. */
const ATOMS = [
  'a', ' ', '\n', '0', 'banner', '\u0000', '\uFDFA', '\uFDFB', '\u0301', '\u0489', 'e\u0301\u0323', '\u{1242B}', '\u{12031}', '👨‍👩‍👧‍👦', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '\uD83D',
  '\uDE00', 'ﬃ', '㎯', '\u3300', '각', '\u1112\u1161\u11ab', '\u2A0C', '\u200D', '\uFEFF', '\uFFFD', 'Ǆ', 'ς', '\u{1D160}', '\u{2F800}', '漢', 'ก็็็',
] as const // prettier-ignore

const textOf = (dice: Chance): string => {
  let text = ''
  for (let i = dice(pick(dice, [4, 12, 60])); i > 0; i -= 1) text += pick(dice, ATOMS).repeat(dice(8) === 0 ? 1 + dice(20) : 1)
  return text
}

const OF_WORDS = TOKEN_UNITS.filter((unit) => isInput(unit) && !/image|audio|video|embedding/.test(unit))

const bytesOf = (text: string): number => Buffer.byteLength(text)
/** As bad as it can be: a token for each byte, before or after normalisation, and what a provider adds around a message. */
const tokensAtWorst = (dice: Chance, text: string): number =>
  Math.max(bytesOf(text), bytesOf(text.normalize('NFC')), bytesOf(text.normalize('NFKC'))) + dice(65)

/** Splits a number over these units, all of it used. */
function spread(dice: Chance, total: number, units: readonly Unit[]): Quantity[] {
  const usage: Quantity[] = []
  let left = total
  for (const unit of units) {
    const quantity = dice(3) === 0 ? dice(left + 1) : 0
    left -= quantity
    if (quantity > 0) usage.push({ unit, quantity })
  }
  const rest = units[dice(units.length)]
  return left === 0 || rest === undefined
    ? usage
    : [
        ...usage.filter(({ unit }) => unit !== rest),
        { unit: rest, quantity: left + (usage.find(({ unit }) => unit === rest)?.quantity ?? 0) },
      ]
}

test(`${COUNT} requests with hostile texts cost their bound at most, in any mix of units (seed ${SEED})`, { timeout: 600_000 }, () => {
  const dice = chance(SEED + 1)
  let above = 0
  let nearest = 0n
  for (let i = 0; i < COUNT; i += 1) {
    const [book, rate, prompt, maxOutputTokens] = [bookFor(dice), rateFor(dice), textOf(dice), 1 + dice(pick(dice, [64, 8_192, 65_536]))]
    // Every second one is an app's own, which may be of any kind.
    const isOwn = i % 2 === 1
    const bound = boundOf(
      isOwn ? ownRequest({ maxOutputTokens, inputTokensMax: textTokensMax(prompt) }) : promptFor(prompt, maxOutputTokens),
      book,
      rate,
      NOW,
    )
    if (bound === undefined) throw new Error('a request without a bound')
    const usage = [
      ...spread(dice, tokensAtWorst(dice, prompt), isOwn ? TOKEN_UNITS.filter(isInput) : OF_WORDS),
      ...spread(dice, maxOutputTokens, TOKEN_UNITS.filter(isOutput)),
    ]
    const { nanoEur } = costOf(usage, book, rate)
    if (nanoEur > bound.amount) above += 1
    const share = (nanoEur * 1_000n) / bound.amount
    if (share > nearest) nearest = share
  }
  expect(above).toBe(0)
  // Some come close: a bound of twice as much would pass, too, and would be no proof of anything.
  expect(nearest).toBeGreaterThan(900n)
})
