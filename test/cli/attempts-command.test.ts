import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { eur } from '../../src/domain/money.ts'
import { reservationRef } from '../../src/domain/call.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import { openTestLedger } from '../support/ledger.ts'
import { objects, purser } from './purser.ts'

// Many processes, one after the other: on a busy machine each takes seconds to start.
vi.setConfig({ testTimeout: 60_000 })

const t = await openTestLedger()
afterAll(async () => {
  await t.audited()
  await t.drop()
})

const run = (...args: string[]) => purser(['attempts', ...args], { DATABASE_URL: t.url })
const resolve = (...args: string[]) => run('resolve', ...args)

/** Sent, and cut off. */
async function doubtful(account: string) {
  const call = t.call(account)
  const go = await call.sent({ amount: eur('0.20') })
  await call.inDoubt(go.reservationId, go.token)
  return { call, go, name: reservationRef(go.reservationId) }
}
async function presumed(account: string) {
  const attempt = await doubtful(account)
  await t.age(attempt.go.reservationId, 86_400)
  expect(await sweep(t.ledger, 100)).toMatchObject({ presumed: 1 })
  return attempt
}

const account = await t.accountWith({ cap: '1.00' })
const other = await t.accountWith({ cap: '1.00' })
let [first, second, third]: Awaited<ReturnType<typeof doubtful>>[] = []
beforeAll(async () => {
  first = await presumed(account)
  second = await doubtful(account)
  third = await doubtful(other)
  const answered = t.call(account)
  await answered.settle(await answered.sent(), eur('0.01'))
})
const names = ({ stdout }: { stdout: string }) => objects(stdout).map((attempt) => attempt['attempt'])

test('what was sent and never answered is listed: in doubt with when it is presumed, presumed without; by account, a page at a time', async () => {
  const all = [first?.name, second?.name, third?.name]
  const [table, json, inDoubt, spent, of, page] = await Promise.all([
    run(),
    run('--json'),
    run('--in-doubt', '--json'),
    run('--presumed', '--json'),
    run('--account', other, '--json'),
    run('--limit', '2', '--in-doubt', '--presumed'),
  ])
  expect(table).toMatchObject({ code: 0, stderr: '' })
  expect(table.stdout).toMatch(
    new RegExp(
      `^attempt +account +job +call +state +EUR +sent +presumed from +why\n${first?.name} +${account} +job-\\S+ +banner-1 +presumed +0\\.2000 +\\d{4}-\\S+ \\S+ UTC +cut off\n${second?.name} .* in doubt +0\\.2000 +(\\d{4}-\\S+ \\S+ UTC +){2}cut off\n`,
    ),
  )
  expect([names(json), names(inDoubt), names(spent), names(of)]).toEqual([all, all.slice(1), all.slice(0, 1), all.slice(2)])
  expect(objects(json.stdout)[0]).toMatchObject({ state: 'presumed', amountEur: '0.200000000', reservationId: first?.go.reservationId })
  expect(page.stderr).toBe(`more: purser attempts --in-doubt --presumed --after ${second?.name}\n`)
  expect(names(await run('--after', second?.name ?? '', '--json'))).toEqual(all.slice(2))
  expect(await run('--after', third?.name ?? '')).toEqual({ code: 0, stdout: '', stderr: 'no more attempts\n' })
})

test('who knows that it was not billed says so, once, with the reason, and the money is there again', async () => {
  const mine = await t.accountWith({ cap: '1.00' })
  const { name, go } = await presumed(mine)
  const said = [name, '--not-billed', '--why', 'the provider’s log has no such request']
  expect(await resolve(...said)).toEqual({
    code: 0,
    stdout: '',
    stderr: `  ✔ ${name} has cost 0 EUR: the provider’s log has no such request\n`,
  })
  expect(await t.counters(mine)).toMatchObject({ reserved: 0n, spent: 0n })
  expect(await resolve(...said)).toMatchObject({ code: 0, stderr: `  ✔ this was said before: no effect; ${name} has cost 0 EUR\n` })
  const entries = await t.owner`select reason from purser.entry where kind = 'adjust' and reservation = ${go.reservationId}`
  expect(entries).toEqual([{ reason: '0: the provider’s log has no such request' }])
  // He finds it on the bill after all, and says so: the later word counts. A note names it, so that nobody books it twice.
  const billed = [go.reservationId, '--billed', '0.07', '--why', 'it is on the bill', '--note', 'ticket 7']
  const booked = await resolve(...billed, '--json')
  expect(JSON.parse(booked.stdout)).toEqual({ attempt: name, reservationId: go.reservationId, changed: true, costEur: '0.070000000' })
  expect(JSON.parse((await resolve(...billed, '--json')).stdout)).toMatchObject({ changed: false })
  expect(await resolve(name, '--billed', '0.08', '--why', 'it is on the bill', '--note', 'ticket 7')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('was booked with other terms [conflict]'),
  })
  expect(await t.counters(mine)).toMatchObject({ reserved: 0n, spent: eur('0.07') })
})

test('in doubt, a bill that somebody has seen is taken; that it cost nothing is not, until it is presumed', async () => {
  const { name, go } = await doubtful(other)
  const refused = await resolve(name, '--not-billed', '--why', 'I think so')
  expect(refused).toMatchObject({ code: 2, stdout: '' })
  expect(refused.stderr).toMatch(
    new RegExp(
      `^✖ attempt ${go.reservationId} may still be answered: that it cost nothing can be said from \\d{4}-.* UTC on, when it is presumed \\[conflict\\]\n$`,
    ),
  )
  expect(await t.stateOf(go.reservationId)).toBe('in_doubt')
  expect(await resolve(name, '--billed', '0.05', '--why', 'seen on the invoice')).toMatchObject({ code: 0 })
  expect(await t.counters(other)).toMatchObject({ spent: eur('0.05') })
})

test('an answer counts more than a person, before and after', async () => {
  const mine = await t.accountWith({ cap: '1.00' })
  const { call, name, go } = await presumed(mine)
  await resolve(name, '--billed', '0.07', '--why', 'I think so')
  await call.settle(go, eur('0.03'))
  expect(await t.counters(mine)).toMatchObject({ spent: eur('0.03') })
  expect(await resolve(name, '--billed', '0.09', '--why', 'I am sure')).toEqual({
    code: 2,
    stdout: '',
    stderr: `✖ an answer or a bill has named the cost of ${name}: it stays 0.03000 EUR [conflict]\n`,
  })
})

test.for([
  [
    'no name',
    ['rsv_1', '--not-billed', '--why', 'x'],
    'name an attempt like rsv_ and 32 hex digits: `purser attempts` lists them [bad_input]',
  ],
  ['neither', ['NAME', '--why', 'x'], 'say what it cost: either --not-billed, or --billed AMOUNT [bad_input]'],
  [
    'both',
    ['NAME', '--not-billed', '--billed', '1', '--why', 'x'],
    'say what it cost: either --not-billed, or --billed AMOUNT [bad_input]',
  ],
  ['a bill of nothing', ['NAME', '--billed', '0', '--why', 'x'], 'a bill is above zero: say --not-billed if it cost nothing [bad_input]'],
  ['no reason', ['NAME', '--billed', '0.01', '--why', ' '], expect.stringContaining('the reason is missing')],
  ['an attempt that is none', [`rsv_${'0'.repeat(32)}`, '--billed', '0.01', '--why', 'x'], expect.stringContaining('there is no attempt')],
] as const)('%s: exit code 2, and what is wrong', async ([, args, message]) => {
  const ended = await resolve(...args.map((arg) => (arg === 'NAME' ? (first?.name ?? '') : arg)))
  expect(ended).toMatchObject({ code: 2, stdout: '' })
  expect(ended.stderr.replace(/^✖ /, '').trimEnd()).toEqual(message)
})
