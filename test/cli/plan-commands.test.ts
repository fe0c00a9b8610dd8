import { afterAll, expect, test, vi } from 'vitest'
import { openTestLedger } from '../support/ledger.ts'
import { purser } from './purser.ts'

// Some processes, one after the other: on a busy machine each takes seconds to start.
vi.setConfig({ testTimeout: 60_000 })

const t = await openTestLedger()
afterAll(() => t.drop())

const run = (...args: string[]) => purser(args, { DATABASE_URL: t.url })

test('plans are listed with their versions, set from a day on, and say what that changes', async () => {
  expect(await run('plan', 'list')).toEqual({
    code: 0,
    stdout: expect.stringMatching(
      /^plan +from +EUR a month +presumed costs +state +reason\ncorporate +2026-01-01 00:00 UTC +5\.000 +account +in force +first plans\nfree +.* 0\.1000 +account +in force .*\npaid .*\n$/,
    ),
    stderr: '',
  })
  const later = ['plan', 'set', 'paid', '--cap', '2.00', '--from', '2999-01-01', '--reason', 'more for all']
  expect(await run(...later)).toEqual({
    code: 0,
    stdout: expect.stringMatching(
      /\npaid +2026-01-01 00:00 UTC +1\.000 +account +in force +first plans\npaid +2999-01-01 +2\.000 +account +later +more for all\n$/,
    ),
    stderr:
      '  ✔ plan paid: 2.000 EUR a month from 2999-01-01 on\n  Months that have begun keep their cap; those that begin then or later take it.\n',
  })
  const [again, other, page, made] = await Promise.all([
    run(...later),
    run(...later, '--cap', '3.00'),
    run('plan', 'list', '--limit', '1'),
    run('plan', 'set', 'gold', '--cap', '3.00', '--reason', 'new', '--json'),
  ])
  expect(again).toMatchObject({ code: 0, stderr: '  ✔ plan paid had these terms already: no effect\n' })
  expect(other).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^✖ plan "paid" has another cap from 2999-01-01 on: .*\[conflict\]\n$/),
  })
  expect(page.stderr).toBe('more: purser plan list --after corporate\n')
  expect(made.stderr).toBe('  ✔ plan gold: 3.000 EUR a month from now on\n  It is a new plan: purser account create ID --plan gold\n')
  expect(JSON.parse(made.stdout)).toMatchObject({
    plan: 'gold',
    changed: true,
    versions: [{ from: expect.stringMatching(/^\d{4}-\d\d-\d\dT/), capEur: '3.000000000', state: 'in_force', reason: 'new' }],
  })
})

test.for<[what: string, args: string[], message: string]>([
  ['a day that is none', ['--from', '2026-02-30'], 'this is no plan [bad_input]:\n  from: write a day like 2026-12-01'],
  [
    'nobody to bear presumed costs',
    ['--presumed-costs', 'me'],
    'this is no plan [bad_input]:\n  presumed-costs: write who bears them: account or house',
  ],
  ['a cap in words', ['--cap', 'two'], 'not an amount in EUR: "two" (write it like 0.10, with at most nine decimals) [bad_input]'],
  ['no reason', ['--reason', ' '], 'the reason is missing: say in a few words why [bad_input]'],
])('%s: exit code 2, one message that names it', async ([, args, message]) => {
  expect(await run('plan', 'set', 'paid', '--cap', '1', '--reason', 'x', ...args)).toEqual({
    code: 2,
    stdout: '',
    stderr: `✖ ${message}\n`,
  })
})
