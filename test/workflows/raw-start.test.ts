import { randomUUID } from 'node:crypto'
import { Client } from '@temporalio/client'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { setUpTemporal } from '../../src/platform/temporal-setup.ts'
import { openStage, type Stage } from '../support/stage.ts'
import { connectTemporal } from '../support/temporal.ts'
import { until } from '../support/until.ts'
import { bannerFor, failureOf, startTestWorker, type TestWorker } from '../support/worker.ts'

// On a busy machine Temporal may lose a workflow task, and hands it out again after ten seconds.
vi.setConfig({ testTimeout: 45_000 })

let env: TestWorkflowEnvironment
let stage: Stage
let worker: TestWorker
/** In a namespace where nobody registered search attributes. */
let bare: TestWorker
beforeAll(async () => {
  ;[env, stage] = await Promise.all([connectTemporal(), openStage()])
  await setUpTemporal(env.client, { taskQueue: 'none', timeZone: 'UTC', warn: () => undefined })
  const namespace = `bare-${randomUUID().slice(0, 8)}`
  await env.client.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: { seconds: 86_400 as never } })
  const client = new Client({ connection: env.connection, namespace })
  await until('the namespace is there', async () =>
    client.workflow.count().then(
      () => true,
      () => false,
    ),
  )
  worker = await startTestWorker(env, stage)
  bare = await startTestWorker(env, stage, { client })
}, 60_000)
afterAll(async () => {
  await Promise.all([worker.stop(), bare.stop()])
  await env.teardown()
  await stage.intact()
  await stage.close()
})

/** Starts a workflow as Temporal UI would, with any input, and says with which type it failed. Stuck is the worst that can happen. */
async function rawFailure(workflowType: string, args: unknown[], on = worker): Promise<string> {
  const handle = await on.client.workflow.start(workflowType, { taskQueue: on.taskQueue, workflowId: `raw-${randomUUID()}`, args })
  const outcome = await Promise.race([
    handle.result().then(
      (result: unknown) => `succeeded: ${JSON.stringify(result)}`,
      (error: Error & { cause?: Error & { type?: string; cause?: { type?: string } } }) =>
        error.cause?.cause?.type ?? error.cause?.type ?? String(error.cause ?? error),
    ),
    new Promise<string>((resolve) => setTimeout(() => resolve('stuck'), 10_000)),
  ])
  if (outcome === 'stuck') await handle.terminate('a test')
  return outcome
}

const brief = { name: 'Ada', headline: 'h', company: 'c', colours: ['#0b1b3a'], mood: 'm' }
const deep = JSON.parse(`${'['.repeat(200)}${']'.repeat(200)}`) as unknown

describe('garbage as input ends the job with bad_input, and never leaves it stuck', () => {
  test.concurrent.each<[string, unknown[]]>([
    ['nothing', []],
    ['null', [null]],
    ['a word', ['x']],
    ['a number', [42]],
    ['an empty object', [{}]],
    ['a list', [[1, 2]]],
    ['depth', [deep]],
    ['a brief that is none', [{ account: 'acc', brief: null }]],
    ['control characters', [{ account: 'acc', brief, model: '\u0001'.repeat(100) }]],
    ['half characters', [{ account: 'acc', brief, model: '\ud800'.repeat(100) }]],
    ['too much', [{ account: 'a'.repeat(100_000), brief }]],
    ['bytes', [Buffer.from('bytes')]],
  ])('banner: %s', async (_, args) => {
    expect(await rawFailure('banner', args)).toBe('bad_input')
  })

  test.concurrent.each<[string, unknown[]]>([
    ['nothing', []],
    ['null', [null]],
    ['a word', ['x']],
    ['an empty object', [{}]],
    ['a plan of 100,000 characters', [{ id: 'acc', plan: 'x'.repeat(100_000) }]],
    ['control characters', [{ id: 'acc', plan: '\u0001'.repeat(100) }]],
  ])('ensureAccount: %s', async (_, args) => {
    expect(await rawFailure('ensureAccount', args)).toBe('bad_input')
  })

  test.concurrent.each<[string, unknown[]]>([
    ['no month', [{ month: 'November' }]],
    ['a month as a number', [{ month: 11 }]],
    ['progress that is none', [{ progress: 'x' }]],
    ['progress without a place', [{ progress: { at: 'soon', after: -1, budgets: 0, opened: 0 } }]],
  ])('monthlyReset: %s', async (_, args) => {
    expect(await rawFailure('monthlyReset', args)).toBe('bad_input')
  })

  test.concurrent('the longest values that are allowed fit into every summary and detail', async () => {
    const account = `acc_${randomUUID()}`.padEnd(100, 'x')
    const model = '模'.repeat(100)
    const job = await worker.purser.banner.start(
      bannerFor(account, { model, feature: '"'.repeat(100), brief: { ...brief, name: '名'.repeat(80), headline: '"'.repeat(160) } }),
    )
    expect((await failureOf(job.result())).code).toBe('unpriced_model')
    await expect(failureOf(worker.purser.accounts.ensure({ id: account, plan: '模'.repeat(100) }))).resolves.toMatchObject({
      code: 'unknown_plan',
    })
  })
})

describe('where no search attributes are registered', () => {
  test.concurrent('a job starts all the same, with one warning', async () => {
    const account = await stage.account('free')
    const job = await bare.purser.banner.start(bannerFor(account))
    expect((await job.result()).banners).toHaveLength(1)
    expect(bare.warnings).toEqual([expect.stringContaining('purser setup')])
  })

  test.concurrent('a raw start that claims they are registered is not stuck after it has paid', async () => {
    const account = await stage.account('free')
    const { jobId: _, ...input } = bannerFor(account)
    expect(await rawFailure('banner', [{ ...input, searchAttributes: true }], bare)).toContain('succeeded')
  })
})

const periods = async () =>
  stage.db.sql`select b.account, p.period from purser.budget_period p join purser.budget b on b.id = p.budget_id order by 1, 2`

describe('accounts and months', () => {
  test.concurrent('an account is made once, however often and however many ask; on another plan it is account_conflict', async () => {
    const id = `acc_${randomUUID().slice(0, 8)}`
    const statuses = await Promise.all(
      Array.from({ length: 5 }, () => worker.purser.accounts.ensure({ id, plan: 'paid', timeZone: 'Europe/Berlin' })),
    )
    expect(statuses).toEqual(Array.from({ length: 5 }, () => statuses[0]))
    expect(statuses[0]).toMatchObject({
      id,
      plan: 'paid',
      timeZone: 'Europe/Berlin',
      budgets: [{ cap: { amount: '1.000000000', currency: 'EUR' } }],
    })
    expect(await worker.purser.accounts.ensure({ id, plan: 'paid' })).toMatchObject({ id })
    expect((await failureOf(worker.purser.accounts.ensure({ id, plan: 'free' }))).code).toBe('account_conflict')
    expect((await failureOf(worker.purser.accounts.ensure({ id, plan: 'golden' }))).code).toBe('unknown_plan')
    await expect(worker.purser.accounts.ensure({ id: 'a b', plan: 'free' })).rejects.toMatchObject({ code: 'bad_input' })
  })

  test('the monthly reset opens every budget’s period of the month; twice, late or for a past month it changes nothing more', async () => {
    await Promise.all(Array.from({ length: 3 }, () => stage.account('free')))
    const first = await worker.purser.reset('2026-03')
    expect(first.opened).toBe(first.budgets)
    expect(first.budgets).toBeGreaterThanOrEqual(3)
    const after = await periods()
    expect(after.filter((p) => p['period'] === '2026-03')).toHaveLength(first.budgets)
    expect(await worker.purser.reset('2026-03')).toEqual({ budgets: first.budgets, opened: 0 })
    expect(await periods()).toEqual(after)
    expect((await worker.purser.reset('2026-02')).opened).toBe(first.budgets)
    // A month that has not begun gets its periods, and its caps, when it does.
    expect((await worker.purser.reset('2999-01')).opened).toBe(0)
    await worker.purser.reset()
    expect((await worker.purser.reset()).opened).toBe(0)
  })

  test('a run of the schedule opens the month for which it was due, not the month in which it runs', async () => {
    await stage.account('free')
    const scheduleId = `reset-${randomUUID().slice(0, 8)}`
    const schedule = await worker.client.schedule.create({
      scheduleId,
      spec: { calendars: [{ dayOfMonth: 1, hour: 0 }], timezone: 'UTC' },
      action: { type: 'startWorkflow', workflowType: 'monthlyReset', args: [{}], taskQueue: worker.taskQueue, workflowId: scheduleId },
      state: { paused: true },
    })
    try {
      await schedule.backfill({ start: new Date('2026-05-31T23:00:00Z'), end: new Date('2026-06-01T01:00:00Z'), overlap: 'ALLOW_ALL' })
      const opened = await until('the period of June is open', async () => {
        const rows = await stage.db.sql`select from purser.budget_period where period = '2026-06'`
        return rows.length > 0 ? rows.length : undefined
      })
      expect(opened).toBeGreaterThan(0)
    } finally {
      await schedule.delete()
    }
  })
})
