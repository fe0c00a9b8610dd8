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
