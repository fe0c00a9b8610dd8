/** Postgres with its durable settings, stopped with no time to tidy up while several clients ask, again and again. Nothing acknowledged may be lost. */
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres, { type Sql } from 'postgres'
import { expect, inject, onTestFinished, test } from 'vitest'
import { audit } from '../../src/ledger/audit.ts'
import { ledgerOver } from '../../src/ledger/ledger.ts'
import { freePort } from '../../src/platform/embedded/ports.ts'
import { startPostgres } from '../../src/platform/embedded/postgres.ts'
import { connectSql } from '../../src/platform/sql.ts'
import { purser } from '../cli/purser.ts'
import { databaseOn } from '../support/database.ts'
import { chance, type Chance } from '../support/chance.ts'
import { startPostgresProxy } from '../support/postgres-proxy.ts'
import { until } from '../support/until.ts'
import { conclude } from './history/conclude.ts'
import { memoryLog } from './history/operation.ts'
import { play } from './history/player.ts'
import { makeWorld, type World } from './history/world.ts'
import { inLength } from './length.ts'
import { LONGEST_WAIT_MS, PASSING } from './passing.ts'

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const CRASHES = inLength(3, 20)
const CLIENTS = 3
/** Of undisturbed load before each crash, in acknowledged operations. */
const ACKNOWLEDGED_BETWEEN = inLength(250, 400)
/** From the server's start until every client is served; a second on a machine that has nothing else to do. */
const BACK_LIMIT_MS = 10_000

/** A server of one's own that is stopped as `pg_ctl stop -m immediate` does it, and started again on the same data. */
async function crashingServer() {
  const folder = await mkdtemp(join(inject('testFolder'), 'crashes-'))
  const options = { dataDir: join(folder, 'data'), password: 'of-a-proof', port: await freePort(), settings: { max_connections: '60' } }
  let server = await startPostgres(options)
  onTestFinished(() => server.stop())
  const { url } = await databaseOn(server)
  return {
    url,
    port: options.port,
    async crash(): Promise<void> {
      process.kill(server.pid, 'SIGQUIT')
      await server.ended
      server = await startPostgres(options)
    },
  }
}

/** A client with a pool, a batcher and a wire of its own. */
async function clientOf(server: { readonly url: string; readonly port: number }, world: World, name: string, mayGoOn: () => boolean) {
  const proxy = await startPostgresProxy({ host: '127.0.0.1', port: server.port })
  const sql = connectSql(server.url.replace(`:${server.port}/`, `:${proxy.port}/`), { max: 6 })
  const log = memoryLog()
  const playing = play({ ledger: ledgerOver(sql), world, name, log, atOnce: 12, mayGoOn })
  const acknowledged = (): number => log.heard()
  return {
    proxy,
    log,
    acknowledged,
    async end(): Promise<void> {
      await playing
      await sql.end({ timeout: 5 })
      await proxy.close()
    },
  }
}

type Client = Awaited<ReturnType<typeof clientOf>>

/** As the database's owner, over a connection that only this work uses, and that is none of the clients'. */
async function asOwner<T>(url: string, work: (owner: Sql<{ bigint: bigint }>) => Promise<T>): Promise<T> {
  const owner = postgres(url, { max: 4, fetch_types: false, types: { bigint: postgres.BigInt }, onnotice: () => {} })
  try {
    return await work(owner)
  } finally {
    await owner.end({ timeout: 5 })
  }
}

/** Ends some client's connection, if the server is there. */
const terminateOne = (url: string): Promise<number> =>
  asOwner(url, async (owner) => {
    const ended = await owner`
      select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'purser' order by random() limit 1`
    return ended.length
  }).catch(() => 0)

/**
 * All the time a wire is cut behind a commit, or a connection is ended by the server. By what was acknowledged and not by the clock, so that a
 * slow machine is not disturbed more than it can do.
 */
async function disturb(
  url: string,
  clients: readonly Client[],
  dice: Chance,
  mayGoOn: () => boolean,
): Promise<{ terminated: number; cut: number }> {
  const count = { terminated: 0, cut: 0 }
  const undisturbedUntil = clients.map(() => 0)
  while (mayGoOn()) {
    await sleep(20)
    for (const [i, client] of clients.entries()) {
      if (client.acknowledged() < (undisturbedUntil[i] ?? 0)) continue
      undisturbedUntil[i] = client.acknowledged() + 10 + dice(20)
      if (dice(2) === 0) void client.proxy.cutAfterCommit().then(() => (count.cut += 1))
      else count.terminated += await terminateOne(url)
    }
  }
  return count
}

test(
  `Postgres is stopped ${CRASHES} times under load: what was acknowledged is there, the rest is whole or not there, and every client goes on (seed ${SEED})`,
  { timeout: 900_000 },
  async () => {
    const server = await crashingServer()
    const world = await makeWorld(server.url, SEED)
    const over = new AbortController()
    const mayGoOn = (): boolean => !over.signal.aborted
    const clients = await Promise.all(Array.from({ length: CLIENTS }, (_, i) => clientOf(server, world, `client${i}`, mayGoOn)))
    const disturbing = disturb(server.url, clients, chance(SEED), mayGoOn)
    const all = (): number => clients.reduce((sum, client) => sum + client.acknowledged(), 0)

    const recoveries: number[] = []
    for (let crash = 1; crash <= CRASHES; crash += 1) {
      const [before, beganAt] = [all(), performance.now()]
      await until('there is load', () => all() >= before + ACKNOWLEDGED_BETWEEN, 60_000)
      await server.crash()
      const startedAt = performance.now()
      const served = clients.map((client) => client.acknowledged() + 5)
      await until(
        'every client is served again',
        () => clients.every((client, i) => client.acknowledged() > (served[i] ?? 0)),
        BACK_LIMIT_MS,
      )
      recoveries.push(Math.round(performance.now() - startedAt))
      const { violations } = await asOwner(server.url, (owner) => audit(ledgerOver(owner)))
      expect({ crash, violations }).toEqual({ crash, violations: [] })
      const took = (performance.now() - beganAt) / 1_000
      console.log(`   crash ${crash}: ${all()} acknowledged, clients back after ${recoveries.at(-1)} ms, ${took.toFixed(1)} s in all`)
    }
    over.abort()
    const [count] = await Promise.all([disturbing, ...clients.map((client) => client.end())])

    const lines = clients.flatMap(({ log }) => log.lines)
    const sql = connectSql(server.url, { max: 8 })
    const { violations, counts, codes } = await asOwner(server.url, (owner) =>
      conclude({ world, ledger: ledgerOver(sql), owner, lines, repeatsMax: inLength(1_500, 5_000) }),
    )
    await sql.end({ timeout: 5 })
    console.log('  ', { crashes: CRASHES, ...count, ...counts, backAfterMs: recoveries.join(' ') }, codes)
    expect(violations).toEqual([])
    expect(Object.keys(codes).filter((code) => !PASSING.test(code))).toEqual([])
    expect(counts.slowestMs).toBeLessThan(LONGEST_WAIT_MS)
    expect(counts.unknownHappened).toBeGreaterThan(0)
    expect(counts.unknown).toBeGreaterThan(counts.unknownHappened)
    expect(await purser(['audit'], { DATABASE_URL: server.url })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\d+ invariants checked, 0 violations/),
    })
  },
)
