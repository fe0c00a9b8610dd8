import { abilitiesOf } from '../domain/ability.ts'
import { boundOf, latestEndOf } from '../domain/bound.ts'
import type { Candidate } from '../domain/candidate.ts'
import type { ModelLimits, PricedRequest } from '../domain/model-request.ts'
import type { Price, Rate } from '../domain/price.ts'
import { limitsOf, type RawLimits } from './model-limits.ts'
import { databaseNow, type PriceBook } from './price-book.ts'
import { rateOn } from './rates.ts'

/** Models that might answer requests of a tier, with all that their bounds are computed from. */
export interface CandidateBook {
  readonly now: Date
  readonly rate: Rate | undefined
  readonly models: readonly KnownModel[]
}

interface KnownModel {
  readonly provider: string
  readonly model: string
  readonly prices: readonly Price[]
  readonly limits: ModelLimits
  readonly raisedPerMille: bigint
}

/** Those of these providers that have a price in this tier now, and that nobody has stopped, by name. */
export async function candidateBook(
  book: PriceBook,
  { providers, tier }: { readonly providers: readonly string[]; readonly tier: string },
): Promise<CandidateBook> {
  const now = await databaseNow(book)
  const { sql } = book
  const ours = sql.json([...providers])
  const [rate, prices, known] = await Promise.all([
    rateOn(book, now),
    sql<(Omit<Price, 'effectiveUntil'> & { effectiveUntil: Date | null })[]>`
      select id, provider, model, unit, tier, above_tokens as "aboveTokens", pico_usd_per as "picoUsdPer", per, effective_from as "effectiveFrom",
             ends_at as "effectiveUntil", source, source_date::text as "sourceDate"
        from purser.price_in_time p where ${ours}::jsonb ? provider and tier = ${tier}
         and effective_from <= ${latestEndOf(now, tier)} and (ends_at is null or ends_at > ${now})
         and not exists (select from purser.stop s where s.resumed_at is null and s.scope ? 'model' and s.scope <@ jsonb_build_object('provider', p.provider, 'model', p.model))
       order by provider, model, unit, above_tokens, effective_from`,
    sql<({ provider: string; model: string; raised: bigint | null } & RawLimits)[]>`
      select provider, model, b.per_mille as raised, l.input_tokens_max as "inputTokensMax", l.output_tokens_max as "outputTokensMax", l.image_tokens_max as "imageTokensMax"
        from (select distinct on (provider, model) * from purser.model_limit where ${ours}::jsonb ? provider order by provider, model, id desc) l
        full join (select distinct on (provider, model) * from purser.model_bound where ${ours}::jsonb ? provider order by provider, model, id desc) b
          using (provider, model)`,
  ])
  const byModel = Map.groupBy(prices, ({ provider, model }) => `${provider}/${model}`)
  const models = [...byModel.values()].flatMap((own): KnownModel[] => {
    const [first] = own
    if (first === undefined) return []
    const { provider, model } = first
    const row = known.find((one) => one.provider === provider && one.model === model)
    const limits = limitsOf(row ?? { inputTokensMax: null, outputTokensMax: null, imageTokensMax: null })
    const rows = own.map((price) => ({ ...price, effectiveUntil: price.effectiveUntil ?? undefined }))
    return [{ provider, model, prices: rows, limits, raisedPerMille: row?.raised ?? 1000n }]
  })
  return { now, rate, models }
}

/** What each would cost at the most for this request; without a rate, or a price of all that it needs, undefined. */
export function candidatesFor({ now, rate, models }: CandidateBook, request: PricedRequest): Candidate[] {
  return models.map(({ provider, model, prices, limits, raisedPerMille }) => ({
    provider,
    model,
    abilities: abilitiesOf(model, [...new Set(prices.map(({ unit }) => unit))]),
    inputTokensMax: limits.inputTokensMax,
    outputTokensMax: limits.outputTokensMax,
    cost: rate === undefined ? undefined : boundOf({ ...request, provider, model }, prices, rate, now, { raisedPerMille, limits })?.amount,
  }))
}
