/** What a model can do. `text` and `image` and `audio` are what it makes, the others what it takes or knows. */
export const ABILITIES = [
  'text',
  'image',
  'audio',
  'image_input',
  'audio_input',
  'video_input',
  'search',
  'thinking',
  'tools',
  'json',
] as const
export type Ability = (typeof ABILITIES)[number]

/** What has a price is offered. */
const PRICED_ABILITIES: readonly (readonly [unit: string, ability: Ability])[] = [
  ['output_text_tokens', 'text'],
  ['output_image_tokens', 'image'],
  ['output_audio_tokens', 'audio'],
  ['input_image_tokens', 'image_input'],
  ['input_audio_tokens', 'audio_input'],
  ['input_video_tokens', 'video_input'],
  ['search_queries', 'search'],
]

/** Families that think before they answer: the price book has a price of thoughts for all models, so it cannot tell. */
const THINKS = /^(?:gemini-(?:2\.5|[3-9])(?!.*image)|gpt-[5-9]|o\d|claude-(?!\d|instant))/

/**
 * What a model can do, as far as the units that it has prices for and its name tell. A model of embeddings writes nothing. Models that only write are taken
 * to know tools and JSON; a policy's `can` and `cannot` correct this.
 */
export function abilitiesOf(model: string, units: readonly string[]): Ability[] {
  const priced = PRICED_ABILITIES.flatMap(([unit, ability]) => (units.includes(unit) ? [ability] : []))
  if (units.includes('input_embedding_tokens')) return priced.filter((ability) => ability !== 'text')
  const onlyWrites = priced.includes('text') && !priced.includes('image') && !priced.includes('audio')
  return onlyWrites ? [...priced, ...(THINKS.test(model) ? (['thinking'] as const) : []), 'tools', 'json'] : priced
}
