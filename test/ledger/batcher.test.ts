import { randomUUID } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import { cents, orError, together } from '../support/flights.ts'
import { openTestLedger, times } from '../support/ledger.ts'
import { until } from '../support/until.ts'

describe('the queue', () => {
  test('when too many wait, a reserve or a dispatch is refused before the ledger is asked; an answer in hand never is', async () => {
    const small = await openTestLedger('plain', { queueMax: 5 })
    onTestFinished(async () => {
      await small.audited()
      await small.drop()
    })
    const account = await small.accountWith({ cap: '5.00' })
    const answered: (() => Promise<{ kind: string }>)[] = []
    for (const call of times(8, () => small.call(account))) {
      const go = await call.sent()
      answered.push(() => call.settle(go, cents(1)))
    }
    const waiting = [small.call(account), small.call(account)]
    for (const call of waiting) await call.reserve()
    const calls = times(6, () => small.call(account))
    const { answers } = await together<{ kind: string }>(small.ledger, [
      ...calls.map((call) => () => orError(call.reserve())),
      ...waiting.map((call) => () => orError(call.dispatch(randomUUID()))),
      ...answered,
    ])
    // Reserves take a turn to look their scope up, so the two dispatches wait first.
    const kinds = answers.map(({ kind }) => kind)
    expect(kinds.slice(8)).toEqual(times(8, () => 'settled'))
    expect(kinds.slice(0, 8).filter((kind) => kind === 'ledger_busy')).toHaveLength(3)
    expect(kinds.slice(0, 8).filter((kind) => kind === 'reserved' || kind === 'go')).toHaveLength(5)
    expect(await small.owner`select from purser.call where account = ${account}`).toHaveLength(
      10 + kinds.slice(0, 6).filter((k) => k === 'reserved').length,
    )
    // Later the same keys are taken.
    for (const call of calls) expect((await call.reserve()).kind).toBe('reserved')
    for (const call of waiting) expect(['go', 'in_flight']).toContain((await call.dispatch(randomUUID())).kind)
  })

  test('settles board first, then dispatches, then reserves; and the counts say what flew', async () => {
    const small = await openTestLedger('plain', { batchMax: 4, flights: 1 })
    onTestFinished(async () => {
      await small.audited()
      await small.drop()
    })
    const account = await small.accountWith({ cap: '5.00' })
    const [one, two, three] = [small.call(account), small.call(account), small.call(account)]
    const [first, second] = [await one.sent(), await two.sent()]
    await three.reserve()
    const before = small.ledger.batcher.metrics()
    const work = Promise.all([
      ...times(8, () => small.call(account).reserve()),
      three.dispatch(randomUUID()),
      one.settle(first, cents(1)),
      two.settle(second, cents(1)),
    ])
    await until('they wait', () => small.ledger.batcher.metrics().queued > 0)
    await work
    const after = small.ledger.batcher.metrics()
    expect([after.flights - before.flights, after.items - before.items, after.largest, after.queued]).toEqual([3, 11, 4, 0])
    expect(after.flightMs).toBeGreaterThan(before.flightMs)
    expect(after.resent).toBe(0)
    const entries = await small.owner`
      select cardinality(settled_ids) as settled, cardinality(reserved_ids) as reserved from purser.entry where kind = 'calls' order by id desc limit 3`
    expect(entries.toReversed()).toEqual([
      { settled: 2, reserved: 1 },
      { settled: null, reserved: 4 },
      { settled: null, reserved: 3 },
    ])
  })
})
