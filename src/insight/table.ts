import { exactEur, exactUsd, nano, picoUsd } from '../domain/money.ts'
import type { Column } from './csv.ts'
import type { Currency, SpentMoney } from './spending.ts'

/**
 * What a cell says, and how: `money` a decimal with all its digits, in the table's currency; `eur` the same, always in EUR; `price` a decimal of more digits; `percent` with two
 * digits; `count` a whole number; `time` a moment (`2026-11-29T12:00:00.000Z`), `day` and `text` a text. Null where it does not apply.
 */
export type CellKind = 'text' | 'day' | 'time' | 'money' | 'eur' | 'price' | 'count' | 'percent'

export type Cell = string | number | null

export interface TableColumn<R> {
  readonly name: string
  readonly kind: CellKind
  readonly about: string
  readonly of: (row: R, currency: Currency) => Cell
}

/** The answer to a question, as page, API and CSV show it. */
export interface Table {
  readonly columns: readonly Pick<TableColumn<never>, 'name' | 'kind' | 'about'>[]
  readonly rows: readonly (readonly Cell[])[]
  /** How many there are, those beyond the limit too. */
  readonly rowCount: number
  readonly currency: Currency
  /** What all rows come to, those beyond the limit too. */
  readonly whole: SpentMoney | undefined
}

interface Made<R> {
  readonly columns: readonly TableColumn<R>[]
  readonly rows: readonly R[]
  readonly currency: Currency
  readonly rowCount?: number
  readonly whole?: SpentMoney
}

export const tableOf = <R>({ columns, rows, currency, rowCount, whole }: Made<R>): Table => ({
  columns,
  rows: rows.map((row) => columns.map(({ of }) => of(row, currency))),
  rowCount: rowCount ?? rows.length,
  currency,
  whole,
})

const IS_TEXT: Readonly<Record<CellKind, boolean>> = {
  text: true,
  day: true,
  time: true,
  money: false,
  eur: false,
  price: false,
  count: false,
  percent: false,
}

/** The columns of a table as CSV: its rows are `table.rows`. */
export const csvColumns = ({ columns }: Table): Column<readonly Cell[]>[] =>
  columns.map(({ name, kind }, n) => ({
    name,
    kind: IS_TEXT[kind] ? 'text' : 'number',
    of: (row) => (row[n] === null || row[n] === undefined ? null : String(row[n])),
  }))

/** Half a hundredth of a percent is rounded away from zero. Null of nothing. */
export function percentCell(part: bigint, whole: bigint): string | null {
  if (whole === 0n) return null
  const hundredths = roundedDiv(part * 10_000n, whole)
  const digits = String(hundredths < 0n ? -hundredths : hundredths).padStart(3, '0')
  return `${hundredths < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}

/** What one of so many comes to, rounded to the last digit. Null of none. */
export function averageCell({ eur, usd }: SpentMoney, count: bigint, currency: Currency): string | null {
  if (count === 0n) return null
  return currency === 'EUR' ? exactEur(nano(roundedDiv(eur, count))) : exactUsd(picoUsd(roundedDiv(usd, count)))
}

/** Half is rounded away from zero. Throws RangeError for a divisor of zero. */
export function roundedDiv(dividend: bigint, divisor: bigint): bigint {
  const isNegative = dividend < 0n !== divisor < 0n
  const [a, b] = [dividend < 0n ? -dividend : dividend, divisor < 0n ? -divisor : divisor]
  const quotient = (2n * a + b) / (2n * b)
  return isNegative ? -quotient : quotient
}

/** A decimal of a whole number of its smallest parts: 1234 with two digits is `12.34`. */
export function decimalCell(value: bigint, digits: number): string {
  const text = String(value < 0n ? -value : value).padStart(digits + 1, '0')
  return `${value < 0n ? '-' : ''}${text.slice(0, -digits)}.${text.slice(-digits)}`
}
