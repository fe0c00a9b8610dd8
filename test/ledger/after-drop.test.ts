import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { adjust } from '../../src/ledger/adjust.ts'
import { audit } from '../../src/ledger/audit.ts'
import { createBudget } from '../../src/ledger/budgets.ts'
import { markInDoubt } from '../../src/ledger/mark-in-doubt.ts'
import { cents } from '../support/flights.ts'
import { times, type TestCall } from '../support/ledger.ts'
import { OLD, pastLedgers, type TestLedger } from '../support/past.ts'

let t: TestLedger
const past = pastLedgers((opened) => (t = opened))
const { drop, freeze, keep, settled, presumed, resolveUnbooked } = past

/** Between the freeze and the drop, before and after its page was copied; and after the drop. */
const WHEN = {
  'when the month is frozen': async () => {
    await freeze()
  },
  'when it is copied': async () => {
    await freeze()
    await keep(1000)
  },
  'after the drop': async () => {
    await drop()
  },
} as const

/** Then the drop, so that every one of these is also looked at afterwards. */
const then = async (check: () => Promise<void>): Promise<void> => {
  await check()
  expect((await audit(t.ledger)).violations).toEqual([])
  await drop()
  await check()
}
const booked = (call: TestCall, go: Awaited<ReturnType<TestCall['sent']>>, cost: number) => call.settle(go, cents(cost))

describe.for(Object.keys(WHEN) as (keyof typeof WHEN)[])('%s', (when) => {
  test('a settle that was booked is booked no second time, and hears its answer; at another cost it goes to a person', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const { call, go } = await settled(account)
    const before = await t.counters(account)
    const entries = () => t.owner`select count(*) from purser.entry`.then(([row]) => row)
    const entriesBefore = await entries()
    await WHEN[when]()
    expect(await booked(call, go, 4)).toMatchObject({ kind: 'unbooked' })
    await resolveUnbooked()
    await then(async () => {
      const answers = await Promise.all(times(3, () => booked(call, go, 2)))
      for (const answer of answers)
        expect(answer).toMatchObject({
          kind: 'settled',
          overBound: false,
          answer: { kind: 'answered', attempt: 1, cost: { amount: '0.020000000' } },
        })
      expect(await t.counters(account)).toEqual(before)
      expect(await entries()).toEqual(entriesBefore)
    })
    expect(await booked(call, go, 3)).toMatchObject({
      kind: 'unbooked',
      reason: expect.stringContaining('booked at 20000000 nano-EUR, not 30000000'),
    })
    expect(await t.counters(account)).toEqual(before)
    await resolveUnbooked()
  })

  test('an answer that comes late finds the periods of its reservation, once, and its receipt is kept', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const { call, go } = await presumed(account)
    const refused = t.call(account, {}, OLD.at)
    const rejected = await refused.sent()
    await refused.reject(rejected)
    expect(await t.counters(account)).toMatchObject({ spent: eur('0.03') })
    await WHEN[when]()
    await then(async () => {
      const answers = await Promise.all([...times(3, () => booked(call, go, 2)), booked(refused, rejected, 1)])
      expect(answers.map((answer) => answer.kind)).toEqual(['settled', 'settled', 'settled', 'settled'])
      expect(await t.counters(account)).toMatchObject({ spent: eur('0.03'), reserved: 0n })
    })
    expect(await t.owner`select cost, is_covered from purser.late_receipt order by cost`).toEqual([
      { cost: eur('0.01'), is_covered: true },
      { cost: eur('0.02'), is_covered: true },
    ])
    expect(await booked(call, go, 3)).toMatchObject({ kind: 'unbooked' })
    await resolveUnbooked()
  })

  test('a late answer whose cost is not the sum of its lines goes to a person', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const { call, go } = await presumed(account)
    await WHEN[when]()
    const { lines, picoUsd } = t.cost(cents(1))
    for (const cost of [
      { lines, picoUsd, nanoEur: cents(2) },
      { lines: [], picoUsd, nanoEur: cents(1) },
      { lines: lines.map((line) => ({ ...line, priceId: 999_999 })), picoUsd, nanoEur: cents(1) },
    ])
      expect(await call.settle(go, cents(1), { cost })).toMatchObject({
        kind: 'unbooked',
        reason: expect.stringContaining('not the sum of its lines'),
      })
    expect(await t.counters(account)).toMatchObject({ spent: eur('0.03') })
    await resolveUnbooked()
  })

  test('an answer to an attempt that nobody knows, or by another token, is spent without cover, once', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const { call, go } = await settled(account)
    const zombie = { ...go, token: randomUUID() }
    expect(await booked(call, zombie, 1)).toEqual({ kind: 'uncovered' })
    await WHEN[when]()
    const unknown = { ...go, reservationId: `${go.reservationId.slice(0, 28)}ffffffff`, token: randomUUID() }
    const other = { ...go, token: randomUUID() }
    await then(async () => {
      for (const one of [zombie, unknown, unknown, other, other]) expect(await booked(call, one, 1)).toEqual({ kind: 'uncovered' })
      expect(await t.counters(account)).toMatchObject({ spent: eur('0.05') })
    })
    expect(await booked(call, unknown, 2)).toMatchObject({ kind: 'unbooked' })
    await resolveUnbooked()
  })

  test('a bill names the new total and the ledger computes the difference, once; it outranks the answer that comes after it', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const [answered, doubtful] = [await settled(account), await presumed(account)]
    const correction = (reservationId: string, total: number, source: 'bill' | 'person' = 'bill', sourceId = 'line 1') =>
      adjust(t.ledger, { reservationId, total: cents(total), source, sourceId, why: 'as billed' })
    await correction(answered.go.reservationId, 1, 'bill', 'line 0')
    await WHEN[when]()
    const [first, second] = [answered.go.reservationId, doubtful.go.reservationId]
    // Booked before the freeze: no effect.
    expect(await correction(first, 1, 'bill', 'line 0')).toMatchObject({ changed: false, cost: cents(1) })
    expect(await correction(first, 5)).toEqual({ kind: 'adjusted', changed: true, cost: cents(5) })
    expect(await correction(second, 4)).toMatchObject({ changed: true })
    expect(await t.counters(account)).toMatchObject({ spent: eur('0.09') })
    await then(async () => {
      expect(await correction(first, 5)).toMatchObject({ changed: false })
      await expect(correction(first, 6)).rejects.toMatchObject({ code: 'conflict' })
      expect(await correction(first, 3, 'person', 'desk')).toMatchObject({ kind: 'outranked', cost: cents(5) })
      expect((await booked(doubtful.call, doubtful.go, 2)).kind).toBe('settled')
      expect((await booked(answered.call, answered.go, 2)).kind).toBe('settled')
      expect(await t.counters(account)).toMatchObject({ spent: eur('0.09') })
    })
    expect(await correction(first, 0, 'bill', 'line 2')).toMatchObject({ changed: true, cost: 0n })
    expect(await t.counters(account)).toMatchObject({ spent: eur('0.04') })
  })

  test('an answer comes after a person’s word, and its total is the answer’s', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const { call, go } = await presumed(account)
    await WHEN[when]()
    const word = { reservationId: go.reservationId, total: cents(1), source: 'person', sourceId: 'desk', why: 'a guess' } as const
    expect(await adjust(t.ledger, word)).toMatchObject({ changed: true })
    expect(await t.counters(account)).toMatchObject({ spent: eur('0.01') })
    await then(async () => {
      expect((await booked(call, go, 2)).kind).toBe('settled')
      expect(await t.counters(account)).toMatchObject({ spent: eur('0.02') })
    })
  })

  test('what was never sent or never was cannot be corrected, nor rejected or doubted any more', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const call = t.call(account, {}, OLD.at)
    const reserved = await call.reserve()
    await call.close()
    const { call: other, go } = await presumed(account)
    if (reserved.kind !== 'reserved') throw new Error(reserved.kind)
    await WHEN[when]()
    const correction = (reservationId: string) =>
      adjust(t.ledger, { reservationId, total: cents(1), source: 'bill', sourceId: 'x', why: 'x' })
    await then(async () => {
      await expect(correction(reserved.reservationId)).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('never sent'),
      })
      await expect(correction(`${go.reservationId.slice(0, 28)}ffffffff`)).rejects.toMatchObject({ code: 'not_found' })
      await expect(other.reject(go)).rejects.toMatchObject({ code: 'conflict' })
      await expect(
        markInDoubt(t.ledger, { reservationId: go.reservationId, token: go.token, why: 'x', durationMs: 1 }),
      ).rejects.toMatchObject({ code: 'not_found' })
      expect(await t.counters(account)).toMatchObject({ spent: eur('0.03'), reserved: 0n })
    })
  })

  test('a new budget begins with what its scope has spent, in this month too, with and without cover, and as it was corrected', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const [one, two] = [await settled(account), await presumed(account)]
    await booked(one.call, { ...one.go, token: randomUUID() }, 1)
    await WHEN[when]()
    await booked(two.call, two.go, 2)
    await booked(one.call, { ...one.go, token: randomUUID() }, 1)
    const terms = { scope: { account }, isHard: true, periodKind: 'total', timeZone: 'UTC', cap: eur('1'), thresholds: [] } as const
    expect(await createBudget(t.ledger, { ...terms, name: 'before' })).toMatchObject({ spent: eur('0.06') })
    await drop()
    expect(await createBudget(t.ledger, { ...terms, name: 'after' })).toMatchObject({ spent: eur('0.06') })
  })
})
