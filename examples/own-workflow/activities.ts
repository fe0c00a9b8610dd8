import { NotBilled, type ModelReply, type OwnCall } from 'purser/worker'

const BASE_URL = process.env['PURSER_GEMINI_BASE_URL'] ?? 'https://generativelanguage.googleapis.com'

/** A client of the app's own: one request, no retries, with the limit that the workflow reserved for. */
async function askModel(call: OwnCall, text: string): Promise<ModelReply<string>> {
  const response = await fetch(`${BASE_URL}/v1/models/${call.model}:generateContent`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-goog-api-key': process.env['GEMINI_API_KEY'] ?? '',
      'x-client-request-id': call.requestId,
    },
    body: JSON.stringify({
      contents: [{ role: 'user', parts: [{ text }] }],
      generationConfig: { maxOutputTokens: call.maxOutputTokens, candidateCount: 1 },
    }),
    signal: call.signal,
  })
  // The provider's own refusal: nothing was billed. Whatever else is thrown here may have been billed, and stays reserved.
  if (response.status === 400 || response.status === 429) throw new NotBilled('rejected_unbilled', `the provider says ${response.status}`)
  if (!response.ok) throw new Error(`the provider says ${response.status}`)
  const answer = (await response.json()) as Answer
  const { promptTokenCount = 0, candidatesTokenCount = 0, thoughtsTokenCount = 0 } = answer.usageMetadata
  return {
    value: answer.candidates[0]?.content?.parts?.[0]?.text ?? '',
    usage: [
      { unit: 'input_text_tokens', quantity: promptTokenCount },
      { unit: 'output_text_tokens', quantity: candidatesTokenCount },
      { unit: 'output_thought_tokens', quantity: thoughtsTokenCount },
    ],
  }
}

interface Answer {
  readonly candidates: readonly { readonly content?: { readonly parts?: readonly { readonly text?: string }[] } }[]
  readonly usageMetadata: {
    readonly promptTokenCount?: number
    readonly candidatesTokenCount?: number
    readonly thoughtsTokenCount?: number
  }
}

export const modelActivities = { askModel }
