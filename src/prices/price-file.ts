import type { Unit } from '../domain/usage.ts'
import { storedPrice } from './exact-usd.ts'
import { nameOf, type ListedPrice, type PriceList, type Rejected } from './price-list.ts'

/** A file in Purser's own form, as its schema reads it. */
interface WrittenFile {
  readonly source: string
  readonly checked_on: string
  readonly rows: readonly WrittenRow[]
}

interface WrittenRow {
  readonly provider: string
  readonly model: string
  readonly unit: Unit
  readonly tier: string
  readonly above_tokens: number
  readonly usd_per_million?: string | undefined
  readonly usd?: string | undefined
  readonly per: number
  readonly effective_from?: string | undefined
  readonly effective_until?: string | undefined
  readonly source?: string | undefined
  readonly checked_on?: string | undefined
}

/** The list that a hand-written file holds. A row that cannot be stored, or that is there twice, is among the rejected. */
export function readPriceFile(file: WrittenFile): PriceList {
  const [prices, rejected]: [ListedPrice[], Rejected[]] = [[], []]
  const seen = new Set<string>()
  file.rows.forEach((row, index) => {
    const figure = row.usd_per_million ?? row.usd ?? ''
    try {
      const price = priceOf(file, row, figure)
      const once = `${nameOf(price)} ${row.effective_from ?? ''}`
      if (seen.has(once)) throw new RangeError('it is there twice')
      seen.add(once)
      prices.push(price)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      rejected.push({ model: `${row.provider}/${row.model}`, key: `rows.${index} ${row.unit}`, figure, why: error.message })
    }
  })
  return { source: file.source, checkedOn: file.checked_on, isWhole: false, prices, rejected, unknownKeys: [] }
}

function priceOf(file: WrittenFile, row: WrittenRow, figure: string): ListedPrice {
  const [from, until] = [row.effective_from, row.effective_until].map((text) => (text === undefined ? undefined : new Date(text)))
  if (until !== undefined && from !== undefined && until <= from) throw new RangeError('it ends before it begins')
  return {
    provider: row.provider,
    model: row.model,
    unit: row.unit,
    tier: row.tier,
    aboveTokens: BigInt(row.above_tokens),
    ...storedPrice(row.unit, figure, row.usd_per_million === undefined ? BigInt(row.per) : 1_000_000n),
    effectiveFrom: from,
    effectiveUntil: until,
    source: row.source ?? file.source,
    sourceDate: row.checked_on ?? file.checked_on,
  }
}
