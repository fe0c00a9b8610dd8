import { nano, type Nano } from '../domain/money.ts'
import { byFeature, dearest, summed, type Workload, type WorkloadSums } from './review-workloads.ts'
import { roundedDiv } from './table.ts'

/** A feature in both months. `volume + mix + size + price = after - before`, to the nano-euro. */
export interface FeatureChange {
  /** Null: of calls that have none. */
  readonly feature: string | null
  readonly calls: bigint
  readonly callsBefore: bigint
  readonly before: Nano
  readonly after: Nano
  readonly difference: Nano
  /** More calls, or fewer. */
  readonly volume: Nano
  /** Other models. */
  readonly mix: Nano
  /** Longer calls, or shorter ones. */
  readonly size: Nano
  /** The same tokens, dearer or cheaper: prices, euro rates, caches and tiers. */
  readonly price: Nano
  /** It moved by a quarter of what it was, or is new or gone, and by a hundredth of the dearer month. */
  readonly isAnomaly: boolean
}

/** Every feature of either month, dearest first. */
export function changesOf(after: readonly Workload[], before: readonly Workload[]): FeatureChange[] {
  const [now, then] = [byFeature(after), byFeature(before)]
  const whole = [after, before].map((all) => summed(all).cost).reduce((a, b) => (a > b ? a : b))
  const features = [...new Set([...now.keys(), ...then.keys()])]
  return features
    .map((feature) => changeOf(feature, now.get(feature) ?? [], then.get(feature) ?? [], whole))
    .toSorted(dearest((c) => c.after))
}

/**
 * Of a feature with N calls in the month and N₀ in the baseline, of which n and n₀ went to each model, at cost c and c₀, where q and q₀ of a kind (input tokens, output tokens, and for
 * whatever else is paid the calls) cost x and x₀:
 *
 *     volume = C₀·N/N₀ - C₀                     what the baseline's calls would cost, were there as many
 *     mix    = Σ models n·c₀/n₀ - C₀·N/N₀       each model's calls at what one cost in the baseline
 *     size   = Σ kinds q·x₀/q₀ - Σ n·c₀/n₀      each kind's quantity at what one cost in the baseline
 *     price  = C - Σ q·x₀/q₀                    what is left
 *
 * Each begins where the one before ends, so they add up to C - C₀ whatever is rounded. What the baseline does not have (a feature, a model, a kind) has no price there: it counts at
 * its own, so a new feature is all volume, a new model all mix, a new kind all size.
 */
function changeOf(feature: string | null, now: readonly Workload[], then: readonly Workload[], whole: bigint): FeatureChange {
  const [c, c0] = [summed(now), summed(then)]
  const before = new Map(then.map((one) => [modelOf(one), one.sums]))
  const atVolume = c0.calls === 0n ? c.cost : roundedDiv(c0.cost * c.calls, c0.calls)
  let atMix = 0n
  let atSize = 0n
  for (const one of now) {
    const s0 = before.get(modelOf(one))
    const isNew = s0 === undefined || s0.calls === 0n
    atMix += c0.calls === 0n || isNew ? one.sums.cost : roundedDiv(one.sums.calls * s0.cost, s0.calls)
    atSize += c0.calls === 0n || isNew ? one.sums.cost : atPricesOf(one.sums, s0)
  }
  const difference = c.cost - c0.cost
  const magnitude = difference < 0n ? -difference : difference
  return {
    feature,
    calls: c.calls,
    callsBefore: c0.calls,
    before: nano(c0.cost),
    after: nano(c.cost),
    difference: nano(difference),
    volume: nano(atVolume - c0.cost),
    mix: nano(atMix - atVolume),
    size: nano(atSize - atMix),
    price: nano(c.cost - atSize),
    isAnomaly: magnitude > 0n && magnitude * 4n >= c0.cost && magnitude * 100n >= whole,
  }
}

const modelOf = ({ provider, model }: Workload): string => JSON.stringify([provider, model])

/** What the quantities of one month cost at what one of each cost in the other. */
function atPricesOf(s: WorkloadSums, s0: WorkloadSums): bigint {
  const then = kindsOf(s0)
  return kindsOf(s).reduce((sum, [quantity, cost], n) => {
    const [quantity0, cost0] = then[n] ?? [0n, 0n]
    return sum + (quantity0 === 0n ? cost : roundedDiv(quantity * cost0, quantity0))
  }, 0n)
}

const kindsOf = (s: WorkloadSums): readonly (readonly [quantity: bigint, cost: bigint])[] => [
  [s.input_tokens, s.input_cost],
  [s.output_tokens, s.output_cost],
  [s.calls, s.cost - s.input_cost - s.output_cost],
]
