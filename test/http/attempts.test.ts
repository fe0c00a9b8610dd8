import { expect, test } from 'vitest'
import { reservationRef } from '../../src/domain/call.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import { allOf, doneOnce, eurOf, refusedFor } from '../support/administration.ts'
import { openApiStage } from '../support/api.ts'
import { nanoOf, reservedBy } from '../support/reservations.ts'

const { stage, api, house } = await openApiStage()

/** An attempt that nobody answered: `minutes` after it was sent it is in doubt, and after twenty presumed spent. */
async function unanswered(account: string, minutes: number): Promise<string> {
  const path = await reservedBy(house, account)
  const id = (await stage.attempts(account)).at(-1)?.id ?? ''
  await stage.db.sql`update purser.reservation set dispatched_at = dispatched_at - make_interval(mins => ${minutes}) where id = ${id}`
  for (let round = 0; round < 3; round += 1) await sweep(stage.ledger, 100)
  return path.replace('/v1/reservations/', '')
}
const resolve = (id: string, cost: string, ask = house) =>
  ask('POST', `/v1/attempts/${id}/resolve`, { body: { cost: eurOf(cost), why: 'the provider’s log' } })

test('what was sent and never answered is listed, and a person’s word on its cost is booked once', async () => {
  const account = await stage.account()
  const id = await unanswered(account, 20)
  expect(await house('GET', `/v1/attempts?account=${account}`)).toMatchObject({
    status: 200,
    body: { data: [{ id, account, state: 'presumed', amount: { currency: 'EUR' } }], has_more: false, next_cursor: null },
  })
  const body = { cost: eurOf('0.00012'), why: 'the provider’s log' }
  const resolved = await doneOnce(house, ['POST', `/v1/attempts/${id}/resolve`, body], 'attempt.resolve', { cost: eurOf('0') })
  expect(resolved).toMatchObject({ status: 200, body: { id, state: 'settled', cost: eurOf('0.000120000'), source: 'person' } })
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: 120_000n })
  expect((await house('GET', `/v1/attempts?account=${account}`)).body['data']).toEqual([])
})

test('that it cost nothing is believed only when no answer can come any more', async () => {
  const account = await stage.account()
  const sent = (await reservedBy(house, account)).replace('/v1/reservations/', '')
  expect(await resolve(sent, '0.01')).toMatchObject({
    status: 409,
    body: { code: 'conflict', detail: expect.stringContaining('on its way') },
  })
  const inDoubt = await unanswered(account, 10)
  expect(await house('GET', `/v1/attempts?account=${account}&state=in_doubt`)).toMatchObject({ body: { data: [{ id: inDoubt }] } })
  expect((await house('GET', `/v1/attempts?account=${account}&state=presumed`)).body['data']).toEqual([])
  expect(await resolve(inDoubt, '0')).toMatchObject({ status: 409, body: { detail: expect.stringContaining('may still be answered') } })
  expect(await resolve(inDoubt, '0.01')).toMatchObject({ status: 200, body: { cost: eurOf('0.010000000') } })
  const presumed = await unanswered(account, 20)
  expect(await resolve(presumed, '0.00')).toMatchObject({ status: 200, body: { cost: eurOf('0.000000000') } })
})

test('what an answer has said stands', async () => {
  const account = await stage.account()
  const path = await reservedBy(house, account)
  const settled = await house('POST', `${path}/settle`, { body: { usage: { input_tokens: 100 } } })
  const id = path.replace('/v1/reservations/', '')
  expect(await resolve(id, '0')).toMatchObject({ status: 409, body: { code: 'already_settled', cost: settled.body['cost'] } })
  expect(await stage.balance(account)).toMatchObject({ spent: nanoOf(settled.body['cost']) })
})

test('an attempt that is wrong or not there is told so; attempts are listed once each, and ended by nobody but the installation', async () => {
  const [account, other] = [await stage.account(), await stage.account()]
  const unknown = 'rsv_019ac8f27c5a4d2f9d0e7b4b2c6f1a3e'
  expect(await resolve(unknown, '0')).toMatchObject({ status: 404, body: { code: 'not_found', detail: 'there is no such attempt' } })
  const path = `/v1/attempts/${unknown}/resolve`
  expect(await refusedFor(house, 'POST', path, { cost: eurOf('-1'), why: 'x' })).toEqual(['body.cost', 'a cost is not below zero'])
  expect(await refusedFor(house, 'POST', path, { cost: eurOf('1') })).toEqual(['body.why', 'is missing'])
  expect((await refusedFor(house, 'POST', '/v1/attempts/7/resolve', { cost: eurOf('1'), why: 'x' }))[0]).toBe('params.id')
  expect((await refusedFor(house, 'GET', '/v1/attempts?state=settled', undefined))[0]).toBe('query.state')
  const ids = []
  for (let i = 0; i < 3; i += 1) ids.push(await unanswered(account, 20))
  const theirs = await unanswered(other, 20)
  const listed = await allOf(house, `/v1/attempts?account=${account}&limit=1`)
  expect([listed.pages, listed.ids.toSorted()]).toEqual([3, ids.toSorted()])
  const bound = await api.caller({ account })
  expect((await allOf(bound, '/v1/attempts?limit=2')).ids).toEqual(listed.ids)
  for (const id of [ids[0] ?? '', theirs])
    expect(await resolve(id, '0', bound)).toMatchObject({ status: 403, body: { code: 'not_permitted' } })
  const [attempt] = await stage.attempts(other)
  expect([reservationRef(attempt?.id ?? ''), attempt?.state]).toEqual([theirs, 'presumed'])
})

test('the audit checks every invariant, and says what money is held', async () => {
  const account = await stage.account()
  await unanswered(account, 10)
  const answer = await house('GET', '/v1/audit')
  expect(answer).toMatchObject({ status: 200, body: { violations: [], held: { amount: { currency: 'EUR' } } } })
  expect(answer.body['checks']).toBeGreaterThan(10)
  expect((answer.body['held'] as { attempts: number }).attempts).toBeGreaterThanOrEqual(1)
  const [entry] = await stage.db.sql<{ id: number }[]>`select budget_period_id as id from purser.balance order by 1 limit 1`
  await stage.db.sql`update purser.balance set version = version + 1 where budget_period_id = ${entry?.id ?? 0}`
  const broken = await house('GET', '/v1/audit')
  await stage.db.sql`update purser.balance set version = version - 1 where budget_period_id = ${entry?.id ?? 0}`
  expect((broken.body['violations'] as unknown[]).length).toBeGreaterThan(0)
  const bound = await api.caller({ account })
  expect(await bound('GET', '/v1/audit')).toMatchObject({ status: 403, body: { code: 'not_permitted' } })
})
