import { createHash } from 'node:crypto'

/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** A number from `low` up to, but not including, `high`. */
  between(low: number, high: number): number
  /** One of the items, each as likely as the others. */
  pick<Item>(items: readonly [Item, ...Item[]]): Item
}

/** A generator (mulberry32) seeded with the whole text: one letter more and the picture is another one. */
export function randomOf(seedText: string): Random {
  let state = createHash('sha256').update(seedText).digest().readUInt32LE()
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    between: (low, high) => low + next() * (high - low),
    pick: (items) => items[Math.floor(next() * items.length)] ?? items[0],
  }
}
