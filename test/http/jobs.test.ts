/** Jobs over HTTP: on a real Temporal, with a worker and the emulator. */
import { randomUUID } from 'node:crypto'
import { Client } from '@temporalio/client'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createPurser } from '../../src/client.ts'
import { setUpTemporal } from '../../src/platform/temporal-setup.ts'
import { openTemporalConnection } from '../../src/temporal-connection.ts'
import { newNamespace } from '../cli/namespace.ts'
import { allOf, eurOf } from '../support/administration.ts'
import { startApi, UI_URL, type ApiAnswer, type Ask, type TestApi } from '../support/api.ts'
import { nanoOf } from '../support/reservations.ts'
import { openStage, type Stage } from '../support/stage.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { connectTemporal } from '../support/temporal.ts'
import { until } from '../support/until.ts'
import { startTestWorker, type TestWorker } from '../support/worker.ts'

let env: TestWorkflowEnvironment
let stage: Stage
let worker: TestWorker
let api: TestApi
/** On a task queue that no worker serves, where jobs run until they are ended. */
let idle: TestApi
/** The same, in a namespace where nobody registered search attributes. */
let bare: TestApi
let house: Ask
beforeAll(async () => {
  ;[env, stage] = await Promise.all([connectTemporal(), openStage()])
  await setUpTemporal(env.client, { taskQueue: 'none', timeZone: 'UTC', warn: () => undefined })
  worker = await startTestWorker(env, stage)
  const untagged = new Client({ connection: env.connection, namespace: await newNamespace(env) })
  const nobody = { taskQueue: 'nobody-here', warn: () => undefined }
  api = await startApi(stage, 100_000, { purser: worker.purser })
  idle = await startApi(stage, 100_000, { purser: await createPurser({ client: env.client, ...nobody }) })
  bare = await startApi(stage, 100_000, { purser: await createPurser({ client: untagged, ...nobody }) })
  house = await api.caller()
}, 60_000)
afterEach(() => stage.intact())
afterAll(async () => {
  await Promise.all([api.close(), idle.close(), bare.close()])
  await worker.stop()
  await env.teardown()
  await stage.close()
})

const bannerOf = (account: string, change: Record<string, unknown> = {}) => ({
  type: 'banner',
  account,
  brief: { name: `meets ${account}`, headline: 'Machines that think', company: 'Ada', colours: ['#0b1b3a'], mood: 'calm' },
  ...change,
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

test('a job is started and its result read over HTTP, with its money; its account’s key sees it, but not what other budgets have left', async () => {
  const account = await stage.account()
  const own = await api.caller({ account, scopes: ['jobs:write'] })
  const { account: _, ...body } = bannerOf(account, { variants: 2, ledger_mode: 'activity', on_lost: 'retry', feature: 'page' })
  const started = await own('POST', '/v1/jobs', { body })
  expect(started).toMatchObject({ status: 201, body: { type: 'banner', account, ended_at: null, started_at: expect.any(String) } })
  const id = String(started.body['id'])
  expect(id).toMatch(/^job_[0-9a-f]{32}$/)
  expect(started.body['links']).toEqual({ self: `/v1/jobs/${id}`, temporal_ui: `${UI_URL}/${id}` })
  const seen = await endOf(house, id)
  const { spent, reserved } = await stage.balance(account)
  const left = eurOf(expect.any(String))
  expect(seen).toMatchObject({
    state: 'completed',
    waiting_for: null,
    error: null,
    ended_at: expect.any(String),
    progress: [1, 2].map((variant) => ({ variant, step: 'done', cost: left, given_back: left, budget_left: left })),
    result: {
      banners: [1, 2].map((variant) => ({ variant, picture: { mime_type: 'image/png', width: 1584, height: 396 }, requests: 1 })),
      refused: [],
      failed: [],
      budget_left: left,
    },
  })
  expect([nanoOf((seen['result'] as { cost: unknown }).cost), reserved]).toEqual([spent, 0n])
  expect(await own('GET', `/v1/jobs/${id}`)).toMatchObject({
    status: 200,
    body: { state: 'completed', progress: [{ budget_left: null }, { budget_left: null }], result: { budget_left: null } },
  })
})

test('the same key, or the same job id, finds the same job, also when it has ended; another body is refused, and nothing runs twice', async () => {
  const account = await stage.account()
  const key = randomUUID()
  const body = bannerOf(account)
  const [first, ...others] = await Promise.all([1, 2, 3].map(() => house('POST', '/v1/jobs', { body, key })))
  const id = [first, ...others].find((answer) => answer?.status === 201)?.body['id']
  for (const answer of [first, ...others]) expect([201, 409]).toContain(answer?.status)
  await endOf(house, String(id))
  const again = await house('POST', '/v1/jobs', { body, key })
  expect([again.status, again.body['id'], again.body['state'], again.headers.get('idempotent-replayed')]).toEqual([
    201,
    id,
    'completed',
    'true',
  ])
  expect(await house('POST', '/v1/jobs', { body: { ...body, variants: 2 }, key })).toMatchObject({
    status: 422,
    body: { code: 'idempotency_key_reused' },
  })
  const named = { ...bannerOf(account), job_id: `Übung 7/${account}?` }
  expect(await startedBy(house, named)).toBe(named.job_id)
  await endOf(house, named.job_id)
  expect(await house('POST', '/v1/jobs', { body: named })).toMatchObject({ status: 201, body: { id: named.job_id, state: 'completed' } })
  expect(await house('POST', '/v1/jobs', { body: { ...named, variants: 2 } })).toMatchObject({
    status: 409,
    body: { code: 'job_conflict' },
  })
  expect(await stage.attempts(account)).toHaveLength(2)
})

test('a job that Temporal has forgotten is not run again: neither its key nor its job id starts another, and what it cost stays', async () => {
  const account = await stage.account()
  const requests = [
    { body: bannerOf(account), key: randomUUID() },
    { body: { ...bannerOf(account), job_id: `forgotten-${account}` }, key: randomUUID() },
  ]
  // The same ledger, with a Temporal that has nothing of these jobs.
  const later = await bare.caller()
  for (const request of requests) {
    const id = String((await house('POST', '/v1/jobs', request)).body['id'])
    await endOf(house, id)
    expect(await later('GET', addressOf(id))).toMatchObject({ status: 404 })
    expect(await later('POST', '/v1/jobs', request)).toMatchObject({ status: 410, body: { code: 'too_old' } })
    expect(await later('GET', addressOf(id))).toMatchObject({ status: 404 })
  }
  expect(await stage.attempts(account)).toHaveLength(2)
})

test('what the attempts of a job failed of is told to the installation, and not to its account', async () => {
  const account = await stage.account()
  await stage.emulator.fault({ fault: 'rate_limited', retryAfterSeconds: 600, promptIncludes: account })
  const id = await startedBy(house, bannerOf(account))
  const told = await until('an attempt has failed', async () => {
    const { body } = await house('GET', addressOf(id))
    return String(body['waiting_for']).includes('after: ') && body
  })
  expect(told).toMatchObject({ state: 'running' })
  const { body } = await (await api.caller({ account }))('GET', addressOf(id))
  expect(body['waiting_for']).toMatch(/\(attempt \d+/)
  expect(body['waiting_for']).not.toContain('after: ')
  await house('POST', `${addressOf(id)}/cancel`)
  expect(await endOf(house, id)).toMatchObject({ state: 'cancelled' })
})

test('the same key of another account names another job, also when the key’s first answer is forgotten', async () => {
  const [one, other] = [await stage.account(), await stage.account()]
  const [ask, foreign] = [await idle.caller({ account: one }), await idle.caller({ account: other })]
  const key = randomUUID()
  const [first, second] = [
    await ask('POST', '/v1/jobs', { body: bannerOf(one), key }),
    await foreign('POST', '/v1/jobs', { body: bannerOf(other), key }),
  ]
  expect([first.status, second.status, first.body['id'] === second.body['id']]).toEqual([201, 201, false])
  await stage.db.sql`truncate purser.api_request`
  expect(await ask('POST', '/v1/jobs', { body: bannerOf(one), key })).toMatchObject({ status: 201, body: { id: first.body['id'] } })
  await stage.db.sql`truncate purser.api_request`
  expect(await ask('POST', '/v1/jobs', { body: bannerOf(one, { variants: 3 }), key })).toMatchObject({
    status: 422,
    body: { code: 'idempotency_key_reused' },
  })
})

test('a job that no budget can pay for says which refuses, and what would work; of a budget that is not its account’s, the account hears no figures', async () => {
  const account = await stage.account('free')
  const own = await api.caller({ account })
  const id = await startedBy(own, bannerOf(account, { variants: 4 }))
  const few = await endOf(own, id)
  const [first] = (few['result'] as { refused: unknown[] }).refused
  expect(first).toMatchObject({ refusal: { budget: { name: `free plan of ${account}` }, cap: eurOf('0.100000000') } })
  const poor = await stage.account()
  const tight = `house of ${poor}`
  const budget = { name: tight, scope: { user: poor }, budget_amount: eurOf('0.01') }
  expect(await house('POST', '/v1/budgets', { body: budget })).toMatchObject({ status: 201 })
  const refused = await startedBy(house, bannerOf(poor, { user: poor }))
  const whole = await endOf(house, refused)
  expect(whole).toMatchObject({
    state: 'failed',
    result: null,
    progress: [{ step: expect.stringContaining(tight) }],
    error: {
      code: 'budget_exceeded',
      message: expect.stringContaining(tight),
      refusal: {
        budget: { name: tight, id: expect.stringMatching(/^bdg_/) },
        cap: eurOf('0.010000000'),
        what_would_work: expect.any(Array),
      },
    },
  })
  const bound = await endOf(await api.caller({ account: poor }), refused)
  expect(bound).toMatchObject({ progress: [{ step: 'refused' }], error: { code: 'budget_exceeded', refusal: { budget: null } } })
  expect(JSON.stringify(bound)).not.toMatch(/house of|"0\.01/)
  const plain = await startedBy(house, bannerOf(poor))
  expect(await endOf(await api.caller({ account: poor }), plain)).toMatchObject({ state: 'completed' })
})

test('a job that runs says what it waits for; cancelled it ends, once, what was sent is booked, and a second cancel has no effect', async () => {
  const account = await stage.account()
  await stage.emulator.fault({ fault: 'slow', ms: 1_500, promptIncludes: account })
  const id = await startedBy(house, bannerOf(account))
  const running = await until('the call is sent', async () => {
    const { body } = await house('GET', addressOf(id))
    return (await stage.requestsOf(account)).length > 0 && body
  })
  expect(running).toMatchObject({ state: 'running', result: null, error: null, waiting_for: expect.any(String) })
  const key = randomUUID()
  expect(await house('POST', `${addressOf(id)}/cancel`, { key })).toMatchObject({ status: 202, body: { id, state: 'running' } })
  expect(await endOf(house, id)).toMatchObject({ state: 'cancelled', error: { code: 'cancelled', refusal: null } })
  const again = await house('POST', `${addressOf(id)}/cancel`, { key })
  expect([again.status, again.body['state'], again.headers.get('idempotent-replayed')]).toEqual([200, 'cancelled', 'true'])
  expect(await house('POST', `${addressOf(id)}/cancel`)).toMatchObject({ status: 200, body: { state: 'cancelled' } })
  expect(await stage.attempts(account)).toMatchObject([{ state: 'settled' }])
})

test.for([
  ['with search attributes', () => idle],
  ['without search attributes, by the memo', () => bare],
] as const)('a list pages through all jobs of an account, newest first, without loss or repeat, %s', async ([, where]) => {
  const [account, other] = [await stage.account(), await stage.account()]
  const ask = await where().caller()
  const own = await where().caller({ account })
  const ids: string[] = []
  for (let n = 0; n < 5; n += 1) {
    ids.unshift(await startedBy(own, bannerOf(account)))
    await startedBy(ask, bannerOf(other))
  }
  await until('all are listed', async () => (await allOf(ask, `/v1/jobs?account=${account}&limit=50`)).ids.length === 5)
  expect(await allOf(own, '/v1/jobs?limit=2')).toEqual({ ids, pages: 3 })
  expect(await allOf(ask, `/v1/jobs?account=${account}&limit=5`)).toMatchObject({ ids })
  expect((await allOf(ask, '/v1/jobs?limit=4')).ids).toEqual(expect.arrayContaining(ids))
  await own('POST', `${addressOf(ids[2] ?? '')}/cancel`)
  // Nobody serves them, so they are not ended by being asked to.
  expect((await own('GET', '/v1/jobs?state=cancelled')).body['data']).toEqual([])
  expect((await allOf(own, '/v1/jobs?state=running&limit=3')).ids).toEqual(ids)
  const { next_cursor: cursor } = (await own('GET', '/v1/jobs?limit=2')).body
  expect(String(cursor).length).toBeLessThan(400)
  expect(await ask('GET', `/v1/jobs?limit=2&cursor=${String(cursor)}`)).toMatchObject({ status: 400, body: { code: 'bad_input' } })
})

test('a key that is bound to another account sees none of it: 404 by id, an empty list, no start for others', async () => {
  const [account, other] = [await stage.account(), await stage.account()]
  const id = await startedBy(await idle.caller(), bannerOf(account))
  const foreign = await idle.caller({ account: other, scopes: ['jobs:write'] })
  await until('it is listed', async () => (await allOf(house, `/v1/jobs?account=${account}&limit=9`)).ids.includes(id))
  expect(await foreign('GET', addressOf(id))).toMatchObject({ status: 404, body: { code: 'not_found' } })
  expect(await foreign('POST', `${addressOf(id)}/cancel`)).toMatchObject({ status: 404, body: { code: 'not_found' } })
  expect(await foreign('GET', '/v1/jobs')).toMatchObject({ status: 200, body: { data: [], has_more: false, next_cursor: null } })
  expect(await foreign('GET', `/v1/jobs?account=${account}`)).toMatchObject({ status: 403 })
  expect(await foreign('POST', '/v1/jobs', { body: bannerOf(account) })).toMatchObject({ status: 403, body: { code: 'not_permitted' } })
  expect(await foreign('POST', '/v1/jobs', { body: { ...bannerOf(account), account: other, job_id: 'x'.repeat(9) + id } })).toMatchObject({
    status: 201,
    body: { account: other },
  })
})

test('what is no job is not there, and what cannot be one is not started', async () => {
  const account = await stage.account()
  expect(await house('GET', '/v1/jobs/nothing-of-this-name')).toMatchObject({ status: 404, body: { code: 'not_found' } })
  expect(await house('POST', '/v1/jobs/nothing-of-this-name/cancel')).toMatchObject({ status: 404 })
  const another = `sweep-${randomUUID()}`
  await env.client.workflow.start('sweep', { taskQueue: 'nobody-here', workflowId: another, args: [{}] })
  expect(await house('GET', addressOf(another))).toMatchObject({ status: 404, body: { code: 'not_found' } })
  expect(await house('POST', '/v1/jobs', { body: bannerOf('nobody') })).toMatchObject({ status: 404, body: { code: 'unknown_account' } })
  const wrong: [string, Record<string, unknown>][] = [
    ['body.type', { type: 'poster' }],
    ['body.job_id', { job_id: 'purser-sweep' }],
    ['body.job_id', { job_id: 'api/all/key' }],
    ['body.job_id', { job_id: `job_${'0'.repeat(32)}` }],
    ['body.job_id', { job_id: '..' }],
    ['body.account', { account: undefined }],
    ['body.variants', { variants: 9 }],
    ['body.brief.name', { brief: { ...bannerOf(account).brief, name: '' } }],
    ['body', { searchAttributes: true }],
  ]
  for (const [field, change] of wrong) {
    const answer = await house('POST', '/v1/jobs', { body: bannerOf(account, change) })
    expect([field, answer.status, (answer.body['errors'] as { field: string }[])[0]?.field]).toEqual([field, 400, field])
  }
  expect(await stage.attempts(account)).toEqual([])
})

test('without Temporal, or while it is away, a request hears so within its limit, and its key starts the job once it is back', async () => {
  const account = await stage.account()
  const without = await startApi(stage)
  expect(await (await without.caller())('GET', '/v1/jobs')).toMatchObject({ status: 503, body: { code: 'unavailable' } })
  await without.close()

  const [host = '', port = ''] = env.connection.options.address.split(':')
  const proxy = await startTcpProxy({ host, port: Number(port) })
  const connection = await openTemporalConnection({ address: `127.0.0.1:${proxy.port}` })
  const purser = await createPurser({ client: new Client({ connection }), taskQueue: worker.taskQueue, warn: () => undefined })
  const through = await startApi(stage, 100_000, { purser })
  try {
    const ask = await through.caller()
    const requests: [string, string, { body?: unknown; key?: string }][] = [
      ['POST', '/v1/jobs', { body: bannerOf(account), key: 'while it is away' }],
      ['GET', '/v1/jobs', {}],
      ['GET', '/v1/jobs/whatever', {}],
    ]
    for (const breaks of ['cut', 'mute'] as const) {
      await proxy[breaks]()
      const begunAt = performance.now()
      const answers = await Promise.all(requests.map(([method, path, options]) => ask(method, path, options)))
      expect(answers.map(({ status, body, headers }) => [status, body['code'], headers.get('retry-after')])).toEqual(
        requests.map(() => [503, 'unavailable', '1']),
      )
      expect(performance.now() - begunAt).toBeLessThan(8_000)
      if (breaks === 'mute') await proxy.cut()
      await proxy.join()
      await until('Temporal is back', async () => (await ask('GET', '/v1/jobs')).status === 200)
    }
    const [[method, path, options] = ['', '', {}]] = requests
    const started = await ask(method, path, options)
    expect(started.status).toBe(201)
    expect(await endOf(ask, String(started.body['id']))).toMatchObject({ state: 'completed' })
    expect(await stage.attempts(account)).toHaveLength(1)
  } finally {
    await through.close()
    await connection.close()
    await proxy.close()
  }
})
