import type { Answer, BlobRef, CallKey, CallScope, ResponseFacts } from './call.ts'
import type { ModelRequest } from './model-request.ts'
import type { Money } from './money.ts'

/** How a call uses the cache; JSON as it stands. */
export interface CacheTerms {
  /** No older answer is taken, and the one that is made is kept so long. Default: an hour. */
  readonly ttlMs?: number | undefined
  /** With all accounts that say so. Default: only with the call's own account. */
  readonly shared?: boolean | undefined
  /** The answer is as good the second time although the model would give another one, as of pictures. Default: such calls are not cached. */
  readonly nonRepeatable?: boolean | undefined
  /** An answer that the output limit cut off is kept too. Default: it is not. */
  readonly cutShort?: boolean | undefined
  /** Stands for the prompt: calls that have the same one, and the same model and parameters, have the same answer. */
  readonly semanticKey?: string | undefined
}

const HOUR_MS = 3_600_000
export const CACHE_TTL_MS = HOUR_MS
/** Thirty days. */
export const CACHE_TTL_MAX_MS = 720 * HOUR_MS

/** What may be kept: in all, and of one account. Whatever is older goes first. */
export interface CacheBounds {
  readonly entriesMax: number
  readonly bytesMax: number
}
export const CACHE_OF_ACCOUNT: CacheBounds = { entriesMax: 20_000, bytesMax: 200_000_000 }
export const CACHE_OF_ALL: CacheBounds = { entriesMax: 500_000, bytesMax: 5_000_000_000 }

/** What a call asks the cache. */
export interface CacheAsk {
  readonly callId: string
  readonly jobStartedAt: string
  readonly scope: CallScope
  readonly request: ModelRequest
  readonly cache: CacheTerms
  /** It has waited for another's answer long enough. */
  readonly alone?: boolean | undefined
}

/** An answer that was made before: it cost nothing, and has a receipt of its own. */
export interface CachedFacts {
  readonly cached: true
  readonly madeAt: string
  /** What it cost when it was made. */
  readonly saved: Money
}
export type CachedAnswer = Answer & CachedFacts

/** `lead`: nobody has it, others wait for this call's answer. `follow`: another is asking. `own`: it asks for itself, and tells nobody. */
export type CacheAnswer =
  | { readonly kind: 'hit'; readonly answer: CachedAnswer }
  | { readonly kind: 'lead'; readonly flight: Flight }
  | { readonly kind: 'follow'; readonly waitAtMostMs: number }
  | { readonly kind: 'own' }

/** A call whose answer others wait for. */
export interface Flight {
  /** SHA-256, in hex. */
  readonly key: string
  readonly id: string
  readonly terms: CacheTerms
}

/** What is kept of an answer. */
export interface CachedContent {
  readonly madeAt: string
  /** What it cost then. */
  readonly saved: Money
  readonly blob: BlobRef | undefined
  readonly response: ResponseFacts
}

/** What is asked of what all processes share, for one call. */
export interface SharedAsk {
  readonly call: CallKey
  readonly runId: string
  readonly scope: CallScope
  readonly request: Pick<ModelRequest, 'provider' | 'model' | 'endpoint'>
  /** Of the whole request, by which the ledger knows the call. */
  readonly requestHash: string
  readonly key: string
  readonly ttlMs: number
  readonly alone: boolean
  /** The entry that this process holds. */
  readonly known: string | undefined
}

/** It, with the ledger's names for its call and its scope values. */
export interface NamedAsk {
  readonly ask: SharedAsk
  readonly call: string
  readonly scope: number
}

export interface SharedHit {
  readonly kind: 'hit'
  /** The hit's own, for ever. */
  readonly id: string
  readonly budgetLeft: Money
  readonly entry: string
  /** Undefined: the asker holds it. */
  readonly content: CachedContent | undefined
}
export type SharedAnswer = SharedHit | { readonly kind: 'lead'; readonly flight: string } | { readonly kind: 'follow' | 'own' | 'conflict' }

/** What a call may expect of the cache at all: pictures differ each time. */
export const isRepeatable = ({ output }: ModelRequest, { nonRepeatable = false }: CacheTerms): boolean =>
  nonRepeatable || output.kind === 'text'

/** What may be said of an answer that is kept all the same: all other flags say that something is wrong with it. */
const HARMLESS = new Set(['other_tier', 'rate_stale', 'unpriced'])
const WHOLE = new Set(['STOP'])
const CUT = 'MAX_TOKENS'

/** Whether an answer is worth hearing again: whole, with its content, of the model that was asked, and with no search of this moment in it. */
export function isWorthKeeping({ blob, response, flags, usage }: Answer, { nonRepeatable = false, cutShort = false }: CacheTerms): boolean {
  const { blocked, finishReason = '' } = response
  return (
    blob !== undefined &&
    (blocked ?? undefined) === undefined &&
    (WHOLE.has(finishReason) || (cutShort && finishReason === CUT)) &&
    flags.every((flag) => HARMLESS.has(flag)) &&
    (nonRepeatable || usage.every(({ unit }) => unit !== 'search_queries'))
  )
}
