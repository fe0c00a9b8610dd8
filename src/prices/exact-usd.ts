import { UNITS_IN_MILLIONTHS, type Unit } from '../domain/usage.ts'

/** A price as the book stores it: whole pico-USD for `per` units. */
export interface StoredPrice {
  readonly picoUsdPer: bigint
  readonly per: bigint
}

const PICO_DIGITS = 12
const PER_KNOWN = [1n, 1000n, 1_000_000n] as const
/** A million USD. More is a mistake, and sums of such figures would not stay in eight bytes. */
const PICO_USD_MAX = 10n ** 18n
/** A figure with more digits or zeros than this is no price, and would only cost time. */
const DIGITS_MAX = 60

/** The exact value of a decimal text such as `0.30`, `3e-07` or `1.5E+2`: digits × 10^exponent. Throws RangeError for anything else. */
export function decimalOf(text: string): { readonly digits: bigint; readonly exponent: number } {
  const match = /^(\d{1,30})(?:\.(\d{1,50}))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text.trim())
  if (match === null) throw new RangeError(`"${text}" is no price: write it like 0.30`)
  const [, whole = '0', fraction = '', exponent = '0'] = match
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length }
}

/**
 * USD for `forUnits` units, exactly, as the book stores it: for one unit, or for 1,000 or 1,000,000 where the figure is finer than a pico-USD.
 * Throws RangeError for what is finer even so, or no price.
 */
export function storedPrice(unit: Unit, usd: string, forUnits: bigint): StoredPrice {
  const { digits, exponent } = decimalOf(usd)
  const shift = exponent + PICO_DIGITS
  if (Math.abs(shift) > DIGITS_MAX) throw new RangeError(`"${usd}" is no price: it is out of range`)
  const dividend = digits * 10n ** BigInt(Math.max(shift, 0))
  const divisor = forUnits * 10n ** BigInt(Math.max(-shift, 0))
  // Of a unit that is counted in millionths the price is for a whole one, which is 1,000,000 of them.
  const inMillionths = UNITS_IN_MILLIONTHS.has(unit)
  for (const per of inMillionths ? [1n] : PER_KNOWN) {
    if ((dividend * per) % divisor !== 0n) continue
    const picoUsdPer = (dividend * per) / divisor
    if (picoUsdPer > PICO_USD_MAX) throw new RangeError(`"${usd}" is too much: a million USD at most`)
    return { picoUsdPer, per: inMillionths ? 1_000_000n : per }
  }
  throw new RangeError(`"${usd}" for ${forUnits} is finer than a pico-USD for ${inMillionths ? 'a whole unit' : '1,000,000 units'}`)
}

/** What prices are written for: tokens by the million, everything else by the piece, the hour, the GB. */
export const perText = (unit: Unit): 'million' | 'one' => (unit.endsWith('_tokens') ? 'million' : 'one')

/** A stored price as people read it, exactly: USD for a million tokens, or for one whole unit of anything else. */
export function usdText(unit: Unit, { picoUsdPer, per }: StoredPrice): string {
  // Eighteen decimals: a pico-USD for a million units.
  const forOne = UNITS_IN_MILLIONTHS.has(unit) ? picoUsdPer * 1_000_000n : (picoUsdPer * 1_000_000n) / per
  const scaled = perText(unit) === 'million' ? forOne * 1_000_000n : forOne
  const text = scaled.toString().padStart(19, '0')
  return `${text.slice(0, -18)}.${text.slice(-18)}`.replace(/\.?0+$/, '')
}
