import { randomUUID } from 'node:crypto'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { trackUsages } from '../../src/calls/track-usage.ts'
import { QUESTIONS } from '../../src/insight/questions/all.ts'
import { openTestLedger } from '../support/ledger.ts'
import { purser } from './purser.ts'

const t = await openTestLedger()
afterAll(() => t.drop())
const run = (...args: string[]) => purser(['analytics', ...args], { DATABASE_URL: t.url })

beforeAll(async () => {
  const account = await t.accountWith({ cap: '100.00', timeZone: 'UTC' })
  const usages = ['2026-10-15T12:00:00Z', '2026-10-15T13:00:00Z', '2026-10-16T12:00:00Z'].map((at, n) => ({
    key: randomUUID(),
    provider: 'gemini',
    model: 'gemini-2.5-flash',
    endpoint: 'tracked',
    tier: 'standard' as const,
    usage: [{ unit: 'input_text_tokens' as const, quantity: 1_000_000 * (n + 1) }],
    at: new Date(at),
    scope: { account, feature: n === 1 ? '=search' : 'chat', user: 'ann' },
  }))
  await trackUsages(t.ledger, t.ledger, usages)
})

const OCTOBER = ['--from', '2026-10-01', '--to', '2026-11-01', '--time-zone', 'UTC']

test('a question is a table for people, and the same as CSV and JSON', async () => {
  const shown = await run('features', ...OCTOBER)
  expect([shown.code, shown.stderr]).toEqual([
    0,
    expect.stringContaining('features, 2026-10-01 to before 2026-11-01 (UTC), amounts in EUR'),
  ])
  expect(shown.stdout.split('\n')[0]).toMatch(/^feature +total cost +daily avg +active days +request count +share +change/)
  const json = JSON.parse((await run('features', ...OCTOBER, '--json')).stdout) as { totalCost: string; rows: Record<string, unknown>[] }
  expect(json.rows).toMatchObject([
    { feature: 'chat', active_days: 2, request_count: 2, share: '66.60' },
    { feature: '=search', active_days: 1, request_count: 1, share: '33.40' },
  ])
  const lines: Record<string, string>[] = parse((await run('features', ...OCTOBER, '--csv')).stdout, { columns: true })
  expect(lines.map(({ feature, total_cost: total }) => [feature, total])).toEqual([
    ['chat', json.rows[0]?.['total_cost']],
    ["'=search", json.rows[1]?.['total_cost']],
  ])
})

test('costs by two dimensions and by time, in dollars', async () => {
  const { stdout } = await run('costs', '--by', 'feature,user', '--unit', 'day', ...OCTOBER, '--currency', 'USD', '--json')
  const { rows } = JSON.parse(stdout) as { rows: Record<string, unknown>[] }
  expect(rows.map((row) => [row['since'], row['feature'], row['user'], row['total_cost']])).toEqual([
    ['2026-10-15T00:00:00.000Z', '=search', 'ann', '0.600000000000'],
    ['2026-10-15T00:00:00.000Z', 'chat', 'ann', '0.300000000000'],
    ['2026-10-16T00:00:00.000Z', 'chat', 'ann', '0.900000000000'],
  ])
})

test('a table shows times as the clock of its time zone has them', async () => {
  const months = await run('costs', '--unit', 'month', '--from', '2026-10-01', '--to', '2026-11-01', '--time-zone', 'Europe/Berlin')
  expect(months.stdout).toMatch(/^since +total cost.*\n2026-10-01 00:00 /)
  const live = await run('costs', '--from', '2026-10-15T12:00:00Z', '--to', '2026-10-15T14:00:00+02:00', '--time-zone', 'Asia/Kolkata')
  expect(live.stderr).toContain('--to must be after --from')
  const half = await run('costs', '--from', '2026-10-15T12:00:00Z', '--to', '2026-10-15T15:00:00+02:00', '--time-zone', 'Asia/Kolkata')
  expect(half.stderr).toContain('costs, 2026-10-15 17:30 to before 2026-10-15 18:30 (Asia/Kolkata), amounts in EUR')
})

test('where nothing is found, it is said what the question can know', async () => {
  expect((await run('duplicate-prompts', ...OCTOBER)).stderr).toContain('Only jobs tell their content')
})

test('every question has a command, and what it does not take is refused in words', async () => {
  const { stdout } = await run('--help')
  expect(QUESTIONS.filter(({ name }) => !stdout.includes(` ${name} `)).map(({ name }) => name)).toEqual([])
  for (const [args, words] of [
    [['users', '--limit', '101'], 'a whole number from 1 to 100'],
    [['users', '--from', '2026-11-02', '--to', '2026-11-01'], '--to must be after --from'],
    [['costs', '--by', 'feature,feature'], 'write one or two of'],
    [['latency', '--by', 'user'], 'write model, feature'],
    [['live', '--hours', '0'], 'a whole number from 1 to 168'],
    [['daily', '--from', 'yesterday'], 'write a day like 2026-12-01'],
  ] as const)
    expect(await run(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(words) })
})
