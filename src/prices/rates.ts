import type { Rate } from '../domain/price.ts'
import type { PriceBook } from './price-book.ts'

/** The newest rate of a day or before it (weekends and holidays have none). Undefined when there is none at all. */
export async function rateOn({ sql }: PriceBook, at: Date): Promise<Rate | undefined> {
  const [row] = await sql<Rate[]>`
    select id, day::text as day, usd_micros_per_eur as "usdMicrosPerEur", source
      from purser.rate where day <= (${at}::timestamptz at time zone 'UTC')::date order by day desc, id desc limit 1`
  return row
}
