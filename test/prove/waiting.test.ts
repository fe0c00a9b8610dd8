/** Many jobs wait on one budget; money for some of them lets exactly those run, in the order in which they came. */
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tellTurns } from '../../src/delivery/tell-turns.ts'
import { nano } from '../../src/domain/money.ts'
import { changeCap } from '../../src/ledger/budgets.ts'
import type { Running } from '../../src/until-stopped.ts'
import type { Asked, oneOutcome } from '../flow/own-app/workflows.ts'
import { openStage, type Stage } from '../support/stage.ts'
import { connectTemporal } from '../support/temporal.ts'
import { until } from '../support/until.ts'
import { startTestWorker, type TestWorker } from '../support/worker.ts'
import { inLength } from './length.ts'

const JOBS = inLength(200, 1_000)
const PAID = (JOBS * 3) / 10
const LIMIT_MS = 400_000

let env: TestWorkflowEnvironment
let stage: Stage
let worker: TestWorker
let turns: Running
beforeAll(async () => {
  ;[env, stage] = await Promise.all([connectTemporal(), openStage()])
  const workflowsPath = fileURLToPath(new URL('../flow/own-app/workflows.ts', import.meta.url))
  worker = await startTestWorker(env, stage, {
    workflowBundle: await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') }),
  })
  turns = tellTurns({ ledger: stage.ledger, client: env.client, installation: stage.installation, warn: () => undefined })
}, LIMIT_MS)
afterAll(async () => {
  await turns.stop()
  await worker.stop()
  await env.teardown()
  await stage.close()
})

const topUp = (account: string, change: bigint) =>
  changeCap(stage.ledger, { of: { account }, change: nano(change), key: randomUUID(), reason: 'more' })

test(
  `of ${JOBS} jobs that wait on one budget, a top-up that pays for ${PAID} lets exactly ${PAID} run, first come first served`,
  async () => {
    const account = await stage.account('free')
    const asked: Asked = { account, text: 'the same question', overBudget: { onRefused: 'wait' }, ledgerMode: 'activity' }
    const start = async () =>
      env.client.workflow.start<typeof oneOutcome>('oneOutcome', {
        taskQueue: worker.taskQueue,
        workflowId: `waits-${randomUUID().slice(0, 13)}`,
        args: [asked],
      })
    // What one costs, and holds at the most.
    const first = await (await start()).result()
    const [sample] = await stage.attempts(account)
    expect(first.kind).toBe('answered')
    const [cost, amount] = [sample?.cost ?? 0n, sample?.amount ?? 0n]
    await topUp(account, -(100_000_000n - cost))

    const queue = async () => stage.db.sql<{ workflow: string }[]>`select w.workflow_id as workflow from purser.waiter w order by w.place`
    const jobs = []
    for (let n = 0; n < JOBS; n += 50) jobs.push(...(await Promise.all(Array.from({ length: Math.min(50, JOBS - n) }, start))))
    await until('all of them wait', async () => (await queue()).length === JOBS, LIMIT_MS / 4)
    const line = (await queue()).map(({ workflow }) => workflow)

    // The last one needs its bound; what the others held too much comes back.
    await topUp(account, BigInt(PAID - 1) * cost + amount)
    await until(
      'those that can be paid for have run',
      async () => (await stage.attempts(account)).filter((a) => a.state === 'settled').length >= 1 + PAID,
      LIMIT_MS / 2,
    )
    await until('nothing is under way', async () => (await stage.balance(account)).reserved === 0n)
    expect((await queue()).map(({ workflow }) => workflow)).toEqual(line.slice(PAID))
    const ran = new Set((await stage.attempts(account)).map(({ workflowId }) => workflowId))
    expect(line.slice(0, PAID).filter((workflow) => !ran.has(workflow))).toEqual([])
    expect(await stage.billOf(account)).toHaveLength(1 + PAID)
    expect((await stage.attempts(account)).every((attempt) => attempt.cost === cost)).toBe(true)

    // A cancelled job leaves its place; each that is told takes some moments.
    for (const job of jobs.filter(({ workflowId }) => !ran.has(workflowId))) await job.cancel()
    await until('nobody waits any more', async () => (await queue()).length === 0, LIMIT_MS / 4)
    await stage.intact()
  },
  LIMIT_MS,
)
