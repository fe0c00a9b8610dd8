import type { GenerateContentResponse } from '@google/genai'
import { z } from 'zod'
import type { ResponseFacts } from '../domain/call.ts'
import type { Quantity, Unit, Usage } from '../domain/usage.ts'
import { shortText } from './gemini-wire.ts'

/** A field that cannot be read counts as absent: one odd figure must not hide the others. */
const count = z.number().int().nonnegative().optional().catch(undefined)
const details = z
  .array(z.object({ modality: z.string().optional().catch(undefined), tokenCount: count }))
  .optional()
  .catch(undefined)

/** The counters of `usageMetadata` that cost money. Others may come along. */
const usageSchema = z.object({
  promptTokenCount: count,
  candidatesTokenCount: count,
  thoughtsTokenCount: count,
  toolUsePromptTokenCount: count,
  cachedContentTokenCount: count,
  totalTokenCount: count,
  promptTokensDetails: details,
  candidatesTokensDetails: details,
})
type UsageMetadata = z.infer<typeof usageSchema>

/** The counters that are paid for. */
const COUNTERS = ['promptTokenCount', 'candidatesTokenCount', 'thoughtsTokenCount', 'toolUsePromptTokenCount', 'totalTokenCount'] as const

/** Given, but not as a count. */
const isUnreadable = (raw: unknown, meta: UsageMetadata, counter: (typeof COUNTERS)[number]): boolean =>
  meta[counter] === undefined && ((raw as Record<string, unknown>)[counter] ?? undefined) !== undefined

/** Finish reasons with which Gemini withholds the content of an answer that it bills. */
const WITHHELD = /SAFETY|RECITATION|BLOCKLIST|PROHIBITED|SPII|NO_IMAGE|IMAGE_OTHER|MALFORMED|MAX_TOKENS|OTHER/

/**
 * Gemini's counters as quantities of our units. `promptTokenCount` includes cached tokens (charged in full here), `candidatesTokenCount`
 * excludes thoughts. Tokens without a modality count as the dearest that the request allows: image on an image request. What the total
 * names beyond its parts is charged as output too. A counter that is missing or odd is flagged `usage_incomplete`: then the bound is the least
 * to book. Undefined when no counter can be read.
 */
export function usageOf(raw: unknown, output: 'image' | 'text'): { readonly usage: Usage | undefined; readonly flags: string[] } {
  const parsed = usageSchema.safeParse(raw)
  if (!parsed.success) return { usage: undefined, flags: [] }
  const meta = parsed.data
  if (COUNTERS.every((counter) => meta[counter] === undefined)) return { usage: undefined, flags: [] }
  const flags: string[] = []
  const prompt = meta.promptTokenCount ?? 0
  if (meta.promptTokenCount === undefined || COUNTERS.some((counter) => isUnreadable(raw, meta, counter))) flags.push('usage_incomplete')
  const dearestOutput: Unit = output === 'image' ? 'output_image_tokens' : 'output_text_tokens'
  const candidates = meta.candidatesTokenCount ?? 0
  if (output === 'image' && candidates > 0 && meta.candidatesTokensDetails === undefined) flags.push('image_detail_missing')
  const counted = new Map<Unit, number>()
  const add = (unit: Unit, tokens: number): void => void (tokens > 0 && counted.set(unit, (counted.get(unit) ?? 0) + tokens))

  const imagesIn = tokensOfModality(meta.promptTokensDetails, 'IMAGE')
  add('input_image_tokens', Math.min(imagesIn, prompt))
  add('input_text_tokens', prompt - Math.min(imagesIn, prompt) + (meta.toolUsePromptTokenCount ?? 0))
  const textOut = output === 'image' ? Math.min(tokensOfModality(meta.candidatesTokensDetails, 'TEXT'), candidates) : candidates
  add('output_text_tokens', textOut)
  add(dearestOutput, candidates - textOut)
  add('output_thought_tokens', meta.thoughtsTokenCount ?? 0)
  const beyond = beyondParts(meta)
  if (beyond > 0) flags.push('usage_inconsistent')
  add(dearestOutput, beyond)
  return { usage: [...counted].map(([unit, quantity]): Quantity => ({ unit, quantity })), flags }
}

function beyondParts(meta: UsageMetadata): number {
  const parts =
    (meta.promptTokenCount ?? 0) + (meta.candidatesTokenCount ?? 0) + (meta.thoughtsTokenCount ?? 0) + (meta.toolUsePromptTokenCount ?? 0)
  return Math.max(0, (meta.totalTokenCount ?? 0) - parts)
}

const tokensOfModality = (list: UsageMetadata['promptTokensDetails'], modality: string): number =>
  (list ?? []).filter((d) => d.modality === modality).reduce((sum, d) => sum + (d.tokenCount ?? 0), 0)

/** The first image, else the text; and how many images came. */
export function contentOf(response: GenerateContentResponse): {
  readonly content: { readonly bytes: Uint8Array; readonly mimeType: string } | undefined
  readonly images: number
} {
  const parts = response.candidates?.[0]?.content?.parts ?? []
  const images = parts.flatMap((part) => (part.inlineData?.data === undefined ? [] : [part.inlineData]))
  const [first] = images
  if (first?.data !== undefined) {
    return {
      content: { bytes: Buffer.from(first.data, 'base64'), mimeType: shortText(first.mimeType ?? 'image/png') },
      images: images.length,
    }
  }
  const text = parts.map((part) => part.text ?? '').join('')
  return { content: text === '' ? undefined : { bytes: Buffer.from(text), mimeType: 'text/plain; charset=utf-8' }, images: 0 }
}

/** What the provider said besides the content. `blocked` only when it withheld the content. */
export function responseFacts(response: GenerateContentResponse, hasContent: boolean): ResponseFacts {
  const finishReason = textOf(response.candidates?.[0]?.finishReason)
  const withheld = textOf(response.promptFeedback?.blockReason) ?? (WITHHELD.test(finishReason ?? '') ? finishReason : 'no content')
  return {
    responseId: textOf(response.responseId),
    modelVersion: textOf(response.modelVersion),
    finishReason,
    blocked: hasContent ? undefined : withheld,
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? shortText(value) : undefined)
