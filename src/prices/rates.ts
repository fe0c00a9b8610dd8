import type { Rate } from '../domain/price.ts'
import { PurserError } from '../domain/errors.ts'
import { functionAnswer } from './function-answer.ts'
import type { PriceBook } from './price-book.ts'

/**
 * The newest rate of a day or before it (weekends and holidays have none). Of several of one day that which a person has said, then the newest.
 * Undefined when there is none at all.
 */
export async function rateOn({ sql }: PriceBook, at: Date): Promise<Rate | undefined> {
  const [row] = await sql<Rate[]>`
    select id, day::text as day, usd_micros_per_eur as "usdMicrosPerEur", source
      from purser.rate where day <= (${at}::timestamptz at time zone 'UTC')::date order by day desc, (why is not null) desc, id desc limit 1`
  return row
}

/** A rate as the book keeps it. */
export interface KnownRate extends Rate {
  readonly fetchedOn: string
  /** What a person said with it; null when it was read from its source. */
  readonly why: string | null
}

/** Rates from `from` to `until` (days), the newest first, those of a day in the order in which they hold; a page after the rate `after`. */
export async function listRates(
  { sql }: PriceBook,
  page: { readonly from: string; readonly until: string; readonly after?: number | undefined; readonly limit: number },
): Promise<KnownRate[]> {
  return sql<KnownRate[]>`
    select id, day::text as day, usd_micros_per_eur as "usdMicrosPerEur", source, fetched_on::text as "fetchedOn", why
      from purser.rate where day between ${page.from}::text::date and ${page.until}::text::date
       and (${page.after ?? 0} = 0 or (day, why is not null, id) < (select day, why is not null, id from purser.rate where id = ${page.after ?? 0}))
     order by day desc, (why is not null) desc, id desc limit ${page.limit}`
}

/** A rate that is to be appended. */
export interface NewRate {
  /** `2026-11-03`. */
  readonly day: string
  readonly usdMicrosPerEur: bigint
  readonly source: string
  /** A person's reason. */
  readonly why?: string | undefined
  /** Somebody has looked at it, however far it is from the last one. */
  readonly accept?: boolean | undefined
}

/** `conflict`: the source's day has another figure, which stays. `implausible`: more than a factor of 1.5 from the last known one, and not appended. */
export interface AddedRate {
  readonly kind: 'added' | 'same' | 'conflict' | 'implausible'
  /** The day of `known`. */
  readonly day: string
  readonly known: bigint
}

/** Appends a rate; nothing is ever changed. Throws PurserError `bad_input` for what cannot be a rate. */
export async function addRate({ sql }: PriceBook, rate: NewRate): Promise<AddedRate> {
  const added = await functionAnswer(
    sql<{ answer: Omit<AddedRate, 'known'> & { known: string } }[]>`
    select purser.add_rate(p_day => ${rate.day}::text::date, p_usd_micros_per_eur => ${rate.usdMicrosPerEur}, p_source => ${rate.source},
      p_why => ${rate.why ?? null}, p_accept => ${rate.accept ?? false}) as answer`,
  ).catch((error: unknown) => {
    throw inOurWords(error)
  })
  return { ...added, known: BigInt(added.known) }
}

/** Puts the alarm of a stale rate into the outbox, once a day of the database's clock. `told` false: today it was told already. */
export const tellStaleRate = ({ sql }: PriceBook, newest: string | undefined): Promise<{ readonly told: boolean }> =>
  functionAnswer(sql<{ answer: { told: boolean } }[]>`select purser.tell_stale_rate(${newest ?? null}::text::date) as answer`)

/** Values that the database cannot take. */
function inOurWords(error: unknown): unknown {
  const { code, message } = error as { code?: string; message: string }
  return code?.startsWith('22') === true ? new PurserError('bad_input', `not a rate: ${message}`) : error
}
