/** Every named question over HTTP: its rows come to the whole, and the whole is what the budgets have spent. */
import { randomUUID } from 'node:crypto'
import { parse } from 'csv-parse/sync'
import { beforeAll, expect, test } from 'vitest'
import { daysLater } from '../../src/domain/day.ts'
import { eur, exactEur, nano } from '../../src/domain/money.ts'
import { QUESTIONS } from '../../src/insight/questions/all.ts'
import { openApiStage } from '../support/api.ts'
import { MODEL, termsFor } from '../support/reservations.ts'
import { takenIn } from '../support/taken-in.ts'

const { stage, api, house } = await openApiStage()

type Row = Readonly<Record<string, string | number | null>>
interface Answer {
  readonly from: string
  readonly to: string
  readonly currency: string
  readonly total_cost?: string
  readonly row_count: number
  readonly rows: readonly Row[]
}

const ask = async (path: string): Promise<Answer> => {
  const { status, body } = await house('GET', `/v1/analytics/${path}`)
  expect({ path, status, ...(status === 200 ? {} : { body }) }).toEqual({ path, status: 200 })
  return body as unknown as Answer
}
const sum = (rows: readonly Row[], column = 'total_cost') => exactEur(nano(rows.reduce((all, row) => all + eur(String(row[column])), 0n)))

const TODAY = new Date().toISOString().slice(0, 10)
let account: string
const usage = (daysAgo: number, over: Readonly<Record<string, unknown>> = {}) => ({
  key: randomUUID(),
  account,
  model: 'gemini-2.5-flash',
  usage: { input_tokens: 1_000, output_tokens: 500 },
  at: `${daysLater(TODAY, -daysAgo)}T00:30:00Z`,
  feature: 'chat',
  user: 'ann',
  ...over,
})

/** Reserved, and answered; as if a job had asked with this content. */
async function called(content: string): Promise<string> {
  const { body } = await house('POST', '/v1/reservations', { body: termsFor(account) })
  const id = String(body['id'])
  await stage.db.sql`update purser.reservation set run = 'a job', request_hash = ${content} where id = ${id.slice(4)}`
  const settled = await house('POST', `/v1/reservations/${id}/settle`, { body: { usage: { input_tokens: 1_000, output_tokens: 100 } } })
  expect(settled.status).toBe(200)
  return id
}

const REPEATED = '7'.repeat(64)
let first: string

beforeAll(async () => {
  account = await stage.account('corporate')
  const cached = { input_tokens: 400, input_cached_tokens: 600, output_tokens: 10 }
  const usages = [
    ...[1, 1, 1, 2, 5].map((ago) => usage(ago)),
    usage(3, { feature: 'search', user: 'bob', model: MODEL, team: 'red', duration_ms: 1_000 }),
    usage(4, { feature: 'search', user: 'bob', usage: cached, duration_ms: 2_000 }),
    usage(6, { error: 'timeout', project: 'atlas', duration_ms: 30_000 }),
    usage(7, { provider: 'example', model: 'infrastructure', usage: { gpu_hours: '1' }, environment: 'live' }),
    // As long a time before.
    usage(40),
    usage(41, { user: 'bob', feature: 'search' }),
  ]
  await house('POST', '/v1/track/batch', { body: { mode: 'all', usages } })
  first = await called(REPEATED)
  await called(REPEATED)
  await house('POST', `/v1/calls/${first}/score`, { body: { quality: '0.8', value: { amount: '2', currency: 'EUR' } } })
  const poor = await stage.account('free')
  await house('POST', '/v1/reservations', { body: termsFor(poor, { model: 'gemini-2.5-pro', max_output_tokens: 60_000 }) })
  await takenIn(stage.ledger, stage.db.sql)
})

test('every question answers, of all and of one account; rows that tell costs come to the whole, which is what was spent', async () => {
  const whole = (await ask('total')).total_cost
  expect(eur(whole ?? '0')).toBeGreaterThan(0n)
  for (const { name, columns } of QUESTIONS) {
    const answer = await ask(name)
    expect([name, answer.rows.length > 0, Object.keys(answer.rows[0] ?? {})]).toEqual([name, true, columns.map((column) => column.name)])
    // It was another account that was refused.
    expect([name, (await ask(`${name}?account=${account}`)).rows.length > 0]).toEqual([name, name !== 'refusals'])
    if (!columns.some((column) => column.name === 'total_cost') || name.startsWith('live')) continue
    expect([name, sum(answer.rows), answer.total_cost]).toEqual([name, whole, whole])
  }
})

test('costs by any two dimensions and any time come to the same whole', async () => {
  const whole = (await ask('total')).total_cost
  for (const question of [
    'by=feature,model',
    'by=label:tenant',
    'by=user,team&unit=week',
    'unit=hour',
    'by=account&unit=month&time_zone=Asia/Kolkata',
  ]) {
    const { rows, total_cost: said } = await ask(`costs?${question}`)
    expect([question, sum(rows), said]).toEqual([question, whole, whole])
  }
  expect((await house('GET', '/v1/analytics/costs?by=feature,feature')).status).toBe(400)
  expect((await house('GET', '/v1/analytics/costs?from=2026-11-02&to=2026-11-02')).status).toBe(400)
})

test('by day and model, the newest day first; users and features with their averages, share and change', async () => {
  const days = (await ask('daily')).rows.map(({ day }) => String(day))
  expect(days).toEqual(days.toSorted().toReversed())
  const [ann, bob] = (await ask('users')).rows
  expect([ann?.['user'], ann?.['request_count'], bob?.['user']]).toEqual(['ann', 7, 'bob'])
  const features = (await ask('features')).rows
  const search = features.find(({ feature }) => feature === 'search')
  expect(search).toMatchObject({ active_days: 2, request_count: 2 })
  // Rounded to the last digit.
  const rest = 2n * eur(String(search?.['daily_avg'])) - eur(String(search?.['total_cost']))
  expect([0n, 1n]).toContain(rest)
  expect(Number(search?.['change'])).toBeLessThan(0)
  expect((await ask('users?limit=1')).rows).toHaveLength(1)
  expect((await house('GET', '/v1/analytics/users?limit=101')).status).toBe(400)
})

test('the last hours, the oldest first, empty ones too', async () => {
  const { rows } = await ask('live?hours=5')
  expect(rows.map(({ call_count: count }) => count)).toEqual([0, 0, 0, 0, 2])
  expect(rows.map(({ hour }) => hour)).toEqual(rows.map(({ hour }) => hour).toSorted((a, b) => (String(a) < String(b) ? -1 : 1)))
  expect((await ask('live-models?hours=5')).rows).toMatchObject([{ model: MODEL, call_count: 2 }])
})

const rowOf = async (question: string, column: string, value: string) => (await ask(question)).rows.find((row) => row[column] === value)

test('what the money bought: tokens, speed, quality, caches, reservations, infrastructure, vendors', async () => {
  // Of the list: 0.3 and 0.03 dollars a million.
  const cache = await rowOf('cache', 'model', 'gemini-2.5-flash')
  expect(cache).toMatchObject({ cached_tokens: 600 })
  const [{ saved } = {}] = await stage.db.sql<{ saved: bigint }[]>`
    select purser.nano_eur_of(600 * 300000, usd_micros_per_eur) - purser.nano_eur_of(600 * 30000, usd_micros_per_eur) as saved from purser.receipt where 'input_cached_tokens' = any (units)`
  expect(eur(String(cache?.['saved']))).toBe(saved)
  expect(await rowOf('latency', 'name', 'gemini-2.5-flash')).toMatchObject({ call_count: 7, avg_ms: 16_000 })
  expect(Number((await rowOf('latency?by=feature', 'name', 'search'))?.['p95_ms'])).toBeGreaterThanOrEqual(2_000)
  expect(await rowOf('value', 'feature', 'chat')).toMatchObject({ quality: '0.800', scored_count: 1, value: '2.000000000' })
  const reserved = await rowOf('reserved', 'model', MODEL)
  expect([await rowOf('value', 'feature', 'search'), await rowOf('reserved', 'model', 'gemini-2.5-flash')]).toMatchObject([
    { valued_count: 0, value: null },
    { reserved: null, actual: null },
  ])
  expect(eur(String(reserved?.['reserved']))).toBeGreaterThan(eur(String(reserved?.['actual'])))
  const infrastructure = (await ask('infrastructure?unit=month')).rows
  expect(eur(sum(infrastructure, 'infrastructure_cost'))).toBeGreaterThan(eur('1'))
  expect(await rowOf('vendors?currency=USD', 'model', 'gemini-2.5-flash')).toMatchObject({
    input_list_price_usd: '0.300000000000',
    output_list_price_usd: '2.500000000000',
  })
  expect(await rowOf('cost-per-token', 'model', 'gemini-2.5-flash')).toMatchObject({ call_count: 6 })
})

test('what was asked twice is told with the first call; what was refused, with its budget', async () => {
  expect((await ask('duplicate-prompts')).rows).toMatchObject([{ repeat_count: 1, model: MODEL, feature: 'chat', example: first }])
  expect((await ask('refusals')).rows).toMatchObject([{ refusal_count: 1, account_count: 1 }])
  for (const content of ['8', '8', '9', '9']) await called(content.repeat(64))
  await takenIn(stage.ledger, stage.db.sql)
  // Those beyond the limit are counted, and what was asked once is none of them.
  const [cut, all] = [await ask('duplicate-prompts?limit=1'), await ask('duplicate-prompts')]
  expect([cut.rows.length, cut.row_count, all.rows.length, all.row_count]).toEqual([1, 3, 3, 3])
})

test('as CSV it is the same, line by line', async () => {
  for (const { name } of QUESTIONS) {
    const [{ rows }, csv] = [await ask(name), await house('GET', `/v1/exports/analytics?question=${name}`)]
    const lines = parse<Record<string, string>>(String(csv.body['text']), { columns: true })
    const said = rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([column, value]) => [column, value === null ? '' : String(value)])),
    )
    expect([name, csv.status, lines]).toEqual([name, 200, said])
  }
  expect((await house('GET', '/v1/exports/analytics?question=users&limit=1000')).status).toBe(400)
  expect((await house('GET', '/v1/exports/analytics?question=users&hours=3')).status).toBe(400)
})

test('an account’s key sees its own', async () => {
  const other = await stage.account()
  const own = await api.caller({ account: other })
  for (const { name } of QUESTIONS.filter((one) => one.time === 'range')) {
    const { status, body } = await own('GET', `/v1/analytics/${name}`)
    expect([name, status, (body as unknown as Answer).rows.filter((row) => row['total_cost'] !== '0.000000000')]).toEqual([name, 200, []])
  }
})
