/**
 * What calls cost by the first book, computed by hand. The prices are those of the providers' pages as prices/first-book.json names them (Google, OpenAI and
 * Anthropic, second-hand, read in July and November 2026): micro-USD below are tokens × USD per million.
 */
import { afterAll, expect, test } from 'vitest'
import { costOf } from '../../src/domain/price.ts'
import type { Quantity, Unit, Usage } from '../../src/domain/usage.ts'
import { pricesOf } from '../../src/prices/price-book.ts'
import { geminiReply } from '../../src/usage.ts'
import { rateOf } from '../domain/arbitrary.ts'
import { openTestLedger } from '../support/ledger.ts'

const t = await openTestLedger()
afterAll(() => t.drop())

const IN_2026 = '2026-11-28T12:00:00Z'
async function costAt(model: string, tier: string, usage: Usage, at = IN_2026) {
  const [provider = '', name = ''] = model.split('/')
  const moment = new Date(at)
  return costOf(usage, await pricesOf(t.ledger, { provider, model: name, tier }, moment, moment), rateOf(1_157_200n))
}
const usageOf = (counts: Partial<Record<Unit, number>>): Usage =>
  Object.entries(counts).map(([unit, quantity]) => ({ unit, quantity }) as Quantity)

const PRO = 'gemini/gemini-2.5-pro'
const SONNET = 'anthropic/claude-sonnet-4-5'
const MILLION = { input_text_tokens: 1_000_000, output_text_tokens: 1_000_000 }
const CACHED_CHAT = {
  input_text_tokens: 21,
  input_cached_tokens: 188_086,
  input_cache_write_5m_tokens: 456,
  input_cache_write_1h_tokens: 100,
  output_text_tokens: 393,
}
const LONG_CHAT = { input_text_tokens: 72_000, input_cached_tokens: 200_000, output_text_tokens: 10 }

test.for<[string, string, string, Partial<Record<Unit, number>>, string, string?]>([
  // 0.75 + 3.75, and 1.50 + 7.50 USD.
  ['in the last second of a price', 'gemini/gemini-3.8-flash', 'standard', MILLION, '4500000', '2026-12-31T23:59:59Z'],
  ['in the first second of its double', 'gemini/gemini-3.8-flash', 'standard', MILLION, '9000000', '2027-01-01T00:00:00Z'],
  // 200,000 × 1.25; 200,001 × 2.50.
  ['a prompt at the threshold', PRO, 'standard', { input_text_tokens: 200_000 }, '250000'],
  ['one token above it', PRO, 'standard', { input_text_tokens: 200_001 }, '500002.5'],
  // 50,001 × 2.50 + 150,000 × 0.25 + 1,000 × 15: cached tokens count for the threshold.
  [
    'a long prompt, most of it cached',
    PRO,
    'standard',
    { input_text_tokens: 50_001, input_cached_tokens: 150_000, output_text_tokens: 1_000 },
    '177502.5',
  ],
  // 21 × 3 + 188,086 × 0.30 + 456 × 3.75 + 100 × 6 + 393 × 15.
  ['reads and writes of a cache', SONNET, 'standard', CACHED_CHAT, '64693.8'],
  // 21 × 1.50 + 188,086 × 0.15 + 456 × 1.875 + 100 × 3 + 393 × 7.50.
  ['the same in a batch, half of it', SONNET, 'batch', CACHED_CHAT, '32346.9'],
  // 1,000 × 0.625 + 1,000 × 0.125: a batch of this model reads its cache at the standard price.
  ['a batch that is not half of it', PRO, 'batch', { input_text_tokens: 1_000, input_cached_tokens: 1_000 }, '750'],
  // 1,000 × 1.25 + 1,000 × 0.125.
  ['which is', PRO, 'standard', { input_text_tokens: 1_000, input_cached_tokens: 1_000 }, '1375'],
  // 83 × 0.30 + 1,290 × 30; 83 × 0.15 + 1,290 × 15.
  ['a picture', 'gemini/gemini-2.5-flash-image', 'standard', { input_text_tokens: 83, output_image_tokens: 1_290 }, '38724.9'],
  ['a picture in a batch', 'gemini/gemini-2.5-flash-image', 'batch', { input_text_tokens: 83, output_image_tokens: 1_290 }, '19362.45'],
  // 72,000 × 5 + 200,000 × 0.50 + 10 × 30; with one token more 72,001 × 10 + 200,000 × 1 + 10 × 45.
  ['a tier and a prompt at its threshold', 'openai/gpt-5.4', 'priority', LONG_CHAT, '460300'],
  [
    'a tier, a cache and a long prompt together (LiteLLM PR 30450)',
    'openai/gpt-5.4',
    'priority',
    { ...LONG_CHAT, input_text_tokens: 72_001 },
    '920460',
  ],
])('%s: %s, %s', async ([, model, tier, counts, micros, at]) => {
  const [whole = '', fraction = ''] = micros.split('.')
  expect(await costAt(model, tier, usageOf(counts), at)).toMatchObject({ picoUsd: BigInt(whole + fraction.padEnd(6, '0')), flags: [] })
})

test('a picture costs the same with its modality named and without, in euros too', async () => {
  const counted = { promptTokenCount: 83, candidatesTokenCount: 1_290, totalTokenCount: 1_373 }
  const detailed = { ...counted, candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1_290 }] }
  for (const usageMetadata of [counted, detailed]) {
    const cost = await costAt('gemini/gemini-2.5-flash-image', 'standard', geminiReply({ usageMetadata }, 'image').usage ?? [])
    // 24,900,000 and 38,700,000,000 pico-USD × 1,000 ÷ 1,157,200 = 21,517.45… and 33,442,792.94…
    expect(cost.lines.map(({ nanoEur }) => nanoEur)).toEqual([21_518n, 33_442_793n])
    expect(cost.nanoEur).toBe(33_464_311n)
  }
})
