import { stringify } from 'csv-stringify/sync'
import { assert } from '../domain/errors.ts'

/** One column: its name, and what a row has in it; null is an empty cell. A number is a plain decimal, as text, so that it loses no digit. */
export interface Column<Row> {
  readonly name: string
  readonly kind: 'text' | 'number'
  readonly of: (row: Row) => string | null
}

export const textColumn = <Row>(name: string, of: Column<Row>['of']): Column<Row> => ({ name, kind: 'text', of })
export const numberColumn = <Row>(name: string, of: Column<Row>['of']): Column<Row> => ({ name, kind: 'number', of })

const ROWS_AT_ONCE = 200
const DECIMAL = /^-?\d+(\.\d+)?$/
/** What a spreadsheet takes for the beginning of a formula, also in its wide form (OWASP, CSV Injection). */
const FORMULA = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/

/**
 * Rows as CSV (RFC 4180) in pieces, the header first: it takes a row only when somebody takes a piece. A text that a spreadsheet would run as a formula begins with an
 * apostrophe; numbers stay as they are. Throws what the rows throw, and for a number that is none.
 */
export async function* csvOf<Row>(columns: readonly Column<Row>[], rows: AsyncIterable<Row> | Iterable<Row>): AsyncGenerator<string> {
  let cells: (readonly string[])[] = [columns.map(({ name }) => name)]
  for await (const row of rows) {
    cells.push(columns.map((column) => cellOf(column, row)))
    if (cells.length >= ROWS_AT_ONCE) {
      yield written(cells)
      cells = []
    }
  }
  if (cells.length > 0) yield written(cells)
}

const written = (cells: readonly (readonly string[])[]): string =>
  stringify(cells as string[][], { record_delimiter: 'windows', quoted_match: /[\r\n]/ })

function cellOf<Row>({ name, kind, of }: Column<Row>, row: Row): string {
  const value = of(row)
  if (value === null) return ''
  if (kind === 'text') return FORMULA.test(value) ? `'${value}` : value
  assert(DECIMAL.test(value), `the column ${name} holds numbers, and "${value}" is none`)
  return value
}
