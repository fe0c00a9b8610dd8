/** What had begun in a month that is frozen stands in nobody's way. */
import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { changeCap } from '../../src/ledger/budgets.ts'
import { callIdOf } from '../../src/ledger/call-id.ts'
import { takePrepared } from '../../src/ledger/prepared.ts'
import { listWaiters, wakeWaiters } from '../../src/ledger/waiters.ts'
import { OLD, pastLedgers, type TestLedger } from '../support/past.ts'

let t: TestLedger
const past = pastLedgers((opened) => (t = opened))

test('a job that waits for money has no place in line once its month is frozen: who waits behind it is called', async () => {
  const account = await t.accountWith({ cap: '0.10' })
  await past.settled(account)
  const first = t.call(account)
  await first.settle(await first.sent({ amount: eur('0.08') }), eur('0.08'))
  const need = { waits: true, amount: eur('0.03') }
  const [old, young] = [t.call(account, {}, OLD.at), t.call(account)]
  for (const call of [old, young]) expect((await call.reserve(need)).kind).toBe('refused')
  await past.freeze()
  expect((await listWaiters(t.ledger, { limit: 10 })).map(({ workflowId }) => workflowId)).toEqual([young.key.workflowId])
  await changeCap(t.ledger, { of: { account }, change: eur('0.03'), key: randomUUID(), reason: 'more' })
  const called = await wakeWaiters(t.ledger, { installation: t.installation, limit: 10 })
  expect(called.map(({ workflowId }) => workflowId)).toEqual([young.key.workflowId])
  await expect(old.reserve({ ...need, ask: 2 })).rejects.toMatchObject({ code: 'too_old' })
  expect((await young.reserve({ ...need, ask: 2 })).kind).toBe('reserved')
})

test('a prepared call of it keeps nobody’s savings from being noted', async () => {
  const account = await t.accountWith({ cap: '1.00' })
  await past.settled(account)
  const prepared = {
    askedModel: 'dear',
    provider: 'test',
    model: 'penny-model',
    usualProvider: 'test',
    usualModel: 'dear',
    code: 'simple',
    reason: 'a test',
  }
  for (const call of [t.call(account, {}, OLD.at), t.call(account)])
    await t.owner`select purser.put_prepared(${callIdOf(call.key)}, 'hash', ${t.owner.json({ ...prepared, cuts: [], removed: [], tokens: 5, saw: ['route'] })})`
  await t.owner`update purser.prepared_call set look_at = clock_timestamp()`
  await past.freeze()
  expect(await takePrepared(t.ledger, 10)).toMatchObject({ looked: 1, answered: [] })
})
