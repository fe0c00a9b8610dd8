/** What a provider counts and charges for. The same words stand in the price book. */
export const UNITS = [
  'input_text_tokens',
  'input_image_tokens',
  'output_text_tokens',
  'output_image_tokens',
  'output_thought_tokens',
] as const
export type Unit = (typeof UNITS)[number]

export interface Quantity {
  readonly unit: Unit
  readonly quantity: number
}

/** What one request used, one quantity per unit, each a whole number above zero. */
export type Usage = readonly Quantity[]

export const isInput = (unit: Unit): boolean => unit.startsWith('input_')

/** Tokens in, out and altogether. */
export function tokensOf(usage: Usage): { readonly input: number; readonly output: number; readonly total: number } {
  let input = 0
  let output = 0
  for (const { unit, quantity } of usage) {
    if (isInput(unit)) input += quantity
    else output += quantity
  }
  return { input, output, total: input + output }
}
