import { randomUUID } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { trackUsage } from '../../src/calls/track-usage.ts'
import type { PurserError } from '../../src/domain/errors.ts'
import { eur, nano } from '../../src/domain/money.ts'
import type { TrackedUsage } from '../../src/domain/tracked-usage.ts'
import { UNITS, UNITS_IN_MILLIONTHS, type Usage } from '../../src/domain/usage.ts'
import { audit } from '../../src/ledger/audit.ts'
import { archiveBudget, createBudget } from '../../src/ledger/budgets.ts'
import { addOutboxConsumer, readOutbox, type OutboxEvent } from '../../src/ledger/outbox.ts'
import { stopScope } from '../../src/ledger/stop.ts'
import { addRate } from '../../src/prices/rates.ts'
import { trackedUsageOf } from '../../src/schema/track-input.ts'
import { openTestLedger, times } from '../support/ledger.ts'
import { ago, dropSealed } from '../support/past.ts'
import { until } from '../support/until.ts'

const t = await openTestLedger('careful')
afterAll(() => t.drop())

/** USD per whole unit; `per` is a million where a quantity counts millionths. */
const PRICES = [
  ['gpt-4o', 'input_text_tokens', 2_500_000n, 1n],
  ['gpt-4o', 'output_text_tokens', 10_000_000n, 1n],
  ['gpt-3.5-turbo', 'training_tokens', 8_000_000n, 1n],
  ['gpu', 'gpu_hours', 2_000_000_000_000n, 1_000_000n],
  ['vectors', 'vector_db_hours', 100_000_000_000n, 1_000_000n],
  ['vectors', 'vector_db_queries', 4_000_000n, 1n],
  ['store', 'storage_gb_months', 23_000_000_000n, 1_000_000n],
  ['store', 'egress_gb', 90_000_000_000n, 1_000_000n],
  ['flows', 'workflow_executions', 25_000_000n, 1n],
] as const
for (const [model, unit, pico, per] of PRICES)
  await t.owner`
    insert into purser.price (provider, model, unit, pico_usd_per, per, effective_from, effective_until, source, source_date)
      values ('elsewhere', ${model}, ${unit}, ${pico}, ${per}, '2026-01-01T00:00:00Z', null, 'a test', '2026-01-01')`
// Twice as dear from November on.
await t.owner`
  insert into purser.price (provider, model, unit, pico_usd_per, per, effective_from, source, source_date)
    values ('elsewhere', 'gpu', 'gpu_hours', 4000000000000, 1000000, '2026-11-01T00:00:00Z', 'a test', '2026-11-01')`

const usageOf = (account: string, change: Partial<Omit<TrackedUsage, 'scope'>> & { scope?: object } = {}): TrackedUsage => ({
  key: randomUUID(),
  provider: 'elsewhere',
  model: 'gpt-4o',
  endpoint: 'tracked',
  tier: 'standard',
  usage: [
    { unit: 'input_text_tokens', quantity: 1_500 },
    { unit: 'output_text_tokens', quantity: 500 },
  ],
  // A Saturday: Friday's rate, 1.1172.
  at: new Date('2026-10-31T12:00:00Z'),
  ...change,
  scope: { account, ...change.scope },
})
const track = (usage: TrackedUsage) => trackUsage(t.ledger, t.ledger, usage)
const account = () => t.accountWith({ cap: '1.00', timeZone: 'UTC' })
const clean = async () => expect((await audit(t.ledger)).violations).toEqual([])
/** 0.00375 + 0.005 USD at 1.1172, each rounded up: 3,356,606 and 4,475,475 nano-EUR. */
const COST = nano(3_356_606n + 4_475_475n)

const termsOf = ({ isHard }: { readonly isHard: boolean }) =>
  ({ isHard, timeZone: 'UTC', cap: eur('5'), thresholds: [50], startsAt: undefined, endsAt: undefined, fromZero: false }) as const

describe('what was used elsewhere', () => {
  test('of more than a million EUR is refused, and nothing of it is booked: one who tells so, again and again, must not fill the ledger’s counters', async () => {
    const id = await account()
    const hours = (quantity: number) => usageOf(id, { model: 'gpu', usage: [{ unit: 'gpu_hours', quantity }] })
    await expect(track(hours(3_000_000_000_000))).rejects.toMatchObject({
      code: 'bad_input',
      message: expect.stringContaining('tell it in parts') as string,
    })
    expect((await t.counters(id)).spent).toBe(0n)
    expect((await track(hours(200_000_000_000))).cost).toBeGreaterThan(eur('100000'))
  })

  test('is booked once, at the prices and the rate of its day, and its lines can be computed again', async () => {
    const id = await account()
    const usage = usageOf(id)
    const booked = await track(usage)
    expect(booked).toMatchObject({ changed: true, cost: COST, budgets: [{ period: '2026-10', overrun: 0n }] })
    expect(await track(usage)).toEqual({ ...booked, changed: false })
    expect(await t.counters(id)).toMatchObject({ spent: COST, reserved: 0n, overrun: 0n })
    const lines = await t.owner<{ unit: string; pico: bigint; nano: bigint; day: string }[]>`
      select c.unit, c.pico_usd as pico, c.nano_eur as nano, r.day::text as day from purser.cost_line c join purser.rate r on r.id = c.rate_id
       where c.token = ${booked.requestId} order by c.line`
    expect(lines.map((line) => ({ ...line }))).toEqual([
      { unit: 'input_text_tokens', pico: 3_750_000_000n, nano: 3_356_606n, day: '2026-10-30' },
      { unit: 'output_text_tokens', pico: 5_000_000_000n, nano: 4_475_475n, day: '2026-10-30' },
    ])
    const [logged] = await t.owner`
      select account, provider, model, endpoint, at, input_tokens, output_tokens, total_cost, success from purser.call_log where request_id = ${booked.requestId}`
    expect(logged).toMatchObject({
      account: id,
      provider: 'elsewhere',
      model: 'gpt-4o',
      endpoint: 'tracked',
      at: usage.at,
      total_cost: COST,
    })
    expect(logged).toMatchObject({ input_tokens: 1_500n, output_tokens: 500n, success: true })
    await clean()
  })

  test('with the same key and other terms is a conflict, whichever term it is; in another order it is the same', async () => {
    const id = await account()
    const usage = usageOf(id)
    await track(usage)
    const others: Partial<TrackedUsage>[] = [
      { at: new Date('2026-10-31T12:00:01Z') },
      { tier: 'batch' },
      { model: 'gpu', usage: [{ unit: 'gpu_hours', quantity: 1 }] },
      { usage: usage.usage.slice(0, 1) },
      { endpoint: 'chat' },
      { scope: { account: id, user: 'ada' } },
      { scope: { account: await account() } },
    ]
    await t.owner`
      insert into purser.price (provider, model, unit, tier, pico_usd_per, effective_from, source, source_date)
        values ('elsewhere', 'gpt-4o', 'input_text_tokens', 'batch', 1, '2026-01-01T00:00:00Z', 'a test', '2026-01-01') on conflict do nothing`
    for (const other of others) await expect(track({ ...usage, ...other })).rejects.toMatchObject({ code: 'conflict' })
    expect(await track({ ...usage, usage: usage.usage.toReversed() })).toMatchObject({ changed: false, cost: COST })
    expect(await t.counters(id)).toMatchObject({ spent: COST })
    await clean()
  })

  test('told by many at once with one key is booked once, and with other terms one of them stands', async () => {
    const id = await account()
    const usage = usageOf(id)
    const answers = await Promise.all(times(12, () => track(usage)))
    expect(answers.filter(({ changed }) => changed)).toHaveLength(1)
    expect(await t.counters(id)).toMatchObject({ spent: COST })
    const key = randomUUID()
    const told = times(8, (i) => track(usageOf(id, { key, usage: [{ unit: 'input_text_tokens', quantity: 1 + i }] })))
    const ends = await Promise.allSettled(told)
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const codes = ends.flatMap((end) => (end.status === 'rejected' ? [(end.reason as PurserError).code] : []))
    expect(codes).toEqual(times(7, () => 'conflict'))
    await clean()
  })

  test('is never refused: beyond a hard cap it is overrun, then nothing more is reserved; a stopped or suspended scope is booked all the same', async () => {
    const id = await t.accountWith({ cap: '0.01', timeZone: 'UTC' })
    const at = new Date()
    await addRate(t.ledger, { day: at.toISOString().slice(0, 10), usdMicrosPerEur: 1_000_000n, source: 'a test of today' })
    const booked = await track(usageOf(id, { at, model: 'gpu', usage: [{ unit: 'gpu_hours', quantity: 500_000 }] }))
    // Half an hour at four dollars.
    expect(booked).toMatchObject({ cost: eur('2'), budgets: [{ overrun: eur('1.99') }] })
    expect(await t.counters(id)).toMatchObject({ cap: eur('0.01'), spent: eur('2'), overrun: eur('1.99') })
    expect(await t.call(id).reserve({ amount: nano(1n) })).toMatchObject({ kind: 'refused' })
    await stopScope(t.ledger, { account: id }, 'a test')
    expect(await track(usageOf(id, { at }))).toMatchObject({ changed: true })
    await clean()
  })

  test('stands on every budget that covers it, also an archived one that was in force then, and on no other', async () => {
    const id = await account()
    const team = randomUUID()
    const terms = termsOf({ isHard: true })
    const made = await Promise.all(
      [
        { name: `team ${team}`, scope: { team }, periodKind: 'month' },
        { name: `model ${team}`, scope: { model: 'gpt-4o', team }, periodKind: 'total' },
        { name: `endpoint ${team}`, scope: { endpoint: 'tracked', team }, periodKind: 'day' },
        { name: `other ${team}`, scope: { team: 'other' }, periodKind: 'month' },
        { name: `archived ${team}`, scope: { team }, periodKind: 'month' },
      ].map((budget) => createBudget(t.ledger, { ...terms, ...budget } as never)),
    )
    const [ofTeam, ofModel, ofEndpoint, other, archived] = made.map(({ budgetId }) => budgetId)
    await archiveBudget(t.ledger, { id: archived ?? 0 })
    const booked = await track(usageOf(id, { scope: { team } }))
    expect(booked.budgets.map(({ period }) => period).toSorted()).toEqual(['2026-10', '2026-10', '2026-10', '2026-10-31', 'total'])
    for (const budget of [ofTeam, ofModel, ofEndpoint, archived]) expect(await t.countersOf(budget ?? 0)).toMatchObject({ spent: COST })
    expect(await t.countersOf(other ?? 0)).toMatchObject({ spent: 0n })
    await clean()
  })

  test('in a month that is over is booked there, and a budget that is made later begins with what its period has spent', async () => {
    const id = await account()
    const team = randomUUID()
    const now = new Date()
    await track(usageOf(id, { scope: { team } }))
    await track(usageOf(id, { scope: { team }, at: now }))
    const periods = await t.owner<{ period: string; spent: bigint }[]>`
      select p.period, v.spent from purser.balance v join purser.budget_period p on p.id = v.budget_period_id join purser.budget b on b.id = p.budget_id
       where b.account = ${id} order by p.period`
    expect(periods.find(({ period }) => period === '2026-10')).toMatchObject({ spent: COST })
    expect(periods.filter(({ spent }) => spent > 0n)).toHaveLength(2)
    const terms = termsOf({ isHard: false })
    const month = await createBudget(t.ledger, { ...terms, name: `month ${team}`, scope: { team }, periodKind: 'month' })
    const total = await createBudget(t.ledger, { ...terms, name: `total ${team}`, scope: { team }, periodKind: 'total' })
    const recent = periods.find(({ period, spent }) => period !== '2026-10' && spent > 0n)?.spent ?? 0n
    expect(month.spent).toBe(recent)
    expect(total.spent).toBe(COST + recent)
    await clean()
  })

  test('crosses thresholds, which reach the outbox in the same commit', async () => {
    const consumer = `c-${randomUUID().slice(0, 8)}`
    await addOutboxConsumer(t.ledger, consumer, 'now')
    const id = await t.accountWith({ cap: '0.01', timeZone: 'UTC' })
    await track(usageOf(id))
    // What is open anywhere on the server holds readers up.
    const told = async (count: number): Promise<readonly OutboxEvent[]> => {
      let mine: readonly OutboxEvent[] = []
      await until(`${count} events`, async () => {
        mine = (await readOutbox(t.ledger, consumer, 100)).filter((event) => event.account === id)
        return mine.length >= count
      })
      return mine
    }
    expect(await told(1)).toMatchObject([{ kind: 'threshold', details: { percent: 50 } }])
    await track(usageOf(id))
    expect((await told(5)).map(({ kind }) => kind)).toEqual(['threshold', 'threshold', 'threshold', 'threshold', 'overrun'])
  })

  test('must be of a time that has come, that has prices, and of an account that is there', async () => {
    const id = await account()
    const tomorrow = new Date(Date.now() + 86_400_000)
    await expect(track(usageOf(id, { at: tomorrow }))).rejects.toMatchObject({
      code: 'bad_input',
      message: expect.stringContaining('has not come yet'),
    })
    await expect(track(usageOf(id, { at: new Date('2025-12-31T23:59:59Z') }))).rejects.toMatchObject({ code: 'unpriced_model' })
    await expect(track(usageOf(id, { model: 'nobody’s' }))).rejects.toMatchObject({ code: 'unpriced_model' })
    await expect(track(usageOf('nobody'))).rejects.toMatchObject({ code: 'unknown_account' })
    await expect(track(usageOf(id, { usage: [] }))).rejects.toMatchObject({ code: 'bad_input' })
    // No price of another unit stands in for an hour; a token's does, flagged.
    await expect(track(usageOf(id, { usage: [{ unit: 'gpu_hours', quantity: 1 }] }))).rejects.toMatchObject({ code: 'unpriced_model' })
    const flagged = await track(usageOf(id, { usage: [{ unit: 'output_audio_tokens', quantity: 500 }] }))
    expect(flagged.cost).toBe(4_475_475n)
    const [row] = await t.owner<
      { flags: string[] }[]
    >`select answer -> 'flags' as flags from purser.receipt where token = ${flagged.requestId}`
    expect(row?.flags).toEqual(['unpriced'])
    await clean()
  })

  test('is priced as of its own moment: before and after a price doubles', async () => {
    const id = await account()
    const hour = { model: 'gpu', usage: [{ unit: 'gpu_hours', quantity: 1_000_000 }] } as const
    const before = await track(usageOf(id, { ...hour, at: new Date('2026-10-31T23:59:59.999Z') }))
    const after = await track(usageOf(id, { ...hour, at: new Date('2026-11-01T00:00:00Z') }))
    // 2 and 4 USD at 1.1172, rounded up.
    expect([before.cost, after.cost]).toEqual([1_790_189_761n, 3_580_379_521n])
    await clean()
  })

  test('cannot be written, changed or taken away by hand', async () => {
    await expect(t.ledger.sql`delete from purser.tracked`).rejects.toThrow(/permission denied/)
    await expect(t.owner`update purser.tracked set cost = 0`).rejects.toThrow(/append-only/)
    await expect(t.ledger.sql`select purser.book_tracked('{}')`).rejects.toThrow(/permission denied/)
  })
})

test.for([
  ['gpt-3.5-turbo', 'training_tokens', '1000000', 1_000_000, 8_000_000_000_000n],
  ['gpu', 'gpu_hours', '2.5', 2_500_000, 5_000_000_000_000n],
  ['vectors', 'vector_db_hours', '0.000001', 1, 100_000n],
  ['vectors', 'vector_db_queries', '1000', 1_000, 4_000_000_000n],
  ['store', 'storage_gb_months', '10', 10_000_000, 230_000_000_000n],
  ['store', 'egress_gb', '1.5', 1_500_000, 135_000_000_000n],
  ['flows', 'workflow_executions', '40', 40, 1_000_000_000n],
] as const)('%s: %s of %s are counted exactly and booked like a call', async ([model, unit, written, quantity, picoUsd]) => {
  const id = await account()
  const usage = trackedUsageOf({
    key: randomUUID(),
    account: id,
    provider: 'elsewhere',
    model,
    usage: { [unit]: written },
    at: '2026-10-31T12:00:00Z',
  })
  expect(usage.usage).toEqual([{ unit, quantity }] satisfies Usage)
  const booked = await track(usage)
  const [line] = await t.owner<{ pico: bigint }[]>`select pico_usd as pico from purser.cost_line where token = ${booked.requestId}`
  expect(line?.pico).toBe(picoUsd)
  expect(booked.cost).toBe((picoUsd * 1_000n + 1_117_199n) / 1_117_200n)
  expect(await t.counters(id)).toMatchObject({ spent: booked.cost })
  const [logged] = await t.owner<
    { tokens: bigint }[]
  >`select total_tokens as tokens from purser.call_log where request_id = ${booked.requestId}`
  expect(logged?.tokens).toBe(0n)
  await clean()
})

test('a call that failed and was billed says so in the call log, with how long it took; told otherwise under its key, it contradicts', async () => {
  const id = await account()
  const failed = usageOf(id, { durationMs: 30_000, error: '503 overloaded' })
  const { requestId } = await track(failed)
  const [log] = await t.owner`select success, error, duration_ms from purser.call_log where request_id = ${requestId}`
  expect(log).toEqual({ success: false, error: '503 overloaded', duration_ms: 30_000 })
  expect(await track(failed)).toMatchObject({ changed: false })
  await expect(track({ ...failed, error: undefined })).rejects.toMatchObject({ code: 'conflict' })
  const { requestId: fine } = await track(usageOf(id))
  const [other] = await t.owner`select success, error, duration_ms from purser.call_log where request_id = ${fine}`
  expect(other).toEqual({ success: true, error: null, duration_ms: null })
})

test('the units that are counted in millionths are those of the price book', async () => {
  const rows = await t.owner<{ name: string; millionths: boolean }[]>`select name, is_in_millionths as millionths from purser.unit`
  expect(rows.map(({ name }) => name).toSorted()).toEqual([...UNITS].toSorted())
  expect(
    rows
      .filter((row) => row.millionths)
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual([...UNITS_IN_MILLIONTHS].toSorted())
})

test.for([
  [{ usage: { gpu_hours: 2.5 } }, /decimal as text/],
  [{ usage: { gpu_hours: '2,5' } }, /at most six decimals/],
  [{ usage: { gpu_hours: '0.0000001' } }, /at most six decimals/],
  [{ usage: { gpu_hours: '0' } }, /above zero/],
  [{ usage: { gpu_hours: '1000000000.000001' } }, /1000000000 at most/],
  [{ usage: { input_text_tokens: '1.5' } }, /whole number/],
  [{ usage: { input_text_tokens: '-1' } }, /whole number/],
  [{ usage: { gpu_minutes: '1' } }, /no unit "gpu_minutes"/],
  [{ usage: {} }, /names nothing/],
  [{ at: '2026-11-03' }, /the moment at which it happened/],
  [{ at: '2026-11-03T10:00:00' }, /the moment at which it happened/],
  [{ amount: '5' }, /amount/],
  [{ key: '' }, /key/],
] as const)('%j is no usage', ([change, said]) => {
  const whole = { key: 'k', account: 'acme', provider: 'elsewhere', model: 'gpu', usage: { gpu_hours: '1' }, at: '2026-10-31T12:00:00Z' }
  expect(() => trackedUsageOf({ ...whole, ...change })).toThrow(
    expect.objectContaining({ code: 'bad_input', message: expect.stringMatching(said) }),
  )
})

test('when the month of its booking is dropped, it is still known by its key, and the audit explains every counter', async () => {
  const id = await account()
  const usage = usageOf(id)
  const booked = await track(usage)
  // As if it had been told four months ago.
  const then = ago(4)
  await t.owner.begin(async (tx) => {
    await tx`select purser.make_partitions(${then.at}::timestamptz)`
    await tx`set local session_replication_role = replica`
    const [row] = await tx<{ id: string; moved: string }[]>`
      select reservation_id as id, (left(purser.first_id(${then.at}::timestamptz)::text, 14) || substr(reservation_id::text, 15))::uuid as moved
        from purser.tracked where key = ${usage.key}`
    await tx`update purser.tracked set reservation_id = ${row?.moved ?? ''} where key = ${usage.key}`
    await tx`update purser.receipt set reservation_id = ${row?.moved ?? ''} where reservation_id = ${row?.id ?? ''}`
    await tx`update purser.entry set key = replace(key, ${row?.id ?? ''}, ${row?.moved ?? ''}) where kind = 'uncovered'`
  })
  await clean()
  await dropSealed(t, then.name)
  await clean()
  expect(await track(usage)).toMatchObject({ changed: false, cost: COST })
  expect(await t.counters(id)).toMatchObject({ spent: COST })
  expect(booked.changed).toBe(true)
})
