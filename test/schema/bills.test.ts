import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { BillFormat } from '../../src/domain/bill.ts'
import { readBill } from '../../src/schema/bills/bill-file.ts'
import { scaled } from '../../src/domain/scaled.ts'

const read = (file: string, format: BillFormat, over: Partial<Parameters<typeof readBill>[0]> = {}) =>
  readBill({ text: readFileSync(new URL(`../data/bills/${file}`, import.meta.url), 'utf8'), name: file, provider: 'p', format, ...over })
const of = (text: string, format: BillFormat) => () => readBill({ text, name: 'bill', provider: 'p', format })
/** What a test compares: the rest is in the lines, too. */
const figures = ({ bill }: ReturnType<typeof readBill>) =>
  bill.lines.map((l) => [l.day, l.model, l.tier, l.unit, l.quantity, l.picoUsd, l.nanoEur])

test('a decimal is read exactly, with an exponent too, and says when it had to be rounded', () => {
  expect(scaled('0.30', 12)).toEqual({ value: 300_000_000_000n, slack: 0n })
  expect(scaled('1.2e-5', 12)).toEqual({ value: 12_000_000n, slack: 0n })
  expect(scaled('-0.5', 0)).toEqual({ value: -1n, slack: 1n })
  expect(scaled('0.1234567890123456', 12)).toEqual({ value: 123_456_789_012n, slack: 1n })
  expect(() => scaled('1,5', 2)).toThrow('"1,5" is no decimal')
  expect(() => scaled('1e999', 2)).toThrow('out of range')
})

test('the emulator’s bill: a line per request and unit, by the day of its moment, under the name that the client gave it', () => {
  const whole = read('purser.jsonl', 'purser')
  expect(figures(whole)).toEqual([
    ['2026-11-03', 'gemini-2.5-flash-lite', 'standard', 'input_text_tokens', 12n, 1_200_000n, null],
    ['2026-11-03', 'gemini-2.5-flash-lite', 'standard', 'output_text_tokens', 40n, 16_000_000n, null],
    ['2026-11-04', 'gemini-2.5-flash-lite', 'standard', 'input_text_tokens', 9n, 900_000n, null],
  ])
  expect(whole.bill.lines.map(({ requestId }) => requestId)).toEqual([
    'rsv_019ac8f27c5a4d2f9d0e7b4b2c6f1a3e',
    'rsv_019ac8f27c5a4d2f9d0e7b4b2c6f1a3e',
    'resp-2',
  ])
  expect(whole.bill).toMatchObject({ fromDay: '2026-11-03', toDay: '2026-11-04', currency: 'USD', timeZone: 'UTC' })
  expect(read('purser.jsonl', 'purser', { timeZone: 'Europe/Berlin' }).bill).toMatchObject({ fromDay: '2026-11-04' })
})

test('Google’s export: days in Pacific time, credits taken off, dollars from euros with their slack; what is no use of a model is left out', () => {
  const { bill, leftOut } = read('google.json', 'google')
  expect(figures({ bill, leftOut })).toEqual([
    ['2026-11-03', 'gemini-2.5-flash-lite', 'standard', 'input_text_tokens', 1_000_000n, 100_000_000_000n, 89_000_000n],
    ['2026-11-02', 'gemini-2.5-flash-lite', 'standard', 'output_text_tokens', 100_000n, 30_000_000_000n, 26_700_000n],
  ])
  expect(bill.lines[0]).toMatchObject({ picoSlack: 561_799n, nanoSlack: 500n, requestId: null })
  expect(bill).toMatchObject({ currency: 'EUR', timeZone: 'America/Los_Angeles' })
  expect([...leftOut]).toEqual([
    ['Compute Engine', 1],
    ['tax of Gemini API', 1],
  ])
  // The same rows in another file are the same lines.
  const rows = JSON.parse(readFileSync(new URL('../data/bills/google.json', import.meta.url), 'utf8')) as unknown[]
  const part = readBill({ text: `${JSON.stringify(rows[1])}\n`, name: 'part', provider: 'p', format: 'google' })
  expect(part.bill.lines.map(({ lineId }) => lineId)).toEqual([bill.lines[1]?.lineId])
  // A row that is there twice is two.
  const twice = readBill({ text: JSON.stringify([rows[1], rows[1]]), name: 'twice', provider: 'p', format: 'google' })
  expect(new Set(twice.bill.lines.map(({ lineId }) => lineId)).size).toBe(2)
})

test.for([
  ['Generate content input token count gemini 2.5 flash short input text', 'gemini-2.5-flash', 'standard', 'input_text_tokens'],
  ['Generate content cached input token count gemini 2.5 flash input image', 'gemini-2.5-flash', 'standard', 'input_cached_tokens'],
  [
    'Generate content output token count gemini 3.1 flash lite preview text',
    'gemini-3.1-flash-lite-preview',
    'standard',
    'output_text_tokens',
  ],
  ['Generate_content input token count gemini 3.7 flash image flex caching', 'gemini-3.7-flash-image', 'flex', 'input_cached_tokens'],
  [
    'Generate content output token count gemini 2.5 flash image output image batch',
    'gemini-2.5-flash-image',
    'batch',
    'output_image_tokens',
  ],
])('Google’s words "%s"', ([description, model, tier, unit]) => {
  const row = {
    service: { description: 'Gemini API' },
    sku: { id: 'X', description },
    usage_start_time: '2026-11-03 08:00:00 UTC',
    cost: '1',
    currency: 'USD',
  }
  expect(of(JSON.stringify(row), 'google')().bill.lines).toMatchObject([{ model, tier, unit }])
})

test('OpenAI’s costs: a line per bucket and line item; a float is taken as it is written', () => {
  const { bill } = read('openai.json', 'openai')
  expect(figures({ bill, leftOut: new Map() })).toEqual([
    ['2026-11-03', 'gpt-5.6-luna', 'standard', 'input_text_tokens', 250_000n, 62_500_000_000n, null],
    ['2026-11-03', 'gpt-5.6-luna', 'standard', 'input_cached_tokens', 600n, 12_000_000n, null],
    ['2026-11-03', 'gpt-5.6-luna', 'standard', 'output_text_tokens', null, 123_456_789_012n, null],
  ])
  expect(bill.lines.map(({ picoSlack }) => picoSlack)).toEqual([0n, 0n, 1n])
})

test('Anthropic’s cost report: cents, without quantities', () => {
  expect(figures(read('anthropic.json', 'anthropic'))).toEqual([
    ['2026-11-03', 'claude-sonnet-4-20250514', 'standard', 'input_text_tokens', null, 1_237_891_200_000n, null],
    ['2026-11-03', 'claude-sonnet-4-20250514', 'batch', 'output_text_tokens', null, 505_000_000_000n, null],
    ['2026-11-03', 'web_search', 'standard', 'search_queries', null, 30_000_000_000n, null],
  ])
})

test('Purser’s own columns, as CSV or JSON: a line without an id is its file’s', () => {
  const { bill } = read('table.csv', 'csv')
  expect(figures({ bill, leftOut: new Map() })).toEqual([
    ['2026-11-03', 'gemini-2.5-flash-lite', 'standard', 'input_text_tokens', 1_000n, 100_000_000n, 89_000n],
    ['2026-11-03', 'gemini-2.5-flash-lite', 'standard', 'output_text_tokens', 500n, 200_000_000n, 178_000n],
    ['2026-11-04', 'a-trained-model', 'standard', 'gpu_hours', 2_500_000n, 4_475_000_000_000n, null],
  ])
  expect(bill.lines.map(({ lineId, row }) => [lineId, row])).toEqual([
    ['a-1', 2],
    [`${bill.hash} 3`, 3],
    ['a-3', 4],
  ])
  const json = of('{"day":"2026-11-03","model":"m","unit":"requests","quantity":3,"cost_usd":0.1}', 'csv')()
  expect(figures(json)).toEqual([['2026-11-03', 'm', 'standard', 'requests', 3n, 100_000_000_000n, null]])
})

test('words that have no meaning here are said by a person, and what is not to be read is left out', () => {
  const google = JSON.stringify({
    service: { description: 'Gemini API' },
    sku: { id: 'X-1', description: 'Grounding' },
    usage_start_time: '2026-11-03 08:00:00 UTC',
    cost: '1',
    currency: 'USD',
  })
  expect(of(google, 'google')).toThrow('row 1: sku: "Grounding" (X-1) has no meaning here: say with --meanings what it is')
  const meanings = { 'X-1': { model: 'gemini-2.5-flash', tier: 'standard', unit: 'search_queries' } }
  expect(readBill({ text: google, name: 'b', provider: 'p', format: 'google', meanings }).bill.lines).toMatchObject([
    { unit: 'search_queries', quantity: null },
  ])
  expect(() => readBill({ text: google, name: 'b', provider: 'p', format: 'google', meanings: { Grounding: null } })).toThrow(
    'there are no lines',
  )
})

test('a bad row is named with what is wrong, with all others, and nothing is taken', () => {
  const head = 'day,model,unit,quantity,cost_usd,line_id\n'
  expect(
    of(
      `${head}2026-11-03,m,requests,1,0.1,a\n2026-13-03,m,requests,1,0.1,b\n2026-11-03,m,tokenz,1.5,-1,c\n2026-11-03,m,requests,1.5,0.1,d\n`,
      'csv',
    ),
  ).toThrow(
    /3 rows cannot be read, so nothing is stored:\n {2}row 3: day: write a day like 2026-12-01\n {2}row 4: unit: there is no unit "tokenz".*\n {2}row 5: quantity: 1.5 is no quantity of requests/,
  )
  expect(of(`${head}2026-11-03,m,requests,1,-0.1,a\n`, 'csv')).toThrow('row 2: cost_usd: -0.1 is below zero')
  expect(of(`${head}2026-11-03,m,requests,1,0.1,a\n2026-11-03,m,requests,1,0.2,a\n`, 'csv')).toThrow('row 3: line "a" was in row 2 already')
  expect(of('day,model\n"2026-11-03,m\n', 'csv')).toThrow('this is no CSV, so nothing is stored')
  expect(of('{"at":"2026-11-03T00:00:00Z"}\n{"at":', 'purser')).toThrow('row 2 is no JSON (is the file cut?)')
  expect(of('', 'csv')).toThrow('there are no lines in the file')
  expect(of('[]', 'openai')).toThrow('there are no lines in the file')
})
