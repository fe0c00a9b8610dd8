import { randomUUID } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { eur, money } from '../../src/domain/money.ts'
import { openTestLedger, PATHS, REQUEST_TIMEOUT_MS, times } from '../support/ledger.ts'

describe.for(PATHS)('on the %s path', async (path) => {
  const t = await openTestLedger(path)
  afterAll(async () => {
    await t.audited()
    await t.drop()
  })

  test('of twenty workers at once exactly one may send', async () => {
    const call = t.call(await t.accountWith({ cap: '0.10' }))
    await call.reserve()
    const answers = await Promise.all(times(20, () => call.dispatch(randomUUID())))
    expect(answers.filter((a) => a.kind === 'go')).toHaveLength(1)
    expect(answers.filter((a) => a.kind === 'in_flight')).toHaveLength(19)
  })

  test('go names the amount, the instant, the budgets and the pinned rate', async () => {
    const call = t.call(await t.accountWith({ cap: '0.10' }))
    const go = await call.sent()
    expect(go).toMatchObject({ attempt: 1, amount: eur('0.03'), budgetPeriods: [expect.any(Number)] })
    expect(go.rate).toEqual({ id: t.penny.rate.id, usdMicrosPerEur: t.penny.rate.usdMicrosPerEur })
    expect(Math.abs(go.dispatchedAt.getTime() - Date.now())).toBeLessThan(5_000)
  })

  test('the same worker that lost our answer may still send within five seconds, and not after', async () => {
    const call = t.call(await t.accountWith({ cap: '0.10' }))
    const go = await call.sent()
    await t.age(go.reservationId, 4)
    expect(await call.dispatch(go.token)).toMatchObject({ kind: 'go', reservationId: go.reservationId })
    await t.age(go.reservationId, 1)
    expect(await call.dispatch(go.token)).toEqual({ kind: 'too_late', reservationId: go.reservationId })
    expect(await call.dispatch(randomUUID())).toMatchObject({ kind: 'in_flight' })
  })

  test('another worker hears until when the request may be on its way: our time-out and five seconds', async () => {
    const call = t.call(await t.accountWith({ cap: '0.10' }))
    const go = await call.sent()
    const other = await call.dispatch(randomUUID())
    const until = 'until' in other ? Date.parse(other.until) : 0
    expect(until - go.dispatchedAt.getTime()).toBe(REQUEST_TIMEOUT_MS + 5_000)
  })

  test('money that waited too long is given back instead of sent', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const reserved = await call.reserve()
    await t.endHold('reservationId' in reserved ? reserved.reservationId : '')
    expect(await call.dispatch(randomUUID())).toEqual({ kind: 'lapsed' })
    expect(await call.dispatch(randomUUID())).toEqual({ kind: 'lapsed' })
    expect(await call.reserve()).toEqual({ kind: 'lapsed' })
    expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: 0n })
    expect((await call.sent({ ask: 2 })).attempt).toBe(2)
  })

  test('a dispatch after its prices may have changed lapses: the bound is not valid any more', async () => {
    const call = t.call(await t.accountWith({ cap: '0.10' }))
    await call.reserve({ validUntil: new Date(Date.now() - 1_000) })
    expect(await call.dispatch(randomUUID())).toEqual({ kind: 'lapsed' })
  })

  test('nothing is sent that was not reserved', async () => {
    const call = t.call(await t.accountWith({ cap: '0.10' }))
    await expect(call.dispatch(randomUUID())).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/reserve comes first/),
    })
    await call.reserve()
    await expect(call.dispatch(randomUUID(), { ask: 2 })).rejects.toMatchObject({ code: 'conflict' })
    await expect(call.dispatch(randomUUID(), { account: 'nobody' })).rejects.toMatchObject({ code: 'conflict' })
    await expect(call.dispatch(randomUUID(), { requestHash: 'other' })).rejects.toMatchObject({ code: 'conflict' })
  })

  test('every state of the newest attempt has its answer', async () => {
    const call = t.call(await t.accountWith({ cap: '1.00' }))
    const doubtful = await call.sent()
    await call.inDoubt(doubtful.reservationId, doubtful.token)
    expect(await call.dispatch(randomUUID())).toEqual({
      kind: 'in_doubt',
      reservationId: doubtful.reservationId,
      held: money(eur('0.03')),
      reason: 'cut off',
    })
    const refused = await call.sent({ ask: 2 })
    await call.reject(refused)
    const answer = await call.dispatch(randomUUID(), { ask: 2 })
    expect(answer).toMatchObject({ kind: 'rejected', reservationId: refused.reservationId, reason: 'provider_refused: 429 slow down' })
    const answered = await call.sent({ ask: 3 })
    const settled = await call.settle(answered, eur('0.02'))
    expect(settled.kind).toBe('settled')
    // Whatever ask: the call has its answer, for ever.
    for (const ask of [1, 2, 3, 4]) {
      expect(await call.dispatch(randomUUID(), { ask })).toEqual('answer' in settled && settled.answer)
      expect(await call.reserve({ ask })).toEqual('answer' in settled && settled.answer)
    }
  })

  test('a worker whose first dispatch arrives a second time, late, does not take the handed-on money with it', async () => {
    const call = t.call(await t.accountWith({ cap: '0.10' }))
    const go = await call.sent()
    expect(await call.reject(go, { retryAfterMs: 100 })).toEqual({ kind: 'rejected', handedOn: true })
    expect((await call.dispatch(go.token)).kind).toBe('reserved')
    expect(await call.dispatch(randomUUID())).toMatchObject({ kind: 'go', attempt: 2 })
  })
})
