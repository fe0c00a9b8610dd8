import { expect, test } from 'vitest'
import { hearEvents } from '../../src/alerts/watcher.ts'
import { actsOf, allOf, doneOnce, eurOf, refusedFor } from '../support/administration.ts'
import { openApiStage } from '../support/api.ts'
import { until } from '../support/until.ts'

const { stage, api, house } = await openApiStage()

/** A month of an account that is spent to the half, and the alert that tells of it. */
async function halfSpent(): Promise<{ account: string; id: string }> {
  const account = await stage.account()
  const budget = { name: `half of ${account}`, scope: { account, feature: 'chat' }, budget_amount: eurOf('0.000000150'), kind: 'soft' }
  await house('POST', '/v1/budgets', { body: { ...budget, thresholds: [50] } })
  const usage = { account, feature: 'chat', model: 'gemini-2.5-flash-lite', usage: { input_tokens: 1 } }
  expect((await house('POST', '/v1/track', { body: { ...usage, key: account } })).status).toBe(201)
  const list = await until('it is told', async () => {
    await hearEvents(stage.ledger)
    const { body } = await house('GET', `/v1/alerts?account=${account}`)
    const data = body['data'] as { id: string; kind: string }[]
    return data.some(({ kind }) => kind === 'budget_threshold') && data
  })
  return { account, id: list.find(({ kind }) => kind === 'budget_threshold')?.id ?? '' }
}

test('an alert is listed and looked at, acknowledged and resolved, each once and with an act', async () => {
  const { account, id } = await halfSpent()
  const shown = await house('GET', `/v1/alerts/${id}`)
  expect(shown).toMatchObject({
    status: 200,
    body: {
      id,
      rule: 'budget_threshold',
      kind: 'budget_threshold',
      action: 'warn',
      state: 'open',
      account,
      scope: { account, feature: 'chat' },
      times: 1,
      budget: { id: expect.stringMatching(/^bdg_\d+$/), name: `half of ${account}` },
      evidence: { percent: 50, cap_eur: '0.000000150' },
      text: expect.stringMatching(/^Budget "half of .*: 50 % is spent, .*\nWhat to do: /),
      acknowledged_at: null,
      resolved_at: null,
    },
  })
  const [notice] = await stage.db.sql<
    { data: unknown }[]
  >`select data from purser.notice where account = ${account} and type = 'budget.threshold'`
  expect(notice?.data).toEqual(shown.body)
  const acknowledged = await doneOnce(house, ['POST', `/v1/alerts/${id}/acknowledge`, { why: 'I look' }], 'alert.acknowledge', {
    why: 'other',
  })
  expect(acknowledged).toMatchObject({
    status: 200,
    body: { state: 'acknowledged', acknowledged_by: expect.stringMatching(/^key_\d+$/), acknowledged_why: 'I look' },
  })
  const again = await house('POST', `/v1/alerts/${id}/acknowledge`, { body: { why: 'once more' } })
  expect([again.status, again.body['acknowledged_why'], await actsOf(house, again)]).toEqual([200, 'I look', []])
  const resolved = await doneOnce(house, ['POST', `/v1/alerts/${id}/resolve`, { why: 'it was meant' }], 'alert.resolve', { why: 'other' })
  expect(resolved).toMatchObject({ status: 200, body: { state: 'resolved', resolved_why: 'it was meant' } })
  const idsOf = async (state: string): Promise<readonly string[]> =>
    (await allOf(house, `/v1/alerts?limit=1&account=${account}&state=${state}`)).ids
  expect([await idsOf('resolved'), (await idsOf('unresolved')).includes(id), (await idsOf('open')).includes(id)]).toEqual([
    [id],
    false,
    false,
  ])
  expect((await house('GET', '/v1/alerts/alr_2147483647')).status).toBe(404)
  expect((await house('GET', '/v1/alerts/7')).body['detail']).toContain('one looks like alr_7')
})

test('a key of an account sees and ends its own alerts, and no rule', async () => {
  const [{ account, id }, other] = [await halfSpent(), await halfSpent()]
  const own = await api.caller({ account, scopes: ['budgets:write'] })
  expect((await own('POST', `/v1/alerts/${id}/resolve`, { body: { why: 'seen' } })).status).toBe(200)
  expect((await own('GET', `/v1/alerts/${other.id}`)).status).toBe(404)
  expect((await own('GET', '/v1/alert-rules')).status).toBe(403)
  const reader = await api.caller({ scopes: ['budgets:read'] })
  expect((await reader('POST', `/v1/alerts/${id}/acknowledge`, { body: { why: 'x' } })).status).toBe(403)
})

test('rules are listed and set: what is left out stays, and what cannot be is told so', async () => {
  const { ids } = await allOf(house, '/v1/alert-rules?limit=5')
  expect(ids.length).toBeGreaterThanOrEqual(14)
  const rule = { name: 'chat-hour', kind: 'hourly_spend', scope: { feature: 'chat' }, amount: eurOf('20'), action: 'stop' }
  const made = await doneOnce(house, ['POST', '/v1/alert-rules', rule], 'alert_rule.set', { enabled: false })
  expect(made).toMatchObject({
    status: 200,
    body: { ...rule, amount: eurOf('20.000000000'), factor: null, percent: null, age_seconds: null, cooldown_seconds: 0, enabled: true },
  })
  const off = await house('POST', '/v1/alert-rules', { body: { name: 'chat-hour', enabled: false } })
  expect(off).toMatchObject({ status: 200, body: { amount: eurOf('20.000000000'), enabled: false } })
  expect(await refusedFor(house, 'POST', '/v1/alert-rules', { name: 'chat-hour', factor: '1,5' })).toEqual([
    'body.factor',
    'write a factor above 1, with two digits at most, like "2.0"',
  ])
  const wrong = await house('POST', '/v1/alert-rules', { body: { name: 'odd', kind: 'rate_stale', action: 'stop' } })
  expect([wrong.status, wrong.body['detail']]).toEqual([
    400,
    'a rule of the kind rate_stale cannot stop: flag needs a call, investigate needs spending over time, stop needs a scope',
  ])
  expect((await house('POST', '/v1/alert-rules', { body: { name: 'chat-hour', kind: 'daily_spend' } })).status).toBe(409)
})
