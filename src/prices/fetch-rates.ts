import { millionths } from '../domain/millionths.ts'
import type { PriceBook } from './price-book.ts'
import { addRate, type AddedRate } from './rates.ts'

/** What the European Central Bank publishes, in words that the book keeps. */
export const ECB_SOURCE = 'ECB euro foreign exchange reference rates'

/** A page of a few kilobytes; the whole history since 1999 has less than this. */
const BYTES_MAX = 16 * 1_048_576
/** One of Temporal's retries, or a person, tries again. */
const FETCH_LIMIT_MS = 15_000

/** A day's rate as it was read, and what became of it. */
export interface FetchedRate extends AddedRate {
  readonly readDay: string
  readonly usdMicrosPerEur: bigint
}

/** Reads the bank's page and appends what is new, the oldest day first. Throws when the page does not come, or is not the bank's. */
export async function fetchRates(book: PriceBook, url: string): Promise<FetchedRate[]> {
  const fetched: FetchedRate[] = []
  for (const { day, usdMicrosPerEur } of ratesIn(await pageAt(url))) {
    const added = await addRate(book, { day, usdMicrosPerEur, source: ECB_SOURCE })
    fetched.push({ ...added, readDay: day, usdMicrosPerEur })
  }
  return fetched
}

async function pageAt(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_LIMIT_MS) })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  if (Number(response.headers.get('content-length') ?? 0) > BYTES_MAX) throw new Error(`${url} has more than ${BYTES_MAX} bytes`)
  return response.text()
}

/**
 * USD per EUR of each day on the page, the oldest first: `<Cube time='2026-10-30'><Cube currency='USD' rate='1.1172'/>…`. The decimal is read as
 * text. Throws RangeError when a day has no such figure, or there is no day.
 */
export function ratesIn(page: string): { readonly day: string; readonly usdMicrosPerEur: bigint }[] {
  const days = page.split(/<Cube\s+time=/).slice(1)
  if (days.length === 0) throw new RangeError('there is no day on this page: it is not one of the ECB’s reference rates')
  return days
    .map((text) => {
      const day = /^["'](\d{4}-\d\d-\d\d)["']/.exec(text)?.[1]
      const rates = [...text.matchAll(/<Cube\s+currency=["']USD["']\s+rate=["']([^"']*)["']\s*\/>/g)].map(([, rate = '']) => rate)
      const [rate] = rates
      if (day === undefined || rate === undefined || rates.length > 1)
        throw new RangeError(`a day on this page has ${rates.length} rates of USD, where one is needed: ${text.slice(0, 40)}`)
      return { day, usdMicrosPerEur: millionths(rate) }
    })
    .toSorted((a, b) => a.day.localeCompare(b.day))
}
