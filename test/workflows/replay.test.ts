/**
 * Jobs outlive releases: a job that an older Purser began goes on with this one. So histories of every version of the workflows are kept in
 * test/workflows/histories/<version>/, and each must be replayed by today's code. Whoever changes what a workflow does keeps the old way behind
 * `patched` and stores the new one's histories: `PURSER_RECORD_HISTORIES=<version> npx vitest run test/workflows/replay.test.ts`.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { temporal } from '@temporalio/proto'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { Worker } from '@temporalio/worker'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import type { BudgetActivities } from '../../src/activities/budget.ts'
import type { BatchInput } from '../../src/client.ts'
import type { DeliveryJob } from '../../src/domain/notice.ts'
import { setRateLimit } from '../../src/ledger/rate-limits.ts'
import { destinationOf, putNotice, QUICK } from '../support/notices.ts'
import { openStage, type Stage } from '../support/stage.ts'
import { connectTemporal } from '../support/temporal.ts'
import { until } from '../support/until.ts'
import { bannerFor, startTestWorker, type TestWorker } from '../support/worker.ts'
import { resetToFirstTask } from './history.ts'

vi.setConfig({ testTimeout: 180_000 })

const { History } = temporal.api.history.v1
type History = temporal.api.history.v1.IHistory

/** Without what belongs to the machine that recorded it: names of processes, and where its sources lie. */
const textOf = (history: History): string => {
  const all = History.toObject(History.create(history), { longs: String, bytes: String, enums: String })
  return `${JSON.stringify(all, (key, value: unknown) => (key === 'identity' || key === 'stackTrace' || isProcess(value) ? '' : value))}\n`
}
/** `123@host-queue`, as a worker's own queue is called. */
const isProcess = (value: unknown): boolean => typeof value === 'string' && /^\d+@\S+$/.test(value)
const historyOf = (text: string): History => History.fromObject(JSON.parse(text) as Record<string, unknown>)

const FOLDER = fileURLToPath(new URL('histories', import.meta.url))
const RECORD_AS = process.env['PURSER_RECORD_HISTORIES'] || undefined

let env: TestWorkflowEnvironment
let stage: Stage
let worker: TestWorker
/** The provider knows no such key. */
let keyless: TestWorker
/** Answers calls that ask side by side in another order. */
let unfair: TestWorker
beforeAll(async () => {
  ;[env, stage] = await Promise.all([
    connectTemporal(),
    openStage({ env: { PURSER_REQUEST_TIMEOUT_MS: '1000', PURSER_DELIVER_TO_PRIVATE: 'true' } }),
  ])
  await stage.db.sql`insert into purser.plan_version values ('penniless', '2026-01-01T00:00:00Z', 10000000, 'test')`
  ;[worker, keyless, unfair] = [
    await startTestWorker(env, stage),
    await startTestWorker(env, stage, { apiKey: 'a-key-that-nobody-knows' }),
    await startTestWorker(env, stage, {
      activities: (product) => ({ ...product, reserveBudget: outOfOrder((ask) => product.reserveBudget(ask)) }),
    }),
  ]
})
afterAll(async () => {
  await Promise.all([worker.stop(), keyless.stop(), unfair.stop()])
  await env.teardown()
  await stage.close()
})

/**
 * Of three calls that ask side by side the first gets the money; the third hears its refusal, in the same moment the first its permission, and the second
 * its refusal a little later: an order that the SDK does not replay. A call that asks alone is answered after a while.
 */
function outOfOrder(reserve: BudgetActivities['reserveBudget']): BudgetActivities['reserveBudget'] {
  const answered = new Set<string>()
  const answeredTo = async (callId: string): Promise<void> => {
    const deadline = performance.now() + 300
    while (!answered.has(callId) && performance.now() < deadline) await sleep(1)
  }
  return async (ask) => {
    if (ask.callId === 'banner-3') await answeredTo('banner-1')
    if (ask.callId === 'banner-2') await answeredTo('banner-3')
    const answer = await reserve(ask)
    answered.add(ask.callId)
    if (ask.callId === 'banner-1') await answeredTo('banner-3')
    if (ask.callId === 'banner-2') await sleep(100)
    return answer
  }
}

type Fault = Omit<Parameters<Stage['emulator']['fault']>[0], 'promptIncludes'>
type Input = Parameters<typeof bannerFor>[1]

/** A banner job that has ended, however. */
async function banner(change: Input, fault?: Fault, plan = 'free', by = worker): Promise<string> {
  const account = await stage.account(plan)
  if (fault !== undefined) await stage.emulator.fault({ ...fault, promptIncludes: account })
  const job = await by.purser.banner.start(bannerFor(account, change))
  await job.result().catch(() => undefined)
  return job.workflowId
}

async function other(type: 'sweep' | 'monthlyReset' | 'ensureAccount', args: unknown[]): Promise<string> {
  const workflowId = `${type}-${randomUUID()}`
  await worker.client.workflow.execute(type, { taskQueue: worker.taskQueue, workflowId, args })
  return workflowId
}

/** A notice for these destinations: a log (undefined), or an address of this machine at which nobody is. */
async function notice(targets: readonly (string | undefined)[], isAwaited = true): Promise<string> {
  const account = await stage.account()
  const destinations = await Promise.all(
    targets.map((target) =>
      target === undefined
        ? destinationOf(stage, undefined, { kind: 'log', account })
        : destinationOf(stage, 'http://127.0.0.1:1/', { account }),
    ),
  )
  const noticeId = await putNotice(stage, { key: account, account })
  const workflowId = `notice-${noticeId}`
  const job: DeliveryJob = {
    noticeId,
    type: 'alert.opened',
    run: 0,
    destinations: destinations.map(({ id, name }) => ({ id, name })),
    policy: QUICK,
  }
  await worker.client.workflow.start('deliverNotice', { taskQueue: worker.taskQueue, workflowId, args: [job] })
  if (isAwaited) await worker.client.workflow.getHandle(workflowId).result()
  return workflowId
}

/** A batch that has ended, however. */
async function batch(change: Partial<BatchInput> = {}, fault?: Fault, tokens = 500): Promise<string> {
  const account = await stage.account('free')
  if (fault !== undefined) await stage.emulator.fault({ ...fault, promptIncludes: account })
  const lines = [1, 2].map((n) => ({
    callId: `line-${n}`,
    account,
    model: 'gemini-2.5-flash',
    prompt: `question ${n} of ${account}`,
    maxOutputTokens: tokens,
  }))
  const deadline = new Date(Date.now() + 60_000).toISOString()
  const job = await worker.purser.batch.start({ jobId: `batch-${randomUUID()}`, lines, deadline, ...change })
  await job.result().catch(() => undefined)
  return job.workflowId
}

/** Its lines are over the pace until the deadline, and then still are. */
async function pacedBatch(): Promise<string> {
  await setRateLimit(stage.ledger, { name: 'pace', scope: { team: 'paced' }, pacePercent: 1, reason: 'a test' })
  const account = await stage.account('free')
  const line = { callId: 'line', account, team: 'paced', model: 'gemini-2.5-flash', prompt: 'question', maxOutputTokens: 20_000 }
  return batch({ ...soon(), onDeadline: 'end', lines: [line] })
}

/** Near enough for what waits until its deadline. */
const soon = (): Partial<BatchInput> => ({ deadline: new Date(Date.now() + 8_000).toISOString(), cancelBeforeMs: 3_000 })

/** Every way through the workflows that gives other commands. */
const STORIES: Readonly<Record<string, () => Promise<string>>> = {
  'banner made, local': () => banner({ ledgerMode: 'local' }),
  'banner made, activity': () => banner({ ledgerMode: 'activity' }),
  'banner in four variants, some refused': () => banner({ variants: 4 }, { fault: 'slow', ms: 300, times: 4 }),
  'banner in three variants, asked for side by side': () => banner({ variants: 3, ledgerMode: 'local' }, undefined, 'free', unfair),
  'banner refused': () => banner({ variants: 1 }, undefined, 'penniless'),
  'banner refused that names no model to be downgraded to': () => banner({ onRefused: 'downgrade' }, undefined, 'penniless'),
  'banner of a provider that refuses at first': () => banner({}, { fault: 'rate_limited', retryAfterSeconds: 1 }),
  'banner of a provider that refuses for good': () => banner({}, undefined, 'free', keyless),
  'banner in doubt, money for another': () => banner({}, { fault: 'billed_but_cut' }, 'paid'),
  'banner in doubt, money for no other': () => banner({}, { fault: 'billed_but_cut' }),
  'banner in doubt twice': () => banner({ ledgerMode: 'activity' }, { fault: 'cut_after_headers', times: 2 }, 'paid'),
  'banner withheld': () => banner({}, { fault: 'image_safety' }),
  'banner cancelled while it is made': async () => {
    const account = await stage.account('free')
    await stage.emulator.fault({ fault: 'slow', ms: 500, promptIncludes: account })
    const job = await worker.purser.banner.start(bannerFor(account))
    await until('it is sent', async () => (await stage.requestsOf(account)).length === 1)
    await job.cancel()
    await job.result().catch(() => undefined)
    return job.workflowId
  },
  'banner reset after its end': async () => {
    const workflowId = await banner({})
    await resetToFirstTask(worker.client, workflowId)
    await worker.client.workflow.getHandle(workflowId).result()
    return workflowId
  },
  'notice that somebody takes, and somebody else does not': () => notice([undefined, 'nobody']),
  'notice whose job is cancelled': async () => {
    const workflowId = await notice(['nobody'], false)
    const handle = worker.client.workflow.getHandle(workflowId)
    await until('it was tried', async () => (await handle.describe()).raw.pendingActivities?.[0]?.attempt === 2)
    await handle.cancel()
    await handle.result()
    return workflowId
  },
  'batch answered': () => batch(),
  'batch with a line that is refused': () => batch({ ledgerMode: 'activity' }, undefined, 60_000),
  'batch all or none, none': () => batch({ allOrNone: true }, undefined, 60_000),
  'batch that is not taken at first': () => batch({}, { fault: 'rate_limited', retryAfterSeconds: 1 }),
  'batch that is late, and asked for by its lines': () => batch(soon(), { fault: 'batch_late', ms: 60_000 }),
  'batch that may be at the provider': () => batch(soon(), { fault: 'batch_submit_lost', ms: 3_600_000 }),
  'batch that a pace holds back': () => pacedBatch(),
  'batch that is cancelled': async () => {
    const account = await stage.account('free')
    await stage.emulator.fault({ fault: 'batch_late', ms: 20_000, promptIncludes: account })
    const line = { callId: 'line', account, model: 'gemini-2.5-flash', prompt: `question of ${account}`, maxOutputTokens: 500 }
    const job = await worker.purser.batch.start({ jobId: `batch-${randomUUID()}`, lines: [line], deadline: '2099-01-01T00:00:00Z' })
    await until('it is handed in', async () => (await job.progress()).where.startsWith('waiting for batches/'))
    await job.cancel()
    await job.result().catch(() => undefined)
    return job.workflowId
  },
  sweep: () => other('sweep', []),
  'monthly reset': () => other('monthlyReset', [{ month: '2026-10' }]),
  'ensure account': () => other('ensureAccount', [{ id: `acc-${randomUUID()}`, plan: 'free' }]),
}

async function replayed(
  histories: AsyncIterable<{ workflowId: string; history: History }>,
): Promise<{ workflowId: string; error: string | undefined }[]> {
  const results: { workflowId: string; error: string | undefined }[] = []
  for await (const { workflowId, error } of Worker.runReplayHistories(
    { workflowBundle: { codePath: inject('workflowBundle') } },
    histories,
  ))
    results.push({ workflowId, error: error?.message })
  return results
}

async function* stored(): AsyncIterable<{ workflowId: string; history: History }> {
  for (const version of (await readdir(FOLDER)).toSorted())
    for (const name of (await readdir(`${FOLDER}/${version}`)).toSorted())
      yield { workflowId: `${version}/${name}`, history: historyOf(await readFile(`${FOLDER}/${version}/${name}`, 'utf8')) }
}

/** As if the workflows of that time had asked for another activity. */
async function* swapped(): AsyncIterable<{ workflowId: string; history: History }> {
  for await (const { workflowId, history } of stored())
    if (workflowId.endsWith('banner made, activity.json'))
      yield { workflowId, history: historyOf(textOf(history).replaceAll('"reserveBudget"', '"reserveSomethingElse"')) }
}

test('jobs of every earlier version go on with this one', async () => {
  const results = await replayed(stored())
  expect(results.length).toBeGreaterThan(Object.keys(STORIES).length - 1)
  expect(results.filter(({ error }) => error !== undefined)).toEqual([])
})

test('a history that today’s workflows would not have made is found', async () => {
  const results = await replayed(swapped())
  expect(results.length).toBeGreaterThan(0)
  for (const { error } of results) expect(error).toMatch(/[Nn]ondeterminism/)
})

test('jobs of this version can be replayed', async () => {
  const histories: { workflowId: string; history: History }[] = []
  for (const [name, play] of Object.entries(STORIES)) {
    const history = await worker.client.workflow.getHandle(await play()).fetchHistory()
    histories.push({ workflowId: name, history })
    if (RECORD_AS !== undefined) {
      await mkdir(`${FOLDER}/${RECORD_AS}`, { recursive: true })
      await writeFile(`${FOLDER}/${RECORD_AS}/${name}.json`, textOf(history))
    }
  }
  async function* each() {
    yield* histories
  }
  const results = await replayed(each())
  expect(results.map(({ workflowId, error }) => [workflowId, error])).toEqual(Object.keys(STORIES).map((name) => [name, undefined]))
})
