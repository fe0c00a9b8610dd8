/** Every row of the table of endings, played with real servers: where its attempt then stands, its money, and what becomes of the job. */
import { writeFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { BannerInput } from '../../src/client.ts'
import { ENDINGS, type Ending, type EndingName } from '../../src/domain/ending.ts'
import { stopScope } from '../../src/ledger/stop.ts'
import { connectSql } from '../../src/platform/sql.ts'
import { endingsPage } from '../../scripts/endings-page.ts'
import type { WishedFault } from '../support/emulator.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'
import { workedStage } from '../support/worked-stage.ts'
import { bannerFor, failureOf, startTestWorker, type TestWorker, type WorkerChange } from '../support/worker.ts'

vi.setConfig({ testTimeout: 60_000 })

const { env, stage, worker } = await workedStage()
await stage.db.sql`insert into purser.plan_version values ('penniless', '2026-01-01T00:00:00Z', 10000000, 'test')`

/** A job that has come to this ending; `of` is the number of the attempt that it is about. */
interface Played {
  readonly account: string
  readonly job: Awaited<ReturnType<TestWorker['purser']['banner']['start']>>
  readonly of?: number
}

async function play(
  fault?: Omit<WishedFault, 'promptIncludes'>,
  plan = 'free',
  by = worker,
  change: Partial<BannerInput> = {},
): Promise<Played> {
  const account = await stage.account(plan)
  if (fault !== undefined) await stage.emulator.fault({ ...fault, promptIncludes: account })
  return { account, job: await by.purser.banner.start(bannerFor(account, change)) }
}

/** The same with a worker of its own, which ends with the test. */
async function playBy(change: WorkerChange, on = stage): Promise<Played> {
  const other = await startTestWorker(env, on, change)
  try {
    const played = await play(undefined, 'free', other)
    await played.job.result().catch(() => undefined)
    return played
  } finally {
    await other.stop()
  }
}

/** The answer to the dispatch comes when the permission to send is over: it is held up on the wire. */
async function overASlowWire(): Promise<Played> {
  const { hostname, port } = new URL(stage.db.url)
  const account = await stage.account('free')
  let isOver = false
  const isTheDispatch = async (): Promise<boolean> => !isOver && (isOver = (await stage.attempts(account))[0]?.state === 'dispatched')
  const proxy = await startTcpProxy({ host: hostname, port: Number(port) }, () => {
    let before: Promise<unknown> = Promise.resolve()
    return (chunk, connection) => {
      before = before.then(async () => {
        if (await isTheDispatch()) await new Promise((done) => setTimeout(done, 5_200))
        connection.write(chunk)
      })
      return false
    }
  })
  const sql = connectSql(stage.db.url.replace(`:${port}/`, `:${proxy.port}/`))
  const other = await startTestWorker(env, stage, { sql })
  try {
    const job = await other.purser.banner.start(bannerFor(account))
    await job.result()
    return { account, job }
  } finally {
    await other.stop()
    await sql.end({ timeout: 1 })
    await proxy.close()
  }
}

const waitsForItsRetry = (job: Played['job']) => until('it waits', async () => (await job.waitingFor()).includes('attempt 2'))

const PLAY: Readonly<Record<EndingName, () => Promise<Played>>> = {
  answered: () => play(),
  blocked: () => play({ fault: 'image_safety' }),
  usage_missing: () => play({ fault: 'no_usage' }),
  // Of a model of its own, which is stopped by it.
  above_bound: () => play({ fault: 'usage_above_bound', tokens: 4_000 }, 'free', worker, { model: 'gemini-3.1-flash-lite-image' }),
  async response_lost() {
    const file = join(stage.folder, 'a-file')
    await writeFile(file, 'where a folder should be')
    return playBy({}, { ...stage, config: { ...stage.config, PURSER_BLOB_DIR: file } })
  },
  rate_limited: () => play({ fault: 'rate_limited', retryAfterSeconds: 0, times: 6 }),
  provider_unavailable: () => play({ fault: 'unavailable', retryAfterSeconds: 0, times: 6 }),
  never_sent: overASlowWire,
  rejected: () => playBy({ apiKey: 'a-key-that-nobody-knows' }),
  in_doubt: () => play({ fault: 'billed_but_cut' }),
  refused: () => play(undefined, 'penniless'),
  async lapsed() {
    const played = await play({ fault: 'rate_limited', retryAfterSeconds: 3 })
    await waitsForItsRetry(played.job)
    await stage.db.sql`
      update purser.reservation set hold_until = clock_timestamp() - interval '1 ms'
       where state = 'reserved' and scope in (select id from purser.scope where account = ${played.account})`
    await played.job.result()
    return { ...played, of: 2 }
  },
  async stopped() {
    const account = await stage.account('free')
    await stopScope(stage.ledger, { account }, 'enough')
    return { account, job: await worker.purser.banner.start(bannerFor(account)) }
  },
  async cancelled_before() {
    const played = await play({ fault: 'rate_limited', retryAfterSeconds: 60 })
    await waitsForItsRetry(played.job)
    await played.job.cancel()
    return { ...played, of: 2 }
  },
  async cancelled_after() {
    const played = await play({ fault: 'slow', ms: 700 })
    await until('it is sent', async () => (await stage.requestsOf(played.account)).length === 1)
    await played.job.cancel()
    return played
  },
}

/** What the whole account then holds and has spent, in the words of the table. */
async function moneyOf({ account, of = 1 }: Played): Promise<Ending['money'] | 'unclear'> {
  const attempts = await stage.attempts(account)
  const attempt = attempts[of - 1]
  const { reserved, spent } = await stage.balance(account)
  const billed = (await stage.billOf(account)).length
  if (attempt === undefined) return reserved === 0n && spent === 0n && billed === 0 ? 'none set aside' : 'unclear'
  const next = attempts[of]
  // Whatever came of it in the end, nothing stays set aside.
  if (attempt.state === 'rejected' && next?.amount === attempt.amount && next.ask === attempt.ask)
    return reserved === 0n && billed === attempts.filter(({ cost }) => cost !== null).length ? 'handed on to the next attempt' : 'unclear'
  if (attempt.cost === null) {
    if (reserved === attempt.amount && spent === 0n) return 'held'
    return reserved === 0n && spent === attempts.reduce((sum, { cost }) => sum + (cost ?? 0n), 0n) ? 'given back' : 'unclear'
  }
  if (reserved !== 0n || spent !== attempt.cost || billed !== 1) return 'unclear'
  return attempt.costSource === 'presumption' && spent === attempt.amount ? 'spent at its bound, flagged' : 'spent at its exact cost'
}

test.concurrent.each(Object.entries<Ending>(ENDINGS) as [EndingName, Ending][])('%s ends as the table says', async (name, ending) => {
  const played = await PLAY[name]()
  const { job, account, of = 1 } = played
  const code = await job.result().then(
    () => undefined,
    async (error: unknown) => (await failureOf(Promise.reject(error))).code,
  )
  // Retried for as long as it takes is the other end of a fault that passes.
  const expected = name === 'never_sent' || name === 'lapsed' ? undefined : ending.jobCode
  expect({ name, code, state: (await stage.attempts(account))[of - 1]?.state, money: await moneyOf(played) }).toEqual({
    name,
    code: expected,
    state: ending.state,
    money: ending.money,
  })
})

test('docs/endings.md is what the tables say', async () => {
  expect(await readFile(new URL('../../docs/endings.md', import.meta.url), 'utf8')).toBe(await endingsPage())
})
