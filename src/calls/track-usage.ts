import { PurserError } from '../domain/errors.ts'
import { costOf, type Cost } from '../domain/price.ts'
import type { TrackedUsage } from '../domain/tracked-usage.ts'
import { isInput, isOutput } from '../domain/usage.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { track, type Tracked } from '../ledger/track.ts'
import { pricesOf, type PriceBook } from '../prices/price-book.ts'
import { rateOn } from '../prices/rates.ts'

/**
 * Prices a usage by the book at the moment at which it happened, at that day's euro rate, and books it. Throws PurserError `unpriced_model` and
 * `rate_missing` before anything is booked, and what `track` throws.
 */
export async function trackUsage(ledger: Ledger, book: PriceBook, usage: TrackedUsage): Promise<Tracked> {
  return track(ledger, usage, await costThen(book, usage))
}

async function costThen(book: PriceBook, { provider, model, tier, usage, at }: TrackedUsage): Promise<Cost> {
  const prices = await pricesOf(book, { provider, model, tier }, at, at)
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
  const rate = await rateOn(book, at)
  if (rate === undefined)
    throw new PurserError('rate_missing', `there is no euro rate of ${moment.slice(0, 10)} or before it: \`purser rates set\``)
  return costOf(usage, prices, rate)
}
