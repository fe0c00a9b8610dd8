import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { eur, type Money } from '../../src/domain/money.ts'
import { startApi, type Ask, type TestApi } from '../support/api.ts'
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

const MODEL = 'gemini-2.5-flash-lite'
const terms = (account: string, change: Record<string, unknown> = {}) => ({
  account,
  model: MODEL,
  input_tokens_max: 2_000,
  max_output_tokens: 1_000,
  feature: 'chat',
  ...change,
})
const nanoOf = (money: unknown): bigint => eur((money as Money).amount)

test('a reservation is granted before the call, and settled at what the call really cost', async () => {
  const account = await stage.account()
  const granted = await house('POST', '/v1/reservations', { body: terms(account) })
  expect([granted.status, granted.body['state'], granted.body['provider'], granted.body['cost']]).toEqual([
    201,
    'dispatched',
    'gemini',
    null,
  ])
  const [budget] = granted.body['budgets'] as { remaining: Money }[]
  expect(nanoOf(budget?.remaining)).toBe(eur('1') - nanoOf(granted.body['amount']))

  const settled = await house('POST', `/v1/reservations/${String(granted.body['id'])}/settle`, {
    body: { usage: { input_tokens: 1_200, output_tokens: 300 } },
  })
  expect([settled.status, settled.body['state']]).toEqual([200, 'settled'])
  const lines = settled.body['lines'] as { unit: string; quantity: string; cost: Money }[]
  expect(lines.map(({ unit, quantity }) => [unit, quantity])).toEqual([
    ['input_text_tokens', '1200'],
    ['output_text_tokens', '300'],
  ])
  const cost = nanoOf(settled.body['cost'])
  expect([cost, lines.reduce((sum, line) => sum + nanoOf(line.cost), 0n)]).toEqual([cost, cost])
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: cost })
})
