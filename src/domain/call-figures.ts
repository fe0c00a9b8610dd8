import { ceilDiv, nano, type Nano } from './money.ts'
import { isInput, isOutput, tokensOf, type Unit, type Usage } from './usage.ts'

/** What a call's record, and its line in the log, say of its tokens and its money. `inputCost + outputCost + otherCost` is the whole. */
export interface CallFigures {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly totalTokens: number
  /** Of the input, read from a cache. */
  readonly cachedTokens: number
  /** Of the output, thought and not said. */
  readonly reasoningTokens: number
  /** Of input and output. */
  readonly imageTokens: number
  readonly inputCost: Nano
  readonly outputCost: Nano
  readonly otherCost: Nano
  /** Up to the next nano-EUR; undefined without tokens. */
  readonly costPer1000Tokens: Nano | undefined
}

/** `cost`: the whole, which may be more or less than the lines: presumed, or corrected by a bill. */
export function callFigures(usage: Usage, lines: readonly { readonly unit: Unit; readonly nanoEur: Nano }[], cost: Nano): CallFigures {
  const tokens = tokensOf(usage)
  const tokensIn = (belongs: (unit: Unit) => boolean): number =>
    usage.filter(({ unit }) => belongs(unit)).reduce((sum, { quantity }) => sum + quantity, 0)
  const costIn = (belongs: (unit: Unit) => boolean): Nano =>
    nano(lines.filter(({ unit }) => belongs(unit)).reduce((sum, { nanoEur }) => sum + nanoEur, 0n))
  const [inputCost, outputCost] = [costIn(isInput), costIn(isOutput)]
  return {
    inputTokens: tokens.input,
    outputTokens: tokens.output,
    totalTokens: tokens.total,
    cachedTokens: tokensIn((unit) => unit.startsWith('input_cached')),
    reasoningTokens: tokensIn((unit) => unit === 'output_thought_tokens'),
    imageTokens: tokensIn((unit) => unit.endsWith('_image_tokens')),
    inputCost,
    outputCost,
    otherCost: nano(cost - inputCost - outputCost),
    costPer1000Tokens: tokens.total === 0 ? undefined : nano(ceilDiv(cost * 1000n, BigInt(tokens.total))),
  }
}
