import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AttemptState } from '../../src/domain/call.ts'
import { ensureAccount } from '../../src/ledger/accounts.ts'
import { audit } from '../../src/ledger/audit.ts'
import { ensureInstallation } from '../../src/ledger/installation.ts'
import { ledgerOver, type Ledger } from '../../src/ledger/ledger.ts'
import { readConfig, type Config } from '../../src/platform/config.ts'
import { connectSql, type PurserSql } from '../../src/platform/sql.ts'
import { cloneDatabase, type TestDatabase } from './database.ts'
import type { BillEntry } from '../../src/emulator/bill.ts'
import type { SeenRequest } from '../../src/emulator/state.ts'
import { requestIdOf, startTestEmulator, type TestEmulator } from './emulator.ts'

export const EMULATOR_KEY = 'emulator-key-of-the-tests'

export interface Attempt {
  readonly id: string
  readonly workflowId: string
  readonly callId: string
  readonly ask: number
  readonly attempt: number
  readonly state: AttemptState
  readonly amount: bigint
  readonly cost: bigint | null
  readonly costSource: string | null
  readonly why: string | null
}

export interface Balance {
  readonly cap: bigint
  readonly reserved: bigint
  readonly spent: bigint
  readonly overrun: bigint
}

/** What one test file plays on: a database, an emulator and a folder of its own. */
export interface Stage {
  readonly db: TestDatabase
  readonly sql: PurserSql
  readonly ledger: Ledger
  readonly installation: string
  readonly emulator: TestEmulator
  readonly folder: string
  readonly config: Config
  /** A new account on one of the first plans (free: 0.10 EUR, paid: 1.00, corporate: 5.00). */
  account(plan?: string): Promise<string>
  attempts(account: string): Promise<Attempt[]>
  /** The account's plan budget, this month. */
  balance(account: string): Promise<Balance>
  /** The physical requests that the emulator saw for an account's attempts, oldest first. */
  requestsOf(account: string): Promise<SeenRequest[]>
  /** What it billed for them. */
  billOf(account: string): Promise<BillEntry[]>
  /** The path of an attempt's receipt, or of the file of several that has it, whether it waits to be booked or is kept. */
  receiptFile(reservationId: string): Promise<string | undefined>
  /** Throws when an invariant of the ledger does not hold. */
  intact(): Promise<void>
  audited(): Promise<{ readonly violations: readonly unknown[]; readonly held: { readonly attempts: number; readonly nanoEur: bigint } }>
  close(): Promise<void>
}

/**
 * A database is cloned unless one is given, an emulator is started. Close it when done. `pauses`: what the provider's rate limit says to one call holds up the others, too, as it does
 * outside of tests; here each test means its own account.
 */
export async function openStage(
  options: { readonly database?: TestDatabase; readonly env?: Record<string, string>; readonly pauses?: boolean } = {},
): Promise<Stage> {
  const db = options.database ?? (await cloneDatabase())
  const emulator = await startTestEmulator()
  const folder = await mkdtemp(join(tmpdir(), 'purser-stage-'))
  const sql = connectSql(db.url)
  const ledger = ledgerOver(sql)
  const installation = await ensureInstallation(ledger, 'test-cluster', 'default')
  const config = readConfig({
    PURSER_HOME: folder,
    GEMINI_API_KEY: EMULATOR_KEY,
    PURSER_GEMINI_BASE_URL: emulator.url,
    PURSER_REQUEST_TIMEOUT_MS: '5000',
    PURSER_RATES_URL: '',
    PURSER_TASK_QUEUE: `queue-${randomUUID().slice(0, 8)}`,
    ...options.env,
  })
  if (options.pauses !== true)
    await db.sql.unsafe(`
      create function purser.no_pause() returns trigger language plpgsql as $$ begin return null; end $$;
      create trigger no_pause before insert on purser.provider_pause for each row execute function purser.no_pause()`)
  const attempts = (account: string): Promise<Attempt[]> => db.sql<Attempt[]>`
      select r.id, c.workflow_id as "workflowId", c.call_id as "callId", r.ask, r.attempt, r.state, r.amount, r.cost, r.cost_source as "costSource",
             r.ended_why as why
        from purser.reservation r join purser.call c on c.id = r.call where c.account = ${account} order by c.created_at, c.id, r.attempt`
  const ofAccount = async <T extends { readonly clientRequestId: string | null }>(account: string, all: readonly T[]): Promise<T[]> => {
    const names = new Set((await attempts(account)).map((attempt) => requestIdOf(attempt.id)))
    return all.filter(({ clientRequestId }) => names.has(clientRequestId ?? ''))
  }
  return {
    db,
    sql,
    ledger,
    installation,
    emulator,
    folder,
    config,
    async account(plan = 'paid') {
      const id = `acc_${randomUUID().slice(0, 8)}`
      await ensureAccount(ledger, { id, plan, timeZone: 'UTC' })
      return id
    },
    attempts,
    requestsOf: async (account) => ofAccount(account, await emulator.requests()),
    billOf: async (account) => ofAccount(account, await emulator.bill()),
    async balance(account) {
      const [row] = await db.sql<Balance[]>`
        select v.cap, v.reserved, v.spent, v.overrun from purser.balance v join purser.budget_period p on p.id = v.budget_period_id
          join purser.budget b on b.id = p.budget_id where b.account = ${account} and b.plan is not null order by p.id desc limit 1`
      return row ?? { cap: 0n, reserved: 0n, spent: 0n, overrun: 0n }
    },
    async receiptFile(reservationId) {
      const files = await readdir(join(folder, 'blobs', 'receipts'), { recursive: true }).catch(() => [])
      const paths = files.map((file) => join(folder, 'blobs', 'receipts', file))
      const own = paths.find((path) => path.includes(reservationId) && path.endsWith('.json'))
      if (own !== undefined) return own
      for (const path of paths.filter((one) => one.endsWith('.batch'))) {
        const text = await readFile(path, 'utf8').catch(() => '')
        if (text.includes(`${reservationId}.`)) return path
      }
      return undefined
    },
    async intact() {
      const { violations } = await audit(ledger)
      if (violations.length > 0) throw new Error(`the ledger is broken: ${JSON.stringify(violations, undefined, 2)}`)
    },
    audited: () => audit(ledger),
    async close() {
      await sql.end({ timeout: 5 })
      await emulator.stop()
      await db.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
