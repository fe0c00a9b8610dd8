import type { Answer, CallKey } from '../domain/call.ts'
import { PurserError } from '../domain/errors.ts'
import type { ModelRequest } from '../domain/model-request.ts'
import { money, nano } from '../domain/money.ts'
import {
  CACHE_TTL_MS,
  isRepeatable,
  isWorthKeeping,
  type CacheAnswer,
  type CacheAsk,
  type CachedAnswer,
  type CachedContent,
  type Flight,
  type NamedAsk,
  type SharedAnswer,
  type SharedAsk,
  type SharedHit,
} from '../domain/response-cache.ts'
import { gathered } from '../gathered.ts'
import { cacheKey } from './cache-key.ts'
import { knownAnswers, type KnownAnswersOptions } from './known-answers.ts'

/** What all processes share. */
export interface SharedCache {
  /** Throws what is wrong with one ask, so that it is not what those hear that go with it. */
  readonly name: (ask: SharedAsk) => Promise<NamedAsk>
  /** Answers in this order. */
  readonly ask: (asks: readonly NamedAsk[], leaseMs: number) => Promise<SharedAnswer[]>
  /** Keeps an answer, as it is booked. False: it was invalidated meanwhile. */
  readonly put: (flight: Pick<Flight, 'key' | 'id'>, reservationId: string, ttlMs: number) => Promise<boolean>
  /** It is under way. False: nobody waits for it any more. */
  readonly hold: (flight: Pick<Flight, 'key' | 'id'>, leaseMs: number) => Promise<boolean>
  /** `isVain`: its answer is none to keep, so those who wait ask for themselves. */
  readonly leave: (flight: Pick<Flight, 'key' | 'id'>, isVain: boolean) => Promise<void>
}

export interface ResponseCacheOptions extends Partial<KnownAnswersOptions> {
  /** How long one waits for another's answer, at most. */
  readonly requestTimeoutMs: number
}

/** Throws PurserError `conflict` when the call was answered another request. */
export interface ResponseCache {
  readonly ask: (call: CallKey & { readonly runId: string }, ask: CacheAsk, requestHash: string) => Promise<CacheAnswer>
  /** Runs what asks the provider; others wait for it as long as it runs. */
  readonly holding: <T>(flight: Flight, work: () => Promise<T>) => Promise<T>
  /** What became of a call that others wait for; an answer is kept if it is worth it. Answers whether it was. */
  readonly end: (flight: Flight, answer: Answer | undefined) => Promise<boolean>
}

const ASKED_AT_ONCE = 500
const KEYS_MAX = 10_000
/** One that leads and says nothing for so long is lost; at most half of what others wait, so that one of them can lead while the others wait on. */
const LEASE_MAX_MS = 30_000

/**
 * The cache as one process sees it. The database decides each question, by its own clock, in the commit that records the hit: so nothing is heard that is too old or
 * was cleared. This process holds the answers that it heard last, and asks for many calls at once: what comes while a question is in the air goes with the next one.
 */
export function responseCache(shared: SharedCache, { requestTimeoutMs, ...options }: ResponseCacheOptions): ResponseCache {
  const known = knownAnswers({ entriesMax: 10_000, charsMax: 16_000_000, ageMaxMs: 3_600_000, now: () => performance.now(), ...options })
  const leaseMs = Math.min(LEASE_MAX_MS, Math.ceil(requestTimeoutMs / 2))

  const together = gathered((asks: readonly NamedAsk[]) => shared.ask(asks, leaseMs), { most: ASKED_AT_ONCE })

  /** An equal request of the same account has an equal key: it is computed once. */
  const keys = new Map<string, string>()
  function keyOf(request: ModelRequest, requestHash: string, account: string | undefined, semanticKey: string | undefined): string {
    const terms = { account, semanticKey: () => semanticKey }
    if (semanticKey !== undefined) return cacheKey(request, terms)
    const name = account === undefined ? requestHash : `${requestHash} ${account}`
    const met = keys.get(name)
    if (met !== undefined) return met
    // The oldest goes: a Map keeps the order in which its keys came.
    if (keys.size >= KEYS_MAX) keys.delete(keys.keys().next().value ?? '')
    const key = cacheKey(request, terms)
    keys.set(name, key)
    return key
  }

  /** What is held is used if the database says that it is still the one. */
  async function decided(
    ask: Omit<SharedAsk, 'known'>,
  ): Promise<Exclude<SharedAnswer, SharedHit> | (SharedHit & { content: CachedContent })> {
    const held = known.get(ask.key)
    const answer = await together(await shared.name({ ...ask, known: held?.entry }))
    if (answer.kind !== 'hit') return answer
    const content = answer.content ?? held?.content
    if (content === undefined) throw new Error('broken promise: a hit without its answer')
    if (answer.content !== undefined) known.remember(ask.key, { entry: answer.entry, content })
    return { ...answer, content }
  }

  return {
    async ask(call, { scope, request, cache, alone = false }, requestHash) {
      if (!isRepeatable(request, cache)) return { kind: 'own' }
      const key = keyOf(request, requestHash, cache.shared === true ? undefined : scope.account, cache.semanticKey)
      const { runId } = call
      const terms = { call, runId, scope, request, requestHash, key, ttlMs: cache.ttlMs ?? CACHE_TTL_MS, alone }
      const answer = await decided(terms)
      switch (answer.kind) {
        case 'hit':
          return { kind: 'hit', answer: answerOf(answer) }
        case 'lead':
          return { kind: 'lead', flight: { key, id: answer.flight, terms: cache } }
        case 'follow':
          return { kind: 'follow', waitAtMostMs: requestTimeoutMs }
        case 'own':
          return { kind: 'own' }
        case 'conflict':
          throw new PurserError(
            'conflict',
            `the call "${call.callId}" was answered another request from the cache: give the new one a name of its own`,
          )
      }
    },
    async holding(flight, work) {
      // What cannot be said now is said the next time.
      const timer = setInterval(() => void shared.hold(flight, leaseMs).catch(() => undefined), leaseMs / 3)
      try {
        return await work()
      } finally {
        clearInterval(timer)
      }
    },
    async end(flight, answer) {
      if (answer === undefined || !isWorthKeeping(answer, flight.terms)) {
        await shared.leave(flight, answer !== undefined)
        return false
      }
      return shared.put(flight, answer.reservationId, flight.terms.ttlMs ?? CACHE_TTL_MS)
    },
  }
}

const NOTHING = money(nano(0n))

const answerOf = ({ id, budgetLeft, content }: SharedHit & { readonly content: CachedContent }): CachedAnswer => ({
  kind: 'answered',
  reservationId: id,
  attempt: 0,
  reserved: NOTHING,
  cost: NOTHING,
  givenBack: NOTHING,
  budgetLeft,
  usage: [],
  blob: content.blob,
  response: content.response,
  flags: ['cached'],
  requests: 0,
  cached: true,
  madeAt: content.madeAt,
  saved: content.saved,
})
