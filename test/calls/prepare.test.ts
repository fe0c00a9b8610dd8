import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { prepare, type Preparing } from '../../src/calls/prepare.ts'
import { noteSavings } from '../../src/calls/note-savings.ts'
import type { CallKey } from '../../src/domain/call.ts'
import type { AskedRequest } from '../../src/domain/prepared-call.ts'
import type { Switches } from '../../src/domain/saving-switch.ts'
import { candidateBook } from '../../src/prices/candidates.ts'
import { openStage } from '../support/stage.ts'

const stage = await openStage()
afterAll(() => stage.close())
const account = await stage.account('paid')

const by = (own: Switches): Preparing => ({
  ledger: stage.ledger,
  switchesOf: async () => ({ all: {}, own }),
  candidatesOf: (tier) => candidateBook({ sql: stage.sql }, { providers: ['gemini'], tier }),
})
const LITE: Switches = { route: { allow: ['gemini-2.5-flash-lite'] }, compress: { filler: true } }
const OTHER: Switches = { route: { allow: ['gemini-2.5-flash'] } }

const keyOf = (change: Partial<CallKey> = {}): CallKey => ({
  installation: stage.installation,
  workflowId: `job-${randomUUID()}`,
  jobStartedAt: new Date().toISOString(),
  callId: 'one',
  ...change,
})
const asked = (change: Partial<AskedRequest['request']> = {}): AskedRequest => ({
  scope: { account, feature: 'chat' },
  request: {
    provider: 'gemini',
    model: 'gemini-2.5-pro',
    endpoint: 'generateContent',
    tier: 'standard',
    prompt: 'Could you please explain how a household plans its money for a year?',
    output: { kind: 'text' },
    maxOutputTokens: 500,
    ...change,
  },
})

test('what was decided first is what everybody hears, though the switches say something else by now', async () => {
  const key = keyOf()
  const first = await prepare(by(LITE), key, asked())
  expect(first).toMatchObject({
    model: 'gemini-2.5-flash-lite',
    request: { model: 'gemini-2.5-flash-lite', prompt: 'explain how a household plans its money for a year?' },
    compressed: [{ rule: 'filler' }],
  })
  expect(await prepare(by(OTHER), key, asked())).toEqual(first)
  expect(await prepare(by({}), key, asked())).toEqual(first)
})

test('of many who decide at once, and differently, one is heard by all', async () => {
  const key = keyOf()
  const all = await Promise.all(Array.from({ length: 12 }, (_, n) => prepare(by(n % 2 === 0 ? LITE : OTHER), key, asked())))
  expect(new Set(all.map((one) => JSON.stringify(one))).size).toBe(1)
})

test('another request under the same name is a conflict', async () => {
  const key = keyOf()
  await prepare(by(LITE), key, asked())
  await expect(prepare(by(LITE), key, asked({ prompt: 'another one' }))).rejects.toMatchObject({ code: 'conflict' })
  await expect(prepare(by(LITE), key, { ...asked(), complexity: 'hard' })).rejects.toMatchObject({ code: 'conflict' })
})

test('what the cache’s switch says is handed on, and is no part of the decision', async () => {
  const key = keyOf()
  const { cache: first, ...decided } = await prepare(by({ ...LITE, cache: { ttlMs: 60_000 } }), key, asked())
  const { cache: second, ...again } = await prepare(by(LITE), key, asked())
  expect([first, second]).toEqual([{ ttlMs: 60_000 }, undefined])
  expect(again).toEqual(decided)
})

test('an account that is not there ends it at once', async () => {
  await expect(prepare(by(LITE), keyOf(), { ...asked(), scope: { account: 'nobody' } })).rejects.toMatchObject({ code: 'unknown_account' })
})

test('of a prompt nothing is stored but what was removed', async () => {
  const secret = `a household of ${randomUUID()}`
  await prepare(by(LITE), keyOf(), asked({ prompt: `Could you please explain how ${secret} plans its money?` }))
  const [row] = await stage.db.sql<{ all: string }[]>`select string_agg(p::text, '') as all from purser.prepared_call p`
  expect(row?.all).toContain('Could you please')
  expect(row?.all).not.toContain(secret)
})

const age = (interval: string) =>
  stage.db
    .sql`update purser.prepared_call set at = clock_timestamp() - ${interval}::text::interval, look_at = clock_timestamp() where look_at is not null`
const waits = async () => {
  await noteSavings({ ledger: stage.ledger, prices: { sql: stage.sql } })
  return stage.db.sql<{ days: number | null }[]>`
    select distinct round(extract(epoch from look_at - clock_timestamp()) / 86400)::int as days from purser.prepared_call where asked_model = 'gemini-2.5-pro'`
}

test('a call without an answer is looked at after as long as it is old, and never after forty days', async () => {
  const key = keyOf()
  await prepare(by(LITE), key, asked())
  await age('3 days')
  expect(await waits()).toEqual([{ days: 3 }])
  await age('41 days')
  expect(await waits()).toEqual([{ days: null }])
})

test('a call of a month that was dropped is too old to be prepared', async () => {
  const jobStartedAt = '2020-01-15T00:00:00.000Z'
  await prepare(by(LITE), keyOf({ jobStartedAt }), asked())
  await stage.db.sql`update purser.ledger_state set low_water = '2020-02-01T00:00:00Z'`
  await expect(prepare(by(LITE), keyOf({ jobStartedAt }), asked())).rejects.toMatchObject({ code: 'too_old' })
})
