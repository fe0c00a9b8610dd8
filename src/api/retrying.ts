import { apiError, noAnswer, PurserApiError } from './errors.ts'

export type Fetch = (request: Request) => Promise<Response>

export interface Patience {
  /** For a whole call, with its retries. */
  readonly timeoutMs: number
  /** So many times again at most. */
  readonly retries: number
}

/** The first pause after a cut connection; each next one is twice as long. */
const PAUSE_MS = 100

/**
 * Sends a request until it is answered: again after a connection that failed or was cut, and when the API says when to come back. The request stays the same, its
 * Idempotency-Key too, so it has one effect however often it is sent. Throws PurserApiError `no_answer`, or the reason of the caller's own signal.
 */
export const retrying =
  (send: Fetch, { timeoutMs, retries }: Patience): Fetch =>
  async (request) => {
    const until = performance.now() + timeoutMs
    const limit = AbortSignal.timeout(timeoutMs)
    const signal = AbortSignal.any([request.signal, limit])
    for (let tries = 0; ; tries += 1) {
      const outcome = await once(send, request, signal)
      request.signal.throwIfAborted()
      if (outcome instanceof PurserApiError) throw outcome
      if (limit.aborted && outcome instanceof Failed) throw noAnswer(request, `no answer within ${timeoutMs} ms`, outcome.cause)
      const pauseMs = outcome instanceof Failed ? PAUSE_MS * 2 ** tries : comeBackMs(outcome)
      if (pauseMs === undefined || tries >= retries || performance.now() + pauseMs >= until) {
        if (outcome instanceof Failed) throw noAnswer(request, `the connection failed (${textOf(outcome.cause)})`, outcome.cause)
        return outcome
      }
      await pause(pauseMs, request.signal)
    }
  }

class Failed {
  readonly cause: unknown
  constructor(cause: unknown) {
    this.cause = cause
  }
}

/** With its whole body: a connection may be cut in the middle of it. */
async function once(send: Fetch, request: Request, signal: AbortSignal): Promise<Response | Failed | PurserApiError> {
  try {
    const answer = await send(new Request(request.clone(), { signal }))
    const body = await answer.text()
    // A proxy's page, say: the API answers with JSON.
    if (answer.ok && body !== '' && !isJson(body)) return apiError(answer, undefined, request.headers.get('idempotency-key') ?? undefined)
    return new Response(body === '' ? null : body, { status: answer.status, statusText: answer.statusText, headers: answer.headers })
  } catch (error) {
    return new Failed(error)
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Too many requests, a ledger that is away for a moment, or the same request that is still being worked on. A refusal by a budget is an answer. */
function comeBackMs({ status, headers }: Response): number | undefined {
  const told = headers.get('retry-after')
  if (told === null || ![409, 429, 503].includes(status)) return undefined
  if (/^\d{1,6}$/.test(told)) return Number(told) * 1000
  // A proxy may name the moment (RFC 9110).
  const at = Date.parse(told)
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now())
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      // What the caller threw, whatever it is.
      reject(signal.reason as Error)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal.addEventListener('abort', stop, { once: true })
  })
}

/** `fetch failed` says nothing: what it was is below. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message || error.cause.name}` : error.message
}
