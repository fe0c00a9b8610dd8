import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { prepare, type Preparing } from '../../src/calls/prepare.ts'
import { noteSavings } from '../../src/calls/note-savings.ts'
import type { CallKey } from '../../src/domain/call.ts'
import type { ModelRequest, Words } from '../../src/domain/model-request.ts'
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
type Change = Partial<Omit<ModelRequest, 'prompt' | 'messages'>> & Partial<Words>
const asked = ({
  prompt = 'Could you please explain how a household plans its money for a year?',
  messages,
  ...change
}: Change = {}): AskedRequest => ({
  scope: { account, feature: 'chat' },
  request: {
    provider: 'gemini',
    model: 'gemini-2.5-pro',
    endpoint: 'generateContent',
    tier: 'standard',
    ...(messages === undefined ? { prompt } : { messages }),
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

test('a line of a batch gets a model that has a price in batches, too', async () => {
  const models: Switches = { route: { allow: ['gemini-2.5-flash-lite', 'gemini-2.5-flash'], models: { hard: ['gemini-2.5-flash-lite'] } } }
  const noBatch: Preparing = {
    ...by(models),
    candidatesOf: async (tier) => {
      const book = await by(models).candidatesOf(tier)
      return tier === 'batch' ? { ...book, models: book.models.filter(({ model }) => model !== 'gemini-2.5-flash-lite') } : book
    },
  }
  const hard = { ...asked(), complexity: 'hard' } as const
  expect((await prepare(noBatch, keyOf(), hard)).model).toBe('gemini-2.5-flash-lite')
  expect((await prepare(noBatch, keyOf(), { ...hard, forBatch: true })).model).toBe('gemini-2.5-flash')
})

test('another request under the same name is a conflict', async () => {
  const key = keyOf()
  await prepare(by(LITE), key, asked())
  await expect(prepare(by(LITE), key, asked({ prompt: 'another one' }))).rejects.toMatchObject({ code: 'conflict' })
  await expect(prepare(by(LITE), key, { ...asked(), complexity: 'hard' })).rejects.toMatchObject({ code: 'conflict' })
})

test('what the cache’s switch said at the first time holds for the call, whatever is switched later', async () => {
  const [on, off] = [keyOf(), keyOf()]
  const cached = { ...LITE, cache: { ttlMs: 60_000 } }
  const first = await prepare(by(cached), on, asked())
  expect(first.cache).toEqual({ ttlMs: 60_000 })
  expect(await prepare(by(LITE), on, asked())).toEqual(first)
  expect(await prepare(by({ ...LITE, cache: { ttlMs: 5, shared: true } }), on, asked())).toEqual(first)
  expect((await prepare(by(LITE), off, asked())).cache).toBeUndefined()
  expect((await prepare(by(cached), off, asked())).cache).toBeUndefined()
  // Of a call that was prepared before this was kept nothing is known: the switch of now holds.
  await stage.db.sql`update purser.prepared_call set cache = null`
  expect((await prepare(by(cached), off, asked())).cache).toEqual({ ttlMs: 60_000 })
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

const CONTEXT =
  'A household plans its money for a year, and looks at what it has spent at the end of each month, so that nobody is surprised when the next one begins.'
const CODE = '```ts\nconst left  =  cap - spent   // could you please keep this\n```'
const TALK = [
  { role: 'system', text: 'You are a helper. Use what is in the context only.' },
  { role: 'user', text: `${CONTEXT}\n\nCould you please explain what a budget is?` },
  { role: 'assistant', text: 'A budget is a plan for money.' },
  { role: 'user', text: `${CONTEXT}\n\nWhat does this do?\n\n${CODE}` },
  { role: 'assistant', text: 'It subtracts.' },
  { role: 'user', text: `${CONTEXT}\n\nCould you please explain how much is left?` },
] as const
const COMPRESS: Switches = { compress: { whitespace: true, filler: true, repeats: true } }
const SHORT_HISTORY: Switches = { compress: { ...COMPRESS.compress, historyTokensMax: 80 } }

test('of a conversation goes what an earlier message has said; code stays as it is, and each message keeps its place', async () => {
  const key = keyOf()
  const first = await prepare(by(COMPRESS), key, asked({ messages: TALK }))
  expect(first.request.messages).toEqual([
    TALK[0],
    { role: 'user', text: `${CONTEXT}\n\nexplain what a budget is?` },
    TALK[2],
    { role: 'user', text: `What does this do?\n\n${CODE}` },
    TALK[4],
    { role: 'user', text: 'explain how much is left?' },
  ])
  expect(first.compressed.map(({ rule }) => rule).toSorted()).toEqual(['filler', 'repeats'])
  expect(await prepare(by({}), key, asked({ messages: TALK }))).toEqual(first)
})

test('a history is windowed by whole turns, the oldest first; what the system says and the last question stay', async () => {
  const key = keyOf()
  const first = await prepare(by(SHORT_HISTORY), key, asked({ messages: TALK }))
  expect(first.request.messages).toEqual([TALK[0], { role: 'user', text: `${CONTEXT}\n\nexplain how much is left?` }])
  expect(await prepare(by(OTHER), key, asked({ messages: TALK }))).toEqual(first)
  const tiny = await prepare(by({ compress: { historyTokensMax: 1 } }), keyOf(), asked({ messages: TALK }))
  expect(tiny.request.messages).toEqual([TALK[0], TALK[5]])
})

test('what was removed is stored with the message that it stood in; of the rest nothing is', async () => {
  const secret = `the one of ${randomUUID()}`
  const messages = TALK.map((message, n) => (n === 5 ? { ...message, text: `${CONTEXT}\n\nHow much is left of ${secret}?` } : message))
  await prepare(by(SHORT_HISTORY), keyOf({ workflowId: 'stored' }), asked({ messages }))
  const [row] = await stage.db.sql<{ removed: { rule: string; message: number; texts: string[] }[]; cuts: number[]; all: string }[]>`
    select removed, cuts, p::text as all from purser.prepared_call p order by at desc limit 1`
  expect(row?.removed.map(({ rule, message, texts }) => [rule, message, texts])).toEqual(
    [1, 2, 3, 4].map((n) => ['history', n, [messages[n]?.text.slice(0, 200)]]),
  )
  const start = TALK[0].text.length
  expect(row?.cuts.at(0)).toBe(start)
  expect(row?.cuts.at(-1)).toBe(start + [1, 2, 3, 4].reduce((sum, n) => sum + (messages[n]?.text.length ?? 0), 0))
  expect(row?.all).not.toContain(secret)
})

test('the same call with other messages, in another order or said by another, is a conflict', async () => {
  const key = keyOf()
  await prepare(by(COMPRESS), key, asked({ messages: TALK }))
  const [system, question, answer, ...rest] = TALK
  for (const messages of [
    [system, ...rest],
    [system, question, { ...answer, text: 'A plan.' }, ...rest],
    [system, question, { ...answer, role: 'user' as const }, ...rest],
  ])
    await expect(prepare(by(COMPRESS), key, asked({ messages }))).rejects.toMatchObject({ code: 'conflict' })
})

const HARD = 'Prove step by step why the sum of two even numbers is even, compare three approaches, and analyse the trade-offs of each.'
const complexityOf = async (messages: Change['messages']) => {
  await prepare(by({ route: {} }), keyOf(), asked({ messages, maxOutputTokens: 50 }))
  const [row] = await stage.db.sql<{ complexity: string }[]>`select complexity from purser.prepared_call order by at desc limit 1`
  return row?.complexity
}
const said = (first: string, last: string): Change['messages'] => [
  { role: 'user', text: first },
  { role: 'assistant', text: 'Yes.' },
  { role: 'user', text: last },
]

test('a task is judged by what the system and the last message ask, not by the turns before', async () => {
  expect(await complexityOf(said(HARD, 'Thanks. Is 4 even?'))).toBe('simple')
  expect(await complexityOf(said('Is 4 even?', HARD))).not.toBe('simple')
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
