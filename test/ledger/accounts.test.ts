import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { accountJson, ensureAccount, listAccounts, showAccount } from '../../src/ledger/accounts.ts'
import { ensureInstallation } from '../../src/ledger/installation.ts'
import { openTestLedger, times } from '../support/ledger.ts'

const t = await openTestLedger()
afterAll(async () => {
  await t.audited()
  await t.drop()
})

const newId = () => `acc_${randomUUID().slice(0, 13)}`

test.for([
  ['free', '0.100000000'],
  ['paid', '1.000000000'],
  ['corporate', '5.000000000'],
] as const)('the plan %s may spend %s EUR a month', async ([plan, capEur]) => {
  const account = await ensureAccount(t.ledger, { id: newId(), plan, timeZone: 'Europe/Berlin' })
  expect(account).toMatchObject({ made: true, plan, status: 'active', timeZone: 'Europe/Berlin' })
  expect(accountJson(account)).toMatchObject({
    budgets: [{ capEur, spentEur: '0.000000000', reservedEur: '0.000000000', remainingEur: capEur }],
  })
})

test('an account is made once, however often and by how many at once it is asked for', async () => {
  const id = newId()
  const made = await Promise.all(times(10, () => ensureAccount(t.ledger, { id, plan: 'free', timeZone: 'UTC' })))
  expect(made.filter((account) => account.made)).toHaveLength(1)
  expect(await t.owner`select count(*)::int as n from purser.budget where account = ${id}`).toEqual([{ n: 1 }])
})

test('on another plan it is another account: a conflict', async () => {
  const id = newId()
  await ensureAccount(t.ledger, { id, plan: 'free', timeZone: 'UTC' })
  await expect(ensureAccount(t.ledger, { id, plan: 'paid', timeZone: 'UTC' })).rejects.toMatchObject({ code: 'account_conflict' })
})

test('an account that moves in with history has spent it from the start, once', async () => {
  const account = { id: newId(), plan: 'free', timeZone: 'UTC', opening: { amount: eur('0.09'), reason: 'moved in' } }
  for (const made of [true, false]) {
    expect(await ensureAccount(t.ledger, account)).toMatchObject({ made, budgets: [{ spent: eur('0.09'), remaining: eur('0.01') }] })
  }
  expect((await t.call(account.id).reserve({ amount: eur('0.02') })).kind).toBe('refused')
  const more = { ...account, id: newId(), opening: { amount: eur('0.15'), reason: 'moved in' } }
  expect(await ensureAccount(t.ledger, more)).toMatchObject({ budgets: [{ spent: eur('0.15'), remaining: eur('-0.05') }] })
})

test.for([
  [{ id: 'a b' }, 'bad_input'],
  [{ id: '' }, 'bad_input'],
  [{ id: 'a\n' }, 'bad_input'],
  [{ id: 'x'.repeat(101) }, 'bad_input'],
  [{ plan: 'golden' }, 'unknown_plan'],
  [{ timeZone: 'Mars/Olympus' }, 'bad_input'],
  [{ opening: { amount: eur('-0.01'), reason: 'a gift' } }, 'bad_input'],
] as const)('%o is refused: %s', async ([wrong, code]) => {
  await expect(ensureAccount(t.ledger, { id: newId(), plan: 'free', timeZone: 'UTC', ...wrong })).rejects.toMatchObject({ code })
})

test('accounts are listed by id, page by page', async () => {
  const ids = times(5, (i) => `zz_${i}_${randomUUID().slice(0, 8)}`)
  for (const id of ids.toReversed()) await ensureAccount(t.ledger, { id, plan: 'free', timeZone: 'UTC' })
  const first = await listAccounts(t.ledger, { after: 'zz', limit: 3 })
  expect(first.map((a) => a.id)).toEqual(ids.slice(0, 3))
  expect((await listAccounts(t.ledger, { after: first.at(-1)?.id ?? '', limit: 3 })).map((a) => a.id)).toEqual(ids.slice(3))
  await expect(showAccount(t.ledger, 'nobody')).rejects.toMatchObject({ code: 'unknown_account' })
})

test('an installation is one per Temporal cluster and namespace', async () => {
  const ids = await Promise.all(times(6, (i) => ensureInstallation(t.ledger, 'cluster', `namespace-${i % 2}`)))
  expect(new Set(ids).size).toBe(2)
})

test('the same account with another time zone or opening amount is a conflict; who names neither agrees to what is there', async () => {
  const id = newId()
  const terms = { id, plan: 'free', timeZone: 'Europe/Berlin', opening: { amount: eur('0.02'), reason: 'moved in' } }
  await ensureAccount(t.ledger, terms)
  expect(await ensureAccount(t.ledger, terms)).toMatchObject({ made: false })
  expect(await ensureAccount(t.ledger, { id, plan: 'free', defaultTimeZone: 'Asia/Tokyo' })).toMatchObject({
    made: false,
    timeZone: 'Europe/Berlin',
  })
  await expect(ensureAccount(t.ledger, { ...terms, timeZone: 'Asia/Tokyo' })).rejects.toMatchObject({ code: 'account_conflict' })
  const other = { ...terms, opening: { amount: eur('0.03'), reason: 'moved in' } }
  await expect(ensureAccount(t.ledger, other)).rejects.toMatchObject({ code: 'account_conflict' })
})
