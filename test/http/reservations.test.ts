import { expect, test } from 'vitest'
import { keyFor, newKey } from '../../src/calls/cost-key.ts'
import { reservationRef } from '../../src/domain/call.ts'
import { eur, type Money } from '../../src/domain/money.ts'
import { createBudget } from '../../src/ledger/budgets.ts'
import { stopScope } from '../../src/ledger/stop.ts'
import { openCosts } from '../../src/with-cost.ts'
import { openApiStage } from '../support/api.ts'
import { MODEL, nanoOf, reservedBy, termsFor } from '../support/reservations.ts'

const { stage, api, house } = await openApiStage()

test('a reservation is granted before the call, and settled at what the call really cost', async () => {
  const account = await stage.account()
  const granted = await house('POST', '/v1/reservations', { body: termsFor(account) })
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

test('what an answer says of a reservation is what the ledger says, when it is granted, settled and released', async () => {
  const [account, other] = [await stage.account(), await stage.account()]
  await createBudget(stage.ledger, {
    name: 'soft',
    scope: { account },
    isHard: false,
    periodKind: 'day',
    timeZone: 'UTC',
    cap: eur('0.5'),
    thresholds: [],
  })
  for (const whose of [account, other]) {
    const granted = await house('POST', '/v1/reservations', { body: termsFor(whose, { labels: { tier: 'gold' } }) })
    const path = `/v1/reservations/${String(granted.body['id'])}`
    expect((await house('GET', path)).body).toEqual(granted.body)
    const settled = await house('POST', `${path}/settle`, { body: { usage: { input_tokens: 100, output_tokens: 20 } } })
    expect((await house('GET', path)).body).toEqual(settled.body)
    expect((settled.body['budgets'] as unknown[]).length).toBe(whose === account ? 2 : 1)
    const back = await reservedBy(house, whose)
    const released = await house('POST', `${back}/release`, { body: { because: 'never_sent', why: 'x' } })
    expect((await house('GET', back)).body).toEqual(released.body)
  }
})

test('a key that is bound to an account need not name it, and cannot name another', async () => {
  const [mine, other] = [await stage.account(), await stage.account()]
  const ask = await api.caller({ account: mine, scopes: ['reservations:write'] })
  const { account: _, ...unnamed } = termsFor(mine)
  expect(await ask('POST', '/v1/reservations', { body: unnamed })).toMatchObject({ status: 201, body: { account: mine } })
  expect(await ask('POST', '/v1/reservations', { body: termsFor(other) })).toMatchObject({ status: 403, body: { code: 'not_permitted' } })
  expect(await house('POST', '/v1/reservations', { body: unnamed })).toMatchObject({
    status: 400,
    body: { code: 'bad_input', errors: [{ field: 'body.account', message: 'is missing' }] },
  })
})

test('what belongs to another account is not there: not shown, not settled, not released', async () => {
  const [mine, other] = [await stage.account(), await stage.account()]
  const ask = await api.caller({ account: other, scopes: ['reservations:write'] })
  const path = await reservedBy(house, mine)
  for (const [method, at, body] of [
    ['GET', '', undefined],
    ['POST', '/settle', { usage: { input_tokens: 1 } }],
    ['POST', '/release', { because: 'never_sent', why: 'mine' }],
  ] as const)
    expect(await ask(method, `${path}${at}`, { body })).toMatchObject({ status: 404, body: { code: 'not_found' } })
  expect(await house('GET', path)).toMatchObject({ status: 200, body: { state: 'dispatched' } })
})

test('the same Idempotency-Key hears of the same reservation; two accounts with one key never meet', async () => {
  const [first, second] = [await stage.account(), await stage.account()]
  for (const key of [newKey(), 'order 17']) {
    const [a, b] = [await api.caller({ account: first }), await api.caller({ account: second })]
    const granted = await a('POST', '/v1/reservations', { body: termsFor(first), key })
    const again = await a('POST', '/v1/reservations', { body: termsFor(first), key })
    const others = await b('POST', '/v1/reservations', { body: termsFor(second), key })
    expect([granted.status, again.status, others.status]).toEqual([201, 201, 201])
    expect([again.body['id'], again.headers.get('idempotent-replayed'), granted.headers.get('idempotent-replayed')]).toEqual([
      granted.body['id'],
      'true',
      null,
    ])
    expect(others.body['id']).not.toBe(granted.body['id'])
  }
  expect([(await stage.attempts(first)).length, (await stage.attempts(second)).length]).toEqual([2, 2])
})

test('the same key with another body, tier or account is refused, and reserves nothing', async () => {
  const [account, other] = [await stage.account(), await stage.account()]
  const key = newKey()
  await house('POST', '/v1/reservations', { body: termsFor(account), key })
  for (const body of [termsFor(account, { max_output_tokens: 999 }), termsFor(account, { tier: 'flex' }), termsFor(other)])
    expect(await house('POST', '/v1/reservations', { body, key })).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } })
  expect([(await stage.attempts(account)).length, (await stage.attempts(other)).length]).toEqual([1, 0])
})

test('twenty at once with one key: one reservation, and everybody hears of it', async () => {
  const account = await stage.account()
  for (const key of [newKey(), 'at once']) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => house('POST', '/v1/reservations', { body: termsFor(account), key })))
    expect(new Set(answers.map(({ status, body }) => `${status} ${String(body['id'])}`)).size).toBe(1)
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === null)).toHaveLength(1)
  }
  expect(await stage.attempts(account)).toHaveLength(2)
})

test('a refusal names the budget, what is needed and what would work; it holds nothing, and is final for its key', async () => {
  const account = await stage.account('free')
  const key = newKey()
  const body = termsFor(account, { model: 'gemini-2.5-flash', max_output_tokens: 60_000 })
  const answer = await house('POST', '/v1/reservations', { body, key })
  expect(answer).toMatchObject({
    status: 402,
    body: {
      type: '/docs#budget_exceeded',
      code: 'budget_exceeded',
      cap: { amount: '0.100000000', currency: 'EUR' },
      spent: { amount: '0.000000000' },
      reserved: { amount: '0.000000000' },
      remaining: { amount: '0.100000000' },
      what_would_work: [{ kind: 'top_up' }, { kind: 'fit', max_output_tokens: expect.any(Number) }],
    },
  })
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  expect(answer.body['budget']).toMatchObject({ id: expect.stringMatching(/^bdg_\d+$/), period: expect.stringMatching(/^\d{4}-\d\d$/) })
  expect(nanoOf(answer.body['needed'])).toBeGreaterThan(eur('0.1'))
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: 0n })
  expect(await house('POST', '/v1/reservations', { body, key })).toMatchObject({ status: 402 })
  const [, fit] = answer.body['what_would_work'] as { max_output_tokens: number }[]
  expect(await house('POST', '/v1/reservations', { body: { ...body, max_output_tokens: fit?.max_output_tokens } })).toMatchObject({
    status: 201,
  })
})

test('whom waiting helps is told how long', async () => {
  const account = await stage.account('free')
  const granted = await house('POST', '/v1/reservations', {
    body: termsFor(account, { model: 'gemini-2.5-flash', max_output_tokens: 30_000 }),
  })
  const answer = await house('POST', '/v1/reservations', {
    body: termsFor(account, { model: 'gemini-2.5-flash', max_output_tokens: 30_000 }),
  })
  expect([granted.status, answer.status]).toEqual([201, 402])
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(Date.parse(String(answer.body['resets_at']))).toBeGreaterThan(Date.now())
})

test('a refusal by a budget over more than the account says so to its key, without the figures of others', async () => {
  const account = await stage.account('corporate')
  const body = termsFor(account, { feature: 'shared', max_output_tokens: 60_000 })
  await createBudget(stage.ledger, {
    name: 'everybody’s secret',
    scope: { feature: 'shared' },
    isHard: true,
    periodKind: 'total',
    timeZone: 'UTC',
    cap: eur('0.01'),
    thresholds: [],
  })
  const ask = await api.caller({ account, scopes: ['reservations:write'] })
  const [told, all] = [await ask('POST', '/v1/reservations', { body }), await house('POST', '/v1/reservations', { body })]
  expect([told.status, told.body['budget'], told.body['cap'], all.status]).toEqual([402, null, undefined, 402])
  expect(JSON.stringify(told.body)).not.toContain('secret')
  expect(all.body).toMatchObject({ cap: { amount: '0.010000000' }, budget: { name: 'everybody’s secret' } })
  const small = await ask('POST', '/v1/reservations', { body: { ...body, max_output_tokens: 10 } })
  expect(small.status).toBe(201)
  expect(JSON.stringify(small.body)).not.toContain('secret')
})

test('what cannot be priced, paid or found is told apart', async () => {
  const account = await stage.account()
  const post = (change: Record<string, unknown>, key?: string) =>
    house('POST', '/v1/reservations', { body: termsFor(account, change), ...(key === undefined ? {} : { key }) })
  await stage.db.sql`
    insert into purser.price (provider, model, unit, pico_usd_per, effective_from, source, source_date)
    select p, 'twin', u, 1, '2026-01-01', 'test', '2026-01-01' from unnest(array['one', 'two']) p, unnest(array['input_text_tokens', 'output_text_tokens']) u`
  expect(await post({ model: 'nobody' })).toMatchObject({ status: 422, body: { code: 'unpriced_model' } })
  expect(await post({ tier: 'priority', model: 'twin', provider: 'one' })).toMatchObject({ status: 422, body: { code: 'unpriced_model' } })
  expect(await post({ model: 'twin' })).toMatchObject({ status: 422, body: { code: 'ambiguous_model', providers: ['one', 'two'] } })
  expect(await post({ model: 'twin', provider: 'two' })).toMatchObject({ status: 201, body: { provider: 'two' } })
  expect(await post({ account: 'nobody' })).toMatchObject({ status: 404, body: { code: 'unknown_account' } })
  expect(await post({}, keyFor('long ago', new Date(Date.now() - 40 * 86_400_000)))).toMatchObject({
    status: 410,
    body: { code: 'too_old' },
  })
  expect(await post({}, keyFor('to come', new Date(Date.now() + 3 * 86_400_000)))).toMatchObject({
    status: 400,
    body: { code: 'bad_input' },
  })
  const unknown = 'rsv_019ac8f27c5a4d2f9d0e7b4b2c6f1a3e'
  expect(await house('GET', `/v1/reservations/${unknown}`)).toMatchObject({ status: 404, body: { code: 'not_found' } })
  expect(await house('GET', '/v1/reservations/rsv_7')).toMatchObject({ status: 400, body: { errors: [{ field: 'params.id' }] } })
})

test('what is stopped is said to be, with its reason', async () => {
  const account = await stage.account()
  await stopScope(stage.ledger, { account }, 'the invoice is open')
  expect(await house('POST', '/v1/reservations', { body: termsFor(account) })).toMatchObject({
    status: 409,
    body: { code: 'stopped', detail: expect.stringContaining('the invoice is open') },
  })
})

test('a reservation of Temporal’s jobs is none of the API’s', async () => {
  const account = await stage.account()
  const costs = await openCosts({ env: { DATABASE_URL: stage.db.url, PURSER_HOME: stage.folder } })
  await costs.withCost(() => Promise.resolve({ value: 'x', usage: [{ unit: 'input_text_tokens', quantity: 5 }] }), {
    account,
    provider: 'gemini',
    model: MODEL,
    endpoint: 'chat',
    input: 10,
    maxOutputTokens: 10,
  })
  await costs.close()
  const [attempt] = await stage.attempts(account)
  expect(await house('GET', `/v1/reservations/${reservationRef(attempt?.id ?? '')}`)).toMatchObject({ status: 404 })
})
