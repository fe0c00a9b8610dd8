/** Batches over HTTP: on a real Temporal, with a worker and the emulator. */
import { randomUUID } from 'node:crypto'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { eurOf } from '../support/administration.ts'
import { startApi, type ApiAnswer, type Ask, type TestApi } from '../support/api.ts'
import { nanoOf } from '../support/reservations.ts'
import { openStage, type Stage } from '../support/stage.ts'
import { connectTemporal } from '../support/temporal.ts'
import { until } from '../support/until.ts'
import { startTestWorker, type TestWorker } from '../support/worker.ts'

let env: TestWorkflowEnvironment
let stage: Stage
let worker: TestWorker
let api: TestApi
let house: Ask
beforeAll(async () => {
  ;[env, stage] = await Promise.all([connectTemporal(), openStage()])
  worker = await startTestWorker(env, stage)
  api = await startApi(stage, 100_000, { purser: worker.purser })
  house = await api.caller()
}, 60_000)
afterEach(() => stage.intact())
afterAll(async () => {
  await api.close()
  await worker.stop()
  await env.teardown()
  await stage.close()
})

const startedBy = async (ask: Ask, body: Record<string, unknown>): Promise<string> => {
  const answer = await ask('POST', '/v1/jobs', { body })
  expect([answer.status, answer.body['state']]).toEqual([201, 'running'])
  return String(answer.body['id'])
}

const addressOf = (id: string): string => `/v1/jobs/${encodeURIComponent(id)}`

/** Looks until the job has ended. */
const endOf = (ask: Ask, id: string): Promise<ApiAnswer['body']> =>
  until(`the end of ${id}`, async () => {
    const { body } = await ask('GET', addressOf(id))
    return body['state'] !== 'running' && body
  })

const batchOf = (account: string, change: Record<string, unknown> = {}) => ({
  type: 'batch',
  account,
  deadline: new Date(Date.now() + 60_000).toISOString(),
  lines: [1, 2].map((n) => ({
    call_id: `line-${n}`,
    model: 'gemini-2.5-flash-lite',
    prompt: `question ${n} of ${account}`,
    max_output_tokens: 500,
  })),
  ...change,
})

test('a batch is handed in over HTTP, and each line has its outcome, with its money and its text', async () => {
  const account = await stage.account()
  const own = await api.caller({ account, scopes: ['jobs:write'] })
  const { lines, ...rest } = batchOf(account)
  // Of a budget that is not its account's.
  const budget = { name: `house of ${account}`, scope: { user: account }, budget_amount: eurOf('0.000001') }
  expect(await house('POST', '/v1/budgets', { body: budget })).toMatchObject({ status: 201 })
  const [first, second] = lines
  const saved = { ...first, feature: `feature of ${account}`, savings: true }
  const dear = { call_id: 'dear', user: account, model: 'gemini-2.5-flash-lite', prompt: 'much', max_output_tokens: 50_000 }
  await stage.emulator.fault({ fault: 'batch_line_fails', promptIncludes: `question 2 of ${account}` })
  const body = { ...rest, account: undefined, lines: [saved, second, dear] }
  const key = randomUUID()
  const started = await own('POST', '/v1/jobs', { body, key })
  expect(started).toMatchObject({ status: 201, body: { type: 'batch', account, state: 'running' } })
  expect((await own('POST', '/v1/jobs', { body, key })).body['id']).toBe(started.body['id'])
  const seen = await endOf(own, String(started.body['id']))
  expect(seen).toMatchObject({
    state: 'completed',
    result: null,
    progress: null,
    error: null,
    outcomes: [
      {
        call_id: 'line-1',
        kind: 'answered',
        text: expect.any(String),
        reservation: expect.stringMatching(/^rsv_/),
        savings: { model: 'gemini-2.5-flash-lite', code: 'as_asked', reason: expect.stringContaining('off'), compressed: [] },
        refusal: null,
      },
      { call_id: 'line-2', kind: 'rejected', text: null, cost: null, message: expect.any(String), savings: null },
      { call_id: 'dear', kind: 'refused', message: expect.any(String), refusal: { budget: null } },
    ],
  })
  expect(await house('GET', addressOf(String(started.body['id'])))).toMatchObject({
    body: { outcomes: [{}, {}, { refusal: { budget: { name: budget.name }, what_would_work: expect.any(Array) } }] },
  })
  const [answered] = seen['outcomes'] as { cost: unknown }[]
  expect(nanoOf(answered?.cost)).toBe((await stage.balance(account)).spent)
})

test('lines may be conversations, and of several accounts, for a key that is bound to none; then no account’s key sees the job', async () => {
  const [one, other] = [await stage.account(), await stage.account()]
  const [first, second] = batchOf(one).lines
  const messages = [
    { role: 'system', text: 'Be short.' },
    { role: 'user', text: `question of ${other}` },
  ]
  const body = batchOf(one, { lines: [first, { ...second, prompt: undefined, messages, account: other }] })
  const both = batchOf(one, { lines: [{ ...second, messages }] })
  expect(await house('POST', '/v1/jobs', { body: both })).toMatchObject({
    status: 400,
    body: { code: 'bad_input', detail: expect.stringContaining('either a prompt or messages') },
  })
  const id = await startedBy(house, body)
  expect(await endOf(house, id)).toMatchObject({ account: null, outcomes: [{ kind: 'answered' }, { kind: 'answered' }] })
  expect(await Promise.all([one, other].map(async (account) => (await stage.balance(account)).spent > 0n))).toEqual([true, true])
  const own = await api.caller({ account: one })
  expect(await own('GET', addressOf(id))).toMatchObject({ status: 404 })
  expect(await own('POST', '/v1/jobs', { body })).toMatchObject({ status: 403, body: { code: 'not_permitted' } })
  const nobody = { ...body, lines: [first, { ...second, account: 'nobody' }] }
  expect(await house('POST', '/v1/jobs', { body: nobody })).toMatchObject({ status: 404, body: { code: 'unknown_account' } })
})

test('what cannot be a batch is not started', async () => {
  const account = await stage.account()
  const { lines } = batchOf(account)
  const wrong: [string, Record<string, unknown>][] = [
    ['body.lines', { lines: [] }],
    ['body.lines.0.account', { account: undefined }],
    ['body.lines.0.tier', { lines: [{ ...lines[0], tier: 'standard' }] }],
    ['body.deadline', { deadline: 'tomorrow' }],
    ['body.brief', { brief: {} }],
  ]
  for (const [field, change] of wrong) {
    const answer = await house('POST', '/v1/jobs', { body: batchOf(account, change) })
    const [first] = answer.body['errors'] as { field: string; message: string }[]
    expect([answer.status, field.startsWith(first?.field ?? '?')]).toEqual([400, true])
  }
  const twice = { lines: [lines[0], lines[0]] }
  const chosen = { lines: [{ ...lines[0], complexity: 'hardest' }] }
  for (const change of [twice, chosen])
    expect(await house('POST', '/v1/jobs', { body: batchOf(account, change) })).toMatchObject({ status: 400, body: { code: 'bad_input' } })
  expect(await stage.attempts(account)).toEqual([])
})
