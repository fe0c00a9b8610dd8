import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import postgres from 'postgres'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../src/platform/embedded/ports.ts'
import { startPostgres, type PostgresOptions, type RunningPostgres } from '../../src/platform/embedded/postgres.ts'
import { purser } from '../cli/purser.ts'
import { databaseOn } from '../support/database.ts'
import { openStage, type Stage } from '../support/stage.ts'
import { connectTemporal } from '../support/temporal.ts'
import { until } from '../support/until.ts'
import { bannerFor, startTestWorker, type TestWorker } from '../support/worker.ts'

const PASSWORD = 'of-a-test'

/** A ledger in a Postgres of its own, at an address that stays the same whichever server answers there. */
interface System {
  readonly stage: Stage
  readonly worker: TestWorker
  readonly folder: string
  /** The server's; also of the one that takes its place. */
  readonly port: number
  server: RunningPostgres
  start(data: string, settings?: Record<string, string>, port?: number): Promise<RunningPostgres>
  /** `purser recover …`, as an operator types it. */
  recover(...args: string[]): ReturnType<typeof purser>
}

async function openSystem(): Promise<System> {
  const folder = await mkdtemp(join(tmpdir(), 'purser-recovery-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  const port = await freePort()
  const start = async (data: string, settings: PostgresOptions['settings'] = {}, at = port): Promise<RunningPostgres> => {
    const server = await startPostgres({ dataDir: join(folder, data), password: PASSWORD, port: at, settings })
    onTestFinished(() => server.stop())
    return server
  }
  const server = await start('primary')
  const env = await connectTemporal()
  const database = await databaseOn(server)
  const stage = await openStage({ database })
  const worker = await startTestWorker(env, stage)
  onTestFinished(async () => {
    await worker.stop()
    await env.teardown()
    await stage.close()
  })
  const blobs = { DATABASE_URL: database.url, PURSER_BLOB_DIR: join(stage.folder, 'blobs') }
  return { stage, worker, folder, port, server, start, recover: (...args) => purser(['recover', ...args], blobs) }
}

/** As a snapshot would have it: all that was committed then. With its owner, without whom Postgres does not start. */
const copyOf = (folder: string, from: string, to: string): Promise<unknown> =>
  promisify(execFile)('cp', ['-a', join(folder, from), join(folder, to)])

/** How many banners a job of this account has made. */
const banner = async ({ worker }: System, account: string): Promise<number> =>
  (await (await worker.purser.banner.start(bannerFor(account))).result()).banners.length

const sweep = ({ worker: { client, taskQueue } }: System): Promise<unknown> =>
  client.workflow.execute('sweep', { taskQueue, workflowId: `sweep-${taskQueue}-${performance.now()}`, args: [] })

const billed = async ({ emulator }: Stage): Promise<bigint> =>
  (await emulator.bill()).reduce((sum, entry) => sum + BigInt(entry.picoUsd), 0n)
const booked = async ({ db }: Stage): Promise<bigint> => {
  const [row] = await db.sql<{ pico: bigint }[]>`select coalesce(purser.total(pico_usd), 0) as pico from purser.receipt`
  return row?.pico ?? 0n
}

/** A job before; then what was lost; then nothing starts, and what was billed is not booked. After `purser recover` it is, and all goes on. */
async function recovers(system: System, account: string, why: RegExp): Promise<void> {
  const { stage, worker } = system
  const requests = async () => (await stage.emulator.requests()).length
  const sent = await requests()
  const [local, visible] = await Promise.all(
    (['local', 'activity'] as const).map((ledgerMode) => worker.purser.banner.start(bannerFor(account, { ledgerMode }))),
  )
  await until(
    'a job says what it waits for',
    async () => /is recovering .*purser recover/.test((await visible?.waitingFor()) ?? ''),
    60_000,
  )
  expect(await sweep(system)).toEqual({ booked: 0, released: 0, inDoubt: 0, presumed: 0 })
  expect([await local?.status(), await requests()]).toEqual([{ state: 'running' }, sent])

  const lost = (await billed(stage)) - (await booked(stage))
  expect(lost).toBeGreaterThan(0n)
  const looked = await system.recover('--dry-run')
  expect(looked).toMatchObject({ code: 1, stderr: '' })
  expect(looked.stdout).toMatch(why)
  expect(looked.stdout).toMatch(/\n1 answers in the blob store are not booked: 0\.03\d+ EUR\n/)
  expect(await billed(stage)).toBe((await booked(stage)) + lost)

  const recovered = await system.recover('--json')
  expect(recovered).toMatchObject({ code: 0 })
  expect(JSON.parse(recovered.stdout)).toMatchObject({
    recovering: { why: expect.stringMatching(why) },
    receipts: { settled: 0, uncovered: 1, unbooked: 0, failed: 0, broken: 0, missing: 0 },
    violations: [],
    ended: true,
  })
  expect(await booked(stage)).toBe(await billed(stage))

  for (const job of [local, visible]) expect((await job?.result())?.banners).toHaveLength(1)
  expect(await requests()).toBe(sent + 2)
  expect(await booked(stage)).toBe(await billed(stage))
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n })
  await stage.intact()
  expect(await system.recover()).toEqual({
    code: 0,
    stdout: '',
    stderr: expect.stringMatching(/^ {2}✔ the ledger is whole \(epoch \d+\): there is nothing to recover\n$/),
  })
  const [row] = await stage.db.sql<{ why: string; found: { receipts: { uncovered: number } } }[]>`select why, found from purser.recovery`
  expect(row).toMatchObject({ why: expect.stringMatching(why), found: { receipts: { uncovered: 1 } } })
}

test(
  'a backup is restored: nothing starts until `purser recover` has booked what was billed since; a mere restart stops nobody',
  { timeout: 180_000 },
  async () => {
    const system = await openSystem()
    const account = await system.stage.account('corporate')
    expect(await banner(system, account)).toBe(1)
    await sweep(system)
    await system.server.stop()
    await copyOf(system.folder, 'primary', 'backup')
    system.server = await system.start('primary')
    // The same ledger on a server that was started anew: a worker looks, and goes on. This is what the backup will not know.
    expect(await banner(system, account)).toBe(1)
    await system.server.stop()
    system.server = await system.start('backup')
    await recovers(system, account, /it is at epoch \d+, and the blob store has seen \d+: a backup was restored/)
  },
)

test(
  'a standby that had not got everything is promoted: nothing starts until `purser recover` has booked what it missed',
  { timeout: 180_000 },
  async () => {
    const system = await openSystem()
    const account = await system.stage.account('corporate')
    await sweep(system)
    await system.server.stop()
    await copyOf(system.folder, 'primary', 'standby')
    await writeFile(join(system.folder, 'standby', 'standby.signal'), '')
    system.server = await system.start('primary')
    const conninfo = `host=127.0.0.1 port=${system.port} user=postgres password=${PASSWORD}`
    const standby = await system.start('standby', { primary_conninfo: conninfo }, await freePort())
    expect(await banner(system, account)).toBe(1)
    const reads = postgres(standby.url('purser'), { max: 1, types: { bigint: postgres.BigInt }, onnotice: () => {} })
    await until('the standby has it', async () => (await reads`select from purser.receipt`).length === 1, 60_000)
    await reads.end()
    await standby.stop()
    // Acknowledged here, and not there: this standby was none of those that are waited for.
    expect(await banner(system, account)).toBe(1)
    process.kill(system.server.pid, 'SIGKILL')
    await system.server.ended
    await rm(join(system.folder, 'primary'), { recursive: true, force: true })
    system.server = await system.start('standby', { primary_conninfo: '' })
    const promoting = postgres(system.server.url('postgres'), { max: 1, onnotice: () => {} })
    await promoting`select pg_promote()`
    await promoting.end()
    await recovers(system, account, /its server's timeline was 0{7}1 and is 0{7}2: a standby was promoted, or a backup was restored/)
  },
)
