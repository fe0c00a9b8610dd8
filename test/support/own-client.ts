import { NotBilled, type ModelReply, type OwnCall } from '../../src/domain/own-call.ts'
import { EMULATOR_KEY } from './stage.ts'

interface Body {
  readonly candidates: readonly { readonly content?: { readonly parts?: readonly { readonly text?: string }[] } }[]
  readonly usageMetadata?: Readonly<Record<'promptTokenCount' | 'candidatesTokenCount' | 'thoughtsTokenCount', number | undefined>>
}

/** A provider client as an app has one: one request over HTTP, no retries, and none of Purser's code but its words. */
export async function askByOurselves(baseUrl: string, call: OwnCall, text: string): Promise<ModelReply<string>> {
  const response = await fetch(`${baseUrl}/v1/models/${call.model}:generateContent`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-goog-api-key': EMULATOR_KEY, 'x-client-request-id': call.requestId },
    body: JSON.stringify({
      contents: [{ role: 'user', parts: [{ text }] }],
      generationConfig: { maxOutputTokens: call.maxOutputTokens, candidateCount: 1 },
    }),
    signal: call.signal,
  })
  if (response.status === 429) {
    const retryAfterMs = Number(response.headers.get('retry-after') ?? 1) * 1_000
    throw new NotBilled('rejected_unbilled', 'the provider says 429', { retryAfterMs })
  }
  if (!response.ok) throw new Error(`the provider says ${response.status}`)
  const body = (await response.json()) as Body
  const { usageMetadata: usage } = body
  return {
    value: body.candidates[0]?.content?.parts?.[0]?.text ?? '',
    usage: usage && [
      { unit: 'input_text_tokens', quantity: usage.promptTokenCount ?? 0 },
      { unit: 'output_text_tokens', quantity: usage.candidatesTokenCount ?? 0 },
      { unit: 'output_thought_tokens', quantity: usage.thoughtsTokenCount ?? 0 },
    ],
  }
}
