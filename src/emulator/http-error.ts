/** Statuses of Google's error bodies, with the HTTP status that each comes with. */
const httpStatusOf = {
  INVALID_ARGUMENT: 400,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
} as const

export type ErrorStatus = keyof typeof httpStatusOf

/** A request that is answered with an error body of the provider's own. Never billed. */
export class HttpError extends Error {
  readonly status: ErrorStatus
  readonly details: readonly object[]
  readonly headers: Readonly<Record<string, string>>

  constructor(status: ErrorStatus, message: string, extra: { details?: readonly object[]; headers?: Record<string, string> } = {}) {
    super(message)
    this.name = 'HttpError'
    this.status = status
    this.details = extra.details ?? []
    this.headers = extra.headers ?? {}
  }

  get httpStatus(): number {
    return httpStatusOf[this.status]
  }

  /** The body exactly as Google sends it. */
  get body(): string {
    const error = { code: this.httpStatus, message: this.message, status: this.status }
    return JSON.stringify({ error: this.details.length > 0 ? { ...error, details: this.details } : error })
  }
}

/** The same error as Google's for a key that it does not know. */
export function invalidKey(): HttpError {
  return new HttpError('INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', {
    details: [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'API_KEY_INVALID',
        domain: 'googleapis.com',
        metadata: { service: 'generativelanguage.googleapis.com' },
      },
    ],
  })
}

/** The same error as Google's for a request without any key. */
export function missingKey(): HttpError {
  return new HttpError(
    'PERMISSION_DENIED',
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
  )
}
