import { z } from '@hono/zod-openapi'
import type { ApiScope } from '../domain/api-scope.ts'
import type { Access, ApiAnswer } from './access.ts'
import { Problem, type FieldError, type ProblemCode } from './problem.ts'

/** One address and method of the API: what it takes, what it answers, what it needs, and what it does. The document, the checks and the tests are made from it. */
export interface Endpoint<Params = unknown, Query = unknown, Body = unknown> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** `/v1/reservations/{id}` */
  readonly path: string
  /** The name of a generated client's function: `createReservation`. */
  readonly name: string
  /** The resource, under which the documentation lists it. */
  readonly resource: string
  readonly summary: string
  readonly description?: string
  readonly scope: ApiScope
  readonly params?: z.ZodType<Params>
  readonly query?: z.ZodType<Query>
  readonly body?: z.ZodType<Body>
  /** Of what is no GET: whether an Idempotency-Key must be there. Default: it must. */
  readonly repeats?: 'by_key' | 'optional'
  /** `answered`: its answer has an ETag. `required`: and a request must name, as If-Match, the one that its caller has seen. */
  readonly etag?: 'answered' | 'required'
  /** `type`: of what is no JSON: its body is text in pieces, sent as it is made. */
  readonly answers: Readonly<Record<number, { readonly what: string; readonly schema: z.ZodType; readonly type?: 'text/csv' }>>
  /** Codes beyond those that every endpoint may answer with. */
  readonly problems?: readonly ProblemCode[]
  run(access: Access, input: { readonly params: Params; readonly query: Query; readonly body: Body }): Promise<ApiAnswer>
}

/** Declares an endpoint; its `run` gets what its schemas make of a request. */
export const endpoint = <P = undefined, Q = undefined, B = undefined>(declared: Endpoint<P, Q, B>): Endpoint => declared

/** What a request brought, before it is read. */
export interface RawInput {
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string | readonly string[]>>
  readonly body: unknown
}

/** Of endpoints that take none. Made once: zod compiles what it makes. */
const ANY_PARAMS = z.unknown()
const NO_QUERY = z.strictObject({})
const NO_BODY = z.union([z.undefined(), z.strictObject({})], 'must be empty')

/** Reads a request by the endpoint's schemas. Throws Problem `bad_input` with one entry per thing that is wrong. */
export function inputOf({ params, query, body }: Endpoint, raw: RawInput): { params: unknown; query: unknown; body: unknown } {
  const parts = {
    params: (params ?? ANY_PARAMS).safeParse(raw.params),
    query: (query ?? NO_QUERY).safeParse(raw.query),
    body: (body ?? NO_BODY).safeParse(raw.body),
  }
  const errors = Object.entries(parts).flatMap(([part, result]) => (result.success ? [] : fieldErrors(part, result.error)))
  if (errors.length > 0) throw new Problem('bad_input', sentenceOf(errors), { errors })
  return { params: parts.params.data, query: parts.query.data, body: parts.body.data }
}

/** What is wrong with one part of a request, in our words. */
export const fieldErrors = (part: string, { issues }: z.ZodError): FieldError[] =>
  issues.map(({ path, message }) => ({
    field: [part, ...path.map(String)].join('.'),
    message: message.includes('received undefined') ? 'is missing' : message,
  }))

/** So many are told in the sentence; all of them in `errors`. */
const TOLD = 5

export const sentenceOf = (errors: readonly FieldError[]): string =>
  errors
    .slice(0, TOLD)
    .map(({ field, message }) => `${field}: ${message}`)
    .join('; ') + (errors.length > TOLD ? `; and ${errors.length - TOLD} more` : '')
