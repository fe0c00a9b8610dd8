import { randomUUID } from 'node:crypto'
import type { ReservedSql } from 'postgres'
import { afterAll, describe, expect, test } from 'vitest'
import { eur, nano } from '../../src/domain/money.ts'
import { adjust } from '../../src/ledger/adjust.ts'
import { createBudget, showBudget } from '../../src/ledger/budgets.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import { budgetFor } from '../support/budgets.ts'
import { openTestLedger, REQUEST_TIMEOUT_MS, times, type TestCall } from '../support/ledger.ts'
import { until } from '../support/until.ts'

const nothing = () => Promise.resolve()
const lock = (sql: ReservedSql<{ bigint: bigint }>, id = '') => sql`select from purser.reservation where id = ${id} for update`

/** What a new budget begins with when calls of many accounts go on meanwhile: all that its scope has spent, once. */
const opened = async (path: 'plain' | 'careful') => {
  const t = await openTestLedger(path)
  afterAll(async () => {
    await t.audited()
    await t.drop()
  })

  /** Does this in a transaction that stays open until it is ended. */
  async function underWay(work: (sql: ReservedSql<{ bigint: bigint }>) => Promise<unknown>): Promise<() => Promise<void>> {
    const session = await t.session()
    await session`begin`
    await work(session)
    return async () => {
      await session`commit`
      session.release()
    }
  }

  /** Until a budget that is being made waits for this. */
  const makingWaits = (what: string, event: string) =>
    until(what, async () => {
      const [row] = await t.owner<{ n: number }[]>`
        select count(*)::int as n from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock' and wait_event = ${event} and query like '%create_budget%'`
      return (row?.n ?? 0) > 0
    })

  /** Until a budget that is being made waits for this session. */
  async function makingWaitsFor(session: ReservedSql<{ bigint: bigint }>): Promise<void> {
    const [own] = await session<{ pid: number }[]>`select pg_backend_pid() as pid`
    await until('the budget waits for the session', async () => {
      const [row] = await t.owner<{ n: number }[]>`
        select count(*)::int as n from pg_stat_activity
         where datname = current_database() and query like '%create_budget%' and ${own?.pid ?? 0} = any (pg_blocking_pids(pid))`
      return (row?.n ?? 0) > 0
    })
  }

  /** What the calls of a scope have cost, by their attempts and by answers without cover. */
  async function costOf(scope: Record<string, string>): Promise<bigint> {
    const terms = t.owner.json(scope)
    const [row] = await t.owner<{ cost: bigint }[]>`
      select coalesce((select purser.total(r.cost) from purser.reservation r join purser.scope s on s.id = r.scope where s.terms @> ${terms}), 0)
        + coalesce((select purser.total(p.cost) from purser.receipt p join purser.scope s on s.id = p.scope
            where p.period_ids is not null and s.terms @> ${terms}), 0) as cost`
    return row?.cost ?? 0n
  }

  return { ...t, underWay, makingWaits, makingWaitsFor, costOf }
}

describe('the long sum', async () => {
  const t = await opened('plain')

  test('is made while reserves go on', async () => {
    const [account, team] = [await t.accountWith({ cap: '5.00' }), randomUUID()]
    const before = t.call(account, { team })
    await before.settle(await before.sent(), eur('0.02'))
    // The sum reads receipts, and so waits; a plain reserve reads none.
    const end = await t.underWay((sql) => sql`lock table purser.receipt in access exclusive mode`)
    const making = createBudget(t.ledger, budgetFor({ team }))
    await t.makingWaits('it sums', 'relation')
    expect((await t.call(account, { team }).reserve({ amount: eur('0.05') })).kind).toBe('reserved')
    await end()
    expect(await making).toMatchObject({ made: true, spent: eur('0.02'), reserved: eur('0.05') })
  })
})

describe('what ends between the sum and the lock', async () => {
  const t = await opened('careful')
  const AMOUNT = eur('0.10')
  type Sent = Awaited<ReturnType<TestCall['sent']>>

  const inDoubt = (call: TestCall, go: Sent) => call.inDoubt(go.reservationId, go.token)
  const presume = async (call: TestCall, go: Sent) => {
    await inDoubt(call, go)
    await t.age(go.reservationId, REQUEST_TIMEOUT_MS / 1_000 + 1_000)
    await sweep(t.ledger, 1_000)
    expect(await t.stateOf(go.reservationId)).toBe('presumed')
  }
  const bill = (_: TestCall, go: Sent) =>
    adjust(t.ledger, { reservationId: go.reservationId, total: eur('0.09'), source: 'bill', sourceId: randomUUID(), why: 'as billed' })
  const billed = (sql: ReservedSql<{ bigint: bigint }>, go: Sent) =>
    sql`select purser.adjust(${go.reservationId}, ${eur('0.09')}, 'bill', ${randomUUID()}, 'as billed')`

  /** What happened before the sum, what happens after it, and what it comes to. */
  const CASES: readonly [
    what: string,
    before: (call: TestCall, go: Sent) => Promise<unknown>,
    after: (call: TestCall, go: Sent) => Promise<unknown>,
    spent: string,
    reserved: string,
  ][] = [
    ['nothing', (call, go) => call.settle(go, eur('0.07')), nothing, '0.07', '0'],
    ['an answer', nothing, (call, go) => call.settle(go, eur('0.07')), '0.07', '0'],
    ['an answer that was in doubt', inDoubt, (call, go) => call.settle(go, eur('0.07')), '0.07', '0'],
    ['an answer after its presumption', presume, (call, go) => call.settle(go, eur('0.07')), '0.07', '0'],
    ['an answer after its rejection', (call, go) => call.reject(go), (call, go) => call.settle(go, eur('0.07')), '0.07', '0'],
    ['an answer without cover', nothing, (call, go) => call.settle({ ...go, token: randomUUID() }, eur('0.07')), '0.07', '0.10'],
    ['a rejection', nothing, (call, go) => call.reject(go), '0', '0'],
    ['a rejection that hands its money on', nothing, (call, go) => call.reject(go, { retryAfterMs: 1_000 }), '0', '0.10'],
    ['a rejection of what was presumed', presume, (call, go) => call.reject(go), '0', '0'],
    ['a doubt', nothing, inDoubt, '0', '0.10'],
    ['a presumption', nothing, presume, '0.10', '0'],
    ['a bill', (call, go) => call.settle(go, eur('0.07')), bill, '0.09', '0'],
    ['a bill for what is on its way', nothing, bill, '0.09', '0'],
  ]

  test.for(CASES)('%s: is counted once', async ([, before, after, spent, reserved]) => {
    const [account, team] = [await t.accountWith({ cap: '5.00' }), randomUUID()]
    const call = t.call(account, { team })
    const go = await call.sent({ amount: AMOUNT })
    await before(call, go)
    const elsewhere = t.call(account, { team: randomUUID() })
    const other = await elsewhere.sent()
    // The new budget waits for a reserve that is under way; its sum is made by then.
    const end = await t.underWay((sql) => sql`select purser.share_generation()`)
    const making = createBudget(t.ledger, budgetFor({ team }))
    await t.makingWaits('the sum is made', 'advisory')
    await after(call, go)
    await elsewhere.settle(other, eur('0.03'))
    await end()
    const budget = await making
    expect(budget).toMatchObject({ made: true, spent: eur(spent), reserved: eur(reserved) })
    expect(await t.costOf({ team })).toBe(eur(spent))
    // What is open moves the new budget from now on.
    await call.close()
    if (['dispatched', 'in_doubt'].includes((await t.stateOf(go.reservationId)) ?? '')) await call.settle(go, eur('0.01'))
    expect(await showBudget(t.ledger, { id: budget.budgetId })).toMatchObject({ spent: await t.costOf({ team }), reserved: 0n })
  })

  test('an entry that was written before the sum, and committed after it and after later ones, is counted once', async () => {
    const [account, team] = [await t.accountWith({ cap: '5.00' }), randomUUID()]
    const [slow, quick] = [t.call(account, { team }), t.call(await t.accountWith({ cap: '5.00' }), { team })]
    const [slowly, quickly] = [await slow.sent({ amount: AMOUNT }), await quick.sent({ amount: AMOUNT })]
    const commit = await t.underWay((sql) => billed(sql, slowly))
    await quick.settle(quickly, eur('0.02'))
    const end = await t.underWay((sql) => sql`select purser.share_generation()`)
    const making = createBudget(t.ledger, budgetFor({ team }))
    await t.makingWaits('the sum is made', 'advisory')
    await commit()
    await end()
    expect(await making).toMatchObject({ spent: eur('0.11'), reserved: 0n })
  })

  test('an entry that is written while the budget is made is waited for, and counted once', async () => {
    const [account, team] = [await t.accountWith({ cap: '5.00' }), randomUUID()]
    const call = t.call(account, { team })
    const go = await call.sent({ amount: AMOUNT })
    const commit = await t.underWay((sql) => billed(sql, go))
    const making = createBudget(t.ledger, budgetFor({ team }))
    await t.makingWaits('it waits for the attempt', 'transactionid')
    await commit()
    expect(await making).toMatchObject({ spent: eur('0.09'), reserved: 0n })
  })
})

describe('what is being moved while the budget is made', async () => {
  const t = await opened('careful')

  test('is waited for: money that is just handed on is held on the new budget, too', async () => {
    const [account, team] = [await t.accountWith({ cap: '5.00' }), randomUUID()]
    const call = t.call(account, { team })
    const go = await call.sent({ amount: eur('0.10') })
    const commit = await t.underWay(
      (sql) => sql`select purser.reject(${go.reservationId}, ${go.token}, 'provider_refused', '429', 60000, 5)`,
    )
    const making = createBudget(t.ledger, budgetFor({ team }))
    await t.makingWaits('it waits for the attempt', 'transactionid')
    await commit()
    const budget = await making
    expect(budget).toMatchObject({ spent: 0n, reserved: eur('0.10') })
    await call.close()
    expect(await showBudget(t.ledger, { id: budget.budgetId })).toMatchObject({ spent: 0n, reserved: 0n })
  })

  test('is let by, when it wants what the budget has locked: neither of them fails', async () => {
    const [account, team] = [await t.accountWith({ cap: '5.00' }), randomUUID()]
    const calls = times(2, () => t.call(account, { team }))
    const [lower, higher] = (await Promise.all(calls.map((call) => call.sent()))).map((go) => go.reservationId).toSorted()
    const session = await t.session()
    await session`begin`
    await lock(session, higher)
    const making = createBudget(t.ledger, budgetFor({ team }))
    await t.makingWaits('it has locked the lower one, and waits for the higher one', 'transactionid')
    await lock(session, lower)
    await session`commit`
    session.release()
    expect(await making).toMatchObject({ reserved: eur('0.06') })
  })

  test('is let by also when it wants what the first look has locked, and has what the second one finds', async () => {
    const [account, team] = [await t.accountWith({ cap: '5.00' }), randomUUID()]
    const [lower, higher] = [t.call(account, { team }, new Date(Date.now() - 60_000)), t.call(account, { team })]
    const [first, second] = [await lower.sent(), await higher.sent()]
    const [before, behind] = [await t.session(), await t.session()]
    await before`begin`
    await lock(before, first.reservationId)
    const making = createBudget(t.ledger, budgetFor({ team }))
    await t.makingWaitsFor(before)
    // It has seen the second attempt, and has not locked it yet. Its money is handed on, and somebody has the new attempt.
    expect(await higher.reject(second, { retryAfterMs: 1_000 })).toEqual({ kind: 'rejected', handedOn: true })
    const [handed] = await t.owner<{ id: string }[]>`select id from purser.reservation where handed_on_from = ${second.reservationId}`
    await behind`begin`
    await lock(behind, handed?.id)
    await before`commit`
    before.release()
    await t.makingWaitsFor(behind)
    await lock(behind, second.reservationId)
    await behind`commit`
    behind.release()
    expect(await making).toMatchObject({ reserved: eur('0.06') })
  })
})

describe('calls of many accounts', async () => {
  const t = await opened('plain')

  test('go on while budgets over all of them are made: each has counted every call once', async () => {
    const team = randomUUID()
    const accounts = await Promise.all(times(6, () => t.accountWith({ cap: '50.00' })))
    const played = { isOver: false, calls: 0 }
    /** Every way out of a call, in turn; but no answers without cover: those name their budgets themselves. */
    const caller = async (first: number): Promise<void> => {
      for (let i = first; !played.isOver; i += 1) {
        played.calls += 1
        const call = t.call(accounts[i % accounts.length] ?? '', { team, feature: `f${i % 3}` })
        const go = await call.sent({ amount: eur('0.000003') })
        if (i % 5 === 1) await call.inDoubt(go.reservationId, go.token)
        if (i % 5 === 3) await call.reject(go, { retryAfterMs: 1 })
        if (i % 5 === 3) await call.close()
        else if (i % 5 === 4) await call.reject(go)
        else await call.settle(go, nano(1_000n + BigInt(i % 7)))
      }
    }
    const callers = times(12, caller)
    const budgets = []
    for (let i = 0; i < 12; i += 1) {
      await until('more calls', () => played.calls >= (i + 1) * 25)
      const scope = i % 2 === 0 ? { team } : { team, feature: 'f1' }
      budgets.push({ terms: scope, ...(await createBudget(t.ledger, budgetFor(scope))) })
    }
    played.isOver = true
    await Promise.all(callers)
    for (const { budgetId, terms, spent } of budgets) {
      expect(spent).toBeGreaterThan(0n)
      expect(await showBudget(t.ledger, { id: budgetId })).toMatchObject({ spent: await t.costOf(terms), reserved: 0n })
    }
  })
})
