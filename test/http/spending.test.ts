import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { eur, exactEur, exactUsd, nano, picoUsd } from '../../src/domain/money.ts'
import { addRate } from '../../src/prices/rates.ts'
import { refusedFor } from '../support/administration.ts'
import { openApiStage } from '../support/api.ts'
import { MODEL, nanoOf, reservedBy } from '../support/reservations.ts'

const { stage, api, house } = await openApiStage()

const batch = (usages: readonly unknown[]) => house('POST', '/v1/track/batch', { body: { mode: 'all', usages } })

let account: string
beforeAll(async () => {
  account = await stage.account('corporate')
  const models = ['gemini-2.5-flash', MODEL]
  const usages = [
    '2026-09-30T23:30:00Z',
    '2026-10-01T12:00:00Z',
    '2026-10-01T13:00:00Z',
    '2026-10-31T22:30:00Z',
    '2026-10-31T23:30:00Z',
  ].map((at, n) => ({
    key: `${n} of ${account}`,
    account,
    model: models[n % 2],
    usage: { input_tokens: 1_000 * (n + 1), output_tokens: 500 },
    at,
    ...(n === 4 ? {} : { feature: n < 2 ? 'chat' : 'search' }),
    labels: { tenant: `t${n % 2}` },
  }))
  await batch(usages)
})

interface Costs {
  readonly total_cost: string
  readonly input_cost: string
  readonly output_cost: string
  readonly other_cost: string
  readonly call_count: number
}
type Named = Costs & { readonly name: string | null; readonly share: string }
type Report = Costs & { readonly month: string; readonly groups: readonly Named[]; readonly currency: string }
type Day = Costs & { readonly date: string }

const asked = async <T>(path: string): Promise<T> => {
  const { status, body } = await house('GET', `${path}${path.includes('?') ? '&' : '?'}account=${account}`)
  expect({ path, status }).toEqual({ path, status: 200 })
  return body as T
}
const sum = (amounts: readonly { readonly total_cost: string }[]) =>
  exactEur(nano(amounts.reduce((all, one) => all + eur(one.total_cost), 0n)))
const daily = async (query: string) => (await asked<{ daily_costs: readonly Day[] }>(`/analytics/costs/daily?${query}`)).daily_costs
/** What the ledger has booked of these usages, by another way: in the order of their moments. */
const booked = async (numbers: readonly number[]): Promise<{ nano: bigint; pico: bigint }> => {
  const receipts = await stage.db.sql<{ nano: bigint; pico: bigint }[]>`
    select p.cost as nano, p.pico_usd as pico from purser.receipt p join purser.scope s on s.id = p.scope where s.account = ${account} order by p.at`
  expect(receipts).toHaveLength(5)
  const these = receipts.filter((_, n) => numbers.includes(n))
  return { nano: these.reduce((all, one) => all + one.nano, 0n), pico: these.reduce((all, one) => all + one.pico, 0n) }
}

test('a report is of the last month that is over, or of the one that is named; its groups are the whole, dearest first', async () => {
  const october = await asked<Report>('/ai-spend/report?period=monthly&group_by=feature&month=2026-10')
  expect([october.month, october.currency, october.call_count]).toEqual(['2026-10', 'EUR', 4])
  expect(new Set(october.groups.map(({ name }) => name))).toEqual(new Set(['chat', null, 'search']))
  expect(october.groups).toHaveLength(3)
  expect(sum(october.groups)).toBe(october.total_cost)
  expect(october.total_cost).toBe(exactEur(nano((await booked([1, 2, 3, 4])).nano)))
  const costs = october.groups.map(({ total_cost }) => eur(total_cost))
  expect(costs).toEqual(costs.toSorted((a, b) => Number(b - a)))
  const shares = october.groups.reduce((all, { share }) => all + Number(share), 0)
  expect(Math.abs(shares - 100)).toBeLessThan(0.05)
  const last = await asked<Report>('/ai-spend/report')
  const now = new Date()
  expect(last.month).toBe(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1)).toISOString().slice(0, 7))
})

test('a report goes by any scope value, and by labels', async () => {
  for (const [by, names] of [
    ['model', ['gemini-2.5-flash', MODEL]],
    ['provider', ['gemini']],
    ['account', [account]],
    ['label:tenant', ['t0', 't1']],
    ['user', [null]],
  ] as const) {
    const { groups, total_cost: whole } = await asked<Report>(`/ai-spend/report?month=2026-10&group_by=${by}`)
    expect([by, new Set(groups.map(({ name }) => name)), sum(groups)]).toEqual([by, new Set<string | null>(names), whole])
  }
})

test('each day from the first to the last is there, oldest first, also a day without calls; input, output and other are the whole', async () => {
  const days = await daily('start_date=2026-09-29&end_date=2026-10-02')
  expect(days.map(({ date, call_count }) => [date, call_count])).toEqual([
    ['2026-09-29', 0],
    ['2026-09-30', 1],
    ['2026-10-01', 2],
    ['2026-10-02', 0],
  ])
  for (const day of days) expect(exactEur(nano(eur(day.input_cost) + eur(day.output_cost) + eur(day.other_cost)))).toBe(day.total_cost)
  expect(days[0]?.total_cost).toBe('0.000000000')
  expect(days[2]?.total_cost).toBe(exactEur(nano((await booked([1, 2])).nano)))
})

test('a day begins where the reader lives: the last night of October is November in Berlin', async () => {
  const inBerlin = await daily('start_date=2026-10-01&end_date=2026-11-01&time_zone=Europe/Berlin')
  const counted = inBerlin.filter(({ call_count: count }) => count > 0).map(({ date, call_count: count }) => [date, count])
  expect(counted).toEqual([
    ['2026-10-01', 3],
    ['2026-10-31', 1],
    ['2026-11-01', 1],
  ])
  expect((await asked<Report>('/ai-spend/report?month=2026-10&time_zone=Europe/Berlin')).call_count).toBe(4)
  expect((await asked<Report>('/ai-spend/report?month=2026-09&time_zone=Europe/Berlin')).call_count).toBe(0)
})

test('by model, dearest first, with its tokens; and all in all', async () => {
  const range = 'start_date=2026-10-01&end_date=2026-10-31'
  const { costs_by_model: models } = await asked<{
    costs_by_model: readonly (Costs & { model: string; input_tokens: number; output_tokens: number })[]
  }>(`/analytics/costs/by-model?${range}`)
  expect(models.map(({ model, input_tokens: input, output_tokens: output, call_count: count }) => [model, input, output, count])).toEqual([
    ['gemini-2.5-flash', 8_000, 1_000, 2],
    [MODEL, 6_000, 1_000, 2],
  ])
  const whole = await asked<Costs & { input_tokens: number }>(`/analytics/costs/total?${range}`)
  expect([whole.total_cost, whole.call_count, whole.input_tokens]).toEqual([sum(models), 4, 14_000])
})

test('in dollars, each request is what its provider said: at its own rate, which no later one changes', async () => {
  await addRate(stage.ledger, { day: '2026-10-30', usdMicrosPerEur: 2_000_000n, source: 'a test', why: 'a test' })
  const range = 'start_date=2026-10-01&end_date=2026-10-31&currency=USD'
  const { pico } = await booked([1, 2, 3, 4])
  expect(await asked<Costs & { currency: string }>(`/analytics/costs/total?${range}`)).toMatchObject({
    total_cost: exactUsd(picoUsd(pico)),
    currency: 'USD',
  })
  expect((await asked<Report>('/ai-spend/report?month=2026-10&currency=USD')).total_cost).toBe(exactUsd(picoUsd(pico)))
})

test('an answer without a usage has its dollars, too: what was set aside, at its rate', async () => {
  const other = await stage.account()
  const path = await reservedBy(house, other)
  const { body } = await house('POST', `${path}/settle`, { body: { usage: null } })
  const eurs = (await house('GET', `/analytics/costs/total?account=${other}`)).body
  const usd = (await house('GET', `/analytics/costs/total?account=${other}&currency=USD`)).body
  expect(eurs).toMatchObject({ total_cost: exactEur(nano(nanoOf(body['cost']))), other_cost: exactEur(nano(nanoOf(body['cost']))) })
  const [rate] = await stage.db.sql<{ micros: bigint }[]>`
    select e.usd_micros_per_eur as micros from purser.reservation r join purser.scope s on s.id = r.scope join purser.rate e on e.id = r.rate_id where s.account = ${other}`
  const exact = nanoOf(body['cost']) * (rate?.micros ?? 0n)
  expect(usd).toMatchObject({ total_cost: exactUsd(picoUsd((exact + 500n) / 1000n)) })
})

test('where a day has two midnights it begins with the first, as in budgets: days, months and the whole agree', async () => {
  const other = await stage.account('corporate')
  // Clocks in Havana go back from one to midnight on this day: half past twelve comes twice.
  for (const at of ['2026-11-01T03:30:00Z', '2026-11-01T04:30:00Z', '2026-11-01T05:30:00Z'])
    await house('POST', '/v1/track', { body: { account: other, model: MODEL, usage: { input_tokens: 1_000 }, at } })
  const seen = async (path: string) =>
    (await house('GET', `${path}${path.includes('?') ? '&' : '?'}account=${other}&time_zone=America/Havana`)).body
  const days = (await seen('/analytics/costs/daily?start_date=2026-10-31&end_date=2026-11-01'))['daily_costs'] as Day[]
  expect(days.map(({ date, call_count: count }) => [date, count])).toEqual([
    ['2026-10-31', 1],
    ['2026-11-01', 2],
  ])
  expect([
    (await seen('/ai-spend/report?month=2026-10'))['call_count'],
    (await seen('/ai-spend/report?month=2026-11'))['call_count'],
  ]).toEqual([1, 2])
})

test('what fails counts as a call; what is held does not, until it is settled', async () => {
  const other = await stage.account()
  const path = await reservedBy(house, other)
  const seen = async () => (await house('GET', `/analytics/costs/total?account=${other}`)).body
  const before = await seen()
  expect(before).toMatchObject({ total_cost: '0.000000000' })
  const { body } = await house('POST', `${path}/settle`, { body: { usage: { input_tokens: 100, output_tokens: 50 } } })
  expect(await seen()).toMatchObject({
    total_cost: exactEur(nano(nanoOf(body['cost']))),
    call_count: 1,
    input_tokens: 100,
    output_tokens: 50,
  })
})

test('a key that is bound to an account is told of its own alone, whatever it asks', async () => {
  const other = await stage.account()
  const bound = await api.caller({ account: other, scopes: ['reports:read'] })
  for (const path of ['/ai-spend/report?month=2026-10', '/analytics/costs/total?start_date=2026-10-01&end_date=2026-10-31'])
    expect((await bound('GET', path)).body).toMatchObject({ call_count: 0 })
  expect(await bound('GET', `/ai-spend/report?month=2026-10&account=${account}`)).toMatchObject({ status: 403 })
})

describe('what cannot be answered', () => {
  test.for([
    ['/analytics/costs/daily?start_date=2026-02-30', 'query.start_date', 'write a day like 2026-12-01'],
    ['/analytics/costs/daily?start_date=0000-00-00', 'query.start_date', 'write a day like 2026-12-01'],
    ['/analytics/costs/daily?end_date=0001-01-01', 'query.end_date', 'write a year from 2000 to 8999'],
    ['/analytics/costs/daily?end_date=9999-12-31', 'query.end_date', 'write a year from 2000 to 8999'],
    ['/analytics/costs/total?start_date=2026-10-02&end_date=2026-10-01', 'query.end_date', 'is before start_date'],
    ['/analytics/costs/by-model?start_date=2001-01-01&end_date=2026-10-01', 'query.end_date', 'is more than 1000 days after start_date'],
    ['/analytics/costs/total?time_zone=Mars/Olympus', 'query.time_zone', 'write a time zone like Europe/Berlin'],
    ['/analytics/costs/total?time_zone=VST', 'query.time_zone', 'write a time zone like Europe/Berlin'],
    ['/analytics/costs/total?time_zone=CET', 'query.time_zone', 'write a time zone like Europe/Berlin'],
    ['/analytics/costs/total?currency=GBP', 'query.currency', 'a currency is EUR or USD'],
    ['/ai-spend/report?period=weekly', 'query.period', 'only monthly'],
    ['/ai-spend/report?month=2026-13', 'query.month', 'write a month like 2026-11'],
    ['/ai-spend/report?month=9999-12', 'query.month', 'write a year from 2000 to 8999'],
    [
      '/ai-spend/report?group_by=label:a%00b',
      'query.group_by',
      'group by account, user, team, project, feature, environment, provider, model, endpoint or label:NAME',
    ],
    [
      "/ai-spend/report?group_by=feature'%20or%201=1",
      'query.group_by',
      'group by account, user, team, project, feature, environment, provider, model, endpoint or label:NAME',
    ],
  ] as const)('%s', async ([path, field, message]) => {
    expect(await refusedFor(house, 'GET', path, undefined)).toEqual([field, message])
  })

  test('more groups than one answer holds: it says so, and cuts nothing', async () => {
    const many = await stage.account()
    const usages = Array.from({ length: 1_000 }, (_, n) => ({
      key: randomUUID(),
      account: many,
      model: MODEL,
      usage: { input_tokens: 1 },
      at: '2026-10-10T12:00:00Z',
      user: `user ${n}`,
    }))
    expect(await batch(usages)).toMatchObject({ status: 200 })
    const report = () => house('GET', `/ai-spend/report?month=2026-10&group_by=user&account=${many}`)
    expect(((await report()).body as unknown as Report).groups).toHaveLength(1_000)
    await batch([{ ...usages[0], key: randomUUID(), user: 'one more' }])
    expect(await report()).toMatchObject({ status: 400, body: { detail: expect.stringContaining('more than 1000 groups') } })
  })
})
