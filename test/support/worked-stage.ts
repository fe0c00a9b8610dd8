import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, afterEach } from 'vitest'
import { openStage, type Stage } from './stage.ts'
import { connectTemporal } from './temporal.ts'
import { startTestWorker, type TestWorker, type WorkerChange } from './worker.ts'

interface WorkedStage {
  readonly env: TestWorkflowEnvironment
  readonly stage: Stage
  /** A test that stops it puts another in its place. */
  worker: TestWorker
}

/** Temporal, a stage and the product's worker, for one test file. Every invariant of the ledger is checked after each test. */
export async function workedStage(
  options: { readonly stage?: Parameters<typeof openStage>[0]; readonly worker?: WorkerChange } = {},
): Promise<WorkedStage> {
  const [env, stage] = await Promise.all([connectTemporal(), openStage(options.stage)])
  const opened: WorkedStage = { env, stage, worker: await startTestWorker(env, stage, options.worker) }
  afterEach(() => stage.intact())
  afterAll(async () => {
    await opened.worker.stop()
    await env.teardown()
    await stage.close()
  })
  return opened
}
