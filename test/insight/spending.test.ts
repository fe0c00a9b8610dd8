/** What was spent, asked by anything: it adds up to what the budgets say, which count by other means. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CallScope } from '../../src/domain/call.ts'
import { nano } from '../../src/domain/money.ts'
import { isTimeZone } from '../../src/domain/period.ts'
import { trackUsages } from '../../src/calls/track-usage.ts'
import { entryBack, followRequests } from '../../src/insight/requests.ts'
import { spending, type SpendingGroup, type SpendingQuestion } from '../../src/insight/spending.ts'
import { DIMENSIONS } from '../../src/insight/dimension.ts'
import { ensureAccount } from '../../src/ledger/accounts.ts'
import { adjust } from '../../src/ledger/adjust.ts'
import { audit } from '../../src/ledger/audit.ts'
import { setPlan } from '../../src/ledger/plans.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import { cents } from '../support/flights.ts'
import { openTestLedger, times } from '../support/ledger.ts'
import { ago, dropSealed } from '../support/past.ts'

const t = await openTestLedger()
afterAll(() => t.drop())

const OLD = ago(3)
const ask = (over: Partial<SpendingQuestion> = {}): Promise<SpendingGroup[]> =>
  spending(t.ledger, { from: '2020-01-01', to: '2100-01-01', timeZone: 'UTC', filter: {}, by: [], limit: 1000, ...over })
const wholeOf = async (filter: Record<string, string> = {}) => (await ask({ filter }))[0]?.total.eur ?? 0n
const sumOf = (groups: readonly SpendingGroup[]) => groups.reduce((sum, { total }) => sum + total.eur, 0n)

const FEATURES = ['chat', 'search', 'banner'] as const
const TEAMS = ['red', 'blue'] as const
/** Per value a budget over it, which counts by itself. */
const budgets = new Map<string, number>()
let everything = 0
let own: string
let borne: string

/** One call of each ending, and what was tracked: now and in a month that is over. */
async function played(account: string, at: Date): Promise<void> {
  const scopes = times(12, (n): Partial<CallScope> => {
    const feature = FEATURES[n % FEATURES.length] ?? 'chat'
    return {
      feature,
      user: `user-${n % 4}`,
      labels: { tenant: `t${n % 2}` },
      ...(n % 3 === 0 ? {} : { team: TEAMS[n % TEAMS.length] ?? 'red' }),
    }
  })
  for (const [n, scope] of scopes.entries()) {
    const call = t.call(account, scope, at)
    const go = await call.sent({ amount: cents(5 + n) })
    const lost = async () => {
      await call.inDoubt(go.reservationId, go.token)
      await t.age(go.reservationId, 86_400)
      expect(await sweep(t.ledger, 100)).toMatchObject({ presumed: 1 })
    }
    const bill = (total: number, source: 'bill' | 'person' = 'bill') =>
      adjust(t.ledger, { reservationId: go.reservationId, total: cents(total), source, sourceId: randomUUID(), why: 'a test' })
    const endings = [
      () => call.settle(go, cents(2)),
      () => lost(),
      () => call.reject(go),
      () => call.settle(go, cents(1)).then(() => bill(3)),
      () => lost().then(() => bill(0, 'person')),
      () => lost().then(() => call.settle(go, cents(4))),
      () => call.settle(go, cents(30)),
    ]
    await endings[n % endings.length]?.()
  }
  await trackUsages(
    t.ledger,
    t.ledger,
    times(7, (n) => ({
      key: randomUUID(),
      provider: 'test',
      model: 'penny-model',
      endpoint: 'tracked',
      tier: 'standard',
      usage: [{ unit: 'output_text_tokens', quantity: 10_000_000 * (n + 1) }],
      at,
      scope: { account, feature: FEATURES[n % FEATURES.length] ?? 'chat', team: TEAMS[n % TEAMS.length] ?? 'red' },
    })),
  )
}

beforeAll(async () => {
  await setPlan(t.ledger, { plan: 'kind', cap: cents(1000), reason: 'we pay for doubts', presumedBy: 'house', timeZone: 'UTC' })
  own = await t.accountWith({ cap: '10.00', timeZone: 'UTC' })
  borne = (await ensureAccount(t.ledger, { id: `acc_${randomUUID().slice(0, 13)}`, plan: 'kind', timeZone: 'UTC' })).id
  const budget = (scope: Record<string, string>) => t.budget({ scope, cap: '100.00', isHard: false })
  everything = await budget({})
  for (const feature of FEATURES) budgets.set(`feature ${feature}`, await budget({ feature }))
  for (const team of TEAMS) budgets.set(`team ${team}`, await budget({ team }))
  for (const user of times(4, (n) => `user-${n}`)) budgets.set(`user ${user}`, await budget({ user }))
  for (const at of [new Date(), OLD.at]) for (const account of [own, borne]) await played(account, at)
  // Under way, and held: neither is spent.
  await t.call(own, { feature: 'chat' }).sent()
  await t.call(own, { feature: 'chat' }).reserve()
})

const spentOf = async (budget: number) => (await t.countersOf(budget)).spent

/** Every group of these dimensions is what the budget over it has spent. */
async function agrees(): Promise<void> {
  expect(await wholeOf()).toBe(await spentOf(everything))
  for (const dimension of ['feature', 'team', 'user'] as const) {
    const groups = await ask({ by: [dimension] })
    const named = groups.filter(({ names }) => names[0] !== null)
    const counted = await Promise.all(named.map(({ names }) => spentOf(budgets.get(`${dimension} ${names[0]}`) ?? -1)))
    expect(named.map(({ names, total }) => [names[0], total.eur])).toEqual(named.map(({ names }, n) => [names[0], counted[n]]))
    expect(named.length).toBeGreaterThan(1)
  }
  expect(await wholeOf({ account: own })).toBe((await t.counters(own)).spent)
  expect(await wholeOf({ account: borne })).toBe((await t.counters(borne)).spent)
}

test('what is spent is what the budgets have spent: by feature, team, user and account, with everything that a call can end as', async () => {
  await agrees()
  expect(await spentOf(everything)).toBeGreaterThan(0n)
  const [house] = await t.owner<{ spent: bigint }[]>`
    select purser.total(v.spent) as spent from purser.balance v join purser.budget_period p on p.id = v.budget_period_id join purser.budget b on b.id = p.budget_id where b.scope ? 'house'`
  const ofNobody = (await ask({ by: ['account'] })).find(({ names }) => names[0] === null)
  expect(ofNobody?.total.eur).toBe(house?.spent)
  expect(house?.spent).toBeGreaterThan(0n)
})

test('however it is asked, the groups are the whole; and input, output and the rest are the group', async () => {
  const [whole] = await ask()
  const questions: Partial<SpendingQuestion>[] = [
    ...DIMENSIONS.map((one) => ({ by: [one] })),
    { by: ['label:tenant'] },
    { by: ['account', 'feature', 'model'] },
    ...(['hour', 'day', 'week', 'month'] as const).map((unit) => ({ unit })),
    { unit: 'day', by: ['feature', 'team'], timeZone: 'Asia/Kolkata' },
  ]
  for (const question of questions) {
    const groups = await ask(question)
    expect([question, sumOf(groups)]).toEqual([question, whole?.total.eur])
    expect(groups.reduce((sum, { calls }) => sum + calls, 0n)).toBe(whole?.calls)
    for (const { total, input, output, other } of groups) {
      expect(nano(input.eur + output.eur + other.eur)).toBe(total.eur)
      expect(input.usd + output.usd + other.usd).toBe(total.usd)
    }
  }
  // Twelve calls and seven usages, of two accounts, in two months. What is under way counts when it ends.
  expect(whole?.calls).toBe(4n * 19n)
  expect(whole?.failed).toBe(4n * 6n)
})

test('a dollar is a dollar: each request at its own rate', async () => {
  // One dollar a euro is the rate of these calls; what was tracked has the rate of its day, and costs a millionth of a millionth of a dollar a token.
  const [calls] = await ask({ filter: { endpoint: 'generateContent' } })
  expect(calls?.total.usd).toBe((calls?.total.eur ?? 0n) * 1000n)
  const [tracked] = await ask({ filter: { endpoint: 'tracked' } })
  expect([tracked?.total.usd, tracked?.outputTokens]).toEqual([4n * 280_000_000n, 4n * 280_000_000n])
  expect(tracked?.total.eur).toBeLessThan(4n * 280_000n)
})

test('dearest first, and the time before that; no more groups than were asked for', async () => {
  const costs = (await ask({ by: ['feature', 'team'] })).map(({ total }) => total.eur)
  expect(costs).toEqual(costs.toSorted((a, b) => Number(b - a)))
  const since = (await ask({ by: ['feature'], unit: 'month' })).map((group) => group.since?.getTime() ?? 0)
  expect(since).toEqual(since.toSorted((a, b) => a - b))
  expect(new Set(since).size).toBe(2)
  expect(await ask({ by: ['feature', 'team'], limit: 3 })).toHaveLength(3)
})

test('a request counts on its day where the reader lives', async () => {
  const account = await t.accountWith({ cap: '10.00', timeZone: 'UTC' })
  const usage = (at: string) => ({
    key: randomUUID(),
    provider: 'test',
    model: 'penny-model',
    endpoint: 'tracked',
    tier: 'standard' as const,
    usage: [{ unit: 'output_text_tokens' as const, quantity: 1_000 }],
    at: new Date(at),
    scope: { account },
  })
  await trackUsages(t.ledger, t.ledger, [usage('2026-10-31T22:59:59Z'), usage('2026-10-31T23:00:00Z'), usage('2026-11-01T22:59:59Z')])
  const days = async (timeZone: string, from: string, to: string) =>
    (await ask({ filter: { account }, unit: 'day', timeZone, from, to })).map(({ since, calls }) => [since?.toISOString(), calls])
  // Winter time in Berlin.
  expect(await days('Europe/Berlin', '2026-10-31', '2026-11-02')).toEqual([
    ['2026-10-30T23:00:00.000Z', 1n],
    ['2026-10-31T23:00:00.000Z', 2n],
  ])
  expect(await days('Europe/Berlin', '2026-11-01', '2026-11-02')).toEqual([['2026-10-31T23:00:00.000Z', 2n]])
  expect(await days('UTC', '2026-10-31', '2026-11-01')).toEqual([['2026-10-31T00:00:00.000Z', 2n]])
})

const told = (groups: readonly SpendingGroup[]) =>
  new Map(groups.map(({ since, names, total, calls }) => [JSON.stringify([since, names]), [total.eur, calls]]))

test('who follows from now on is told nothing that was, however much there is; what ends afterwards is told once', async () => {
  const after = await entryBack(t.ledger, 0)
  expect(await followRequests(t.ledger, { after, limit: 100, filter: {} })).toEqual({ last: undefined, requests: [] })
  const call = t.call(own, { feature: 'chat' })
  const go = await call.sent()
  await call.settle(go, cents(1))
  const { last, requests } = await followRequests(t.ledger, { after, limit: 100, filter: { account: own } })
  expect(requests.map(({ record }) => [record.id, record.state, record.cost])).toEqual([[go.reservationId, 'settled', cents(1)]])
  expect(await followRequests(t.ledger, { after: last ?? 0n, limit: 100, filter: {} })).toMatchObject({ requests: [] })
})

test('Postgres knows every time zone that is taken', async () => {
  const zones = Intl.supportedValuesOf('timeZone').filter(isTimeZone)
  expect(zones.length).toBeGreaterThan(300)
  const [row] = await t.owner<{ unknown: string[] }[]>`
    select coalesce(json_agg(zone), '[]') as unknown from unnest(${zones}::text[]) as zone where zone not in (select name from pg_timezone_names)`
  expect(row?.unknown).toEqual([])
})

test('when the calls of a month are dropped, their money stays in every answer', async () => {
  const before = await ask({ by: ['account', 'feature', 'team', 'user'], unit: 'month' })
  await dropSealed(t, OLD.name)
  const after = await ask({ by: ['account', 'feature', 'team', 'user'], unit: 'month' })
  expect(told(after)).toEqual(told(before))
  await agrees()
  expect((await audit(t.ledger)).violations).toEqual([])
})
