import type { Lost, Rejected } from './provider.ts'

/** What was seen on the wire while one request was made: the SDK's errors name neither headers nor the number of requests. */
export interface Wire {
  requests: number
  /** True from just before the first byte may leave. */
  sent: boolean
  response: { readonly status: number; readonly retryAfter: string | null; readonly errorOfProvider: string | undefined } | undefined
}

class NeverSent extends Error {}

/**
 * Statuses with which Gemini refuses without billing, if the error body is its own (a proxy's 503 proves nothing): for good, or so that the same
 * request may be taken later.
 */
export const GEMINI_REFUSALS: Readonly<Record<number, 'for good' | 'for now'>> = {
  400: 'for good',
  401: 'for good',
  403: 'for good',
  404: 'for good',
  429: 'for now',
  503: 'for now',
}
/** The calls of the system that come before any byte of a request, whatever went wrong in them. */
const CONNECT_CALLS = new Set(['connect', 'getaddrinfo'])
/** Node's fetch sends nothing before the connection stands and the certificate is verified: its own time-out, and the X.509 codes of Node's `tls`. */
const CONNECT_CODES = new Set(
  `UND_ERR_CONNECT_TIMEOUT ERR_TLS_CERT_ALTNAME_INVALID HOSTNAME_MISMATCH DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN
  UNABLE_TO_GET_ISSUER_CERT UNABLE_TO_GET_ISSUER_CERT_LOCALLY UNABLE_TO_VERIFY_LEAF_SIGNATURE UNABLE_TO_DECRYPT_CERT_SIGNATURE
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY CERT_SIGNATURE_FAILURE CERT_NOT_YET_VALID CERT_HAS_EXPIRED CERT_CHAIN_TOO_LONG CERT_REVOKED
  CERT_UNTRUSTED CERT_REJECTED ERROR_IN_CERT_NOT_BEFORE_FIELD ERROR_IN_CERT_NOT_AFTER_FIELD INVALID_CA INVALID_PURPOSE
  PATH_LENGTH_EXCEEDED`.split(/\s+/),
)
/** The same, of errors without a code of their own. */
const CONNECT_MESSAGES = new Set([
  'bad port',
  'unknown scheme',
  'Client network socket disconnected before secure TLS connection was established',
])
/** When the provider does not say how long to wait. */
const DEFAULT_RETRY_AFTER_MS = 5_000
const MESSAGE_LENGTH_MAX = 300

/** When it names more, or a date far away: nobody waits longer than a day for a retry. */
const RETRY_AFTER_MAX_MS = 86_400_000

/** A fetch that makes exactly one request, if it still may, and keeps what the SDK throws away. */
export function countedFetch(wire: Wire, maySend: () => boolean): typeof fetch {
  return async (input, init) => {
    if (wire.requests > 0) throw new Error('broken promise: a second physical request for one attempt')
    if (!maySend()) throw new NeverSent('the permission to send was older than 5 s')
    wire.requests += 1
    wire.sent = true
    const response = await fetch(input, onlyOnce(init))
    if (response.ok) return response
    const body = await response.text()
    wire.response = {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      errorOfProvider: providerError(body, response.status),
    }
    return new Response(body, { status: response.status, headers: response.headers })
  }
}

/**
 * Node's fetch sends a second request after a redirect, and after 421 on a connection of its own. Redirects are handed out as they are; a
 * body that is a stream cannot be sent again. Its length goes along, so that it is not sent in chunks.
 */
function onlyOnce(init: RequestInit | undefined): RequestInit & { duplex?: 'half' } {
  if (typeof init?.body !== 'string') return { ...init, redirect: 'manual' }
  const body = new Blob([init.body])
  const headers = new Headers(init.headers)
  headers.set('content-length', String(body.size))
  return { ...init, headers, body: body.stream(), duplex: 'half', redirect: 'manual' }
}

/** What a failed request means for the money: proof that nothing was billed, or doubt. */
export function failureOf(error: unknown, wire: Wire, timedOutMs: number | undefined): Rejected | Lost {
  if (!wire.sent) return rejected('never_sent', undefined, messageOf(error), error instanceof NeverSent ? 0 : undefined)
  if (timedOutMs !== undefined) return { kind: 'lost', message: `no answer within ${timedOutMs / 1000} s` }
  if (wire.response !== undefined) {
    const { status, retryAfter, errorOfProvider } = wire.response
    const refusal = errorOfProvider === undefined ? undefined : GEMINI_REFUSALS[status]
    if (refusal === undefined) {
      return {
        kind: 'lost',
        message: `status ${status}${errorOfProvider === undefined ? ', not from the provider itself' : `: ${errorOfProvider}`}`,
      }
    }
    const waitMs = refusal === 'for now' ? retryAfterMs(retryAfter) : undefined
    return rejected('provider_refused', status, `status ${status}: ${errorOfProvider}`, waitMs)
  }
  if (connectFailed(error)) return rejected('connect_failed', undefined, messageOf(error), DEFAULT_RETRY_AFTER_MS)
  return { kind: 'lost', message: messageOf(error) }
}

function rejected(proof: Rejected['proof'], status: number | undefined, message: string, retryAfter: number | undefined): Rejected {
  return { kind: 'rejected', proof, status, message, retryAfterMs: retryAfter }
}

/** The provider's own error body has `error.code` (its status again), `error.message`, `error.status`; undefined for any other body. */
function providerError(body: string, status: number): string | undefined {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: unknown; message?: unknown; status?: unknown } }
    if (error?.code !== status || typeof error.status !== 'string') return undefined
    return shortText(`${error.status}: ${String(error.message)}`)
  } catch {
    return undefined
  }
}

/** RFC 9110 section 10.2.3: seconds, or a date. */
function retryAfterMs(header: string | null, now = Date.now()): number {
  if (header === null) return DEFAULT_RETRY_AFTER_MS
  const date = Date.parse(header)
  const waitMs = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : date - now
  return Number.isNaN(waitMs) ? DEFAULT_RETRY_AFTER_MS : Math.min(Math.max(0, waitMs), RETRY_AFTER_MAX_MS)
}

/** True only when every try to connect failed: not one byte of the request left. */
function connectFailed(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  if (cause instanceof AggregateError) return cause.errors.length > 0 && cause.errors.every(isConnectError)
  return isConnectError(cause)
}

function isConnectError(error: unknown): boolean {
  const { code = '', syscall = '', message = '' } = (error ?? {}) as { code?: string; syscall?: string; message?: string }
  return CONNECT_CALLS.has(syscall) || CONNECT_CODES.has(code) || CONNECT_MESSAGES.has(message)
}

function messageOf(error: unknown): string {
  const cause =
    error instanceof Error && error.cause instanceof Error
      ? ` (${error.cause.message || String((error.cause as { code?: string }).code)})`
      : ''
  return shortText(`${error instanceof Error ? error.message : String(error)}${cause}`)
}

/** Text from outside, short and fit for Postgres, which takes neither NUL nor half a character: such a text could never be booked. */
export const shortText = (text: string): string => text.slice(0, MESSAGE_LENGTH_MAX).replaceAll('\0', '').toWellFormed()
