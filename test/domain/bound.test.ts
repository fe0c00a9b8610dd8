import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  BOUND_VALID_MS,
  boundOf,
  isStale,
  messagesTokensMax,
  outputTokensThatFit,
  textTokensMax,
  unpricedUnits,
  type Bound,
  type KnownOfModel,
} from '../../src/domain/bound.ts'
import { bannerRequest } from '../../src/domain/banner-request.ts'
import {
  providerMaxMs,
  ratedTokens,
  type ModelLimits,
  type ModelRequest,
  type OwnRequest,
  type PricedRequest,
} from '../../src/domain/model-request.ts'
import { eur, nano } from '../../src/domain/money.ts'
import { costOf, withRequestFee, type Price, type Rate } from '../../src/domain/price.ts'
import { isInput, isOutput, REQUEST_UNITS, TOKEN_UNITS, type Unit } from '../../src/domain/usage.ts'
import { books, booksWithLongPrompts, priceOf, rateOf, rates } from './arbitrary.ts'
import { ownRequest, promptFor, talkOf } from './requests.ts'

const NOW = new Date('2026-11-03T12:00:00Z')

const own = ownRequest()

function bound(asked: PricedRequest, prices: readonly Price[], rate: Rate, known: KnownOfModel = {}): Bound {
  const found = boundOf(asked, prices, rate, NOW, known)
  if (found === undefined) throw new Error('no bound')
  return found
}

const utf8 = (text: string): number => Buffer.byteLength(text)

test('a text has at most as many tokens as bytes, before and after normalisation', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(textTokensMax(text)).toBeGreaterThanOrEqual(utf8(text))
      expect(textTokensMax(text)).toBeGreaterThanOrEqual(utf8(text.normalize('NFKC')))
      expect(textTokensMax(text)).toBeGreaterThanOrEqual(utf8(text.normalize('NFC')))
    }),
  )
})

test.for([
  ['an Arabic ligature that normalises to eighteen letters', '\uFDFA', 33],
  ['a face of one UTF-16 pair', '😀', 4],
  ['a family of seven code points', '👨‍👩‍👧‍👦', 25],
  ['half a pair, which becomes a replacement character', '\uD83D', 3],
  ['a text', 'banner', 6],
  ['nothing', '', 0],
] as const)('%s has %s, so at most %d bytes', ([, text, bytes]) => {
  expect(textTokensMax(text) - textTokensMax('')).toBe(bytes)
})

test('a conversation has at most as many tokens as its messages have, each with an overhead of its own, whoever says it', () => {
  const said = fc.record({
    role: fc.constantFrom('system' as const, 'user' as const, 'assistant' as const),
    text: fc.string({ unit: 'binary' }),
  })
  fc.assert(
    fc.property(fc.array(said, { minLength: 1, maxLength: 6 }), books, rates, (messages, prices, rate) => {
      const tokens = messages.reduce((sum, { text }) => sum + textTokensMax(text), 0)
      expect(messagesTokensMax(messages)).toBe(tokens)
      const { lines, amount } = bound(talkOf(messages, 100), prices, rate)
      expect(lines[0]?.quantity).toBe(BigInt(tokens))
      // In one prompt there is an overhead once.
      const joined = messages.map(({ text }) => text).join('')
      expect(amount).toBeGreaterThanOrEqual(bound(promptFor(joined, 100), prices, rate).amount)
    }),
  )
})

test('a prompt, and a single message of the user, have the same bound and the same share of a rate limit', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), books, rates, (text, prices, rate) => {
      const [prompt, message] = [promptFor(text, 50), talkOf([{ role: 'user', text }], 50)]
      expect(bound(message, prices, rate)).toEqual(bound(prompt, prices, rate))
      expect(ratedTokens(message)).toBe(ratedTokens(prompt))
    }),
  )
})

const sharesOf = (units: readonly Unit[]) => fc.array(fc.nat(1000), { minLength: units.length, maxLength: units.length })
const usages = fc.record({ inputs: sharesOf(TOKEN_UNITS.filter(isInput)), outputs: sharesOf(TOKEN_UNITS.filter(isOutput)) })

/** Splits a total in these proportions, all of it used. */
function split(total: number, parts: readonly number[]): number[] {
  const sum = parts.reduce((a, b) => a + b, 0)
  if (sum === 0) return parts.map((_, i) => (i === 0 ? total : 0))
  const shares = parts.map((part) => Math.floor((total * part) / sum))
  return shares.map((share, i) => (i === 0 ? share + total - shares.reduce((a, b) => a + b, 0) : share))
}

test('no usage within the prompt’s bytes and the output limit costs more than the bound, in any mix of units', () => {
  fc.assert(
    fc.property(
      books,
      rates,
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.integer({ min: 1, max: 100_000 }),
      usages,
      (prices, rate, prompt, max, mix) => {
        const { amount } = bound({ ...own, inputTokensMax: textTokensMax(prompt), maxOutputTokens: max }, prices, rate)
        const quantities = [...split(textTokensMax(prompt), mix.inputs), ...split(max, mix.outputs)]
        const usage = TOKEN_UNITS.map((unit, i) => ({ unit, quantity: quantities[i] ?? 0 })).filter(({ quantity }) => quantity > 0)
        expect(costOf(usage, prices, rate).nanoEur).toBeLessThanOrEqual(amount)
      },
    ),
    { numRuns: 1_000 },
  )
})

test('nor does one over the threshold of a long prompt, in units without a price, or with a fee for the request', () => {
  const without = fc.subarray<Unit>(TOKEN_UNITS.filter((unit) => unit !== 'input_text_tokens' && unit !== 'output_text_tokens'))
  fc.assert(
    fc.property(
      booksWithLongPrompts,
      without,
      fc.option(fc.bigInt({ min: 0n, max: 10n ** 12n })),
      rates,
      fc.integer({ min: 0, max: 400 }),
      fc.integer({ min: 0, max: 400 }),
      fc.integer({ min: 1, max: 1_000 }),
      usages,
      (all, missing, fee, rate, inputTokensMax, used, max, mix) => {
        const prices = [...all.filter(({ unit }) => !missing.includes(unit)), ...(fee === null ? [] : [priceOf('requests', fee)])]
        const { amount } = bound({ ...own, inputTokensMax, maxOutputTokens: max }, prices, rate)
        const quantities = [...split(Math.min(used, inputTokensMax), mix.inputs), ...split(max, mix.outputs)]
        const usage = TOKEN_UNITS.map((unit, i) => ({ unit, quantity: quantities[i] ?? 0 })).filter(({ quantity }) => quantity > 0)
        expect(costOf(withRequestFee(usage, prices), prices, rate).nanoEur).toBeLessThanOrEqual(amount)
      },
    ),
    { numRuns: 2_000 },
  )
})

const limited = fc.record({
  inputTokensMax: fc.option(fc.integer({ min: 1, max: 500 }), { nil: undefined }),
  outputTokensMax: fc.constant(undefined),
  imageTokensMax: fc.integer({ min: 1, max: 300 }),
})

test('nor does one with as many images as were named, each with as many tokens as its model makes of one, in any mix, also where the model takes less', () => {
  const without = fc.subarray<Unit>(TOKEN_UNITS.filter((unit) => unit !== 'input_text_tokens' && unit !== 'output_text_tokens'))
  fc.assert(
    fc.property(
      booksWithLongPrompts,
      without,
      limited,
      rates,
      fc.record({
        text: fc.integer({ min: 0, max: 400 }),
        images: fc.integer({ min: 0, max: 5 }),
        max: fc.integer({ min: 1, max: 1_000 }),
      }),
      fc.nat(1_000),
      usages,
      (all, missing, limits, rate, { text, images, max }, share, mix) => {
        const prices = all.filter(({ unit }) => !missing.includes(unit))
        const asked = ownRequest({ inputTokensMax: text, inputImagesMax: images, maxOutputTokens: max })
        const { amount } = bound(asked, prices, rate, { limits })
        const allowed = Math.min(text + images * limits.imageTokensMax, limits.inputTokensMax ?? Infinity)
        const used = share > 900 ? allowed : Math.floor((allowed * share) / 1_000)
        const quantities = [...split(used, mix.inputs), ...split(max, mix.outputs)]
        const usage = TOKEN_UNITS.map((unit, i) => ({ unit, quantity: quantities[i] ?? 0 })).filter(({ quantity }) => quantity > 0)
        expect(costOf(usage, prices, rate).nanoEur).toBeLessThanOrEqual(amount)
      },
    ),
    { numRuns: 2_000 },
  )
})

const takes = (limits: Partial<ModelLimits>): KnownOfModel => ({
  limits: { inputTokensMax: undefined, outputTokensMax: undefined, imageTokensMax: undefined, ...limits },
})
const plain = [priceOf('input_text_tokens', 1n), priceOf('output_text_tokens', 1n), priceOf('search_queries', 1n)]
const inputOf = (asked: PricedRequest, limits: Partial<ModelLimits>) =>
  boundOf(asked, plain, rateOf(1_000_000n), NOW, takes(limits))?.lines[0]?.quantity

test.for<[string, PricedRequest, Partial<ModelLimits>, bigint | undefined]>([
  ['a prompt of a thousand bytes, as the model takes fewer', promptFor('x'.repeat(1_000), 10), { inputTokensMax: 500 }, 500n],
  ['a prompt that the model takes', promptFor('x'.repeat(100), 10), { inputTokensMax: 500 }, 164n],
  ['a prompt, where nobody knows what the model takes', promptFor('x'.repeat(1_000), 10), {}, 1_064n],
  ['images and text', ownRequest({ inputImagesMax: 3 }), { imageTokensMax: 1_120 }, 3_370n],
  [
    'images and text, of which the model takes less',
    ownRequest({ inputImagesMax: 3 }),
    { imageTokensMax: 1_120, inputTokensMax: 2_000 },
    2_000n,
  ],
  ['no images, of which nothing is known', ownRequest({ inputImagesMax: 0 }), {}, 10n],
  ['images of which nothing is known', ownRequest({ inputImagesMax: 1 }), { inputTokensMax: 2_000 }, undefined],
  ['what may be searched for, and so read again', ownRequest({ inputTokensMax: 900, searchQueriesMax: 1 }), { inputTokensMax: 500 }, 900n],
])('the input of %s', ([, asked, limits, tokens]) => {
  expect(inputOf(asked, limits)).toBe(tokens)
})

test('a prompt that the model’s own limit keeps below a threshold is not bounded at the price above it', () => {
  const dated = [...plain, priceOf('input_text_tokens', 5n, { aboveTokens: 200n })]
  const priceAt = (inputTokensMax: number) =>
    boundOf(ownRequest({ inputTokensMax: 1_000 }), dated, rateOf(1_000_000n), NOW, takes({ inputTokensMax }))?.lines[0]?.picoUsdPer
  expect([priceAt(200), priceAt(201)]).toEqual([1n, 5n])
})

test('a bound is above zero, also when a model is free', () => {
  const free = TOKEN_UNITS.map((unit) => priceOf(unit, 0n))
  expect(bound(promptFor('hello', 10), free, rateOf(1_117_200n)).amount).toBeGreaterThan(0n)
})

test('the margin is one hundredth, three with a stale rate, rounded up, and stands beside the lines', () => {
  fc.assert(
    fc.property(books, rates, fc.boolean(), (prices, rate, stale) => {
      const b = bound(promptFor('a prompt', 2_048), prices, stale ? { ...rate, day: '2026-10-20' } : { ...rate, day: '2026-11-02' })
      expect(b.flags).toEqual(stale ? ['rate_stale'] : [])
      expect(b.nanoEur).toBe(b.lines.reduce((sum, line) => sum + line.nanoEur, 0n))
      expect(b.amount).toBe(b.nanoEur + b.margin)
      expect(b.margin * 1000n).toBeGreaterThanOrEqual(b.nanoEur * (stale ? 30n : 10n))
      expect(b.margin).toBeLessThanOrEqual((b.nanoEur * (stale ? 30n : 10n)) / 1000n + BigInt(REQUEST_UNITS.length))
    }),
  )
})

test.for([
  ['2026-11-03', false],
  ['2026-10-27', false],
  ['2026-10-26', false],
  ['2026-10-25', true],
] as const)('on 3 November the rate of %s is stale: %s', ([day, stale]) => {
  expect(isStale(rateOf(1n, day), new Date('2026-11-03T00:00:00Z'))).toBe(stale)
})

const at = (ms: number): Date => new Date(NOW.getTime() + ms)
const cheapInput = priceOf('input_text_tokens', 1n)
const LATEST_END = BOUND_VALID_MS + providerMaxMs('standard')

test.for([
  ['that begins while the bound is valid', { effectiveFrom: at(BOUND_VALID_MS - 1) }, true],
  ['that begins while a request may still run', { effectiveFrom: at(LATEST_END) }, true],
  ['that begins after every possible end', { effectiveFrom: at(LATEST_END + 1) }, false],
  ['that ends in a moment', { effectiveUntil: at(1) }, true],
  ['that has ended', { effectiveUntil: at(0) }, false],
] as const)('a dearer price %s counts: %s', ([, dates, counts]) => {
  const now = priceOf('output_text_tokens', 1_000n)
  const other = priceOf('output_text_tokens', 9_000_000n, { id: 99, ...dates })
  const b = bound(promptFor('hello', 100), [cheapInput, now, other], rateOf(1_000_000n))
  expect(b.lines[1]?.priceId).toBe(counts ? 99 : now.id)
  expect(b.validUntil).toEqual(at(BOUND_VALID_MS))
})

const priceOfOutput = (tier: 'batch' | 'standard', ms: number) => {
  const prices = [
    cheapInput,
    priceOf('output_text_tokens', 1_000n),
    priceOf('output_text_tokens', 9_000n, { id: 99, effectiveFrom: at(ms) }),
  ]
  return bound(ownRequest({ tier }), prices, rateOf(1_000_000n)).lines[1]?.picoUsdPer
}

test('a batch may run for a day and two hours: a price that begins within counts, for a batch alone', () => {
  const end = BOUND_VALID_MS + 26 * 3_600_000
  expect([priceOfOutput('batch', end), priceOfOutput('batch', end + 1), priceOfOutput('standard', end)]).toEqual([9_000n, 1_000n, 1_000n])
})

const image: ModelRequest = { ...promptFor('hello', 100), output: { kind: 'image', aspectRatio: '21:9' } }
const [imageInput, textOutput, imageOutput] = [
  priceOf('input_image_tokens', 1n),
  priceOf('output_text_tokens', 1n),
  priceOf('output_image_tokens', 1n),
]
test.for<[string, ModelRequest, Price[], string[]]>([
  ['words, and no price at all', promptFor('hello', 100), [], ['input_text_tokens', 'output_text_tokens']],
  ['words, with a price for input only', promptFor('hello', 100), [cheapInput], ['output_text_tokens']],
  ['words, with prices of pictures only', promptFor('hello', 100), [imageInput, imageOutput], ['input_text_tokens', 'output_text_tokens']],
  ['a picture of a model of words', image, [cheapInput, textOutput], ['output_image_tokens']],
  ['a picture whose price has ended', image, [cheapInput, textOutput, { ...imageOutput, effectiveUntil: at(0) }], ['output_image_tokens']],
  ['words, with all that it takes', promptFor('hello', 100), [cheapInput, textOutput], []],
  ['a picture, with all that it takes', image, [cheapInput, imageOutput], []],
])('%s: no bound without a price for each of its units, whatever others cost', ([, asked, prices, unpriced]) => {
  expect(unpricedUnits(asked, prices, NOW)).toEqual(unpriced)
  expect(boundOf(asked, prices, rateOf(1_000_000n), NOW) === undefined).toBe(unpriced.length > 0)
})

test('the output that fits really fits, and hardly more would', () => {
  fc.assert(
    fc.property(books, rates, fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 10n }), (prices, rate, stale, left) => {
      const dated = stale ? { ...rate, day: '2026-10-20' } : rate
      const prompt = 'Design one wide banner.'
      const b = bound(promptFor(prompt, 2_048), prices, dated)
      const tokens = outputTokensThatFit(b, nano(left))
      const amountAt = (max: number): bigint => bound(promptFor(prompt, max), prices, dated).amount
      expect(tokens === 0 || amountAt(tokens) <= left).toBe(true)
      const dearestOutput = b.lines[1]?.picoUsdPer ?? 0n
      // The slack: a few nano-EUR of roundings, in tokens.
      const slack =
        dearestOutput === 0n ? 1 : Number((10n * (b.lines[1]?.per ?? 1n) * dated.usdMicrosPerEur) / (1_000n * dearestOutput)) + 2
      expect(dearestOutput === 0n || amountAt(tokens + slack) > left).toBe(true)
    }),
    { numRuns: 1_000 },
  )
})

test('when not even the input fits, no output does; a free output fits as it is', () => {
  const b = bound(promptFor('hello', 100), [priceOf('input_text_tokens', 10n ** 9n), priceOf('output_text_tokens', 0n)], rateOf(1_000_000n))
  expect(outputTokensThatFit(b, nano(0n))).toBe(0)
  expect(outputTokensThatFit(b, nano(-5n))).toBe(0)
  expect(outputTokensThatFit(b, nano(b.amount * 2n))).toBe(100)
})

test('a raised bound is at least so much higher, its lines stay as they are, and the output that fits really fits', () => {
  fc.assert(
    fc.property(
      books,
      rates,
      fc.bigInt({ min: 1001n, max: 100_000n }),
      fc.bigInt({ min: 0n, max: 10n ** 10n }),
      (prices, rate, raised, left) => {
        const boundFor = (max: number, perMille = 1000n): Bound =>
          bound(promptFor('a prompt', max), prices, rate, { raisedPerMille: perMille })
        const [usual, higher] = [boundFor(2_048), boundFor(2_048, raised)]
        expect(higher.lines).toEqual(usual.lines)
        expect(higher.amount).toBe(higher.nanoEur + higher.margin)
        expect(higher.amount * 1000n).toBeGreaterThanOrEqual(higher.nanoEur * raised)
        expect(higher.amount).toBeGreaterThanOrEqual(usual.amount)
        const tokens = outputTokensThatFit(higher, nano(left))
        expect(tokens === 0 || boundFor(tokens, raised).amount <= left).toBe(true)
      },
    ),
    { numRuns: 1_000 },
  )
})

test('one banner of the dearest model fits a free plan, with slack for the prompt', () => {
  const brief = { name: 'A', headline: 'B', company: 'C', colours: ['#000000'], mood: 'calm', text: 'x'.repeat(500) }
  const prices = [priceOf('input_text_tokens', 1_500_000n), priceOf('output_image_tokens', 30_000_000n)]
  const b = bound(bannerRequest(brief, 'gemini-nano-banana-2.1', 1, 3), prices, rateOf(1_113_000n))
  expect(b.amount).toBeLessThan(eur('0.10'))
  expect(b.amount).toBeGreaterThan(eur('0.05'))
})
const fees = [
  priceOf('input_text_tokens', 1n),
  priceOf('output_text_tokens', 1n),
  priceOf('requests', 5_000_000n),
  priceOf('search_queries', 10_000_000n),
]
test('a fee for the request is counted once, searches as often as the app allows; without a price none may be allowed', () => {
  const lines = (asked: OwnRequest) => boundOf(asked, fees, rateOf(1_000_000n), NOW)?.lines.map(({ unit, quantity }) => [unit, quantity])
  expect(lines(own)).toEqual([
    ['input_text_tokens', 10n],
    ['output_text_tokens', 10n],
    ['requests', 1n],
  ])
  expect(lines({ ...own, searchQueriesMax: 3 })?.at(-1)).toEqual(['search_queries', 3n])
  const unpriced = fees.filter(({ unit }) => unit !== 'search_queries')
  expect(boundOf({ ...own, searchQueriesMax: 1 }, unpriced, rateOf(1_000_000n), NOW)).toBeUndefined()
  expect(unpricedUnits({ ...own, searchQueriesMax: 1 }, unpriced, NOW)).toEqual(['search_queries'])
  expect(outputTokensThatFit({ ...(boundOf(own, fees, rateOf(1_000_000n), NOW) as Bound) }, nano(4_000n))).toBe(0)
})

test('a prompt that may be longer than a threshold is bounded at the price above it, a shorter one is not', () => {
  const dated = [
    priceOf('input_text_tokens', 1n),
    priceOf('input_text_tokens', 2n, { aboveTokens: 200_000n }),
    priceOf('output_text_tokens', 1n),
  ]
  const inputPrice = (inputTokensMax: number) => boundOf({ ...own, inputTokensMax }, dated, rateOf(1_000_000n), NOW)?.lines[0]?.picoUsdPer
  expect([inputPrice(200_000), inputPrice(200_001)]).toEqual([1n, 2n])
})

test('a prompt of words is not bounded at the price of sound; what an app sends may be of any kind', () => {
  const book = [
    priceOf('input_text_tokens', 3n),
    priceOf('input_audio_tokens', 10n),
    priceOf('input_cache_write_1h_tokens', 6n),
    priceOf('output_text_tokens', 1n),
  ]
  expect(bound(promptFor('hello', 1), book, rateOf(1_000_000n)).lines[0]).toMatchObject({ unit: 'input_cache_write_1h_tokens' })
  expect(bound(own, book, rateOf(1_000_000n)).lines[0]).toMatchObject({ unit: 'input_audio_tokens' })
})
