import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { trackUsages } from '../../src/calls/track-usage.ts'
import { measureAll } from '../../src/alerts/watcher.ts'
import type { PurserError } from '../../src/domain/errors.ts'
import { eur, exactEur, nano, shortEur, type Nano } from '../../src/domain/money.ts'
import { medianOf } from '../../src/insight/median.ts'
import { windowAt } from '../../src/insight/spent-hours.ts'
import { changeCap, createBudget } from '../../src/ledger/budgets.ts'
import { listAlertRules, setAlertRule, type AlertRuleWord } from '../../src/ledger/alert-rules.ts'
import { listAlerts, NEWEST_ALERT, resolveAlert, type Alert } from '../../src/ledger/alerts.ts'
import { listStops } from '../../src/ledger/stop.ts'
import { openTestLedger, times } from '../support/ledger.ts'

const t = await openTestLedger()
afterAll(async () => {
  await t.audited()
  await t.drop()
})
// Only what a test asks for is measured.
beforeAll(async () => {
  for (const { name } of await listAlertRules(t.ledger, { after: '', limit: 1000 })) await setAlertRule(t.ledger, { name, enabled: false })
  await spent(await t.accountWith({ cap: '1.00' }), 1, AFTERNOON)
})

const HOUR_MS = 3_600_000
const WEEK_MS = 7 * 24 * HOUR_MS
/** Yesterday at half past two in the afternoon: everything up to then has happened. */
const AFTERNOON = new Date(Math.floor(Date.now() / (24 * HOUR_MS)) * 24 * HOUR_MS - 9.5 * HOUR_MS)
const before = (ms: number, at = AFTERNOON): Date => new Date(at.getTime() - ms)

/** So many usages of the same cost, at a moment. */
async function spent(
  account: string,
  count: number,
  at: Date,
  scope: { readonly feature?: string; readonly user?: string } = {},
): Promise<void> {
  const [first] = await trackUsages(
    t.ledger,
    t.ledger,
    times(count, () => ({
      key: randomUUID(),
      provider: 'test',
      model: 'penny-model',
      endpoint: 'tracked',
      tier: 'standard',
      usage: [{ unit: 'output_text_tokens', quantity: 1_000_000_000 }],
      at,
      scope: { account, ...scope },
    })),
  )
  unit = first !== undefined && 'cost' in first ? first.cost : unit
}
let unit = 0n

async function rule(over: Omit<AlertRuleWord, 'name'>): Promise<string> {
  const name = `rule-${randomUUID().slice(0, 8)}`
  await setAlertRule(t.ledger, { name, ...over })
  return name
}
async function measure(now: Date, timeZone = 'UTC'): Promise<void> {
  const troubles: string[] = []
  await measureAll({ sql: t.ledger.sql, timeZone, normals: new Map(), hourly: new Map(), now }, (what, error) =>
    troubles.push(`${what}: ${String(error)}`),
  )
  expect(troubles).toEqual([])
}
const alertsOf = async (name: string): Promise<Alert[]> =>
  (await listAlerts(t.ledger, { before: NEWEST_ALERT, limit: 1000 })).filter((one) => one.rule === name).toReversed()
/** What so many usages cost. */
const units = (n: number): Nano => nano(BigInt(n) * unit)

describe('an hour', () => {
  test('above its rule is one alert, also when it is measured again; what goes on is the same one; it is over when an hour was below', async () => {
    const account = await t.accountWith({ cap: '100.00' })
    const name = await rule({ kind: 'hourly_spend', amount: units(3), scope: { account } })
    await spent(account, 2, AFTERNOON)
    await measure(AFTERNOON)
    expect(await alertsOf(name)).toEqual([])
    await spent(account, 1, AFTERNOON)
    for (let n = 0; n < 3; n += 1) await measure(AFTERNOON)
    expect(await alertsOf(name)).toMatchObject([
      { state: 'open', action: 'warn', times: 1, evidence: { spent_eur: exactEur(units(3)), limit_eur: exactEur(units(3)) } },
    ])
    const next = new Date(AFTERNOON.getTime() + HOUR_MS)
    await measure(next)
    expect(await alertsOf(name)).toMatchObject([{ state: 'open', times: 1 }])
    await spent(account, 4, next)
    await measure(next)
    expect(await alertsOf(name)).toMatchObject([{ state: 'open', times: 2 }])
    await measure(new Date(next.getTime() + 2 * HOUR_MS))
    expect(await alertsOf(name)).toMatchObject([
      { state: 'resolved', resolvedBy: 'auto', resolvedWhy: '0 EUR were spent in the last whole hour, 0 EUR so far in this one' },
    ])
    expect((await alertsOf(name))[0]?.text).toContain(
      `Spending of account=${account} this hour: ${shortEur(units(3))} EUR since 14:00 (UTC, ${windowAt(AFTERNOON, 'UTC').day}); the rule "${name}" says ${shortEur(units(3))} EUR an hour.`,
    )
  })

  test('that a person has resolved is not told of again; the next one is', async () => {
    const account = await t.accountWith({ cap: '100.00' })
    const name = await rule({ kind: 'hourly_spend', amount: units(1), scope: { account } })
    await spent(account, 1, AFTERNOON)
    await measure(AFTERNOON)
    const [first] = await alertsOf(name)
    await resolveAlert(t.ledger, { id: first?.alertId ?? 0, by: 'cli:ada', why: 'a load test' })
    await measure(AFTERNOON)
    expect(await alertsOf(name)).toMatchObject([{ state: 'resolved' }])
    const next = new Date(AFTERNOON.getTime() + HOUR_MS)
    await spent(account, 1, next)
    await measure(next)
    expect(await alertsOf(name)).toMatchObject([{ state: 'resolved' }, { state: 'open' }])
  })

  test('may stop its scope, once: what a person has lifted stays lifted', async () => {
    const account = await t.accountWith({ cap: '100.00' })
    const name = await rule({ kind: 'hourly_spend', amount: units(1), scope: { account, feature: 'chat' }, action: 'stop' })
    await spent(account, 1, AFTERNOON, { feature: 'chat' })
    await measure(AFTERNOON)
    expect(await listStops(t.ledger, { account, after: 0, limit: 9 })).toMatchObject([
      { scope: { account, feature: 'chat' }, reason: `alert rule "${name}"` },
    ])
    await t.owner`update purser.stop set resumed_at = now(), resumed_why = 'looked at' where scope ->> 'account' = ${account}`
    await measure(AFTERNOON)
    expect(await listStops(t.ledger, { account, after: 0, limit: 9 })).toEqual([])
  })
})

describe('what came above its rule when it was no longer measured', () => {
  test('in an hour is told in the next one, once, and stops nothing', async () => {
    const account = await t.accountWith({ cap: '100.00' })
    const name = await rule({ kind: 'hourly_spend', amount: units(1), scope: { account }, action: 'stop' })
    await spent(account, 1, AFTERNOON)
    const next = new Date(AFTERNOON.getTime() + HOUR_MS)
    for (let n = 0; n < 3; n += 1) await measure(next)
    const [first, ...more] = await alertsOf(name)
    expect([first, more]).toMatchObject([{ action: 'alert', state: 'open', stopId: null }, []])
    expect(first?.text).toContain(`in the hour from 14:00 on: ${shortEur(units(1))} EUR (UTC, `)
    await resolveAlert(t.ledger, { id: first?.alertId ?? 0, by: 'cli:ada', why: 'seen' })
    await measure(next)
    expect(await alertsOf(name)).toHaveLength(1)
  })

  test('is not told again of an hour that an earlier alert has counted', async () => {
    const account = await t.accountWith({ cap: '100.00' })
    const name = await rule({ kind: 'hourly_spend', amount: units(1), scope: { account } })
    const next = new Date(AFTERNOON.getTime() + HOUR_MS)
    for (const at of [AFTERNOON, next]) {
      await spent(account, 1, at)
      await measure(at)
    }
    const [first] = await alertsOf(name)
    await resolveAlert(t.ledger, { id: first?.alertId ?? 0, by: 'cli:ada', why: 'seen' })
    await measure(new Date(next.getTime() + HOUR_MS))
    expect(await alertsOf(name)).toMatchObject([{ times: 2, state: 'resolved' }])
  })

  test('on a day is told in the first hour of the next one', async () => {
    const account = await t.accountWith({ cap: '100.00' })
    const name = await rule({ kind: 'daily_spend', amount: units(1), scope: { account } })
    await spent(account, 1, before(24 * HOUR_MS))
    const midnight = new Date(`${windowAt(AFTERNOON, 'UTC').day}T00:00:00Z`)
    await measure(new Date(midnight.getTime() + HOUR_MS))
    expect(await alertsOf(name)).toEqual([])
    for (let n = 0; n < 3; n += 1) await measure(midnight)
    expect(await alertsOf(name)).toMatchObject([{ state: 'resolved', text: expect.stringContaining('in the day: ') }])
  })
})

test('each day above its rule is an alert of its own', async () => {
  const account = await t.accountWith({ cap: '100.00' })
  const name = await rule({ kind: 'daily_spend', amount: units(2), scope: { account }, action: 'alert' })
  const dayBefore = before(24 * HOUR_MS)
  for (const day of [dayBefore, AFTERNOON]) {
    await spent(account, 1, before(3 * HOUR_MS, day))
    await spent(account, 1, day)
  }
  await measure(dayBefore)
  await measure(AFTERNOON)
  expect(await alertsOf(name)).toMatchObject([
    { state: 'resolved', resolvedWhy: 'another took its place' },
    { state: 'open', action: 'alert' },
  ])
})

describe('the pace of an hour', () => {
  test('above twice what is usual at this hour of the week is investigated: which model, feature and user moved', async () => {
    const account = await t.accountWith({ cap: '100.00' })
    const name = await rule({ kind: 'spend_rate', factor: '2.0', amount: units(1), scope: { account }, action: 'investigate' })
    for (const week of [1, 2, 3]) {
      await spent(account, 4, before(week * WEEK_MS), { feature: 'chat', user: 'ada' })
      // Another hour is no measure of this one.
      await spent(account, 9, before(week * WEEK_MS + HOUR_MS), { feature: 'chat', user: 'ada' })
    }
    await spent(account, 2, AFTERNOON, { feature: 'chat', user: 'ada' })
    await spent(account, 1, AFTERNOON, { feature: 'search', user: 'bob' })
    await measure(AFTERNOON)
    expect(await alertsOf(name)).toEqual([])
    await spent(account, 3, AFTERNOON, { feature: 'search', user: 'bob' })
    await measure(AFTERNOON)
    const [alert, ...others] = await alertsOf(name)
    expect(others).toEqual([])
    // Half of the hour has passed: two of four are usual by now.
    expect(alert).toMatchObject({
      action: 'investigate',
      state: 'open',
      evidence: { spent_eur: exactEur(units(6)), usual_eur: exactEur(units(2)), usual_hour_eur: exactEur(units(4)), weeks: 3 },
    })
    expect(alert?.evidence['movers']).toMatchObject({
      feature: [
        { name: 'search', now_eur: exactEur(units(4)), usual_eur: '0.000000000', more_eur: exactEur(units(4)), share_percent: 100 },
      ],
      user: [{ name: 'bob', now_eur: exactEur(units(4)), usual_eur: '0.000000000', more_eur: exactEur(units(4)), share_percent: 100 }],
      model: [
        {
          name: 'penny-model',
          now_eur: exactEur(units(6)),
          usual_eur: exactEur(units(4)),
          more_eur: exactEur(units(2)),
          share_percent: 100,
        },
      ],
    })
    expect(alert?.text).toContain('3.0 times as much')
    expect(alert?.text).toContain(`feature search (+${shortEur(units(4))} EUR, 100 % of the rise)`)
  })

  test('counts from where the hour begins in its time zone, also where that is half an hour beside UTC', async () => {
    const account = await t.accountWith({ cap: '100.00' })
    const name = await rule({ kind: 'spend_rate', factor: '2.0', amount: units(1), scope: { account }, action: 'warn' })
    const now = before(HOUR_MS / 4)
    for (const week of [1, 2]) await spent(account, 4, before(week * WEEK_MS, now))
    await spent(account, 6, now)
    // 14:15 in UTC is a quarter to eight in the evening there: three of four are usual by now.
    await measure(now, 'Asia/Kolkata')
    expect(await alertsOf(name)).toMatchObject([{ evidence: { usual_eur: exactEur(units(3)), usual_hour_eur: exactEur(units(4)) } }])
  })

  test('says nothing with too little history, and nothing below its floor', async () => {
    const [young, small] = [await t.accountWith({ cap: '100.00' }), await t.accountWith({ cap: '100.00' })]
    const names = [
      await rule({ kind: 'spend_rate', factor: '2.0', amount: units(1), scope: { account: young }, action: 'investigate' }),
      await rule({ kind: 'spend_rate', factor: '2.0', amount: units(9), scope: { account: small }, action: 'investigate' }),
    ]
    await spent(young, 1, before(WEEK_MS))
    for (const week of [1, 2, 3]) await spent(small, 1, before(week * WEEK_MS))
    for (const account of [young, small]) await spent(account, 8, AFTERNOON)
    await measure(AFTERNOON)
    expect(await Promise.all(names.map(alertsOf))).toEqual([[], []])
  })
})

test('a request that is in doubt for too long is told, and over when it has ended', async () => {
  const account = await t.accountWith({ cap: '100.00' })
  const name = await rule({ kind: 'in_doubt', ageS: 600, scope: { account } })
  const call = t.call(account)
  const go = await call.sent({ amount: eur('0.02') })
  await call.inDoubt(go.reservationId, go.token)
  await measure(new Date())
  expect(await alertsOf(name)).toEqual([])
  await t.age(go.reservationId, 700)
  await measure(new Date())
  expect(await alertsOf(name)).toMatchObject([{ state: 'open', evidence: { count: 1, amount_eur: '0.020000000' } }])
  await call.settle(go, eur('0.01'))
  await measure(new Date())
  expect(await alertsOf(name)).toMatchObject([{ state: 'resolved', resolvedWhy: 'none is in doubt for so long any more' }])
})

const codeOf = (word: Omit<AlertRuleWord, 'name'>, name = 'new'): Promise<unknown> =>
  setAlertRule(t.ledger, { name, ...word }).catch((error: unknown) => [(error as PurserError).code, (error as PurserError).message])

/** Whole days before today, the last one first. */
const daysBack = (days: number): Date => new Date(Math.floor(Date.now() / (24 * HOUR_MS)) * 24 * HOUR_MS - (days - 0.5) * 24 * HOUR_MS)

test('spending that grows for weeks is told once, and a budget that will not last with the day on which it ends', async () => {
  const [growing, steady] = [await t.accountWith({ cap: '9.00', timeZone: 'UTC' }), await t.accountWith({ cap: '9.00', timeZone: 'UTC' })]
  for (let day = 1; day <= 28; day += 1) {
    await spent(growing, 3 + Math.round((28 - day) / 2), daysBack(day))
    await spent(steady, 4, daysBack(day))
  }
  await spent(steady, 1, new Date(Date.now() - 1000))
  const trends = await Promise.all(
    [growing, steady].map((account) => rule({ kind: 'spend_trend', percent: 20, amount: units(2), scope: { account } })),
  )
  const [{ already } = { already: 0n }] = await t.owner<{ already: bigint }[]>`
    select v.spent as already from purser.balance v join purser.budget_period p on p.id = v.budget_period_id join purser.budget b on b.id = p.budget_id
     where b.account = ${steady} and p.starts_at <= now() and p.ends_at > now()`
  const scope = { account: steady, endpoint: 'tracked' }
  const terms = { isHard: true, periodKind: 'month', timeZone: 'UTC', thresholds: [] } as const
  const { budgetId } = await createBudget(t.ledger, { ...terms, name: `of ${steady}`, scope, cap: nano(already + 1n) })
  const forecasts = await rule({ kind: 'budget_forecast', scope: { account: steady } })
  for (let n = 0; n < 2; n += 1) await measure(new Date())
  const [grown] = trends
  expect(await alertsOf(grown ?? '')).toMatchObject([{ state: 'open', times: 1, evidence: { days: 28 } }])
  expect((await alertsOf(grown ?? ''))[0]?.text).toMatch(
    /^Spending of account=\S+ grows: a day costs 0\.\d+ EUR more than 28 days ago, \d+ % of a usual day; the rule "\S+" says 20 %\.\n/,
  )
  expect(await alertsOf(trends[1] ?? '')).toEqual([])
  // The plan's budget lasts.
  const [short, ...others] = await alertsOf(forecasts)
  expect(others).toEqual([])
  expect(short).toMatchObject({ state: 'open', budget: { budgetId, name: `of ${steady}` }, scope })
  expect(short?.text).toMatch(
    /^Budget "of \S+" \(\d{4}-\d\d\) will not last: .* EUR are expected by its end, its cap reached about .* UTC; .*\nWhat to do: purser budget forecast \d+; /,
  )
  await changeCap(t.ledger, { of: { id: budgetId }, change: eur('5'), key: randomUUID(), reason: 'more' })
  await measure(new Date())
  expect(await alertsOf(forecasts)).toMatchObject([{ state: 'resolved', resolvedBy: 'auto' }])
})

describe('a rule', () => {
  test('says what belongs to its kind, and does what its kind can', async () => {
    expect(await codeOf({ kind: 'hourly_spend' })).toEqual([
      'bad_input',
      'a rule of the kind hourly_spend says an amount, and nothing else of what is too much',
    ])
    expect(await codeOf({ kind: 'in_doubt', ageS: 600, factor: '2' })).toMatchObject(['bad_input', expect.any(String)])
    expect(await codeOf({ kind: 'rate_stale', action: 'stop' })).toMatchObject(['bad_input', expect.any(String)])
    expect(await codeOf({ action: 'warn' })).toMatchObject(['not_found', expect.any(String)])
    expect(await codeOf({ kind: 'daily_spend' }, 'hourly_spend')).toMatchObject(['conflict', expect.any(String)])
    expect(await codeOf({ kind: 'unpriced', scope: { account: 'nobody-there' } })).toMatchObject(['unknown_account', expect.any(String)])
    expect(await codeOf({ kind: 'in_doubt', ageS: 5 })).toEqual(['bad_input', 'a figure of this rule is out of its range (alert_rule_age)'])
  })

  test('keeps what is left out', async () => {
    const name = await rule({ kind: 'hourly_spend', amount: units(7), cooldownS: 60 })
    expect(await setAlertRule(t.ledger, { name, action: 'alert' })).toMatchObject({
      amount: units(7),
      cooldownS: 60,
      action: 'alert',
      enabled: true,
      changed: true,
    })
    expect(await setAlertRule(t.ledger, { name, action: 'alert' })).toMatchObject({ changed: false })
    await setAlertRule(t.ledger, { name, enabled: false })
  })

  test('defaults are those that are promised', async () => {
    const all = new Map((await listAlertRules(t.ledger, { after: '', limit: 1000 })).map((one) => [one.name, one]))
    expect(all.get('hourly_spend')).toMatchObject({ amount: eur('100'), action: 'warn' })
    expect(all.get('daily_spend')).toMatchObject({ amount: eur('500'), action: 'alert' })
    expect(all.get('single_request')).toMatchObject({ amount: eur('1'), action: 'flag' })
    expect(all.get('spend_rate')).toMatchObject({ factor: '2.00', amount: eur('1'), action: 'investigate' })
  })
})

test('the median is the middle one, or the mean of two', () => {
  expect([medianOf([]), medianOf([units(3)]), medianOf([units(9), units(1)]), medianOf([units(9), units(1), units(2)])]).toEqual([
    0n,
    units(3),
    units(5),
    units(2),
  ])
})

test('an hour is that of the wall’s clock', () => {
  expect(windowAt(new Date('2026-10-25T00:30:00Z'), 'Europe/Berlin')).toEqual({ day: '2026-10-25', hour: 2 })
  expect(windowAt(new Date('2026-10-25T01:30:00Z'), 'Europe/Berlin')).toEqual({ day: '2026-10-25', hour: 2 })
  expect(windowAt(new Date('2026-12-31T23:30:00Z'), 'Europe/Berlin')).toEqual({ day: '2027-01-01', hour: 0 })
})
