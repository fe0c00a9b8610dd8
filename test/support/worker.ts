import { randomUUID } from 'node:crypto'
import type { Client } from '@temporalio/client'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker'
import { inject } from 'vitest'
import { createPurser, JobFailed, type BannerInput, type Purser } from '../../src/client.ts'
import type { PurserSql } from '../../src/platform/sql.ts'
import { activitiesOf } from '../../src/worker.ts'
import { EMULATOR_KEY, type Stage } from './stage.ts'

export interface TestWorker {
  readonly purser: Purser
  readonly client: Client
  readonly taskQueue: string
  /** What the client warned about. */
  readonly warnings: readonly string[]
  stop(): Promise<void>
}

export interface WorkerChange {
  readonly apiKey?: string
  readonly baseUrl?: string
  readonly taskQueue?: string
  readonly sql?: PurserSql
  /** A client of another namespace. */
  readonly client?: Client
  /** The product's activities, changed. */
  readonly activities?: (product: ReturnType<typeof activitiesOf>) => object
  /** Other workflows than the product's. */
  readonly workflowBundle?: WorkflowBundleWithSourceMap
}

/** A worker of this process on a task queue of its own, and a client for it. */
export async function startTestWorker(temporal: TestWorkflowEnvironment, stage: Stage, change: WorkerChange = {}): Promise<TestWorker> {
  const client = change.client ?? temporal.client
  const taskQueue = change.taskQueue ?? `queue-${randomUUID().slice(0, 8)}`
  const config = { ...stage.config, PURSER_GEMINI_BASE_URL: change.baseUrl ?? stage.emulator.url }
  const activities = activitiesOf(config, change.apiKey ?? EMULATOR_KEY, change.sql ?? stage.sql, stage.installation)
  const worker = await Worker.create({
    connection: temporal.nativeConnection,
    namespace: client.options.namespace,
    taskQueue,
    workflowBundle: change.workflowBundle ?? { codePath: inject('workflowBundle') },
    activities: change.activities?.(activities) ?? activities,
    shutdownGraceTime: '15 seconds',
  })
  const running = worker.run()
  // Awaited by stop(); until then an early end must not count as unhandled.
  running.catch(() => undefined)
  const warnings: string[] = []
  const purser = await createPurser({ client, taskQueue, warn: (line) => warnings.push(line) })
  return {
    purser,
    client,
    taskQueue,
    warnings,
    async stop() {
      if (worker.getState() === 'RUNNING') worker.shutdown()
      await running
    },
  }
}

/** A job's input whose prompt holds the account's name, so that a fault can be meant for it. */
export function bannerFor(account: string, change: Partial<BannerInput> = {}): BannerInput & { jobId: string } {
  const brief = { name: `meets ${account}`, headline: 'Machines that think', company: 'Ada', colours: ['#0b1b3a'], mood: 'calm' }
  return { jobId: `job-${randomUUID().slice(0, 13)}`, account, brief, ...change }
}

/** How a job failed. */
export async function failureOf(result: Promise<unknown>): Promise<JobFailed> {
  const outcome = await result.catch((error: unknown) => error)
  if (outcome instanceof JobFailed) return outcome
  throw outcome instanceof Error ? outcome : new Error(`it succeeded: ${JSON.stringify(outcome)}`)
}
