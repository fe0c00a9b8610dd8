import { beforeAll, expect, test } from 'vitest'
import { monthOf, monthsLater } from '../../src/domain/period.ts'
import { doneOnce, refusedFor } from '../support/administration.ts'
import { openApiStage, type Ask } from '../support/api.ts'
import { MODEL } from '../support/reservations.ts'
import { takenIn } from '../support/taken-in.ts'

const LAST = monthsLater(monthOf(new Date(), 'UTC'), -1)

const { stage, api } = await openApiStage()

let house: Ask
let mine: Ask
let account: string
let other: string
beforeAll(async () => {
  ;[account, other] = [await stage.account('paid'), await stage.account('paid')]
  house = await api.caller({ scopes: ['reports:read', 'track:write'] })
  mine = await api.caller({ account, scopes: ['reports:read'] })
  const track = (of: string, month: string, key: string) =>
    house('POST', '/v1/track', {
      body: { key, account: of, model: MODEL, feature: `of ${of}`, usage: { input_tokens: 100_000 }, at: `${month}-10T12:00:00Z` },
    })
  await track(account, LAST, 'one')
  await track(other, LAST, 'two')
  await track(other, monthsLater(LAST, -1), 'three')
  await takenIn(stage.ledger, stage.db.sql)
})

test('a month is reviewed beside the first one with calls, of all accounts or of one', async () => {
  const all = await house('GET', '/v1/review')
  expect(all).toMatchObject({
    status: 200,
    body: { month: LAST, baseline: monthsLater(LAST, -1), account: null, state: 'over', totals: { call_count: 2 } },
  })
  const one = await house('GET', `/v1/review?month=${LAST}&account=${other}&baseline=${LAST}`)
  expect(one).toMatchObject({
    status: 200,
    body: { baseline: LAST, account: other, features: [{ feature: `of ${other}`, share: '100.00' }] },
  })
})

test('a key that is bound to an account sees that account’s month, whatever others did', async () => {
  const own = await mine('GET', `/v1/review?month=${LAST}`)
  expect(own).toMatchObject({ status: 200, body: { account, baseline: LAST, totals: { call_count: 1 } } })
  expect(JSON.stringify(own.body)).not.toContain(other)
  expect((await mine('GET', `/v1/review?account=${other}`)).status).toBe(403)
})

test('a month to come, and an account that is not there, are refused', async () => {
  expect((await house('GET', `/v1/review?month=${monthsLater(LAST, 3)}`)).body).toMatchObject({ status: 400 })
  expect((await house('GET', '/v1/review?account=nobody')).status).toBe(404)
})

test('the baseline of all who name none is named once, by a key of the whole installation', async () => {
  const admin = await api.caller({ scopes: ['admin', 'reports:read'] })
  expect((await admin('GET', '/v1/review/baseline')).body).toEqual({ month: null })
  const named = await doneOnce(admin, ['POST', '/v1/review/baseline', { month: LAST }], 'review.baseline', { month: null })
  expect(named.body).toEqual({ month: LAST })
  expect((await house('GET', '/v1/review')).body).toMatchObject({ baseline: LAST })
  expect((await house('GET', `/v1/review?baseline=${monthsLater(LAST, -1)}`)).body).toMatchObject({ baseline: monthsLater(LAST, -1) })
  expect((await house('POST', '/v1/review/baseline', { body: { month: null } })).status).toBe(403)
  expect((await mine('GET', '/v1/review/baseline')).status).toBe(403)
  expect(await refusedFor(admin, 'POST', '/v1/review/baseline', { month: '2025-13' })).toEqual(['body.month', 'write a month like 2026-11'])
  expect((await admin('POST', '/v1/review/baseline', { body: { month: monthsLater(LAST, 4) } })).status).toBe(400)
  expect((await admin('POST', '/v1/review/baseline', { body: { month: null } })).body).toEqual({ month: null })
})
