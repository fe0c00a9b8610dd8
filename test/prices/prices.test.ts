import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { pricedModels, pricesOf, type PriceBook } from '../../src/prices/price-book.ts'
import { rateOn } from '../../src/prices/rates.ts'
import { connectSql } from '../../src/platform/sql.ts'
import { UNITS } from '../../src/domain/usage.ts'
import { cloneDatabase } from '../support/database.ts'

const database = await cloneDatabase()
const sql = connectSql(database.url)
const book: PriceBook = { sql }
afterAll(async () => {
  await sql.end({ timeout: 5 })
  await database.drop()
})

interface Row {
  readonly from: string
  readonly until?: string
  readonly pico: bigint
  readonly unit?: string
  readonly tier?: string
}

/** A model of its own with these prices. */
async function modelWith(rows: readonly Row[]): Promise<string> {
  const model = `model-${randomUUID().slice(0, 8)}`
  for (const row of rows) {
    await database.sql`insert into purser.price (provider, model, unit, tier, pico_usd_per, effective_from, effective_until, source, source_date)
      values ('test', ${model}, ${row.unit ?? 'output_text_tokens'}, ${row.tier ?? 'standard'}, ${row.pico}, ${row.from}, ${row.until ?? null}, 'test', '2026-01-01')`
  }
  return model
}

async function between(model: string, from: string, until: string): Promise<[bigint, string, string | undefined][]> {
  const prices = await pricesOf(book, { provider: 'test', model, tier: 'standard' }, new Date(from), new Date(until))
  return prices.map((p) => [p.picoUsdPer, p.effectiveFrom.toISOString().slice(0, 10), p.effectiveUntil?.toISOString().slice(0, 10)])
}

test('a price without an end ends where its successor begins', async () => {
  const model = await modelWith([
    { from: '2026-03-01', pico: 30n },
    { from: '2026-01-01', pico: 10n },
    { from: '2026-02-01', pico: 20n },
  ])
  expect(await between(model, '2026-01-10', '2026-01-20')).toEqual([[10n, '2026-01-01', '2026-02-01']])
  expect(await between(model, '2026-01-31T23:59:59Z', '2026-02-01T00:00:00Z')).toEqual([
    [10n, '2026-01-01', '2026-02-01'],
    [20n, '2026-02-01', '2026-03-01'],
  ])
  expect(await between(model, '2026-02-01T00:00:00Z', '2026-02-02')).toEqual([[20n, '2026-02-01', '2026-03-01']])
  expect(await between(model, '2030-01-01', '2030-01-02')).toEqual([[30n, '2026-03-01', undefined]])
  expect(await between(model, '2025-12-01', '2025-12-31')).toEqual([])
})

test('an end of its own is kept when it comes before the successor, and cut when it comes after', async () => {
  const model = await modelWith([
    { from: '2026-01-01', until: '2026-01-15', pico: 10n },
    { from: '2026-02-01', until: '2026-12-31', pico: 20n },
    { from: '2026-03-01', until: '2026-04-01', pico: 30n },
  ])
  expect(await between(model, '2026-01-01', '2026-05-01')).toEqual([
    [10n, '2026-01-01', '2026-01-15'],
    [20n, '2026-02-01', '2026-03-01'],
    [30n, '2026-03-01', '2026-04-01'],
  ])
  // In the gap, and after the end, nothing has a price: no call may start.
  expect(await between(model, '2026-01-15', '2026-01-31')).toEqual([])
  expect(await between(model, '2026-04-01', '2026-05-01')).toEqual([])
})

test('a successor is one of the same unit and the same tier', async () => {
  const model = await modelWith([
    { from: '2026-01-01', pico: 10n },
    { from: '2026-02-01', pico: 5n, unit: 'input_text_tokens' },
    { from: '2026-02-01', pico: 7n, tier: 'batch' },
  ])
  expect(await between(model, '2026-03-01', '2026-03-02')).toEqual([
    [5n, '2026-02-01', undefined],
    [10n, '2026-01-01', undefined],
  ])
})

test('an unknown provider, model or tier has no prices', async () => {
  const [from, until] = [new Date('2026-11-03'), new Date('2026-11-04')]
  const known = { provider: 'gemini', model: 'gemini-2.5-flash-image', tier: 'standard' }
  expect(await pricesOf(book, known, from, until)).toHaveLength(5)
  for (const unknown of [{ provider: 'nobody' }, { model: 'gemini-9' }, { tier: 'flex' }]) {
    expect(await pricesOf(book, { ...known, ...unknown }, from, until)).toEqual([])
  }
})

test('every model that is sold has a price for every unit, now', async () => {
  const models = await pricedModels(book, 'gemini', 'input_text_tokens')
  expect(models).toContain('gemini-nano-banana-2.1')
  for (const model of models) {
    const prices = await pricesOf(book, { provider: 'gemini', model, tier: 'standard' }, new Date('2026-11-03'), new Date('2026-11-03'))
    const units = prices.map((p) => p.unit)
    expect({ model, units }).toEqual({ model, units: expect.arrayContaining(['input_text_tokens', 'output_text_tokens']) })
    for (const { unit, picoUsdPer } of prices) {
      expect(UNITS).toContain(unit)
      // An embedding has no output to pay for.
      expect(picoUsdPer > 0n).toBe(!model.includes('embedding') || unit !== 'output_text_tokens')
    }
  }
  expect(await pricedModels(book, 'nobody', 'input_text_tokens')).toEqual([])
})

test('the models that can be paid for one unit are those that have a price for it', async () => {
  const pictures = await pricedModels(book, 'gemini', 'output_image_tokens')
  expect(pictures).toContain('gemini-2.5-flash-image')
  expect(pictures).not.toContain('gemini-2.5-flash')
  expect(await pricedModels(book, 'gemini', 'output_text_tokens')).toContain('gemini-2.5-flash')
})

test.for([
  ['2026-10-30T12:00:00Z', '2026-10-30', 1_117_200n],
  ['2026-10-30T00:00:00Z', '2026-10-30', 1_117_200n],
  // Saturday, Sunday.
  ['2026-10-31T12:00:00Z', '2026-10-30', 1_117_200n],
  ['2026-10-18T23:59:59Z', '2026-10-16', 1_125_300n],
  ['2026-10-19T00:00:00Z', '2026-10-19', 1_122_500n],
  ['2026-01-02T00:00:00Z', '2026-01-02', 1_172_100n],
  // New Year's Day is no working day.
  ['2026-01-01T12:00:00Z', '2025-12-31', 1_175_000n],
  ['2023-01-02T00:00:00Z', '2023-01-02', 1_068_300n],
] as const)('at %s the rate of %s holds', async ([at, day, usdMicrosPerEur]) => {
  expect(await rateOn(book, new Date(at))).toMatchObject({ day, usdMicrosPerEur, source: expect.stringMatching(/^ECB/) })
})

test('before the first rate there is none, and of two sources of one day the later row holds', async () => {
  expect(await rateOn(book, new Date('2023-01-01T23:59:59Z'))).toBeUndefined()
  await database.sql`insert into purser.rate (day, usd_micros_per_eur, source, fetched_on) values ('2026-10-30', 1200000, 'another', '2026-11-02')`
  expect(await rateOn(book, new Date('2026-10-31T12:00:00Z'))).toMatchObject({ usdMicrosPerEur: 1_200_000n })
})
