import { randomUUID } from 'node:crypto'
import { Hono, type Context } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { allows } from '../domain/api-scope.ts'
import type { Log } from '../calls/log.ts'
import { accessOf, type ApiAnswer, type ApiServices, type Repeatable } from './access.ts'
import { docsPage } from './docs-page.ts'
import type { Doorkeeper } from './doorkeeper.ts'
import { inputOf, type Endpoint } from './endpoint.ts'
import { ENDPOINTS } from './endpoints.ts'
import { readJson, requestHash } from './json-body.ts'
import { idempotencyKey, openApiDocument } from './openapi.ts'
import { Problem, problemOf, problemResponse } from './problem.ts'
import { streamed } from './streamed.ts'

/** The version of the API that is described, not of the program. */
export const API_VERSION = '1.0.0'

export interface ApiOptions {
  readonly services: ApiServices
  readonly doorkeeper: Doorkeeper
  readonly log: Log
  /** All, if left out. */
  readonly endpoints?: readonly Endpoint[] | undefined
  /** Largest body. */
  readonly bytesMax?: number
  /** Then the caller hears `timeout`; what was begun goes on. */
  readonly limitMs?: number | undefined
}

const BYTES_MAX = 1_048_576
/** Above every limit of a statement, so that the ledger's own word comes first. */
const LIMIT_MS = 20_000

interface Env {
  Variables: { requestId: string }
}

/** The API: every answer has a Request-Id, every error is a problem, and every endpoint is reached through its key's access. */
export function apiRoutes(options: ApiOptions): Hono<Env> {
  const { log, endpoints = ENDPOINTS } = options
  const document = JSON.stringify(openApiDocument(endpoints, API_VERSION))
  const docs = docsPage(JSON.parse(document) as never)
  const app = new Hono<Env>()
  app.use(async (c, next) => {
    c.set('requestId', `req_${randomUUID().replaceAll('-', '')}`)
    await next()
    c.header('Request-Id', c.get('requestId'))
  })
  app.use(
    secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'none'"], styleSrc: [docs.styleHash], frameAncestors: ["'none'"] },
      referrerPolicy: 'no-referrer',
    }),
  )
  app.get('/openapi.json', (c) => c.body(document, 200, { 'content-type': 'application/json' }))
  app.get('/docs', (c) => c.html(docs.html))
  for (const one of endpoints) app.on(one.method.toUpperCase(), honoPath(one.path), (c) => answered(c, one, options))
  app.notFound((c) => problemResponse(elsewhere(c.req.method, c.req.path, endpoints), c.get('requestId')))
  app.onError((error, c) => failed(error, c, log))
  return app
}

const honoPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1')

async function answered(c: Context<Env>, one: Endpoint, options: ApiOptions): Promise<Response> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const limitMs = options.limitMs ?? LIMIT_MS
  const timer = setTimeout(() => reject(tooLate(limitMs)), limitMs)
  try {
    return await Promise.race([answer(c, one, options), late])
  } finally {
    clearTimeout(timer)
  }
}

const tooLate = (limitMs: number): Problem =>
  new Problem('timeout', `there is no answer after ${limitMs / 1000} s; what was begun goes on: ask again with the same Idempotency-Key`, {
    headers: { 'retry-after': '2' },
  })

async function answer(c: Context<Env>, one: Endpoint, { services, doorkeeper, log, bytesMax = BYTES_MAX }: ApiOptions): Promise<Response> {
  const { key, headers } = await doorkeeper.admit(c.req.header('authorization'))
  for (const [name, value] of Object.entries(headers)) c.header(name, value)
  if (!allows(key.scopes, one.scope)) throw lacks(one, key.scopes)
  const named = repeatKey(c, one)
  const ifMatch = ifMatchOf(c, one)
  const body = await readJson(c.req.raw, bytesMax)
  const input = inputOf(one, { params: c.req.param(), query: queryOf(c), body: body?.value })
  const repeatable: Repeatable | undefined =
    named === undefined ? undefined : { key: named, hash: requestHash(one.method, c.req.path, body) }
  const access = accessOf(services, { requestId: c.get('requestId'), key, repeatable, ifMatch, path: one.path })
  return sent(c, one, await one.run(access, input), log)
}

async function sent(
  c: Context<Env>,
  { answers }: Endpoint,
  { status, body, replayed, headers = {} }: ApiAnswer,
  log: Log,
): Promise<Response> {
  if (replayed === true) c.header('Idempotent-Replayed', 'true')
  for (const [name, value] of Object.entries(headers)) c.header(name, value)
  // What a key may see is nobody else's to keep.
  c.header('Cache-Control', 'no-store')
  const type = answers[status]?.type
  if (type === undefined) return c.json(body as never, status as never)
  const facts = { requestId: c.get('requestId'), path: c.req.path }
  const stream = await streamed(body as AsyncGenerator<string>, (error) =>
    log.error('an answer broke off', { ...facts, error: String(error) }),
  )
  return c.body(stream, status as never, { 'content-type': `${type}; charset=utf-8; header=present` })
}

const lacks = ({ scope }: Endpoint, granted: readonly string[]): Problem =>
  new Problem('not_permitted', `this needs the scope ${scope}; the key has ${granted.join(', ')}`, { members: { needed_scope: scope } })

function repeatKey(c: Context<Env>, { method, repeats }: Endpoint): string | undefined {
  const given = c.req.header('idempotency-key')
  if (method === 'get') return undefined
  if (given === undefined) {
    if (repeats === 'optional') return undefined
    throw new Problem(
      'idempotency_key_required',
      'send the header Idempotency-Key with a text of your own for this request, such as a UUID, and the same again when you repeat it',
    )
  }
  const key = idempotencyKey.safeParse(given)
  if (key.success) return key.data
  throw new Problem('bad_input', 'the Idempotency-Key must be one line of 1 to 255 ASCII characters', {
    errors: [{ field: 'headers.Idempotency-Key', message: 'write one line of 1 to 255 ASCII characters' }],
  })
}

function ifMatchOf(c: Context<Env>, { etag }: Endpoint): string | undefined {
  if (etag !== 'required') return undefined
  const given = c.req.header('if-match')
  if (given !== undefined) return given
  throw new Problem(
    'precondition_required',
    'send the ETag of the answer that you have seen as the header If-Match: then you change nothing that you do not know',
  )
}

/** What is given twice stays a list, which no parameter takes. */
const queryOf = (c: Context<Env>): Record<string, string | string[]> =>
  Object.fromEntries(Object.entries(c.req.queries()).map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]))

function elsewhere(method: string, path: string, endpoints: readonly Endpoint[]): Problem {
  const allowed = endpoints.filter((one) => patternOf(one.path).test(path)).map((one) => one.method.toUpperCase())
  if (allowed.length === 0) return new Problem('nothing_here', `there is nothing at ${path}: /docs lists what there is`)
  return new Problem('method_not_allowed', `${path} does not take ${method}, but ${allowed.join(', ')}`, {
    headers: { allow: allowed.join(', ') },
  })
}

const patternOf = (path: string): RegExp => new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`)

/** The log hears of what is not the caller's fault. */
function failed(error: unknown, c: Context<Env>, log: Log): Response {
  const problem = problemOf(error)
  const requestId = c.get('requestId')
  const facts = { requestId, method: c.req.method, path: c.req.path, code: problem.code }
  if (problem.code === 'internal_error')
    log.error('a request failed, and not by its own fault', {
      ...facts,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    })
  else if (problem !== error) log.warn('a request was not answered', { ...facts, error: String(error) })
  const response = problemResponse(problem, requestId)
  // What was set so far goes along: what is left of the key's minute.
  for (const [name, value] of c.res.headers) if (name.startsWith('ratelimit')) response.headers.set(name, value)
  return response
}
