import type { GenerateContentResponse } from '@google/genai'
import type { ResponseFacts } from '../domain/call.ts'
import { contentOf, responseFacts, tierOf, usageOf } from './gemini-answer.ts'
import type { Answered } from './provider.ts'

/** A response of Gemini, asked for by itself or as a line of a batch, as an answer. */
export function answeredBy(response: GenerateContentResponse, output: 'image' | 'text'): Answered {
  const { content, images, facts, isLost } = readable(response)
  const kind = isLost ? 'unreadable' : content === undefined ? 'none' : images > 0 ? 'image' : 'text'
  const { usage, flags } = usageOf(response.usageMetadata, output, kind)
  return {
    kind: 'answered',
    content,
    usage,
    tier: tierOf(response.usageMetadata),
    response: facts,
    flags: [...flags, ...(images > 1 ? ['extra_image'] : []), ...(isLost ? ['response_lost'] : [])],
  }
}

/** A malformed content must not hide the usage: the answer is paid for all the same. */
function readable(
  response: GenerateContentResponse,
): ReturnType<typeof contentOf> & { readonly facts: ResponseFacts; readonly isLost: boolean } {
  try {
    const read = contentOf(response)
    return { ...read, facts: responseFacts(response, read.content !== undefined), isLost: false }
  } catch {
    return {
      content: undefined,
      images: 0,
      isLost: true,
      facts: { responseId: undefined, modelVersion: undefined, finishReason: undefined, blocked: undefined },
    }
  }
}
