/**
 * Questions over thirteen months of calls: the ledger's, beside the usual SQL on a plain table of the same calls on the same server, in the same run. And what keeping
 * the sums costs those who call: the hot path with and without the keeper, in turn.
 */
import postgres from 'postgres'
import { dayIn, daysLater } from '../../src/domain/day.ts'
import { QUESTIONS } from '../../src/insight/questions/all.ts'
import { costsTable } from '../../src/insight/questions/costs.ts'
import { lastHours, type Asked, type NamedQuestion } from '../../src/insight/questions/question.ts'
import type { Reading } from '../../src/insight/reading.ts'
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
const TURN_MS = 4_000
/** Of each round: what else the machine does comes and goes within seconds. */
const PAIRS = 4

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
  // As the API reads.
  const sql = connectSql(url, { max: 1, statementTimeoutMs: 60_000, keepsPlans: true })
  const ratios: Record<string, number> = {}
  const top: Record<string, number> = {}
  const between = { sql, owner, rounds: options.rounds, say }
  for (const [question, pair] of Object.entries(BY_DAY))
    for (const [span, days] of [
      ['Month', 30],
      ['Day', 1],
    ] as const) {
      const name = `${question}${span}`
      ratios[name] = await compared({ ...between, name, days }, pair)
    }
  for (const [name, pair] of Object.entries(TOP)) top[name] = await compared({ ...between, name, days: 30 }, pair)
  const p95Ms = await named(sql, options)
  await sql.end()
  await owner.end()
  const hotPath = await hotPathWith(server, options)
  print(
    `\nhow often quicker than the usual SQL: ${Object.entries({ ...ratios, ...top })
      .map(([name, ratio]) => `${name} ${ratio}`)
      .join(', ')}`,
  )
  print(`the hot path, with the keeper beside it, over without: ${hotPath}`)
  print(`on disk: the usual table ${gigabytes(size.usual)} GB, facts and sums ${gigabytes(size.ours)} GB`)
  return { calls, ratios, top, p95Ms, hotPath, gigabytes: { usual: gigabytes(size.usual), ours: gigabytes(size.ours) } }
}

const gigabytes = (bytes: bigint): number => Number(bytes / 10_000_000n) / 100

const TODAY = dayIn('UTC')(new Date())
const common = { timeZone: 'UTC', filter: {}, currency: 'EUR', by: [], unit: undefined, limit: 20 } as const

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
  readonly ours: (reading: Reading, asked: Asked) => Promise<unknown>
  readonly usual: string
}

const asking =
  (name: string): Pair['ours'] =>
  (reading, asked) =>
    questionOf(name).ask(reading, asked)

const ofRange = 'from usual.calls where timestamp >= $1 and timestamp < $2'

const byDay = (dimension: 'provider' | 'endpoint'): Pair => ({
  ours: (reading, asked) => costsTable(reading, { ...asked, by: [dimension], unit: 'day', limit: 1_000 }),
  usual: `select date(timestamp), ${dimension}, sum(cost), sum(input_tokens), sum(output_tokens), count(*) ${ofRange} group by date(timestamp), ${dimension} order by 1, 3 desc`,
})

/** What everybody writes first: `group by date(timestamp), …`. */
const BY_DAY: Readonly<Record<string, Pair>> = {
  byModel: {
    ours: asking('daily'),
    usual: `select date(timestamp), model, sum(cost), sum(input_tokens + output_tokens), count(*) ${ofRange} group by date(timestamp), model order by 1 desc`,
  },
  byProvider: byDay('provider'),
  byEndpoint: byDay('endpoint'),
}

/** The dearest of many: all of them are added up, and put beside the time before, which the usual SQL does not. */
const TOP: Readonly<Record<string, Pair>> = {
  featuresOfAMonth: {
    ours: asking('features'),
    usual: `select feature, sum(cost), sum(cost) / count(distinct date(timestamp)), count(*) ${ofRange} group by feature order by 2 desc`,
  },
  usersOfAMonth: {
    ours: asking('users'),
    usual: `select user_id, sum(cost), count(*), avg(cost) ${ofRange} group by user_id order by 2 desc limit 20`,
  },
}

/** How often ours is quicker: medians of both, side by side: some of ours, one of the usual, and again. */
async function compared({ sql, owner, name, days, rounds, say }: Compared, { ours, usual }: Pair): Promise<number> {
  const range = { from: daysLater(TODAY, -days), to: TODAY }
  const ask = () => ours({ sql }, { ...common, ...range })
  const askUsual = () => owner.unsafe(usual, [range.from, range.to], { prepare: true })
  await timed(WARM, ask)
  await timed(2, askUsual)
  const own: number[] = []
  const others: number[] = []
  for (let round = 0; round < rounds * USUAL_TIMES; round += 1) {
    own.push(...(await timed(5, ask)))
    others.push(...(await timed(days === 1 ? 5 : 1, askUsual)))
  }
  const ratio = median(others) / median(own)
  say(`  ${name.padEnd(18)} ${median(own).toFixed(2)} ms, the usual ${median(others).toFixed(1)} ms: ${ratio.toFixed(0)} times`)
  return Math.round(ratio * 10) / 10
}

interface Compared extends Pick<BenchOptions, 'rounds' | 'say'> {
  readonly sql: PurserSql
  readonly owner: postgres.Sql<{ bigint: bigint }>
  readonly name: string
  readonly days: number
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

/** Calls per second with the keeper beside them, over calls without: in turn, each as often the first of its pair, and the median of the pairs. What waits is added up between the turns. */
async function hotPathWith(server: RunningPostgres, options: BenchOptions): Promise<number> {
  const town = await prepared(server, 'purser_bench_hot', 2_000, options.say)
  const turnMs = Math.max(1_000, TURN_MS * Math.min(1, options.scale))
  const sql = connectSql(server.url('purser_bench_hot'), { max: 1, statementTimeoutMs: 60_000 })
  const callers = { callers: 64, ms: turnMs, shared: true, direct: false }
  await fullCalls(town, callers)
  const turn = async (isKept: boolean): Promise<number> => {
    await rollUpAll({ sql })
    const keeping = isKept ? keepRolledUp({ sql }, options.say) : undefined
    const { perSecond } = await fullCalls(town, callers)
    await keeping?.stop()
    return perSecond
  }
  const ratios: number[] = []
  for (let pair = 0; pair < options.rounds * PAIRS; pair += 1) {
    const keptFirst = pair % 2 === 1
    const first = await turn(keptFirst)
    const second = await turn(!keptFirst)
    const [without, beside] = keptFirst ? [second, first] : [first, second]
    ratios.push(beside / without)
    options.say(`  calls a second: ${Math.round(without)} without the keeper, ${Math.round(beside)} with it`)
  }
  await sql.end()
  await town.close()
  return Math.round(median(ratios) * 100) / 100
}
