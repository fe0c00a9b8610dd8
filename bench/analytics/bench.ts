/**
 * Questions over thirteen months of calls: the ledger's, beside the usual SQL on a plain table of the same calls on the same server, in the same run. And what keeping
 * the sums costs those who call: the hot path with and without the keeper, in turn.
 */
import postgres from 'postgres'
import { dayIn, daysLater } from '../../src/domain/day.ts'
import { QUESTIONS } from '../../src/insight/questions/all.ts'
import { lastHours, type Asked, type NamedQuestion } from '../../src/insight/questions/question.ts'
import { keepRolledUp, rollUpAll } from '../../src/insight/roll-up.ts'
import type { RunningPostgres } from '../../src/platform/embedded/postgres.ts'
import { migrate } from '../../src/platform/migrate.ts'
import { MIGRATIONS_FOLDER } from '../../src/platform/migration-files.ts'
import { connectSql, type PurserSql } from '../../src/platform/sql.ts'
import { fullCalls } from '../ledger/full-calls.ts'
import { prepared } from '../ledger/town.ts'
import { median, quantile, type BenchOptions } from '../measure.ts'
import { withPostgres } from '../server.ts'
import { fill, sizes } from './history.ts'

const CALLS = 10_000_000
/** Room for the working set; what is written is checkpointed often, so that it is on disk. */
const SETTINGS = { shared_buffers: '1GB', max_wal_size: '1GB', max_connections: '100' }
const TIMES = 40
const USUAL_TIMES = 3
/** As in a process that has been running. */
const WARM = 40
const TURN_MS = 6_000

export const benchAnalytics = (options: BenchOptions): Promise<Record<string, unknown>> =>
  withPostgres(SETTINGS, (server) => measure(server, options))

async function measure(server: RunningPostgres, options: BenchOptions): Promise<Record<string, unknown>> {
  const { say, print } = options
  const admin = postgres(server.url('postgres'), { max: 1, onnotice: () => {} })
  await admin.unsafe('create database purser_bench')
  await admin.end()
  const url = server.url('purser_bench')
  await migrate({ databaseUrl: url, folder: MIGRATIONS_FOLDER })
  const owner = postgres(url, { max: 2, types: { bigint: postgres.BigInt }, onnotice: () => {} })
  const calls = Math.round(CALLS * options.scale)
  say(`  ${calls.toLocaleString('en')} calls of 13 months`)
  await fill(owner, calls, say)
  const size = await sizes(owner)
  const sql = connectSql(url, { max: 1, statementTimeoutMs: 60_000 })
  const ratios = await compared(sql, owner, options)
  const p95Ms = await named(sql, options)
  await sql.end()
  await owner.end()
  const hotPath = await hotPathWith(server, options)
  print(
    `\nhow often quicker than the usual SQL: ${Object.entries(ratios)
      .map(([name, ratio]) => `${name} ${ratio}`)
      .join(', ')}`,
  )
  print(`the hot path, with the keeper beside it, over without: ${hotPath}`)
  print(`on disk: the usual table ${gigabytes(size.usual)} GB, facts and sums ${gigabytes(size.ours)} GB`)
  return { calls, ratios, p95Ms, hotPath, gigabytes: { usual: gigabytes(size.usual), ours: gigabytes(size.ours) } }
}

const gigabytes = (bytes: bigint): number => Number(bytes / 10_000_000n) / 100

const TODAY = dayIn('UTC')(new Date())
const DAYS_30 = { from: daysLater(TODAY, -30), to: TODAY }
const YESTERDAY = { from: daysLater(TODAY, -1), to: TODAY }
const common = { timeZone: 'UTC', filter: {}, currency: 'EUR', by: [], unit: undefined, hours: 24, limit: 20 } as const

const questionOf = (name: string): NamedQuestion => {
  const found = QUESTIONS.find((question) => question.name === name)
  if (found === undefined) throw new Error(`there is no question ${name}`)
  return found
}

/** Milliseconds of each time. */
async function timed(times: number, work: () => Promise<unknown>): Promise<number[]> {
  const found: number[] = []
  for (let n = 0; n < times; n += 1) {
    const started = performance.now()
    await work()
    found.push(performance.now() - started)
  }
  return found
}

interface Pair {
  readonly ours: NamedQuestion
  readonly usual: string
}

/** What everybody writes first. */
const PAIRS: Readonly<Record<string, Pair>> = {
  byModel: {
    ours: questionOf('daily'),
    usual: `select date(timestamp), model, sum(cost), sum(input_tokens + output_tokens), count(*) from usual.calls where timestamp >= $1 and timestamp < $2 group by date(timestamp), model order by 1 desc`,
  },
  byFeature: {
    ours: questionOf('features'),
    usual: `select feature, sum(cost), sum(cost) / count(distinct date(timestamp)), count(*) from usual.calls where timestamp >= $1 and timestamp < $2 group by feature order by 2 desc`,
  },
  byUser: {
    ours: questionOf('users'),
    usual: `select user_id, sum(cost), count(*), avg(cost) from usual.calls where timestamp >= $1 and timestamp < $2 group by user_id order by 2 desc limit 20`,
  },
}

/** Medians of both, side by side: some of ours, one of the usual, and again. */
async function compared(
  sql: PurserSql,
  owner: postgres.Sql<{ bigint: bigint }>,
  { rounds, say }: BenchOptions,
): Promise<Record<string, number>> {
  const ratios: Record<string, number> = {}
  for (const [name, { ours, usual }] of Object.entries(PAIRS)) {
    for (const [span, range] of [
      ['Month', DAYS_30],
      ['Day', YESTERDAY],
    ] as const) {
      const ask = () => ours.ask({ sql }, { ...common, ...range })
      const askUsual = () => owner.unsafe(usual, [range.from, range.to], { prepare: true })
      await timed(WARM, ask)
      await timed(2, askUsual)
      const own: number[] = []
      const others: number[] = []
      for (let round = 0; round < rounds * USUAL_TIMES; round += 1) {
        own.push(...(await timed(5, ask)))
        others.push(...(await timed(span === 'Day' ? 5 : 1, askUsual)))
      }
      const ratio = median(others) / median(own)
      ratios[`${name}${span}`] = Math.round(ratio * 10) / 10
      say(`  ${name}${span}: ${median(own).toFixed(2)} ms, the usual ${median(others).toFixed(1)} ms: ${ratio.toFixed(0)} times`)
    }
  }
  return ratios
}

/** The 95th percentile of every named question, over the last thirty days, in milliseconds. */
async function named(sql: PurserSql, { say }: BenchOptions): Promise<Record<string, number>> {
  const p95: Record<string, number> = {}
  for (const question of QUESTIONS) {
    const asked: Asked = {
      ...common,
      ...(question.time === 'hours' ? lastHours(24) : { from: daysLater(TODAY, -29), to: daysLater(TODAY, 1) }),
      by: question.by === undefined ? [] : [question.by.default],
      unit: question.unit?.default,
      limit: question.limit?.default ?? 20,
    }
    const ask = () => question.ask({ sql }, asked)
    await timed(WARM, ask)
    const found = await timed(TIMES, ask)
    p95[question.name] = Math.round(quantile(found, 0.95) * 10) / 10
    say(
      `  ${question.name.padEnd(18)} p50 ${median(found).toFixed(1).padStart(6)} ms   p95 ${quantile(found, 0.95).toFixed(1).padStart(6)} ms`,
    )
  }
  return p95
}

/** Calls per second with the keeper beside them, over calls without: in turn, and the median of the rounds. What waits is added up between the turns. */
async function hotPathWith(server: RunningPostgres, options: BenchOptions): Promise<number> {
  const town = await prepared(server, 'purser_bench_hot', 2_000, options.say)
  const turnMs = Math.max(1_000, TURN_MS * Math.min(1, options.scale))
  const sql = connectSql(server.url('purser_bench_hot'), { max: 1, statementTimeoutMs: 60_000 })
  const callers = { callers: 64, ms: turnMs, shared: true, direct: false }
  await fullCalls(town, callers)
  const ratios: number[] = []
  for (let round = 0; round < options.rounds; round += 1) {
    await rollUpAll({ sql })
    const without = (await fullCalls(town, callers)).perSecond
    await rollUpAll({ sql })
    const keeping = keepRolledUp({ sql }, options.say)
    const beside = (await fullCalls(town, callers)).perSecond
    await keeping.stop()
    ratios.push(beside / without)
    options.say(`  calls a second: ${Math.round(without)} without the keeper, ${Math.round(beside)} with it`)
  }
  await sql.end()
  await town.close()
  return Math.round(median(ratios) * 100) / 100
}
