import { providersOf, type PriceBook } from './price-book.ts'
import { lookUpIn, type BookState, type LookUp } from './price-request.ts'

const MODELS_MAX = 10_000

/** What the book says, for a process that is asked all the time. */
export interface RememberedBook {
  readonly lookUp: LookUp
  /** The providers of which a model of this name has a price. */
  readonly providersOf: (model: string) => Promise<readonly string[]>
}

/**
 * What the book says is asked once for all who ask within `forMs`, and moved on by this process's monotonic clock. So long a new price or rate may be unknown here; keep
 * it below what an import takes anyway. That a model has no price is not remembered.
 */
export function rememberedBook(book: PriceBook, forMs: number): RememberedBook {
  const ask = lookUpIn(book)
  const states = rememberedFor<BookState>(forMs, ({ prices }) => prices.length > 0)
  const providers = rememberedFor<readonly string[]>(forMs, (found) => found.length > 0)
  return {
    async lookUp({ provider, model, tier }) {
      const { value, ageMs } = await states(JSON.stringify([provider, model, tier]), () => ask({ provider, model, tier }))
      return { ...value, now: new Date(value.now.getTime() + ageMs) }
    },
    providersOf: async (model) => (await providers(model, () => providersOf(book, model))).value,
  }
}

/** Who asks while somebody is asking gets the same answer. What fails, or is not worth it, is forgotten at once. */
function rememberedFor<T>(
  forMs: number,
  isWorthIt: (value: T) => boolean,
): (name: string, ask: () => Promise<T>) => Promise<{ readonly value: T; readonly ageMs: number }> {
  const known = new Map<string, { readonly askedAtMs: number; readonly answer: Promise<T> }>()
  return async (name, ask) => {
    const nowMs = performance.now()
    let entry = known.get(name)
    if (entry === undefined || nowMs - entry.askedAtMs >= forMs) {
      if (known.size >= MODELS_MAX) known.clear()
      entry = { askedAtMs: nowMs, answer: ask() }
      known.set(name, entry)
    }
    let keep = false
    try {
      const value = await entry.answer
      keep = isWorthIt(value)
      return { value, ageMs: nowMs - entry.askedAtMs }
    } finally {
      if (!keep && known.get(name) === entry) known.delete(name)
    }
  }
}
