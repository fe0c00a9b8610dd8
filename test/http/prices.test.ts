import { afterAll, beforeAll, expect, test } from 'vitest'
import { exactUsd, picoUsd } from '../../src/domain/money.ts'
import { addRate } from '../../src/prices/rates.ts'
import { startApi, type Ask, type TestApi } from '../support/api.ts'
import { openStage, type Stage } from '../support/stage.ts'

let stage: Stage
let api: TestApi
let ask: Ask

beforeAll(async () => {
  stage = await openStage()
  api = await startApi(stage)
  ask = await api.caller({ account: await stage.account(), scopes: ['reports:read'] })
})
afterAll(async () => {
  await api.close()
  await stage.close()
})

type Row = Readonly<Record<string, unknown>>

const textOf = (rows: readonly Row[]) => rows.map(({ id, usd, per }) => `${String(id)} ${String(usd)} ${String(per)}`).toSorted()

/** All pages of a list, each of so many. */
async function allOf(path: string, limit: number): Promise<Row[]> {
  const rows: Row[] = []
  for (let cursor = ''; ;) {
    const { status, body } = await ask('GET', `${path}${path.includes('?') ? '&' : '?'}limit=${limit}${cursor}`)
    expect(status).toBe(200)
    rows.push(...(body['data'] as Row[]))
    if (body['has_more'] !== true) return rows
    cursor = `&cursor=${String(body['next_cursor'])}`
  }
}

test('the pages of the price book are the book, once, to the last pico-dollar', async () => {
  const at = '2026-11-03T12:00:00Z'
  const book = await stage.db.sql<{ id: number; pico: bigint; per: bigint }[]>`
    select id, pico_usd_per as pico, per from purser.price_in_time where effective_from <= ${at} and coalesce(ends_at > ${at}, true)`
  const listed = await allOf(`/v1/prices?at=${at}`, 17)
  expect(textOf(listed)).toEqual(textOf(book.map(({ id, pico, per }) => ({ id: `prc_${id}`, usd: exactUsd(picoUsd(pico)), per }))))
  expect(listed.map(({ id }) => id)).toEqual((await allOf(`/v1/prices?at=${at}`, 1_000)).map(({ id }) => id))
  const ofOne = await allOf(`/v1/prices?at=${at}&provider=gemini&model=gemini-2.5-flash-lite`, 2)
  expect(new Set(ofOne.map(({ model }) => model))).toEqual(new Set(['gemini-2.5-flash-lite']))
})

test('the pages of the rates are all rates, the newest first, also where a day has several', async () => {
  for (const [usdMicrosPerEur, why] of [
    [1_120_000n, 'ours'],
    [1_130_000n, 'ours, mended'],
  ] as const)
    await addRate({ sql: stage.sql }, { day: '2026-11-03', usdMicrosPerEur, source: `by hand ${why}`, why })
  const path = '/v1/rates?from=2026-10-20&until=2026-11-05'
  const listed = await allOf(path, 1)
  expect(listed.map(({ id }) => id)).toEqual((await allOf(path, 1_000)).map(({ id }) => id))
  const ofDay = listed.filter(({ day }) => day === '2026-11-03')
  expect(ofDay.slice(0, 2).map(({ usd_per_eur, why }) => [usd_per_eur, why])).toEqual([
    ['1.13', 'ours, mended'],
    ['1.12', 'ours'],
  ])
  const days = listed.map(({ day }) => String(day))
  expect(days).toEqual(days.toSorted().toReversed())
})

test('the pages of the models are those that have a price now, with what they take', async () => {
  const [row] = await stage.db.sql<{ n: number }[]>`
    select count(distinct (provider, model))::int as n from purser.price_in_time where effective_from <= now() and coalesce(ends_at > now(), true)`
  const listed = await allOf('/v1/models', 7)
  expect([listed.length, new Set(listed.map(({ provider, model }) => `${String(provider)} ${String(model)}`)).size]).toEqual([
    row?.n,
    row?.n,
  ])
  expect(listed.find(({ model }) => model === 'gemini-2.5-flash-lite')).toMatchObject({
    provider: 'gemini',
    tiers: expect.arrayContaining(['standard']),
    units: expect.arrayContaining(['input_text_tokens', 'output_text_tokens']),
    input_tokens_max: expect.any(Number),
  })
})

test('a moment or a day that does not exist is refused by name', async () => {
  for (const [path, field] of [
    ['/v1/prices?at=yesterday', 'query.at'],
    ['/v1/prices?at=0000-01-01T00:00:00Z', 'query.at'],
    ['/v1/prices?at=2026-02-30T00:00:00Z', 'query.at'],
    ['/v1/rates?from=2026-02-30', 'query.from'],
    ['/v1/rates?until=0000-01-01', 'query.until'],
    ['/v1/models?provider=', 'query.provider'],
  ])
    expect(await ask('GET', path ?? '')).toMatchObject({ status: 400, body: { code: 'bad_input', errors: [{ field }] } })
})
