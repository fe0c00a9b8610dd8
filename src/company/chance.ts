/** A number from 0 up to, and not with, 1. */
export type Chance = () => number

/** The same text gives the same numbers, on every machine (FNV-1a, then mulberry32). They shape token counts and moments, never money. */
export function chanceOf(text: string): Chance {
  let state = 0x811c_9dc5
  for (const char of text) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 0x0100_0193)
  return () => {
    state = (state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

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
