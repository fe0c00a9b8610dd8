import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { reservationRef } from '../../src/domain/call.ts'
import { eur } from '../../src/domain/money.ts'
import { openTestLedger, times } from '../support/ledger.ts'
import { until } from '../support/until.ts'
import { newHome, objects, purser, start } from './purser.ts'

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

test('a bill that was a mistake is discarded, with its reason', async () => {
  const file = await fileOf('mistake.csv', `day,model,unit,quantity,cost_usd,line_id\n${today},penny-model,requests,1,0.03,mistake-1\n`)
  const [imported] = objects((await run('import', file, '--provider', 'mistaken', '--format', 'csv', '--json')).stdout)
  const id = String(imported?.['billId'])
  expect(await run('discard', id, '--reason', 'not ours')).toEqual({ code: 0, stdout: '', stderr: `  ✔ bill ${id} is discarded\n` })
  const [again, shown] = await Promise.all([run('discard', id, '--reason', 'again', '--json'), run('show', id)])
  expect(objects(again.stdout)).toMatchObject([{ changed: false, state: 'discarded', discardedWhy: 'not ours' }])
  expect(shown.stderr).toContain('discarded: not ours')
})

test('an approval that is killed in the middle is gone on with, and every line is booked once', async () => {
  const rows = times(4_000, (n) => `${today},penny-model,requests,1,0.001,nobody-${n},killed-${n}`)
  const file = await fileOf('long.csv', ['day,model,unit,quantity,cost_usd,request_id,line_id', ...rows].join('\n'))
  const [imported] = objects((await run('import', file, '--provider', 'killed', '--format', 'csv', '--json')).stdout)
  const id = String(imported?.['billId'])
  const booked = async () =>
    (await t.owner<{ n: number }[]>`select count(*)::int as n from purser.bill_line where bill = ${id} and is_booked`)[0]?.n ?? 0
  const approving = start('bin/purser.js', ['reconcile', 'approve', id, '--reason', 'looked at'], { DATABASE_URL: t.url })
  await until('some of it is booked', async () => (await booked()) > 0)
  approving.kill('SIGKILL')
  await approving.ended
  // What its last statement was at when it was killed may still be committed.
  const half = await booked()
  expect([half % 500, half < 4_000]).toEqual([0, true])
  expect(await run('approve', id, '--reason', 'looked at')).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/is booked: [1-3]?\d00 lines/),
  })
  const [house] = await t.owner<{ total: bigint }[]>`select total from purser.bill_rest where provider = 'killed'`
  expect([await booked(), house?.total]).toEqual([4_000, eur('4.00')])
  await t.audited()
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
