/** Plans, raises and statuses that change while calls run. */
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import type { PurserError } from '../../src/domain/errors.ts'
import { ensureAccount, openPeriods, setAccountStatus, showAccount } from '../../src/ledger/accounts.ts'
import { changeCap } from '../../src/ledger/budgets.ts'
import { cancelAccount } from '../../src/ledger/cancel-account.ts'
import { changePlan } from '../../src/ledger/change-plan.ts'
import { endRaises } from '../../src/ledger/end-raises.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import { chance } from '../support/chance.ts'
import { putClock } from '../support/clock.ts'
import { openTestLedger, PATHS, times } from '../support/ledger.ts'
import type { TestLedger } from '../support/past.ts'
import { until } from '../support/until.ts'

let t: TestLedger
const open = async (path: (typeof PATHS)[number]) => {
  t = await openTestLedger(path)
}
const account = async (plan: string) =>
  (await ensureAccount(t.ledger, { id: `acc_${randomUUID().slice(0, 13)}`, plan, timeZone: 'UTC' })).id
const terms = () => ({ key: randomUUID(), reason: 'because' })

describe.for(PATHS)('%s: while calls run', (path) => {
  beforeEach(() => open(path))
  afterEach(async () => {
    await t.audited()
    await t.drop()
  })

  test('everything that changes what they may spend leaves no call admitted past a cap, nobody locked, and every counter what its entries say', async () => {
    const dice = chance(7)
    const ids = await Promise.all(times(3, () => account('paid')))
    const wide = await t.budget({ scope: { feature: 'all' }, cap: '4.00' })
    const any = (): string => ids[dice(ids.length)] ?? ''
    const kinds = new Map<string, number>()
    const call = async (): Promise<void> => {
      const one = t.call(any(), { feature: 'all' })
      const { kind } = await one.reserve({ amount: eur('0.04') })
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
      if (kind !== 'reserved' || dice(4) === 0) return
      const token = randomUUID()
      const go = await one.dispatch(token)
      if (go.kind === 'go') await one.settle({ ...go, token }, eur('0.02'))
    }
    const soon = () => new Date(Date.now() + 5 + dice(40))
    const changes = [
      () => changePlan(t.ledger, { account: any(), plan: 'corporate', proration: 'days', ...terms() }),
      () => changePlan(t.ledger, { account: any(), plan: 'free', from: 'now', ...terms() }),
      () => changePlan(t.ledger, { account: any(), plan: 'paid', from: 'now', ...terms() }),
      () => changePlan(t.ledger, { account: any(), plan: 'corporate', dryRun: true, ...terms() }),
      () => changeCap(t.ledger, { of: { account: any() }, change: eur('0.10'), until: soon(), ...terms() }),
      () => changeCap(t.ledger, { of: { id: wide }, change: eur('0.50'), until: soon(), ...terms() }),
      () => changeCap(t.ledger, { of: { account: any() }, change: eur('0.05'), ...terms() }),
      () => cancelAccount(t.ledger, { id: any(), from: 'now', ...terms() }),
      () => setAccountStatus(t.ledger, { id: any(), status: 'active', ...terms() }),
      () => setAccountStatus(t.ledger, { id: any(), status: 'active', ...terms() }),
      () => setAccountStatus(t.ledger, { id: any(), status: 'suspended', dryRun: true, ...terms() }),
      () => endRaises(t.ledger, 10),
      () => sweep(t.ledger, 10),
    ]
    const ofCalls = times(8, async () => {
      for (let i = 0; i < 40; i += 1) await call()
    })
    const refusals = new Set<string>()
    const ofChanges = times(3, async () => {
      for (let i = 0; i < 40; i += 1) {
        // A raise that would be over by the time it is made is refused, and that is right.
        await changes[dice(changes.length)]?.().catch((error: PurserError) => refusals.add(error.code))
      }
    })
    await Promise.all([...ofCalls, ...ofChanges])
    expect([...refusals].filter((code) => code !== 'bad_input')).toEqual([])
    expect(kinds.get('reserved')).toBeGreaterThan(20)
    const [row] = await t.owner<{ deadlocks: number }[]>`select deadlocks::int from pg_stat_database where datname = current_database()`
    expect(row).toEqual({ deadlocks: 0 })
    await until('all raises are over', async () => {
      await endRaises(t.ledger, 100)
      return (await t.owner`select from purser.temporary_raise where ended_at is null`).length === 0
    })
  })
})

describe('a month that begins while a plan is changed for it', () => {
  const LAST = new Date('2026-11-30T23:59:59.999Z')
  const FIRST = new Date('2026-12-01T00:00:00.000Z')
  beforeEach(() => open('careful'))
  afterEach(() => t.drop())

  test.for([
    ['whoever looks at the account', (id: string) => showAccount(t.ledger, id)],
    ['the reset, which opens many months', () => openPeriods(t.ledger, { at: new Date('2026-12-15T12:00:00Z'), after: 0, limit: 100 })],
  ] as const)('opens with that plan, by %s', async ([, opens]) => {
    const clock = await putClock(t.owner, LAST)
    const id = await account('paid')
    await t.owner`update purser.account set created_at = '2026-02-01'`
    await t.owner`update purser.budget set created_at = '2026-02-01'`
    const session = await t.owner.reserve()
    await session`begin`
    await session`select purser.change_plan(${id}, 'free', null, null, 'k', 'because')`
    await clock.set(FIRST)
    const opening = opens(id)
    const [own] = await session<{ pid: number }[]>`select pg_backend_pid() as pid`
    await until('it waits', async () => {
      const [row] = await t.owner<{ n: number }[]>`
        select count(*)::int as n from pg_stat_activity where ${own?.pid ?? 0} = any (pg_blocking_pids(pid))`
      return (row?.n ?? 0) > 0
    })
    await session`commit`
    session.release()
    await opening
    expect(await showAccount(t.ledger, id)).toMatchObject({ plan: 'free', budgets: [{ period: '2026-12', cap: eur('0.10') }] })
  })
})
