import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { AttemptState } from '../../src/domain/call.ts'
import { eur } from '../../src/domain/money.ts'
import { adjust } from '../../src/ledger/adjust.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import { orError } from '../support/flights.ts'
import { openTestLedger, PATHS, REQUEST_TIMEOUT_MS, type TestCall } from '../support/ledger.ts'

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

/** What every operation of the ledger makes of an attempt: where it stands afterwards, and what its caller hears. */
describe.for(PATHS)('on the %s path', async (path) => {
  const own = await openTestLedger(path)
  afterAll(async () => {
    await own.audited()
    await own.drop()
  })
  // What one test has left past its deadline is not the next one's.
  afterEach(() => sweep(own.ledger, 1_000))
  const PAST_ALL_DEADLINES_S = REQUEST_TIMEOUT_MS / 1_000 + 1_000
  const AMOUNT = eur('0.03')
  const COST = eur('0.02')
  const BILLED = eur('0.07')

  interface Standing {
    readonly call: TestCall
    readonly id: string
    readonly token: string
  }

  /** An attempt that came into this state by the ledger's own operations. One that was never sent has no token: then any is a stranger's. */
  async function cameTo(state: AttemptState): Promise<Standing> {
    const call = own.call(await own.accountWith({ cap: '1.00' }))
    if (state === 'reserved' || state === 'released') {
      const reserved = await call.reserve({ amount: AMOUNT })
      if (reserved.kind !== 'reserved') throw new Error(reserved.kind)
      if (state === 'released') await operations.sweep({ call, id: reserved.reservationId, token: '' })
      return { call, id: reserved.reservationId, token: randomUUID() }
    }
    const go = await call.sent({ amount: AMOUNT })
    const standing = { call, id: go.reservationId, token: go.token }
    if (state === 'settled') await call.settle(go, COST)
    if (state === 'rejected') await call.reject(go)
    if (state === 'in_doubt' || state === 'presumed') await call.inDoubt(go.reservationId, go.token)
    if (state === 'presumed') await operations.sweep(standing)
    expect(await own.stateOf(go.reservationId)).toBe(state)
    return standing
  }

  const correct = ({ id }: Standing, source: 'bill' | 'person') =>
    adjust(own.ledger, { reservationId: id, total: BILLED, source, sourceId: randomUUID(), why: 'as it says' })

  const operations = {
    dispatch: ({ call }: Standing) => call.dispatch(randomUUID()),
    settle: async ({ call, id, token }: Standing) => {
      const budgetPeriods = await own.owner<{ id: number }[]>`
        select unnest(purser.periods_of(linked_set)) as id from purser.reservation where id = ${id}`
      return call.settle({ reservationId: id, token, budgetPeriods: budgetPeriods.map((p) => p.id) }, COST)
    },
    reject: ({ call, id, token }: Standing) => call.reject({ reservationId: id, token }),
    'mark in doubt': ({ call, id, token }: Standing) => call.inDoubt(id, token),
    'mark in doubt too early, by another': ({ call, id }: Standing) => call.inDoubt(id, undefined),
    close: ({ call }: Standing) => call.close(),
    sweep: async ({ id }: Standing) => {
      await own.endHold(id)
      await own.age(id, PAST_ALL_DEADLINES_S)
      return sweep(own.ledger, 1_000)
    },
    bill: (standing: Standing) => correct(standing, 'bill'),
    person: (standing: Standing) => correct(standing, 'person'),
  } as const satisfies Record<string, (standing: Standing) => Promise<object>>
  type Operation = keyof typeof operations

  const released = { released: { amount: '0.000000000' } }
  const nothingSwept = { released: 0, inDoubt: 0, presumed: 0 }
  const EFFECTS: Readonly<Record<AttemptState, Readonly<Record<Operation, readonly [to: AttemptState, answer: object]>>>> = {
    reserved: {
      dispatch: ['dispatched', { kind: 'go' }],
      settle: ['reserved', { kind: 'uncovered' }],
      reject: ['reserved', { kind: 'conflict' }],
      'mark in doubt': ['reserved', { kind: 'reserved' }],
      'mark in doubt too early, by another': ['reserved', { kind: 'reserved' }],
      close: ['released', { released: { amount: '0.030000000' } }],
      sweep: ['released', { ...nothingSwept, released: 1 }],
      bill: ['reserved', { kind: 'conflict' }],
      person: ['reserved', { kind: 'conflict' }],
    },
    dispatched: {
      dispatch: ['dispatched', { kind: 'in_flight' }],
      settle: ['settled', { kind: 'settled' }],
      reject: ['rejected', { kind: 'rejected', handedOn: false }],
      'mark in doubt': ['in_doubt', { kind: 'in_doubt' }],
      'mark in doubt too early, by another': ['dispatched', { kind: 'in_flight' }],
      close: ['dispatched', released],
      // However late: never past in doubt in one step.
      sweep: ['in_doubt', { ...nothingSwept, inDoubt: 1 }],
      bill: ['settled', { kind: 'adjusted' }],
      person: ['dispatched', { kind: 'conflict' }],
    },
    in_doubt: {
      dispatch: ['in_doubt', { kind: 'in_doubt' }],
      settle: ['settled', { kind: 'settled' }],
      reject: ['rejected', { kind: 'rejected', handedOn: false }],
      'mark in doubt': ['in_doubt', { kind: 'in_doubt' }],
      'mark in doubt too early, by another': ['in_doubt', { kind: 'in_doubt' }],
      close: ['in_doubt', released],
      sweep: ['presumed', { ...nothingSwept, presumed: 1 }],
      bill: ['settled', { kind: 'adjusted' }],
      person: ['settled', { kind: 'adjusted' }],
    },
    presumed: {
      dispatch: ['presumed', { kind: 'in_doubt' }],
      settle: ['settled', { kind: 'settled' }],
      reject: ['rejected', { kind: 'rejected', handedOn: false }],
      'mark in doubt': ['presumed', { kind: 'in_doubt' }],
      'mark in doubt too early, by another': ['presumed', { kind: 'in_doubt' }],
      close: ['presumed', released],
      sweep: ['presumed', nothingSwept],
      bill: ['settled', { kind: 'adjusted' }],
      person: ['settled', { kind: 'adjusted' }],
    },
    settled: {
      dispatch: ['settled', { kind: 'answered' }],
      settle: ['settled', { kind: 'settled' }],
      reject: ['settled', { kind: 'answered' }],
      'mark in doubt': ['settled', { kind: 'answered' }],
      'mark in doubt too early, by another': ['settled', { kind: 'answered' }],
      close: ['settled', released],
      sweep: ['settled', nothingSwept],
      bill: ['settled', { kind: 'adjusted' }],
      person: ['settled', { kind: 'outranked' }],
    },
    released: {
      dispatch: ['released', { kind: 'lapsed' }],
      settle: ['released', { kind: 'uncovered' }],
      reject: ['released', { kind: 'conflict' }],
      'mark in doubt': ['released', { kind: 'lapsed' }],
      'mark in doubt too early, by another': ['released', { kind: 'lapsed' }],
      close: ['released', released],
      sweep: ['released', nothingSwept],
      bill: ['released', { kind: 'conflict' }],
      person: ['released', { kind: 'conflict' }],
    },
    rejected: {
      dispatch: ['rejected', { kind: 'rejected' }],
      // A late answer.
      settle: ['settled', { kind: 'settled' }],
      reject: ['rejected', { kind: 'rejected', handedOn: false }],
      'mark in doubt': ['rejected', { kind: 'rejected' }],
      'mark in doubt too early, by another': ['rejected', { kind: 'rejected' }],
      close: ['rejected', released],
      sweep: ['rejected', nothingSwept],
      bill: ['settled', { kind: 'adjusted' }],
      person: ['settled', { kind: 'adjusted' }],
    },
  }

  /** What is held and spent for it; a stranger's answer is spent beside it. */
  function moneyOf(from: AttemptState, to: AttemptState, operation: Operation) {
    const reserved = to === 'reserved' || to === 'dispatched' || to === 'in_doubt' ? AMOUNT : 0n
    if (to === 'presumed') return { reserved, spent: AMOUNT }
    if (to !== 'settled') return { reserved, spent: operation === 'settle' ? COST : 0n }
    return { reserved, spent: operation === 'bill' || (operation === 'person' && from !== 'settled') ? BILLED : COST }
  }

  const cases = STATES.flatMap((from) =>
    (Object.keys(operations) as Operation[]).map((operation) => ({
      from,
      operation,
      to: EFFECTS[from][operation][0],
      answer: EFFECTS[from][operation][1],
    })),
  )

  test.for(cases)('$operation of what is $from: it is $to, and the money with it', async ({ from, operation, to, answer }) => {
    const standing = await cameTo(from)
    expect(await orError<object>(operations[operation](standing))).toMatchObject(answer)
    expect(await own.stateOf(standing.id)).toBe(to)
    expect(await own.counters(standing.call.scope.account)).toMatchObject(moneyOf(from, to, operation))
  })

  test('together the operations make every move of the table but one, and no other', () => {
    const made = new Set(cases.filter(({ from, to }) => from !== to).map(({ from, to }) => `${from} → ${to}`))
    const allowed = STATES.flatMap((from) => MOVES[from].map((to) => `${from} → ${to}`))
    // What was released had no token, so whatever answer comes is a stranger's, and is spent without cover.
    expect(allowed.filter((one) => !made.has(one))).toEqual(['released → settled'])
    expect([...made].filter((one) => !allowed.includes(one))).toEqual([])
  })
})
