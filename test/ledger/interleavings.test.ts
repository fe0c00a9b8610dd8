import { randomUUID } from 'node:crypto'
import postgres from 'postgres'
import { afterAll, expect, test } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { openTestLedger, type TestCall } from '../support/ledger.ts'

const t = await openTestLedger()
afterAll(async () => {
  await t.audited()
  await t.drop()
})

type Step = 'close' | 'dispatch'

/** One of the ledger's functions in a transaction that stays open until the test ends it. */
async function inTransaction(statement: (sql: Awaited<ReturnType<typeof t.session>>) => Promise<unknown>) {
  const session = await t.session()
  await session`begin`
  await statement(session)
  const end = async (how: 'commit' | 'rollback') => {
    await session.unsafe(how)
    session.release()
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

const asOwner: Record<Step, (call: TestCall, token: string) => (sql: Awaited<ReturnType<typeof t.session>>) => Promise<unknown>> = {
  close: (call) => (sql) => sql`select purser.close(${call.key.installation}, ${call.key.workflowId}, ${call.key.callId}, ${call.runId})`,
  dispatch: (call, token) => (sql) =>
    sql`select purser.dispatch(${call.key.installation}, ${call.key.workflowId}, ${call.key.callId}, ${call.runId}, 1, ${call.scope.account}, ${token}, 120000, 600000)`,
}

const reserveAs = (call: TestCall, amount: bigint) => (sql: Awaited<ReturnType<typeof t.session>>) => sql`
  select purser.reserve(${call.key.installation}, ${call.key.workflowId}, ${call.key.callId}, ${call.runId}, 1, ${call.scope.account},
    ${sql.json({ account: call.scope.account })}, 'test', 'penny-model', 'generateContent', 'hash', ${amount}, '{"margin":"0"}', ${t.penny.rate.id},
    clock_timestamp() + interval '1 hour', 900000)`

test('a close that comes while a dispatch commits releases nothing: the request is on its way', async () => {
  const account = await t.accountWith({ cap: '0.10' })
  const call = t.call(account)
  await call.reserve()
  const open = await inTransaction(asOwner.dispatch(call, randomUUID()))
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
  const open = await inTransaction(asOwner.close(call, ''))
  const dispatching = call.dispatch(randomUUID())
  await somebodyWaits()
  await open.commit()
  expect(await dispatching).toEqual({ kind: 'closed' })
  expect(await t.counters(account)).toMatchObject({ reserved: 0n })
})

test('a dispatch whose close was rolled back may send', async () => {
  const call = t.call(await t.accountWith({ cap: '0.10' }))
  await call.reserve()
  const open = await inTransaction(asOwner.close(call, ''))
  const dispatching = call.dispatch(randomUUID())
  await somebodyWaits()
  await open.rollback()
  expect((await dispatching).kind).toBe('go')
})

test('a reserve that comes while the close of its unknown call commits finds the stone', async () => {
  const account = await t.accountWith({ cap: '0.10' })
  const call = t.call(account)
  const open = await inTransaction(asOwner.close(call, ''))
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
  const open = await inTransaction(reserveAs(t.call(account), eur('0.06')))
  const second = t.call(account).reserve({ amount: eur('0.06') })
  await somebodyWaits()
  await open[end]()
  expect((await second).kind).toBe(end === 'commit' ? 'refused' : 'reserved')
  expect(await t.counters(account)).toMatchObject({ reserved: eur('0.06') })
})

test('the first reserves of a month wait for each other, and the month is opened once', async () => {
  const account = await t.accountWith({ cap: '0.10' })
  const team = randomUUID()
  const budget = await t.budget({ scope: { team }, cap: '0.05' })
  const open = await inTransaction((sql) => sql`select purser.open_period(b, clock_timestamp()) from purser.budget b where id = ${budget}`)
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
  const session = await t.session()
  await session`begin`
  await session`select from purser.balance where budget_period_id = any (${old}) for update`
  const waiting = t.call(account).sent({ amount: eur('0.09') })
  await somebodyWaits()
  // Midnight.
  await session`update purser.budget_period set period = '1999-12', starts_at = '1999-12-01', ends_at = clock_timestamp() where id = any (${old})`
  await session`commit`
  session.release()
  expect((await waiting).budgetPeriods).not.toEqual(old)
  expect(await t.counters(account)).toEqual({ cap: eur('0.20'), reserved: eur('0.19'), spent: 0n, overrun: 0n })
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
  await session`select from purser.balance where budget_period_id = ${last?.id ?? 0} for no key update`
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
