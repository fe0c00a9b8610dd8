/**
 * A worker in a process of its own: the product's workflows and activities, wired as `src/worker.ts` does it, with dependencies that can be told to
 * kill the process at a named point. Started by `chaos/crew.ts`; ends with it.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import { NativeConnection, Worker } from '@temporalio/worker'
import { createAccountActivities } from '../src/activities/accounts.ts'
import { createBatchActivities } from '../src/activities/batch.ts'
import { createBannerActivities } from '../src/activities/banner.ts'
import { createBudgetActivities } from '../src/activities/budget.ts'
import { createDeliverActivities } from '../src/activities/deliver.ts'
import { responseCacheOver } from '../src/activities/cache.ts'
import { createModelActivities } from '../src/activities/model.ts'
import { createMonthActivities } from '../src/activities/months.ts'
import { createSweepActivities } from '../src/activities/sweep.ts'
import { createTextActivities } from '../src/activities/text.ts'
import { startNotices } from '../src/delivery/start-notices.ts'
import { startWorkflowOf } from '../src/delivery/start-workflow.ts'
import { resolveByDns } from '../src/delivery/guard.ts'
import { startWatcher } from '../src/alerts/watcher.ts'
import { keepRolledUp } from '../src/insight/roll-up.ts'
import { ensureInstallation } from '../src/ledger/installation.ts'
import { fileBlobStore } from '../src/platform/file-blob-store.ts'
import { createLog, logTemporalTo } from '../src/platform/log.ts'
import { connectSql } from '../src/platform/sql.ts'
import { liveBook } from '../src/prices/live-book.ts'
import { geminiBatches } from '../src/providers/gemini-batches.ts'
import { geminiProvider } from '../src/providers/gemini.ts'
import type { FromWorker, Order, Point, ToWorker, WorkerPlan } from './points.ts'
import { jobOf, watchedBatches, watchedBlobs, watchedCompletion, watchedLedger, watchedProvider } from './watched.ts'

const plan = JSON.parse(process.env['CHAOS'] ?? '') as WorkerPlan
/** The receiver is always there, so what fails is soon tried again. */
const DELIVERY_POLICY = { attemptMs: 5_000, firstPauseMs: 500, longestPauseMs: 2_000, totalMs: 600_000 }
/** The emulator lists a batch at once. */
const LISTED_WITHIN_MS = 2_000
const EMULATOR_KEY = 'emulator-key-of-the-chaos'

const say = (message: FromWorker): void => void process.send?.(message)

/** What is to be done at which point; each order once. */
const orders = new Map<string, { readonly order: Order; left: number }>()
const held = new Map<string, () => void>()
const take = (order: Order): void => void orders.set(order.id, { order, left: order.nth })

async function pass(point: Point): Promise<void> {
  const job = jobOf()
  for (const waiting of orders.values()) {
    const { order } = waiting
    if (order.point !== point || (order.job ?? job) !== job) continue
    waiting.left -= 1
    if (waiting.left > 0) continue
    orders.delete(order.id)
    if (order.act === 'die') process.kill(process.pid, 'SIGKILL')
    const { promise, resolve } = Promise.withResolvers<void>()
    held.set(order.id, resolve)
    say({ kind: 'at', id: order.id, job })
    await promise
  }
}

process.on('message', (message: ToWorker) => {
  if (message.kind === 'order') take(message.order)
  else if (message.kind === 'forget') orders.delete(message.id)
  if (message.kind !== 'order') held.get(message.id)?.()
})
// Whoever started it is gone: nobody would ever end it.
process.on('disconnect', () => process.exit(1))

/** It may be started while a server is away; whoever started it has a limit. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch {
      await sleep(250)
    }
  }
}

async function installationOf(): Promise<string> {
  const client = new Client({ connection: await Connection.connect({ address: plan.temporalAddress }) })
  try {
    const { clusterId } = await client.workflowService.getClusterInfo({})
    return await ensureInstallation(ledger, clusterId ?? '', client.options.namespace)
  } finally {
    await client.connection.close()
  }
}

plan.orders.forEach(take)
logTemporalTo(createLog('warn', join(plan.folder, 'logs', `${plan.name}.log`)))
const sql = connectSql(plan.databaseUrl)
const reviews = connectSql(plan.databaseUrl, { max: 1, transactions: true })
const blobs = watchedBlobs(fileBlobStore(join(plan.folder, 'blobs')), pass)
const ledger = watchedLedger(sql, blobs, pass)
const prices = liveBook({ sql })
const place = { apiKey: EMULATOR_KEY, baseUrl: plan.providerUrl }
const gemini = watchedProvider(geminiProvider(place), pass)
const batches = watchedBatches(geminiBatches(place), pass)
const installation = await patiently(installationOf)
const connection = await patiently(() => NativeConnection.connect({ address: plan.temporalAddress }))
const client = new Client({ connection: await patiently(() => Connection.connect({ address: plan.temporalAddress })) })
const calls = { ledger, prices, blobs, installation, requestTimeoutMs: plan.requestTimeoutMs }
const worker = await Worker.create({
  connection,
  taskQueue: plan.taskQueue,
  workflowBundle: { codePath: plan.workflowBundle },
  activities: {
    ...createBudgetActivities({ ledger, prices, installation }),
    ...createModelActivities({
      ...calls,
      providers: new Map([['gemini', gemini]]),
      cache: responseCacheOver(ledger, plan.requestTimeoutMs),
    }),
    ...createBatchActivities({ ...calls, batchProviders: new Map([['gemini', batches]]), listedWithinMs: LISTED_WITHIN_MS }),
    ...createTextActivities({ blobs }),
    ...createBannerActivities({ blobs, defaultModel: 'gemini-2.5-flash-image' }),
    ...createSweepActivities({ ledger, blobs }),
    ...createAccountActivities({ ledger, timeZone: 'UTC' }),
    ...createMonthActivities({ ledger, reviews: { sql: reviews }, timeZone: 'UTC' }),
    ...createDeliverActivities({ ledger, delivery: { toPrivate: true, resolve: resolveByDns, limitMs: 5_000, mail: undefined } }),
  },
  interceptors: { activity: [watchedCompletion(pass)] },
  shutdownGraceTime: plan.requestTimeoutMs + 10_000,
})
process.once('SIGTERM', () => worker.shutdown())
const keeping = keepRolledUp({ sql }, () => undefined)
// What it could not do is done by the next one; only the judge's word counts.
const watcher = startWatcher({ sql: connectSql(plan.databaseUrl, { max: 3 }), timeZone: 'UTC', warn: () => undefined })
const notices = startNotices({
  ledger,
  start: startWorkflowOf({ client, taskQueue: plan.taskQueue, policy: DELIVERY_POLICY }),
  warn: () => undefined,
})
const running = worker.run()
say({ kind: 'ready' })
await running
await keeping.stop()
await watcher.stop()
await notices.stop()
await Promise.all([sql, reviews].map((pool) => pool.end({ timeout: 5 })))
await client.connection.close()
await connection.close()
process.exit(0)
