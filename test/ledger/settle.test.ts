import { randomUUID } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { eur, money, type Nano } from '../../src/domain/money.ts'
import type { SettleAnswer } from '../../src/ledger/settle.ts'
import { costOfExactly, openTestLedger, PATHS, times, unbacked } from '../support/ledger.ts'

const answerOf = (settled: SettleAnswer) => (settled.kind === 'settled' ? settled.answer : undefined)

/** The id of an attempt of that time which the ledger has forgotten. */
const forgotten = (go: { readonly reservationId: string }) => go.reservationId.slice(0, 14) + randomUUID().slice(14)

describe.for(PATHS)('on the %s path', async (path) => {
  const t = await openTestLedger(path)
  afterAll(async () => {
    await t.audited()
    await t.drop()
  })

  /** What waits for a person since this was last asked; it is then worked off. */
  const unbooked = () => t.owner<{ operation: string; reason: string; token: string }[]>`
update purser.unbooked set resolved_at = clock_timestamp() where resolved_at is null returning operation, reason, token`

  test('a settle turns the reservation into the exact cost and gives the rest back', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const go = await call.sent()
    expect(await call.settle(go, eur('0.012345678'))).toEqual({
      kind: 'settled',
      overBound: false,
      answer: {
        kind: 'answered',
        reservationId: go.reservationId,
        attempt: 1,
        reserved: money(eur('0.03')),
        cost: money(eur('0.012345678')),
        givenBack: money(eur('0.017654322')),
        budgetLeft: money(eur('0.087654322')),
        usage: [{ unit: 'output_text_tokens', quantity: 1 }],
        blob: undefined,
        response: { responseId: 'resp-1', modelVersion: 'penny-model', finishReason: 'STOP' },
        flags: [],
        requests: 1,
      },
    })
    expect(await t.counters(account)).toEqual({ cap: eur('0.10'), reserved: 0n, spent: eur('0.012345678'), overrun: 0n })
  })

  test('twenty repeats at once have one effect, and every one hears the answer', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const go = await call.sent()
    const answers = await Promise.all(times(20, () => call.settle(go, eur('0.02'))))
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect(await t.entriesOf(account)).toEqual(['open', 'reserve', 'settle'])
    expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.02') })
    expect(await unbooked()).toEqual([])
  })

  test('the same answer at another cost moves no money and waits for a person, once however often it is repeated', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const go = await call.sent()
    await call.settle(go, eur('0.02'))
    for (const again of times(3, (i) => i)) {
      expect(await call.settle(go, eur('0.021')), `repeat ${again}`).toMatchObject({ kind: 'unbooked' })
    }
    expect(await t.counters(account)).toMatchObject({ spent: eur('0.02') })
    expect(await unbooked()).toEqual([
      { operation: 'settle', token: go.token, reason: 'this answer was booked at 20000000 nano-EUR, not 21000000' },
    ])
  })

  test('an answer to an attempt that the ledger forgot is spent without cover, once', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const go = await call.sent()
    const unknown = { ...go, reservationId: forgotten(go), token: randomUUID() }
    const answers = await Promise.all(times(10, () => call.settle(unknown, eur('0.02'))))
    expect(new Set(answers.map((a) => a.kind))).toEqual(new Set(['uncovered']))
    expect(await t.counters(account)).toMatchObject({ reserved: eur('0.03'), spent: eur('0.02') })
    expect(await call.settle(unknown, eur('0.05'))).toMatchObject({ kind: 'unbooked' })
    expect(await t.counters(account)).toMatchObject({ spent: eur('0.02') })
    expect(await unbooked()).toHaveLength(1)
  })

  test('an answer under another token is spent without cover beside the attempt, and each has its own line in the call log', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const go = await call.sent()
    const zombie = { ...go, token: randomUUID() }
    await call.settle(go, eur('0.02'))
    expect(await call.settle(zombie, eur('0.01'))).toEqual({ kind: 'uncovered' })
    expect(await call.settle(zombie, eur('0.01'))).toEqual({ kind: 'uncovered' })
    expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.03') })
    const log = await t.owner<{ id: string; cost: bigint }[]>`
  select request_id as id, total_cost as cost from purser.call_log where account = ${account} order by total_cost desc`
    expect(log).toEqual([
      { id: go.reservationId, cost: eur('0.02') },
      { id: zombie.token, cost: eur('0.01') },
    ])
  })

  test('billed money is never booked on nothing, nor on the budget of somebody else: then it waits for a person', async () => {
    const [account, other] = [await t.accountWith({ cap: '0.10' }), await t.accountWith({ cap: '0.10' })]
    const call = t.call(account)
    const go = await call.sent()
    const elsewhere = await t.call(other).sent()
    const lost = () => ({ ...go, reservationId: forgotten(go), token: randomUUID() })
    expect(await call.settle({ ...lost(), budgetPeriods: [2_000_000] }, eur('0.02'))).toMatchObject({ kind: 'unbooked' })
    expect(await call.settle({ ...lost(), budgetPeriods: [] }, eur('0.02'))).toMatchObject({ kind: 'unbooked' })
    expect(await call.settle({ ...lost(), budgetPeriods: elsewhere.budgetPeriods }, eur('0.02'))).toMatchObject({ kind: 'unbooked' })
    expect(await call.settle({ ...lost(), budgetPeriods: [2_000_000, ...go.budgetPeriods] }, eur('0.02'))).toEqual({ kind: 'uncovered' })
    expect(await t.counters(account)).toMatchObject({ spent: eur('0.02') })
    expect(await t.counters(other)).toMatchObject({ spent: 0n })
    expect(await unbooked()).toHaveLength(3)
  })

  test('a cost above its bound is booked in full, also past the cap, and says so again to every repeat', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const go = await call.sent({ amount: eur('0.03') })
    for (const settled of [await call.settle(go, eur('0.25')), await call.settle(go, eur('0.25'))]) {
      expect(settled).toMatchObject({
        kind: 'settled',
        overBound: true,
        answer: { givenBack: money(eur('0')), budgetLeft: money(eur('-0.15')) },
      })
    }
    expect(await t.counters(account)).toEqual({ cap: eur('0.10'), reserved: 0n, spent: eur('0.25'), overrun: eur('0.15') })
    expect(await t.call(account).reserve({ amount: eur('0.000000001') })).toMatchObject({ kind: 'refused', remaining: money(eur('-0.15')) })
  })

  test('the first answer is for ever: a later one is booked, and never returned', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const call = t.call(account)
    const lost = await call.sent()
    await call.inDoubt(lost.reservationId, lost.token)
    const second = await call.sent({ ask: 2 })
    const first = answerOf(await call.settle(second, eur('0.02')))
    const late = answerOf(await call.settle(lost, eur('0.01')))
    expect(late).toMatchObject({ reservationId: second.reservationId, cost: money(eur('0.02')) })
    expect(await call.reserve()).toEqual(late)
    expect(late?.reservationId).toBe(first?.reservationId)
    expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.03') })
  })

  test('the answer releases what its call still held undispatched, in the same commit', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const call = t.call(account)
    const doubtful = await call.sent()
    await call.inDoubt(doubtful.reservationId, doubtful.token)
    const second = await call.reserve({ ask: 2, amount: eur('0.05') })
    expect(await t.counters(account)).toMatchObject({ reserved: eur('0.08') })
    await call.settle(doubtful, eur('0.01'))
    expect(await t.stateOf('reservationId' in second ? second.reservationId : '')).toBe('released')
    expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.01') })
  })

  test('a late answer to a rejected attempt is booked, and what was handed on comes back', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const call = t.call(account)
    const go = await call.sent()
    expect(await call.reject(go, { retryAfterMs: 1_000 })).toEqual({ kind: 'rejected', handedOn: true })
    expect(await call.settle(go, eur('0.02'))).toMatchObject({ kind: 'settled', answer: { reservationId: go.reservationId } })
    expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.02') })
    expect(await call.dispatch(randomUUID())).toMatchObject({ kind: 'answered' })
  })

  test('a late answer to a released attempt is booked', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const call = t.call(account)
    const reserved = await call.reserve()
    const id = 'reservationId' in reserved ? reserved.reservationId : ''
    const [row] = await t.owner<{ ids: number[] }[]>`select purser.periods_of(linked_set) as ids from purser.reservation where id = ${id}`
    const late = { reservationId: id, token: randomUUID(), budgetPeriods: row?.ids ?? [] }
    await call.close()
    // Nobody holds a token of what was never dispatched: the ledger does not know this answer.
    expect(await call.settle(late, eur('0.01'))).toEqual({ kind: 'uncovered' })
    // A restored backup may know the token all the same.
    const known = { ...late, token: randomUUID() }
    await t.owner`update purser.reservation set token = ${known.token}, dispatched_at = at where id = ${id}`
    expect(await call.settle(known, eur('0.02'))).toMatchObject({ kind: 'settled', answer: { cost: money(eur('0.02')) } })
    expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.03') })
  })

  test('an answer after a presumption names the new total', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const call = t.call(account)
    const go = await call.sent()
    await call.inDoubt(go.reservationId, go.token)
    await t.presume(account, go)
    expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.03') })
    expect(await call.settle(go, eur('0.01'))).toMatchObject({ kind: 'settled' })
    expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.01') })
  })

  test('an answer without usage is booked at the bound, with the rank of a presumption', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const call = t.call(account)
    const go = await call.sent()
    const cost = unbacked(go.amount)
    expect(await call.settle(go, go.amount, { source: 'presumption', cost, usage: [], flags: ['usage_missing'] })).toMatchObject({
      kind: 'settled',
      answer: { cost: money(eur('0.03')), flags: ['usage_missing'] },
    })
    const [row] = await t.owner`select cost_source from purser.reservation where id = ${go.reservationId}`
    expect(row).toEqual({ cost_source: 'presumption' })
  })

  test.for([
    ['a cost that no line explains', () => ({ cost: unbacked(eur('0.02')) }), /not the sum of its lines/],
    ['a negative cost', () => ({ cost: unbacked(eur('-0.02')), source: 'presumption' as const }), /receipt_cost_not_negative/],
    [
      'a line that was computed wrongly',
      () => ({ cost: tampered((l) => ({ ...l, nanoEur: (l.nanoEur + 1n) as Nano })) }),
      /not what its quantity costs at its price and rate/,
    ],
    [
      'lines that do not add up in dollars',
      () => ({ cost: { ...costOfExactly(eur('0.02'), t.penny), picoUsd: 1n } }),
      /not the sum of its lines/,
    ],
    [
      'a line with an unknown price',
      () => ({ cost: tampered((l) => ({ ...l, priceId: 999_999 })) }),
      /price that is not in the price book/,
    ],
  ] as const)('%s is not booked, not lost, and blocks nothing', async ([, over, reason]) => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const go = await call.sent()
    expect(await call.settle(go, eur('0.02'), over() as never)).toEqual({ kind: 'unbooked', reason: expect.stringMatching(reason) })
    expect(await unbooked()).toEqual([{ operation: 'settle', token: go.token, reason: expect.stringMatching(reason) }])
    expect(await t.counters(account)).toMatchObject({ reserved: eur('0.03'), spent: 0n })
    // The right answer is booked all the same.
    expect(await call.settle(go, eur('0.02'))).toMatchObject({ kind: 'settled' })
  })

  function tampered(change: (line: ReturnType<typeof costOfExactly>['lines'][number]) => object) {
    const cost = costOfExactly(eur('0.02'), t.penny)
    const lines = cost.lines.map(change) as typeof cost.lines
    return { ...cost, lines, nanoEur: lines.reduce((sum, line) => sum + line.nanoEur, 0n) }
  }

  test('money is booked on the period it was reserved on, also when that is closed', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const go = await call.sent()
    await t.owner.begin(async (sql) => {
      await sql`update purser.balance set is_open = false where budget_period_id = any (${go.budgetPeriods as number[]})`
      await sql`update purser.budget_period set closed_at = clock_timestamp() where id = any (${go.budgetPeriods as number[]})`
    })
    await expect(t.call(account).reserve()).rejects.toMatchObject({ code: 'no_budget' })
    expect(await call.settle(go, eur('0.02'))).toMatchObject({ kind: 'settled' })
    expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.02') })
  })
})
