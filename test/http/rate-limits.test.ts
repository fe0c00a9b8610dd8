import { afterAll, expect, test } from 'vitest'
import { doneOnce, refusedFor } from '../support/administration.ts'
import { openApiStage } from '../support/api.ts'
import { termsFor } from '../support/reservations.ts'

const { stage, house } = await openApiStage()
afterAll(() => stage.intact())

test('a reservation beyond the limit is a 429 that says when to come again, and nothing is held', async () => {
  const account = await stage.account()
  const body = { name: 'two', scope: { account }, requests_per_minute: 1, reason: 'a test' }
  const set = await doneOnce(house, ['POST', '/v1/rate-limits', body], 'rate_limit.set')
  expect(set).toMatchObject({
    status: 200,
    body: { name: 'two', scope: { account }, per: null, requests_per_minute: 1, tokens_per_minute: null },
  })
  expect((await house('GET', '/v1/rate-limits')).body['data']).toMatchObject([{ name: 'two' }])
  expect((await house('POST', '/v1/reservations', { body: termsFor(account) })).status).toBe(201)
  const { reserved } = await stage.balance(account)
  const limited = await house('POST', '/v1/reservations', { body: termsFor(account) })
  expect(limited).toMatchObject({
    status: 429,
    body: { code: 'rate_limited', detail: expect.stringMatching(/^rate limit "two": .*; ask again in \d+ s$/) },
  })
  expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(50)
  expect((await stage.balance(account)).reserved).toBe(reserved)
  expect(await doneOnce(house, ['POST', '/v1/rate-limits/two/remove', { reason: 'enough' }], 'rate_limit.remove')).toMatchObject({
    status: 200,
  })
  expect((await house('POST', '/v1/reservations', { body: termsFor(account) })).status).toBe(201)
})

test('a limit that limits nothing is told so', async () => {
  const { status, body } = await house('POST', '/v1/rate-limits', { body: { name: 'none', scope: {}, reason: 'x' } })
  expect([status, body['code'], String(body['detail'])]).toEqual([400, 'bad_input', expect.stringContaining('say what is limited')])
  expect((await refusedFor(house, 'POST', '/v1/rate-limits', { name: 'No', scope: {}, requests_per_minute: 1, reason: 'x' }))[0]).toBe(
    'body.name',
  )
})
