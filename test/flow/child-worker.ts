import { fileURLToPath } from 'node:url'
import { inject, type TestContext } from 'vitest'
import { startProgram } from '../../src/platform/embedded/process.ts'
import { EMULATOR_KEY, type Stage } from '../support/stage.ts'
import { until } from '../support/until.ts'

/** A worker in a process of its own, as it runs in production. It outlives neither its test nor this process. */
export interface ChildWorker {
  /** The end of what it wrote. */
  output(): string
  /** Ends it at once, in the middle of whatever it does. */
  kill(): Promise<void>
  /** Asks it to end; resolves with how it ended. */
  terminate(): Promise<string>
  /** Holds it where it stands, as a machine does that is short of everything; `wake` lets it go on as if nothing had been. */
  freeze(): void
  wake(): void
}

const program = fileURLToPath(new URL('../../src/worker.ts', import.meta.url))

export async function startChildWorker(
  context: Pick<TestContext, 'onTestFinished'>,
  stage: Stage,
  taskQueue: string,
): Promise<ChildWorker> {
  const child = await startProgram({
    program: process.execPath,
    args: [program],
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: stage.db.url,
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      GEMINI_API_KEY: EMULATOR_KEY,
      PURSER_GEMINI_BASE_URL: stage.emulator.url,
      PURSER_TASK_QUEUE: taskQueue,
      PURSER_WORKFLOW_BUNDLE: inject('workflowBundle'),
      PURSER_REQUEST_TIMEOUT_MS: String(stage.config.PURSER_REQUEST_TIMEOUT_MS),
      PURSER_HOME: stage.folder,
      PURSER_RATES_URL: '',
    },
    stopSignal: 'SIGTERM',
  })
  context.onTestFinished(() => child.stop())
  await until('the worker is ready', () => child.lastOutput().includes('"worker ready"') || child.ending() !== undefined, 30_000)
  if (child.ending() !== undefined) throw new Error(`the worker ended before it was ready:\n${child.lastOutput()}`)
  return {
    output: () => child.lastOutput(),
    async kill() {
      process.kill(child.pid, 'SIGKILL')
      await child.ended
    },
    async terminate() {
      process.kill(child.pid, 'SIGTERM')
      return child.ended
    },
    freeze: () => void process.kill(child.pid, 'SIGSTOP'),
    wake: () => void process.kill(child.pid, 'SIGCONT'),
  }
}
