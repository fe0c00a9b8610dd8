import type { Ability } from './ability.ts'
import type { Complexity } from './complexity.ts'

export const SIZES = ['small', 'medium', 'large'] as const
/** How much a model is: by its price among those that could do the same, or as a policy says. (`tier` is how a request is served.) */
export type Size = (typeof SIZES)[number]

/**
 * How a feature's models are chosen; JSON as it stands. A model is named as the price book names it, `gemini-2.5-flash` or `gemini/gemini-2.5-flash`.
 * What is absent is as without a policy.
 */
export interface RoutePolicy {
  /** What the feature's tasks are, whatever they look like. A call's own word goes before. */
  readonly complexity?: Complexity | undefined
  /** In order of preference; the first that is able, allowed and can be paid for. When none is: as without this list. */
  readonly models?: Readonly<Partial<Record<Complexity, readonly string[]>>> | undefined
  /** Sizes that are better known than by the price. */
  readonly sizes?: Readonly<Record<string, Size>> | undefined
  /** Below this what is left is kept for the cheapest able model. A decimal in EUR; 0.01 without a policy. */
  readonly floorEur?: string | undefined
  /** No other model. */
  readonly allow?: readonly string[] | undefined
  readonly forbid?: readonly string[] | undefined
  /** Whose models besides those of the provider that the call names. */
  readonly providers?: readonly string[] | undefined
  /** What each task of the feature needs, besides what a call says. */
  readonly needs?: readonly Ability[] | undefined
  /** What models can do though the price book does not tell, and what they cannot. */
  readonly can?: Readonly<Record<string, readonly Ability[]>> | undefined
  readonly cannot?: Readonly<Record<string, readonly Ability[]>> | undefined
}

/** Policies of an app: what its features have in common, and what each changes, key by key. */
export interface RoutePolicies {
  readonly all?: RoutePolicy | undefined
  readonly features?: Readonly<Record<string, RoutePolicy>> | undefined
}

/** What holds for a feature; for a call without one, what all have in common. */
export const policyOf = ({ all = {}, features = {} }: RoutePolicies, feature: string | undefined): RoutePolicy => ({
  ...all,
  ...(feature !== undefined && Object.hasOwn(features, feature) ? features[feature] : {}),
})
