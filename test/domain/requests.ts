import type { SentMessage } from '../../src/domain/message.ts'
import type { ModelRequest, OwnRequest } from '../../src/domain/model-request.ts'

/** A prompt of words that Purser sends, for words. */
export const promptFor = (prompt: string, maxOutputTokens: number): ModelRequest => ({
  provider: 'gemini',
  model: 'a-model',
  endpoint: 'generateContent',
  tier: 'standard',
  prompt,
  output: { kind: 'text' },
  maxOutputTokens,
})

/** A conversation that Purser sends. */
export const talkOf = (messages: readonly SentMessage[], maxOutputTokens: number): ModelRequest => {
  const { prompt: _, messages: __, ...request } = promptFor('', maxOutputTokens)
  return { ...request, messages }
}

/** What an app's own code sends. */
export const ownRequest = (change: Partial<OwnRequest> = {}): OwnRequest => ({
  provider: 'test',
  model: 'a-model',
  endpoint: 'chat',
  tier: 'standard',
  output: { kind: 'text' },
  inputTokensMax: 10,
  maxOutputTokens: 10,
  fingerprint: '',
  ...change,
})
