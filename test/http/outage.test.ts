import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newKey } from '../../src/calls/cost-key.ts'
import { startApi, type TestApi } from '../support/api.ts'
import { nanoOf, reservedBy, termsFor } from '../support/reservations.ts'
import { openStage, type Stage } from '../support/stage.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

let stage: Stage
let proxy: TcpProxy
let api: TestApi
beforeAll(async () => {
  stage = await openStage()
  const url = new URL(stage.db.url)
  proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) })
  url.port = String(proxy.port)
  url.hostname = '127.0.0.1'
  api = await startApi(stage, 100_000, url.href)
})
afterAll(async () => {
  await api.close()
  await proxy.close()
  await stage.close()
})

test('while the ledger is away nothing is granted, and an answer in hand is booked as soon as it is back, once', async () => {
  const account = await stage.account()
  const ask = await api.caller()
  const path = await reservedBy(ask, account)
  const key = newKey()
  await proxy.cut()
  const refused = await ask('POST', '/v1/reservations', { body: termsFor(account), key })
  expect(refused).toMatchObject({ status: 503, body: { code: 'ledger_unreachable' } })
  expect(refused.headers.get('retry-after')).toBe('1')
  const settling = [1, 2, 3].map(() => ask('POST', `${path}/settle`, { body: { usage: { input_tokens: 100, output_tokens: 50 } } }))
  await sleep(500)
  expect(await ask('POST', `${path}/settle`, { body: { usage: { input_tokens: 7 } } })).toMatchObject({
    status: 409,
    body: { code: 'request_running' },
  })
  await proxy.join()
  const settled = await Promise.all(settling)
  expect(settled.map(({ status, body }) => [status, body['state']])).toEqual(settled.map(() => [200, 'settled']))
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: nanoOf(settled[0]?.body['cost']) })
  expect(await ask('POST', '/v1/reservations', { body: termsFor(account), key })).toMatchObject({ status: 201 })
  await stage.intact()
})
