import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { eur, nano } from '../../src/domain/money.ts'
import { month } from '../../src/domain/period.ts'
import { audit } from '../../src/ledger/audit.ts'
import { applyBatch } from '../../src/ledger/batch.ts'
import { linkedSets } from '../../src/ledger/linked-sets.ts'
import { callIdOf, newAttemptId } from '../../src/ledger/call-id.ts'
import { dropMonth } from '../../src/ledger/drop-month.ts'
import { inspectMonth, listMonths } from '../../src/ledger/months.ts'
import { receiptJson } from '../../src/ledger/settle.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import { cents, orError } from '../support/flights.ts'
import { PATHS, times, type TestCall } from '../support/ledger.ts'
import { ago, OLD, pastLedgers, sealedAhead, vouched, type TestLedger } from '../support/past.ts'
import { until } from '../support/until.ts'

let t: TestLedger
const past = pastLedgers((opened) => (t = opened))
const { drop, freeze, keep, settled, presumed, resolveUnbooked } = past

const tables = async (name = OLD.name) => {
  const suffix = `_${name.replace('-', '_')}`
  const rows = await t.owner<{ name: string }[]>`
    select relname as name from pg_class where relkind = 'r' and right(relname, 8) = ${suffix} order by 1`
  return rows.map((row) => row.name.slice(0, -suffix.length))
}

describe('a month', () => {
  test('is made by need, on either path, and listed with the others', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    expect(await tables()).toEqual([])
    await settled(account)
    expect(await tables()).toEqual(await tables(ago(0).name))
    expect(await tables()).toContain('reservation')
    expect((await listMonths(t.ledger)).map(({ month: name, state }) => `${name} ${state}`)).toEqual(
      expect.arrayContaining([`${OLD.name} kept`, `${ago(0).name} kept`]),
    )
    await sealedAhead(t)
    expect(await inspectMonth(t.ledger, OLD.name)).toMatchObject({ attempts: 1, state: 'kept', obstacles: [], bytes: expect.any(Number) })
  })

  test('is dropped with its tables; what is kept of its attempts explains the counters, and the audit goes on finding nothing', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    await settled(account)
    await settled(account, new Date())
    const refused = t.call(account, {}, OLD.at)
    expect((await refused.reserve({ amount: eur('9') })).kind).toBe('refused')
    const before = await t.counters(account)
    expect(await drop()).toMatchObject({ month: OLD.name, state: 'dropped', attempts: 1, changed: true, why: 'a test' })
    expect(await tables()).toEqual([])
    expect(await t.counters(account)).toEqual(before)
    expect(await t.owner`select month, attempts, spent from purser.checkpoint`).toEqual([
      { month: OLD.name, attempts: 1n, spent: eur('0.02') },
    ])
    expect((await listMonths(t.ledger)).find((one) => one.month === OLD.name)).toMatchObject({
      state: 'dropped',
      attempts: 1,
      why: 'a test',
    })
    // Again: no effect.
    expect(await drop()).toMatchObject({ state: 'dropped', changed: false })
    expect((await settled(account, new Date())).go.attempt).toBe(1)
  })

  test('with an attempt that is still open stays as it is, and its calls go on', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    await settled(account)
    const open = t.call(account, {}, OLD.at)
    const go = await open.sent()
    for (const state of ['dispatched', 'in_doubt']) {
      if (state === 'in_doubt') await open.inDoubt(go.reservationId, go.token)
      await expect(drop()).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('1 of its attempts are still open'),
      })
      // Also when nobody has looked at them all, as the last step looks once more.
      await expect(freeze()).rejects.toMatchObject({ detail: 'conflict' })
    }
    expect(await t.owner`select month from purser.dropped_month`).toEqual([])
    await open.settle(go, cents(1))
    expect((await t.call(account, {}, OLD.at).reserve()).kind).toBe('reserved')
    await expect(drop()).rejects.toMatchObject({ code: 'conflict' })
  })

  test.for([
    ['that has hardly ended', ago(1).name, 'jobs of .* may still be on their way: a month is kept until'],
    ['of now', ago(0).name, 'jobs of .* may still be on their way'],
    ['that is not the oldest', ago(3).name, `${OLD.name} is older and must be dropped first`],
  ] as const)('%s is not dropped', async ([, name, why]) => {
    const account = await t.accountWith({ cap: '1.00' })
    for (const months of [1, 3, 4]) await settled(account, ago(months).at)
    await expect(drop(name)).rejects.toMatchObject({ code: 'conflict', message: expect.stringMatching(why) })
  })

  test('is not dropped while an answer of it is unbooked, while the audit finds something, unvouched for, or if it never was', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const { call, go } = await settled(account)
    expect((await call.settle(go, cents(3))).kind).toBe('unbooked')
    await expect(drop()).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('1 of its answers are not booked yet'),
    })
    await resolveUnbooked()
    await sealedAhead(t)
    await expect(dropMonth(past.owned(), { ...vouched, month: OLD.name, billReconciled: false })).rejects.toMatchObject({
      code: 'bad_input',
      message: expect.stringMatching(/the bill of their month is reconciled, and there is no approved bill of test \d{4}-\d\d-\d\d: /),
    })
    // Also from psql.
    await expect(t.owner`select purser.freeze_month(${OLD.name}, 'a test', false)`).rejects.toMatchObject({ detail: 'bad_input' })
    await t.owner`update purser.balance set version = version + 1`
    await expect(drop()).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('not clean: counters are the fold') })
    await t.owner`update purser.balance set version = version - 1`
    await expect(drop(month('2021-05'))).rejects.toMatchObject({ code: 'not_found' })
    expect(await t.owner`select month from purser.dropped_month`).toEqual([])
  })

  test('is not dropped while a call of its jobs stands on no sealed statement, of whatever month that is, nor while a bill of it waits', async () => {
    const one = await t.accountWith({ cap: '1.00' })
    await settled(one)
    const now = new Date()
    const here = now.toLocaleDateString('sv', { timeZone: 'Europe/Berlin' }).slice(0, 7)
    // The job started four months ago; its call is of this month, which goes on.
    expect((await inspectMonth(t.ledger, OLD.name)).obstacles).toEqual([
      `1 of its accounts have calls on no sealed statement, such as ${one} in ${here}: \`purser close --month ${here}\`, when that month is over`,
    ])
    await expect(dropMonth(past.owned(), { ...vouched, month: OLD.name })).rejects.toMatchObject({ code: 'conflict' })
    await expect(t.owner`select purser.freeze_month(${OLD.name}, 'a test', true)`).rejects.toMatchObject({ detail: 'conflict' })
    await sealedAhead(t)
    expect((await inspectMonth(t.ledger, OLD.name)).obstacles).toEqual([])
    // Where one statement is sealed, another is not.
    const other = await t.accountWith({ cap: '1.00', timeZone: 'Pacific/Kiritimati' })
    await settled(other)
    expect((await inspectMonth(t.ledger, OLD.name)).obstacles).toEqual([expect.stringContaining(`such as ${other}`)])
    await sealedAhead(t)
    const bill = (state: string) => t.owner`
      insert into purser.bill (provider, hash, format, name, currency, time_zone, from_day, to_day, lines, pico_usd, imported_by, state)
        values ('test', ${randomUUID()}, 'csv', 'bill.csv', 'USD', 'UTC', ${`${OLD.name}-01`}, ${`${OLD.name}-28`}, 1, 0, 'test', ${state})`
    await bill('discarded')
    await bill('approved')
    expect((await inspectMonth(t.ledger, OLD.name)).obstacles).toEqual([])
    await bill('imported')
    // Who vouches for the days without a bill does not vouch for one that is there.
    await expect(drop()).rejects.toMatchObject({
      code: 'conflict',
      message: `${OLD.name} cannot be dropped: bill 3 of test (${OLD.name}-01 to ${OLD.name}-28) is not reconciled: approve or discard it`,
    })
    await t.owner`update purser.bill set state = 'discarded' where id = 3`
    expect(await drop()).toMatchObject({ state: 'dropped', attempts: 2 })
  })

  test('is dropped by its owner only', async () => {
    await settled(await t.accountWith({ cap: '1.00' }))
    await sealedAhead(t)
    await expect(dropMonth(t.ledger, { ...vouched, month: OLD.name })).rejects.toMatchObject({ code: 'not_permitted' })
  })

  test('that somebody reads just now is left as it is, and nobody is held up for long', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    await settled(account)
    const reader = await t.session()
    await reader`begin`
    await reader`select count(*) from purser.reservation`
    await expect(drop()).rejects.toMatchObject({ code: 'ledger_busy' })
    expect((await t.call(account, {}, OLD.at).reserve()).kind).toBe('reserved')
    await reader`rollback`
    reader.release()
  })

  test('that autovacuum works on is waited for until Postgres ends that: its steps take longer to give up than Postgres takes to look what is in their way', async () => {
    const steps = await t.owner<{ name: string; waits: boolean }[]>`
      select proname as name, replace(setting, 'lock_timeout=', '')::interval > current_setting('deadlock_timeout')::interval as waits
        from pg_proc, unnest(proconfig) setting where proname in ('freeze_month', 'drop_month') and setting like 'lock_timeout=%' order by 1`
    expect(steps).toEqual(['drop_month', 'freeze_month'].map((name) => ({ name, waits: true })))
  })

  test('is dropped when what was booked last of it is in the facts, however long another transaction holds that up', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const waiting = t.call(account, {}, OLD.at)
    const go = await waiting.sent()
    await t.owner`select purser.roll_up(1000, p_waits => true)`
    const other = await t.session()
    await other`begin`
    await other`select pg_current_xact_id()`
    await waiting.settle(go, cents(2))
    const dropped = drop()
    await until('it is frozen', async () =>
      (await listMonths(t.ledger)).some(({ month: name, state }) => name === OLD.name && state === 'frozen'),
    )
    expect(await t.owner`select cost from purser.fact where row_id = ${go.reservationId}`).toEqual([])
    await other`rollback`
    other.release()
    expect(await dropped).toMatchObject({ state: 'dropped', attempts: 1 })
    expect(await t.owner`select cost from purser.fact where row_id = ${go.reservationId}`).toEqual([{ cost: cents(2) }])
  })

  test('whose copying was broken off is gone on with, a page at a time, and nothing is kept twice or left out', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    await Promise.all(times(25, () => settled(account, OLD.at, cents(1))))
    await freeze()
    await keep(10)
    expect((await audit(t.ledger)).violations).toEqual([])
    await expect(t.owner`select purser.drop_month(${OLD.name})`).rejects.toMatchObject({
      message: expect.stringContaining('25 attempts are there, 10 are kept'),
    })
    expect((await listMonths(t.ledger)).find((one) => one.month === OLD.name)).toMatchObject({ state: 'frozen' })
    expect(await drop()).toMatchObject({ state: 'dropped', attempts: 25 })
    expect(await t.owner`select attempts, spent from purser.checkpoint`).toEqual([{ attempts: 25n, spent: eur('0.25') }])
    // What it is for: the next one can follow.
    await settled(account, ago(3).at)
    expect(await drop(ago(3).name)).toMatchObject({ state: 'dropped', attempts: 1 })
  })
})

const careful = () => Promise.resolve('careful' as const)

describe('calls of jobs from before the mark', () => {
  const steps = [
    ['frozen', () => freeze()],
    ['dropped', () => drop()],
  ] as const

  test.for(PATHS.flatMap((path) => steps.map(([state, step]) => ({ path, state, step }))))(
    'are too old on the $path path when their month is $state: reserve, dispatch and a new job of that time; their neighbours in the batch are not',
    async ({ path, step }) => {
      const account = await t.accountWith({ cap: '1.00' })
      const { call } = await settled(account)
      const waiting = t.call(account, {}, new Date())
      await waiting.reserve()
      await step()
      const ledger =
        path === 'plain'
          ? t.ledger
          : { ...t.ledger, batcher: { ...t.ledger.batcher, reserve: careful, dispatch: careful, settle: careful } }
      const late = path === 'plain' ? t.call(account, {}, OLD.at) : t.callOf(ledger, account, { startedAt: OLD.at })
      const neighbours = times(5, () => t.call(account))
      const [again, fresh, sends, ...others] = await Promise.all([
        orError(call.reserve()),
        orError(late.reserve()),
        orError(call.dispatch(randomUUID())),
        waiting.dispatch(randomUUID()),
        ...neighbours.map((one) => one.reserve()),
      ])
      for (const answer of [again, fresh, sends])
        expect(answer).toMatchObject({
          kind: 'too_old',
          message: expect.stringContaining('calls of that time have been dropped: start a new job'),
        })
      expect(others.map((one) => one.kind)).toEqual(['go', ...neighbours.map(() => 'reserved')])
      expect(await t.owner`select from purser.call where workflow_id = ${late.key.workflowId}`).toEqual([])
    },
  )

  test.for(steps)(
    'a batch with one of them takes nothing at all from it when the month is %s: Postgres itself refuses',
    async ([, step]) => {
      const account = await t.accountWith({ cap: '1.00' })
      await settled(account)
      await step()
      const before = await t.counters(account)
      const late = t.call(account, {}, OLD.at)
      const [scope] = await t.owner<{ id: number }[]>`select id from purser.scope where account = ${account}`
      const item = {
        call: callIdOf(late.key),
        id: newAttemptId(callIdOf(late.key)),
        installation: t.installation,
        workflowId: late.key.workflowId,
        callId: late.key.callId,
        run: late.runId,
        scope: scope?.id ?? 0,
        requestHash: 'hash',
        amount: cents(1),
        margin: nano(0n),
        flags: [],
        rateId: t.penny.rate.id,
        boundValidUntil: new Date(Date.now() + 3_600_000),
        holdMs: 60_000,
        direct: undefined,
      }
      for (const isCareful of [false, true])
        await expect(
          applyBatch(t.ledger.sql, linkedSets(t.ledger.sql), { reserves: [item], dispatches: [], settles: [] }, isCareful),
        ).rejects.toMatchObject({
          code: '23514',
        })
      expect(await t.counters(account)).toEqual(before)
    },
  )

  test('nothing makes their month again', async () => {
    await settled(await t.accountWith({ cap: '1.00' }))
    await drop()
    await expect(t.ledger.sql`select purser.make_partitions(${OLD.at})`).rejects.toMatchObject({ detail: 'too_old' })
    expect(await tables()).toEqual([])
  })
})

const waits = (what: string) =>
  until(`${what} waits`, async () => {
    const rows =
      await t.owner`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and wait_event = 'advisory'`
    return rows.length > 0
  })

/** At 0.02 EUR, by the function that decides every case. */
const settleIn = async (sql: typeof t.owner, account: string, go: Awaited<ReturnType<TestCall['sent']>>) => {
  const { reservationId, token, scope, budgetPeriods } = go
  const response = { responseId: 'r', modelVersion: 'm', finishReason: 'STOP', blocked: undefined, requests: 1 }
  const rest = { source: 'answer', cost: t.cost(cents(2)), usage: [], response, blob: undefined, flags: [], durationMs: 1 } as const
  const receipt = receiptJson({ reservationId, token, account, scope, budgetPeriods, ...rest })
  return sql<{ answer: unknown }[]>`select purser.settle(${reservationId}, ${token}, ${sql.json(receipt as never)}) as answer`
}

describe('at the same time', () => {
  test('a settle that is under way ends before its month is frozen', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const { go } = await presumed(account)
    const session = await t.session()
    await session`begin`
    await settleIn(session, account, go)
    const dropping = drop()
    await waits('the freeze')
    await session`commit`
    session.release()
    expect(await dropping).toMatchObject({ state: 'dropped' })
    expect(await t.counters(account)).toMatchObject({ spent: eur('0.02') })
    expect(await t.owner`select cost, corrected, is_answered from purser.dropped_attempt`).toEqual([
      { cost: eur('0.02'), corrected: null, is_answered: true },
    ])
  })

  test('a settle that comes while its month is being frozen waits, and then finds what is kept', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const { go } = await presumed(account)
    await sealedAhead(t)
    const session = await t.session()
    await session`begin`
    await session`select purser.freeze_month(${OLD.name}, 'x', true)`
    const settling = settleIn(t.owner, account, go)
    await waits('the settle')
    await session`commit`
    session.release()
    expect(await settling).toMatchObject([{ answer: { kind: 'settled' } }])
    expect(await t.counters(account)).toMatchObject({ spent: eur('0.02') })
    expect(await t.owner`select cost, corrected from purser.dropped_attempt`).toEqual([{ cost: eur('0.03'), corrected: eur('0.02') }])
    await drop()
  })

  test('answers that come one after the other while a month is dropped are each booked once', async () => {
    const account = await t.accountWith({ cap: '5.00' })
    const late = await Promise.all(
      times(30, async () => {
        const call = t.call(account, {}, OLD.at)
        const go = await call.sent()
        await call.inDoubt(go.reservationId, go.token)
        await t.age(go.reservationId, 3_600)
        return { call, go }
      }),
    )
    await until('all are presumed', async () => !(await sweep(t.ledger, 100)).more)
    expect(await t.counters(account)).toMatchObject({ spent: eur('0.90') })
    const dropping = drop()
    const kinds = new Set<string>()
    for (const { call, go } of late) kinds.add((await call.settle(go, cents(1))).kind)
    expect(kinds).toEqual(new Set(['settled']))
    expect(await dropping).toMatchObject({ state: 'dropped', attempts: 30 })
    expect(await t.counters(account)).toMatchObject({ spent: eur('0.30') })
  })
})
