import { randomUUID } from 'node:crypto'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPurser, type BannerInput } from '../../src/client.ts'
import { type WishedFault } from '../support/emulator.ts'
import { openStage, type Stage } from '../support/stage.ts'
import { connectTemporal } from '../support/temporal.ts'
import { until } from '../support/until.ts'
import { bannerFor, failureOf, startTestWorker, type TestWorker } from '../support/worker.ts'
import { startChildWorker } from '../flow/child-worker.ts'

let env: TestWorkflowEnvironment
let stage: Stage
beforeAll(async () => {
  ;[env, stage] = await Promise.all([connectTemporal(), openStage({ env: { PURSER_REQUEST_TIMEOUT_MS: '4000' } })])
  // A gate at each state that an attempt may reach: closed by whoever holds the lock of that account and state.
  await stage.db.sql.unsafe(`
    create function gate() returns trigger language plpgsql as $$
    begin
      perform pg_advisory_xact_lock_shared(hashtextextended((select account from purser.scope where id = new.scope) || ' ' || new.state, 0));
      return new;
    end $$;
    create trigger a_gate before insert or update on purser.reservation for each row execute function gate();`)
})
afterAll(async () => {
  await env.teardown()
  await stage.close()
})

interface Gate {
  /** Resolves when a session stands before it. */
  reached(): Promise<unknown>
  open(): Promise<void>
}

const never = (): never => {
  throw new Error('a gate without its worker')
}

async function closeGate(account: string, state: string): Promise<Gate> {
  const session = await stage.db.sql.reserve()
  const [key] = await session<{ key: bigint }[]>`select hashtextextended(${`${account} ${state}`}, 0) as key`
  await session`select pg_advisory_lock(${key?.key ?? 0n})`
  return {
    reached: () =>
      until(`the gate before ${state}`, async () => {
        const waiting = await stage.db.sql`
          select from pg_locks where locktype = 'advisory' and not granted and objsubid = 1
             and ((classid::bigint << 32) | objid::bigint) = ${key?.key ?? 0n}`
        return waiting.length > 0
      }),
    async open() {
      await session`select pg_advisory_unlock(${key?.key ?? 0n})`
      session.release()
    },
  }
}

/** The child made the installation that its calls are named by; a worker of this process must know them by the same. */
async function asTheChild(): Promise<Stage> {
  const [row] = await stage.db.sql<{ id: string }[]>`select id from purser.installation where temporal_cluster <> 'test-cluster'`
  return { ...stage, installation: row?.id ?? '' }
}

const states = async (account: string) => (await stage.attempts(account)).map((a) => a.state)

test.concurrent(
  'a worker killed in the middle of everything: each job goes on with the next worker, and no charge is lost or doubled',
  { timeout: 90_000 },
  async (context) => {
    // A worker each for those who stand before a gate: what asks the ledger together waits together.
    const workers = await Promise.all(
      Array.from({ length: 7 }, async () => {
        const taskQueue = `queue-${randomUUID().slice(0, 8)}`
        const child = await startChildWorker(context, stage, taskQueue)
        return { taskQueue, child, purser: await createPurser({ client: env.client, taskQueue }) }
      }),
    )
    let next = 0
    const start = async (fault?: WishedFault, input?: Partial<BannerInput>, gateAt?: string) => {
      const { purser } = workers[gateAt === undefined ? 0 : (next += 1)] ?? never()
      const account = await stage.account('free')
      if (fault !== undefined) await stage.emulator.fault({ ...fault, promptIncludes: account })
      const gate = gateAt === undefined ? undefined : await closeGate(account, gateAt)
      const job = await purser.banner.start(bannerFor(account, input))
      return { account, gate, job }
    }

    const hanging = await start({ fault: 'hang' })
    const slow = await start({ fault: 'slow', ms: 2_000 })
    const limited = await start({ fault: 'rate_limited', retryAfterSeconds: 6 })
    const local = await start(undefined, { ledgerMode: 'local' }, 'reserved')
    const activity = await start(undefined, { ledgerMode: 'activity' }, 'reserved')
    const undispatched = await start(undefined, {}, 'dispatched')
    const unbooked = await start(undefined, {}, 'settled')
    const inHand = await start(undefined, {}, 'settled')
    const unsent = await start(undefined, {}, 'dispatched')
    await Promise.all([
      ...[hanging, slow].map(({ account }) => until('it is sent', async () => (await stage.requestsOf(account)).length === 1)),
      until('it is refused', async () => (await states(limited.account)).length === 2),
      ...[unbooked, inHand].map(({ account }) =>
        until('its receipt is put', async () => {
          const [attempt] = await stage.attempts(account)
          return attempt !== undefined && (await stage.receiptFile(attempt.id))
        }),
      ),
      ...[local, activity, undispatched, unbooked, inHand, unsent].map(({ gate }) => gate?.reached()),
    ])
    await unsent.gate?.reached()
    await Promise.all(workers.map(({ child }) => child.kill()))
    // The dead worker's dispatch is committed: nobody will ever send it.
    await unsent.gate?.open()
    // Its other sessions end at their lock time-out; only then the gates open.
    await until(
      'its sessions are gone',
      async () =>
        (
          await stage.db.sql`
    select from pg_stat_activity where datname = current_database() and application_name = 'purser' and state = 'active'`
        ).length === 0,
    )
    for (const { gate } of [local, activity, undispatched, inHand]) await gate?.open()

    const asChild = await asTheChild()
    const seconds = await Promise.all(workers.map(({ taskQueue }) => startTestWorker(env, asChild, { taskQueue })))
    try {
      const failures = await Promise.all([hanging, slow, unbooked].map(({ job }) => failureOf(job.result())))
      expect(failures.map((f) => f.code)).toEqual(['in_doubt', 'in_doubt', 'in_doubt'])
      for (const { account } of [hanging, slow, unbooked]) {
        const [attempt] = await stage.attempts(account)
        expect(await states(account)).toEqual(['in_doubt'])
        expect(await stage.balance(account)).toMatchObject({ reserved: attempt?.amount, spent: 0n })
        expect(await stage.billOf(account)).toHaveLength(1)
      }
      for (const { account, job } of [limited, local, activity, undispatched]) {
        expect((await job.result()).banners).toHaveLength(1)
        expect(await stage.billOf(account)).toHaveLength(1)
        expect((await stage.balance(account)).reserved).toBe(0n)
      }
      // The dead worker had its answer in hand: it is found beside the blob, and nobody asks the model again.
      expect((await inHand.job.result()).banners).toHaveLength(1)
      expect(await stage.billOf(inHand.account)).toHaveLength(1)
      expect(await states(inHand.account)).toEqual(['settled'])
      expect(await states(limited.account)).toEqual(['rejected', 'settled'])
      for (const { account } of [local, activity, undispatched]) expect(await states(account)).toEqual(['settled'])

      // Committed or not before the session saw that its worker was gone: either way nothing is paid twice.
      const ending = await unsent.job.result().then(
        () => 'answered',
        (error: { code?: string }) => error.code,
      )
      expect([ending, (await stage.billOf(unsent.account)).length]).toEqual(
        (await states(unsent.account))[0] === 'in_doubt' ? ['in_doubt', 0] : ['answered', 1],
      )
      expect((await stage.audited()).violations).toEqual([])
      // Until now no sweep could book it either.
      await unbooked.gate?.open()
      await sweptFromReceipt(unbooked.account, seconds[0] ?? never())
      expect((await stage.audited()).violations).toEqual([])
    } finally {
      await Promise.all(seconds.map((second) => second.stop()))
    }
  },
)

/** What the dead worker had in hand lies beside the blob: the sweep books it before it looks whether anything is to be presumed. */
async function sweptFromReceipt(account: string, { client, taskQueue }: TestWorker): Promise<void> {
  const [attempt] = await stage.attempts(account)
  await stage.db.sql`update purser.reservation set dispatched_at = dispatched_at - interval '1 day' where id = ${attempt?.id ?? null}`
  const swept = await client.workflow.execute('sweep', { taskQueue, workflowId: `sweep-${randomUUID()}`, args: [] })
  // What the other test of this file leaves behind may be among it.
  expect(swept).toMatchObject({ booked: expect.any(Number), presumed: 0 })
  const [billed] = await stage.billOf(account)
  const [booked] = await stage.db.sql<{ pico: bigint; cost: bigint }[]>`
    select p.pico_usd as pico, p.cost from purser.receipt p where p.reservation_id = ${attempt?.id ?? null}`
  expect(booked?.pico).toBe(BigInt(billed?.picoUsd ?? -1))
  expect(await stage.attempts(account)).toMatchObject([{ state: 'settled', costSource: 'answer', cost: booked?.cost }])
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: booked?.cost })
  expect(await stage.db.sql`select from purser.entry where kind = 'presume' and reservation = ${attempt?.id ?? null}`).toHaveLength(0)
}

test.concurrent(
  'a worker that is lost for good: the job is in_doubt, or cancelled if it was; the money stays held, and nothing is sent again',
  { timeout: 90_000 },
  async (context) => {
    const taskQueue = `queue-${randomUUID().slice(0, 8)}`
    const child = await startChildWorker(context, stage, taskQueue)
    const purser = await createPurser({ client: env.client, taskQueue })
    const start = async () => {
      const account = await stage.account('free')
      const gate = await closeGate(account, 'settled')
      return { account, gate, job: await purser.banner.start(bannerFor(account)) }
    }
    const jobs = await Promise.all([start(), start()])
    const [cancelled, last] = jobs
    await Promise.all(jobs.map(({ gate }) => gate.reached()))
    // As if five workers had been lost before.
    await env.client.workflowService.updateActivityOptions({
      namespace: env.client.options.namespace,
      execution: { workflowId: last.job.workflowId },
      type: 'callModel',
      activityOptions: { retryPolicy: { maximumAttempts: 1 } },
      updateMask: { paths: ['retry_policy.maximum_attempts'] },
    })
    await cancelled.job.cancel()
    await until('its cancel has arrived', async () => {
      const { events } = await env.client.workflow.getHandle(cancelled.job.workflowId).fetchHistory()
      return events?.some((event) => event.activityTaskCancelRequestedEventAttributes)
    })
    await child.kill()

    const second = await startTestWorker(env, await asTheChild(), { taskQueue })
    try {
      expect((await failureOf(cancelled.job.result())).code).toBe('cancelled')
      expect(await cancelled.job.status()).toEqual({ state: 'cancelled' })
      const failed = await failureOf(last.job.result())
      expect([failed.code, failed.message]).toEqual(['in_doubt', expect.stringContaining('stays held')])
      for (const { account } of jobs) {
        const [attempt] = await stage.attempts(account)
        expect(await stage.balance(account)).toMatchObject({ reserved: attempt?.amount, spent: 0n })
        expect(await stage.requestsOf(account)).toHaveLength(1)
      }
      expect((await stage.audited()).violations).toEqual([])
    } finally {
      await second.stop()
      for (const { gate } of jobs) await gate.open()
    }
  },
)

test.concurrent(
  'a worker asked to end lets a slow call finish and books it; the next worker only reads the answer',
  { timeout: 60_000 },
  async (context) => {
    const taskQueue = `queue-${randomUUID().slice(0, 8)}`
    const child = await startChildWorker(context, stage, taskQueue)
    const purser = await createPurser({ client: env.client, taskQueue })
    const account = await stage.account('free')
    await stage.emulator.fault({ fault: 'slow', ms: 2_000, promptIncludes: account })
    const job = await purser.banner.start(bannerFor(account))
    await until('it is sent', async () => (await stage.requestsOf(account)).length === 1)
    expect(await child.terminate()).toBe('exit code 0')
    expect(await states(account)).toEqual(['settled'])
    expect(child.output()).toContain('"model call"')

    const second = await startTestWorker(env, await asTheChild(), { taskQueue })
    try {
      expect((await job.result()).banners).toHaveLength(1)
      expect(await stage.requestsOf(account)).toHaveLength(1)
      expect(await stage.billOf(account)).toHaveLength(1)
    } finally {
      await second.stop()
    }
  },
)
