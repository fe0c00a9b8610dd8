import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { actsOf, allOf, doneOnce, eurOf, refusedFor } from '../support/administration.ts'
import { openApiStage } from '../support/api.ts'
import { termsFor } from '../support/reservations.ts'

const { stage, api, house } = await openApiStage()
const newName = (what: string): string => `${what}_${randomUUID().slice(0, 8)}`
const reserve = (account: string) => house('POST', '/v1/reservations', { body: termsFor(account) })

describe('an account', () => {
  test('is made once, with its plan’s budget, and can pay at once', async () => {
    const id = newName('acc')
    const body = { id, plan: 'paid', time_zone: 'Europe/Berlin', opening: { amount: eurOf('0.40'), reason: 'moved in' } }
    const first = await doneOnce(house, ['POST', '/v1/accounts', body], 'account.create', { plan: 'free' })
    expect(first).toMatchObject({
      status: 201,
      body: {
        id,
        plan: 'paid',
        time_zone: 'Europe/Berlin',
        status: 'active',
        budgets: [{ plan: 'paid', budget_amount: eurOf('1.000000000'), current_spending: eurOf('0.400000000'), percentage_used: '40.00' }],
      },
    })
    const same = await house('POST', '/v1/accounts', { body })
    expect([same.status, await actsOf(house, same)]).toEqual([200, []])
    for (const other of [{ plan: 'free' }, { time_zone: 'UTC' }, { opening: { amount: eurOf('0.50'), reason: 'x' } }])
      expect(await house('POST', '/v1/accounts', { body: { ...body, ...other } })).toMatchObject({
        status: 409,
        body: { code: 'account_conflict', detail: expect.stringContaining(`account "${id}" exists`) },
      })
    expect(await house('GET', `/v1/accounts/${id}`)).toMatchObject({ status: 200, body: { id, budgets: first.body['budgets'] } })
    expect((await reserve(id)).status).toBe(201)
  })

  test('begins its months where the installation does, unless it says where', async () => {
    const id = newName('acc')
    const made = await house('POST', '/v1/accounts', { body: { id, plan: 'free' } })
    expect(made.body['time_zone']).toBe(stage.config.PURSER_TIME_ZONE)
  })

  test('that is suspended reserves nothing until it is active again', async () => {
    const id = await stage.account()
    const suspended = await doneOnce(house, ['POST', `/v1/accounts/${id}/suspend`, { reason: 'unpaid' }], 'account.suspend')
    expect(suspended).toMatchObject({ status: 200, body: { id, status: 'suspended' } })
    expect(await reserve(id)).toMatchObject({ status: 409, body: { code: 'stopped' } })
    const active = await doneOnce(house, ['POST', `/v1/accounts/${id}/activate`, { reason: 'paid' }], 'account.activate')
    expect([active.body['status'], (await reserve(id)).status]).toEqual(['active', 201])
    expect((await actsOf(house, suspended, active)).map(({ act, account, what }) => [act, account, what['reason']])).toEqual([
      ['account.suspend', id, 'unpaid'],
      ['account.activate', id, 'paid'],
    ])
  })

  test('that is wrong, not there, or on a plan that is not, is told so', async () => {
    const post = (body: Record<string, unknown>) => refusedFor(house, 'POST', '/v1/accounts', body)
    expect(await post({ id: 'a b', plan: 'paid' })).toEqual(['body.id', 'letters, digits and . _ : @ -, 100 at most'])
    expect(await post({ id: 'ab' })).toEqual(['body.plan', 'is missing'])
    expect(await post({ id: 'ab', plan: 'paid', time_zone: 'Mars' })).toEqual(['body.time_zone', 'write a time zone like Europe/Berlin'])
    expect(await post({ id: 'ab', plan: 'paid', opening: { amount: eurOf('-1'), reason: 'x' } })).toEqual([
      'body.opening.amount',
      'write an amount above zero',
    ])
    expect((await refusedFor(house, 'POST', `/v1/accounts/${await stage.account()}/suspend`, {}))[0]).toBe('body.reason')
    expect(await house('POST', '/v1/accounts', { body: { id: newName('acc'), plan: 'nobody’s' } })).toMatchObject({
      status: 404,
      body: { code: 'unknown_plan', detail: expect.stringContaining('choose one of corporate, free, paid') },
    })
    for (const [method, path] of [
      ['GET', ''],
      ['POST', '/suspend'],
      ['POST', '/activate'],
    ] as const)
      expect(await house(method, `/v1/accounts/nobody${path}`, method === 'GET' ? {} : { body: { reason: 'x' } })).toMatchObject({
        status: 404,
        body: { code: 'unknown_account' },
      })
  })

  test('is listed once, a page at a time; a key that is bound to one sees this one alone, and changes nothing', async () => {
    const account = await stage.account()
    for (let i = 0; i < 3; i += 1) await stage.account()
    const all = await stage.db.sql<{ id: string }[]>`select id from purser.account order by id`
    expect((await allOf(house, '/v1/accounts?limit=2')).ids).toEqual(all.map(({ id }) => id))
    const bound = await api.caller({ account })
    expect(await bound('GET', `/v1/accounts/${account}`)).toMatchObject({ status: 200, body: { id: account } })
    for (const [method, path, body] of [
      ['GET', '/v1/accounts', undefined],
      ['POST', '/v1/accounts', { id: newName('acc'), plan: 'corporate' }],
      ['POST', `/v1/accounts/${account}/suspend`, { reason: 'x' }],
      ['POST', `/v1/accounts/${account}/activate`, { reason: 'x' }],
    ] as const)
      expect(await bound(method, path, { body })).toMatchObject({ status: 403, body: { code: 'not_permitted' } })
  })
})

const version = (change: Record<string, unknown> = {}) => ({ monthly_amount: eurOf('2'), reason: 'a better offer', ...change })
const day = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

describe('a plan', () => {
  test('that is not there is made by its first version; an account on it may spend so much', async () => {
    const plan = newName('plan')
    const path = `/v1/plans/${plan}/versions`
    const first = await doneOnce(house, ['POST', path, version()], 'plan.set')
    expect(first).toMatchObject({
      status: 200,
      body: {
        id: plan,
        versions: [{ monthly_amount: eurOf('2.000000000'), presumed_costs: 'account', state: 'in_force', reason: 'a better offer' }],
      },
    })
    const same = await house('POST', path, { body: version() })
    expect([same.status, same.body, await actsOf(house, same)]).toEqual([200, first.body, []])
    const account = newName('acc')
    expect(await house('POST', '/v1/accounts', { body: { id: account, plan } })).toMatchObject({
      body: { budgets: [{ budget_amount: eurOf('2.000000000') }] },
    })
    const more = await house('POST', path, { body: version({ monthly_amount: eurOf('3'), presumed_costs: 'house' }) })
    expect(more).toMatchObject({ body: { versions: [{ state: 'past' }, { state: 'in_force', presumed_costs: 'house' }] } })
    // Months that have begun keep what they have.
    expect(await house('GET', `/v1/accounts/${account}`)).toMatchObject({ body: { budgets: [{ budget_amount: eurOf('2.000000000') }] } })
    expect(await house('GET', `/v1/plans/${plan}`)).toMatchObject({ status: 200, body: more.body })
  })

  test('takes a version from a day on that is to come, once', async () => {
    const plan = newName('plan')
    const path = `/v1/plans/${plan}/versions`
    await house('POST', path, { body: version() })
    const later = version({ monthly_amount: eurOf('4'), from: day(40) })
    expect(await house('POST', path, { body: later })).toMatchObject({
      body: { versions: [{ state: 'in_force' }, { state: 'later', from: day(40) }] },
    })
    expect(await house('POST', path, { body: later })).toMatchObject({ status: 200, body: { versions: { length: 2 } } })
    expect(await house('POST', path, { body: { ...later, monthly_amount: eurOf('5') } })).toMatchObject({
      status: 409,
      body: { code: 'conflict', detail: expect.stringContaining('versions stay as they are, so name another day') },
    })
    expect(await house('POST', path, { body: version({ monthly_amount: eurOf('5'), from: day(-40) }) })).toMatchObject({
      status: 400,
      body: { code: 'bad_input', detail: expect.stringContaining('months that have begun keep their cap') },
    })
  })

  test('that is wrong or not there is told so; plans are listed once, and are nobody’s but the installation’s', async () => {
    const post = (change: Record<string, unknown>) => refusedFor(house, 'POST', `/v1/plans/${newName('plan')}/versions`, version(change))
    expect(await post({ monthly_amount: eurOf('0') })).toEqual(['body.monthly_amount', 'write an amount above zero'])
    expect(await post({ from: 'tomorrow' })).toEqual(['body.from', 'write a day like 2026-12-01'])
    expect((await post({ presumed_costs: 'nobody' }))[0]).toBe('body.presumed_costs')
    expect((await post({ reason: '' }))[0]).toBe('body.reason')
    expect(await house('GET', '/v1/plans/nobody')).toMatchObject({ status: 404, body: { code: 'unknown_plan' } })
    const all = await stage.db.sql<{ plan: string }[]>`select distinct plan from purser.plan_version order by plan`
    expect((await allOf(house, '/v1/plans?limit=2')).ids).toEqual(all.map(({ plan }) => plan))
    const bound = await api.caller({ account: await stage.account() })
    for (const [method, path, body] of [
      ['GET', '/v1/plans', undefined],
      ['GET', '/v1/plans/paid', undefined],
      ['POST', '/v1/plans/paid/versions', version()],
    ] as const)
      expect(await bound(method, path, { body })).toMatchObject({ status: 403, body: { code: 'not_permitted' } })
  })
})
