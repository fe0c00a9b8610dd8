import { randomUUID } from 'node:crypto'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { trackUsages } from '../../src/calls/track-usage.ts'
import { eur, exactEur, nano } from '../../src/domain/money.ts'
import { openTestLedger } from '../support/ledger.ts'
import { purser } from './purser.ts'

const t = await openTestLedger()
afterAll(() => t.drop())
const run = (...args: string[]) => purser(args, { DATABASE_URL: t.url })
const read = (csv: string): Record<string, string>[] => parse(csv, { columns: true })

beforeAll(async () => {
  const account = await t.accountWith({ cap: '100.00', timeZone: 'UTC' })
  const usages = Array.from({ length: 700 }, (_, n) => ({
    key: randomUUID(),
    provider: 'test',
    model: 'penny-model',
    endpoint: 'tracked',
    tier: 'standard' as const,
    usage: [{ unit: 'output_text_tokens' as const, quantity: 1_000_000 }],
    at: new Date('2026-10-15T12:00:00Z'),
    scope: { account, feature: n % 7 === 0 ? '=cmd' : 'chat' },
  }))
  await trackUsages(t.ledger, t.ledger, usages)
})

test('calls are written to stdout as CSV, more than fit into one reading; nothing else is', async () => {
  const { code, stdout, stderr } = await run('export', 'calls', '--from', '2026-10-01T00:00:00Z', '--to', '2026-11-01T00:00:00Z')
  expect([code, stderr, stdout.startsWith('id,reserved_at,sent_at,account,')]).toEqual([0, '', true])
  expect(read(stdout)).toHaveLength(700)
  const chat = await run('export', 'calls', '--from', '2026-10-01T00:00:00Z', '--scope', 'feature=chat')
  expect(read(chat.stdout)).toHaveLength(600)
  expect(await run('export', 'calls', '--from', 'yesterday')).toMatchObject({ code: 2, stdout: '' })
})

test('a report as CSV has all digits, and a line per value', async () => {
  const { stdout } = await run('report', '--month', '2026-10', '--by', 'feature', '--csv')
  expect(stdout.split('\r\n')[0]).toBe('feature,currency,total,input,output,other,calls,failed,input_tokens,output_tokens,share_percent')
  const lines = read(stdout)
  expect(lines.map(({ feature, calls, currency }) => [feature, calls, currency])).toEqual([
    ['chat', '600', 'EUR'],
    ["'=cmd", '100', 'EUR'],
  ])
  expect(lines[0]?.['total']).toMatch(/^\d+\.\d{9}$/)
})

test('a month in the form of FOCUS adds up to what the report says', async () => {
  const { code, stdout, stderr } = await run('export', 'focus', '--month', '2026-10', '--time-zone', 'UTC')
  expect([code, stderr, stdout.startsWith('BilledCost,BillingAccountId,')]).toEqual([0, '', true])
  const report = await run('report', '--month', '2026-10', '--time-zone', 'UTC', '--json')
  const billed = read(stdout).reduce((sum, row) => sum + eur(row['BilledCost'] ?? ''), 0n)
  expect(exactEur(nano(billed))).toBe((JSON.parse(report.stdout) as { total: string }).total)
  expect(await run('export', 'focus', '--month', 'October')).toMatchObject({ code: 2, stdout: '' })
  expect(await run('export', 'focus', '--month', '2026-10', '--time-zone', 'CET')).toMatchObject({ code: 2, stdout: '' })
})
