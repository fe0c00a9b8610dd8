import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import type { AttemptState } from '../../src/domain/call.ts'
import { openTestLedger } from '../support/ledger.ts'

const t = await openTestLedger()
afterAll(() => t.drop())

const STATES: readonly AttemptState[] = ['reserved', 'dispatched', 'in_doubt', 'presumed', 'settled', 'released', 'rejected']

const MOVES: Readonly<Record<AttemptState, readonly AttemptState[]>> = {
  reserved: ['dispatched', 'released'],
  dispatched: ['settled', 'rejected', 'in_doubt'],
  in_doubt: ['settled', 'rejected', 'presumed'],
  presumed: ['settled', 'rejected'],
  settled: [],
  // A late answer.
  released: ['settled'],
  rejected: ['settled'],
}

const account = await t.accountWith({ cap: '5.00' })

/** An attempt that stands in this state, with everything a row in that state has. */
async function standingIn(state: AttemptState): Promise<string> {
  const call = t.call(account)
  const reserved = await call.reserve()
  const id = 'reservationId' in reserved ? reserved.reservationId : ''
  await t.owner`alter table purser.reservation disable trigger reservation_moves`
  await t.owner`
    update purser.reservation set state = ${state}, token = ${randomUUID()}, dispatched_at = at, cost = case when ${['settled', 'presumed'].includes(state)} then amount end,
      cost_source = case when ${['settled', 'presumed'].includes(state)} then 'answer' end where id = ${id}`
  await t.owner`alter table purser.reservation enable trigger reservation_moves`
  return id
}

const move = (id: string, to: AttemptState) => t.owner`
  update purser.reservation set state = ${to}, cost = case when ${['settled', 'presumed'].includes(to)} then amount end,
    cost_source = case when ${['settled', 'presumed'].includes(to)} then 'answer' end where id = ${id}`

const pairs = STATES.flatMap((from) => STATES.filter((to) => to !== from).map((to) => ({ from, to, allowed: MOVES[from].includes(to) })))

test.for(pairs.filter((p) => p.allowed))('an attempt may move from $from to $to', async ({ from, to }) => {
  const id = await standingIn(from)
  await move(id, to)
  expect(await t.stateOf(id)).toBe(to)
})

test.for(pairs.filter((p) => !p.allowed))('no path leads from $from to $to, not even the owner of the database', async ({ from, to }) => {
  const id = await standingIn(from)
  await expect(move(id, to)).rejects.toMatchObject({ code: 'PU001', constraint_name: 'reservation_moves' })
  expect(await t.stateOf(id)).toBe(from)
})

test('the table of moves is complete: seven states, 12 ways', () => {
  expect(pairs.filter((p) => p.allowed)).toHaveLength(12)
  expect(pairs).toHaveLength(42)
})

test.for([
  ['amount', '1'],
  ['scope', 'scope + 1'],
  ['call', "overlay(call::text placing 'ffffffff' from 29)::uuid"],
  ['ask', '9'],
  ['attempt', '9'],
  ['rate_id', 'rate_id + 1'],
  ['at', 'now()'],
  ['id', "overlay(id::text placing 'ffffffff' from 29)::uuid"],
] as const)('an attempt keeps its %s to the end', async ([column, value]) => {
  const call = t.call(account)
  const go = await call.sent()
  await expect(t.owner.unsafe(`update purser.reservation set ${column} = ${value} where id = '${go.reservationId}'`)).rejects.toMatchObject(
    {
      code: 'PU001',
      constraint_name: 'reservation_terms_fixed',
    },
  )
})

test('an attempt keeps its budgets to the end: none is taken from it, though one may be added', async () => {
  const team = randomUUID()
  await t.budget({ scope: { team }, cap: '1.00' })
  const go = await t.call(account, { team }).sent()
  const set = async (ids: readonly number[]): Promise<number> => {
    const [row] = await t.owner<{ id: number }[]>`select purser.intern_set(${[...ids]}) as id`
    return row?.id ?? 0
  }
  const moveTo = (to: number) => t.owner`update purser.reservation set linked_set = ${to} where id = ${go.reservationId}`
  const [own, other] = go.budgetPeriods
  for (const less of [[own ?? 0], [other ?? 0], [(own ?? 0) + 1_000, other ?? 0]]) {
    await expect(moveTo(await set(less))).rejects.toMatchObject({ code: 'PU001', constraint_name: 'reservation_budgets_fixed' })
  }
  await expect(moveTo(await set([...go.budgetPeriods, 2_000_000_000]))).resolves.toBeDefined()
})

test('a dispatch belongs to one token, for ever', async () => {
  const go = await t.call(account).sent()
  for (const token of [randomUUID(), null]) {
    await expect(t.owner`update purser.reservation set token = ${token} where id = ${go.reservationId}`).rejects.toMatchObject({
      constraint_name: 'reservation_token_fixed',
    })
  }
})
