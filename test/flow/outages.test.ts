import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { expect, onTestFinished, test } from 'vitest'
import { startPostgres } from '../../src/platform/embedded/postgres.ts'
import { freePort } from '../../src/platform/embedded/ports.ts'
import { startTemporal } from '../../src/platform/embedded/temporal.ts'
import { findTemporal } from '../../src/platform/embedded/temporal-binary.ts'
import { databaseOn } from '../support/database.ts'
import { openStage } from '../support/stage.ts'
import { connectTemporal } from '../support/temporal.ts'
import { until } from '../support/until.ts'
import { bannerFor, startTestWorker } from '../support/worker.ts'

async function ownFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'purser-outage-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}

test(
  'Postgres goes away during a call and before two others: all jobs go on when it is back, and each is paid once',
  { timeout: 60_000 },
  async () => {
    const options = { dataDir: join(await ownFolder(), 'data'), password: 'of-a-test', port: await freePort() }
    let server = await startPostgres(options)
    onTestFinished(() => server.stop())
    const env = await connectTemporal()
    const stage = await openStage({ database: await databaseOn(server) })
    const worker = await startTestWorker(env, stage)
    try {
      const [during, before, local] = [await stage.account('free'), await stage.account('free'), await stage.account('free')]
      await stage.emulator.fault({ fault: 'slow', ms: 500, promptIncludes: during })
      const running = await worker.purser.banner.start(bannerFor(during))
      await until('it is sent', async () => (await stage.requestsOf(during)).length === 1)
      await server.stop()
      const waiting = await worker.purser.banner.start(bannerFor(before, { ledgerMode: 'activity' }))
      const waitingInside = await worker.purser.banner.start(bannerFor(local, { ledgerMode: 'local' }))
      await until('the answer is billed', async () => (await stage.emulator.bill()).length === 1)
      await until('the reserve waits', async () => /reserveBudget \(attempt [2-9]/.test(await waiting.waitingFor()))
      expect(await running.status()).toEqual({ state: 'running' })
      server = await startPostgres(options)

      expect((await running.result()).banners).toHaveLength(1)
      expect((await waiting.result()).banners).toHaveLength(1)
      expect((await waitingInside.result()).banners).toHaveLength(1)
      for (const account of [during, before, local]) {
        expect((await stage.attempts(account)).map((a) => a.state)).toEqual(['settled'])
        expect(await stage.requestsOf(account)).toHaveLength(1)
      }
      expect(await stage.emulator.bill()).toHaveLength(3)
      expect((await stage.audited()).violations).toEqual([])
    } finally {
      await worker.stop()
      await env.teardown()
      await stage.close()
    }
  },
)

test(
  'Temporal goes away during a call: the answer is booked meanwhile, and the job ends with it when Temporal is back',
  { timeout: 90_000 },
  async () => {
    const program = await findTemporal({ say: () => undefined, env: process.env })
    const options = { program: program.path, port: await freePort(), dbFile: join(await ownFolder(), 'temporal.db'), headless: true }
    let server = await startTemporal(options)
    onTestFinished(() => server.stop())
    const env = await TestWorkflowEnvironment.createFromExistingServer({ address: server.address })
    const stage = await openStage()
    const worker = await startTestWorker(env, stage)
    try {
      const account = await stage.account('free')
      await stage.emulator.fault({ fault: 'slow', ms: 700, promptIncludes: account })
      const job = await worker.purser.banner.start(bannerFor(account))
      await until('it is sent', async () => (await stage.requestsOf(account)).length === 1)
      await server.stop()
      await until('it is booked without Temporal', async () => (await stage.attempts(account))[0]?.state === 'settled')
      server = await startTemporal(options)

      const result = await until('the job ends', () => job.result().catch(() => undefined), 60_000)
      expect(result.banners).toHaveLength(1)
      expect((await stage.attempts(account)).map((a) => a.state)).toEqual(['settled'])
      expect(await stage.requestsOf(account)).toHaveLength(1)
      expect((await stage.audited()).violations).toEqual([])
    } finally {
      await worker.stop()
      await env.teardown()
      await stage.close()
    }
  },
)
