import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { keyFor, newKey } from '../../src/calls/cost-key.ts'
import { reservationRef } from '../../src/domain/call.ts'
import { eur, type Money } from '../../src/domain/money.ts'
import { createBudget } from '../../src/ledger/budgets.ts'
import { stopScope } from '../../src/ledger/stop.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import { openCosts } from '../../src/with-cost.ts'
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
/** The path of a new reservation. */
const reserved = async (account: string): Promise<string> =>
  `/v1/reservations/${String((await house('POST', '/v1/reservations', { body: terms(account) })).body['id'])}`
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

test('a key that is bound to an account need not name it, and cannot name another', async () => {
  const [mine, other] = [await stage.account(), await stage.account()]
  const ask = await api.caller({ account: mine, scopes: ['reservations:write'] })
  const { account: _, ...unnamed } = terms(mine)
  expect(await ask('POST', '/v1/reservations', { body: unnamed })).toMatchObject({ status: 201, body: { account: mine } })
  expect(await ask('POST', '/v1/reservations', { body: terms(other) })).toMatchObject({ status: 403, body: { code: 'not_permitted' } })
  expect(await house('POST', '/v1/reservations', { body: unnamed })).toMatchObject({
    status: 400,
    body: { code: 'bad_input', errors: [{ field: 'body.account', message: 'is missing' }] },
  })
})

test('what belongs to another account is not there: not shown, not settled, not released', async () => {
  const [mine, other] = [await stage.account(), await stage.account()]
  const ask = await api.caller({ account: other, scopes: ['reservations:write'] })
  const path = await reserved(mine)
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
    const granted = await a('POST', '/v1/reservations', { body: terms(first), key })
    const again = await a('POST', '/v1/reservations', { body: terms(first), key })
    const others = await b('POST', '/v1/reservations', { body: terms(second), key })
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
  await house('POST', '/v1/reservations', { body: terms(account), key })
  for (const body of [terms(account, { max_output_tokens: 999 }), terms(account, { tier: 'flex' }), terms(other)])
    expect(await house('POST', '/v1/reservations', { body, key })).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } })
  expect([(await stage.attempts(account)).length, (await stage.attempts(other)).length]).toEqual([1, 0])
})

test('twenty at once with one key: one reservation, and everybody hears of it', async () => {
  const account = await stage.account()
  for (const key of [newKey(), 'at once']) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => house('POST', '/v1/reservations', { body: terms(account), key })))
    expect(new Set(answers.map(({ status, body }) => `${status} ${String(body['id'])}`)).size).toBe(1)
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === null)).toHaveLength(1)
  }
  expect(await stage.attempts(account)).toHaveLength(2)
})

test('a refusal names the budget, what is needed and what would work; it holds nothing, and is final for its key', async () => {
  const account = await stage.account('free')
  const key = newKey()
  const body = terms(account, { max_output_tokens: 1_000_000 })
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
  const granted = await house('POST', '/v1/reservations', { body: terms(account, { max_output_tokens: 200_000 }) })
  const answer = await house('POST', '/v1/reservations', { body: terms(account, { max_output_tokens: 200_000 }) })
  expect([granted.status, answer.status]).toEqual([201, 402])
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(Date.parse(String(answer.body['resets_at']))).toBeGreaterThan(Date.now())
})

test('a refusal by a budget over more than the account says so to its key, without the figures of others', async () => {
  const account = await stage.account('corporate')
  const body = terms(account, { feature: 'shared', max_output_tokens: 100_000 })
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

test('a settle that comes again has no effect; another usage is refused, and the first stands', async () => {
  const account = await stage.account()
  const path = await reserved(account)
  const usage = { input_tokens: 100, output_tokens: 50 }
  const first = await house('POST', `${path}/settle`, { body: { usage } })
  const again = await house('POST', `${path}/settle`, { body: { usage } })
  const other = await house('POST', `${path}/settle`, { body: { usage: { ...usage, output_tokens: 51 } } })
  expect([again.status, again.headers.get('idempotent-replayed'), again.body['cost']]).toEqual([200, 'true', first.body['cost']])
  expect(other).toMatchObject({ status: 409, body: { code: 'already_settled', cost: first.body['cost'] } })
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: nanoOf(first.body['cost']) })
})

test('ten settles at once, of one usage: booked once, and all hear it', async () => {
  const account = await stage.account()
  const path = await reserved(account)
  const body = { usage: { input_tokens: 100, output_tokens: 50 } }
  const answers = await Promise.all(Array.from({ length: 10 }, () => house('POST', `${path}/settle`, { body })))
  expect(new Set(answers.map(({ status, body: told }) => `${status} ${JSON.stringify(told['cost'])}`)).size).toBe(1)
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: nanoOf(answers[0]?.body['cost']) })
})

test('a usage may be told in the units of the price book, as a list of them, or not at all: then all of it is booked', async () => {
  const account = await stage.account()
  const units = [
    { input_text_tokens: 900, input_cached_tokens: 300, output_text_tokens: 200, output_thought_tokens: 100 },
    [
      { unit: 'input_text_tokens', quantity: 900 },
      { unit: 'input_cached_tokens', quantity: 300 },
      { unit: 'output_text_tokens', quantity: 200 },
      { unit: 'output_thought_tokens', quantity: 100 },
    ],
  ]
  const costs = []
  for (const usage of units) costs.push((await house('POST', `${await reserved(account)}/settle`, { body: { usage } })).body['cost'])
  expect(costs[0]).toEqual(costs[1])
  const unnamed = await house('POST', `${await reserved(account)}/settle`, { body: { usage: null } })
  expect(unnamed).toMatchObject({ status: 200, body: { state: 'settled', cost: unnamed.body['amount'], flags: ['usage_missing'] } })
})

test('a usage that cannot be read is refused, and nothing is lost: the money stays set aside until it is told', async () => {
  const account = await stage.account()
  const path = await reserved(account)
  const wrong = [
    {},
    [],
    'many',
    { input_tokens: -1 },
    { input_tokens: 1.5 },
    { input_tokens: '10' },
    { input_tokens: 1e300 },
    { elephants: 1 },
    { input_tokens: 0 },
  ]
  for (const usage of wrong)
    expect(await house('POST', `${path}/settle`, { body: { usage } })).toMatchObject({ status: 422, body: { code: 'usage_unreadable' } })
  expect(await house('GET', path)).toMatchObject({ body: { state: 'dispatched', cost: null } })
  expect(await house('POST', `${path}/settle`, { body: { usage: { input_tokens: 10, output_tokens: 5 } } })).toMatchObject({ status: 200 })
})

test('what answered decides the price, as its response names it', async () => {
  const account = await stage.account()
  const usage = { input_tokens: 1_000, output_tokens: 500 }
  const asAsked = await house('POST', `${await reserved(account)}/settle`, { body: { usage, model: `${MODEL}-001` } })
  const dearer = await house('POST', `${await reserved(account)}/settle`, { body: { usage, model: 'gemini-2.5-flash' } })
  expect([asAsked.body['flags'], dearer.body['flags']]).toEqual([[], ['other_model']])
  expect(nanoOf(dearer.body['cost'])).toBeGreaterThan(nanoOf(asAsked.body['cost']))
})

test('who has used more than he said is booked in full, and stopped: he, and nobody else', async () => {
  const [account, other] = [await stage.account(), await stage.account()]
  const settled = await house('POST', `${await reserved(account)}/settle`, {
    body: { usage: { input_tokens: 100_000, output_tokens: 50_000 } },
  })
  expect(nanoOf(settled.body['cost'])).toBeGreaterThan(nanoOf(settled.body['amount']))
  expect(await house('POST', '/v1/reservations', { body: terms(account) })).toMatchObject({
    status: 409,
    body: { code: 'stopped', detail: expect.stringContaining(`purser resume --scope account=${account},provider=gemini,model=${MODEL}`) },
  })
  expect(await house('POST', '/v1/reservations', { body: terms(other) })).toMatchObject({ status: 201 })
})

test('what was never sent, or refused without a bill, is given back on the caller’s word, which is kept', async () => {
  const account = await stage.account()
  for (const because of ['never_sent', 'rejected_unbilled']) {
    const path = await reserved(account)
    const key = newKey()
    const body = { because, why: 'the provider said 429' }
    const released = await house('POST', `${path}/release`, { body, key })
    expect(released).toMatchObject({
      status: 200,
      body: {
        state: 'rejected',
        why: expect.stringContaining('the caller says so: the provider said 429'),
        given_back: released.body['amount'],
      },
    })
    const again = await house('POST', `${path}/release`, { body, key })
    expect([again.status, again.headers.get('idempotent-replayed'), again.body]).toEqual([200, 'true', released.body])
    expect(await house('POST', `${path}/release`, { body: { ...body, why: 'another' }, key })).toMatchObject({ status: 422 })
  }
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: 0n })
})

test('a reason is needed to give money back, and what is settled is not given back', async () => {
  const account = await stage.account()
  const path = await reserved(account)
  for (const body of [{}, { because: 'timeout', why: 'x' }, { because: 'never_sent', why: ' ' }, { because: 'never_sent' }])
    expect(await house('POST', `${path}/release`, { body })).toMatchObject({ status: 400, body: { code: 'bad_input' } })
  await house('POST', `${path}/settle`, { body: { usage: { input_tokens: 10 } } })
  expect(await house('POST', `${path}/release`, { body: { because: 'never_sent', why: 'x' } })).toMatchObject({
    status: 409,
    body: { code: 'already_settled' },
  })
})

test('nobody settles: it is presumed spent, and an answer that comes later is booked all the same', async () => {
  const account = await stage.account()
  const path = await reserved(account)
  const id = (await stage.attempts(account))[0]?.id ?? ''
  await stage.db.sql`update purser.reservation set dispatched_at = dispatched_at - interval '20 minutes' where id = ${id}`
  for (let round = 0; round < 3; round += 1) await sweep(stage.ledger, 100)
  const presumed = await house('GET', path)
  expect(presumed).toMatchObject({ body: { state: 'presumed', cost: presumed.body['amount'] } })
  const settled = await house('POST', `${path}/settle`, { body: { usage: { input_tokens: 100, output_tokens: 50 } } })
  expect(settled).toMatchObject({ status: 200, body: { state: 'settled' } })
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: nanoOf(settled.body['cost']) })
})

test('an answer that comes after a release is booked: it was paid for', async () => {
  const account = await stage.account()
  const path = await reserved(account)
  await house('POST', `${path}/release`, { body: { because: 'never_sent', why: 'so I thought' } })
  const settled = await house('POST', `${path}/settle`, { body: { usage: { input_tokens: 100, output_tokens: 50 } } })
  expect(settled).toMatchObject({ status: 200, body: { state: 'settled' } })
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: nanoOf(settled.body['cost']) })
})

test('a settle leaves its receipt beside the blobs, so that a restored backup finds it', async () => {
  const account = await stage.account()
  const path = await reserved(account)
  await house('POST', `${path}/settle`, { body: { usage: { input_tokens: 100 } } })
  const [attempt] = await stage.attempts(account)
  expect(await stage.receiptFile(attempt?.id ?? '')).toBeDefined()
})

test('what cannot be priced, paid or found is told apart', async () => {
  const account = await stage.account()
  const post = (change: Record<string, unknown>, key?: string) =>
    house('POST', '/v1/reservations', { body: terms(account, change), ...(key === undefined ? {} : { key }) })
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
  expect(await house('POST', '/v1/reservations', { body: terms(account) })).toMatchObject({
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
