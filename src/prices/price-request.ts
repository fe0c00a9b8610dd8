import { boundOf, inputImagesMax, outputUnitOf, unpricedUnits, type Bound } from '../domain/bound.ts'
import { PurserError } from '../domain/errors.ts'
import type { ModelLimits, PricedRequest } from '../domain/model-request.ts'
import type { Rate } from '../domain/price.ts'
import type { BookState, LiveBook } from './live-book.ts'
import { pricedModels, pricedTiers } from './price-book.ts'

/** What a request costs at worst, the rate to pin, and what the book says of its model (at least one price). Throws PurserError `rate_missing`, `unpriced_model`, and `bad_input` for what the model does not take. */
export async function priceOf(
  book: LiveBook,
  request: PricedRequest,
): Promise<{ readonly bound: Bound; readonly rate: Rate; readonly known: BookState }> {
  const known = await book.lookUp(request)
  const { now, prices, rate } = known
  refuseWhatItDoesNotTake(request, known.limits)
  if (rate === undefined)
    throw new PurserError('rate_missing', 'there is no euro rate for today or before (rates come with the migrations)')
  const bound = boundOf(request, prices, rate, now, known)
  if (bound === undefined) {
    const tiers = await pricedTiers(book, request.provider, request.model)
    if (tiers.length > 0 && !tiers.includes(request.tier))
      throw new PurserError(
        'unpriced_model',
        `model "${request.model}" of ${request.provider} has no price in the tier "${request.tier}", so no call may start: use ${tiers.join(' or ')}`,
        { model: request.model, tier: request.tier, tiers },
      )
    const others = await pricedModels(book, request.provider, outputUnitOf(request))
    const units = unpricedUnits(request, prices, now)
    throw new PurserError(
      'unpriced_model',
      `model "${request.model}" of ${request.provider} has no price for ${units.join(', ')}, so no call may start: use one of ${others.join(', ')}`,
      { model: request.model, units, known: others },
    )
  }
  return { bound, rate, known }
}

/** Before anything is reserved. A prompt that is too long is left to the provider, which refuses it without a bill. */
function refuseWhatItDoesNotTake(request: PricedRequest, { outputTokensMax, imageTokensMax }: ModelLimits): void {
  const { provider, model, maxOutputTokens } = request
  if (outputTokensMax !== undefined && maxOutputTokens > outputTokensMax)
    throw new PurserError(
      'bad_input',
      `model "${model}" of ${provider} writes at most ${outputTokensMax} tokens, not ${maxOutputTokens}: ask for a smaller maxOutputTokens`,
      { model, maxOutputTokens, outputTokensMax },
    )
  const images = inputImagesMax(request)
  if (images > 0 && imageTokensMax === undefined)
    throw new PurserError(
      'bad_input',
      `nobody has said how many tokens an image in the input of model "${model}" of ${provider} comes to, so no call with images may start: count them in inputTokensMax, or say it: \`purser models limit ${model} --image-tokens N --why …\``,
      { model, inputImagesMax: images },
    )
}
