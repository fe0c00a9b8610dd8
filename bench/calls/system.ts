/** A whole system of its own: Postgres and Temporal on disk, with the settings of `purser dev`, an emulator without latency, one worker. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createInterface } from 'node:readline'
import { Client, Connection } from '@temporalio/client'
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker'
import { ensureAccount } from '../../src/ledger/accounts.ts'
import { changeCap } from '../../src/ledger/budgets.ts'
import { eur } from '../../src/domain/money.ts'
import { ensureInstallation } from '../../src/ledger/installation.ts'
import { ledgerOver } from '../../src/ledger/ledger.ts'
import { readConfig } from '../../src/platform/config.ts'
import { startServices } from '../../src/platform/embedded/services.ts'
import { migrate } from '../../src/platform/migrate.ts'
import { MIGRATIONS_FOLDER } from '../../src/platform/migration-files.ts'
import { connectSql } from '../../src/platform/sql.ts'
import { geminiProvider } from '../../src/providers/gemini.ts'
import { activitiesOf } from '../../src/worker.ts'
import { createBareActivities } from './bare.ts'

export interface System {
  readonly client: Client
  readonly taskQueue: string
  readonly accounts: readonly string[]
  close(): Promise<void>
}

const TASK_QUEUE = 'bench'
const ACCOUNTS = 64
const KEY = 'emulator-bench-key'

/** Starts everything; `say` hears what is up. */
export async function startSystem(say: (line: string) => void): Promise<System> {
  const home = await mkdtemp(join(tmpdir(), 'purser-bench-'))
  const closing: (() => Promise<unknown>)[] = [() => rm(home, { recursive: true, force: true, maxRetries: 3 })]
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0).toReversed()) await end()
  }
  try {
    Runtime.install({
      logger: new DefaultLogger('ERROR'),
      telemetryOptions: { logging: { forward: {}, filter: { core: 'ERROR', other: 'ERROR' } } },
    })
    const services = await startServices({ home, say, env: withoutGiven() })
    closing.push(() => services.stop())
    const emulator = await startEmulatorProcess(join(home, 'bill.jsonl'))
    closing.push(emulator.stop)
    await migrate({ databaseUrl: services.databaseUrl, folder: MIGRATIONS_FOLDER })
    const sql = connectSql(services.databaseUrl)
    closing.push(() => sql.end({ timeout: 5 }))
    const connection = await Connection.connect({ address: services.temporal.address })
    closing.push(() => connection.close())
    const native = await NativeConnection.connect({ address: services.temporal.address })
    closing.push(() => native.close())
    const config = readConfig({ PURSER_HOME: home, GEMINI_API_KEY: KEY, PURSER_GEMINI_BASE_URL: emulator.url })
    const ledger = ledgerOver(sql)
    const installation = await ensureInstallation(ledger, 'bench', 'default')
    const worker = await Worker.create({
      connection: native,
      taskQueue: TASK_QUEUE,
      workflowsPath: fileURLToPath(new URL('workflows.ts', import.meta.url)),
      activities: {
        ...activitiesOf(config, KEY, sql, installation),
        ...createBareActivities(geminiProvider({ apiKey: KEY, baseUrl: emulator.url })),
      },
    })
    const running = worker.run()
    closing.push(async () => {
      worker.shutdown()
      await running
    })
    const accounts = Array.from({ length: ACCOUNTS }, (_, i) => `acc-${i}`)
    for (const id of accounts) {
      const { budgets } = await ensureAccount(ledger, { id, plan: 'corporate', timeZone: 'UTC' })
      const [budget] = budgets
      if (budget !== undefined)
        await changeCap(ledger, { of: { id: budget.budgetId }, change: eur('1000'), key: `bench ${id}`, reason: 'a bench never runs dry' })
    }
    say(`  worker and ${accounts.length} accounts ready`)
    return { client: new Client({ connection }), taskQueue: TASK_QUEUE, accounts, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** All parties run on servers of the bench's own, also where the machine's user has others. */
function withoutGiven(): NodeJS.ProcessEnv {
  const { DATABASE_URL: _, TEMPORAL_ADDRESS: __, TEMPORAL_NAMESPACE: ___, ...env } = process.env
  return env
}

/** An emulator in a process of its own, without latency. */
export async function startEmulatorProcess(bill: string): Promise<{ readonly url: string; readonly stop: () => Promise<unknown> }> {
  const program = fileURLToPath(new URL('../../src/emulator/main.ts', import.meta.url))
  const child = spawn(process.execPath, [program, '--port', '0', '--bill', bill, '--flat'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [url] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(() => Promise.reject(new Error('the emulator ended at its start'))),
  ])) as [string]
  return {
    url,
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}
