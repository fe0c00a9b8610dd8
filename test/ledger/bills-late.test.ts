import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { reservationRef } from '../../src/domain/call.ts'
import { eur } from '../../src/domain/money.ts'
import { driftOf } from '../../src/ledger/bills.ts'
import { billsOn, line, tokensFor } from '../support/bills.ts'
import { OLD, pastLedgers, type TestLedger } from '../support/past.ts'

let t: TestLedger
const { drop, settled, presumed } = pastLedgers((opened) => (t = opened))

test('a bill of an attempt whose month is dropped corrects what is kept of it', async () => {
  const account = await t.accountWith({ cap: '1.00' })
  const [{ go: equal }, { go: other }, { go: lost }] = [await settled(account), await settled(account), await presumed(account)]
  const { imported, approve } = await billsOn(t)
  await drop()
  const billId = await imported([
    line({ picoUsd: tokensFor('0.02'), requestId: reservationRef(equal.reservationId) }),
    line({ picoUsd: tokensFor('0.05'), requestId: reservationRef(other.reservationId) }),
    line({ picoUsd: tokensFor('0.01'), requestId: reservationRef(lost.reservationId) }),
  ])
  expect(await approve(billId)).toEqual({ lines: 3, adjusted: 2, onTheHouse: 0 })
  expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.08') })
  expect(OLD.name).toMatch(/^\d{4}-\d\d$/)
})

test('an answer that was booked without cover is a part of what its attempt is billed', async () => {
  const account = await t.accountWith({ cap: '1.00' })
  const { imported, approve, house } = await billsOn(t)
  const call = t.call(account)
  const go = await call.sent({ amount: eur('0.10') })
  await call.settle(go, eur('0.02'))
  await call.settle({ ...go, token: randomUUID() }, eur('0.03'))
  expect(await t.counters(account)).toMatchObject({ spent: eur('0.05') })
  const requestId = reservationRef(go.reservationId)
  const first = await imported([line({ picoUsd: tokensFor('0.02'), requestId }), line({ picoUsd: tokensFor('0.03'), requestId })])
  expect(await driftOf(t.ledger, first)).toEqual([])
  expect(await approve(first)).toEqual({ lines: 2, adjusted: 0, onTheHouse: 0 })
  // A line more: the total is the sum of all.
  expect(await approve(await imported([line({ picoUsd: tokensFor('0.01'), requestId })]))).toEqual({ lines: 1, adjusted: 1, onTheHouse: 0 })
  expect(await t.counters(account)).toMatchObject({ spent: eur('0.06') })
  expect(await house()).toBe(0n)
})

test('an answer of an attempt that the ledger does not know is not billed twice; what the bill has more goes to the house', async () => {
  const account = await t.accountWith({ cap: '1.00' })
  const { imported, approve, house } = await billsOn(t)
  const call = t.call(account)
  const go = await call.sent({ amount: eur('0.10') })
  const stranger = { ...go, reservationId: `${go.reservationId.slice(0, -8)}ffffffff`, token: randomUUID() }
  await call.settle(stranger, eur('0.03'))
  await call.settle(go, eur('0.02'))
  const requestId = reservationRef(stranger.reservationId)
  expect(await approve(await imported([line({ picoUsd: tokensFor('0.03'), requestId })]))).toEqual({ lines: 1, adjusted: 0, onTheHouse: 0 })
  expect(await approve(await imported([line({ picoUsd: tokensFor('0.04'), requestId })]))).toEqual({ lines: 1, adjusted: 0, onTheHouse: 1 })
  expect(await house()).toBe(eur('0.04'))
  expect(await approve(await imported([line({ picoUsd: tokensFor('0.005'), requestId })]))).toEqual({
    lines: 1,
    adjusted: 0,
    onTheHouse: 1,
  })
  expect(await house()).toBe(eur('0.045'))
  expect(await t.counters(account)).toMatchObject({ spent: eur('0.05') })
})

test('what a provider has rounded or converted is no difference, and moves nothing', async () => {
  const { imported, approve, house } = await billsOn(t)
  const call = t.call(await t.accountWith({ cap: '1.00' }))
  await call.settle(await call.sent(), eur('0.02'))
  const rounded = {
    quantity: tokensFor('0.02'),
    picoUsd: tokensFor('0.02') + 400_000n,
    picoSlack: 500_000n,
    nanoEur: eur('0.0200004'),
    nanoSlack: 500n,
  }
  const billId = await imported([line(rounded)])
  expect(await driftOf(t.ledger, billId)).toEqual([])
  expect(await approve(billId)).toEqual({ lines: 1, adjusted: 0, onTheHouse: 0 })
  expect(await house()).toBe(0n)
})
