import { GoogleGenAI, ServiceTier, type GenerateContentConfig } from '@google/genai'
import { PurserError } from '../domain/errors.ts'
import type { ModelRequest } from '../domain/model-request.ts'
import { contentsOf } from './gemini-contents.ts'
import { answeredBy } from './gemini-reply.ts'
import { countedFetch, failureOf, type Wire } from './gemini-wire.ts'
import type { Provider, ProviderReply, SendOptions } from './provider.ts'

export interface GeminiOptions {
  readonly apiKey: string
  readonly baseUrl: string
}

export const GEMINI_BASE_URL = 'https://generativelanguage.googleapis.com'

/** A key that could be one. The SDK itself only warns about a missing key, and then tries other credentials of the machine. */
export function checkKey(apiKey: string | undefined): string {
  if (apiKey === undefined || apiKey.trim() === '') {
    throw new PurserError('key_missing', 'there is no Gemini key: set GEMINI_API_KEY (from aistudio.google.com), or run with the emulator')
  }
  if (!/^[\x21-\x7e]{10,200}$/.test(apiKey)) {
    throw new PurserError('key_invalid', 'GEMINI_API_KEY is no key: it has spaces or unprintable characters, or an odd length')
  }
  return apiKey
}

/**
 * Google's Gemini through its own SDK, with everything off that could send a second request: retries, automatic continuation, automatic
 * function calling. The custom fetch counts, and refuses a second one. Throws PurserError `key_missing` or `key_invalid` when made.
 */
export function geminiProvider(options: GeminiOptions): Provider {
  const apiKey = checkKey(options.apiKey)
  return {
    name: 'gemini',
    async send(request, sendOptions) {
      const wire: Wire = { requests: 0, response: undefined, sent: false }
      const startedAt = performance.now()
      // Our own timer: an abort by the SDK's timer looks the same as one by a caller.
      const timer = new AbortController()
      const timeout = setTimeout(() => timer.abort(), sendOptions.timeoutMs)
      const done = (reply: Parameters<typeof Object.assign>[1]): ProviderReply =>
        ({ ...reply, requests: wire.requests, durationMs: Math.round(performance.now() - startedAt) }) as ProviderReply
      try {
        const client = new GoogleGenAI({
          apiKey,
          // Else an environment variable silently turns this into Vertex AI: another bill, another address.
          vertexai: false,
          // Else another one turns this into another version of the API.
          apiVersion: 'v1',
          // A fresh object: the SDK changes what it is given.
          httpOptions: { baseUrl: options.baseUrl, fetch: countedFetch(wire, sendOptions.maySend) },
        })
        const { contents, systemInstruction } = contentsOf(request)
        const config = configOf(request, sendOptions, timer.signal)
        const response = await client.models.generateContent({
          model: request.model,
          contents,
          config: systemInstruction === undefined ? config : { ...config, systemInstruction },
        })
        return done(answeredBy(response, request.output.kind))
      } catch (error) {
        return done(failureOf(error, wire, timer.signal.aborted ? sendOptions.timeoutMs : undefined))
      } finally {
        clearTimeout(timeout)
      }
    },
  }
}

/** How Google calls what was priced. */
const SERVICE_TIERS = { flex: ServiceTier.FLEX, priority: ServiceTier.PRIORITY } as const

function configOf(request: ModelRequest, options: SendOptions, abortSignal: AbortSignal): GenerateContentConfig {
  return {
    candidateCount: 1,
    maxOutputTokens: request.maxOutputTokens,
    automaticContinuation: false,
    automaticFunctionCalling: { disable: true },
    abortSignal,
    ...(request.tier === 'standard' ? {} : { serviceTier: SERVICE_TIERS[request.tier] }),
    httpOptions: { headers: { 'x-client-request-id': options.clientRequestId } },
    ...(request.output.kind === 'image'
      ? { responseModalities: ['IMAGE'], imageConfig: { aspectRatio: request.output.aspectRatio } }
      : { responseModalities: ['TEXT'] }),
  }
}
