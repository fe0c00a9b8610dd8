/** Who waits for money: in the order of coming, none for money that is promised already, and nobody for somebody who is gone. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eur, type Nano } from '../../src/domain/money.ts'
import { changeCap } from '../../src/ledger/budgets.ts'
import { changePlan } from '../../src/ledger/change-plan.ts'
import { stopScope, resumeScope } from '../../src/ledger/stop.ts'
import { listWaiters, noteHint, wakeWaiters } from '../../src/ledger/waiters.ts'
import { putClock } from '../support/clock.ts'
import { openTestLedger, times, type TestCall } from '../support/ledger.ts'

const t = await openTestLedger()
afterAll(async () => {
  await t.audited()
  await t.drop()
})
// One that goes with a batch, so that both ways are there.
beforeAll(async () => void (await t.call(await t.accountWith({ cap: '1.00' })).reserve()))

const asks = async (call: TestCall, ask: number, amount: Nano = eur('0.03')) => {
  const answer = await call.reserve({ ask, amount, waits: true })
  return answer.kind === 'refused' ? `waits as ${String(answer.waitsAs)}` : answer.kind
}
/** Who is woken now, in this order. */
const woken = async (calls: readonly TestCall[], limit = 100) => {
  const hints = await wakeWaiters(t.ledger, { installation: t.installation, limit })
  await Promise.all(hints.map(({ call }) => noteHint(t.ledger, call, 'sent')))
  // Other tests' calls wait, too.
  return hints.map(({ workflowId }) => calls.findIndex(({ key }) => key.workflowId === workflowId)).filter((n) => n >= 0)
}
const full = async (cap = '0.10') => {
  const account = await t.accountWith({ cap })
  const spent = await t.call(account).sent({ amount: eur(cap) })
  return { account, spent, first: t.call(account) }
}
const topUp = async (account: string, by: string) => {
  await changeCap(t.ledger, { of: { account }, change: eur(by), key: randomUUID(), reason: 'more' })
}
const queueOf = (account: string) =>
  t.owner`select call_id from purser.waiter w join purser.scope s on s.id = w.scope where s.account = ${account}`

test('a call that is refused has its place with the refusal, and is refused once, however often it asks', async () => {
  const { account } = await full()
  const call = t.call(account)
  expect(await asks(call, 1)).toBe('waits as 2')
  expect(await asks(call, 1)).toBe('waits as 2')
  for (let n = 0; n < 3; n += 1) expect(await asks(call, 2)).toBe('waits as 2')
  const [told] = await t.owner`
    select (select count(*)::int from purser.refusal r join purser.scope s on s.id = r.scope where s.account = ${account}) as refusals,
      (select count(*)::int from purser.outbox where account = ${account} and kind = 'refused') as told`
  expect(told).toEqual({ refusals: 1, told: 1 })
  const [waiter] = await listWaiters(t.ledger, { limit: 1000 }).then((all) => all.filter((one) => one.account === account))
  expect(waiter).toMatchObject({ workflowId: call.key.workflowId, callId: 'banner-1', needed: { amount: '0.030000000' }, wokenAt: null })
})

test('nobody is woken while nothing is free; a top-up wakes those it pays for, first come first served', async () => {
  const { account } = await full()
  const calls = times(5, () => t.call(account))
  for (const call of calls) await asks(call, 1)
  expect(await woken(calls)).toEqual([])
  await topUp(account, '0.07')
  expect(await woken(calls)).toEqual([0, 1])
  // What is promised is promised once.
  expect(await woken(calls)).toEqual([])
  expect(await Promise.all(calls.slice(0, 2).map((call) => asks(call, 2)))).toEqual(['reserved', 'reserved'])
  expect(await woken(calls)).toEqual([])
  expect(await queueOf(account)).toHaveLength(3)
})

test('who comes later waits behind those who need as much or less, and passes those who need more', async () => {
  const { account } = await full()
  const [small, large, late, tiny] = times(4, () => t.call(account)) as [TestCall, TestCall, TestCall, TestCall]
  await asks(small, 1, eur('0.02'))
  await asks(large, 1, eur('0.08'))
  await topUp(account, '0.04')
  expect(await asks(late, 1, eur('0.03'))).toBe('waits as 2')
  expect(await asks(tiny, 1, eur('0.01'))).toBe('reserved')
  expect(await woken([small, large, late, tiny])).toEqual([0])
  expect(await asks(small, 2, eur('0.02'))).toBe('reserved')
  expect(await asks(late, 2, eur('0.03'))).toBe('waits as 2')
})

test('money that comes back wakes, too: a release, a cheaper answer', async () => {
  const { account, spent, first } = await full()
  await asks(first, 1, eur('0.05'))
  expect(await woken([first])).toEqual([])
  await t.call(account).settle({ ...spent }, eur('0.04'))
  expect(await woken([first])).toEqual([0])
})

test('who was woken and does not come holds up nobody for more than a minute, and keeps its place', async () => {
  const { account } = await full()
  const calls = times(2, () => t.call(account)) as [TestCall, TestCall]
  for (const call of calls) await asks(call, 1)
  await topUp(account, '0.03')
  expect(await woken(calls)).toEqual([0])
  expect(await asks(calls[1], 2)).toBe('waits as 2')
  await t.owner`update purser.waiter set woken_at = woken_at - interval '2 minutes' where woken_at is not null`
  expect(await woken(calls)).toEqual([1])
  // It comes after all, and first.
  expect(await asks(calls[0], 2)).toBe('reserved')
  expect(await asks(calls[1], 2)).toBe('waits as 2')
})

test('a hint that was not noted as sent is there again; who is gone waits no more, and neither does who is closed', async () => {
  const { account } = await full()
  const [gone, closed] = times(2, () => t.call(account)) as [TestCall, TestCall]
  await asks(gone, 1)
  await asks(closed, 1)
  await closed.close()
  expect(await queueOf(account)).toHaveLength(1)
  await topUp(account, '0.03')
  const wake = () => wakeWaiters(t.ledger, { installation: t.installation, limit: 100 })
  const [hint] = await wake()
  expect(hint).toMatchObject({ workflowId: gone.key.workflowId, callId: 'banner-1' })
  expect(await wake()).toEqual([])
  await t.owner`update purser.waiter set taken_at = taken_at - interval '6 seconds' where taken_at is not null`
  expect(await wake()).toEqual([hint])
  await noteHint(t.ledger, hint?.call ?? '', 'gone')
  expect(await queueOf(account)).toEqual([])
})

test('all its budgets must be able to pay, and none must be stopped', async () => {
  const { account, first } = await full()
  const team = `team-${randomUUID().slice(0, 8)}`
  const budget = await t.budget({ scope: { team }, cap: '0.02' })
  const call = t.call(account, { team })
  await asks(call, 1)
  await topUp(account, '0.05')
  expect(await woken([call])).toEqual([])
  await changeCap(t.ledger, { of: { id: budget }, change: eur('0.05'), key: randomUUID(), reason: 'more' })
  await stopScope(t.ledger, { account }, 'too much')
  expect(await woken([call])).toEqual([])
  await resumeScope(t.ledger, { account }, 'enough')
  expect(await woken([first, call])).toEqual([1])
})

test('a thousand wait, and money for three hundred wakes three hundred, the first ones', async () => {
  const { account } = await full()
  const calls = times(1000, () => t.call(account))
  for (const call of calls) await asks(call, 1, eur('0.01'))
  await topUp(account, '3.00')
  const first: number[] = []
  for (let page = await woken(calls); page.length > 0; page = await woken(calls)) {
    expect(page.length).toBeLessThanOrEqual(100)
    first.push(...page)
  }
  expect(first).toEqual(times(300, (n) => n))
  // Whoever asks without a hint has to wait: the money is of those who came before.
  for (const call of calls.slice(990)) expect(await asks(call, 2, eur('0.01'))).toBe('waits as 2')
  const answers = await Promise.all(calls.map((call) => asks(call, 2, eur('0.01'))))
  expect(answers.filter((answer) => answer === 'reserved')).toHaveLength(300)
  expect(answers.slice(0, 300).every((answer) => answer === 'reserved')).toBe(true)
})

test('the line is told page by page, of all, of an account, or of a budget', async () => {
  const { account } = await full()
  const calls = times(3, () => t.call(account))
  for (const call of calls) await asks(call, 1)
  const jobs = calls.map(({ key }) => key.workflowId)
  const first = await listWaiters(t.ledger, { account, limit: 2 })
  const rest = await listWaiters(t.ledger, { account, after: first.at(-1)?.place, limit: 2 })
  expect([...first, ...rest].map(({ workflowId }) => workflowId)).toEqual(jobs)
  const ofBudget = await listWaiters(t.ledger, { budgetId: first[0]?.budget.id, limit: 10 })
  expect(ofBudget.map(({ workflowId }) => workflowId)).toEqual(jobs)
})

test('a dearer plan wakes', async () => {
  const { account, first } = await full()
  await asks(first, 1)
  await t.accountWith({ cap: '0.50' })
  await changePlan(t.ledger, { account, plan: 'up_to_0.50', proration: 'none', key: randomUUID(), reason: 'more' })
  expect(await woken([first])).toEqual([0])
})

test('a new month wakes, though nobody has opened it, and one whose plan is nowhere holds up no other', async () => {
  const [broken, { account, first }] = [await full(), await full()]
  await asks(broken.first, 1)
  await asks(first, 1)
  expect(await woken([broken.first, first])).toEqual([])
  const [row] = await t.owner<{ endsAt: Date }[]>`
    select p.ends_at as "endsAt" from purser.budget_period p join purser.budget b on b.id = p.budget_id where b.account = ${account}`
  await t.owner`update purser.account set plan = 'nowhere' where id = ${broken.account}`
  await putClock(t.owner, new Date((row?.endsAt.getTime() ?? 0) + 1_000))
  await expect(asks(broken.first, 2)).rejects.toMatchObject({ code: 'unknown_plan' })
  expect(await woken([broken.first, first])).toEqual([1])
})
