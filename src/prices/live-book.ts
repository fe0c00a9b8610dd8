import { providersOf, type PriceBook } from './price-book.ts'
import { rateOn } from './rates.ts'
import { pricesReachableNow, type Reachable } from './reachable.ts'
import type { PricedRequest } from '../domain/model-request.ts'
import type { Rate } from '../domain/price.ts'

/** What the book says of a model at one moment: everything that a bound is computed from. */
export interface BookState extends Reachable {
  /** When it was read, by the database's clock: `now` or earlier. */
  readonly readAt: Date
  readonly rate: Rate | undefined
}

/** A model's prices, read before a dispatch: right for it when it came within RIGHT_FOR_MS. */
export type KnownPrices = Pick<BookState, 'prices' | 'readAt'>

type Model = Pick<PricedRequest, 'provider' | 'model' | 'tier'>

/** A price book for a process that asks it all the time. */
export interface LiveBook extends PriceBook {
  readonly lookUp: (model: Model) => Promise<BookState>
  /** The providers of which a model of this name has a price. */
  readonly providersOf: (model: string) => Promise<readonly string[]>
}

/** So long a price that is not there yet cannot come into force (migration 0029): what was read is right for every dispatch until then. */
export const RIGHT_FOR_MS = 5_000
/** So long what was read serves others. The rest is for what lies between the look and the dispatch. */
const SHARED_FOR_MS = 1_000
const MODELS_MAX = 10_000

/**
 * What the book says is asked once for all who look within a second, and moved on by this process's monotonic clock. So long a new rate, limit or raise may be
 * unknown here; prices are right all the same. That a model has no price is not remembered.
 */
export function liveBook({ sql }: PriceBook, sharedForMs = SHARED_FOR_MS): LiveBook {
  const states = shared<BookState>(sharedForMs, ({ prices, rate }) => prices.length > 0 && rate !== undefined)
  const providers = shared<readonly string[]>(sharedForMs, (found) => found.length > 0)
  const ask = async (model: Model): Promise<BookState> => {
    const state = await pricesReachableNow({ sql }, model)
    return { ...state, readAt: state.now, rate: await rateOn({ sql }, state.now) }
  }
  return {
    sql,
    async lookUp({ provider, model, tier }) {
      const { value, answeredAtMs } = await states(JSON.stringify([provider, model, tier]), () => ask({ provider, model, tier }))
      return { ...value, now: new Date(value.now.getTime() + performance.now() - answeredAtMs) }
    },
    providersOf: async (model) => (await providers(model, () => providersOf({ sql }, model))).value,
  }
}

interface Answered<T> {
  readonly value: T
  /** By this process's monotonic clock. What was read was read before that. */
  readonly answeredAtMs: number
}

interface Entry<T> {
  readonly askedAtMs: number
  readonly answer: Promise<Answered<T>>
  /** Somebody asks anew already. */
  isRenewed: boolean
}

/**
 * Who asks while somebody is asking gets the same answer. It is asked anew before its time is over, when somebody comes in the second half of it: so who
 * asks all the time never waits. What fails, or is not worth it, is forgotten at once.
 */
function shared<T>(forMs: number, isWorthIt: (value: T) => boolean): (name: string, ask: () => Promise<T>) => Promise<Answered<T>> {
  const known = new Map<string, Entry<T>>()
  const begun = (ask: () => Promise<T>): Entry<T> => ({
    askedAtMs: performance.now(),
    answer: ask().then((value) => ({ value, answeredAtMs: performance.now() })),
    isRenewed: false,
  })

  /** A failure is no news: who comes after the time is over asks again, and hears it. */
  async function renew(name: string, old: Entry<T>, ask: () => Promise<T>): Promise<void> {
    old.isRenewed = true
    const entry = begun(ask)
    const answered = await entry.answer.catch(() => undefined)
    if (answered !== undefined && isWorthIt(answered.value) && known.get(name) === old) known.set(name, entry)
  }

  return async (name, ask) => {
    const found = known.get(name)
    const ageMs = found === undefined ? Infinity : performance.now() - found.askedAtMs
    if (found !== undefined && ageMs < forMs) {
      if (ageMs >= forMs / 2 && !found.isRenewed) void renew(name, found, ask)
      return worth(name, found)
    }
    if (known.size >= MODELS_MAX) known.clear()
    const entry = begun(ask)
    known.set(name, entry)
    return worth(name, entry)
  }

  async function worth(name: string, entry: Entry<T>): Promise<Answered<T>> {
    let keep = false
    try {
      const answered = await entry.answer
      keep = isWorthIt(answered.value)
      return answered
    } finally {
      if (!keep && known.get(name) === entry) known.delete(name)
    }
  }
}
