import { z } from '@hono/zod-openapi'
import { PurserError, type ErrorCode } from '../domain/errors.ts'

/** What only the API itself can say. */
type ApiCode =
  | 'already_settled'
  | 'ambiguous_model'
  | 'body_too_large'
  | 'budget_exceeded'
  | 'idempotency_key_required'
  | 'idempotency_key_reused'
  | 'internal_error'
  | 'method_not_allowed'
  | 'nothing_here'
  | 'precondition_failed'
  | 'precondition_required'
  | 'request_running'
  | 'stopped'
  | 'timeout'
  | 'unauthorized'
  | 'unavailable'
  | 'unsupported_media_type'
  | 'usage_unreadable'

export type ProblemCode = ErrorCode | ApiCode

/** The one place where a code becomes a status, and a title that is the same for every problem of the code. */
export const PROBLEMS: Readonly<Record<ProblemCode, { readonly status: number; readonly title: string }>> = {
  account_conflict: { status: 409, title: 'The account is there, with other terms' },
  already_settled: { status: 409, title: 'What it cost is booked already' },
  ambiguous_model: { status: 422, title: 'Several providers have a model of this name' },
  bad_input: { status: 400, title: 'The request is wrong' },
  body_too_large: { status: 413, title: 'The body is too large' },
  budget_exceeded: { status: 402, title: 'A budget cannot pay for this' },
  conflict: { status: 409, title: 'It contradicts what is there' },
  idempotency_key_required: { status: 400, title: 'An Idempotency-Key is missing' },
  idempotency_key_reused: { status: 422, title: 'The Idempotency-Key was used for another request' },
  installation_unknown: { status: 503, title: 'The Temporal server does not say who it is' },
  internal_error: { status: 500, title: 'Purser is at fault' },
  job_conflict: { status: 409, title: 'The job is there, with another input' },
  key_invalid: { status: 503, title: 'The provider refuses the key of this installation' },
  key_missing: { status: 503, title: 'This installation has no key of the provider' },
  ledger_busy: { status: 503, title: 'Too many wait for the ledger' },
  method_not_allowed: { status: 405, title: 'Not with this method' },
  no_budget: { status: 422, title: 'No budget covers this call' },
  not_found: { status: 404, title: 'There is no such thing' },
  not_permitted: { status: 403, title: 'The key may not do this' },
  not_written: { status: 500, title: 'It could not be written' },
  nothing_here: { status: 404, title: 'There is nothing at this address' },
  port_taken: { status: 500, title: 'The port is taken' },
  precondition_failed: { status: 412, title: 'Somebody else has changed it' },
  precondition_required: { status: 428, title: 'An If-Match is missing' },
  rate_limited: { status: 429, title: 'Too many requests' },
  rate_missing: { status: 503, title: 'There is no euro rate' },
  recovering: { status: 503, title: 'The ledger is recovering' },
  request_running: { status: 409, title: 'The same request is being worked on' },
  reservation_missing: { status: 409, title: 'The call has no reservation' },
  stopped: { status: 409, title: 'Somebody has stopped this' },
  temporal_too_old: { status: 503, title: 'The Temporal server is too old' },
  temporal_unreachable: { status: 503, title: 'Temporal does not answer' },
  timeout: { status: 503, title: 'It took too long' },
  too_old: { status: 410, title: 'It is too old' },
  unauthorized: { status: 401, title: 'An API key is needed' },
  unavailable: { status: 503, title: 'The ledger, or Temporal, does not answer' },
  unknown_account: { status: 404, title: 'There is no such account' },
  unknown_plan: { status: 404, title: 'There is no such plan' },
  unpriced_model: { status: 422, title: 'The model has no price' },
  unsupported_media_type: { status: 415, title: 'The body is no JSON' },
  usage_unreadable: { status: 422, title: 'The usage cannot be read' },
}

/** One thing that is wrong, and where: `body.model`, `query.limit`. */
export interface FieldError {
  readonly field: string
  readonly message: string
}

interface ProblemOptions {
  readonly errors?: readonly FieldError[]
  /** More members of the answer, e.g. what a budget has left. */
  readonly members?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
}

/** An answer that says what is wrong and what to do. Every error of the API leaves as one. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly options: ProblemOptions

  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail)
    this.code = code
    this.options = options
  }
}

/** RFC 9457, with our code, the request's id, and one entry per thing that is wrong with the input. */
export const problemSchema = z
  .object({
    type: z.string().openapi({ description: 'Where the code is explained', example: '/docs#budget_exceeded' }),
    title: z.string().openapi({ description: 'The same for every problem of this code' }),
    status: z.int(),
    detail: z.string().openapi({ description: 'What is wrong, and what to do' }),
    code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]).openapi({ description: 'Stable: switch on it' }),
    request_id: z.string().openapi({ example: 'req_6bd2a0ee3f2f4c31a1dcb6f1a6a6ed0d' }),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  })
  .catchall(z.unknown())
  .openapi('Problem')

/** A problem as an answer. */
export function problemResponse({ code, message, options }: Problem, requestId: string): Response {
  const { status, title } = PROBLEMS[code]
  const body = {
    type: `/docs#${code}`,
    title,
    status,
    detail: message,
    code,
    request_id: requestId,
    ...(options.errors === undefined ? {} : { errors: options.errors }),
    ...options.members,
  }
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/problem+json', ...options.headers } })
}

/** A soon retry is worth it: nothing is wrong with the request. */
export const RETRY = { headers: { 'retry-after': '1' } }

/** Postgres is away, starting, stopping or full, or has ended what took too long; nothing of the request may be known. The same key finds out. */
const AWAY =
  /^(08[0-9A-Z]{3}|53[0-9A-Z]{3}|57[0-9A-Z]{3}|55P03|40P01|40001|PU002|25P0[123]|ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|CONNECT\w*|CONNECTION_\w+)$/

/** Puts any error into a problem. What is not the caller's fault says no more than that: the log has the rest. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof PurserError) {
    const { status } = PROBLEMS[error.code]
    return new Problem(error.code, error.message, status === 503 ? RETRY : {})
  }
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
  if (code === 'ledger_busy') return new Problem('ledger_busy', 'too many requests wait for the ledger: ask again with the same key', RETRY)
  if (code !== undefined && AWAY.test(code))
    return new Problem('unavailable', 'the ledger does not answer now: ask again with the same Idempotency-Key', RETRY)
  return new Problem('internal_error', 'this is no fault of the request; say its request_id to whoever runs this Purser')
}
