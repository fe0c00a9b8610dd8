/** Money inside Purser: nano-EUR. A bigint, so that no sum can lose a digit. */
export type Nano = bigint & { readonly __unit: 'nano-EUR' }

/** What a provider charges: pico-USD, exact. */
export type PicoUsd = bigint & { readonly __unit: 'pico-USD' }

/** Money outside Purser (JSON, Temporal payloads): a decimal string with nine digits, because JSON has no bigint. */
export interface Money {
  readonly amount: string
  readonly currency: 'EUR'
}

const NANO_PER_EUR = 1_000_000_000n

export const nano = (value: bigint): Nano => value as Nano
export const picoUsd = (value: bigint): PicoUsd => value as PicoUsd

/** `'0.10'` → 100,000,000 nano-EUR. At most nine decimals. Throws RangeError for anything that is not a plain decimal. */
export function eur(decimal: string): Nano {
  const match = /^(-?)(\d{1,10})(?:\.(\d{1,9}))?$/.exec(decimal.trim())
  if (match === null) throw new RangeError(`not an amount in EUR: "${decimal}" (write it like 0.10, with at most nine decimals)`)
  const [, sign, whole = '0', fraction = ''] = match
  const value = BigInt(whole) * NANO_PER_EUR + BigInt(fraction.padEnd(9, '0'))
  return nano(sign === '-' ? -value : value)
}

const magnitudeOf = (value: bigint): bigint => (value < 0n ? -value : value)

/** All nine digits: `0.035712340`. */
export const exactEur = (value: Nano): string => exactly(value, 9)

/** USD, all twelve digits: `0.000412500000`. */
export const exactUsd = (value: PicoUsd): string => exactly(value, 12)

function exactly(value: bigint, decimals: number): string {
  const plain = value.toString()
  // Nearly all are: in half the time.
  if (value > 0n && plain.length > decimals) return `${plain.slice(0, -decimals)}.${plain.slice(-decimals)}`
  const digits = magnitudeOf(value)
    .toString()
    .padStart(decimals + 1, '0')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

/** Four significant digits for people: `0.03571`, `1.000`, `12.35`. Rounded half up on the magnitude; never used for a sum. */
export function shortEur(value: Nano): string {
  const magnitude = magnitudeOf(value)
  if (magnitude === 0n) return '0'
  const rounded = roundTo(decimalsOf(magnitude), magnitude)
  // Rounding up may add a digit before the point (9.9999 → 10), which is one less behind it.
  return `${value < 0n ? '-' : ''}${exactEur(nano(rounded)).slice(0, decimalsOf(rounded) - 9 || undefined)}`
}

/** Decimals that make four significant digits of nano-EUR; two at least, all nine at most. */
const decimalsOf = (magnitude: bigint): number => Math.min(9, Math.max(2, 13 - magnitude.toString().length))

function roundTo(decimals: number, magnitude: bigint): bigint {
  const step = 10n ** BigInt(9 - decimals)
  return ((magnitude + step / 2n) / step) * step
}

export const money = (value: Nano): Money => ({ amount: exactEur(value), currency: 'EUR' })

export const ofMoney = (value: Money): Nano => eur(value.amount)

/** Division that rounds up; both arguments not negative, the divisor positive. */
export const ceilDiv = (dividend: bigint, divisor: bigint): bigint => (dividend + divisor - 1n) / divisor

/** Four significant digits with the currency: `0.03571 EUR`. */
export const shortMoney = (value: Money): string => `${shortEur(ofMoney(value))} ${value.currency}`
