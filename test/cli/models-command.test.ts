import { afterAll, expect, test, vi } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { stopViolators } from '../../src/ledger/models.ts'
import { openTestLedger, PATHS } from '../support/ledger.ts'
import { objects, purser } from './purser.ts'

// Some processes, one after the other: on a busy machine each takes seconds to start.
vi.setConfig({ testTimeout: 60_000 })

test.for(PATHS)('a model that cost more than its bound (%s path) is shown as stopped, and raised with a reason, once', async (path) => {
  const t = await openTestLedger(path)
  afterAll(() => t.drop())
  const run = (...args: string[]) => purser(['models', ...args], { DATABASE_URL: t.url })
  const account = await t.accountWith({ cap: '1.00' })
  const [within, above] = [t.call(account), t.call(account)]
  await within.settle(await within.sent({ amount: eur('0.02') }), eur('0.01'))
  expect(await stopViolators(t.ledger)).toEqual([])
  await above.settle(await above.sent({ amount: eur('0.02') }), eur('0.03'))
  expect(await stopViolators(t.ledger)).toMatchObject([{ provider: 'test', model: 'penny-model' }])
  expect(await t.call(account).reserve()).toMatchObject({ kind: 'stopped' })

  const [shown, json] = await Promise.all([run(), run('--json', '--since', '2026-01-01')])
  expect(shown).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /^provider +model +calls .*\ntest +penny-model +2 +0\.04000 +0\.04000 +1\.00 +1 +100 % +bound violated by rsv_/,
    ),
  })
  expect(objects(json.stdout)).toMatchObject([
    {
      provider: 'test',
      model: 'penny-model',
      calls: 2,
      reservedEur: '0.040000000',
      costEur: '0.040000000',
      ratio: '1.00',
      violations: 1,
      boundPercent: '100',
    },
  ])
  const raise = ['raise', 'penny-model', '--by', '50', '--why', 'a second image']
  expect(await run(...raise)).toMatchObject({
    code: 0,
    stderr: '  ✔ bounds of penny-model of test are now 150 % of what is computed; it goes on\n',
  })
  expect(await run(...raise)).toMatchObject({
    code: 0,
    stderr: '  ✔ this was said before: no effect; bounds of penny-model of test are 150 % of what is computed\n',
  })
  expect(await t.call(account).reserve()).toMatchObject({ kind: 'reserved' })
  const [fraction, none, unknown] = await Promise.all([
    run('raise', 'penny-model', '--by', '1.5', '--why', 'x'),
    run('raise', 'penny-model', '--by', '10'),
    run('raise', 'nobody', '--by', '10', '--why', 'x'),
  ])
  expect(fraction).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--by takes a whole percent from 1 to 900') })
  expect(none).toMatchObject({ code: 2, stdout: '' })
  expect(unknown).toMatchObject({ code: 2, stdout: '', stderr: '✖ there is no model "nobody" in the price book [not_found]\n' })
  await t.audited()
})

test('what a model takes is said with a reason, once; what is left out stays, and the book shows it', async () => {
  const t = await openTestLedger()
  afterAll(() => t.drop())
  const run = (...args: string[]) => purser(args, { DATABASE_URL: t.url })
  const limit = (...args: string[]) => run('models', 'limit', 'gemini-2.5-pro', '--why', 'its page', ...args)
  const known = 'gemini gemini-2.5-pro: tokens at most: input 1048576, output 65536, an image of the input not known (the provider'
  expect((await run('prices', 'show', 'gemini-2.5-pro')).stdout).toContain(known)
  expect(await limit('--image-tokens', '1120')).toEqual({
    code: 0,
    stdout: '',
    stderr: '  ✔ gemini-2.5-pro of gemini: tokens at most: input 1048576, output 65536, an image of the input 1120\n',
  })
  expect((await limit('--image-tokens', '1120')).stderr).toContain('that was known: no effect')
  const said = await limit('--output-tokens', 'unknown', '--json')
  expect(objects(said.stdout)).toEqual([
    { provider: 'gemini', model: 'gemini-2.5-pro', changed: true, inputTokensMax: 1_048_576, outputTokensMax: null, imageTokensMax: 1_120 },
  ])
  const [shown] = objects((await run('prices', 'show', 'gemini/gemini-2.5-pro', '--json')).stdout)
  expect(shown).toMatchObject({ limits: { imageTokensMax: 1_120, outputTokensMax: null, why: 'its page', source: 'purser models limit' } })
  for (const [args, message] of [
    [['--input-tokens', '0'], '--input-tokens takes a whole number from 1 to 100000000, or `unknown`'],
    [['--image-tokens', '1.5'], '--image-tokens takes a whole number'],
    [[], 'say what it takes: --input-tokens, --output-tokens or --image-tokens'],
  ] as const)
    expect(await limit(...args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) })
  expect(await run('models', 'limit', 'nobody', '--input-tokens', '5', '--why', 'x')).toMatchObject({
    code: 2,
    stderr: '✖ there is no model "nobody" in the price book [not_found]\n',
  })
  await expect(
    t.ledger.sql`insert into purser.model_limit (provider, model, source, source_date) values ('a', 'b', 'c', now())`,
  ).rejects.toThrow(/permission denied/)
  await expect(t.owner`update purser.model_limit set input_tokens_max = 1`).rejects.toThrow(/append-only/)
})
