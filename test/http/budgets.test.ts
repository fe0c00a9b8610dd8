import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { showBudget } from '../../src/ledger/budgets.ts'
import { actsOf, allOf, doneOnce, eurOf, refusedFor } from '../support/administration.ts'
import { openApiStage, type ApiAnswer, type Ask } from '../support/api.ts'
import { nanoOf, reservedBy, termsFor } from '../support/reservations.ts'

const { stage, api, house } = await openApiStage()

const budgetOver = (account: string, change: Record<string, unknown> = {}) => ({
  name: `chat ${randomUUID()}`,
  scope: { account, feature: 'chat' },
  budget_amount: eurOf('0.50'),
  ...change,
})
const made = async (ask: Ask, account: string, change: Record<string, unknown> = {}): Promise<ApiAnswer> => {
  const answer = await ask('POST', '/v1/budgets', { body: budgetOver(account, change) })
  expect(answer.status).toBe(201)
  return answer
}
const pathOf = ({ body }: ApiAnswer): string => `/v1/budgets/${String(body['id'])}`
const seen = (answer: ApiAnswer) => ({ 'if-match': answer.headers.get('etag') ?? '' })
const reserve = (account: string, change: Record<string, unknown> = {}) =>
  house('POST', '/v1/reservations', { body: termsFor(account, change) })

test('a budget is made once, and is in force for the next reservation', async () => {
  const account = await stage.account()
  const body = budgetOver(account, { budget_amount: eurOf('0.000000001') })
  const first = await doneOnce(house, ['POST', '/v1/budgets', body], 'budget.create', { kind: 'soft' })
  expect(first).toMatchObject({
    status: 201,
    body: {
      id: expect.stringMatching(/^bdg_\d+$/),
      scope: { account, feature: 'chat' },
      kind: 'hard',
      period: 'month',
      time_zone: 'UTC',
      thresholds: [50, 80, 95, 100],
      plan: null,
      phase: 'current',
      revision: 1,
    },
  })
  expect(first.headers.get('etag')).toBe('"1"')
  const same = await house('POST', '/v1/budgets', { body })
  expect([same.status, same.body['id'], await actsOf(house, same)]).toEqual([200, first.body['id'], []])
  expect(await house('POST', '/v1/budgets', { body: { ...body, kind: 'soft' } })).toMatchObject({
    status: 409,
    body: { code: 'conflict', detail: expect.stringContaining('with other terms (hard or soft)') },
  })
  expect(await reserve(account)).toMatchObject({ status: 402, body: { budget: { id: first.body['id'] } } })
  expect(await reserve(account, { feature: 'other' })).toMatchObject({ status: 201 })
})

test('a budget says how it stands: amount, spending, what is reserved and left, how much of it is used, and whether it is exceeded', async () => {
  const account = await stage.account()
  const budget = await made(house, account, { budget_amount: eurOf('0.001') })
  const path = await reservedBy(house, account)
  const settled = await house('POST', `${path}/settle`, { body: { usage: { input_tokens: 1_000, output_tokens: 500 } } })
  const spent = nanoOf(settled.body['cost'])
  const open = await reserve(account, { max_output_tokens: 10 })
  const now = await house('GET', pathOf(budget))
  expect(now.body).toMatchObject({
    budget_id: budget.body['id'],
    budget_amount: eurOf('0.001000000'),
    current_spending: settled.body['cost'],
    reserved: open.body['amount'],
    status: 'within_budget',
  })
  expect(nanoOf(now.body['remaining'])).toBe(1_000_000n - spent - nanoOf(open.body['amount']))
  // To the nearest hundredth of a percent: a thousandth of a euro has a million nano-EUR.
  const hundredths = (spent + 50n) / 100n
  expect(now.body['percentage_used']).toBe(`${hundredths / 100n}.${String(hundredths % 100n).padStart(2, '0')}`)
  const cut = await house('PATCH', pathOf(budget), { body: { budget_amount: eurOf('0.0001'), reason: 'less' }, headers: seen(now) })
  expect(cut.body).toMatchObject({ status: 'exceeded', budget_amount: eurOf('0.000100000') })
  expect(nanoOf(cut.body['remaining'])).toBeLessThan(0n)
  const [overrun] = await stage.db.sql<
    { kind: string }[]
  >`select o.kind from purser.outbox o join purser.budget_period p on p.id = o.budget_period_id
    where p.budget_id = ${Number(String(budget.body['id']).slice(4))} and o.kind = 'overrun'`
  expect(overrun).toEqual({ kind: 'overrun' })
  expect(await reserve(account, { max_output_tokens: 10 })).toMatchObject({ status: 402 })
})

describe('the terms of a budget', () => {
  test('are changed once by who has seen them, with an act that says what they were', async () => {
    const account = await stage.account()
    const budget = await made(house, account, { budget_amount: eurOf('0.000000001') })
    expect((await reserve(account)).status).toBe(402)
    const change = { budget_amount: eurOf('0.75'), thresholds: [90, 90, 10], reason: 'a larger order' }
    const updated = await doneOnce(house, ['PATCH', pathOf(budget), change, seen(budget)], 'budget.update')
    expect(updated).toMatchObject({
      status: 200,
      body: { budget_amount: eurOf('0.750000000'), thresholds: [10, 90], revision: 2, kind: 'hard' },
    })
    expect(updated.headers.get('etag')).toBe('"2"')
    const [act] = await actsOf(house, updated)
    expect(act).toMatchObject({
      account,
      what: { before: { budget_amount: eurOf('0.000000001') }, after: { budget_amount: eurOf('0.750000000') }, reason: 'a larger order' },
    })
    expect((await reserve(account)).status).toBe(201)
    const same = await house('PATCH', pathOf(budget), { body: { thresholds: [90, 10], reason: 'the same' }, headers: seen(updated) })
    expect([same.status, same.headers.get('etag'), await actsOf(house, same)]).toEqual([200, '"2"', []])
  })

  test('are not changed by who has seen older ones, or does not say which: he hears how they are', async () => {
    const account = await stage.account()
    const budget = await made(house, account)
    const change = { budget_amount: eurOf('0.75'), reason: 'x' }
    const first = await house('PATCH', pathOf(budget), { body: change, headers: seen(budget) })
    for (const ifMatch of [budget.headers.get('etag') ?? '', 'W/"2"', '2', '*', '"0"', 'x']) {
      const stale = await house('PATCH', pathOf(budget), {
        body: { budget_amount: eurOf('9'), reason: 'y' },
        headers: { 'if-match': ifMatch },
      })
      expect(stale).toMatchObject({
        status: 412,
        body: { code: 'precondition_failed', budget: { revision: 2, budget_amount: eurOf('0.750000000') } },
      })
      expect(stale.headers.get('etag')).toBe(first.headers.get('etag'))
    }
    const blind = await house('PATCH', pathOf(budget), { body: change })
    expect(blind).toMatchObject({ status: 428, body: { code: 'precondition_required', detail: expect.stringContaining('If-Match') } })
    expect((await house('GET', pathOf(budget))).body).toMatchObject({ revision: 2, budget_amount: eurOf('0.750000000') })
  })

  test('of ten who have seen the same, one changes them', async () => {
    const budget = await made(house, await stage.account())
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        house('PATCH', pathOf(budget), { body: { budget_amount: eurOf(`1.0${i}`), reason: `the ${i}th` }, headers: seen(budget) }),
      ),
    )
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, ...Array.from({ length: 9 }, () => 412)])
    const [winner] = answers.filter(({ status }) => status === 200)
    expect((await house('GET', pathOf(budget))).body['budget_amount']).toEqual(winner?.body['budget_amount'])
  })

  test('of a plan say what may be changed, and where the rest is', async () => {
    const account = await stage.account()
    const [plan] = (await house('GET', `/v1/budgets?account=${account}`)).body['data'] as { id: string; revision: number; plan: string }[]
    const path = `/v1/budgets/${plan?.id}`
    const headers = { 'if-match': `"${plan?.revision}"` }
    for (const change of [{ budget_amount: eurOf('9') }, { kind: 'soft' }])
      expect(await house('PATCH', path, { body: { ...change, reason: 'x' }, headers })).toMatchObject({
        status: 409,
        body: { code: 'conflict', detail: expect.stringContaining(`is the plan of account "${account}"`) },
      })
    expect(await house('POST', `${path}/archive`, { body: { reason: 'x' } })).toMatchObject({ status: 409, body: { code: 'conflict' } })
    expect(await house('PATCH', path, { body: { thresholds: [75], reason: 'x' }, headers })).toMatchObject({
      status: 200,
      body: { thresholds: [75], plan: 'paid' },
    })
  })
})

test('an archived budget refuses nothing any more, and its terms are the past', async () => {
  const account = await stage.account()
  const budget = await made(house, account, { budget_amount: eurOf('0.000000001') })
  expect((await reserve(account)).status).toBe(402)
  const archived = await doneOnce(house, ['POST', `${pathOf(budget)}/archive`, { reason: 'over' }], 'budget.archive')
  expect(archived).toMatchObject({ status: 200, body: { phase: 'archived', archived_at: expect.any(String) } })
  expect((await reserve(account)).status).toBe(201)
  const again = await house('POST', `${pathOf(budget)}/archive`, { body: { reason: 'over' } })
  expect([again.status, await actsOf(house, again)]).toEqual([200, []])
  for (const [method, path, body] of [
    ['PATCH', pathOf(budget), { budget_amount: eurOf('9'), reason: 'x' }],
    ['POST', '/v1/top-ups', { budget_id: budget.body['id'], amount: eurOf('1'), reason: 'x' }],
  ] as const)
    expect(await house(method, path, { body, headers: seen(budget) })).toMatchObject({ status: 409, body: { code: 'conflict' } })
})

describe('a top-up', () => {
  test('adds to the period of now, once; a cut below what is used is an overrun', async () => {
    const account = await stage.account('free')
    const body = { account, amount: eurOf('0.25'), reason: 'a gift' }
    const topped = await doneOnce(house, ['POST', '/v1/top-ups', body], 'budget.top_up')
    expect(topped).toMatchObject({ status: 200, body: { plan: 'free', budget_amount: eurOf('0.350000000') } })
    await reservedBy(house, account)
    const cut = await house('POST', '/v1/top-ups', { body: { ...body, amount: eurOf('-0.349999999') } })
    expect(cut).toMatchObject({ status: 200, body: { budget_amount: eurOf('0.000000001'), status: 'exceeded' } })
    expect((await stage.balance(account)).overrun).toBeGreaterThan(0n)
    expect(await house('POST', '/v1/top-ups', { body: { ...body, amount: eurOf('-1') } })).toMatchObject({
      status: 400,
      body: { detail: 'a cap cannot be cut below zero' },
    })
  })

  test('of another budget names it, and stays on top of another amount', async () => {
    const budget = await made(house, await stage.account())
    const body = { budget_id: budget.body['id'], amount: eurOf('0.25'), reason: 'a gift' }
    expect(await house('POST', '/v1/top-ups', { body })).toMatchObject({ body: { budget_amount: eurOf('0.750000000'), revision: 1 } })
    const change = { body: { budget_amount: eurOf('1'), reason: 'x' }, headers: seen(budget) }
    expect(await house('PATCH', pathOf(budget), change)).toMatchObject({ body: { budget_amount: eurOf('1.250000000') } })
  })

  test('names one budget, an amount and a reason; a plan’s is the installation’s', async () => {
    const account = await stage.account()
    const body = { account, amount: eurOf('1'), reason: 'x' }
    const post = (change: Record<string, unknown>) => refusedFor(house, 'POST', '/v1/top-ups', { ...body, ...change })
    expect(await post({ budget_id: 'bdg_1' })).toEqual(['body', 'say either `budget_id`, or `account` for its plan'])
    expect(await post({ account: undefined, budget_id: 'acme' })).toEqual(['body.budget_id', 'is no id of a budget: one looks like bdg_7'])
    expect(await post({ amount: eurOf('0.00') })).toEqual(['body.amount', 'a change of nothing is none'])
    expect(await post({ amount: { amount: 1, currency: 'EUR' } })).toEqual([
      'body.amount.amount',
      'write an amount as text, like "0.10": a JSON number may lose a digit',
    ])
    expect((await post({ reason: ' ' }))[0]).toBe('body.reason')
    for (const [change, code] of [
      [{ account: 'nobody' }, 'unknown_account'],
      [{ account: undefined, budget_id: 'bdg_2147483647' }, 'not_found'],
    ] as const)
      expect(await house('POST', '/v1/top-ups', { body: { ...body, ...change } })).toMatchObject({ status: 404, body: { code } })
    const bound = await api.caller({ account })
    const [plan] = (await bound('GET', '/v1/budgets')).body['data'] as { id: string }[]
    for (const of of [{ account }, { account: undefined, budget_id: plan?.id }])
      expect(await bound('POST', '/v1/top-ups', { body: { ...body, ...of } })).toMatchObject({
        status: 403,
        body: { code: 'not_permitted' },
      })
    expect(await stage.balance(account)).toMatchObject({ cap: 1_000_000_000n })
  })
})

test('what is wrong with a budget is said field by field', async () => {
  const account = await stage.account()
  const post = (change: Record<string, unknown>) => refusedFor(house, 'POST', '/v1/budgets', budgetOver(account, change))
  expect(await post({ name: '12' })).toEqual(['body.name', 'a number would be taken for an id: write a name'])
  expect(await post({ budget_amount: eurOf('0') })).toEqual(['body.budget_amount', 'write an amount above zero'])
  expect(await post({ budget_amount: eurOf('1000000000.000000001') })).toEqual([
    'body.budget_amount',
    'is too much: 1000000000 EUR at most',
  ])
  expect(await post({ budget_amount: { amount: '1', currency: 'USD' } })).toEqual(['body.budget_amount.currency', 'only EUR'])
  expect(await post({ period: 'year' })).toEqual(['body.period', 'a period is day, month or total'])
  expect(await post({ time_zone: '+01:00' })).toEqual(['body.time_zone', 'write a time zone like Europe/Berlin'])
  expect(await post({ starts_at: '2026-12-01' })).toEqual(['body.starts_at', 'write a moment like 2026-12-01T00:00:00Z'])
  expect((await post({ thresholds: [0] }))[0]).toBe('body.thresholds.0')
  expect((await post({ scope: { colour: 'red' } }))[0]).toBe('body.scope')
  expect(await house('POST', '/v1/budgets', { body: budgetOver(account, { ends_at: '2027-01-01T00:00:00Z' }) })).toMatchObject({
    status: 400,
    body: { detail: expect.stringContaining('only a total budget has a beginning and an end') },
  })
  expect(await house('POST', '/v1/budgets', { body: budgetOver('nobody') })).toMatchObject({
    status: 404,
    body: { code: 'unknown_account' },
  })
  const budget = await made(house, account)
  const patch = (change: Record<string, unknown>) => refusedFor(house, 'PATCH', pathOf(budget), { reason: 'x', ...change }, seen(budget))
  expect(await patch({})).toEqual(['body', 'names nothing that changes'])
  expect((await patch({ kind: 'soft', reason: undefined }))[0]).toBe('body.reason')
  expect((await patch({ name: 'another' }))[0]).toBe('body')
  for (const path of ['/v1/budgets/bdg_0', '/v1/budgets/12']) expect((await refusedFor(house, 'GET', path, undefined))[0]).toBe('params.id')
  for (const [method, path] of [
    ['GET', ''],
    ['PATCH', ''],
    ['POST', '/archive'],
  ] as const)
    expect(
      await house(method, `/v1/budgets/bdg_2147483647${path}`, {
        headers: { 'if-match': '"1"' },
        ...(method === 'GET' ? {} : { body: method === 'PATCH' ? { kind: 'soft', reason: 'x' } : { reason: 'x' } }),
      }),
    ).toMatchObject({ status: 404, body: { code: 'not_found', detail: 'there is no such budget' } })
})

test('budgets are listed once each, a page at a time, archived ones only when asked for', async () => {
  const account = await stage.account()
  const budgets = []
  for (let i = 0; i < 4; i += 1) budgets.push(await made(house, account))
  const listed = await allOf(house, `/v1/budgets?account=${account}&limit=2`)
  expect([listed.pages, listed.ids.slice(1)]).toEqual([3, budgets.map(({ body }) => body['id'])])
  const bound = await api.caller({ account, scopes: ['budgets:read'] })
  expect((await allOf(bound, '/v1/budgets?limit=5')).ids).toEqual(listed.ids)
  await house('POST', `${pathOf(budgets[0] as ApiAnswer)}/archive`, { body: { reason: 'x' } })
  expect((await allOf(bound, '/v1/budgets?limit=2&archived=false')).ids).toHaveLength(4)
  expect((await allOf(bound, '/v1/budgets?limit=2&archived=true')).ids).toEqual(listed.ids)
})

test('a key that is bound to an account makes budgets of this account alone, and hears of no other’s by its name', async () => {
  const [mine, other] = [await stage.account(), await stage.account()]
  const ask = await api.caller({ account: mine, scopes: ['budgets:write'] })
  const own = await made(ask, mine, { scope: {} })
  expect(own.body['scope']).toEqual({ account: mine })
  expect(await ask('POST', '/v1/budgets', { body: budgetOver(other) })).toMatchObject({ status: 403, body: { code: 'not_permitted' } })
  const [plan] = (await house('GET', `/v1/budgets?account=${other}`)).body['data'] as { name: string }[]
  const taken = await ask('POST', '/v1/budgets', { body: budgetOver(mine, { name: plan?.name }) })
  expect(taken).toMatchObject({ status: 409, body: { code: 'conflict', detail: expect.stringContaining('take another name') } })
  expect(JSON.stringify(taken.body)).not.toContain(`account "${other}"`)
  const wide = await api.caller({ scopes: ['budgets:write'] })
  expect(await wide('POST', '/v1/budgets', { body: budgetOver(mine, { scope: {} }) })).toMatchObject({
    status: 403,
    body: { code: 'not_permitted', needed_scope: 'admin' },
  })
  expect(await showBudget(stage.ledger, { id: Number(String(own.body['id']).slice(4)) })).toMatchObject({ revision: 1 })
})
