import { describe, expect, test, vi } from 'vitest'
import type { sweep } from '../../src/workflows/sweep.ts'
import { until } from '../support/until.ts'
import { workedStage } from '../support/worked-stage.ts'
import { bannerFor, failureOf } from '../support/worker.ts'
import { resetToFirstTask } from './history.ts'

// On a busy machine Temporal may lose a workflow task, and hands it out again after ten seconds.
vi.setConfig({ testTimeout: 45_000 })

const { stage, worker } = await workedStage()

const states = async (account: string) => (await stage.attempts(account)).map((a) => a.state)
const sent = (account: string) => until('the request is sent', async () => (await stage.requestsOf(account)).length > 0)

/** Holds up whatever the ledger does for this account, until released. */
async function holdUp(account: string): Promise<() => Promise<void>> {
  const session = await stage.db.sql.reserve()
  await session`begin`
  await session`
    select from purser.balance v join purser.budget_period p on p.id = v.budget_period_id join purser.budget b on b.id = p.budget_id
     where b.account = ${account} for update of v`
  await session`select 1`
  return async () => {
    await session`rollback`
    session.release()
  }
}

describe('a job that is cancelled', () => {
  test.concurrent.each(['local', 'activity'] as const)('while it reserves (%s): nothing stays reserved', async (ledgerMode) => {
    const account = await stage.account('free')
    const release = await holdUp(account)
    const job = await worker.purser.banner.start(bannerFor(account, { ledgerMode }))
    await until(
      'the reserve waits',
      async () =>
        (
          await stage.db.sql`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query ~ 'purser\.(reserve|apply)'`
        ).length > 0,
    )
    await job.cancel()
    await release()
    expect((await failureOf(job.result())).code).toBe('cancelled')
    expect(await job.status()).toEqual({ state: 'cancelled' })
    expect((await stage.balance(account)).reserved).toBe(0n)
    // A local activity runs inside a workflow task, which hears of the cancel only after it: then the call may be on its way, and is booked.
    const settled = (await states(account)).filter((state) => state === 'settled').length
    expect((await stage.requestsOf(account)).length).toBe(settled)
    expect(settled).toBeLessThanOrEqual(ledgerMode === 'activity' ? 0 : 1)
  })

  test.concurrent('while one variant waits for Retry-After and one runs: each ends as it must before the job does', async () => {
    const account = await stage.account('paid')
    await stage.emulator.fault({ fault: 'rate_limited', retryAfterSeconds: 600, promptIncludes: account, times: 3 })
    await stage.emulator.fault({ fault: 'slow', ms: 1_500, promptIncludes: account })
    const job = await worker.purser.banner.start(bannerFor(account, { variants: 4 }))
    await until('three wait', async () => ((await job.waitingFor()).match(/attempt 2/g) ?? []).length === 3)
    await job.cancel()
    expect((await failureOf(job.result())).code).toBe('cancelled')
    expect((await states(account)).toSorted()).toEqual(['rejected', 'rejected', 'rejected', 'released', 'released', 'released', 'settled'])
    expect((await stage.balance(account)).reserved).toBe(0n)
  })

  test.concurrent('while the model call runs: the answer is waited for and booked', async () => {
    const account = await stage.account('free')
    await stage.emulator.fault({ fault: 'slow', ms: 1_000, promptIncludes: account })
    const job = await worker.purser.banner.start(bannerFor(account))
    await sent(account)
    await job.cancel()
    expect((await failureOf(job.result())).code).toBe('cancelled')
    expect(await states(account)).toEqual(['settled'])
    const { spent, reserved } = await stage.balance(account)
    expect([spent > 0n, reserved]).toEqual([true, 0n])
  })

  test.concurrent('while it waits for Retry-After: it ends at once, and the handed-on money is back', async () => {
    const account = await stage.account('free')
    await stage.emulator.fault({ fault: 'rate_limited', retryAfterSeconds: 600, promptIncludes: account })
    const job = await worker.purser.banner.start(bannerFor(account))
    await until('it waits', async () => (await job.waitingFor()).includes('attempt 2'))
    await job.cancel()
    expect((await failureOf(job.result())).code).toBe('cancelled')
    expect(await states(account)).toEqual(['rejected', 'released'])
    expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: 0n })
  })
})

describe('a job that is ended or repeated from outside', () => {
  test.concurrent('terminated while the model call runs: the answer is booked all the same', async () => {
    const account = await stage.account('free')
    await stage.emulator.fault({ fault: 'slow', ms: 700, promptIncludes: account })
    const job = await worker.purser.banner.start(bannerFor(account))
    await sent(account)
    await worker.client.workflow.getHandle(job.workflowId).terminate('a test')
    expect((await failureOf(job.result())).code).toBe('terminated')
    await until('it is booked', async () => (await states(account))[0] === 'settled')
    expect((await stage.balance(account)).reserved).toBe(0n)
  })

  test.concurrent(
    'terminated while it waits: the money stays reserved until its hold ends, and then goes to whoever needs it',
    async () => {
      const account = await stage.account('free')
      await stage.emulator.fault({ fault: 'rate_limited', retryAfterSeconds: 600, promptIncludes: account })
      const job = await worker.purser.banner.start(bannerFor(account))
      await until('it waits', async () => (await job.waitingFor()).includes('attempt 2'))
      await worker.client.workflow.getHandle(job.workflowId).terminate('a test')
      const [, attempt] = await stage.attempts(account)
      expect(attempt?.state).toBe('reserved')
      const [row] = await stage.db.sql<{ seconds: number }[]>`
      select extract(epoch from hold_until - clock_timestamp())::int as seconds from purser.reservation where id = ${attempt?.id ?? null}`
      expect(row?.seconds).toBeGreaterThan(600)
      expect(row?.seconds).toBeLessThanOrEqual(720)
      await stage.db.sql`update purser.reservation set hold_until = clock_timestamp() - interval '1 ms' where id = ${attempt?.id ?? null}`
      // Nobody frees it but the sweeper, who comes every minute.
      expect(await states(account)).toEqual(['rejected', 'reserved'])
      const swept = await worker.client.workflow.execute<typeof sweep>('sweep', {
        taskQueue: worker.taskQueue,
        workflowId: `sweep-${job.workflowId}`,
        args: [],
      })
      // Beside other tests, whose answers it may find and book before their workers do.
      expect(swept).toEqual({ booked: expect.any(Number), released: 1, inDoubt: 0, presumed: 0 })
      expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: 0n })
      const next = await (await worker.purser.banner.start(bannerFor(account))).result()
      expect(next.banners).toHaveLength(1)
      expect(await states(account)).toEqual(['rejected', 'released', 'settled'])
    },
  )

  test.concurrent.each(['local', 'activity'] as const)(
    'reset to its first task after the end: the same answer, not paid again (%s)',
    async (ledgerMode) => {
      const account = await stage.account('free')
      const job = await worker.purser.banner.start(bannerFor(account, { ledgerMode }))
      const before = await job.result()
      await resetToFirstTask(worker.client, job.workflowId)
      const after = await worker.purser.banner.job(job.workflowId).result()
      expect({ ...after, banners: after.banners.map((b) => ({ ...b })) }).toEqual(before)
      expect(await states(account)).toEqual(['settled'])
      expect(await stage.requestsOf(account)).toHaveLength(1)
    },
  )

  test.concurrent('reset while the model call runs: the new run waits for the answer of the old one', async () => {
    const account = await stage.account('free')
    await stage.emulator.fault({ fault: 'slow', ms: 1_500, promptIncludes: account })
    const job = await worker.purser.banner.start(bannerFor(account))
    await sent(account)
    await resetToFirstTask(worker.client, job.workflowId)
    const result = await worker.purser.banner.job(job.workflowId).result()
    expect(result.banners).toHaveLength(1)
    expect(await states(account)).toEqual(['settled'])
    expect(await stage.requestsOf(account)).toHaveLength(1)
  })

  test.concurrent('started again under its id: the same job, running or ended; with another input: job_conflict', async () => {
    const account = await stage.account('paid')
    await stage.emulator.fault({ fault: 'slow', ms: 300, promptIncludes: account })
    const input = bannerFor(account)
    const jobs = await Promise.all(Array.from({ length: 5 }, () => worker.purser.banner.start(input)))
    const results = await Promise.all(jobs.map((job) => job.result()))
    const late = await worker.purser.banner.start(input)
    expect([...results, await late.result()]).toEqual(Array.from({ length: 6 }, () => results[0]))
    expect(await stage.requestsOf(account)).toHaveLength(1)
    await expect(worker.purser.banner.start({ ...input, variants: 2 })).rejects.toMatchObject({ code: 'job_conflict' })
  })

  test.concurrent('of an unknown account, or for a model without a price: typed, and nothing is sent', async () => {
    const account = await stage.account('free')
    const nobody = await worker.purser.banner.start(bannerFor('acc_nobody'))
    expect((await failureOf(nobody.result())).code).toBe('unknown_account')
    const unpriced = await worker.purser.banner.start(bannerFor(account, { model: 'gemini-9-image' }))
    expect((await failureOf(unpriced.result())).code).toBe('unpriced_model')
    expect(await stage.attempts(account)).toEqual([])
  })
})
