/**
 * What a budget costs a call: jobs of five calls one after the other, on a whole system of its own, with a provider that answers at once. The
 * parties run in turn on the same worker and server: calls without any budget (`bare`), and under budget with the reservation as a local
 * activity (`local`) or a regular one (`activity`). So what differs is Purser: reserve, dispatch, settle with durable commits, blob and receipt.
 */
import { randomUUID } from 'node:crypto'
import type { ModelRequest } from '../../src/domain/model-request.ts'
import { median, quantile, type BenchOptions } from '../measure.ts'
import { costInHistory, type HistoryCost } from './histories.ts'
import { startSystem, type System } from './system.ts'

const PARTIES = ['bare', 'local', 'activity'] as const
type Party = (typeof PARTIES)[number]

const CALLS_A_JOB = 5
/** Jobs at once; so many in one turn, and one after the other for the latency. */
const CONCURRENT = 50
const JOBS_A_TURN = 150
const QUIET_JOBS = 12

const REQUEST: ModelRequest = {
  provider: 'gemini',
  model: 'gemini-2.5-flash-lite',
  endpoint: 'generateContent',
  tier: 'standard',
  prompt: 'One sentence about ledgers.',
  output: { kind: 'text' },
  maxOutputTokens: 64,
}

interface Round {
  readonly callsPerSecond: Readonly<Record<Party, number>>
  /** One job at a time: from one call's end to the next one's, as the server stamps them, in milliseconds. */
  readonly quietMs: Readonly<Record<Party, readonly number[]>>
  readonly history: Readonly<Record<Party, HistoryCost>>
}

export async function benchCalls(options: BenchOptions): Promise<Record<string, unknown>> {
  const system = await startSystem(options.say)
  try {
    for (const party of PARTIES) await jobs(system, party, CONCURRENT, CONCURRENT)
    const rounds: Round[] = []
    for (let number = 1; number <= options.rounds; number += 1) rounds.push(await roundOf(system, options, number))
    return reported(rounds, options)
  } finally {
    await system.close()
  }
}

async function roundOf(system: System, { scale, rounds, say }: BenchOptions, number: number): Promise<Round> {
  const count = Math.max(CONCURRENT, Math.round(JOBS_A_TURN * scale))
  const quiet = Math.max(4, Math.round(QUIET_JOBS * scale))
  const callsPerSecond = { bare: 0, local: 0, activity: 0 }
  const quietMs: Record<Party, number[]> = { bare: [], local: [], activity: [] }
  const history = {} as Record<Party, HistoryCost>
  for (const party of PARTIES) {
    const startedAt = performance.now()
    await jobs(system, party, count, CONCURRENT)
    callsPerSecond[party] = (count * CALLS_A_JOB) / ((performance.now() - startedAt) / 1_000)
    say(
      `  round ${number} of ${rounds}: ${party.padEnd(9)} ${callsPerSecond[party].toFixed(0).padStart(5)} calls a second, ${CONCURRENT} jobs at once`,
    )
  }
  // In turn, job by job: whatever else the machine does falls on all.
  for (let job = 0; job < quiet; job += 1) {
    for (const party of PARTIES) {
      const cost = costInHistory(await oneJob(system, party, job), CALLS_A_JOB)
      quietMs[party].push(...cost.callMs)
      history[party] = cost
    }
  }
  for (const party of PARTIES)
    say(`  round ${number} of ${rounds}: ${party.padEnd(9)} ${median(quietMs[party]).toFixed(1).padStart(5)} ms a call, one job at a time`)
  return { callsPerSecond, quietMs, history }
}

/** So many jobs, this many at once. */
async function jobs(system: System, party: Party, count: number, atOnce: number): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    for (let job = next++; job < count; job = next++) await (await start(system, party, job)).result()
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
}

async function oneJob(system: System, party: Party, job: number) {
  const handle = await start(system, party, job)
  await handle.result()
  return handle.fetchHistory()
}

function start({ client, taskQueue, accounts }: System, party: Party, job: number) {
  const input = { account: accounts[job % accounts.length] ?? '', request: REQUEST, calls: CALLS_A_JOB }
  const options = { taskQueue, workflowId: `${party}-${randomUUID()}` }
  return party === 'bare'
    ? client.workflow.start('bareJob', { ...options, args: [input] })
    : client.workflow.start('budgetedJob', { ...options, args: [{ ...input, ledgerMode: party }] })
}

function reported(rounds: readonly Round[], { print }: BenchOptions): Record<string, unknown> {
  const ratios = (party: Party) => rounds.map(({ callsPerSecond }) => callsPerSecond[party] / callsPerSecond.bare)
  const throughput = ratios('local')
  const throughputActivityMode = ratios('activity')
  const added = (party: Party, part: number) => rounds.map(({ quietMs }) => quantile(quietMs[party], part) - quantile(quietMs.bare, part))
  print(`\n                          median   (from – to), ${rounds.length} rounds`)
  for (const [name, values, digits] of [
    ['throughput', throughput, 2],
    ['throughputActivityMode', throughputActivityMode, 2],
    ['added ms, p50', added('local', 0.5), 1],
    ['added ms, p95', added('local', 0.95), 1],
    ['added ms, p50, activity', added('activity', 0.5), 1],
    ['added ms, p95, activity', added('activity', 0.95), 1],
  ] as const) {
    const [low, high] = [Math.min(...values), Math.max(...values)]
    print(`${name.padEnd(24)} ${median(values).toFixed(digits).padStart(7)}   (${low.toFixed(digits)} – ${high.toFixed(digits)})`)
  }
  for (const party of PARTIES) {
    const { actions, events } = rounds.at(-1)?.history[party] ?? { actions: 0, events: 0 }
    print(`${party.padEnd(9)} ${actions.toFixed(1)} actions and ${events.toFixed(1)} events of history a call`)
  }
  return {
    ratios: { throughput: rounded(median(throughput)), throughputActivityMode: rounded(median(throughputActivityMode)) },
    addedMs: { p50: rounded(median(added('local', 0.5))), p95: rounded(median(added('local', 0.95))) },
  }
}

const rounded = (value: number): number => Math.round(value * 100) / 100
