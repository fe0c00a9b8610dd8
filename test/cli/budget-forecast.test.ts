import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { trackUsages } from '../../src/calls/track-usage.ts'
import { openTestLedger } from '../support/ledger.ts'
import { objects, purser } from './purser.ts'

const t = await openTestLedger()
afterAll(() => t.drop())
const run = (...args: string[]) => purser(args, { DATABASE_URL: t.url })

beforeAll(async () => {
  const account = await t.accountWith({ cap: '100.00', timeZone: 'UTC' })
  const usages = Array.from({ length: 30 }, (_, n) => ({
    key: randomUUID(),
    provider: 'test',
    model: 'penny-model',
    endpoint: 'tracked',
    tier: 'standard' as const,
    usage: [{ unit: 'output_text_tokens' as const, quantity: 1_000_000_000 }],
    at: new Date(Date.now() - (n + 1) * 86_400_000),
    scope: { account, feature: 'chat' },
  }))
  await trackUsages(t.ledger, t.ledger, usages)
  await t.budget({ name: 'chat', scope: { feature: 'chat' }, cap: '5.00', period: 'month' })
  await t.budget({ name: 'small', scope: { feature: 'chat' }, cap: '0.002', period: 'total', isHard: false })
  await t.budget({ name: 'quiet', scope: { feature: 'nobody' }, cap: '5.00', period: 'month' })
})

test('a person reads what is spent, what is expected with its band, and when the cap is reached', async () => {
  const { code, stdout, stderr } = await run('budget', 'forecast', 'chat')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout.split('\n')).toEqual([
    expect.stringMatching(/^chat, \d{4}-\d\d \(UTC\), as of \d{4}-\d\d-\d\d \d\d:\d\d UTC$/),
    expect.stringMatching(/^ {2}spent so far {9}\S+ EUR of 5\.000 EUR$/),
    expect.stringMatching(/^ {2}expected at the end {2}\S+ EUR, in four of five cases between \S+ EUR and \S+ EUR$/),
    '  over the cap         in 0 % of cases',
    expect.stringMatching(/^ {2}a day to come {8}\S+ EUR on average$/),
    expect.stringMatching(/^ {2}cap reached {10}not before the period ends, \S+ 00:00 UTC$/),
    '',
  ])
})

test('of a budget without an end: when its cap is reached, and that a soft one refuses nothing', async () => {
  const { stdout } = await run('budget', 'forecast', 'small')
  expect(stdout).not.toContain('expected at the end')
  expect(stdout).toMatch(/ {2}cap reached {10}about \d{4}-\d\d-\d\d \d\d:\d\d UTC; it is soft: nothing is refused\n$/)
})

test('without a week of spending it says what is missing; with --json it is one object', async () => {
  const quiet = await run('budget', 'forecast', 'quiet')
  expect(quiet.stdout).toMatch(/ {2}expected {13}not enough data: 0 whole days since the first spending, 7 are needed\n$/)
  const { stdout } = await run('budget', 'forecast', 'chat', '--json')
  expect(objects(stdout)).toEqual([
    expect.objectContaining({
      name: 'chat',
      status: 'forecast',
      capEur: '5.000000000',
      expectedEur: expect.stringMatching(/^\d\.\d{9}$/),
      lowEur: expect.stringMatching(/^\d\.\d{9}$/),
      percentOverCap: 0,
      exhaustedAt: null,
    }),
  ])
  expect(await run('budget', 'forecast', 'no such')).toMatchObject({ code: 2, stdout: '' })
})
