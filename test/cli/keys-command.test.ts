import { afterAll, expect, test, vi } from 'vitest'
import { findApiKey } from '../../src/ledger/api-keys.ts'
import { openTestLedger } from '../support/ledger.ts'
import { objects, purser } from './purser.ts'

// Some processes, one after the other: on a busy machine each takes seconds to start.
vi.setConfig({ testTimeout: 90_000 })

const t = await openTestLedger()
afterAll(() => t.drop())
const run = (...args: string[]) => purser(['keys', ...args], { DATABASE_URL: t.url })

test('a key is shown once, works, is listed without its text, rotated with an overlap, and revoked with a reason', async () => {
  const account = await t.accountWith({ cap: '1.00' })
  const made = await run(
    'create',
    'backend',
    '--scope',
    'reservations:write, budgets:read',
    '--account',
    account,
    '--expires',
    '2099-01-01',
  )
  expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining(`"backend" made for account ${account}`) })
  const text = made.stdout.trim()
  expect(text).toMatch(/^psk_live_[0-9A-Za-z]{49}$/)
  const found = await findApiKey(t.ledger, text)
  expect(found).toMatchObject({ name: 'backend', account, scopes: ['reservations:write', 'budgets:read'], state: 'active' })
  const id = String(found?.id)

  const [listed, json] = await Promise.all([run('list'), run('list', '--account', account, '--json')])
  expect(listed.stdout).toMatch(/^key +name +begins with +state +account +may .*\n\d+ +backend +psk_live_.{6}… +active +acc_/)
  expect(listed.stdout + json.stdout).not.toContain(text)
  expect(objects(json.stdout)).toMatchObject([{ id: found?.id, state: 'active', expiresAt: expect.stringMatching(/^2099-01-01T00:00:00/) }])

  const rotated = await run('rotate', id, '--overlap', '30m', '--test')
  expect(rotated).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^psk_test_/),
    stderr: expect.stringContaining(`key ${id} goes on until`),
  })
  const old = await findApiKey(t.ledger, text)
  const left = Date.parse(old?.expiresAt ?? '') - Date.now()
  expect([old?.state, left > 25 * 60_000, left <= 30 * 60_000]).toEqual(['active', true, true])
  expect(await run('rotate', id)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`was replaced by key ${old?.replacedBy}: rotate that one [conflict]`),
  })

  const revoked = await run('revoke', `key_${id}`, '--why', 'found in a log')
  expect(revoked).toMatchObject({ code: 0, stderr: `  ✔ key ${id} "backend" is revoked\n` })
  expect((await findApiKey(t.ledger, text))?.state).toBe('revoked')
  const acts = await t.owner<{ act: string; who: string }[]>`select act, who from purser.audit_act order by id`
  expect(acts.map(({ act }) => act)).toEqual(['key.create', 'key.rotate', 'key.revoke'])
  expect(acts.every(({ who }) => /^cli:./.test(who))).toBe(true)
})

test('what makes no sense is said, with exit code 2, and makes no key', async () => {
  const before = await t.owner`select id from purser.api_key`
  const answers = await Promise.all([
    run('create', 'x'),
    run('create', 'x', '--scope', 'everything'),
    run('create', 'x', '--scope', 'admin', '--account', 'nobody'),
    run('create', 'x', '--scope', 'admin', '--expires', '2020-01-01'),
    run('create', 'x', '--scope', 'admin', '--expires', 'soon'),
    run('create', ' ', '--scope', 'admin'),
    run('rotate', '999'),
    run('rotate', '1', '--overlap', '2 weeks'),
    run('revoke', 'seven', '--why', 'x'),
    run('revoke', '999', '--why', 'x'),
    run('list', '--limit', '0'),
  ])
  expect(answers.map(({ code }) => code)).toEqual(answers.map(() => 2))
  expect(answers.map(({ stdout }) => stdout).join('')).toBe('')
  expect(answers[1]?.stderr).toContain('write scopes like track:write,reports:read')
  expect(answers[2]?.stderr).toContain('there is no account "nobody" [unknown_account]')
  expect(answers[3]?.stderr).toContain('has ended already [bad_input]')
  expect(answers[7]?.stderr).toContain('write a time like 24h, 30m or 7d')
  expect(await t.owner`select id from purser.api_key`).toHaveLength(before.length)
})
