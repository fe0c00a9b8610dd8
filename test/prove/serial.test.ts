/** Which orders explain a round: the judge of `sequences.test.ts`, on ledgers that are made by hand. */
import { expect, test } from 'vitest'
import { at, newLedger, type Answer, type Ledger } from './model/ledger.ts'
import type { Said } from './model/step.ts'
import { explained, whyNot, type Done } from './sequences/serial.ts'

const scope = { account: 'ada' }
const DURATIONS = { go: 5_000, doubt: 125_000, presume: 900_000, handOn: 120_000 }
const [older, newer] = [{ id: 'older' }, { id: 'newer' }]
const empty = (calls: number): Ledger => newLedger([{ name: 'plan', scope, isHard: true, cap: 10n }], calls, DURATIONS)

const ask = (call: number, amount: bigint, token?: string): Said => ({
  do: 'reserve',
  call,
  run: older,
  ask: 1,
  scope,
  hash: 'hash',
  amount,
  holdFor: 900_000,
  boundUntil: 3_600_000,
  ...(token === undefined ? {} : { token }),
})
const done = (...heard: (readonly [Said, Answer])[]): Done[] => heard.map(([step, answer], client) => ({ client, step, answer }))
/** What is held: attempts and counters, and not who asked. */
const holding =
  (what: string) =>
  ({ calls, periods }: Ledger): string | undefined => {
    const attempts = calls.flatMap((call) => call.attempts.map((a) => `${a.state} ${a.amount} ${a.cost ?? ''}`.trim()))
    const held = [...attempts, ...periods.flat().map((c) => `${c.reserved}/${c.spent}`)].join(', ')
    return held === what ? undefined : `${held} is held`
  }

test('orders that nothing tells apart are kept, until an answer tells: whose run came last decides whether money is handed on', () => {
  const opening = done(
    [ask(0, 3n, 'token'), { kind: 'go', amount: 3n }],
    [
      { do: 'close', call: 0, run: newer },
      { kind: 'closed', amount: 0n },
    ],
  )
  const both = explained([empty(1)], opening, holding('dispatched 3, 3/0'))
  expect(new Set(both.map((ledger) => at(ledger.calls, 0).runs.at(-1)))).toEqual(new Set([older, newer]))

  // The newest run is closed, so nothing is handed on, and a person may then say what a rejected attempt has cost.
  const that = { call: 0, attempt: 1 }
  const round = done(
    [{ do: 'mark in doubt', ...that, token: 'stray' }, { kind: 'in_flight' }],
    [
      { do: 'reject', ...that, token: 'token', retryAfter: 1_000 },
      { kind: 'rejected', handedOn: false },
    ],
    [
      { do: 'adjust', ...that, total: 1n, source: 'person', id: '1' },
      { kind: 'adjusted', changed: true, cost: 1n },
    ],
  )
  const judge = holding('settled 3 1, 0/1')
  expect(explained(both, round, judge)).toHaveLength(1)
  // Who goes on with one order alone may have taken the wrong one, and finds a fault where none is.
  expect(new Set(both.map((ledger) => explained([ledger], round, judge).length))).toEqual(new Set([0, 1]))
})

test('a round that no order explains is told, order by order, with the first difference of each', () => {
  const round = done([ask(0, 6n), { kind: 'reserved', amount: 6n }], [ask(1, 6n), { kind: 'reserved', amount: 6n }])
  const judge = holding('reserved 6, reserved 6, 12/0')
  expect(explained([empty(2)], round, judge)).toEqual([])
  expect(whyNot([empty(2)], round, judge)).toEqual(['1 2: 2 would hear kind=refused', '2 1: 1 would hear kind=refused'])
})

test('a round whose answers are explained, but not what is held, is none', () => {
  const round = done([ask(0, 6n), { kind: 'reserved', amount: 6n }], [ask(1, 6n), { kind: 'refused' }])
  expect(explained([empty(2)], round, holding('reserved 6, 6/0'))).toHaveLength(1)
  expect(explained([empty(2)], round, holding('reserved 6, 0/0'))).toEqual([])
  expect(whyNot([empty(2)], round, holding('reserved 6, 0/0'))).toContain('1 2: reserved 6, 6/0 is held')
})

test('a sweep may leave alone what somebody else is moving: any part of what is due', () => {
  const both = done([ask(0, 3n), { kind: 'reserved', amount: 3n }], [ask(1, 4n), { kind: 'reserved', amount: 4n }])
  const [ledger] = explained([empty(2)], both, holding('reserved 3, reserved 4, 7/0'))
  const later = { ...(ledger ?? empty(2)), now: 900_001 }
  const swept = done([{ do: 'sweep' }, { kind: 'swept', released: 1, inDoubt: 0, presumed: 0 }])
  expect(explained([later], swept, holding('released 3, reserved 4, 4/0'))).toHaveLength(1)
  expect(explained([later], swept, holding('released 3, released 4, 0/0'))).toEqual([])
})
