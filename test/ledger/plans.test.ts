import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { ensureAccount, showAccount } from '../../src/ledger/accounts.ts'
import { listPlans, setPlan, type NewPlanVersion } from '../../src/ledger/plans.ts'
import { openTestLedger, times } from '../support/ledger.ts'

const t = await openTestLedger()
afterAll(async () => {
  await t.call(await t.accountWith({ cap: '1.00' })).reserve()
  await t.audited()
  await t.drop()
})

const newPlan = (): string => `plan_${randomUUID().slice(0, 13)}`
const set = (plan: string, cap: string, over: Partial<NewPlanVersion> = {}) =>
  setPlan(t.ledger, { plan, cap: eur(cap), reason: 'because', timeZone: 'UTC', ...over })
const onPlan = (plan: string, timeZone = 'UTC') => ensureAccount(t.ledger, { id: `acc_${randomUUID().slice(0, 13)}`, plan, timeZone })

/** The cap of an account's plan in the month of an instant, opened if need be. */
async function capAt(account: string, instant: string): Promise<{ period: string; cap: bigint } | undefined> {
  const [opened] = await t.owner<{ id: number }[]>`
    select purser.open_period(b, ${new Date(instant)}) as id from purser.budget b where b.account = ${account}`
  const [row] = await t.owner<{ period: string; cap: bigint }[]>`
    select p.period, v.cap from purser.budget_period p join purser.balance v on v.budget_period_id = p.id where p.id = ${opened?.id ?? 0}`
  return row && { ...row }
}

test('a plan is made and changed from now on: months that have begun keep their cap, new accounts and later months take it', async () => {
  const plan = newPlan()
  expect(await set(plan, '1.00')).toMatchObject({ plan, changed: true, isNew: true, versions: [{ cap: eur('1.00'), state: 'in_force' }] })
  const before = await onPlan(plan)
  expect(await set(plan, '2.00')).toMatchObject({
    changed: true,
    isNew: false,
    versions: [
      { cap: eur('1.00'), state: 'past' },
      { cap: eur('2.00'), state: 'in_force', reason: 'because' },
    ],
  })
  expect((await showAccount(t.ledger, before.id)).budgets).toMatchObject([{ cap: eur('1.00') }])
  expect((await onPlan(plan)).budgets).toMatchObject([{ cap: eur('2.00') }])
  expect(await capAt(before.id, '2027-05-15T00:00:00Z')).toEqual({ period: '2027-05', cap: eur('2.00') })
})

test('a version from a day on holds for the months that begin then or later, wherever the budget lives', async () => {
  const plan = newPlan()
  await set(plan, '1.00')
  const accounts = await Promise.all(['Pacific/Kiritimati', 'UTC', 'Pacific/Pago_Pago'].map((zone) => onPlan(plan, zone)))
  expect(await set(plan, '2.00', { from: '2027-03-01' })).toMatchObject({ versions: [{}, { from: '2027-03-01', state: 'later' }] })
  for (const { id } of accounts) {
    expect(await capAt(id, '2027-02-15T00:00:00Z')).toEqual({ period: '2027-02', cap: eur('1.00') })
    expect(await capAt(id, '2027-03-15T00:00:00Z')).toEqual({ period: '2027-03', cap: eur('2.00') })
  }
  // At one instant it is March in the east, and still February in the west.
  const [east, , west] = accounts
  expect(await capAt(east?.id ?? '', '2027-02-28T12:00:00Z')).toMatchObject({ period: '2027-03' })
  expect(await capAt(west?.id ?? '', '2027-03-01T10:00:00Z')).toMatchObject({ period: '2027-02', cap: eur('1.00') })
})

test('again with the same cap it has no effect, also by many at once; another cap from the same day is a conflict', async () => {
  const plan = newPlan()
  for (const from of [undefined, '2027-03-01']) {
    const results = await Promise.all(times(5, () => set(plan, '1.00', { from })))
    expect(results.filter(({ changed }) => changed)).toHaveLength(1)
  }
  const [listed] = await listPlans(t.ledger, { after: plan.slice(0, -1), limit: 1, timeZone: 'UTC' })
  expect(listed?.versions).toHaveLength(2)
  await expect(set(plan, '3.00', { from: '2027-03-01' })).rejects.toMatchObject({
    code: 'conflict',
    message: `plan "${plan}" has another cap from 2027-03-01 on: versions stay as they are, so name another day`,
  })
})

test('a day that has begun cannot be named, but for a plan that nobody has yet', async () => {
  const plan = newPlan()
  const [today, yesterday] = [0, 1].map((days) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10))
  expect(await set(plan, '1.00', { from: today })).toMatchObject({ changed: true, isNew: true })
  for (const from of ['2026-01-01', yesterday])
    await expect(set(plan, '2.00', { from })).rejects.toMatchObject({
      code: 'bad_input',
      message: expect.stringContaining(`${from} has begun`),
    })
  // A repeat of what was in order then still is.
  expect(await set(plan, '1.00', { from: today })).toMatchObject({ changed: false })
})

test.for<[what: string, over: Partial<NewPlanVersion>, message: string]>([
  ['no name', { plan: ' ' }, 'the plan is missing: name it, such as paid'],
  ['no reason', { reason: '' }, 'the reason is missing: say in a few words why'],
  ['no cap', { cap: eur('0') }, 'a plan needs a cap above zero'],
  ['too large a cap', { cap: eur('4000000000') }, 'a cap is at most 1,000,000,000 EUR'],
])('with %s it is bad_input, in a sentence', async ([, over, message]) => {
  await expect(set(newPlan(), '1.00', over)).rejects.toMatchObject({ code: 'bad_input', message })
})

test('a plan that begins later takes no accounts before', async () => {
  const plan = newPlan()
  await set(plan, '1.00', { from: '2999-01-01' })
  await expect(onPlan(plan)).rejects.toMatchObject({
    code: 'unknown_plan',
    message: `plan "${plan}" is not in force yet: \`purser plan list\` shows from when it is`,
  })
})

const page = async (after: string, limit: number) => (await listPlans(t.ledger, { after, limit, timeZone: 'UTC' })).map(({ plan }) => plan)

test('plans are listed by name, page by page', async () => {
  const names = times(3, (i) => `zz_${i}_${randomUUID().slice(0, 8)}`)
  for (const name of names.toReversed()) await set(name, '1.00')
  expect(await page('zz', 2)).toEqual(names.slice(0, 2))
  expect(await page(names[1] ?? '', 2)).toEqual(names.slice(2))
  await expect(page('', 0)).rejects.toMatchObject({ code: 'bad_input', message: 'a page has 1 to 1000 items' })
})
