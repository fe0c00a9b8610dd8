import { z } from 'zod'
import { NOTHING_REPORTED, tally, unknownTokens, usageOfCounts, word, type Reported } from './reported.ts'
import type { Usage } from '../domain/usage.ts'

const inputDetails = z
  .looseObject({
    cached_tokens: tally,
    cache_write_tokens: tally,
    cache_write_tokens_details: z.looseObject({ ttl_30m_tokens: tally, ttl_12h_tokens: tally }).nullish(),
    audio_tokens: tally,
    image_tokens: tally,
    text_tokens: tally,
  })
  .nullish()
const outputDetails = z.looseObject({ reasoning_tokens: tally, audio_tokens: tally, image_tokens: tally, text_tokens: tally }).nullish()

/** Responses count `input_tokens` and `output_tokens`, Chat Completions and Embeddings `prompt_tokens` and `completion_tokens`. */
const usageSchema = z.object({
  input_tokens: tally,
  output_tokens: z.int().min(0).nullish(),
  prompt_tokens: tally,
  completion_tokens: z.int().min(0).nullish(),
  total_tokens: z.int().min(0).nullish(),
  input_tokens_details: inputDetails,
  prompt_tokens_details: inputDetails,
  output_tokens_details: outputDetails,
  completion_tokens_details: outputDetails,
})

const responseSchema = z.looseObject({
  id: word,
  object: word,
  model: word,
  service_tier: word,
  usage: z.unknown(),
  output: z
    .array(z.looseObject({ type: word }))
    .optional()
    .catch(undefined),
})

const KNOWN_INPUT = ['cached_tokens', 'cache_write_tokens', 'audio_tokens', 'image_tokens', 'text_tokens']
/** Predicted tokens are completion tokens, accepted or not, at the same price. */
const KNOWN_OUTPUT = [
  'reasoning_tokens',
  'audio_tokens',
  'image_tokens',
  'text_tokens',
  'accepted_prediction_tokens',
  'rejected_prediction_tokens',
]

/** OpenAI's words for tiers that have another name in the price book. */
const TIER_NAMES: Readonly<Record<string, string>> = { default: 'standard', scale: 'standard' }

/**
 * What an OpenAI response (Responses, Chat Completions, Embeddings; of openai 7.57) says it used. Cached and cache-write tokens are part of the input, reasoning is part of the
 * output, and each is charged once. The tier is the one that was used, not the one asked for. `output`: as the call is charged; output tokens without a kind count as it
 * (an image endpoint may name none). A line of a batch's output may name the tier `default`: then hand on `tier: 'batch'` instead.
 */
export function openAiReply(response: unknown, output: 'text' | 'image' = 'text'): Reported {
  const parsed = responseSchema.safeParse(response)
  if (!parsed.success) return NOTHING_REPORTED
  const { id, model, service_tier: tier, usage, object, output: items } = parsed.data
  const searches = items?.filter(({ type }) => type === 'web_search_call').length ?? 0
  return {
    usage: object === 'list' ? embeddingOf(usage) : usageOf(usage, output, searches),
    tier: tier === undefined ? undefined : (TIER_NAMES[tier] ?? tier),
    model,
    responseId: id,
  }
}

/** The counts of a usage whose total is theirs. */
function countsOf(raw: unknown) {
  const parsed = usageSchema.safeParse(raw)
  if (!parsed.success) return undefined
  const u = parsed.data
  const [input, output] = [u.input_tokens + u.prompt_tokens, (u.output_tokens ?? 0) + (u.completion_tokens ?? 0)]
  return input === 0 || (typeof u.total_tokens === 'number' && u.total_tokens !== input + output) ? undefined : { ...u, input, output }
}

function embeddingOf(raw: unknown): Usage | undefined {
  const u = countsOf(raw)
  return u === undefined ? undefined : usageOfCounts([['input_embedding_tokens', u.input]])
}

function usageOf(raw: unknown, kind: 'text' | 'image', searches: number): Usage | undefined {
  const u = countsOf(raw)
  // An answer whose output nobody counted was paid for all the same.
  if (u === undefined || (u.output_tokens ?? u.completion_tokens ?? undefined) === undefined) return undefined
  const { input, output } = u
  const asked = u.input_tokens_details ?? u.prompt_tokens_details
  const made = u.output_tokens_details ?? u.completion_tokens_details
  const writes = {
    all: asked?.cache_write_tokens ?? 0,
    short: asked?.cache_write_tokens_details?.ttl_30m_tokens ?? 0,
    long: asked?.cache_write_tokens_details?.ttl_12h_tokens ?? 0,
  }
  const [cached, audioIn, imageIn, otherIn] = [
    asked?.cached_tokens ?? 0,
    asked?.audio_tokens ?? 0,
    asked?.image_tokens ?? 0,
    unknownTokens(asked, KNOWN_INPUT),
  ]
  const [thoughts, audioOut, imageOut, otherOut] = [
    made?.reasoning_tokens ?? 0,
    made?.audio_tokens ?? 0,
    made?.image_tokens ?? 0,
    unknownTokens(made, KNOWN_OUTPUT),
  ]
  if (Number.isNaN(otherIn) || Number.isNaN(otherOut)) return undefined
  const textIn = input - audioIn - imageIn - otherIn
  if (textIn < 0 || cached + writes.all > input) return undefined
  const [text = 0, image = 0, audio = 0, other = 0] = takenOff(cached + writes.all, [textIn, imageIn, audioIn, otherIn])
  const unsaid = output - thoughts - audioOut - imageOut - otherOut
  const textOut = kind === 'text' ? unsaid : Math.min(unsaid, made?.text_tokens ?? 0)
  return usageOfCounts([
    ['input_text_tokens', text],
    ['input_cached_tokens', cached],
    ['input_cache_write_30m_tokens', writes.short],
    ['input_cache_write_12h_tokens', writes.long],
    ['input_cache_write_tokens', writes.all - writes.short - writes.long],
    ['input_audio_tokens', audio],
    ['input_image_tokens', image],
    ['input_other_tokens', other],
    ['output_text_tokens', textOut],
    ['output_thought_tokens', thoughts],
    ['output_audio_tokens', audioOut],
    ['output_image_tokens', imageOut + unsaid - textOut],
    ['output_other_tokens', otherOut],
    ['search_queries', searches],
  ])
}

/**
 * Takes tokens off counts, from the first on, and tells what is left of each. Of which kind the tokens of a cache were is not said: they are taken for
 * the cheapest, so that what is charged in full is the dearest that it can be.
 */
function takenOff(tokens: number, counts: readonly number[]): number[] {
  let left = tokens
  return counts.map((count) => {
    const taken = Math.min(left, count)
    left -= taken
    return count - taken
  })
}
