import { PurserError } from '../domain/errors.ts'
import { eur, shortEur } from '../domain/money.ts'
import { costOf, pricesAt, type Cost, type Price, type Rate } from '../domain/price.ts'
import type { TrackedUsage } from '../domain/tracked-usage.ts'
import { isInput, isOutput } from '../domain/usage.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { track, trackMany, type Tracked } from '../ledger/track.ts'
import { pricesOf, type PriceBook } from '../prices/price-book.ts'
import { rateOn } from '../prices/rates.ts'

/**
 * Prices a usage by the book at the moment at which it happened, at that day's euro rate, and books it. Throws PurserError `unpriced_model` and
 * `rate_missing` before anything is booked, and what `track` throws.
 */
export async function trackUsage(ledger: Ledger, book: PriceBook, usage: TrackedUsage): Promise<Tracked> {
  return track(ledger, usage, await costThen(bookThen(book, usage.at, usage.at), usage))
}

/** Many, in the transaction of this ledger. What `trackUsage` would throw of one stands in its place. */
export async function trackUsages(ledger: Ledger, book: PriceBook, usages: readonly TrackedUsage[]): Promise<(Tracked | PurserError)[]> {
  const times = usages.map(({ at }) => at.getTime())
  const then = bookThen(book, new Date(Math.min(...times)), new Date(Math.max(...times)))
  const priced = await Promise.all(
    usages.map(async (usage) => {
      try {
        return { usage, cost: await costThen(then, usage) }
      } catch (error) {
        if (error instanceof PurserError) return error
        throw error
      }
    }),
  )
  const bookable = priced.flatMap((one) => (one instanceof PurserError ? [] : [one]))
  const booked = (bookable.length === 0 ? [] : await trackMany(ledger, bookable)).values()
  return priced.map((one) => {
    if (one instanceof PurserError) return one
    const { value } = booked.next()
    if (value === undefined) throw new Error('broken promise: a usage has no answer')
    return value
  })
}

/** Of one usage. The ledger counts as far as nine thousand million EUR, and what somebody says by mistake must not use that up. */
const COST_MAX = eur('1000000')

/** What the book said at a moment: asked once for all usages of a model, and once for all of a day. */
interface BookThen {
  prices(usage: TrackedUsage): Promise<Price[]>
  rate(at: Date): Promise<Rate | undefined>
}

function bookThen(book: PriceBook, from: Date, until: Date): BookThen {
  const prices = new Map<string, Promise<Price[]>>()
  const rates = new Map<string, Promise<Rate | undefined>>()
  return {
    async prices({ provider, model, tier, at }) {
      const known = onceFor(prices, JSON.stringify([provider, model, tier]), () => pricesOf(book, { provider, model, tier }, from, until))
      return pricesAt(await known, at)
    },
    rate: (at) => onceFor(rates, at.toISOString().slice(0, 10), () => rateOn(book, at)),
  }
}

function onceFor<T>(known: Map<string, Promise<T>>, name: string, ask: () => Promise<T>): Promise<T> {
  const answer = known.get(name) ?? ask()
  known.set(name, answer)
  return answer
}

async function costThen(then: BookThen, asked: TrackedUsage): Promise<Cost> {
  const { provider, model, tier, usage, at } = asked
  const prices = await then.prices(asked)
  const moment = at.toISOString()
  if (prices.length === 0)
    throw new PurserError(
      'unpriced_model',
      `"${model}" of ${provider} has no ${tier} price at ${moment}: import one that holds then, or correct the time`,
    )
  // A token beside others is charged as the dearest of them, and flagged; nothing can stand in for the price of an hour or a request.
  const priced = new Set(prices.map(({ unit }) => unit))
  const strange = usage.filter(({ unit }) => !priced.has(unit) && !isInput(unit) && !isOutput(unit))
  if (strange.length > 0) {
    const units = strange.map(({ unit }) => unit).join(', ')
    throw new PurserError(
      'unpriced_model',
      `"${model}" of ${provider} has no ${tier} price for ${units} at ${moment}: it has ${[...priced].join(', ')}`,
    )
  }
  const rate = await then.rate(at)
  if (rate === undefined)
    throw new PurserError('rate_missing', `there is no euro rate of ${moment.slice(0, 10)} or before it: \`purser rates set\``)
  const cost = costOf(usage, prices, rate)
  if (cost.nanoEur > COST_MAX)
    throw new PurserError(
      'bad_input',
      `this usage comes to ${shortEur(cost.nanoEur)} EUR: one of more than ${shortEur(COST_MAX)} EUR is taken for a slip, so tell it in parts`,
    )
  return cost
}
