import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { DailyRatesResult } from '../../src/workflows/daily-rates.ts'
import { openStage, type Stage } from '../support/stage.ts'
import { connectTemporal } from '../support/temporal.ts'
import { startTestWorker, type TestWorker } from '../support/worker.ts'

// On a busy machine Temporal may lose a workflow task, and hands it out again after ten seconds.
vi.setConfig({ testTimeout: 45_000 })

const today = new Date().toISOString().slice(0, 10)
const bank = createServer((_, response) => response.end(`<Cube><Cube time='${today}'><Cube currency='USD' rate='1.1201'/></Cube></Cube>`))
let env: TestWorkflowEnvironment
let stage: Stage
let worker: TestWorker
beforeAll(async () => {
  await new Promise<void>((listening) => bank.listen(0, '127.0.0.1', listening))
  const url = `http://127.0.0.1:${(bank.address() as AddressInfo).port}/`
  ;[env, stage] = await Promise.all([connectTemporal(), openStage({ env: { PURSER_RATES_URL: url } })])
  worker = await startTestWorker(env, stage)
})
afterAll(async () => {
  await worker.stop()
  await env.teardown()
  await stage.close()
  bank.close()
})

const run = (): Promise<DailyRatesResult> =>
  worker.client.workflow.execute('dailyRates', { taskQueue: worker.taskQueue, workflowId: `rates-${randomUUID()}`, args: [] })

test('the day’s rate is read by the worker, once, and new bounds are computed with it', async () => {
  expect(await run()).toEqual({ added: 1, failed: false, day: today, isStale: false })
  expect(await run()).toEqual({ added: 0, failed: false, day: today, isStale: false })
  const rows = await stage.db.sql<{ micros: bigint }[]>`select usd_micros_per_eur as micros from purser.rate where day = ${today}`
  expect(rows.map(({ micros }) => micros)).toEqual([1_120_100n])
})
