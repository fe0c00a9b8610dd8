import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { latestEndOf } from '../../src/domain/bound.ts'
import { comparePrices, contentHashOf, importedBefore, importPrices } from '../../src/prices/import-prices.ts'
import { listPrices, showModel } from '../../src/prices/list-prices.ts'
import { pricesOf, type PriceBook } from '../../src/prices/price-book.ts'
import { readPriceFile } from '../../src/prices/price-file.ts'
import { connectSql } from '../../src/platform/sql.ts'
import { priceFileSchema } from '../../src/schema/price-file.ts'
import { cloneDatabase } from '../support/database.ts'

const database = await cloneDatabase()
const owner: PriceBook = { sql: connectSql(database.url, { as: 'owner' }) }
const app: PriceBook = { sql: connectSql(database.url) }
afterAll(async () => {
  await Promise.all([owner.sql.end({ timeout: 5 }), app.sql.end({ timeout: 5 })])
  await database.drop()
})

interface Row {
  readonly model: string
  readonly usd: string
  readonly unit?: string
  readonly tier?: string
  readonly from?: string
  readonly until?: string
}
const newModel = (): string => `model-${randomUUID().slice(0, 8)}`

/** A hand-written list, as it is read from its file. */
function listOf(rows: readonly Row[], source = 'a price page') {
  const written = rows.map(({ model, usd, unit, tier, from, until }) => ({
    provider: 'acme',
    model,
    unit: unit ?? 'output_text_tokens',
    tier,
    usd_per_million: usd,
    effective_from: from,
    effective_until: until,
  }))
  return readPriceFile(priceFileSchema.parse({ source, checked_on: '2026-11-28', rows: written }))
}

const compare = (list: ReturnType<typeof listOf>, from?: string) =>
  comparePrices(owner, list, {
    only: [...new Set(list.prices.map((p) => `acme/${p.model}`))],
    from: from === undefined ? undefined : new Date(from),
  })

async function imported(rows: readonly Row[], { source, from }: { source?: string; from?: string } = {}) {
  const compared = await compare(listOf(rows, source), from)
  expect(compared.diff.impossible).toEqual([])
  return { ...compared, ...(await importPrices(owner, compared, { contentHash: hashOf(), why: 'a test' })) }
}
const hashOf = (text: string = randomUUID()) => contentHashOf({ source: 's', checkedOn: '2026-11-28' }, [], text)
const soon = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString()

const priceAt = async (model: string, at: Date, unit = 'output_text_tokens') =>
  (await pricesOf(owner, { provider: 'acme', model, tier: 'standard' }, at, at)).find((p) => p.unit === unit)?.picoUsdPer

test('a row of the book can be neither edited nor deleted, and no import be rewritten, by its owner either', async () => {
  const model = newModel()
  await imported([{ model, usd: '1' }])
  for (const crime of [
    `update purser.price set pico_usd_per = 1 where model = '${model}'`,
    `update purser.price set source = 'me' where model = '${model}'`,
    `update purser.price set effective_from = effective_from - interval '1 day' where model = '${model}'`,
    `delete from purser.price where model = '${model}'`,
    'truncate purser.price cascade',
    "update purser.price_version set why = 'because'",
    'delete from purser.price_version',
  ])
    await expect(database.sql.unsafe(crime)).rejects.toThrow(/stays as it was written/)
  expect(await priceAt(model, new Date())).toBe(1_000_000n)
})

test('a price is withdrawn once, and not for a time that is over', async () => {
  const model = newModel()
  await imported([{ model, usd: '1' }])
  const withdraw = (until: string) => database.sql.unsafe(`update purser.price set effective_until = ${until} where model = '${model}'`)
  await expect(withdraw("clock_timestamp() - interval '1 second'")).rejects.toThrow(/stays as it was written/)
  await withdraw("clock_timestamp() + interval '1 hour'")
  await expect(withdraw("clock_timestamp() + interval '2 hours'")).rejects.toThrow(/stays as it was written/)
  await expect(withdraw('null')).rejects.toThrow(/stays as it was written/)
  expect(await priceAt(model, new Date())).toBe(1_000_000n)
  expect(await priceAt(model, new Date(Date.now() + 3_660_000))).toBeUndefined()
})

test('the app’s role can compare, and import nothing', async () => {
  const compared = await comparePrices(app, listOf([{ model: newModel(), usd: '1' }]), { only: [], from: undefined })
  expect(compared.diff.added).toHaveLength(1)
  await expect(importPrices(app, compared, { contentHash: hashOf(), why: 'x' })).rejects.toMatchObject({ code: 'not_permitted' })
  await expect(app.sql`insert into purser.price_version (source, checked_on, content_hash, imported_by, why)
    values ('x', '2026-11-28', ${hashOf()}, 'x', 'x')`).rejects.toThrow(/permission denied/)
})

test('a new price begins now; a changed one when no reservation holds an amount that was computed without it', async () => {
  const model = newModel()
  const first = await imported([{ model, usd: '1' }])
  expect(first.diff).toMatchObject({ added: [{ price: { model } }], changed: [], ended: [], same: 0, toAccept: [] })
  expect(await priceAt(model, new Date())).toBe(1_000_000n)
  const second = await imported([{ model, usd: '1.5' }])
  expect(second.diff).toMatchObject({ added: [], changed: [{ percent: 150n, was: { picoUsdPer: 1_000_000n } }], ended: [], toAccept: [] })
  const [now, later] = [new Date(), new Date(latestEndOf(new Date(), 'standard').getTime() + 1000)]
  expect([await priceAt(model, now), await priceAt(model, later)]).toEqual([1_000_000n, 1_500_000n])
  // The same list, read again meanwhile, has nothing new to say.
  expect((await compare(listOf([{ model, usd: '1.5' }]))).diff).toMatchObject({ changed: [], same: 1 })
  // Its past is as it was, and both rows say with which import they came.
  const { rows, versions } = await showModel(owner, `acme/${model}`)
  expect(rows.map((row) => [row.picoUsdPer, row.version])).toEqual([
    [1_000_000n, first.version],
    [1_500_000n, second.version],
  ])
  expect(versions.map(({ id, why, source }) => [id, why, source])).toEqual([
    [first.version, 'a test', 'a price page'],
    [second.version, 'a test', 'a price page'],
  ])
})

test('a changed price of a batch begins a day later than that of other calls, because a batch runs so long', async () => {
  const model = newModel()
  const rows = (usd: string) => [
    { model, usd },
    { model, usd, tier: 'batch' },
  ]
  await imported(rows('1'))
  const { diff } = await imported(rows('1.5'))
  const beginOf = (tier: string) => Number(diff.changed.find(({ price }) => price.tier === tier)?.price.effectiveFrom)
  expect((beginOf('batch') - beginOf('standard')) / 60_000).toBe(27 * 60 - 70)
  const rises = await compare(listOf([{ model, usd: '2', tier: 'batch' }]), soon(26 * 60))
  expect(rises.diff.toAccept[0]).toMatch(/batch: it rises before/)
})

test('the same content is imported once, and the same prices are no change', async () => {
  const model = newModel()
  const compared = await compare(listOf([{ model, usd: '1' }]))
  const contentHash = hashOf()
  const { version, changed } = await importPrices(owner, compared, { contentHash, why: 'first' })
  expect(changed).toBe(true)
  expect(await importedBefore(owner, contentHash)).toBe(version)
  expect(await importPrices(owner, compared, { contentHash, why: 'again' })).toEqual({ version, changed: false })
  expect((await compare(listOf([{ model, usd: '1.000' }]))).diff).toMatchObject({ added: [], changed: [], ended: [], same: 1 })
})

test('who compared with a book that somebody else has changed since is told to look again', async () => {
  const compared = await compare(listOf([{ model: newModel(), usd: '1' }]))
  await imported([{ model: newModel(), usd: '1' }])
  await expect(importPrices(owner, compared, { contentHash: hashOf(), why: 'x' })).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringMatching(/the book has changed/),
  })
})

test('two imports at once: one is in, the other has to look again', async () => {
  const compared = await Promise.all([1, 2].map(() => compare(listOf([{ model: newModel(), usd: '1' }]))))
  const results = await Promise.allSettled(compared.map((one) => importPrices(owner, one, { contentHash: hashOf(), why: 'x' })))
  expect(results.map((r) => r.status).toSorted()).toEqual(['fulfilled', 'rejected'])
})

test('nothing before now is repriced, but what had no price in the past may get one', async () => {
  const model = newModel()
  await imported([{ model, usd: '1', from: '2026-06-01' }])
  expect(await priceAt(model, new Date('2026-06-02'))).toBe(1_000_000n)
  const { diff } = await compare(listOf([{ model, usd: '2', from: '2026-07-01' }]))
  expect(diff.impossible).toEqual([expect.stringMatching(/it has had another price since 2026-06-01T.*what is over is not repriced/)])
  // Before that there was none.
  await imported([{ model, usd: '3', from: '2026-05-01', until: '2026-06-01' }])
  expect(await priceAt(model, new Date('2026-05-31'))).toBe(3_000_000n)
  expect(await priceAt(model, new Date('2026-06-02'))).toBe(1_000_000n)
})

test('the database itself refuses to reprice, whatever the comparison said', async () => {
  const model = newModel()
  await imported([{ model, usd: '1', from: '2026-06-01' }])
  const compared = await compare(listOf([{ model: newModel(), usd: '2', from: '2026-07-01' }]))
  const added = compared.diff.added.map(({ price }) => ({ price: { ...price, model } }))
  await expect(
    importPrices(owner, { ...compared, diff: { ...compared.diff, added } }, { contentHash: hashOf(), why: 'x' }),
  ).rejects.toMatchObject({ code: 'conflict', message: expect.stringMatching(/has a price since 2026-06-01/) })
})

test('dated rows of one list follow each other; what it already said is the same', async () => {
  const model = newModel()
  const rows = [
    { model, usd: '0.75', from: '2026-01-01' },
    { model, usd: '1.50', from: '2027-01-01' },
  ]
  await imported(rows)
  expect([await priceAt(model, new Date('2026-12-31')), await priceAt(model, new Date('2027-01-01'))]).toEqual([750_000n, 1_500_000n])
  expect((await compare(listOf(rows))).diff).toMatchObject({ added: [], changed: [], same: 2, impossible: [] })
  const { diff } = await compare(listOf([{ model, usd: '1.75', from: '2027-01-01' }]))
  expect(diff.impossible).toEqual([expect.stringMatching(/another price begins at that very moment/)])
})

test('a list may say when a price ends; one that it no longer names ends only when somebody has looked', async () => {
  const model = newModel()
  await imported([
    { model, usd: '1' },
    { model, usd: '2', unit: 'input_text_tokens' },
  ])
  const until = soon(120)
  const said = await compare(
    listOf([
      { model, usd: '1', until },
      { model, usd: '2', unit: 'input_text_tokens' },
    ]),
  )
  expect(said.diff).toMatchObject({ ended: [{ isSaid: true, row: { unit: 'output_text_tokens' } }], same: 1, toAccept: [] })
  await importPrices(owner, said, { contentHash: hashOf(), why: 'x' })
  expect(await priceAt(model, new Date(Date.parse(until) + 1000))).toBeUndefined()
  const cut = await compare(listOf([{ model, usd: '1', until }]))
  expect(cut.diff.ended).toMatchObject([{ isSaid: false, row: { unit: 'input_text_tokens' } }])
  expect(cut.diff.toAccept).toEqual([expect.stringMatching(/the list does not name it any more \(is it cut\?\)/)])
  await importPrices(owner, cut, { contentHash: hashOf(), why: 'x' })
  const [now, then] = [new Date(), new Date(Date.now() + 10_000)]
  expect([await priceAt(model, now, 'input_text_tokens'), await priceAt(model, then, 'input_text_tokens')]).toEqual([2_000_000n, undefined])
})

test('what was read of a model is right for five seconds: where it has prices, a further one, or an end, is said six seconds before, whoever says it', async () => {
  const model = newModel()
  await imported([{ model, usd: '1' }])
  const put = (unit: string, tier: string, begins: string) =>
    database.sql.unsafe(`insert into purser.price (provider, model, unit, tier, pico_usd_per, effective_from, source, source_date)
      values ('acme', '${model}', '${unit}', '${tier}', 1, ${begins}, 'a test', current_date)`)
  const in5s = "clock_timestamp() + interval '5 seconds'"
  for (const unit of ['output_text_tokens', 'input_text_tokens'])
    await expect(put(unit, 'standard', in5s)).rejects.toThrow(
      /has prices, so a further one \(\w+\) begins ten seconds from now at the earliest/,
    )
  await expect(database.sql.unsafe(`update purser.price set effective_until = ${in5s} where model = '${model}'`)).rejects.toThrow(
    /withdrawn ten seconds from now at the earliest/,
  )
  // It counts from the commit: who waits with it is refused.
  const slow = database.sql.begin(async (sql) => {
    await sql.unsafe(`insert into purser.price (provider, model, unit, tier, pico_usd_per, effective_from, source, source_date)
      values ('acme', '${model}', 'images', 'standard', 1, clock_timestamp() + interval '6200 milliseconds', 'a test', current_date)`)
    await sql`select pg_sleep(0.5)`
  })
  await expect(slow).rejects.toThrow(/ten seconds from now/)
  await put('output_text_tokens', 'standard', "clock_timestamp() + interval '7 seconds'")
  // Where there is no price, nobody remembers one. From then on it is so there too, also for rows that came with no import.
  await put('output_text_tokens', 'batch', 'clock_timestamp()')
  await expect(put('input_text_tokens', 'batch', 'clock_timestamp()')).rejects.toThrow(/ten seconds from now/)
})

test('an import without a begin begins at once for what has no price yet, and ten seconds later for a further unit of a model that has', async () => {
  const model = newModel()
  await imported([{ model, usd: '1' }])
  await imported([
    { model, usd: '1' },
    { model, usd: '2', unit: 'input_text_tokens' },
  ])
  const at = (seconds: number) => priceAt(model, new Date(Date.now() + seconds * 1000), 'input_text_tokens')
  expect([await at(0), await at(11)]).toEqual([undefined, 2_000_000n])
})

test('a whole list speaks of every model of its source, a hand-written one only of those in it', async () => {
  const [kept, gone, source] = [newModel(), newModel(), `page of ${newModel()}`]
  await imported(
    [
      { model: kept, usd: '1' },
      { model: gone, usd: '1' },
    ],
    { source },
  )
  const left = listOf([{ model: kept, usd: '1' }], source)
  const ended = async (isWhole: boolean) => (await comparePrices(owner, { ...left, isWhole }, { only: [], from: undefined })).diff.ended
  expect(await ended(false)).toEqual([])
  expect(await ended(true)).toMatchObject([{ row: { model: gone }, isSaid: false }])
})

test('what must be looked at is named: a factor above three, another source, a rise that is too near', async () => {
  const model = newModel()
  await imported([{ model, usd: '1' }])
  const toAccept = async (row: Omit<Row, 'model'>, source?: string) => (await compare(listOf([{ model, ...row }], source))).diff.toAccept
  expect(await toAccept({ usd: '3' })).toEqual([])
  expect(await toAccept({ usd: '3.000001' })).toEqual([expect.stringMatching(/300 % of what it was, a factor of more than 3/)])
  expect(await toAccept({ usd: '0.33' })).toEqual([expect.stringMatching(/33 % of what it was/)])
  expect(await toAccept({ usd: '0.34' })).toEqual([])
  expect(await toAccept({ usd: '0' })).toEqual([expect.stringMatching(/a factor of more than 3/)])
  expect(await toAccept({ usd: '1.1' }, 'another page')).toEqual([
    expect.stringMatching(/the model's prices are from another source \(a price page\)/),
  ])
  expect(await toAccept({ usd: '7', unit: 'images' }, 'another page')).toEqual([expect.stringMatching(/from another source/)])
  expect(await toAccept({ usd: '1' }, 'another page')).toEqual([])
  expect(await toAccept({ usd: '2', from: soon(5) })).toEqual([expect.stringMatching(/it rises before .* and until then calls hold/)])
  expect(await toAccept({ usd: '0.5', from: soon(5) })).toEqual([])
})

test('a list that has none of the wished models is refused by name', async () => {
  const list = listOf([{ model: newModel(), usd: '1' }])
  await expect(comparePrices(owner, list, { only: ['acme/nothing'], from: undefined })).rejects.toMatchObject({ code: 'bad_input' })
  expect((await comparePrices(owner, list, { only: ['acme'], from: undefined })).diff.added).toHaveLength(1)
})

test('a row that is there twice, ends before it begins, or cannot be stored is rejected by name', () => {
  const { prices, rejected } = listOf([
    { model: 'a', usd: '1' },
    { model: 'a', usd: '2' },
    { model: 'b', usd: '1', from: '2026-02-01', until: '2026-01-01' },
    { model: 'c', usd: '0.0000000000001' },
  ])
  expect(prices).toHaveLength(1)
  expect(rejected.map(({ model, why }) => `${model} ${why}`)).toEqual([
    'acme/a it is there twice',
    'acme/b it ends before it begins',
    'acme/c "0.0000000000001" for 1000000 is finer than a pico-USD for 1,000,000 units',
  ])
})

test('prices in force are listed a page at a time, in one order, on any day', async () => {
  const all = await listPrices(app, { provider: 'gemini', after: 0, limit: 1000 })
  const pages = []
  for (let after = 0; ;) {
    const page = await listPrices(app, { provider: 'gemini', after, limit: 37 })
    pages.push(...page)
    if (page.length < 37) break
    after = page.at(-1)?.id ?? 0
  }
  expect(pages.map((row) => row.id)).toEqual(all.map((row) => row.id))
  expect(new Set(all.map((row) => row.id)).size).toBe(all.length)
  const spring = { model: 'gemini-3.8-flash', after: 0, limit: 100 }
  const text = async (at: string) =>
    (await listPrices(app, { ...spring, at: new Date(at) })).find((r) => r.unit === 'input_text_tokens' && r.tier === 'standard')
  expect([(await text('2026-12-31'))?.picoUsdPer, (await text('2027-01-01'))?.picoUsdPer]).toEqual([750_000n, 1_500_000n])
  expect(await text('2025-12-31')).toBeUndefined()
})
