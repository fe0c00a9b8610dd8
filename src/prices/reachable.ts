import { latestEndOf } from '../domain/bound.ts'
import type { Price } from '../domain/price.ts'
import { databaseNow, pricesOf, type PriceBook } from './price-book.ts'

/** The database's clock, what the model's bounds are multiplied by (in thousandths), and every price of a model that may come into force while a request which is bounded now may still run. */
export async function pricesReachableNow(
  book: PriceBook,
  model: Parameters<typeof pricesOf>[1],
): Promise<{ readonly now: Date; readonly prices: readonly Price[]; readonly raisedPerMille: bigint }> {
  const [now, [raised]] = await Promise.all([
    databaseNow(book),
    book.sql<{ per_mille: bigint }[]>`
      select per_mille from purser.model_bound where provider = ${model.provider} and model = ${model.model} order by id desc limit 1`,
  ])
  return { now, prices: await pricesOf(book, model, now, latestEndOf(now)), raisedPerMille: raised?.per_mille ?? 1000n }
}
