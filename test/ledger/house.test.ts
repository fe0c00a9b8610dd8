import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eur, nano } from '../../src/domain/money.ts'
import { ensureAccount } from '../../src/ledger/accounts.ts'
import { adjust } from '../../src/ledger/adjust.ts'
import { audit } from '../../src/ledger/audit.ts'
import { createBudget } from '../../src/ledger/budgets.ts'
import { setPlan } from '../../src/ledger/plans.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import { openTestLedger, PATHS, times } from '../support/ledger.ts'

const opened = await Promise.all(PATHS.map(async (path) => ({ path, t: await openTestLedger(path) })))
beforeAll(async () => {
  for (const { t } of opened)
    await setPlan(t.ledger, { plan: 'kind', cap: eur('1.00'), reason: 'we pay for doubts', presumedBy: 'house', timeZone: 'UTC' })
})
afterAll(async () => {
  for (const { t } of opened) {
    await t.audited()
    await t.drop()
  }
})

test.for(opened)('$path: what the house bears', async ({ t }) => {
  const everything = await t.budget({ scope: {}, cap: '100.00' })
  const users = await t.budget({ scope: { user: 'ada' }, cap: '50.00' })

  const account = async (plan = 'kind') =>
    (await ensureAccount(t.ledger, { id: `acc_${randomUUID().slice(0, 13)}`, plan, timeZone: 'UTC' })).id
  const house = async () => {
    const [row] = await t.owner<{ spent: bigint; reserved: bigint }[]>`
      select purser.total(v.spent) as spent, purser.total(v.reserved) as reserved from purser.balance v
        join purser.budget_period p on p.id = v.budget_period_id join purser.budget b on b.id = p.budget_id where b.scope ? 'house'`
    return row
  }
  const counted = async (id: string) => ({
    account: (await t.counters(id)).spent,
    user: (await t.countersOf(users)).spent,
    all: (await t.countersOf(everything)).spent,
    house: (await house())?.spent ?? 0n,
  })
  const intact = async () => expect((await audit(t.ledger)).violations).toEqual([])
  /** Sent and never answered, and presumed by the sweep. */
  const presumed = async (id: string, scope: Record<string, string> = { user: 'ada' }) => {
    const call = t.call(id, scope)
    const go = await call.sent({ amount: eur('0.20') })
    await call.inDoubt(go.reservationId, go.token)
    await t.age(go.reservationId, 86_400)
    expect(await sweep(t.ledger, 100)).toMatchObject({ presumed: 1 })
    return { call, go }
  }

  // The account and the user are as they were; whoever pays for all, and the house, have spent it.
  const id = await account()
  const late = await presumed(id)
  expect(await counted(id)).toEqual({ account: 0n, user: 0n, all: eur('0.20'), house: eur('0.20') })
  expect(await t.counters(id)).toMatchObject({ reserved: 0n })
  expect(await t.entriesOf(id)).toEqual(expect.arrayContaining(['presume', 'house', 'house']))
  await intact()

  // The answer comes after all: it moves exactly what bears it.
  expect(await late.call.settle(late.go, eur('0.05'))).toMatchObject({ kind: 'settled' })
  expect(await late.call.settle(late.go, eur('0.05'))).toMatchObject({ kind: 'settled' })
  expect(await counted(id)).toEqual({ account: 0n, user: 0n, all: eur('0.05'), house: eur('0.05') })
  await intact()

  // A bill names another total; then the answer, which counts less, says nothing new.
  const billed = await presumed(id)
  await adjust(t.ledger, {
    reservationId: billed.go.reservationId,
    total: eur('0.30'),
    source: 'bill',
    sourceId: 'line 1',
    why: 'as billed',
  })
  expect(await counted(id)).toEqual({ account: 0n, user: 0n, all: eur('0.35'), house: eur('0.35') })
  await billed.call.settle(billed.go, eur('0.10'))
  expect(await counted(id)).toMatchObject({ all: eur('0.35'), house: eur('0.35') })

  // A person knows that it cost nothing, and a proof that nothing was billed does the same.
  const forgiven = await presumed(id)
  await adjust(t.ledger, {
    reservationId: forgiven.go.reservationId,
    total: nano(0n),
    source: 'person',
    sourceId: 'note 1',
    why: 'not in their log',
  })
  const rejected = await presumed(id)
  await rejected.call.reject(rejected.go)
  expect(await counted(id)).toEqual({ account: 0n, user: 0n, all: eur('0.35'), house: eur('0.35') })
  await intact()
  // Rejected, and answered all the same.
  await rejected.call.settle(rejected.go, eur('0.01'))
  expect(await counted(id)).toEqual({ account: 0n, user: 0n, all: eur('0.36'), house: eur('0.36') })

  // Who is on another plan bears his own.
  const other = await account('paid')
  await presumed(other)
  expect(await counted(other)).toEqual({ account: eur('0.20'), user: eur('0.20'), all: eur('0.56'), house: eur('0.36') })

  // A budget that is made afterwards begins with what its customer has spent, and so without what the house bears; one that names nobody, with it.
  const make = (scope: Record<string, string>) =>
    createBudget(t.ledger, {
      name: `new ${randomUUID().slice(0, 8)}`,
      scope,
      isHard: true,
      periodKind: 'month',
      timeZone: 'UTC',
      cap: eur('10.00'),
      thresholds: [],
      startsAt: undefined,
      endsAt: undefined,
      fromZero: false,
    })
  expect([(await make({ account: id })).spent, (await make({ user: 'ada' })).spent, (await make({ model: 'penny-model' })).spent]).toEqual([
    0n,
    eur('0.20'),
    eur('0.56'),
  ])
  await intact()

  // Many at once, by several sweepers: each once.
  const many = await Promise.all(
    times(12, async () => {
      const call = t.call(id)
      const go = await call.sent({ amount: eur('0.02') })
      await call.inDoubt(go.reservationId, go.token)
      await t.age(go.reservationId, 86_400)
      return go
    }),
  )
  for (let round = 0; round < 5; round += 1) await Promise.all(times(3, () => sweep(t.ledger, 5)))
  for (const { reservationId } of many) expect(await t.stateOf(reservationId)).toBe('presumed')
  expect(await house()).toEqual({ spent: eur('0.60'), reserved: 0n })
  expect((await t.counters(id)).spent).toBe(0n)
})

test('the plan version of the reservation’s instant says who bears it, not the one of the presumption', async () => {
  const { t } = opened[0] ?? { t: undefined }
  if (t === undefined) throw new Error('no ledger')
  const plan = `plan_${randomUUID().slice(0, 8)}`
  const set = (presumedBy: 'account' | 'house' | undefined) =>
    setPlan(t.ledger, { plan, cap: eur('1.00'), reason: 'x', presumedBy, timeZone: 'UTC' })
  expect(await set(undefined)).toMatchObject({ isNew: true, versions: [{ presumedBy: 'account', state: 'in_force' }] })
  const { id } = await ensureAccount(t.ledger, { id: `acc_${randomUUID().slice(0, 13)}`, plan, timeZone: 'UTC' })
  const before = await t.call(id).sent({ amount: eur('0.10') })
  expect(await set('house')).toMatchObject({
    changed: true,
    versions: [{ presumedBy: 'account' }, { presumedBy: 'house', cap: eur('1.00') }],
  })
  expect(await set('house')).toMatchObject({ changed: false })
  // Who says nothing of it leaves it as it is.
  expect(await set(undefined)).toMatchObject({ changed: false })
  const after = await t.call(id).sent({ amount: eur('0.20') })
  for (const { reservationId } of [before, after]) await t.age(reservationId, 86_400)
  for (let round = 0; round < 2; round += 1) await sweep(t.ledger, 100)
  expect([await t.stateOf(before.reservationId), await t.stateOf(after.reservationId)]).toEqual(['presumed', 'presumed'])
  expect((await t.counters(id)).spent).toBe(eur('0.10'))
})

test('no hand moves a reservation to the house, or away from it, but the presumption', async () => {
  const { t } = opened[0] ?? { t: undefined }
  if (t === undefined) throw new Error('no ledger')
  const { id } = await ensureAccount(t.ledger, { id: `acc_${randomUUID().slice(0, 13)}`, plan: 'kind', timeZone: 'UTC' })
  const call = t.call(id)
  const sent = await call.sent({ amount: eur('0.10') })
  const [borne] = await t.owner<{ id: number }[]>`select id from purser.linked_set where is_house limit 1`
  const move = () => t.owner`update purser.reservation set linked_set = ${borne?.id ?? 0} where id = ${sent.reservationId}`
  await expect(move()).rejects.toMatchObject({ constraint_name: 'reservation_budgets_fixed' })
  await call.inDoubt(sent.reservationId, sent.token)
  await expect(move()).rejects.toMatchObject({ constraint_name: 'reservation_budgets_fixed' })
})
