import { afterAll, expect, test } from 'vitest'
import { openTestLedger } from '../support/ledger.ts'
import { objects, purser } from './purser.ts'

const t = await openTestLedger()
const env = { DATABASE_URL: t.url }
afterAll(async () => {
  await t.audited()
  await t.drop()
})

const run = (...args: string[]) => purser(args, env)
const account = () => t.accountWith({ cap: '1.00', timeZone: 'UTC' })

test('a stop is in force at once, and ends with a resume of the same scope; another resume names what is stopped', async () => {
  const id = await account()
  const scope = `account=${id},label.tier=a b`
  const stop = ['stop', '--scope', scope, '--reason', 'too much']
  expect(await run(...stop)).toEqual({
    code: 0,
    stdout: '',
    stderr: `  ✔ stopped: ${scope}\n  What was sent is still booked. To go on: purser resume --scope '${scope}' --reason …\n`,
  })
  expect(await run(...stop)).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/ stopped before: .*, since \d{4}-.* UTC \(too much\)\n/),
  })
  const listed = await run('stop', 'list')
  expect(listed).toMatchObject({ code: 0, stderr: '' })
  expect(listed.stdout).toMatch(/^id +scope +reason +since\n/)
  expect(listed.stdout).toMatch(new RegExp(`\n *\\d+ +${scope} +too much +\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC\n$`))
  expect(await t.call(id, { labels: { tier: 'a b' } }).reserve()).toMatchObject({ kind: 'stopped' })
  expect(await t.call(id).reserve()).toMatchObject({ kind: 'reserved' })

  expect(await run('resume', '--scope', `account=${id}`, '--reason', 'x')).toEqual({
    code: 2,
    stdout: '',
    stderr: `✖ nothing is stopped with the scope account=${id}: \`purser stop list\` shows what is [not_found]\n`,
  })
  expect(await run('resume', '--scope', scope, '--reason', 'well again')).toEqual({
    code: 0,
    stdout: '',
    stderr: `  ✔ resumed: ${scope}\n`,
  })
  expect(await t.call(id, { labels: { tier: 'a b' } }).reserve()).toMatchObject({ kind: 'reserved' })

  await run('stop', '--scope', 'all', '--reason', 'everything')
  const [now, all, page, end] = await Promise.all([
    run('stop', 'list', '--json'),
    run('stop', 'list', '--resumed', '--json'),
    run('stop', 'list', '--resumed', '--limit', '1'),
    run('stop', 'list', '--after', '2147483647'),
  ])
  expect(objects(now.stdout)).toMatchObject([{ scope: {}, reason: 'everything', resumedAt: null }])
  expect(objects(all.stdout)).toMatchObject([
    { scope: { account: id, labels: { tier: 'a b' } }, resumedWhy: 'well again' },
    { scope: {}, resumedWhy: null },
  ])
  expect(page.stdout).toMatch(/^id +scope +reason +since +resumed +because\n.* UTC +well again\n$/)
  expect(page.stderr).toMatch(/^more: purser stop list --resumed --after \d+\n$/)
  expect(end).toEqual({ code: 0, stdout: '', stderr: 'no more stops\n' })
  expect(await t.call(id).reserve()).toMatchObject({ kind: 'stopped' })
  expect(await run('resume', '--scope', 'all', '--reason', 'x')).toMatchObject({ code: 0, stderr: '  ✔ resumed: all\n' })
  expect(await t.call(id).reserve()).toMatchObject({ kind: 'reserved' })
})

test('a suspended account reserves nothing until it is activated; its rows name their budgets', async () => {
  const id = await account()
  await run('budget', 'create', 'of the suspended', '--scope', `account=${id}`, '--cap', '0.50')
  const suspend = await run('account', 'suspend', id, '--reason', 'unpaid', '--key', `s ${id}`)
  expect(suspend).toMatchObject({ code: 0, stderr: `  ✔ account ${id} is suspended\n` })
  expect(suspend.stdout).toMatch(/^account +plan +status +budget +period /)
  expect(suspend.stdout).toMatch(/ suspended +of the suspended +\d{4}-\d\d +0\.5000 /)
  expect(await t.call(id).reserve()).toMatchObject({ kind: 'stopped' })
  const [active, sameKey, nobody] = await Promise.all([
    run('account', 'activate', id, '--reason', 'paid', '--json'),
    run('account', 'activate', id, '--reason', 'x', '--key', `s ${id}`),
    run('account', 'suspend', 'nobody', '--reason', 'x'),
  ])
  expect(active).toMatchObject({ code: 0, stderr: `  ✔ account ${id} is active\n` })
  expect(objects(active.stdout)).toMatchObject([{ id, status: 'active' }])
  expect(sameKey).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('was used for another change [conflict]') })
  expect(nobody).toEqual({ code: 2, stdout: '', stderr: '✖ there is no account "nobody" [unknown_account]\n' })
  expect(await t.call(id).reserve()).toMatchObject({ kind: 'reserved' })
})
