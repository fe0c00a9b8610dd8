import { afterAll, expect, test } from 'vitest'
import { hearEvents } from '../../src/alerts/watcher.ts'
import { eur } from '../../src/domain/money.ts'
import { openTestLedger } from '../support/ledger.ts'
import { until } from '../support/until.ts'
import { objects, purser } from './purser.ts'

const t = await openTestLedger()
const env = { DATABASE_URL: t.url }
afterAll(async () => {
  await t.audited()
  await t.drop()
})
const run = (...args: string[]) => purser(args, env)

test('alerts are listed and shown in words, acknowledged and resolved with a reason', async () => {
  const account = await t.accountWith({ cap: '1.00', timeZone: 'UTC' })
  const call = t.call(account)
  await call.settle(await call.sent({ amount: eur('0.60') }), eur('0.60'))
  expect(await run('alerts', 'list')).toEqual({ code: 0, stdout: '', stderr: 'no such alerts\n' })
  const listed = await until('it is told', async () => {
    await hearEvents(t.ledger)
    const { stdout } = await run('alerts', 'list')
    return stdout.includes('50 %') && stdout
  })
  expect(listed).toMatch(
    /^id +action +state +since +times +what\n *1 +warn +open +\d{4}-\d\d-\d\d \d\d:\d\d UTC +1 +Budget ".*" \(\d{4}-\d\d\): 50 % is spent, 0\.6000 EUR of 1\.000 EUR, at .*\.\n$/,
  )
  const shown = await run('alerts', 'show', '1')
  expect(shown.stdout).toContain('What to do: look who spends it')
  expect(shown.stdout).toContain('Alert 1, rule budget_threshold (warn): open; since ')
  expect(shown.stdout).toContain('"cap_eur": "1.000000000"')
  expect(await run('alerts', 'ack', '1', '--why', 'I look')).toEqual({ code: 0, stdout: '', stderr: '  ✔ alert 1 is acknowledged\n' })
  expect(await run('alerts', 'resolve', 'alr_1', '--why', 'meant')).toEqual({ code: 0, stdout: '', stderr: '  ✔ alert 1 is resolved\n' })
  expect((await run('alerts', 'resolve', '1', '--why', 'meant')).stderr).toBe('  ✔ alert 1 was resolved before: no effect\n')
  const [all] = objects((await run('alerts', 'list', '--state', 'all', '--account', account, '--json')).stdout)
  expect(all).toMatchObject({ alertId: 1, state: 'resolved', resolvedWhy: 'meant', resolvedBy: expect.stringMatching(/^cli:/) })
  expect((await run('alerts', 'show', '1')).stdout).toMatch(/\nAcknowledged .* UTC by cli:\S+: I look\nResolved .* UTC by cli:\S+: meant\n/)
})

test('rules are listed and set', async () => {
  const listed = await run('alert-rules', 'list')
  expect(listed.stdout).toMatch(/\nhourly_spend +hourly_spend +100\.00 EUR +all +warn +on\n/)
  expect(listed.stdout).toMatch(/\nspend_rate +spend_rate +2\.00 times and 1\.000 EUR +all +investigate +3600 s +on\n/)
  expect(
    await run('alert-rules', 'set', 'chat', '--kind', 'daily_spend', '--amount', '20', '--scope', 'feature=chat', '--action', 'stop'),
  ).toEqual({
    code: 0,
    stdout: '',
    stderr: '  ✔ rule chat is now daily_spend 20.00 EUR of feature=chat: stop, on\n',
  })
  expect((await run('alert-rules', 'set', 'chat', '--off')).stderr).toBe(
    '  ✔ rule chat is now daily_spend 20.00 EUR of feature=chat: stop, off\n',
  )
  expect((await run('alert-rules', 'set', 'chat', '--off')).stderr).toBe('  ✔ rule chat was so before: no effect\n')
  const [chat] = objects((await run('alert-rules', 'list', '--after', 'budget_threshold', '--limit', '1', '--json')).stdout)
  expect(chat).toMatchObject({ name: 'chat', amountEur: '20.000000000', enabled: false })
})

test.for([
  [['alerts', 'show', '9'], 'there is no alert 9: `purser alerts list --state all` has them [not_found]'],
  [['alerts', 'ack', 'x', '--why', 'y'], '"x" is no id of an alert: `purser alerts list` has them [bad_input]'],
  [['alerts', 'list', '--state', 'odd'], '--state odd: write open, acknowledged, resolved, unresolved, all [bad_input]'],
  [['alert-rules', 'set', 'x', '--on', '--off'], 'say either --on or --off [bad_input]'],
  [
    ['alert-rules', 'set', 'nobody', '--on'],
    'there is no alert rule "nobody": a new one says its kind, what is too much, and an action [not_found]',
  ],
  [['alert-rules', 'set', 'hourly_spend', '--percent', 'half'], 'this is no alert rule [bad_input]:\n  percent: write a whole number'],
] as const)('%j: exit code 2, one message that names it', async ([args, message]) => {
  expect(await run(...args)).toEqual({ code: 2, stdout: '', stderr: `✖ ${message}\n` })
})
