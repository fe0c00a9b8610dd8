import { expect, test } from 'vitest'
import { persist, persistUnsent } from '../../src/calls/persist.ts'
import { PurserError } from '../../src/domain/errors.ts'

/** A question that fails like this a few times, and is then answered; with what was said and logged meanwhile. */
function asked(failures: readonly Error[]) {
  const [said, logged]: [string[], [string, string][]] = [[], []]
  const noting = (level: string) => (message: string) => void logged.push([level, message])
  let asks = 0
  const ask = async (): Promise<string> => {
    const failure = failures[asks]
    asks += 1
    if (failure !== undefined) throw failure
    return 'the answer'
  }
  const log = { info: noting('info'), warn: noting('warn'), error: noting('error') }
  return { voice: { say: (stage: string) => void said.push(stage), log }, ask, said, logged, count: () => asks }
}

const FAULTS = [new TypeError('x is not a function'), new ReferenceError('y is not defined'), new RangeError('invalid time value')] as const
const AWAY = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })

test.for(FAULTS)('while nothing has been sent, a fault in our own code comes out at once: %s', async (fault) => {
  const q = asked([fault])
  await expect(persistUnsent(q.voice, 'dispatch', q.ask)).rejects.toBe(fault)
  expect([q.count(), q.said, q.logged]).toEqual([1, [], []])
})

test.for(FAULTS)('with an answer in hand it is repeated until it is gone, and alarmed each time: %s', async (fault) => {
  const q = asked([fault, fault, AWAY])
  expect(await persist(q.voice, 'settle', q.ask)).toBe('the answer')
  expect(q.count()).toBe(4)
  expect(q.logged.map(([level]) => level)).toEqual(['error', 'error', 'warn'])
  expect(q.logged[0]?.[1]).toContain('a fault of Purser’s own (settle)')
})

test.for([
  ['while nothing has been sent', persistUnsent],
  ['with an answer in hand', persist],
] as const)('a ledger that is away or recovering is waited for, %s', async ([, way]) => {
  const q = asked([AWAY, new PurserError('recovering', 'restored')])
  expect(await way(q.voice, 'reserve', q.ask)).toBe('the answer')
  expect(q.logged.map(([level]) => level)).toEqual(['warn', 'warn'])
  expect(q.said.at(-1)).toBe('the ledger answers again (reserve)')
  const impossible = new PurserError('conflict', 'other terms')
  await expect(way(q.voice, 'reserve', () => Promise.reject(impossible))).rejects.toBe(impossible)
})
