import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { adjust } from '../../src/ledger/adjust.ts'
import { changeCap, createBudget, type NewBudget } from '../../src/ledger/budgets.ts'
import {
  acknowledgeOutbox,
  addOutboxConsumer,
  forgetOutboxConsumer,
  listOutboxConsumers,
  pruneOutbox,
  readOutbox,
  type BudgetEvent,
  type OutboxEvent,
} from '../../src/ledger/outbox.ts'
import { cents } from '../support/flights.ts'
import { openTestLedger, times } from '../support/ledger.ts'
import { until } from '../support/until.ts'

const t = await openTestLedger()
afterAll(async () => {
  await t.audited()
  await t.drop()
})

async function consumer(from: 'start' | 'now' = 'now'): Promise<string> {
  const name = `test-${randomUUID()}`
  expect(await addOutboxConsumer(t.ledger, name, from)).toEqual({ made: true })
  return name
}
/** At least so many events, when nothing older is open any more: a transaction of anybody on this server holds a reader up while it lasts. */
const heardBy = (name: string, count: number): Promise<readonly OutboxEvent[]> =>
  until(`${count} events for ${name}`, async () => {
    const events = await readOutbox(t.ledger, name, 1_000)
    return events.length >= count && events
  })

/** Everything that a consumer has not acknowledged, a page at a time, when nothing older is open any more. */
async function drainAll(name: string, page = 100): Promise<BudgetEvent[]> {
  const [row] = await t.owner<{ now: string }[]>`select pg_current_xact_id()::text as now`
  await until('nothing older is open', async () => {
    const [oldest] = await t.owner<
      { isPast: boolean }[]
    >`select pg_snapshot_xmin(pg_current_snapshot()) > ${row?.now ?? '0'}::xid8 as "isPast"`
    return oldest?.isPast
  })
  return drain(name, page)
}
/** What is about a budget: nothing here is alarmed. */
const isOfBudget = (event: OutboxEvent): event is BudgetEvent => 'budgetId' in event
async function drain(name: string, page = 100): Promise<BudgetEvent[]> {
  const all: BudgetEvent[] = []
  for (;;) {
    const events = await readOutbox(t.ledger, name, page)
    const last = events.at(-1)
    if (last === undefined) return all
    all.push(...events.filter(isOfBudget))
    await acknowledgeOutbox(t.ledger, name, last.position)
  }
}
const ofBudget = (events: readonly OutboxEvent[], budgetId: number) =>
  events
    .filter(isOfBudget)
    .filter((event) => event.budgetId === budgetId)
    .map(({ kind, details }) => (kind === 'threshold' ? Number(details['percent']) : kind))

async function budget(over: Partial<NewBudget> = {}): Promise<{ id: number; account: string; period: number }> {
  const account = await t.accountWith({ cap: '100.00' })
  const terms = { isHard: true, periodKind: 'month', timeZone: 'UTC', cap: eur('1.00'), thresholds: [], ...over } as const
  const { budgetId } = await createBudget(t.ledger, { name: randomUUID(), scope: { account }, ...terms })
  const [row] = await t.owner<{ id: number }[]>`select id from purser.budget_period where budget_id = ${budgetId}`
  return { id: budgetId, account, period: row?.id ?? 0 }
}
async function spend(account: string, cost: number, amount = cost): Promise<void> {
  const call = t.call(account)
  await call.settle(await call.sent({ amount: cents(amount) }), cents(cost))
}

describe('a consumer', () => {
  test('hears each event with its budget, period and figures, in order, again until it acknowledges, and then never more', async () => {
    const name = await consumer()
    const { id, account, period } = await budget({ thresholds: [50, 80] })
    await spend(account, 60)
    await spend(account, 25)
    const heard = await heardBy(name, 2)
    expect(heard).toMatchObject([
      { kind: 'threshold', budgetId: id, budgetPeriodId: period, account, details: { percent: 50, spent: '600000000', cap: '1000000000' } },
      { kind: 'threshold', budgetId: id, period: new Date().toISOString().slice(0, 7), details: { percent: 80, spent: '850000000' } },
    ])
    expect(await readOutbox(t.ledger, name, 10)).toEqual(heard)
    expect(await readOutbox(t.ledger, name, 1)).toEqual(heard.slice(0, 1))
    expect(await acknowledgeOutbox(t.ledger, name, heard[0]?.position ?? '')).toEqual({ moved: true })
    expect(await readOutbox(t.ledger, name, 10)).toEqual(heard.slice(1))
    expect(await acknowledgeOutbox(t.ledger, name, heard[1]?.position ?? '')).toEqual({ moved: true })
    // Never backwards, whoever acknowledges last.
    for (const { position } of heard) expect(await acknowledgeOutbox(t.ledger, name, position)).toEqual({ moved: false })
    expect(await readOutbox(t.ledger, name, 10)).toEqual([])
  })

  test('is independent of the others; one that is new hears all that is kept, or only what comes', async () => {
    const [first, second] = [await consumer(), await consumer()]
    const { id, account } = await budget({ thresholds: [10] })
    await spend(account, 20)
    expect(ofBudget(await drainAll(first), id)).toEqual([10])
    const [fromStart, fromNow] = [await consumer('start'), await consumer('now')]
    expect(ofBudget(await drainAll(second), id)).toEqual([10])
    expect(ofBudget(await drainAll(fromStart), id)).toEqual([10])
    expect(await drain(fromNow)).toEqual([])
    expect(await addOutboxConsumer(t.ledger, fromNow, 'start')).toEqual({ made: false })
    expect(await drain(fromNow)).toEqual([])
  })

  test('that does not exist, a page that is none and an event that was not read are said', async () => {
    const name = await consumer()
    await expect(readOutbox(t.ledger, 'nobody', 10)).rejects.toMatchObject({ code: 'not_found', message: expect.stringContaining(name) })
    await expect(acknowledgeOutbox(t.ledger, 'nobody', '1.1')).rejects.toMatchObject({ code: 'not_found' })
    await expect(forgetOutboxConsumer(t.ledger, 'nobody')).rejects.toMatchObject({ code: 'not_found' })
    await expect(addOutboxConsumer(t.ledger, 'No Name', 'now')).rejects.toMatchObject({ code: 'bad_input' })
    for (const limit of [0, 1_001]) await expect(readOutbox(t.ledger, name, limit)).rejects.toMatchObject({ code: 'bad_input' })
    for (const position of ['99999999.1', '99999999', 'x.y', ''])
      await expect(acknowledgeOutbox(t.ledger, name, position)).rejects.toMatchObject({ code: 'bad_input' })
  })
})

describe('transactions that commit in another order than they began', () => {
  test('nothing is skipped: what an open one has written is waited for, where a reader of "id > last" passes it by', async () => {
    const name = await consumer()
    const [slow, fast] = [await budget({ thresholds: [10] }), await budget({ thresholds: [10] })]
    // The first writes its event and does not commit; the second begins later and commits.
    const session = await t.session()
    await session`begin`
    await session`select purser.book('settle', ${slow.account}, null, ${[slow.period]}, 0, ${cents(20)})`
    await spend(fast.account, 20)
    const naive = async (last: bigint) => {
      const rows = await t.owner<{ id: bigint; period: number }[]>`
        select id, budget_period_id as period from purser.outbox where id > ${last} and budget_period_id in (${slow.period}, ${fast.period}) order by id`
      return { periods: rows.map((row) => row.period), last: rows.at(-1)?.id ?? last }
    }
    const first = await naive(0n)
    expect(first.periods).toEqual([fast.period])
    expect(await readOutbox(t.ledger, name, 10)).toEqual([])
    await session`commit`
    session.release()
    // Its number is smaller than what the naive reader has seen: it never hears of it.
    expect((await naive(first.last)).periods).toEqual([])
    expect((await drainAll(name)).map((event) => event.budgetPeriodId)).toEqual([slow.period, fast.period])
  })

  test('one that is rolled back leaves nothing, and holds nobody up any longer', async () => {
    const name = await consumer()
    const [undone, done] = [await budget({ thresholds: [10] }), await budget({ thresholds: [10] })]
    const session = await t.session()
    await session`begin`
    await session`select purser.book('settle', ${undone.account}, null, ${[undone.period]}, 0, ${cents(20)})`
    await spend(done.account, 20)
    expect(await readOutbox(t.ledger, name, 10)).toEqual([])
    await session`rollback`
    session.release()
    expect((await drainAll(name)).map((event) => event.budgetPeriodId)).toEqual([done.period])
  })

  test('many writers and readers at once: every consumer hears every event, once each when it acknowledges alone', async () => {
    const names = await Promise.all(times(3, () => consumer()))
    const budgets = await Promise.all(times(8, () => budget({ thresholds: times(20, (i) => 5 * (i + 1)), cap: eur('0.40') })))
    const over = new AbortController()
    const heard = names.map(() => [] as BudgetEvent[])
    const readers = names.map(async (name, at) => {
      while (!over.signal.aborted) heard[at]?.push(...(await drain(name, 1 + at * 3)))
      heard[at]?.push(...(await drainAll(name, 7)))
    })
    await Promise.all(budgets.flatMap(({ account }) => times(20, () => spend(account, 2))))
    over.abort()
    await Promise.all(readers)
    const expected = budgets.flatMap(({ id }) => times(20, (i) => `${id} ${5 * (i + 1)}`)).toSorted()
    for (const events of heard) {
      expect(events.map((event) => `${event.budgetId} ${String(event.details['percent'])}`).toSorted()).toEqual(expected)
    }
  })
})

const kept = async (budgetId: number) =>
  (await t.owner`select from purser.outbox o join purser.budget_period p on p.id = o.budget_period_id where p.budget_id = ${budgetId}`)
    .length
const grow = (period: number, days: number) =>
  t.owner`update purser.outbox set at = at - make_interval(days => ${days}) where budget_period_id = ${period}`
const everybodyElseHasRead = async (...but: string[]) => {
  for (const { name } of await listOutboxConsumers(t.ledger)) if (!but.includes(name)) await drainAll(name)
}

describe('pruning', () => {
  test('drops what every consumer has acknowledged and what is old; never one without the other', async () => {
    const name = await consumer()
    const { id, account, period } = await budget({ thresholds: [10, 20] })
    await t.owner`update purser.outbox set at = at - interval '90 days'`
    await spend(account, 15)
    await spend(account, 10)
    await everybodyElseHasRead(name)
    const [first] = await heardBy(name, 2)
    await acknowledgeOutbox(t.ledger, name, first?.position ?? '')
    await pruneOutbox(t.ledger)
    expect(await kept(id)).toBe(2)
    await grow(period, 31)
    expect(await pruneOutbox(t.ledger)).toBe(1)
    expect(await kept(id)).toBe(1)
    // The other one is old, and not read by all.
    expect(await pruneOutbox(t.ledger)).toBe(0)
    expect(ofBudget(await drainAll(name), id)).toEqual([20])
    expect(await pruneOutbox(t.ledger)).toBe(1)
    // What was acknowledged is known, also when it is gone.
    expect(await acknowledgeOutbox(t.ledger, name, first?.position ?? '')).toEqual({ moved: false })
  })

  test('goes on a piece at a time, and nobody is waited for that is forgotten', async () => {
    await everybodyElseHasRead()
    await t.owner`update purser.outbox set at = at - interval '90 days'`
    while ((await pruneOutbox(t.ledger)) > 0);
    const gone = await consumer()
    const { id, account, period } = await budget({ thresholds: times(9, (i) => i + 1) })
    await spend(account, 50)
    await grow(period, 40)
    await everybodyElseHasRead(gone)
    expect(await pruneOutbox(t.ledger, { limit: 4 })).toBe(0)
    expect((await listOutboxConsumers(t.ledger)).find((one) => one.name === gone)).toMatchObject({
      unread: 9,
      oldestUnreadAt: expect.any(String),
    })
    await forgetOutboxConsumer(t.ledger, gone)
    expect([await pruneOutbox(t.ledger, { limit: 4 }), await pruneOutbox(t.ledger, { limit: 4 })]).toEqual([4, 4])
    expect(await kept(id)).toBe(1)
    await expect(pruneOutbox(t.ledger, { days: 0 })).rejects.toMatchObject({ code: 'bad_input' })
  })
})

const told = async (budgetId: number) => {
  const rows = await t.owner<{ percent: number }[]>`
    select (o.details ->> 'percent')::int as percent from purser.outbox o join purser.budget_period p on p.id = o.budget_period_id
     where p.budget_id = ${budgetId} and o.kind = 'threshold' order by o.xid, o.id`
  return rows.map((row) => row.percent)
}

describe('a threshold', () => {
  test('is told once a period, whatever list it stands in and however many settles cross it at once, in however many batches', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.integer({ min: 1, max: 120 }), fc.constantFrom(50, 100)), { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 }),
        async (thresholds, costs) => {
          const { id, account } = await budget({ thresholds, isHard: false })
          await Promise.all(costs.map((cost) => spend(account, cost)))
          const spent = costs.reduce((sum, cost) => sum + cost, 0)
          const due = [...new Set(thresholds)].filter((percent) => percent <= spent)
          expect((await told(id)).toSorted((a, b) => a - b)).toEqual(due.toSorted((a, b) => a - b))
        },
      ),
      { numRuns: 25 },
    )
  })

  test('that was told is not told again when a top-up has raised the cap; one that was not waits for its share of the new cap', async () => {
    const { id, account } = await budget({ thresholds: [50, 80] })
    await spend(account, 60)
    expect(await told(id)).toEqual([50])
    await changeCap(t.ledger, { of: { id }, change: eur('1.00'), key: randomUUID(), reason: 'more' })
    // 0.85 would have been 80 % of the old cap; 1.05 is 50 % of the new one, for the second time.
    await spend(account, 25)
    await spend(account, 20)
    expect(await told(id)).toEqual([50])
    await spend(account, 60)
    expect(await told(id)).toEqual([50, 80])
  })

  test('that a cut of the cap crosses is told with the cut; one that a correction goes back behind is not told twice', async () => {
    const { id, account } = await budget({ thresholds: [50, 80] })
    const call = t.call(account)
    const sent = await call.sent({ amount: cents(60) })
    await call.settle(sent, cents(60))
    await changeCap(t.ledger, { of: { id }, change: eur('-0.30'), key: randomUUID(), reason: 'less' })
    expect(await told(id)).toEqual([50, 80])
    await adjust(t.ledger, { reservationId: sent.reservationId, total: cents(1), source: 'bill', sourceId: randomUUID(), why: 'billed' })
    await spend(account, 65)
    expect(await told(id)).toEqual([50, 80])
  })

  test('is told anew in the next period', async () => {
    const { id, account, period } = await budget({ thresholds: [50], isHard: false })
    await spend(account, 60)
    await t.changing(
      (tx) => tx`update purser.budget_period set period = '1999-12', starts_at = '1999-12-01', ends_at = '2000-01-01' where id = ${period}`,
    )
    await spend(account, 60)
    expect(await told(id)).toEqual([50, 50])
  })
})
