import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { storedPrice, usdText } from '../../src/prices/exact-usd.ts'
import { readLitellm } from '../../src/prices/litellm.ts'
import type { PriceList } from '../../src/prices/price-list.ts'

const read = (entries: Readonly<Record<string, string>>) =>
  readLitellm(
    `{${Object.entries(entries)
      .map(([name, entry]) => `"${name}":${entry}`)
      .join(',')}}`,
    { source: 'test', checkedOn: '2026-11-01' },
  )
const entry = (keys: string): string => `{"litellm_provider":"acme","mode":"chat",${keys}}`
const pricesIn = ({ prices }: PriceList) =>
  Object.fromEntries(prices.map((p) => [[p.unit, p.tier, String(p.aboveTokens)].join(' '), usdText(p.unit, p)]))

test('keys of LiteLLM’s become our units, tiers and thresholds', () => {
  const list = read({
    'acme/one': entry(`"input_cost_per_token":2e-6,"input_cost_per_token_batches":1e-6,"input_cost_per_token_above_200k_tokens":4e-6,
      "input_cost_per_token_above_272k_tokens_flex":3e-6,"output_cost_per_token":1e-5,"output_cost_per_reasoning_token":1.1e-5,
      "cache_read_input_token_cost":2e-7,"cache_read_input_token_cost_priority":4e-7,"cache_read_input_audio_token_cost":5e-7,
      "cache_creation_input_token_cost":2.5e-6,"cache_creation_input_token_cost_above_1hr":4e-6,
      "cache_creation_input_token_cost_above_1hr_above_200k_tokens":8e-6,"input_cost_per_audio_token":6e-6,
      "output_cost_per_image_token":3e-5,"output_cost_per_audio_token":7e-6,"input_cost_per_request":0.01,
      "search_context_cost_per_query":{"search_context_size_low":0.01,"search_context_size_high":0.03,"search_context_size_medium":0.02}`),
  })
  expect(list.prices.every((p) => p.provider === 'acme' && p.model === 'one')).toBe(true)
  expect(pricesIn(list)).toEqual({
    'input_text_tokens standard 0': '2',
    'input_text_tokens batch 0': '1',
    'input_text_tokens standard 200000': '4',
    'input_text_tokens flex 272000': '3',
    'output_text_tokens standard 0': '10',
    'output_thought_tokens standard 0': '11',
    'input_cached_tokens standard 0': '0.2',
    'input_cached_tokens priority 0': '0.4',
    'input_cached_audio_tokens standard 0': '0.5',
    'input_cache_write_tokens standard 0': '2.5',
    'input_cache_write_5m_tokens standard 0': '2.5',
    'input_cache_write_1h_tokens standard 0': '4',
    'input_cache_write_1h_tokens standard 200000': '8',
    'input_audio_tokens standard 0': '6',
    'output_image_tokens standard 0': '30',
    'output_audio_tokens standard 0': '7',
    'requests standard 0': '0.01',
    // Which size was searched is not in the answer.
    'search_queries standard 0': '0.03',
  })
  expect([list.rejected, list.unknownKeys]).toEqual([[], []])
})

test('what has no price of its own costs what text costs, in every tier, but not where its own price is left out for a tier', () => {
  const list = read({
    same: entry(`"input_cost_per_token":1e-6,"input_cost_per_token_batches":5e-7,"output_cost_per_token":2e-6,"output_cost_per_reasoning_token":2e-6,
      "output_cost_per_token_batches":1e-6,"supports_vision":true`),
    own: entry(
      `"input_cost_per_token":1e-6,"input_cost_per_token_batches":5e-7,"input_cost_per_audio_token":3e-6,"supports_audio_input":true`,
    ),
  })
  const of = (model: string) => pricesIn({ ...list, prices: list.prices.filter((p) => p.model === model) })
  expect(of('same')).toMatchObject({ 'input_image_tokens batch 0': '0.5', 'output_thought_tokens batch 0': '1' })
  expect(of('own')).toHaveProperty(['input_audio_tokens standard 0'], '3')
  expect(of('own')).not.toHaveProperty(['input_audio_tokens batch 0'])
})

test('an embedding is priced by both its names, a rerank by the request, a search by the query, a picture by the piece unless by the token', () => {
  const list = read({
    e: '{"litellm_provider":"acme","mode":"embedding","input_cost_per_token":1e-7,"output_cost_per_token":0}',
    r: '{"litellm_provider":"acme","mode":"rerank","input_cost_per_query":0.002}',
    s: '{"litellm_provider":"acme","mode":"search","input_cost_per_query":0.005}',
    p: '{"litellm_provider":"acme","mode":"image_generation","output_cost_per_image":0.04}',
    t: '{"litellm_provider":"acme","mode":"image_generation","output_cost_per_image":0.04,"output_cost_per_image_token":3e-5}',
  })
  expect(list.prices.map((p) => `${p.model} ${p.unit} ${usdText(p.unit, p)}`)).toEqual([
    'e input_embedding_tokens 0.1',
    'e input_text_tokens 0.1',
    'e output_text_tokens 0',
    'r requests 0.002',
    's search_queries 0.005',
    'p images 0.04',
    't output_image_tokens 30',
  ])
  expect(list.unknownKeys).toEqual([{ key: 'output_cost_per_image', models: 1 }])
})

test('nothing is dropped silently: keys without a unit, figures that cannot be stored, and free models are named', () => {
  const list = read({
    sample_spec: entry('"input_cost_per_token":1'),
    odd: entry('"input_cost_per_token":1e-6,"input_cost_per_pixel":1e-6,"off_peak_pricing":{"input_cost_per_token":1e-7},"max_tokens":5'),
    fine: entry('"input_cost_per_token":1.5000020000000002e-05,"output_cost_per_token":-1'),
    free: entry('"input_cost_per_token":0,"output_cost_per_token":0.0'),
    'acme/twice': entry('"input_cost_per_token":1e-6'),
    twice: entry('"input_cost_per_token":2e-6'),
  })
  expect(list.prices.map((p) => `${p.model} ${p.unit} ${usdText(p.unit, p)}`)).toEqual([
    'odd input_text_tokens 1',
    'twice input_text_tokens 1',
  ])
  expect(list.unknownKeys.toSorted((a, b) => a.key.localeCompare(b.key))).toEqual([
    { key: 'input_cost_per_pixel', models: 1 },
    { key: 'off_peak_pricing', models: 1 },
  ])
  expect(list.rejected.map(({ model, key, why }) => `${model} ${key}: ${why.replace(/^".*?" /, '')}`)).toEqual([
    'fine input_cost_per_token: for 1 is finer than a pico-USD for 1,000,000 units',
    'fine output_cost_per_token: is no price: write it like 0.30',
    'free all: every price is zero: a placeholder, or a free tier',
    'twice input_cost_per_token: it is there twice, with different prices',
  ])
})

// Of the 15,121 figures of LiteLLM 1.106.2: those that are finer than a pico-USD, in the entries of their models.
test('of 119 figures that are finer than a pico-USD 34 fit for 1,000 units and 7 for 1,000,000; 78 are rejected by name, none is rounded', () => {
  const text = readFileSync(new URL('../data/litellm-1.106.2-finest.json', import.meta.url), 'utf8')
  const figures = [...text.matchAll(/"([a-z0-9_]*cost[a-z0-9_]*)":([-+.\deE]+)/g)].map(([, key = '', figure = '']) => ({ key, figure }))
  const fits = figures.map(({ figure }) => {
    try {
      return String(storedPrice('requests', figure, 1n).per)
    } catch {
      return 'rejected'
    }
  })
  const count = (what: string): number => fits.filter((fit) => fit === what).length
  expect([figures.length, count('1'), count('1000'), count('1000000'), count('rejected')]).toEqual([119, 0, 34, 7, 78])
  // 59 of them are prices of a token, and named one by one; the others are of units that we do not have, and named by their key.
  const list = readLitellm(text, { source: 'LiteLLM', checkedOn: '2026-11-01' })
  const unknown = list.unknownKeys.reduce((sum, { models }) => sum + models, 0)
  expect([list.prices.length, list.rejected.length, unknown]).toEqual([0, 59, 60])
})

test.for<[string, RegExp]>([
  ['', /no JSON \(is the file cut\?\)/],
  ['{"a": {"litellm_provider": "x", "input_cost', /no JSON \(is the file cut\?\)/],
  ['[]', /no price list of LiteLLM's/],
])('what is no list is refused: %s', ([text, why]) => {
  expect(() => readLitellm(text, { source: 'test', checkedOn: '2026-11-01' })).toThrow(why)
})
