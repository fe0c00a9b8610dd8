/** Lines of batches by the switches of their features: each has its model and what is left of its words, decided once for the batch and for the call by itself. */
import { randomUUID } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { noteSavings } from '../../src/calls/note-savings.ts'
import { setRateLimit } from '../../src/ledger/rate-limits.ts'
import { setSwitches } from '../../src/ledger/switches.ts'
import type { batchCalls, LineOutcome } from '../../src/workflows/batch-calls.ts'
import { until } from '../support/until.ts'
import { workedStage } from '../support/worked-stage.ts'
import { startTestWorker } from '../support/worker.ts'
import { resetToFirstTask } from '../workflows/history.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const on = await workedStage()
const { env, stage } = on

const [LITE, FLASH] = ['gemini-2.5-flash-lite', 'gemini-2.5-flash'] as const
const ROUTE = { allow: [LITE, FLASH], models: { simple: [LITE], standard: [FLASH], hard: [FLASH] } }

interface Asked {
  readonly account: string
  readonly feature: string
  readonly deadlineMs?: number
}

/** A feature that routes and shortens, and an account. */
async function saving(): Promise<Asked> {
  const [account, feature] = [await stage.account('paid'), `feature-${randomUUID().slice(0, 8)}`]
  await setSwitches(stage.ledger, { feature, route: ROUTE, compress: { filler: true }, who: 'test', why: 'a test' })
  return { account, feature }
}

/** An easy one that is polite, a hard one, and one that wants nothing saved. */
const linesOf = ({ account, feature }: Asked) => {
  const line = { account, feature, model: FLASH, maxOutputTokens: 1_000 }
  return [
    { ...line, callId: 'easy', prompt: `Could you please classify: is "${account}" a name? Answer yes or no.`, savings: true },
    { ...line, callId: 'hard', prompt: `Prove the claim of ${account}.`, savings: true, complexity: 'hard' },
    { ...line, callId: 'plain', prompt: `Could you please say what ${account} is?` },
  ] as const
}

const start = (asked: Asked, cancelBeforeMs?: number) =>
  env.client.workflow.start<typeof batchCalls>('batchCalls', {
    taskQueue: on.worker.taskQueue,
    workflowId: `saving-${randomUUID().slice(0, 13)}`,
    args: [{ lines: linesOf(asked), deadline: new Date(Date.now() + (asked.deadlineMs ?? 60_000)).toISOString(), cancelBeforeMs }],
  })

const chosenIn = (outcomes: readonly LineOutcome[]) =>
  outcomes.map(({ kind, savings }) => [kind, savings?.model, savings?.reason.code, savings?.compressed.map(({ rule }) => rule)])
const CHOSEN = [
  ['answered', LITE, 'listed', ['filler']],
  ['answered', FLASH, 'listed', []],
  ['answered', undefined, undefined, undefined],
]

/** As a worker does it a second or two later. By line: what was saved in all, and what the same usage would have cost by itself on the model that was asked for, less what was paid. */
async function savedOf(account: string) {
  await until('savings are noted', async () => {
    await noteSavings({ ledger: stage.ledger, prices: { sql: stage.sql } })
    const rows = await stage.db
      .sql`select from purser.prepared_call p join purser.call c on c.id = p.id where c.account = ${account} and p.look_at is not null`
    return rows.length === 0
  })
  return stage.db.sql<{ line: string; strategies: string; saved: bigint; input: bigint; output: bigint; micros: bigint; cost: bigint }[]>`
    select c.call_id as line, string_agg(v.strategy, ' ' order by v.strategy) as strategies, sum(v.saved) filter (where v.strategy <> 'compress')::bigint as saved,
           p.quantities[array_position(p.units, 'input_text_tokens')] as input,
           (select sum(q) from unnest(p.units, p.quantities) as x (u, q) where u like 'output%')::bigint as output, p.usd_micros_per_eur as micros, p.cost
      from purser.saving v join purser.call c on c.id = v.call join purser.reservation r on r.call = c.id join purser.receipt p on p.reservation_id = r.id and p.token = r.token
     where c.account = ${account} group by c.call_id, p.units, p.quantities, p.usd_micros_per_eur, p.cost order by c.call_id`
}

test.concurrent(
  'each line goes with the batch of its model, without what says nothing; each strategy’s saving is counted once',
  async () => {
    const asked = await saving()
    const handle = await start(asked)
    expect(chosenIn(await handle.result())).toEqual(CHOSEN)
    const sent = await stage.requestsOf(asked.account)
    expect(sent.map(({ model }) => model).toSorted()).toEqual([FLASH, FLASH, LITE])
    const lines = await savedOf(asked.account)
    expect(lines.map(({ line, strategies }) => [line, strategies])).toEqual([
      ['easy', 'batch compress route'],
      ['hard', 'batch'],
      ['plain', 'batch'],
    ])
    // The emulator charges four bytes as a token.
    const said = [
      `classify: is "${asked.account}" a name? Answer yes or no.`,
      ...linesOf(asked)
        .slice(1)
        .map(({ prompt }) => prompt),
    ]
    expect(lines.map(({ input }) => input)).toEqual(said.map((text) => BigInt(Math.ceil(Buffer.byteLength(text) / 4))))
    for (const { saved, cost, input, output, micros } of lines) {
      // pico-USD a token of gemini-2.5-flash, from its price list; each part of a cost is rounded up.
      const usual = (Number(input * 300_000n + output * 2_500_000n) / Number(micros)) * 1_000
      expect(Math.abs(Number(saved + cost) - usual)).toBeLessThan(3)
    }
  },
)

test.concurrent('at the deadline a line is asked by itself as it was prepared, and a route counts as one then', async () => {
  const asked = { ...(await saving()), deadlineMs: 5_000 }
  await stage.emulator.fault({ fault: 'batch_late', promptIncludes: asked.account, ms: 60_000, times: 2 })
  const handle = await start(asked, 3_000)
  expect(chosenIn(await handle.result())).toEqual(CHOSEN)
  const bill = await stage.billOf(asked.account)
  expect(bill.map(({ model, tier }) => [model, tier ?? 'standard']).toSorted((a, b) => (a.join(' ') < b.join(' ') ? -1 : 1))).toEqual([
    [FLASH, 'standard'],
    [FLASH, 'standard'],
    [LITE, 'standard'],
  ])
  expect((await savedOf(asked.account)).map(({ line, strategies }) => [line, strategies])).toEqual([['easy', 'compress route']])
})

test.concurrent('a pace holds for all batches of a job together', async () => {
  const account = await stage.account('free')
  await setRateLimit(stage.ledger, { name: `pace-${account}`, scope: { account }, pacePercent: 50, reason: 'a test' })
  await stage.emulator.fault({ fault: 'batch_late', promptIncludes: account, ms: 60_000, times: 4 })
  const lineOf = (n: number, model: string, maxOutputTokens: number) => ({
    callId: `line-${n}`,
    account,
    model,
    prompt: `question ${n} of ${account}`,
    maxOutputTokens,
  })
  const handle = await env.client.workflow.start<typeof batchCalls>('batchCalls', {
    taskQueue: on.worker.taskQueue,
    workflowId: `pace-${randomUUID().slice(0, 13)}`,
    args: [
      {
        lines: [lineOf(1, FLASH, 40_000), ...[2, 3, 4].map((n) => lineOf(n, LITE, 60_000))],
        deadline: new Date(Date.now() + 5_000).toISOString(),
        cancelBeforeMs: 2_000,
        onDeadline: 'end',
      },
    ],
  })
  const outcomes = await handle.result()
  expect(outcomes.map(({ kind }) => kind)).toEqual(['rejected', 'lapsed', 'lapsed', 'lapsed'])
  expect((await stage.attempts(account)).map(({ callId }) => callId)).toEqual(['line-1'])
})

test('a job that is reset finds its batches again, whatever is switched since', async () => {
  const asked = await saving()
  await stage.emulator.fault({ fault: 'batch_late', promptIncludes: asked.account, ms: 4_000, times: 2 })
  const handle = await start(asked)
  await until('they are handed in', async () => (await stage.requestsOf(asked.account)).length === 3)
  await setSwitches(stage.ledger, { feature: asked.feature, route: false, compress: false, who: 'test', why: 'off' })
  // Another worker, which has read nothing yet.
  await on.worker.stop()
  on.worker = await startTestWorker(env, stage, { taskQueue: on.worker.taskQueue })
  await resetToFirstTask(env.client, handle.workflowId)
  expect(chosenIn((await env.client.workflow.getHandle(handle.workflowId).result()) as LineOutcome[])).toEqual(CHOSEN)
  expect(await stage.requestsOf(asked.account)).toHaveLength(3)
  expect((await stage.balance(asked.account)).reserved).toBe(0n)
})
