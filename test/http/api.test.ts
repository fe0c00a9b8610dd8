import { setTimeout as sleep } from 'node:timers/promises'
import { Hono } from 'hono'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { allows, API_SCOPES } from '../../src/domain/api-scope.ts'
import { PurserError } from '../../src/domain/errors.ts'
import { accessOf, type ApiServices } from '../../src/http/access.ts'
import { apiRoutes } from '../../src/http/app.ts'
import { endpoint } from '../../src/http/endpoint.ts'
import { ENDPOINTS } from '../../src/http/endpoints.ts'
import { listen } from '../../src/http/listen.ts'
import { PROBLEMS, problemOf } from '../../src/http/problem.ts'
import { revokeApiKey, rotateApiKey, type ApiKey } from '../../src/ledger/api-keys.ts'
import { allOf } from '../support/administration.ts'
import { asking, startApi, type ApiAnswer, type TestApi } from '../support/api.ts'
import { openStage, type Stage } from '../support/stage.ts'
import { until } from '../support/until.ts'

let stage: Stage
let api: TestApi

beforeAll(async () => {
  stage = await openStage()
  api = await startApi(stage)
})
afterAll(async () => {
  await api.close()
  await stage.close()
})

/** An address of every endpoint, with ids that are none of anything. */
const addresses = ENDPOINTS.map((one) => ({
  one,
  path: one.path.replaceAll('{id}', one.path.includes('reservations') ? 'rsv_019ac8f27c5a4d2f9d0e7b4b2c6f1a3e' : 'key_2147483647'),
}))
const problems = (answer: ApiAnswer) => [answer.status, answer.headers.get('content-type'), answer.body['code']]

test('every answer has a request id of its own, and says that nobody may keep it, frame it or guess its type', async () => {
  const ask = await api.caller()
  const answers = await Promise.all(['/v1/keys', '/livez', '/nowhere', '/docs', '/openapi.json'].map((path) => ask('GET', path)))
  const ids = answers.map(({ headers }) => headers.get('request-id'))
  expect([new Set(ids).size, ids.every((id) => /^req_[0-9a-f]{32}$/.test(id ?? ''))]).toEqual([5, true])
  expect(answers.map(({ headers }) => headers.get('x-content-type-options'))).toEqual(ids.map(() => 'nosniff'))
  expect(answers[0]?.headers.get('cache-control')).toBe('no-store')
  expect(answers[3]?.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/)
  expect(answers[2]?.body['request_id']).toBe(ids[2])
})

test('no endpoint answers without a key, with a broken one, or with one that nobody made', async () => {
  const made = (await api.caller()).text
  const broken = made.slice(0, -1) + (made.endsWith('0') ? '1' : '0')
  const asks = [asking(api.url, undefined), asking(api.url, broken), asking(api.url, 'x')]
  for (const { one, path } of addresses)
    for (const ask of asks) {
      const answer = await ask(one.method.toUpperCase(), path, { body: one.method === 'get' ? undefined : {} })
      expect([one.name, ...problems(answer)]).toEqual([one.name, 401, 'application/problem+json', 'unauthorized'])
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
    }
})

test('no endpoint answers a key that lacks its scope, and says which one is missing', async () => {
  for (const { one, path } of addresses) {
    const others = API_SCOPES.filter((scope) => !allows([scope], one.scope))
    const ask = await api.caller({ scopes: others })
    const answer = await ask(one.method.toUpperCase(), path, { body: one.method === 'get' ? undefined : {} })
    expect([one.name, answer.status, answer.body['code'], answer.body['needed_scope']]).toEqual([one.name, 403, 'not_permitted', one.scope])
  }
})

test('a key that is over says so to who holds it; one that was revoked lets go within seconds', async () => {
  const ended = await api.caller({ expiresAt: new Date(Date.now() + 300) })
  await sleep(400)
  expect(await ended('GET', '/v1/keys')).toMatchObject({ status: 401, body: { detail: expect.stringContaining('ended at') } })
  const ask = await api.caller()
  expect(await ask('GET', '/v1/keys')).toMatchObject({ status: 200 })
  await revokeApiKey(stage.ledger, { id: ask.keyId, why: 'lost', who: 'test' })
  const deadline = Date.now() + 8_000
  let answer = await ask('GET', '/v1/keys')
  while (answer.status === 200 && Date.now() < deadline) {
    await sleep(250)
    answer = await ask('GET', '/v1/keys')
  }
  expect(answer).toMatchObject({ status: 401, body: { detail: expect.stringContaining('was revoked') } })
})

test('a rotated key and its successor both open, until the overlap is over', async () => {
  const old = await api.caller({ scopes: ['admin'] })
  const { made, old: ending } = await rotateApiKey(stage.ledger, {
    id: old.keyId,
    mode: 'live',
    overlapMs: 3_600_000,
    expiresAt: undefined,
    who: 'test',
  })
  const fresh = asking(api.url, made.text)
  expect([(await old('GET', '/v1/keys')).status, (await fresh('GET', '/v1/keys')).status]).toEqual([200, 200])
  expect(Date.parse(ending.expiresAt ?? '') - Date.now()).toBeLessThanOrEqual(3_600_000)
  await expect(
    rotateApiKey(stage.ledger, { id: old.keyId, mode: 'live', overlapMs: 0, expiresAt: undefined, who: 'test' }),
  ).rejects.toMatchObject({ code: 'conflict' })
})

test('when a key was used last is noted, and its text is kept nowhere', async () => {
  const ask = await api.caller()
  await ask('GET', '/v1/keys')
  const used = async () =>
    (await stage.db.sql<{ at: Date | null }[]>`select last_used_at as at from purser.api_key where id = ${ask.keyId}`)[0]?.at
  while ((await used()) === null) await sleep(20)
  const [row] = await stage.db.sql<{ all: string }[]>`select k::text as all from purser.api_key k where id = ${ask.keyId}`
  expect(row?.all).not.toContain(ask.text)
  expect(row?.all).toContain(ask.text.slice(0, 15))
})

test('who asks too often hears when to come back, and is told beforehand what is left', async () => {
  const strict = await startApi(stage, 3)
  try {
    const [ask, other] = [await strict.caller(), await strict.caller()]
    const answers = []
    for (let i = 0; i < 4; i += 1) answers.push(await ask('GET', '/v1/keys'))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429])
    expect(answers.map(({ headers }) => headers.get('ratelimit')?.split(';')[1])).toEqual(['r=2', 'r=1', 'r=0', 'r=0'])
    expect(answers[3]?.body['code']).toBe('rate_limited')
    expect(Number(answers[3]?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await other('GET', '/v1/keys')).status).toBe(200)
  } finally {
    await strict.close()
  }
})

test('what is not there is a 404, another method a 405 that says which ones there are', async () => {
  const ask = await api.caller()
  expect(problems(await ask('GET', '/v1/nothing'))).toEqual([404, 'application/problem+json', 'nothing_here'])
  const answer = await ask('DELETE', '/v1/keys')
  expect([...problems(answer), answer.headers.get('allow')]).toEqual([405, 'application/problem+json', 'method_not_allowed', 'GET'])
})

test('every body that is none is refused before anything is done', async () => {
  const ask = await api.caller()
  const path = '/v1/keys/key_2147483647/revoke'
  const deep = '['.repeat(100_000)
  const bodies: [string | Uint8Array<ArrayBuffer>, number, string][] = [
    ['{"why": ', 400, 'bad_input'],
    ['[]', 400, 'bad_input'],
    ['"text"', 400, 'bad_input'],
    ['', 400, 'bad_input'],
    [deep, 400, 'bad_input'],
    [`{"why": ${'[1,'.repeat(33)}`, 400, 'bad_input'],
    [new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]), 400, 'bad_input'],
    ['{"why": "x", "__proto__": {"admin": true}}', 400, 'bad_input'],
    ['{"why": "x", "also": 1}', 400, 'bad_input'],
    ['{"why": "\\u0000"}', 400, 'bad_input'],
    ['{"why": "\\ud800"}', 400, 'bad_input'],
    [`{"why": "${'x'.repeat(1_048_577)}"}`, 413, 'body_too_large'],
  ]
  for (const [raw, status, code] of bodies)
    expect(problems(await ask('POST', path, { raw }))).toEqual([status, 'application/problem+json', code])
  const plain = await ask('POST', path, { raw: '{"why": "x"}', headers: { 'content-type': 'text/plain' } })
  expect(problems(plain)).toEqual([415, 'application/problem+json', 'unsupported_media_type'])
})

test('a body without a length is counted while it comes', async () => {
  const { text } = await api.caller()
  const endless = new ReadableStream<Uint8Array>({ pull: (stream) => stream.enqueue(new TextEncoder().encode(' '.repeat(65_536))) })
  const answer = await fetch(`${api.url}/v1/keys/key_1/revoke`, {
    method: 'POST',
    headers: { authorization: `Bearer ${text}`, 'content-type': 'application/json', 'idempotency-key': 'endless' },
    body: endless,
    duplex: 'half',
  } as RequestInit)
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([413, 'body_too_large'])
})

test('an Idempotency-Key is needed, on one line, on whatever is no GET', async () => {
  const ask = await api.caller()
  for (const { one, path } of addresses.filter(({ one: { method, repeats } }) => method !== 'get' && repeats !== 'optional')) {
    expect(problems(await ask(one.method.toUpperCase(), path, { body: {}, key: null }))).toEqual([
      400,
      'application/problem+json',
      'idempotency_key_required',
    ])
    for (const key of ['x'.repeat(256), 'naïve'])
      expect(await ask(one.method.toUpperCase(), path, { body: {}, key })).toMatchObject({
        status: 400,
        body: { errors: [{ field: 'headers.Idempotency-Key' }] },
      })
  }
})

test('an unknown parameter, one that is given twice, and a limit that is none are refused, each by name', async () => {
  const ask = await api.caller()
  for (const [query, field] of [
    ['limit=0', 'query.limit'],
    ['limit=1001', 'query.limit'],
    ['limit=ten', 'query.limit'],
    ['limit=5&limit=6', 'query.limit'],
    ['account=%27%3B%20drop%20table', 'query.account'],
    ['cursor=', 'query.cursor'],
    ['cursor=!!', 'query.cursor'],
  ])
    expect(await ask('GET', `/v1/keys?${query}`)).toMatchObject({ status: 400, body: { code: 'bad_input', errors: [{ field }] } })
  expect(await ask('GET', '/v1/keys?color=red')).toMatchObject({ status: 400, body: { detail: expect.stringContaining('color') } })
})

test('pages have everything once, in order; a cursor is good for its own list and account only', async () => {
  const [mine, other] = [await stage.account(), await stage.account()]
  const [ask, stranger, house] = [await api.caller({ account: mine }), await api.caller({ account: other }), await api.caller()]
  for (let i = 0; i < 4; i += 1) await api.caller({ account: mine })
  const listed = await allOf(ask, '/v1/keys?limit=2')
  expect([listed.ids.length, listed.pages, new Set(listed.ids).size]).toEqual([5, 3, 5])
  expect(listed.ids).toEqual((await allOf(house, `/v1/keys?limit=1000&account=${mine}`)).ids)

  const cursor = String((await ask('GET', '/v1/keys?limit=2')).body['next_cursor'])
  const changed = `${cursor.slice(0, -2)}AA`
  for (const [who, path] of [
    [stranger, `/v1/keys?limit=2&cursor=${cursor}`],
    [house, `/v1/keys?limit=2&cursor=${cursor}`],
    [ask, `/v1/acts?limit=2&cursor=${cursor}`],
    [ask, `/v1/keys?limit=2&account=${mine}&cursor=${cursor}`],
    [ask, `/v1/keys?limit=2&cursor=${changed}`],
    [ask, '/v1/keys?limit=2&cursor=x'],
  ] as const)
    expect(await who('GET', path)).toMatchObject({ status: 400, body: { code: 'bad_input', errors: [{ field: 'query.cursor' }] } })
})

test('a key of an account sees, and ends, keys and acts of its own account only', async () => {
  const [mine, other] = [await stage.account(), await stage.account()]
  const [ask, theirs] = [await api.caller({ account: mine }), await api.caller({ account: other })]
  expect((await allOf(ask, '/v1/keys?limit=10')).ids).toEqual([`key_${ask.keyId}`])
  expect(await ask('GET', `/v1/keys?account=${other}`)).toMatchObject({ status: 403, body: { code: 'not_permitted' } })
  expect(await ask('POST', `/v1/keys/key_${theirs.keyId}/revoke`, { body: { why: 'mine' } })).toMatchObject({ status: 404 })
  expect(await theirs('GET', '/v1/keys')).toMatchObject({ status: 200 })
  const acts = (await ask('GET', '/v1/acts')).body['data'] as { account: string; act: string; who: string }[]
  expect(acts.map(({ account, act }) => [account, act])).toEqual([[mine, 'key.create']])
})

test('an act says who did it and in which request; its repeat is the same answer, and no second act', async () => {
  const [ask, victim] = [await api.caller(), await api.caller()]
  const path = `/v1/keys/key_${victim.keyId}/revoke`
  const first = await ask('POST', path, { body: { why: 'found in a log' }, key: 'once' })
  const again = await ask('POST', path, { body: { why: 'found in a log' }, key: 'once' })
  const other = await ask('POST', path, { body: { why: 'another reason' }, key: 'once' })
  expect([first.status, again.status, again.headers.get('idempotent-replayed'), again.body]).toEqual([200, 200, 'true', first.body])
  expect(problems(other)).toEqual([422, 'application/problem+json', 'idempotency_key_reused'])
  const { body } = await ask('GET', '/v1/acts?limit=1000')
  const acts = (body['data'] as { act: string; what: { id: number }; who: string; request_id: string }[]).filter(
    ({ act, what }) => act === 'key.revoke' && what.id === victim.keyId,
  )
  expect(acts.map(({ who, request_id }) => [who, request_id])).toEqual([[`key_${ask.keyId}`, first.headers.get('request-id')]])
})

test('a server forgets what nobody may repeat any more, from its start on', async () => {
  const ask = await api.caller()
  await stage.db.sql`insert into purser.api_request (key_id, key, body_hash, at, status, answer)
    select ${ask.keyId}, days::text, 'a', clock_timestamp() - make_interval(days => days), 200, '{}' from unnest(array[29, 31]) as days`
  const kept = () => stage.db.sql<{ key: string }[]>`select key from purser.api_request where key_id = ${ask.keyId}`
  const other = await startApi(stage)
  try {
    await until('what is older than 30 days to be forgotten', async () => (await kept()).length === 1)
    expect(await kept()).toEqual([{ key: '29' }])
  } finally {
    await other.close()
  }
})

/** For what asks the ledger nothing. */
const services = () =>
  ({ costs: { ledger: stage.ledger }, memory: undefined, transactions: undefined, secret: 's' }) as unknown as ApiServices

/** The API with endpoints of a test's own. */
async function withEndpoints<T>(
  endpoints: Parameters<typeof apiRoutes>[0]['endpoints'],
  work: (ask: ReturnType<typeof asking>) => Promise<T>,
): Promise<T> {
  const key = { id: 1, account: null, scopes: ['admin'] } as unknown as ApiKey
  const log = pino({ level: 'silent' })
  const said = { info: () => undefined, warn: () => undefined, error: (message: string, facts: object) => log.error(facts, message) }
  const routes = apiRoutes({
    services: services(),
    doorkeeper: { admit: () => Promise.resolve({ key, headers: {} }) },
    log: said,
    limitMs: 200,
    endpoints,
  })
  const listening = await listen(new Hono().route('/', routes), { host: '127.0.0.1', port: 0, variable: 'PORT' })
  try {
    return await work(asking(listening.url, undefined))
  } finally {
    await listening.close()
  }
}
const failing = (name: string, run: () => Promise<never>) =>
  endpoint({
    method: 'get',
    path: `/v1/${name}`,
    name,
    resource: 'test',
    summary: name,
    scope: 'admin',
    answers: { 200: { what: '', schema: z.object({}) } },
    run,
  })

test('what goes wrong inside says nothing of the inside; what is away or slow says to ask again', async () => {
  const away = Object.assign(new Error('write CONNECTION_ENDED secret.host:5432'), { code: 'CONNECTION_ENDED' })
  const endpoints = [
    failing('broken', () => Promise.reject(new Error('the password is hunter2'))),
    failing('away', () => Promise.reject(away)),
    failing('busy', () => Promise.reject(Object.assign(new Error('5000 wait'), { code: 'ledger_busy' }))),
    failing('recovering', () => Promise.reject(new PurserError('recovering', 'the ledger is recovering: `purser recover`'))),
    failing('slow', () => new Promise<never>(() => undefined)),
  ]
  await withEndpoints(endpoints, async (ask) => {
    const told: unknown[] = []
    for (const { path } of endpoints) {
      const answer = await ask('GET', path)
      expect(JSON.stringify(answer.body)).not.toMatch(/hunter2|secret\.host/)
      told.push([answer.status, answer.body['code'], answer.headers.get('retry-after')])
    }
    expect(told).toEqual([
      [500, 'internal_error', null],
      [503, 'unavailable', '1'],
      [503, 'ledger_busy', '1'],
      [503, 'recovering', '1'],
      [503, 'timeout', '2'],
    ])
  })
})

test('every code that the ledger or a command can name has a status of its own kind', () => {
  const codes = Object.keys(PROBLEMS) as (keyof typeof PROBLEMS)[]
  expect(codes.filter((code) => PROBLEMS[code].status < 400 || PROBLEMS[code].status > 503)).toEqual([])
  expect(problemOf(new PurserError('no_budget', 'x')).code).toBe('no_budget')
})

test('a key that is bound to an account reaches nothing that concerns all', () => {
  const terms = { requestId: 'req_1', repeatable: undefined, path: '/v1/x' }
  const bound = accessOf(services(), { ...terms, key: { id: 1, account: 'acme', scopes: ['admin'] } })
  const house = accessOf(services(), { ...terms, key: { id: 2, account: null, scopes: ['admin'] } })
  expect(() => bound.everywhere()).toThrow(/whole installation/)
  expect([bound.reach(undefined).account, bound.reach('acme').account, house.everywhere().account, house.reach('acme').account]).toEqual([
    'acme',
    'acme',
    undefined,
    'acme',
  ])
})
