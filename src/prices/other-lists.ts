import type { ModelPrice, PriceOptions, calcPrice } from '@pydantic/genai-prices'
import { costOf, type Price } from '../domain/price.ts'
import { isInput, isOutput, type Unit, type Usage } from '../domain/usage.ts'
import { decimalOf } from './exact-usd.ts'
import { nameOf, type PriceList } from './price-list.ts'

/** What another list is asked: what a usage of a model costs, in a tier, on a day. */
export interface Question {
  readonly provider: string
  readonly model: string
  readonly tier: string
  readonly at: Date
  readonly name: string
  readonly usage: Usage
}

/** Pico-USD, as the fraction `scaled` ÷ `scale`. */
export interface Figure {
  readonly scaled: bigint
  readonly scale: bigint
}

/** What it answers: a figure, and the name under which it found the model; or what of the question it does not know. */
export type Answer =
  { readonly kind: 'figure'; readonly figure: Figure; readonly found: string } | { readonly kind: 'missing'; readonly what: Missing }
export type Missing = 'provider' | 'model' | 'tier' | 'unit'

export interface OtherList {
  readonly name: 'LiteLLM' | 'genai-prices'
  readonly ask: (question: Question) => Answer
}

/** The providers that both lists have under a name that we know. */
const GENAI_PROVIDERS: Readonly<Record<string, string>> = { gemini: 'google', openai: 'openai', anthropic: 'anthropic' }

const missing = (what: Missing): Answer => ({ kind: 'missing', what })
const exactly = (picoUsd: bigint): Figure => ({ scaled: picoUsd, scale: 1n })

/** In pico-USD only: one euro is one dollar. */
const PARITY = { id: 0, usdMicrosPerEur: 1_000_000n }

/** Exact pico-USD of a usage at these prices; undefined when a unit has none. */
export function picoUsdOf(usage: Usage, prices: readonly Price[]): bigint | undefined {
  if (prices.length === 0) return undefined
  const { picoUsd, flags } = costOf(usage, prices, PARITY)
  return flags.length > 0 ? undefined : picoUsd
}

/** LiteLLM's list as it is read for an import. It knows no dates. */
export function litellmList(list: PriceList): OtherList {
  const rows: readonly Price[] = list.prices.map((p) => ({ ...p, id: 0, effectiveFrom: new Date(0), effectiveUntil: undefined }))
  const byModel = Map.groupBy(rows, ({ provider, model }) => `${provider}/${model}`)
  return {
    name: 'LiteLLM',
    ask({ provider, model, tier, usage }) {
      if (GENAI_PROVIDERS[provider] === undefined) return missing('provider')
      const ofModel = byModel.get(`${provider}/${model}`)
      if (ofModel === undefined) return missing('model')
      const prices = ofModel.filter((price) => price.tier === tier)
      if (prices.length === 0) return missing('tier')
      const picoUsd = picoUsdOf(usage, prices)
      return picoUsd === undefined ? missing('unit') : { kind: 'figure', figure: exactly(picoUsd), found: model }
    },
  }
}

/** What genai-prices must have a price for, so that its figure speaks of this unit at all: any one of these. */
const PRICE_KEYS: Readonly<Partial<Record<Unit, readonly string[]>>> = {
  input_text_tokens: ['input_mtok'],
  input_embedding_tokens: ['input_mtok'],
  input_image_tokens: ['input_mtok'],
  input_audio_tokens: ['input_mtok'],
  input_video_tokens: ['input_mtok'],
  input_cached_tokens: ['cache_read_mtok'],
  input_cached_audio_tokens: ['cache_audio_read_mtok'],
  input_cache_write_tokens: ['cache_write_mtok'],
  input_cache_write_5m_tokens: ['cache_write_mtok'],
  input_cache_write_1h_tokens: ['cache_write_1h_mtok'],
  output_text_tokens: ['output_mtok'],
  output_thought_tokens: ['output_mtok'],
  output_image_tokens: ['output_image_mtok'],
  search_queries: ['web_searches_kcount'],
}

/** genai-prices, through its own calculator. It knows dates, and no tiers. */
export function genaiPricesList(calculate: typeof calcPrice): OtherList {
  return {
    name: 'genai-prices',
    ask({ provider, model, tier, at, usage }) {
      const providerId = GENAI_PROVIDERS[provider]
      if (providerId === undefined) return missing('provider')
      const options: PriceOptions = { providerId, timestamp: at }
      const answer = calculate(theirUsage(usage), model, options)
      if (answer === null) return missing('model')
      if (tier !== 'standard') return missing('tier')
      if (!usage.every(({ unit }) => hasPrice(answer.model_price, unit))) return missing('unit')
      return { kind: 'figure', figure: figureOf(answer.total_price), found: answer.model.id }
    },
  }
}

const hasPrice = (prices: ModelPrice, unit: Unit): boolean => (PRICE_KEYS[unit] ?? []).some((key) => prices[key] !== undefined)

/** A float, as the shortest decimal that means it. */
function figureOf(usd: number): Figure {
  const { digits, exponent } = decimalOf(String(usd))
  const shift = exponent + 12
  return shift >= 0 ? { scaled: digits * 10n ** BigInt(shift), scale: 1n } : { scaled: digits, scale: 10n ** BigInt(-shift) }
}

/** Their counts include what ours tell apart: input all of the prompt, cached reads the audio among them, and so on. */
function theirUsage(usage: Usage): Record<string, number> {
  const of = (...units: Unit[]): number => usage.reduce((sum, { unit, quantity }) => sum + (units.includes(unit) ? quantity : 0), 0)
  const all = (is: (unit: Unit) => boolean): number => usage.reduce((sum, { unit, quantity }) => sum + (is(unit) ? quantity : 0), 0)
  return {
    input_tokens: all(isInput),
    input_image_tokens: of('input_image_tokens'),
    input_audio_tokens: of('input_audio_tokens', 'input_cached_audio_tokens'),
    input_video_tokens: of('input_video_tokens'),
    cache_read_tokens: of('input_cached_tokens', 'input_cached_audio_tokens'),
    cache_audio_read_tokens: of('input_cached_audio_tokens'),
    cache_write_tokens: of('input_cache_write_tokens', 'input_cache_write_5m_tokens', 'input_cache_write_1h_tokens'),
    cache_write_5m_tokens: of('input_cache_write_5m_tokens'),
    cache_write_1h_tokens: of('input_cache_write_1h_tokens'),
    output_tokens: all(isOutput),
    output_image_tokens: of('output_image_tokens'),
    web_searches: of('search_queries'),
  }
}

/** `openai/gpt-4o plain`, and the day. */
export const questionText = (question: Question): string =>
  `${nameOf({ ...question, unit: 'requests', aboveTokens: 0n }).replace(' requests', '')}, ${question.name}, ${question.at.toISOString().slice(0, 10)}`
