import { randomUUID } from 'node:crypto'
import postgres, { type ReservedSql } from 'postgres'
import { afterAll, describe, expect, test } from 'vitest'
import { eur, nano, type Nano } from '../../src/domain/money.ts'
import { applyBatch, type Batch } from '../../src/ledger/batch.ts'
import { callIdOf, newAttemptId } from '../../src/ledger/call-id.ts'
import { linkedSets } from '../../src/ledger/linked-sets.ts'
import { termsOf } from '../../src/ledger/scope.ts'
import { receiptJson } from '../../src/ledger/settle.ts'
import { connectSql } from '../../src/platform/sql.ts'
import { openTestLedger, PATHS, type TestCall } from '../support/ledger.ts'
import { until } from '../support/until.ts'

describe.for(PATHS)('on the %s path', async (path) => {
  const t = await openTestLedger(path)
  afterAll(async () => {
    await t.audited()
    await t.drop()
  })

  type Step = 'close' | 'dispatch'
  type Session = ReservedSql<{ bigint: bigint }>

  /** As the app does it, or as the database's owner: a transaction on a session of its own that stays open until the test ends it. */
  async function inTransaction(statement: (sql: Session) => Promise<unknown>, by: 'app' | 'owner' = 'app') {
    const pool =
      by === 'app' ? connectSql(t.url, { max: 1 }) : postgres(t.url, { max: 1, fetch_types: false, types: { bigint: postgres.BigInt } })
    // The library reserves only a session that is there.
    await pool`select 1`
    const session = await pool.reserve()
    await session`begin`
    await statement(session)
    const end = async (how: 'commit' | 'rollback') => {
      await session.unsafe(how)
      session.release()
      await pool.end()
    }
    return { commit: () => end('commit'), rollback: () => end('rollback') }
  }

  /** True once somebody waits for a lock: what was started is behind what is open. */
  async function somebodyWaits(): Promise<void> {
    for (let i = 0; i < 200; i += 1) {
      const [row] = await t.owner<{ n: bigint }[]>`
      select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
      if ((row?.n ?? 0n) > 0n) return
      await new Promise((done) => setTimeout(done, 5))
    }
    throw new Error('nobody waits')
  }

  /** Until somebody waits for what this session holds. */
  async function waitsFor(session: Session): Promise<void> {
    const [own] = await session<{ pid: number }[]>`select pg_backend_pid() as pid`
    await until('somebody waits for it', async () => {
      const [row] = await t.owner<{ n: number }[]>`
        select count(*)::int as n from pg_stat_activity where datname = current_database() and ${own?.pid ?? 0} = any (pg_blocking_pids(pid))`
      return (row?.n ?? 0) > 0
    })
  }

  const nothing: Batch = { reserves: [], dispatches: [], settles: [] }
  const TERMS = { provider: 'test', model: 'penny-model', endpoint: 'generateContent' } as const

  /** What each step does in the database, on this path. */
  const stepOf: Record<Step, (call: TestCall, token: string) => (sql: Session) => Promise<unknown>> = {
    close: (call) => (sql) =>
      sql`select purser.close(${callIdOf(call.key)}, ${call.key.installation}, ${call.key.workflowId}, ${call.key.callId}, ${call.runId})`,
    dispatch: (call, token) => (sql) => {
      const id = callIdOf(call.key)
      const item = {
        call: id,
        run: call.runId,
        account: call.scope.account,
        requestHash: 'hash',
        token,
        requestTimeoutMs: 120_000,
        providerMaxMs: 600_000,
      }
      if (path === 'plain') return applyBatch(sql, linkedSets(sql), { ...nothing, dispatches: [item] }, false)
      return sql`select purser.dispatch(${id}, ${call.key.installation}, ${call.key.workflowId}, ${call.key.callId}, ${call.runId}, 1, ${call.scope.account},
      'hash', ${token}, 120000, 600000)`
    },
  }

  const settleAs = (call: TestCall, go: Parameters<TestCall['receipt']>[0]) => async (sql: Session) => {
    const receipt = call.receipt(go, eur('0.02'))
    const { usage, response, flags, durationMs, source } = receipt
    const { lines, nanoEur: cost, picoUsd } = receipt.cost
    const item = { ...receipt, cost, picoUsd, lines, answer: JSON.stringify({ usage, response, blob: null, flags, durationMs, source }) }
    if (path === 'plain') return applyBatch(sql, linkedSets(sql), { ...nothing, settles: [item] }, false)
    return sql`select purser.settle(${go.reservationId}, ${go.token}, ${sql.json(receiptJson(receipt) as never)})`
  }

  const reserveAs = (call: TestCall, amount: Nano) => async (sql: Session) => {
    const terms = termsOf(call.scope, TERMS)
    await t.meets(terms)
    const item = {
      call: callIdOf(call.key),
      id: newAttemptId(callIdOf(call.key)),
      ...call.key,
      run: call.runId,
      scope: t.ledger.scopes.get(terms) ?? 0,
      requestHash: 'hash',
      amount,
      margin: nano(0n),
      flags: [],
      rateId: t.penny.rate.id,
      boundValidUntil: new Date(Date.now() + 3_600_000),
      holdMs: 900_000,
      direct: undefined,
    }
    if (path === 'plain') return applyBatch(sql, linkedSets(sql), { ...nothing, reserves: [item] }, false)
    return sql`
    select purser.reserve(${item.call}, ${call.key.installation}, ${call.key.workflowId}, ${call.key.callId}, ${call.runId}, 1, ${sql.json(terms as never)},
      'hash', ${amount}, 0, '{}', ${item.rateId}, ${item.boundValidUntil}, 900000)`
  }

  test('a close that comes while a dispatch commits releases nothing: the request is on its way', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    await call.reserve()
    const open = await inTransaction(stepOf.dispatch(call, randomUUID()))
    const closing = call.close()
    await somebodyWaits()
    await open.commit()
    expect(await closing).toMatchObject({ released: { amount: '0.000000000' } })
    expect(await t.counters(account)).toMatchObject({ reserved: eur('0.03') })
  })

  test('a dispatch that comes while a close commits must not send', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    await call.reserve()
    const open = await inTransaction(stepOf.close(call, ''))
    const dispatching = call.dispatch(randomUUID())
    await somebodyWaits()
    await open.commit()
    expect(await dispatching).toEqual({ kind: 'closed' })
    expect(await t.counters(account)).toMatchObject({ reserved: 0n })
  })

  test('a dispatch whose close was rolled back may send', async () => {
    const call = t.call(await t.accountWith({ cap: '0.10' }))
    await call.reserve()
    const open = await inTransaction(stepOf.close(call, ''))
    const dispatching = call.dispatch(randomUUID())
    await somebodyWaits()
    await open.rollback()
    expect((await dispatching).kind).toBe('go')
  })

  test('a reserve that comes while the close of its unknown call commits finds the stone', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const open = await inTransaction(stepOf.close(call, ''))
    const reserving = call.reserve()
    await somebodyWaits()
    await open.commit()
    expect(await reserving).toEqual({ kind: 'closed' })
    expect(await t.counters(account)).toMatchObject({ reserved: 0n })
  })

  test('the same ask while it commits elsewhere is one reservation', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const open = await inTransaction(reserveAs(call, eur('0.05')))
    const again = call.reserve({ amount: eur('0.03') })
    await somebodyWaits()
    await open.commit()
    expect(await again).toMatchObject({ kind: 'reserved', amount: { amount: '0.050000000' } })
    expect(await t.entriesOf(account)).toEqual(['open', 'reserve'])
  })

  test.for(['commit', 'rollback'] as const)('a reserve waits for one that is not committed, and decides after its %s', async (end) => {
    const account = await t.accountWith({ cap: '0.10' })
    // From here on both know what covers them: they meet at the budget's row, and nowhere before.
    await t.call(account).reserve({ amount: eur('0.01') })
    const open = await inTransaction(reserveAs(t.call(account), eur('0.05')))
    const second = t.call(account).reserve({ amount: eur('0.05') })
    await somebodyWaits()
    await open[end]()
    expect((await second).kind).toBe(end === 'commit' ? 'refused' : 'reserved')
    expect(await t.counters(account)).toMatchObject({ reserved: eur('0.06') })
  })

  test('the first reserves of a month wait for each other, and the month is opened once', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const team = randomUUID()
    const budget = await t.budget({ scope: { team }, cap: '0.05' })
    const open = await inTransaction(
      (sql) => sql`select purser.open_period(b, clock_timestamp()) from purser.budget b where id = ${budget}`,
      'owner',
    )
    const calls = [t.call(account, { team }).reserve(), t.call(account, { team }).reserve()]
    await somebodyWaits()
    await open.commit()
    const kinds = (await Promise.all(calls)).map((a) => a.kind)
    expect(kinds.toSorted()).toEqual(['refused', 'reserved'])
    expect(await t.countersOf(budget)).toMatchObject({ cap: eur('0.05'), reserved: eur('0.03') })
  })

  test('a reserve that waits over the end of a month reserves in the new one', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const before = await t.call(account).sent({ amount: eur('0.10') })
    const old = [...before.budgetPeriods]
    // Midnight comes in a second.
    const endsAt = new Date(Date.now() + 1_000)
    await t.owner`update purser.budget_period set period = '1999-12', starts_at = '1999-12-01', ends_at = ${endsAt} where id = any (${old})`
    await t.owner`update purser.scope set valid_until = ${endsAt} where account = ${account}`
    const session = await t.session()
    await session`begin`
    await session`select from purser.balance where budget_period_id = any (${old}) for update`
    const waiting = t.call(account).sent({ amount: eur('0.09') })
    await somebodyWaits()
    expect(Date.now()).toBeLessThan(endsAt.getTime())
    await new Promise((done) => setTimeout(done, endsAt.getTime() - Date.now() + 50))
    await session`commit`
    session.release()
    expect((await waiting).budgetPeriods).not.toEqual(old)
    expect(await t.counters(account)).toEqual({ cap: eur('0.20'), reserved: eur('0.19'), spent: 0n, overrun: 0n })
  })

  test('a reserve that waits over the end of a month lets go of the budgets: whoever finds them anew waits for none of them in vain', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const team = randomUUID()
    const total = await t.budget({ scope: { team }, cap: '1.00' })
    const [plan] = [...(await t.call(account, { team }).sent({ amount: eur('0.01') })).budgetPeriods]
    const endsAt = new Date(Date.now() + 1_000)
    await t.owner`update purser.budget_period set period = '1999-12', starts_at = '1999-12-01', ends_at = ${endsAt} where id = ${plan ?? 0}`
    await t.owner`update purser.scope set valid_until = ${endsAt} where account = ${account}`
    const [holder, finder] = [await t.session(), await t.session()]
    const balances = (sql: Session) =>
      sql`select from purser.balance v join purser.budget_period p on p.id = v.budget_period_id where p.budget_id = ${total} for no key update of v`
    await holder`begin`
    await balances(holder)
    const waiting = t.call(account, { team }).reserve({ amount: eur('0.02') })
    await somebodyWaits()
    await new Promise((done) => setTimeout(done, endsAt.getTime() - Date.now() + 50))
    // Somebody else finds what covers these scope values now, and has their row until he commits.
    await finder`begin`
    await finder`select from purser.scope where account = ${account} for update`
    await holder`commit`
    holder.release()
    await waitsFor(finder)
    // Sooner than Postgres would end one of the two.
    await finder`set local lock_timeout = '500ms'`
    await balances(finder)
    await finder`commit`
    finder.release()
    expect((await waiting).kind).toBe('reserved')
    expect(await t.counters(account)).toMatchObject({ reserved: eur('0.03') })
  })

  test('a reserve that comes while a budget is made waits, and is covered by it', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    const team = randomUUID()
    expect((await t.call(account, { team }).reserve()).kind).toBe('reserved')
    const open = await inTransaction(async (sql) => {
      await sql`select purser.change_generation()`
      await sql`insert into purser.budget (name, scope, period_kind, time_zone, cap) values ('thin', ${sql.json({ team })}, 'total', 'UTC', 1)`
    }, 'owner')
    const reserving = t.call(account, { team }).reserve()
    await somebodyWaits()
    await open.commit()
    expect(await reserving).toMatchObject({ kind: 'refused', budget: { name: 'thin' } })
    expect(await t.counters(account)).toMatchObject({ reserved: eur('0.03') })
  })

  test('a dispatch that comes while its account is suspended gives the money back instead of sending', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    await call.reserve()
    const open = await inTransaction(async (sql) => {
      await sql`select purser.change_generation()`
      await sql`update purser.account set status = 'suspended' where id = ${account}`
    }, 'owner')
    const dispatching = call.dispatch(randomUUID())
    await somebodyWaits()
    await open.commit()
    expect(await dispatching).toEqual({ kind: 'lapsed' })
    expect(await t.counters(account)).toMatchObject({ reserved: 0n })
  })

  test('a new run that comes while the older one’s dispatch commits finds the request on its way', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    await call.reserve()
    const open = await inTransaction(stepOf.dispatch(call, randomUUID()))
    const newer = randomUUID()
    const dispatching = call.dispatch(randomUUID(), { runId: newer })
    await somebodyWaits()
    await open.commit()
    expect(await dispatching).toMatchObject({ kind: 'in_flight' })
    expect(await t.counters(account)).toMatchObject({ reserved: eur('0.03') })
  })

  test('an older run’s dispatch that comes while a new run takes the call must not send', async () => {
    const call = t.call(await t.accountWith({ cap: '0.10' }))
    await call.reserve()
    const newer = randomUUID()
    const { key, scope } = call
    const open = await inTransaction(
      (
        sql,
      ) => sql`select purser.dispatch(${callIdOf(key)}, ${key.installation}, ${key.workflowId}, ${key.callId}, ${newer}, 1, ${scope.account},
      'hash', ${randomUUID()}, 120000, 600000)`,
    )
    const dispatching = call.dispatch(randomUUID())
    await somebodyWaits()
    await open.commit()
    expect(await dispatching).toEqual({ kind: 'closed' })
  })

  test('an answer that comes while its attempt is marked in doubt is booked, once', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const go = await call.sent()
    const open = await inTransaction((sql) => sql`select purser.mark_in_doubt(${go.reservationId}, ${go.token}, 'cut off', 5)`)
    const settling = call.settle(go, eur('0.02'))
    await somebodyWaits()
    await open.commit()
    expect(await settling).toMatchObject({ kind: 'settled' })
    expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.02') })
  })

  test('a next ask that comes while the answer commits hears the answer, and holds nothing', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const go = await call.sent()
    const open = await inTransaction(settleAs(call, go))
    const asking = call.reserve({ ask: 2 })
    await somebodyWaits()
    await open.commit()
    expect(await asking).toMatchObject({ kind: 'answered' })
    expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.02') })
  })

  test('a doubt that comes while the answer commits is none', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const go = await call.sent()
    const open = await inTransaction(settleAs(call, go))
    const doubting = call.inDoubt(go.reservationId, go.token)
    await somebodyWaits()
    await open.commit()
    expect(await doubting).toMatchObject({ kind: 'answered' })
    expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.02') })
  })

  test('an answer that frees an attempt on other budgets locks all of them in one order: no deadlock with a reserve', async () => {
    const [account, other] = [await t.accountWith({ cap: '1.00' }), await t.accountWith({ cap: '1.00' })]
    const team = randomUUID()
    const first = await t.budget({ scope: { team, model: 'penny-model' }, cap: '1.00' })
    const second = await t.budget({ scope: { team, model: 'cheaper' }, cap: '1.00' })
    const all = await t.budget({ scope: { team }, cap: '1.00' })
    // Opened in this order, so that the second ask's own budget lies between the first ask's.
    for (const id of [first, second, all])
      await t.owner`select purser.open_period(b, clock_timestamp()) from purser.budget b where id = ${id}`
    const call = t.call(account, { team })
    const doubtful = await call.sent()
    await call.inDoubt(doubtful.reservationId, doubtful.token)
    expect((await call.reserve({ ask: 2, model: 'cheaper' })).kind).toBe('reserved')

    const period = (id: number) => t.owner<{ id: number }[]>`select id from purser.budget_period where budget_id = ${id}`
    const [[between], [last]] = [await period(second), await period(all)]
    // What a reserve of another account on the second budget does: its rows, ascending.
    const session = await t.session()
    await session`begin`
    await session`select from purser.balance where budget_period_id = ${between?.id ?? 0} for no key update`
    const settling = call.settle(doubtful, eur('0.01'))
    await somebodyWaits()
    // Nobody who waits for an earlier row may hold a later one; a deadlock would be taken back and asked again, and nobody would see it here.
    await session`select from purser.balance where budget_period_id = ${last?.id ?? 0} for no key update nowait`
    await session`commit`
    session.release()
    expect((await settling).kind).toBe('settled')
    for (const id of [first, second, all]) expect(await t.countersOf(id)).toMatchObject({ reserved: 0n })
    expect(await t.counters(other)).toMatchObject({ reserved: 0n })
  })

  test('a connection that is cut before its commit leaves nothing, and the repeat does it all', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const call = t.call(account)
    const go = await call.sent()
    const cut = postgres(t.url, { max: 1, onnotice: () => {} })
    const lost = cut.begin(async (sql) => {
      await sql`select purser.book('settle', ${account}, ${go.reservationId}, ${go.budgetPeriods as number[]}, ${String(go.amount * -1n)}::bigint, 1)`
      const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
      await t.owner`select pg_terminate_backend(${row?.pid ?? 0})`
    })
    await expect(lost).rejects.toThrow(/CONNECTION|ECONNRESET|terminat/)
    await cut.end({ timeout: 0 })
    expect(await call.settle(go, eur('0.02'))).toMatchObject({ kind: 'settled' })
    expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.02') })
  })
})
