import type { GenerateContentResponse } from '@google/genai'
import { z } from 'zod'
import type { ResponseFacts } from '../domain/call.ts'
import type { Quantity, Unit, Usage } from '../domain/usage.ts'
import { shortText } from './gemini-wire.ts'

/** Far above every model's limit: a figure beyond it is a mistake, and would be booked on somebody's budget. */
const TOKENS_MAX = 1_000_000_000
const tokenCount = z.number().int().nonnegative().max(TOKENS_MAX)
/** A field that cannot be read counts as absent: one odd figure must not hide the others. */
const count = tokenCount.optional().catch(undefined)
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
  cacheTokensDetails: details,
})
type UsageMetadata = z.infer<typeof usageSchema>

/** The counters that are paid for. */
const COUNTERS = [
  'promptTokenCount',
  'candidatesTokenCount',
  'thoughtsTokenCount',
  'toolUsePromptTokenCount',
  'cachedContentTokenCount',
  'totalTokenCount',
] as const

/** Given, but not as a count. */
const isUnreadable = (raw: unknown, meta: UsageMetadata, counter: (typeof COUNTERS)[number]): boolean =>
  meta[counter] === undefined && ((raw as Record<string, unknown>)[counter] ?? undefined) !== undefined

/** How a counter's tokens divide over modalities. */
const DETAILS = ['promptTokensDetails', 'candidatesTokensDetails', 'cacheTokensDetails'] as const

/** Given, but not as a list of counts. */
function isUnreadableList(raw: unknown, name: (typeof DETAILS)[number]): boolean {
  const list = (raw as Record<string, unknown>)[name] ?? undefined
  if (list === undefined) return false
  if (!Array.isArray(list)) return true
  return list.some((one: { readonly tokenCount?: unknown } | null) => !tokenCount.nullish().safeParse(one?.tokenCount).success)
}

/** Finish reasons with which Gemini withholds the content of an answer that it bills. */
const WITHHELD = /SAFETY|RECITATION|BLOCKLIST|PROHIBITED|SPII|NO_IMAGE|IMAGE_OTHER|MALFORMED|MAX_TOKENS|OTHER/

/** What came with a usage. `unreadable`: something came, but not in a form that we know. */
export type ContentKind = 'image' | 'text' | 'unreadable' | 'none'

/**
 * Gemini's counters as quantities of our units. `promptTokenCount` includes cached tokens, which are charged as such, once; `candidatesTokenCount`
 * excludes thoughts. Tokens without a modality count as the dearest that the request allows: image on an image request; of a modality that nobody
 * knows, as `other`. What the total names beyond its parts is charged as output too. A counter that is missing or odd, parts that are more than their
 * whole (then the parts stand), a prompt of nothing, or content that nothing was counted for is flagged `usage_incomplete`: then the bound is the
 * least to book. Undefined when no counter can be read.
 */
export function usageOf(
  raw: unknown,
  output: 'image' | 'text',
  content: ContentKind,
): { readonly usage: Usage | undefined; readonly flags: string[] } {
  const parsed = usageSchema.safeParse(raw)
  if (!parsed.success) return { usage: undefined, flags: [] }
  const meta = parsed.data
  const prompt = Math.max(meta.promptTokenCount ?? 0, tokensOf(meta.promptTokensDetails))
  const candidates = Math.max(meta.candidatesTokenCount ?? 0, tokensOf(meta.candidatesTokensDetails))
  if (prompt + candidates === 0 && COUNTERS.every((counter) => meta[counter] === undefined)) return { usage: undefined, flags: [] }
  const asked = inputOf(meta, prompt)
  const imagesOut =
    output === 'image' ? candidates - tokensOf(meta.candidatesTokensDetails, 'TEXT') : tokensOf(meta.candidatesTokensDetails, 'IMAGE')
  const [audioOut, otherOut] =
    output === 'image' ? [0, 0] : [tokensOf(meta.candidatesTokensDetails, 'AUDIO'), othersOf(meta.candidatesTokensDetails)]
  const beyond = Math.max(
    0,
    (meta.totalTokenCount ?? 0) - prompt - candidates - (meta.thoughtsTokenCount ?? 0) - (meta.toolUsePromptTokenCount ?? 0),
  )

  const flags: string[] = []
  // Every request has a prompt, and an answer with content has tokens for it.
  const isUncounted = content !== 'none' && (content === 'image' ? imagesOut : candidates) === 0
  const isOdd =
    (meta.promptTokenCount ?? 0) === 0 ||
    COUNTERS.some((counter) => isUnreadable(raw, meta, counter)) ||
    DETAILS.some((name) => isUnreadableList(raw, name))
  const isContradictory =
    prompt > (meta.promptTokenCount ?? prompt) ||
    candidates > (meta.candidatesTokenCount ?? candidates) ||
    (meta.cachedContentTokenCount ?? 0) > prompt
  if (isUncounted || isOdd || isContradictory) flags.push('usage_incomplete')
  if (output === 'image' && candidates > 0 && meta.candidatesTokensDetails === undefined) flags.push('image_detail_missing')
  if (beyond > 0) flags.push('usage_inconsistent')

  const beyondOf = (kind: 'image' | 'text'): number => (output === kind ? beyond : 0)
  const counted: readonly (readonly [Unit, number])[] = [
    ...asked,
    ['output_text_tokens', candidates - imagesOut - audioOut - otherOut + beyondOf('text')],
    ['output_image_tokens', imagesOut + beyondOf('image')],
    ['output_audio_tokens', audioOut],
    ['output_other_tokens', otherOut],
    ['output_thought_tokens', meta.thoughtsTokenCount ?? 0],
  ]
  return { usage: counted.flatMap(([unit, quantity]): Quantity[] => (quantity > 0 ? [{ unit, quantity }] : [])), flags }
}

/** The prompt by what it is charged as. What was read from the cache is taken off the text first, then off what is seen; heard is told apart. */
function inputOf(meta: UsageMetadata, prompt: number): readonly (readonly [Unit, number])[] {
  const list = meta.promptTokensDetails
  const [images, audio, video, other] = [tokensOf(list, 'IMAGE'), tokensOf(list, 'AUDIO'), tokensOf(list, 'VIDEO'), othersOf(list)]
  const cached = (meta.cachedContentTokenCount ?? 0) > prompt ? 0 : (meta.cachedContentTokenCount ?? 0)
  const cachedAudio = Math.min(cached, audio, tokensOf(meta.cacheTokensDetails, 'AUDIO'))
  let left = cached - cachedAudio
  const fresh = (tokens: number): number => {
    const read = Math.min(left, tokens)
    left -= read
    return tokens - read
  }
  const [text, seen, watched] = [fresh(prompt - images - audio - video - other), fresh(images), fresh(video)]
  return [
    ['input_image_tokens', seen],
    ['input_text_tokens', text + (meta.toolUsePromptTokenCount ?? 0)],
    ['input_audio_tokens', audio - cachedAudio],
    ['input_video_tokens', watched],
    ['input_other_tokens', other],
    ['input_cached_tokens', cached - cachedAudio - left],
    ['input_cached_audio_tokens', cachedAudio],
  ]
}

/** How Gemini says that it served a request (`trafficType`), in the price book's words. */
const TIER_OF_TRAFFIC: Readonly<Record<string, string>> = {
  ON_DEMAND: 'standard',
  ON_DEMAND_PRIORITY: 'priority',
  ON_DEMAND_FLEX: 'flex',
  PROVISIONED_THROUGHPUT: 'standard',
}

/** The tier that was used; undefined: as asked. One that nobody knows has no price, and is told by its own name. */
export function tierOf(raw: unknown): string | undefined {
  const traffic = textOf((raw as { readonly trafficType?: unknown } | null | undefined)?.trafficType)
  if (traffic === undefined || traffic === '' || traffic === 'TRAFFIC_TYPE_UNSPECIFIED') return undefined
  return TIER_OF_TRAFFIC[traffic] ?? traffic.toLowerCase()
}

const KNOWN_MODALITIES = new Set([undefined, 'MODALITY_UNSPECIFIED', 'TEXT', 'DOCUMENT', 'IMAGE', 'AUDIO', 'VIDEO'])

/** The tokens of modalities that have no name here. */
const othersOf = (list: UsageMetadata['promptTokensDetails']): number =>
  (list ?? []).filter((d) => !KNOWN_MODALITIES.has(d.modality)).reduce((sum, d) => sum + (d.tokenCount ?? 0), 0)

/** The tokens that a list of details names: of one modality, or of all. */
const tokensOf = (list: UsageMetadata['promptTokensDetails'], modality?: string): number =>
  (list ?? []).filter((d) => modality === undefined || d.modality === modality).reduce((sum, d) => sum + (d.tokenCount ?? 0), 0)

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
