import { createHash } from 'node:crypto'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Log } from '../calls/log.ts'
import { findApiKey, isKeyText, touchApiKey, type ApiKey } from '../ledger/api-keys.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { Problem } from './problem.ts'

/** A revoked key opens nothing so long after it was looked up last. */
const REMEMBERED_MS = 5_000
const REMEMBERED_MAX = 10_000
const TOUCH_EVERY_MS = 60_000
const WINDOW_S = 60

/** Who comes with a key, and what is left of the key's minute. */
export interface Admitted {
  readonly key: ApiKey
  readonly headers: Readonly<Record<string, string>>
}

export interface Doorkeeper {
  /** Throws Problem `unauthorized`, `rate_limited`. */
  admit(authorization: string | undefined): Promise<Admitted>
}

interface DoorkeeperOptions {
  readonly requestsPerMinute: number
  readonly log: Log
}

/** Knows keys again, counts their requests (in this process), and notes now and then that they are used. */
export function doorkeeper(ledger: Ledger, { requestsPerMinute, log }: DoorkeeperOptions): Doorkeeper {
  const remembered = new Map<string, { readonly found: Promise<ApiKey | undefined>; readonly untilMs: number }>()
  const touchedAtMs = new Map<number, number>()
  const limiter = new RateLimiterMemory({ points: requestsPerMinute, duration: WINDOW_S })

  /** Also that there is none: who guesses does not reach the ledger twice. Not by its text, which nothing should keep. */
  function lookUp(text: string): Promise<ApiKey | undefined> {
    const name = createHash('sha256').update(text).digest('base64')
    const known = remembered.get(name)
    if (known !== undefined && performance.now() < known.untilMs) return known.found
    if (!isKeyText(text)) throw unauthorized('this is no API key of Purser: it may be cut, or typed wrongly')
    // The oldest goes: a Map keeps the order in which its keys came.
    if (remembered.size >= REMEMBERED_MAX) remembered.delete(remembered.keys().next().value ?? '')
    const found = findApiKey(ledger, text)
    remembered.delete(name)
    remembered.set(name, { found, untilMs: performance.now() + REMEMBERED_MS })
    found.catch(() => remembered.delete(name))
    return found
  }

  /** Nobody waits for it, and a use that is not noted is no harm. */
  function touch({ id }: ApiKey): void {
    const now = performance.now()
    if (now - (touchedAtMs.get(id) ?? -TOUCH_EVERY_MS) < TOUCH_EVERY_MS) return
    touchedAtMs.set(id, now)
    touchApiKey(ledger, id).catch((error: unknown) =>
      log.warn('the use of a key could not be noted', { key: `key_${id}`, error: String(error) }),
    )
  }

  async function count({ id }: ApiKey): Promise<Admitted['headers']> {
    try {
      return rateHeaders(requestsPerMinute, await limiter.consume(id))
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error
      const headers = rateHeaders(requestsPerMinute, error)
      throw new Problem('rate_limited', `this key has ${requestsPerMinute} requests a minute, and they are used up`, {
        headers: { ...headers, 'retry-after': secondsOf(error) },
      })
    }
  }

  return {
    async admit(authorization) {
      const key = usable(await lookUp(keyTextOf(authorization)))
      const headers = await count(key)
      touch(key)
      return { key, headers }
    },
  }
}

const secondsOf = ({ msBeforeNext }: RateLimiterRes): string => String(Math.max(1, Math.ceil(msBeforeNext / 1000)))

/** draft-ietf-httpapi-ratelimit-headers-09. */
const rateHeaders = (points: number, left: RateLimiterRes): Record<string, string> => ({
  'ratelimit-policy': `"key";q=${points};w=${WINDOW_S}`,
  ratelimit: `"key";r=${Math.max(0, left.remainingPoints)};t=${secondsOf(left)}`,
})

const unauthorized = (detail: string): Problem =>
  new Problem('unauthorized', detail, { headers: { 'www-authenticate': 'Bearer realm="purser"' } })

function keyTextOf(authorization: string | undefined): string {
  if (authorization === undefined) throw unauthorized('send an API key: Authorization: Bearer psk_live_… (`purser keys create` makes one)')
  const [, text] = /^Bearer +(\S+) *$/i.exec(authorization) ?? []
  if (text === undefined) throw unauthorized('the header must have the form Authorization: Bearer psk_live_…')
  return text
}

function usable(key: ApiKey | undefined): ApiKey {
  if (key === undefined) throw unauthorized('nobody here knows this API key')
  if (key.state === 'revoked') throw unauthorized(`the key "${key.name}" was revoked at ${key.revokedAt}`)
  if (key.state === 'expired') throw unauthorized(`the key "${key.name}" ended at ${key.expiresAt}`)
  return key
}
