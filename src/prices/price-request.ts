import { boundOf, outputUnitOf, unpricedUnits, type Bound } from '../domain/bound.ts'
import { PurserError } from '../domain/errors.ts'
import type { PricedRequest } from '../domain/model-request.ts'
import type { Price, Rate } from '../domain/price.ts'
import { pricedModels, pricedTiers, type PriceBook } from './price-book.ts'
import { rateOn } from './rates.ts'
import { pricesReachableNow } from './reachable.ts'

/** What a request costs at worst, the rate to pin, and the prices that may come into force while it runs (at least one). Throws PurserError `rate_missing`, `unpriced_model`. */
export async function priceOf(
  book: PriceBook,
  request: PricedRequest,
): Promise<{ readonly bound: Bound; readonly rate: Rate; readonly prices: readonly Price[] }> {
  const { now, prices, raisedPerMille } = await pricesReachableNow(book, request)
  const rate = await rateOn(book, now)
  if (rate === undefined)
    throw new PurserError('rate_missing', 'there is no euro rate for today or before (rates come with the migrations)')
  const bound = boundOf(request, prices, rate, now, raisedPerMille)
  if (bound === undefined) {
    const tiers = await pricedTiers(book, request.provider, request.model)
    if (tiers.length > 0 && !tiers.includes(request.tier))
      throw new PurserError(
        'unpriced_model',
        `model "${request.model}" of ${request.provider} has no price in the tier "${request.tier}", so no call may start: use ${tiers.join(' or ')}`,
        { model: request.model, tier: request.tier, tiers },
      )
    const known = await pricedModels(book, request.provider, outputUnitOf(request))
    const units = unpricedUnits(request, prices, now)
    throw new PurserError(
      'unpriced_model',
      `model "${request.model}" of ${request.provider} has no price for ${units.join(', ')}, so no call may start: use one of ${known.join(', ')}`,
      { model: request.model, units, known },
    )
  }
  return { bound, rate, prices }
}
