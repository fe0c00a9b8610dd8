/** One reading of the book serves the calls of a second, and says when it was read. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { liveBook } from '../../src/prices/live-book.ts'
import type { PriceBook } from '../../src/prices/price-book.ts'
import { cloneDatabase } from '../support/database.ts'
import { until } from '../support/until.ts'

const database = await cloneDatabase()
afterAll(() => database.drop())

const MODEL = { provider: 'gemini', model: 'gemini-2.5-flash-image', tier: 'standard' } as const
const databaseNow = async (): Promise<number> => Number((await database.sql<{ now: Date }[]>`select clock_timestamp() as now`)[0]?.now)

/** A book that counts what it is asked, and can be made to fail. */
function counting() {
  const state = { asked: 0, fails: false }
  const sql = ((...args: Parameters<PriceBook['sql']>) => {
    state.asked += 1
    if (state.fails) throw new Error('the ledger is away')
    return database.sql(...args)
  }) as unknown as PriceBook['sql']
  return { state, book: liveBook({ sql }) }
}

describe('by this process’s clock', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
  afterEach(() => void vi.useRealTimers())

  test('a hundred calls at once, and those of the second after, share one reading; then it is read again', async () => {
    const { state, book } = counting()
    const states = await Promise.all(Array.from({ length: 100 }, () => book.lookUp(MODEL)))
    const once = state.asked
    expect(once).toBeLessThanOrEqual(3)
    expect(new Set(states.map(({ readAt }) => readAt.getTime())).size).toBe(1)
    vi.advanceTimersByTime(499)
    await book.lookUp(MODEL)
    expect(state.asked).toBe(once)
    vi.advanceTimersByTime(501)
    const later = await book.lookUp(MODEL)
    expect(state.asked).toBe(2 * once)
    expect(Number(later.readAt)).toBeGreaterThan(Number(states[0]?.readAt))
    await book.lookUp({ ...MODEL, tier: 'batch' })
    expect(state.asked).toBe(3 * once)
  })

  test('who asks all the time never waits: in the second half of its time it is read anew beside him, once', async () => {
    const { state, book } = counting()
    const first = await book.lookUp(MODEL)
    const once = state.asked
    vi.advanceTimersByTime(700)
    const [second, third] = await Promise.all([book.lookUp(MODEL), book.lookUp(MODEL)])
    expect([second.readAt, third.readAt]).toEqual([first.readAt, first.readAt])
    await until('it is read anew', async () => (await book.lookUp(MODEL)).readAt > first.readAt)
    vi.advanceTimersByTime(400)
    const renewed = await book.lookUp(MODEL)
    // Over a second has gone by, and nobody waited for this one: it is some tenths old.
    expect(state.asked).toBe(2 * once)
    expect(renewed.now.getTime() - renewed.readAt.getTime()).toBeGreaterThanOrEqual(400)
    expect(renewed.readAt.getTime()).toBeGreaterThan(first.readAt.getTime())
  })

  test('a reading anew that fails is no news: what was read serves its time, and then it is read again', async () => {
    const { state, book } = counting()
    const first = await book.lookUp(MODEL)
    vi.advanceTimersByTime(600)
    state.fails = true
    expect((await book.lookUp(MODEL)).readAt).toEqual(first.readAt)
    vi.advanceTimersByTime(399)
    expect((await book.lookUp(MODEL)).readAt).toEqual(first.readAt)
    vi.advanceTimersByTime(1)
    await expect(book.lookUp(MODEL)).rejects.toThrow('the ledger is away')
    state.fails = false
    expect((await book.lookUp(MODEL)).readAt.getTime()).toBeGreaterThan(first.readAt.getTime())
  })
})

test('what is read again after a second was read a second later, as the database’s clock has it', async () => {
  const book = liveBook(database)
  const first = await book.lookUp(MODEL)
  await sleep(1_100)
  const later = await book.lookUp(MODEL)
  expect(Number(later.readAt) - Number(first.readAt)).toBeGreaterThanOrEqual(1_000)
})

test('its clock goes on with the database’s, and is never ahead of it', async () => {
  const book = liveBook(database)
  const first = await book.lookUp(MODEL)
  for (const pause of [0, 150, 300]) {
    await sleep(pause)
    const { now, readAt } = await book.lookUp(MODEL)
    const behind = (await databaseNow()) - now.getTime()
    expect(behind).toBeGreaterThanOrEqual(0)
    expect(behind).toBeLessThan(1_000)
    expect(readAt).toEqual(first.readAt)
    expect(now.getTime() - readAt.getTime()).toBeGreaterThanOrEqual(pause - 2)
  }
})

test('that a model has no price is not remembered: its first one is known at once', async () => {
  const book = liveBook(database)
  const fresh = { provider: 'test', model: 'brand-new', tier: 'standard' } as const
  expect((await book.lookUp(fresh)).prices).toEqual([])
  expect(await book.providersOf('brand-new')).toEqual([])
  await database.sql`insert into purser.price (provider, model, unit, pico_usd_per, effective_from, source, source_date)
    values ('test', 'brand-new', 'images', 1, clock_timestamp(), 'a test', current_date)`
  expect((await book.lookUp(fresh)).prices).toMatchObject([{ unit: 'images' }])
  expect(await book.providersOf('brand-new')).toEqual(['test'])
})

test('a reading that fails fails for who waited for it, and the next call reads again', async () => {
  const { state, book } = counting()
  state.fails = true
  const settled = await Promise.allSettled([book.lookUp(MODEL), book.lookUp(MODEL)])
  expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  state.fails = false
  expect((await book.lookUp(MODEL)).prices.length).toBeGreaterThan(0)
})
