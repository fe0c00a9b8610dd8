import { z } from 'zod'
import type { Usage } from '../domain/usage.ts'
import { NOTHING_REPORTED, tally, usageOfCounts, word, type Reported } from './reported.ts'

const usageSchema = z.looseObject({
  // Both are always there: where one is missing, more may be.
  input_tokens: z.int().min(0),
  output_tokens: z.int().min(0),
  cache_creation_input_tokens: tally,
  cache_read_input_tokens: tally,
  cache_creation: z.looseObject({ ephemeral_5m_input_tokens: tally, ephemeral_1h_input_tokens: tally }).nullish(),
  server_tool_use: z.looseObject({ web_search_requests: tally }).nullish(),
})

const messageSchema = z.looseObject({
  id: word,
  model: word,
  usage: z.looseObject({ service_tier: word, speed: word, inference_geo: word }).optional().catch(undefined),
})

/**
 * What an Anthropic message (of @anthropic-ai/sdk 1.12) says it used. `input_tokens` is what was neither read from the cache nor written to it; thinking is part of
 * `output_tokens`, at the same price. Writes without a time to live are charged as those of an hour, the dearer ones.
 */
export function anthropicReply(message: unknown): Reported {
  const parsed = messageSchema.safeParse(message)
  if (!parsed.success) return NOTHING_REPORTED
  const { id, model, usage } = parsed.data
  return { usage: usageOf(usage), tier: tierOf(usage), model, responseId: id }
}

/** Fast answers, and those that had to be computed in the US, have prices of their own: tiers of their own, too. */
function tierOf(usage: z.infer<typeof messageSchema>['usage']): string | undefined {
  const tier = usage?.speed === 'fast' ? 'fast' : usage?.service_tier
  return usage?.inference_geo === 'us' ? `${tier ?? 'standard'}-us` : tier
}

function usageOf(raw: unknown): Usage | undefined {
  const parsed = usageSchema.safeParse(raw)
  if (!parsed.success) return undefined
  const { input_tokens: input, output_tokens: output, cache_read_input_tokens: read, cache_creation_input_tokens: written } = parsed.data
  const { ephemeral_5m_input_tokens: short = 0, ephemeral_1h_input_tokens: long = 0 } = parsed.data.cache_creation ?? {}
  const isTold = short + long > 0
  if (input + read + written === 0 || (isTold && short + long !== written)) return undefined
  return usageOfCounts([
    ['input_text_tokens', input],
    ['input_cached_tokens', read],
    ['input_cache_write_5m_tokens', short],
    ['input_cache_write_1h_tokens', isTold ? long : written],
    ['output_text_tokens', output],
    ['search_queries', parsed.data.server_tool_use?.web_search_requests ?? 0],
  ])
}
