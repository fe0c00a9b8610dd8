import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cloneDatabase, emptyDatabase, type TestDatabase } from '../support/database.ts'
import { purser, root, start } from './purser.ts'

let db: TestDatabase
let env: { DATABASE_URL: string }
beforeAll(async () => {
  db = await cloneDatabase()
  env = { DATABASE_URL: db.url }
})
afterAll(() => db.drop())

test('an account is made once, shown with four digits or all nine, and listed a page at a time', async () => {
  const [first, second, third] = await Promise.all([
    purser(['account', 'create', 'acme', '--plan', 'paid'], env),
    purser(['account', 'create', 'birch', '--plan', 'free', '--opening', '0.0123456789', '--reason', 'moved in', '--json'], env),
    purser(
      ['account', 'create', 'cedar', '--plan', 'corporate', '--time-zone', 'Europe/Berlin', '--opening', '1.234567891', '--exact'],
      env,
    ),
  ])
  expect(first).toMatchObject({ code: 0, stderr: '  ✔ account acme made\n' })
  expect(first.stdout).toMatch(
    /^account +plan +status +period +cap EUR +spent +reserved +left\nacme +paid +active +\d{4}-\d\d +1\.000 +0 +0 +1\.000\n$/,
  )
  expect(second.code).toBe(2)
  expect(second.stderr).toContain('0.0123456789')
  expect(third.stdout).toMatch(/cedar +corporate +active +\d{4}-\d\d +5\.000000000 +1\.234567891 +0\.000000000 +3\.765432109\n$/)

  const [again, otherPlan, shown, page, rest] = await Promise.all([
    purser(['account', 'create', 'acme', '--plan', 'paid'], env),
    purser(['account', 'create', 'acme', '--plan', 'free'], env),
    purser(['account', 'show', 'cedar', '--json'], env),
    purser(['account', 'list', '--limit', '1'], env),
    purser(['account', 'list', '--after', 'acme', '--json'], env),
  ])
  expect(again).toMatchObject({ code: 0, stderr: '  ✔ account acme was there already\n' })
  expect(otherPlan).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('[account_conflict]') })
  expect(JSON.parse(shown.stdout)).toMatchObject({
    id: 'cedar',
    timeZone: 'Europe/Berlin',
    budgets: [{ capEur: '5.000000000', spentEur: '1.234567891', reservedEur: '0.000000000', remainingEur: '3.765432109' }],
  })
  expect(page.stdout.trim().split('\n')).toHaveLength(2)
  expect(page.stderr).toBe('more: purser account list --after acme\n')
  expect(
    rest.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: string }).id),
  ).toEqual(['cedar'])
})

test.for([
  [
    'a plan that does not exist',
    ['account', 'create', 'x', '--plan', 'gold'],
    /no plan "gold": choose one of corporate, free, paid \[unknown_plan\]/,
  ],
  [
    'a time zone that is an offset',
    ['account', 'create', 'x', '--plan', 'paid', '--time-zone', '+05:30'],
    /\[bad_input\]:\n {2}timeZone: write a time zone like Europe\/Berlin\n$/,
  ],
  ['an account id with a space', ['account', 'create', 'a b', '--plan', 'paid'], /\[bad_input\]:\n {2}id: letters, digits and /],
  ['an account that does not exist', ['account', 'show', 'nobody'], /no account "nobody": make it with `purser account create nobody/],
  ['a page size that is none', ['account', 'list', '--limit', '0'], /--limit takes a whole number from 1 to 1000/],
  ['a call that does not exist', ['explain-cost', 'call_0'], /no call and no job "call_0" has asked for money/],
  ['a command that does not exist', ['frobnicate'], /unknown command 'frobnicate'[\s\S]*--help/],
  ['a subcommand that does not exist', ['account', 'remove', 'x'], /unknown command 'remove'[\s\S]*--help/],
  ['an option without its value', ['account', 'create', 'x', '--plan'], /argument missing[\s\S]*--help/],
] as const)('%s: exit code 2, one message, nothing on stdout', async ([, args, message]) => {
  expect(await purser(args, env)).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(message) })
})

test('every command explains itself, quickly, without a database and without colours in a pipe', async () => {
  const commands = [
    'dev',
    'demo',
    'banner',
    'account',
    'account create',
    'account list',
    'account show',
    'explain-cost',
    'audit',
    'reset',
    'migrate',
    'setup',
  ]
  const all = await purser(['--help'])
  for (const command of commands) expect(all.stdout).toContain(command.split(' ')[0])
  const helps = await Promise.all(commands.map((command) => purser([...command.split(' '), '--help'])))
  for (const { code, stdout, stderr } of helps) {
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^Usage: purser /)
    // oxlint-disable-next-line no-control-regex -- the escape sign is what must not be there
    expect(stdout).not.toMatch(/\u001b\[/)
  }
})

test('audit says what it checked; a planted violation is named and ends with exit code 1', async () => {
  const own = await cloneDatabase()
  try {
    const ownEnv = { DATABASE_URL: own.url }
    await purser(['account', 'create', 'acme', '--plan', 'paid', '--opening', '0.5'], ownEnv)
    expect(await purser(['audit'], ownEnv)).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+ invariants checked, 0 violations\n$/),
      stderr: '',
    })
    await own.sql`update purser.balance set spent = spent + 1, overrun = greatest(0, reserved + spent + 1 - cap)`
    const [people, machines] = await Promise.all([purser(['audit'], ownEnv), purser(['audit', '--json'], ownEnv)])
    expect(people).toMatchObject({ code: 1, stdout: expect.stringMatching(/^broken {2}spent is the sum[\s\S]* violations\n$/) })
    const { violations } = JSON.parse(machines.stdout) as { violations: { invariant: string; found: string }[] }
    expect(machines.code).toBe(1)
    expect(violations.map((v) => v.found).join()).toContain('500000001')
  } finally {
    await own.drop()
  }
})

test('migrate brings an empty database to the newest schema, once; before that other commands say what to do', async () => {
  const own = await emptyDatabase()
  try {
    const ownEnv = { DATABASE_URL: own.url }
    const before = await purser(['account', 'list'], ownEnv)
    expect(before).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no ledger in this database yet: run `purser migrate`.*\[not_migrated\]/),
    })
    const first = await purser(['migrate'], ownEnv)
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^applied 0001_\w+\.sql\n[\s\S]*\d+ migrations applied\n$/) })
    const [again, list] = await Promise.all([purser(['migrate'], ownEnv), purser(['account', 'list'], ownEnv)])
    expect(again.stdout).toMatch(/^nothing to do: \d+ migrations were applied before\n$/)
    expect(list).toEqual({ code: 0, stdout: '', stderr: expect.stringContaining('no accounts yet') })
  } finally {
    await own.drop()
  }
})

test('without a ledger, with a wrong variable, or with a database that does not answer, the message says what to do', async () => {
  const [none, wrong, gone] = await Promise.all([
    purser(['account', 'list']),
    purser(['account', 'list'], { PURSER_HTTP_PORT: 'eighty', PURSER_TIME_ZONE: 'Mars/Olympus' }),
    purser(['audit'], { DATABASE_URL: 'postgres://purser:secret@127.0.0.1:1/purser' }),
  ])
  expect(none).toMatchObject({ code: 2, stderr: expect.stringMatching(/no ledger in .*: run `npm run dev` first, or set DATABASE_URL/) })
  expect(wrong).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/PURSER_TIME_ZONE: write a time zone[\s\S]*PURSER_HTTP_PORT: write a port from 1 to 65535/),
  })
  expect(gone).toMatchObject({ code: 1, stderr: expect.stringMatching(/Postgres does not answer .*check DATABASE_URL/) })
  expect(gone.stderr).not.toContain('secret')
})

test('a reader of the pipe that has seen enough ends the command, without a stack', () => {
  const ended = spawnSync('sh', ['-c', '"$NODE" bin/purser.js account list --json | true'], {
    cwd: root,
    env: { PATH: process.env['PATH'], NODE: process.execPath, ...env },
    encoding: 'utf8',
    timeout: 15_000,
  })
  expect(ended).toMatchObject({ status: 0, stdout: '', stderr: '' })
})

test('a Node that is too old says so, and which command brings a newer one', async (context) => {
  const found = spawnSync(
    'sh',
    ['-c', 'for d in $(echo "$PATH" | tr : " "); do test -x "$d/node" && "$d/node" -p "process.execPath"; done'],
    { encoding: 'utf8' },
  )
  const old = [...new Set(found.stdout.split('\n').filter(Boolean))].find((node) => {
    const [major = 0, minor = 0] = spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout.split('.').map(Number)
    return major < 22 || (major === 22 && minor < 18)
  })
  if (old === undefined) return context.skip('no Node older than 22.18 on this machine')
  const { code, stderr } = await start(join('bin', 'purser.js'), ['--help'], {}, { node: old }).ended
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/needs Node 22\.18 or newer, and this is v\d+.*npm run demo/) })
})
