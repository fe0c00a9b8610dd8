import { z } from 'zod'
import { tierOf, usageOf } from './gemini-answer.ts'
import { word, type Reported } from './reported.ts'

const responseSchema = z.looseObject({ responseId: word, modelVersion: word, usageMetadata: z.unknown() })

/**
 * What a Gemini response (generateContent; of @google/genai 3.1) says it used. A usage that is incomplete or contradicts itself counts as none, so the whole bound is
 * booked. `output`: as the call is charged; tokens without a modality count as its dearest kind.
 */
export function geminiReply(response: unknown, output: 'text' | 'image' = 'text'): Reported {
  const parsed = responseSchema.safeParse(response)
  if (!parsed.success) return { usage: undefined, tier: undefined, model: undefined, responseId: undefined }
  const { responseId, modelVersion: model, usageMetadata } = parsed.data
  const { usage, flags } = usageOf(usageMetadata, output, 'none')
  return { usage: flags.includes('usage_incomplete') ? undefined : usage, tier: tierOf(usageMetadata), model, responseId }
}
