/** Which prices an attempt is reserved and booked at, whatever happens to the book meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { TransactionSql } from 'postgres'
import { expect, test, vi } from 'vitest'
import { responseCacheOver } from '../../src/activities/cache.ts'
import { createModelActivities } from '../../src/activities/model.ts'
import { ofMoney, type Money } from '../../src/domain/money.ts'
import { blobStoreOf } from '../../src/platform/file-blob-store.ts'
import { liveBook, type LiveBook } from '../../src/prices/live-book.ts'
import { geminiProvider } from '../../src/providers/gemini.ts'
import { EMULATOR_KEY } from '../support/stage.ts'
import { askFor, newJob, runIn } from './activity.ts'
import { callStage } from './call.ts'

const on = callStage()

/** The book stays as it was written: what a test has to change all the same goes past its guard. */
async function inTheBook(change: (sql: TransactionSql<{ bigint: bigint }>) => Promise<unknown>): Promise<void> {
  await on.stage().db.sql.begin(async (sql) => {
    await sql`set local session_replication_role = replica`
    await change(sql)
  })
}

test('a worker whose clock is wrong reserves and books at the prices in force, by the clock of the ledger', async () => {
  const model = 'gemini-2.5-flash-image'
  const { sql } = on.stage().db
  await sql`
    insert into purser.price (provider, model, unit, tier, pico_usd_per, effective_from, source, source_date)
      select provider, model, unit, tier, pico_usd_per / 10, clock_timestamp() + interval '5 minutes', 'a test', current_date
        from purser.price where model = ${model}`
  const account = await on.stage().account()
  const job = newJob()
  const ask = askFor(account, 'Fast clock')
  vi.setSystemTime(Date.now() + 600_000)
  try {
    const reserved = (await job.run(on.activities(), 'reserveBudget', ask)) as { amount: Money }
    expect(ofMoney(reserved.amount)).toBeGreaterThan(50_000_000n)
    expect(await job.run(on.activities(), 'callModel', ask)).toMatchObject({ kind: 'answered', flags: [] })
  } finally {
    vi.useRealTimers()
    await inTheBook(
      (book) =>
        book`delete from purser.price where source = 'a test' and not exists (select from purser.cost_line l where l.price_id = price.id)`,
    )
  }
  const { cost } = await on.only(account)
  // 1,290 image tokens at 30 USD a million, not at 3.
  expect(cost).toBeGreaterThan(30_000_000n)
})

test('a price that is not in force yet still prices the answer, and the answer is flagged', async () => {
  const model = 'gemini-3.1-flash-lite-image'
  await inTheBook((book) => book`update purser.price set effective_from = clock_timestamp() + interval '30 minutes' where model = ${model}`)
  const account = await on.stage().account()
  const job = newJob()
  const ask = askFor(account, 'Soon')
  const soon = { ...ask, request: { ...ask.request, model } }
  await job.run(on.activities(), 'reserveBudget', soon)
  expect(await job.run(on.activities(), 'callModel', soon)).toMatchObject({ kind: 'answered', flags: ['unpriced'] })
  expect(await on.only(account)).toMatchObject({ state: 'settled', costSource: 'answer' })
})

test.for([
  [4_900, 'are right for it', 0],
  [5_000, 'are read again', 1],
] as const)('prices that were read %i ms before the dispatch %s', async ([ms, , readings]) => {
  const { config, ledger, installation } = on.stage()
  const live = liveBook(ledger)
  let asked = 0
  const sql = ((...args: Parameters<LiveBook['sql']>) => ((asked += 1), ledger.sql(...args))) as LiveBook['sql']
  const aged: LiveBook = {
    ...live,
    sql,
    async lookUp(model) {
      const state = await live.lookUp(model)
      // The dispatch comes a few milliseconds after this.
      return { ...state, readAt: new Date(state.readAt.getTime() - ms) }
    },
  }
  const gemini = geminiProvider({ apiKey: EMULATOR_KEY, baseUrl: on.stage().emulator.url })
  const activities = createModelActivities({
    ledger,
    prices: aged,
    blobs: blobStoreOf(config),
    installation,
    providers: new Map([['gemini', gemini]]),
    requestTimeoutMs: config.PURSER_REQUEST_TIMEOUT_MS,
    cache: responseCacheOver(ledger, config.PURSER_REQUEST_TIMEOUT_MS),
  })
  const { execution, ask } = await on.reserved()
  expect(await runIn(execution, activities, 'callModel', ask)).toMatchObject({ kind: 'answered', flags: [] })
  expect(asked).toBe(readings)
})

test('a model whose prices are gone by now is not sent: its answer could not be booked', async () => {
  const model = 'gemini-nano-banana-2.1'
  const account = await on.stage().account()
  const job = newJob()
  const ask = askFor(account, 'Gone')
  const gone = { ...ask, request: { ...ask.request, model } }
  await job.run(on.activities(), 'reserveBudget', gone)
  await inTheBook((book) => book`delete from purser.price where model = ${model}`)
  // So long the worker goes by what it read before.
  await sleep(1_100)
  await expect(job.run(on.activities(), 'callModel', gone)).rejects.toMatchObject({ type: 'unpriced_model', nonRetryable: true })
  expect(await on.only(account)).toMatchObject({ state: 'reserved' })
  expect(await on.stage().requestsOf(account)).toEqual([])
})
