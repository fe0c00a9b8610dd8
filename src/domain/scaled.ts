/** A decimal in whole parts of a unit; `slack` is 1 where it had to be rounded, else 0. */
export interface Scaled {
  readonly value: bigint
  readonly slack: bigint
}

/** With this many digits or zeros it is no amount, and would only cost time. */
const DIGITS_MAX = 60

/**
 * A decimal text in whole parts: `('0.30', 12)` is 300,000,000,000 pico-USD; `('123.45', 10)` reads cents. Rounded half up, and then says so. Takes an exponent
 * (`3e-07`), as JSON writes it. Throws RangeError for anything that is no decimal.
 */
export function scaled(text: string, decimals: number): Scaled {
  const match = /^(-?)(\d{1,30})(?:\.(\d{1,50}))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text.trim())
  if (match === null) throw new RangeError(`"${text}" is no decimal: write it like 0.30`)
  const [, sign = '', whole = '0', fraction = '', exponent = '0'] = match
  const shift = Number(exponent) - fraction.length + decimals
  if (Math.abs(shift) > DIGITS_MAX) throw new RangeError(`"${text}" is out of range`)
  const digits = BigInt(whole + fraction)
  const { value, slack } = shift >= 0 ? { value: digits * 10n ** BigInt(shift), slack: 0n } : divided(digits, 10n ** BigInt(-shift))
  return { value: sign === '-' ? -value : value, slack }
}

/** Half up; both arguments not negative, the divisor positive. */
export const divided = (dividend: bigint, divisor: bigint): Scaled => ({
  value: (dividend * 2n + divisor) / (divisor * 2n),
  slack: dividend % divisor === 0n ? 0n : 1n,
})
