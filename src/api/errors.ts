import { shortMoney, type Money } from '../domain/money.ts'
import type { components } from '../api-types.ts'
import { camel, type Camel } from './casing.ts'

type Problem = components['schemas']['Problem']
type Exceeded = components['schemas']['BudgetExceeded']

/** One of the API's, or `no_answer` (nothing came in time, or nobody was there), or `unexpected_answer` (somebody else answered: a proxy, say). */
export type PurserApiCode = Problem['code'] | 'no_answer' | 'unexpected_answer'

interface Said {
  readonly code: PurserApiCode
  /** Undefined: there was no answer. */
  readonly status: number | undefined
  readonly title: string
  readonly detail: string
  readonly requestId: string | undefined
  readonly errors?: Problem['errors']
  readonly problem?: Readonly<Record<string, unknown>> | undefined
  readonly idempotencyKey?: string | undefined
  readonly message?: string
  readonly cause?: unknown
}

/** The API said no, or said nothing. `code` is stable: switch on it. */
export class PurserApiError extends Error {
  override readonly name: string = 'PurserApiError'
  readonly code: PurserApiCode
  /** Of HTTP; undefined: there was no answer. */
  readonly status: number | undefined
  /** The same for every error of this code. */
  readonly title: string
  /** What is wrong, and what to do. */
  readonly detail: string
  /** For whoever runs this Purser, whose log has it. */
  readonly requestId: string | undefined
  /** What is wrong with the input, and where: `body.model`. */
  readonly errors: readonly { readonly field: string; readonly message: string }[]
  /** The whole problem, as the API wrote it: some codes say more. */
  readonly problem: Readonly<Record<string, unknown>>
  /** Of a request that may have had its effect without an answer: the same call with it has no second one, and hears the answer. */
  readonly idempotencyKey: string | undefined

  constructor(said: Said) {
    super(said.message ?? said.detail, said.cause === undefined ? {} : { cause: said.cause })
    this.code = said.code
    this.status = said.status
    this.title = said.title
    this.detail = said.detail
    this.requestId = said.requestId
    this.errors = said.errors ?? []
    this.problem = said.problem ?? {}
    this.idempotencyKey = said.idempotencyKey
  }
}

/** A budget cannot pay for the call: nothing is set aside, and nothing may be sent. Of a budget that covers more than the key may see, only `needed` is told. */
export class BudgetExceededError extends PurserApiError {
  override readonly name = 'BudgetExceededError'
  readonly budget: { readonly id: string; readonly name: string; readonly period: string } | undefined
  readonly needed: Money
  readonly cap: Money | undefined
  readonly spent: Money | undefined
  readonly reserved: Money | undefined
  readonly remaining: Money | undefined
  /** The earliest moment at which money comes back (ISO 8601, UTC); undefined: never by itself. */
  readonly resetsAt: string | undefined
  /** Wait until, top up by, or an answer of at most so many tokens. */
  readonly wouldWork: Camel<Exceeded['what_would_work']>

  constructor(said: Said, exceeded: Exceeded) {
    super({ ...said, message: sentence(exceeded) })
    this.budget = exceeded.budget ?? undefined
    this.needed = exceeded.needed
    this.cap = exceeded.cap
    this.spent = exceeded.spent
    this.reserved = exceeded.reserved
    this.remaining = exceeded.remaining
    this.resetsAt = exceeded.resets_at ?? undefined
    this.wouldWork = camel(exceeded.what_would_work)
  }
}

function sentence({ budget, needed, remaining, cap, resets_at: resetsAt }: Exceeded): string {
  const until = resetsAt === null ? '' : ` until ${moment(resetsAt)}`
  if (budget === null || remaining === undefined || cap === undefined)
    return `a budget that covers more than this account cannot pay for this call: ${shortMoney(needed)} needed${until}`
  return `budget "${budget.name}" cannot pay for this call: ${shortMoney(needed)} needed, ${shortMoney(remaining)} remaining of ${shortMoney(cap)}${until}`
}

/** `2026-12-01`, or with the minute when it is not the beginning of a day. */
const moment = (iso: string): string => (/T00:00:00/.test(iso) ? iso.slice(0, 10) : `${iso.slice(0, 16).replace('T', ' ')} UTC`)

/** An answer that is no success, as an error. */
export function apiError(response: Response, body: unknown, idempotencyKey: string | undefined): PurserApiError {
  const { status } = response
  const requestId = response.headers.get('request-id') ?? undefined
  if (!isProblem(body)) {
    const detail = `somebody answered ${status}, and not as Purser does: check the url, and what stands before it`
    return new PurserApiError({ code: 'unexpected_answer', status, title: 'Somebody else answered', detail, requestId, idempotencyKey })
  }
  const { code, title, detail, errors } = body
  const said = { code, status, title, detail, requestId: body.request_id, errors, problem: body, idempotencyKey }
  return code === 'budget_exceeded' ? new BudgetExceededError(said, body as Exceeded) : new PurserApiError(said)
}

const isProblem = (body: unknown): body is Problem =>
  typeof body === 'object' && body !== null && 'code' in body && 'detail' in body && 'request_id' in body

/** Nothing came: whether the request had its effect is not known. */
export function noAnswer(request: Request, why: string, cause: unknown): PurserApiError {
  const idempotencyKey = request.headers.get('idempotency-key') ?? undefined
  const repeat =
    idempotencyKey === undefined ? '' : `; whether it had its effect is not known: ask again with the idempotencyKey "${idempotencyKey}"`
  const detail = `${request.method} ${request.url}: ${why}${repeat}`
  return new PurserApiError({
    code: 'no_answer',
    status: undefined,
    title: 'There was no answer',
    detail,
    requestId: undefined,
    idempotencyKey,
    cause,
  })
}
