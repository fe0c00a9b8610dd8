import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, expect, test } from 'vitest'
import { startWatcher } from '../../src/alerts/watcher.ts'
import { trackUsages } from '../../src/calls/track-usage.ts'
import { eur, nano } from '../../src/domain/money.ts'
import { findRequest } from '../../src/insight/requests.ts'
import { setAlertRule } from '../../src/ledger/alert-rules.ts'
import { listAlerts, NEWEST_ALERT, type Alert } from '../../src/ledger/alerts.ts'
import { takeWatch } from '../../src/ledger/watch.ts'
import type { Running } from '../../src/until-stopped.ts'
import { openTestLedger } from '../support/ledger.ts'
import { until } from '../support/until.ts'

const t = await openTestLedger()
const watchers: Running[] = []
afterEach(() => Promise.all(watchers.splice(0).map((watcher) => watcher.stop())))
afterAll(async () => {
  await t.audited()
  await t.drop()
})

function watch(): string[] {
  const troubles: string[] = []
  watchers.push(
    startWatcher({
      sql: t.ledger.sql,
      timeZone: 'UTC',
      measureEveryMs: 200,
      warn: (what, error) => troubles.push(`${what}: ${String(error)}`),
    }),
  )
  return troubles
}
const alertsOf = (account: string): Promise<Alert[]> => listAlerts(t.ledger, { account, before: NEWEST_ALERT, limit: 100 })

async function spend(account: string, cost: string): Promise<string> {
  const call = t.call(account, { feature: 'chat' })
  const go = await call.sent({ amount: eur(cost) })
  await call.settle(go, eur(cost))
  return go.reservationId
}

test('of several watchers one watches, and another goes on when it is gone', async () => {
  const account = await t.accountWith({ cap: '100.00' })
  const troubles = [watch(), watch(), watch()]
  await spend(account, '0.50')
  await until('somebody watches', async () => (await t.owner`select from purser.watch where holder is not null`).length === 1)
  const [row] = await t.owner<{ holder: string }[]>`select holder from purser.watch`
  await sleep(1_500)
  expect(await t.owner`select holder from purser.watch`).toEqual([row])
  expect(await takeWatch(t.ledger, '00000000-0000-4000-8000-000000000001', 10_000)).toMatchObject({ isMine: false })
  await Promise.all(watchers.splice(0).map((watcher) => watcher.stop()))
  expect(await t.owner`select holder from purser.watch`).toEqual([{ holder: null }])
  expect(troubles).toEqual([[], [], []])
})

test('a request that costs as much as the rule says is marked, whoever commits late; an hour of one model is one alert', async () => {
  const account = await t.accountWith({ cap: '100.00' })
  const troubles = watch()
  const [dear, alsoDear, cheap] = [await spend(account, '1.00'), await spend(account, '2.50'), await spend(account, '0.99')]
  const marked = async (id: string): Promise<readonly string[]> => (await findRequest(t.ledger, id))?.flags ?? []
  await until('both are marked', async () => (await marked(dear)).length + (await marked(alsoDear)).length === 2)
  expect([await marked(dear), await marked(alsoDear), await marked(cheap)]).toEqual([['rule.single_request'], ['rule.single_request'], []])
  const [alert, ...others] = (await alertsOf(account)).filter(({ kind }) => kind === 'single_request')
  expect(others).toEqual([])
  expect(alert).toMatchObject({ action: 'flag', state: 'open', times: 2, scope: { account, model: 'penny-model' } })
  expect(alert?.text).toMatch(
    /^One request cost 1\.000 EUR: rsv_\w+ of penny-model, account \S+, feature chat, at .*; the rule "single_request" says 1\.000 EUR\.\nWhat to do: /,
  )
  expect(troubles).toEqual([])
})

test('a usage that was tracked is marked, too', async () => {
  const account = await t.accountWith({ cap: '100.00' })
  await setAlertRule(t.ledger, { name: 'small', kind: 'single_request', amount: nano(1n), action: 'flag', scope: { account } })
  const [tracked] = await trackUsages(t.ledger, t.ledger, [
    {
      key: account,
      provider: 'test',
      model: 'penny-model',
      endpoint: 'tracked',
      tier: 'standard',
      usage: [{ unit: 'output_text_tokens', quantity: 1_000_000 }],
      scope: { account },
      at: new Date(),
    },
  ])
  watch()
  const id = tracked !== undefined && 'requestId' in tracked ? tracked.requestId : ''
  await until('it is marked', async () => ((await findRequest(t.ledger, id))?.flags ?? []).includes('rule.small'))
  expect((await alertsOf(account))[0]?.text).toContain(`trk_${id.replaceAll('-', '')} of penny-model, account ${account}, `)
})

test('an entry that commits behind later ones is looked at all the same', async () => {
  const account = await t.accountWith({ cap: '100.00' })
  const late = t.call(account, { feature: 'late' })
  const go = await late.sent({ amount: eur('3.00') })
  watch()
  const held = Promise.withResolvers<void>()
  // Its entry has a number already, and nobody sees it yet.
  const waiting = t.owner.begin(async (tx) => {
    await tx`select nextval(pg_get_serial_sequence('purser.entry', 'id'))`
    await tx`select pg_current_xact_id()`
    await held.promise
  })
  await spend(account, '0.10')
  await sleep(700)
  const [before] = await t.owner<
    { done: bigint; last: bigint }[]
  >`select entry_done as done, (select max(id) from purser.entry) as last from purser.watch`
  expect((before?.done ?? 0n) < (before?.last ?? 0n)).toBe(true)
  await late.settle(go, eur('3.00'))
  held.resolve()
  await waiting
  await until('it is marked', async () => ((await findRequest(t.ledger, go.reservationId))?.flags ?? []).includes('rule.single_request'))
})

test('what an hour spends is measured, and told', async () => {
  await setAlertRule(t.ledger, { name: 'zz-hour', kind: 'hourly_spend', amount: eur('0.10') })
  const troubles = watch()
  const found = (): Promise<Alert | undefined> =>
    listAlerts(t.ledger, { before: NEWEST_ALERT, limit: 100 }).then((all) => all.find(({ rule }) => rule === 'zz-hour'))
  await until('the hour is told', async () => (await found()) !== undefined)
  expect((await found())?.text).toMatch(
    /^Spending this hour: \d+\.\d+ EUR since \d\d:00 \(UTC, \d{4}-\d\d-\d\d\); the rule "zz-hour" says 0\.1000 EUR an hour\.\nWhat to do: /,
  )
  expect(troubles).toEqual([])
})
