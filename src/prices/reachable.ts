import { latestEndOf } from '../domain/bound.ts'
import type { Price } from '../domain/price.ts'
import { databaseNow, pricesOf, type PriceBook } from './price-book.ts'

/**
 * The database's clock, and every price of a model that may come into force while a request which is bounded now may still run.
 */
export async function pricesReachableNow(
  book: PriceBook,
  model: Parameters<typeof pricesOf>[1],
): Promise<{ readonly now: Date; readonly prices: readonly Price[] }> {
  const now = await databaseNow(book)
  return { now, prices: await pricesOf(book, model, now, latestEndOf(now)) }
}
