/** What takes its time to be seen: a worker that was thought lost and comes back, a ledger that is away for a minute. */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createPurser } from '../../src/client.ts'
import { money, nano } from '../../src/domain/money.ts'
import { freePort } from '../../src/platform/embedded/ports.ts'
import { startPostgres } from '../../src/platform/embedded/postgres.ts'
import { startChildWorker } from '../flow/child-worker.ts'
import { databaseOn } from '../support/database.ts'
import { openStage } from '../support/stage.ts'
import { connectTemporal } from '../support/temporal.ts'
import { until } from '../support/until.ts'
import { bannerFor, startTestWorker } from '../support/worker.ts'

test.concurrent(
  'a worker that stands still for longer than its heartbeat, and wakes with its answer in hand: both answers are booked, each once, and the job has the first that was',
  { timeout: 170_000 },
  async (context) => {
    const env = await connectTemporal()
    const stage = await openStage({ env: { PURSER_REQUEST_TIMEOUT_MS: '120000' } })
    const taskQueue = `queue-${randomUUID().slice(0, 8)}`
    const first = await startChildWorker(context, stage, taskQueue)
    const purser = await createPurser({ client: env.client, taskQueue })
    const account = await stage.account('paid')
    await stage.emulator.fault({ fault: 'slow', ms: 2_000, promptIncludes: account })
    const job = await purser.banner.start(bannerFor(account, { onLost: 'retry' }))
    await until('it is sent', async () => (await stage.requestsOf(account)).length === 1)
    first.freeze()
    // The child made the installation that the calls are named by.
    const [row] = await stage.db.sql<{ id: string }[]>`select id from purser.installation where temporal_cluster <> 'test-cluster'`
    const second = await startTestWorker(env, { ...stage, installation: row?.id ?? '' }, { taskQueue })
    const result = await job.result()
    expect(result.banners).toHaveLength(1)
    expect((await stage.attempts(account)).map((a) => [a.ask, a.state])).toEqual([
      [1, 'in_doubt'],
      [2, 'settled'],
    ])
    first.wake()
    await until('what it had in hand is booked', async () => (await stage.attempts(account))[0]?.state === 'settled', 60_000)
    const [late, made] = await stage.attempts(account)
    expect(result.cost.amount).toBe(money(nano(made?.cost ?? 0n)).amount)
    expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: (late?.cost ?? 0n) + (made?.cost ?? 0n) })
    expect(await stage.billOf(account)).toHaveLength(2)
    expect((await stage.audited()).violations).toEqual([])
    await second.stop()
    await env.teardown()
    await stage.close()
  },
)

const AWAY_MS = 60_000

test.concurrent(
  'Postgres is away for a minute among thirty jobs: nothing starts meanwhile, nothing is lost, and everything goes on',
  { timeout: 170_000 },
  async ({ onTestFinished }) => {
    const folder = await mkdtemp(join(tmpdir(), 'purser-away-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
    const options = { dataDir: join(folder, 'data'), password: 'of-a-test', port: await freePort() }
    let server = await startPostgres(options)
    onTestFinished(() => server.stop())
    const env = await connectTemporal()
    const stage = await openStage({
      database: await databaseOn(server),
      env: { PURSER_REQUEST_TIMEOUT_MS: '120000' },
    })
    const worker = await startTestWorker(env, stage)
    const accounts = await Promise.all(Array.from({ length: 30 }, () => stage.account('free')))
    const start = (account: string, index: number) =>
      worker.purser.banner.start(bannerFor(account, { ledgerMode: index % 2 === 0 ? 'local' : 'activity' }))
    await Promise.all(accounts.slice(0, 10).map((promptIncludes) => stage.emulator.fault({ fault: 'slow', ms: 4_000, promptIncludes })))
    const under = await Promise.all(accounts.slice(0, 10).map(start))
    await until('ten are sent', async () => (await stage.emulator.requests()).length === 10)

    await server.stop()
    const stoppedAt = performance.now()
    const waiting = await Promise.all(accounts.slice(10).map(start))
    await until('ten answers have come', async () => (await stage.emulator.bill()).length === 10)
    await new Promise((done) => setTimeout(done, AWAY_MS - (performance.now() - stoppedAt)))
    expect(await stage.emulator.requests()).toHaveLength(10)
    expect(await Promise.all([...under, ...waiting].map(async (job) => (await job.status()).state))).toEqual(
      Array.from({ length: 30 }, () => 'running'),
    )
    server = await startPostgres(options)

    const results = await Promise.all([...under, ...waiting].map((job) => job.result()))
    expect(results.map(({ banners }) => banners.length)).toEqual(Array.from({ length: 30 }, () => 1))
    for (const account of accounts) {
      const attempts = await stage.attempts(account)
      expect(attempts.map((a) => [a.state, a.costSource])).toEqual([['settled', 'answer']])
      expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: attempts[0]?.cost })
    }
    expect([(await stage.emulator.requests()).length, (await stage.emulator.bill()).length]).toEqual([30, 30])
    expect((await stage.audited()).violations).toEqual([])
    await worker.stop()
    await env.teardown()
    await stage.close()
  },
)
