import type { Chance } from '../domain/chance.ts'

/** From `low` to `high`, both included. */
export const wholeIn = (chance: Chance, low: number, high: number): number => low + Math.floor(chance() * (high - low + 1))

/** Mostly near `low`, now and then near `high`: as prompts are. */
export const mostlyLow = (chance: Chance, [low, high]: readonly [number, number]): number =>
  Math.round(low * (high / low) ** (chance() * chance()))

/** One of them, as often as its weight says. Throws RangeError for none. */
export function weighted<T>(chance: Chance, from: readonly T[], weightOf: (one: T) => number): T {
  let left = chance() * from.reduce((sum, one) => sum + weightOf(one), 0)
  const found = from.find((one) => (left -= weightOf(one)) < 0) ?? from.at(-1)
  if (found === undefined) throw new RangeError('nothing to choose from')
  return found
}
