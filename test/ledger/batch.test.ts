import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { money, nano } from '../../src/domain/money.ts'
import { resolveScope, termsOf } from '../../src/ledger/scope.ts'
import { ledgerOver } from '../../src/ledger/ledger.ts'
import { connectSql } from '../../src/platform/sql.ts'
import { cents, orError, together as togetherIn } from '../support/flights.ts'
import { openTestLedger, times, unbacked, type TestCall } from '../support/ledger.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

const t = await openTestLedger()
afterEach(() => t.audited())
/** The same, by the functions that decide every case, alone. */
const careful = await openTestLedger('careful')
afterAll(() => careful.drop())
afterAll(() => t.drop())

/** All of this at once, in one ledger's flights. */
const together = <T>(work: readonly (() => Promise<T>)[]) => togetherIn(t.ledger, work)

const idOf = (answer: object | undefined): unknown => (answer !== undefined && 'reservationId' in answer ? answer.reservationId : undefined)

/** What cannot be booked waits for a person; here it was meant to, so it is worked off. */
const unbooked = () => t.owner<{ reason: string; token: string }[]>`
  update purser.unbooked set resolved_at = clock_timestamp() where resolved_at is null returning reason, token`

/** Accounts whose scope values this process has met, so that all their asks are plain. */
async function metAccounts(count: number, cap = '5.00'): Promise<string[]> {
  const accounts = await Promise.all(times(count, () => t.accountWith({ cap })))
  await Promise.all(accounts.map((account) => t.call(account).reserve({ amount: cents(1) })))
  return accounts
}

test('what many callers ask at once flies together, and each hears what is his', async () => {
  const accounts = await metAccounts(4)
  const calls = times(60, (i) => t.call(accounts[i % 4] ?? ''))
  const reserved = await together(calls.map((call, i) => () => call.reserve({ amount: nano(cents(1) + BigInt(i)) })))
  expect(reserved).toMatchObject({ flights: 1, items: 60 })
  expect(reserved.answers).toMatchObject(times(60, (i) => ({ kind: 'reserved', attempt: 1, amount: money(nano(cents(1) + BigInt(i))) })))
  expect(new Set(reserved.answers.map((a) => 'reservationId' in a && a.reservationId)).size).toBe(60)

  const tokens = calls.map(() => randomUUID())
  const sent = await together(calls.map((call, i) => () => call.dispatch(tokens[i] ?? '')))
  expect(sent).toMatchObject({ flights: 1, items: 60 })
  const goes = sent.answers.map((go, i) => {
    if (go.kind !== 'go') throw new Error(go.kind)
    return { ...go, token: tokens[i] ?? '' }
  })
  expect(goes.map(({ reservationId, amount }) => [reservationId, money(amount)])).toEqual(
    reserved.answers.map((a) => 'amount' in a && [a.reservationId, a.amount]),
  )

  // Answers of some, dispatches of others, and the asks of a third kind, in one commit.
  const late = times(20, (i) => t.call(accounts[i % 4] ?? ''))
  await together(late.map((call) => () => call.reserve({ amount: cents(2) })))
  const fresh = times(20, (i) => t.call(accounts[i % 4] ?? ''))
  const [before] = await t.owner`select max(id) as id from purser.entry`
  const mixed = await together<{ kind: string }>([
    ...fresh.map((call) => () => call.reserve({ amount: cents(3) })),
    ...calls.map((call, i) => () => call.settle(goes[i] ?? { reservationId: '', token: '', budgetPeriods: [] }, nano(BigInt(i + 1)))),
    ...late.map((call) => () => call.dispatch(randomUUID())),
  ])
  expect(mixed).toMatchObject({ flights: 1, items: 100 })
  expect(mixed.answers.map(({ kind }) => kind)).toEqual([
    ...times(20, () => 'reserved'),
    ...times(60, () => 'settled'),
    ...times(20, () => 'go'),
  ])
  const settled = mixed.answers.slice(20, 80)
  expect(settled).toMatchObject(goes.map((go, i) => ({ answer: { reservationId: go.reservationId, cost: money(nano(BigInt(i + 1))) } })))
  expect(await t.owner`select kind from purser.entry where id > ${before?.['id'] as bigint}`).toEqual([{ kind: 'calls' }])

  for (const [k, account] of accounts.entries()) {
    const spent = calls.reduce((sum, _, i) => (i % 4 === k ? sum + BigInt(i + 1) : sum), 0n)
    expect(await t.counters(account)).toMatchObject({ reserved: cents(1 + 5 * 2 + 5 * 3), spent, overrun: 0n })
  }
})

describe('twice in one flight', () => {
  test('the same reserve: one reservation, and both hear of it', async () => {
    const [account] = await metAccounts(1)
    const [call, neighbour] = [t.call(account ?? ''), t.call(account ?? '')]
    const { answers } = await together([() => call.reserve(), () => neighbour.reserve(), () => call.reserve(), () => call.reserve()])
    expect(answers.map(({ kind }) => kind)).toEqual(times(4, () => 'reserved'))
    expect(new Set([answers[0], answers[2], answers[3]].map(idOf)).size).toBe(1)
    expect(idOf(answers[1])).not.toBe(idOf(answers[0]))
    expect(await t.counters(account ?? '')).toMatchObject({ reserved: cents(7) })
  })

  test('the same call with other terms: the first has it, the other is a conflict, and the neighbours do not notice', async () => {
    const [account] = await metAccounts(1)
    const call = t.call(account ?? '')
    const neighbours = times(3, () => t.call(account ?? ''))
    const { answers } = await together([
      ...neighbours.map((one) => () => orError(one.reserve())),
      () => orError(call.reserve({ amount: cents(2) })),
      () => orError(call.reserve({ amount: cents(2), requestHash: 'other' })),
      () => orError(call.reserve({ amount: cents(2), scope: { feature: 'other' } })),
    ])
    expect(answers.map(({ kind }) => kind)).toEqual(['reserved', 'reserved', 'reserved', 'reserved', 'conflict', 'conflict'])
    expect(await t.counters(account ?? '')).toMatchObject({ reserved: cents(1 + 9 + 2) })
  })

  test('the same dispatch: the same token may send, another may not', async () => {
    const [account] = await metAccounts(1)
    const [one, two] = [t.call(account ?? ''), t.call(account ?? '')]
    await together([() => one.reserve(), () => two.reserve()])
    const token = randomUUID()
    const { answers } = await together([
      () => one.dispatch(token),
      () => one.dispatch(token),
      () => two.dispatch(randomUUID()),
      () => two.dispatch(randomUUID()),
    ])
    expect(answers.slice(0, 2).map(({ kind }) => kind)).toEqual(['go', 'go'])
    expect(answers[1]).toEqual(answers[0])
    expect(
      answers
        .slice(2)
        .map(({ kind }) => kind)
        .toSorted(),
    ).toEqual(['go', 'in_flight'])
  })

  test('the same settle: booked once; at another cost it waits for a person', async () => {
    const [account] = await metAccounts(1)
    const [one, two] = [t.call(account ?? ''), t.call(account ?? '')]
    const [first, second] = [await one.sent(), await two.sent()]
    const { answers } = await together([
      () => one.settle(first, cents(2)),
      () => one.settle(first, cents(2)),
      () => two.settle(second, cents(1)),
      () => two.settle(second, nano(cents(1) + 1n)),
    ])
    expect(answers.slice(0, 2)).toMatchObject(times(2, () => ({ kind: 'settled', answer: { cost: money(cents(2)) } })))
    expect(
      answers
        .slice(2)
        .map(({ kind }) => kind)
        .toSorted(),
    ).toEqual(['settled', 'unbooked'])
    const booked = answers.slice(2).findIndex(({ kind }) => kind === 'settled') === 0 ? cents(1) : nano(cents(1) + 1n)
    expect(await t.counters(account ?? '')).toMatchObject({ reserved: cents(1), spent: cents(2) + booked })
    expect(await unbooked()).toHaveLength(1)
  })
})

const alone = async () => careful.call(await careful.accountWith({ cap: '5.00' }))

describe('a poisoned item', () => {
  /** Its neighbours: all of them, and none has noticed. */
  async function neighbours() {
    const [account] = await metAccounts(1)
    const trios = await Promise.all(
      times(8, async () => {
        const [asking, sending, answering] = [t.call(account ?? ''), t.call(account ?? ''), t.call(account ?? '')]
        await sending.reserve()
        return { asking, sending, answering, go: await answering.sent() }
      }),
    )
    const work = trios.flatMap(({ asking, sending, answering, go }): (() => Promise<{ kind: string }>)[] => [
      () => asking.reserve(),
      () => sending.dispatch(randomUUID()),
      () => answering.settle(go, cents(1)),
    ])
    return { account: account ?? '', work, expected: times(8, () => ['reserved', 'go', 'settled']).flat() }
  }

  async function amongNeighbours(poison: (account: string) => Promise<() => Promise<{ kind: string }>>) {
    const { account, work, expected } = await neighbours()
    const bad = await poison(account)
    const { answers } = await together([...work.slice(0, 11), () => orError(bad()), ...work.slice(11)])
    expect([...answers.slice(0, 11), ...answers.slice(12)].map(({ kind }) => kind)).toEqual(expected)
    return { account, outcome: answers[11] }
  }

  test('a text that no database takes is an error for its own caller only, as it would be alone', async () => {
    const wrong = { requestHash: 'a\0b' }
    const lonely = await orError((await alone()).reserve(wrong))
    const { account, outcome } = await amongNeighbours(async (payer) => () => t.call(payer).reserve(wrong))
    expect(outcome?.kind).toBe('bad_input')
    expect(outcome?.kind).toBe(lonely.kind)
    expect(await t.counters(account)).toMatchObject({ reserved: cents(1 + 16 * 3), spent: cents(8) })
  })

  test('an answer that was booked without cover before its dispatch was known moves nothing again, and harms no neighbour', async () => {
    const { account } = await amongNeighbours(async (payer) => {
      const call = t.call(payer)
      const [reserved, token] = [await call.reserve(), randomUUID()]
      if (reserved.kind !== 'reserved') throw new Error(reserved.kind)
      const [row] = await t.owner<{ periods: number[] }[]>`
        select purser.periods_of(linked_set) as periods from purser.reservation where id = ${reserved.reservationId}`
      const early = { reservationId: reserved.reservationId, token, budgetPeriods: row?.periods ?? [] }
      expect(await call.settle(early, cents(2))).toEqual({ kind: 'uncovered' })
      const go = await call.dispatch(token)
      if (go.kind !== 'go') throw new Error(go.kind)
      return () => call.settle({ ...go, token }, cents(2))
    })
    expect(await t.counters(account)).toMatchObject({ reserved: cents(1 + 16 * 3 + 3), spent: cents(8 + 2) })
  })

  const cost = t.cost(cents(2))
  test.for([
    ['a cost that no line explains', unbacked(cents(2))],
    ['a cost that is not the sum of its lines', { ...cost, nanoEur: cents(3) }],
    ['a line of a price that nobody knows', { ...cost, lines: cost.lines.map((line) => ({ ...line, priceId: 999_999 })) }],
    [
      'a line that was rounded down',
      { ...cost, nanoEur: nano(cost.nanoEur - 1n), lines: cost.lines.map((line) => ({ ...line, nanoEur: nano(line.nanoEur - 1n) })) },
    ],
  ] as const)('%s is kept for a person, as it would be alone', async ([, wrong]) => {
    const wrongly = (call: TestCall, go: Awaited<ReturnType<TestCall['sent']>>) => call.settle(go, cents(2), { cost: wrong })
    const lonelyCall = await alone()
    const lonely = await wrongly(lonelyCall, await lonelyCall.sent())
    let token = ''
    const { account, outcome } = await amongNeighbours(async (payer) => {
      const call = t.call(payer)
      const go = await call.sent()
      token = go.token
      return () => wrongly(call, go)
    })
    expect(outcome).toEqual(lonely)
    expect(outcome?.kind).toBe('unbooked')
    expect(await unbooked()).toMatchObject([{ token }])
    // Its money stays held; what the neighbours did is booked.
    expect(await t.counters(account)).toMatchObject({ reserved: cents(1 + 16 * 3 + 3), spent: cents(8) })
  })
})

describe('when there is not enough for all', () => {
  test('as many as fit are taken, in the order in which they came; who is refused holds nothing anywhere', async () => {
    const account = await t.accountWith({ cap: '0.10' })
    const team = randomUUID()
    const wide = await t.budget({ scope: { team }, cap: '1.00' })
    const first = t.call(account, { team })
    const go = await first.sent({ amount: cents(4) })
    const amounts = [3, 5, 3, 2, 1]
    const calls = amounts.map(() => t.call(account, { team }))
    // What the answer frees counts first, though it came last: 0.10 − 0.01 spent.
    const { answers, flights, split } = await together<{ kind: string }>([
      ...calls.map((call, i) => () => call.reserve({ amount: cents(amounts[i] ?? 0) })),
      () => first.settle(go, cents(1)),
    ])
    // Decided at once: nothing had to be taken apart because the database refused it.
    expect({ flights, split }).toEqual({ flights: 1, split: 0 })
    expect(answers.map(({ kind }) => kind)).toEqual(['reserved', 'reserved', 'refused', 'refused', 'reserved', 'settled'])
    for (const [at, needed] of [
      [2, 3],
      [3, 2],
    ] as const)
      expect(answers[at]).toMatchObject({
        budget: { name: `up_to_0.10 plan of ${account}` },
        cap: money(cents(10)),
        spent: money(cents(1)),
        reserved: money(cents(9)),
        remaining: money(cents(0)),
        needed: money(cents(needed)),
        missing: money(cents(needed)),
      })
    expect(await t.counters(account)).toEqual({ cap: cents(10), reserved: cents(9), spent: cents(1), overrun: 0n })
    expect(await t.countersOf(wide)).toMatchObject({ reserved: cents(9), spent: cents(1) })

    // What was told stands at the version that it is true at, and a repeat hears the same.
    const told = await t.owner`
      select o.details ->> 'needed' as needed, o.details ->> 'remaining' as remaining, o.version = v.version as true_now from purser.outbox o
        join purser.balance v on v.budget_period_id = o.budget_period_id where o.kind = 'refused' and o.account = ${account} order by o.id`
    expect(told).toEqual([3, 2].map((n) => ({ needed: String(cents(n)), remaining: '0', true_now: true })))
    expect(await calls[2]?.reserve({ amount: cents(1) })).toEqual(answers[2])
    expect(await calls[2]?.dispatch(randomUUID())).toEqual(answers[2])
    const held =
      await t.owner`select count(*)::int as n from purser.reservation r join purser.scope s on s.id = r.scope where s.account = ${account}`
    expect(held).toEqual([{ n: 4 }])
  })

  test('whatever is asked of budgets that overlap, a flight admits what one caller after the other would be given', async () => {
    const ask = fc.record({ payer: fc.nat(2), inTeam: fc.boolean(), amount: fc.integer({ min: 1, max: 6 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(ask, { minLength: 1, maxLength: 14 }), async (asks) => {
        const accounts = await Promise.all(times(3, () => t.accountWith({ cap: '0.10' })))
        const team = randomUUID()
        const shared = await t.budget({ scope: { team }, cap: '0.15' })
        const left = { own: [10, 10, 10], team: 15 }
        const expected = asks.map(({ payer, inTeam, amount }) => {
          if ((left.own[payer] ?? 0) < amount || (inTeam && left.team < amount)) return 'refused'
          left.own[payer] = (left.own[payer] ?? 0) - amount
          if (inTeam) left.team -= amount
          return 'reserved'
        })
        const met = asks.map(({ payer, inTeam }) => t.call(accounts[payer] ?? '', inTeam ? { team } : {}))
        // So that nobody's first ask waits for his scope values to be found.
        await Promise.all(
          met.map((call) => t.meets({ ...call.scope, provider: 'test', model: 'penny-model', endpoint: 'generateContent' })),
        )
        const { answers, flights } = await together(met.map((call, i) => () => call.reserve({ amount: cents(asks[i]?.amount ?? 0) })))
        expect({ flights, kinds: answers.map(({ kind }) => kind) }).toEqual({ flights: 1, kinds: expected })
        const own = await Promise.all(accounts.map((account) => t.counters(account)))
        const taken = (of: (i: number) => boolean) =>
          cents(asks.reduce((sum, { amount }, i) => (expected[i] === 'reserved' && of(i) ? sum + amount : sum), 0))
        expect(own.map(({ reserved }) => reserved)).toEqual(own.map((_, k) => taken((i) => asks[i]?.payer === k)))
        expect((await t.countersOf(shared)).reserved).toBe(taken((i) => asks[i]?.inTeam === true))
      }),
      { numRuns: 30 },
    )
  })
})

describe('a connection that is cut after the commit and before the answer', () => {
  test('the same keys are sent again by themselves, find what was done, and do it once', async () => {
    const { hostname, port } = new URL(t.url)
    const proxy = await startTcpProxy({ host: hostname, port: Number(port) })
    const sql = connectSql(t.url.replace(`:${port}/`, `:${proxy.port}/`), { max: 1 })
    const behind = ledgerOver(sql)
    onTestFinished(async () => {
      await sql.end({ timeout: 1 })
      await proxy.close()
    })
    const [account, warm] = [await t.accountWith({ cap: '0.10' }), await t.accountWith({ cap: '0.10' })]
    const call = t.callOf(behind, account)
    const token = randomUUID()
    // Known, so that what is cut is the batch itself.
    const terms = termsOf({ account }, { provider: 'test', model: 'penny-model', endpoint: 'generateContent' })
    behind.scopes.remember(terms, await resolveScope(t.ledger, terms))

    /** The answer is lost on its way, after `done` can be seen by others. */
    async function cutOff<T>(ask: () => Promise<T>, state: string): Promise<T> {
      // Prepared on this very connection, so that what is cut is the answer and not the preparation.
      await t.callOf(behind, warm).reserve({ amount: 1n as never })
      const before = behind.batcher.metrics()
      proxy.mute()
      const asked = ask()
      await until(
        `it is ${state}`,
        async () =>
          (
            await t.owner`select from purser.reservation r join purser.scope s on s.id = r.scope
        where s.account = ${account} and state = ${state}`
          ).length === 1,
      )
      await proxy.cut()
      await proxy.join()
      const answer = await asked
      expect(behind.batcher.metrics().resent).toBeGreaterThan(before.resent)
      return answer
    }

    const reserved = await cutOff(() => call.reserve(), 'reserved')
    expect(reserved).toMatchObject({ kind: 'reserved', attempt: 1 })
    expect(await t.counters(account)).toMatchObject({ reserved: cents(3) })
    const go = await cutOff(() => call.dispatch(token), 'dispatched')
    if (go.kind !== 'go') throw new Error(go.kind)
    expect(go.reservationId).toBe('reservationId' in reserved && reserved.reservationId)
    const settled = await cutOff(() => call.settle({ ...go, token }, cents(2)), 'settled')
    expect(settled).toMatchObject({ kind: 'settled', answer: { reservationId: go.reservationId, cost: money(cents(2)) } })
    expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: cents(2) })
    expect(await t.entriesOf(account)).toEqual(['open', 'reserve', 'settle'])
  })
})
