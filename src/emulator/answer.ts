import { randomBytes } from 'node:crypto'
import { textOfTokens } from './lorem.ts'
import { tokensOfText, inputUsage, promptMetadata, usageMetadata, type Usage } from './usage.ts'
import type { Fault } from './faults.ts'
import type { Model } from './models.ts'
import type { GenerateRequest } from './request.ts'

/** What a model decided to answer, before anything is drawn: its usage is what is billed. */
export interface Plan {
  readonly usage: Usage
  readonly text: string
  readonly imageCount: number
  readonly finishReason: 'STOP' | 'MAX_TOKENS' | 'IMAGE_SAFETY'
  readonly blocked: boolean
}

/** An answer whose pictures are drawn (base64 PNG), ready for the wire. */
export interface Answer extends Plan {
  readonly responseId: string
  readonly modelVersion: string
  readonly pictures: readonly string[]
  readonly shows: { readonly usage: boolean; readonly modalities: boolean; readonly output: boolean }
}

const tokensAboveBoundDefault = 4_000
const tokensOfTextDefault = 160
/** Seen in a real answer that was stopped for the safety of its image. */
const thoughtTokensOfImageSafety = 173
const captionOfImage = 'Here is the image you asked for.'

function planImage(request: GenerateRequest, model: Model, input: Usage, tokensPerImage: number): Plan {
  const cap = request.outputTokensMax
  if (cap < tokensPerImage) {
    const usage = { ...input, outputImageTokens: cap }
    return { usage, text: '', imageCount: 0, finishReason: 'MAX_TOKENS', blocked: false }
  }
  const thoughtTokens = request.mayThink ? Math.min(model.thoughtTokens, cap - tokensPerImage) : 0
  const captionTokens = tokensOfText(captionOfImage)
  const captionFits = request.wantsText && tokensPerImage + thoughtTokens + captionTokens <= cap
  return {
    usage: { ...input, thoughtTokens, outputImageTokens: tokensPerImage, outputTextTokens: captionFits ? captionTokens : 0 },
    text: captionFits ? captionOfImage : '',
    imageCount: 1,
    finishReason: 'STOP',
    blocked: false,
  }
}

/** A wished number of output tokens is met exactly (below the cap), so nothing is thought then. */
function planText(request: GenerateRequest, model: Model, input: Usage, wishedTokens: number | null): Plan {
  const cap = request.outputTokensMax
  const thoughtTokens = wishedTokens === null && request.mayThink ? Math.min(model.thoughtTokens, cap) : 0
  const wanted = wishedTokens ?? tokensOfTextDefault
  const outputTextTokens = Math.min(wanted, cap - thoughtTokens)
  return {
    usage: { ...input, thoughtTokens, outputTextTokens },
    text: textOfTokens(outputTextTokens),
    imageCount: 0,
    finishReason: outputTextTokens < wanted ? 'MAX_TOKENS' : 'STOP',
    blocked: false,
  }
}

function withFault(plan: Plan, fault: Fault | null, input: Usage): Plan {
  const { usage } = plan
  const nothing = { text: '', imageCount: 0 }
  if (fault?.fault === 'blocked') return { ...plan, ...nothing, usage: input, blocked: true }
  if (fault?.fault === 'image_safety') {
    return { ...plan, ...nothing, usage: { ...input, thoughtTokens: thoughtTokensOfImageSafety }, finishReason: 'IMAGE_SAFETY' }
  }
  if (fault?.fault === 'two_images' && plan.imageCount > 0) {
    return { ...plan, imageCount: 2, usage: { ...usage, outputImageTokens: usage.outputImageTokens * 2 } }
  }
  if (fault?.fault === 'usage_above_bound') {
    const tokens = fault.tokens ?? tokensAboveBoundDefault
    return {
      ...plan,
      usage: usage.outputImageTokens > 0 ? { ...usage, outputImageTokens: tokens } : { ...usage, outputTextTokens: tokens },
    }
  }
  return plan
}

/** Decides what the model answers and what it costs, fault included. Draws nothing. */
export function planAnswer(request: GenerateRequest, model: Model, fault: Fault | null, wishedTokens: number | null): Plan {
  const input = inputUsage(request, model)
  const plan =
    request.imageSize !== null && model.image !== null
      ? planImage(request, model, input, model.image.tokensPerImage)
      : planText(request, model, input, wishedTokens)
  return withFault(plan, fault, input)
}

/** Puts the pictures and the identity to a plan. */
export function answerOf(plan: Plan, pictures: readonly string[], model: Model, fault: Fault | null): Answer {
  const name = fault?.fault
  return {
    ...plan,
    pictures,
    responseId: randomBytes(16).toString('base64url'),
    modelVersion: name === 'other_model_version' ? `${model.id}-preview-other` : model.id,
    shows: { usage: name !== 'no_usage', modalities: name !== 'no_image_detail', output: name !== 'prompt_usage_only' },
  }
}

type Part = { readonly text: string } | { readonly inlineData: { readonly mimeType: 'image/png'; readonly data: string } }

const pictureParts = (answer: Answer): readonly Part[] => answer.pictures.map((data) => ({ inlineData: { mimeType: 'image/png', data } }))

function candidate(parts: readonly Part[], finishReason: string | null): Record<string, unknown> {
  return {
    ...(parts.length > 0 && { content: { parts, role: 'model' } }),
    ...(finishReason !== null && { finishReason }),
    index: 0,
  }
}

function message(answer: Answer, body: Record<string, unknown>, usage: Record<string, unknown>): Record<string, unknown> {
  return { ...body, ...(answer.shows.usage && { usageMetadata: usage }), modelVersion: answer.modelVersion, responseId: answer.responseId }
}

/** A blocked prompt has no candidates, and its usage knows only the prompt. */
function blockedMessage(answer: Answer): Record<string, unknown> {
  return message(answer, { promptFeedback: { blockReason: 'SAFETY' } }, promptMetadata(answer.usage))
}

/** The answer as one GenerateContentResponse. */
export function unaryBody(answer: Answer): Record<string, unknown> {
  if (answer.blocked) return blockedMessage(answer)
  const parts = [...(answer.text === '' ? [] : [{ text: answer.text }]), ...pictureParts(answer)]
  return message(answer, { candidates: [candidate(parts, answer.finishReason)] }, usageMetadata(answer.usage, answer.shows))
}

/** A text in at most three pieces, none of them cutting a character in two. */
function pieces(text: string): readonly string[] {
  const words = text.match(/\S+\s*/g) ?? []
  const each = Math.ceil(words.length / 3)
  return [0, 1, 2].map((i) => words.slice(i * each, (i + 1) * each).join('')).filter((piece) => piece !== '')
}

/** The answer as the chunks of a stream: text first, pictures in one late chunk, and a usage that is the running total in each. */
export function streamBodies(answer: Answer): readonly Record<string, unknown>[] {
  if (answer.blocked) return [blockedMessage(answer)]
  const { usage } = answer
  const texts = pieces(answer.text)
  const early = texts.map((text, index) => {
    const outputTextTokens = Math.floor((usage.outputTextTokens * (index + 1)) / texts.length)
    const soFar = { ...usage, outputTextTokens, outputImageTokens: 0 }
    return message(answer, { candidates: [candidate([{ text }], null)] }, usageMetadata(soFar, answer.shows))
  })
  const opening = message(answer, { candidates: [candidate([{ text: '' }], null)] }, promptMetadata(usage))
  const last = message(answer, { candidates: [candidate(pictureParts(answer), answer.finishReason)] }, usageMetadata(usage, answer.shows))
  return [opening, ...early, last]
}
