/** A job that waits for money: it says so, its turn comes with the money, and it outlives its worker; it can be cancelled, and it does not wait for ever. */
import { randomUUID } from 'node:crypto'
import { defaultPayloadConverter, WorkflowFailedError } from '@temporalio/client'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { tellTurns } from '../../src/delivery/tell-turns.ts'
import { eur, nano } from '../../src/domain/money.ts'
import { changeCap } from '../../src/ledger/budgets.ts'
import { removeRateLimit, setRateLimit } from '../../src/ledger/rate-limits.ts'
import { setUpTemporal } from '../../src/platform/temporal-setup.ts'
import type { Running } from '../../src/until-stopped.ts'
import { openStage, type Stage } from '../support/stage.ts'
import { connectTemporal } from '../support/temporal.ts'
import { until } from '../support/until.ts'
import { bannerFor, failureOf, startTestWorker, type TestWorker } from '../support/worker.ts'

// On a busy machine Temporal may lose a workflow task, and hands it out again after ten seconds.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let env: TestWorkflowEnvironment
let stage: Stage
let worker: TestWorker
let turns: Running
const warnings: string[] = []
beforeAll(async () => {
  ;[env, stage] = await Promise.all([connectTemporal(), openStage({ pauses: true })])
  await setUpTemporal(env.client, { taskQueue: 'none', timeZone: 'UTC', warn: () => undefined })
  worker = await startTestWorker(env, stage)
  turns = tellTurns({
    ledger: stage.ledger,
    client: env.client,
    installation: stage.installation,
    warn: (message, facts) => warnings.push(`${message} ${JSON.stringify(facts)}`),
  })
})
afterEach(() => stage.intact())
afterAll(async () => {
  await turns.stop()
  await worker.stop()
  await env.teardown()
  await stage.close()
})

/** A little more than a banner may cost at the most. */
const BANNER = eur('0.06')
const queue = async (account: string) => {
  const rows = await stage.db.sql<{ workflow: string }[]>`
    select w.workflow_id as workflow from purser.waiter w join purser.scope s on s.id = w.scope where s.account = ${account} order by w.place`
  return rows.map(({ workflow }) => workflow)
}
const topUp = (account: string, change: bigint) =>
  changeCap(stage.ledger, { of: { account }, change: nano(change), key: randomUUID(), reason: 'more' })

/** An account with nothing left, and so many jobs that wait, one after the other. */
async function waiting(count: number, change: Partial<Parameters<typeof bannerFor>[1]> = {}) {
  const account = await stage.account('free')
  await topUp(account, -100_000_000n)
  const jobs = []
  for (let n = 0; n < count; n += 1) {
    const job = await worker.purser.banner.start(bannerFor(account, { onRefused: 'wait', ...change }))
    await until('it waits', async () => (await queue(account)).length === n + 1)
    jobs.push(job)
  }
  return { account, jobs }
}

const timersOf = async (workflowId: string) => {
  const { events } = await env.client.workflow.getHandle(workflowId).fetchHistory()
  return (events ?? []).flatMap((event) =>
    event.timerStartedEventAttributes && event.userMetadata?.summary
      ? [defaultPayloadConverter.fromPayload<string>(event.userMetadata.summary)]
      : [],
  )
}

test('Temporal says what a job waits for, and a top-up for one lets the first one run', async () => {
  const { account, jobs } = await waiting(3)
  const [first] = jobs
  expect(await timersOf(first?.workflowId ?? '')).toEqual([
    expect.stringMatching(/^banner 1: waits for 0\.0\d+ EUR of "free plan of .*" \(\d{4}-\d{2}\), which has 0 EUR left$/),
  ])
  expect(await first?.waitingFor()).toMatch(
    /^banner 1: waiting for money: Budget "free plan of .*" \(\d{4}-\d{2}\) refuses: 0\.0\d+ EUR needed/,
  )
  await topUp(account, BANNER)
  const result = await first?.result()
  expect(result).toMatchObject({ banners: [{ variant: 1, requests: 1 }], refused: [] })
  expect(await queue(account)).toEqual(jobs.slice(1).map(({ workflowId }) => workflowId))
  expect(await stage.requestsOf(account)).toHaveLength(1)
  await topUp(account, 2n * BANNER)
  await Promise.all(jobs.map((job) => job.result()))
  expect(await queue(account)).toEqual([])
  expect(await stage.requestsOf(account)).toHaveLength(3)
  expect(warnings).toEqual([])
})

test('a job that waits outlives its worker', async () => {
  const { account, jobs } = await waiting(1)
  await worker.stop()
  await topUp(account, BANNER)
  await until('it was told', async () => {
    const [row] = await stage.db.sql<{ told: boolean }[]>`
      select w.is_told as told from purser.waiter w join purser.scope s on s.id = w.scope where s.account = ${account}`
    return row?.told === true
  })
  worker = await startTestWorker(env, stage, { taskQueue: worker.taskQueue })
  expect(await jobs[0]?.result()).toMatchObject({ banners: [{ variant: 1 }] })
  expect(await queue(account)).toEqual([])
})

test('a job that is cancelled, or ended by force, waits no more and holds up nobody', async () => {
  const { account, jobs } = await waiting(3)
  const [cancelled, ended, last] = jobs
  await env.client.workflow.getHandle(cancelled?.workflowId ?? '').cancel()
  await until('it has left', async () => (await queue(account)).length === 2)
  await env.client.workflow.getHandle(ended?.workflowId ?? '').terminate('by force')
  await topUp(account, BANNER)
  expect(await last?.result()).toMatchObject({ banners: [{ variant: 1 }] })
  expect(await queue(account)).toEqual([])
  const end = await env.client.workflow
    .getHandle(cancelled?.workflowId ?? '')
    .result()
    .catch((error: unknown) => error)
  expect(end).toBeInstanceOf(WorkflowFailedError)
})

test('it does not wait for longer than it is told to, and then ends refused', async () => {
  const { account, jobs } = await waiting(1, { waitAtMostMs: 1_500 })
  const [job] = jobs
  expect((await failureOf(job?.result() ?? Promise.resolve())).code).toBe('budget_exceeded')
  expect(await queue(account)).toEqual([])
  expect(await stage.requestsOf(account)).toEqual([])
})

test('a rate limit holds a job back before anything is held, and Temporal says so', async () => {
  const account = await stage.account('paid')
  await setRateLimit(stage.ledger, { name: 'per-account', scope: { account }, requestsPerMinute: 30, reason: 'a test' })
  try {
    const jobs = []
    for (let n = 0; n < 5; n += 1) jobs.push(await worker.purser.banner.start(bannerFor(account)))
    const results = await Promise.all(jobs.map((job) => job.result()))
    expect(results.every(({ banners }) => banners.length === 1)).toBe(true)
    const timers = (await Promise.all(jobs.map(({ workflowId }) => timersOf(workflowId)))).flat()
    // A tenth of the minute came at once.
    expect(timers).toEqual([WAITED, WAITED])
    const at = (await stage.requestsOf(account)).map(({ at: sent }) => Date.parse(sent)).toSorted((a, b) => a - b)
    expect((at[4] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(3_000)
  } finally {
    await removeRateLimit(stage.ledger, 'per-account')
  }
})
const WAITED = 'banner 1: waits for rate limit "per-account" (its turn comes then)'

test('a provider that says when to come again is asked by nobody before', async () => {
  const [first, second] = [await stage.account('paid'), await stage.account('paid')]
  await stage.emulator.fault({ fault: 'rate_limited', retryAfterSeconds: 3, promptIncludes: first })
  const one = await worker.purser.banner.start(bannerFor(first))
  await until(
    'it was told to come again',
    async () => (await stage.db.sql`select from purser.provider_pause where until > clock_timestamp()`).length === 1,
  )
  const two = await worker.purser.banner.start(bannerFor(second))
  await Promise.all([one.result(), two.result()])
  expect(await timersOf(two.workflowId)).toEqual([expect.stringMatching(/^banner 1: waits for rate limit "gemini" \(.*429/)])
  // Whoever is killed in between has given the money back.
  const [order] = await stage.db.sql`
    select p.until - interval '3 seconds' >= r.ended_at as "isPausedLast" from purser.provider_pause p, purser.reservation r
      join purser.scope s on s.id = r.scope where s.account = ${first} and r.state = 'rejected'`
  expect(order).toEqual({ isPausedLast: true })
  const [refused, again] = await stage.requestsOf(first)
  const [other] = await stage.requestsOf(second)
  for (const { at } of [again, other].filter((request) => request !== undefined))
    expect(Date.parse(at) - Date.parse(refused?.at ?? '')).toBeGreaterThanOrEqual(2_900)
})
