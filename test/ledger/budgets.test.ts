import { afterAll, describe, expect, test } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { openTestLedger, PATHS, times } from '../support/ledger.ts'

const only = () => `t${crypto.randomUUID().slice(0, 8)}`

describe.for(PATHS)('on the %s path', async (path) => {
  const t = await openTestLedger(path)
  afterAll(async () => {
    await t.audited()
    await t.drop()
  })

  test('a reservation stands on every budget that covers its call, whatever their periods and time zones', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const team = only()
    const budgets = [
      await t.budget({ scope: { team }, cap: '1.00', period: 'day', timeZone: 'America/Los_Angeles' }),
      await t.budget({ scope: { team }, cap: '1.00', period: 'month', timeZone: 'Pacific/Kiritimati' }),
      await t.budget({ scope: { team }, cap: '1.00', period: 'total' }),
      await t.budget({ scope: { account, feature: 'banner' }, cap: '1.00', period: 'day' }),
    ]
    const elsewhere = [
      await t.budget({ scope: { team: only() }, cap: '1.00' }),
      await t.budget({ scope: { team, feature: 'other' }, cap: '1.00' }),
      await t.budget({ scope: { account, model: 'other' }, cap: '1.00' }),
    ]
    const call = t.call(account, { team, feature: 'banner' })
    const go = await call.sent({ amount: eur('0.03') })
    expect(go.budgetPeriods).toHaveLength(5)
    for (const id of budgets) expect(await t.countersOf(id)).toMatchObject({ reserved: eur('0.03'), spent: 0n })
    await call.settle(go, eur('0.02'))
    for (const id of budgets) expect(await t.countersOf(id)).toMatchObject({ reserved: 0n, spent: eur('0.02') })
    for (const id of elsewhere) expect(await t.countersOf(id)).toMatchObject({ cap: 0n, reserved: 0n, spent: 0n })
  })

  test('one budget that cannot pay refuses for all: nothing is held on any of them', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const team = only()
    const wide = await t.budget({ scope: { team }, cap: '1.00' })
    const narrow = await t.budget({ scope: { team }, cap: '0.02', period: 'day', name: 'a thin day' })
    const before = await t.entriesOf(account)
    expect(await t.call(account, { team }).reserve()).toMatchObject({ kind: 'refused', budget: { id: narrow, name: 'a thin day' } })
    expect(await t.countersOf(wide)).toMatchObject({ reserved: 0n })
    expect(await t.countersOf(narrow)).toMatchObject({ reserved: 0n })
    expect(await t.counters(account)).toMatchObject({ reserved: 0n })
    expect(await t.entriesOf(account)).toEqual(before)
  })

  test('a budget without an end that is spent says that money never comes back by itself', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const team = only()
    await t.budget({ scope: { team }, cap: '0.02', period: 'total' })
    expect(await t.call(account, { team }).reserve()).toMatchObject({ kind: 'refused', freesAt: 'never' })
  })

  test('many accounts at once never pass the cap of a budget that they share', async () => {
    const team = only()
    const shared = await t.budget({ scope: { team }, cap: '0.25', period: 'day' })
    const accounts = await Promise.all(times(5, () => t.accountWith({ cap: '1.00' })))
    const results = await Promise.all(times(60, (i) => t.call(accounts[i % 5] ?? '', { team }).reserve({ amount: eur('0.02') })))
    expect(results.filter((r) => r.kind === 'reserved')).toHaveLength(12)
    expect(await t.countersOf(shared)).toMatchObject({ reserved: eur('0.24'), overrun: 0n })
    const own = await Promise.all(accounts.map((account) => t.counters(account)))
    expect(own.reduce((sum, c) => sum + c.reserved, 0n)).toBe(eur('0.24'))
  })

  test('the scope cannot name another payer: the account and the model of the request decide', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const model = await t.budget({ scope: { model: 'penny-model', account }, cap: '1.00' })
    await t.call(account, { ...({ model: 'free-model' } as object) }).reserve()
    expect(await t.countersOf(model)).toMatchObject({ reserved: eur('0.03') })
  })

  test('a budget that is made while an attempt is open does not touch it: its money moves where it was reserved', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const team = only()
    const call = t.call(account, { team })
    const go = await call.sent()
    const late = await t.budget({ scope: { team }, cap: '1.00' })
    await call.settle(go, eur('0.02'))
    expect(await t.countersOf(late)).toMatchObject({ spent: 0n })
    expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.02') })
  })

  test('an archived budget refuses nothing and still takes what it had reserved', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const team = only()
    const old = await t.budget({ scope: { team }, cap: '0.03' })
    const call = t.call(account, { team })
    const go = await call.sent()
    await t.changing((tx) => tx`update purser.budget set archived_at = clock_timestamp() where id = ${old}`)
    expect((await t.call(account, { team }).reserve()).kind).toBe('reserved')
    await call.settle(go, eur('0.02'))
    expect(await t.countersOf(old)).toMatchObject({ reserved: 0n, spent: eur('0.02') })
  })
})
