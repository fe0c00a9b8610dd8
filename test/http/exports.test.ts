import { parse } from 'csv-parse/sync'
import { beforeAll, expect, test } from 'vitest'
import { eur, exactEur, nano } from '../../src/domain/money.ts'
import { streamed } from '../../src/http/streamed.ts'
import { openApiStage, type Ask } from '../support/api.ts'
import { MODEL, reservedBy } from '../support/reservations.ts'

const { stage, api, house } = await openApiStage()

let account: string
let mine: Ask
const TRACKED = 1_200
beforeAll(async () => {
  account = await stage.account('corporate')
  mine = await api.caller({ account, scopes: ['reports:read'] })
  const usages = Array.from({ length: TRACKED }, (_, n) => ({
    key: `${n} of ${account}`,
    account,
    model: MODEL,
    usage: { input_tokens: 100 + n, output_tokens: 10 },
    feature: n % 2 === 0 ? 'chat' : 'search',
    user: n === 0 ? '=1+1' : `user ${n % 5}`,
    labels: { tier: n % 3 === 0 ? 'gold' : 'a,"b"' },
  }))
  for (const part of [usages.slice(0, 600), usages.slice(600)])
    await house('POST', '/v1/track/batch', { body: { mode: 'all', usages: part } })
  await reservedBy(house, account)
})

type Line = Readonly<Record<string, string>>
const read = (text: unknown): Line[] => parse(String(text), { columns: true })
const asked = async (ask: Ask, query = ''): Promise<Line[]> => {
  const { status, headers, body } = await ask('GET', `/v1/exports/calls?account=${account}${query}`)
  expect([status, headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8; header=present'])
  return read(body['text'])
}

test('every call is there once, over all pages, as the list has it', async () => {
  const lines = await asked(mine)
  expect(lines).toHaveLength(TRACKED + 1)
  expect(new Set(lines.map(({ id }) => id)).size).toBe(TRACKED + 1)
  const list = await house('GET', `/v1/calls?account=${account}&limit=1000`)
  const first = list.body['data'] as { id: string; total_cost: { amount: string } | null; labels: object; user: string }[]
  expect(lines.slice(0, 1000).map((line) => [line['id'], line['total_cost_eur'], line['user']?.replace(/^'/, '')])).toEqual(
    first.map((one) => [one.id, one.total_cost?.amount ?? '', one.user ?? '']),
  )
  expect(lines.filter(({ user }) => user === "'=1+1")).toHaveLength(1)
  expect(lines.filter(({ labels }) => labels === JSON.stringify({ tier: 'a,"b"' }))).toHaveLength((TRACKED * 2) / 3)
  for (const line of lines.filter(({ total_cost_eur: whole }) => whole !== '')) {
    const parts = ['input_cost_eur', 'output_cost_eur', 'other_cost_eur'].map((name) => eur(line[name] ?? ''))
    expect(parts.reduce((all, one) => all + one, 0n)).toBe(eur(line['total_cost_eur'] ?? ''))
  }
})

test('a question is that of the list: by scope, by time, by success; nothing is a header alone', async () => {
  expect(await asked(house, '&feature=search')).toHaveLength(TRACKED / 2)
  // What is under way has no answer yet.
  expect(await asked(house, '&success=false')).toMatchObject([{ account, success: 'false', total_cost_eur: '' }])
  expect(await asked(house, '&to=2020-01-01T00:00:00Z')).toEqual([])
  expect(await house('GET', '/v1/exports/calls?from=yesterday')).toMatchObject({ status: 400, body: { code: 'bad_input' } })
  expect(await house('GET', '/v1/exports/calls?limit=5')).toMatchObject({ status: 400 })
})

test('a month in the form of FOCUS adds up to what the account has spent, and shows a key its own account alone', async () => {
  const month = new Date().toISOString().slice(0, 7)
  const { status, headers, body } = await mine('GET', `/v1/exports/focus?month=${month}&time_zone=UTC`)
  expect([status, headers.get('content-type'), headers.get('content-disposition')]).toEqual([
    200,
    'text/csv; charset=utf-8; header=present',
    `attachment; filename="focus-${month}.csv"`,
  ])
  const rows = read(body['text'])
  const spent = await house('GET', `/ai-spend/report?month=${month}&time_zone=UTC&account=${account}`)
  expect(exactEur(nano(rows.reduce((sum, row) => sum + eur(row['BilledCost'] ?? ''), 0n)))).toBe(spent.body['total_cost'])
  expect(new Set(rows.map((row) => row['SubAccountId']))).toEqual(new Set([account]))
  expect(await house('GET', '/v1/exports/focus')).toMatchObject({ status: 400, body: { code: 'bad_input' } })
})

test('who goes away ends the reading; what fails on the way breaks the answer, and what fails before it is told', async () => {
  let ended = 0
  async function* pieces(failsAt: number): AsyncGenerator<string> {
    try {
      for (let n = 0; ; n += 1) {
        if (n === failsAt) throw new Error('the ledger is away')
        yield `${n}\r\n`
      }
    } finally {
      ended += 1
    }
  }
  const told: unknown[] = []
  const tell = (error: unknown): void => void told.push(error)
  const reader = (await streamed(pieces(-1), tell)).getReader()
  await reader.read()
  await reader.cancel()
  expect([ended, told]).toEqual([1, []])
  await expect(new Response(await streamed(pieces(3), tell)).text()).rejects.toThrow('the ledger is away')
  expect([ended, told.length]).toEqual([2, 1])
  await expect(streamed(pieces(0), tell)).rejects.toThrow('the ledger is away')
})
