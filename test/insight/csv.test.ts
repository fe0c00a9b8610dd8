/** CSV, read back by a reader that is not ours. */
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvOf, numberColumn, textColumn } from '../../src/insight/csv.ts'

type Row = readonly [string | null, string | null]
const COLUMNS = [textColumn<Row>('a text', ([text]) => text), numberColumn<Row>('a number', ([, number]) => number)]

async function written(rows: Iterable<Row> | AsyncIterable<Row>): Promise<string> {
  let all = ''
  for await (const piece of csvOf(COLUMNS, rows)) all += piece
  return all
}
const read = (csv: string): string[][] => parse(csv, { record_delimiter: '\r\n' })

/** As it is written, so that no spreadsheet runs it. */
const harmless = (text: string | null): string =>
  text !== null && /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/.test(text) ? `'${text}` : (text ?? '')

test('the header is first; quotes, commas and line breaks are those of RFC 4180; lines end with CRLF', async () => {
  expect(await written([])).toBe('a text,a number\r\n')
  expect(
    await written([
      ['said "no", twice\nand left', '-0.000000001'],
      [null, null],
      ['ÄÖÜ €', '12'],
    ]),
  ).toBe('a text,a number\r\n"said ""no"", twice\nand left",-0.000000001\r\n,\r\nÄÖÜ €,12\r\n')
})

test('whatever a cell holds is read back, but for the apostrophe before a formula', async () => {
  const cell = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '"', ',', "'", ';', 'a', '＝', '\u2028', '\uFEFF') }),
    fc.constant(null),
  )
  const number = fc.option(fc.bigInt().map((n) => `${n}.5`))
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(cell, number), { maxLength: 8 }), async (rows) => {
      expect(read(await written(rows))).toEqual([['a text', 'a number'], ...rows.map(([text, n]) => [harmless(text), n ?? ''])])
    }),
    { numRuns: 200 },
  )
})

test('no text begins as a formula, and no number is changed', async () => {
  const bad = ['=HYPERLINK("http://evil")', '+1', '-1+1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1']
  const [, ...rows] = read(await written(bad.map((text) => [text, '-5'] as const)))
  expect(rows).toEqual(bad.map((text) => [`'${text}`, '-5']))
})

test('what is no number in a column of numbers breaks a promise: it cannot carry a formula either', async () => {
  for (const wrong of ['=1', '1e5', '', 'NaN', '1,5', '--1', '1.', ' 1'])
    await expect(written([['x', wrong]])).rejects.toThrow('broken promise: the column a number holds numbers')
})

test('it takes rows as somebody takes its pieces, not all at once, and lets go of them when nobody does any more', async () => {
  let taken = 0
  let isOver = false
  async function* rows(): AsyncGenerator<Row> {
    try {
      for (;;) yield [String((taken += 1)), null]
    } finally {
      isOver = true
    }
  }
  const pieces = csvOf(COLUMNS, rows())
  await pieces.next()
  expect(taken).toBeLessThan(300)
  await pieces.next()
  expect(taken).toBeLessThan(600)
  await pieces.return(undefined)
  expect(isOver).toBe(true)
})
