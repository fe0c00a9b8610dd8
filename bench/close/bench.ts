/** `npm run bench -- close`: a million accounts' month, closed and stated, beside one plain insert of the same rows; and what calls of the new month feel of it. */
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { keepRolledUp, rollUpAll } from '../../src/insight/roll-up.ts'
import { OPENING_PAGE, openPeriods } from '../../src/ledger/accounts.ts'
import { SEALING_PAGE, closeMonth } from '../../src/ledger/close-month.ts'
import type { RunningPostgres } from '../../src/platform/embedded/postgres.ts'
import { connectSql, type PurserSql } from '../../src/platform/sql.ts'
import { fullCalls } from '../ledger/full-calls.ts'
import { prepared, type Town } from '../ledger/town.ts'
import { median, type BenchOptions } from '../measure.ts'
import { withPostgres } from '../server.ts'
import { CLOSED, fillMonth } from './month.ts'

const ACCOUNTS = 1_000_000
const SETTINGS = { shared_buffers: '1GB', max_wal_size: '4GB', max_connections: '100' }
/** Accounts are closed in pages of the worker's size, and at least four of them. */
const LEAST = 4 * Math.max(OPENING_PAGE, SEALING_PAGE)
const DATABASE = 'purser_bench_close'
const TURN_MS = 8_000
/** Tables that the close writes, and which of their rows. */
const WRITTEN = {
  statement: 'true',
  budget_period: `period = to_char(now() at time zone 'UTC', 'YYYY-MM') and id <= 1499999999`,
  balance: `budget_period_id in (select id from purser.budget_period where period = to_char(now() at time zone 'UTC', 'YYYY-MM') and id <= 1499999999)`,
  entry: `kind = 'open'`,
} as const

export const benchClose = (options: BenchOptions): Promise<Record<string, unknown>> =>
  withPostgres(SETTINGS, (server) => measure(server, options))

async function measure(server: RunningPostgres, options: BenchOptions): Promise<Record<string, unknown>> {
  const { say, print } = options
  const accounts = Math.max(LEAST, Math.round(ACCOUNTS * options.scale))
  const town = await prepared(server, DATABASE, 2_000, say)
  const owner = postgres(server.url(DATABASE), { max: 1, types: { bigint: postgres.BigInt }, onnotice: () => {} })
  await fillMonth(owner, accounts, say)
  const sql = connectSql(server.url(DATABASE), { max: 1, statementTimeoutMs: 60_000 })
  const pages = closing(sql)

  // Two thirds alone, for its speed; the rest beside callers, for theirs.
  const [row] = await owner<{ opened: bigint }[]>`select count(*) as opened from purser.entry where kind = 'open'`
  const share = (accounts * 2) / 3
  const opening = await open(sql, Math.floor(share / OPENING_PAGE), say)
  const alone = await timeOf(pages, Math.floor(share / SEALING_PAGE), say)
  const seconds = opening + alone.seconds
  const perSecond = alone.accounts / seconds
  const plain = await plainly(owner, row?.opened ?? 0n, say)
  const ratios = { close: round(plain / seconds), liveDuringClose: await liveWith(town, pages, options) }
  const heap = { first: alone.heapMb[0] ?? 0, last: alone.heapMb.at(-1) ?? 0, largest: Math.max(...alone.heapMb) }
  print(
    `\nclosed and stated: ${Math.round(perSecond).toLocaleString('en')} accounts a second; the worker's memory ${heap.first} MB after the first page, ${heap.last} after the last`,
  )
  print(
    `speed of the close over one plain insert of the same rows: ${ratios.close}; calls during the close over calls without: ${ratios.liveDuringClose}`,
  )
  await sql.end()
  await owner.end()
  await town.close()
  return { accounts, ratios, accountsPerSecond: Math.round(perSecond), heapMb: heap }
}

const round = (value: number): number => Math.round(value * 100) / 100

/** Closes page after page, as the worker does. */
async function* closing(sql: PurserSql): AsyncGenerator<number> {
  let [after, isBehind]: [string | undefined, boolean] = [undefined, false]
  do {
    for await (const page of closeMonth({ sql }, { month: CLOSED, after, dryRun: false })) {
      ;[after, isBehind] = [page.after, page.isBehind]
      if (isBehind) await rollUpAll({ sql })
      yield page.sealed
      await sleep(page.restMs)
    }
  } while (isBehind)
}

/** Seconds in which as many budgets' periods of the new month are opened, before. */
async function open(sql: PurserSql, pages: number, say: (line: string) => void): Promise<number> {
  const started = performance.now()
  let after = 0
  for (let page = 0; page < pages; page += 1)
    after = (await openPeriods({ sql } as Parameters<typeof openPeriods>[0], { at: new Date(), after, limit: OPENING_PAGE })).after
  const seconds = (performance.now() - started) / 1000
  say(`  ${(pages * OPENING_PAGE).toLocaleString('en')} periods opened in ${seconds.toFixed(1)} s`)
  return seconds
}

interface Timed {
  readonly accounts: number
  readonly seconds: number
  readonly heapMb: readonly number[]
}

async function timeOf(pages: AsyncGenerator<number>, count: number, say: (line: string) => void): Promise<Timed> {
  const started = performance.now()
  const heapMb: number[] = []
  let accounts = 0
  for (let page = 1; page <= count; page += 1) {
    const next = await pages.next()
    accounts += next.done === true ? 0 : next.value
    heapMb.push(Math.round(process.memoryUsage().rss / 1_000_000))
    if (page % Math.ceil(count / 8) === 0)
      say(`  ${accounts.toLocaleString('en')} statements after ${((performance.now() - started) / 1000).toFixed(1)} s`)
  }
  return { accounts, seconds: (performance.now() - started) / 1000, heapMb }
}

/** Seconds in which Postgres copies the same rows into tables with the same columns, indexes and checks, one statement a table. */
async function plainly(owner: postgres.Sql<{ bigint: bigint }>, openedBefore: bigint, say: (line: string) => void): Promise<number> {
  await owner.unsafe('create schema plain')
  let seconds = 0
  for (const [table, rows] of Object.entries(WRITTEN)) {
    await owner.unsafe(`create table plain.${table} (like purser.${table} including all)`)
    const behind = table === 'entry' ? `order by id offset ${openedBefore}` : ''
    const started = performance.now()
    await owner.unsafe(`insert into plain.${table} overriding system value select * from purser.${table} where ${rows} ${behind}`)
    seconds += (performance.now() - started) / 1000
  }
  say(`  the same rows, plainly: ${seconds.toFixed(1)} s`)
  return seconds
}

/** Calls per second while months are closed, over calls without: in turn, and the median of the rounds. */
async function liveWith(town: Town, pages: AsyncGenerator<number>, options: BenchOptions): Promise<number> {
  const callers = { callers: 64, ms: Math.max(1_000, TURN_MS * Math.min(1, options.scale)), shared: true, direct: false }
  await fullCalls(town, callers)
  // As beside every worker: what is called is added up meanwhile.
  const keeping = keepRolledUp(town.ledger, options.say)
  const ratios: number[] = []
  for (let turn = 0; turn < options.rounds; turn += 1) {
    const without = (await fullCalls(town, callers)).perSecond
    const state = { isOver: false, closed: 0 }
    const beside = (async () => {
      while (!state.isOver) {
        const next = await pages.next()
        if (next.done === true) return
        state.closed += next.value
      }
    })()
    const during = (await fullCalls(town, callers)).perSecond
    state.isOver = true
    await beside
    options.say(
      `  calls a second: ${Math.round(without)} without, ${Math.round(during)} while ${state.closed.toLocaleString('en')} accounts were closed`,
    )
    if (state.closed > 0) ratios.push(during / without)
  }
  await keeping.stop()
  return round(median(ratios))
}
