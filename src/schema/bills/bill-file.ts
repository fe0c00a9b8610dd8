import { hash } from 'node:crypto'
import type { BillFile, BillFileLine, BillFormat } from '../../domain/bill.ts'
import { PurserError } from '../../domain/errors.ts'
import { readAnthropic } from './anthropic.ts'
import { googleReader } from './google.ts'
import { readOpenai } from './openai.ts'
import { readPurser } from './purser.ts'
import { BadRow, type Meanings, type Read, type Reading } from './reading.ts'
import { csvRows, isJson, jsonRows } from './rows.ts'
import { readTable } from './table.ts'

/** A bill that was read, and what of it was left out: in the provider's words, and how often. */
export interface ReadBill {
  readonly bill: BillFile
  readonly leftOut: ReadonlyMap<string, number>
}

interface BillSource {
  readonly text: string
  /** Of the file, for people. */
  readonly name: string
  readonly provider: string
  readonly format: BillFormat
  /** In which the provider's days are days (default: Google's is Pacific time, everybody else's UTC). */
  readonly timeZone?: string | undefined
  readonly meanings?: Meanings | undefined
}

type RowReader = (value: unknown, reading: Reading, row: number) => Read

const READERS: Readonly<Record<BillFormat, () => RowReader>> = {
  purser: () => readPurser,
  csv: () => readTable,
  google: googleReader,
  openai: () => readOpenai,
  anthropic: () => readAnthropic,
}

const LINES_MAX = 1_000_000
const PROBLEMS_SHOWN = 20

/** Reads a bill. Throws PurserError `bad_input` that names each row which cannot be read, and what is wrong with it; then nothing of it is taken. */
export function readBill({ text, name, provider, format, timeZone, meanings = {} }: BillSource): ReadBill {
  const reading: Reading = {
    provider,
    hash: hash('sha256', text, 'hex'),
    timeZone: timeZone ?? (format === 'google' ? 'America/Los_Angeles' : 'UTC'),
    meanings,
  }
  const readRow = READERS[format]()
  const lines: BillFileLine[] = []
  const leftOut = new Map<string, number>()
  const problems: string[] = []
  for (const { row, value } of format === 'csv' && !isJson(text) ? csvRows(text) : jsonRows(text)) {
    try {
      const read = readRow(value, reading, row)
      for (const line of read.lines) lines.push(storable({ row, ...line }))
      if (read.leftOut !== undefined) leftOut.set(read.leftOut, (leftOut.get(read.leftOut) ?? 0) + 1)
    } catch (error) {
      if (!(error instanceof BadRow)) throw error
      problems.push(`row ${row}: ${error.message}`)
    }
  }
  problems.push(...namedTwice(lines))
  if (problems.length > 0) throw badRows(problems)
  if (lines.length === 0) throw new PurserError('bad_input', 'there are no lines in the file: is it cut, or of another --format?')
  if (lines.length > LINES_MAX)
    throw new PurserError('bad_input', `the file has ${lines.length} lines: ${LINES_MAX} at most, so cut it by days`)
  const days = lines.map(({ day }) => day).toSorted()
  const currency = lines.some(({ nanoEur }) => nanoEur !== null) ? 'EUR' : 'USD'
  const { hash: fileHash, timeZone: zone } = reading
  const bill = { provider, format, name, hash: fileHash, currency, timeZone: zone, fromDay: days[0] ?? '', toDay: days.at(-1) ?? '', lines }
  return { bill, leftOut }
}

/** The longest that a provider's id of a line may be, and every other word of it. */
const [LINE_ID_MAX, WORD_MAX] = [600, 200]

/** What the ledger can keep. Throws BadRow. */
function storable(line: BillFileLine): BillFileLine {
  const { lineId, model, tier, unit, requestId } = line
  if (lineId.length > LINE_ID_MAX) throw new BadRow(`the line's id has ${lineId.length} characters: ${LINE_ID_MAX} at most`)
  for (const word of [model, tier, unit, requestId ?? ''])
    if (word.length > WORD_MAX) throw new BadRow(`"${word.slice(0, 40)}…" has ${word.length} characters: ${WORD_MAX} at most`)
  if ([lineId, model, tier, requestId ?? ''].some((word) => word.includes('\0') || !word.isWellFormed()))
    throw new BadRow('has characters that cannot be kept')
  return line
}

function namedTwice(lines: readonly BillFileLine[]): string[] {
  const rows = new Map<string, number>()
  return lines.flatMap(({ lineId, row }) => {
    const before = rows.get(lineId)
    rows.set(lineId, row)
    return before === undefined ? [] : [`row ${row}: line "${lineId}" was in row ${before} already`]
  })
}

function badRows(problems: readonly string[]): PurserError {
  const more = problems.length - PROBLEMS_SHOWN
  const shown = [...problems.slice(0, PROBLEMS_SHOWN), ...(more > 0 ? [`and ${more} more`] : [])]
  return new PurserError('bad_input', `${problems.length} rows cannot be read, so nothing is stored:\n  ${shown.join('\n  ')}`, {
    problems: problems.slice(0, 1000),
  })
}
