import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { openTestLedger, times } from '../support/ledger.ts'
import { newHome, objects, purser } from './purser.ts'

// Some processes, one after the other: on a busy machine each takes seconds to start.
vi.setConfig({ testTimeout: 60_000 })

const t = await openTestLedger('careful')
await t.owner`
  insert into purser.price (provider, model, unit, pico_usd_per, per, effective_from, source, source_date)
    values ('elsewhere', 'gpu', 'gpu_hours', 2000000000000, 1000000, '2026-01-01T00:00:00Z', 'a test', '2026-01-01')`
afterAll(async () => {
  await t.audited()
  await t.drop()
})

const run = (...args: string[]) => purser(['track', ...args], { DATABASE_URL: t.url })
const hour = (account: string, change: object = {}) => ({
  key: randomUUID(),
  account,
  provider: 'elsewhere',
  model: 'gpu',
  usage: { gpu_hours: '2.5' },
  at: '2026-10-31T12:00:00Z',
  ...change,
})

test('one usage is booked with its key, once; beyond the cap it is booked too, and that is said', async () => {
  const id = await t.accountWith({ cap: '1.00', timeZone: 'UTC' })
  const said = ['--key', `gpu of ${id}`, '--account', id, '--provider', 'elsewhere', '--model', 'gpu', '--at', '2026-10-31T12:00:00Z']
  const told = [...said, '--usage', 'gpu_hours=2.5', '--team', 'ml', '--label', 'tier=gold']
  expect(await run(...told)).toEqual({
    code: 0,
    stdout: '',
    stderr: expect.stringMatching(/^ {2}✔ gpu of acc_.*: 4\.475 EUR\n {2}! ".*" 2026-10 is over its cap by 3\.475 EUR\n$/),
  })
  const [again, other, json] = await Promise.all([
    run(...told, '--exact'),
    run(...said, '--usage', 'gpu_hours=2.6', '--team', 'ml', '--label', 'tier=gold'),
    run(...told, '--json'),
  ])
  expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('was booked before: no effect; it is 4.475474401 EUR') })
  expect(other).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/was used for another usage, of 2026-10-31 12:00 UTC.*\[conflict\]\n$/),
  })
  expect(objects(json.stdout)).toMatchObject([
    { key: `gpu of ${id}`, changed: false, costEur: '4.475474401', budgets: [{ period: '2026-10', overrunEur: '3.475474401' }] },
  ])
})

test('a file is read whole before anything is booked; what cannot be booked harms no other line, and the file again books only what is missing', async () => {
  const id = await t.accountWith({ cap: '100.00', timeZone: 'UTC' })
  const file = join(await newHome(), 'usage.jsonl')
  const write = (lines: readonly object[]) => writeFile(file, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n\n`)
  const good = times(5, () => hour(id))

  await write([...good, hour(id, { usage: { gpu_hours: 2.5 } })])
  expect(await run('--file', file)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^✖ this is no usage in line 6 \[bad_input\]:\n.*decimal as text/),
  })
  expect(await t.counters(id)).toMatchObject({ spent: 0n })

  await write([...good, hour('nobody')])
  const most = await run('--file', file)
  expect(most).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/\[unknown_account\]\n {2}✔ 5 booked, 0 known before, 1 not booked\n$/),
  })
  expect(await t.counters(id)).toMatchObject({ spent: 5n * 4_475_474_401n })

  await write([...good, hour(id)])
  const rest = await run('--file', file, '--json')
  expect(rest).toMatchObject({ code: 0, stderr: '  ✔ 1 booked, 5 known before, 0 not booked\n' })
  expect(objects(rest.stdout).map(({ changed }) => changed)).toEqual([false, false, false, false, false, true])

  await write(times(1_001, () => hour(id)))
  expect(await run('--file', file)).toMatchObject({ code: 2, stderr: expect.stringContaining('1001 usages: 1000 at most') })
  await write([hour(id, { key: 'twice' }), hour(id, { key: 'twice' })])
  expect(await run('--file', file)).toMatchObject({ code: 2, stderr: expect.stringContaining('lines 1 and 2 have the same key') })
  await writeFile(file, 'no json\n')
  expect(await run('--file', file)).toMatchObject({ code: 2, stderr: expect.stringContaining('line 1 is no JSON object') })
  expect(await run('--file', file, '--key', 'x')).toMatchObject({ code: 2, stderr: expect.stringContaining('leave out --key') })
  expect(await run('--file', '/nonexistent')).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot be read') })
  expect(await t.counters(id)).toMatchObject({ spent: 6n * 4_475_474_401n })
})

test.for([
  [[], /key: is missing/],
  [['--usage', 'gpu_hours'], /write it like name=value/],
  [['--usage', 'gpu_hours=1', 'gpu_hours=2'], /is there twice/],
  [['--at', 'yesterday'], /at: write the moment/],
] as const)('wrong input is said before anything happens: %s', async ([args, said]) => {
  expect(await run(...args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(said) })
})
