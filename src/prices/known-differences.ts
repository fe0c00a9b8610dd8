import type { Price } from '../domain/price.ts'
import { tokensOf, type Usage } from '../domain/usage.ts'
import { picoUsdOf, type Answer, type Figure, type Missing, type OtherList, type Question } from './other-lists.ts'

/** What a cause may look at: our prices of any model and day, and whether a figure is the other list's. */
export interface Difference {
  readonly list: OtherList['name']
  readonly question: Question
  readonly answer: Answer
  readonly pricesOf: (question: Pick<Question, 'provider' | 'model' | 'tier' | 'at'>) => readonly Price[]
  readonly isTheirs: (picoUsd: bigint) => boolean
}

/** Why another list differs from the book. A cause names its models, and where there is a figure it computes it: only then is a difference explained. */
interface Cause {
  readonly name: string
  readonly list: OtherList['name'] | 'both'
  readonly why: string
  readonly explains: (difference: Difference) => boolean
}

/** The day of LiteLLM's list, which knows one price a model. */
const LITELLM_DAY = new Date('2026-11-01T00:00:00Z')

const lacks = ({ answer }: Difference, what: Missing): boolean => answer.kind === 'missing' && answer.what === what
const isOneOf = ({ question }: Difference, models: readonly string[]): boolean => models.includes(question.model)

/** Is their figure what ours would be at these prices? */
const wouldBe = ({ question, isTheirs }: Difference, prices: readonly Price[], usage: Usage = question.usage): boolean => {
  const picoUsd = picoUsdOf(usage, prices)
  return picoUsd !== undefined && isTheirs(picoUsd)
}

const short = ({ question, pricesOf }: Difference): Price[] => pricesOf(question).filter((price) => price.aboveTokens === 0n)

const DOUBLED: Readonly<Record<string, Date>> = {
  'gemini-4-argon': new Date('2026-12-01T00:00:00Z'),
  'gemini-3.6-flash': new Date('2027-01-01T00:00:00Z'),
  'gemini-3.7-flash': new Date('2027-01-01T00:00:00Z'),
  'gemini-3.8-flash': new Date('2027-01-01T00:00:00Z'),
}

/** Every token costs exactly twice what it cost before; what is counted apart costs the same. */
function isDoubled(now: readonly Price[], before: readonly Price[]): boolean {
  return now.every((price) => {
    const old = before.find((p) => p.unit === price.unit && p.aboveTokens === price.aboveTokens)
    const factor = price.unit === 'search_queries' ? 1n : 2n
    return old !== undefined && price.picoUsdPer * old.per === factor * old.picoUsdPer * price.per
  })
}

export const CAUSES: readonly Cause[] = [
  {
    name: 'provider_not_listed',
    list: 'both',
    why: 'The book has providers of your own (and `example`), which no public list knows.',
    explains: (d) => lacks(d, 'provider'),
  },
  {
    name: 'model_retired_from_litellm',
    list: 'LiteLLM',
    why: 'LiteLLM drops models that their provider has switched off. Bills of the past are still computed: the book keeps them.',
    explains: (d) => lacks(d, 'model') && isOneOf(d, ['claude-3-opus', 'claude-3-sonnet', 'claude-3-5-sonnet']),
  },
  {
    name: 'model_newer_than_genai_prices',
    list: 'genai-prices',
    why: 'genai-prices 0.1.8 does not know these models yet, and answers null.',
    explains: (d) =>
      lacks(d, 'model') && isOneOf(d, ['gemini-nano-banana-2.1', 'gemini-4-argon', 'gpt-6.1-sol', 'claude-haiku-5-5', 'claude-mythos-5-1']),
  },
  {
    name: 'genai_prices_has_no_tiers',
    list: 'genai-prices',
    why: 'genai-prices 0.1.8 has no batch, flex or priority prices. It would charge a batch twice its price.',
    explains: (d) => lacks(d, 'tier'),
  },
  {
    name: 'unit_not_listed',
    list: 'both',
    why: 'The list has no price for one of the units, where ours says what it costs (and the row says from where, or how it was derived).',
    explains: (d) => lacks(d, 'unit'),
  },
  {
    name: 'threshold_is_one_token_lower',
    list: 'genai-prices',
    why: 'genai-prices writes "above 271,999" for models of OpenAI whose prices rise above 272,000: theirs is wrong by one token.',
    explains: (d) =>
      isOneOf(d, ['gpt-5.4', 'gpt-5.5', 'gpt-5.6-sol', 'gpt-5.6-terra', 'gpt-5.6-luna', 'gpt-6-astra']) &&
      tokensOf(d.question.usage).input === 272_000 &&
      wouldBe(
        d,
        d.pricesOf(d.question).map((p) => (p.aboveTokens === 0n ? p : { ...p, aboveTokens: p.aboveTokens - 1n })),
      ),
  },
  {
    name: 'genai_prices_means_another_model',
    list: 'genai-prices',
    why: 'genai-prices finds models by how their names begin, and takes claude-sonnet-5-5 for claude-sonnet-5, whose cached tokens cost twice as much: theirs is wrong.',
    explains: (d) =>
      isOneOf(d, ['claude-sonnet-5-5']) &&
      d.answer.kind === 'figure' &&
      d.answer.found === 'claude-sonnet-5' &&
      wouldBe(d, d.pricesOf({ ...d.question, model: 'claude-sonnet-5' })),
  },
  {
    name: 'litellm_has_no_dates',
    list: 'LiteLLM',
    why: 'LiteLLM knows one price a model, today’s. Ours doubles on the day that was announced.',
    explains: (d) => {
      const day = DOUBLED[d.question.model]
      if (day === undefined || d.question.at < day) return false
      const before = d.pricesOf({ ...d.question, at: LITELLM_DAY })
      return isDoubled(d.pricesOf(d.question), before) && wouldBe(d, before)
    },
  },
  {
    name: 'litellm_has_no_long_prompt_in_the_tier',
    list: 'LiteLLM',
    why: 'LiteLLM’s price of a long prompt is for the standard tier only, so it charges a long batch like a short one. Ours rises as the standard price does.',
    explains: (d) =>
      d.question.tier !== 'standard' &&
      isOneOf(d, ['gemini-2.5-pro', 'gemini-3.1-pro-preview', 'gpt-5.4', 'gpt-5.5']) &&
      wouldBe(d, short(d)),
  },
  {
    name: 'dearer_of_two_for_a_long_prompt',
    list: 'LiteLLM',
    why: 'For claude-sonnet-4-5 above 200,000 tokens genai-prices has twice the price, LiteLLM the same one. Ours is the dearer, on purpose.',
    explains: (d) => isOneOf(d, ['claude-sonnet-4-5']) && wouldBe(d, short(d)),
  },
  {
    name: 'dearer_of_two_for_a_search',
    list: 'genai-prices',
    why: 'A search of these models costs 0.025 USD by LiteLLM and 0.01 by genai-prices. Ours is the dearer, on purpose.',
    explains: (d) =>
      isOneOf(d, ['gpt-4o-mini', 'gpt-4.1', 'gpt-4.1-mini']) &&
      wouldBe(
        d,
        d.pricesOf(d.question).map((p) => (p.unit === 'search_queries' ? { ...p, picoUsdPer: 10_000_000_000n, per: 1n } : p)),
      ),
  },
]

/** In thousand-millionths of our figure: what a float of theirs may differ by. */
const RELATIVE_TOLERANCE = 1_000_000_000n

/** A float agrees with exact pico-USD within a relative 1e-9, and a pico-USD a line, which ours rounds up. An exact figure agrees exactly. */
export function agrees(
  ours: bigint,
  { scaled, scale }: Figure,
  { isExact, lines }: { readonly isExact: boolean; readonly lines: number },
): boolean {
  const gap = scaled - ours * scale
  if (isExact) return gap === 0n
  const distance = gap < 0n ? -gap : gap
  return distance * RELATIVE_TOLERANCE <= ours * scale + BigInt(lines) * scale * RELATIVE_TOLERANCE
}
