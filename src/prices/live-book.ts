import { providersOf, type PriceBook } from './price-book.ts'
import { rateOn } from './rates.ts'
import { pricesReachableNow, type Reachable } from './reachable.ts'
import type { PricedRequest } from '../domain/model-request.ts'
import type { Rate } from '../domain/price.ts'
import { sharedReading } from '../shared-reading.ts'

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

/**
 * What the book says is asked once for all who look within a second, and moved on by this process's monotonic clock. So long a new rate, limit or raise may be
 * unknown here; prices are right all the same. That a model has no price is not remembered.
 */
export function liveBook({ sql }: PriceBook, sharedForMs = SHARED_FOR_MS): LiveBook {
  const states = sharedReading<BookState>(sharedForMs, ({ prices, rate }) => prices.length > 0 && rate !== undefined)
  const providers = sharedReading<readonly string[]>(sharedForMs, (found) => found.length > 0)
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
