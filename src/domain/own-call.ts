import type { Answer, CallScope } from './call.ts'
import type { OwnRequest } from './model-request.ts'
import type { Usage } from './usage.ts'

/** What a model call of an app's own code returns: its value, and what the provider says it used. */
export interface ModelReply<T> {
  readonly value: T
  /** Undefined: the provider named none, so the whole bound is booked, and flagged. */
  readonly usage: Usage | undefined
  /** The provider's id of its response, for its support. */
  readonly responseId?: string | undefined
  /** Which model answered, and how it was served, as the response names them: they decide the prices. Default: as asked. */
  readonly model?: string | undefined
  readonly tier?: string | undefined
}

/** What an app's own code hears about the call that it is to send: once, with no retries of its own, and with `maxOutputTokens` as its limit. */
export interface OwnCall {
  readonly provider: string
  readonly model: string
  readonly maxOutputTokens: number
  readonly inputTokensMax: number
  readonly inputImagesMax: number
  /** The attempt as the ledger names it: worth sending along as the client's request id. */
  readonly requestId: string
  /** Aborted when the request takes longer than its limit. */
  readonly signal: AbortSignal
}

/** A booked answer with the value that the app's code returned. */
export type OwnAnswer<T> = Answer & { readonly value: T }
/** Paid for, but the value could not be kept, and whoever had it in hand is gone. */
export type ResponseLost = Omit<Answer, 'kind'> & { readonly kind: 'response_lost' }

/** The first argument of a marked activity: a reservation, as the workflow hands it over. */
export interface Handed {
  readonly purserReservation: {
    readonly callId: string
    readonly ask: number
    readonly scope: CallScope
    readonly request: OwnRequest
    readonly jobStartedAt: string
  }
}

/**
 * Thrown by an app's own code that knows that nothing was billed: `never_sent` (or no connection came about), `rejected_unbilled` (the provider's own
 * refusal). With `retryAfterMs` the request is worth sending again. Any other error leaves the call in doubt: it may have been billed.
 */
export class NotBilled extends Error {
  override readonly name = 'NotBilled'
  readonly proof: 'never_sent' | 'rejected_unbilled'
  readonly retryAfterMs: number | undefined

  constructor(
    proof: 'never_sent' | 'rejected_unbilled',
    message: string,
    options: { retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.proof = proof
    this.retryAfterMs = options.retryAfterMs
  }
}
