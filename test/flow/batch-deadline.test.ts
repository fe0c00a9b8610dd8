/** What must be known of a line when its batch's deadline is over, or its job: whether it is at the provider, and whether it may have been billed. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { removeRateLimit, setRateLimit } from '../../src/ledger/rate-limits.ts'
import type { BatchCallsInput, batchCalls } from '../../src/workflows/batch-calls.ts'
import type { BudgetedOutcome } from '../../src/workflows/budgeted-call.ts'
import { until } from '../support/until.ts'
import { workedStage } from '../support/worked-stage.ts'
import { startTestWorker } from '../support/worker.ts'
import { resetToFirstTask } from '../workflows/history.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const on = await workedStage()
const { env, stage } = on

/** Within so long its batch is answered, or cancelled a second before. */
const start = (account: string, maxOutputTokens: readonly number[], withinMs: number, onDeadline: BatchCallsInput['onDeadline']) =>
  env.client.workflow.start<typeof batchCalls>('batchCalls', {
    taskQueue: on.worker.taskQueue,
    workflowId: `batch-${randomUUID().slice(0, 13)}`,
    args: [
      {
        lines: maxOutputTokens.map((tokens, i) => ({
          callId: `line-${i + 1}`,
          account,
          model: 'gemini-2.5-flash',
          prompt: `question ${i + 1} of ${account}`,
          maxOutputTokens: tokens,
        })),
        deadline: new Date(Date.now() + withinMs).toISOString(),
        cancelBeforeMs: 1_000,
        onDeadline,
      },
    ],
  })

test('a job that is reset after the deadline hears of the batch that some lines went on to, also beside one that a pace held back, or holds back no more', async () => {
  const accounts = await Promise.all([stage.account('free'), stage.account('free')])
  const started = accounts.map(async (account) => {
    await setRateLimit(stage.ledger, { name: `pace-${account}`, scope: { account }, pacePercent: 50, reason: 'a test' })
    await stage.emulator.fault({ fault: 'batch_fails', promptIncludes: account })
    const handle = await start(account, [15_000, 15_000, 30_000], 14_000, 'end')
    await until('it is handed in', async () => (await stage.requestsOf(account)).length > 0)
    await stage.emulator.fault({ fault: 'batch_late', promptIncludes: account, ms: 6_000 })
    await until('it is handed in anew', async () =>
      (await stage.attempts(account)).some(({ ask, state }) => ask === 2 && state === 'dispatched'),
    )
    return handle.workflowId
  })
  const jobs = await Promise.all(started)
  await sleep(700)
  await on.worker.stop()
  await sleep(14_000)
  await removeRateLimit(stage.ledger, `pace-${accounts[1]}`)
  await Promise.all(jobs.map((job) => resetToFirstTask(env.client, job)))
  on.worker = await startTestWorker(env, stage, { taskQueue: on.worker.taskQueue })
  for (const [i, account] of accounts.entries()) {
    const outcomes = (await env.client.workflow.getHandle(jobs[i] ?? '').result()) as BudgetedOutcome[]
    expect(outcomes.map(({ kind }) => kind)).toEqual(['answered', 'answered', 'lapsed'])
    expect(await stage.billOf(account)).toHaveLength(2)
    expect((await stage.balance(account)).reserved).toBe(0n)
  }
})

test('a line that is in doubt by itself stays so when it is turned away after', async () => {
  const account = await stage.account()
  await stage.emulator.fault({ fault: 'batch_late', promptIncludes: account, ms: 60_000 })
  const handle = await start(account, [500], 4_000, 'live')
  await until('it is handed in', async () => (await stage.requestsOf(account)).length === 1)
  await stage.emulator.fault({ fault: 'billed_but_cut', promptIncludes: account })
  await stage.emulator.fault({ fault: 'rate_limited', promptIncludes: account, retryAfterSeconds: 0, times: 1_000 })
  expect(await handle.result()).toMatchObject([{ kind: 'in_doubt', again: { kind: 'rejected', reason: expect.stringContaining('429') } }])
  const held = (await stage.attempts(account)).filter(({ state }) => state === 'in_doubt')
  expect([held.length, (await stage.balance(account)).reserved]).toEqual([1, held[0]?.amount])
})

test('a job that is reset and then cancelled, before a worker has come, still stops what it handed in, and books what was answered', async () => {
  const account = await stage.account()
  await stage.emulator.fault({ fault: 'batch_late', promptIncludes: account, ms: 8_000 })
  const handle = await start(account, [500, 500, 500, 500], 60_000, 'live')
  await until('a line is answered', async () => (await stage.billOf(account)).length > 0)
  await on.worker.stop()
  await resetToFirstTask(env.client, handle.workflowId)
  const again = env.client.workflow.getHandle(handle.workflowId)
  await again.cancel()
  on.worker = await startTestWorker(env, stage, { taskQueue: on.worker.taskQueue })
  await expect(again.result()).rejects.toThrow('cancelled')
  const ended = (await stage.attempts(account)).map(({ state }) => state)
  expect(new Set(ended)).toEqual(new Set(['settled', 'rejected']))
  expect((await stage.billOf(account)).length).toBe(ended.filter((state) => state === 'settled').length)
  expect((await stage.balance(account)).reserved).toBe(0n)
})
