import { log } from '@temporalio/activity'
import type { Answer } from '../domain/call.ts'
import type { CacheAnswer, CacheAsk, Flight } from '../domain/response-cache.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { askCache, nameAsk } from '../ledger/ask-cache.ts'
import { holdFlight, leaveFlight, putCached } from '../ledger/response-cache.ts'
import { responseCache, type ResponseCache } from '../savings/response-cache.ts'
import { cacheAskSchema } from '../schema/ask-input.ts'
import { parsed } from '../schema/parsed.ts'
import { hashOf, keyOf } from './budget.ts'
import { typed } from './failure.ts'
import { thisJob } from './this-job.ts'

export interface CacheDependencies {
  readonly cache: ResponseCache
  readonly installation: string
}

/** The cache of this process over what all share in a ledger. */
export const responseCacheOver = (ledger: Ledger, requestTimeoutMs: number): ResponseCache =>
  responseCache(
    {
      name: (ask) => nameAsk(ledger, ask),
      ask: (asks, leaseMs) => askCache(ledger, asks, leaseMs),
      put: (flight, reservationId, ttlMs) => putCached(ledger, flight, reservationId, ttlMs),
      hold: (flight, leaseMs) => holdFlight(ledger, flight, leaseMs),
      leave: (flight, isVain) => leaveFlight(ledger, flight, isVain),
    },
    { requestTimeoutMs },
  )

export type CacheActivities = ReturnType<typeof createCacheActivities>

export function createCacheActivities({ cache, installation }: CacheDependencies) {
  return {
    /** Whether a call's answer is known, somebody asks for it, or it is this call's to ask. A hit is booked as a call that cost nothing. */
    async askCache(ask: CacheAsk): Promise<CacheAnswer> {
      return typed(async () => {
        parsed(cacheAskSchema, ask, 'question to the cache')
        return cache.ask({ ...keyOf(installation, ask), runId: thisJob().runId }, ask, hashOf(ask.request))
      })
    },

    /** The call that leads has ended otherwise than by its own request: with an answer that was booked before, or with none. */
    async endFlight({ flight, answer }: { readonly flight: Flight; readonly answer?: Answer | undefined }): Promise<void> {
      await keepOrLeave(cache, flight, answer)
    },
  }
}

/** What cannot be kept costs a saving, and no call: whoever waits leads when the flight's lease ends. */
export async function keepOrLeave(cache: ResponseCache, flight: Flight, answer: Answer | undefined): Promise<void> {
  await cache.end(flight, answer).catch((error: unknown) => {
    log.warn('an answer could not be put into the cache', { key: flight.key, error: String(error) })
  })
}
