/** What both programs play on: a ledger, the emulator in a process of its own, and the activities of a worker. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger } from '@temporalio/worker'
import { ensureInstallation } from '../../src/ledger/installation.ts'
import { ledgerOver, type Ledger } from '../../src/ledger/ledger.ts'
import { readConfig } from '../../src/platform/config.ts'
import type { RunningPostgres } from '../../src/platform/embedded/postgres.ts'
import { migrate } from '../../src/platform/migrate.ts'
import { MIGRATIONS_FOLDER } from '../../src/platform/migration-files.ts'
import { connectSql } from '../../src/platform/sql.ts'
import { activitiesOf } from '../../src/worker.ts'
import { startEmulatorProcess } from '../calls/system.ts'

const KEY = 'emulator-bench-key'

export type Activities = ReturnType<typeof activitiesOf>

export interface SavingsStage {
  readonly ledger: Ledger
  readonly activities: Activities
}

/** Nothing of it is left, whatever becomes of the work. */
export async function withStage<T>(server: RunningPostgres, work: (stage: SavingsStage) => Promise<T>): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), 'purser-bench-'))
  const emulator = await startEmulatorProcess(join(home, 'bill.jsonl'))
  const databaseUrl = server.url('postgres')
  await migrate({ databaseUrl, folder: MIGRATIONS_FOLDER })
  const sql = connectSql(databaseUrl)
  try {
    const ledger = ledgerOver(sql)
    const installation = await ensureInstallation(ledger, 'bench', 'default')
    const config = readConfig({ PURSER_HOME: home, GEMINI_API_KEY: KEY, PURSER_GEMINI_BASE_URL: emulator.url, PURSER_RATES_URL: '' })
    return await work({ ledger, activities: activitiesOf(config, KEY, sql, installation) })
  } finally {
    await sql.end({ timeout: 5 })
    await emulator.stop()
    await rm(home, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Runs work as an activity of a job, and answers with what it came to. */
export function jobOf(workflowId: string): <T>(work: () => Promise<T>) => Promise<T> {
  const execution = new MockActivityEnvironment(
    { workflowExecution: { workflowId, runId: 'bench' } },
    { logger: new DefaultLogger('ERROR', () => undefined) },
  )
  return async (work) => {
    const answers: Awaited<ReturnType<typeof work>>[] = []
    await execution.run(async () => void answers.push(await work()))
    return answers[0] as Awaited<ReturnType<typeof work>>
  }
}
