import type { GenerateRequest } from './request.ts'
import type { Model } from './models.ts'

/** The tokens of one request, by what they are billed as. */
export interface Usage {
  readonly inputTextTokens: number
  readonly inputImageTokens: number
  readonly outputTextTokens: number
  readonly outputImageTokens: number
  readonly thoughtTokens: number
}

const bytesPerToken = 4

/** A stable estimate of real tokenisation: about four UTF-8 bytes a token. */
export function tokensOfText(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / bytesPerToken)
}

/** The input side of the usage: all text of the request, and its pictures at the model's figure. */
export function inputUsage(request: GenerateRequest, model: Model): Usage {
  const textTokens = request.texts.reduce((sum, text) => sum + tokensOfText(text), 0)
  return {
    inputTextTokens: Math.max(1, textTokens),
    inputImageTokens: request.imageCount * model.tokensPerInputImage,
    outputTextTokens: 0,
    outputImageTokens: 0,
    thoughtTokens: 0,
  }
}

const details = (parts: readonly (readonly [modality: string, tokens: number])[]): readonly object[] =>
  parts.filter(([, tokenCount]) => tokenCount > 0).map(([modality, tokenCount]) => ({ modality, tokenCount }))

/** The prompt's share of `usageMetadata`, in the shape of the wire. */
export function promptTokens(usage: Usage): { promptTokenCount: number; promptTokensDetails: readonly object[] } {
  return {
    promptTokenCount: usage.inputTextTokens + usage.inputImageTokens,
    promptTokensDetails: details([
      ['TEXT', usage.inputTextTokens],
      ['IMAGE', usage.inputImageTokens],
    ]),
  }
}

/** `usageMetadata` that knows only the prompt: that of a blocked one. */
export function promptMetadata(usage: Usage): Record<string, unknown> {
  const prompt = promptTokens(usage)
  return { ...prompt, totalTokenCount: prompt.promptTokenCount }
}

/** `usageMetadata` in the shape of the wire. As with Google, thoughts are not part of the candidates' count but of the total. */
export function usageMetadata(usage: Usage, show: { readonly modalities: boolean; readonly output: boolean }): Record<string, unknown> {
  if (!show.output) return promptMetadata(usage)
  const prompt = promptTokens(usage)
  const candidatesTokenCount = usage.outputTextTokens + usage.outputImageTokens
  const candidatesTokensDetails = details([
    ['TEXT', usage.outputTextTokens],
    ['IMAGE', usage.outputImageTokens],
  ])
  return {
    ...prompt,
    candidatesTokenCount,
    ...(show.modalities && candidatesTokenCount > 0 && { candidatesTokensDetails }),
    ...(usage.thoughtTokens > 0 && { thoughtsTokenCount: usage.thoughtTokens }),
    totalTokenCount: prompt.promptTokenCount + candidatesTokenCount + usage.thoughtTokens,
  }
}
