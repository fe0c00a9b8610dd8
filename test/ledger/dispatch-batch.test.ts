import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import type { CallKey } from '../../src/domain/call.ts'
import { eur } from '../../src/domain/money.ts'
import { dispatchBatch, type DispatchedBatch } from '../../src/ledger/dispatch-batch.ts'
import { openTestLedger, times } from '../support/ledger.ts'

const t = await openTestLedger()
afterAll(async () => {
  await t.audited()
  await t.drop()
})

const DAY_MS = 26 * 3_600_000

/** A job with so many lines, each of an account of its own, all reserved. */
async function reservedBatch(count: number, accounts: readonly string[] = []) {
  const runId = randomUUID()
  const job: Omit<CallKey, 'callId'> = {
    installation: t.installation,
    workflowId: `job-${randomUUID()}`,
    jobStartedAt: new Date().toISOString(),
  }
  const lines = await Promise.all(
    times(count, async (i) => {
      const account = accounts[i % accounts.length] ?? (await t.accountWith({ cap: '0.10' }))
      const call = t.callOf(t.ledger, account, { key: { ...job, callId: `line-${i}` } })
      await call.reserve({ runId })
      return { account, call }
    }),
  )
  const name = `purser-${randomUUID()}`
  const dispatched = (
    token = randomUUID(),
    change: { readonly requestHash?: string; readonly without?: string; readonly only?: string; readonly runId?: string } = {},
  ): Promise<DispatchedBatch> =>
    dispatchBatch(t.ledger, {
      name,
      token,
      runId: change.runId ?? runId,
      calls: lines
        .filter(({ call: { key } }) => key.callId !== change.without && (change.only ?? key.callId) === key.callId)
        .map(({ account, call }) => ({ key: call.key, ask: 1, account, requestHash: change.requestHash ?? 'hash' })),
      requestTimeoutMs: DAY_MS,
      providerMaxMs: DAY_MS,
    })
  return { lines, dispatched, name }
}

test('of twenty executions at once exactly one may hand the batch in, and all hear the same lines with the same tokens', async () => {
  const { dispatched } = await reservedBatch(5)
  const answers = await Promise.all(times(20, () => dispatched()))
  expect(answers.filter(({ mayHandIn }) => mayHandIn)).toHaveLength(1)
  const [first] = answers
  expect(first?.sent).toHaveLength(5)
  expect(new Set(first?.sent.map(({ token }) => token)).size).toBe(5)
  for (const { sent } of answers) expect(sent).toEqual(first?.sent)
})

test('the execution that lost our answer may still hand it in within five seconds, and not after', async () => {
  const { dispatched, name } = await reservedBatch(1)
  const token = randomUUID()
  expect(await dispatched(token)).toMatchObject({ mayHandIn: true, ageMs: 0 })
  expect(await dispatched(token)).toMatchObject({ mayHandIn: true })
  await t.owner`alter table purser.provider_batch disable trigger provider_batch_append_only`
  await t.owner`update purser.provider_batch set at = at - interval '5 seconds' where name = ${name}`
  await t.owner`alter table purser.provider_batch enable trigger provider_batch_append_only`
  expect(await dispatched(token)).toMatchObject({ mayHandIn: false, ageMs: expect.any(Number) })
})

test('a line’s token books its answer, a day later and from any worker', async () => {
  const { lines, dispatched } = await reservedBatch(2)
  const { sent } = await dispatched()
  for (const { callId, token, go } of sent) {
    const line = lines.find(({ call }) => call.key.callId === callId)
    await t.age(go.reservationId, 24 * 3_600)
    await line?.call.settle({ ...go, token }, eur('0.01'))
    expect(await t.counters(line?.account ?? '')).toMatchObject({ reserved: 0n, spent: eur('0.01') })
  }
})

test('a line whose hold is over is not part of the batch; the others are', async () => {
  const { lines, dispatched } = await reservedBatch(3)
  const [, second] = lines
  const [attempt] = await t.owner<{ id: string }[]>`
    select r.id from purser.reservation r join purser.call c on c.id = r.call where c.account = ${second?.account ?? ''}`
  await t.endHold(attempt?.id ?? '')
  const { sent, unsent } = await dispatched()
  expect(sent).toHaveLength(2)
  expect(unsent).toEqual([{ callId: 'line-1', answer: { kind: 'lapsed' } }])
  expect(await t.counters(second?.account ?? '')).toMatchObject({ reserved: 0n })
})

test('a line that comes when its batch is handed in already is not part of it: it has lapsed, and its money is back', async () => {
  const { lines, dispatched } = await reservedBatch(3)
  const first = await dispatched(randomUUID(), { without: 'line-1' })
  expect(first.sent.map(({ callId }) => callId).toSorted()).toEqual(['line-0', 'line-2'])
  const again = await Promise.all([dispatched(), dispatched(), dispatched()])
  for (const { mayHandIn, sent, unsent } of again) {
    expect([mayHandIn, sent]).toEqual([false, first.sent])
    expect(unsent).toEqual([{ callId: 'line-1', answer: { kind: 'lapsed' } }])
  }
  expect(await t.counters(lines[1]?.account ?? '')).toMatchObject({ reserved: 0n })
  const next = await lines[1]?.call.reserve({ ask: 2, runId: lines[1].call.runId })
  expect(next).toMatchObject({ kind: 'reserved' })
})

test('a run that is no more the newest, and comes first, does not end the newest’s lines: they go with its next batch', async () => {
  const { lines, dispatched } = await reservedBatch(2)
  const newest = randomUUID()
  for (const { call } of lines) await call.reserve({ runId: newest })
  expect((await dispatched()).unsent).toMatchObject([{ answer: { kind: 'closed' } }, { answer: { kind: 'closed' } }])
  const { mayHandIn, sent, unsent } = await dispatched(randomUUID(), { runId: newest })
  expect([mayHandIn, sent]).toEqual([false, []])
  expect(unsent).toMatchObject([{ answer: { kind: 'lapsed' } }, { answer: { kind: 'lapsed' } }])
  for (const { account, call } of lines) {
    expect(await t.counters(account)).toMatchObject({ reserved: 0n })
    expect(await call.reserve({ ask: 2, runId: newest })).toMatchObject({ kind: 'reserved' })
  }
})

test('batches that give back to the same budgets at once do not wait for each other in a circle', async () => {
  const accounts = await Promise.all(times(6, () => t.accountWith({ cap: '20.00' })))
  const batches = await Promise.all(times(8, () => reservedBatch(24, accounts)))
  for (const { dispatched } of batches) await dispatched(randomUUID(), { only: 'line-0' })
  for (const { unsent } of await Promise.all(batches.map(({ dispatched }) => dispatched()))) expect(unsent).toHaveLength(23)
})

test('other terms are a conflict, and then nothing is dispatched', async () => {
  const { lines, dispatched } = await reservedBatch(2)
  await expect(dispatched(randomUUID(), { requestHash: 'another' })).rejects.toMatchObject({ code: 'conflict' })
  for (const { account } of lines) {
    const rows = await t.owner`
      select r.state from purser.reservation r join purser.call c on c.id = r.call where c.account = ${account}`
    expect(rows).toEqual([{ state: 'reserved' }])
  }
})

test('batches that share calls end nobody: one has them, the other hears so', async () => {
  const { lines, dispatched } = await reservedBatch(4)
  const other = () =>
    dispatchBatch(t.ledger, {
      name: `purser-${randomUUID()}`,
      token: randomUUID(),
      runId: lines[0]?.call.runId ?? '',
      calls: lines.toReversed().map(({ account, call }) => ({ key: call.key, ask: 1, account, requestHash: 'hash' })),
      requestTimeoutMs: DAY_MS,
      providerMaxMs: DAY_MS,
    })
  const answers = await Promise.all([dispatched(), other(), other()])
  expect(answers.flatMap(({ sent }) => sent.map(({ callId }) => callId)).toSorted()).toEqual(['line-0', 'line-1', 'line-2', 'line-3'])
})

test('what a batch was stays as it was', async () => {
  const { dispatched, name } = await reservedBatch(1)
  await dispatched()
  await expect(t.owner`delete from purser.provider_batch where name = ${name}`).rejects.toThrow('append')
})
