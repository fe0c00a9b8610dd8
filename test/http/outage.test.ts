import { afterAll, beforeAll, expect, test } from 'vitest'
import { newKey } from '../../src/calls/cost-key.ts'
import { reservationId } from '../../src/http/ids.ts'
import { startApi, type ApiAnswer, type Ask, type AskOptions, type TestApi } from '../support/api.ts'
import { nanoOf, reservedBy, termsFor } from '../support/reservations.ts'
import { openStage, type Stage } from '../support/stage.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

/** Far longer than an answer takes, far shorter than the ledger is away here. */
const LIMIT_MS = 1_500

let stage: Stage
let proxy: TcpProxy
let api: TestApi
beforeAll(async () => {
  stage = await openStage()
  const url = new URL(stage.db.url)
  proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) })
  url.port = String(proxy.port)
  url.hostname = '127.0.0.1'
  api = await startApi(stage, 100_000, { databaseUrl: url.href, limitMs: LIMIT_MS })
})
afterAll(async () => {
  await api.close()
  await proxy.close()
  await stage.close()
})

/** As a client should: the same request with the same key, until it is answered. */
const insisting = (ask: Ask, path: string, options: AskOptions): Promise<ApiAnswer> => {
  const key = newKey()
  return until(`an answer of ${path}`, async () => {
    const answer = await ask('POST', path, { key, ...options })
    return (answer.status !== 503 || answer.headers.get('retry-after') === null) && answer
  })
}
const idIn = (path: string): string => reservationId.parse(path.split('/').at(-1))

test('while the ledger is away nothing is granted, and an answer in hand is booked as soon as it is back, once', async () => {
  const account = await stage.account()
  const ask = await api.caller()
  const path = await reservedBy(ask, account)
  const key = newKey()
  await proxy.cut()
  const refused = await ask('POST', '/v1/reservations', { body: termsFor(account), key })
  expect([refused.status, refused.body['code'], refused.headers.get('retry-after')]).toEqual([503, 'unavailable', '1'])

  const settling = [1, 2, 3].map(() => insisting(ask, `${path}/settle`, { body: { usage: { input_tokens: 100, output_tokens: 50 } } }))
  // From then on the answer is in hand, and only the ledger is waited for.
  await until('the receipt beside the blobs', () => stage.receiptFile(idIn(path)))
  expect(await ask('POST', `${path}/settle`, { body: { usage: { input_tokens: 7 } } })).toMatchObject({
    status: 409,
    body: { code: 'request_running' },
  })
  await proxy.join()
  const settled = await Promise.all(settling)
  expect(settled.map(({ status, body }) => [status, body['state']])).toEqual(settled.map(() => [200, 'settled']))
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: nanoOf(settled[0]?.body['cost']) })
  expect(await insisting(ask, '/v1/reservations', { body: termsFor(account), key })).toMatchObject({ status: 201 })
  expect(await stage.attempts(account)).toHaveLength(2)
  await stage.intact()
})

test('no request waits longer than its limit for a ledger that is silent, and what it began is found with its key', async () => {
  const account = await stage.account()
  const ask = await api.caller()
  const [settled, released] = [await reservedBy(ask, account), await reservedBy(ask, account)]
  const requests: [string, string, AskOptions][] = [
    ['POST', '/v1/reservations', { body: termsFor(account), key: newKey() }],
    ['POST', '/v1/reservations', { body: termsFor(account), key: 'a text of its own' }],
    ['POST', `${settled}/settle`, { body: { usage: { input_tokens: 100, output_tokens: 50 } }, key: newKey() }],
    ['POST', `${released}/release`, { body: { because: 'never_sent', why: 'x' }, key: newKey() }],
    ['GET', settled, {}],
    ['GET', '/v1/acts', {}],
  ]
  // Requests still arrive at the ledger, and no answer comes back: whether they happened is unknown.
  proxy.mute()
  const begunAt = performance.now()
  const silent = await Promise.all(requests.map(([method, path, options]) => ask(method, path, options)))
  expect(silent.map(({ status, body, headers }) => [status, body['code'], headers.get('retry-after')])).toEqual(
    requests.map(() => [503, 'timeout', '2']),
  )
  expect(performance.now() - begunAt).toBeLessThan(LIMIT_MS * 3)
  await proxy.cut()
  await proxy.join()
  const after = await Promise.all(requests.slice(0, 4).map(([, path, options]) => insisting(ask, path, options)))
  expect(after.map(({ status, body }) => [status, body['state']])).toEqual([
    [201, 'dispatched'],
    [201, 'dispatched'],
    [200, 'settled'],
    [200, 'rejected'],
  ])
  expect((await stage.attempts(account)).map(({ state }) => state).toSorted()).toEqual(['dispatched', 'dispatched', 'rejected', 'settled'])
  await stage.intact()
})
