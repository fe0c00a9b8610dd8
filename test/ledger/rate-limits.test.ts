/** Rate limits: no minute has more than the limit, over all processes; each has its own where it says so; nobody holds money while it waits. */
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, expect, test } from 'vitest'
import { eur, nano } from '../../src/domain/money.ts'
import { callIdOf } from '../../src/ledger/call-id.ts'
import {
  listRateLimits,
  paceLines,
  pauseProvider,
  removeRateLimit,
  setRateLimit,
  takeTurn,
  type NewRateLimit,
  type Turn,
} from '../../src/ledger/rate-limits.ts'
import { openTestLedger, times } from '../support/ledger.ts'

const t = await openTestLedger()
afterAll(() => t.drop())
afterEach(async () => {
  await t.owner`delete from purser.rate_limit`
  await t.owner`delete from purser.provider_pause`
})

const termsOf = (account: string) => ({ account, feature: 'chat', provider: 'test', model: 'penny-model', endpoint: 'generateContent' })
const limit = (change: Partial<NewRateLimit>) => setRateLimit(t.ledger, { name: 'l', scope: {}, reason: 'a test', ...change })
/** As another process, which has not looked yet. */
const turn = (
  account: string,
  change: { readonly tokens?: number; readonly aheadMs?: number; readonly amount?: bigint } = {},
): Promise<Turn> =>
  t.owner`select purser.take_turn(${t.owner.json(termsOf(account))}, ${change.tokens ?? 1}, ${change.amount ?? 1n}, ${change.aheadMs ?? 600_000}) as answer`.then(
    ([row]) => row?.['answer'] as Turn,
  )

test('of as many as want, no minute has more than the limit, and each knows its moment', async () => {
  await limit({ requestsPerMinute: 30 })
  const turns = await Promise.all(times(100, () => turn('acme')))
  const moments = turns.map(({ waitMs }) => waitMs).toSorted((a, b) => a - b)
  // A tenth at once, the rest evenly.
  expect(moments.filter((ms) => ms < 100)).toHaveLength(3)
  const inAMinute = moments.map((from) => moments.filter((at) => at >= from && at < from + 59_900).length)
  expect(Math.max(...inAMinute)).toBeLessThanOrEqual(30)
  expect(Math.max(...inAMinute)).toBeGreaterThanOrEqual(27)
  expect(turns.every(({ isBooked, limit: name }, n) => isBooked && (turns[n]?.waitMs === 0 || name === 'l'))).toBe(true)
})

test('a turn that is far ahead is not booked, so whoever comes next is not put behind it', async () => {
  await limit({ requestsPerMinute: 1 })
  expect((await turn('acme')).waitMs).toBe(0)
  for (let n = 0; n < 5; n += 1) {
    const { waitMs, isBooked } = await turn('acme', { aheadMs: 10_000 })
    expect([isBooked, waitMs > 55_000 && waitMs <= 60_000]).toEqual([false, true])
  }
})

test('tokens count, too: a large request waits until what was used is made up for', async () => {
  await limit({ tokensPerMinute: 1_000 })
  expect((await turn('acme', { tokens: 100 })).waitMs).toBe(0)
  const { waitMs } = await turn('acme', { tokens: 1_500 })
  expect(Math.round(waitMs / 1000)).toBe(Math.round((60 * 100) / 900))
  // Behind it.
  expect(Math.round((await turn('acme', { tokens: 100 })).waitMs / 1000)).toBe(Math.round((60 * 1_600) / 900))
})

test('each account has a limit to itself where it says so, and calls of another scope have none', async () => {
  await limit({ requestsPerMinute: 1, per: 'account', scope: { feature: 'chat' } })
  expect((await turn('one')).waitMs).toBe(0)
  expect((await turn('two')).waitMs).toBe(0)
  expect((await turn('one')).waitMs).toBeGreaterThan(55_000)
  await limit({ requestsPerMinute: 1, scope: { feature: 'search' } })
  expect((await turn('one')).waitMs).toBe(0)
  expect((await turn('one')).waitMs).toBe(0)
})

test('of two limits all must have room, and what one refuses uses up nothing of the other', async () => {
  await limit({ name: 'a', requestsPerMinute: 1, per: 'account' })
  await limit({ name: 'b', requestsPerMinute: 1_000 })
  expect((await turn('one', { aheadMs: 0 })).waitMs).toBe(0)
  for (let n = 0; n < 200; n += 1) expect((await turn('one', { aheadMs: 0 })).limit).toBe('a')
  expect((await turn('two', { aheadMs: 0 })).waitMs).toBe(0)
})

test('a provider that says when to come again is left alone until then, by everybody', async () => {
  await pauseProvider(t.ledger, { provider: 'test', model: 'penny-model', forMs: 30_000, why: '429 quota' })
  const { waitMs, isBooked, why } = await turn('acme')
  expect([isBooked, why, waitMs > 25_000 && waitMs <= 30_000]).toEqual([false, '429 quota', true])
  // A shorter one does not end it, and none is longer than a minute.
  await pauseProvider(t.ledger, { provider: 'test', model: 'penny-model', forMs: 1_000, why: '429 again' })
  expect((await turn('acme')).waitMs).toBeGreaterThan(20_000)
  await pauseProvider(t.ledger, { provider: 'test', model: 'penny-model', forMs: 90_000_000, why: '429 for a day' })
  expect((await turn('acme')).waitMs).toBeLessThanOrEqual(60_000)
})

test('of what was left in the morning no more than its share is asked for in a day', async () => {
  const account = await t.accountWith({ cap: '1.00', timeZone: 'UTC' })
  await limit({ pacePercent: 10, per: 'account' })
  const ask = (amount: string) => turn(account, { amount: eur(amount) })
  expect((await ask('0.10')).waitMs).toBe(0)
  expect((await ask('0.100000001')).isBooked).toBe(false)
  const sent = await t.call(account).sent({ amount: eur('0.08') })
  expect((await ask('0.03')).why).toMatch(/^10 % of what ".*" had left this morning are spent or reserved$/)
  // What was held too much comes back to the day, too.
  await t.call(account).settle(sent, nano(20_000_000n))
  expect((await ask('0.08')).waitMs).toBe(0)
  const { waitMs } = await ask('0.081')
  expect(waitMs).toBeGreaterThan(0)
  expect(waitMs).toBeLessThanOrEqual(24 * 3_600_000)
})

const line = (account: string, amount: string) => ({ call: randomUUID(), ask: 1, terms: termsOf(account), amount: eur(amount) })

test('of lines that are asked for together those that fit into the pace go, the first first, and other limits hold none of them', async () => {
  const [one, two] = [await t.accountWith({ cap: '1.00', timeZone: 'UTC' }), await t.accountWith({ cap: '1.00', timeZone: 'UTC' })]
  await limit({ pacePercent: 10, requestsPerMinute: 1, tokensPerMinute: 1 })
  const lines = [line(one, '0.06'), line(one, '0.06'), line(two, '0.09'), line(one, '0.04'), line(two, '0.2')]
  const turns = await paceLines(t.ledger, lines)
  expect(turns.map((paced) => paced?.limit)).toEqual([undefined, 'l', undefined, undefined, 'l'])
  expect(turns[1]).toMatchObject({ isBooked: false, why: expect.stringMatching(/^10 % of what ".*" had left this morning/) })
})

test('a line that was asked for already is not held back: what became of it is to be heard', async () => {
  const account = await t.accountWith({ cap: '1.00', timeZone: 'UTC' })
  await limit({ pacePercent: 10 })
  const call = t.call(account)
  expect((await turn(account)).waitMs).toBe(0)
  await call.sent({ amount: eur('0.08') })
  const same = { ...line(account, '0.08'), call: callIdOf(call.key) }
  expect(await paceLines(t.ledger, [same])).toEqual([undefined])
  expect((await paceLines(t.ledger, [{ ...same, ask: 2 }]))[0]?.limit).toBe('l')
})

test('where all lines go together or none, one that was asked for takes the others along', async () => {
  const account = await t.accountWith({ cap: '1.00', timeZone: 'UTC' })
  await limit({ pacePercent: 10 })
  const call = t.call(account)
  const both = [line(account, '0.08'), { ...line(account, '0.08'), call: callIdOf(call.key) }]
  expect((await paceLines(t.ledger, both, { allOrNone: true })).map((paced) => paced?.limit)).toEqual([undefined, 'l'])
  await call.sent({ amount: eur('0.08') })
  expect((await paceLines(t.ledger, both)).map((paced) => paced?.limit)).toEqual(['l', undefined])
  expect(await paceLines(t.ledger, both, { allOrNone: true })).toEqual([undefined, undefined])
})

test('without any limit nothing is asked, and a new one is known within a second', async () => {
  const asked = { terms: termsOf('acme'), tokens: 1, amount: nano(1n), aheadMs: 0 }
  expect((await takeTurn(t.ledger, asked)).waitMs).toBe(0)
  await limit({ requestsPerMinute: 1 })
  await new Promise((done) => setTimeout(done, 1_050))
  expect((await takeTurn(t.ledger, asked)).waitMs).toBe(0)
  expect((await takeTurn(t.ledger, asked)).waitMs).toBeGreaterThan(50_000)
})

test('a limit says what it limits, and is named once', async () => {
  await expect(limit({})).rejects.toMatchObject({ code: 'bad_input' })
  await limit({ name: 'b', requestsPerMinute: 5 })
  await limit({ name: 'a', tokensPerMinute: 7, per: 'user' })
  await limit({ name: 'b', requestsPerMinute: 6 })
  expect(
    (await listRateLimits(t.ledger)).map(({ name, requestsPerMinute, tokensPerMinute, per }) => [
      name,
      requestsPerMinute,
      tokensPerMinute,
      per,
    ]),
  ).toEqual([
    ['a', null, 7, 'user'],
    ['b', 6, null, null],
  ])
  await removeRateLimit(t.ledger, 'a')
  await expect(removeRateLimit(t.ledger, 'a')).rejects.toMatchObject({ code: 'not_found' })
})
