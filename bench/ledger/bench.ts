/**
 * The ledger's speed, beside what the same Postgres does otherwise: pgbench's TPC-B, the way everybody writes first (`naive`), and the same
 * rows with no logic at all (`rows`). One server, the same durable settings for all; the parties run in turn, several rounds; ratios are of
 * the figures of one round, and what is printed is their median. Absolute figures mean little: machines are small, shared and noisy.
 */
import type { RunningPostgres } from '../../src/platform/embedded/postgres.ts'
import { median, type BenchOptions } from '../measure.ts'
import { withPostgres } from '../server.ts'
import { growthOf } from './growth.ts'
import { prepared, type Town } from './town.ts'
import { fullCalls, type Measured } from './full-calls.ts'
import { naiveCalls } from './naive.ts'
import { rowsOnly } from './rows-only.ts'
import { tpcB } from './tpc-b.ts'

interface Party {
  readonly name: string
  /** What it runs, for so long; answers operations per second. */
  readonly run: (ms: number) => Promise<Measured>
}

/** Shared by all parties: room for the working set, and a checkpoint does not fall into one party's turn only. */
const SETTINGS = { shared_buffers: '512MB', max_wal_size: '4GB', max_connections: '100', wal_compression: 'off' }
const DATABASE = 'purser_bench'
const TURN_MS = 5_000
const ACCOUNTS = 10_000

export const benchLedger = (options: BenchOptions): Promise<Record<string, unknown>> =>
  withPostgres(SETTINGS, (server) => measure(server, options))

async function measure(server: RunningPostgres, options: BenchOptions): Promise<Record<string, unknown>> {
  const { say } = options
  const town = await prepared(server, DATABASE, ACCOUNTS, say)
  const turnMs = Math.max(1_000, TURN_MS * options.scale)
  const parties = partiesOf(server, town).filter(({ name }) => options.only === undefined || name === 'tpcB' || options.only.includes(name))
  const rounds: Record<string, Measured>[] = []
  for (let round = 1; round <= options.rounds; round += 1) {
    const figures: Record<string, Measured> = {}
    for (const party of parties) {
      figures[party.name] = await party.run(turnMs)
      say(`  round ${round} of ${options.rounds}: ${line(party.name, figures[party.name])}`)
    }
    rounds.push(figures)
  }
  const bytes = await town.bytesPerCall()
  await town.close()
  const ratios = ratiosOf(rounds)
  if (options.only === undefined || options.only.includes('growth')) ratios['growth'] = await growthOf(server, turnMs, options)
  report(ratios, rounds, bytes, options)
  return {
    ratios: Object.fromEntries(Object.entries(ratios).map(([name, values]) => [name, rounded(median(values))])),
    p99Ms: Object.fromEntries(['hot64', 'hot2000', 'spread'].flatMap((name) => p99Of(rounds, name))),
    bytesPerCall: bytes,
  }
}

function partiesOf(server: RunningPostgres, town: Town): Party[] {
  return [
    { name: 'tpcB', run: tpcB(server) },
    { name: 'hot64', run: (ms) => fullCalls(town, { callers: 64, ms, shared: true, direct: false }) },
    { name: 'hot64direct', run: (ms) => fullCalls(town, { callers: 64, ms, shared: true, direct: true }) },
    { name: 'hot2000', run: (ms) => fullCalls(town, { callers: 2_000, ms, shared: true, direct: false }) },
    { name: 'spread', run: (ms) => fullCalls(town, { callers: 64, ms, shared: false, direct: false }) },
    { name: 'naive', run: naiveCalls(server) },
    { name: 'rows', run: rowsOnly(server, DATABASE) },
  ]
}

/** What each figure is divided by, within its round. */
const OVER: Readonly<Record<string, readonly [string, string]>> = {
  hot64: ['hot64', 'tpcB'],
  hot64direct: ['hot64direct', 'tpcB'],
  hot2000: ['hot2000', 'tpcB'],
  spread: ['spread', 'tpcB'],
  naive: ['hot64', 'naive'],
  limit: ['hot64', 'rows'],
}

function ratiosOf(rounds: readonly Record<string, Measured>[]): Record<string, number[]> {
  const ratios = Object.entries(OVER).map(([name, [over, under]]) => {
    const values = rounds.flatMap((figures) => {
      const [a, b] = [figures[over], figures[under]]
      return a === undefined || b === undefined ? [] : [a.perSecond / b.perSecond]
    })
    return [name, values] as const
  })
  return Object.fromEntries(ratios.filter(([, values]) => values.length > 0))
}

function report(
  ratios: Readonly<Record<string, number[]>>,
  rounds: readonly Record<string, Measured>[],
  bytes: number,
  options: BenchOptions,
): void {
  options.print(`\nratio         median   (from – to), ${rounds.length} rounds`)
  for (const [name, values] of Object.entries(ratios)) {
    const [low, high] = [Math.min(...values), Math.max(...values)]
    options.print(`${name.padEnd(12)} ${rounded(median(values)).toFixed(2).padStart(7)}   (${low.toFixed(2)} – ${high.toFixed(2)})`)
  }
  for (const name of ['hot64', 'hot2000', 'spread'])
    for (const [, p99] of p99Of(rounds, name)) options.print(`p99 of a reserve, ${name}: ${p99} ms`)
  options.print(`bytes on disk a call, with indexes: ${bytes}`)
}

const line = (name: string, measured: Measured | undefined): string =>
  `${name.padEnd(12)} ${Math.round(measured?.perSecond ?? 0)
    .toLocaleString('en')
    .padStart(8)} a second` +
  (measured?.p99Ms === undefined ? '' : `, p99 of a reserve ${measured.p99Ms.toFixed(1)} ms`) +
  (measured?.note === undefined ? '' : `  (${measured.note})`)

function p99Of(rounds: readonly Record<string, Measured>[], name: string): [string, number][] {
  const values = rounds.flatMap((figures) => figures[name]?.p99Ms ?? [])
  return values.length === 0 ? [] : [[name, Math.round(median(values) * 10) / 10]]
}

const rounded = (value: number): number => Math.round(value * 100) / 100
