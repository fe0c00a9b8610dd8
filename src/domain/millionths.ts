/** As far as a bigint column of the ledger goes with room to spare. */
const WHOLE_DIGITS_MAX = 12

/**
 * A decimal as text, in millionths: `'1.1172'` → 1,117,200. Never by way of a float. Throws RangeError for anything else than a plain decimal
 * without a sign, and for more than six decimals.
 */
export function millionths(text: string): bigint {
  const match = new RegExp(`^(\\d{1,${WHOLE_DIGITS_MAX}})(?:\\.(\\d{1,6}))?$`).exec(text)
  if (match === null) throw new RangeError(`not a decimal with at most six decimals: "${text}"`)
  const [, whole = '0', fraction = ''] = match
  return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, '0'))
}

/** The other way round, without needless zeros: 1,117,200 → `1.1172`. */
export function decimalOf(value: bigint): string {
  const digits = value.toString().padStart(7, '0')
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`.replace(/\.?0+$/, '')
}
