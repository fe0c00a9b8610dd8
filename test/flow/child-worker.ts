import { inject, type TestContext } from 'vitest'
import { startChild } from '../support/child.ts'
import { EMULATOR_KEY, type Stage } from '../support/stage.ts'

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

export async function startChildWorker(
  context: Pick<TestContext, 'onTestFinished'>,
  stage: Stage,
  taskQueue: string,
  more: Readonly<Record<string, string>> = {},
): Promise<ChildWorker> {
  const child = await startChild(context, 'worker', {
    DATABASE_URL: stage.db.url,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    GEMINI_API_KEY: EMULATOR_KEY,
    PURSER_GEMINI_BASE_URL: stage.emulator.url,
    PURSER_TASK_QUEUE: taskQueue,
    PURSER_WORKFLOW_BUNDLE: inject('workflowBundle'),
    PURSER_REQUEST_TIMEOUT_MS: String(stage.config.PURSER_REQUEST_TIMEOUT_MS),
    PURSER_HOME: stage.folder,
    PURSER_RATES_URL: '',
    ...more,
  })
  return {
    output: () => child.lastOutput(),
    kill: () => child.kill(),
    async terminate() {
      process.kill(child.pid, 'SIGTERM')
      return child.ended
    },
    freeze: () => void process.kill(child.pid, 'SIGSTOP'),
    wake: () => void process.kill(child.pid, 'SIGCONT'),
  }
}
