/** One POST to a receiver: to an address that was looked at, within limits, wherever it points to. */
import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as requestHttps } from 'node:https'
import { PurserError } from '../domain/errors.ts'
import { checkedUrl, guarded, pinned, type GuardOptions, type GuardedTarget, type Resolve } from './guard.ts'
import type { Outcome } from './outcome.ts'

export interface PostOptions extends GuardOptions {
  readonly resolve: Resolve
  /** For all of it: the name, the connection, the answer. */
  readonly limitMs: number
}

/** So much of an answer is read; the rest is not waited for. */
const ANSWER_BYTES_MAX = 65_536

interface Answer {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly text: string
}

/**
 * Posts a body. As Standard Webhooks advises: 2xx is delivered; 410 says that the receiver wants no more; everything else, a redirect too, may go better later. What
 * the guard refuses will not. `wordOf`: what an answer's text says that may be shown.
 */
export async function post(
  target: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  options: PostOptions,
  wordOf: (text: string) => string | undefined = () => undefined,
): Promise<Outcome> {
  const ended = AbortSignal.timeout(options.limitMs)
  try {
    const found = await inTime(ended, guarded(checkedUrl(target, options), options, options.resolve))
    return outcomeOf(await send(found, headers, body, ended), wordOf)
  } catch (error) {
    if (error instanceof PurserError) return { kind: 'dead', error: error.message }
    if (ended.aborted) return { kind: 'failed', error: `no answer within ${options.limitMs / 1000} s` }
    return { kind: 'failed', error: `the receiver could not be reached (${codeOf(error)})` }
  }
}

function outcomeOf({ status, retryAfter, text }: Answer, wordOf: (text: string) => string | undefined): Outcome {
  if (status >= 200 && status <= 299) return { kind: 'delivered', status }
  const word = wordOf(text)
  const error = `the receiver answered ${status}${word === undefined ? '' : ` ${word}`}`
  if (status === 410) return { kind: 'gone', status, error: `${error}: it wants no more` }
  if (status >= 300 && status <= 399)
    return { kind: 'failed', status, error: `${error}: redirects are not followed, so give the address to which it leads` }
  return { kind: 'failed', status, error, retryAfterMs: retryAfterMs(retryAfter, Date.now()) }
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}

function send(
  { url, addresses }: GuardedTarget,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const options: RequestOptions = {
    method: 'POST',
    // A connection that is kept would be one to an address of before.
    agent: false,
    lookup: pinned(addresses),
    signal,
    headers: { 'content-type': 'application/json', 'user-agent': 'Purser', ...headers, 'content-length': Buffer.byteLength(body) },
  }
  let head: Omit<Answer, 'text'> | undefined
  const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, options, (response) => {
    const answered = { status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] }
    head = answered
    void beginningOf(response).then((text) => {
      request.destroy()
      resolve({ ...answered, text })
    })
  })
  // The status is the answer: it counts, whatever becomes of the rest.
  request.on('error', (error) => (head === undefined ? reject(error) : resolve({ ...head, text: '' })))
  request.end(body)
  return promise
}

async function beginningOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes >= ANSWER_BYTES_MAX) break
    }
  } catch {
    // Cut, or too slow.
  }
  return Buffer.concat(chunks).subarray(0, ANSWER_BYTES_MAX).toString()
}

/** Its code says what is wrong and, unlike its message, no address. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error'
}

async function inTime<T>(ended: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const end = (): void => reject(ended.reason)
  ended.addEventListener('abort', end, { once: true })
  try {
    return await Promise.race([work, late])
  } finally {
    ended.removeEventListener('abort', end)
  }
}
