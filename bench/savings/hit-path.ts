/**
 * What a hit costs in CPU beside a call: a part of `npm run bench -- savings`, or alone: `node bench/savings/hit-path.ts [rounds]`. Both as their activities run them, without Temporal
 * and without the provider: a call is reserved, dispatched, sent and booked; a hit is asked for, found and booked. CPU seconds of this process and of all of Postgres, which has a
 * server of its own. The parties run in turn, in another order each time; ratios are of the figures of one round. Linux only.
 */
import { readdir, readFile } from 'node:fs/promises'
import { ensureAccount } from '../../src/ledger/accounts.ts'
import { changeCap } from '../../src/ledger/budgets.ts'
import { eur } from '../../src/domain/money.ts'
import type { ModelRequest } from '../../src/domain/model-request.ts'
import type { RunningPostgres } from '../../src/platform/embedded/postgres.ts'
import { median } from '../measure.ts'
import { withPostgres } from '../server.ts'
import { jobOf, withStage, type Activities } from './stage.ts'

const ACCOUNT = 'bench'
const AT_ONCE = 100
const CALLS_A_TURN = 1_000
const HITS_A_TURN = 20_000
const QUESTIONS = 200
const TICKS_PER_SECOND = 100
export const ROUNDS = 5

type Run = ReturnType<typeof jobOf>
interface Cpu {
  readonly ours: number
  readonly postgres: number
}

/** Seconds so far. */
async function cpuNow(postmaster: number): Promise<Cpu> {
  const { user, system } = process.cpuUsage()
  let ticks = 0
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    // Behind the name, which may hold anything: state, parent, …, and as twelfth to fifteenth the ticks of its own, and of its children that have ended.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [own, ended] = [Number(fields[11]) + Number(fields[12]), Number(fields[13]) + Number(fields[14])]
    if (Number(pid) === postmaster) ticks += own + ended
    else if (Number(fields[1]) === postmaster) ticks += own
  }
  return { ours: (user + system) / 1e6, postgres: ticks / TICKS_PER_SECOND }
}

/** Runs so many at once until all are done; answers CPU microseconds of each. */
async function costOf(server: RunningPostgres, run: Run, count: number, one: (n: number) => Promise<void>): Promise<Cpu> {
  const before = await cpuNow(server.pid)
  let next = 0
  await Promise.all(
    Array.from({ length: AT_ONCE }, () =>
      run(async () => {
        while (next < count) await one((next += 1))
      }),
    ),
  )
  const after = await cpuNow(server.pid)
  return { ours: ((after.ours - before.ours) * 1e6) / count, postgres: ((after.postgres - before.postgres) * 1e6) / count }
}

const startedAt = new Date().toISOString()
let named = 0
const callOf = (question: string) => {
  named += 1
  const request: ModelRequest = {
    provider: 'gemini',
    model: 'gemini-2.5-flash-lite',
    endpoint: 'generateContent',
    tier: 'standard',
    prompt: `${'What the handbook says. '.repeat(40)}${question}`,
    output: { kind: 'text' },
    maxOutputTokens: 1_000,
  }
  return { callId: `call-${named}`, jobStartedAt: startedAt, scope: { account: ACCOUNT, feature: 'faq' }, request }
}

function expected(heard: { readonly kind: string }, wanted: string): void {
  if (heard.kind !== wanted) throw new Error(`${JSON.stringify(heard)} instead of ${wanted}`)
}

function parties(activities: Activities) {
  return {
    /** Puts its answer into the cache. */
    async call(question: string): Promise<void> {
      const call = callOf(question)
      const heard = await activities.askCache({ ...call, cache: {} })
      if (heard.kind !== 'lead') throw new Error(`${heard.kind} instead of lead`)
      expected(await activities.reserveBudget({ ...call, ask: 1 }), 'reserved')
      expected(await activities.callModel({ ...call, ask: 1, flight: heard.flight }), 'answered')
    },
    /** As if there were no cache. */
    async plainCall(question: string): Promise<void> {
      const call = { ...callOf(question), ask: 1 }
      expected(await activities.reserveBudget(call), 'reserved')
      expected(await activities.callModel(call), 'answered')
    },
    async hit(question: string): Promise<void> {
      expected(await activities.askCache({ ...callOf(question), cache: {} }), 'hit')
    },
  }
}

/** How many times less CPU a hit costs than a call: the median. */
export const benchHitPath = (rounds: number, print: (line: string) => void): Promise<number> =>
  withPostgres({ shared_buffers: '256MB', max_wal_size: '2GB', max_connections: '100' }, (server) => measured(server, rounds, print))

async function measured(server: RunningPostgres, rounds: number, print: (line: string) => void): Promise<number> {
  return withStage(server, async ({ ledger, activities }) => {
    const { budgets } = await ensureAccount(ledger, { id: ACCOUNT, plan: 'corporate', timeZone: 'UTC' })
    const id = budgets[0]?.budgetId ?? 0
    await changeCap(ledger, { of: { id }, change: eur('1000'), key: 'bench', reason: 'a bench never runs dry' })
    const play = parties(activities)
    const run = jobOf('bench')
    await run(async () => {
      for (let n = 0; n < QUESTIONS; n += 1) await play.call(`question ${n}`)
    })
    const ratios: number[] = []
    // The first one warms up.
    for (let round = 0; round <= rounds; round += 1) {
      const calls = () => costOf(server, run, CALLS_A_TURN, (n) => play.plainCall(`round ${round}, ${n}`))
      const hits = () => costOf(server, run, HITS_A_TURN, (n) => play.hit(`question ${n % QUESTIONS}`))
      const [first, second] = round % 2 === 0 ? [await calls(), await hits()] : [await hits(), await calls()]
      const [call, hit] = round % 2 === 0 ? [first, second] : [second, first]
      if (round === 0) continue
      ratios.push((call.ours + call.postgres) / (hit.ours + hit.postgres))
      print(`round ${round}: a call ${textOf(call)}; a hit ${textOf(hit)}; ${ratios.at(-1)?.toFixed(1)} times`)
    }
    const times = Math.round(median(ratios) * 10) / 10
    print(
      `a hit costs ${times} times less CPU than a call (median of ${rounds} rounds, from ${Math.min(...ratios).toFixed(1)} to ${Math.max(...ratios).toFixed(1)})`,
    )
    return times
  })
}

const textOf = ({ ours, postgres }: Cpu): string =>
  `${(ours + postgres).toFixed(0)} µs (process ${ours.toFixed(0)}, Postgres ${postgres.toFixed(0)})`

if (import.meta.main) await benchHitPath(Number(process.argv[2] ?? ROUNDS), (line) => console.log(line))
