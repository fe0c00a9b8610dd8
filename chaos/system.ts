/** A whole system of its own in a folder that is thrown away: Postgres, Temporal on disk, the emulator, and a wire to each that can be cut. */
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'
import postgres, { type Sql } from 'postgres'
import { createPurser, type Purser } from '../src/client.ts'
import { readBill, type BillEntry } from '../src/emulator/bill.ts'
import { newTarget } from '../src/delivery/destination.ts'
import type { SeenRequest } from '../src/emulator/state.ts'
import { createDestination } from '../src/ledger/destinations.ts'
import { ledgerOver } from '../src/ledger/ledger.ts'
import { freePort } from '../src/platform/embedded/ports.ts'
import { startPostgres } from '../src/platform/embedded/postgres.ts'
import { startProgram } from '../src/platform/embedded/process.ts'
import { startTemporal } from '../src/platform/embedded/temporal.ts'
import { findTemporal } from '../src/platform/embedded/temporal-binary.ts'
import { waitFor } from '../src/platform/embedded/wait.ts'
import { migrate } from '../src/platform/migrate.ts'
import { MIGRATIONS_FOLDER } from '../src/platform/migration-files.ts'
import { connectSql } from '../src/platform/sql.ts'
import { setUpTemporal } from '../src/platform/temporal-setup.ts'
import { startTcpProxy, type TcpProxy } from '../test/support/tcp-proxy.ts'
import type { WishedFault } from '../test/support/emulator.ts'
import { startReceiver } from '../test/support/receiver.ts'
import { toldOf, type Told } from './books.ts'
import { putAheadClock, type AheadClock } from './clock.ts'
import { startHand, type AtPoint, type Hand } from './crew.ts'
import type { Order } from './points.ts'

/** A server that can be killed in the middle of everything, and is there again on the same data when the promise resolves. */
export interface Victim {
  kill(): Promise<void>
}

export interface System {
  readonly folder: string
  readonly taskQueue: string
  readonly databaseUrl: string
  /** The database's owner, directly: for the clock and the judge. */
  readonly owner: Sql<{ bigint: bigint }>
  readonly client: Client
  readonly purser: Purser
  readonly postgres: Victim
  readonly temporal: Victim
  readonly wires: Readonly<Record<'postgres' | 'temporal' | 'provider', TcpProxy>>
  readonly clock: AheadClock
  /** What a receiver of notices has got of thresholds: each notice once, however often it came. */
  readonly received: () => readonly Told[]
  readonly bill: () => Promise<BillEntry[]>
  readonly requests: () => Promise<SeenRequest[]>
  readonly fault: (fault: WishedFault) => Promise<void>
  readonly clearFaults: () => Promise<void>
  /** Resolves when it polls. */
  readonly startWorker: (orders: readonly Order[], atPoint: AtPoint) => Promise<Hand>
  readonly close: () => Promise<void>
}

export interface SystemOptions {
  readonly say: (line: string) => void
  /** Our own limit for one request to the provider. */
  readonly requestTimeoutMs: number
  /** Of every answer of the emulator. */
  readonly latencyMs: number
  /** Workflows of one's own; left out: the product's. */
  readonly workflowsPath?: string
}

const TASK_QUEUE = 'chaos'
const EMULATOR = fileURLToPath(new URL('../src/emulator/main.ts', import.meta.url))
const WORKFLOWS = fileURLToPath(new URL('../src/workflows/index.ts', import.meta.url))
/** The judge reads whole tables. */
const OWNER_LIMIT_MS = 120_000
const EMULATOR_LIMIT_MS = 30_000

/** Starts everything but workers. On any failure what was started is stopped again. */
export async function openSystem(options: SystemOptions): Promise<System> {
  const folder = await mkdtemp(join(tmpdir(), 'purser-chaos-'))
  const opened: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true, maxRetries: 3 })]
  const close = async (): Promise<void> => {
    for (const end of opened.splice(0).toReversed()) await end().catch((error: unknown) => options.say(`while closing: ${String(error)}`))
  }
  try {
    return await openIn(folder, options, (end) => void opened.push(end), close)
  } catch (error) {
    await close()
    throw error
  }
}

type Opened = (end: () => Promise<unknown>) => void

async function openIn(folder: string, options: SystemOptions, opened: Opened, close: () => Promise<void>): Promise<System> {
  await mkdir(join(folder, 'logs'))
  const [ledger, temporal, emulator, workflowBundle] = await Promise.all([
    openPostgres(folder, opened),
    openTemporal(folder, options, opened),
    openEmulator(folder, options, opened),
    bundleIn(folder, options.workflowsPath ?? WORKFLOWS),
  ])
  const wireTo = async (port: number): Promise<TcpProxy> => {
    const wire = await startTcpProxy({ host: '127.0.0.1', port })
    opened(() => wire.close())
    return wire
  }
  const received = await openReceiver(ledger.owner, opened)
  const wires = { postgres: await wireTo(ledger.port), temporal: await wireTo(temporal.port), provider: await wireTo(emulator.port) }
  const client = new Client({ connection: await Connection.connect({ address: temporal.address }) })
  opened(() => client.connection.close())
  await setUpTemporal(client, { taskQueue: TASK_QUEUE, timeZone: 'UTC', warn: options.say })
  const hands: Hand[] = []
  opened(() => Promise.all(hands.map((hand) => hand.kill())))
  return {
    folder,
    taskQueue: TASK_QUEUE,
    databaseUrl: ledger.url,
    owner: ledger.owner,
    client,
    purser: await createPurser({ client, taskQueue: TASK_QUEUE, warn: options.say }),
    postgres: ledger,
    temporal,
    wires,
    clock: ledger.clock,
    received,
    ...emulator,
    async startWorker(orders, atPoint) {
      const name = `worker-${hands.length + 1}`
      const plan = {
        name,
        databaseUrl: ledger.url.replace(`:${ledger.port}/`, `:${wires.postgres.port}/`),
        temporalAddress: `127.0.0.1:${wires.temporal.port}`,
        providerUrl: `http://127.0.0.1:${wires.provider.port}`,
        taskQueue: TASK_QUEUE,
        requestTimeoutMs: options.requestTimeoutMs,
        workflowBundle,
        folder,
        orders,
      }
      const hand = await startHand(plan, atPoint)
      hands.push(hand)
      return hand
    },
    close,
  }
}

async function openPostgres(folder: string, opened: Opened) {
  const dataDir = join(folder, 'postgres')
  const options = { dataDir, password: randomBytes(12).toString('hex'), port: await freePort(), settings: { max_connections: '80' } }
  let server = await startPostgres(options)
  opened(() => server.stop())
  const admin = postgres(server.url('postgres'), { max: 1, onnotice: () => {} })
  await admin`create database purser`
  await admin.end()
  const url = server.url('purser')
  await migrate({ databaseUrl: url, folder: MIGRATIONS_FOLDER })
  // The product's own pool: a plain one may never answer, when its server is killed under it.
  const owner = connectSql(url, { as: 'owner', max: 4, statementTimeoutMs: OWNER_LIMIT_MS })
  opened(() => owner.end({ timeout: 5 }))
  return {
    url,
    port: options.port,
    owner,
    clock: await putAheadClock(owner),
    /** No time to tidy up: as after a power cut, but for what the disk has. */
    async kill() {
      process.kill(server.pid, 'SIGKILL')
      await server.ended
      server = await startPostgres(options)
    },
  }
}

/** Somebody who wants to hear of every threshold. */
async function openReceiver(owner: Sql<{ bigint: bigint }>, opened: Opened): Promise<() => readonly Told[]> {
  const receiver = await startReceiver()
  opened(() => receiver.close())
  const made = newTarget('webhook', receiver.url, { toPrivate: true, mail: false })
  await createDestination(ledgerOver(owner), {
    name: 'thresholds',
    kind: 'webhook',
    types: ['budget.threshold'],
    account: undefined,
    ...made,
  })
  return () => {
    const notices = new Map(receiver.received.map(({ headers, body }) => [headers['webhook-id'], body]))
    return [...notices.values()].map((body) => toldOf((JSON.parse(body) as { data: unknown }).data))
  }
}

async function openTemporal(folder: string, { say }: SystemOptions, opened: Opened) {
  const program = await findTemporal({ say, env: process.env })
  const options = { program: program.path, port: await freePort(), dbFile: join(folder, 'temporal.db'), headless: true }
  let server = await startTemporal(options)
  opened(() => server.stop())
  return {
    port: options.port,
    address: server.address,
    async kill() {
      process.kill(server.pid, 'SIGKILL')
      await server.ended
      server = await startTemporal(options)
    },
  }
}

async function openEmulator(folder: string, { latencyMs }: SystemOptions, opened: Opened) {
  const billFile = join(folder, 'bill.jsonl')
  const port = await freePort()
  const args = [EMULATOR, '--port', String(port), '--bill', billFile, '--latency-ms', String(latencyMs), '--flat']
  const program = await startProgram({ program: process.execPath, args, env: { PATH: process.env['PATH'] }, stopSignal: 'SIGTERM' })
  opened(() => program.stop())
  const url = `http://127.0.0.1:${port}`
  const isUp = await waitFor(EMULATOR_LIMIT_MS, () => (program.lastOutput().includes(url) ? true : undefined))
  if (isUp === undefined) throw new Error(`the emulator did not start: ${program.lastOutput()}`)
  const admin = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${url}/admin/${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    if (!response.ok) throw new Error(`the emulator refuses ${path}: ${await response.text()}`)
    return response.json()
  }
  return {
    port,
    bill: () => readBill(billFile),
    requests: async () => ((await admin('GET', 'requests?limit=20000')) as { requests: SeenRequest[] }).requests.toReversed(),
    async fault({ promptIncludes, ...fault }: WishedFault) {
      await admin('POST', 'faults', { ...fault, match: promptIncludes === undefined ? {} : { promptIncludes } })
    },
    async clearFaults() {
      await admin('DELETE', 'faults')
    },
  }
}

async function bundleIn(folder: string, workflowsPath: string): Promise<string> {
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') })
  const file = join(folder, 'workflows.js')
  await writeFile(file, code)
  return file
}
