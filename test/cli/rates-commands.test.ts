import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { cloneDatabase, type TestDatabase } from '../support/database.ts'
import { objects, purser } from './purser.ts'

// Some processes, one after the other: on a busy machine each takes seconds to start.
vi.setConfig({ testTimeout: 60_000 })

let published = ''
const bank = createServer((_, response) => response.end(published))
let database: TestDatabase
let url = ''
beforeAll(async () => {
  await new Promise<void>((listening) => bank.listen(0, '127.0.0.1', listening))
  url = `http://127.0.0.1:${(bank.address() as AddressInfo).port}/`
  database = await cloneDatabase()
})
afterAll(async () => {
  bank.close()
  await database.drop()
})

const run = (...args: string[]) => purser(['rates', ...args], { DATABASE_URL: database.url, PURSER_RATES_URL: url })

test('rates are listed, shown for a day, fetched, and set by hand with a source and a reason', async () => {
  const [listed, weekend, json] = await Promise.all([
    run('list', '--until', '2026-10-30', '--limit', '2'),
    run('show', '2026-10-31'),
    run('show', '2023-01-07', '--json'),
  ])
  expect(listed).toEqual({
    code: 0,
    stdout: expect.stringMatching(
      /^day +USD per EUR +source +read on +why\n2026-10-30 +1\.1172 +ECB .*2026-11-02\n2026-10-29 +1\.113 +ECB .*\n$/,
    ),
    stderr: 'more: purser rates list --until 2026-10-29\n',
  })
  expect(weekend).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^2026-10-31: 1 EUR = 1\.1172 USD, the rate of 2026-10-30 \(ECB .*\)\n$/),
  })
  expect(objects(json.stdout)).toMatchObject([{ asked: '2023-01-07', day: '2023-01-06', usdPerEur: '1.05', isStale: false }])

  published = `<Cube time='2026-11-02'><Cube currency='USD' rate='1.1201'/></Cube>`
  expect(await run('fetch')).toMatchObject({ code: 0, stderr: '  ✔ 2026-11-02: 1 EUR = 1.1201 USD\n' })
  published = `<Cube time='2026-11-02'><Cube currency='USD' rate='1.13'/></Cube>`
  const conflict = await run('fetch', '--json')
  expect(conflict).toMatchObject({ code: 1, stderr: expect.stringContaining('the page says 1.13, but 1.1201 was read first and stays') })
  expect(objects(conflict.stdout)).toEqual([
    { kind: 'conflict', day: '2026-11-02', usdPerEur: '1.13', knownDay: '2026-11-02', knownUsdPerEur: '1.1201' },
  ])

  const set = ['set', '2026-11-02', '1.15', '--source', 'bank statement', '--why', 'what was paid']
  expect(await run(...set)).toMatchObject({ code: 0, stderr: '  ✔ 2026-11-02: 1 EUR = 1.15 USD\n' })
  const [again, other, far] = await Promise.all([
    run(...set),
    run('set', '2026-11-02', '1.16', '--source', 'bank statement', '--why', 'x'),
    run('set', '2026-11-03', '0.87', '--source', 'typed', '--why', 'x'),
  ])
  const shown = await run('list', '--from', '2026-11-02', '--json')
  expect(again).toMatchObject({ code: 0, stderr: '  ✔ this was said before: no effect\n' })
  expect(other).toMatchObject({ code: 2, stderr: expect.stringMatching(/has said 1\.15 of 2026-11-02, which stays.*\[conflict\]\n$/) })
  expect(far).toMatchObject({ code: 0 })
  expect(objects(shown.stdout)).toMatchObject([
    { day: '2026-11-03', usdPerEur: '0.87' },
    { day: '2026-11-02', usdPerEur: '1.15', why: 'what was paid' },
    { day: '2026-11-02', usdPerEur: '1.1201', why: null },
  ])
  expect(await run('set', '2026-11-04', '11.5', '--source', 'typed', '--why', 'x')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/11\.5 is too far from 0\.87 of 2026-11-03: check it, and say --accept/),
  })
})

test.for([
  [['set', '2026-11-31', '1.1', '--source', 'x', '--why', 'x'], /write a day like/],
  [['set', '2026-11-02', '1.1234567', '--source', 'x', '--why', 'x'], /with at most six decimals/],
  [['set', '2026-11-02', '1e1', '--source', 'x', '--why', 'x'], /dollars per euro like 1\.1172/],
  [['set', '2026-11-02', '1.1', '--source', 'x'], /--why/],
  [['show', 'yesterday'], /write a day like/],
  [['show', '2022-12-31'], /no euro rate of 2022-12-31 or before it/],
  [['list', '--limit', '0'], /from 1 to 1000/],
] as const)('wrong input is said and changes nothing: %s', async ([args, said]) => {
  const { code, stdout, stderr } = await run(...args)
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(said) })
})

test('without an address nothing is fetched', async () => {
  const off = await purser(['rates', 'fetch'], { DATABASE_URL: database.url, PURSER_RATES_URL: '' })
  expect(off).toMatchObject({ code: 2, stderr: expect.stringContaining('PURSER_RATES_URL is empty') })
})
