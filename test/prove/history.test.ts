/** A history of many processes that share tight budgets, some killed, some cut off, judged as Jepsen judges ledgers. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { ledgerOver } from '../../src/ledger/ledger.ts'
import { connectSql } from '../../src/platform/sql.ts'
import { chance, type Chance } from '../support/chance.ts'
import { cloneDatabase, type TestDatabase } from '../support/database.ts'
import { startPostgresProxy, type PostgresProxy } from '../support/postgres-proxy.ts'
import { check } from './history/checker.ts'
import { conclude, coveringOf, type Conclusion } from './history/conclude.ts'
import { LIES } from './history/lies.ts'
import { readLog } from './history/operation.ts'
import { makeWorld, type World } from './history/world.ts'
import { inLength } from './length.ts'
import { LONGEST_WAIT_MS, PASSING } from './passing.ts'

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const PLAYERS = inLength(4, 6)
const PLAY_MS = inLength(12_000, 150_000)
const KILLS = inLength(3, 20)

const program = fileURLToPath(new URL('./history/play-program.ts', import.meta.url))

let database: TestDatabase
let world: World
let played: Played
let concluded: Conclusion
beforeAll(async () => {
  database = await cloneDatabase()
  world = await makeWorld(database.url, SEED)
  played = await playAll()
  const sql = connectSql(database.url, { max: 8 })
  const lines = (await Promise.all(played.histories.map(readLog))).flat()
  concluded = await conclude({ world, ledger: ledgerOver(sql), owner: database.sql, lines, repeatsMax: inLength(1_500, 10_000) })
  await sql.end({ timeout: 5 })
  console.log(
    '  ',
    { seed: SEED, processes: PLAYERS + played.kills, kills: played.kills, cuts: played.cuts, ...concluded.counts },
    concluded.codes,
  )
}, 600_000)
afterAll(() => database.drop())

interface Played {
  readonly histories: readonly string[]
  readonly kills: number
  readonly cuts: number
}

/** Lets players play, and meanwhile kills some in the middle of what they do, and cuts wires. */
async function playAll(): Promise<Played> {
  const folder = await mkdtemp(join(inject('testFolder'), 'history-'))
  const { hostname, port } = new URL(database.url)
  const dice = chance(SEED)
  const proxies = await Promise.all(Array.from({ length: PLAYERS }, () => startPostgresProxy({ host: hostname, port: Number(port) })))
  const urls = proxies.map((proxy) => database.url.replace(`:${port}/`, `:${proxy.port}/`))
  const histories: string[] = []
  const seats = new Map<number, ChildProcess>()
  const begin = async (seat: number): Promise<void> => {
    const name = `player${histories.length}`
    const path = join(folder, `${name}.jsonl`)
    histories.push(path)
    seats.set(seat, await startPlayer(name, path, urls[seat] ?? ''))
  }
  let isOver = false
  try {
    await Promise.all(proxies.map((_, seat) => begin(seat)))
    const cutting = cutWires(proxies, dice, () => isOver)
    for (let kills = 0; kills < KILLS; kills += 1) {
      await sleep(PLAY_MS / KILLS)
      const seat = dice(PLAYERS)
      await end(seats.get(seat), (player) => player.kill('SIGKILL'))
      await begin(seat)
    }
    isOver = true
    const cuts = await cutting
    const endings = await Promise.all([...seats.values()].map((player) => end(player, ({ stdin }) => stdin?.end())))
    expect(endings).toEqual(proxies.map(() => 0))
    return { histories, kills: KILLS, cuts }
  } finally {
    isOver = true
    seats.forEach((player) => player.kill('SIGKILL'))
    await Promise.all(proxies.map((proxy) => proxy.close()))
  }
}

async function startPlayer(name: string, path: string, url: string): Promise<ChildProcess> {
  const env = { PATH: process.env['PATH'], DATABASE_URL: url }
  const player = spawn(process.execPath, [program, JSON.stringify(world), name, path], { env, stdio: ['pipe', 'pipe', 'inherit'] })
  await once(player.stdout, 'data', { signal: AbortSignal.timeout(30_000) })
  return player
}

/** Ends a player in this way, and waits for it; gives its exit code. */
async function end(player: ChildProcess | undefined, how: (player: ChildProcess) => unknown): Promise<number | null> {
  if (player === undefined) return null
  const ended = once(player, 'exit', { signal: AbortSignal.timeout(120_000) }) as Promise<[number | null]>
  how(player)
  return (await ended)[0]
}

async function cutWires(proxies: readonly PostgresProxy[], dice: Chance, isOver: () => boolean): Promise<number> {
  let cuts = 0
  while (!isOver()) {
    await sleep(200 + dice(400))
    const proxy = proxies[dice(proxies.length)]
    // One connection behind its commit, or all of a process wherever they are.
    if (dice(3) > 0) void proxy?.cutAfterCommit().then(() => (cuts += 1))
    else {
      await proxy?.cut()
      await proxy?.join()
      cuts += 1
    }
  }
  return cuts
}

test(`${PLAYERS} processes on tight budgets, ${KILLS} killed, wires cut: the ledger kept every promise (seed ${SEED})`, () => {
  expect(concluded.violations).toEqual([])
})

test('the load was such that the promises could have been broken', () => {
  const { counts, codes } = concluded
  expect(counts.acknowledged).toBeGreaterThan(500)
  expect(counts.refusedPercent).toBeGreaterThanOrEqual(30)
  expect(counts.refusedPercent).toBeLessThanOrEqual(50)
  expect(counts.unknownHappened).toBeGreaterThan(0)
  expect(counts.unknown).toBeGreaterThan(counts.unknownHappened)
  expect(codes['killed']).toBeGreaterThan(0)
  expect(Object.keys(codes).filter((code) => !PASSING.test(code))).toEqual([])
  expect(counts.slowestMs).toBeLessThan(LONGEST_WAIT_MS)
})

test.for(LIES)('the checker finds it when $lie', ({ promise, plant }) => {
  const { where, ...history } = plant(concluded)
  const found = check(history.operations, history.tables, coveringOf(world)).filter((violation) => violation.promise === promise)
  expect(found.map((violation) => violation.where).filter((place) => place.includes(where))).not.toEqual([])
})
