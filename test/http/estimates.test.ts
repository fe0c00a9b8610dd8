import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { createBudget } from '../../src/ledger/budgets.ts'
import { resumeScope, stopScope } from '../../src/ledger/stop.ts'
import { startApi, type Ask, type TestApi } from '../support/api.ts'
import { nanoOf, termsFor } from '../support/reservations.ts'
import { openStage, type Stage } from '../support/stage.ts'

let stage: Stage
let api: TestApi
let house: Ask

beforeAll(async () => {
  stage = await openStage()
  api = await startApi(stage)
  house = await api.caller()
})
afterEach(() => stage.intact())
afterAll(async () => {
  await api.close()
  await stage.close()
})

test('an estimate is what a reservation then sets aside, and has set nothing aside itself', async () => {
  const account = await stage.account()
  const estimated = await house('POST', '/v1/estimates', { body: termsFor(account) })
  expect(estimated).toMatchObject({ status: 200, body: { can_afford: true, provider: 'gemini', refusal: null, stopped: null } })
  expect(estimated.body['remaining']).toEqual({ amount: '1.000000000', currency: 'EUR' })
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: 0n })
  expect(await stage.attempts(account)).toEqual([])
  const reserved = await house('POST', '/v1/reservations', { body: termsFor(account) })
  expect(reserved.body['amount']).toEqual(estimated.body['bound'])
  const after = await house('POST', '/v1/estimates', { body: termsFor(account) })
  expect(nanoOf(after.body['remaining'])).toBe(eur('1') - nanoOf(reserved.body['amount']))
})

test('what a budget cannot pay for is a no, with which one and what would work, as its reservation would hear it', async () => {
  const account = await stage.account('free')
  await createBudget(stage.ledger, {
    name: `tight ${account}`,
    scope: { account, feature: 'chat' },
    isHard: true,
    periodKind: 'month',
    timeZone: 'UTC',
    cap: eur('0.0004'),
    thresholds: [100],
  })
  const body = termsFor(account)
  const estimated = await house('POST', '/v1/estimates', { body })
  const refused = await house('POST', '/v1/reservations', { body })
  expect([estimated.status, refused.status]).toEqual([200, 402])
  const { detail, budget, needed, remaining, what_would_work } = refused.body
  expect(estimated.body).toMatchObject({ can_afford: false, remaining, refusal: { detail, budget, needed, what_would_work } })
  expect(budget).toMatchObject({ name: `tight ${account}` })
})

test('a stopped scope is a no, with the reason', async () => {
  const account = await stage.account()
  await stopScope(stage.ledger, { account }, 'too much')
  expect(await house('POST', '/v1/estimates', { body: termsFor(account) })).toMatchObject({
    status: 200,
    body: { can_afford: false, stopped: expect.stringContaining('too much') },
  })
  await resumeScope(stage.ledger, { account }, 'enough')
  expect((await house('POST', '/v1/estimates', { body: termsFor(account) })).body['can_afford']).toBe(true)
})

test('a key that is bound to an account asks for no other, and is shown no figures of a budget that covers more', async () => {
  const [mine, other] = [await stage.account(), await stage.account()]
  const ask = await api.caller({ account: mine, scopes: ['reservations:write'] })
  expect(await ask('POST', '/v1/estimates', { body: termsFor(other) })).toMatchObject({ status: 403 })
  await createBudget(stage.ledger, {
    name: 'all of a feature',
    scope: { feature: 'shared' },
    isHard: true,
    periodKind: 'month',
    timeZone: 'UTC',
    cap: eur('0.0001'),
    thresholds: [100],
  })
  const { account: _, ...body } = termsFor(mine, { feature: 'shared' })
  const told = await ask('POST', '/v1/estimates', { body })
  expect(told).toMatchObject({ status: 200, body: { can_afford: false, refusal: { budget: null }, remaining: { amount: '1.000000000' } } })
  expect(JSON.stringify(told.body)).not.toMatch(/all of a feature|0\.000100000/)
})

test('a model without a price, an account or a budget is an error, not a no', async () => {
  const account = await stage.account()
  for (const [change, status, code] of [
    [{ model: 'nothing' }, 422, 'unpriced_model'],
    [{ account: 'nobody' }, 404, 'unknown_account'],
    [{ account: undefined }, 400, 'bad_input'],
    [{ max_output_tokens: 0 }, 400, 'bad_input'],
  ] as const)
    expect(await house('POST', '/v1/estimates', { body: termsFor(account, change) })).toMatchObject({ status, body: { code } })
})
