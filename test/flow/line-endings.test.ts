/** Every row of the table of a batch line's endings, played with real servers: where its attempt then stands, its money, and its outcome. */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { Context } from '@temporalio/activity'
import { expect, test, vi } from 'vitest'
import { createBatchActivities } from '../../src/activities/batch.ts'
import { JobFailed, type BatchInput } from '../../src/client.ts'
import { reservationRef } from '../../src/domain/call.ts'
import { LINE_ENDINGS, type LineEnding, type LineEndingName } from '../../src/domain/line-ending.ts'
import { setRateLimit } from '../../src/ledger/rate-limits.ts'
import { stopScope } from '../../src/ledger/stop.ts'
import { fileBlobStore } from '../../src/platform/file-blob-store.ts'
import { liveBook } from '../../src/prices/live-book.ts'
import { geminiBatches } from '../../src/providers/gemini-batches.ts'
import type { WishedFault } from '../support/emulator.ts'
import { EMULATOR_KEY } from '../support/stage.ts'
import { until } from '../support/until.ts'
import { workedStage } from '../support/worked-stage.ts'
import { startTestWorker, type TestWorker, type WorkerChange } from '../support/worker.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const { env, stage, worker } = await workedStage()

/** A batch that has come to this ending; `of` is the line that it is about. */
interface Played {
  readonly account: string
  readonly jobId: string
  readonly of: number
}

interface Way {
  readonly fault?: Omit<WishedFault, 'promptIncludes'>
  readonly change?: Partial<BatchInput>
  /** Output limits of the lines. */
  readonly tokens?: readonly number[]
  readonly of?: number
  readonly by?: TestWorker
  readonly before?: (account: string) => Promise<unknown>
  readonly meanwhile?: (account: string, jobId: string) => Promise<unknown>
}

const SOON_MS = 5_000

/** What nothing comes of ends with its deadline. */
async function play({ fault, change, tokens = [500], of = 1, by = worker, before, meanwhile }: Way = {}): Promise<Played> {
  const account = await stage.account('free')
  if (fault !== undefined) await stage.emulator.fault({ ...fault, promptIncludes: account })
  await before?.(account)
  const lines = tokens.map((maxOutputTokens, i) => ({
    callId: `line-${i + 1}`,
    account,
    model: 'gemini-2.5-flash',
    prompt: `question ${i + 1} of ${account}`,
    maxOutputTokens,
  }))
  const deadline = new Date(Date.now() + SOON_MS).toISOString()
  const jobId = `line-${randomUUID()}`
  const job = await by.purser.batch.start({ jobId, lines, deadline, cancelBeforeMs: 1_000, onDeadline: 'end', ...change })
  await meanwhile?.(account, jobId)
  await job.result().catch(() => undefined)
  return { account, jobId, of }
}

/** The same with a worker of its own, which ends with the test. */
async function playBy(change: WorkerChange, way: Way = {}): Promise<Played> {
  const by = await startTestWorker(env, stage, change)
  try {
    return await play({ ...way, by })
  } finally {
    await by.stop()
  }
}

/** A provider that lists a batch at once, or never. */
const impatient = () =>
  createBatchActivities({
    ledger: stage.ledger,
    prices: liveBook({ sql: stage.sql }),
    blobs: fileBlobStore(join(stage.folder, 'blobs')),
    installation: stage.installation,
    requestTimeoutMs: 500,
    batchProviders: new Map([['gemini', geminiBatches({ apiKey: EMULATOR_KEY, baseUrl: stage.emulator.url })]]),
    listedWithinMs: 0,
  })

const cancelJob = (jobId: string) => env.client.workflow.getHandle(jobId).cancel()
const DEAR = [40_000, 60_000] as const
const LATER = { deadline: '2099-01-01T00:00:00Z', cancelBeforeMs: 0 } as const
/** A job that is cancelled when some of its lines are answered; one of those that have come to this. */
async function playCancelled(state: string): Promise<Played> {
  const played = await play({
    fault: { fault: 'batch_late', ms: 20_000 },
    change: LATER,
    tokens: Array.from({ length: 8 }, () => 500),
    meanwhile: async (account, jobId) => {
      await until('a line is answered', async () => (await stage.billOf(account)).length > 0)
      await cancelJob(jobId)
    },
  })
  const one = (await stage.attempts(played.account)).find((attempt) => attempt.state === state)
  return { ...played, of: Number(one?.callId.slice('line-'.length)) }
}

/** Lines are asked for at once, so either may be the one that is not paid for. */
async function playRefused(): Promise<Played> {
  const played = await play({ tokens: DEAR })
  const paid = await stage.attempts(played.account)
  return { ...played, of: paid.some(({ callId }) => callId === 'line-1') ? 2 : 1 }
}

const PLAY: Readonly<Record<LineEndingName, () => Promise<Played>>> = {
  answered: () => play(),
  blocked: () => play({ fault: { fault: 'blocked' } }),
  usage_missing: () => play({ fault: { fault: 'no_usage' } }),
  line_failed: () => play({ fault: { fault: 'batch_line_fails' } }),
  batch_refused: () => playBy({ apiKey: 'a-key-that-nobody-knows' }),
  not_taken: () => play({ fault: { fault: 'unavailable', retryAfterSeconds: 0, times: 99 } }),
  // Its next ask is answered, with an error.
  never_sent: () =>
    playBy(
      { activities: (product) => ({ ...product, ...impatient() }) },
      {
        fault: { fault: 'hang', billed: false },
        change: { deadline: new Date(Date.now() + 30_000).toISOString() },
        before: (account) => stage.emulator.fault({ fault: 'batch_line_fails', promptIncludes: account }),
      },
    ),
  unfinished: () => play({ fault: { fault: 'batch_expires', times: 99 } }),
  in_doubt: () => play({ fault: { fault: 'batch_submit_lost', ms: 3_600_000 } }),
  refused: playRefused,
  stopped: () => play({ before: (account) => stopScope(stage.ledger, { account }, 'enough') }),
  paced: () =>
    play({
      tokens: [20_000],
      before: (account) => setRateLimit(stage.ledger, { name: `pace-${account}`, scope: { account }, pacePercent: 1, reason: 'a test' }),
    }),
  lapsed: () =>
    playBy({
      activities: (product) => ({
        ...product,
        handInBatch: async (ask: Parameters<typeof product.handInBatch>[0]) => {
          await stage.db.sql`
            update purser.reservation set hold_until = clock_timestamp() - interval '1 ms'
             where state = 'reserved' and call in (select id from purser.call where account = ${ask.lines[0]?.scope.account ?? ''})`
          return product.handInBatch(ask)
        },
      }),
    }),
  others_refused: () => play({ tokens: [500, 65_000, 65_000], change: { allOrNone: true } }),
  cancelled_before: () =>
    playBy({
      activities: (product) => ({
        ...product,
        reserveBatch: async (ask: Parameters<typeof product.reserveBatch>[0]) => {
          const answers = await product.reserveBatch(ask)
          await cancelJob(Context.current().info.workflowExecution?.workflowId ?? '')
          return answers
        },
      }),
    }),
  cancelled_answered: () => playCancelled('settled'),
  cancelled_unanswered: () => playCancelled('rejected'),
}

/** What the line's first attempt holds or has spent, in the words of the table. */
async function moneyOf({ account, of }: Played): Promise<LineEnding['money'] | 'unclear'> {
  const all = await stage.attempts(account)
  const attempt = all.find(({ callId }) => callId === `line-${of}`)
  const bill = await stage.billOf(account)
  const { reserved, spent } = await stage.balance(account)
  // Of all lines: what is held is that of those whose outcome is not known.
  const held = all.filter(({ state }) => state === 'in_doubt').reduce((sum, { amount }) => sum + amount, 0n)
  if (reserved !== held || spent !== all.reduce((sum, { cost }) => sum + (cost ?? 0n), 0n)) return 'unclear'
  if (attempt === undefined) return 'none set aside'
  const isBilled = bill.some(({ clientRequestId }) => clientRequestId === reservationRef(attempt.id))
  if (attempt.cost === null) return attempt.state === 'in_doubt' ? 'held' : isBilled ? 'unclear' : 'given back'
  if (!isBilled) return 'unclear'
  return attempt.costSource === 'presumption' && attempt.cost === attempt.amount ? 'spent at its bound, flagged' : 'spent at its exact cost'
}

/** The line's outcome, or the failure of the job. */
async function seenOf({ jobId, of }: Played): Promise<string> {
  try {
    return (await worker.purser.batch.job(jobId).result())[of - 1]?.kind ?? 'nothing'
  } catch (error) {
    return error instanceof JobFailed ? error.code : String(error)
  }
}

const inWords = (sees: string): string => (sees === 'a CancelledFailure' ? 'cancelled' : (/`(\w+)`/.exec(sees)?.[1] ?? ''))

test.concurrent.each(Object.entries<LineEnding>(LINE_ENDINGS) as [LineEndingName, LineEnding][])(
  '%s ends as the table says',
  async (name, ending) => {
    const played = await PLAY[name]()
    const own = (await stage.attempts(played.account)).filter(({ callId }) => callId === `line-${played.of}`)
    const sees = await seenOf(played)
    expect({ name, sees, state: own[0]?.state, money: await moneyOf(played) }).toEqual({
      name,
      sees: inWords(ending.sees),
      state: ending.state,
      money: ending.money,
    })
    // Whom it helps to ask again is asked again, if there is time; nobody else is.
    expect(own.length > 1 && !ending.again).toBe(false)
  },
)
