import { afterAll, beforeAll, expect, test } from 'vitest'
import { listActs, noteAct } from '../../src/ledger/acts.ts'
import { createApiKey } from '../../src/ledger/api-keys.ts'
import { callStart } from '../../src/ledger/api-reservations.ts'
import { forgetRequests, once, transactionsOver, type KeptAnswer, type Transactions } from '../../src/ledger/once.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { connectSql, type PurserSql } from '../../src/platform/sql.ts'
import { openStage, type Stage } from '../support/stage.ts'

let stage: Stage
let pool: PurserSql
let transactions: Transactions
let keyId: number

beforeAll(async () => {
  stage = await openStage()
  pool = connectSql(stage.db.url, { max: 4, transactions: true })
  transactions = transactionsOver(stage.ledger, pool)
  keyId = (
    await createApiKey(stage.ledger, { name: 'k', scopes: ['admin'], account: undefined, expiresAt: undefined, mode: 'test', who: 'test' })
  ).id
})
afterAll(async () => {
  await pool.end({ timeout: 5 })
  await stage.close()
})

/** An effect that can be counted. */
const act =
  (name: string, after: () => Promise<void> = () => Promise.resolve()) =>
  async (tx: Ledger): Promise<KeptAnswer> => {
    await noteAct(tx, { who: 'test', act: name, account: undefined, what: { name }, requestId: 'req_1' })
    await after()
    return { status: 201, body: { name } }
  }
const done = async (name: string): Promise<number> =>
  (await listActs(stage.ledger, { account: undefined, after: '0', limit: 1000 })).filter((one) => one.act === name).length
const request = (key: string, hash = 'a') => ({ keyId, key, hash })

test('what comes twice with one key happens once, and hears the same answer', async () => {
  const first = await once(transactions, request('one'), act('one'))
  const second = await once(transactions, request('one'), act('one'))
  expect([first, second]).toEqual([
    { kind: 'answered', status: 201, body: { name: 'one' }, replayed: false },
    { kind: 'answered', status: 201, body: { name: 'one' }, replayed: true },
  ])
  expect(await done('one')).toBe(1)
})

test('the same key for another request is refused, and does nothing', async () => {
  await once(transactions, request('two'), act('two'))
  expect(await once(transactions, request('two', 'b'), act('other'))).toMatchObject({ kind: 'reused' })
  expect(await done('other')).toBe(0)
})

test('who comes while it runs is not kept waiting, and nothing happens twice', async () => {
  const { promise: go, resolve } = Promise.withResolvers<void>()
  const { promise: under, resolve: isUnder } = Promise.withResolvers<void>()
  const slow = once(
    transactions,
    request('three'),
    act('three', () => (isUnder(), go)),
  )
  await under
  expect(await once(transactions, request('three'), act('three'))).toEqual({ kind: 'running' })
  resolve()
  expect(await slow).toMatchObject({ kind: 'answered', replayed: false })
  expect(await done('three')).toBe(1)
})

test('what fails has no effect, and the same key may try again', async () => {
  const failing = once(
    transactions,
    request('four'),
    act('four', () => Promise.reject(new Error('in the middle'))),
  )
  await expect(failing).rejects.toThrow('in the middle')
  expect(await done('four')).toBe(0)
  expect(await once(transactions, request('four'), act('four'))).toMatchObject({ replayed: false })
  expect(await done('four')).toBe(1)
})

test('twenty at once with one key: one effect, and everybody hears it or that it runs', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => once(transactions, request('five'), act('five'))))
  expect(await done('five')).toBe(1)
  expect(answers.filter((answer) => answer.kind === 'answered' && !answer.replayed)).toHaveLength(1)
  expect(answers.every(({ kind }) => kind === 'answered' || kind === 'running')).toBe(true)
})

test('keys of two callers never meet', async () => {
  const other = await createApiKey(stage.ledger, {
    name: 'o',
    scopes: ['admin'],
    account: undefined,
    expiresAt: undefined,
    mode: 'test',
    who: 'test',
  })
  await once(transactions, request('six'), act('six'))
  expect(await once(transactions, { keyId: other.id, key: 'six', hash: 'z' }, act('six'))).toMatchObject({ replayed: false })
  expect(await done('six')).toBe(2)
})

test('old answers and old names of calls are forgotten, however many, and new ones are not', async () => {
  await once(transactions, request('new'), act('new'))
  await callStart(stage.ledger, 'all', 'new')
  // More than two pages of each.
  await stage.db.sql`insert into purser.api_request (key_id, key, body_hash, at, status, answer)
    select ${keyId}, 'old ' || i, 'a', clock_timestamp() - interval '31 days', 200, '{}' from generate_series(1, 20_001) as i`
  await stage.db
    .sql`insert into purser.api_call (space, key, at) select 'all', 'old ' || i, clock_timestamp() - interval '31 days' from generate_series(1, 20_001) as i`
  await forgetRequests(stage.ledger, new Date(Date.now() - 30 * 86_400_000))
  const kept = await stage.db.sql<{ old: bigint; new: bigint }[]>`
    select count(*) filter (where key like 'old %') as old, count(*) filter (where key = 'new') as new
      from (select key from purser.api_request union all select key from purser.api_call) k`
  expect(kept).toEqual([{ old: 0n, new: 2n }])
})

test('the app can write no key, no answer and no act, and nobody changes an act', async () => {
  for (const statement of [
    'update purser.api_key set revoked_at = null',
    'delete from purser.api_request',
    "insert into purser.audit_act (who, act, what) values ('me', 'x', '{}')",
  ])
    await expect(Promise.resolve(stage.sql.unsafe(statement))).rejects.toThrow(/permission denied/)
  await expect(Promise.resolve(stage.db.sql`delete from purser.audit_act`)).rejects.toThrow(/append-only/)
})
