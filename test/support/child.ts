import { fileURLToPath } from 'node:url'
import type { TestContext } from 'vitest'
import { startProgram, type RunningProgram } from '../../src/platform/embedded/process.ts'
import { until } from './until.ts'

/** A program of ours in a process of its own, as it runs in production. */
export interface Child extends RunningProgram {
  /** Ends it at once, in the middle of whatever it does. */
  kill(): Promise<void>
}

/** Starts `src/worker.ts` or `src/server.ts`, and waits until it says that it is ready. It outlives neither its test nor this process. */
export async function startChild(
  context: Pick<TestContext, 'onTestFinished'>,
  what: 'worker' | 'server',
  env: Readonly<Record<string, string>>,
): Promise<Child> {
  const child = await startProgram({
    program: process.execPath,
    args: [fileURLToPath(new URL(`../../src/${what}.ts`, import.meta.url))],
    env: { PATH: process.env['PATH'], ...env },
    stopSignal: 'SIGTERM',
  })
  context.onTestFinished(() => child.stop())
  await until(`the ${what} is ready`, () => child.lastOutput().includes(`"${what} ready"`) || child.ending() !== undefined, 30_000)
  if (child.ending() !== undefined) throw new Error(`the ${what} ended before it was ready:\n${child.lastOutput()}`)
  return {
    ...child,
    async kill() {
      process.kill(child.pid, 'SIGKILL')
      await child.ended
    },
  }
}
