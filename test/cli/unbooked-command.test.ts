import { afterAll, expect, test } from 'vitest'
import { reservationRef } from '../../src/domain/call.ts'
import { eur } from '../../src/domain/money.ts'
import { openTestLedger } from '../support/ledger.ts'
import { objects, purser } from './purser.ts'

const t = await openTestLedger()
afterAll(async () => {
  await t.audited()
  await t.drop()
})

const run = (...args: string[]) => purser(['unbooked', ...args], { DATABASE_URL: t.url })
const resolve = (...args: string[]) => run('resolve', ...args)
const waiting = async () => objects((await run('--json')).stdout || '{}')

/** As if the ledger had a fault that somebody mends later. */
async function whileBroken<T>(work: () => Promise<T>): Promise<T> {
  await t.owner
    .unsafe(`create function broken() returns trigger language plpgsql as $$ begin raise data_exception using message = 'a fault'; end $$;
    create trigger broken before insert on purser.receipt for each row execute function broken()`)
  try {
    return await work()
  } finally {
    await t.owner.unsafe('drop function broken() cascade')
  }
}

test('an answer that could not be booked is listed, with its reason, and is booked when what stood in its way is gone, once', async () => {
  expect(await run()).toEqual({ code: 0, stdout: '', stderr: 'nothing waits: every answer is booked\n' })
  const account = await t.accountWith({ cap: '1.00' })
  const call = t.call(account)
  const go = await call.sent({ amount: eur('0.20') })
  const name = reservationRef(go.reservationId)
  await whileBroken(async () => {
    expect(await call.settle(go, eur('0.05'))).toMatchObject({ kind: 'unbooked', reason: 'a fault' })
    const [item] = await waiting()
    expect(item).toMatchObject({ attempt: name, account, costEur: '0.050000000', reason: 'a fault' })
    // It still stands in the way: an error, and the item goes on waiting.
    const early = await resolve(String(item?.['id']), '--book', '--why', 'mended')
    expect([early.code, early.stdout, early.stderr]).toEqual([2, '', expect.stringContaining('a fault')])
  })
  const { stdout } = await run()
  expect(stdout).toMatch(
    new RegExp(
      `^ *id +came +attempt +account +EUR +why it could not be booked\n *\\d+ +\\S+ \\S+ UTC +${name} +${account} +0\\.05000? +a fault\n$`,
    ),
  )
  const [item] = await waiting()
  const id = String(item?.['id'])
  expect(await resolve(id, '--book', '--why', 'the fault is mended')).toEqual({
    code: 0,
    stdout: '',
    stderr: `  ✔ item ${id} is booked: the fault is mended\n`,
  })
  expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.05') })
  expect(await resolve(id, '--book', '--why', 'the fault is mended')).toMatchObject({
    code: 0,
    stderr: `  ✔ this was said before: no effect; item ${id} is booked\n`,
  })
  expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.05') })
  const aside = await resolve(id, '--put-aside', '--why', 'no')
  expect([aside.code, aside.stderr]).toEqual([2, expect.stringContaining(`item ${id} was booked at`)])
})

test('an answer at another cost than was booked is put aside with a reason; its month is not held up any more', async () => {
  const account = await t.accountWith({ cap: '1.00' })
  const call = t.call(account)
  const go = await call.sent({ amount: eur('0.20') })
  await call.settle(go, eur('0.05'))
  expect(await call.settle(go, eur('0.06'))).toMatchObject({ kind: 'unbooked' })
  const [item] = await waiting()
  const id = String(item?.['id'])
  const again = await resolve(id, '--book', '--why', 'perhaps now')
  expect([again.code, again.stderr]).toEqual([2, expect.stringMatching(/50000000|0\.05/)])
  const done = await resolve(id, '--put-aside', '--why', 'the provider billed the first one', '--json')
  expect(objects(done.stdout)).toEqual([{ id: Number(id), attempt: reservationRef(go.reservationId), changed: true }])
  expect(await t.counters(account)).toMatchObject({ reserved: 0n, spent: eur('0.05') })
  expect(await waiting()).toEqual([{}])
})

test.for([
  ['no decision', ['1', '--why', 'x'], 'either --book, or --put-aside'],
  ['both decisions', ['1', '--book', '--put-aside', '--why', 'x'], 'either --book, or --put-aside'],
  ['no number', ['first', '--book', '--why', 'x'], 'name an item by its number'],
  ['an item that is none', ['999', '--book', '--why', 'x'], 'nothing unbooked with the id 999'],
  ['an empty reason', ['999', '--book', '--why', ' '], 'a reason is needed'],
] as const)('%s: exit code 2, one message that says what to do', async ([, args, message]) => {
  const { code, stdout, stderr } = await resolve(...args)
  expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(message)])
})
