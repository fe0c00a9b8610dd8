import { inject, type TestContext } from 'vitest'
import { freePort } from '../../src/platform/embedded/ports.ts'
import { startChild } from '../support/child.ts'
import type { Stage } from '../support/stage.ts'

/** The API in a process of its own, as it runs in production. It outlives neither its test nor this process. */
export interface ChildServer {
  readonly url: string
  /** Ends it at once, in the middle of whatever it does. */
  kill(): Promise<void>
}

export async function startChildServer(context: Pick<TestContext, 'onTestFinished'>, stage: Stage): Promise<ChildServer> {
  const port = await freePort()
  const child = await startChild(context, 'server', {
    DATABASE_URL: stage.db.url,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    PURSER_HOME: stage.folder,
    PURSER_HTTP_PORT: String(port),
    PURSER_HTTP_REQUESTS_PER_MINUTE: '1000000',
    PURSER_REQUEST_TIMEOUT_MS: '20000',
  })
  return { url: `http://127.0.0.1:${port}`, kill: () => child.kill() }
}
