import { ceilDiv, nano, type Nano } from '../domain/money.ts'
import type { Unit } from '../domain/usage.ts'
import { listCost, pricesOf, tokensOf, type ListPrices, type ModelPrices } from './review-prices.ts'
import { roundedDiv } from './table.ts'
import { dearest, type Workload, type WorkloadSums } from './review-workloads.ts'

/** A workload that a cheaper model of the same provider could do, if it is good enough: only its price is known here. */
export interface CheaperModel {
  readonly feature: string | null
  readonly provider: string
  readonly model: string
  readonly cheaper: string
  readonly calls: bigint
  /** Of the tokens. */
  readonly cost: Nano
  /** What the same tokens would have cost. */
  readonly costThen: Nano
  readonly saving: Nano
  /** Calls of the cheaper model in the month: of this feature, and of all. */
  readonly usedHere: bigint
  readonly usedAnywhere: bigint
  /** Average score in thousandths; undefined where nobody scored. */
  readonly quality: bigint | undefined
  /** The cheaper model's, in this feature. */
  readonly qualityThen: bigint | undefined
}

/** Below this, in percent of the price, it is a tier down. */
const CHEAPER_PERCENT = 80n
const LIST_MAX = 50

/**
 * Per feature and model: the model of the same provider that this feature uses already, or else any, or else the next one down; of those that cost a fifth less at least for these tokens,
 * and have a price for the same kinds of input and output. The saving is of the month's own tokens: `cost - ceil(cost × list(cheaper) ÷ list(model))`, so at the discounts and euro rates
 * that were paid.
 */
export function cheaperModels(workloads: readonly Workload[], list: ListPrices): CheaperModel[] {
  return workloads
    .flatMap((one) => cheaperOf(one, workloads, list) ?? [])
    .toSorted(dearest(({ saving }) => saving))
    .slice(0, LIST_MAX)
}

function cheaperOf(one: Workload, all: readonly Workload[], list: ListPrices): CheaperModel | undefined {
  const { feature, provider, model, sums: s } = one
  const [prices, cost] = [pricesOf(list, one), s.input_cost + s.output_cost]
  if (provider === null || model === null || prices === undefined || cost <= 0n) return undefined
  const tokens = tokensOf(one)
  const listed = listCost(prices, tokens)
  const others = [...(list.get(provider) ?? [])].filter(([, those]) => isLike(prices, those))
  const candidates = others
    .map(([name, those]) => ({ name, listed: listCost(those, tokens), ...useOf(all, one, name) }))
    .filter((other) => other.listed > 0n && other.listed * 100n <= listed * CHEAPER_PERCENT)
    .toSorted(
      (a, b) =>
        dearest<typeof a>((x) => x.here)(a, b) || dearest<typeof a>((x) => x.anywhere)(a, b) || dearest<typeof a>((x) => x.listed)(a, b),
    )
  const [best] = candidates
  if (best === undefined) return undefined
  const costThen = ceilDiv(cost * best.listed, listed)
  return {
    feature,
    provider,
    model,
    cheaper: best.name,
    calls: s.calls,
    cost: nano(cost),
    costThen: nano(costThen),
    saving: nano(cost - costThen),
    usedHere: best.here,
    usedAnywhere: best.anywhere,
    quality: averageQuality(s),
    qualityThen: best.sums === undefined ? undefined : averageQuality(best.sums),
  }
}

const averageQuality = (s: WorkloadSums): bigint | undefined => (s.scored === 0n ? undefined : roundedDiv(s.quality, s.scored))

/** How often a model was called in the month. */
function useOf(all: readonly Workload[], { feature, provider }: Workload, model: string) {
  const own = all.filter((one) => one.provider === provider && one.model === model)
  const here = own.find((one) => one.feature === feature)
  return { here: here?.sums.calls ?? 0n, anywhere: own.reduce((sum, one) => sum + one.sums.calls, 0n), sums: here?.sums }
}

/** What tells a model of texts from one of images, of speech or of embeddings. */
const KINDS: readonly Unit[] = ['input_embedding_tokens', 'output_image_tokens', 'output_audio_tokens']
const NEEDED: readonly Unit[] = ['input_text_tokens', 'input_image_tokens', 'output_text_tokens']

const isLike = (prices: ModelPrices, others: ModelPrices): boolean =>
  KINDS.every((unit) => prices.has(unit) === others.has(unit)) && NEEDED.every((unit) => !prices.has(unit) || others.has(unit))
