import { expect, test } from 'vitest'
import { addRate } from '../../src/prices/rates.ts'
import { actsOf, refusedFor } from '../support/administration.ts'
import { openApiStage } from '../support/api.ts'
import { nanoOf, reservedBy, termsFor } from '../support/reservations.ts'

const { stage, api, house } = await openApiStage()

const set = (body: Record<string, unknown>) => house('POST', '/ai-spend/budget', { body, key: null })
const show = (query: string) => house('GET', `/ai-spend/budget?${query}`)

test('a feature’s budget is made by saying its limit, is in force at once, and is changed by saying another', async () => {
  const account = await stage.account()
  const made = await set({ feature: 'chat', monthly_limit: '100.00', alert_at: [50, 80, 95], account })
  expect(made).toMatchObject({
    status: 201,
    body: {
      id: expect.stringMatching(/^bdg_\d+$/),
      feature: 'chat',
      period: 'monthly',
      limit: '100.000000000',
      spent: '0.000000000',
      reserved: '0.000000000',
      remaining: '100.000000000',
      currency: 'EUR',
      alert_at: [50, 80, 95],
    },
  })
  const again = await set({ feature: 'chat', monthly_limit: '100.00', alert_at: [50, 80, 95], account })
  expect([again.status, again.body]).toEqual([200, made.body])
  const less = await set({ feature: 'chat', monthly_limit: '0.000000001', account })
  expect(less).toMatchObject({ status: 200, body: { id: made.body['id'], limit: '0.000000001' } })
  expect(await house('POST', '/v1/reservations', { body: termsFor(account) })).toMatchObject({
    status: 402,
    body: { budget: { id: made.body['id'] } },
  })
  expect(await house('POST', '/v1/reservations', { body: termsFor(account, { feature: 'other' }) })).toMatchObject({ status: 201 })
  // What changed something is noted, and nothing else.
  expect((await actsOf(house, made, again, less)).map(({ act }) => act)).toEqual(['budget.create', 'budget.update'])
})

test('it says how it stands: limit, spent, reserved and remaining, and they add up', async () => {
  const account = await stage.account()
  await set({ feature: 'chat', monthly_limit: 1, account })
  const path = await reservedBy(house, account)
  const { body } = await house('POST', `${path}/settle`, { body: { usage: { input_tokens: 1_000, output_tokens: 100 } } })
  const held = await house('POST', '/v1/reservations', { body: termsFor(account) })
  const now = (await show(`feature=chat&period=monthly&account=${account}`)).body as Record<string, string>
  const nanoIn = (name: string) => nanoOf({ amount: now[name], currency: 'EUR' })
  expect([nanoIn('limit'), nanoIn('spent'), nanoIn('reserved')]).toEqual([
    1_000_000_000n,
    nanoOf(body['cost']),
    nanoOf(held.body['amount']),
  ])
  expect(nanoIn('remaining')).toBe(nanoIn('limit') - nanoIn('spent') - nanoIn('reserved'))
})

test('a limit in dollars becomes euros once, at the newest rate; it is shown in either', async () => {
  const account = await stage.account()
  await addRate(stage.ledger, { day: new Date().toISOString().slice(0, 10), usdMicrosPerEur: 1_250_000n, source: 'a test', why: 'a test' })
  expect(await set({ feature: 'chat', monthly_limit: '100', currency: 'USD', account })).toMatchObject({
    status: 201,
    body: { limit: '100.000000000000', currency: 'USD' },
  })
  expect(await show(`feature=chat&account=${account}`)).toMatchObject({ status: 200, body: { limit: '80.000000000', currency: 'EUR' } })
  expect(await show(`feature=chat&account=${account}&currency=USD`)).toMatchObject({
    body: { limit: '100.000000000000', spent: '0.000000000000' },
  })
})

test('without an account it covers all of them, which only an admin of the installation may say; a bound key means its own', async () => {
  const account = await stage.account()
  const writer = await api.caller({ scopes: ['budgets:write'] })
  const all = { feature: 'everybody', monthly_limit: '5' }
  expect(await writer('POST', '/ai-spend/budget', { body: all })).toMatchObject({ status: 403 })
  expect(await set(all)).toMatchObject({ status: 201 })
  expect(await show('feature=everybody')).toMatchObject({ status: 200, body: { limit: '5.000000000' } })
  const bound = await api.caller({ account, scopes: ['budgets:write', 'budgets:read'] })
  expect(await bound('POST', '/ai-spend/budget', { body: { ...all, monthly_limit: '3' } })).toMatchObject({ status: 201 })
  expect(await bound('GET', '/ai-spend/budget?feature=everybody')).toMatchObject({ body: { limit: '3.000000000' } })
  expect(await show('feature=everybody')).toMatchObject({ body: { limit: '5.000000000' } })
  expect(await bound('GET', '/ai-spend/budget?feature=nothing')).toMatchObject({
    status: 404,
    body: { code: 'not_found', detail: `no monthly budget covers exactly the feature "nothing" of account "${account}"` },
  })
})

test('a soft budget over the same is another one, and stays: the limit that is said refuses', async () => {
  const account = await stage.account()
  const soft = {
    name: `soft ${account}`,
    scope: { account, feature: 'chat' },
    budget_amount: { amount: '9.00', currency: 'EUR' },
    kind: 'soft',
  }
  const { body } = await house('POST', '/v1/budgets', { body: soft })
  const hard = await set({ feature: 'chat', monthly_limit: '0.000000001', account })
  expect([hard.status, hard.body['id'] === body['id']]).toEqual([201, false])
  expect(await house('POST', '/v1/reservations', { body: termsFor(account) })).toMatchObject({ status: 402 })
  expect(await show(`feature=chat&account=${account}`)).toMatchObject({ body: { id: hard.body['id'] } })
  expect(await house('GET', `/v1/budgets/${String(body['id'])}`)).toMatchObject({ body: { kind: 'soft' } })
})

test('nobody can take the name that another’s budget will have; names never meet, however long they are', async () => {
  const [one, two] = [await stage.account(), await stage.account()]
  const scope = { account: one }
  const taken = { name: `ai-spend ${two}/chat`, scope, budget_amount: { amount: '1', currency: 'EUR' } }
  expect((await refusedFor(house, 'POST', '/v1/budgets', taken))[0]).toBe('body.name')
  expect(await set({ feature: 'chat', monthly_limit: '1', account: two })).toMatchObject({ status: 201 })
  const long = 'f'.repeat(99)
  const ids: unknown[] = []
  for (const feature of [`${long}a`, `${long}b`]) {
    const { status, body } = await set({ feature, monthly_limit: '1', account: two })
    expect(status).toBe(201)
    ids.push(body['id'])
  }
  for (const [feature, account] of [
    [`x of ${two}`, undefined],
    ['x', two],
  ] as const)
    ids.push((await set({ feature, monthly_limit: '1', ...(account === undefined ? {} : { account }) })).body['id'])
  expect(new Set(ids).size).toBe(4)
})

test('a limit that is said anew leaves what is told of as it was, unless that is said, too', async () => {
  const account = await stage.account()
  await set({ feature: 'chat', monthly_limit: '1', alert_at: [10, 20], account })
  expect(await set({ feature: 'chat', monthly_limit: '2', account })).toMatchObject({ body: { limit: '2.000000000', alert_at: [10, 20] } })
  expect(await set({ feature: 'chat', monthly_limit: '2', alert_at: [90], account })).toMatchObject({ body: { alert_at: [90] } })
  expect(await set({ feature: 'other', monthly_limit: '2', account })).toMatchObject({ body: { alert_at: [50, 80, 95, 100] } })
})

test('twenty who say the same limit at once make one budget', async () => {
  const account = await stage.account()
  const answers = await Promise.all(Array.from({ length: 20 }, () => set({ feature: 'rush', monthly_limit: '7', account })))
  expect(new Set(answers.map(({ status }) => status < 300 || status === 409))).toEqual(new Set([true]))
  const [row] = await stage.db.sql<{ count: bigint }[]>`
    select count(*) from purser.budget where scope = ${stage.db.sql.json({ account, feature: 'rush' })} and archived_at is null`
  expect(row?.count).toBe(1n)
})

test.for([
  [{ feature: 'chat' }, 'body.monthly_limit'],
  [{ feature: 'chat', monthly_limit: 0 }, 'body.monthly_limit'],
  [{ feature: 'chat', monthly_limit: '0.00' }, 'body.monthly_limit'],
  [{ feature: 'chat', monthly_limit: 99.5 }, 'body.monthly_limit'],
  [{ feature: 'chat', monthly_limit: '-1' }, 'body.monthly_limit'],
  [{ feature: 'chat', monthly_limit: '1e3' }, 'body.monthly_limit'],
  [{ feature: 'chat', monthly_limit: '9999999999' }, 'body.monthly_limit'],
  [{ feature: 'chat', monthly_limit: '1', currency: 'GBP' }, 'body.currency'],
  [{ feature: 'chat', monthly_limit: '1', alert_at: [0] }, 'body.alert_at.0'],
  [{ feature: '', monthly_limit: '1' }, 'body.feature'],
] as const)('refused: %j', async ([body, field]) => {
  expect((await refusedFor(house, 'POST', '/ai-spend/budget', body))[0]).toBe(field)
})
