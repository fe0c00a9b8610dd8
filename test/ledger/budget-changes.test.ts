import { randomUUID } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { ensureAccount, setAccountStatus, showAccount } from '../../src/ledger/accounts.ts'
import { archiveBudget, changeCap, createBudget, listBudgets, showBudget } from '../../src/ledger/budgets.ts'
import { listStops, resumeScope, stopScope } from '../../src/ledger/stop.ts'
import { budgetFor, eventsOf } from '../support/budgets.ts'
import { openTestLedger } from '../support/ledger.ts'
import { until } from '../support/until.ts'

const t = await openTestLedger()
afterAll(async () => {
  await t.audited()
  await t.drop()
})

const account = (cap = '5.00'): Promise<string> => t.accountWith({ cap })
const events = (budgetId: number): Promise<string[]> => eventsOf(t.owner, budgetId)

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

  test('of a total that is still to come can be raised, and that shows', async () => {
    const id = await account()
    const startsAt = new Date(Date.now() + 86_400_000)
    const { budgetId, name } = await createBudget(t.ledger, budgetFor({ account: id }, { periodKind: 'total', startsAt }))
    const raised = await changeCap(t.ledger, { of: { name }, change: eur('0.50'), key: randomUUID(), reason: 'a gift' })
    expect(raised).toMatchObject({ phase: 'not_begun', period: 'total', cap: eur('1.50'), remaining: eur('1.50'), changed: true })
    expect(await showBudget(t.ledger, { name })).toMatchObject({ phase: 'not_begun', cap: eur('1.50') })
    const listed = await listBudgets(t.ledger, { account: id, after: budgetId - 1, limit: 1 })
    expect(listed).toMatchObject([{ budgetId, cap: eur('1.50') }])
    // Its day has come.
    await t.owner`update purser.budget set starts_at = clock_timestamp() - interval '1 second' where id = ${budgetId}`
    await t.owner`update purser.scope set valid_until = clock_timestamp() where account = ${id}`
    expect((await t.call(id).reserve({ amount: eur('1.40') })).kind).toBe('reserved')
    expect(await showBudget(t.ledger, { name })).toMatchObject({ phase: 'current', reserved: eur('1.40'), remaining: eur('0.10') })
  })

  test('of what is archived or over cannot be changed, but a repeat still hears what it did', async () => {
    const id = await account()
    const change = { change: eur('0.50'), reason: 'a gift' }
    const archived = await createBudget(t.ledger, budgetFor({ account: id }))
    const before = { ...change, of: { id: archived.budgetId }, key: randomUUID() }
    await changeCap(t.ledger, before)
    await archiveBudget(t.ledger, { id: archived.budgetId })
    await expect(changeCap(t.ledger, { ...before, key: randomUUID() })).rejects.toMatchObject({
      code: 'conflict',
      message: `budget "${archived.name}" is archived, so its cap counts no more: make a new one with \`purser budget create\``,
    })
    expect(await changeCap(t.ledger, before)).toMatchObject({ changed: false, phase: 'archived', cap: eur('1.50') })

    const over = await createBudget(
      t.ledger,
      budgetFor({ account: id }, { periodKind: 'total', endsAt: new Date(Date.now() + 86_400_000) }),
    )
    await t.call(id).reserve({ amount: eur('0.20') })
    await t.owner`update purser.budget set ends_at = clock_timestamp() where id = ${over.budgetId}`
    await expect(changeCap(t.ledger, { ...change, of: { id: over.budgetId }, key: randomUUID() })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('has ended, so its cap counts no more'),
    })
    // What it came to is still told.
    expect(await showBudget(t.ledger, { id: over.budgetId })).toMatchObject({
      phase: 'ended',
      reserved: eur('0.20'),
      remaining: eur('0.80'),
    })
  })

  test('is changed under one key for one budget, also when two ask at once', async () => {
    const [id, other] = [await account('0.10'), await account('0.10')]
    const change = { change: eur('0.50'), key: randomUUID(), reason: 'a gift' }
    const session = await t.session()
    await session`begin`
    await session`select purser.change_cap(null, null, ${id}, ${change.change}, ${change.key}, 'a gift')`
    const asked = Promise.allSettled([id, other].map((one) => changeCap(t.ledger, { ...change, of: { account: one } })))
    await until('both wait', async () => {
      const [row] = await t.owner<{ n: number }[]>`
        select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%change_cap%'`
      return row?.n === 2
    })
    await session`commit`
    session.release()
    expect(await asked).toMatchObject([
      { status: 'fulfilled', value: { changed: false, cap: eur('0.60') } },
      { status: 'rejected', reason: { code: 'conflict', message: `the key "${change.key}" was used for another change` } },
    ])
    expect(await t.counters(other)).toMatchObject({ cap: eur('0.10') })
  })

  test('of nobody is an error', async () => {
    const change = { change: eur('1'), key: randomUUID(), reason: 'none' }
    await expect(changeCap(t.ledger, { ...change, of: { account: 'nobody' } })).rejects.toMatchObject({ code: 'unknown_account' })
    await expect(changeCap(t.ledger, { ...change, of: { name: 'nothing' } })).rejects.toMatchObject({ code: 'not_found' })
  })
})

test('an account’s plan cannot be archived: nothing could pay for its calls any more', async () => {
  const id = await account()
  const [plan] = await listBudgets(t.ledger, { account: id, after: 0, limit: 1 })
  for (const name of [{ name: plan?.name ?? '' }, { id: plan?.budgetId ?? 0 }]) {
    await expect(archiveBudget(t.ledger, name)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(`\`purser account suspend ${id}\` ends its spending`),
    })
  }
  expect((await t.call(id).reserve()).kind).toBe('reserved')
})

describe('what is given with a change', () => {
  const given: { key: string; reason: string } = { key: randomUUID(), reason: 'because' }
  const changes = {
    'a top-up': async (o: typeof given) => changeCap(t.ledger, { ...o, of: { account: await account() }, change: eur('1') }),
    'a suspension': async (o: typeof given) => setAccountStatus(t.ledger, { ...o, id: await account(), status: 'suspended' }),
    'a stop': async (o: typeof given) => stopScope(t.ledger, { account: await account() }, o.reason),
    'a resume': async (o: typeof given) => resumeScope(t.ledger, { account: await account() }, o.reason),
  }
  const cases = Object.entries(changes).flatMap(([what, change]) => [
    { what, change, over: { reason: '' }, message: 'the reason is missing: say in a few words why' },
    { what, change, over: { reason: ' \n\t' }, message: 'the reason is missing: say in a few words why' },
    { what, change, over: { reason: 'x'.repeat(1001) }, message: 'the reason has 1001 characters: 1000 at most' },
    ...(what === 'a stop' || what === 'a resume'
      ? []
      : [
          { what, change, over: { key: ' ' }, message: 'the key is missing: name this change, so that its repeat has no effect' },
          { what, change, over: { key: 'x'.repeat(3000) }, message: 'the key has 3000 characters: 200 at most' },
        ]),
  ])

  test.for(cases)('$what: $message', async ({ change, over, message }) => {
    await expect(change({ ...given, ...over })).rejects.toMatchObject({ code: 'bad_input', message })
  })

  test('a stop of a scope that names nobody is refused: it would stop nothing, and nobody would see it', async () => {
    await expect(stopScope(t.ledger, { account: 'nobody' }, 'now')).rejects.toMatchObject({ code: 'unknown_account' })
    await expect(stopScope(t.ledger, { team: ' ' }, 'now')).rejects.toMatchObject({ code: 'bad_input' })
  })

  test('an opening amount of an account', async () => {
    const terms = { id: `acc_${randomUUID().slice(0, 13)}`, plan: 'free', opening: { amount: eur('0.01'), reason: '' } }
    await expect(ensureAccount(t.ledger, terms)).rejects.toMatchObject({
      code: 'bad_input',
      message: 'the reason is missing: say in a few words why',
    })
  })
})

test('stops are listed a page at a time; one that has ended only when asked for, with what ended it', async () => {
  const id = await account()
  const scopes = ['a', 'b', 'c'].map((team) => ({ account: id, team, labels: { tier: 'gold' } }))
  for (const scope of scopes) await stopScope(t.ledger, scope, `too much of ${scope.team}`)
  await resumeScope(t.ledger, scopes[1] ?? {}, 'mended')
  const before = (await listStops(t.ledger, { after: 0, limit: 1_000, resumed: true })).filter(({ scope }) => scope.account !== id)
  const after = before.at(-1)?.stopId ?? 0
  const [first, ...none] = await listStops(t.ledger, { after, limit: 1 })
  expect(none).toEqual([])
  expect(first).toMatchObject({ scope: scopes[0], reason: 'too much of a', resumedAt: null, resumedWhy: null })
  expect(await listStops(t.ledger, { after: first?.stopId ?? 0, limit: 10 })).toMatchObject([{ scope: scopes[2] }])
  const all = await listStops(t.ledger, { after, limit: 10, resumed: true })
  expect(all.map(({ scope, resumedWhy }) => [scope, resumedWhy])).toEqual([
    [scopes[0], null],
    [scopes[1], 'mended'],
    [scopes[2], null],
  ])
  for (const limit of [0, 1001]) await expect(listStops(t.ledger, { after, limit })).rejects.toMatchObject({ code: 'bad_input' })
  for (const scope of [scopes[0], scopes[2]]) await resumeScope(t.ledger, scope ?? {}, 'over')
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
