/** Calls by the switches of their features: the model that a route chooses, the prompt without what says nothing, and what that saved. */
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { Workflow } from '@temporalio/common'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { keepSavingsNoted, noteSavings } from '../../src/calls/note-savings.ts'
import type { RoutePolicy } from '../../src/domain/route-policy.ts'
import type { Switches } from '../../src/domain/saving-switch.ts'
import { findRequest, type RequestRecord } from '../../src/insight/requests.ts'
import { setSwitches } from '../../src/ledger/switches.ts'
import type { BudgetedOutcome } from '../../src/workflow.ts'
import { openStage, type Stage } from '../support/stage.ts'
import { connectTemporal } from '../support/temporal.ts'
import { until } from '../support/until.ts'
import { startTestWorker, type TestWorker } from '../support/worker.ts'
import { resetToFirstTask, rowsOf } from '../workflows/history.ts'
import type { Saved } from './own-app/workflows.ts'

// On a busy machine Temporal may lose a workflow task, and hands it out again after ten seconds.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let env: TestWorkflowEnvironment
let stage: Stage
let worker: TestWorker
let workflowBundle: Awaited<ReturnType<typeof bundleWorkflowCode>>

beforeAll(async () => {
  const workflowsPath = fileURLToPath(new URL('./own-app/workflows.ts', import.meta.url))
  ;[env, stage, workflowBundle] = await Promise.all([
    connectTemporal(),
    openStage(),
    bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') }),
  ])
  worker = await startTestWorker(env, stage, { workflowBundle })
})
afterEach(() => stage.intact())
afterAll(async () => {
  await worker.stop()
  await env.teardown()
  await stage.close()
})

const start = (name: 'savedOutcome' | 'savedThenWaits', asked: Saved) =>
  env.client.workflow.start<Workflow>(name, {
    taskQueue: worker.taskQueue,
    workflowId: `saving-${randomUUID().slice(0, 13)}`,
    args: [asked],
  })

const play = async (asked: Saved): Promise<BudgetedOutcome> => (await (await start('savedOutcome', asked)).result()) as BudgetedOutcome

/** Small for what is simple, and only these two. */
const ROUTE: RoutePolicy = {
  allow: ['gemini-2.5-flash-lite', 'gemini-2.5-flash'],
  models: { simple: ['gemini-2.5-flash-lite'], standard: ['gemini-2.5-flash'], hard: ['gemini-2.5-flash'] },
}

/** A feature of its own, so that nobody has read its switches yet. */
async function feature(said: Switches): Promise<string> {
  const name = `feature-${randomUUID().slice(0, 8)}`
  if (Object.keys(said).length > 0) await setSwitches(stage.ledger, { feature: name, ...said, who: 'test', why: 'a test' })
  return name
}

const asked = async (said: Switches, change: Partial<Saved> = {}): Promise<Saved> => {
  const account = await stage.account('paid')
  return { account, text: `Classify: is "${account}" a name? Answer yes or no.`, feature: await feature(said), ...change }
}

async function recordOf(account: string): Promise<RequestRecord> {
  const [attempt] = await stage.attempts(account)
  const record = await findRequest(stage.ledger, attempt?.id ?? '')
  if (record === undefined) throw new Error(`no record of ${account}`)
  return record
}

const savingsOf = (account: string) => stage.db.sql<
  { strategy: string; saved: bigint; tokens: bigint; details: Record<string, unknown> }[]
>`
  select v.strategy, v.saved, v.tokens, v.details from purser.saving v join purser.scope s on s.id = v.scope where s.account = ${account} order by v.strategy`

/** As a worker does it a second or two later, until nothing of the account waits. */
async function noted(account: string) {
  await until('its savings are looked for', async () => {
    await noteSavings({ ledger: stage.ledger, prices: { sql: stage.sql } })
    const rows = await stage.db
      .sql`select from purser.prepared_call p join purser.call c on c.id = p.id where c.account = ${account} and p.look_at is not null`
    return rows.length === 0
  })
  return savingsOf(account)
}

describe('a route', () => {
  test.concurrent.each(['local', 'activity'] as const)('chooses the model, and everybody hears why (%s)', async (ledgerMode) => {
    const input = await asked({ route: ROUTE }, { ledgerMode })
    const handle = await start('savedOutcome', input)
    const reason = 'simple task: the first able model that the policy names for it'
    expect(await handle.result()).toMatchObject({
      kind: 'answered',
      savings: { model: 'gemini-2.5-flash-lite', reason: { code: 'listed', text: reason }, compressed: [] },
    })
    expect(await stage.requestsOf(input.account)).toMatchObject([{ model: 'gemini-2.5-flash-lite' }])
    const { rows } = await rowsOf(env.client, handle.workflowId)
    expect(rows.find(({ type }) => type === 'callModel')?.summary).toMatch(`one: gemini-2.5-flash-lite (${reason}), at most 0.`)
    expect(await recordOf(input.account)).toMatchObject({
      prepared: {
        askedModel: 'gemini-2.5-flash',
        model: 'gemini-2.5-flash-lite',
        usualModel: 'gemini-2.5-flash',
        code: 'listed',
        reason,
        removed: [],
      },
    })
  })

  test.concurrent('saves what the same usage would have cost on the model that was asked for, to the last digit, once', async () => {
    const input = await asked({ route: ROUTE })
    await play(input)
    const [saving, ...others] = await noted(input.account)
    const { lines, cost } = await recordOf(input.account)
    const [rate] = await stage.db.sql<{ micros: bigint }[]>`
      select c.usd_micros_per_eur as micros from purser.receipt c where c.reservation_id = ${(await stage.attempts(input.account))[0]?.id ?? ''}`
    // pico-USD a token of gemini-2.5-flash, from its price list.
    const then = lines.reduce((sum, { unit, quantity }) => {
      const pico = quantity * (unit === 'input_text_tokens' ? 300_000n : 2_500_000n)
      return sum + (pico * 1000n + (rate?.micros ?? 1n) - 1n) / (rate?.micros ?? 1n)
    }, 0n)
    expect({ saved: saving?.saved, others }).toEqual({ saved: then - (cost ?? 0n), others: [] })
    expect(saving?.saved).toBeGreaterThan(0n)
    expect(saving).toMatchObject({
      strategy: 'route',
      details: { from: 'gemini/gemini-2.5-flash', to: 'gemini/gemini-2.5-flash-lite', code: 'listed' },
    })
  })

  test.concurrent('takes the cheapest when little is left', async () => {
    const input = await asked({ route: { ...ROUTE, floorEur: '5' } }, { complexity: 'hard' })
    expect(await play(input)).toMatchObject({ savings: { model: 'gemini-2.5-flash-lite', reason: { code: 'emergency' } } })
  })

  test.concurrent('that is off, or was never switched on, leaves the model that was asked for', async () => {
    for (const said of [{}, { route: false } as const]) {
      const input = await asked(said)
      expect(await play(input)).toMatchObject({ savings: { model: 'gemini-2.5-flash', reason: { code: 'as_asked' } } })
      expect(await noted(input.account)).toEqual([])
    }
  })

  test.concurrent('that finds no able model leaves it, too; a call that names none ends', async () => {
    const none = { route: { ...ROUTE, allow: ['nobody'] } }
    expect(await play(await asked(none))).toMatchObject({ savings: { model: 'gemini-2.5-flash', reason: { code: 'no_able_model' } } })
    const handle = await start('savedOutcome', await asked(none, { model: 'auto' }))
    const failed = handle.result()
    await expect(failed).rejects.toMatchObject({ cause: { type: 'bad_input' } })
  })

  test.concurrent('may be left the whole choice: saved is what the standard model would have cost', async () => {
    const input = await asked({ route: ROUTE }, { model: 'auto' })
    expect(await play(input)).toMatchObject({ savings: { model: 'gemini-2.5-flash-lite' } })
    expect(await noted(input.account)).toMatchObject([{ strategy: 'route', details: { from: 'gemini/gemini-2.5-flash' } }])
    const off = await asked({ route: false, compress: { whitespace: true } }, { model: 'auto' })
    expect(await play(off)).toMatchObject({ savings: { reason: { code: 'standard' } } })
  })

  test.concurrent('is no reason for a model that the call was downgraded to', async () => {
    const account = await stage.account('free')
    const overBudget = { onRefused: 'downgrade', downgradeTo: ['gemini-2.5-flash-lite'] } as const
    const route = { ...ROUTE, allow: ['gemini-2.5-flash'] }
    const input = await asked({ route }, { account, overBudget, maxOutputTokens: 60_000, model: 'gemini-2.5-pro' })
    expect(await play(input)).toMatchObject({ kind: 'answered', savings: { model: 'gemini-2.5-flash', reason: { code: 'over_budget' } } })
    expect(await stage.requestsOf(account)).toMatchObject([{ model: 'gemini-2.5-flash-lite' }])
    expect(await noted(account)).toEqual([])
  })

  test.concurrent('without savings, "auto" is no model', async () => {
    const handle = await start('savedOutcome', await asked({}, { model: 'auto', savings: false }))
    await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'bad_input' } })
  })
})

describe('a shorter prompt', () => {
  const POLITE =
    'Could you please explain how a household plans its money for a year?\n\n\n\nGive three examples.   \n\nThank you in advance!'
  const SHORTER = 'explain how a household plans its money for a year?\n\nGive three examples.'

  test.concurrent('is what is sent, what was removed can be read, and its tokens are saved at the price of what answered', async () => {
    const input = await asked({ compress: { whitespace: true, filler: true } }, { text: POLITE })
    const outcome = await play(input)
    const { prepared, lines } = await recordOf(input.account)
    expect(outcome).toMatchObject({ savings: { compressed: expect.arrayContaining([expect.objectContaining({ rule: 'filler' })]) } })
    expect(prepared?.removed).toContainEqual(
      expect.objectContaining({ rule: 'filler', texts: expect.arrayContaining([expect.stringMatching(/please/i)]) }),
    )
    const [saving, ...others] = await noted(input.account)
    const [rate] = await stage.db.sql<{ micros: bigint }[]>`
      select c.usd_micros_per_eur as micros from purser.receipt c where c.reservation_id = ${(await stage.attempts(input.account))[0]?.id ?? ''}`
    const micros = rate?.micros ?? 1n
    const cost = (tokens: bigint): bigint => (tokens * 300_000n * 1000n + micros - 1n) / micros
    const used = lines.find(({ unit }) => unit === 'input_text_tokens')?.quantity ?? 0n
    // The emulator charges four bytes as a token.
    expect(used).toBe(BigInt(Math.ceil(Buffer.byteLength(SHORTER) / 4)))
    expect(others).toEqual([])
    expect(saving).toMatchObject({ strategy: 'compress', tokens: BigInt(prepared?.tokens ?? 0) })
    expect(saving?.saved).toBe(cost(used + BigInt(prepared?.tokens ?? 0)) - cost(used))
    expect(saving?.saved).toBeGreaterThan(0n)
  })

  test.concurrent('is off by default', async () => {
    const input = await asked({ route: ROUTE }, { text: POLITE })
    expect(await play(input)).toMatchObject({ savings: { compressed: [] } })
  })
})

describe('what was prepared for a call', () => {
  test('stays, whatever is switched since: a reset hears the first answer, and nothing is sent again', async () => {
    const input = await asked({ route: ROUTE, compress: { filler: true } })
    const handle = await start('savedOutcome', input)
    const before = await handle.result()
    await setSwitches(stage.ledger, { feature: input.feature ?? '', route: false, compress: false, who: 'test', why: 'off' })
    // Another worker, which has read nothing yet.
    await worker.stop()
    worker = await startTestWorker(env, stage, { workflowBundle, taskQueue: worker.taskQueue })
    await resetToFirstTask(env.client, handle.workflowId)
    expect(await env.client.workflow.getHandle(handle.workflowId).result()).toEqual(before)
    expect(await stage.requestsOf(input.account)).toHaveLength(1)
  })

  test('is noted though its job was ended by force after the answer, once for all who look', async () => {
    const input = await asked({ route: ROUTE })
    const handle = await start('savedThenWaits', input)
    await until('it is booked', async () => (await stage.attempts(input.account))[0]?.state === 'settled')
    await handle.terminate('a test')
    await Promise.all([1, 2, 3].map(() => noted(input.account)))
    expect(await savingsOf(input.account)).toHaveLength(1)
  })

  test('is noted by every worker, a second or two after the answer', async () => {
    const input = await asked({ route: ROUTE })
    const warnings: string[] = []
    const noting = { ledger: stage.ledger, prices: { sql: stage.sql } }
    const workers = [1, 2].map(() => keepSavingsNoted(noting, (line) => warnings.push(line)))
    try {
      await play(input)
      await until('it is noted', async () => (await savingsOf(input.account)).length > 0)
    } finally {
      await Promise.all(workers.map((one) => one.stop()))
    }
    expect(await savingsOf(input.account)).toHaveLength(1)
    expect(warnings).toEqual([])
  })

  test('is noted by another worker, when the one that took it was lost before it noted', async () => {
    const input = await asked({ route: ROUTE })
    await play(input)
    // What a worker takes is its own for half a minute; then it is anybody's.
    await until('somebody took it', async () => {
      const [row] = await stage.db.sql<{ taken: boolean }[]>`
        select bool_or(x ->> 'call' = c.id::text) as taken from purser.call c, jsonb_array_elements(purser.take_prepared(1000) -> 'answered') x where c.account = ${input.account}`
      return row?.taken === true || (await savingsOf(input.account)).length > 0
    })
    await stage.db
      .sql`update purser.prepared_call p set look_at = clock_timestamp() from purser.call c where c.id = p.id and c.account = ${input.account} and look_at is not null`
    await noted(input.account)
    expect(await savingsOf(input.account)).toHaveLength(1)
  })
})

test.concurrent('where its feature’s switch says so, the same question again costs nothing, unless the call says no', async () => {
  const input = await asked({ cache: {}, route: ROUTE })
  const first = await play(input)
  expect(first).toMatchObject({ kind: 'answered', savings: { model: 'gemini-2.5-flash-lite' } })
  const text = 'text' in first ? first.text : undefined
  expect(await play(input)).toMatchObject({
    kind: 'answered',
    cached: true,
    cost: { amount: '0.000000000' },
    text,
    savings: { model: 'gemini-2.5-flash-lite' },
  })
  expect(await stage.requestsOf(input.account)).toHaveLength(1)
  expect(await play({ ...input, cache: false })).not.toHaveProperty('cached')
  expect(await stage.requestsOf(input.account)).toHaveLength(2)
})
