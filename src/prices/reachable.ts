import { latestEndOf } from '../domain/bound.ts'
import type { ModelLimits } from '../domain/model-request.ts'
import type { Price } from '../domain/price.ts'
import { limitsOf, type RawLimits } from './model-limits.ts'
import { pricesOf, type PriceBook } from './price-book.ts'

/** What a bound is computed from. */
export interface Reachable {
  /** The database's clock. */
  readonly now: Date
  /** Every price of the model that may come into force while a request which is bounded now may still run. */
  readonly prices: readonly Price[]
  /** What the model's bounds are multiplied by, in thousandths. */
  readonly raisedPerMille: bigint
  readonly limits: ModelLimits
}

export async function pricesReachableNow(
  book: PriceBook,
  model: { readonly provider: string; readonly model: string; readonly tier: string },
): Promise<Reachable> {
  const { now, ...known } = await knownOf(book, model)
  return { now, prices: await pricesOf(book, model, now, latestEndOf(now, model.tier)), ...known }
}

async function knownOf(
  { sql }: PriceBook,
  { provider, model }: { readonly provider: string; readonly model: string },
): Promise<Omit<Reachable, 'prices'>> {
  const [row] = await sql<({ now: Date; raised: bigint | null } & RawLimits)[]>`
    select c.now, b.per_mille as raised, l.input_tokens_max as "inputTokensMax", l.output_tokens_max as "outputTokensMax", l.image_tokens_max as "imageTokensMax"
      from (select clock_timestamp() as now) c
      left join (select per_mille from purser.model_bound where provider = ${provider} and model = ${model} order by id desc limit 1) b on true
      left join (select * from purser.model_limit where provider = ${provider} and model = ${model} order by id desc limit 1) l on true`
  if (row === undefined) throw new Error('broken promise: the database has no clock')
  return { now: row.now, raisedPerMille: row.raised ?? 1000n, limits: limitsOf(row) }
}
