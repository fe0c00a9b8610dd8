import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { inject, type TestContext } from 'vitest'
import { startProgram } from '../../src/platform/embedded/process.ts'
import type { Stage } from '../support/stage.ts'
import { until } from '../support/until.ts'

/** The API in a process of its own, as it runs in production. It outlives neither its test nor this process. */
export interface ChildServer {
  readonly url: string
  /** Ends it at once, in the middle of whatever it does. */
  kill(): Promise<void>
}

const program = fileURLToPath(new URL('../../src/server.ts', import.meta.url))

export async function startChildServer(context: Pick<TestContext, 'onTestFinished'>, stage: Stage): Promise<ChildServer> {
  const port = await freePort()
  const child = await startProgram({
    program: process.execPath,
    args: [program],
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: stage.db.url,
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      PURSER_HOME: stage.folder,
      PURSER_HTTP_PORT: String(port),
      PURSER_HTTP_REQUESTS_PER_MINUTE: '1000000',
      PURSER_REQUEST_TIMEOUT_MS: '20000',
    },
    stopSignal: 'SIGTERM',
  })
  context.onTestFinished(() => child.stop())
  await until('the server is ready', () => child.lastOutput().includes('"server ready"') || child.ending() !== undefined, 30_000)
  if (child.ending() !== undefined) throw new Error(`the server ended before it was ready:\n${child.lastOutput()}`)
  return {
    url: `http://127.0.0.1:${port}`,
    async kill() {
      process.kill(child.pid, 'SIGKILL')
      await child.ended
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  await new Promise((done) => server.close(done))
  if (typeof address !== 'object' || address === null) throw new Error('no port is free')
  return address.port
}
