import { randomUUID } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { eur, money } from '../../src/domain/money.ts'
import { markInDoubt } from '../../src/ledger/mark-in-doubt.ts'
import { openTestLedger, PATHS, REQUEST_TIMEOUT_MS, times } from '../support/ledger.ts'

describe.for(PATHS)('on the %s path', async (path) => {
  const t = await openTestLedger(path)
  afterAll(async () => {
    await t.audited()
    await t.drop()
  })

  test('the sender whose request failed marks it at once, and the money stays held', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const go = await call.sent()
    expect(await call.inDoubt(go.reservationId, go.token)).toEqual({
      kind: 'in_doubt',
      reservationId: go.reservationId,
      held: money(eur('0.03')),
      reason: 'cut off',
    })
    expect(await t.counters(account)).toMatchObject({ reserved: eur('0.03'), spent: 0n })
    expect(await t.entriesOf(account)).toEqual(['open', 'reserve'])
    expect(await t.owner`select success, error, total_cost from purser.call_log where request_id = ${go.reservationId}`).toEqual([
      { success: false, error: 'cut off', total_cost: 0n },
    ])
  })

  test.for(['nobody', 'another worker'] as const)('%s may mark it only after its time-out and five seconds', async (who) => {
    const call = t.call(await t.accountWith({ cap: '0.10' }))
    const go = await call.sent()
    const token = who === 'nobody' ? undefined : randomUUID()
    await t.age(go.reservationId, REQUEST_TIMEOUT_MS / 1000 + 2)
    expect(await call.inDoubt(go.reservationId, token)).toMatchObject({ kind: 'in_flight' })
    await t.age(go.reservationId, 4)
    expect(await call.inDoubt(go.reservationId, token)).toMatchObject({ kind: 'in_doubt' })
  })

  test('a job may wish it earlier, but not while its worker may still be about to send', async () => {
    const call = t.call(await t.accountWith({ cap: '0.10' }))
    const go = await call.sent()
    const wished = (afterMs: number) =>
      markInDoubt(t.ledger, { reservationId: go.reservationId, token: undefined, why: 'not so long', durationMs: undefined, afterMs })
    await t.age(go.reservationId, 8)
    expect(await wished(0)).toMatchObject({ kind: 'in_flight' })
    await t.age(go.reservationId, 4)
    expect(await wished(30_000)).toMatchObject({ kind: 'in_flight' })
    expect(await wished(0)).toMatchObject({ kind: 'in_doubt', reason: 'not so long' })
    // What comes all the same is booked all the same.
    expect(await call.settle(go, eur('0.02'))).toMatchObject({ kind: 'settled' })
  })

  test('what has ended stays as it is, and is told', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const [a, b, c] = [t.call(account), t.call(account), t.call(account)]
    const [answered, refused] = [await a.sent(), await b.sent()]
    await a.settle(answered, eur('0.02'))
    await b.reject(refused)
    const waiting = await c.reserve()
    expect(await a.inDoubt(answered.reservationId, answered.token)).toMatchObject({ kind: 'answered' })
    expect(await b.inDoubt(refused.reservationId, refused.token)).toMatchObject({ kind: 'rejected' })
    const id = 'reservationId' in waiting ? waiting.reservationId : ''
    expect(await c.inDoubt(id, undefined)).toMatchObject({ kind: 'reserved' })
    await c.close()
    expect(await c.inDoubt(id, undefined)).toEqual({ kind: 'lapsed' })
    await expect(c.inDoubt(randomUUID(), undefined)).rejects.toMatchObject({ code: 'not_found' })
  })

  test('after doubt a new ask may try again, several times, and every attempt holds its own money', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    for (const ask of [1, 2, 3]) {
      const go = await call.sent({ ask })
      await Promise.all(times(5, () => call.inDoubt(go.reservationId, go.token)))
      expect(await call.reserve({ ask })).toMatchObject({ kind: 'in_doubt' })
    }
    expect(await t.counters(account)).toMatchObject({ reserved: eur('0.09') })
    expect((await call.reserve({ ask: 4 })).kind).toBe('refused')
  })
})
