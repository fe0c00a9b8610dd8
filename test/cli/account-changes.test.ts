import { afterAll, expect, test } from 'vitest'
import { ensureAccount } from '../../src/ledger/accounts.ts'
import { openTestLedger } from '../support/ledger.ts'
import { objects, purser } from './purser.ts'

const t = await openTestLedger()
const env = { DATABASE_URL: t.url }
afterAll(async () => {
  await t.call(await t.accountWith({ cap: '1.00' })).reserve()
  await t.audited()
  await t.drop()
})

const run = (...args: string[]) => purser(args, env)
const account = async (id: string, plan: string) => (await ensureAccount(t.ledger, { id, plan, timeZone: 'UTC' })).id

test('a plan is changed now or with the next month: what a dry run says is what is done', async () => {
  const id = await account('acme', 'free')
  const up = ['account', 'plan', id, 'paid', '--reason', 'he pays']
  const dry = await run(...up, '--dry-run')
  expect(dry).toMatchObject({ code: 0, stderr: '  ! a dry run: nothing is changed\n  refused: calls that may cost more than 1.000 EUR\n' })
  expect(dry.stdout).toMatch(/^budget +period +cap EUR +becomes +spent +reserved +left +becomes\n/)
  expect(dry.stdout).toMatch(/free plan of acme +\d{4}-\d\d +0\.1000 +1\.000 +0 +0 +0\.1000 +1\.000\n/)
  const done = await run(...up, '--key', 'up')
  expect(done.stdout).toBe(dry.stdout)
  expect(done.stderr).toMatch(/^ {2}✔ account acme is on plan paid now\n/)
  expect((await run(...up, '--key', 'up')).stderr).toMatch(/^ {2}✔ account acme is on plan paid now: no effect\n/)

  const down = await run('account', 'plan', id, 'free', '--reason', 'too dear', '--json')
  expect(down.stderr).toMatch(/^ {2}✔ account acme is on plan free from \d{4}-\d\d-01 00:00 UTC on\n$/)
  expect(objects(down.stdout)).toMatchObject([
    {
      id,
      plan: 'paid',
      nextPlan: { plan: 'free' },
      change: { dryRun: false, changed: true, budgets: [{ after: { capEur: '1.000000000' } }, { after: { capEur: '0.100000000' } }] },
    },
  ])
  expect((await run('account', 'show', id)).stderr).toMatch(/^ {2}on plan free from \d{4}-\d\d-01 00:00 UTC on: too dear\n$/)
  const plans = await run('account', 'plans', id)
  expect(plans.stdout).toMatch(/^id +plan +from +until +state +cap EUR +reason\n/)
  expect(plans.stdout).toMatch(/ free .* past .* its first plan\n.* paid .* in force +0\.9000 +he pays\n.* free .* later +too dear\n$/)
  expect(objects((await run('account', 'plans', id, '--json', '--limit', '2')).stdout)).toMatchObject([
    { id: 0, plan: 'free', capChangeEur: null },
    { plan: 'paid', capChangeEur: '0.900000000', reason: 'he pays' },
  ])
})

test('an account is cancelled with its month, now, or after all not', async () => {
  const id = await account('leaver', 'paid')
  const cancel = (...args: string[]) => run('account', 'cancel', id, '--reason', 'he left', ...args)
  expect((await cancel('--dry-run')).stderr).toMatch(/\n {2}refused: every call from \d{4}-\d\d-01 00:00 UTC on\n$/)
  expect((await cancel()).stderr).toMatch(/^ {2}✔ account leaver is cancelled from \d{4}-\d\d-01 00:00 UTC on\n/)
  expect((await run('account', 'show', id)).stderr).toMatch(/^ {2}cancelled from \d{4}-\d\d-01 00:00 UTC on\n$/)
  expect((await cancel('--keep')).stderr).toMatch(/^ {2}✔ account leaver goes on\n/)
  expect((await t.call(id).reserve()).kind).toBe('reserved')
  const now = await cancel('--now')
  expect(now.stderr).toMatch(/\n {2}not sent any more: 1 calls that hold 0\.03000 EUR and were not sent yet\n$/)
  expect(await t.call(id).reserve()).toMatchObject({ kind: 'stopped', reason: 'account cancelled' })
  expect((await run('account', 'activate', id, '--reason', 'he is back')).stdout).toMatch(/\nleaver +paid +active /)
  expect((await run('account', 'suspend', id, '--reason', 'unpaid', '--dry-run')).stderr).toContain('  ! a dry run: nothing is changed\n')
  expect((await t.call(id).reserve()).kind).toBe('reserved')
})

test('a raise ends when it is told to; a dry run of it says what the budget becomes', async () => {
  const id = await account('fair', 'paid')
  const until = new Date(Date.now() + 4_000)
  const raise = ['topup', '0.50', '--account', id, '--reason', 'a fair']
  const dry = await run(...raise, '--dry-run')
  expect(dry.stdout).toMatch(/ 1\.500 +0 +0 +1\.500 /)
  expect(dry.stderr).toBe('  ! a dry run: nothing is changed\n  now: a cap of 1.000 EUR, 1.000 EUR left\n')
  const done = await run(...raise, '--until', until.toISOString(), '--json')
  expect(objects(done.stdout)).toMatchObject([{ changed: true, dryRun: false, capEur: '1.500000000', before: { capEur: '1.000000000' } }])
  expect((await run('budget', 'show', 'paid plan of fair')).stderr).toMatch(/^of its cap, 0\.5000 EUR are taken back .* UTC: a fair\n/)
  await new Promise((passed) => setTimeout(passed, until.getTime() - Date.now() + 50))
  expect(objects((await run('account', 'show', id, '--json')).stdout)).toMatchObject([{ budgets: [{ capEur: '1.000000000', raises: [] }] }])
})

test.for([
  [['account', 'plan', 'acme', 'paid', '--reason', 'x', '--from', 'soon'], 'a plan begins now or next-month'],
  [['account', 'plan', 'acme', 'paid', '--reason', 'x', '--proration', 'hours'], 'write how the month is shared: none or days'],
  [['account', 'plan', 'nobody', 'paid', '--reason', 'x'], 'there is no account "nobody"'],
  [['account', 'plan', 'acme', 'golden', '--reason', 'x'], 'there is no plan "golden": choose one of'],
  [['account', 'cancel', 'acme', '--reason', 'x', '--now', '--keep'], 'it ends now, or goes on: say one of --now and --keep'],
  [['topup', '1', '--account', 'acme', '--reason', 'x', '--until', 'friday'], 'write a moment like 2026-12-01T00:00:00Z'],
  [['topup', '1', '--account', 'acme', '--reason', 'x', '--until', '2020-01-01T00:00:00Z'], 'the raise would be over before it begins'],
] as const)('%o: exit code 2, and what is wrong', async ([args, message]) => {
  expect(await run(...args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) })
})
