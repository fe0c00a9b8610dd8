import { randomUUID } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { eur, money } from '../../src/domain/money.ts'
import { closeCall } from '../../src/ledger/close.ts'
import { openTestLedger, PATHS, times } from '../support/ledger.ts'

const freesAt = (answer: object): number => Date.parse('freesAt' in answer ? String(answer.freesAt) : '')

describe.for(PATHS)('on the %s path', async (path) => {
  const t = await openTestLedger(path)
  afterAll(async () => {
    await t.audited()
    await t.drop()
  })

  test('fifty calls at once never reserve more than the budget holds', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const results = await Promise.all(times(50, () => t.call(account).reserve({ amount: eur('0.03') })))
    expect(results.filter((r) => r.kind === 'reserved')).toHaveLength(3)
    expect(results.filter((r) => r.kind === 'refused')).toHaveLength(47)
    expect(await t.counters(account)).toEqual({ cap: eur('0.10'), reserved: eur('0.09'), spent: 0n, overrun: 0n })
  })

  test('the last nano-EUR can be reserved, and not one more', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    expect((await t.call(account).reserve({ amount: eur('0.099999999') })).kind).toBe('reserved')
    expect(await t.call(account).reserve({ amount: eur('0.000000002') })).toMatchObject({
      kind: 'refused',
      needed: money(eur('0.000000002')),
      remaining: money(eur('0.000000001')),
      missing: money(eur('0.000000001')),
    })
    expect(await t.call(account).reserve({ amount: eur('0.000000001') })).toMatchObject({ kind: 'reserved', budgetLeft: money(eur('0')) })
  })

  test('a refusal says which budget, what it holds, and when money comes back', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const first = await t.call(account).reserve({ amount: eur('0.08') })
    const refused = await t.call(account).reserve({ amount: eur('0.05') })
    expect(refused).toMatchObject({
      kind: 'refused',
      code: 'budget_exceeded',
      budget: { name: `up_to_0.10 plan of ${account}`, period: expect.stringMatching(/^\d{4}-\d{2}$/) },
      cap: money(eur('0.10')),
      spent: money(eur('0')),
      reserved: money(eur('0.08')),
      needed: money(eur('0.05')),
      remaining: money(eur('0.02')),
      missing: money(eur('0.03')),
    })
    // What is only held comes free at the end of its hold.
    const heldUntil = Date.parse('heldUntil' in first ? first.heldUntil : '')
    expect(Math.abs(freesAt(refused) - heldUntil)).toBeLessThan(1_000)
    // What could never fit waits for the next period, whatever is held.
    const [period] = await t.owner<{ endsAt: Date }[]>`
  select p.ends_at as "endsAt" from purser.budget_period p join purser.budget b on b.id = p.budget_id where b.account = ${account}`
    expect(freesAt(await t.call(account).reserve({ amount: eur('0.11') }))).toBe(period?.endsAt.getTime())
  })

  test('the same ask again, at another amount, hears the amount that was decided first', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const first = await call.reserve({ amount: eur('0.03') })
    const again = await call.reserve({ amount: eur('0.09'), holdMs: 1, validUntil: new Date(Date.now() + 1_000) })
    expect(again).toEqual(first)
    expect(await t.counters(account)).toMatchObject({ reserved: eur('0.03') })
  })

  test('the same ask with other terms is a conflict without any effect', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const first = await call.reserve()
    for (const other of [{ requestHash: 'other' }, { model: 'other' }, { scope: { feature: 'other' } }]) {
      await expect(call.reserve(other)).rejects.toMatchObject({ code: 'conflict', message: expect.stringMatching(/ask 1 .*other terms/) })
    }
    expect(await call.reserve()).toEqual(first)
    expect(await t.counters(account)).toMatchObject({ reserved: eur('0.03') })
  })

  test('a call belongs to the account that it was made for', async () => {
    const [account, other] = [await t.accountWith({ cap: '0.10' }), await t.accountWith({ cap: '0.10' })]
    const call = t.call(account)
    await call.reserve()
    await expect(call.reserve({ ask: 2, scope: { account: other } })).rejects.toMatchObject({ code: 'conflict' })
    await expect(call.dispatch(randomUUID(), { account: other })).rejects.toMatchObject({ code: 'conflict' })
    expect(await t.counters(other)).toMatchObject({ reserved: 0n })
  })

  test('a hundred duplicates at once have one effect and one answer', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const answers = await Promise.all(times(100, (i) => call.reserve({ amount: eur(`0.0${1 + (i % 3)}`) })))
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect(await t.entriesOf(account)).toEqual(['open', 'reserve'])
  })

  test('a refused ask stays refused, also when money came back; the next ask may have it', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const holder = t.call(account)
    await holder.reserve({ amount: eur('0.09') })
    const call = t.call(account)
    const refused = await call.reserve()
    expect(refused.kind).toBe('refused')
    expect((await holder.close()).released).toEqual(money(eur('0.09')))
    expect(await call.reserve()).toEqual(refused)
    expect(await call.reserve({ amount: eur('0.000000001') })).toEqual(refused)
    expect(await call.dispatch(randomUUID())).toEqual(refused)
    expect((await call.reserve({ ask: 2 })).kind).toBe('reserved')
  })

  test('a refused ask stays refused when the cap was raised', async () => {
    const account = await t.accountWith({ cap: '0.01' })
    const call = t.call(account)
    expect((await call.reserve()).kind).toBe('refused')
    await t.owner`select purser.book('cap', ${account}, null, array(select p.id from purser.budget_period p join purser.budget b on b.id = p.budget_id
  where b.account = ${account}), 0, 0, 'top-up 1', 'a top-up', 1000000000)`
    expect((await call.reserve()).kind).toBe('refused')
    expect((await call.reserve({ ask: 2 })).kind).toBe('reserved')
  })

  test('an ask waits while an attempt of its call is open, and nothing is reserved twice', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const first = await call.reserve()
    expect(await call.reserve({ ask: 2 })).toMatchObject({ kind: 'in_flight' })
    const go = await call.dispatch(randomUUID())
    expect(go.kind).toBe('go')
    expect(await call.reserve({ ask: 2 })).toMatchObject({
      kind: 'in_flight',
      reservationId: first.kind === 'reserved' ? first.reservationId : '',
    })
    expect(await call.reserve()).toMatchObject({ kind: 'in_flight' })
    expect(await t.counters(account)).toMatchObject({ reserved: eur('0.03') })
  })

  test('of many asks of one call at once one is taken, and one attempt is open', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const call = t.call(account)
    const answers = await Promise.all(
      times(12, (i) => call.reserve({ ask: 1 + (i % 4) }).catch((error: { code: string }) => ({ kind: error.code }))),
    )
    // Who comes after a later ask hears that the call is past his own; everybody else waits for the one that is open.
    for (const { kind } of answers) expect(['reserved', 'in_flight', 'conflict']).toContain(kind)
    expect(answers.filter(({ kind }) => kind === 'reserved')).toHaveLength(3)
    expect(await t.counters(account)).toMatchObject({ reserved: eur('0.03') })
    expect(await t.entriesOf(account)).toEqual(['open', 'reserve'])
  })

  test('a call that is past an ask does not go back to it', async () => {
    const call = t.call(await t.accountWith({ cap: '0.10' }))
    await call.reserve({ ask: 5 })
    await expect(call.reserve({ ask: 4 })).rejects.toMatchObject({ code: 'conflict', message: expect.stringMatching(/is past ask 4/) })
  })

  test('a hold never outlives its bound', async () => {
    const call = t.call(await t.accountWith({ cap: '0.10' }))
    const validUntil = new Date(Date.now() + 60_000)
    const answer = await call.reserve({ holdMs: 900_000, validUntil })
    expect('heldUntil' in answer && new Date(answer.heldUntil)).toEqual(validUntil)
  })

  test('what cannot pay is an error, not an answer: an unknown account, an account without a budget, a bound of nothing', async () => {
    await expect(t.call('nobody').reserve()).rejects.toMatchObject({ code: 'unknown_account' })
    const account = await t.accountWith({ cap: '0.10' })
    await expect(t.call(account).reserve({ amount: eur('0') })).rejects.toMatchObject({ code: 'bad_input' })
    await expect(t.call(account).reserve({ amount: eur('-0.01') })).rejects.toMatchObject({ code: 'bad_input' })
    await t.changing((tx) => tx`update purser.budget set archived_at = clock_timestamp() where account = ${account}`)
    await expect(t.call(account).reserve()).rejects.toMatchObject({ code: 'no_budget' })
  })

  test('an account that is suspended reserves and sends nothing, and what it held undispatched comes back', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const waiting = t.call(account)
    await waiting.reserve()
    await t.changing((tx) => tx`update purser.account set status = 'suspended' where id = ${account}`)
    expect(await t.call(account).reserve()).toEqual({ kind: 'stopped', reason: 'account suspended' })
    expect(await waiting.dispatch(randomUUID())).toEqual({ kind: 'lapsed' })
    expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: 0n })
  })

  test('two jobs of the same name on two installations are two calls', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    await call.reserve()
    const [other] = await t.owner<{ id: string }[]>`insert into purser.installation (temporal_cluster, temporal_namespace)
  values ('other', 'default') returning id`
    const { released } = await closeCall(t.ledger, { ...call.key, installation: other?.id ?? '' }, call.runId)
    expect(released).toEqual(money(eur('0')))
    expect(await t.counters(account)).toMatchObject({ reserved: eur('0.03') })
  })
})
