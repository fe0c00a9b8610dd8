import { randomUUID } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CancelledFailure } from '@temporalio/common'
import { describe, expect, test } from 'vitest'
import { hashOf } from '../../src/activities/budget.ts'
import { dispatch } from '../../src/ledger/dispatch.ts'
import { connectSql } from '../../src/platform/sql.ts'
import { activitiesOf } from '../../src/worker.ts'
import { EMULATOR_KEY } from '../support/stage.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'
import { BANNER_1, runIn } from './activity.ts'
import { callStage, type Ready } from './call.ts'

const on = callStage()

/** A worker whose wire to the ledger can be cut. */
async function behindProxy() {
  const { hostname, port } = new URL(on.stage().db.url)
  const proxy = await startTcpProxy({ host: hostname, port: Number(port) })
  const sql = connectSql(on.stage().db.url.replace(`:${port}/`, `:${proxy.port}/`))
  // A session that is there before the wire fails.
  await sql`select 1`
  const behind = activitiesOf(on.stage().config, EMULATOR_KEY, sql, on.stage().installation)
  const close = async (): Promise<void> => {
    await sql.end({ timeout: 1 })
    await proxy.close()
  }
  return { behind, proxy, close }
}

/** A worker that dispatched, and then was lost. */
async function lostWorker(secondsAgo: number, requestTimeoutMs = 5_000): Promise<Ready> {
  const played = await on.reserved()
  const { workflowId, runId } = played.job
  const go = await dispatch(on.stage().ledger, {
    key: { installation: on.stage().installation, workflowId, ...BANNER_1 },
    runId,
    ask: 1,
    account: played.account,
    requestHash: hashOf(played.ask.request),
    token: randomUUID(),
    requestTimeoutMs,
    providerMaxMs: 600_000,
  })
  if (go.kind !== 'go') throw new Error(go.kind)
  await on.stage().db
    .sql`update purser.reservation set dispatched_at = dispatched_at - make_interval(secs => ${secondsAgo}) where id = ${go.reservationId}`
  return played
}

/** Holds up whatever the ledger does for this account, until released. */
async function holdUp(account: string): Promise<{ release(): Promise<void> }> {
  const session = await on.stage().db.sql.reserve()
  await session`begin`
  await session`
    select from purser.reservation where scope in (select id from purser.scope where account = ${account}) for update`
  return {
    async release() {
      await session`rollback`
      session.release()
    },
  }
}
const isWaiting = async (): Promise<boolean> =>
  (
    await on.stage().db
      .sql`select from pg_stat_activity where datname = current_database() and application_name = 'purser' and wait_event_type = 'Lock'`
  ).length > 0

describe('what is in hand is not thrown away', () => {
  test('a blob store that fails: response_lost, but booked', async () => {
    const file = join(on.stage().folder, `no-folder-${randomUUID()}`)
    await writeFile(file, 'a file where a folder should be')
    const broken = activitiesOf({ ...on.stage().config, PURSER_BLOB_DIR: file }, EMULATOR_KEY, on.stage().sql, on.stage().installation)
    const { job, ask, account } = await on.reserved()
    expect(await job.run(broken, 'callModel', ask)).toMatchObject({ kind: 'answered', flags: ['response_lost'] })
    const attempt = await on.only(account)
    expect(attempt).toMatchObject({ state: 'settled', costSource: 'answer' })
    expect(await on.stage().balance(account)).toMatchObject({ reserved: 0n, spent: attempt.cost })
    await rm(file)
  })

  test('a ledger that goes away while the call runs: receipt first, then the settle is repeated until it is booked, once', async () => {
    const { behind, proxy, close } = await behindProxy()
    try {
      const { job, ask, account } = await on.reserved({ fault: 'slow', ms: 300 })
      const stages: unknown[] = []
      const execution = job.execution()
      execution.on('heartbeat', (details: unknown) => stages.push(details))
      const running = runIn(execution, behind, 'callModel', ask)
      await until('the request is sent', async () => (await on.stage().requestsOf(account)).length === 1)
      await proxy.cut()
      const attempt = await on.only(account)
      await until('the receipt is put', () => on.stage().receiptFile(attempt.id))
      await until('the settle is repeated', () => job.logged.some((l) => l.message.includes('does not answer (settle)')))
      expect(await on.only(account)).toMatchObject({ state: 'dispatched' })
      await until('who looks sees it', () => stages.at(-1) === 'the ledger does not answer (settle); asking again until it does')
      await proxy.join()
      expect(await running).toMatchObject({ kind: 'answered' })
      expect(stages.at(-1)).toBe('the ledger answers again (settle)')
      const booked = await on.only(account)
      expect(booked.state).toBe('settled')
      expect(await readFile((await on.stage().receiptFile(attempt.id)) ?? '', 'utf8')).toContain(`"cost":"${booked.cost}"`)
    } finally {
      await close()
    }
  })

  test('sessions that Postgres ends at every step are only a delay', async () => {
    const played = await on.reserved({ fault: 'slow', ms: 200 })
    const end = new AbortController()
    const killer = (async () => {
      // A little rarer each time: on a busy machine a new session alone takes longer than the first pauses.
      for (let pauseMs = 60; !end.signal.aborted; pauseMs *= 1.1) {
        await on.stage().db
          .sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'purser' and datname = current_database()`
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
      }
    })()
    const running = on.call(played)
    try {
      await until('the answer is on the bill', async () => (await on.stage().requestsOf(played.account)).some((r) => r.billed))
      await new Promise((resolve) => setTimeout(resolve, 200))
    } finally {
      end.abort()
      await killer
    }
    const outcome = await running
    expect(outcome).toMatchObject({ kind: 'answered' })
    expect(await on.only(played.account)).toMatchObject({ state: 'settled' })
    expect(await on.stage().requestsOf(played.account)).toHaveLength(1)
    // Whoever meets a session that was ended while it was idle hears it, and Temporal asks again; then the pool has new ones.
    await until('asks are answered again', () =>
      on.reserved().then(
        () => true,
        () => false,
      ),
    )
  })

  test('a ledger that is away before the dispatch is waited for; nothing is sent meanwhile', async () => {
    const { behind, proxy, close } = await behindProxy()
    try {
      const { job, ask, account } = await on.reserved()
      await proxy.cut()
      const running = job.run(behind, 'callModel', ask)
      await until('it asks again', () => job.logged.filter((l) => l.message.includes('does not answer')).length >= 2)
      expect(await on.stage().requestsOf(account)).toHaveLength(0)
      await proxy.join()
      expect(await running).toMatchObject({ kind: 'answered' })
    } finally {
      await close()
    }
  })

  test('a dispatch whose answer is lost is asked again with the same token, and sent once', async () => {
    const { behind, proxy, close } = await behindProxy()
    try {
      const { job, ask, account } = await on.reserved()
      const hold = await holdUp(account)
      const running = job.run(behind, 'callModel', ask)
      await until('the dispatch waits', isWaiting)
      proxy.mute()
      await hold.release()
      await until('it is committed', async () => (await on.only(account)).state === 'dispatched')
      expect(await on.stage().requestsOf(account)).toEqual([])
      await proxy.cut()
      await proxy.join()
      expect(await running).toMatchObject({ kind: 'answered', attempt: 1 })
      expect(await on.stage().requestsOf(account)).toHaveLength(1)
    } finally {
      await close()
    }
  })

  test('a settle whose answer is lost is repeated without effect', async () => {
    const { behind, proxy, close } = await behindProxy()
    try {
      // So that the session knows the statement, and needs nothing from the server to send it.
      const before = await on.reserved()
      await before.job.run(behind, 'callModel', before.ask)
      const { job, ask, account } = await on.reserved({ fault: 'slow', ms: 300 })
      const running = job.run(behind, 'callModel', ask)
      await until('the request is sent', async () => (await on.stage().requestsOf(account)).length === 1)
      proxy.mute()
      await until('it is committed', async () => (await on.only(account)).state === 'settled')
      await proxy.cut()
      await proxy.join()
      expect(await running).toMatchObject({ kind: 'answered', attempt: 1 })
      const { id, cost } = await on.only(account)
      expect(await on.stage().balance(account)).toMatchObject({ reserved: 0n, spent: cost })
      expect(await on.stage().db.sql`select from purser.receipt where reservation_id = ${id}`).toHaveLength(1)
    } finally {
      await close()
    }
  })
})

describe('a second execution', () => {
  test('waits for the first one’s answer and returns it', async () => {
    const played = await on.reserved({ fault: 'slow', ms: 2_000 })
    const first = on.call(played)
    await until('the request is sent', async () => (await on.stage().requestsOf(played.account)).length === 1)
    const stages: unknown[] = []
    const execution = played.job.execution()
    execution.on('heartbeat', (details: unknown) => stages.push(details))
    const second = await on.call({ ...played, execution: execution })
    expect(second).toMatchObject({ kind: 'answered' })
    expect(second).toEqual(await first)
    expect(stages).toContainEqual(expect.stringContaining('another execution sent this request'))
    expect(await on.stage().requestsOf(played.account)).toHaveLength(1)
  })

  test('ten at once send one request and hear one answer', async () => {
    const played = await on.reserved({ fault: 'slow', ms: 300 })
    const answers = await Promise.all(Array.from({ length: 10 }, () => on.call({ ...played, execution: played.job.execution() })))
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect(answers[0]).toMatchObject({ kind: 'answered' })
    expect(await on.stage().requestsOf(played.account)).toHaveLength(1)
  })

  test('hears in_doubt when the first one was lost, but not before its time is over', async () => {
    const played = await lostWorker(8)
    const startedAt = performance.now()
    expect(await on.call(played)).toMatchObject({ kind: 'in_doubt', reason: expect.stringContaining('lost') })
    // Time-out and five seconds: two of them were still to come.
    expect(performance.now() - startedAt).toBeGreaterThan(1_900)
    expect(await on.only(played.account)).toMatchObject({ state: 'in_doubt' })
    expect(await on.stage().requestsOf(played.account)).toEqual([])
    expect(await on.call({ ...played, execution: played.job.execution() })).toMatchObject({ kind: 'in_doubt' })
  })

  test('of a job that would rather pay twice waits only until its worker is surely lost', async () => {
    const played = await lostWorker(28, 120_000)
    const startedAt = performance.now()
    expect(await on.call({ ...played, ask: { ...played.ask, onLost: 'retry' } })).toMatchObject({ kind: 'in_doubt' })
    const waitedMs = performance.now() - startedAt
    expect([waitedMs > 1_500, waitedMs < 15_000]).toEqual([true, true])
    expect(await on.only(played.account)).toMatchObject({ state: 'in_doubt' })
    expect(await on.stage().requestsOf(played.account)).toEqual([])
  })

  test('stops waiting when its job is cancelled, and leaves the attempt to the one that sent it', async () => {
    const played = await lostWorker(0)
    const running = on.call(played)
    await until('it waits', () => played.job.logged !== undefined && played.execution.context !== undefined)
    played.execution.cancel('CANCELLED')
    expect(await running).toBeInstanceOf(CancelledFailure)
    expect(await on.only(played.account)).toMatchObject({ state: 'dispatched' })
  })

  test('of a closed run may not send', async () => {
    const played = await on.reserved()
    await played.job.run(on.activities(), 'closeCall', BANNER_1)
    expect(await on.call(played)).toEqual({ kind: 'closed' })
    expect(await on.stage().requestsOf(played.account)).toEqual([])
  })

  test('that comes after the money was given back does not send', async () => {
    const played = await on.reserved()
    await on.stage().db.sql`update purser.reservation set hold_until = clock_timestamp() - interval '1 second'
        where scope in (select id from purser.scope where account = ${played.account})`
    expect(await on.call(played)).toEqual({ kind: 'lapsed' })
    expect(await on.stage().requestsOf(played.account)).toEqual([])
    expect(await on.stage().balance(played.account)).toMatchObject({ reserved: 0n, spent: 0n })
  })
})

describe('a cancelled job', () => {
  test('before the dispatch: nothing is sent, and close gives the money back', async () => {
    const played = await on.reserved()
    played.execution.cancel('CANCELLED')
    expect(await on.call(played)).toBeInstanceOf(CancelledFailure)
    expect(await on.only(played.account)).toMatchObject({ state: 'reserved' })
    await played.job.run(on.activities(), 'closeCall', BANNER_1)
    expect(await on.stage().balance(played.account)).toMatchObject({ reserved: 0n, spent: 0n })
    expect(await on.stage().requestsOf(played.account)).toEqual([])
  })

  test('after the dispatch: the answer is waited for, and booked', async () => {
    const played = await on.reserved({ fault: 'slow', ms: 400 })
    const running = on.call(played)
    await until('the request is sent', async () => (await on.stage().requestsOf(played.account)).length === 1)
    played.execution.cancel('CANCELLED')
    expect(await running).toMatchObject({ kind: 'answered' })
    expect(await on.only(played.account)).toMatchObject({ state: 'settled' })
  })

  test('between the dispatch and the first byte: nothing is sent, and the ledger hears so', async () => {
    const played = await on.reserved()
    const hold = await holdUp(played.account)
    const running = on.call(played)
    await until('the dispatch waits', isWaiting)
    played.execution.cancel('CANCELLED')
    await hold.release()
    expect(await running).toBeInstanceOf(CancelledFailure)
    expect((await on.stage().attempts(played.account)).map((a) => [a.state, a.why])).toEqual([
      ['rejected', expect.stringContaining('never_sent')],
      ['reserved', null],
    ])
    await played.job.run(on.activities(), 'closeCall', BANNER_1)
    expect(await on.stage().balance(played.account)).toMatchObject({ reserved: 0n, spent: 0n })
    expect(await on.stage().requestsOf(played.account)).toEqual([])
  })

  test('a permission to send that came after five seconds is not used, and the retry has the money', async () => {
    const played = await on.reserved()
    const hold = await holdUp(played.account)
    const running = on.call(played)
    await new Promise((resolve) => setTimeout(resolve, 5_200))
    await hold.release()
    expect(await running).toMatchObject({ type: 'never_sent', nonRetryable: false })
    expect(await on.stage().requestsOf(played.account)).toEqual([])
    expect(await on.call({ ...played, execution: played.job.execution() })).toMatchObject({ kind: 'answered', attempt: 2 })
    expect(await on.stage().requestsOf(played.account)).toHaveLength(1)
  })
})
