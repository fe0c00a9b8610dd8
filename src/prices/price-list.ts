import type { Unit } from '../domain/usage.ts'
import type { StoredPrice } from './exact-usd.ts'

/** One price of a list that may be imported. */
export interface ListedPrice extends StoredPrice {
  readonly provider: string
  readonly model: string
  readonly unit: Unit
  readonly tier: string
  readonly aboveTokens: bigint
  /** Undefined: from when the import says, or now. */
  readonly effectiveFrom: Date | undefined
  readonly effectiveUntil: Date | undefined
  readonly source: string
  /** The day on which somebody read it there. */
  readonly sourceDate: string
}

/** What a file of prices holds, and what of it cannot be taken. */
export interface PriceList {
  readonly source: string
  readonly checkedOn: string
  /** All that its source has: a model that it does not name is gone there. A list that somebody wrote speaks only of the models in it. */
  readonly isWhole: boolean
  readonly prices: readonly ListedPrice[]
  /** Figures that cannot be stored, by name. */
  readonly rejected: readonly Rejected[]
  /** Keys that look like a price and that we have no unit for, with how many models have them. */
  readonly unknownKeys: readonly { readonly key: string; readonly models: number }[]
}

export interface Rejected {
  readonly model: string
  readonly key: string
  readonly figure: string
  readonly why: string
}

/** What a price is the price of: one row is in force for it at a time. */
export type PriceKey = Pick<ListedPrice, 'provider' | 'model' | 'unit' | 'tier' | 'aboveTokens'>

/** `gemini/gemini-2.5-pro output_text_tokens batch above 200000`. */
export const nameOf = ({ provider, model, unit, tier, aboveTokens }: PriceKey): string =>
  [`${provider}/${model}`, unit, ...(tier === 'standard' ? [] : [tier]), ...(aboveTokens === 0n ? [] : [`above ${aboveTokens}`])].join(' ')

export const modelOf = ({ provider, model }: Pick<PriceKey, 'provider' | 'model'>): string => `${provider}/${model}`
