import { nano, type Nano } from '../domain/money.ts'
import { byFeature, dearest, isInfrastructure, summed, type Workload } from './review-workloads.ts'
import { roundedDiv } from './table.ts'

/** What a feature cost beside what it was worth. Undefined where nobody said it. */
export interface FeatureValue {
  readonly feature: string | null
  readonly cost: Nano
  readonly calls: bigint
  /** Of how many calls somebody said what they were worth, and how much that was. */
  readonly valued: bigint
  readonly value: Nano
  /** What all its calls are worth, if the others are worth as much as those. */
  readonly worth: Nano | undefined
  /** The cost above that. */
  readonly excess: Nano
  /** Average score in thousandths. */
  readonly quality: bigint | undefined
  /** Average. */
  readonly durationMs: bigint | undefined
  /** Its score is a tenth below the average of all, and a call dearer than that. */
  readonly isDearForQuality: boolean
}

/** Features of which somebody said a value or a score: first what costs more than it is worth, most of all. */
export function valuesOf(workloads: readonly Workload[]): FeatureValue[] {
  const all = summed(workloads)
  return [...byFeature(workloads)]
    .map(([feature, own]) => ({ feature, s: summed(own) }))
    .filter(({ s }) => s.valued > 0n || s.scored > 0n)
    .map(({ feature, s }): FeatureValue => {
      const worth = s.valued === 0n ? undefined : roundedDiv(s.value * s.calls, s.valued)
      const excess = worth === undefined || worth >= s.cost ? 0n : s.cost - worth
      return {
        feature,
        cost: nano(s.cost),
        calls: s.calls,
        valued: s.valued,
        value: nano(s.value),
        worth: worth === undefined ? undefined : nano(worth),
        excess: nano(excess),
        quality: s.scored === 0n ? undefined : roundedDiv(s.quality, s.scored),
        durationMs: s.timed === 0n ? undefined : roundedDiv(s.duration_ms, s.timed),
        isDearForQuality:
          s.scored > 0n && s.quality * all.scored * 10n <= all.quality * s.scored * 9n && s.cost * all.calls > all.cost * s.calls,
      }
    })
    .toSorted((a, b) => dearest<FeatureValue>(({ excess }) => excess)(a, b) || dearest<FeatureValue>(({ cost }) => cost)(a, b))
}

/** GPU hours, storage and the like, as they were tracked. */
export interface Infrastructure {
  readonly feature: string | null
  readonly provider: string | null
  readonly name: string | null
  readonly cost: Nano
  readonly baseline: Nano
  /** Calls of models of the same feature; without a feature, of all. */
  readonly modelCalls: bigint
}

const keyOf = ({ feature, provider, model }: Workload): string => JSON.stringify([feature, provider, model])

/** Dearest first. What has no model calls beside it stands idle, as far as Purser sees. */
export function infrastructureOf(workloads: readonly Workload[], before: readonly Workload[]): Infrastructure[] {
  const then = new Map(before.map((one) => [keyOf(one), one.sums.infrastructure]))
  const models = workloads.filter((one) => !isInfrastructure(one))
  return workloads
    .filter(isInfrastructure)
    .map((one) => ({
      feature: one.feature,
      provider: one.provider,
      name: one.model,
      cost: nano(one.sums.infrastructure),
      baseline: nano(then.get(keyOf(one)) ?? 0n),
      modelCalls: summed(models.filter(({ feature }) => one.feature === null || feature === one.feature)).calls,
    }))
    .toSorted(dearest(({ cost }) => cost))
}
