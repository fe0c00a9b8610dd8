import { afterAll, expect, test } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { archiveBudget, changeCap, createBudget, showBudget, updateBudget, type Budget, type NewBudget } from '../../src/ledger/budgets.ts'
import { connectSql } from '../../src/platform/sql.ts'
import { budgetFor, eventsOf } from '../support/budgets.ts'
import { openTestLedger } from '../support/ledger.ts'
import { until } from '../support/until.ts'

const t = await openTestLedger()
/** A process whose transactions stay open for a while. */
const other = connectSql(t.url, { as: 'owner', max: 2, transactions: true })
afterAll(async () => {
  await other.end()
  await t.audited()
  await t.drop()
})

const reason = 'a test'
/** A budget over one feature of an account that can pay for more. */
async function budgetOver(feature: string, over: Partial<NewBudget> = {}): Promise<{ budget: Budget; account: string }> {
  const account = await t.accountWith({ cap: '5.00' })
  return { budget: await createBudget(t.ledger, budgetFor({ account, feature }, over)), account }
}
const change = (budget: Budget, to: Partial<Parameters<typeof updateBudget>[1]>) =>
  updateBudget(t.ledger, { id: budget.budgetId, revision: budget.revision, reason, ...to })
/** Of its periods, the oldest first. */
const caps = async (id: number): Promise<bigint[]> =>
  (
    await t.owner<{ cap: bigint }[]>`select v.cap from purser.balance v join purser.budget_period p on p.id = v.budget_period_id
      where p.budget_id = ${id} order by p.starts_at`
  ).map(({ cap }) => cap)
/** Somebody waits for a lock of this database. */
const isWaiting = (): Promise<unknown> =>
  until('somebody to wait', async () => {
    const [row] = await t.owner<
      { n: number }[]
    >`select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    return (row?.n ?? 0) > 0
  })
const openLater = (sql: typeof t.owner, id: number) =>
  sql`select purser.open_period(b, clock_timestamp() + interval '40 days') from purser.budget b where id = ${id}`

/** Does something in a transaction that stays open until `meanwhile` waits for it. */
async function heldWhile<T>(work: (sql: typeof t.owner) => PromiseLike<unknown>, meanwhile: () => PromiseLike<T>): Promise<T> {
  let waiting: Promise<T> | undefined
  await other.begin(async (tx) => {
    await work(tx as unknown as typeof t.owner)
    waiting = Promise.resolve(meanwhile())
    await isWaiting()
  })
  return (await waiting) as T
}
const updating = (budget: Budget, cap: string) => (sql: typeof t.owner) =>
  sql`select purser.update_budget(${budget.budgetId}, ${budget.revision}, ${eur(cap)}, null, null, ${reason})`

test('another cap holds in the period of now and in all that are open or come, with its top-ups', async () => {
  const { budget } = await budgetOver('chat')
  await openLater(t.owner, budget.budgetId)
  await changeCap(t.ledger, { of: { id: budget.budgetId }, change: eur('0.25'), key: `top-up ${budget.budgetId}`, reason })
  const updated = await change(budget, { cap: eur('2.00') })
  expect(updated).toMatchObject({ kind: 'updated', changed: true, budget: { cap: eur('2.25'), revision: 2 } })
  await t.owner`select purser.open_period(b, clock_timestamp() + interval '80 days') from purser.budget b where id = ${budget.budgetId}`
  expect(await caps(budget.budgetId)).toEqual([eur('2.25'), eur('2.00'), eur('2.00')])
})

test('a period that is opened while the cap changes waits for it, and has the new one', async () => {
  const { budget } = await budgetOver('chat')
  await heldWhile(updating(budget, '3.00'), () => openLater(t.owner, budget.budgetId))
  expect(await caps(budget.budgetId)).toEqual([eur('3.00'), eur('3.00')])
})

test('a change waits for whoever opens a period at that moment, and reaches this period too', async () => {
  const { budget } = await budgetOver('chat')
  const updated = await heldWhile(
    (sql) => openLater(sql, budget.budgetId),
    () => change(budget, { cap: eur('3.00'), isHard: false }),
  )
  expect(updated.kind).toBe('updated')
  expect((await caps(budget.budgetId)).map((cap) => cap - eur('4000000000'))).toEqual([eur('3.00'), eur('3.00')])
})

test('a reservation at that moment waits for the change, and is paid or refused by the new cap', async () => {
  for (const [cap, kind] of [
    ['0.50', 'refused'],
    ['2.00', 'reserved'],
  ] as const) {
    const { budget, account } = await budgetOver('chat', { cap: eur(cap === '0.50' ? '2.00' : '0.50') })
    const call = t.call(account, { feature: 'chat' })
    const answer = await heldWhile(updating(budget, cap), () => call.reserve({ amount: eur('1.00') }))
    expect([cap, answer.kind]).toEqual([cap, kind])
  }
})

test('of two who change the same terms at once, the second hears that they are outdated, and changes nothing', async () => {
  const { budget } = await budgetOver('chat')
  const second = await heldWhile(updating(budget, '3.00'), () => change(budget, { cap: eur('4.00') }))
  expect(second).toMatchObject({ kind: 'outdated', budget: { cap: eur('3.00'), revision: 2 } })
  expect(await caps(budget.budgetId)).toEqual([eur('3.00')])
})

test('a cap that is cut below what is used is an overrun; so is one that becomes hard; both are told', async () => {
  const { budget, account } = await budgetOver('chat', { isHard: false, cap: eur('0.10') })
  await t.call(account, { feature: 'chat' }).reserve({ amount: eur('0.30') })
  expect(await showBudget(t.ledger, { id: budget.budgetId })).toMatchObject({ status: 'exceeded' })
  expect((await t.countersOf(budget.budgetId)).overrun).toBe(0n)
  const hard = await change(budget, { isHard: true })
  expect(hard).toMatchObject({ budget: { isHard: true, status: 'exceeded', remaining: eur('-0.20') } })
  expect((await t.countersOf(budget.budgetId)).overrun).toBe(eur('0.20'))
  await change(hard.budget, { cap: eur('0.05') })
  expect((await t.countersOf(budget.budgetId)).overrun).toBe(eur('0.25'))
  expect(await eventsOf(t.owner, budget.budgetId)).toEqual(['overrun', 'overrun'])
  expect((await t.call(account, { feature: 'chat' }).reserve({ amount: eur('0.01') })).kind).toBe('refused')
})

test('other thresholds are told from now on, and at once what is crossed already', async () => {
  const { budget, account } = await budgetOver('chat', { thresholds: [90] })
  const call = t.call(account, { feature: 'chat' })
  await call.settle(await call.sent({ amount: eur('0.30') }), eur('0.30'))
  const changed = await change(budget, { thresholds: [40, 20, 20] })
  expect(changed).toMatchObject({ changed: true, budget: { thresholds: [20, 40], revision: 2 } })
  expect(await change(changed.budget, { thresholds: [40, 20] })).toMatchObject({ changed: false, budget: { revision: 2 } })
  expect(await eventsOf(t.owner, budget.budgetId)).toEqual(['threshold 20'])
})

test('what is over, and what a plan says, is changed by nobody', async () => {
  const { budget, account } = await budgetOver('chat')
  const [plan] = await t.owner<
    { id: number; name: string }[]
  >`select id, name from purser.budget where account = ${account} and plan is not null`
  const ofPlan = { id: plan?.id ?? 0, revision: 1, reason }
  await expect(updateBudget(t.ledger, { ...ofPlan, cap: eur('9.00') })).rejects.toMatchObject({
    code: 'conflict',
    message: `"${plan?.name}" is the plan of account "${account}": a version of the plan says what it may spend, a top-up changes one month`,
  })
  expect(await updateBudget(t.ledger, { ...ofPlan, thresholds: [75] })).toMatchObject({ budget: { thresholds: [75] } })
  expect(await archiveBudget(t.ledger, { id: budget.budgetId })).toMatchObject({ changed: true })
  expect(await archiveBudget(t.ledger, { id: budget.budgetId })).toMatchObject({ changed: false })
  await expect(change(budget, { cap: eur('2.00') })).rejects.toMatchObject({ code: 'conflict' })
  for (const cap of ['0', '-1', '1000000001']) await expect(change(budget, { cap: eur(cap) })).rejects.toMatchObject({ code: 'bad_input' })
  await expect(change(budget, { cap: eur('1'), reason: ' ' })).rejects.toMatchObject({ code: 'bad_input' })
})
