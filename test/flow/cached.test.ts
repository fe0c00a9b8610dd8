/** Calls of workflows that use the cache: many at once, in many workflows, on two workers, some of which are killed. */
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker'
import { afterAll, afterEach, beforeAll, expect, inject, test, vi } from 'vitest'
import { startProgram } from '../../src/platform/embedded/process.ts'
import { EMULATOR_KEY, openStage, type Stage } from '../support/stage.ts'
import { connectTemporal } from '../support/temporal.ts'
import { until } from '../support/until.ts'
import { startTestWorker, type TestWorker } from '../support/worker.ts'
import { resetToFirstTask } from '../workflows/history.ts'
import type { CachedAsked, cachedCalls } from './cached-workflows.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 })

const REQUEST_TIMEOUT_MS = 16_000
let env: TestWorkflowEnvironment
let stage: Stage
let bundle: WorkflowBundleWithSourceMap
let codePath: string
let workers: TestWorker[] = []
beforeAll(async () => {
  ;[env, stage] = await Promise.all([connectTemporal(), openStage({ env: { PURSER_REQUEST_TIMEOUT_MS: String(REQUEST_TIMEOUT_MS) } })])
  const workflowsPath = fileURLToPath(new URL('./cached-workflows.ts', import.meta.url))
  bundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') })
  codePath = join(inject('testFolder'), `cached-${randomUUID().slice(0, 8)}.js`)
  await writeFile(codePath, bundle.code)
  // Each with a cache of its own.
  workers = await Promise.all([1, 2].map(() => startTestWorker(env, stage, { workflowBundle: bundle })))
})
afterEach(() => stage.intact())
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.stop()))
  await env.teardown()
  await stage.close()
})

let started = 0
/** On the workers in turn. */
const start = (asked: CachedAsked, taskQueue = workers[started++ % workers.length]?.taskQueue ?? '') =>
  env.client.workflow.start<typeof cachedCalls>('cachedCalls', {
    taskQueue,
    workflowId: `cached-${randomUUID().slice(0, 13)}`,
    args: [asked],
  })
const play = async (asked: CachedAsked) => (await start(asked)).result()
const question = async (name: string): Promise<CachedAsked> => {
  const account = await stage.account()
  return { account, text: `${name} of ${account}` }
}
const replayed = async (workflowId: string) =>
  Worker.runReplayHistory({ workflowBundle: bundle }, await env.client.workflow.getHandle(workflowId).fetchHistory(), workflowId)

test.for(['local', 'activity'] as const)('a hundred workflows that ask the same at once are one request (%s)', async (ledgerMode) => {
  const asked = await question(`a hundred, ${ledgerMode}`)
  await stage.emulator.fault({ fault: 'slow', ms: 600, promptIncludes: asked.account })
  const jobs = await Promise.all(Array.from({ length: 100 }, () => start({ ...asked, ledgerMode })))
  const answers = (await Promise.all(jobs.map((job) => job.result()))).flat()
  expect(answers.filter(({ cached }) => cached)).toHaveLength(99)
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
  expect(answers.filter(({ cost }) => cost !== '0.000000000')).toHaveLength(1)
  expect(await stage.billOf(asked.account)).toHaveLength(1)
  for (const job of jobs.slice(0, 3)) await replayed(job.workflowId)
})

test('twenty equal calls of one workflow are one request', async () => {
  const asked = await question('twenty')
  const answers = await play({ ...asked, atOnce: 20 })
  expect(answers.filter(({ cached }) => cached)).toHaveLength(19)
  expect(await stage.billOf(asked.account)).toHaveLength(1)
})

test('a job that is reset hears from the cache what it heard, also when that is over and cleared', async () => {
  const asked = await question('reset')
  await play(asked)
  const job = await start({ ...asked, cache: { ttlMs: 60_000 } })
  const [before] = await job.result()
  await stage.db.sql`delete from purser.cache_entry where account = ${asked.account}`
  await resetToFirstTask(env.client, job.workflowId)
  const [after] = await env.client.workflow.getHandle<typeof cachedCalls>(job.workflowId).result()
  expect(after).toEqual(before)
  expect(await stage.billOf(asked.account)).toHaveLength(1)
})

test('a leader that the budget refuses lets another one lead at once', async () => {
  const asked = await question('refused')
  await stage.db.sql`select purser.stop_scope(${stage.db.sql.json({ account: asked.account })}, 'for a moment')`
  expect(await play(asked).catch((error: Error) => String(error.cause))).toContain('for a moment')
  await stage.db.sql`select purser.resume_scope(${stage.db.sql.json({ account: asked.account })}, 'again')`
  const begun = performance.now()
  expect(await play(asked)).toMatchObject([{ cached: false }])
  expect(performance.now() - begun).toBeLessThan(REQUEST_TIMEOUT_MS)
  expect(await stage.db.sql`select from purser.cache_flight where account = ${asked.account}`).toHaveLength(0)
})

test('a leader whose worker is killed after it sent is followed by one, for whom the others wait on', async () => {
  const asked = await question('killed')
  const queue = `child-${randomUUID().slice(0, 8)}`
  const child = await startProgram({
    program: process.execPath,
    args: [fileURLToPath(new URL('./own-app/worker.ts', import.meta.url))],
    env: {
      PATH: process.env['PATH'],
      TEMPORAL_ADDRESS: env.address,
      APP_TASK_QUEUE: queue,
      APP_BUNDLE: codePath,
      DATABASE_URL: stage.db.url,
      GEMINI_API_KEY: EMULATOR_KEY,
      PURSER_GEMINI_BASE_URL: stage.emulator.url,
      PURSER_HOME: stage.folder,
      PURSER_REQUEST_TIMEOUT_MS: String(REQUEST_TIMEOUT_MS),
    },
    stopSignal: 'SIGTERM',
  })
  try {
    await until('the child is ready', () => child.lastOutput().includes('app ready'), 30_000)
    await stage.emulator.fault({ fault: 'hang', promptIncludes: asked.account })
    const leads = await start(asked, queue)
    await until('it has sent', async () => (await stage.requestsOf(asked.account)).length === 1)
    process.kill(child.pid, 'SIGKILL')
    await child.ended
    const followers = await Promise.all([play(asked), play(asked), play(asked)])
    expect(followers.flat().filter(({ cached }) => cached)).toHaveLength(2)
    await leads.terminate('its worker is gone')
  } finally {
    await child.stop()
  }
})
