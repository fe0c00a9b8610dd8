import { isNamed, type Candidate, type Sized } from './candidate.ts'
import type { Complexity } from './complexity.ts'
import type { Nano } from './money.ts'
import { SIZES, type RoutePolicy, type Size } from './route-policy.ts'

/** The size that a complexity calls for. */
export const SIZE_OF = { simple: 'small', standard: 'medium', hard: 'large' } as const satisfies Record<Complexity, Size>

type Priced = Candidate & { readonly cost: Nano }

const compare = <T>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0)

/** By name from the last: of two models that cost the same the later name is mostly the newer one. */
const laterName = (a: Candidate, b: Candidate): number => compare(b.model, a.model) || compare(a.provider, b.provider)

/** By cost, those without one last. */
export const cheapestFirst = (a: Candidate, b: Candidate): number =>
  Number(a.cost === undefined) - Number(b.cost === undefined) || compare(a.cost ?? 0n, b.cost ?? 0n) || laterName(a, b)

const dearestFirst = (a: Sized, b: Sized): number => compare(b.cost, a.cost) || laterName(a, b)

/** The cheapest first; the cheapest third is small, the dearest large, unless the policy says otherwise. Of two, one is small and one medium. */
export function sized(fit: readonly Priced[], { sizes = {} }: RoutePolicy): Sized[] {
  return fit.toSorted(cheapestFirst).map((candidate, rank) => {
    const known = Object.entries(sizes).find(([name]) => isNamed(candidate, [name]))?.[1]
    return { ...candidate, size: known ?? SIZES[Math.floor((3 * rank) / fit.length)] ?? 'large' }
  })
}

/**
 * Able models in the order in which a task takes them: those that the policy names, then the cheapest of the size that the complexity calls for. Where there
 * is none of that size a larger one comes first; where what is left does not pay for it, the largest of the smaller ones.
 */
export function preferred(fit: readonly Sized[], complexity: Complexity, { models = {} }: RoutePolicy): Sized[] {
  const listed = (models[complexity] ?? []).flatMap((name) => fit.find((one) => isNamed(one, [name])) ?? [])
  const at = SIZES.indexOf(SIZE_OF[complexity])
  const upwards = SIZES.slice(at).flatMap((size) => fit.filter((one) => one.size === size).toSorted(cheapestFirst))
  const downwards = SIZES.slice(0, at)
    .toReversed()
    .flatMap((size) => fit.filter((one) => one.size === size).toSorted(dearestFirst))
  return [...new Set([...listed, ...upwards, ...downwards])]
}
