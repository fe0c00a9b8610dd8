import type { Price } from '../domain/price.ts'
import type { PriceBook } from './price-book.ts'

/** A row of the book, and the import that it came with. */
export interface BookRow extends Price {
  /** What the row itself says of its end. `effectiveUntil` is when it really ends: then, or where its successor begins. */
  readonly saidUntil: Date | undefined
  /** Undefined: it came with a migration, before there were imports. */
  readonly version: number | undefined
}

type Raw = { readonly [K in keyof BookRow]: BookRow[K] | (undefined extends BookRow[K] ? null : never) }

const rowOf = (raw: Raw): BookRow => ({
  ...raw,
  effectiveUntil: raw.effectiveUntil ?? undefined,
  saidUntil: raw.saidUntil ?? undefined,
  version: raw.version ?? undefined,
})

const COLUMNS = `id, provider, model, unit, tier, above_tokens as "aboveTokens", pico_usd_per as "picoUsdPer", per, effective_from as "effectiveFrom",
  ends_at as "effectiveUntil", effective_until as "saidUntil", source, source_date::text as "sourceDate", version`

/** The whole book, past and future, ordered by name and time. */
export async function wholeBook({ sql }: PriceBook): Promise<BookRow[]> {
  const rows = await sql<Raw[]>`
    select ${sql.unsafe(COLUMNS)} from purser.price_in_time order by provider, model, tier, above_tokens, unit, effective_from`
  return rows.map(rowOf)
}

/** A page of the prices in force at a moment (now, if left out), after the row `after`. */
export async function listPrices(
  { sql }: PriceBook,
  page: { readonly provider?: string; readonly model?: string; readonly at?: Date; readonly after: number; readonly limit: number },
): Promise<BookRow[]> {
  const rows = await sql<Raw[]>`
    select ${sql.unsafe(COLUMNS)} from purser.price_in_time
     where coalesce(provider = ${page.provider ?? null}, true) and coalesce(model = ${page.model ?? null}, true)
       and effective_from <= coalesce(${page.at ?? null}, clock_timestamp()) and coalesce(ends_at > coalesce(${page.at ?? null}, clock_timestamp()), true)
       and (${page.after} = 0 or (provider, model, tier, above_tokens, unit, effective_from)
         > (select provider, model, tier, above_tokens, unit, effective_from from purser.price where id = ${page.after}))
     order by provider, model, tier, above_tokens, unit limit ${page.limit}`
  return rows.map(rowOf)
}

export interface PriceVersion {
  readonly id: number
  readonly at: Date
  readonly source: string
  readonly checkedOn: string
  readonly contentHash: string
  readonly importedBy: string
  readonly why: string
}

/** Everything that the book has ever said of a model, by its name or `provider/model`, and the imports that it came with. Empty for an unknown one. */
export async function showModel(
  { sql }: PriceBook,
  name: string,
): Promise<{ readonly rows: readonly BookRow[]; readonly versions: readonly PriceVersion[] }> {
  const rows = await sql<Raw[]>`
    select ${sql.unsafe(COLUMNS)} from purser.price_in_time where model = ${name} or provider || '/' || model = ${name}
     order by provider, model, tier, above_tokens, unit, effective_from`
  const versions = await sql<PriceVersion[]>`
    select id, at, source, checked_on::text as "checkedOn", content_hash as "contentHash", imported_by as "importedBy", why from purser.price_version
     where id in (select version from purser.price where model = ${name} or provider || '/' || model = ${name}) order by id`
  return { rows: rows.map(rowOf), versions }
}
