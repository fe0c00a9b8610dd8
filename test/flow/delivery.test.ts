import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { Client } from '@temporalio/client'
import { afterAll, beforeAll, expect, inject, onTestFinished, test, vi } from 'vitest'
import { webhookId } from '../../src/delivery/deliver.ts'
import { newSecret } from '../../src/delivery/sign.ts'
import { resendDelivery } from '../../src/ledger/deliveries.ts'
import { disableDestination, rotateSecret, testDestination } from '../../src/ledger/destinations.ts'
import { ledgerOver } from '../../src/ledger/ledger.ts'
import { noteStarted, takeStarts } from '../../src/ledger/notice-starts.ts'
import { connectSql } from '../../src/platform/sql.ts'
import { openTemporalConnection } from '../../src/temporal-connection.ts'
import type { Running } from '../../src/until-stopped.ts'
import { deliveriesOf, destinationOf, putNotice, startNoticesOf } from '../support/notices.ts'
import { startReceiver, verified, withStatus, type Receiver } from '../support/receiver.ts'
import { openStage, type Stage } from '../support/stage.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { connectTemporal } from '../support/temporal.ts'
import { until } from '../support/until.ts'
import { startTestWorker, type TestWorker } from '../support/worker.ts'
import { startChildWorker } from './child-worker.ts'

vi.setConfig({ testTimeout: 45_000 })

let env: TestWorkflowEnvironment
let stage: Stage
let worker: TestWorker
let starting: Running
beforeAll(async () => {
  ;[env, stage] = await Promise.all([connectTemporal(), openStage({ env: { PURSER_DELIVER_TO_PRIVATE: 'true' } })])
  worker = await startTestWorker(env, stage)
  starting = startNoticesOf(stage, worker)
})
afterAll(async () => {
  await starting.stop()
  await worker.stop()
  await env.teardown()
  await stage.close()
})

async function receiving(): Promise<Receiver> {
  const receiver = await startReceiver()
  onTestFinished(() => receiver.close())
  return receiver
}

const ended = (noticeId: string, state: string) =>
  until(`it is ${state}`, async () => {
    const deliveries = await deliveriesOf(stage, noticeId)
    return deliveries.length > 0 && deliveries.every((delivery) => delivery.state === state) && deliveries
  })

test('what is told reaches everybody who wants it, once, with a signature that the independent library verifies', async () => {
  const account = await stage.account()
  const [all, theirs, others] = [await receiving(), await receiving(), await receiving()]
  const [first, second] = [
    await destinationOf(stage, all.url, { types: ['budget.threshold', 'report.*'] }),
    await destinationOf(stage, theirs.url, { types: ['budget.*'], account }),
  ]
  await destinationOf(stage, others.url, { types: ['alert.*', 'budget'], account })
  await destinationOf(stage, others.url, { types: ['*'], account: await stage.account() })

  const notice = { key: `threshold of ${account}`, type: 'budget.threshold', account, text: '80 % is used', data: { percent: 80 } }
  const id = await putNotice(stage, notice)
  expect(await putNotice(stage, { ...notice, text: 'another text' })).toBe(id)
  const deliveries = await ended(id, 'delivered')
  expect(deliveries.map(({ destination, attempts, status }) => [destination, attempts, status])).toEqual([
    [first.id, 1, 204],
    [second.id, 1, 204],
  ])
  for (const [receiver, { secret }] of [
    [all, first],
    [theirs, second],
  ] as const) {
    expect(receiver.received).toHaveLength(1)
    const [got] = receiver.received
    expect(got?.headers['webhook-id']).toBe(webhookId(id))
    expect(got && verified(secret, got)).toMatchObject({ type: 'budget.threshold', data: { percent: 80, account, text: '80 % is used' } })
  }
  expect(others.received).toEqual([])
  expect(await env.client.workflow.getHandle(`notice-${id}`).result()).toEqual({ delivered: [first.name, second.name], dead: [] })
  await disableDestination(stage.ledger, { id: first.id, why: 'its test is over' })
})

test('a notice that is taken back with its transaction is never told, and one that nobody wants has no job', async () => {
  const receiver = await receiving()
  const account = await stage.account()
  await destinationOf(stage, receiver.url, { account })
  const lost = stage.db.sql.begin(async (sql) => {
    await sql`select purser.put_notice('taken back', 'alert.opened', ${account}, 'never', '{}')`
    throw new Error('taken back')
  })
  await expect(lost).rejects.toThrow('taken back')
  const id = await putNotice(stage, { key: 'of nobody' })
  expect(await deliveriesOf(stage, id)).toEqual([])
  expect(await stage.db.sql`select * from purser.delivery_start where notice = ${id}`).toEqual([])
  const last = await putNotice(stage, { key: 'of somebody', account })
  await ended(last, 'delivered')
  expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([webhookId(last)])
})

test('a receiver that fails is asked again until it takes it, by the same id; one that works has it at once', async () => {
  const account = await stage.account()
  const [failing, working] = [await receiving(), await receiving()]
  const [bad] = [await destinationOf(stage, failing.url, { account }), await destinationOf(stage, working.url, { account })]
  const seen: string[] = []
  failing.answer((request, response, one) => {
    seen.push(one.headers['webhook-signature'] as string)
    withStatus(seen.length < 4 ? 500 : 200)(request, response, one)
  })
  const id = await putNotice(stage, { key: `fails for ${account}`, account })
  await until('the other one has it', async () => (await deliveriesOf(stage, id)).some(({ state }) => state === 'delivered'))
  const waiting = await until('it has failed', async () =>
    (await deliveriesOf(stage, id)).find(({ destination, error }) => destination === bad.id && error !== null),
  )
  expect(waiting).toMatchObject({ status: 500, error: 'the receiver answered 500' })
  const [done] = await ended(id, 'delivered')
  expect(done).toMatchObject({ attempts: 4, status: 200, error: null, nextAt: null })
  expect(new Set(failing.received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([webhookId(id)]))
  for (const request of failing.received) verified(bad.secret, request)
  expect(working.received).toHaveLength(1)
})

test('a receiver that asks to be left alone for a while is', async () => {
  const account = await stage.account()
  const receiver = await receiving()
  await destinationOf(stage, receiver.url, { account })
  receiver.answer((...got) => withStatus(receiver.received.length === 1 ? 429 : 200, { 'retry-after': '2' })(...got))
  const id = await putNotice(stage, { key: `busy for ${account}`, account })
  await ended(id, 'delivered')
  const [first, second] = receiver.received
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1_900)
})

test('what nobody takes in time is dead, says why, and can be sent again, as the same notice', async () => {
  const account = await stage.account()
  const receiver = await receiving()
  const { secret } = await destinationOf(stage, receiver.url, { account })
  receiver.answer(withStatus(404))
  const id = await putNotice(stage, { key: `dead for ${account}`, account })
  const [dead] = await ended(id, 'dead')
  expect(dead).toMatchObject({ status: 404, error: 'the receiver answered 404', why: 'not delivered within 6 seconds', nextAt: null })
  expect(dead?.attempts).toBeGreaterThanOrEqual(3)
  const before = receiver.received.length

  receiver.answer(undefined)
  const again = await resendDelivery(stage.ledger, { id: String(dead?.id) })
  expect(again).toMatchObject({ state: 'pending', resends: 1, attempts: 0, workflowId: `notice-${id}-${String(dead?.id)}-1` })
  await expect(resendDelivery(stage.ledger, { id: String(dead?.id) })).rejects.toMatchObject({ code: 'conflict' })
  const [sent] = await ended(id, 'delivered')
  expect(sent).toMatchObject({ attempts: 1, resends: 1 })
  expect(receiver.received).toHaveLength(before + 1)
  const [last] = receiver.received.slice(-1)
  expect(last?.headers['webhook-id']).toBe(webhookId(id))
  expect(last && verified(secret, last)).toMatchObject({ type: 'alert.opened' })
})

test('a receiver that is gone (410) is disabled, and asked for nothing more', async () => {
  const account = await stage.account()
  const receiver = await receiving()
  const destination = await destinationOf(stage, receiver.url, { account })
  receiver.answer(withStatus(410))
  const id = await putNotice(stage, { key: `gone for ${account}`, account })
  const [dead] = await ended(id, 'dead')
  expect(dead).toMatchObject({ attempts: 1, status: 410, why: 'the receiver answered 410: it wants no more' })
  const next = await putNotice(stage, { key: `after gone for ${account}`, account })
  expect(await deliveriesOf(stage, next)).toEqual([])
  await expect(testDestination(stage.ledger, { id: destination.id, key: 'k' })).rejects.toMatchObject({ code: 'conflict' })
  await expect(resendDelivery(stage.ledger, { id: String(dead?.id) })).rejects.toMatchObject({ code: 'conflict' })
  expect(receiver.received).toHaveLength(1)
})

test('what is on its way to a destination ends when that is disabled', async () => {
  const account = await stage.account()
  const receiver = await receiving()
  const { id: destination } = await destinationOf(stage, receiver.url, { account })
  receiver.answer(withStatus(500))
  const id = await putNotice(stage, { key: `disabled for ${account}`, account })
  await until('it was tried', () => receiver.received.length > 0)
  await disableDestination(stage.ledger, { id: destination, why: 'it moved' })
  expect((await ended(id, 'dead'))[0]).toMatchObject({ why: 'the destination is disabled: it moved' })
})

test('a job that somebody cancels leaves no delivery that nobody tries', async () => {
  const account = await stage.account()
  const receiver = await receiving()
  await destinationOf(stage, receiver.url, { account })
  receiver.answer(withStatus(500))
  const id = await putNotice(stage, { key: `cancelled for ${account}`, account })
  await until('it was tried', () => receiver.received.length > 0)
  await env.client.workflow.getHandle(`notice-${id}`).cancel()
  expect((await ended(id, 'dead'))[0]).toMatchObject({ why: 'its job was cancelled', status: 500 })
})

test('a guarded address is refused when the notice is sent, too', async () => {
  const account = await stage.account()
  const destination = await destinationOf(stage, 'https://127.0.0.1:1/', { account })
  // As if it had been written down before it was refused.
  await stage.db.sql`update purser.destination_target set target = 'http://169.254.169.254/' where destination = ${destination.id}`
  const id = await putNotice(stage, { key: `guarded for ${account}`, account })
  const dead = await until('it is refused', async () => (await deliveriesOf(stage, id)).find(({ state }) => state === 'dead'))
  expect(dead).toMatchObject({ destination: destination.id, attempts: 1, why: '169.254.169.254 is refused as a receiver (link-local)' })
})

test('while a secret rotates both sign; after that only the new one', async () => {
  const account = await stage.account()
  const receiver = await receiving()
  const { id, secret: old } = await destinationOf(stage, receiver.url, { account })
  const next = newSecret()
  await rotateSecret(stage.ledger, { id, secret: next, overlapMs: 86_400_000 })
  await ended((await testDestination(stage.ledger, { id, key: 'during' })).noticeId, 'delivered')
  const [during] = receiver.received
  for (const secret of [old, next]) expect(during && verified(secret, during)).toMatchObject({ type: 'destination.test' })

  await stage.db
    .sql`update purser.destination_secret set valid_until = clock_timestamp() where destination = ${id} and valid_until is not null`
  await ended((await testDestination(stage.ledger, { id, key: 'after' })).noticeId, 'delivered')
  const [, after] = receiver.received
  expect(after && verified(next, after)).toMatchObject({ type: 'destination.test' })
  expect(() => after && verified(old, after)).toThrow('No matching signature')
})

test('no secret, and no address that is one, is in what Temporal keeps of a job', async () => {
  const account = await stage.account()
  const receiver = await receiving()
  const { secret } = await destinationOf(stage, `${receiver.url}?token=hidden`, { account })
  const id = await putNotice(stage, { key: `kept of ${account}`, account })
  await ended(id, 'delivered')
  const { events } = await env.client.workflow.getHandle(`notice-${id}`).fetchHistory()
  const kept = (events ?? []).flatMap((event) =>
    JSON.stringify(event, (_key, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString() : value)),
  )
  expect(kept.join()).toContain(id)
  expect(kept.filter((text) => text.includes(secret.slice('whsec_'.length)) || text.includes('hidden'))).toEqual([])
})

test('a worker that is killed in the middle of a delivery is replaced by another one’s attempt', async (context) => {
  const own = await openStage({ env: { PURSER_DELIVER_TO_PRIVATE: 'true' } })
  onTestFinished(() => own.close())
  const receiver = await receiving()
  const { secret } = await destinationOf(own, receiver.url)
  const taskQueue = own.config.PURSER_TASK_QUEUE
  const starts = startNoticesOf(own, {
    client: env.client,
    taskQueue,
    policy: { attemptMs: 3_000, firstPauseMs: 100, longestPauseMs: 400, totalMs: 40_000 },
  })
  receiver.answer(() => undefined)
  const id = await putNotice(own, { key: 'killed' })
  const first = await startChildWorker(context, own, taskQueue, { PURSER_DELIVER_TO_PRIVATE: 'true' })
  await until('it is asked', () => receiver.received.length === 1, 20_000)
  await first.kill()
  receiver.answer(undefined)
  await startChildWorker(context, own, taskQueue, { PURSER_DELIVER_TO_PRIVATE: 'true' })
  await until('it is delivered', async () => (await deliveriesOf(own, id))[0]?.state === 'delivered', 20_000)
  await starts.stop()
  expect(receiver.received).toHaveLength(2)
  expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  for (const request of receiver.received) verified(secret, request)
  expect((await deliveriesOf(own, id))[0]).toMatchObject({ attempts: 2 })
  // By itself, a worker starts the jobs of what is told.
  const next = await putNotice(own, { key: 'by itself' })
  await until('it is delivered', async () => (await deliveriesOf(own, next))[0]?.state === 'delivered')
})

test('a worker that is lost between taking a notice, starting its job and noting that leaves it to the next one; there is one job', async () => {
  const own = await openStage({ env: { PURSER_DELIVER_TO_PRIVATE: 'true' } })
  onTestFinished(() => own.close())
  const receiver = await receiving()
  await destinationOf(own, receiver.url)
  const id = await putNotice(own, { key: 'lost' })
  const [taken] = await takeStarts(own.ledger, { limit: 10, forMs: 300 })
  expect(taken).toMatchObject({ workflowId: `notice-${id}`, noticeId: id, run: 0 })
  expect(await takeStarts(own.ledger, { limit: 10, forMs: 300 })).toEqual([])
  // Its job is started, and the worker lost before it could note that.
  const quick = await startTestWorker(env, own)
  const first = startNoticesOf(own, quick)
  await until('it is delivered', async () => (await deliveriesOf(own, id))[0]?.state === 'delivered')
  await own.db
    .sql`insert into purser.delivery_start (workflow_id, notice, destinations, run) select ${`notice-${id}`}, ${id}, array_agg(id), 0 from purser.destination`
  await until('it is noted', async () => (await own.db.sql`select * from purser.delivery_start`).length === 0)
  await first.stop()
  await quick.stop()
  expect(receiver.received).toHaveLength(1)
  await noteStarted(own.ledger, `notice-${id}`)
  const { runId } = await env.client.workflow.getHandle(`notice-${id}`).describe()
  const { history } = await env.client.workflowService.getWorkflowExecutionHistory({
    namespace: 'default',
    execution: { workflowId: `notice-${id}` },
  })
  expect(history?.events?.[0]?.workflowExecutionStartedEventAttributes?.originalExecutionRunId).toBe(runId)
})

test('Temporal goes away: what is told meanwhile waits, is complained of once, and goes out when Temporal is back', async () => {
  const own = await openStage({ env: { PURSER_DELIVER_TO_PRIVATE: 'true' } })
  const [host = '', port] = inject('temporalAddress').split(':')
  const proxy = await startTcpProxy({ host, port: Number(port) })
  const connection = await openTemporalConnection({ address: `127.0.0.1:${proxy.port}` })
  onTestFinished(async () => {
    await connection.close()
    await proxy.close()
    await own.close()
  })
  const receiver = await receiving()
  await destinationOf(own, receiver.url)
  const there = await startTestWorker(env, own)
  const warnings: string[] = []
  await proxy.cut()
  const starts = startNoticesOf(own, {
    client: new Client({ connection }),
    taskQueue: there.taskQueue,
    warn: (line) => warnings.push(line),
  })
  const ids = [await putNotice(own, { key: 'first' }), await putNotice(own, { key: 'second' })]
  await until('it is complained of', () => warnings.length > 0, 20_000)
  await proxy.join()
  for (const id of ids) await until('it is delivered', async () => (await deliveriesOf(own, id))[0]?.state === 'delivered', 20_000)
  await starts.stop()
  await there.stop()
  expect(warnings).toEqual(['notices wait: their deliveries cannot be started now'])
  expect(receiver.received).toHaveLength(2)
})

test('the ledger goes away: starting is complained of once, and goes on when it is back', async () => {
  const own = await openStage({ env: { PURSER_DELIVER_TO_PRIVATE: 'true' } })
  const url = new URL(own.db.url)
  const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) })
  url.port = String(proxy.port)
  const sql = connectSql(url.href)
  onTestFinished(async () => {
    await sql.end({ timeout: 1 })
    await proxy.close()
    await own.close()
  })
  const receiver = await receiving()
  await destinationOf(own, receiver.url)
  const there = await startTestWorker(env, own)
  const warnings: string[] = []
  const starts = startNoticesOf(
    { ...own, ledger: ledgerOver(sql) },
    { client: env.client, taskQueue: there.taskQueue, warn: (line) => warnings.push(line) },
  )
  await proxy.cut()
  await until('it is complained of', () => warnings.length > 0, 20_000)
  const id = await putNotice(own, { key: 'meanwhile' })
  await proxy.join()
  await until('it is delivered', async () => (await deliveriesOf(own, id))[0]?.state === 'delivered', 20_000)
  await starts.stop()
  await there.stop()
  expect(warnings).toEqual(['notices wait: their deliveries cannot be started now'])
})
