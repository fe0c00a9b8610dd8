import type { ModelLimits } from '../domain/model-request.ts'

/** What a model takes, in words. */
export function limitsText({ inputTokensMax, outputTokensMax, imageTokensMax }: ModelLimits): string {
  return `tokens at most: input ${said(inputTokensMax)}, output ${said(outputTokensMax)}, an image of the input ${said(imageTokensMax)}`
}

const said = (tokens: number | undefined): string => (tokens === undefined ? 'not known' : String(tokens))

/** JSON leaves out what is undefined: what is not known is null. */
export const limitsJson = (limits: ModelLimits): object => ({
  ...limits,
  inputTokensMax: limits.inputTokensMax ?? null,
  outputTokensMax: limits.outputTokensMax ?? null,
  imageTokensMax: limits.imageTokensMax ?? null,
})
