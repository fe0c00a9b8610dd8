/** What stands beside a bound or a booked answer, in words: whoever reads a cost must see why it is what it is. */
const FLAGS: Readonly<Record<string, string>> = {
  rate_stale: 'the euro rate was older than a week, so the margin of the reservation was the higher one',
  unpriced:
    'something had no price (a unit, the tier or the model that answered), so it was charged at the dearest price known of its kind',
  usage_missing: 'the provider named no usage that can be read, so the whole reservation is booked, until a bill or a person names less',
  usage_incomplete: 'figures of the usage were missing, or contradicted each other: at least the whole reservation is booked',
  usage_inconsistent: 'the total named more tokens than its parts: the rest was charged as output',
  image_detail_missing: 'the provider did not say which tokens were of the image, so all of the output was charged as image',
  extra_image: 'more than one image came, and each was charged',
  response_lost: 'the answer was paid for, but it could not be stored, or not be read',
  other_model: 'another model answered than was asked for; its own prices decided, if the book has them',
  other_tier: 'it was served in another tier than was asked for; the prices of that tier decided, if the book has them',
}

/** A flag in words; a flag that has none stands for itself. */
export const flagText = (flag: string): string =>
  FLAGS[flag] ?? (flag.startsWith('rule.') ? `the alert rule "${flag.slice('rule.'.length)}" marked it` : flag)
