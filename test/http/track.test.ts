import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startApi, type Ask, type TestApi } from '../support/api.ts'
import { MODEL, nanoOf } from '../support/reservations.ts'
import { openStage, type Stage } from '../support/stage.ts'

let stage: Stage
let api: TestApi
let house: Ask

beforeAll(async () => {
  stage = await openStage()
  api = await startApi(stage)
  house = await api.caller()
  for (const provider of ['gemini', 'elsewhere'])
    await stage.db.sql`
      insert into purser.price (provider, model, unit, pico_usd_per, per, effective_from, source, source_date)
        select ${provider}, 'twins', unit, 1000000, 1, '2026-01-01T00:00:00Z', 'a test', '2026-01-01' from unnest(array['input_text_tokens', 'output_text_tokens']) as unit`
  await stage.db.sql`
    insert into purser.price (provider, model, unit, pico_usd_per, per, effective_from, source, source_date)
      values ('elsewhere', 'gpu', 'gpu_hours', 2000000000000, 1000000, '2026-01-01T00:00:00Z', 'a test', '2026-01-01')`
})
afterEach(() => stage.intact())
afterAll(async () => {
  await api.close()
  await stage.close()
})

const usage = { input_tokens: 1_500, output_tokens: 500 }
type Batch = { data: { key: string; state: string; error: { code: string } | null; usage: Record<string, unknown> | null }[] }

test('what was used is spent, once: its repeat hears the first answer, its key again hears that it was booked', async () => {
  const account = await stage.account()
  const body = { account, model: MODEL, usage, feature: 'chat' }
  const first = await house('POST', '/v1/track', { body, key: `order ${account}` })
  expect(first).toMatchObject({
    status: 201,
    body: {
      key: `order ${account}`,
      provider: 'gemini',
      endpoint: 'tracked',
      is_new: true,
      budgets: [{ overrun: { amount: '0.000000000' } }],
    },
  })
  const again = await house('POST', '/v1/track', { body, key: `order ${account}` })
  expect([again.status, again.headers.get('idempotent-replayed'), again.body]).toEqual([201, 'true', first.body])
  const at = String(first.body['at'])
  const named = await house('POST', '/v1/track', { body: { ...body, at, key: `order ${account}` } })
  expect(named).toMatchObject({ status: 200, body: { id: first.body['id'], is_new: false, cost: first.body['cost'] } })
  const other = await house('POST', '/v1/track', { body: { ...body, at, key: `order ${account}`, usage: { input_tokens: 1 } } })
  expect(other).toMatchObject({ status: 409, body: { code: 'conflict' } })
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: nanoOf(first.body['cost']) })
})

test('hours are told as decimal text, also when no budget could pay for them: they are over', async () => {
  const account = await stage.account()
  const body = { account, provider: 'elsewhere', model: 'gpu', usage: { gpu_hours: '2.5' }, at: '2026-11-03T14:30:00Z' }
  const { status, body: told } = await house('POST', '/v1/track', { body })
  const [budget] = told['budgets'] as { overrun: { amount: string } }[]
  expect([status, told['at'], nanoOf(budget?.overrun)]).toEqual([201, '2026-11-03T14:30:00.000Z', nanoOf(told['cost']) - 1_000_000_000n])
})

test('a usage that is none is refused by name, before anything is booked', async () => {
  const account = await stage.account()
  const right = { account, model: MODEL, usage }
  const wrong: [object, number, string][] = [
    [{ ...right, usage: {} }, 400, 'bad_input'],
    [{ ...right, usage: { elephants: 1 } }, 400, 'bad_input'],
    [{ ...right, usage: { input_tokens: 1.5 } }, 400, 'bad_input'],
    [{ ...right, usage: { input_tokens: -1 } }, 400, 'bad_input'],
    [{ ...right, usage: { input_tokens: 1, input_text_tokens: 1 } }, 400, 'bad_input'],
    [{ ...right, at: '2026-02-30T00:00:00Z' }, 400, 'bad_input'],
    [{ ...right, at: '0000-01-01T00:00:00Z' }, 400, 'bad_input'],
    [{ ...right, at: '2999-01-01T00:00:00Z' }, 400, 'bad_input'],
    [{ model: MODEL, usage }, 400, 'bad_input'],
    [{ ...right, account: 'nobody' }, 404, 'unknown_account'],
    [{ ...right, model: 'twins' }, 422, 'ambiguous_model'],
    [{ ...right, model: 'nothing' }, 422, 'unpriced_model'],
    [{ ...right, usage: { gpu_hours: '1' } }, 422, 'unpriced_model'],
  ]
  for (const [body, status, code] of wrong) expect(await house('POST', '/v1/track', { body })).toMatchObject({ status, body: { code } })
  expect((await stage.balance(account)).spent).toBe(0n)
})

test('a batch of all books all or nothing, and names every one that cannot be booked', async () => {
  const account = await stage.account()
  const good = { account, model: MODEL, usage }
  const usages = [
    { ...good, key: 'one' },
    { ...good, key: 'two', model: 'nothing' },
    { ...good, key: 'three', at: '2999-01-01T00:00:00Z' },
  ]
  const refused = await house('POST', '/v1/track/batch', { body: { usages } })
  expect(refused).toMatchObject({
    status: 422,
    body: { code: 'unpriced_model', errors: [{ field: 'body.usages.1' }, { field: 'body.usages.2' }] },
  })
  expect((await stage.balance(account)).spent).toBe(0n)
  const twice = await house('POST', '/v1/track/batch', { body: { usages: [usages[0], usages[0]] } })
  expect(twice).toMatchObject({ status: 400, body: { errors: [{ field: 'body.usages.1.key' }] } })
})

test('a batch of each books what can be booked, and says of the others why not; again, it books only what is missing', async () => {
  const [account, prefix] = [await stage.account(), randomUUID()]
  const at = '2026-11-20T10:00:00Z'
  const good = { account, model: MODEL, usage, at }
  const usages = [
    { ...good, key: `${prefix} 1` },
    { ...good, key: `${prefix} 2`, model: 'twins' },
    { ...good, key: `${prefix} 3`, account: 'nobody' },
    { ...good, key: `${prefix} 4`, usage: { input_tokens: 7 } },
  ]
  const first = await house('POST', '/v1/track/batch', { body: { mode: 'each', usages } })
  const states = (body: unknown) => (body as Batch).data.map(({ state, error }) => error?.code ?? state)
  expect([first.status, states(first.body)]).toEqual([200, ['booked', 'ambiguous_model', 'unknown_account', 'booked']])
  expect(first.body).toMatchObject({ booked: 2, known: 0, failed: 2 })
  const mended = usages.map((one) => ({ ...one, account, provider: 'gemini' }))
  const second = await house('POST', '/v1/track/batch', { body: { mode: 'each', usages: mended } })
  expect(states(second.body)).toEqual(['known', 'booked', 'booked', 'known'])
  const costs = (second.body as unknown as Batch).data.map(({ usage: booked }) => nanoOf(booked?.['cost']))
  expect((await stage.balance(account)).spent).toBe(costs.reduce((sum, cost) => sum + cost))
})

test('a thousand at once are one commit; one more is refused', async () => {
  const [account, prefix] = [await stage.account(), randomUUID()]
  const usages = Array.from({ length: 1_001 }, (_, i) => ({ key: `${prefix} ${i}`, account, model: MODEL, usage: { input_tokens: i + 1 } }))
  expect(await house('POST', '/v1/track/batch', { body: { usages } })).toMatchObject({ status: 400, body: { code: 'bad_input' } })
  const { status, body } = await house('POST', '/v1/track/batch', { body: { usages: usages.slice(1) } })
  expect([status, body['booked'], body['failed']]).toEqual([200, 1_000, 0])
  const costs = (body as unknown as Batch).data.map(({ usage: booked }) => nanoOf(booked?.['cost']))
  expect((await stage.balance(account)).spent).toBe(costs.reduce((sum, cost) => sum + cost))
})

test('who reserves beside a batch of a thousand for the same account is granted', async () => {
  const [account, prefix] = [await stage.account(), randomUUID()]
  const usages = Array.from({ length: 1_000 }, (_, i) => ({ key: `${prefix} ${i}`, account, model: MODEL, usage: { input_tokens: 1 } }))
  const state = { isBooked: false }
  const batch = house('POST', '/v1/track/batch', { body: { usages } }).finally(() => (state.isBooked = true))
  const answers: number[] = []
  while (!state.isBooked) {
    const body = { account, model: MODEL, input_tokens_max: 1, max_output_tokens: 1 }
    answers.push((await house('POST', '/v1/reservations', { body })).status)
  }
  expect((await batch).status).toBe(200)
  expect(answers).toEqual(answers.map(() => 201))
})

const batch = (order: readonly string[]) => ({
  usages: order.flatMap((account) => Array.from({ length: 10 }, () => ({ key: randomUUID(), account, model: MODEL, usage }))),
})

test('batches that share budgets, the other way round, all come through', async () => {
  const accounts = [await stage.account(), await stage.account(), await stage.account()]
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, i) => house('POST', '/v1/track/batch', { body: batch(i % 2 === 0 ? accounts : accounts.toReversed()) })),
  )
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
})

test('a key that is bound to an account books for no other, has names of its own, and sees no budget of others', async () => {
  const [mine, other, key] = [await stage.account(), await stage.account(), randomUUID()]
  const [ask, theirs] = [await api.caller({ account: mine, scopes: ['track:write'] }), await api.caller({ account: other })]
  const body = { model: MODEL, usage, key }
  const first = await ask('POST', '/v1/track', { body })
  expect(first).toMatchObject({ status: 201, body: { account: mine, key, budgets: [{ name: expect.stringContaining(mine) }] } })
  expect(await theirs('POST', '/v1/track', { body })).toMatchObject({ status: 201, body: { account: other, key } })
  expect(await ask('POST', '/v1/track', { body: { ...body, account: other } })).toMatchObject({ status: 403 })
  const usages = [{ ...body }, { ...body, key: randomUUID(), account: other }]
  expect(await ask('POST', '/v1/track/batch', { body: { usages, mode: 'each' } })).toMatchObject({ status: 403 })
  expect((await stage.balance(mine)).spent).toBe(nanoOf(first.body['cost']))
})

test('the short form finds the provider from the model; a name of two providers is refused', async () => {
  const account = await stage.account()
  const body = { model: MODEL, ...usage, metadata: { account, feature: 'chat' } }
  const first = await house('POST', '/ai-spend/track', { body, key: null })
  expect(first).toMatchObject({
    status: 201,
    body: { provider: 'gemini', model: MODEL, currency: 'EUR', cost: expect.stringMatching(/^0\.\d{9}$/) },
  })
  await house('POST', '/ai-spend/track', { body, key: null })
  const keyed = randomUUID()
  for (let i = 0; i < 2; i += 1) await house('POST', '/ai-spend/track', { body, key: keyed })
  expect((await stage.balance(account)).spent).toBe(3n * nanoOf({ amount: first.body['cost'] }))
  const ambiguous = await house('POST', '/ai-spend/track', { body: { ...body, model: 'twins' } })
  expect(ambiguous).toMatchObject({ status: 422, body: { code: 'ambiguous_model', providers: ['elsewhere', 'gemini'] } })
  expect(await house('POST', '/ai-spend/track', { body: { ...body, metadata: { feature: 'chat' } } })).toMatchObject({ status: 400 })
})
