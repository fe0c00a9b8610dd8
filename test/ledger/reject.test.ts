import { randomUUID } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { eur, money } from '../../src/domain/money.ts'
import { adjust } from '../../src/ledger/adjust.ts'
import { openTestLedger, PATHS, times } from '../support/ledger.ts'

describe.for(PATHS)('on the %s path', async (path) => {
  const t = await openTestLedger(path)
  afterAll(async () => {
    await t.audited()
    await t.drop()
  })

  test.for(['provider_refused', 'connect_failed', 'never_sent'] as const)('with the proof %s the money comes back', async (proof) => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const go = await call.sent()
    expect(await call.reject(go, { proof })).toEqual({ kind: 'rejected', handedOn: false })
    expect(await t.stateOf(go.reservationId)).toBe('rejected')
    expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: 0n })
    expect(await t.entriesOf(account)).toEqual(['open', 'reserve', 'reject'])
  })

  test('without proof nothing comes back', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const go = await call.sent()
    await expect(call.reject(go, { proof: 'timed_out' as never })).rejects.toMatchObject({ code: 'bad_input' })
    expect(await t.counters(account)).toMatchObject({ reserved: eur('0.03') })
  })

  test('only the worker that dispatched may reject; and nothing that was never dispatched can be', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const reserved = await call.reserve()
    const id = 'reservationId' in reserved ? reserved.reservationId : ''
    await expect(call.reject({ reservationId: id, token: randomUUID() })).rejects.toMatchObject({ code: 'conflict' })
    const token = randomUUID()
    await call.dispatch(token)
    await expect(call.reject({ reservationId: id, token: randomUUID() })).rejects.toMatchObject({ code: 'conflict' })
    await expect(call.reject({ reservationId: randomUUID(), token })).rejects.toMatchObject({ code: 'conflict' })
    expect(await t.stateOf(id)).toBe('dispatched')
    expect(await t.counters(account)).toMatchObject({ reserved: eur('0.03') })
  })

  test('a reject is safe to repeat, also many times at once', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const go = await call.sent()
    expect(await Promise.all(times(10, () => call.reject(go, { retryAfterMs: 500 })))).toEqual(
      times(10, () => ({ kind: 'rejected', handedOn: true })),
    )
    expect(await t.counters(account)).toMatchObject({ reserved: eur('0.03') })
    expect(await t.entriesOf(account)).toEqual(['open', 'reserve', 'hand_on'])
  })

  test('after a retryable refusal the amount goes on to the next attempt, so the retry cannot be refused for want of money', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const go = await call.sent({ amount: eur('0.06') })
    const others = times(5, () => t.call(account))
    const [handed] = await Promise.all([call.reject(go, { retryAfterMs: 2_000 }), ...others.map((c) => c.reserve({ amount: eur('0.05') }))])
    expect(handed).toEqual({ kind: 'rejected', handedOn: true })
    const again = await call.reserve()
    expect(again).toMatchObject({ kind: 'reserved', attempt: 2, amount: { amount: '0.060000000' } })
    const heldMs = Date.parse('heldUntil' in again ? again.heldUntil : '') - Date.now()
    expect(heldMs).toBeGreaterThan(117_000)
    expect(heldMs).toBeLessThan(123_000)
    expect(await t.counters(account)).toMatchObject({ reserved: eur('0.06') })
    const next = await call.dispatch(randomUUID())
    expect(next).toMatchObject({ kind: 'go', attempt: 2, budgetPeriods: go.budgetPeriods })
  })

  test('five refusals in a row hand one amount on five times, and one answer settles it', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    let go = await call.sent()
    for (const attempt of [2, 3, 4, 5, 6]) {
      await call.reject(go, { retryAfterMs: 100 })
      const token = randomUUID()
      const next = await call.dispatch(token)
      if (next.kind !== 'go') throw new Error(next.kind)
      expect(next.attempt).toBe(attempt)
      go = { ...next, token }
    }
    expect(await t.counters(account)).toMatchObject({ reserved: eur('0.03') })
    await call.settle(go, eur('0.02'))
    expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.02') })
  })

  test('nothing is handed on when the job has ended', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const go = await call.sent()
    await call.close()
    expect(await call.reject(go, { retryAfterMs: 1_000 })).toEqual({ kind: 'rejected', handedOn: false })
    expect(await t.counters(account)).toMatchObject({ reserved: 0n })
  })

  test('nothing is handed on beyond the validity of its bound', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const go = await call.sent({ validUntil: new Date(Date.now() + 3_600_000) })
    expect(await call.reject(go, { retryAfterMs: 3_600_000 })).toEqual({ kind: 'rejected', handedOn: false })
    expect(await t.counters(account)).toMatchObject({ reserved: 0n })
  })

  test('nothing is handed on from an attempt in doubt, or to a call that has its answer', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const call = t.call(account)
    const doubtful = await call.sent()
    await call.inDoubt(doubtful.reservationId, doubtful.token)
    const second = await call.sent({ ask: 2 })
    await call.settle(doubtful, eur('0.02'))
    expect(await call.reject(second, { retryAfterMs: 1_000 })).toEqual({ kind: 'rejected', handedOn: false })
    const other = t.call(account)
    const lost = await other.sent()
    await other.inDoubt(lost.reservationId, lost.token)
    expect(await other.reject(lost, { retryAfterMs: 1_000 })).toEqual({ kind: 'rejected', handedOn: false })
    expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.02') })
  })

  test('a reject that comes after the answer changes nothing', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const go = await call.sent()
    await call.settle(go, eur('0.02'))
    expect(await call.reject(go, { retryAfterMs: 1_000 })).toMatchObject({ kind: 'answered', cost: money(eur('0.02')) })
    expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.02') })
    expect(await t.stateOf(go.reservationId)).toBe('settled')
  })

  test('a reject that comes after a bill hears that the attempt was billed: it is in doubt, and gives nothing back', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const go = await call.sent()
    const { reservationId } = go
    await adjust(t.ledger, { reservationId, total: eur('0.02'), source: 'bill', sourceId: randomUUID(), why: 'as billed' })
    expect(await call.reject(go, { retryAfterMs: 1_000 })).toMatchObject({ kind: 'in_doubt', reservationId })
    expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.02') })
    expect(await t.stateOf(go.reservationId)).toBe('settled')
  })

  test('proof that comes after a presumption takes the presumed cost back', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const go = await call.sent()
    await call.inDoubt(go.reservationId, go.token)
    await t.presume(account, go)
    await call.reject(go)
    expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: 0n })
  })
})
