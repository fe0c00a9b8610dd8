import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import { openTestLedger, REQUEST_TIMEOUT_MS } from '../support/ledger.ts'

const t = await openTestLedger()
afterAll(async () => {
  await t.audited()
  await t.drop()
})

const PRESUMED_AFTER_S = 600 + 300
const account = () => t.accountWith({ cap: '1.00' })

test('what waited longer than its hold comes back; what was sent never does', async () => {
  const id = await account()
  const [waiting, sent] = [t.call(id), await t.call(id).sent({ amount: eur('0.20') })]
  const reserved = await waiting.reserve({ amount: eur('0.10') })
  if (reserved.kind !== 'reserved') throw new Error(reserved.kind)
  expect(await sweep(t.ledger, 100)).toEqual({ released: 0, inDoubt: 0, presumed: 0, more: false })
  await t.endHold(reserved.reservationId)
  expect(await sweep(t.ledger, 100)).toEqual({ released: 1, inDoubt: 0, presumed: 0, more: false })
  expect(await t.counters(id)).toMatchObject({ reserved: eur('0.20'), spent: 0n })
  expect(await waiting.dispatch(randomUUID())).toEqual({ kind: 'lapsed' })
  expect(await t.stateOf(sent.reservationId)).toBe('dispatched')
})

test('a request without an answer is in doubt after our time-out, and spent in full after the provider’s maximum', async () => {
  const id = await account()
  const call = t.call(id)
  const sent = await call.sent({ amount: eur('0.20') })
  await t.age(sent.reservationId, REQUEST_TIMEOUT_MS / 1_000 + 6)
  expect(await sweep(t.ledger, 100)).toMatchObject({ inDoubt: 1, presumed: 0 })
  expect(await t.counters(id)).toMatchObject({ reserved: eur('0.20'), spent: 0n })
  // Until the provider's own maximum and five minutes are over, it may still come.
  await t.age(sent.reservationId, PRESUMED_AFTER_S - REQUEST_TIMEOUT_MS / 1_000 - 60)
  expect(await sweep(t.ledger, 100)).toMatchObject({ presumed: 0 })
  await t.age(sent.reservationId, 60)
  expect(await sweep(t.ledger, 100)).toMatchObject({ presumed: 1 })
  expect(await t.counters(id)).toMatchObject({ reserved: 0n, spent: eur('0.20') })
  // The answer comes after all, and names the true cost.
  expect((await call.settle(sent, eur('0.05'))).kind).toBe('settled')
  expect(await t.counters(id)).toMatchObject({ reserved: 0n, spent: eur('0.05') })
  expect(await sweep(t.ledger, 100)).toEqual({ released: 0, inDoubt: 0, presumed: 0, more: false })
})

test('a backlog is worked off a page at a time, and by several at once, each attempt once', async () => {
  const id = await account()
  const ids: string[] = []
  for (let i = 0; i < 25; i += 1) {
    const reserved = await t.call(id).reserve({ amount: eur('0.01') })
    if (reserved.kind === 'reserved') ids.push(reserved.reservationId)
  }
  await Promise.all(ids.map((one) => t.endHold(one)))
  expect(await sweep(t.ledger, 10)).toMatchObject({ released: 10, more: true })
  const pages = await Promise.all([1, 2, 3].map(() => sweep(t.ledger, 100)))
  expect(pages.reduce((sum, page) => sum + page.released, 0)).toBeLessThanOrEqual(15)
  await sweep(t.ledger, 100)
  expect(await t.counters(id)).toMatchObject({ reserved: 0n })
})

test('an attempt that somebody is just moving is left for the next time', async () => {
  const id = await account()
  const reserved = await t.call(id).reserve()
  if (reserved.kind !== 'reserved') throw new Error(reserved.kind)
  await t.endHold(reserved.reservationId)
  const session = await t.session()
  await session`begin`
  await session`select from purser.reservation where id = ${reserved.reservationId} for update`
  expect(await sweep(t.ledger, 100)).toMatchObject({ released: 0 })
  await session`rollback`
  session.release()
  expect(await sweep(t.ledger, 100)).toMatchObject({ released: 1 })
})

test('what ended long ago is not looked at again, and nothing that is open is passed by', async () => {
  const id = await account()
  const open = await t.call(id).sent()
  await sweep(t.ledger, 100)
  const [row] = await t.owner<{ passed: boolean }[]>`
    select swept_to > (select at from purser.reservation where id = ${open.reservationId}) as passed from purser.ledger_state`
  expect(row).toEqual({ passed: false })
})

test('who changes budgets is not waited for, because he waits for attempts: how far was swept is noted the next time', async () => {
  const id = await account()
  const waiting = t.call(id)
  const reserved = await waiting.reserve({ amount: eur('0.10') })
  if (reserved.kind !== 'reserved') throw new Error(reserved.kind)
  await t.endHold(reserved.reservationId)
  await t.owner`update purser.ledger_state set swept_to = '-infinity'`
  const sweptTo = async () => (await t.owner<{ at: string }[]>`select swept_to::text as at from purser.ledger_state`)[0]?.at
  const session = await t.session()
  await session`begin`
  await session`select purser.change_generation()`
  expect(await sweep(t.ledger, 100)).toMatchObject({ released: 1 })
  expect(await sweptTo()).toBe('-infinity')
  await session`commit`
  session.release()
  await sweep(t.ledger, 100)
  expect(await sweptTo()).not.toBe('-infinity')
})
