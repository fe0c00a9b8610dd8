import { nano, type Nano } from '../domain/money.ts'
import { listCost, pricesOf, tokensOf, type ListPrices } from './review-prices.ts'
import { byFeature, dearest, summed, type Workload } from './review-workloads.ts'

export interface CachedFeature {
  readonly feature: string | null
  /** Of models whose cached tokens have a price. */
  readonly inputTokens: bigint
  readonly cachedTokens: bigint
  /** What the cache saved. */
  readonly saved: Nano
  /** What it would save besides, were as much cached as of the best feature. */
  readonly couldSave: Nano
}

/** The providers' caches in a month: features whose models can cache, by what they could save. */
export interface ReviewCache {
  readonly inputTokens: bigint
  readonly cachedTokens: bigint
  readonly saved: Nano
  readonly couldSave: Nano
  /** The same of the baseline month. */
  readonly baselineInputTokens: bigint
  readonly baselineCachedTokens: bigint
  /** Whose hit rate is the highest, of those with a hundredth of the tokens; undefined: nobody's input was cached. */
  readonly best: CachedFeature | undefined
  readonly features: readonly CachedFeature[]
}

/**
 * Hit rate = cached tokens ÷ input tokens. With the best feature's rate, `extra` tokens of a workload more would come from the cache; it would save
 * `input cost × (list(now) - list(with extra)) ÷ list(now)`, rounded down. At the most: a prompt must begin alike to be cached, and be long enough.
 */
export function cacheOf(workloads: readonly Workload[], before: readonly Workload[], list: ListPrices): ReviewCache {
  const canCache = (one: Workload): boolean => pricesOf(list, one)?.has('input_cached_tokens') === true
  const cacheable = workloads.filter(canCache)
  const [whole, baseline] = [summed(cacheable), summed(before.filter(canCache))]
  const groups = [...byFeature(cacheable)].map(([feature, own]) => ({ feature, own, sums: summed(own) }))
  const [top] = groups
    .filter(({ sums: s }) => s.cached_tokens > 0n && s.input_tokens * 100n >= whole.input_tokens)
    .toSorted((a, b) => (b.sums.cached_tokens * a.sums.input_tokens > a.sums.cached_tokens * b.sums.input_tokens ? 1 : -1))
  const features = groups
    .map(({ feature, own, sums: s }): CachedFeature => {
      const couldSave =
        top === undefined || top.feature === feature ? 0n : own.reduce((sum, one) => sum + couldSaveOf(one, top.sums, list), 0n)
      return { feature, inputTokens: s.input_tokens, cachedTokens: s.cached_tokens, saved: nano(s.saved), couldSave: nano(couldSave) }
    })
    .filter(({ inputTokens }) => inputTokens > 0n)
    .toSorted(dearest(({ couldSave }) => couldSave))
  return {
    inputTokens: whole.input_tokens,
    cachedTokens: whole.cached_tokens,
    saved: nano(whole.saved),
    couldSave: nano(features.reduce((sum, { couldSave }) => sum + couldSave, 0n)),
    baselineInputTokens: baseline.input_tokens,
    baselineCachedTokens: baseline.cached_tokens,
    best: top === undefined ? undefined : features.find(({ feature }) => feature === top.feature),
    features,
  }
}

function couldSaveOf(one: Workload, best: Workload['sums'], list: ListPrices): bigint {
  const prices = pricesOf(list, one)
  const tokens = { ...tokensOf(one), output: 0n }
  const extra = (tokens.input * best.cached_tokens) / best.input_tokens - tokens.cached
  if (prices === undefined || extra <= 0n) return 0n
  const now = listCost(prices, tokens)
  const better = listCost(prices, { ...tokens, cached: tokens.cached + extra })
  return now <= better ? 0n : (one.sums.input_cost * (now - better)) / now
}
