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

test('a refused job is explained: by which budget, what was needed, and what was left', async () => {
  const id = await account()
  await run('budget', 'create', 'a thin day', '--scope', `account=${id}`, '--cap', '0.02', '--period', 'day')
  const call = t.call(id)
  expect((await call.reserve({ amount: eur('0.05') })).kind).toBe('refused')
  const [people, machines] = await Promise.all([
    run('explain-cost', call.key.workflowId),
    run('explain-cost', call.key.workflowId, '--json'),
  ])
  expect(people).toEqual({
    code: 0,
    stdout: expect.stringMatching(
      new RegExp(
        `^call_[0-9a-f]{32}  ask 1: refused by budget "a thin day" \\(\\d{4}-\\d\\d-\\d\\d\\)\n` +
          `  job ${call.key.workflowId}, call banner-1, account ${id}, penny-model, .* UTC\n` +
          '  needed 0\\.050000000 EUR, remaining 0\\.020000000 \\(cap 0\\.020000000, spent 0\\.000000000, reserved 0\\.000000000\\)\n' +
          '  nothing was sent; what would have worked: top up by 0\\.03000 EUR\n$',
      ),
    ),
    stderr: '',
  })
  expect(objects(machines.stdout)).toMatchObject([
    {
      kind: 'refused',
      workflowId: call.key.workflowId,
      budget: { name: 'a thin day' },
      neededEur: '0.050000000',
      remainingEur: '0.020000000',
    },
  ])
  const waiting = t.call(id)
  await run('stop', '--scope', `account=${id}`, '--reason', 'too much')
  await waiting.reserve()
  expect(await run('explain-cost', waiting.key.workflowId)).toEqual({
    code: 0,
    stdout: '',
    stderr: `"${waiting.key.workflowId}" asked for money and was given none, so it has cost nothing: its scope was stopped, or it ended before\n`,
  })
  await run('resume', '--scope', `account=${id}`, '--reason', 'over')
})
