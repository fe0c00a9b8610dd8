import { latestEndOf } from '../domain/bound.ts'
import type { Price } from '../domain/price.ts'
import { pricesOf, type PriceBook } from './price-book.ts'

/**
 * The database's clock, and every price of a model that may come into force while a request which is bounded now may still run. Never by a
 * worker's clock: one that is wrong would reserve and book at prices that are not in force.
 */
export async function pricesReachableNow(
  book: PriceBook,
  model: Parameters<typeof pricesOf>[1],
): Promise<{ readonly now: Date; readonly prices: readonly Price[] }> {
  const [row] = await book.sql<{ now: Date }[]>`select clock_timestamp() as now`
  if (row === undefined) throw new Error('broken promise: the database has no clock')
  return { now: row.now, prices: await pricesOf(book, model, row.now, latestEndOf(row.now)) }
}
