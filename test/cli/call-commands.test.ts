/** The commands of who sends calls himself, and of who watches them: reserve, settle, release, estimate, report, tail. */
import { expect, test, vi } from 'vitest'
import { openApiStage } from '../support/api.ts'
import { MODEL, nanoOf } from '../support/reservations.ts'
import { until } from '../support/until.ts'
import { objects, purser, start } from './purser.ts'

vi.setConfig({ testTimeout: 60_000 })

const { stage, api, house } = await openApiStage()
const { text: key } = await api.caller({ scopes: ['reservations:write'] })
const env = { DATABASE_URL: stage.db.url, PURSER_URL: api.url, PURSER_KEY: key }
const run = (...args: string[]) => purser(args, env)
const terms = (account: string, more: readonly string[] = []) => [
  '--account',
  account,
  '--model',
  MODEL,
  '--input-tokens-max',
  '2000',
  '--max-output-tokens',
  '1000',
  ...more,
]

test('a shell script reserves, sends and settles: the id is all that is printed', async () => {
  const account = await stage.account()
  const reserved = await run('reserve', ...terms(account, ['--feature', 'chat', '--key', 'order 1']))
  expect(reserved).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^rsv_[0-9a-f]{32}\n$/),
    stderr: expect.stringContaining('EUR are set aside'),
  })
  const id = reserved.stdout.trim()
  expect((await run('reserve', ...terms(account, ['--feature', 'chat', '--key', 'order 1']))).stdout).toBe(reserved.stdout)
  const settled = await run('settle', id, '--usage', 'input_tokens=1500', 'output_tokens=500', '--json')
  const [told] = objects(settled.stdout)
  expect(told).toMatchObject({ id, state: 'settled' })
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: nanoOf(told?.['cost']) })
  expect(await run('settle', id, '--usage', 'input_tokens=1500', 'output_tokens=500')).toMatchObject({
    code: 0,
    stdout: '',
    stderr: expect.stringMatching(new RegExp(`${id} is settled: it cost .* EUR, .* EUR are given back\n.* are left\n$`)),
  })
})

test('what was never sent is given back, on a word that is recorded', async () => {
  const account = await stage.account()
  const id = (await run('reserve', ...terms(account))).stdout.trim()
  expect(await run('release', id, '--because', 'timeout', '--why', 'x')).toMatchObject({
    code: 2,
    stderr: '✖ --because timeout: write never_sent or rejected_unbilled [bad_input]\n',
  })
  expect(await run('release', id, '--because', 'never_sent', '--why', 'a test')).toMatchObject({
    code: 0,
    stderr: expect.stringContaining(`${id} is rejected`),
  })
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: 0n })
})

test('an estimate says what it costs and whether it can be paid for; what cannot be is told like a refusal: exit code 3', async () => {
  const account = await stage.account('free')
  const yes = await run('estimate', ...terms(account))
  expect(yes).toMatchObject({
    code: 0,
    stdout: '',
    stderr: expect.stringMatching(new RegExp(`^${MODEL} costs 0\\.0\\d+ EUR at worst; 0\\.1\\d* EUR are left\n.*reserve to be sure\n$`)),
  })
  const dear = ['--account', account, '--model', 'gemini-2.5-pro', '--input-tokens-max', '0', '--max-output-tokens', '60000']
  const no = await run('estimate', ...dear)
  expect(no).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(
      /^gemini-2\.5-pro costs .*\n✖ Budget ".*" .*refuses: .* needed, .* left .*What would work: top up by .*\n$/,
    ),
  })
  const refused = await run('reserve', ...dear)
  expect(refused).toMatchObject({
    code: 3,
    stdout: '',
    stderr: expect.stringMatching(/^✖ Budget ".*" .*refuses: .*What would work: .*\[budget_exceeded\]\n$/),
  })
  expect(objects((await run('estimate', ...dear, '--json')).stdout)).toMatchObject([
    { affordable: false, refusal: { budget: expect.anything() } },
  ])
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: 0n })
})

test('what is wrong is said, before anything happens', async () => {
  const account = await stage.account()
  for (const [args, said, over] of [
    [['reserve', ...terms(account)], 'set PURSER_KEY to an API key', { PURSER_KEY: '' }],
    [['reserve', ...terms(account)], 'no_answer', { PURSER_URL: 'http://127.0.0.1:1' }],
    [['reserve', ...terms(account)], '[unauthorized]', { PURSER_KEY: 'psk_test_nobody' }],
    [['reserve', ...terms(account, ['--label', 'x'])], '--label x: write it like name=value', {}],
    [['estimate', ...terms('nobody')], '[unknown_account]', {}],
    [
      ['reserve', '--account', account, '--model', 'x', '--input-tokens-max', '1.5', '--max-output-tokens', '1'],
      '--input-tokens-max 1.5: write a whole number',
      {},
    ],
    [['settle', 'rsv_1'], 'say what was used', {}],
    [['report', '--by', 'colour'], '--by colour: write account, user', {}],
    [['report', '--month', '2026-13'], 'month: write a month like 2026-11', {}],
    [['report', '--currency', 'GBP'], '--currency GBP: write EUR or USD', {}],
    [['report', '--scope', 'colour=red'], 'no scope key "colour"', {}],
    [['tail', '--lines', '-1'], '--lines takes a whole number', {}],
  ] as const) {
    const ended = await purser([...args], { ...env, ...over })
    expect({ args, code: ended.code === 1 || ended.code === 2, said: ended.stderr }).toEqual({
      args,
      code: true,
      said: expect.stringContaining(said),
    })
  }
})

test('a report adds up, by anything, and says so when there is nothing', async () => {
  const account = await stage.account('corporate')
  const usages = ['chat', 'chat', 'search'].map((feature, n) => ({
    key: `${n} of ${account}`,
    account,
    model: MODEL,
    usage: { input_tokens: 100_000 * (n + 1), output_tokens: 5_000 },
    at: '2026-10-05T12:00:00Z',
    feature,
    labels: { tier: 'gold' },
  }))
  await house('POST', '/v1/track/batch', { body: { mode: 'all', usages } })
  const scope = ['--scope', `account=${account}`, '--month', '2026-10']
  const report = await run('report', ...scope)
  expect(report.stderr).toBe(`2026-10 by feature of account=${account} (UTC)\n`)
  expect(
    report.stdout.split('\n').map((line) =>
      line
        .trim()
        .split(/ {2,}/)
        .map((cell) => cell.trim()),
    ),
  ).toEqual([
    ['feature', 'calls', 'failed', 'input tokens', 'output tokens', 'EUR', 'share'],
    ['chat', '2', '0', '300,000', '10,000', expect.stringMatching(/^0\.\d+$/), expect.stringMatching(/^\d\d\.\d\d %$/)],
    ['search', '1', '0', '300,000', '5,000', expect.stringMatching(/^0\.\d+$/), expect.stringMatching(/^\d\d\.\d\d %$/)],
    ['in all', '3', '0', '600,000', '15,000', expect.stringMatching(/^0\.\d+$/), '100.00 %'],
    [''],
  ])
  const [json] = objects((await run('report', ...scope, '--by', 'label:tier', '--currency', 'USD', '--json')).stdout)
  expect(json).toMatchObject({
    month: '2026-10',
    by: 'label:tier',
    currency: 'USD',
    calls: 3,
    groups: [{ name: 'gold', share: '100.00', calls: 3 }],
  })
  expect(json?.['total']).toMatch(/^0\.\d{12}$/)
  expect(await run('report', '--scope', 'account=nobody', '--month', '2026-10')).toMatchObject({
    code: 0,
    stdout: '',
    stderr: 'nothing was spent in 2026-10 (UTC) of account=nobody; another month: --month 2026-11\n',
  })
})

test('tail shows the last calls, then each call once as it ends, failed ones too, until Ctrl-C', async () => {
  const account = await stage.account()
  const scope = ['--scope', `account=${account}`]
  const ended = async (feature: string, word: 'settle' | 'release') => {
    const { body } = await house('POST', '/v1/reservations', {
      body: { account, model: MODEL, input_tokens_max: 10, max_output_tokens: 10, feature },
    })
    const ending =
      word === 'settle' ? { usage: { input_tokens: 10 }, duration_ms: 1500 } : { because: 'rejected_unbilled', why: '429 slow down' }
    await house('POST', `/v1/reservations/${String(body['id'])}/${word}`, { body: ending })
  }
  await ended('one', 'settle')
  await ended('two', 'settle')
  const last = await run('tail', '--no-follow', '--lines', '1', ...scope)
  expect(last).toMatchObject({ code: 0, stderr: '' })
  expect(last.stdout).toMatch(
    new RegExp(`^\\d\\d:\\d\\d:\\d\\d {2}✔ {2}${account} {2}two {2}${MODEL} {2}10 \\+ 0 tokens {2}0\\.0\\d+ EUR {2}1\\.5 s\n$`),
  )
  const tail = start('bin/purser.js', ['tail', '--lines', '1', '--json', ...scope], env)
  await until('tail says it', () => tail.said().includes('"two"'))
  await ended('three', 'release')
  const tracked = await house('POST', '/v1/track', { body: { account, model: MODEL, usage: { input_tokens: 5 }, feature: 'four' } })
  await until('tail says it', () => tail.said().includes('"four"') && tail.said().includes('"three"'))
  await ended('five', 'settle')
  await until('tail says it', () => tail.said().includes('"five"'))
  tail.kill('SIGINT')
  const { code, stdout } = await tail.ended
  const calls = objects(stdout) as { feature: string; success: boolean; error: string | null; id: string }[]
  expect(code).toBe(0)
  expect(calls.map(({ feature, success, error }) => [feature, success, error])).toEqual([
    ['two', true, null],
    ['three', false, expect.stringContaining('429 slow down')],
    ['four', true, null],
    ['five', true, null],
  ])
  expect(calls[2]?.id).toBe(tracked.body['id'])
  const inWords = await run('tail', '--no-follow', '--lines', '3', ...scope)
  expect(inWords.stdout).toMatch(new RegExp(`^\\d\\d:\\d\\d:\\d\\d {2}✖ {2}${account} {2}three {2}${MODEL} {2}not billed .*429 slow down`))
})
