/** A calendar month, `2026-11`. */
export type Month = string & { readonly __unit: 'month' }

/** `2026-11`. */
export const MONTH_FORM = /^\d{4}-(0[1-9]|1[0-2])$/

/** No budget is older than this: an earlier month is a slip of the hand. */
export const FIRST_MONTH = '2020-01'

/** Throws RangeError unless the text is a month like `2026-11`. */
export function month(text: string): Month {
  if (!MONTH_FORM.test(text)) throw new RangeError(`not a month: "${text}" (write it like 2026-11)`)
  return text as Month
}

/** The month that an instant falls into, in a time zone: 2026-11-30T23:00Z is 2026-12 in Europe/Berlin. */
export function monthOf(instant: Date, timeZone: string): Month {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit' }).formatToParts(instant)
  const part = (type: string): string => parts.find((p) => p.type === type)?.value ?? ''
  return month(`${part('year').padStart(4, '0')}-${part('month')}`)
}

/** The month so many months later; earlier, if below zero. */
export function monthsLater(of: Month, months: number): Month {
  const [year = 0, number = 1] = of.split('-').map(Number)
  return month(new Date(Date.UTC(year, number - 1 + months, 1)).toISOString().slice(0, 7))
}

/**
 * True for a name of the IANA time zone database, such as Europe/Berlin. Not for an offset: Postgres reads `+05:30` in the manner of POSIX,
 * as west of Greenwich, and ISO 8601 as east.
 */
export function isTimeZone(name: string): boolean {
  // Names without a place are read in other ways by Postgres: CET as an hour that knows no summer, IST as Israel’s.
  if (!/^[a-z]+\/|^utc$|^gmt$/i.test(name) || name === 'US/Pacific-New') return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
