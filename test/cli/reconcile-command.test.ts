import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { reservationRef } from '../../src/domain/call.ts'
import { eur } from '../../src/domain/money.ts'
import { openTestLedger } from '../support/ledger.ts'
import { newHome, objects, purser } from './purser.ts'

// Some processes, one after the other: on a busy machine each takes seconds to start.
vi.setConfig({ testTimeout: 60_000 })

const t = await openTestLedger('careful')
afterAll(async () => {
  await t.audited()
  await t.drop()
})

const today = new Date().toISOString().slice(0, 10)
await t.owner`insert into purser.rate (day, usd_micros_per_eur, source, fetched_on) values (${today}, 1000000, 'test', '2026-01-01')`
const run = (...args: string[]) => purser(['reconcile', ...args], { DATABASE_URL: t.url })
const home = await newHome()
const fileOf = async (name: string, text: string): Promise<string> => {
  const file = join(home, name)
  await writeFile(file, text)
  return file
}

test('a bill is imported, looked at, approved with a reason, and then both books agree', async () => {
  const call = t.call(await t.accountWith({ cap: '1.00', timeZone: 'UTC' }))
  const go = await call.sent()
  await call.settle(go, eur('0.02'))
  const file = await fileOf(
    'bill.csv',
    `day,model,unit,quantity,cost_usd,request_id,line_id\n${today},penny-model,output_text_tokens,20000000000,0.03,${reservationRef(go.reservationId)},line-1\n`,
  )
  const imported = await run('import', file, '--provider', 'test', '--format', 'csv')
  expect(imported).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /penny-model +output_text_tokens +20000000000 +20000000000 +0\.020000000000 +0\.030000000000 +0\.020000000 +price/,
    ),
    stderr: expect.stringMatching(
      /✔ bill 1: 1 line\n {2}price: 0\.010000000000 USD\n {2}to book it: purser reconcile approve 1 --reason …\n$/,
    ),
  })
  const [again, list, shown] = await Promise.all([
    run('import', file, '--provider', 'test', '--format', 'csv', '--json'),
    run('list', '--json'),
    run('show', '1', '--json'),
  ])
  expect(objects(again.stdout)).toMatchObject([{ changed: false, billId: 1, drift: [{ differs: ['price'] }] }])
  expect(objects(list.stdout)).toMatchObject([
    { billId: 1, provider: 'test', name: 'bill.csv', costUsd: '0.030000000000', costEur: null, state: 'imported' },
  ])
  expect(shown.code).toBe(1)
  expect(objects(shown.stdout)).toMatchObject([{ billId: 1, attributed: 1, drift: [{ priceUsd: '0.010000000000', isBooked: false }] }])
  expect(await run('approve', '1', '--reason', 'prices of November')).toEqual({
    code: 0,
    stdout: '',
    stderr: '  ✔ bill 1 is booked: 1 line, 1 attempt corrected, 0 on the house\n',
  })
  const [repeated, agreed, table] = await Promise.all([run('approve', '1', '--reason', 'again'), run('show', '1'), run('list')])
  expect(repeated).toMatchObject({ code: 0, stderr: expect.stringContaining('was booked before: no effect') })
  expect(agreed).toMatchObject({
    code: 0,
    stdout: '',
    stderr: expect.stringMatching(/both agree\n {2}booked .* UTC: prices of November\n$/),
  })
  expect(table.stdout).toMatch(/1 +test +bill\.csv .* approved/)
})

test('what is wrong with a bill is said, row by row, and nothing is stored', async () => {
  const file = await fileOf('bad.csv', 'day,model,unit,cost_usd\n2026-11-40,m,requests,0.1\n2026-11-03,m,requests,x\n')
  const [bad, absent, strange, nobody] = await Promise.all([
    run('import', file, '--provider', 'other', '--format', 'csv'),
    run('import', join(home, 'none.csv'), '--provider', 'other'),
    run('import', file, '--provider', 'other', '--time-zone', 'PST'),
    run('show', '999'),
  ])
  expect(bad).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(
      /2 rows cannot be read, so nothing is stored \[bad_input\]:\n.*row 2: day: .*\n.*row 3: cost_usd: "x" is no decimal/,
    ),
  })
  expect(absent).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot read') })
  expect(strange).toMatchObject({ code: 2, stderr: expect.stringContaining('"PST" is no time zone') })
  expect(nobody).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no bill 999') })
  expect(await t.owner`select from purser.bill where provider = 'other'`).toHaveLength(0)
})
