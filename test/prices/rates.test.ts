import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createRateActivities } from '../../src/activities/rates.ts'
import { decimalOf, millionths } from '../../src/domain/millionths.ts'
import { connectSql, type PurserSql } from '../../src/platform/sql.ts'
import { ECB_SOURCE, fetchRates, ratesIn } from '../../src/prices/fetch-rates.ts'
import { addRate, listRates, rateOn } from '../../src/prices/rates.ts'
import { newJob } from '../activities/activity.ts'
import { cloneDatabase, type TestDatabase } from '../support/database.ts'

const page = (...days: readonly (readonly [day: string, rate: string])[]): string => `<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
	<gesmes:subject>Reference rates</gesmes:subject>
	<Cube>
${days.map(([day, rate]) => `<Cube time='${day}'>\n<Cube currency='USD' rate='${rate}'/>\n<Cube currency='JPY' rate='163.2'/>\n</Cube>`).join('\n')}
	</Cube>
</gesmes:Envelope>`

let database: TestDatabase
let sql: PurserSql
let server: Server
let url: string
/** What the bank's page says now; undefined: it does not come. */
let published: string | undefined
let asked = 0

beforeAll(async () => {
  server = createServer((_, response) => {
    asked += 1
    if (published === undefined) response.writeHead(503).end()
    else response.end(published)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/daily.xml`
})
beforeEach(async () => {
  database = await cloneDatabase()
  sql = connectSql(database.url, { max: 4 })
  asked = 0
  return async () => {
    await sql.end({ timeout: 5 })
    await database.drop()
  }
})
afterAll(() => new Promise<void>((closed) => void server.close(() => closed())))

test('the built-in history is the bank’s file, every working day since 2023, figure for figure', async () => {
  const file = readFileSync(fileURLToPath(new URL('../../prices/ecb-usd-per-eur.csv', import.meta.url)), 'utf8')
  const lines = file.split('\n').filter((line) => /^\d/.test(line))
  expect(lines).toHaveLength(979)
  const rows = await sql<{ day: string; micros: bigint }[]>`
    select day::text as day, usd_micros_per_eur as micros from purser.rate where source = ${ECB_SOURCE} order by day`
  expect(rows.map(({ day, micros }) => ({ day, micros }))).toEqual(
    lines.map((line) => ({ day: line.slice(0, 10), micros: millionths(line.slice(11)) })),
  )
})

test.for([
  ['1.1172', 1_117_200n, '1.1172'],
  ['1.117200', 1_117_200n, '1.1172'],
  ['1', 1_000_000n, '1'],
  ['10', 10_000_000n, '10'],
  ['0.000001', 1n, '0.000001'],
  ['0', 0n, '0'],
  // A float would have lost the last digit.
  ['999999999999.999999', 999_999_999_999_999_999n, '999999999999.999999'],
] as const)('the text %s is read exactly', ([text, value, shown]) => {
  expect(millionths(text)).toBe(value)
  expect(decimalOf(value)).toBe(shown)
})

test.for(['', '-1', '+1', '1.', '.5', '1,5', '1e3', '1.1234567', ' 1', '1 ', '0x1', 'NaN', '1_0', '1234567890123'])(
  '"%s" is no decimal that could be read exactly',
  (text) => {
    expect(() => millionths(text)).toThrow(RangeError)
  },
)

test('a page may have one day or many; one without a day, without dollars, or with too many decimals is refused', () => {
  expect(ratesIn(page(['2026-11-02', '1.1200']))).toEqual([{ day: '2026-11-02', usdMicrosPerEur: 1_120_000n }])
  expect(ratesIn(page(['2026-11-03', '1.2'], ['2026-11-02', '1.1'])).map(({ day }) => day)).toEqual(['2026-11-02', '2026-11-03'])
  for (const wrong of [
    '',
    '<html>maintenance</html>',
    page(['2026-11-02', '1.1234567']),
    page(['2026-11-02', '1,12']),
    page(['2.11.2026', '1.12']),
  ])
    expect(() => ratesIn(wrong)).toThrow(RangeError)
  expect(() => ratesIn(page(['2026-11-02', '1.12']).replaceAll('USD', 'XXX'))).toThrow(/0 rates of USD/)
})

test('a day is appended once; the same again has no effect; another figure of the same day is a conflict, and the first stays', async () => {
  published = page(['2026-11-02', '1.1200'])
  expect(await fetchRates({ sql }, url)).toMatchObject([{ kind: 'added', readDay: '2026-11-02', usdMicrosPerEur: 1_120_000n }])
  expect(await fetchRates({ sql }, url)).toMatchObject([{ kind: 'same' }])
  published = page(['2026-11-02', '1.1300'])
  expect(await fetchRates({ sql }, url)).toMatchObject([{ kind: 'conflict', known: 1_120_000n }])
  expect(await rateOn({ sql }, new Date('2026-11-08T00:00:00Z'))).toMatchObject({ day: '2026-11-02', usdMicrosPerEur: 1_120_000n })
})

test('two who read a day at once append it once', async () => {
  const rate = { day: '2026-11-02', source: ECB_SOURCE }
  const many = await Promise.all([0n, 1n, 0n, 1n].map((more) => addRate({ sql }, { ...rate, usdMicrosPerEur: 1_120_000n + more })))
  expect(many.filter(({ kind }) => kind === 'added')).toHaveLength(1)
  expect(many.filter(({ kind }) => kind === 'conflict')).toHaveLength(2)
  expect(await listRates({ sql }, { from: '2026-11-02', until: '2026-11-02', limit: 10 })).toHaveLength(1)
})

test.for([
  ['1.6758', 'added'],
  ['1.675801', 'implausible'],
  ['0.7448', 'added'],
  ['0.744799', 'implausible'],
  ['2.2344', 'implausible'],
] as const)('after 1.1172 a rate of %s is %s', async ([text, kind]) => {
  published = page(['2026-11-02', text])
  expect(await fetchRates({ sql }, url)).toMatchObject([{ kind }])
  const held = await rateOn({ sql }, new Date('2026-11-02T18:00:00Z'))
  expect(held?.usdMicrosPerEur).toBe(kind === 'added' ? millionths(text) : 1_117_200n)
})

test('what a person says of a day counts more than what was read of it, whichever came first, until the next day’s rate', async () => {
  const said = { day: '2026-11-02', usdMicrosPerEur: 1_150_000n, source: 'bank statement', why: 'what was paid' }
  expect(await addRate({ sql }, said)).toMatchObject({ kind: 'added' })
  published = page(['2026-11-02', '1.1200'], ['2026-11-03', '1.1210'])
  expect((await fetchRates({ sql }, url)).map(({ kind }) => kind)).toEqual(['added', 'added'])
  expect(await rateOn({ sql }, new Date('2026-11-02T23:00:00Z'))).toMatchObject({ usdMicrosPerEur: 1_150_000n, source: 'bank statement' })
  expect(await rateOn({ sql }, new Date('2026-11-03T00:00:00Z'))).toMatchObject({ usdMicrosPerEur: 1_121_000n })
})

test('a rate cannot be changed or taken away, also not by the owner; and of no day to come', async () => {
  await expect(database.sql`update purser.rate set usd_micros_per_eur = 1`).rejects.toThrow(/append-only/)
  await expect(database.sql`delete from purser.rate`).rejects.toThrow(/append-only/)
  await expect(
    sql`insert into purser.rate (day, usd_micros_per_eur, source, fetched_on) values ('2026-11-02', 1, 'x', '2026-11-02')`,
  ).rejects.toThrow(/permission denied/)
  const rate = { usdMicrosPerEur: 1_100_000n, source: 'x' }
  await expect(addRate({ sql }, { ...rate, day: '2999-01-01' })).rejects.toMatchObject({ code: 'bad_input' })
  await expect(addRate({ sql }, { ...rate, day: '2026-13-01' })).rejects.toMatchObject({ code: 'bad_input' })
  await expect(addRate({ sql }, { ...rate, day: '2026-11-02', usdMicrosPerEur: 0n })).rejects.toMatchObject({ code: 'bad_input' })
})

test('the daily activity says what it read, alarms what it could not take, and asks nobody when there is no address', async () => {
  const activities = createRateActivities({ prices: { sql }, ratesUrl: url })
  const job = newJob()
  published = page(['2026-11-02', '1.1200'])
  expect(await job.execution().run(() => activities.fetchRates())).toEqual({ added: 1 })
  expect(job.logged).toContainEqual(expect.objectContaining({ level: 'INFO', message: 'a euro rate was read' }))
  published = page(['2026-11-02', '1.1300'], ['2026-11-03', '9.9'])
  expect(await job.execution().run(() => activities.fetchRates())).toEqual({ added: 0 })
  const alarms = job.logged.filter(({ level }) => level === 'ERROR').map(({ message }) => message.split(':')[0])
  expect(alarms).toEqual(['rate_conflict', 'rate_implausible'])
  published = undefined
  await expect(job.execution().run(() => activities.fetchRates())).rejects.toThrow(/503/)
  const before = asked
  expect(await job.execution().run(() => createRateActivities({ prices: { sql }, ratesUrl: '' }).fetchRates())).toEqual({ added: 0 })
  expect(asked).toBe(before)
})

test('a rate older than a week is alarmed when it is looked at, in the outbox once a day; and a young one is not', async () => {
  const activities = createRateActivities({ prices: { sql }, ratesUrl: '' })
  const job = newJob()
  const state = await job.execution().run(() => activities.checkRates())
  const alarmed = job.logged.filter(({ message }) => message.startsWith('rate_stale'))
  // The built-in history ends on 2026-10-30: tests run long after it.
  expect(state).toEqual({ day: '2026-10-30', isStale: true })
  expect(alarmed).toHaveLength(1)
  await job.execution().run(() => activities.checkRates())
  const events = () => sql<{ details: unknown }[]>`select details from purser.outbox where kind = 'rate_stale'`
  expect((await events()).map(({ details }) => details)).toEqual([{ newest: '2026-10-30' }])
  const today = new Date().toISOString().slice(0, 10)
  await addRate({ sql }, { day: today, usdMicrosPerEur: 1_120_000n, source: ECB_SOURCE })
  expect(await job.execution().run(() => activities.checkRates())).toEqual({ day: today, isStale: false })
  expect(job.logged.filter(({ message }) => message.startsWith('rate_stale'))).toHaveLength(2)
  expect(await events()).toHaveLength(1)
})
