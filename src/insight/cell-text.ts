import { eur, shortEur } from '../domain/money.ts'
import type { Cell, CellKind } from './table.ts'

/** How people read a table. */
export interface Reader {
  readonly timeZone: string
  /** All digits of an amount. */
  readonly exact?: boolean
}

/** A cell as people read it: four digits that count, thousands apart, percents with their sign, times as the clock on the wall has them. */
export function cellText(cell: Cell, kind: CellKind, { timeZone, exact = false }: Reader): string {
  if (cell === null) return kind === 'text' ? '(none)' : '–'
  switch (kind) {
    case 'money':
    case 'eur':
      return exact ? String(cell) : shortAmount(String(cell))
    case 'price':
      // What a token costs needs all of them.
      return exact || (String(cell).split('.')[1] ?? '').length > 12 ? String(cell) : shortAmount(String(cell))
    case 'count':
      return Number(cell).toLocaleString('en-US')
    case 'percent':
      return `${cell} %`
    case 'time':
      return wallTime(String(cell), timeZone)
    case 'day':
    case 'text':
      return String(cell)
  }
}

/** Four digits that count; a decimal with more digits than money has is cut there first. */
export function shortAmount(text: string): string {
  const [whole = '0', fraction = ''] = text.split('.')
  return shortEur(eur(`${whole}.${fraction.slice(0, 9)}`))
}

/** A moment to the minute, as a time zone's clock has it: `2026-11-29 13:00`. */
export const wallTime = (instant: string, timeZone: string): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(new Date(instant))
