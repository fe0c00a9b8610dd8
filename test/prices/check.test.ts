import { readFileSync } from 'node:fs'
import { calcPrice } from '@pydantic/genai-prices'
import { afterAll, expect, test } from 'vitest'
import { checkPrices, type PriceCheck } from '../../src/prices/check.ts'
import { agrees, CAUSES } from '../../src/prices/known-differences.ts'
import { wholeBook, type BookRow } from '../../src/prices/list-prices.ts'
import { readLitellm } from '../../src/prices/litellm.ts'
import { genaiPricesList, litellmList } from '../../src/prices/other-lists.ts'
import { cloneDatabase } from '../support/database.ts'

const database = await cloneDatabase()
afterAll(() => database.drop())
const book = await wholeBook({ sql: database.sql })
const text = readFileSync(new URL('../../prices/litellm-1.106.2.json', import.meta.url), 'utf8')
const lists = [litellmList(readLitellm(text, { source: 'LiteLLM', checkedOn: '2026-11-01' })), genaiPricesList(calcPrice)]
const NOW = new Date('2026-11-28T12:00:00Z')
const check = (rows: readonly BookRow[] = book): PriceCheck => checkPrices(rows, lists, NOW)

test('every difference between the book and two public lists has a cause that computes it', () => {
  const { compared, explained, unexplained } = check()
  expect(unexplained).toEqual([])
  expect(compared).toBeGreaterThan(4000)
  // Each cause is there because it explains something.
  expect(Object.keys(explained).toSorted()).toEqual(CAUSES.map((cause) => cause.name).toSorted())
})

test('every cause has its place in docs/prices.md', () => {
  const page = readFileSync(new URL('../../docs/prices.md', import.meta.url), 'utf8')
  expect(CAUSES.filter(({ name }) => !page.includes(`\`${name}\``)).map(({ name }) => name)).toEqual([])
})

/** The book with one row's price changed. */
const withPrice = (model: string, unit: string, tier: string, changed: (pico: bigint) => bigint) => {
  const rows = book.filter((row) => row.model === model && row.unit === unit && row.tier === tier)
  expect(rows.length).toBeGreaterThan(0)
  return book.map((row) => (rows.includes(row) ? { ...row, picoUsdPer: changed(row.picoUsdPer) } : row))
}

test.for([
  // Also of models for which a cause is known.
  ['gpt-4o', 'output_text_tokens', 'standard'],
  ['gemini-2.5-flash-image', 'output_image_tokens', 'standard'],
  ['gemini-2.5-flash', 'input_cached_tokens', 'standard'],
  ['gemini-2.5-pro', 'input_text_tokens', 'batch'],
  ['claude-sonnet-5-5', 'input_cached_tokens', 'standard'],
  ['claude-sonnet-4-5', 'output_text_tokens', 'standard'],
  ['claude-haiku-4-5', 'input_cache_write_1h_tokens', 'standard'],
  ['claude-3-opus', 'output_text_tokens', 'standard'],
  ['gemini-4-argon', 'output_text_tokens', 'priority'],
  ['gemini-3.8-flash', 'input_text_tokens', 'standard'],
  ['gpt-5.6-sol', 'output_text_tokens', 'flex'],
  ['gpt-4.1', 'search_queries', 'standard'],
  ['text-embedding-3-large', 'input_embedding_tokens', 'standard'],
] as const)('a price of %s that is wrong by one pico-USD is found: %s, %s', ([model, unit, tier]) => {
  const { unexplained } = check(withPrice(model, unit, tier, (pico) => pico + 1n))
  expect(unexplained.length).toBeGreaterThan(0)
  expect(unexplained.every(({ question }) => question.includes(model))).toBe(true)
  expect(unexplained[0]).toMatchObject({
    oursUsd: expect.stringMatching(/^\d+\.\d{12}$/),
    theirsUsd: expect.stringMatching(/^\d+\.\d{12}$/),
  })
})

test('a doubled price that nobody announced, and a model that nobody knows, are found', () => {
  expect(check(withPrice('gemini-3.5-flash', 'output_text_tokens', 'standard', (pico) => 2n * pico)).unexplained).not.toEqual([])
  const known = book.filter((row) => row.model === 'gpt-4o').map((row) => ({ ...row, model: 'gpt-9' }))
  const { unexplained } = check([...book, ...known])
  expect(unexplained.map(({ list, theirsUsd }) => [list, theirsUsd])).toContainEqual(['LiteLLM', undefined])
})

test('a float agrees within a relative 1e-9 and a pico-USD a line, an exact figure exactly', () => {
  const float = { isExact: false, lines: 1 }
  expect(agrees(10_000_000_000n, { scaled: 10_000_000_011n, scale: 1n }, float)).toBe(true)
  expect(agrees(10_000_000_000n, { scaled: 10_000_000_012n, scale: 1n }, float)).toBe(false)
  expect(agrees(10_000_000_000n, { scaled: 9_999_999_988n, scale: 1n }, float)).toBe(false)
  expect(agrees(1n, { scaled: 11n, scale: 10n }, float)).toBe(true)
  expect(agrees(10_000_000_000n, { scaled: 10_000_000_001n, scale: 1n }, { isExact: true, lines: 1 })).toBe(false)
})
