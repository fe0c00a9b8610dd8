import type { GenerateContentResponse } from '@google/genai'
import { z } from 'zod'
import type { Usage } from '../domain/usage.ts'
import { contentOf, tierOf, usageOf, type ContentKind } from './gemini-answer.ts'
import { NOTHING_REPORTED, word, type Reported } from './reported.ts'

const queries = z.array(z.unknown()).optional().catch(undefined)
const candidates = z
  .array(
    z.looseObject({
      groundingMetadata: z.looseObject({ webSearchQueries: queries, imageSearchQueries: queries }).optional().catch(undefined),
    }),
  )
  .optional()
  .catch(undefined)
const responseSchema = z.looseObject({ responseId: word, modelVersion: word, usageMetadata: z.unknown(), candidates })

/**
 * What a Gemini response (generateContent; of @google/genai 3.1) says it used. A usage that is incomplete or contradicts itself counts as none, so the whole bound is
 * booked. `output`: as the call is charged; tokens without a modality count as its dearest kind. Searches are counted as Google charges them.
 */
export function geminiReply(response: unknown, output: 'text' | 'image' = 'text'): Reported {
  const parsed = responseSchema.safeParse(response)
  if (!parsed.success) return NOTHING_REPORTED
  const { responseId, modelVersion: model, usageMetadata } = parsed.data
  const { usage, flags } = usageOf(usageMetadata, output, contentKindOf(response))
  const searches = searchesOf(parsed.data.candidates, model)
  const whole = usage === undefined || flags.includes('usage_incomplete') ? undefined : [...usage, ...searches]
  return { usage: whole, tier: tierOf(usageMetadata), model, responseId }
}

/** Content must have been counted, as what it is. */
function contentKindOf(response: unknown): ContentKind {
  try {
    const { content } = contentOf(response as GenerateContentResponse)
    if (content === undefined) return 'none'
    return content.mimeType.startsWith('image/') ? 'image' : 'text'
  } catch {
    return 'unreadable'
  }
}

/** The models of before Gemini 3 charge once for a prompt that was searched for, later ones for each query. */
const PER_PROMPT = /(^|\/)gemini-[12]\./

function searchesOf(answers: z.infer<typeof candidates>, model: string | undefined): Usage {
  const asked = (answers ?? []).reduce(
    (sum, { groundingMetadata: found }) => sum + (found?.webSearchQueries?.length ?? 0) + (found?.imageSearchQueries?.length ?? 0),
    0,
  )
  return asked === 0 ? [] : [{ unit: 'search_queries', quantity: PER_PROMPT.test(model ?? '') ? 1 : asked }]
}
