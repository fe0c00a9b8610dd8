/**
 * What a budget costs over HTTP: reserve and settle, over the same server, authentication and validation with an empty handler. The parties run in turn, with 64
 * clients at once for the throughput and one for the latency; so what differs is the ledger, with durable commits, and the receipt beside the blobs.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { newKey } from '../../src/calls/cost-key.ts'
import { eur } from '../../src/domain/money.ts'
import { ensureAccount } from '../../src/ledger/accounts.ts'
import { createApiKey } from '../../src/ledger/api-keys.ts'
import { changeCap } from '../../src/ledger/budgets.ts'
import { ledgerOver } from '../../src/ledger/ledger.ts'
import { startPostgres } from '../../src/platform/embedded/postgres.ts'
import { migrate } from '../../src/platform/migrate.ts'
import { MIGRATIONS_FOLDER } from '../../src/platform/migration-files.ts'
import { connectSql } from '../../src/platform/sql.ts'
import { median, quantile, type BenchOptions } from '../measure.ts'

const CLIENTS = 64
const ACCOUNTS = 64
const TURN_MS = 4_000
const QUIET_PAIRS = 60

const PARTIES = ['empty', 'reservations'] as const
type Party = (typeof PARTIES)[number]

interface Round {
  readonly reservations: number
  readonly vsEmpty: number
  /** Added to a call, one at a time, in milliseconds. */
  readonly p50: number
  readonly p95: number
}

interface Bed {
  /** A call's two requests, for one of the accounts. */
  readonly pair: (party: Party, index: number) => Promise<void>
  close(): Promise<void>
}

export async function benchApi(options: BenchOptions): Promise<Record<string, unknown>> {
  const bed = await openBed(options.say)
  try {
    const turnMs = Math.max(500, TURN_MS * options.scale)
    for (const party of PARTIES) await turn(bed, party, turnMs / 2)
    const rounds: Round[] = []
    for (let number = 1; number <= options.rounds; number += 1) {
      const perSecond = { empty: 0, reservations: 0 }
      for (const party of PARTIES) perSecond[party] = await turn(bed, party, turnMs)
      const quiet = await inTurns(bed, Math.max(20, Math.round(QUIET_PAIRS * options.scale)))
      const added = (part: number) => quantile(quiet.reservations, part) - quantile(quiet.empty, part)
      rounds.push({
        reservations: perSecond.reservations,
        vsEmpty: perSecond.reservations / perSecond.empty,
        p50: added(0.5),
        p95: added(0.95),
      })
      options.say(
        `  round ${number} of ${options.rounds}: empty ${perSecond.empty.toFixed(0)}, reservations ${perSecond.reservations.toFixed(0)} calls a second; added p50 ${added(0.5).toFixed(1)}, p95 ${added(0.95).toFixed(1)} ms a call`,
      )
    }
    const over = (pick: (round: Round) => number): number => Math.round(median(rounds.map(pick)) * 100) / 100
    options.print(
      `\nvsEmpty ${over((r) => r.vsEmpty)}, added p50 ${over((r) => r.p50)} ms and p95 ${over((r) => r.p95)} ms a call (reserve + settle), ${rounds.length} rounds`,
    )
    return {
      ratios: { vsEmpty: over((r) => r.vsEmpty) },
      addedMs: { p50: over((r) => r.p50), p95: over((r) => r.p95) },
      callsPerSecond: Math.round(over((r) => r.reservations)),
    }
  } finally {
    await bed.close()
  }
}

/** Calls a second of all clients together. */
async function turn(bed: Bed, party: Party, turnMs: number): Promise<number> {
  let done = 0
  const startedAt = performance.now()
  const client = async (index: number): Promise<void> => {
    while (performance.now() - startedAt < turnMs) {
      await bed.pair(party, index)
      done += 1
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(index)))
  return done / ((performance.now() - startedAt) / 1_000)
}

/** One client; the parties take turns call by call, so that whatever else the machine does falls on both. */
async function inTurns(bed: Bed, count: number): Promise<Record<Party, number[]>> {
  const took: Record<Party, number[]> = { empty: [], reservations: [] }
  for (let call = 0; call < count; call += 1)
    for (const party of PARTIES) {
      const startedAt = performance.now()
      await bed.pair(party, call % ACCOUNTS)
      took[party].push(performance.now() - startedAt)
    }
  return took
}

async function openBed(say: (line: string) => void): Promise<Bed> {
  const folder = await mkdtemp(join(tmpdir(), 'purser-bench-'))
  const closing: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true, maxRetries: 3 })]
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0).toReversed()) await end()
  }
  try {
    const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), password: randomBytes(12).toString('hex') })
    closing.push(() => postgres.stop())
    // The superuser's own database is as good as any.
    const databaseUrl = postgres.url('postgres')
    await migrate({ databaseUrl, folder: MIGRATIONS_FOLDER })
    const apiKey = await furnish(databaseUrl)
    say('  Postgres with accounts and a key')
    const server = await startServer(databaseUrl, folder)
    closing.push(() => server.stop())
    const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS })
    closing.push(() => Promise.resolve(agent.destroy()))
    const post = poster(server.url, agent, apiKey)
    return {
      close,
      async pair(party, index) {
        const path = party === 'empty' ? '/v1/empty' : '/v1/reservations'
        const body = {
          account: `acc-${index}`,
          model: 'gemini-2.5-flash-lite',
          input_tokens_max: 2_000,
          max_output_tokens: 1_000,
          feature: 'chat',
        }
        const { id } = await post(path, body)
        await post(`${path}/${id}/settle`, { usage: { input_tokens: 1_200, output_tokens: 300 } })
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function furnish(databaseUrl: string): Promise<string> {
  const sql = connectSql(databaseUrl)
  const ledger = ledgerOver(sql)
  for (let index = 0; index < ACCOUNTS; index += 1) {
    const id = `acc-${index}`
    await ensureAccount(ledger, { id, plan: 'corporate' })
    await changeCap(ledger, { of: { account: id }, change: eur('1000000'), key: id, reason: 'bench' })
  }
  const key = await createApiKey(ledger, {
    name: 'bench',
    scopes: ['reservations:write'],
    account: undefined,
    expiresAt: undefined,
    mode: 'test',
    who: 'bench',
  })
  await sql.end({ timeout: 5 })
  return key.text
}

async function startServer(databaseUrl: string, home: string): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const program = fileURLToPath(new URL('./server.ts', import.meta.url))
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env['PATH'], DATABASE_URL: databaseUrl, PURSER_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), once(child, 'exit')])) as [unknown]
  if (typeof line !== 'string') throw new Error(`the server ended with ${String(line)} before it was ready`)
  return {
    url: (JSON.parse(line) as { url: string }).url,
    async stop() {
      child.kill('SIGKILL')
      if (child.exitCode === null) await once(child, 'exit')
    },
  }
}

/** Plain node:http: the client must not cost more than what it measures. */
function poster(url: string, agent: Agent, apiKey: string) {
  return (path: string, body: object): Promise<{ id: string }> =>
    new Promise((resolve, reject) => {
      const text = JSON.stringify(body)
      const headers = {
        authorization: `Bearer ${apiKey}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
        'idempotency-key': newKey(),
      }
      const sent = request(`${url}${path}`, { agent, method: 'POST', headers }, (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () => {
          const told = Buffer.concat(chunks).toString()
          if ((answer.statusCode ?? 500) >= 300) reject(new Error(`${path}: ${told}`))
          else resolve(JSON.parse(told) as { id: string })
        })
      })
      sent.on('error', reject)
      sent.end(text)
    })
}
