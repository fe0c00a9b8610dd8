/** What has gone wrong elsewhere, played against this product by its own doors; named by what was seen. The public issues are cited. */
import { randomUUID } from 'node:crypto'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { putAheadClock, type AheadClock } from '../../chaos/clock.ts'
import { startHand } from '../../chaos/crew.ts'
import { createPurser } from '../../src/client.ts'
import { eur, nano } from '../../src/domain/money.ts'
import { ledgerOver } from '../../src/ledger/ledger.ts'
import { reserveDirect } from '../../src/ledger/reserve.ts'
import { connectSql } from '../../src/platform/sql.ts'
import { activitiesOf } from '../../src/worker.ts'
import { askFor, newJob } from '../activities/activity.ts'
import { startChildWorker } from '../flow/child-worker.ts'
import { putClock } from '../support/clock.ts'
import { openTestLedger, times } from '../support/ledger.ts'
import { EMULATOR_KEY, openStage, type Stage } from '../support/stage.ts'
import { connectTemporal } from '../support/temporal.ts'
import { until } from '../support/until.ts'
import { bannerFor, failureOf, startTestWorker, type TestWorker } from '../support/worker.ts'

let env: TestWorkflowEnvironment
let stage: Stage
let worker: TestWorker
/** It only ever goes on: what the sweeper has swept stays swept. */
let clock: AheadClock
beforeAll(async () => {
  ;[env, stage] = await Promise.all([connectTemporal(), openStage({ env: { PURSER_REQUEST_TIMEOUT_MS: '4000' } })])
  clock = await putAheadClock(stage.db.sql)
  worker = await startTestWorker(env, stage)
})
afterAll(async () => {
  await worker.stop()
  await env.teardown()
  await stage.intact()
  await stage.close()
})

const states = async (account: string) => (await stage.attempts(account)).map((a) => a.state)
const sent = (account: string) => until('the request is sent', async () => (await stage.requestsOf(account)).length > 0)

/** What the schedule does every minute. */
const sweep = () => worker.client.workflow.execute('sweep', { taskQueue: worker.taskQueue, workflowId: `sweep-${randomUUID()}`, args: [] })

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n)

/** What the account has spent, and what its bill says: the same, to the pico-USD. */
async function expectBooked(account: string, requests: number): Promise<void> {
  const bill = await stage.billOf(account)
  expect(bill).toHaveLength(requests)
  const receipts = await stage.db.sql<{ pico: bigint; cost: bigint }[]>`
    select p.pico_usd as pico, p.cost from purser.receipt p join purser.reservation r on r.id = p.reservation_id join purser.call c on c.id = r.call
     where c.account = ${account}`
  expect(sum(receipts.map(({ pico }) => pico))).toBe(sum(bill.map(({ picoUsd }) => BigInt(picoUsd))))
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: sum(receipts.map(({ cost }) => cost)) })
}

// LiteLLM #38157, #34805, #34820, PR #40949: spend waits in memory for a flush, and a deploy throws it away.
test(
  'spend is not lost on shutdown: a worker that is asked to end in the middle of a call books it first',
  { timeout: 90_000 },
  async (context) => {
    const account = await stage.account('free')
    const taskQueue = `queue-${randomUUID().slice(0, 8)}`
    const child = await startChildWorker(context, stage, taskQueue)
    const purser = await createPurser({ client: env.client, taskQueue })
    await stage.emulator.fault({ fault: 'slow', ms: 1_500, promptIncludes: account })
    await purser.banner.start(bannerFor(account))
    await sent(account)
    expect(await child.terminate()).toBe('exit code 0')
    expect(await states(account)).toEqual(['settled'])
    await expectBooked(account, 1)
  },
)

// LiteLLM #39150, #29576, #34492: what ends after midnight on the first counts in the new month, or in both.
test('spend is not charged to the wrong month: a call that ends in the next one is the month’s in which it was reserved', async () => {
  const t = await openTestLedger('careful')
  const late = new Date('2026-10-31T22:59:50Z')
  const { set } = await putClock(t.owner, late)
  const account = await t.accountWith({ cap: '1.00', timeZone: 'Europe/Berlin' })
  const call = t.call(account, {}, new Date('2026-10-31T22:00:00Z'))
  const go = await call.sent({ validUntil: new Date('2026-10-31T23:59:00Z') })
  await set(new Date('2026-10-31T23:00:20Z'))
  await call.settle(go, eur('0.02'))
  // The new month has begun in Berlin, and only what starts now is its own.
  const next = t.call(account, {}, new Date('2026-10-31T23:00:15Z'))
  await next.settle(await next.sent({ validUntil: new Date('2026-10-31T23:59:00Z') }), eur('0.01'))
  const months = await t.owner<{ period: string; spent: bigint; reserved: bigint }[]>`
    select p.period, v.spent, v.reserved from purser.balance v join purser.budget_period p on p.id = v.budget_period_id
      join purser.budget b on b.id = p.budget_id where b.account = ${account} order by p.period`
  expect(months).toEqual([
    { period: '2026-10', spent: eur('0.02'), reserved: 0n },
    { period: '2026-11', spent: eur('0.01'), reserved: 0n },
  ])
  await t.drop()
})

// LiteLLM #27639, #30460, #40050, #27735, new-api #4429: holds of requests that died are never given back, and the key is "over budget".
test('leaked holds do not refuse later calls: what a dead job holds comes back by time alone', { timeout: 60_000 }, async () => {
  const account = await stage.account('free')
  const activities = activitiesOf(stage.config, EMULATOR_KEY, stage.sql, stage.installation)
  // A job that reserved, and of which nothing was heard again: no close, no next worker.
  expect(await newJob().run(activities, 'reserveBudget', askFor(account, 'Dead'))).toMatchObject({ kind: 'reserved' })
  expect((await failureOf((await worker.purser.banner.start(bannerFor(account))).result())).code).toBe('budget_exceeded')
  await clock.setAhead(16)
  await sweep()
  expect((await stage.balance(account)).reserved).toBe(0n)
  expect((await (await worker.purser.banner.start(bannerFor(account))).result()).banners).toHaveLength(1)
  await expectBooked(account, 1)
})

// LiteLLM #34732, #40095, Bifrost #3547, new-api #6609: everybody reads the same rest, and everybody goes on.
test('check-then-act does not overspend: of twenty banners at once, as many run as can be paid for', { timeout: 90_000 }, async () => {
  const account = await stage.account('free')
  const jobs = await Promise.all(times(20, () => worker.purser.banner.start(bannerFor(account))))
  const endings = await Promise.all(
    jobs.map((job) =>
      job.result().then(
        () => 'banner',
        (error: { code?: string }) => error.code,
      ),
    ),
  )
  const made = endings.filter((ending) => ending === 'banner').length
  expect(made).toBeGreaterThan(0)
  expect(endings.filter((ending) => ending === 'budget_exceeded')).toHaveLength(20 - made)
  const { cap, spent, overrun } = await stage.balance(account)
  expect(spent).toBeLessThanOrEqual(cap)
  expect(overrun).toBe(0n)
  await expectBooked(account, made)
})

// LiteLLM #13245, #36008, #37558, Bifrost #3357: the caller has gone, the provider bills, the ledger knows nothing of it.
test('a cancelled call that is billed is booked', { timeout: 60_000 }, async () => {
  const account = await stage.account('free')
  await stage.emulator.fault({ fault: 'slow', ms: 1_000, promptIncludes: account })
  const job = await worker.purser.banner.start(bannerFor(account))
  await sent(account)
  await job.cancel()
  expect((await failureOf(job.result())).code).toBe('cancelled')
  await expectBooked(account, 1)
})

// runcycles/docs PR #87 (a commit after the end of a hold hears 410): the hold expires while the request runs, and its late confirmation finds nothing.
test('a late answer is not dropped: what was presumed meanwhile is corrected to what it cost', { timeout: 60_000 }, async () => {
  const account = await stage.account('free')
  await stage.emulator.fault({ fault: 'slow', ms: 3_000, promptIncludes: account })
  const job = await worker.purser.banner.start(bannerFor(account))
  await sent(account)
  await clock.setAhead(46)
  await sweep()
  await sweep()
  expect(await states(account)).toEqual(['presumed'])
  const [attempt] = await stage.attempts(account)
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: attempt?.amount })
  expect((await job.result()).banners).toHaveLength(1)
  expect(await states(account)).toEqual(['settled'])
  await expectBooked(account, 1)
})

// LiteLLM #15740, #17814 (double rows): the counter is moved first, and then the repeat is noticed.
test('no counter is moved before a repeat is noticed: the same ask and the same answer, ten times at once from two processes', async () => {
  const t = await openTestLedger()
  const account = await t.accountWith({ cap: '1.00' })
  const pool = connectSql(t.url)
  const own = t.call(account)
  const callers = [own, t.callOf(ledgerOver(pool), account, { key: own.key })]
  const callerOf = (i: number) => callers[i % 2] ?? own
  const asked = await Promise.all(times(10, (i) => callerOf(i).reserve({ amount: eur('0.03'), runId: own.runId })))
  expect(new Set(asked.map((answer) => ('reservationId' in answer ? answer.reservationId : answer.kind))).size).toBe(1)
  expect(await t.counters(account)).toMatchObject({ reserved: eur('0.03'), spent: 0n })
  const token = randomUUID()
  const go = await own.dispatch(token)
  if (go.kind !== 'go') throw new Error(`expected go, got ${go.kind}`)
  const settled = await Promise.all(times(10, (i) => callerOf(i).settle({ ...go, token }, eur('0.02'))))
  expect(new Set(settled.map(({ kind }) => kind))).toEqual(new Set(['settled']))
  expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.02') })
  await t.audited()
  await pool.end({ timeout: 5 })
  await t.drop()
})

/** For a caller that sends by himself. */
const direct = () => ({ token: randomUUID(), requestTimeoutMs: 60_000, providerMaxMs: 600_000 })

// LiteLLM #38176, #10238, PR #30715: one endpoint is counted, another one spends from the same budget unseen.
test('no second path ignores holds: who sends by himself sees the holds of jobs, jobs see his, and so does psql', async () => {
  const t = await openTestLedger()
  const account = await t.accountWith({ cap: '0.10' })
  const byHimself = (amount: '0.05' | '0.04') => reserveDirect(t.ledger, t.call(account).request({ amount: eur(amount) }), direct())
  await t.call(account).sent({ amount: eur('0.06') })
  expect((await byHimself('0.05')).kind).toBe('refused')
  expect((await byHimself('0.04')).kind).toBe('go')
  expect((await t.call(account).reserve({ amount: nano(1n) })).kind).toBe('refused')
  const byHand = t.owner`
    update purser.balance v set reserved = v.reserved + 1 from purser.budget_period p join purser.budget b on b.id = p.budget_id
     where p.id = v.budget_period_id and b.account = ${account}`
  await expect(byHand).rejects.toMatchObject({ constraint_name: 'balance_never_past_its_cap' })
  expect(await t.counters(account)).toMatchObject({ reserved: eur('0.10'), spent: 0n, overrun: 0n })
  await t.audited()
  await t.drop()
})

// new-api #4429: a panic between the hold and the call, and nobody gives it back.
test(
  'no hold is leaked on a panic: a worker that dies between reserve and dispatch leaves no money behind',
  { timeout: 120_000 },
  async (context) => {
    const account = await stage.account('free')
    const taskQueue = `queue-${randomUUID().slice(0, 8)}`
    const doomed = await startHand(
      {
        name: 'doomed',
        databaseUrl: stage.db.url,
        temporalAddress: inject('temporalAddress'),
        providerUrl: stage.emulator.url,
        workflowBundle: inject('workflowBundle'),
        folder: stage.folder,
        taskQueue,
        requestTimeoutMs: 4_000,
        orders: [{ id: 'panic', point: 'reserve.after', nth: 1, act: 'die' }],
      },
      () => undefined,
    )
    context.onTestFinished(() => doomed.kill())
    const purser = await createPurser({ client: env.client, taskQueue })
    const job = await purser.banner.start(bannerFor(account))
    expect(await doomed.ended).toBe('SIGKILL')
    expect(await states(account)).toEqual(['reserved'])
    const next = await startTestWorker(env, await asTheDoomed(), { taskQueue })
    try {
      // The same hold serves the next worker: it is neither left behind nor asked for again.
      expect((await job.result()).banners).toHaveLength(1)
    } finally {
      await next.stop()
    }
    expect(await states(account)).toEqual(['settled'])
    await expectBooked(account, 1)
  },
)

/** The doomed worker made the installation that its calls are named by. */
async function asTheDoomed(): Promise<Stage> {
  const { clusterId } = await env.client.workflowService.getClusterInfo({})
  const [row] = await stage.db.sql<{ id: string }[]>`select id from purser.installation where temporal_cluster = ${clusterId ?? ''}`
  return { ...stage, installation: row?.id ?? '' }
}
