import type { Tier } from './answering-model.ts'

/** One request to a model, as the workflow names it. Everything that the price depends on is here. */
export interface ModelRequest {
  readonly provider: string
  readonly model: string
  readonly endpoint: 'generateContent'
  /** Sent along. A batch is another endpoint. */
  readonly tier: Exclude<Tier, 'batch'>
  readonly prompt: string
  readonly output: ImageOutput | TextOutput
  /** Always sent to the provider: the bound is computed from it. */
  readonly maxOutputTokens: number
}

/** A request that an app's own code sends: what its price depends on, and nothing of what it says. */
export interface OwnRequest {
  readonly provider: string
  readonly model: string
  readonly endpoint: string
  readonly tier: Tier
  readonly output: { readonly kind: 'image' | 'text' }
  /** Input tokens of every kind, at most. */
  readonly inputTokensMax: number
  /** Output tokens of every kind, thoughts too, at most: the app's code must send this limit along. */
  readonly maxOutputTokens: number
  /** Searches of the provider's own, paid for one by one: at most so many, as the app's code limits them. Absent: none. */
  readonly searchQueriesMax?: number | undefined
  /** Of what is sent: the same call with another one is a conflict. */
  readonly fingerprint: string
}

/** A request whose worst cost can be known. */
export type PricedRequest = ModelRequest | OwnRequest

interface ImageOutput {
  readonly kind: 'image'
  readonly aspectRatio: string
}

interface TextOutput {
  readonly kind: 'text'
}

/** How long a request may take: by our own clock, and by the provider's published maximum (unary). */
export const REQUEST_TIMEOUT_MS = 120_000
export const PROVIDER_MAX_MS = 600_000
