import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from '@temporalio/worker'
import { describe, expect, inject, test, vi } from 'vitest'
import { reservationRef } from '../../src/domain/call.ts'
import { removeRateLimit, setRateLimit } from '../../src/ledger/rate-limits.ts'
import type { BatchCallsInput, batchCalls } from '../../src/workflows/batch-calls.ts'
import type { BudgetedOutcome } from '../../src/workflows/budgeted-call.ts'
import { handedIn, takeMs } from '../support/batches.ts'
import { until } from '../support/until.ts'
import { workedStage } from '../support/worked-stage.ts'
import { startTestWorker } from '../support/worker.ts'
import { resetToFirstTask } from '../workflows/history.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const on = await workedStage()
const { env, stage } = on

const MODEL = 'gemini-2.5-flash-lite'
const lineOf = (account: string, n: number) => ({
  callId: `line-${n}`,
  account,
  model: MODEL,
  prompt: `question ${n} of ${account}`,
  maxOutputTokens: 500,
})
/** A free account cannot pay for both of the dear ones. */
const twoDear = (account: string) =>
  [500, 60_000, 60_000].map((maxOutputTokens, i) => ({ ...lineOf(account, i + 1), model: 'gemini-2.5-flash', maxOutputTokens }))
const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString()

const input = (account: string, count: number, change: Partial<BatchCallsInput> = {}): BatchCallsInput => ({
  lines: Array.from({ length: count }, (_, i) => lineOf(account, i + 1)),
  deadline: inMs(60_000),
  ...change,
})
const start = (given: BatchCallsInput) =>
  env.client.workflow.start<typeof batchCalls>('batchCalls', {
    taskQueue: on.worker.taskQueue,
    workflowId: `batch-${randomUUID().slice(0, 13)}`,
    args: [given],
  })
const play = async (given: BatchCallsInput): Promise<BudgetedOutcome[]> => (await start(given)).result()
const states = async (account: string) => (await stage.attempts(account)).map(({ state }) => state)

const sorted = (rows: readonly (readonly [string | null, string])[]) => rows.map((row) => row.join(' ')).toSorted()

/** Each line of the bill is an attempt that is booked at exactly that, and no line was at the provider twice. */
async function balanced(account: string): Promise<void> {
  const bill = await stage.billOf(account)
  const booked = await stage.db.sql<{ id: string; pico: string }[]>`
    select 'rsv_' || replace(r.reservation_id::text, '-', '') as id, r.pico_usd::text as pico from purser.receipt r
      join purser.reservation v on v.id = r.reservation_id join purser.call c on c.id = v.call where c.account = ${account}`
  expect(sorted(booked.map(({ id, pico }) => [id, pico]))).toEqual(sorted(bill.map((entry) => [entry.clientRequestId, entry.picoUsd])))
  const keys = (await handedIn(stage.emulator)).flatMap((batch) => batch.keys)
  expect(new Set(keys).size).toBe(keys.length)
}

describe.concurrent('a batch', () => {
  test.concurrent('is reserved as a whole, handed in once, and settled line by line at half the price', async () => {
    const account = await stage.account()
    const outcomes = await play(input(account, 3))
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['answered', 'answered', 'answered'])
    expect(outcomes[0]).toMatchObject({ text: expect.stringMatching(/\w/), requests: 1, flags: [] })
    expect(await states(account)).toEqual(['settled', 'settled', 'settled'])
    expect((await stage.billOf(account)).map(({ tier, method }) => [tier, method])).toEqual(
      Array.from({ length: 3 }, () => ['batch', 'batchGenerateContent']),
    )
    await balanced(account)
    expect((await stage.balance(account)).reserved).toBe(0n)
  })

  test.concurrent('may have lines that are conversations; each is charged for all its turns', async () => {
    const account = await stage.account()
    const { prompt, ...line } = lineOf(account, 1)
    const messages = [
      { role: 'system', text: 'Be short.' },
      { role: 'user', text: prompt },
      { role: 'assistant', text: 'Yes?' },
      { role: 'user', text: `${prompt}, again` },
    ] as const
    const outcomes = await play(input(account, 0, { lines: [{ ...line, messages }, lineOf(account, 2)] }))
    expect(outcomes.map(({ kind }) => kind)).toEqual(['answered', 'answered'])
    const tokens = messages.reduce((sum, { text }) => sum + Math.ceil(Buffer.byteLength(text) / 4), 0)
    expect(outcomes[0]).toMatchObject({ usage: expect.arrayContaining([{ unit: 'input_text_tokens', quantity: tokens }]) })
    await balanced(account)
    const both = play(input(account, 0, { lines: [{ ...lineOf(account, 3), messages } as never] }))
    await expect(both).rejects.toMatchObject({
      cause: { type: 'bad_input', message: expect.stringContaining('either a prompt or messages') },
    })
  })

  test.concurrent('is started, looked at and waited for by a backend, which hears of each line by its name', async () => {
    const account = await stage.account('free')
    const job = await on.worker.purser.batch.start({ jobId: `door-${randomUUID()}`, lines: twoDear(account), deadline: inMs(60_000) })
    const where = await until('it is at the provider', async () => {
      const told = await job.progress().catch(() => undefined)
      return told?.where.startsWith('waiting for batches/') === true && told
    })
    expect([where.lines, await job.waitingFor(), await job.status()]).toEqual([
      3,
      expect.stringMatching(/waiting for batches|collectBatch/),
      { state: 'running' },
    ])
    const outcomes = await job.result()
    expect(outcomes.map(({ callId }) => callId)).toEqual(['line-1', 'line-2', 'line-3'])
    expect(outcomes[0]).toMatchObject({ kind: 'answered', text: expect.any(String), cost: { currency: 'EUR' } })
    expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['answered', 'answered', 'refused'])
  })

  test.concurrent('saves as much as it costs: what the same usage costs by itself, less what was paid', async () => {
    const account = await stage.account()
    await play(input(account, 2))
    const rows = await stage.db.sql<{ saved: bigint; cost: bigint; strategy: string }[]>`
      select s.saved, r.cost, s.strategy from purser.saving s join purser.reservation r on r.call = s.call join purser.call c on c.id = r.call
       where c.account = ${account}`
    expect(rows).toHaveLength(2)
    for (const { saved, cost, strategy } of rows) {
      expect(strategy).toBe('batch')
      // Each of the lines is rounded up.
      expect(Number(saved - cost)).toBeGreaterThanOrEqual(-2)
      expect(Number(saved - cost)).toBeLessThanOrEqual(0)
    }
  })

  test.concurrent('a line that is refused does not stop the others, unless the job says so', async () => {
    const [one, other] = [await stage.account('free'), await stage.account('free')]
    const outcomes = await play(input(one, 0, { lines: twoDear(one) }))
    expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['answered', 'answered', 'refused'])
    const none = await play(input(other, 0, { lines: twoDear(other), allOrNone: true }))
    expect(none.map(({ kind }) => kind).toSorted()).toEqual(['lapsed', 'lapsed', 'refused'])
    expect(await states(other)).toEqual(['released', 'released'])
    expect(await stage.billOf(other)).toEqual([])
  })

  test.concurrent('a line that failed at the provider is rejected, and its money is back', async () => {
    const account = await stage.account()
    await stage.emulator.fault({ fault: 'batch_line_fails', promptIncludes: `question 2 of ${account}` })
    const outcomes = await play(input(account, 3))
    expect(outcomes.map(({ kind }) => kind)).toEqual(['answered', 'rejected', 'answered'])
    await balanced(account)
    expect((await stage.balance(account)).reserved).toBe(0n)
  })

  test.concurrent('whose submit was not answered is found by its name, and not handed in again', async () => {
    const account = await stage.account()
    await stage.emulator.fault({ fault: 'batch_submit_lost', promptIncludes: account })
    const outcomes = await play(input(account, 2))
    expect(outcomes.map(({ kind }) => kind)).toEqual(['answered', 'answered'])
    await balanced(account)
  })

  test.concurrent('that is refused for now is handed in anew, with money reserved anew', async () => {
    const account = await stage.account()
    await stage.emulator.fault({ fault: 'rate_limited', promptIncludes: account, retryAfterSeconds: 1 })
    const outcomes = await play(input(account, 2))
    expect(outcomes.map(({ kind }) => kind)).toEqual(['answered', 'answered'])
    expect((await states(account)).toSorted()).toEqual(['rejected', 'rejected', 'settled', 'settled'])
    await balanced(account)
  })

  test.concurrent(
    'that is refused again and again is handed in until there is no time for it; then its lines are asked by themselves',
    async () => {
      const account = await stage.account()
      await stage.emulator.fault({ fault: 'unavailable', promptIncludes: `1 of ${account}`, retryAfterSeconds: 1, times: 3 })
      const outcomes = await play(input(account, 1, { deadline: inMs(9_000), cancelBeforeMs: 1_000 }))
      expect(outcomes.map(({ kind }) => kind)).toEqual(['answered'])
      expect((await stage.billOf(account)).map(({ tier }) => tier ?? 'standard')).toEqual(['standard'])
      expect(await states(account)).toEqual(['rejected', 'rejected', 'rejected', 'settled'])
      await balanced(account)
    },
  )

  test.concurrent('that ends without results is handed in anew', async () => {
    const account = await stage.account()
    await stage.emulator.fault({ fault: 'batch_expires', promptIncludes: account })
    const outcomes = await play(input(account, 2))
    expect(outcomes.map(({ kind }) => kind)).toEqual(['answered', 'answered'])
    await balanced(account)
  })

  test.concurrent('that says more than passes is no batch, and nothing is set aside for it', async () => {
    const account = await stage.account()
    const lines = [1, 2].map((n) => ({ ...lineOf(account, n), prompt: 'ж'.repeat(260_000) }))
    await expect(play(input(account, 0, { lines }))).rejects.toMatchObject({
      cause: { type: 'bad_input', message: expect.stringContaining('at most 1000000 bytes') },
    })
    expect(await states(account)).toEqual([])
  })

  test.concurrent('of two models goes as two; not where all lines go or none', async () => {
    const account = await stage.account()
    const lines = [lineOf(account, 1), { ...lineOf(account, 2), model: 'gemini-2.5-flash' }, lineOf(account, 3)]
    await expect(play(input(account, 0, { lines, allOrNone: true }))).rejects.toMatchObject({
      cause: { type: 'bad_input', message: expect.stringContaining('for gemini-2.5-flash-lite, gemini-2.5-flash') },
    })
    expect(await states(account)).toEqual([])
    const outcomes = await play(input(account, 0, { lines }))
    expect(outcomes.map(({ kind }) => kind)).toEqual(['answered', 'answered', 'answered'])
    const ids = new Set((await stage.attempts(account)).map(({ id }) => reservationRef(id)))
    const batches = (await handedIn(stage.emulator)).filter(({ keys }) => keys.some((key) => ids.has(key)))
    expect(batches.map(({ keys }) => keys.length).toSorted((a, b) => a - b)).toEqual([1, 2])
    await balanced(account)
  })
})

const pace = (account: string, pacePercent: number) =>
  setRateLimit(stage.ledger, { name: `pace-${account}`, scope: { account }, pacePercent, reason: 'a test' })
/** Of a free account half a day's money pays for two of them. */
const threeDear = (account: string) => [1, 2, 3].map((n) => ({ ...lineOf(account, n), model: 'gemini-2.5-flash', maxOutputTokens: 17_000 }))

describe.concurrent('a pace', () => {
  test.concurrent('holds back the lines that are over it: they go with the next batch, when money has come back to the day', async () => {
    const account = await stage.account('free')
    await pace(account, 50)
    const handle = await start(input(account, 0, { lines: threeDear(account) }))
    expect((await handle.result()).map(({ kind }) => kind)).toEqual(['answered', 'answered', 'answered'])
    const ids = new Set((await stage.attempts(account)).map(({ id }) => reservationRef(id)))
    const batches = (await handedIn(stage.emulator)).filter(({ keys }) => keys.some((key) => ids.has(key)))
    expect(batches.map(({ keys }) => keys.length)).toEqual([2, 1])
    await balanced(account)
    const replayed = Worker.runReplayHistory({ workflowBundle: { codePath: inject('workflowBundle') } }, await handle.fetchHistory())
    await expect(replayed).resolves.toBeUndefined()
  })

  test.concurrent('that lets none go keeps them until the deadline, with nothing held', async () => {
    const account = await stage.account('free')
    await pace(account, 1)
    const outcomes = await play(input(account, 0, { lines: threeDear(account), deadline: inMs(3_000), onDeadline: 'end' }))
    expect(outcomes.map(({ kind }) => kind)).toEqual(['lapsed', 'lapsed', 'lapsed'])
    expect(await states(account)).toEqual([])
  })

  test.concurrent('that one line is over holds back all, where all or none may go', async () => {
    const account = await stage.account('free')
    await pace(account, 50)
    const outcomes = await play(input(account, 0, { lines: threeDear(account), allOrNone: true, deadline: inMs(3_000), onDeadline: 'end' }))
    expect(outcomes.map(({ kind }) => kind)).toEqual(['lapsed', 'lapsed', 'lapsed'])
    expect(await states(account)).toEqual([])
  })

  test.concurrent('does not keep a job that is reset from hearing what became of its lines', async () => {
    const account = await stage.account('free')
    await pace(account, 50)
    await stage.emulator.fault({ fault: 'batch_late', promptIncludes: `question 3 of ${account}`, ms: 4_000 })
    const handle = await start(input(account, 0, { lines: threeDear(account) }))
    await until('the second batch is handed in', async () => (await stage.requestsOf(account)).length === 3)
    await resetToFirstTask(env.client, handle.workflowId)
    const outcomes = (await env.client.workflow.getHandle(handle.workflowId).result()) as BudgetedOutcome[]
    expect(outcomes.map(({ kind }) => kind)).toEqual(['answered', 'answered', 'answered'])
    expect(await states(account)).toEqual(['settled', 'settled', 'settled'])
    await balanced(account)
  })
})

test.concurrent(
  'a job that is reset when a pace is lifted has its next batch for the line that the first went without; nothing of it stays held',
  async () => {
    const account = await stage.account('free')
    await pace(account, 50)
    await stage.emulator.fault({ fault: 'batch_late', promptIncludes: account, ms: 4_000 })
    const handle = await start(input(account, 0, { lines: threeDear(account) }))
    await until('the first batch is handed in', async () => (await stage.requestsOf(account)).length === 2)
    await removeRateLimit(stage.ledger, `pace-${account}`)
    // A worker knows of a limit for a second.
    await sleep(1_100)
    await resetToFirstTask(env.client, handle.workflowId)
    const outcomes = (await env.client.workflow.getHandle(handle.workflowId).result()) as BudgetedOutcome[]
    expect(outcomes.map(({ kind }) => kind)).toEqual(['answered', 'answered', 'answered'])
    expect((await states(account)).toSorted()).toEqual(['released', 'settled', 'settled', 'settled'])
    expect((await stage.balance(account)).reserved).toBe(0n)
    await balanced(account)
  },
)

test.concurrent('what the lines say is carried twice, to reserve and to hand in, however often the batch is looked at', async () => {
  const account = await stage.account()
  await stage.emulator.fault({ fault: 'batch_submit_lost', promptIncludes: account, ms: 1_000 })
  const handle = await start(input(account, 2))
  await handle.result()
  const { events } = await handle.fetchHistory()
  const scheduled = events?.flatMap(({ activityTaskScheduledEventAttributes: one }) => (one == null ? [] : [one])) ?? []
  const says = (one: (typeof scheduled)[number]) => Buffer.from(one.input?.payloads?.[0]?.data ?? '').includes(`question 1 of ${account}`)
  const carrying = scheduled.filter(says).map(({ activityType }) => activityType?.name)
  expect(carrying).toEqual(['reserveBatch', 'handInBatch'])
  expect(scheduled.map(({ activityType }) => activityType?.name)).toEqual(expect.arrayContaining(['lookForBatch', 'collectBatch']))
})

describe.concurrent('when the deadline nears', () => {
  test.concurrent('a line that is turned away by itself, too, ends rejected, and the others are answered', async () => {
    const account = await stage.account()
    await stage.emulator.fault({ fault: 'rate_limited', promptIncludes: `1 of ${account}`, retryAfterSeconds: 0, times: 1_000 })
    const outcomes = await play(input(account, 2, { deadline: inMs(3_000), cancelBeforeMs: 1_000 }))
    expect(outcomes).toMatchObject([{ kind: 'rejected', reason: expect.stringContaining('429') }, { kind: 'answered' }])
    expect((await stage.balance(account)).reserved).toBe(0n)
    await balanced(account)
  })

  test.concurrent('what was answered is settled, the rest is cancelled, and asked by itself', async () => {
    const account = await stage.account()
    await stage.emulator.fault({ fault: 'batch_late', promptIncludes: account, ms: 12_000 })
    const handle = await start(input(account, 4, { deadline: inMs(8_000), cancelBeforeMs: 2_000 }))
    const outcomes = await handle.result()
    expect(outcomes.map(({ kind }) => kind)).toEqual(['answered', 'answered', 'answered', 'answered'])
    const bill = await stage.billOf(account)
    expect(bill.filter(({ tier }) => tier === 'batch').length).toBeGreaterThan(0)
    expect(bill.filter(({ tier }) => tier !== 'batch').length).toBeGreaterThan(0)
    expect(bill).toHaveLength(4)
    await balanced(account)
    // Another worker would go on with it as this one did.
    const replayed = Worker.runReplayHistory({ workflowBundle: { codePath: inject('workflowBundle') } }, await handle.fetchHistory())
    await expect(replayed).resolves.toBeUndefined()
    expect((await stage.balance(account)).reserved).toBe(0n)
  })

  test.concurrent('the rest ends rejected, where the job says so', async () => {
    const account = await stage.account()
    await stage.emulator.fault({ fault: 'batch_late', promptIncludes: account, ms: 60_000 })
    const outcomes = await play(input(account, 2, { deadline: inMs(5_000), cancelBeforeMs: 2_000, onDeadline: 'end' }))
    expect(outcomes.map(({ kind }) => kind)).toEqual(['rejected', 'rejected'])
    expect(await stage.billOf(account)).toEqual([])
    expect((await stage.balance(account)).reserved).toBe(0n)
  })
})

test.concurrent(
  'a batch that may be at the provider, and is not listed by the deadline, is in doubt: its money is held, and nothing is asked again',
  async () => {
    const account = await stage.account()
    await stage.emulator.fault({ fault: 'batch_submit_lost', promptIncludes: account, ms: 3_600_000 })
    const outcomes = await play(input(account, 2, { deadline: inMs(4_000), cancelBeforeMs: 1_000 }))
    expect(outcomes).toMatchObject([{ kind: 'in_doubt', reason: expect.stringContaining('does not list it yet') }, { kind: 'in_doubt' }])
    expect(await states(account)).toEqual(['in_doubt', 'in_doubt'])
    expect((await stage.balance(account)).reserved).toBeGreaterThan(0n)
    expect(await stage.requestsOf(account)).toHaveLength(2)
  },
)

test.concurrent('a job that is reset while its batch is at the provider finds it again', async () => {
  const account = await stage.account()
  await stage.emulator.fault({ fault: 'batch_late', promptIncludes: account, ms: 4_000 })
  const handle = await start(input(account, 2))
  await until('it is handed in', async () => (await stage.requestsOf(account)).length === 2)
  await resetToFirstTask(env.client, handle.workflowId)
  const outcomes = (await env.client.workflow.getHandle(handle.workflowId).result()) as BudgetedOutcome[]
  expect(outcomes.map(({ kind }) => kind)).toEqual(['answered', 'answered'])
  expect(await states(account)).toEqual(['settled', 'settled'])
  await balanced(account)
})

test('a job that is cancelled has its batch stopped; what was answered by then is booked', async () => {
  const account = await stage.account()
  await stage.emulator.fault({ fault: 'batch_late', promptIncludes: account, ms: 20_000 })
  const handle = await start(input(account, 8))
  await until('a line is answered', async () => (await stage.billOf(account)).length > 0)
  await handle.cancel()
  await expect(handle.result()).rejects.toThrow('cancelled')
  expect(new Set(await states(account))).toEqual(new Set(['settled', 'rejected']))
  await balanced(account)
  expect((await stage.balance(account)).reserved).toBe(0n)
})

test('a job that is cancelled before the provider lists what it has taken looks for it until it can stop it, and books what was answered', async () => {
  const account = await stage.account()
  await stage.emulator.fault({ fault: 'batch_submit_lost', promptIncludes: account, ms: 5_000 })
  const handle = await start(input(account, 3))
  await until('it waits to look for it', async () =>
    (await handle.fetchHistory()).events?.some(({ timerStartedEventAttributes: timer }) => timer),
  )
  await handle.cancel()
  await expect(handle.result()).rejects.toThrow('cancelled')
  const ends = await states(account)
  expect(ends.filter((state) => state === 'settled' || state === 'rejected')).toEqual(ends)
  await balanced(account)
  expect((await stage.balance(account)).reserved).toBe(0n)
})

test('while it is waited for, no worker is held, and one that comes a day later books the answers', async () => {
  const account = await stage.account()
  await takeMs(stage.emulator, 3_000)
  const handle = await start(input(account, 2))
  await until('it is handed in', async () => (await states(account)).filter((state) => state === 'dispatched').length === 2)
  await on.worker.stop()
  await until('it is answered', async () => (await stage.billOf(account)).length === 2)
  on.worker = await startTestWorker(env, stage, { taskQueue: on.worker.taskQueue })
  expect((await handle.result()).map(({ kind }) => kind)).toEqual(['answered', 'answered'])
  await balanced(account)
})
