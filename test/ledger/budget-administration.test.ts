import { randomUUID } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { eur, nano } from '../../src/domain/money.ts'
import { listAccounts, showAccount } from '../../src/ledger/accounts.ts'
import {
  archiveBudget,
  createBudget,
  holdersOf,
  listBudgets,
  showBudget,
  type BudgetScope,
  type Holder,
  type NewBudget,
} from '../../src/ledger/budgets.ts'
import { explainCost } from '../../src/ledger/explain-cost.ts'
import { ledgerOver } from '../../src/ledger/ledger.ts'
import { resumeScope, stopScope } from '../../src/ledger/stop.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import { budgetFor, eventsOf } from '../support/budgets.ts'
import { openTestLedger } from '../support/ledger.ts'

const t = await openTestLedger()
afterAll(async () => {
  await t.audited()
  await t.drop()
})

const minus = (amount: bigint) => 0n - amount
const account = (cap = '5.00'): Promise<string> => t.accountWith({ cap })
const events = (budgetId: number): Promise<string[]> => eventsOf(t.owner, budgetId)

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
    expect(await showBudget(t.ledger, { id: budget.budgetId })).toMatchObject({ spent: eur('0.14'), reserved: 0n, percentageUsed: '14.00' })
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

  test('with any other term is a conflict that names the term; the order of thresholds is none', async () => {
    const id = await account()
    const [startsAt, endsAt, later] = [1, 2, 3].map((days) => new Date(Date.now() + days * 86_400_000))
    const terms = budgetFor({ account: id }, { periodKind: 'total', startsAt, endsAt, thresholds: [50, 80] })
    await createBudget(t.ledger, terms)
    for (const [over, term] of [
      [{ thresholds: [50, 90] }, 'thresholds'],
      [{ thresholds: [50] }, 'thresholds'],
      [{ thresholds: [] }, 'thresholds'],
      [{ cap: eur('1.01') }, 'cap'],
      [{ scope: {} }, 'scope'],
      [{ isHard: false }, 'hard or soft'],
      [{ timeZone: 'Europe/Berlin' }, 'time zone'],
      [{ periodKind: 'month', startsAt: undefined, endsAt: undefined }, 'period, beginning, end'],
      [{ startsAt: undefined }, 'beginning'],
      [{ endsAt: later }, 'end'],
      [{ fromZero: true }, 'from zero'],
    ] as const) {
      await expect(createBudget(t.ledger, { ...terms, ...over })).rejects.toMatchObject({
        code: 'conflict',
        message: `there is a budget "${terms.name}" with other terms (${term}): archive it, or take another name`,
      })
    }
    expect(await createBudget(t.ledger, { ...terms, thresholds: [80, 50, 80] })).toMatchObject({ made: false, thresholds: [50, 80] })
  })

  test('does not take the name of an account’s plan', async () => {
    const id = await account()
    const [plan] = await listBudgets(t.ledger, { account: id, after: 0, limit: 1 })
    await expect(createBudget(t.ledger, budgetFor({}, { name: plan?.name ?? '' }))).rejects.toMatchObject({
      code: 'conflict',
      message: `"${plan?.name}" is the plan of account "${id}": take another name`,
    })
  })

  test.for<[what: string, over: Partial<NewBudget>, message: string]>([
    ['no cap', { cap: nano(0n) }, 'a budget needs a cap above zero'],
    ['too large a cap', { cap: eur('4000000000') }, 'a cap is at most 1,000,000,000 EUR'],
    [
      'a cap beyond 64 bits',
      { cap: nano(2n ** 70n) },
      `the ledger cannot take one of these values: value "${2n ** 70n}" is out of range for type bigint`,
    ],
    ['a time zone that is an offset', { timeZone: '+05:30' }, '"+05:30" is no time zone: write it like Europe/Berlin'],
    ['no name', { name: ' ' }, 'the name is missing: it is how people find the budget'],
    ['a name that is an id', { name: '7' }, 'the name 7 would be taken for an id: write a name'],
    ['a name without end', { name: 'x'.repeat(101) }, 'the name has 101 characters: 100 at most'],
    ['a period that is none', { periodKind: 'week' as 'day' }, '"week" is no period: day, month or total'],
    ...(['day', 'month'] as const).flatMap((periodKind): [string, Partial<NewBudget>, string][] =>
      (['startsAt', 'endsAt'] as const).map((date) => [
        `${date} on a ${periodKind}`,
        { periodKind, [date]: new Date(Date.now() + 86_400_000) },
        `only a total budget has a beginning and an end: a ${periodKind} begins and ends by the calendar`,
      ]),
    ),
    [
      'an end before its beginning',
      { periodKind: 'total', startsAt: new Date('2999-01-02'), endsAt: new Date('2999-01-01') },
      'a budget must end after it begins',
    ],
    [
      'an end that is past',
      { periodKind: 'total', endsAt: new Date('2026-01-01') },
      'a budget until 2026-01-01 00:00 UTC has ended before it is made',
    ],
    [
      'a date that is none',
      { periodKind: 'total', endsAt: new Date('soon') },
      'a budget begins and ends at a moment, such as 2026-12-01T00:00:00Z',
    ],
    ...[[0], [1001], [1.5], Array.from({ length: 21 }, (_, i) => i + 1)].map((thresholds): [string, Partial<NewBudget>, string] => [
      `thresholds ${thresholds.join()}`,
      { thresholds },
      'thresholds are whole percents from 1 to 1000, twenty at most',
    ]),
    [
      'a scope key that is none',
      { scope: { acount: 'acme' } as BudgetScope },
      'no scope key "acount": there are account, user, team, project, feature, environment, provider, model, endpoint and labels',
    ],
    ['a scope value that is empty', { scope: { team: '' } }, 'the scope key "team" has no value'],
    ['a scope value that is none', { scope: { team: 7 as never } }, 'the scope key "team" has no value'],
    ['labels that name nothing', { scope: { labels: {} } }, 'the labels of a scope are names with values, one to five'],
    ['a label without a value', { scope: { labels: { tier: '' } } }, 'the scope key "label.tier" has no value'],
  ])('with %s is refused as bad_input, in a sentence', async ([, over, message]) => {
    await expect(createBudget(t.ledger, budgetFor({}, over))).rejects.toMatchObject({ code: 'bad_input', message })
  })

  test('for an account that is not there is refused', async () => {
    await expect(createBudget(t.ledger, budgetFor({ account: 'nobody' }))).rejects.toMatchObject({ code: 'unknown_account' })
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
      percentageUsed: '120.00',
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
    expect(await stopScope(t.ledger, { account: id, feature: 'banner' }, 'too much')).toMatchObject({ stopped: true, reason: 'too much' })
    expect(await stopScope(t.ledger, { account: id, feature: 'banner' }, 'again')).toMatchObject({ stopped: false, reason: 'too much' })
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

test('who holds a budget’s money, the largest first, and when time alone ends it', async () => {
  const id = await account()
  const [small, large] = [t.call(id), t.call(id)]
  await small.reserve({ amount: eur('0.01') })
  await large.sent({ amount: eur('0.20') })
  const budgets = await listBudgets(t.ledger, { account: id, after: 0, limit: 10 })
  const plan = { id: budgets[0]?.budgetId ?? 0 }
  const holders = await holdersOf(t.ledger, plan, { limit: 10 })
  // What was sent is spent if nobody answers; what was not comes back.
  expect(holders).toMatchObject([
    { workflowId: large.key.workflowId, state: 'dispatched', amount: eur('0.20'), account: id, endsAs: 'presumed' },
    { workflowId: small.key.workflowId, state: 'reserved', amount: eur('0.01'), account: id, endsAs: 'released' },
  ])
  expect(holders.map(({ endsAt }) => Math.round((Date.parse(endsAt) - Date.now()) / 60_000))).toEqual([15, 15])
  expect(await explainCost(t.ledger, holders[0]?.callRef ?? '')).toMatchObject({ steps: [{ amount: eur('0.20') }] })
})

test('who holds a budget’s money can be read to the end, a page at a time, also when one of them has ended meanwhile', async () => {
  const id = await account()
  const [plan] = await listBudgets(t.ledger, { account: id, after: 0, limit: 1 })
  const of = { id: plan?.budgetId ?? 0 }
  // Two hold the same amount: no one is left out, and no one comes twice.
  const amounts = ['0.01', '0.03', '0.03', '0.02', '0.05']
  for (const amount of amounts) await t.call(id).reserve({ amount: eur(amount) })
  const all = await holdersOf(t.ledger, of, { limit: 1_000 })
  expect(all.map(({ amount }) => amount)).toEqual(['0.05', '0.03', '0.03', '0.02', '0.01'].map(eur))
  const read: string[] = []
  for (let after: string | undefined; read.length < 10;) {
    const page: readonly Holder[] = await holdersOf(t.ledger, of, { after, limit: 2 })
    read.push(...page.map(({ reservationId }) => reservationId))
    after = page.at(-1)?.reservationId
    if (after === undefined) break
    await t.endHold(after)
    await sweep(t.ledger, 10)
  }
  expect(read).toEqual(all.map(({ reservationId }) => reservationId))
  for (const limit of [0, 1_001, 1.5]) await expect(holdersOf(t.ledger, of, { limit })).rejects.toMatchObject({ code: 'bad_input' })
  await expect(holdersOf(t.ledger, of, { limit: 1, after: randomUUID() })).rejects.toMatchObject({ code: 'not_found' })
})

test('a page of any list has a size: 1 to 1000', async () => {
  for (const limit of [0, -1, 1_001]) {
    await expect(listBudgets(t.ledger, { after: 0, limit })).rejects.toMatchObject({
      code: 'bad_input',
      message: 'a page has 1 to 1000 items',
    })
    await expect(listAccounts(t.ledger, { after: '', limit })).rejects.toMatchObject({
      code: 'bad_input',
      message: 'a page has 1 to 1000 items',
    })
  }
})

test('every status of a budget has the same words, and a month that nobody has called in yet has them too', async () => {
  const id = await account('0.40')
  const call = t.call(id)
  await call.settle(await call.sent({ amount: eur('0.20') }), eur('0.10'))
  await t.call(id).reserve({ amount: eur('0.05') })
  const status = {
    budgetId: expect.any(Number),
    cap: eur('0.40'),
    spent: eur('0.10'),
    reserved: eur('0.05'),
    remaining: eur('0.25'),
    percentageUsed: '25.00',
    status: 'within_budget',
    phase: 'current',
    period: expect.stringMatching(/^\d{4}-\d\d$/),
    periodEndsAt: expect.any(String),
  }
  const [listed] = await listBudgets(t.ledger, { account: id, after: 0, limit: 1 })
  expect(listed).toMatchObject(status)
  expect(await showBudget(t.ledger, { id: listed?.budgetId ?? 0 })).toEqual(listed)
  expect((await showAccount(t.ledger, id)).budgets).toEqual([listed])

  // A new month, in which the plan's budget has no period yet.
  await t.owner`update purser.budget_period set period = '1999-12' where budget_id = ${listed?.budgetId ?? 0}`
  const fresh = { ...status, spent: 0n, reserved: 0n, remaining: eur('0.40'), percentageUsed: '0.00' }
  expect(await listBudgets(t.ledger, { account: id, after: 0, limit: 1 })).toMatchObject([fresh])
  await t.owner`update purser.budget_period set period = ${listed?.period ?? ''} where budget_id = ${listed?.budgetId ?? 0}`
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
