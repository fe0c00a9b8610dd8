import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { ensureAccount } from '../../src/ledger/accounts.ts'
import { actsOf, allOf, doneOnce, eurOf, refusedFor } from '../support/administration.ts'
import { openApiStage } from '../support/api.ts'
import { reservedBy, termsFor } from '../support/reservations.ts'

const { stage, api, house } = await openApiStage()
const account = async (plan: string) =>
  (await ensureAccount(stage.ledger, { id: `acc_${randomUUID().slice(0, 13)}`, plan, timeZone: 'UTC' })).id
const reserve = (id: string) => house('POST', '/v1/reservations', { body: termsFor(id) })
const FIRST = /^\d{4}-\d\d-01T00:00:00.000Z$/

test('another plan is looked at, put in force and listed: the dry run says what is done, and is no act', async () => {
  const id = await account('free')
  const path = `/v1/accounts/${id}/plan`
  const dry = await house('POST', path, { body: { plan: 'paid', reason: 'he pays', dry_run: true } })
  expect(dry).toMatchObject({
    status: 200,
    body: {
      id,
      plan: 'paid',
      change: {
        dry_run: true,
        changed: true,
        budgets: [
          { kind: 'hard', before: { budget_amount: eurOf('0.100000000') }, after: { budget_amount: eurOf('1.000000000') } },
          { before: { remaining: eurOf('0.100000000') }, after: { remaining: eurOf('1.000000000') } },
        ],
        refused: { everything_from: null, above: eurOf('1.000000000'), waiting: { attempts: 0, amount: eurOf('0.000000000') } },
      },
    },
  })
  expect(await actsOf(house, dry)).toEqual([])
  expect(await house('GET', `/v1/accounts/${id}`)).toMatchObject({ body: { plan: 'free', next_plan: null } })

  const done = await doneOnce(house, ['POST', path, { plan: 'paid', reason: 'he pays' }], 'account.plan')
  expect(done.body).toEqual({ ...dry.body, change: { ...(dry.body['change'] as object), dry_run: false } })
  expect(await house('POST', path, { body: { plan: 'free', reason: 'too dear' } })).toMatchObject({
    body: { plan: 'paid', next_plan: { plan: 'free', from: expect.stringMatching(FIRST), reason: 'too dear' } },
  })
  const plans = await house('GET', `/v1/accounts/${id}/plans`)
  expect(plans.body).toMatchObject({
    data: [
      { account: id, plan: 'free', state: 'past', amount_change: null },
      { plan: 'paid', state: 'in_force', until: expect.stringMatching(FIRST), amount_change: eurOf('0.900000000'), reason: 'he pays' },
      { plan: 'free', state: 'later', until: null, amount_change: null },
    ],
  })
  expect((await allOf(house, `/v1/accounts/${id}/plans?limit=2`)).pages).toBe(2)
})

test('an account is cancelled with its month, and not after all; now, and back', async () => {
  const id = await account('paid')
  const path = `/v1/accounts/${id}/cancel`
  const cancelled = await doneOnce(house, ['POST', path, { reason: 'he left' }], 'account.cancel')
  expect(cancelled.body).toMatchObject({
    status: 'active',
    cancels_at: expect.stringMatching(FIRST),
    change: { refused: { everything_from: cancelled.body['cancels_at'] } },
  })
  expect(await house('POST', path, { body: { from: 'never', reason: 'he stays' } })).toMatchObject({ body: { cancels_at: null } })
  await reservedBy(house, id)
  expect(await house('POST', path, { body: { from: 'now', reason: 'fraud' } })).toMatchObject({ body: { status: 'cancelled' } })
  expect(await reserve(id)).toMatchObject({ status: 409, body: { code: 'stopped' } })
  expect(await house('POST', path, { body: { from: 'never', reason: 'x' } })).toMatchObject({ status: 409, body: { code: 'conflict' } })
  await house('POST', `/v1/accounts/${id}/activate`, { body: { reason: 'a mistake' } })
  expect((await reserve(id)).status).toBe(201)
})

test('a suspension is looked at: what it would refuse, and nothing is', async () => {
  const id = await account('paid')
  const dry = await house('POST', `/v1/accounts/${id}/suspend`, { body: { reason: 'unpaid', dry_run: true } })
  expect(dry.body).toMatchObject({ status: 'suspended', change: { dry_run: true, refused: { everything_from: expect.any(String) } } })
  expect((await reserve(id)).status).toBe(201)
})

test('a budget is raised until a moment', async () => {
  const id = await account('paid')
  const body = { account: id, amount: eurOf('0.50'), reason: 'a fair' }
  expect(await house('POST', '/v1/top-ups', { body: { ...body, dry_run: true } })).toMatchObject({
    body: {
      budget_amount: eurOf('1.500000000'),
      change: { dry_run: true, changed: true, before: { budget_amount: eurOf('1.000000000'), remaining: eurOf('1.000000000') } },
    },
  })
  const until = new Date(Date.now() + 800)
  const raised = await house('POST', '/v1/top-ups', { body: { ...body, until: until.toISOString() } })
  expect(raised.body).toMatchObject({
    raises: [{ amount: eurOf('0.500000000'), until: until.toISOString(), reason: 'a fair' }],
    budget_amount: eurOf('1.500000000'),
    change: { dry_run: false, changed: true },
  })
  expect((await actsOf(house, raised)).map(({ act, what }) => [act, what['until']])).toEqual([['budget.top_up', until.toISOString()]])
  await new Promise((passed) => setTimeout(passed, until.getTime() - Date.now() + 50))
  expect(await house('GET', `/v1/accounts/${id}`)).toMatchObject({ body: { budgets: [{ budget_amount: eurOf('1.000000000') }] } })
})

test('what is wrong, not there, or not the key’s to say, is told so', async () => {
  const id = await account('paid')
  const post = (what: string, body: Record<string, unknown>) => refusedFor(house, 'POST', `/v1/accounts/${id}/${what}`, body)
  expect(await post('plan', { plan: 'free', reason: 'x', from: 'soon' })).toEqual(['body.from', 'a plan begins now or next_month'])
  expect((await post('plan', { reason: 'x' }))[0]).toBe('body.plan')
  expect(await post('cancel', { reason: 'x', from: 'soon' })).toEqual(['body.from', 'an account ends with next_month, now or never'])
  expect(await house('POST', `/v1/accounts/${id}/plan`, { body: { plan: 'golden', reason: 'x' } })).toMatchObject({
    status: 404,
    body: { code: 'unknown_plan' },
  })
  const bound = await api.caller({ account: id })
  for (const [what, body] of [
    ['plan', { plan: 'corporate', reason: 'x' }],
    ['cancel', { reason: 'x' }],
  ] as const) {
    expect(await house('POST', `/v1/accounts/nobody/${what}`, { body })).toMatchObject({ status: 404, body: { code: 'unknown_account' } })
    expect(await bound('POST', `/v1/accounts/${id}/${what}`, { body })).toMatchObject({ status: 403, body: { code: 'not_permitted' } })
  }
  expect((await bound('GET', `/v1/accounts/${id}/plans`)).status).toBe(200)
})
