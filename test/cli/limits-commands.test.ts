import { afterAll, expect, test } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { openTestLedger } from '../support/ledger.ts'
import { objects, purser } from './purser.ts'

const t = await openTestLedger()
afterAll(() => t.drop())
const run = (...args: string[]) => purser(args, { DATABASE_URL: t.url })

test('rate limits are set, changed, listed and removed by their names', async () => {
  expect(await run('rate-limits', 'list')).toEqual({ code: 0, stdout: '', stderr: 'no rate limits\n' })
  const set = await run(
    'rate-limits',
    'set',
    'gemini-minute',
    '--scope',
    'provider=gemini',
    '--requests',
    '900',
    '--tokens',
    '2000000',
    '--reason',
    'the key',
  )
  expect(set).toEqual({
    code: 0,
    stdout: '',
    stderr: '  ✔ gemini-minute: 900 requests a minute, 2000000 tokens a minute, provider=gemini\n',
  })
  await run('rate-limits', 'set', 'pace', '--per', 'account', '--pace', '10', '--reason', 'slowly')
  const listed = await run('rate-limits', 'list')
  expect(listed.stdout).toMatch(
    /^name +scope +each +limit +reason +since\ngemini-minute +provider=gemini +900 requests .* UTC\npace +.* +account +10 % of what is left in a day +slowly +.* UTC\n$/,
  )
  expect(objects((await run('rate-limits', 'list', '--json')).stdout)).toMatchObject([
    {
      name: 'gemini-minute',
      scope: { provider: 'gemini' },
      per: null,
      requestsPerMinute: 900,
      tokensPerMinute: 2_000_000,
      pacePercent: null,
    },
    { name: 'pace', scope: {}, per: 'account', pacePercent: 10 },
  ])
  expect(await run('rate-limits', 'remove', 'pace')).toMatchObject({ code: 0, stderr: '  ✔ removed: pace\n' })
  expect(await run('rate-limits', 'remove', 'pace')).toMatchObject({ code: 2, stderr: '✖ there is no rate limit "pace" [not_found]\n' })
})

test('a rate limit that limits nothing, or is no number, is told so', async () => {
  expect((await run('rate-limits', 'set', 'none', '--reason', 'x')).stderr).toContain('say what is limited')
  expect((await run('rate-limits', 'set', 'none', '--requests', 'many', '--reason', 'x')).code).toBe(2)
  expect((await run('rate-limits', 'set', 'No Name', '--requests', '5', '--reason', 'x')).stderr).toContain('small letters')
})

test('who waits for money is listed in the order of coming', async () => {
  expect(await run('waiting')).toEqual({ code: 0, stdout: '', stderr: 'nobody waits for money\n' })
  const account = await t.accountWith({ cap: '0.10' })
  await t.call(account).reserve({ amount: eur('0.10') })
  const calls = [t.call(account), t.call(account)]
  for (const call of calls) await call.reserve({ waits: true })
  const { stdout, stderr } = await run('waiting', '--limit', '1')
  expect(stdout).toMatch(
    new RegExp(
      `^place +account +job +call +needs +of budget +since +told to ask *\\n *\\d+ +${account} +${calls[0]?.key.workflowId} +banner-1 +0\\.03\\d* EUR +up_to_0\\.10 plan of ${account} +.* UTC`,
    ),
  )
  const after = /--after (\d+)/.exec(stderr)?.[1] ?? ''
  expect(objects((await run('waiting', '--json', '--after', after)).stdout)).toMatchObject([
    { workflowId: calls[1]?.key.workflowId, account },
  ])
  expect((await run('waiting', '--after', 'x')).code).toBe(2)
})
