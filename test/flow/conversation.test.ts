/** Calls that say a conversation instead of one prompt: sent turn by turn, charged for all of them, shortened, kept and known again message by message. */
import { hash, randomUUID } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { noteSavings } from '../../src/calls/note-savings.ts'
import type { SentMessage } from '../../src/domain/message.ts'
import type { Switches } from '../../src/domain/saving-switch.ts'
import { findRequest } from '../../src/insight/requests.ts'
import { setSwitches } from '../../src/ledger/switches.ts'
import type { BudgetedOutcome } from '../../src/workflow.ts'
import { until } from '../support/until.ts'
import { resetToFirstTask } from '../workflows/history.ts'
import { appStage } from './own-app/stage.ts'
import type { Saved } from './own-app/workflows.ts'

// On a busy machine Temporal may lose a workflow task, and hands it out again after ten seconds.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const app = appStage()

const CONTEXT =
  'A household plans its money for a year, and looks at what it has spent at the end of each month, so that nobody is surprised when the next one begins.'
const talkOf = (account: string): SentMessage[] => [
  { role: 'system', text: 'You answer from the context only.' },
  { role: 'user', text: `${CONTEXT}\n\nWho is ${account}?` },
  { role: 'assistant', text: 'A household.' },
  { role: 'user', text: `${CONTEXT}\n\nWhat does ${account} plan?` },
]

/** Of an account and a feature of its own. */
async function talking(said: Switches = {}, change: Omit<Partial<Saved>, 'messages'> = {}) {
  const account = await app.stage.account('paid')
  const feature = `feature-${randomUUID().slice(0, 8)}`
  if (Object.keys(said).length > 0) await setSwitches(app.stage.ledger, { feature, ...said, who: 'test', why: 'a test' })
  return { account, text: `a question of ${account}`, feature, messages: talkOf(account), ...change }
}
const play = async (asked: Saved): Promise<BudgetedOutcome> => (await (await app.start('savedOutcome', asked)).result()) as BudgetedOutcome

/** As the emulator counts them. */
const tokensOf = (messages: readonly SentMessage[]): bigint =>
  BigInt(messages.reduce((sum, { text }) => sum + Math.ceil(Buffer.byteLength(text) / 4), 0))

async function recordOf(account: string) {
  const [attempt] = await app.stage.attempts(account)
  const record = await findRequest(app.stage.ledger, attempt?.id ?? '')
  return { prepared: record?.prepared, input: record?.lines.find(({ unit }) => unit === 'input_text_tokens')?.quantity }
}

test.concurrent('a conversation is sent turn by turn, charged for all of them, and more is set aside', async () => {
  const asked = await talking({}, { savings: false })
  expect(await play(asked)).toMatchObject({ kind: 'answered', text: expect.stringMatching(/\w/), requests: 1 })
  expect((await recordOf(asked.account)).input).toBe(tokensOf(asked.messages))
  const [attempt] = await app.stage.attempts(asked.account)
  expect(attempt?.amount).toBeGreaterThan(attempt?.cost ?? 0n)
  expect(await app.stage.billOf(asked.account)).toHaveLength(1)
})

test.concurrent('a conversation that says more than passes is bad input, before anything is set aside', async () => {
  const account = await app.stage.account('paid')
  const long = await app.start('talkedLong', account, '語', 700_000)
  await expect(long.result()).rejects.toMatchObject({
    cause: { type: 'bad_input', message: expect.stringContaining('at most 2000000 bytes') },
  })
  expect(await app.stage.attempts(account)).toEqual([])
  const less = await app.start('talkedLong', account, '語', 666_000)
  await expect(less.result()).resolves.toBeUndefined()
})

describe('a conversation that is made shorter', () => {
  test.concurrent('is sent without what it says again; what went is told with its message, and saved once', async () => {
    const asked = await talking({ compress: { repeats: true } })
    expect(await play(asked)).toMatchObject({ kind: 'answered', savings: { compressed: [{ rule: 'repeats' }] } })
    const sent = asked.messages.map((message, n) => (n === 3 ? { ...message, text: `What does ${asked.account} plan?` } : message))
    const { prepared, input } = await recordOf(asked.account)
    expect(input).toBe(tokensOf(sent))
    expect(prepared?.removed).toMatchObject([{ rule: 'repeats', message: 3, texts: [CONTEXT] }])
    const noted = await until('its saving is noted', async () => {
      await noteSavings({ ledger: app.stage.ledger, prices: { sql: app.stage.sql } })
      const rows = await app.stage.db.sql<{ strategy: string; tokens: bigint }[]>`
        select v.strategy, v.tokens from purser.saving v join purser.scope s on s.id = v.scope where s.account = ${asked.account}`
      return rows.length > 0 ? rows : undefined
    })
    expect(noted).toEqual([{ strategy: 'compress', tokens: BigInt(prepared?.tokens ?? 0) }])
  })

  test.concurrent('by a window is sent without its oldest turns; a reset sends nothing again', async () => {
    const asked = await talking({ compress: { historyTokensMax: 60 } })
    const handle = await app.start('savedOutcome', asked)
    const before: unknown = await handle.result()
    expect(before).toMatchObject({ kind: 'answered', savings: { compressed: [{ rule: 'history' }] } })
    expect((await recordOf(asked.account)).input).toBe(tokensOf([...asked.messages.slice(0, 1), ...asked.messages.slice(3)]))
    await resetToFirstTask(app.client, handle.workflowId)
    expect(await app.client.workflow.getHandle(handle.workflowId).result()).toEqual(before)
    expect(await app.stage.requestsOf(asked.account)).toHaveLength(1)
  })
})

describe('in the cache', () => {
  test.concurrent('a conversation is known again by each message in its normal form, and one with another turn is not', async () => {
    const asked = await talking({ cache: {} })
    await play(asked)
    const spaced = asked.messages.map(({ role, text }) => ({ role, text: `${text.replaceAll('\n', '\r\n')}  \n` }))
    expect(await play({ ...asked, messages: spaced })).toMatchObject({ cached: true })
    const other = asked.messages.map((message, n) => (n === 2 ? { ...message, text: 'A company.' } : message))
    expect(await play({ ...asked, messages: other })).not.toHaveProperty('cached')
    expect(await play({ ...asked, messages: asked.messages.slice(1) })).not.toHaveProperty('cached')
  })

  test.concurrent('a single message of the user is the question that a prompt asks', async () => {
    const { messages: _, ...asked } = await talking({ cache: {} })
    await play(asked)
    expect(await play({ ...asked, messages: [{ role: 'user', text: asked.text }] })).toMatchObject({ cached: true })
    expect(await app.stage.requestsOf(asked.account)).toHaveLength(1)
  })
})

describe('in the ledger', () => {
  test.concurrent('another conversation under the name of the first is a conflict', async () => {
    const { account, messages } = await talking()
    const handle = await app.start('talkedTwice', account, messages, messages.with(2, { role: 'assistant', text: 'Nobody knows.' }))
    await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'conflict' } })
    expect(await app.stage.requestsOf(account)).toHaveLength(1)
  })

  test.concurrent('a call with a prompt has the name that it had before there were conversations', async () => {
    const { account, text } = await talking()
    await (await app.start('oneCall', { account, text })).result()
    const [row] = await app.stage.db.sql<{ hash: string }[]>`
      select r.request_hash as hash from purser.reservation r join purser.call c on c.id = r.call where c.account = ${account}`
    const terms = '"provider":"gemini","model":"gemini-2.5-flash-lite","endpoint":"generateContent","tier":"standard"'
    const sent = `{${terms},"prompt":${JSON.stringify(text)},"output":{"kind":"text"},"maxOutputTokens":1000}`
    expect(row?.hash).toBe(hash('sha256', sent, 'hex'))
  })

  test.concurrent.each<[string, object, string]>([
    ['a conversation and a prompt', { prompt: 'and a prompt' }, 'either a prompt or messages'],
    ['a conversation that ends with an answer', { messages: [{ role: 'assistant', text: 'b' }] }, 'the last message is the user’s'],
    ['no message', { messages: [] }, 'at least one message'],
  ])('a call that says %s has no place', async (_, change, problem) => {
    const asked = await talking({}, { savings: false })
    const handle = await app.start('savedOutcome', { ...asked, ...change })
    await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'bad_input', message: expect.stringContaining(problem) } })
    expect(await app.stage.attempts(asked.account)).toEqual([])
  })
})
