import { randomUUID } from 'node:crypto'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { hearEvents } from '../../src/alerts/watcher.ts'
import { listOutboxConsumers } from '../../src/ledger/outbox.ts'
import type { SweepResult } from '../../src/workflows/sweep.ts'
import { eur } from '../../src/domain/money.ts'
import { openTestLedger, times } from '../support/ledger.ts'
import { openStage, type Stage } from '../support/stage.ts'
import { connectTemporal } from '../support/temporal.ts'
import { until } from '../support/until.ts'
import { bannerFor, startTestWorker, type TestWorker } from '../support/worker.ts'

// On a busy machine Temporal may lose a workflow task, and hands it out again after ten seconds.
vi.setConfig({ testTimeout: 45_000 })

const t = await openTestLedger()
let env: TestWorkflowEnvironment
let stage: Stage
let worker: TestWorker
beforeAll(async () => {
  ;[env, stage] = await Promise.all([
    connectTemporal(),
    openStage({ database: { url: t.url, sql: t.owner, drop: () => Promise.resolve() } }),
  ])
  worker = await startTestWorker(env, stage)
})
afterAll(async () => {
  await worker.stop()
  await env.teardown()
  await stage.close()
  await t.drop()
})
afterEach(() => stage.intact())

const states = async (account: string) => (await stage.attempts(account)).map((a) => a.state)
const sweep = async (): Promise<SweepResult> =>
  worker.client.workflow.execute('sweep', { taskQueue: worker.taskQueue, workflowId: `sweep-${randomUUID()}`, args: [] })

/** A job that holds money and that nobody is left to end. */
async function terminatedWhileItWaits(account: string): Promise<void> {
  await stage.emulator.fault({ fault: 'rate_limited', retryAfterSeconds: 600, promptIncludes: account })
  const job = await worker.purser.banner.start(bannerFor(account))
  await until('it waits', async () => (await job.waitingFor()).includes('attempt 2'))
  await worker.client.workflow.getHandle(job.workflowId).terminate('a test')
}

test('what a terminated job has reserved is released once its hold is over, and not before', async () => {
  const account = await stage.account('free')
  await terminatedWhileItWaits(account)
  expect(await sweep()).toEqual({ booked: 0, released: 0, inDoubt: 0, presumed: 0 })
  expect(await states(account)).toEqual(['rejected', 'reserved'])
  const held = (await stage.attempts(account)).find((attempt) => attempt.state === 'reserved')
  expect((await stage.balance(account)).reserved).toBe(held?.amount)
  await stage.db.sql`update purser.reservation set hold_until = clock_timestamp() - interval '1 ms' where id = ${held?.id ?? null}`
  expect(await sweep()).toEqual({ booked: 0, released: 1, inDoubt: 0, presumed: 0 })
  expect(await states(account)).toEqual(['rejected', 'released'])
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: 0n })
})

test('what was sent and never answered is in doubt, and past the provider’s maximum it is spent in full', async () => {
  const account = await stage.account('free')
  await stage.emulator.fault({ fault: 'billed_but_cut', promptIncludes: account })
  const job = await worker.purser.banner.start(bannerFor(account))
  await job.result().catch(() => undefined)
  const doubtful = (await stage.attempts(account)).find((attempt) => attempt.state === 'in_doubt')
  const before = await stage.balance(account)
  expect(before.reserved).toBe(doubtful?.amount)
  expect(await sweep()).toEqual({ booked: 0, released: 0, inDoubt: 0, presumed: 0 })
  await stage.db.sql`
    update purser.reservation set dispatched_at = dispatched_at - make_interval(secs => provider_max_ms / 1000 + 301) where id = ${doubtful?.id ?? null}`
  expect(await sweep()).toEqual({ booked: 0, released: 0, inDoubt: 0, presumed: 1 })
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: before.spent + (doubtful?.amount ?? 0n) })
  expect(await sweep()).toEqual({ booked: 0, released: 0, inDoubt: 0, presumed: 0 })
})

test('a backlog of more than a page is worked off in one run', async () => {
  const account = await t.accountWith({ cap: '1.00' })
  const asked = await Promise.all(times(501, () => t.call(account).reserve({ amount: eur('0.001') })))
  expect(asked.filter((one) => one.kind === 'reserved')).toHaveLength(501)
  await t.owner`update purser.reservation set hold_until = clock_timestamp() - interval '1 ms' where state = 'reserved'`
  expect(await sweep()).toEqual({ booked: 0, released: 501, inDoubt: 0, presumed: 0 })
  expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: 0n })
})

test('events of the outbox that everybody has read are pruned when they are old', async () => {
  const account = await t.accountWith({ cap: '0.01' })
  expect((await t.call(account).reserve()).kind).toBe('refused')
  const told = () => t.owner`select from purser.outbox where account = ${account}`.then((rows) => rows.length)
  await sweep()
  expect(await told()).toBe(1)
  await t.owner`update purser.outbox set at = at - interval '31 days'`
  // The watcher of alerts has not.
  await sweep()
  expect(await told()).toBe(1)
  await until('alerts are made of them', async () => {
    await hearEvents(t.ledger)
    return (await listOutboxConsumers(t.ledger)).every(({ unread }) => unread === 0)
  })
  await sweep()
  expect(await told()).toBe(0)
})
