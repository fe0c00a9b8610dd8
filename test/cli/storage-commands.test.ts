import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { stopViolators } from '../../src/ledger/models.ts'
import { addOutboxConsumer } from '../../src/ledger/outbox.ts'
import { tellStaleRate } from '../../src/prices/rates.ts'
import { openTestLedger } from '../support/ledger.ts'
import { ago, sealedAhead } from '../support/past.ts'
import { purser } from './purser.ts'

const t = await openTestLedger()
afterAll(async () => {
  await t.audited()
  await t.drop()
})

const OLD = ago(4).name
const run = (...args: string[]) => purser(args, { DATABASE_URL: t.url })
const drop = (...args: string[]) => run('months', 'drop', '--month', ...args)
const VOUCHED = ['--bill-reconciled']

const account = await t.accountWith({ cap: '1.00' })
const call = t.call(account, {}, ago(4).at)
const sent = await call.sent()
await sealedAhead(t)

test.for([
  ['a month that is none', ['2026-13'], 'this is no month [bad_input]:\n  month: write a month like 2026-11'],
  ['a month before all months', ['2019-12'], 'this is no month [bad_input]:\n  month: is before 2020-01'],
  ['a month without calls', ['2020-02', '--dry-run'], 'there are no calls of 2020-02: `purser months list` shows the months [not_found]'],
  ['no reason', [OLD, ...VOUCHED], 'say why it may go: --why TEXT [bad_input]'],
  [
    'a month with an open attempt',
    [OLD, '--why', 'old', ...VOUCHED],
    `${OLD} cannot be dropped: 1 of its attempts are still open: their money is not spent, and not free [conflict]`,
  ],
] as const)('%s: exit code 2, one message that names it', async ([, args, message]) => {
  const ended = await drop(...args)
  expect(ended).toMatchObject({ code: 2, stdout: '' })
  expect(ended.stderr.replace(/^✖ /, '').trimEnd()).toEqual(message)
})

test('what stands in the way is listed without anything being done', async () => {
  const [blocked, json] = await Promise.all([drop(OLD, '--dry-run'), drop(OLD, '--dry-run', '--json')])
  expect(blocked).toEqual({
    code: 1,
    stdout: `${OLD} cannot be dropped:\n  1 of its attempts are still open: their money is not spent, and not free\n`,
    stderr: expect.stringMatching(/! no approved bill: test \d{4}-\d\d-\d\d\n$/),
  })
  expect(JSON.parse(json.stdout)).toMatchObject({
    month: OLD,
    state: 'kept',
    attempts: 1,
    obstacles: [expect.stringContaining('still open')],
  })
  await call.settle(sent, eur('0.02'))
  const [free, list] = await Promise.all([drop(OLD, '--dry-run'), run('months', 'list')])
  expect((await drop(OLD, '--why', 'old')).stderr).toMatch(
    /^✖ calls may be dropped only when the bill of their month is reconciled, and there is no approved bill of test \d{4}-\d\d-\d\d: import and approve it, or say --bill-reconciled if you know that it is \[bad_input\]$/m,
  )
  // A bill that is approved is one that somebody has reconciled.
  await t.owner`
    insert into purser.bill (provider, hash, format, name, currency, time_zone, from_day, to_day, lines, pico_usd, imported_by, state)
      select 'test', 'a hash', 'csv', 'bill.csv', 'USD', 'UTC', d::date - 1, d::date + 1, 1, 0, 'test', 'approved' from (select clock_timestamp() at time zone 'UTC' as d) now`
  expect(await drop(OLD, '--dry-run')).toMatchObject({ code: 0, stderr: '' })
  const could = new RegExp(`^${OLD} could be dropped: 1 attempt, \\d+\\.\\d MB\\n$`)
  expect(free).toEqual({ code: 0, stdout: expect.stringMatching(could), stderr: expect.stringContaining('no approved bill: test') })
  const kept = new RegExp(`^month +calls are +attempts +MB +since +why\\n${OLD} +kept +~`)
  expect(list).toMatchObject({ code: 0, stdout: expect.stringMatching(kept) })
})

test('a month is dropped by its owner, once, and the list says when and why', async () => {
  expect(await drop(OLD, '--why', 'a year is over', ...VOUCHED)).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^1 attempt, \d+\.\d MB\n$/),
    stderr: expect.stringMatching(new RegExp(`✔ ${OLD} is dropped\n$`)),
  })
  const [again, list, json] = await Promise.all([
    drop(OLD, '--why', 'again', ...VOUCHED, '--json'),
    run('months', 'list'),
    run('months', 'list', '--json'),
  ])
  expect(again).toMatchObject({ code: 0, stderr: expect.stringMatching(/was dropped before: no effect\n$/) })
  expect(JSON.parse(again.stdout)).toMatchObject({ state: 'dropped', changed: false, why: 'a year is over' })
  expect(list.stdout).toMatch(new RegExp(`\n${OLD} +dropped +1 +\\d+\\.\\d +\\d{4}-\\d\\d-\\d\\d +a year is over\n`))
  const months = json.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { month: string; state: string })
  expect(months.map(({ month, state }) => `${month} ${state}`)).toEqual(expect.arrayContaining([`${OLD} dropped`, `${ago(0).name} kept`]))
})

test('whoever may only use the ledger drops nothing, and hears whose work it is', async () => {
  const old = t.call(account, {}, ago(3).at)
  await old.settle(await old.sent(), eur('0.02'))
  const [login, password] = [`app_${randomUUID().slice(0, 8)}`, randomUUID()]
  await t.owner.unsafe(`create role ${login} login password '${password}' in role purser_app`)
  try {
    const url = Object.assign(new URL(t.url), { username: login, password }).href
    const args = ['months', 'drop', '--month', ago(3).name, '--why', 'mine', ...VOUCHED]
    expect(await purser(args, { DATABASE_URL: url })).toEqual({
      code: 1,
      stdout: '',
      stderr: "✖ only the ledger's owner may drop months: set DATABASE_URL to the login that runs `purser migrate` [not_permitted]\n",
    })
    expect(await purser(['months', 'drop', '--month', ago(3).name, '--dry-run'], { DATABASE_URL: url })).toMatchObject({ code: 0 })
  } finally {
    await t.owner.unsafe(`drop role ${login}`)
  }
})

test('who reads the outbox is listed with what is unread, and forgotten when it is gone', async () => {
  // From the beginning: of its events alerts are made.
  expect(await run('outbox', 'list')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^consumer .*\nalerts +0 .*UTC\n$/) })
  await addOutboxConsumer(t.ledger, 'mailer', 'start')
  expect((await t.call(account).reserve({ amount: eur('9') })).kind).toBe('refused')
  const listed = await run('outbox', 'list')
  expect(listed).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /^consumer +unread +oldest unread +acknowledged\nalerts +1 .*\nmailer +1 +\d{4}-\d\d-\d\d \d\d:\d\d UTC +\d{4}-.* UTC\n$/,
    ),
  })
  expect(JSON.parse((await run('outbox', 'list', '--json')).stdout.split('\n')[1] ?? '')).toMatchObject({ name: 'mailer', unread: 1 })
  expect(await run('outbox', 'forget', 'mailer')).toEqual({ code: 0, stdout: '', stderr: '  ✔ "mailer" is forgotten\n' })
  expect(await run('outbox', 'forget', 'mailer')).toEqual({
    code: 2,
    stdout: '',
    stderr: '✖ nobody named "mailer" reads the outbox: there are alerts [not_found]\n',
  })
})

test('events are shown in words, the newest first, alarms among them; of one kind, or as JSON', async () => {
  const paying = t.call(await t.accountWith({ cap: '1.00' }))
  const go = await paying.sent()
  const attempt = `rsv_${go.reservationId.replaceAll('-', '')}`
  const response = { ...paying.receipt(go, eur('0.05')).response, tier: 'standard-us' }
  await paying.settle(go, eur('0.05'), { flags: ['other_tier', 'unpriced'], response })
  const poor = await t.accountWith({ cap: '0.95' })
  expect((await t.call(poor).reserve({ amount: eur('9') })).kind).toBe('refused')
  expect(await stopViolators(t.ledger)).toHaveLength(1)
  await tellStaleRate(t.ledger, '2026-10-30')
  const shown = await run('outbox', 'events')
  expect(shown).toMatchObject({ code: 0, stderr: '' })
  const said = [
    ['rate_stale', 'the newest euro rate is of 2026-10-30, so bounds have a higher margin: `purser rates fetch`, or `purser rates set`'],
    [
      'model_stopped',
      `test penny-model is stopped, because ${attempt} cost more than its bound: \`purser models raise penny-model --by PERCENT --why …\``,
    ],
    [
      'unpriced',
      `test penny-model, served as "standard-us", has no price of its own for output_text_tokens in ${attempt}: charged at the dearest known one, which may be too little; \`purser prices import\``,
    ],
    ['bound_violated', `${attempt} of test penny-model cost 0.05000 EUR, more than its bound of 0.03000 EUR; booked in full`],
    ['refused', 'refused a call: it needs 9.000 EUR, 0.9500 are left'],
  ] as const
  for (const [kind, text] of said) expect(shown.stdout.split('\n').find((line) => line.includes(` ${kind} `))).toContain(text)
  const [violated] = (await run('outbox', 'events', '--kind', 'bound_violated', '--json')).stdout.trim().split('\n')
  expect(JSON.parse(violated ?? '')).toMatchObject({
    kind: 'bound_violated',
    account: paying.scope.account,
    details: { attempt, amountEur: '0.030000000', costEur: '0.050000000' },
    text: expect.stringContaining('booked in full'),
  })
  expect(await run('outbox', 'events', '--kind', 'freed')).toMatchObject({
    code: 0,
    stdout: '',
    stderr: expect.stringContaining('no such events'),
  })
})

test.for([
  ['a kind that is none', ['--kind', 'late'], 'there are no events of the kind "late": take one of threshold, refused,'],
  ['a page that is none', ['--limit', '0'], '--limit takes a whole number from 1 to 1000'],
] as const)('%s of events: exit code 2, and what there is', async ([, args, message]) => {
  expect(await run('outbox', 'events', ...args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) })
})
