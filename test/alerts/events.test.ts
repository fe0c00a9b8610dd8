import { randomUUID } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { hearEvents } from '../../src/alerts/watcher.ts'
import { eur } from '../../src/domain/money.ts'
import { findRequest } from '../../src/insight/requests.ts'
import { acknowledgeAlert, findAlert, listAlerts, NEWEST_ALERT, resolveAlert, type Alert } from '../../src/ledger/alerts.ts'
import { changeCap, createBudget, showBudget, updateBudget, type NewBudget } from '../../src/ledger/budgets.ts'
import { setAlertRule } from '../../src/ledger/alert-rules.ts'
import { stopViolators } from '../../src/ledger/models.ts'
import { endAlerts } from '../../src/ledger/watch.ts'
import { listStops, resumeScope } from '../../src/ledger/stop.ts'
import { cents } from '../support/flights.ts'
import { openTestLedger, times } from '../support/ledger.ts'
import { until } from '../support/until.ts'

const t = await openTestLedger()
afterAll(async () => {
  await t.audited()
  await t.drop()
})

async function budget(over: Partial<NewBudget> = {}): Promise<{ id: number; account: string; name: string }> {
  const account = await t.accountWith({ cap: '100.00' })
  const name = `budget ${randomUUID().slice(0, 8)}`
  const terms = { isHard: true, periodKind: 'month', timeZone: 'UTC', cap: eur('1.00'), thresholds: [50, 80, 95, 100], ...over } as const
  const { budgetId } = await createBudget(t.ledger, { name, scope: { account }, ...terms })
  return { id: budgetId, account, name }
}
async function spend(account: string, cost: number, amount = cost): Promise<void> {
  const call = t.call(account)
  await call.settle(await call.sent({ amount: cents(amount) }), cents(cost))
}

/** When everything that has happened so far was heard. */
async function heard(): Promise<void> {
  await until('everything is heard', async () => {
    await hearEvents(t.ledger)
    const [row] = await t.owner<{ unread: number }[]>`
      select count(*)::int as unread from purser.outbox o, purser.outbox_consumer c where c.name = 'alerts' and (o.xid, o.id) > (c.xid, c.id)`
    return row?.unread === 0
  })
}
const alertsOf = async (account: string): Promise<Alert[]> =>
  (await listAlerts(t.ledger, { account, before: NEWEST_ALERT, limit: 100 })).toReversed()
const noticesOf = (account: string) =>
  t.owner<{ type: string; text: string; percent: number | null }[]>`
    select type, text, (data -> 'evidence' ->> 'percent')::int as percent from purser.notice where account = ${account} order by id`

describe('thresholds', () => {
  test('each one is told once a period, and the highest has the one unresolved alert', async () => {
    const { account, name, id } = await budget()
    for (const cost of [49, 1, 20, 10, 15, 5]) await spend(account, cost)
    await heard()
    expect((await noticesOf(account)).map(({ type, percent }) => [type, percent])).toEqual([
      ['budget.threshold', 50],
      ['budget.threshold', 80],
      ['budget.threshold', 95],
      ['budget.threshold', 100],
    ])
    expect((await alertsOf(account)).map(({ action, state }) => [action, state])).toEqual([
      ['warn', 'resolved'],
      ['warn', 'resolved'],
      ['warn', 'resolved'],
      ['alert', 'open'],
    ])
    const [first] = await noticesOf(account)
    expect(first?.text).toMatch(
      new RegExp(`^Budget "${name}" \\(\\d{4}-\\d{2}\\): 50 % is spent, 0\\.5000 of 1\\.000 EUR`.replace(' of', ' EUR of')),
    )
    const month = /\((\d{4}-\d{2})\)/.exec(first?.text ?? '')?.[1]
    expect(first?.text).toContain(`What to do: look who spends it (purser report --by feature --month ${month}, purser budget show ${id})`)
  })

  test('many watchers at once tell no more than one', async () => {
    const { account } = await budget()
    await Promise.all(times(20, () => spend(account, 5)))
    await Promise.all(times(8, () => heard()))
    expect((await noticesOf(account)).map(({ percent }) => percent).toSorted((a, b) => (a ?? 0) - (b ?? 0))).toEqual([50, 80, 95, 100])
  })

  test('a watcher that dies before its commit has told nothing, and the next one tells it', async () => {
    const { account } = await budget()
    await spend(account, 60)
    await heardAndTakenBack()
    expect(await noticesOf(account)).toHaveLength(0)
    await heard()
    expect(await noticesOf(account)).toHaveLength(1)
  })

  test('a threshold that is asked for when more is spent already is told, and the higher one stays', async () => {
    const { account, id } = await budget({ thresholds: [80] })
    await spend(account, 85)
    await heard()
    const { revision } = await showBudget(t.ledger, { id })
    await updateBudget(t.ledger, { id, revision, thresholds: [50, 80], reason: 'half, too' })
    await heard()
    expect((await noticesOf(account)).map(({ percent }) => percent)).toEqual([80, 50])
    expect((await alertsOf(account)).map(({ evidence, state }) => [evidence['percent'], state])).toEqual([
      [80, 'open'],
      [50, 'resolved'],
    ])
  })

  test('a plan’s new budgets have 50, 80, 95 and 100, and so do those of the short form', async () => {
    const account = await t.accountWith({ cap: '1.00' })
    await spend(account, 100)
    await heard()
    expect((await noticesOf(account)).map(({ percent }) => percent)).toEqual([50, 80, 95, 100])
  })
})

/** As a watcher does that is ended in the middle. */
async function heardAndTakenBack(): Promise<void> {
  const events = await until('there is something to hear', async () => {
    const [row] = await t.owner<{ events: { position: string }[] }[]>`select purser.read_outbox('alerts', 100) as events`
    return (row?.events.length ?? 0) > 0 && row?.events
  })
  await t.owner
    .begin(async (tx) => {
      await tx`select purser.alert_on_events(${tx.json(events.map(({ position }) => ({ position, text: 'x' })))})`
      throw new Error('ended')
    })
    .catch(() => undefined)
}

test('an answer above its bound is told, its model’s stop, too, and a rule that flags marks the call', async () => {
  const account = await t.accountWith({ cap: '100.00' })
  await setAlertRule(t.ledger, { name: 'bound_violated', action: 'flag' })
  const call = t.call(account)
  const go = await call.sent({ amount: cents(1) })
  await call.settle(go, cents(3))
  const [stopped] = await stopViolators(t.ledger)
  await heard()
  const found = (await listAlerts(t.ledger, { state: 'open', before: NEWEST_ALERT, limit: 100 })).filter(({ kind }) =>
    ['bound_violated', 'model_stopped'].includes(kind),
  )
  expect(found.map(({ kind, action, scope }) => [kind, action, scope])).toEqual([
    ['model_stopped', 'alert', { provider: 'test', model: 'penny-model' }],
    ['bound_violated', 'flag', { provider: 'test', model: 'penny-model' }],
  ])
  expect((await findRequest(t.ledger, go.reservationId))?.flags).toEqual(['rule.bound_violated'])
  expect(found[0]?.text).toContain('`purser models raise penny-model --by PERCENT --why …`')
  expect(stopped).toMatchObject({ model: 'penny-model' })
  // While it is stopped, its alert stays, however long ago it was; of what only happened, a day and a half is enough.
  await t.owner`update purser.alert set last_at = last_at - interval '40 hours'`
  await endAlerts(t.ledger, 100)
  const stateOf = async (id: number | undefined) => (await findAlert(t.ledger, id ?? 0))?.state
  expect([await stateOf(found[0]?.alertId), await stateOf(found[1]?.alertId)]).toEqual(['open', 'resolved'])
  await resumeScope(t.ledger, { provider: 'test', model: 'penny-model' }, 'raised')
  await endAlerts(t.ledger, 100)
  expect(await stateOf(found[0]?.alertId)).toBe('resolved')
})

describe('what comes of an alert', () => {
  test('refusals of a day are one alert that counts them; it is over when what was refused would fit', async () => {
    const { account, id } = await budget()
    await spend(account, 40)
    for (const needed of [70, 80, 90]) expect((await t.call(account).reserve({ amount: cents(needed) })).kind).toBe('refused')
    await heard()
    const [refused] = await alertsOf(account)
    expect(refused).toMatchObject({ kind: 'budget_refused', state: 'open', times: 3, account })
    await changeCap(t.ledger, { of: { id }, change: eur('1.00'), key: randomUUID(), reason: 'more' })
    await heard()
    expect((await alertsOf(account))[0]).toMatchObject({
      state: 'resolved',
      resolvedBy: 'auto',
      resolvedWhy: 'what was refused would fit now',
    })
    expect((await noticesOf(account)).map(({ type }) => type)).toEqual(['budget.refused', 'alert.resolved'])
  })

  test('who acknowledges it silences it, who resolves it ends it, and both are told once', async () => {
    const { account } = await budget({ thresholds: [] })
    await spend(account, 60, 60)
    await changeCut(account)
    await heard()
    const [alert] = await alertsOf(account)
    expect(alert).toMatchObject({ kind: 'budget_overrun', action: 'alert', state: 'open' })
    const word = { id: alert?.alertId ?? 0, by: 'cli:ada', why: 'I look' }
    expect(await acknowledgeAlert(t.ledger, word)).toMatchObject({ changed: true, state: 'acknowledged', acknowledgedBy: 'cli:ada' })
    expect(await acknowledgeAlert(t.ledger, word)).toMatchObject({ changed: false })
    await changeCut(account)
    await heard()
    expect((await alertsOf(account))[0]).toMatchObject({ state: 'acknowledged', times: 2 })
    expect(await resolveAlert(t.ledger, { ...word, why: 'it was meant' })).toMatchObject({
      changed: true,
      state: 'resolved',
      resolvedBy: 'cli:ada',
    })
    expect(await resolveAlert(t.ledger, word)).toMatchObject({ changed: false, resolvedWhy: 'it was meant' })
    expect((await noticesOf(account)).map(({ type }) => type)).toEqual(['budget.overrun', 'alert.acknowledged', 'alert.resolved'])
    await expect(acknowledgeAlert(t.ledger, { ...word, id: 999_999 })).rejects.toMatchObject({ code: 'not_found' })
  })

  test('a rule that stops suspends the budget’s scope until a person lifts it, and says how', async () => {
    const { account } = await budget()
    const rule = `stop-${randomUUID().slice(0, 8)}`
    await setAlertRule(t.ledger, { name: rule, kind: 'budget_threshold', percent: 80, action: 'stop', scope: { account } })
    await spend(account, 80)
    await heard()
    const stopped = (await alertsOf(account)).find((one) => one.rule === rule)
    expect(stopped?.text).toContain(
      `Stopped: nothing of account=${account} is reserved or sent any more, until a person lifts it: purser resume --scope account=${account} --reason …`,
    )
    expect(await listStops(t.ledger, { account, after: 0, limit: 9 })).toMatchObject([
      { stopId: stopped?.stopId, reason: `alert rule "${rule}"` },
    ])
    expect((await t.call(account).reserve({ amount: cents(1) })).kind).toBe('stopped')
    await resumeScope(t.ledger, { account }, 'looked at')
    expect((await t.call(account).reserve({ amount: cents(1) })).kind).toBe('reserved')
  })

  test('a rule that is switched off says nothing, and one of another scope neither', async () => {
    const [{ account }, other] = [await budget(), await budget()]
    const name = `only-${randomUUID().slice(0, 8)}`
    await setAlertRule(t.ledger, { name, kind: 'budget_threshold', scope: { account: other.account } })
    await setAlertRule(t.ledger, { name: 'budget_threshold', enabled: false })
    await spend(account, 100)
    await spend(other.account, 50)
    await heard()
    await setAlertRule(t.ledger, { name: 'budget_threshold', enabled: true })
    expect(await alertsOf(account)).toEqual([])
    expect((await alertsOf(other.account)).map(({ rule }) => rule)).toEqual([name])
  })
})

async function changeCut(account: string): Promise<void> {
  const [row] = await t.owner<{ id: number }[]>`select id from purser.budget where account = ${account} and plan is null`
  await changeCap(t.ledger, { of: { id: row?.id ?? 0 }, change: eur('-0.45'), key: randomUUID(), reason: 'less' })
}
