/** An exact fraction: the tests' own arithmetic, which shares nothing with what it checks. */
export interface Rational {
  readonly over: bigint
  readonly under: bigint
}

export const rational = (over: bigint, under = 1n): Rational => ({ over, under })
export const times = (a: Rational, b: Rational): Rational => rational(a.over * b.over, a.under * b.under)
export const divided = (a: Rational, b: Rational): Rational => rational(a.over * b.under, a.under * b.over)
export const plus = (a: Rational, b: Rational): Rational => rational(a.over * b.under + b.over * a.under, a.under * b.under)
export const isAtMost = (a: Rational, b: Rational): boolean => a.over * b.under <= b.over * a.under

/** The least whole number that is not below a fraction of nothing or more. */
export function up(a: Rational): bigint {
  const down = a.over / a.under
  return down * a.under === a.over ? down : down + 1n
}
