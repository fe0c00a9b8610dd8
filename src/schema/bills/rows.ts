import { parse } from 'csv-parse/sync'
import { PurserError } from '../../domain/errors.ts'

/** A row of a file, and where it is: a line of text, or a place in its list. */
export interface Row {
  readonly row: number
  readonly value: unknown
}

/** The rows of a file of JSON: a list, one object, or an object a line. Numbers stay the text that they are: as numbers they would lose digits. Throws PurserError `bad_input`. */
export function jsonRows(text: string): Row[] {
  const whole = readJson(text)
  if (whole !== undefined)
    return (Array.isArray(whole.value) ? whole.value : [whole.value]).map((value: unknown, index) => ({ row: index + 1, value }))
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return []
    const read = readJson(line)
    if (read === undefined) throw new PurserError('bad_input', `row ${index + 1} is no JSON (is the file cut?), so nothing is stored`)
    return [{ row: index + 1, value: read.value }]
  })
}

function readJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text, asWritten as (this: unknown, key: string, value: unknown) => unknown) }
  } catch {
    return undefined
  }
}

const asWritten = (_key: string, value: unknown, context: { readonly source?: string }): unknown =>
  typeof value === 'number' ? (context.source ?? String(value)) : value

/** The rows of a file of CSV with a head, as objects; an empty cell is missing. Throws PurserError `bad_input`, naming the line. */
export function csvRows(text: string): Row[] {
  try {
    const read: { record: Record<string, string>; info: { lines: number } }[] = parse(text, {
      columns: (head: string[]) => head.map((name) => name.trim().toLowerCase()),
      bom: true,
      info: true,
      skip_empty_lines: true,
      trim: true,
    })
    return read.map(({ record, info }) => ({
      row: info.lines,
      value: Object.fromEntries(Object.entries(record).filter(([, cell]) => cell !== '')),
    }))
  } catch (error) {
    throw new PurserError('bad_input', `this is no CSV, so nothing is stored: ${(error as Error).message}`)
  }
}

export const isJson = (text: string): boolean => /^\s*[[{]/.test(text)
