import createClient, { type Client } from 'openapi-fetch'
import type { paths } from '../api-types.ts'
import { timeKey } from '../domain/time-key.ts'
import { camel, type Camel } from './casing.ts'
import { apiError } from './errors.ts'
import { retrying, type Fetch } from './retrying.ts'

export interface PurserApiOptions {
  /** Where Purser's server is: `https://purser.example`. */
  readonly url: string
  /** An API key, `psk_…`. Keep it out of browsers. */
  readonly key: string
  /** Default: the runtime's own. */
  readonly fetch?: Fetch | undefined
  /** For a whole call with its retries. Default: 30 seconds. */
  readonly timeoutMs?: number | undefined
  /** So many times a request is sent again when the connection fails, or when the API says when to come back; 0 to 3, by default 3. */
  readonly retries?: number | undefined
}

/** What every call takes. */
export interface CallOptions {
  /**
   * Your own name of this call, the same when you repeat it: then it has one effect, and one answer. Made for each call, if left out, and kept over its own retries. One
   * line of at most 255 ASCII characters; a UUID of version 7 saves a look-up.
   */
  readonly idempotencyKey?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export type Raw = Client<paths>

const RETRIES_MAX = 3
const TIMEOUT_MS = 30_000

/** The typed client for every endpoint there is, with the key, the retries and the time limit of all. Throws RangeError for options that cannot be. */
export function rawClient({ url, key, fetch: send, timeoutMs = TIMEOUT_MS, retries = RETRIES_MAX }: PurserApiOptions): Raw {
  if (!/^https?:\/\/\S+$/.test(url))
    throw new RangeError(`purserApi: url is "${url}": write where Purser's server is, like https://purser.example`)
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new RangeError('purserApi: key is no API key: one begins with psk_, and `purser keys create` makes it')
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1)
    throw new RangeError(`purserApi: timeoutMs is ${timeoutMs}: write milliseconds above zero`)
  if (!Number.isInteger(retries) || retries < 0 || retries > RETRIES_MAX)
    throw new RangeError(`purserApi: retries is ${retries}: write a whole number from 0 to ${RETRIES_MAX}`)
  return createClient<paths>({
    baseUrl: url,
    headers: { authorization: `Bearer ${key}` },
    fetch: retrying(send ?? ((request) => fetch(request)), { timeoutMs, retries }),
  })
}

/** A key that nobody has used: a UUID of version 7. */
export function newKey(): string {
  const random = crypto.getRandomValues(new Uint8Array(10))
  return timeKey(Date.now(), Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join(''))
}

interface Answer<T> {
  readonly data?: T | undefined
  readonly error?: unknown
  readonly response: Response
}

/** What the API answered. Throws PurserApiError. */
export async function answerOf<T>(asked: Promise<Answer<T>>, idempotencyKey?: string): Promise<Camel<T>> {
  const { data, error, response } = await asked
  if (data === undefined) throw apiError(response, error, idempotencyKey)
  return camel<T>(data)
}

/** The header of an effect. The same for its retries: it is made here, once. */
export const effect = ({ idempotencyKey = newKey(), signal }: CallOptions = {}) => ({
  key: idempotencyKey,
  init: { params: { header: { 'Idempotency-Key': idempotencyKey } }, ...(signal === undefined ? {} : { signal }) },
})

interface Page<T> {
  readonly data: readonly T[]
  readonly nextCursor: string | null
}

/** Every item of a list, page by page as they are needed. */
export async function* itemsOf<T>(read: (cursor: { readonly cursor?: string }) => Promise<Page<T>>): AsyncGenerator<T, void, undefined> {
  for (let cursor: string | null | undefined; cursor !== null;) {
    const { data, nextCursor } = await read(cursor === undefined ? {} : { cursor })
    yield* data
    cursor = nextCursor
  }
}
