import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { eurOf } from '../support/administration.ts'
import { openApiStage } from '../support/api.ts'
import { MODEL, nanoOf } from '../support/reservations.ts'

const { stage, house } = await openApiStage()

test('a budget says what it will have spent at the end of its month, in which band, and when its amount is spent', async () => {
  const account = await stage.account('corporate')
  const made = await house('POST', '/v1/budgets', {
    body: { name: randomUUID(), scope: { account, feature: 'chat' }, budget_amount: eurOf('500'), kind: 'soft' },
  })
  const path = `/v1/budgets/${String(made.body['id'])}/forecast`
  const before = await house('GET', path)
  expect(before).toMatchObject({
    status: 200,
    body: {
      budget_id: made.body['id'],
      kind: 'soft',
      status: 'not_enough_data',
      expected_spending: null,
      expected_low: null,
      exhausted_at: null,
    },
  })
  const usages = Array.from({ length: 30 }, (_, n) => ({
    key: `${n} of ${account}`,
    account,
    feature: 'chat',
    model: MODEL,
    usage: { input_tokens: 1_000_000 },
    at: new Date(Date.now() - n * 86_400_000).toISOString(),
  }))
  expect((await house('POST', '/v1/track/batch', { body: { mode: 'all', usages } })).status).toBeLessThan(300)
  const { body } = await house('GET', path)
  expect(body).toMatchObject({
    status: 'forecast',
    percent_over_budget: 0,
    exhausted_at: null,
    exhausted_on: null,
    budget_amount: eurOf('500.000000000'),
  })
  const [spent, low, expected, high] = ['current_spending', 'expected_low', 'expected_spending', 'expected_high'].map((name) =>
    nanoOf(body[name]),
  )
  const amounts = [spent, low, expected, high].map(Number)
  expect(amounts).toEqual(amounts.toSorted((a, b) => a - b))
  expect(nanoOf(body['expected_per_day'])).toBeGreaterThan(0n)

  await house('PATCH', `/v1/budgets/${String(made.body['id'])}`, {
    body: { budget_amount: eurOf('0.01'), reason: 'a test' },
    headers: { 'if-match': '"1"' },
  })
  const passed = await house('GET', path)
  expect(passed.body).toMatchObject({ percent_over_budget: 100, exhausted_at: passed.body['as_of'] })

  await house('POST', `/v1/budgets/${String(made.body['id'])}/archive`, { body: { reason: 'a test' } })
  expect(await house('GET', path)).toMatchObject({
    status: 409,
    body: { code: 'conflict', detail: expect.stringContaining('is archived') },
  })
})
