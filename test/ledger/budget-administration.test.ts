import { randomUUID } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { eur, nano } from '../../src/domain/money.ts'
import { showAccount, setAccountStatus } from '../../src/ledger/accounts.ts'
import {
  archiveBudget,
  changeCap,
  createBudget,
  holdersOf,
  listBudgets,
  showBudget,
  type BudgetScope,
  type NewBudget,
} from '../../src/ledger/budgets.ts'
import { ledgerOver } from '../../src/ledger/ledger.ts'
import { resumeScope, stopScope } from '../../src/ledger/stop.ts'
import { openTestLedger } from '../support/ledger.ts'

const t = await openTestLedger()
afterAll(async () => {
  await t.audited()
  await t.drop()
})

const budgetFor = (scope: BudgetScope, over: Partial<NewBudget> = {}): NewBudget => ({
  name: `budget ${randomUUID()}`,
  scope,
  isHard: true,
  periodKind: 'month',
  timeZone: 'UTC',
  cap: eur('1.00'),
  thresholds: [50, 80, 100],
  ...over,
})
const minus = (amount: bigint) => 0n - amount
const account = (cap = '5.00'): Promise<string> => t.accountWith({ cap })
const events = async (budgetId: number) => {
  const rows = await t.owner<{ kind: string; details: Record<string, unknown> }[]>`
    select o.kind, o.details from purser.outbox o join purser.budget_period p on p.id = o.budget_period_id where p.budget_id = ${budgetId} order by o.xid, o.id`
  return rows.map(({ kind, details }) => (kind === 'threshold' ? `${kind} ${String(details['percent'])}` : kind))
}

describe('a new budget', () => {
  test('is in force for the next reservation, also in a process that has been running', async () => {
    const id = await account()
    const other = ledgerOver(t.ledger.sql)
    expect((await t.call(id).reserve({ amount: eur('0.03') })).kind).toBe('reserved')
    await createBudget(other, budgetFor({ account: id }, { cap: eur('0.02'), fromZero: true }))
    expect(await t.call(id).reserve({ amount: eur('0.03') })).toMatchObject({ kind: 'refused', cap: { amount: '0.020000000' } })
  })

  test('begins with what its scope has spent in the period, and with its open reservations', async () => {
    const id = await account()
    const done = t.call(id, { feature: 'banner' })
    await done.settle(await done.sent({ amount: eur('0.05') }), eur('0.04'))
    const open = t.call(id, { feature: 'banner' })
    const sent = await open.sent({ amount: eur('0.30') })
    const elsewhere = t.call(id, { feature: 'other' })
    await elsewhere.settle(await elsewhere.sent({ amount: eur('0.05') }), eur('0.05'))
    const budget = await createBudget(t.ledger, budgetFor({ account: id, feature: 'banner' }))
    expect(budget).toMatchObject({ made: true, spent: eur('0.04'), reserved: eur('0.30'), remaining: eur('0.66'), status: 'within_budget' })
    await open.settle(sent, eur('0.10'))
    expect(await showBudget(t.ledger, { id: budget.budgetId })).toMatchObject({ spent: eur('0.14'), reserved: 0n, percentUsed: '14.00' })
  })

  test('that is smaller than what is open begins overrun, and refuses', async () => {
    const id = await account()
    const open = t.call(id)
    const sent = await open.sent({ amount: eur('0.30') })
    const budget = await createBudget(t.ledger, budgetFor({ account: id }, { cap: eur('0.10') }))
    expect(budget).toMatchObject({ status: 'exceeded', remaining: minus(eur('0.20')) })
    expect((await t.call(id).reserve({ amount: 1n as never })).kind).toBe('refused')
    await open.reject(sent)
    expect(await showBudget(t.ledger, { id: budget.budgetId })).toMatchObject({ status: 'within_budget', remaining: eur('0.10') })
  })

  test('may begin with nothing spent', async () => {
    const id = await account()
    const done = t.call(id)
    await done.settle(await done.sent(), eur('0.02'))
    expect(await createBudget(t.ledger, budgetFor({ account: id }, { fromZero: true }))).toMatchObject({ spent: 0n })
  })

  test('is made once under its name; with other terms it is a conflict; a name is free again when it is archived', async () => {
    const id = await account()
    const terms = budgetFor({ account: id })
    const results = await Promise.all([1, 2, 3].map(() => createBudget(t.ledger, terms)))
    expect(results.filter(({ made }) => made)).toHaveLength(1)
    expect(new Set(results.map(({ budgetId }) => budgetId)).size).toBe(1)
    await expect(createBudget(t.ledger, { ...terms, cap: eur('2.00') })).rejects.toMatchObject({ code: 'conflict' })
    await archiveBudget(t.ledger, { name: terms.name })
    expect(await createBudget(t.ledger, { ...terms, cap: eur('2.00') })).toMatchObject({ made: true, cap: eur('2.00') })
  })

  test('without sense is refused, with a reason', async () => {
    for (const [over, code] of [
      [{ cap: nano(0n) }, 'bad_input'],
      [{ cap: eur('4000000000') }, 'bad_input'],
      [{ timeZone: '+05:30' }, 'bad_input'],
      [{ scope: { account: 'nobody' } }, 'unknown_account'],
    ] as const) {
      await expect(createBudget(t.ledger, budgetFor({}, over))).rejects.toMatchObject({ code })
    }
  })

  test('with a beginning and an end counts only between them', async () => {
    const id = await account()
    const later = new Date(Date.now() + 86_400_000)
    const budget = await createBudget(t.ledger, budgetFor({ account: id }, { periodKind: 'total', cap: eur('0.01'), startsAt: later }))
    expect((await t.call(id).reserve()).kind).toBe('reserved')
    // Its day has come.
    await t.owner`update purser.budget set starts_at = clock_timestamp() - interval '1 second' where id = ${budget.budgetId}`
    await t.owner`update purser.scope set valid_until = clock_timestamp() where account = ${id}`
    expect((await t.call(id).reserve()).kind).toBe('refused')
  })

  test('by labels covers exactly the calls that carry them', async () => {
    const id = await account()
    await createBudget(t.ledger, budgetFor({ account: id, labels: { tier: 'gold' } }, { cap: eur('0.01') }))
    expect((await t.call(id, { labels: { tier: 'gold', city: 'Oslo' } }).reserve()).kind).toBe('refused')
    expect((await t.call(id, { labels: { tier: 'lead' } }).reserve()).kind).toBe('reserved')
    expect((await t.call(id).reserve()).kind).toBe('reserved')
  })
})

describe('a soft budget', () => {
  test('refuses nothing, and tells when it is exceeded', async () => {
    const id = await account()
    const budget = await createBudget(t.ledger, budgetFor({ account: id }, { isHard: false, cap: eur('0.05') }))
    const calls = [t.call(id), t.call(id)]
    for (const call of calls) await call.settle(await call.sent({ amount: eur('0.04') }), eur('0.03'))
    expect(await showBudget(t.ledger, { id: budget.budgetId })).toMatchObject({
      isHard: false,
      cap: eur('0.05'),
      spent: eur('0.06'),
      remaining: minus(eur('0.01')),
      percentUsed: '120.00',
      status: 'exceeded',
    })
    expect(await events(budget.budgetId)).toEqual(['threshold 50', 'threshold 80', 'threshold 100'])
  })

  test('leaves what is left to the hard budgets', async () => {
    const id = await account('1.00')
    await createBudget(t.ledger, budgetFor({ account: id }, { isHard: false, cap: eur('0.01') }))
    for (const _ of [1, 2]) expect(await t.call(id).reserve({ amount: eur('0.10') })).toMatchObject({ kind: 'reserved' })
    expect(await t.call(id).reserve({ amount: eur('0.10') })).toMatchObject({ budgetLeft: { amount: '0.700000000' } })
  })
})

describe('thresholds', () => {
  test('are told once each in a period, in order, in the transaction that crosses them', async () => {
    const id = await account()
    const budget = await createBudget(t.ledger, budgetFor({ account: id }, { thresholds: [90, 10, 50] }))
    for (const cost of ['0.05', '0.04', '0.02', '0.60', '0.10']) {
      const call = t.call(id)
      await call.settle(await call.sent({ amount: eur('0.65') <= eur(cost) ? eur(cost) : eur('0.25') }), eur(cost))
    }
    expect(await events(budget.budgetId)).toEqual(['threshold 10', 'threshold 50', 'overrun'].filter((kind) => kind !== 'overrun'))
    const last = t.call(id)
    await last.settle(await last.sent({ amount: eur('0.15') }), eur('0.12'))
    expect(await events(budget.budgetId)).toEqual(['threshold 10', 'threshold 50', 'threshold 90'])
  })

  test('a refusal, the money that comes free for it, and an overrun are told, once each', async () => {
    const id = await account()
    const budget = await createBudget(t.ledger, budgetFor({ account: id }, { cap: eur('0.10'), thresholds: [] }))
    const first = t.call(id)
    const sent = await first.sent({ amount: eur('0.08') })
    expect((await t.call(id).reserve({ amount: eur('0.05') })).kind).toBe('refused')
    expect(await events(budget.budgetId)).toEqual(['refused'])
    await first.settle(sent, eur('0.02'))
    expect(await events(budget.budgetId)).toEqual(['refused', 'freed'])
    const over = t.call(id)
    await over.settle(await over.sent({ amount: eur('0.07') }), eur('0.09'))
    expect(await events(budget.budgetId)).toEqual(['refused', 'freed', 'overrun'])
  })
})

describe('a cap', () => {
  test('is raised by a top-up, once per key, for its period', async () => {
    const id = await account('0.10')
    expect((await t.call(id).reserve({ amount: eur('0.15') })).kind).toBe('refused')
    const topUp = { of: { account: id }, change: eur('0.10'), key: randomUUID(), reason: 'a gift' }
    expect(await changeCap(t.ledger, topUp)).toMatchObject({ changed: true, cap: eur('0.20') })
    expect(await changeCap(t.ledger, topUp)).toMatchObject({ changed: false, cap: eur('0.20') })
    await expect(changeCap(t.ledger, { ...topUp, change: eur('0.20') })).rejects.toMatchObject({ code: 'conflict' })
    expect((await t.call(id).reserve({ amount: eur('0.15') })).kind).toBe('reserved')
  })

  test('that is cut below what is used is an overrun, booked and told; below zero it is refused', async () => {
    const id = await account('0.10')
    await t.call(id).reserve({ amount: eur('0.08') })
    const cut = (change: string) => changeCap(t.ledger, { of: { account: id }, change: eur(change), key: randomUUID(), reason: 'a cut' })
    const budget = await cut('-0.05')
    expect(budget).toMatchObject({ cap: eur('0.05'), status: 'exceeded' })
    expect(await events(budget.budgetId)).toEqual(['overrun'])
    await expect(cut('-0.06')).rejects.toMatchObject({ code: 'bad_input' })
  })

  test('stays hard however often it is raised: past a billion EUR it is refused, and refuses still', async () => {
    const id = await account('0.10')
    const raise = (change: string) => changeCap(t.ledger, { of: { account: id }, change: eur(change), key: randomUUID(), reason: 'more' })
    for (const change of ['9000000000', '1000000000']) await expect(raise(change)).rejects.toMatchObject({ code: 'bad_input' })
    expect(await raise('999999999')).toMatchObject({ changed: true, cap: eur('999999999.10') })
    await expect(raise('1')).rejects.toMatchObject({ code: 'bad_input' })
    expect((await t.call(id).reserve({ amount: eur('1000000000') })).kind).toBe('refused')
  })

  test('of nobody is an error', async () => {
    const change = { change: eur('1'), key: randomUUID(), reason: 'none' }
    await expect(changeCap(t.ledger, { ...change, of: { account: 'nobody' } })).rejects.toMatchObject({ code: 'unknown_account' })
    await expect(changeCap(t.ledger, { ...change, of: { name: 'nothing' } })).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('the panic switch', () => {
  test('ends new reservations of its scope at once, sends nothing that waits, and books what was sent', async () => {
    const id = await account()
    const [waiting, onItsWay, other] = [
      t.call(id, { feature: 'banner' }),
      t.call(id, { feature: 'banner' }),
      t.call(id, { feature: 'other' }),
    ]
    await waiting.reserve()
    const sent = await onItsWay.sent()
    expect(await stopScope(t.ledger, { account: id, feature: 'banner' }, 'too much')).toEqual({
      stopped: true,
      scope: { account: id, feature: 'banner' },
    })
    expect(await stopScope(t.ledger, { account: id, feature: 'banner' }, 'again')).toMatchObject({ stopped: false })
    expect(await t.call(id, { feature: 'banner' }).reserve()).toEqual({ kind: 'stopped', reason: 'stopped: too much' })
    expect(await waiting.dispatch(randomUUID())).toEqual({ kind: 'lapsed' })
    expect((await onItsWay.settle(sent, eur('0.02'))).kind).toBe('settled')
    expect((await other.reserve()).kind).toBe('reserved')
    await resumeScope(t.ledger, { account: id, feature: 'banner' }, 'mended')
    expect((await t.call(id, { feature: 'banner' }).reserve()).kind).toBe('reserved')
    await expect(resumeScope(t.ledger, { account: id, feature: 'banner' }, 'twice')).rejects.toMatchObject({ code: 'not_found' })
  })

  test('waits for reserves that have checked already, and no later one gets through', async () => {
    const id = await account()
    const scope = { account: id }
    await t.call(id).reserve()
    const before = Array.from({ length: 20 }, () => t.call(id).reserve({ amount: eur('0.01') }))
    await stopScope(t.ledger, scope, 'now')
    const after = await Promise.all(Array.from({ length: 20 }, () => t.call(id).reserve({ amount: eur('0.01') })))
    expect(new Set(after.map(({ kind }) => kind))).toEqual(new Set(['stopped']))
    await Promise.all(before)
    await resumeScope(t.ledger, scope, 'over')
  })
})

test('an account that is suspended reserves nothing and sends nothing, until it is active again; each change once per key', async () => {
  const id = await account()
  const call = t.call(id)
  await call.reserve()
  const suspend = { id, status: 'suspended', key: randomUUID(), reason: 'did not pay' } as const
  for (const _ of [1, 2]) expect(await setAccountStatus(t.ledger, suspend)).toMatchObject({ status: 'suspended' })
  await expect(setAccountStatus(t.ledger, { ...suspend, reason: 'another' })).rejects.toMatchObject({ code: 'conflict' })
  expect(await t.call(id).reserve()).toEqual({ kind: 'stopped', reason: 'account suspended' })
  expect(await call.dispatch(randomUUID())).toEqual({ kind: 'lapsed' })
  await setAccountStatus(t.ledger, { id, status: 'active', key: randomUUID(), reason: 'paid' })
  expect((await t.call(id).reserve()).kind).toBe('reserved')
  expect((await showAccount(t.ledger, id)).budgets[0]).toMatchObject({ reserved: eur('0.03') })
  await expect(setAccountStatus(t.ledger, { ...suspend, id: 'nobody', key: randomUUID() })).rejects.toMatchObject({
    code: 'unknown_account',
  })
})

test('who holds a budget’s money, the largest first, and when time alone ends it', async () => {
  const id = await account()
  const [small, large] = [t.call(id), t.call(id)]
  await small.reserve({ amount: eur('0.01') })
  await large.sent({ amount: eur('0.20') })
  const budgets = await listBudgets(t.ledger, { account: id, after: 0, limit: 10 })
  const holders = await holdersOf(t.ledger, { id: budgets[0]?.budgetId ?? 0 }, 10)
  expect(holders).toMatchObject([
    { workflowId: large.key.workflowId, state: 'dispatched', amount: eur('0.20'), account: id },
    { workflowId: small.key.workflowId, state: 'reserved', amount: eur('0.01'), account: id },
  ])
  expect(new Date(holders[1]?.freesAt ?? 0).getTime()).toBeGreaterThan(Date.now())
})

test('budgets are listed a page at a time, archived ones only when asked', async () => {
  const id = await account()
  const made = [await createBudget(t.ledger, budgetFor({ account: id })), await createBudget(t.ledger, budgetFor({ account: id }))]
  await archiveBudget(t.ledger, { id: made[0]?.budgetId ?? 0 })
  const page = async (after: number, archived = false) =>
    (await listBudgets(t.ledger, { account: id, after, limit: 2, archived })).map((b) => b.budgetId)
  const all = await page(0, true)
  expect(all).toHaveLength(2)
  expect([...all, ...(await page(all[1] ?? 0, true))]).toContain(made[0]?.budgetId)
  expect(await page(0)).not.toContain(made[0]?.budgetId)
})
