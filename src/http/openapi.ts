import { OpenAPIHono, z } from '@hono/zod-openapi'
import type { Endpoint } from './endpoint.ts'
import { PROBLEMS, problemSchema, type ProblemCode } from './problem.ts'

type Registry = OpenAPIHono['openAPIRegistry']
type Route = Parameters<Registry['registerPath']>[0]

/** Any of them may be the answer to any request. */
const ALWAYS: readonly ProblemCode[] = [
  'bad_input',
  'unauthorized',
  'not_permitted',
  'not_found',
  'rate_limited',
  'internal_error',
  'ledger_busy',
  'recovering',
  'timeout',
  'unavailable',
]
const WITH_BODY: readonly ProblemCode[] = ['body_too_large', 'unsupported_media_type']
const WITH_ETAG_REQUIRED: readonly ProblemCode[] = ['precondition_failed', 'precondition_required']
const WITH_KEY: readonly ProblemCode[] = ['idempotency_key_required', 'idempotency_key_reused', 'request_running']

/** What an Idempotency-Key may be. */
export const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/, 'write one line of 1 to 255 ASCII characters')
  .openapi({
    description:
      'Yours, for this one request: sent again with the same key, it has no second effect and the same answer. A UUID is good; one of version 7 saves a look-up.',
    example: '019ac8f2-7c5a-7d2f-9d0e-7b4b2c6f1a3e',
  })

/** The OpenAPI 3.1 document of these endpoints: the same text for the same endpoints. */
export function openApiDocument(endpoints: readonly Endpoint[], version: string): object {
  const app = new OpenAPIHono()
  app.openAPIRegistry.registerComponent('securitySchemes', 'key', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key, made by `purser keys create`.',
  })
  for (const one of endpoints) app.openAPIRegistry.registerPath(routeOf(one))
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Purser',
      version,
      description:
        'Keeps AI products inside their budgets. Money is a decimal text with its currency. Every error is a problem (RFC 9457).',
    },
    servers: [{ url: '/' }],
    tags: [...new Set(endpoints.map(({ resource }) => resource))].map((name) => ({ name })),
  })
  return JSON.parse(JSON.stringify(document), (_, value: unknown) => (isNullableRef(value) ? nullable(value) : value)) as object
}

/** What the library makes of a named schema that may be null. Both of `allOf` must hold, so it would never be null. */
interface NullableRef {
  readonly allOf: readonly [{ readonly $ref: string }, { readonly type: readonly ['object', 'null']; readonly description?: string }]
}

function isNullableRef(value: unknown): value is NullableRef {
  if (typeof value !== 'object' || value === null || !('allOf' in value) || !Array.isArray(value.allOf)) return false
  const [named, other] = value.allOf as readonly { readonly $ref?: string; readonly type?: unknown; readonly properties?: unknown }[]
  return named?.$ref !== undefined && Array.isArray(other?.type) && other.type.includes('null') && other.properties === undefined
}

const nullable = ({ allOf: [named, { type: _type, ...said }] }: NullableRef): object => ({ anyOf: [named, { type: 'null' }], ...said })

function routeOf(one: Endpoint): Route {
  const { method, path, params, query, body } = one
  const key = one.repeats === 'optional' ? idempotencyKey.optional() : idempotencyKey
  const headers = {
    ...(method === 'get' ? {} : { 'Idempotency-Key': key }),
    ...(one.etag === 'required' ? { 'If-Match': IF_MATCH } : {}),
  }
  return {
    method,
    path,
    operationId: one.name,
    summary: one.summary,
    description: `${one.description === undefined ? '' : `${one.description}\n\n`}Needs the scope \`${one.scope}\`.`,
    tags: [one.resource],
    security: [{ key: [] }],
    request: {
      ...(params === undefined ? {} : { params: params as z.ZodObject }),
      ...(query === undefined ? {} : { query: query as z.ZodObject }),
      ...(Object.keys(headers).length === 0 ? {} : { headers: z.object(headers) }),
      ...(body === undefined ? {} : { body: { required: true, content: { 'application/json': { schema: body } } } }),
    },
    responses: { ...answersOf(one), ...problemsOf(one) },
  }
}

const IF_MATCH = z.string().openapi({ description: 'The ETag of the answer that you have seen', example: '"3"' })
const REQUEST_ID = z.object({ 'Request-Id': z.string() })
const WITH_ETAG = REQUEST_ID.extend({ ETag: z.string() })

const answersOf = ({ answers, etag }: Endpoint): Route['responses'] =>
  Object.fromEntries(
    Object.entries(answers).map(([status, { what, schema, type = 'application/json' }]) => [
      status,
      {
        description: what,
        headers: etag === undefined ? REQUEST_ID : WITH_ETAG,
        content: { [Number(status) < 400 ? type : 'application/problem+json']: { schema } },
      },
    ]),
  )

/** One entry per status, which names the codes that it may have. */
function problemsOf({ method, body, etag, problems = [] }: Endpoint): Route['responses'] {
  const codes = new Set([
    ...ALWAYS,
    ...(body === undefined ? [] : WITH_BODY),
    ...(method === 'get' ? [] : WITH_KEY),
    ...(etag === 'required' ? WITH_ETAG_REQUIRED : []),
    ...problems,
  ])
  const byStatus = Map.groupBy([...codes].toSorted(), (code) => PROBLEMS[code].status)
  return Object.fromEntries(
    [...byStatus].map(([status, its]) => [
      status,
      {
        description: its.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('; '),
        headers: REQUEST_ID,
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    ]),
  )
}
