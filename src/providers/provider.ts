import type { ResponseFacts } from '../domain/call.ts'
import type { ModelRequest } from '../domain/model-request.ts'
import type { Usage } from '../domain/usage.ts'

export interface SendOptions {
  /** Our own limit, below the provider's maximum. The provider client measures it itself. */
  readonly timeoutMs: number
  /** Sent along, so that the provider's support (and the emulator's bill) can name our attempt. */
  readonly clientRequestId: string
  /** Asked right before the first byte leaves. False: nothing is sent, and the reply is `rejected` with proof `never_sent`. */
  readonly maySend: () => boolean
}

/** An answer that ended properly. `usage` undefined: the provider named none, so the whole bound is booked. */
export interface Answered {
  readonly kind: 'answered'
  readonly content: { readonly bytes: Uint8Array; readonly mimeType: string } | undefined
  readonly usage: Usage | undefined
  /** How the response says that it was served, in the price book's words; undefined: as asked. */
  readonly tier?: string | undefined
  readonly response: ResponseFacts
  readonly flags: readonly string[]
}

/** The provider refused and did not bill, or nothing was sent. */
export interface Rejected {
  readonly kind: 'rejected'
  readonly proof: 'provider_refused' | 'connect_failed' | 'never_sent'
  readonly status: number | undefined
  /** What the provider said, shortened: never the key. */
  readonly message: string
  /** Undefined: the same request would be refused again. */
  readonly retryAfterMs: number | undefined
}

/** Sent, and the outcome is not known: it may be billed. */
export interface Lost {
  readonly kind: 'lost'
  readonly message: string
}

export type ProviderReply = (Answered | Rejected | Lost) & { readonly requests: number; readonly durationMs: number }

/** A model provider. One conformance suite tests all of them. */
export interface Provider {
  readonly name: string
  /** Sends exactly one physical request, or none. Never throws for what a provider or a network can do. */
  send(request: ModelRequest, options: SendOptions): Promise<ProviderReply>
}
