import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { cloneDatabase } from '../support/database.ts'
import { newHome, objects, purser } from './purser.ts'

// Many processes, one after the other: on a busy machine each takes seconds to start.
vi.setConfig({ testTimeout: 60_000 })

const database = await cloneDatabase()
afterAll(() => database.drop())
let folder = ''
beforeAll(async () => {
  folder = await newHome()
})

const run = (...args: string[]) => purser(['prices', ...args], { DATABASE_URL: database.url })
const file = async (name: string, content: unknown): Promise<string> => {
  const path = join(folder, name)
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}
const row = (model: string, usd: string, unit = 'output_text_tokens') => ({ provider: 'acme', model, unit, usd_per_million: usd })
const list = (...rows: readonly Record<string, unknown>[]) => ({ source: 'acme.example/pricing', checked_on: '2026-11-28', rows })

test('a list is shown before it is taken, taken once, and found again with its source and reason', async () => {
  const path = await file('new.json', list(row('a', '2.50'), row('a', '0.000001', 'input_text_tokens')))
  const dry = await run('import', path, '--dry-run')
  expect(dry).toMatchObject({ code: 0, stderr: '  2 new, 0 changed, 0 ended, 0 as they were\n' })
  expect(dry.stdout).toMatch(/new +acme\/a +standard +output_text_tokens +2\.5 +million +now/)
  expect(await run('show', 'a')).toMatchObject({ code: 2, stderr: expect.stringMatching(/has no model "a".*\[not_found\]/) })
  const done = await run('import', path, '--why', 'a new provider')
  expect(done).toMatchObject({ code: 0, stderr: expect.stringMatching(/✔ import \d+: 2 new, 0 changed, 0 ended, 0 as they were\n$/) })
  expect(await run('import', path, '--why', 'again')).toEqual({
    code: 0,
    stdout: '',
    stderr: expect.stringMatching(/✔ this was imported before, as version \d+: no effect\n$/),
  })
  const same = await run(
    'import',
    await file('same.json', `${JSON.stringify(list(row('a', '2.5')))} `),
    '--only',
    'acme/a',
    '--why',
    'x',
    '--json',
    '--accept',
  )
  expect(objects(same.stdout)[0]).toMatchObject({ changed: true, same: 1, ended: [{ unit: 'input_text_tokens', usd: '0.000001' }] })
  const [shown] = objects((await run('show', 'acme/a', '--json')).stdout)
  expect(shown).toMatchObject({ model: 'a', source: 'acme.example/pricing', sourceDate: '2026-11-28', import: { why: 'a new provider' } })
  const people = await run('show', 'a')
  expect(people.stdout).toMatch(
    /source: acme\.example\/pricing, read on 2026-11-28\nimport \d+: .* UTC by \S+: a new provider \(acme\.example\/pricing, checked on 2026-11-28\)\n/,
  )
})

test('a steep change is refused by name until somebody says that it is right; with --json the rows come too', async () => {
  const before = await run('import', await file('b.json', list(row('b', '1'), row('c', '1'))), '--why', 'x', '--json')
  expect(objects(before.stdout)[0]).toMatchObject({ changed: true, new: [{ model: 'b', usd: '1', per: 'million' }, { model: 'c' }] })
  const steep = await file('steep.json', list(row('b', '4'), row('c', '1.2')))
  const only = ['--only', 'acme/b', 'acme/c']
  const refused = await run('import', steep, '--why', 'x', '--json', ...only)
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /look at these rows, and say --accept if they are right.*:\n {2}acme\/b output_text_tokens: 400 % of what it was/,
    ),
  })
  expect(refused.stderr).not.toMatch(/acme\/c/)
  expect(objects(refused.stdout)[0]).toMatchObject({
    changed: false,
    changedPrices: [{ model: 'b', usdBefore: '1', usd: '4', percent: 400 }, { percent: 120 }],
  })
  expect(await run('import', steep, '--dry-run', ...only)).toMatchObject({ code: 1 })
  const accepted = await run('import', steep, '--why', 'seen', '--accept', ...only)
  expect(accepted.stderr).toMatch(/✔ import \d+: 0 new, 2 changed, 0 ended, 0 as they were/)
  expect(accepted.stdout).toMatch(/changed +acme\/b +standard +output_text_tokens +1 +4 +million +400 % +\d{4}-/)
})

test('LiteLLM’s list changes a model of the first book only when somebody has seen that its prices had another source', async () => {
  const path = await file(
    'litellm.json',
    '{"gpt-4o":{"litellm_provider":"openai","mode":"chat","input_cost_per_token":3e-06,"input_cost_per_pixel":1}}',
  )
  const args = ['import', path, '--format', 'litellm', '--checked-on', '2026-11-28', '--only', 'openai/gpt-4o']
  const refused = await run(...args, '--why', 'x')
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/openai\/gpt-4o input_text_tokens: the model's prices are from another source/),
  })
  expect(refused.stderr).toMatch(/the book has no unit for these keys, so they are left out: input_cost_per_pixel \(1\)/)
  expect((await run(...args, '--why', 'x', '--accept', '--json')).code).toBe(0)
  const later = await run('list', '--model', 'gpt-4o', '--at', '2099-01-01', '--json')
  expect(objects(later.stdout).find((p) => p['unit'] === 'input_text_tokens' && p['tier'] === 'standard')).toMatchObject({ usd: '3' })
})

test.for<[string, unknown, readonly string[], RegExp]>([
  ['no reason', list(row('d', '1')), [], /say why the prices change: --why TEXT/],
  ['cut', '{"source":"x","checked_on":"2026-11-28","rows":[{"prov', ['--why', 'x'], /this is no JSON \(is the file cut\?\)/],
  ['no rows', list(), ['--why', 'x'], /rows: there are no rows: is the file cut\?/],
  ['nothing', '', ['--why', 'x'], /this is no JSON/],
  ['a number', list({ ...row('d', '1'), usd_per_million: 0.3 }), ['--why', 'x'], /usd_per_million: write a price as text, such as "0\.30"/],
  ['two prices', list({ ...row('d', '1'), usd: '1' }), ['--why', 'x'], /write either usd_per_million, or usd and per/],
  ['a unit', list(row('d', '1', 'input_tokens')), ['--why', 'x'], /rows\.0\.unit: write a unit that the book knows: input_text_tokens,/],
  [
    'too fine',
    list(row('d', '0.0000000000001')),
    ['--why', 'x'],
    /these rows cannot be taken.*:\n {2}acme\/d, rows\.0 output_text_tokens: .*finer than a pico-USD/,
  ],
  ['a day', list(row('d', '1')), ['--why', 'x', '--from', 'tomorrow'], /write a day like 2026-12-01/],
  [
    'another form',
    list(row('d', '1')),
    ['--why', 'x', '--format', 'litellm'],
    /there are no prices in the file: is it cut, or of another --format\?/,
  ],
  ['no such model', list(row('d', '1')), ['--why', 'x', '--only', 'acme/e'], /the file has no prices of acme\/e/],
])('what is wrong with a file is said before anything happens: %s', async ([name, content, args, why]) => {
  const refused = await run('import', await file(`${name}.json`, content), ...args)
  expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(why) })
  expect(await database.sql`select from purser.price where model = 'd'`).toHaveLength(0)
})

test('a file that is not there, a page that is none, and a model that nobody knows are bad input', async () => {
  const [missing, page, day] = await Promise.all([
    run('import', join(folder, 'no-such.json'), '--why', 'x'),
    run('list', '--limit', '0'),
    run('list', '--at', 'then'),
  ])
  expect(missing).toMatchObject({ code: 2, stderr: expect.stringMatching(/cannot read .*no-such\.json/) })
  expect(page).toMatchObject({ code: 2, stderr: expect.stringMatching(/--limit takes a whole number/) })
  expect(day).toMatchObject({ code: 2, stderr: expect.stringMatching(/write a day/) })
})

test('prices are listed a page at a time', async () => {
  const first = await run('list', '--provider', 'gemini', '--model', 'gemini-2.5-pro', '--at', '2026-11-28', '--limit', '2')
  expect(first.stdout).toMatch(
    /^price +provider +model +tier +unit +above tokens +USD +per +from +until +import\n +\d+ +gemini +gemini-2\.5-pro +batch /,
  )
  const [, after = ''] =
    /more: purser prices list --provider gemini --model gemini-2\.5-pro --at 2026-11-28 --after (\d+)\n/.exec(first.stderr) ?? []
  const rest = await run(
    'list',
    '--provider',
    'gemini',
    '--model',
    'gemini-2.5-pro',
    '--at',
    '2026-11-28',
    '--after',
    after,
    '--limit',
    '1000',
    '--json',
  )
  const all = await run('list', '--provider', 'gemini', '--model', 'gemini-2.5-pro', '--at', '2026-11-28', '--limit', '1000', '--json')
  expect(objects(rest.stdout)).toEqual(objects(all.stdout).slice(2))
  expect(await run('list', '--provider', 'nobody')).toMatchObject({ code: 0, stdout: '', stderr: expect.stringMatching(/no such prices/) })
})

test('the first book is checked against two public lists, and a planted price is found: exit code 1', async () => {
  const fresh = await cloneDatabase()
  try {
    const check = (...args: string[]) => purser(['prices', 'check', ...args], { DATABASE_URL: fresh.url })
    const clean = await check('--json')
    expect(clean.code).toBe(0)
    const last = objects(clean.stdout).at(-1) as { compared: number; explained: Record<string, number>; unexplained: unknown[] }
    expect(last.compared).toBeGreaterThan(4000)
    expect(last.explained).toHaveProperty('genai_prices_has_no_tiers')
    expect(last.unexplained).toEqual([])
    expect((await check()).stderr).toMatch(/✔ \d+ figures compared, every difference has its cause/)
    await fresh.sql`insert into purser.price (provider, model, unit, pico_usd_per, effective_from, source, source_date)
      values ('openai', 'gpt-4o', 'output_text_tokens', 10000001, now() - interval '1 minute', 'planted', '2026-11-28')`
    const found = await check()
    expect(found.code).toBe(1)
    expect(found.stderr).toMatch(/openai\/gpt-4o, plain, .*: the book says 0\.008750000500 USD, LiteLLM 0\.008750000000 USD/)
  } finally {
    await fresh.drop()
  }
})
