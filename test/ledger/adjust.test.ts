import { randomUUID } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { eur, nano } from '../../src/domain/money.ts'
import { sums } from '../../src/insight/sums.ts'
import { adjust, adjustMany, type Adjustment } from '../../src/ledger/adjust.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import { openTestLedger, REQUEST_TIMEOUT_MS, times } from '../support/ledger.ts'
import { takenIn } from '../support/taken-in.ts'

const t = await openTestLedger()
afterAll(async () => {
  await t.audited()
  await t.drop()
})

const PRESUMED_AFTER_S = 600 + 300
const account = () => t.accountWith({ cap: '1.00' })

const correction = (reservationId: string, over: Partial<Adjustment> = {}): Adjustment => ({
  reservationId,
  total: eur('0.07'),
  source: 'bill',
  sourceId: `line ${randomUUID()}`,
  why: 'as billed',
  ...over,
})

test('a correction names the new total from any state in which it was sent, frees what is still reserved, and is booked once', async () => {
  for (const state of ['in_doubt', 'presumed', 'settled', 'rejected'] as const) {
    const id = await account()
    const call = t.call(id)
    const sent = await call.sent({ amount: eur('0.20') })
    if (state === 'settled') await call.settle(sent, eur('0.05'))
    else if (state === 'rejected') await call.reject(sent)
    else await call.inDoubt(sent.reservationId, sent.token)
    if (state === 'presumed') {
      await t.age(sent.reservationId, PRESUMED_AFTER_S + REQUEST_TIMEOUT_MS)
      await sweep(t.ledger, 100)
    }
    const bill = correction(sent.reservationId)
    expect(await adjust(t.ledger, bill)).toEqual({ kind: 'adjusted', changed: true, cost: eur('0.07') })
    expect(await adjust(t.ledger, bill)).toMatchObject({ changed: false })
    await expect(adjust(t.ledger, { ...bill, total: eur('0.08') })).rejects.toMatchObject({ code: 'conflict' })
    expect(await t.counters(id)).toMatchObject({ reserved: 0n, spent: eur('0.07') })
  }
})

test('who asks again for what a bill has ended without an answer hears that it is in doubt', async () => {
  const call = t.call(await account())
  const sent = await call.sent({ amount: eur('0.20') })
  await call.inDoubt(sent.reservationId, sent.token)
  await adjust(t.ledger, correction(sent.reservationId))
  expect(await call.reserve()).toMatchObject({ kind: 'in_doubt', reservationId: sent.reservationId })
  expect(await call.dispatch(randomUUID())).toMatchObject({ kind: 'in_doubt' })
  expect(await call.inDoubt(sent.reservationId, sent.token)).toMatchObject({ kind: 'in_doubt' })
  // The next ask may try again.
  expect(await call.reserve({ ask: 2 })).toMatchObject({ kind: 'reserved' })
})

test('a person’s word that it cost nothing is taken only when no answer can come any more', async () => {
  const id = await account()
  const call = t.call(id)
  const sent = await call.sent({ amount: eur('0.20') })
  await call.inDoubt(sent.reservationId, sent.token)
  const nothing = correction(sent.reservationId, { source: 'person', total: nano(0n) })
  await expect(adjust(t.ledger, nothing)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('may still be answered'),
  })
  expect(await t.counters(id)).toMatchObject({ reserved: eur('0.20'), spent: 0n })
  await t.age(sent.reservationId, PRESUMED_AFTER_S + REQUEST_TIMEOUT_MS)
  await sweep(t.ledger, 100)
  expect(await adjust(t.ledger, nothing)).toMatchObject({ kind: 'adjusted', changed: true, cost: 0n })
  expect(await t.counters(id)).toMatchObject({ reserved: 0n, spent: 0n })
})

test('a bill outranks an answer, an answer a person, a person a presumption; at equal rank the later one wins', async () => {
  const id = await account()
  const call = t.call(id)
  const sent = await call.sent({ amount: eur('0.20') })
  await call.inDoubt(sent.reservationId, sent.token)
  const spent = async () => (await t.counters(id)).spent
  const person = (total: string) => adjust(t.ledger, correction(sent.reservationId, { source: 'person', total: eur(total) }))
  await person('0.01')
  expect(await spent()).toBe(eur('0.01'))
  await person('0.02')
  expect(await spent()).toBe(eur('0.02'))
  await call.settle(sent, eur('0.05'))
  expect(await spent()).toBe(eur('0.05'))
  expect(await person('0.03')).toMatchObject({ kind: 'outranked', changed: false })
  await adjust(t.ledger, correction(sent.reservationId))
  expect(await spent()).toBe(eur('0.07'))
})

test('an answer that comes after the bill is kept, and moves no money', async () => {
  const id = await account()
  const call = t.call(id)
  const sent = await call.sent({ amount: eur('0.20') })
  await call.inDoubt(sent.reservationId, sent.token)
  await adjust(t.ledger, correction(sent.reservationId))
  expect(await call.settle(sent, eur('0.05'))).toMatchObject({ kind: 'settled' })
  expect(await t.counters(id)).toMatchObject({ reserved: 0n, spent: eur('0.07') })
  expect(await call.reserve({ ask: 2 })).toMatchObject({ kind: 'answered' })
})

test('what cannot be corrected is said', async () => {
  const id = await account()
  const reserved = await t.call(id).reserve()
  const sent = await t.call(id).sent()
  if (reserved.kind !== 'reserved') throw new Error(reserved.kind)
  await expect(adjust(t.ledger, correction(reserved.reservationId))).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('never sent'),
  })
  await expect(adjust(t.ledger, correction(sent.reservationId, { source: 'person' }))).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('on its way'),
  })
  for (const [over, message] of [
    [{ total: nano(-1n) }, 'a cost cannot be below zero'],
    [{ why: '' }, 'the reason is missing: say in a few words why'],
    [{ sourceId: ' ' }, "the source's id is missing: name the line or the note that says so, so that its repeat has no effect"],
    [{ sourceId: 'x'.repeat(3_000) }, "the source's id has 3000 characters: 200 at most"],
    [{ source: 'rumour' as 'bill' }, '"rumour" is no source of a correction: bill or person'],
  ] as const)
    await expect(adjust(t.ledger, correction(sent.reservationId, over))).rejects.toMatchObject({ code: 'bad_input', message })
  await expect(adjust(t.ledger, correction(randomUUID()))).rejects.toMatchObject({ code: 'not_found' })
})

describe('many corrections', () => {
  test('are booked in one commit, each with its own answer; a bad one harms no other, one that is there twice is booked once', async () => {
    const id = await account()
    const [first, second, third] = await Promise.all(
      times(3, async () => {
        const call = t.call(id)
        const sent = await call.sent({ amount: eur('0.20') })
        await call.inDoubt(sent.reservationId, sent.token)
        return sent.reservationId
      }),
    )
    const reserved = await t.call(id).reserve({ amount: eur('0.10') })
    const line = correction(first ?? '')
    const answers = await adjustMany(t.ledger, [
      line,
      correction(second ?? '', { source: 'person', total: eur('0.01') }),
      line,
      { ...line, total: eur('0.08') },
      correction('rsv_1'),
      correction(randomUUID()),
      correction('reservationId' in reserved ? reserved.reservationId : ''),
      correction(second ?? '', { total: eur('0.03') }),
      correction(second ?? '', { source: 'person', total: eur('0.02') }),
      correction(third ?? '', { why: '' }),
    ])
    expect(answers).toMatchObject([
      { kind: 'adjusted', changed: true, cost: eur('0.07') },
      { kind: 'adjusted', changed: true, cost: eur('0.01') },
      { kind: 'adjusted', changed: false, cost: eur('0.07') },
      { kind: 'failed', code: 'conflict' },
      { kind: 'failed', code: 'bad_input' },
      { kind: 'failed', code: 'not_found' },
      { kind: 'failed', code: 'conflict', message: expect.stringContaining('never sent') },
      { kind: 'adjusted', changed: true, cost: eur('0.03') },
      { kind: 'outranked', changed: false, cost: eur('0.03') },
      { kind: 'failed', code: 'bad_input', message: 'the reason is missing: say in a few words why' },
    ])
    expect(await t.counters(id)).toMatchObject({ reserved: eur('0.30'), spent: eur('0.10') })
  })

  test('by several at once about the same attempts, in any order: each is booked once, and none waits for ever', async () => {
    const id = await account()
    const sent = await Promise.all(
      times(12, async () => {
        const call = t.call(id)
        return { call, go: await call.sent({ amount: eur('0.05') }) }
      }),
    )
    const lines = sent.map(({ go }) => correction(go.reservationId, { total: eur('0.02') }))
    const [answers] = await Promise.all([
      Promise.all([lines, lines.toReversed(), [...lines.slice(6), ...lines.slice(0, 6)]].map((many) => adjustMany(t.ledger, many))),
      // Answers that come meanwhile: before a correction or after it, the bill's word stands.
      ...sent.slice(0, 3).map(({ call, go }) => call.settle(go, eur('0.01'))),
    ])
    expect(answers.flat().filter((answer) => answer.kind === 'adjusted' && answer.changed)).toHaveLength(12)
    expect(await t.counters(id)).toMatchObject({ reserved: 0n, spent: eur('0.24') })
  })

  test('are five hundred at most', async () => {
    const many = times(501, () => correction(randomUUID()))
    await expect(adjustMany(t.ledger, many)).rejects.toMatchObject({
      code: 'bad_input',
      message: 'at most 500 corrections are booked at once',
    })
    expect(await adjustMany(t.ledger, many.slice(1))).toHaveLength(500)
    expect(await adjustMany(t.ledger, [])).toEqual([])
  })
})

test('a correction to more than the sums can hold is refused, and harms no other', async () => {
  const [first, second] = await Promise.all(
    times(2, async () => {
      const call = t.call(await account())
      const sent = await call.sent({ amount: eur('0.20') })
      await call.settle(sent, eur('0.05'))
      return sent
    }),
  )
  const wrong = correction(first?.reservationId ?? '', { total: eur('20000000') })
  await expect(adjust(t.ledger, wrong)).rejects.toMatchObject({
    code: 'bad_input',
    message: expect.stringContaining('more than a request'),
  })
  const largest = correction(second?.reservationId ?? '', { total: eur('5000000') })
  expect(await adjustMany(t.ledger, [wrong, largest, wrong])).toMatchObject([
    { kind: 'failed', code: 'bad_input' },
    { kind: 'adjusted', cost: eur('5000000') },
    { kind: 'failed' },
  ])
  await takenIn(t.ledger, t.owner)
  const question = { from: '2000-01-01', to: '8999-01-01', timeZone: 'UTC', filter: {}, by: [], figures: ['cost'], limit: 1 } as const
  expect((await sums(t.ledger, question)).whole.cost).toBeGreaterThan(eur('5000000'))
})
