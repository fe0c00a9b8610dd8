import type { Unit } from '../domain/usage.ts'
import type { Reading } from './reading.ts'
import type { Workload } from './review-workloads.ts'

/** Of each token unit, pico-USD for a million: fresh, at the standard tier, for a short prompt. */
export type ModelPrices = ReadonlyMap<Unit, bigint>

/** By provider, then by model. */
export type ListPrices = ReadonlyMap<string, ReadonlyMap<string, ModelPrices>>

/** What the price book says at the end of the month, or now where that is to come. */
export async function pricesAtEnd({ sql }: Reading, endsAt: Date): Promise<ListPrices> {
  const rows = await sql<{ provider: string; model: string; unit: Unit; price: string }[]>`
    select provider, model, unit, trunc(pico_usd_per::numeric * 1000000 / per)::text as price
      from purser.price_in_time
     where tier = 'standard' and above_tokens = 0 and (unit like 'input%' or unit like 'output%')
       and effective_from < least(${endsAt}, now()) and coalesce(ends_at, 'infinity') >= least(${endsAt}, now())
     order by provider, model`
  const providers = new Map<string, Map<string, Map<Unit, bigint>>>()
  for (const { provider, model, unit, price } of rows) {
    const models = providers.get(provider) ?? new Map<string, Map<Unit, bigint>>()
    const prices = models.get(model) ?? new Map<Unit, bigint>()
    providers.set(provider, models.set(model, prices.set(unit, BigInt(price))))
  }
  return providers
}

export const pricesOf = (list: ListPrices, { provider, model }: Pick<Workload, 'provider' | 'model'>): ModelPrices | undefined =>
  list.get(provider ?? '')?.get(model ?? '')

/** Tokens as the sums have them. */
export interface Tokens {
  /** Cached ones among them. */
  readonly input: bigint
  readonly cached: bigint
  readonly output: bigint
}

export const tokensOf = ({ sums: s }: Workload): Tokens => ({ input: s.input_tokens, cached: s.cached_tokens, output: s.output_tokens })

const higher = (a: bigint, b: bigint): bigint => (a > b ? a : b)

/**
 * What tokens cost by the list, in millionths of a pico-USD. It serves for ratios only: a discount that was paid (a batch, a price of before) then holds for both sides. Where a cached
 * token has no price, it costs what a fresh one does; of a model that makes images, what comes out is images.
 */
export function listCost(prices: ModelPrices, { input, cached, output }: Tokens): bigint {
  const of = (unit: Unit): bigint => prices.get(unit) ?? 0n
  const fresh = prices.get('input_embedding_tokens') ?? of('input_text_tokens')
  const out = prices.get('output_image_tokens') ?? higher(of('output_text_tokens'), of('output_thought_tokens'))
  return (input - cached) * fresh + cached * (prices.get('input_cached_tokens') ?? fresh) + output * out
}
