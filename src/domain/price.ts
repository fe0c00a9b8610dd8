import { ceilDiv, nano, picoUsd, type Nano, type PicoUsd } from './money.ts'
import { isInput, isOutput, tokensOf, type Unit, type Usage } from './usage.ts'

/** One row of the price book. `picoUsdPer` pays for `per` units (1, 1,000 or 1,000,000), so a price finer than a pico-USD stays a whole number. */
export interface Price {
  readonly id: number
  readonly provider: string
  readonly model: string
  readonly unit: Unit
  readonly tier: string
  /** Holds for the whole request when its prompt has more tokens than this, cached ones included; 0n: for any prompt that no other row is for. */
  readonly aboveTokens: bigint
  readonly picoUsdPer: bigint
  readonly per: bigint
  readonly effectiveFrom: Date
  readonly effectiveUntil: Date | undefined
  readonly source: string
  readonly sourceDate: string
}

/** USD per EUR on a day, in millionths of a dollar: 1.1172 is 1,117,200. */
export interface Rate {
  readonly id: number
  readonly day: string
  readonly usdMicrosPerEur: bigint
  readonly source: string
}

/** What a reservation pins of its rate: enough to compute a cost. */
export type PinnedRate = Pick<Rate, 'id' | 'usdMicrosPerEur'>

/** One line of a cost: everything that is needed to compute it again years later. */
export interface CostLine {
  readonly unit: Unit
  readonly quantity: bigint
  readonly priceId: number
  readonly picoUsdPer: bigint
  readonly per: bigint
  readonly picoUsd: PicoUsd
  readonly rateId: number
  readonly usdMicrosPerEur: bigint
  readonly nanoEur: Nano
}

export interface Cost {
  readonly lines: readonly CostLine[]
  readonly picoUsd: PicoUsd
  readonly nanoEur: Nano
  /** `unpriced`: a unit without a price was charged at the dearest price known for the model. */
  readonly flags: readonly 'unpriced'[]
}

/** pico-USD → nano-EUR, rounded up: pico × 1000 ÷ (USD micros per EUR). 1 EUR = rate USD, 1 USD = 10¹² pico-USD, 1 EUR = 10⁹ nano-EUR. */
export const nanoEurOf = (amount: PicoUsd, rate: PinnedRate): Nano => nano(ceilDiv(amount * 1000n, rate.usdMicrosPerEur))

/** What lines come to together. */
export const totalOf = (lines: readonly CostLine[]): { readonly picoUsd: PicoUsd; readonly nanoEur: Nano } => ({
  picoUsd: picoUsd(lines.reduce((sum, line) => sum + line.picoUsd, 0n)),
  nanoEur: nano(lines.reduce((sum, line) => sum + line.nanoEur, 0n)),
})

/** The line of one quantity: pico-USD = ceil(quantity × price ÷ per), nano-EUR = ceil at the rate. */
export function costLine(unit: Unit, quantity: bigint, price: Pick<Price, 'id' | 'picoUsdPer' | 'per'>, rate: PinnedRate): CostLine {
  const amount = picoUsd(ceilDiv(quantity * price.picoUsdPer, price.per))
  return {
    unit,
    quantity,
    priceId: price.id,
    picoUsdPer: price.picoUsdPer,
    per: price.per,
    picoUsd: amount,
    rateId: rate.id,
    usdMicrosPerEur: rate.usdMicrosPerEur,
    nanoEur: nanoEurOf(amount, rate),
  }
}

/** The row with the highest price per unit, the last of equals; undefined for no rows. */
export function dearest(prices: readonly Price[]): Price | undefined {
  return prices.reduce<Price | undefined>(
    (best, price) => (best === undefined || price.picoUsdPer * best.per >= best.picoUsdPer * price.per ? price : best),
    undefined,
  )
}

/** Of each unit its dearest row, for whatever prompt: what an answer is charged that was served in a way that has no price. */
export const dearestOfEach = (prices: readonly Price[]): Price[] =>
  [...Map.groupBy(prices, ({ unit }) => unit).values()].flatMap((rows) => {
    const row = dearest(rows)
    return row === undefined ? [] : [{ ...row, aboveTokens: 0n }]
  })

/** The rows that are in force at one moment. */
export const pricesAt = (prices: readonly Price[], at: Date): Price[] =>
  prices.filter((price) => price.effectiveFrom <= at && (price.effectiveUntil === undefined || at < price.effectiveUntil))

/** Of each unit the price that a prompt of so many tokens reaches: that of the highest threshold below it. */
function pricesReached(prices: readonly Price[], promptTokens: bigint): Price[] {
  const reached = new Map<Unit, Price>()
  for (const price of prices) {
    const best = reached.get(price.unit)
    if ((price.aboveTokens === 0n || price.aboveTokens < promptTokens) && (best === undefined || price.aboveTokens > best.aboveTokens))
      reached.set(price.unit, price)
  }
  return [...reached.values()]
}

/** A usage with the fee that is paid for the request itself, where it has a price: no provider counts it. */
export const withRequestFee = (usage: Usage, prices: readonly Price[]): Usage =>
  usage.some(({ unit }) => unit === 'requests') || !prices.some(({ unit }) => unit === 'requests')
    ? usage
    : [...usage, { unit: 'requests', quantity: 1 }]

/** Of one direction. What is neither (a search, a training) is priced by the piece or for another purpose: no stand-in for a token. */
const isLike = (a: Unit, b: Unit): boolean => isInput(a) === isInput(b) && isOutput(a) === isOutput(b)

/**
 * What a usage costs: one line per unit, each rounded up on its own; the total is the sum of the lines.
 * A unit without a price is charged at the dearest price of its direction (or of the model) that its prompt reaches, and flagged, never dropped.
 * Throws RangeError when the model has no price at all.
 */
export function costOf(usage: Usage, prices: readonly Price[], rate: PinnedRate): Cost {
  const flags: 'unpriced'[] = []
  const reached = pricesReached(prices, BigInt(tokensOf(usage).input))
  const lines = usage.map(({ unit, quantity }) => {
    const known = reached.find((price) => price.unit === unit)
    const price = known ?? dearest(reached.filter((p) => isLike(p.unit, unit))) ?? dearest(reached) ?? dearest(prices)
    if (price === undefined) throw new RangeError(`no price at all for this model, so ${unit} cannot be charged`)
    if (known === undefined) flags.push('unpriced')
    return costLine(unit, BigInt(quantity), price, rate)
  })
  return {
    lines,
    ...totalOf(lines),
    flags: flags.slice(0, 1),
  }
}
