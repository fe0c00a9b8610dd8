import { randomUUID } from 'node:crypto'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { ensureAccount, instantIn, openPeriods } from '../../src/ledger/accounts.ts'
import { month } from '../../src/domain/period.ts'
import { openTestLedger, PATHS, times } from '../support/ledger.ts'

const t = await openTestLedger()
const ledgers = { plain: t, careful: await openTestLedger('careful') }
afterAll(async () => {
  for (const ledger of Object.values(ledgers)) {
    await ledger.audited()
    await ledger.drop()
  }
})

const page = (at: Date) => openPeriods(t.ledger, { at, after: 0, limit: 10_000 })

/** The period of a budget at an instant, opened if need be. */
async function periodAt(budget: number, at: string): Promise<{ period: string; startsAt: string; endsAt: string } | undefined> {
  const [opened] = await t.owner<{ id: number }[]>`
    select purser.open_period(b, ${new Date(at)}) as id from purser.budget b where b.id = ${budget}`
  const [row] = await t.owner<{ period: string; startsAt: Date; endsAt: Date }[]>`
    select period, starts_at as "startsAt", ends_at as "endsAt" from purser.budget_period where id = ${opened?.id ?? 0}`
  return row && { period: row.period, startsAt: row.startsAt.toISOString(), endsAt: row.endsAt.toISOString() }
}

const budgetIn = (timeZone: string, period: 'day' | 'month') => t.budget({ scope: { team: randomUUID() }, cap: '1.00', timeZone, period })

test('at one instant a budget in Berlin is in October and one in Los Angeles still in September', async () => {
  const [berlin, angeles] = [await budgetIn('Europe/Berlin', 'month'), await budgetIn('America/Los_Angeles', 'month')]
  await page(new Date('2026-09-30T22:30:00Z'))
  const rows =
    await t.owner`select budget_id, period, starts_at, ends_at from purser.budget_period where budget_id in (${berlin}, ${angeles}) order by 1`
  expect(rows).toEqual([
    { budget_id: berlin, period: '2026-10', starts_at: new Date('2026-09-30T22:00:00Z'), ends_at: new Date('2026-10-31T23:00:00Z') },
    { budget_id: angeles, period: '2026-09', starts_at: new Date('2026-09-01T07:00:00Z'), ends_at: new Date('2026-10-01T07:00:00Z') },
  ])
})

test('a month that has not begun is not opened: its plans may still change', async () => {
  const budget = await budgetIn('Europe/Berlin', 'month')
  await page(new Date(Date.now() + 40 * 86_400_000))
  expect(await t.owner`select period from purser.budget_period where budget_id = ${budget}`).toHaveLength(0)
})

test('a month ends with its last millisecond', async () => {
  const berlin = await budgetIn('Europe/Berlin', 'month')
  expect(await periodAt(berlin, '2026-11-30T22:59:59.999Z')).toMatchObject({ period: '2026-11' })
  expect(await periodAt(berlin, '2026-11-30T23:00:00.000Z')).toMatchObject({ period: '2026-12' })
})

test.for([
  ['Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-29', 23],
  ['Europe/Berlin', '2026-10-25T12:00:00Z', '2026-10-25', 25],
  ['Australia/Lord_Howe', '2026-04-04T20:00:00Z', '2026-04-05', 24.5],
  // Midnight does not exist on the first, and comes twice on the second and third.
  ['Africa/Cairo', '2026-04-24T12:00:00Z', '2026-04-24', 23],
  ['America/Havana', '2026-11-01T04:30:00Z', '2026-11-01', 25],
  ['Atlantic/Azores', '2026-10-25T00:30:00Z', '2026-10-25', 25],
  ['America/Santiago', '2026-04-04T12:00:00Z', '2026-04-04', 25],
] as const)('in %s the day at %s is %s, and %d hours long', async ([zone, at, day, hours]) => {
  const found = await periodAt(await budgetIn(zone, 'day'), at)
  expect(found?.period).toBe(day)
  expect((Date.parse(found?.endsAt ?? '') - Date.parse(found?.startsAt ?? '')) / 3_600_000).toBe(hours)
})

test('every instant lies in the period that it opens, and periods follow each other without a gap, wherever clocks change', async () => {
  // One session, because the instants stand in a temporary table.
  const session = await t.session()
  onTestFinished(() => session.release())
  for (const zone of [
    'Europe/Berlin',
    'America/Havana',
    'Atlantic/Azores',
    'Africa/Cairo',
    'America/Santiago',
    'Australia/Lord_Howe',
    'Asia/Beirut',
  ]) {
    const budget = await budgetIn(zone, 'day')
    await session`
      create temp table opened as select at, purser.open_period(b, at) as id from purser.budget b,
        (select timestamptz '2026-01-01T00:15:00Z' + n * interval '1 hour' as at from generate_series(0, 24 * 365) n) hours
       where b.id = ${budget} and extract(month from at) in (3, 4, 9, 10, 11) and extract(day from at) not between 9 and 22`
    const outside = await session`
      select o.at, p.* from opened o join purser.budget_period p on p.id = o.id where o.at < p.starts_at or o.at >= p.ends_at`
    await session`drop table opened`
    expect({ zone, outside }).toEqual({ zone, outside: [] })
    const gaps = await t.owner`
      select * from (select period, ends_at, lead(starts_at) over w as next, lead(period) over w as follower from purser.budget_period
        where budget_id = ${budget} window w as (order by starts_at)) x where follower::date = period::date + 1 and next <> ends_at`
    expect({ zone, gaps }).toEqual({ zone, gaps: [] })
  }
})

test('opening is idempotent: again, late, or by many at once, and nothing changes', async () => {
  await t.accountWith({ cap: '0.10' })
  const at = new Date('2027-03-15T12:00:00Z')
  const answers = await Promise.all(times(8, () => page(at)))
  expect(answers.every((a) => a.seen === answers[0]?.seen)).toBe(true)
  const before = await t.owner`select * from purser.budget_period order by id`
  expect(await page(at)).toMatchObject({ opened: 0 })
  expect(await t.owner`select * from purser.budget_period order by id`).toEqual(before)
})

test('budgets are opened page by page', async () => {
  const at = instantIn(month('2027-07'))
  const all = await page(at)
  const again = instantIn(month('2027-08'))
  let [seen, after] = [0, 0]
  for (let one = await openPeriods(t.ledger, { at: again, after, limit: 3 }); one.seen > 0;) {
    seen += one.seen
    after = one.after
    one = await openPeriods(t.ledger, { at: again, after, limit: 3 })
  }
  expect(seen).toBe(all.seen)
})

test('the cap of a period is the plan version in force when it begins, whoever opens it and whenever', async () => {
  const plan = `dated_${randomUUID().slice(0, 8)}`
  await t.owner`insert into purser.plan_version values (${plan}, '2026-01-01T00:00:00Z', 100, 'test'), (${plan}, '2028-02-01T00:00:00Z', 200, 'test'),
    (${plan}, '2028-02-15T00:00:00Z', 300, 'test'), (${plan}, '2028-03-01T00:00:01Z', 400, 'test')`
  const capsOf = async (instants: readonly string[]): Promise<Record<string, bigint>> => {
    const account = `acc_${randomUUID().slice(0, 8)}`
    await ensureAccount(t.ledger, { id: account, plan, timeZone: 'UTC' })
    const [budget] = await t.owner<{ id: number }[]>`select id from purser.budget where account = ${account}`
    for (const at of instants) await periodAt(budget?.id ?? 0, at)
    const rows = await t.owner<
      { period: string; cap: bigint }[]
    >`select p.period, v.cap from purser.budget_period p join purser.balance v on v.budget_period_id = p.id
      where p.budget_id = ${budget?.id ?? 0} and p.period like '2028%' order by 1`
    return Object.fromEntries(rows.map((row) => [row.period, row.cap]))
  }
  const expected = { '2028-01': 100n, '2028-02': 200n, '2028-03': 300n, '2028-04': 400n }
  expect(await capsOf(['2028-01-01T00:00:00Z', '2028-02-01T00:00:00Z', '2028-03-01T00:00:00Z', '2028-04-01T00:00:00Z'])).toEqual(expected)
  expect(await capsOf(['2028-04-30T23:59:59Z', '2028-03-31T23:59:59Z', '2028-02-29T23:59:59Z', '2028-01-31T23:59:59Z'])).toEqual(expected)
})

test('an account that is made in mid-month has the plan version of that day', async () => {
  const plan = `new_${randomUUID().slice(0, 8)}`
  await t.owner`insert into purser.plan_version values (${plan}, clock_timestamp() - interval '1 second', ${eur('0.07')}, 'test')`
  const made = await ensureAccount(t.ledger, { id: `acc_${randomUUID().slice(0, 8)}`, plan, timeZone: 'Europe/Berlin' })
  expect(made.budgets).toMatchObject([{ cap: eur('0.07') }])
})

test.for(PATHS)(
  'money that is held over the end of its period is settled on the period it was reserved in, on the %s path',
  async (path) => {
    const on = ledgers[path]
    const account = await on.accountWith({ cap: '0.10' })
    const call = on.call(account)
    const go = await call.sent()
    // The month is over: its end is now in the past, and the next one is open.
    await on.changing(
      (tx) =>
        tx`update purser.budget_period set period = '1999-12', starts_at = '1999-12-01', ends_at = '2000-01-01' where id = any (${go.budgetPeriods as number[]})`,
    )
    const next = on.call(account)
    const other = await next.sent({ amount: eur('0.10') })
    expect(other.budgetPeriods).not.toEqual(go.budgetPeriods)
    await call.settle(go, eur('0.02'))
    const rows = await on.owner`select v.reserved, v.spent from purser.budget_period p join purser.balance v on v.budget_period_id = p.id
    join purser.budget b on b.id = p.budget_id where b.account = ${account} order by p.starts_at`
    expect(rows).toEqual([
      { reserved: 0n, spent: eur('0.02') },
      { reserved: eur('0.10'), spent: 0n },
    ])
  },
)
