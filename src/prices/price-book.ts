import type { Sql } from 'postgres'
import type { Price } from '../domain/price.ts'
import type { Unit } from '../domain/usage.ts'

/** Reads prices and rates. The tables in Postgres are the only authority. */
export interface PriceBook {
  readonly sql: Sql<{ bigint: bigint }>
}

type Row = Omit<Price, 'unit' | 'effectiveUntil'> & { unit: Unit; effectiveUntil: Date | null }

/** The database's clock. Never a worker's: one that is wrong would reserve and book at prices that are not in force. */
export async function databaseNow({ sql }: PriceBook): Promise<Date> {
  const [row] = await sql<{ now: Date }[]>`select clock_timestamp() as now`
  if (row === undefined) throw new Error('broken promise: the database has no clock')
  return row.now
}

/**
 * The prices of a model and tier (undefined: of every tier) that are in force at any moment from `from` to `until`. Empty: the model has no price, so
 * no call may start. A row without an end ends where its successor begins.
 */
export async function pricesOf(
  { sql }: PriceBook,
  model: { readonly provider: string; readonly model: string; readonly tier: string | undefined },
  from: Date,
  until: Date,
): Promise<Price[]> {
  const rows = await sql<Row[]>`
    select id, provider, model, unit, tier, above_tokens as "aboveTokens", pico_usd_per as "picoUsdPer", per, effective_from as "effectiveFrom",
           ends_at as "effectiveUntil", source, source_date::text as "sourceDate"
      from purser.price_in_time where provider = ${model.provider} and model = ${model.model}
       and (${model.tier ?? null}::text is null or tier = ${model.tier ?? null})
       and effective_from <= ${until} and (ends_at is null or ends_at > ${from})
     order by unit, above_tokens, effective_from`
  return rows.map((row) => ({ ...row, effectiveUntil: row.effectiveUntil ?? undefined }))
}

/** The tiers of a model that have a price at all, for an error message that helps. */
export async function pricedTiers({ sql }: PriceBook, provider: string, model: string): Promise<string[]> {
  const rows = await sql<{ tier: string }[]>`
    select distinct tier from purser.price where provider = ${provider} and model = ${model} order by tier`
  return rows.map((row) => row.tier)
}

/** The models that have a price for this unit, for an error message that helps. */
export async function pricedModels({ sql }: PriceBook, provider: string, unit: Unit): Promise<string[]> {
  const rows = await sql<{ model: string }[]>`
    select distinct model from purser.price where provider = ${provider} and unit = ${unit} order by model limit 100`
  return rows.map((row) => row.model)
}

/** The providers of which a model of this name has a price now. */
export async function providersOf({ sql }: PriceBook, model: string): Promise<string[]> {
  const rows = await sql<{ provider: string }[]>`
    select distinct provider from purser.price_in_time
     where model = ${model} and effective_from <= clock_timestamp() and (ends_at is null or ends_at > clock_timestamp()) order by provider`
  return rows.map((row) => row.provider)
}
