import { expect, test } from 'vitest'
import { actsOf, allOf, doneOnce, refusedFor } from '../support/administration.ts'
import { openApiStage } from '../support/api.ts'
import { termsFor } from '../support/reservations.ts'

const { stage, api, house } = await openApiStage()
const reserve = (account: string, change: Record<string, unknown> = {}) =>
  house('POST', '/v1/reservations', { body: termsFor(account, change) })

test('a stop refuses the next reservation of its scope, with its reason; when it is resumed, calls go on', async () => {
  const account = await stage.account()
  const body = { scope: { account, feature: 'chat' }, reason: 'too much' }
  const stopped = await doneOnce(house, ['POST', '/v1/stops', body], 'stop.create')
  expect(stopped).toMatchObject({
    status: 201,
    body: { id: expect.stringMatching(/^stp_\d+$/), scope: body.scope, reason: 'too much', resumed_at: null, resumed_reason: null },
  })
  expect(await reserve(account)).toMatchObject({ status: 409, body: { code: 'stopped', detail: expect.stringContaining('too much') } })
  expect((await reserve(account, { feature: 'other' })).status).toBe(201)
  const again = await house('POST', '/v1/stops', { body: { ...body, reason: 'once more' } })
  expect([again.status, again.body['id'], again.body['reason'], await actsOf(house, again)]).toEqual([
    200,
    stopped.body['id'],
    'too much',
    [],
  ])
  const resumed = await doneOnce(house, ['POST', `/v1/stops/${String(stopped.body['id'])}/resume`, { reason: 'mended' }], 'stop.resume')
  expect(resumed).toMatchObject({ status: 200, body: { resumed_at: expect.any(String), resumed_reason: 'mended' } })
  expect((await reserve(account)).status).toBe(201)
})

test('who ends a stop again ends no later one of the same scope', async () => {
  const account = await stage.account()
  const stop = async () => String((await house('POST', '/v1/stops', { body: { scope: { account }, reason: 'x' } })).body['id'])
  const resume = (id: string) => house('POST', `/v1/stops/${id}/resume`, { body: { reason: 'mended' } })
  const first = await stop()
  await resume(first)
  const second = await stop()
  const again = await resume(first)
  expect([again.status, await actsOf(house, again)]).toEqual([200, []])
  expect(second).not.toBe(first)
  expect((await reserve(account)).status).toBe(409)
  const both = await Promise.all([resume(second), resume(second)])
  expect([both.map(({ status }) => status), (await actsOf(house, ...both)).length]).toEqual([[200, 200], 1])
})

test('a stop that is wrong or not there is told so', async () => {
  expect((await refusedFor(house, 'POST', '/v1/stops', { scope: { colour: 'red' }, reason: 'x' }))[0]).toBe('body.scope')
  expect(await refusedFor(house, 'POST', '/v1/stops', { reason: 'x' })).toEqual(['body.scope', 'is missing'])
  expect((await refusedFor(house, 'POST', '/v1/stops', { scope: {}, reason: ' ' }))[0]).toBe('body.reason')
  expect(await refusedFor(house, 'POST', '/v1/stops/3/resume', { reason: 'x' })).toEqual([
    'params.id',
    'is no id of a stop: one looks like stp_7',
  ])
  expect(await house('POST', '/v1/stops', { body: { scope: { account: 'nobody' }, reason: 'x' } })).toMatchObject({
    status: 404,
    body: { code: 'unknown_account' },
  })
  expect(await house('POST', '/v1/stops/stp_2147483647/resume', { body: { reason: 'x' } })).toMatchObject({
    status: 404,
    body: { code: 'not_found' },
  })
})

test('stops are listed once each, a page at a time, ended ones only when asked for; a key of an account sees and makes its own, and ends none', async () => {
  const [mine, other] = [await stage.account(), await stage.account()]
  const ask = await api.caller({ account: mine, scopes: ['budgets:write'] })
  const made = []
  for (const feature of ['a', 'b', 'c']) made.push(await ask('POST', '/v1/stops', { body: { scope: { feature }, reason: 'x' } }))
  expect(made.map(({ status, body }) => [status, body['scope']])).toEqual(
    ['a', 'b', 'c'].map((feature) => [201, { account: mine, feature }]),
  )
  expect((await reserve(other, { feature: 'a' })).status).toBe(201)
  const theirs = await house('POST', '/v1/stops', { body: { scope: { account: other }, reason: 'x' } })
  const ids = made.map(({ body }) => body['id'])
  expect(await allOf(ask, '/v1/stops?limit=2')).toEqual({ ids, pages: 2 })
  expect((await allOf(house, '/v1/stops?limit=1')).ids).toEqual(expect.arrayContaining([...ids, theirs.body['id']]))
  const bound = await api.caller({ account: mine })
  expect(await ask('POST', '/v1/stops', { body: { scope: { account: other }, reason: 'x' } })).toMatchObject({ status: 403 })
  for (const id of [ids[0], theirs.body['id']])
    expect(await bound('POST', `/v1/stops/${String(id)}/resume`, { body: { reason: 'x' } })).toMatchObject({
      status: 403,
      body: { code: 'not_permitted' },
    })
  await house('POST', `/v1/stops/${String(ids[0])}/resume`, { body: { reason: 'x' } })
  expect((await allOf(ask, '/v1/stops?limit=5')).ids).toEqual(ids.slice(1))
  expect((await allOf(ask, '/v1/stops?limit=5&resumed=true')).ids).toEqual(ids)
  const wide = await api.caller({ scopes: ['budgets:write'] })
  expect(await wide('POST', '/v1/stops', { body: { scope: {}, reason: 'x' } })).toMatchObject({
    status: 403,
    body: { needed_scope: 'admin' },
  })
})
