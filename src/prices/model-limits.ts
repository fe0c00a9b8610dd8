import type { ModelLimits } from '../domain/model-request.ts'
import { functionAnswer } from './function-answer.ts'
import type { PriceBook } from './price-book.ts'

/** What a model takes, and who says so. */
export interface KnownLimits extends ModelLimits {
  readonly provider: string
  readonly model: string
  readonly source: string
  readonly sourceDate: string
  /** A person's reason; null when it was read from its source. */
  readonly why: string | null
}

/** As the database has them: null where nobody has said it. */
export type RawLimits = { readonly [K in keyof ModelLimits]: bigint | number | null }

const numberOf = (limit: bigint | number | null): number | undefined => (limit === null ? undefined : Number(limit))

export function limitsOf(raw: RawLimits): ModelLimits {
  return {
    inputTokensMax: numberOf(raw.inputTokensMax),
    outputTokensMax: numberOf(raw.outputTokensMax),
    imageTokensMax: numberOf(raw.imageTokensMax),
  }
}

/** What is known of the models of this name, or `provider/model`: the newest word on each. */
export async function showLimits({ sql }: PriceBook, name: string): Promise<KnownLimits[]> {
  const rows = await sql<(Omit<KnownLimits, keyof ModelLimits> & RawLimits)[]>`
    select distinct on (provider, model) provider, model, input_tokens_max as "inputTokensMax", output_tokens_max as "outputTokensMax",
           image_tokens_max as "imageTokensMax", source, source_date::text as "sourceDate", why
      from purser.model_limit where model = ${name} or provider || '/' || model = ${name} order by provider, model, id desc`
  return rows.map((row) => ({ ...row, ...limitsOf(row) }))
}

/** A figure, or that it is not known any more. */
export type LimitWord = number | 'unknown'

/** A person's word: what it does not name stays as it was. */
export interface NewLimits {
  /** Needed only where two providers have a model of this name. */
  readonly provider: string | undefined
  readonly model: string
  readonly input: LimitWord | undefined
  readonly output: LimitWord | undefined
  readonly image: LimitWord | undefined
  readonly why: string
}

/** Appends what a model takes from now on. `changed` false: that was known. Throws PurserError `not_found`, `bad_input`. */
export async function limitModel(
  { sql }: PriceBook,
  { provider, model, why, ...limits }: NewLimits,
): Promise<ModelLimits & Pick<KnownLimits, 'provider' | 'model'> & { readonly changed: boolean }> {
  type Answer = { provider: string; model: string; changed: boolean } & RawLimits
  const limited = await functionAnswer(
    sql<{ answer: Answer }[]>`
    select purser.limit_model(p_provider => ${provider ?? null}, p_model => ${model}, p_limits => ${JSON.stringify(limits)}::text::jsonb,
      p_why => ${why}) as answer`,
  )
  return { ...limited, ...limitsOf(limited) }
}
