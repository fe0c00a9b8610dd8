import { randomUUID } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { eur, money } from '../../src/domain/money.ts'
import { openTestLedger, PATHS, times } from '../support/ledger.ts'

const CLOSED = { kind: 'closed' }
const RELEASED = (amount: string) => ({ released: money(eur(amount)) })

describe.for(PATHS)('on the %s path', async (path) => {
  const t = await openTestLedger(path)
  afterAll(async () => {
    await t.audited()
    await t.drop()
  })

  test('a run that the ledger has not seen becomes the newest, and the older one gets nothing any more', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const first = await call.reserve()
    const newer = randomUUID()
    // After a reset the job asks again, and finds what its first run had reserved.
    expect(await call.reserve({ runId: newer })).toEqual(first)
    expect(await call.reserve()).toEqual(CLOSED)
    expect(await call.reserve({ ask: 2 })).toEqual(CLOSED)
    expect(await call.dispatch(randomUUID())).toEqual(CLOSED)
    expect(await call.dispatch(randomUUID(), { runId: newer })).toMatchObject({ kind: 'go' })
    expect(await t.counters(account)).toMatchObject({ reserved: eur('0.03') })
  })

  test('a dispatch too makes an unseen run the newest', async () => {
    const call = t.call(await t.accountWith({ cap: '0.10' }))
    await call.reserve()
    expect((await call.dispatch(randomUUID(), { runId: randomUUID() })).kind).toBe('go')
    expect(await call.reserve()).toEqual(CLOSED)
  })

  test('a late close of an older run does not take the money of the newer one', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const newer = randomUUID()
    await call.reserve()
    await call.reserve({ runId: newer })
    expect(await call.close()).toEqual(RELEASED('0'))
    expect(await t.counters(account)).toMatchObject({ reserved: eur('0.03') })
    expect((await call.dispatch(randomUUID(), { runId: newer })).kind).toBe('go')
  })

  test('a closed run reserves and sends nothing, and a new run of the job may', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    await call.reserve()
    expect(await call.close()).toEqual(RELEASED('0.03'))
    for (const ask of [1, 2]) expect(await call.reserve({ ask })).toEqual(CLOSED)
    expect(await call.dispatch(randomUUID())).toEqual(CLOSED)
    const newer = randomUUID()
    expect(await call.reserve({ runId: newer })).toEqual({ kind: 'lapsed' })
    expect((await call.reserve({ ask: 2, runId: newer })).kind).toBe('reserved')
    expect(await t.counters(account)).toMatchObject({ reserved: eur('0.03') })
  })

  test('the close of a call that never was leaves a stone, under which a late reserve of that run finds nothing', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    expect(await call.close()).toEqual(RELEASED('0'))
    expect(await call.reserve()).toEqual(CLOSED)
    expect(await t.counters(account)).toMatchObject({ reserved: 0n })
    // The job's next run is not buried with it.
    expect((await call.reserve({ runId: randomUUID() })).kind).toBe('reserved')
  })

  test('a close releases what was not dispatched, once, however often it is repeated', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    await call.reserve()
    const answers = await Promise.all(times(10, () => call.close()))
    expect(answers.filter((a) => a.released.amount === '0.030000000')).toHaveLength(1)
    expect(await t.entriesOf(account)).toEqual(['open', 'reserve', 'release'])
    expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: 0n })
  })

  test.for(['dispatched', 'in_doubt', 'settled', 'rejected'] as const)('a close leaves an attempt that is %s as it is', async (state) => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const go = await call.sent()
    if (state === 'in_doubt') await call.inDoubt(go.reservationId, go.token)
    if (state === 'settled') await call.settle(go, eur('0.02'))
    if (state === 'rejected') await call.reject(go)
    const before = await t.counters(account)
    expect(await call.close()).toEqual(RELEASED('0'))
    expect(await t.stateOf(go.reservationId)).toBe(state)
    expect(await t.counters(account)).toEqual(before)
  })

  test('settle and reject ask no run: money that was sent is booked after every close', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const [one, two] = [t.call(account), t.call(account)]
    const [answered, refused] = [await one.sent(), await two.sent()]
    await Promise.all([one.close(), two.close(), one.close(randomUUID()), two.close(randomUUID())])
    expect(await one.settle(answered, eur('0.02'))).toMatchObject({ kind: 'settled', answer: { cost: money(eur('0.02')) } })
    expect(await two.reject(refused, { retryAfterMs: 1_000 })).toEqual({ kind: 'rejected', handedOn: false })
    expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.02') })
  })

  test('an answer is heard by every run, also by an old or a closed one', async () => {
    const call = t.call(await t.accountWith({ cap: '0.10' }))
    const go = await call.sent()
    await call.settle(go, eur('0.02'))
    await call.close()
    for (const runId of [call.runId, randomUUID()]) {
      expect(await call.reserve({ runId })).toMatchObject({ kind: 'answered', cost: money(eur('0.02')) })
      expect(await call.dispatch(randomUUID(), { runId })).toMatchObject({ kind: 'answered' })
    }
  })

  test('a request of an older run that comes late does not take the call from its successor, where run ids tell their time', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const [older, newer] = ['01a20959-0000-7b2a-8eb4-000000000001', '01a20959-0001-7b2a-8eb4-000000000001']
    const first = await call.reserve({ runId: newer })
    expect(await call.reserve({ runId: older })).toEqual(CLOSED)
    expect(await call.dispatch(randomUUID(), { runId: older })).toEqual(CLOSED)
    expect(await call.close(older)).toEqual(RELEASED('0'))
    expect(await call.reserve({ runId: newer })).toEqual(first)
    expect(await call.close(newer)).toEqual(RELEASED('0.03'))
    expect(await t.counters(account)).toMatchObject({ reserved: 0n })
  })
})
