import { nano, type Nano } from '../domain/money.ts'

/** The middle one; of two, the lower one and half of what is between, rounded down. Zero of none. */
export function medianOf(values: readonly Nano[]): Nano {
  const sorted = values.toSorted((a, b) => (a < b ? -1 : Number(a > b)))
  const [low = nano(0n), high = low] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return nano(low + (high - low) / 2n)
}
