import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { openStage, type Stage } from '../support/stage.ts'
import { connectTemporal } from '../support/temporal.ts'
import { until } from '../support/until.ts'
import { startTestWorker, type TestWorker } from '../support/worker.ts'
import type { continued, retried, scheduled } from './lives-workflows.ts'

vi.setConfig({ testTimeout: 45_000, hookTimeout: 60_000 })

let env: TestWorkflowEnvironment
let stage: Stage
let worker: TestWorker
beforeAll(async () => {
  const workflowsPath = fileURLToPath(new URL('lives-workflows.ts', import.meta.url))
  const [temporal, opened, workflowBundle] = await Promise.all([
    connectTemporal(),
    openStage(),
    bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') }),
  ])
  ;[env, stage] = [temporal, opened]
  worker = await startTestWorker(env, stage, { workflowBundle })
})
afterAll(async () => {
  await worker.stop()
  await env.teardown()
  await stage.close()
})
afterEach(() => stage.intact())

const start = <T extends typeof continued | typeof retried | typeof scheduled>(type: string, args: Parameters<T>, more: object = {}) =>
  env.client.workflow.start<T>(type, { taskQueue: worker.taskQueue, workflowId: `${type}-${randomUUID()}`, args, ...more } as never)

/** What the account has been through: its attempts, and what the provider saw and billed. */
async function booksOf(account: string) {
  const attempts = await stage.attempts(account)
  const { reserved, spent } = await stage.balance(account)
  return {
    states: attempts.map((a) => a.state),
    requests: (await stage.requestsOf(account)).length,
    isSpent: spent === attempts.reduce((sum, { cost }) => sum + (cost ?? 0n), 0n),
    reserved,
  }
}
const paid = (times: number) => ({ states: Array.from({ length: times }, () => 'settled'), requests: times, isSpent: true, reserved: 0n })

test.concurrent('a job that Temporal retries hears in each run what its first was answered, and pays once', async () => {
  const account = await stage.account()
  const job = await start<typeof retried>('retried', [account], { retry: { initialInterval: '100ms', maximumAttempts: 5 } })
  const { attempt, heard } = await job.result()
  expect([attempt, heard]).toEqual([3, (await stage.attempts(account))[0]?.id])
  expect(await booksOf(account)).toEqual(paid(1))
})

test.concurrent('a job that is continued as new pays for each of its calls once, if their numbers go on', async () => {
  const account = await stage.account()
  const heard = await (await start<typeof continued>('continued', [account, 4, true])).result()
  expect(heard).toEqual((await stage.attempts(account)).map((a) => a.id))
  expect(await booksOf(account)).toEqual(paid(4))
})

test.concurrent('continued as new with a call of the same name, it is the same call: answered again, not paid again', async () => {
  const account = await stage.account()
  const heard = await (await start<typeof continued>('continued', [account, 3, false])).result()
  expect([heard.length, new Set(heard).size]).toEqual([3, 1])
  expect(await booksOf(account)).toEqual(paid(1))
})

test.concurrent('a cron job pays once in each of its runs, whose calls are named by when they were due', async () => {
  const account = await stage.account()
  const job = await start<typeof scheduled>('scheduled', [account], { cronSchedule: '@every 1s' })
  await until('three runs', async () => (await stage.attempts(account)).filter((a) => a.state === 'settled').length >= 3)
  await job.terminate('enough')
  await until('it is quiet', async () => (await booksOf(account)).states.every((state) => state !== 'dispatched'))
  const books = await booksOf(account)
  expect(books.requests).toBe(books.states.filter((state) => state === 'settled').length)
  expect(books.isSpent).toBe(true)
  expect(new Set((await stage.attempts(account)).map((a) => a.callId)).size).toBe(books.states.length)
})

test.concurrent('one job under one id, asked for by ten at once, and again when it has ended: one call', async () => {
  const account = await stage.account()
  const workflowId = `same-${randomUUID()}`
  const once = () =>
    env.client.workflow
      .start<typeof continued>('continued', {
        taskQueue: worker.taskQueue,
        workflowId,
        args: [account, 1, true],
        workflowIdConflictPolicy: 'USE_EXISTING',
      })
      .then((job) => job.result())
  const answers = await Promise.all(Array.from({ length: 10 }, once))
  expect(new Set(answers.flat()).size).toBe(1)
  expect(await booksOf(account)).toEqual(paid(1))
})
