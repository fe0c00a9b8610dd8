import type { Money } from './money.ts'
import type { Refusal } from './refusal.ts'
import type { Usage } from './usage.ts'

/** Names a call for ever: the installation (one per Temporal cluster and namespace), the job (with its start), and the call in the job. */
export interface CallKey {
  readonly installation: string
  readonly workflowId: string
  /** When the job's first run started (ISO 8601): the same in all its runs, retries and resets. */
  readonly jobStartedAt: string
  readonly callId: string
}

/** What a budget's scope is compared with, and what reports group by. */
export interface CallScope {
  readonly account: string
  readonly user?: string | undefined
  readonly team?: string | undefined
  readonly project?: string | undefined
  readonly feature?: string | undefined
  readonly environment?: string | undefined
  /** Up to five of the app's own. */
  readonly labels?: Readonly<Record<string, string>> | undefined
}

/** A call's id as people see it: `call_` and 32 hex digits. */
export const callRef = (id: string): string => `call_${id.replaceAll('-', '')}`

/** An attempt's, and what the provider hears as the client's request id: `rsv_` and 32 hex digits. */
export const reservationRef = (id: string): string => `rsv_${id.replaceAll('-', '')}`

/** What was tracked, as the call log names it: `trk_` and 32 hex digits. */
export const trackedRef = (id: string): string => `trk_${id.replaceAll('-', '')}`

/** Where an attempt stands. The moves are drawn in ARCHITECTURE.md. */
export type AttemptState = 'reserved' | 'dispatched' | 'settled' | 'released' | 'rejected' | 'in_doubt' | 'presumed'

/** Content-addressed bytes outside the database. */
export interface BlobRef {
  /** Where the blob store keeps it, e.g. `sha256/3f/3f…e1.png`. */
  readonly ref: string
  readonly sha256: string
  readonly bytes: number
  readonly mimeType: string
}

/** What a provider said besides the content. */
export interface ResponseFacts {
  readonly responseId: string | undefined
  readonly modelVersion: string | undefined
  readonly finishReason: string | undefined
  /** Why the provider withheld the content; the answer is paid for all the same. */
  readonly blocked: string | undefined
  /** How it was served, in the price book's words, where that is not what was asked for or has no price. */
  readonly tier?: string
}

/** A booked answer. Repeats hear exactly this, for ever. */
export interface Answer {
  readonly kind: 'answered'
  readonly reservationId: string
  readonly attempt: number
  readonly reserved: Money
  readonly cost: Money
  readonly givenBack: Money
  /** What the tightest budget of this call has left. */
  readonly budgetLeft: Money
  readonly usage: Usage
  readonly blob: BlobRef | undefined
  readonly response: ResponseFacts
  readonly flags: readonly string[]
  /** Physical requests that the provider client made for this attempt: 1, or something is broken. */
  readonly requests: number
}

/** Money is set aside, the request may go out. */
export interface Reserved {
  readonly kind: 'reserved'
  readonly callRef: string
  readonly reservationId: string
  readonly attempt: number
  readonly amount: Money
  readonly budgetLeft: Money
  readonly plan: string
  readonly heldUntil: string
}

export interface InFlight {
  readonly kind: 'in_flight'
  readonly reservationId: string
  readonly until: string
}

/** Sent, and no answer was booked in time. The money stays reserved. */
export interface InDoubt {
  readonly kind: 'in_doubt'
  readonly reservationId: string
  readonly held: Money
  readonly reason: string | undefined
  /** An answer is in hand, but a person must look at it before it is booked: who asked again would pay twice. */
  readonly needsPerson?: true
  /** What became of the call's second try, where its policy allows one: not an answer either. */
  readonly again?: Exclude<CallAnswer, Answer>
}

export interface Rejected {
  readonly kind: 'rejected'
  readonly reservationId: string
  readonly reason: string
  /** The ask was rejected before this execution came to it, e.g. in the run that a reset has ended: nothing was tried now. */
  readonly earlier?: true
}

/** `lapsed`, `too_late`: nothing was sent, the next ask may try again. `closed`: this run may not ask any more. */
export type NotSent = { readonly kind: 'lapsed' } | { readonly kind: 'too_late' } | { readonly kind: 'closed' }

/** Nothing of the call's scope may start now: somebody has stopped it (`stopped: <reason>`), or its account is not active (`account suspended`). */
export interface Stopped {
  readonly kind: 'stopped'
  readonly reason: string
}

/** What a call does when its request was sent and the answer is not known. */
export interface DoubtPolicy {
  /** `again` (default): asks once more, on the same budgets, while the first one's money stays held. `end`: the call ends in doubt. */
  readonly onInDoubt?: 'again' | 'end' | undefined
  /** Its worker is lost. `wait` (default): an answer may still be booked until the request's time-out. `retry`: not so long; both may be paid for. */
  readonly onLost?: 'wait' | 'retry' | undefined
}

/** A rate limit, or the provider's own, says when the call may ask: nothing was reserved. */
export interface Paced {
  readonly kind: 'paced'
  readonly waitMs: number
  /** After the wait its turn is its own. */
  readonly isBooked: boolean
  readonly limit: string
  readonly why: string
}

export type ReserveAnswer = Reserved | Answer | InFlight | InDoubt | Rejected | NotSent | Stopped | Refusal
export type CallAnswer = Answer | InDoubt | Rejected | NotSent | Stopped | Refusal
