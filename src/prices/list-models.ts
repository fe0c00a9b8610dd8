import type { ModelLimits } from '../domain/model-request.ts'
import { limitsOf, type RawLimits } from './model-limits.ts'
import type { PriceBook } from './price-book.ts'

/** A model that has a price now, and what it takes. */
export interface PricedModel extends ModelLimits {
  readonly provider: string
  readonly model: string
  readonly tiers: readonly string[]
  readonly units: readonly string[]
}

/** A page of the models that have a price at this moment, by provider and name, after `after` (both empty: from the first). */
export async function listPricedModels(
  { sql }: PriceBook,
  page: {
    readonly provider?: string | undefined
    readonly after: { readonly provider: string; readonly model: string }
    readonly limit: number
  },
): Promise<PricedModel[]> {
  const rows = await sql<(Omit<PricedModel, keyof ModelLimits> & RawLimits)[]>`
    select p.provider, p.model, p.tiers, p.units, l.input_tokens_max as "inputTokensMax", l.output_tokens_max as "outputTokensMax",
           l.image_tokens_max as "imageTokensMax"
      from (select provider, model, json_agg(distinct tier order by tier) as tiers, json_agg(distinct unit order by unit) as units from purser.price_in_time
             where effective_from <= clock_timestamp() and coalesce(ends_at > clock_timestamp(), true) and coalesce(provider = ${page.provider ?? null}, true)
               and (provider, model) > (${page.after.provider}, ${page.after.model})
             group by provider, model order by provider, model limit ${page.limit}) p
      left join lateral (select * from purser.model_limit where provider = p.provider and model = p.model order by id desc limit 1) l on true
     order by p.provider, p.model`
  return rows.map((row) => ({ ...row, ...limitsOf(row) }))
}
