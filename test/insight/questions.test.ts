/** Named questions at their edges: zones whose hours begin at half past, ranges of a day and a moment, more groups than an answer may have. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { trackUsages } from '../../src/calls/track-usage.ts'
import { exactEur, nano } from '../../src/domain/money.ts'
import { QUESTIONS } from '../../src/insight/questions/all.ts'
import { costsTable } from '../../src/insight/questions/costs.ts'
import { lastHours, timeBefore, type Asked } from '../../src/insight/questions/question.ts'
import { sums } from '../../src/insight/sums.ts'
import { connectSql } from '../../src/platform/sql.ts'
import { openTestLedger, times } from '../support/ledger.ts'
import { takenIn } from '../support/taken-in.ts'

const t = await openTestLedger()
afterAll(() => t.drop())

let account: string
const asked = (over: Partial<Asked>): Asked => ({
  from: '2026-11-01',
  to: '2026-11-30',
  timeZone: 'UTC',
  filter: { account },
  currency: 'EUR',
  limit: 1000,
  by: [],
  unit: undefined,
  ...over,
})
const ask = (name: string, over: Partial<Asked>) => {
  const question = QUESTIONS.find((one) => one.name === name)
  if (question === undefined) throw new Error(`there is no question ${name}`)
  return question.ask(t.ledger, asked(over))
}
const columnOf = ({ columns, rows }: Awaited<ReturnType<typeof ask>>, name: string) =>
  rows.map((row) => row[columns.findIndex((column) => column.name === name)])

const track = (at: Date, labels: Readonly<Record<string, string>> = {}) =>
  trackUsages(t.ledger, t.ledger, [
    {
      key: randomUUID(),
      provider: 'test',
      model: 'penny-model',
      endpoint: 'tracked',
      tier: 'standard',
      usage: [{ unit: 'output_text_tokens', quantity: 1_000_000 }],
      at,
      scope: { account, feature: 'chat', labels },
    },
  ])

beforeAll(async () => {
  account = await t.accountWith({ cap: '1000.00', timeZone: 'UTC' })
})

test('the last hours are told where a zone’s hours begin at half past, too', async () => {
  await track(new Date())
  for (const timeZone of ['UTC', 'Asia/Kolkata', 'Asia/Kathmandu']) {
    const table = await ask('live', { ...lastHours(3), timeZone })
    const calls = columnOf(table, 'call_count').reduce((sum: number, count) => sum + Number(count), 0)
    const [last] = columnOf(table, 'total_cost').toReversed()
    expect([timeZone, calls, last]).toEqual([timeZone, 1, exactEur(table.whole?.eur ?? nano(0n))])
  }
})

test('from a day to a moment, the time before is as long, and ends where the day begins in its zone', async () => {
  const timeZone = 'America/New_York'
  const range = { from: '2026-09-10', to: '2026-09-10T16:00:00Z', timeZone }
  expect(timeBefore(asked(range))).toEqual({ from: '2026-09-09T16:00:00.000Z', to: '2026-09-10' })
  await track(new Date('2026-09-10T05:00:00Z'))
  await track(new Date('2026-09-10T03:59:00Z'))
  await track(new Date('2026-09-09T16:00:00Z'))
  await track(new Date('2026-09-09T15:59:00Z'))
  // One, where it was two; the day's euro rate moves the rest.
  const [change] = columnOf(await costsTable(t.ledger, { ...asked(range), by: [] }), 'change')
  expect(Math.round(Number(change))).toBe(-50)
})

test('whoever asks by ever new labels makes no plan for each of them', async () => {
  await track(new Date('2026-08-01T12:00:00Z'), { tier: 'gold' })
  const sql = connectSql(t.url, { max: 1, keepsPlans: true })
  try {
    const by = async (dimension: `label:${string}`) =>
      (await sums({ sql }, { ...asked({ from: '2026-08-01', to: '2026-08-02' }), by: [dimension], figures: ['calls'] })).groups
    expect((await by('label:tier')).map(({ names, sums: { calls } }) => [...names, calls])).toEqual([['gold', 1n]])
    const plans = async () => (await sql<[{ count: number }]>`select count(*)::int as count from pg_prepared_statements`)[0].count
    const before = await plans()
    for (const n of times(20, String)) await by(`label:l${n}`)
    // That of the count itself.
    expect(await plans()).toBeLessThanOrEqual(before + 1)
  } finally {
    await sql.end()
  }
})

/** So many calls, each of a scope of its own. */
const facts = (count: number, at: string, of: string) =>
  t.owner.unsafe(
    `with s as (insert into purser.scope (terms) select jsonb_build_object('account', $1::text, 'feature', $4::text, 'model', 'm' || n) from generate_series(1, $2::int) n returning id)
     insert into purser.fact (row_id, token, at, scope, is_house, is_repeat, calls, failed, cost, input_cost, output_cost, pico_usd, input_usd, output_usd, input_tokens,
       output_tokens, hash)
     select gen_random_uuid(), gen_random_uuid(), $3::timestamptz, id, false, ${of}, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, row_number() over () from s`,
    [account, count, at, randomUUID()],
  )

test('what is asked more than once is counted beyond the limit, too', async () => {
  await facts(7, '2026-10-01T12:00:00Z', 'true')
  await facts(2, '2026-10-01T12:00:00Z', 'false')
  for (const limit of [3, 7, 20]) {
    const { rows, rowCount } = await ask('duplicate-prompts', { from: '2026-10-01', to: '2026-10-02', limit })
    expect([limit, rows.length, rowCount]).toEqual([limit, Math.min(limit, 7), 7])
  }
})

test('an answer that has no limit is whole, or refused', async () => {
  await facts(10_001, '2026-10-05T12:00:00Z', 'false')
  const range = { from: '2026-10-05', to: '2026-10-06' }
  for (const name of ['daily', 'vendors', 'cost-per-token']) await expect(ask(name, range)).rejects.toMatchObject({ code: 'bad_input' })
  const { rows, rowCount } = await ask('latency', { ...range, by: ['model'] })
  expect([rows.length, rowCount]).toEqual([10_001, 10_001])
})

test('a day of many more models than the others is told whole', async () => {
  const at = '2026-08-05T12:00:00Z'
  await facts(700, at, 'false')
  await t.owner.unsafe(`insert into purser.fact_change select * from purser.fact where at = '${at}'`)
  await t.owner.unsafe(
    `update purser.rollup_state set first_at = least(first_at, '${at}'), waiting = waiting + 700, waiting_since = '${at}'`,
  )
  await track(new Date('2026-08-06T12:00:00Z'))
  await takenIn(t.ledger, t.owner)
  expect(await t.owner.unsafe('select from purser.fact_change')).toEqual([])
  const range = {
    from: '2026-01-01',
    to: '2026-11-30',
    timeZone: 'UTC',
    filter: {},
    by: ['model'],
    unit: 'day',
    figures: ['cost'],
  } as const
  const { groups, whole } = await sums(t.ledger, { ...range, limit: 10_000 })
  const ofTheDay = groups.filter(({ since }) => since?.toISOString() === '2026-08-05T00:00:00.000Z')
  expect([ofTheDay.length, ofTheDay.reduce((sum, { sums: { cost } }) => sum + cost, 0n)]).toEqual([700, 700n])
  expect(groups.reduce((sum, { sums: { cost } }) => sum + cost, 0n)).toBe(whole.cost)
})
