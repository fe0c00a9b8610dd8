import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { Workflow, WorkflowHandle } from '@temporalio/client'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { openStage, type Stage } from '../../support/stage.ts'
import { connectTemporal } from '../../support/temporal.ts'
import { startTestWorker, type TestWorker } from '../../support/worker.ts'

/** The app's workflows on a worker of Purser's, for one test file. Every invariant of the ledger is checked after each test. */
export function appStage() {
  let env: TestWorkflowEnvironment
  let stage: Stage
  let worker: TestWorker
  beforeAll(async () => {
    const workflowsPath = fileURLToPath(new URL('./workflows.ts', import.meta.url))
    const bundling = bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') })
    ;[env, stage] = await Promise.all([connectTemporal(), openStage()])
    worker = await startTestWorker(env, stage, { workflowBundle: await bundling })
  })
  afterEach(() => stage.intact())
  afterAll(async () => {
    await worker.stop()
    await env.teardown()
    await stage.close()
  })
  return {
    get client() {
      return env.client
    },
    get stage() {
      return stage
    },
    start: (name: string, ...args: unknown[]): Promise<WorkflowHandle> =>
      env.client.workflow.start<Workflow>(name, { taskQueue: worker.taskQueue, workflowId: `app-${randomUUID().slice(0, 13)}`, args }),
  }
}
