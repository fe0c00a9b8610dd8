/** A small generator with a seed, so that a run that fails can be repeated. */
export type Chance = (below: number) => number

export function chance(seed: number): Chance {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff
    return Math.floor((state / 0x8000_0000) * below)
  }
}

/** The first of them most often, the second half as often, and so on: as customers are. */
export function zipf<T>(dice: Chance, from: readonly [T, ...T[]]): T {
  const weights = from.map((_, i) => 1 / (i + 1))
  const all = weights.reduce((sum, weight) => sum + weight, 0)
  let left = (dice(1_000_000) / 1_000_000) * all
  return from.find((_, i) => (left -= weights[i] ?? 0) < 0) ?? from[0]
}
