import { randomUUID } from 'node:crypto'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { putAheadClock, type AheadClock } from '../../chaos/clock.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import type { batchCalls } from '../../src/workflows/batch-calls.ts'
import { handedIn, takeMs } from '../support/batches.ts'
import { openStage, type Stage } from '../support/stage.ts'
import { connectTemporal } from '../support/temporal.ts'
import { until } from '../support/until.ts'
import { startTestWorker } from '../support/worker.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let env: TestWorkflowEnvironment
let stage: Stage
let clock: AheadClock

beforeAll(async () => {
  ;[env, stage] = await Promise.all([connectTemporal(), openStage()])
  clock = await putAheadClock(stage.db.sql)
  await takeMs(stage.emulator, 3_000)
})
afterAll(async () => {
  await env.teardown()
  await stage.close()
})

const states = async (account: string) => (await stage.attempts(account)).map(({ state }) => state)

/** A batch whose worker ends when it is handed in; so many minutes later the sweeper comes, and then another worker. */
async function awayFor(minutes: number, swept: string) {
  await clock.setAhead(0)
  const account = await stage.account()
  const taskQueue = `queue-${randomUUID().slice(0, 8)}`
  const first = await startTestWorker(env, stage, { taskQueue })
  const handle = await env.client.workflow.start<typeof batchCalls>('batchCalls', {
    taskQueue,
    workflowId: `day-${randomUUID().slice(0, 13)}`,
    args: [
      {
        lines: [1, 2].map((n) => ({
          callId: `line-${n}`,
          account,
          model: 'gemini-2.5-flash-lite',
          prompt: `question ${n} of ${account}`,
          maxOutputTokens: 500,
        })),
        deadline: new Date(Date.now() + 600_000).toISOString(),
      },
    ],
  })
  await until('it is handed in', async () => (await stage.requestsOf(account)).length === 2)
  await first.stop()
  await clock.setAhead(minutes)
  // The first look puts in doubt, the second presumes.
  for (let looks = 0; looks < 2; looks += 1) await sweep(stage.ledger, 1_000)
  expect(await states(account)).toEqual([swept, swept])
  const second = await startTestWorker(env, stage, { taskQueue })
  try {
    expect((await handle.result()).map(({ kind }) => kind)).toEqual(['answered', 'answered'])
  } finally {
    await second.stop()
  }
  return account
}

async function bookedAndBilled(account: string) {
  const [{ pico } = { pico: '' }] = await stage.db.sql<{ pico: string }[]>`
    select sum(t.pico_usd)::text as pico from purser.receipt t join purser.reservation r on r.id = t.reservation_id join purser.call c on c.id = r.call
     where c.account = ${account}`
  const bill = await stage.billOf(account)
  const keys = (await handedIn(stage.emulator)).flatMap((batch) => batch.keys)
  return {
    states: await states(account),
    unbooked: bill.reduce((sum, entry) => sum + BigInt(entry.picoUsd), 0n) - BigInt(pico),
    held: (await stage.balance(account)).reserved,
    twice: keys.length - new Set(keys).size,
  }
}

const ALL_IS_WELL = { states: ['settled', 'settled'], unbooked: 0n, held: 0n, twice: 0 }

test('for a day the money of a batch is held, whoever died meanwhile; then its answers are booked', async () => {
  expect(await bookedAndBilled(await awayFor(24 * 60, 'dispatched'))).toEqual(ALL_IS_WELL)
  await stage.intact()
})

test('after 26 hours it is spent in full; answers that come later all the same put it right', async () => {
  expect(await bookedAndBilled(await awayFor(26 * 60 + 10, 'presumed'))).toEqual(ALL_IS_WELL)
  await stage.intact()
})
