/** What a request to a model uses. `other`: of a kind that has no name here, and so no price; it is charged at the dearest one. */
export const TOKEN_UNITS = [
  'input_text_tokens',
  'input_image_tokens',
  'input_audio_tokens',
  'input_video_tokens',
  'input_cached_tokens',
  'input_cached_audio_tokens',
  'input_cache_write_tokens',
  'input_cache_write_5m_tokens',
  'input_cache_write_30m_tokens',
  'input_cache_write_1h_tokens',
  'input_cache_write_12h_tokens',
  'input_embedding_tokens',
  'input_other_tokens',
  'output_text_tokens',
  'output_image_tokens',
  'output_audio_tokens',
  'output_thought_tokens',
  'output_other_tokens',
] as const

/** What a request to a model may be charged for. */
export const REQUEST_UNITS = [...TOKEN_UNITS, 'requests', 'search_queries'] as const

/**
 * What a provider counts and charges for. The same words stand in the price book (purser.unit). What begins with `input_` is input: it is sent along
 * with a request, and its tokens decide which price of a long prompt holds. A token of the cache is an input token that was read from it or kept in it.
 */
export const UNITS = [
  ...REQUEST_UNITS,
  'training_tokens',
  'images',
  'gpu_hours',
  'vector_db_hours',
  'vector_db_queries',
  'storage_gb_months',
  'egress_gb',
  'workflow_executions',
] as const
export type Unit = (typeof UNITS)[number]

/** Of these a part can be used: their quantities count millionths, and their price is stored for 1,000,000. The same stands in the price book (purser.unit). */
export const UNITS_IN_MILLIONTHS: ReadonlySet<Unit> = new Set(['gpu_hours', 'vector_db_hours', 'storage_gb_months', 'egress_gb'])

export interface Quantity {
  readonly unit: Unit
  readonly quantity: number
}

/** What one request used, one quantity per unit, each a whole number above zero (of millionths, where a part of a unit can be used). */
export type Usage = readonly Quantity[]

export const isInput = (unit: Unit): boolean => unit.startsWith('input_')
export const isOutput = (unit: Unit): boolean => unit.startsWith('output_')

/** Tokens in, out and altogether; what is no token of a request (an image, an hour, a token of a training) does not count. */
export function tokensOf(usage: Usage): { readonly input: number; readonly output: number; readonly total: number } {
  let input = 0
  let output = 0
  for (const { unit, quantity } of usage) {
    if (isInput(unit)) input += quantity
    else if (isOutput(unit)) output += quantity
  }
  return { input, output, total: input + output }
}
