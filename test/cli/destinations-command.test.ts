import { afterAll, expect, test, vi } from 'vitest'
import { openTestLedger } from '../support/ledger.ts'
import { objects, purser } from './purser.ts'

// Some processes, one after the other: on a busy machine each takes seconds to start.
vi.setConfig({ testTimeout: 90_000 })

const t = await openTestLedger()
afterAll(() => t.drop())
const run = (...args: string[]) => purser(args, { DATABASE_URL: t.url })
const wrong = async (...args: string[]) => {
  const { code, stderr } = await run(...args)
  return [code, stderr] as const
}
const destinations = (...args: string[]) => run('destinations', ...args)

test('a webhook is added, its secret shown once; it is listed, rotated, tested, removed and enabled again', async () => {
  const account = await t.accountWith({ cap: '1.00' })
  const added = await destinations(
    'add',
    'ops',
    'webhook',
    'https://receiver.example/hook?token=hidden',
    '--types',
    'budget.*, alert.opened',
  )
  expect(added).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('"ops" gets budget.*, alert.opened: webhook, https://receiver.example/hook?…'),
  })
  const secret = added.stdout.trim()
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  await destinations('add', 'ops', 'log', '--account', account)

  const [listed, json] = await Promise.all([destinations('list'), destinations('list', '--account', account, '--json')])
  expect(listed.stdout).toMatch(
    /^id +name +kind +target +gets +account +disabled\n +\d+ +ops +webhook +https:\/\/receiver\.example\/hook\?… +budget\.\* alert\.opened +all/,
  )
  expect(listed.stdout + json.stdout).not.toMatch(/whsec_|hidden/)
  expect(objects(json.stdout)).toMatchObject([{ name: 'ops', kind: 'log', account, secretVersion: null }])
  // The next page is asked as this one was.
  expect((await destinations('list', '--account', account, '--limit', '1')).stderr).toMatch(
    new RegExp(`^more: purser destinations list --account ${account} --after \\d+\n$`),
  )

  const rotated = await destinations('rotate', 'ops', '--overlap', '30m')
  expect(rotated).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^whsec_/),
    stderr: expect.stringContaining('the old one signs too until'),
  })
  expect(rotated.stdout).not.toBe(added.stdout)
  const tested = await destinations('test', 'ops')
  expect(tested).toMatchObject({ code: 0, stderr: expect.stringMatching(/delivery \d+ to "ops" is on its way/) })

  expect((await destinations('remove', 'ops', '--why', 'it moved')).stderr).toContain(
    '"ops" gets nothing any more. To go on: purser destinations enable dst_1',
  )
  expect(await destinations('test', 'ops')).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no destination "ops"') })
  expect((await destinations('list', '--disabled')).stdout).toContain('it moved')
  expect(await destinations('enable', 'dst_1')).toMatchObject({ code: 0 })
  const acts = await t.owner<{ act: string; who: string }[]>`select act, who from purser.audit_act order by id`
  expect(acts.map(({ act }) => act.replace('destination.', ''))).toEqual(['create', 'create', 'rotate', 'disable', 'enable'])
  expect(acts.every(({ who }) => /^cli:./.test(who))).toBe(true)
})

test('dead letters are listed with their reason, and sent again', async () => {
  await destinations('add', 'dying', 'log')
  await destinations('test', 'dying')
  const [row] = await t.owner<
    { id: bigint }[]
  >`update purser.delivery set state = 'dead', dead_at = now(), dead_why = 'not delivered within 72 hours', attempts = 23,
    last_error = 'the receiver answered 503' where destination = (select id from purser.destination where name = 'dying') returning id`
  const id = String(row?.id)
  const listed = await run('deliveries', 'list', '--state', 'dead')
  expect(listed.stdout).toMatch(
    new RegExp(
      `^ *id +told +type +to +state +attempts +what\\n +${id} +\\S+ \\S+ UTC +destination\\.test +dying +dead +23 +not delivered within 72 hours; the receiver answered 503$`,
      'm',
    ),
  )
  expect(await run('deliveries', 'resend', `dlv_${id}`)).toMatchObject({
    code: 0,
    stderr: `  ✔ delivery ${id} is on its way to "dying" again\n`,
  })
  expect(await run('deliveries', 'resend', id)).toMatchObject({ code: 2, stderr: expect.stringContaining('is still being tried') })
  expect((await run('deliveries', 'list', '--state', 'dead')).stderr).toBe('no dead deliveries\n')
  expect(objects((await run('deliveries', 'list', '--destination', 'dying', '--json')).stdout)).toMatchObject([
    { id, state: 'pending', resends: 1 },
  ])
  expect((await run('deliveries', 'list', '--destination', 'dying', '--limit', '1')).stderr).toMatch(
    new RegExp(`^more: purser deliveries list --destination dst_\\d+ --before ${id}\n$`),
  )
})

test('what makes no sense is said, with exit code 2, and makes nothing', async () => {
  const before = await t.owner`select id from purser.destination`
  const all = await Promise.all([
    wrong('destinations', 'add', 'x', 'webhook'),
    wrong('destinations', 'add', 'x', 'webhook', 'http://receiver.example/'),
    wrong('destinations', 'add', 'x', 'webhook', 'https://10.0.0.1/'),
    wrong('destinations', 'add', 'x', 'email', 'ops@example.com'),
    wrong('destinations', 'add', 'x', 'pigeon'),
    wrong('destinations', 'add', 'x', 'log', '--types', 'Alert!'),
    wrong('deliveries', 'list', '--state', 'lost'),
    wrong('deliveries', 'resend', 'x'),
    wrong('destinations', 'rotate', 'nobody'),
  ])
  expect(all.map(([code]) => code)).toEqual(all.map(() => 2))
  const words = [
    'the target is missing',
    'must begin with https://',
    '10.0.0.1 is refused',
    'set PURSER_SMTP_URL',
    'kind',
    'write types like',
    '--state takes',
    'no id of a delivery',
    'no destination',
  ]
  expect(all.map(([, stderr], at) => stderr.includes(words[at] ?? '') || stderr)).toEqual(all.map(() => true))
  expect(await t.owner`select id from purser.destination`).toEqual(before)
})
