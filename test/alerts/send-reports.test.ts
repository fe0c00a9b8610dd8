/** Reports that are sent by themselves: each period once, to whoever takes them, with the rows that the question has. */
import { randomUUID } from 'node:crypto'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sendDueReports } from '../../src/alerts/send-reports.ts'
import { trackUsages } from '../../src/calls/track-usage.ts'
import { QUESTIONS } from '../../src/insight/questions/all.ts'
import { createReportSchedule, endReportSchedule, listReportSchedules, type NewReportSchedule } from '../../src/ledger/report-schedules.ts'
import { openTestLedger, times } from '../support/ledger.ts'

const t = await openTestLedger()
afterAll(() => t.drop())

let account: string
beforeAll(async () => {
  account = await t.accountWith({ cap: '100.00', timeZone: 'UTC' })
  const usage = (at: string, feature: string) => ({
    key: randomUUID(),
    provider: 'test',
    model: 'penny-model',
    endpoint: 'tracked',
    tier: 'standard',
    usage: [{ unit: 'output_text_tokens' as const, quantity: 1_000_000 }],
    at: new Date(at),
    scope: { account, feature },
  })
  await trackUsages(t.ledger, t.ledger, [
    usage('2026-09-30T23:00:00Z', 'chat'),
    usage('2026-10-01T00:00:00Z', 'chat'),
    usage('2026-10-31T22:59:00Z', 'search'),
    usage('2026-10-31T23:30:00Z', 'search'),
  ])
})

const schedule = (over: Partial<NewReportSchedule> = {}) =>
  createReportSchedule(t.ledger, {
    name: `report-${randomUUID()}`,
    account,
    question: 'features',
    asked: {},
    every: 'month',
    hour: 7,
    timeZone: 'Europe/Berlin',
    ...over,
  })

const dueAt = (id: number, at: string) => t.owner`update purser.report_schedule set next_at = ${at} where id = ${id}`
const nextOf = async (id: number) => (await listReportSchedules(t.ledger, { account: undefined, after: id - 1, limit: 1 }))[0]?.nextAt

interface Sent {
  readonly key: string
  readonly account: string
  readonly text: string
  readonly data: {
    readonly rows: Record<string, unknown>[]
    readonly csv: string
    readonly from: string
    readonly to: string
    readonly total_cost: string
  }
}
const noticesOf = (id: number) =>
  t.owner<
    Sent[]
  >`select key, account, text, data from purser.notice where type = 'report.ready' and key like ${`report ${id} %`} order by at`

const warnings: string[] = []
const send = () => sendDueReports(t.ledger, (line) => warnings.push(line))

test('after a month it is sent, once, whoever looks at the same time: of that month in its time zone, with its rows and as CSV', async () => {
  const { id, nextAt } = await schedule()
  expect(new Date(nextAt).getTime()).toBeGreaterThan(Date.now())
  expect(await send()).toBe(0)
  await dueAt(id, '2026-11-01T06:00:00Z')
  expect((await Promise.all(times(5, send))).reduce((sum, sent) => sum + sent, 0)).toBe(1)
  const [notice, ...more] = await noticesOf(id)
  expect([notice?.account, notice?.data.from, notice?.data.to, more]).toEqual([account, '2026-10-01', '2026-11-01', []])
  // In Berlin October ends at 23:00 in UTC, and began on the 30th of September at 22:00.
  expect(notice?.data.rows.map(({ feature, request_count: count }) => [feature, count])).toEqual([
    ['chat', 2],
    ['search', 1],
  ])
  expect(parse(notice?.data.csv ?? '', { columns: true })).toMatchObject([{ feature: 'chat' }, { feature: 'search' }])
  expect(notice?.text).toContain(`in all ${notice?.data.total_cost} EUR\n- feature chat, total cost `)
  expect(notice?.text).toMatch(/\n- feature search, .*, request count 1, share \d\d\.\d\d %$/)
  expect(await nextOf(id)).toBe('2026-12-01T06:00:00+00:00')
  expect(await send()).toBe(0)
})

test('what was missed is sent one period after the other', async () => {
  const { id } = await schedule({ every: 'day', question: 'daily' })
  await dueAt(id, new Date(Date.now() - 2.5 * 86_400_000).toISOString())
  for (const _ of times(6, String)) await send()
  expect((await noticesOf(id)).length).toBeGreaterThanOrEqual(2)
  expect(Date.parse((await nextOf(id)) ?? '')).toBeGreaterThan(Date.now())
})

test('every question about a time can be sent; one that is ended is not; a name is taken once', async () => {
  const made = []
  for (const { name } of QUESTIONS.filter(({ time }) => time === 'range'))
    made.push(await schedule({ question: name, name: `all-${name}` }))
  for (const { id } of made) await dueAt(id, '2026-11-01T06:00:00Z')
  const [ended] = made
  expect(await endReportSchedule(t.ledger, ended?.id ?? 0)).toMatchObject({ changed: true })
  expect(await endReportSchedule(t.ledger, ended?.id ?? 0)).toMatchObject({ changed: false })
  expect(await send()).toBe(made.length - 1)
  expect([await noticesOf(ended?.id ?? 0), warnings]).toEqual([[], []])
  await expect(schedule({ name: 'all-users' })).rejects.toMatchObject({ code: 'conflict' })
  await expect(schedule({ account: 'nobody' })).rejects.toMatchObject({ code: 'unknown_account' })
})

test('reports that cannot be made do not hold up the others', async () => {
  const broken = await Promise.all(times(25, () => schedule()))
  for (const { id } of broken) {
    await dueAt(id, '2026-10-01T06:00:00Z')
    await t.owner`update purser.report_schedule set question = 'nothing' where id = ${id}`
  }
  const { id } = await schedule()
  await dueAt(id, '2026-11-01T06:00:00Z')
  expect([await send(), (await noticesOf(id)).length, warnings.splice(0).length]).toEqual([1, 1, 25])
  for (const one of broken) await endReportSchedule(t.ledger, one.id)
})

test.for(['America/Nuuk', 'America/Havana', 'Africa/Cairo', 'Australia/Lord_Howe', 'Europe/Berlin'])(
  'no day, week or month is left out or sent twice where clocks are moved: %s',
  async (timeZone) => {
    const wrong = await t.owner`
      with recursive due as (
        select every, hour, 0 as n, purser.report_due_after(every, hour, ${timeZone}, '2025-03-01T00:00:00Z') as at
          from generate_series(0, 23) hour cross join (values ('day'), ('week'), ('month')) v (every)
        union all select every, hour, n + 1, purser.report_due_after(every, hour, ${timeZone}, at) from due where at < '2025-11-15T00:00:00Z'),
      told as (select *, date_trunc(every, at at time zone ${timeZone}) as till from due)
      select a.every, a.hour, a.till from told a join told b on (b.every, b.hour, b.n) = (a.every, a.hour, a.n + 1)
       where b.till <> a.till + ('1 ' || a.every)::interval`
    expect(wrong).toEqual([])
  },
)
