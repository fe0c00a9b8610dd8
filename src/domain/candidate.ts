import type { Ability } from './ability.ts'
import type { Nano } from './money.ts'
import type { Size } from './route-policy.ts'

/** A model that might answer, and what it would cost at most. */
export interface Candidate {
  readonly provider: string
  readonly model: string
  readonly abilities: readonly Ability[]
  /** Undefined where nobody has said it. */
  readonly inputTokensMax: number | undefined
  readonly outputTokensMax: number | undefined
  /** The bound of this very request on this model; undefined where a unit of it has no price. */
  readonly cost: Nano | undefined
}

/** A candidate that could be asked. */
export interface Sized extends Candidate {
  readonly cost: Nano
  readonly size: Size
}

/** A policy names a model with its provider or without. */
export const isNamed = ({ provider, model }: Candidate, names: readonly string[]): boolean =>
  names.some((name) => name === model || name === `${provider}/${model}`)
