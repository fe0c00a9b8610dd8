import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { eur, money, nano } from '../../src/domain/money.ts'
import { month } from '../../src/domain/period.ts'
import { showStatement } from '../../src/insight/statements.ts'
import { ensureAccount, setAccountStatus, showAccount, type ChangedAccount } from '../../src/ledger/accounts.ts'
import { changeCap } from '../../src/ledger/budgets.ts'
import { cancelAccount } from '../../src/ledger/cancel-account.ts'
import { changePlan, listAccountPlans, type PlanChange } from '../../src/ledger/change-plan.ts'

import { putClock } from '../support/clock.ts'
import { openTestLedger } from '../support/ledger.ts'

const t = await openTestLedger()
const clock = await putClock(t.owner, new Date('2026-11-16T09:00:00Z'))
afterAll(async () => {
  await t.audited()
  await t.drop()
})

const NOVEMBER = new Date('2026-11-16T09:00:00Z')
const DECEMBER = new Date('2026-12-01T00:00:00Z')

async function account(plan = 'free', timeZone = 'UTC'): Promise<string> {
  await clock.set(NOVEMBER)
  const { id } = await ensureAccount(t.ledger, { id: `acc_${randomUUID().slice(0, 13)}`, plan, timeZone })
  // A column's default does not know this clock.
  await t.owner`with a as (update purser.account set created_at = '2026-02-01' where id = ${id}) update purser.budget set created_at = '2026-02-01' where account = ${id}`
  return id
}
const change = (id: string, plan: string, over: Partial<PlanChange> = {}) =>
  changePlan(t.ledger, { account: id, plan, key: randomUUID(), reason: 'because', ...over })
const capOf = async (id: string) => (await showAccount(t.ledger, id)).budgets[0]?.cap
/** Of the plan's budget, now and in the next month. */
const said = ({ change: { budgets } }: ChangedAccount) => budgets.map(({ period, before, after }) => [period, before.cap, after.cap])
/** A call with a bound of a cent, of a job that starts when the ledger's clock says. */
const reserve = (id: string, at: Date, amount = eur('0.01')) =>
  t.call(id, {}, at).reserve({ amount, validUntil: new Date(at.getTime() + 3_600_000) })

test('an upgrade is in force at once: the month has all that the plan may spend, and calls can use it', async () => {
  const id = await account()
  expect((await reserve(id, NOVEMBER, eur('0.50'))).kind).toBe('refused')
  const changed = await change(id, 'paid')
  expect(changed).toMatchObject({ plan: 'paid', nextPlan: null, change: { changed: true, dryRun: false } })
  expect(said(changed)).toEqual([
    ['2026-11', eur('0.10'), eur('1.00')],
    ['2026-12', eur('0.10'), eur('1.00')],
  ])
  expect(await reserve(id, NOVEMBER, eur('0.50'))).toMatchObject({ kind: 'reserved', plan: 'paid' })
  expect(await t.entriesOf(id)).toEqual(['open', 'plan', 'reserve'])
})

test('by days, it gives the difference of the days that are left, today included', async () => {
  const id = await account()
  // The 16th of 30 days: 15 of them are left.
  expect(said(await change(id, 'paid', { proration: 'days' }))[0]).toEqual(['2026-11', eur('0.10'), eur('0.55')])
  await clock.set(new Date('2026-11-21T09:00:00Z'))
  // 10 days of 4.00 EUR more; a third of a nano-EUR is rounded up.
  expect(said(await change(id, 'corporate', { proration: 'days' }))[0]).toEqual(['2026-11', eur('0.55'), nano(1_883_333_334n)])
  expect(said(await change(id, 'paid', { from: 'now', proration: 'days' }))[0]?.[2]).toBe(nano(550_000_001n))
  // Without proration the month is one of the plan alone, whatever was before.
  expect(said(await change(id, 'corporate'))[0]?.[2]).toBe(eur('5.00'))
  expect(said(await change(id, 'free', { from: 'now' }))[0]?.[2]).toBe(eur('0.10'))
})

test('a downgrade waits for the next month, which opens with it though nothing ran; so does an upgrade that is told to', async () => {
  const [id, other] = [await account('paid'), await account('free')]
  const changed = await change(id, 'free')
  expect(changed).toMatchObject({ plan: 'paid', nextPlan: { plan: 'free', reason: 'because' } })
  expect(said(changed)).toEqual([
    ['2026-11', eur('1.00'), eur('1.00')],
    ['2026-12', eur('1.00'), eur('0.10')],
  ])
  await change(other, 'corporate', { from: 'next_month' })
  const last = new Date(DECEMBER.getTime() - 1)
  await clock.set(last)
  expect((await reserve(id, last, eur('0.50'))).kind).toBe('reserved')
  expect((await reserve(other, last, eur('0.50'))).kind).toBe('refused')
  await clock.set(DECEMBER)
  expect(await reserve(id, DECEMBER, eur('0.50'))).toMatchObject({ kind: 'refused', plan: 'free', cap: money(eur('0.10')) })
  expect(await reserve(other, DECEMBER, eur('0.50'))).toMatchObject({ kind: 'reserved', plan: 'corporate' })
  expect(await showAccount(t.ledger, id)).toMatchObject({ plan: 'free', nextPlan: null, budgets: [{ plan: 'free' }] })
})

test('what is decided later takes back what was to come; the list says what was in force when', async () => {
  const id = await account('paid')
  await change(id, 'free', { key: `down ${id}` })
  await clock.set(new Date('2026-11-20T00:00:00Z'))
  expect(await change(id, 'corporate')).toMatchObject({ plan: 'corporate', nextPlan: null })
  await change(id, 'paid', { from: 'next_month' })
  await clock.set(new Date('2026-12-02T00:00:00Z'))
  expect(await listAccountPlans(t.ledger, { account: id, after: -1, limit: 10 })).toMatchObject([
    { id: 0, plan: 'paid', state: 'past', until: '2026-11-20T00:00:00+00:00' },
    { plan: 'free', state: 'taken_back', until: null, key: `down ${id}`, capChange: null },
    { plan: 'corporate', state: 'past', from: '2026-11-20T00:00:00+00:00', until: '2026-12-01T00:00:00+00:00', capChange: eur('4.00') },
    { plan: 'paid', state: 'in_force', from: '2026-12-01T00:00:00+00:00', until: null },
  ])
  await expect(listAccountPlans(t.ledger, { account: 'nobody', after: -1, limit: 10 })).rejects.toMatchObject({ code: 'unknown_account' })
})

test('the plan that an account has takes back a change that was to come, and changes no cap', async () => {
  const id = await account('paid')
  await change(id, 'free')
  expect(await change(id, 'paid')).toMatchObject({ plan: 'paid', nextPlan: null, change: { changed: true } })
  for (const from of [undefined, 'now', 'next_month'] as const)
    expect(await change(id, 'paid', { from })).toMatchObject({ nextPlan: null, change: { changed: false } })
  await clock.set(DECEMBER)
  expect(await capOf(id)).toBe(eur('1.00'))
})

test('a change is made once, however often and by how many at once it is asked for; its key is no other’s', async () => {
  const id = await account()
  const asked = { key: randomUUID(), proration: 'days' } as const
  const answers = await Promise.all([1, 2, 3, 4].map(() => change(id, 'paid', asked)))
  expect(answers.filter((a) => a.change.changed)).toHaveLength(1)
  expect(await capOf(id)).toBe(eur('0.55'))
  // Also when it would be something else by now.
  await change(id, 'free', { from: 'now' })
  expect(await change(id, 'paid', asked)).toMatchObject({ plan: 'free', change: { changed: false } })
  for (const other of [{ plan: 'corporate' }, { from: 'now' }, { proration: 'none' }, { account: await account() }] as const)
    await expect(change(id, 'paid', { ...asked, ...other })).rejects.toMatchObject({ code: 'conflict' })
})

test('top-ups stay on top of a new plan; a cut takes no more than there is, and what is used above it is an overrun', async () => {
  const id = await account('paid')
  await changeCap(t.ledger, { of: { account: id }, change: eur('0.25'), key: randomUUID(), reason: 'a gift' })
  expect(said(await change(id, 'corporate'))[0]?.[2]).toBe(eur('5.25'))
  expect((await reserve(id, NOVEMBER, eur('3.00'))).kind).toBe('reserved')
  const cut = await change(id, 'free', { from: 'now' })
  expect(cut.change).toMatchObject({
    budgets: [{ after: { cap: eur('0.35'), reserved: eur('3.00'), remaining: eur('-2.65') } }, {}],
    refused: { everythingFrom: null, above: 0n },
  })
  expect(await t.counters(id)).toMatchObject({ overrun: eur('2.65') })
  expect(await t.owner`select kind from purser.outbox where account = ${id}`).toContainEqual({ kind: 'overrun' })

  const poor = await account('paid')
  await changeCap(t.ledger, { of: { account: poor }, change: eur('-0.95'), key: randomUUID(), reason: 'a fine' })
  expect(said(await change(poor, 'free', { from: 'now' }))[0]).toEqual(['2026-11', eur('0.05'), 0n])
})

test('a dry run says it all, and changes nothing', async () => {
  const id = await account()
  const kept = () => t.owner`select to_jsonb(a) as a, (select jsonb_agg(e) from purser.entry e where account = ${id}) as e,
    (select jsonb_agg(c) from purser.plan_change c where account = ${id}) as c from purser.account a where id = ${id}`
  await showAccount(t.ledger, id)
  const before = await kept()
  const key = randomUUID()
  for (const over of [{}, { proration: 'days' }, { from: 'next_month' }] as const) {
    const preview = await change(id, 'paid', { ...over, key, dryRun: true })
    expect(preview.change).toMatchObject({ dryRun: true, changed: true })
  }
  await cancelAccount(t.ledger, { id, from: 'now', key, reason: 'x', dryRun: true })
  await setAccountStatus(t.ledger, { id, status: 'suspended', key, reason: 'x', dryRun: true })
  await changeCap(t.ledger, { of: { account: id }, change: eur('1'), key, reason: 'x', dryRun: true, until: DECEMBER })
  expect(await kept()).toEqual(before)
  const preview = await change(id, 'paid', { key, dryRun: true })
  const done = await change(id, 'paid', { key })
  expect({ ...preview, change: { ...preview.change, dryRun: false } }).toEqual(done)
})

test.for<[what: string, over: Partial<PlanChange>, code: string]>([
  ['an account that is not there', { account: 'nobody' }, 'unknown_account'],
  ['a plan that is not there', { plan: 'golden' }, 'unknown_plan'],
  ['a plan that is not there, in the next month', { plan: 'golden', from: 'next_month' }, 'unknown_plan'],
  ['days of a whole month', { from: 'next_month', proration: 'days' }, 'bad_input'],
  ['no key', { key: ' ' }, 'bad_input'],
  ['no reason', { reason: '' }, 'bad_input'],
])('%s is refused: it says so', async ([, over, code]) => {
  await expect(change(await account('free'), 'paid', over)).rejects.toMatchObject({ code })
})

test('an account that is cancelled spends until its month ends, and then nothing: neither what is asked nor what was reserved', async () => {
  const id = await account('paid', 'Pacific/Kiritimati')
  const cancelled = await cancelAccount(t.ledger, { id, from: 'next_month', key: randomUUID(), reason: 'he left' })
  const end = new Date('2026-11-30T10:00:00Z')
  expect(cancelled).toMatchObject({ status: 'active', change: { changed: true, refused: { waiting: { attempts: 0 } } } })
  expect([cancelled.cancelsAt, cancelled.change.refused.everythingFrom].map((at) => new Date(at ?? 0))).toEqual([end, end])
  const before = new Date(end.getTime() - 1)
  await clock.set(before)
  const [call, late] = [t.call(id, {}, before), t.call(id, {}, before)]
  const over = { amount: eur('0.01'), validUntil: new Date(end.getTime() + 3_600_000) }
  const go = await call.sent(over)
  expect((await late.reserve(over)).kind).toBe('reserved')
  await clock.set(end)
  expect((await late.dispatch(randomUUID())).kind).toBe('lapsed')
  expect(await reserve(id, end)).toMatchObject({ kind: 'stopped', reason: 'account cancelled' })
  // What was sent is booked.
  await call.settle(go, eur('0.01'))
  expect(await t.counters(id)).toMatchObject({ spent: eur('0.01'), reserved: 0n })
  expect(await ensureAccount(t.ledger, { id, plan: 'paid' })).toMatchObject({ status: 'cancelled' })
  await expect(cancelAccount(t.ledger, { id, from: 'never', key: randomUUID(), reason: 'x' })).rejects.toMatchObject({ code: 'conflict' })
  await setAccountStatus(t.ledger, { id, status: 'active', key: randomUUID(), reason: 'he is back' })
  expect((await reserve(id, end)).kind).toBe('reserved')
})

test('a cancellation at once refuses everything from then on, and says what will not be sent; one that is to come can be taken back', async () => {
  const id = await account('paid')
  const waiting = t.call(id, {}, NOVEMBER)
  await waiting.reserve({ amount: eur('0.02'), validUntil: DECEMBER })
  const key = randomUUID()
  for (const changed of [true, false])
    expect(await cancelAccount(t.ledger, { id, from: 'now', key, reason: 'fraud' })).toMatchObject({
      status: 'cancelled',
      change: { changed, refused: { waiting: { attempts: 1, amount: eur('0.02') } } },
    })
  await expect(cancelAccount(t.ledger, { id, from: 'next_month', key, reason: 'fraud' })).rejects.toMatchObject({ code: 'conflict' })
  expect((await waiting.dispatch(randomUUID())).kind).toBe('lapsed')
  expect((await reserve(id, NOVEMBER)).kind).toBe('stopped')

  const other = await account('paid')
  await cancelAccount(t.ledger, { id: other, from: 'next_month', key: randomUUID(), reason: 'he left' })
  await setAccountStatus(t.ledger, { id: other, status: 'suspended', key: randomUUID(), reason: 'unpaid' })
  // It may spend again, but is cancelled all the same.
  expect(await setAccountStatus(t.ledger, { id: other, status: 'active', key: randomUUID(), reason: 'paid' })).toMatchObject({
    cancelsAt: '2026-12-01T00:00:00+00:00',
  })
  expect(await cancelAccount(t.ledger, { id: other, from: 'never', key: randomUUID(), reason: 'he stays' })).toMatchObject({
    cancelsAt: null,
  })
  await clock.set(DECEMBER)
  expect((await reserve(other, DECEMBER)).kind).toBe('reserved')
})

test('a statement says the plan that its month began with, what that allowed, and what was changed', async () => {
  const id = await account('paid')
  await t.owner`update purser.account set created_at = '2026-11-03' where id = ${id}`
  await change(id, 'corporate', { proration: 'days' })
  await change(id, 'free')
  await clock.set(DECEMBER)
  await showAccount(t.ledger, id)
  await clock.set(new Date('2027-01-02T00:00:00Z'))
  const months = [month('2026-11'), month('2026-12')]
  const provisional = await Promise.all(months.map((of) => showStatement(t.ledger, id, of)))
  for (const of of months) await t.owner`select purser.seal_statements(${of}, null, 1000, false)`
  const sealed = await Promise.all(months.map((of) => showStatement(t.ledger, id, of)))
  for (const statements of [provisional, sealed])
    expect(statements).toMatchObject([
      { plan: 'paid', allowance: eur('1.00'), capChanges: eur('2.00') },
      { plan: 'free', allowance: eur('0.10'), capChanges: 0n },
    ])
})

test('who is refused is not told to wait for a month that cannot pay for it either', async () => {
  const [same, smaller, ending] = [await account('paid'), await account('paid'), await account('paid')]
  await change(smaller, 'free')
  await cancelAccount(t.ledger, { id: ending, from: 'next_month', key: randomUUID(), reason: 'he left' })
  await changeCap(t.ledger, { of: { account: same }, change: eur('0.10'), key: randomUUID(), reason: 'a gift' })
  for (const id of [same, smaller, ending]) {
    const spent = t.call(id, {}, NOVEMBER)
    await spent.settle(await spent.sent({ amount: eur('0.55'), validUntil: DECEMBER }), eur('0.55'))
  }
  const refused = await Promise.all([same, smaller, ending].map((id) => reserve(id, NOVEMBER, eur('0.60'))))
  expect(refused).toMatchObject([DECEMBER.toISOString(), 'never', 'never'].map((freesAt) => ({ kind: 'refused', freesAt })))
})
