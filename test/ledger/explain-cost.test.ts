import { afterAll, expect, test } from 'vitest'
import { eur, money } from '../../src/domain/money.ts'
import { changeCap } from '../../src/ledger/budgets.ts'
import { explainCost } from '../../src/ledger/explain-cost.ts'
import { resumeScope, stopScope } from '../../src/ledger/stop.ts'
import { openTestLedger } from '../support/ledger.ts'

const t = await openTestLedger()
afterAll(async () => {
  await t.audited()
  await t.drop()
})

test('a cost is explained by its call or by its job, with every attempt and every line', async () => {
  const call = t.call(await t.accountWith({ cap: '0.10' }))
  const lost = await call.sent()
  await call.inDoubt(lost.reservationId, lost.token)
  await call.settle(await call.sent({ ask: 2 }), eur('0.02'))
  const explained = await explainCost(t.ledger, call.key.workflowId)
  expect(explained).toMatchObject({
    calls: 1,
    steps: [
      { kind: 'attempt', ask: 1, attempt: 1, state: 'in_doubt', cost: null, amount: eur('0.03'), lines: [] },
      {
        kind: 'attempt',
        ask: 2,
        attempt: 2,
        state: 'settled',
        cost: eur('0.02'),
        lines: [{ quantity: 20_000_000_000n, picoUsdPer: 1n, per: 1n, usdMicrosPerEur: 1_000_000n, nanoEur: eur('0.02') }],
      },
    ],
  })
  expect(await explainCost(t.ledger, explained.steps[0]?.callRef ?? '')).toEqual(explained)
  expect(await explainCost(t.ledger, "job' or true --")).toEqual({ calls: 0, steps: [] })
})

test('a refused ask is explained by the budget that refused it, as it stood then, between the asks before and after', async () => {
  const account = await t.accountWith({ cap: '0.10' })
  const call = t.call(account)
  await call.reject(await call.sent({ amount: eur('0.01') }))
  await t.call(account).reserve({ amount: eur('0.04') })
  expect((await call.reserve({ ask: 2, amount: eur('0.08') })).kind).toBe('refused')
  await changeCap(t.ledger, { of: { account }, change: eur('1.00'), key: account, reason: 'a gift' })
  await call.settle(await call.sent({ ask: 3, amount: eur('0.08') }), eur('0.05'))
  const { steps } = await explainCost(t.ledger, call.key.workflowId)
  expect(steps).toMatchObject([
    { kind: 'attempt', ask: 1, state: 'rejected' },
    {
      kind: 'refused',
      ask: 2,
      account,
      workflowId: call.key.workflowId,
      callId: 'banner-1',
      model: 'penny-model',
      refusal: {
        budget: { name: `up_to_0.10 plan of ${account}` },
        needed: money(eur('0.08')),
        remaining: money(eur('0.06')),
        cap: money(eur('0.10')),
        spent: money(eur('0')),
        reserved: money(eur('0.04')),
        remedies: [{ kind: 'wait' }, { kind: 'top_up', by: money(eur('0.02')) }],
      },
    },
    { kind: 'attempt', ask: 3, state: 'settled', cost: eur('0.05') },
  ])
})

test('a call that asked while its scope was stopped is known, though nothing is kept of its ask', async () => {
  const account = await t.accountWith({ cap: '0.10' })
  await stopScope(t.ledger, { account }, 'too much')
  const call = t.call(account)
  await call.reserve()
  expect(await explainCost(t.ledger, call.key.workflowId)).toEqual({ calls: 1, steps: [] })
  await resumeScope(t.ledger, { account }, 'over')
})
