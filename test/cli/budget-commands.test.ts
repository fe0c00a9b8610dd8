import { afterAll, beforeAll, expect, test } from 'vitest'
import { cloneDatabase, type TestDatabase } from '../support/database.ts'
import { purser } from './purser.ts'

let db: TestDatabase
let env: { DATABASE_URL: string }
const run = (...args: string[]) => purser(args, env)

beforeAll(async () => {
  db = await cloneDatabase()
  env = { DATABASE_URL: db.url }
  await run('account', 'create', 'acme', '--plan', 'paid')
})
afterAll(() => db.drop())

test('a budget is made once, shown, listed with what it covers, topped up once per key, and archived', async () => {
  const create = ['budget', 'create', 'images', '--cap', '2.00', '--scope', 'account=acme,feature=banner,label.tier=gold']
  const made = await run(...create)
  expect(made).toMatchObject({ code: 0, stderr: '  ✔ budget images made\n' })
  expect(made.stdout).toMatch(
    /images +account=acme,feature=banner,label\.tier=gold +hard +\d{4}-\d\d +2\.000 +0 +0 +2\.000 +0\.00 % +within budget\n$/,
  )
  const [again, other, shown, listed] = await Promise.all([
    run(...create),
    run('budget', 'create', 'images', '--cap', '3.00', '--scope', 'account=acme'),
    run('budget', 'show', 'images', '--json'),
    run('budget', 'list', '--account', 'acme', '--limit', '1'),
  ])
  expect(again).toMatchObject({ code: 0, stderr: '  ✔ budget images was there already\n' })
  expect(other).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('other terms: archive it, or take another name [conflict]'),
  })
  expect(JSON.parse(shown.stdout)).toMatchObject({
    name: 'images',
    capEur: '2.000000000',
    spentEur: '0.000000000',
    status: 'within_budget',
    holders: [],
  })
  expect(listed.stderr).toMatch(/^more: purser budget list --after \d+\n$/)

  const topup = ['topup', '0.50', '--budget', 'images', '--reason', 'a gift', '--key', 'gift-1', '--json']
  expect(JSON.parse((await run(...topup)).stdout)).toMatchObject({ capEur: '2.500000000' })
  expect(await run(...topup)).toMatchObject({ code: 0, stderr: '  ✔ this change was made before: nothing is changed again\n' })
  expect(await run('budget', 'archive', 'images')).toMatchObject({ code: 0, stderr: '  ✔ budget images archived\n' })
})

test.for([
  ['a period that is none', ['budget', 'create', 'x', '--cap', '1', '--period', 'week'], /a period is day, month or total/],
  ['a scope with an unknown word', ['budget', 'create', 'x', '--cap', '1', '--scope', 'colour=red'], /colour/],
  ['thresholds that are none', ['budget', 'create', 'x', '--cap', '1', '--thresholds', 'half'], /write thresholds like 50,80,100/],
  ['a moment that is none', ['budget', 'create', 'x', '--cap', '1', '--period', 'total', '--from', 'soon'], /write a moment like/],
  ['a cap of nothing', ['budget', 'create', 'x', '--cap', '0'], /a cap above zero \[bad_input\]/],
  ['a top-up of nobody', ['topup', '1', '--reason', 'r'], /say which budget/],
  ['a budget that is not there', ['budget', 'show', 'nothing'], /no budget "nothing"/],
  ['a stop of nothing', ['stop', '--scope', ',', '--reason', 'r'], /write "all" if every call is meant/],
  ['the end of a stop that is none', ['resume', '--scope', 'account=acme', '--reason', 'r'], /stopped are none \[not_found\]/],
] as const)('%s: exit code 2, one message, nothing on stdout', async ([, args, message]) => {
  expect(await run(...args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) })
})

test('a scope is stopped and goes on; an account is suspended and active again', async () => {
  expect(await run('stop', '--scope', 'account=acme', '--reason', 'too much')).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^ {2}✔ stopped: account=acme\n/),
  })
  expect(await run('resume', '--scope', 'account=acme', '--reason', 'mended')).toMatchObject({
    code: 0,
    stderr: '  ✔ resumed: account=acme\n',
  })
  expect(await run('account', 'suspend', 'acme', '--reason', 'did not pay')).toMatchObject({
    code: 0,
    stderr: '  ✔ account acme is suspended\n',
  })
  expect(await run('account', 'activate', 'acme', '--reason', 'paid')).toMatchObject({ code: 0, stderr: '  ✔ account acme is active\n' })
})
