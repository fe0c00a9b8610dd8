import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { reservationRef } from '../../src/domain/call.ts'
import { eur } from '../../src/domain/money.ts'
import { approveBill, discardBill, driftOf, importBill, showBill, type Drift } from '../../src/ledger/bills.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import { billOf, billsOn, line, today, tokensFor } from '../support/bills.ts'
import { openTestLedger, REQUEST_TIMEOUT_MS, times } from '../support/ledger.ts'

const t = await openTestLedger()
afterAll(async () => {
  await t.audited()
  await t.drop()
})

const { imported, approve, house } = await billsOn(t)
const UNIT = 'output_text_tokens'

const classes = (drift: readonly Drift[]) => [...new Set(drift.flatMap(({ differs }) => differs))].toSorted()
const account = () => t.accountWith({ cap: '10.00' })

/** A call that was answered. */
async function answered(id: string, cost: string) {
  const call = t.call(id)
  const go = await call.sent({ amount: eur('0.50') })
  await call.settle(go, eur(cost))
  return { call, go, ref: reservationRef(go.reservationId) }
}

test('each difference lands in its class and nowhere else, and after the approval both books are equal', async () => {
  const id = await account()
  const right = await answered(id, '0.05')
  const dear = await answered(id, '0.06')
  const foreign = await answered(id, '0.07')
  const unbilled = await answered(id, '0.08')
  const lost = t.call(id)
  const sent = await lost.sent({ amount: eur('0.50') })
  await lost.inDoubt(sent.reservationId, sent.token)
  const presumed = t.call(id)
  const gone = await presumed.sent({ amount: eur('0.50') })
  await presumed.inDoubt(gone.reservationId, gone.token)
  await t.age(gone.reservationId, 900 + REQUEST_TIMEOUT_MS)
  await sweep(t.ledger, 100)

  const lines = {
    right: line({ picoUsd: tokensFor('0.05'), requestId: right.ref }),
    dear: line({ picoUsd: tokensFor('0.09'), quantity: tokensFor('0.06'), requestId: dear.ref }),
    foreign: line({ picoUsd: tokensFor('0.07'), nanoEur: eur('0.072'), requestId: foreign.ref }),
    lost: line({ picoUsd: tokensFor('0.01'), requestId: reservationRef(sent.reservationId) }),
    presumed: line({ picoUsd: tokensFor('0.02'), requestId: reservationRef(gone.reservationId) }),
    stranger: line({ picoUsd: tokensFor('0.03'), requestId: 'resp-of-nobody' }),
  }
  const billId = await imported(Object.values(lines))
  expect(await showBill(t.ledger, billId)).toMatchObject({ state: 'imported', stored: 6, named: 6, attributed: 5, booked: 0 })

  const before = await driftOf(t.ledger, billId)
  expect(classes(before)).toEqual(['fx', 'missing_in_ledger', 'missing_on_bill', 'presumed', 'price'])
  const [key] = before.filter(({ unit }) => unit === UNIT)
  expect(key).toMatchObject({
    missingRequests: 2,
    missingInLedger: tokensFor('0.04'),
    missingOnBill: tokensFor('0.08'),
    presumed: tokensFor('0.02'),
    quantityPart: 0n,
    pricePart: tokensFor('0.03'),
    fxPart: eur('0.002'),
    isBooked: false,
  })

  expect(await approve(billId)).toEqual({ lines: 6, adjusted: 3, onTheHouse: 2 })
  expect(await showBill(t.ledger, billId)).toMatchObject({ state: 'approved', booked: 6, why: 'looked at', approvedBy: 'test' })
  expect(await t.counters(id)).toMatchObject({
    reserved: 0n,
    spent: eur('0.05') + eur('0.09') + eur('0.07') + eur('0.08') + eur('0.01') + eur('0.02'),
  })
  expect(await house()).toBe(eur('0.03') + eur('0.002'))
  const after = await driftOf(t.ledger, billId)
  expect(classes(after)).toEqual(['fx', 'missing_in_ledger', 'missing_on_bill'])
  expect(after).toMatchObject([{ missingRequests: 1, house: eur('0.03'), pricePart: 0n, isBooked: true }])
  await t.audited()

  // Again: no effect.
  expect(await approve(billId)).toEqual({ lines: 0, adjusted: 0, onTheHouse: 0 })
  // A late answer says less than the bill.
  await lost.settle(sent, eur('0.40'))
  expect(await t.counters(id)).toMatchObject({ spent: eur('0.32') })
  expect(unbilled.ref).toMatch(/^rsv_/)
})

test('a line is stored once, whatever files name it; the same file again has no effect, and other figures are refused before anything is stored', async () => {
  const one = line({ picoUsd: 5n, lineId: 'once-1', day: '2026-10-01' })
  const two = line({ picoUsd: 7n, lineId: 'once-2', day: '2026-10-02' })
  const three = line({ picoUsd: 9n, lineId: 'once-3', day: '2026-10-03' })
  const first = billOf([one, two], { provider: 'once' })
  const stored = await importBill(t.ledger, first, 'test')
  expect(stored).toMatchObject({ changed: true, known: 0, bill: { stored: 2, picoUsd: '12', nanoEur: null, state: 'imported' } })
  expect(await importBill(t.ledger, first, 'test')).toMatchObject({ changed: false, bill: { billId: stored.bill.billId } })
  const wider = await importBill(t.ledger, billOf([one, two, three], { provider: 'once' }), 'test')
  expect(wider).toMatchObject({
    known: 2,
    knownIn: [stored.bill.billId],
    bill: { stored: 1, lines: 3, fromDay: '2026-10-01', toDay: '2026-10-03' },
  })
  const edited = billOf([line({ picoUsd: 1n, lineId: 'once-4' }), { ...two, picoUsd: 8n }], { provider: 'once' })
  await expect(importBill(t.ledger, edited, 'test')).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringMatching(/row 2: line "once-2" was stored with other figures, from row 2 of bill \d+: 7 pico-USD for 7/),
  })
  const [row] =
    await t.owner`select count(*)::int as bills, (select count(*)::int from purser.bill_line where provider = 'once') as lines from purser.bill where provider = 'once'`
  expect(row).toEqual({ bills: 2, lines: 3 })
  await expect(t.owner`update purser.bill_line set pico_usd = 1 where provider = 'once'`).rejects.toMatchObject({
    constraint_name: 'bill_line_stays',
  })
  await expect(t.owner`delete from purser.bill_line where provider = 'once'`).rejects.toMatchObject({ constraint_name: 'bill_line_stays' })
})

test('a file that was a mistake is discarded while nothing of it is booked, and its lines may come again, also those that another file knows', async () => {
  const one = line({ picoUsd: 5n, lineId: 'discard-1', day: '2026-10-01' })
  const two = line({ picoUsd: 7n, lineId: 'discard-2', day: '2026-10-01' })
  const [wrong, wider] = [billOf([{ ...one, tier: 'batch' }], { provider: 'mistake' }), billOf([one, two], { provider: 'mistake' })]
  const discard = (billId: number) => discardBill(t.ledger, { billId, why: 'another tier', by: 'test' })
  const mistake = (await importBill(t.ledger, wrong, 'test')).bill.billId
  await expect(importBill(t.ledger, wider, 'test')).rejects.toMatchObject({ code: 'conflict' })
  expect(await discard(mistake)).toMatchObject({ changed: true, state: 'discarded', discardedWhy: 'another tier' })
  expect(await discard(mistake)).toMatchObject({ changed: false })
  await expect(approve(mistake)).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('is discarded') })
  // The same file, read in the same wrong way, once more; and then one that knows its line.
  const again = await importBill(t.ledger, wrong, 'test')
  expect(again).toMatchObject({ changed: true, bill: { stored: 1 } })
  expect(again.bill.billId).not.toBe(mistake)
  await discard(again.bill.billId)
  const first = (await importBill(t.ledger, billOf([one], { provider: 'mistake' }), 'test')).bill.billId
  const kept = await importBill(t.ledger, wider, 'test')
  expect(kept).toMatchObject({ known: 1, bill: { stored: 1 } })
  await approve(kept.bill.billId)
  await discard(first)
  expect(await importBill(t.ledger, wider, 'test')).toMatchObject({
    changed: true,
    bill: { billId: kept.bill.billId, stored: 2, state: 'imported' },
  })
  expect(await approve(kept.bill.billId)).toMatchObject({ lines: 1 })
  await expect(discard(kept.bill.billId)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('is booked, so it stays'),
  })
})

test('two who approve at once, one of whom was broken off before, book what one would', async () => {
  const id = await account()
  const calls = await Promise.all(times(7, () => answered(id, '0.05')))
  const before = await house()
  const billId = await imported([
    ...calls.map(({ ref }) => line({ picoUsd: tokensFor('0.06'), requestId: ref })),
    ...times(3, () => line({ picoUsd: tokensFor('0.01'), requestId: randomUUID() })),
  ])
  const [page] = await t.ledger.sql<
    { answer: { adjusted: number } }[]
  >`select purser.approve_bill(${billId}, 'looked at', 'test', 2) as answer`
  expect(await showBill(t.ledger, billId)).toMatchObject({ state: 'approving', booked: 2 })
  const sums = await Promise.all(times(3, () => approve(billId)))
  expect(sums.reduce((sum, { adjusted }) => sum + adjusted, page?.answer.adjusted ?? 0)).toBe(7)
  expect(await showBill(t.ledger, billId)).toMatchObject({ state: 'approved', booked: 10 })
  expect(await t.counters(id)).toMatchObject({ spent: eur('0.42') })
  expect((await house()) - before).toBe(eur('0.03'))
  await t.audited()
})

test('what the house bears of a bill leaves it in the commit in which its attempt becomes known', async () => {
  const id = await account()
  const responseId = `resp-${randomUUID()}`
  const call = t.call(id)
  const go = await call.sent({ amount: eur('0.50') })
  await call.inDoubt(go.reservationId, go.token)
  const before = await house()
  const billId = await imported([line({ picoUsd: tokensFor('0.04'), requestId: responseId })])
  await approve(billId)
  expect((await house()) - before).toBe(eur('0.04'))
  expect(await t.counters(id)).toMatchObject({ spent: 0n, reserved: eur('0.50') })
  await call.settle(go, eur('0.03'), {
    response: { responseId, modelVersion: 'penny-model', finishReason: 'STOP', blocked: undefined, requests: 1 },
  })
  expect(await approve(billId)).toEqual({ lines: 1, adjusted: 1, onTheHouse: 1 })
  expect((await house()) - before).toBe(0n)
  expect(await t.counters(id)).toMatchObject({ spent: eur('0.04'), reserved: 0n })
  await t.audited()
})

test('a bill of sums stands for all requests that no line names: only what it holds beyond them is on the house, and less when more is known', async () => {
  const id = await account()
  const day = new Date(Date.now() - 20 * 86_400_000).toISOString().slice(0, 10)
  const onDay = async (cost: string) => {
    const { call, go } = await answered(id, cost)
    await t.owner`update purser.reservation set dispatched_at = ${`${day}T12:00:00Z`}, ended_at = ${`${day}T12:00:01Z`} where id = ${go.reservationId}`
    return { call, go }
  }
  // The instant stays what it was, so the day is looked for around it.
  await t.owner`alter table purser.reservation disable trigger all`
  await onDay('0.02')
  await onDay('0.03')
  await t.owner`update purser.reservation set at = dispatched_at where dispatched_at::date = ${day}::date`
  await t.owner`alter table purser.reservation enable trigger all`
  const before = await house()
  // Half a cent's tokens are missing, and all are dearer by a tenth; its euros are 2 in 100 cheaper.
  const billId = await imported([line({ day, quantity: tokensFor('0.06'), picoUsd: tokensFor('0.066'), nanoEur: eur('0.0647') })])
  expect(await driftOf(t.ledger, billId)).toMatchObject([
    {
      day,
      quantity: { ledger: tokensFor('0.05'), bill: tokensFor('0.06') },
      differs: ['quantity', 'price', 'fx'],
      quantityPart: tokensFor('0.01'),
      pricePart: tokensFor('0.006'),
      fxPart: eur('0.0013') * -1n,
      missingInLedger: 0n,
      missingOnBill: 0n,
    },
  ])
  expect(await approve(billId)).toEqual({ lines: 1, adjusted: 0, onTheHouse: 2 })
  expect((await house()) - before).toBe(eur('0.016') - eur('0.0013'))
  expect(await approve(billId)).toEqual({ lines: 0, adjusted: 0, onTheHouse: 0 })
  await t.owner`alter table purser.reservation disable trigger all`
  await onDay('0.01')
  await t.owner`update purser.reservation set at = dispatched_at where dispatched_at::date = ${day}::date`
  await t.owner`alter table purser.reservation enable trigger all`
  expect(await approve(billId)).toEqual({ lines: 0, adjusted: 0, onTheHouse: 1 })
  expect((await house()) - before).toBe(eur('0.006') - eur('0.0013'))
  await t.audited()
})

test('euros that were cheaper than the rates said are a gain of the house, and of no other budget', async () => {
  const id = await account()
  // A month in which the house bears nothing else.
  const now = new Date()
  const day = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 0)).toISOString().slice(0, 10)
  const { ref } = await answered(id, '0.05')
  const billId = await imported([line({ day, picoUsd: tokensFor('0.05'), nanoEur: eur('0.045'), requestId: ref })], { provider: 'test' })
  const before = await house()
  expect(await approve(billId)).toEqual({ lines: 1, adjusted: 0, onTheHouse: 1 })
  expect((await house()) - before).toBe(eur('0.005') * -1n)
  expect(await t.counters(id)).toMatchObject({ spent: eur('0.05') })
  const [least] = await t.owner<{ spent: bigint }[]>`select min(spent) as spent from purser.balance`
  expect(least?.spent).toBe(eur('0.005') * -1n)
  await t.audited()
})

test('a bill without its end, without a rate, or unknown, is not booked', async () => {
  await expect(approve(2_000_000_000)).rejects.toMatchObject({ code: 'not_found' })
  const old = await imported([line({ picoUsd: 1n, day: '2019-01-01', requestId: 'r' })])
  await expect(approve(old)).rejects.toMatchObject({ code: 'rate_missing' })
  const billId = await imported([line({ picoUsd: 1n, requestId: 'r' })])
  await expect(approveBill(t.ledger, { billId, why: ' ', by: 'test' })).rejects.toMatchObject({ code: 'bad_input' })
  const [cut] = await t.owner<{ id: number }[]>`
    insert into purser.bill (provider, hash, format, name, currency, time_zone, from_day, to_day, lines, pico_usd, imported_by)
      values ('test', 'cut', 'csv', 'cut.csv', 'USD', 'UTC', ${today}, ${today}, 2, 1, 'test') returning id`
  await expect(approve(cut?.id ?? 0)).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('import its file again') })
})
