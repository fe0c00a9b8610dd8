import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeFile } from 'node:fs/promises'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { startProgram, type RunningProgram } from '../../src/platform/embedded/process.ts'
import type { ownOutcome } from '../flow/own-app/workflows.ts'
import { EMULATOR_KEY, openStage, type Stage } from '../support/stage.ts'
import { connectTemporal } from '../support/temporal.ts'
import { until } from '../support/until.ts'

const taskQueue = `app-${randomUUID().slice(0, 8)}`
const bundle = join(inject('testFolder'), `${taskQueue}.js`)
let env: TestWorkflowEnvironment
let stage: Stage

beforeAll(async () => {
  ;[env, stage] = await Promise.all([connectTemporal(), openStage()])
  const workflowsPath = fileURLToPath(new URL('../flow/own-app/workflows.ts', import.meta.url))
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') })
  await writeFile(bundle, code)
})
afterAll(async () => {
  await env.teardown()
  await stage.close()
})

/** A worker of the app in a process of its own. */
async function startApp(): Promise<RunningProgram> {
  const program = await startProgram({
    program: process.execPath,
    args: [fileURLToPath(new URL('../flow/own-app/worker.ts', import.meta.url))],
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: stage.db.url,
      GEMINI_API_KEY: EMULATOR_KEY,
      PURSER_GEMINI_BASE_URL: stage.emulator.url,
      PURSER_HOME: stage.folder,
      PURSER_REQUEST_TIMEOUT_MS: '4000',
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      APP_TASK_QUEUE: taskQueue,
      APP_BUNDLE: bundle,
    },
    stopSignal: 'SIGTERM',
  })
  onTestFinished(() => program.stop())
  await until('the app is ready', () => program.lastOutput().includes('app ready') || program.ending() !== undefined, 30_000)
  if (program.ending() !== undefined) throw new Error(program.lastOutput())
  return program
}

test('an app’s worker is killed in the middle of its own model call: it is in doubt; the next worker sends nothing again, and says so', async () => {
  const account = await stage.account('free')
  const states = async () => (await stage.attempts(account)).map(({ state }) => state)
  await stage.emulator.fault({ fault: 'hang', promptIncludes: account })
  const first = await startApp()
  const handle = await env.client.workflow.start<typeof ownOutcome>('ownOutcome', {
    taskQueue,
    workflowId: `own-${randomUUID().slice(0, 13)}`,
    args: [{ account, text: `a question of ${account}`, onInDoubt: 'end' }],
  })
  await until('it is sent', async () => (await stage.requestsOf(account)).length === 1)
  process.kill(first.pid, 'SIGKILL')
  await first.ended
  expect(await states()).toEqual(['dispatched'])
  await startApp()
  expect(await handle.result()).toMatchObject({ kind: 'in_doubt' })
  expect(await states()).toEqual(['in_doubt'])
  expect(await stage.requestsOf(account)).toHaveLength(1)
  expect((await stage.balance(account)).reserved).toBeGreaterThan(0n)
  await stage.intact()
})
