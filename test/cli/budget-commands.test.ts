import { afterAll, expect, test } from 'vitest'
import { eur } from '../../src/domain/money.ts'
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

test('a budget is made once; the same terms again have no effect, other terms are a conflict', async () => {
  const create = ['budget', 'create', 'of a team', '--scope', 'team=blue', '--cap']
  expect(await run(...create, '2.50')).toEqual({
    code: 0,
    stdout: expect.stringMatching(
      /^id +budget +covers +kind +period +cap EUR +spent +reserved +left +used +status\n *\d+ +of a team +team=blue +hard +\d{4}-\d\d +2\.500 +0 +0 +2\.500 +0\.00 % +within budget\n$/,
    ),
    stderr: '  ✔ budget "of a team" made\n',
  })
  const [again, other] = await Promise.all([run(...create, '2.50'), run(...create, '3.00')])
  expect(again).toMatchObject({ code: 0, stderr: '  ✔ budget "of a team" was there already\n' })
  expect(other).toEqual({
    code: 2,
    stdout: '',
    stderr: '✖ there is a budget "of a team" with other terms (cap): archive it, or take another name [conflict]\n',
  })
})

test('with --json a budget is one object whose amounts have nine digits: soft, with dates and labels', async () => {
  const id = await account()
  const dates = ['--period', 'total', '--from', '2026-01-01T00:00:00Z', '--until', '2999-01-01T00:00:00+02:00']
  const scope = ['--scope', `account=${id}, label.tier=gold,label.kind=a=b`]
  const made = await run('budget', 'create', 'json', '--cap', '0.000000001', ...scope, ...dates, '--soft', '--thresholds', '', '--json')
  expect(made).toMatchObject({ code: 0, stderr: '  ✔ budget "json" made\n' })
  expect(objects(made.stdout)).toEqual([
    expect.objectContaining({
      made: true,
      name: 'json',
      scope: { account: id, labels: { tier: 'gold', kind: 'a=b' } },
      isHard: false,
      periodKind: 'total',
      thresholds: [],
      startsAt: expect.stringMatching(/^2026-01-01T00:00:00/),
      endsAt: expect.stringMatching(/^2998-12-31T22:00:00/),
      capEur: '0.000000001',
      spentEur: '0.000000000',
      reservedEur: '0.000000000',
      remainingEur: '0.000000001',
    }),
  ])
  const shown = await run('budget', 'show', 'json')
  expect(shown.stdout).toMatch(/account=\S+,label\.\w+=\S+ +soft +total until 2998-12-31 22:00 UTC +0\.000000001 /)
  expect(shown.stderr).toBe('nobody holds money of it now\n')
})

test('the new commands explain themselves: what an option takes, and what it is when left out', async () => {
  const commands = [
    'budget create',
    'budget list',
    'budget show',
    'budget archive',
    'topup',
    'stop',
    'stop list',
    'resume',
    'account suspend',
  ]
  const helps = await Promise.all(commands.map((command) => run(...command.split(' '), '--help')))
  for (const { code, stdout, stderr } of helps) {
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).not.toMatch(/default: ""|default: [^)]*\)\s+\(default/)
  }
  expect(helps[0]?.stdout).toContain('one JSON object per budget')
  expect(helps[4]?.stdout).toContain('a cut is written like -0.50')
})

const KEYS = 'account, user, team, project, feature, environment, provider, model, endpoint and, for a label, label.<name>'
const create = (...args: string[]) => ['budget', 'create', 'bad', '--cap', '1', ...args]

test.concurrent.for<[what: string, args: string[], message: string]>([
  ['a period that is none', create('--period', 'week'), 'this is no budget [bad_input]:\n  period: a period is day, month or total'],
  ['a scope key that is none', create('--scope', 'acount=acme'), `no scope key "acount": there are ${KEYS} [bad_input]`],
  ['a scope key of the language', create('--scope', '__proto__=x'), `no scope key "__proto__": there are ${KEYS} [bad_input]`],
  [
    'a label name that is none',
    create('--scope', 'label.Tier=gold'),
    'no scope key "label.Tier": a label has a name in small letters, like label.tier [bad_input]',
  ],
  [
    'a scope key without a value',
    create('--scope', 'team='),
    'the scope key "team" has no value: write it like team=something [bad_input]',
  ],
  [
    'a scope key twice',
    create('--scope', 'team=a,team=b'),
    'the scope key "team" is there twice: a scope has one value of each [bad_input]',
  ],
  ['a scope that is empty', create('--scope', ''), 'this scope names nothing: write "all" if every call is meant [bad_input]'],
  ['an account that does not exist', create('--scope', 'account=nobody'), 'there is no account "nobody" [unknown_account]'],
  [
    'thresholds that are none',
    create('--thresholds', '50,many,0'),
    'this is no budget [bad_input]:\n  thresholds: write whole percents from 1 to 1000, like 50,80,95,100',
  ],
  [
    'a date that is none',
    create('--period', 'total', '--from', '12'),
    'this is no budget [bad_input]:\n  from: write a moment like 2026-12-01T00:00:00Z',
  ],
  [
    'an end before the beginning',
    create('--period', 'total', '--from', '2026-12-02T00:00:00Z', '--until', '2026-12-01T00:00:00Z'),
    'this is no budget [bad_input]:\n  until: it must end after it begins',
  ],
  [
    'dates of a month',
    create('--until', '2026-12-01T00:00:00Z'),
    'this is no budget [bad_input]:\n  period: only a total budget has --from and --until: a day and a month begin and end by the calendar',
  ],
  [
    'a time zone that is none',
    create('--time-zone', 'Mars/Olympus'),
    'this is no budget [bad_input]:\n  time-zone: write a time zone like Europe/Berlin',
  ],
  [
    'a name that is an id',
    ['budget', 'create', '7', '--cap', '1'],
    'this is no budget [bad_input]:\n  name: a number would be taken for an id: write a name',
  ],
  ['a cap of nothing', ['budget', 'create', 'bad', '--cap', '0'], 'a budget needs a cap above zero [bad_input]'],
  [
    'a cap beyond what the ledger counts',
    ['budget', 'create', 'bad', '--cap', '1000000001'],
    'an amount of 1000000001 EUR is too much: 1000000000 at most [bad_input]',
  ],
  [
    'a cap in words',
    ['budget', 'create', 'bad', '--cap', 'five'],
    'not an amount in EUR: "five" (write it like 0.10, with at most nine decimals) [bad_input]',
  ],
  ['a budget that does not exist', ['budget', 'show', 'none'], 'there is no budget "none": `purser budget list` shows them [not_found]'],
  [
    'an id that is too large',
    ['budget', 'show', '9'.repeat(11)],
    `there is no budget "${'9'.repeat(11)}": \`purser budget list\` shows them [not_found]`,
  ],
  ['a page after what is no reservation', ['budget', 'show', 'x', '--after', 'y'], '--after takes the id of a reservation [bad_input]'],
  ['a page after what is no id', ['budget', 'list', '--after', 'x'], '--after takes the id of a budget [bad_input]'],
  ['a page size that is none', ['budget', 'list', '--limit', '1001'], '--limit takes a whole number from 1 to 1000 [bad_input]'],
  [
    'a top-up of no budget',
    ['topup', '1', '--reason', 'x'],
    'say which budget: either --account ID, for its plan, or --budget NAME [bad_input]',
  ],
  [
    'a top-up of two',
    ['topup', '1', '--reason', 'x', '--account', 'a', '--budget', 'b'],
    'say which budget: either --account ID, for its plan, or --budget NAME [bad_input]',
  ],
  [
    'a top-up without a reason',
    ['topup', '1', '--reason', ' ', '--budget', 'b'],
    'the reason is missing: say in a few words why [bad_input]',
  ],
  [
    'a suspension under an empty key',
    ['account', 'suspend', 'x', '--reason', 'unpaid', '--key', ''],
    'the key is missing: name this change, so that its repeat has no effect [bad_input]',
  ],
  ['a stop of nothing said', ['stop'], 'say which calls, and why: purser stop --scope account=acme --reason "too much" [bad_input]'],
  ['a list of stops after what is no id', ['stop', 'list', '--after', '-1'], '--after takes the id of a stop [bad_input]'],
  ['a stop without a reason', ['stop', '--scope', 'all', '--reason', ''], 'the reason is missing: say in a few words why [bad_input]'],
  [
    'a stop of an account that does not exist',
    ['stop', '--scope', 'account=nobody', '--reason', 'x'],
    'there is no account "nobody" [unknown_account]',
  ],
  ['a top-up of nothing', ['topup', '0', '--reason', 'x', '--budget', 'b'], 'a change of nothing is none [bad_input]'],
  [
    'a stop of nothing',
    ['stop', '--scope', ' , ', '--reason', 'x'],
    'this scope names nothing: write "all" if every call is meant [bad_input]',
  ],
  ['a stop of what is no scope', ['stop', '--scope', 'acme', '--reason', 'x'], `no scope key "acme": there are ${KEYS} [bad_input]`],
])('%s: exit code 2, one message that names it', async ([, args, message]) => {
  expect(await run(...args)).toEqual({ code: 2, stdout: '', stderr: `✖ ${message}\n` })
})

test('budgets are listed a page at a time, those of an account alone, archived ones only when asked for', async () => {
  const id = await account()
  await account()
  const mine = ['--scope', `account=${id}`, '--cap', '1']
  for (const name of ['first', 'second']) await run('budget', 'create', name, ...mine)
  const archived = await run('budget', 'archive', 'first')
  expect(archived).toMatchObject({ code: 0, stderr: '  ✔ budget "first" archived\n', stdout: expect.stringMatching(/ archived\n$/) })
  const list = ['budget', 'list', '--account', id]
  const [open, all, page, none] = await Promise.all([
    run(...list, '--json'),
    run(...list, '--archived', '--json'),
    run(...list, '--archived', '--limit', '1'),
    run('budget', 'list', '--account', 'nobody'),
  ])
  const [plan] = objects(open.stdout)
  expect(objects(open.stdout).map((b) => b['name'])).toEqual([plan?.['name'], 'second'])
  expect(objects(all.stdout).map((b) => b['name'])).toEqual([plan?.['name'], 'first', 'second'])
  expect(page.stdout.trim().split('\n')).toHaveLength(2)
  expect(page.stderr).toBe(`more: purser budget list --account ${id} --archived --after ${String(plan?.['budgetId'])}\n`)
  expect(none).toEqual({ code: 0, stdout: '', stderr: 'no budget names the account "nobody"\n' })
  const rest = await run(...list, '--after', '2147483647')
  expect(rest).toEqual({ code: 0, stdout: '', stderr: 'no more budgets\n' })
  // Its name is free again.
  expect(await run('budget', 'create', 'first', ...mine)).toMatchObject({ code: 0, stderr: '  ✔ budget "first" made\n' })
})

test('a budget shows who holds its money: the job, the call, and when time alone ends it', async () => {
  const id = await account()
  await run('budget', 'create', 'held', '--scope', `account=${id}`, '--cap', '0.50')
  const call = t.call(id)
  const reserved = await call.reserve({ amount: eur('0.03') })
  if (reserved.kind !== 'reserved') throw new Error(reserved.kind)
  const [people, machines] = await Promise.all([run('budget', 'show', 'held'), run('budget', 'show', 'held', '--json')])
  expect(people).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^the next month begins \d{4}-\d\d-01 00:00 UTC, with its whole cap\n$/),
  })
  expect(people.stdout).toMatch(/ 0\.5000 +0 +0\.03000 +0\.4700 /)
  expect(people.stdout).toMatch(/\n\nheld by +job +call +state +EUR +since +ends by itself +then\n/)
  expect(people.stdout).toMatch(
    new RegExp(
      `\n${id} +${call.key.workflowId} +banner-1 +reserved +0\\.03000 +\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC +\\d{4}-.* UTC +given back\n$`,
    ),
  )
  expect(objects(machines.stdout)).toEqual([
    expect.objectContaining({
      name: 'held',
      reservedEur: '0.030000000',
      holders: [
        expect.objectContaining({
          reservationId: reserved.reservationId,
          callRef: reserved.callRef,
          account: id,
          state: 'reserved',
          amountEur: '0.030000000',
          endsAs: 'released',
        }),
      ],
    }),
  ])
})

test('a top-up changes the cap of this period once per key, up or down, of a plan or of any budget', async () => {
  const id = await account()
  const ofPlan = ['--account', id, '--reason', 'a gift', '--json']
  const first = await run('topup', '0.50', ...ofPlan, '--key', 'gift 1')
  expect(first).toMatchObject({ code: 0, stderr: expect.stringMatching(/^ {2}✔ the cap of ".*" is changed\n$/) })
  expect(objects(first.stdout)).toMatchObject([{ changed: true, capEur: '1.500000000', remainingEur: '1.500000000' }])
  const [again, otherTerms] = await Promise.all([
    run('topup', '0.50', ...ofPlan, '--key', 'gift 1'),
    run('topup', '0.60', ...ofPlan, '--key', 'gift 1'),
  ])
  expect(again).toMatchObject({ code: 0, stderr: expect.stringMatching(/was changed so before: no effect\n$/) })
  expect(objects(again.stdout)).toMatchObject([{ changed: false, capEur: '1.500000000' }])
  expect(otherTerms).toEqual({ code: 2, stdout: '', stderr: '✖ the key "gift 1" was used for another change [conflict]\n' })

  expect(objects((await run('topup', '-0.25', ...ofPlan)).stdout)).toMatchObject([{ capEur: '1.250000000' }])
  expect(objects((await run('topup', ...ofPlan, '--', '-0.25')).stdout)).toMatchObject([{ capEur: '1.000000000' }])
  expect(await run('topup', '-1.01', ...ofPlan)).toMatchObject({ code: 2, stderr: '✖ a cap cannot be cut below zero [bad_input]\n' })

  await run('budget', 'create', 'topped', '--scope', `account=${id}`, '--cap', '1')
  expect((await run('topup', '0.5', '--budget', 'topped', '--reason', 'x')).stdout).toMatch(/topped .* 1\.500 +0 +0 +1\.500 /)
})

test('a total that is still to come says so, and its cap can be raised; an archived one, or a plan, is left alone', async () => {
  const id = await account()
  const [plan] = objects((await run('account', 'show', id, '--json')).stdout).flatMap((a) => a['budgets'] as Record<string, unknown>[])
  await run('budget', 'create', 'to come', '--scope', `account=${id}`, '--cap', '1', '--period', 'total', '--from', '2998-01-01T00:00:00Z')
  expect(await run('topup', '0.5', '--budget', 'to come', '--reason', 'x')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/ total from 2998-01-01 00:00 UTC +1\.500 +0 +0 +1\.500 +0\.00 % +not begun\n$/),
  })
  expect((await run('budget', 'show', 'to come')).stdout).toMatch(/ 1\.500 .* not begun\n$/)
  await run('budget', 'archive', 'to come')
  const [archived, ofPlan] = await Promise.all([
    run('topup', '0.5', '--budget', 'to come', '--reason', 'x'),
    run('budget', 'archive', String(plan?.['name'])),
  ])
  expect(archived).toEqual({
    code: 2,
    stdout: '',
    stderr: '✖ budget "to come" is archived, so its cap counts no more: make a new one with `purser budget create` [conflict]\n',
  })
  expect(ofPlan).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(`purser account suspend ${id}`) })
  expect(plan).toMatchObject({ capEur: '1.000000000', percentageUsed: '0.00', status: 'within_budget' })
})
