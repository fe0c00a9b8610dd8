import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { costOf } from '../../src/domain/price.ts'
import type { Unit, Usage } from '../../src/domain/usage.ts'
import { UNITS_IN_MILLIONTHS } from '../../src/domain/usage.ts'
import { wholeBook } from '../../src/prices/list-prices.ts'
import { showLimits } from '../../src/prices/model-limits.ts'
import { pricesOf, type PriceBook } from '../../src/prices/price-book.ts'
import { readPriceFile } from '../../src/prices/price-file.ts'
import { nameOf, type PriceKey } from '../../src/prices/price-list.ts'
import { priceFileSchema } from '../../src/schema/price-file.ts'
import { cloneDatabase } from '../support/database.ts'

const database = await cloneDatabase()
const book: PriceBook = { sql: database.sql }
afterAll(() => database.drop())

const text = readFileSync(new URL('../../prices/first-book.json', import.meta.url), 'utf8')

const rowOf = (
  p: PriceKey & { readonly picoUsdPer: bigint; readonly per: bigint; readonly source: string; readonly sourceDate: string },
  from?: Date,
) => `${nameOf(p)} ${p.picoUsdPer} per ${p.per} from ${from?.toISOString()} by ${p.source}, ${p.sourceDate}`

test('the first book in the table is prices/first-book.json, row by row, each with its source and date', async () => {
  const list = readPriceFile(priceFileSchema.parse(JSON.parse(text)))
  expect(list.rejected).toEqual([])
  const table = await wholeBook(book)
  expect(table.length).toBe(1451)
  expect(table.map((row) => rowOf(row, row.effectiveFrom)).toSorted()).toEqual(list.prices.map((p) => rowOf(p, p.effectiveFrom)).toSorted())
  expect(table.every((row) => row.saidUntil === undefined && row.source.length > 20)).toBe(true)
  const [version] = await database.sql`select content_hash, checked_on::text from purser.price_version`
  expect(version).toEqual({ content_hash: createHash('sha256').update(text).digest('hex'), checked_on: '2026-11-28' })
})

test('the units that are counted in millionths are those of the table', async () => {
  const rows = await database.sql<{ name: Unit }[]>`select name from purser.unit where is_in_millionths`
  expect(new Set(rows.map((row) => row.name))).toEqual(UNITS_IN_MILLIONTHS)
})

const PARITY = { id: 0, usdMicrosPerEur: 1_000_000n }
const DAY = '2026-11-28'

/** In USD, with the twelve decimals of a pico-USD. */
async function usdFor(provider: string, model: string, usage: Usage, { tier = 'standard', on = DAY } = {}): Promise<string> {
  const prices = await pricesOf(book, { provider, model, tier }, new Date(on), new Date(on))
  const { picoUsd, flags } = costOf(usage, prices, PARITY)
  expect(flags).toEqual([])
  const digits = String(picoUsd).padStart(13, '0')
  return `${digits.slice(0, -12)}.${digits.slice(-12)}`.replace(/0+$/, '')
}
const tokens = (input: number, output: number): Usage => [
  { unit: 'input_text_tokens', quantity: input },
  { unit: 'output_text_tokens', quantity: output },
]

test('1,500 + 500 tokens of gpt-4o cost 0.00875 USD', async () => {
  expect(await usdFor('openai', 'gpt-4o', tokens(1500, 500))).toBe('0.00875')
})

test.for<[string, string, string]>([
  ['openai', 'gpt-4', '90.'],
  ['openai', 'gpt-4-turbo', '40.'],
  ['openai', 'gpt-3.5-turbo', '2.'],
  ['openai', 'gpt-4o', '12.5'],
  ['openai', 'gpt-4o-mini', '0.75'],
  ['anthropic', 'claude-3-opus', '90.'],
  ['anthropic', 'claude-3-sonnet', '18.'],
  ['anthropic', 'claude-3-5-sonnet', '18.'],
  ['gemini', 'gemini-2.5-flash-lite', '0.5'],
  ['gemini', 'gemini-3.5-flash', '10.5'],
])('a million tokens in and out of %s %s cost %s USD', async ([provider, model, usd]) => {
  expect(await usdFor(provider, model, tokens(1_000_000, 1_000_000))).toBe(usd)
})

test('an embedding costs its input, a training its tokens', async () => {
  expect(await usdFor('openai', 'text-embedding-3-large', [{ unit: 'input_embedding_tokens', quantity: 1_000_000 }])).toBe('0.13')
  expect(await usdFor('openai', 'text-embedding-3-large', tokens(1_000_000, 1_000_000))).toBe('0.13')
  expect(await usdFor('openai', 'gpt-3.5-turbo', [{ unit: 'training_tokens', quantity: 1_000_000 }])).toBe('8.')
})

const pro = (usage: Usage) => usdFor('gemini', 'gemini-2.5-pro', usage)

test('above 200,000 tokens a prompt of gemini-2.5-pro costs more as a whole, cached ones counted', async () => {
  expect(await pro(tokens(200_000, 1000))).toBe('0.26')
  expect(await pro(tokens(200_001, 1000))).toBe('0.5150025')
  expect(await pro([...tokens(1, 0), { unit: 'input_cached_tokens', quantity: 200_000 }])).toBe('0.0500025')
})

const limits = async (name: string) => {
  const [{ inputTokensMax, outputTokensMax, imageTokensMax, source } = { source: '' }] = await showLimits(book, name)
  return [inputTokensMax, outputTokensMax, imageTokensMax, source.includes('LiteLLM')]
}

test('what models take is known with its source; what their lists contradict is not', async () => {
  expect(await limits('gemini/gemini-3.1-flash-lite-image')).toEqual([65_536, 4_096, 1_120, true])
  expect(await limits('claude-opus-5')).toEqual([1_000_000, 128_000, undefined, true])
  // The book has prices for prompts above 200,000 tokens, which the list says it does not take.
  expect(await limits('claude-sonnet-4-5')).toEqual([undefined, 64_000, undefined, true])
  expect(await limits('text-embedding-3-small')).toEqual([undefined, undefined, undefined, false])
  const below = await database.sql`
    select p.model from purser.price p join purser.model_limit l using (provider, model) where p.above_tokens >= l.input_tokens_max`
  expect(below).toEqual([])
})

test('a batch costs half, and a price that is announced holds from its day on', async () => {
  expect(await usdFor('gemini', 'gemini-2.5-flash', tokens(1_000_000, 1_000_000), { tier: 'batch' })).toBe('1.4')
  const spring = (on: string) => usdFor('gemini', 'gemini-3.8-flash', tokens(1_000_000, 1_000_000), { on })
  expect(await Promise.all([spring('2026-12-31T23:59:59Z'), spring('2027-01-01')])).toEqual(['4.5', '9.'])
  const argon = (on: string) => usdFor('gemini', 'gemini-4-argon', tokens(1_000_000, 1_000_000), { on })
  expect(await Promise.all([argon('2026-11-30T23:59:59Z'), argon('2026-12-01')])).toEqual(['12.', '24.'])
})

// Half an hour, a GB and a half: what can be used in parts counts millionths.
test.for<[Unit, number, string]>([
  ['gpu_hours', 500_000, '1.25'],
  ['vector_db_hours', 720_000_000, '69.12'],
  ['vector_db_queries', 1000, '0.016'],
  ['storage_gb_months', 1_500_000, '0.0345'],
  ['egress_gb', 1, '0.00000009'],
  ['workflow_executions', 40_000, '1.'],
  ['search_queries', 3, '0.015'],
  ['requests', 7, '0.0007'],
  ['images', 2, '0.08'],
])('infrastructure is priced like tokens: %s', async ([unit, quantity, usd]) => {
  expect(await usdFor('example', 'infrastructure', [{ unit, quantity }])).toBe(usd)
})
