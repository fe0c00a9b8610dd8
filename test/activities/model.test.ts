import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ApplicationFailure } from '@temporalio/common'
import { describe, expect, test } from 'vitest'
import { ofMoney } from '../../src/domain/money.ts'
import type { FaultName } from '../../src/emulator/faults.ts'
import { raiseBound } from '../../src/ledger/models.ts'
import { activitiesOf } from '../../src/worker.ts'
import { requestIdOf, type WishedFault } from '../support/emulator.ts'
import { until } from '../support/until.ts'
import { askFor, newJob, type Job } from './activity.ts'
import { callStage } from './call.ts'

const on = callStage()

interface LogRow {
  readonly success: boolean
  readonly error: string | null
  readonly total_tokens: bigint
  readonly total_cost: bigint
  readonly duration_ms: number
  readonly user_id: string
  readonly prompt_hash: string
}

const callLog = async (reservationId: string): Promise<LogRow | undefined> =>
  (await on.stage().db.sql<LogRow[]>`select * from purser.call_log where request_id = ${reservationId}`)[0]

const modelCallLines = (job: Job) => job.logged.filter((l) => l.message === 'model call').map((l) => l.meta)

test('an answer is dispatched, sent once, stored, booked exactly, logged once', async () => {
  const { job, account, outcome } = await on.play()
  const attempt = await on.only(account)
  expect(outcome).toMatchObject({
    kind: 'answered',
    reservationId: attempt.id,
    attempt: 1,
    requests: 1,
    flags: [],
    blob: { mimeType: 'image/png' },
    response: { finishReason: 'STOP' },
  })
  expect(attempt).toMatchObject({ state: 'settled', costSource: 'answer' })
  expect(await on.stage().balance(account)).toMatchObject({ reserved: 0n, spent: attempt.cost, overrun: 0n })
  expect(await on.stage().requestsOf(account)).toHaveLength(1)
  expect(await callLog(attempt.id)).toMatchObject({ success: true, error: null, total_cost: attempt.cost, user_id: 'ada' })
  expect(modelCallLines(job)).toEqual([
    expect.objectContaining({
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      request_id: requestIdOf(attempt.id),
      provider: 'gemini',
      endpoint: 'generateContent',
      model: 'gemini-2.5-flash-image',
      account,
      user: 'ada',
      output_tokens: 1290,
      total_tokens: expect.any(Number),
      image_tokens: 1290,
      total_cost: expect.stringMatching(/^0\.0\d{8}$/),
      other_cost: '0.000000000',
      cost_per_1000_tokens: expect.stringMatching(/^0\.0\d{8}$/),
      duration_ms: expect.any(Number),
      success: true,
    }),
  ])
})

test('the blob and the receipt lie beside each other, and the receipt holds all that a settle needs', async () => {
  const { outcome, account } = await on.play()
  if (outcome instanceof Error || outcome.kind !== 'answered') throw new Error('no answer')
  const attempt = await on.only(account)
  expect((await readFile(join(on.stage().folder, 'blobs', outcome.blob?.ref ?? ''))).length).toBe(outcome.blob?.bytes)
  const file = await on.stage().receiptFile(attempt.id)
  const receipt = JSON.parse(await readFile(file ?? '', 'utf8')) as Record<string, unknown>
  const [row] = await on.stage().db.sql<{ token: string }[]>`select token from purser.reservation where id = ${attempt.id}`
  expect(receipt).toMatchObject({ reservationId: attempt.id, token: row?.token, account, cost: String(attempt.cost), blob: outcome.blob })
  const [scope] = await on.stage().db.sql`select id from purser.scope where account = ${account}`
  expect(receipt).toMatchObject({
    scope: scope?.['id'],
    budgetPeriods: [expect.any(Number)],
    source: 'answer',
    durationMs: expect.any(Number),
  })
})

test('from the receipt file alone an answer can be booked, to the same cost', async () => {
  const { account } = await on.play()
  const attempt = await on.only(account)
  const file = await on.stage().receiptFile(attempt.id)
  const receipt = JSON.parse(await readFile(file ?? '', 'utf8')) as never
  const { sql } = on.stage().db
  // As if the worker had died between the file and the settle: an attempt of its own, dispatched, with the file's answer.
  const token = randomUUID()
  const [fresh] = await sql<{ id: string; call: string }[]>`
    insert into purser.call (id, installation, workflow_id, call_id, account)
      select overlay(c.id::text placing substr(gen_random_uuid()::text, 15) from 15)::uuid, installation, 'receipt-' || c.id, call_id, account
        from purser.call c where id = (select call from purser.reservation where id = ${attempt.id})
      returning id as call, purser.new_attempt_id(id) as id`
  await sql`
    insert into purser.reservation (id, call, ask, attempt, run, scope, linked_set, state, amount, margin, rate_id, at, hold_until, bound_valid_until, request_hash,
        token, dispatched_at, request_timeout_ms)
      select ${fresh?.id ?? ''}, ${fresh?.call ?? ''}, 1, 1, run, scope, linked_set, 'dispatched', amount, margin, rate_id, at, hold_until, bound_valid_until,
          request_hash, ${token}, now(), 1000
        from purser.reservation where id = ${attempt.id}`
  await sql`select purser.book('reserve', ${account}, id, purser.periods_of(linked_set), amount, 0) from purser.reservation where id = ${fresh?.id ?? ''}`
  const [booked] = await sql<{ answer: { kind: string } }[]>`
    select purser.settle(${fresh?.id ?? ''}, ${token}, ${sql.json(receipt)}) as answer`
  expect(booked?.answer.kind).toBe('settled')
  const [row] = await sql<{ cost: bigint }[]>`select cost from purser.reservation where id = ${fresh?.id ?? ''}`
  expect(row?.cost).toBe(attempt.cost)
})

test('a repeat after the answer hears the very same answer and sends nothing', async () => {
  const played = await on.play()
  const again = await on.call({ ...played, execution: played.job.execution() })
  expect(again).toEqual(played.outcome)
  expect(await on.stage().requestsOf(played.account)).toHaveLength(1)
})

describe('how each fault ends', () => {
  const IN_DOUBT: readonly WishedFault[] = [
    { fault: 'internal' },
    { fault: 'proxy_unavailable' },
    { fault: 'proxy_unavailable', billed: true },
    { fault: 'proxy_bad_gateway' },
    { fault: 'not_json', billed: true },
    { fault: 'cut_before_headers' },
    { fault: 'cut_after_headers', billed: true },
    { fault: 'billed_but_cut' },
  ]
  test.each(IN_DOUBT)('%j: in doubt, the money stays held, the failed call is logged', async (fault) => {
    const { job, account, outcome } = await on.play(fault)
    const attempt = await on.only(account)
    expect(attempt).toMatchObject({ state: 'in_doubt', cost: null })
    expect(outcome).toMatchObject({ kind: 'in_doubt', reservationId: attempt.id, reason: attempt.why })
    expect(await on.stage().balance(account)).toMatchObject({ reserved: attempt.amount, spent: 0n })
    expect(await callLog(attempt.id)).toMatchObject({ success: false, error: attempt.why, total_cost: 0n })
    expect(modelCallLines(job)).toEqual([expect.objectContaining({ success: false, total_cost: '0.000000000', error: attempt.why })])
    expect(await on.stage().requestsOf(account)).toHaveLength(1)
  })

  test.each<[WishedFault, string]>([
    [{ fault: 'rate_limited', retryAfterSeconds: 3 }, 'rate_limited'],
    [{ fault: 'unavailable', retryAfterSeconds: 3 }, 'provider_unavailable'],
  ])('%j: rejected, and the money is handed on to the next attempt of the same ask', async (fault, type) => {
    const { job, account, outcome } = await on.play(fault)
    expect(outcome).toBeInstanceOf(ApplicationFailure)
    expect(outcome).toMatchObject({ type, nonRetryable: false, nextRetryDelay: 3_000, details: [{ retryAfterMs: 3_000 }] })
    const [first, second] = await on.stage().attempts(account)
    expect([first?.state, second?.state, second?.attempt, second?.ask]).toEqual(['rejected', 'reserved', 2, 1])
    expect(await on.stage().balance(account)).toMatchObject({ reserved: first?.amount, spent: 0n })
    expect(await callLog(first?.id ?? '')).toMatchObject({ success: false, total_cost: 0n })
    expect(modelCallLines(job)).toHaveLength(1)

    const answer = await on.call({ ask: askFor(account, `meets ${account}`), execution: job.execution() })
    expect(answer).toMatchObject({ kind: 'answered', attempt: 2 })
    expect(await on.stage().balance(account)).toMatchObject({ reserved: 0n })
    expect(modelCallLines(job).map((l) => l['success'])).toEqual([false, true])
  })

  test('refused, but a bill has named its cost meanwhile: in doubt, not rejected, and nothing comes back', async () => {
    const { ask, account, execution } = await on.reserved({ fault: 'rate_limited', retryAfterSeconds: 3 })
    const { id } = await on.only(account)
    const { sql } = on.stage().db
    const session = await sql.reserve()
    await session`begin`
    await session`select from purser.call c join purser.reservation r on r.call = c.id where r.id = ${id} for update of c`
    const calling = on.call({ ask, execution })
    await until('the refusal waits for the call', async () => {
      const [row] = await sql<{ n: number }[]>`
        select count(*)::int as n from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock' and query like '%purser.reject%'`
      return (row?.n ?? 0) > 0
    })
    await session`select purser.adjust(${id}, 20000000, 'bill', 'line 1', 'as billed')`
    await session`commit`
    session.release()
    expect(await calling).toMatchObject({ kind: 'in_doubt', reservationId: id })
    expect(await on.only(account)).toMatchObject({ state: 'settled', costSource: 'bill', cost: 20_000_000n })
    expect(await on.stage().balance(account)).toMatchObject({ reserved: 0n, spent: 20_000_000n })
  })

  test('a wrong key: rejected for good, all money back', async () => {
    const strangers = activitiesOf(on.stage().config, 'not-a-key-of-the-emulator', on.stage().sql, on.stage().installation)
    const { job, ask, account } = await on.reserved()
    const outcome = await job.run(strangers, 'callModel', ask)
    expect(outcome).toMatchObject({ kind: 'rejected', reason: expect.stringContaining('API key not valid') })
    expect(outcome).not.toHaveProperty('earlier')
    // Whoever comes to it again hears that this is old news.
    expect(await job.run(strangers, 'callModel', ask)).toMatchObject({ kind: 'rejected', earlier: true })
    expect(await on.only(account)).toMatchObject({ state: 'rejected' })
    expect(await on.stage().balance(account)).toMatchObject({ reserved: 0n, spent: 0n })
    expect(JSON.stringify(job.logged) + String((await callLog((await on.only(account)).id))?.error)).not.toContain(
      'not-a-key-of-the-emulator',
    )
  })

  test.each<[FaultName, string]>([
    ['blocked', 'SAFETY'],
    ['image_safety', 'IMAGE_SAFETY'],
  ])('%s: the answer is withheld, and its cost is booked', async (fault, blocked) => {
    const { account, outcome } = await on.play({ fault })
    expect(outcome).toMatchObject({ kind: 'answered', response: { blocked } })
    const attempt = await on.only(account)
    expect(attempt).toMatchObject({ state: 'settled', costSource: 'answer' })
    expect(attempt.cost).toBeGreaterThan(0n)
    expect(await on.stage().balance(account)).toMatchObject({ reserved: 0n, spent: attempt.cost })
  })

  test('no usage: the whole bound is booked, as a presumption', async () => {
    const { account, outcome } = await on.play({ fault: 'no_usage' })
    const attempt = await on.only(account)
    expect(outcome).toMatchObject({ kind: 'answered', flags: ['usage_missing'], usage: [], givenBack: { amount: '0.000000000' } })
    expect(attempt).toMatchObject({ state: 'settled', costSource: 'presumption', cost: attempt.amount })
    expect(await callLog(attempt.id)).toMatchObject({ success: true, total_cost: attempt.amount })
  })

  test('a picture that its usage does not count: the whole bound is booked, as a presumption, not the prompt alone', async () => {
    const { account, outcome } = await on.play({ fault: 'prompt_usage_only' })
    const attempt = await on.only(account)
    expect(outcome).toMatchObject({ kind: 'answered', blob: { mimeType: 'image/png' }, flags: ['usage_incomplete'] })
    expect(attempt).toMatchObject({ state: 'settled', costSource: 'presumption', cost: attempt.amount })
    expect(await on.stage().balance(account)).toMatchObject({ reserved: 0n, spent: attempt.amount })
    const [entry] = await on.stage().billOf(account)
    expect(BigInt(entry?.picoUsd ?? 0)).toBeGreaterThan(38_000_000_000n)
  })

  test('a cost above the bound is booked in full, as overrun, and alarmed; nothing more of its model starts until its bound is raised', async () => {
    const model = 'gemini-3.1-flash-lite-image'
    const { job, account, outcome } = await on.play({ fault: 'usage_above_bound' }, 'free', model)
    const attempt = await on.only(account)
    expect(outcome).toMatchObject({ kind: 'answered', givenBack: { amount: '0.000000000' } })
    expect(attempt.cost).toBeGreaterThan(attempt.amount)
    const { cap, spent, overrun } = await on.stage().balance(account)
    expect(spent).toBe(attempt.cost)
    expect(overrun).toBe((attempt.cost ?? 0n) - cap)
    expect(overrun).toBeGreaterThan(0n)
    expect(job.logged).toContainEqual(expect.objectContaining({ level: 'ERROR', message: expect.stringContaining('bound_violated') }))
    expect(job.logged).toContainEqual(expect.objectContaining({ level: 'ERROR', message: expect.stringContaining('model_stopped') }))
    const other = await on.stage().account()
    const asked = askFor(other, other)
    const ask = { ...asked, request: { ...asked.request, model } }
    expect(await newJob().run(on.activities(), 'reserveBudget', ask)).toEqual({
      kind: 'stopped',
      reason: `stopped: bound violated by ${requestIdOf(attempt.id)}: purser models raise ${model} --by PERCENT --why …`,
    })
    expect(await newJob().run(on.activities(), 'reserveBudget', askFor(other, other))).toMatchObject({ kind: 'reserved' })
    await raiseBound(on.stage().ledger, { provider: undefined, model, byPercent: 250, why: 'a test', key: 'k' })
    // So long a worker may go by what it read before.
    await sleep(1_100)
    const raised = await newJob().run(on.activities(), 'reserveBudget', ask)
    expect(raised.kind === 'reserved' ? ofMoney(raised.amount) : 0n).toBeGreaterThan(3n * attempt.amount)
  })

  test('two images: both are paid, one is given, flagged', async () => {
    const { account, outcome } = await on.play({ fault: 'two_images' }, 'paid', 'gemini-nano-banana-2.1')
    expect(outcome).toMatchObject({
      kind: 'answered',
      flags: ['extra_image'],
      usage: expect.arrayContaining([{ unit: 'output_image_tokens', quantity: 2240 }]),
    })
    const attempt = await on.only(account)
    expect(attempt.cost).toBeGreaterThan(attempt.amount)
  })
})
